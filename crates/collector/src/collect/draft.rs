//! A bundle in the making: what was answered, and a gap for what was not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Arn, Source};
use serde::Serialize;

use super::failure::Failure;
use super::per_user::ask_each;
use super::{Options, shapes};
use crate::bundle::{Bundle, Document, FileEntry, Manifest, file_name, sha256, to_json};
use crate::shapes::Listed;

/// The outcome of the calls for one source, and when it came.
pub(crate) struct Answer<T> {
    pub(crate) source: Source,
    pub(crate) content: Partial<T>,
    pub(crate) at: Timestamp,
}

/// The outcome of calls about single resources, some of which may have failed.
pub(crate) struct Partial<T> {
    pub(crate) result: Result<T, Failure>,
    /// What failed for single resources, by their names.
    failures: Vec<(String, Failure)>,
}

impl<T> Partial<T> {
    pub(crate) fn failed(failure: Failure) -> Partial<T> {
        Partial::from(Err(failure))
    }

    pub(crate) fn map<U>(self, document: impl FnOnce(T) -> U) -> Partial<U> {
        Partial { result: self.result.map(document), failures: self.failures }
    }
}

impl<A> Partial<(Vec<A>, Vec<String>)> {
    /// What was answered and for whom, with the failures of the others.
    pub(crate) fn known(all: Vec<(&str, Result<A, Failure>)>) -> Partial<(Vec<A>, Vec<String>)> {
        let (mut answers, mut names, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for (name, answer) in all {
            match answer {
                Ok(answer) => {
                    answers.push(answer);
                    names.push(name.to_owned());
                }
                Err(failure) => failures.push((name.to_owned(), failure)),
            }
        }
        Partial { result: Ok((answers, names)), failures }
    }

    /// Asks about each, if it is known whom to ask about; one failure if nobody answered. That a user
    /// no longer exists is an answer too.
    pub(crate) async fn each(
        names: Result<&[String], Failure>,
        ask: impl AsyncFn(&str) -> Result<A, Failure>,
    ) -> Partial<(Vec<A>, Vec<String>)> {
        let asked = match names {
            Ok(names) => names,
            Err(failure) => return Partial::failed(failure),
        };
        let partial = Partial::known(ask_each(asked, ask).await);
        let answered = partial.failures.len() < asked.len();
        let mut failures = partial.failures.iter().map(|(_, failure)| failure);
        let lasting = failures.find(|failure| failure.code != "NoSuchEntity");
        match lasting {
            Some(failure) if !answered => Partial::failed(failure.clone().of_all(asked.len())),
            _ => partial,
        }
    }
}

impl<T> From<Result<T, Failure>> for Partial<T> {
    fn from(result: Result<T, Failure>) -> Partial<T> {
        Partial { result, failures: Vec::new() }
    }
}

/// The items of several lists as one list.
pub(crate) fn merged<T: Listed>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut all: Vec<T> = lists.into_iter().flatten().collect();
    all.sort_by(T::order);
    all
}

/// An answer as a file of the bundle holds it.
pub(crate) type Sealed = Answer<Vec<u8>>;

impl<T: Serialize> Answer<T> {
    pub(crate) fn seal(self) -> Sealed {
        let Partial { result, failures } = self.content;
        let result = result.and_then(|document| {
            to_json(&document).map_err(|error| Failure::malformed(&error.to_string()))
        });
        Answer { source: self.source, content: Partial { result, failures }, at: self.at }
    }
}

/// A bundle in the making.
pub(crate) struct Draft {
    manifest: Manifest,
    documents: BTreeMap<Source, Document>,
    clock: fn() -> Timestamp,
}

impl Draft {
    pub(crate) fn new(options: &Options, from: Timestamp) -> Draft {
        let clock = options.clock;
        let manifest = Manifest::new(&options.tool, from, clock());
        Draft { manifest, documents: BTreeMap::new(), clock }
    }

    pub(crate) fn identify(
        &mut self,
        caller: Result<shapes::CallerIdentity, Failure>,
        region: Option<String>,
    ) {
        self.manifest.region = region;
        if let Ok(caller) = &caller {
            self.manifest.account = Some(caller.account.clone());
            self.manifest.partition = Arn::parse(&caller.arn).map(|arn| arn.partition.to_owned());
            self.manifest.caller = Some(caller.arn.clone());
        }
        let (source, at) = (Source::CallerIdentity, (self.clock)());
        self.add(Answer { source, content: Partial::from(caller), at }.seal());
    }

    pub(crate) fn add(&mut self, answer: Sealed) {
        let Answer { source, content: Partial { result, failures }, at } = answer;
        match result {
            Ok(bytes) => {
                let file = file_name(source);
                let entry = FileEntry { sha256: sha256(&bytes), collected_at: at };
                self.manifest.files.insert(file.clone(), entry);
                self.documents.insert(source, Document { file, bytes });
            }
            Err(failure) => self.manifest.gaps.push(failure.gap(source, at)),
        }
        let gaps = failures.into_iter().map(|(name, failure)| failure.gap(source, at).of(name));
        self.manifest.gaps.extend(gaps);
    }

    pub(crate) fn finish(mut self) -> Bundle {
        self.manifest.collected_to = (self.clock)();
        self.manifest.gaps.sort();
        let gaps = self.manifest.gaps.clone();
        Bundle { manifest: Some(self.manifest), documents: self.documents, gaps }
    }
}
