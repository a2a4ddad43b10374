//! A bundle in the making: what was answered, and a gap for what was not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Arn, Source};
use serde::Serialize;

use super::failure::Failure;
use super::{Options, shapes};
use crate::bundle::{Bundle, Document, FileEntry, Manifest, file_name, sha256, to_json};

/// The outcome of the calls for one source, and when it came.
pub(crate) struct Answer<T> {
    pub(crate) result: Result<T, Failure>,
    /// What failed for single resources, by their names.
    failures: Vec<(String, Failure)>,
    at: Timestamp,
}

impl<T> Answer<T> {
    pub(crate) async fn of(
        call: impl Future<Output = impl Into<Partial<T>>>,
        clock: fn() -> Timestamp,
    ) -> Answer<T> {
        let Partial { result, failures } = call.await.into();
        Answer { result, failures, at: clock() }
    }

    pub(crate) fn failed(failure: Failure, at: Timestamp) -> Answer<T> {
        Answer { result: Err(failure), failures: Vec::new(), at }
    }
}

/// The outcome of calls about single resources, some of which may have failed.
pub(crate) struct Partial<T> {
    result: Result<T, Failure>,
    failures: Vec<(String, Failure)>,
}

impl<T> Partial<T> {
    pub(crate) fn failed(failure: Failure) -> Partial<T> {
        Partial { result: Err(failure), failures: Vec::new() }
    }

    /// What was answered, with the failures of the others: their list is known all the same.
    pub(crate) fn of<A>(
        answers: Vec<(&str, Result<A, Failure>)>,
        document: impl FnOnce(Vec<A>) -> T,
    ) -> Partial<T> {
        let Sorted { answers, failures, .. } = Sorted::from(answers);
        Partial { result: Ok(document(answers)), failures }
    }

    /// What was answered and by whom, with the failures of the others; one failure if nobody
    /// answered. That a user no longer exists is an answer too.
    pub(crate) fn of_each<A>(
        answers: Vec<(&str, Result<A, Failure>)>,
        document: impl FnOnce(Vec<A>, Vec<String>) -> T,
    ) -> Partial<T> {
        let asked = answers.len();
        let Sorted { answers, names, failures } = Sorted::from(answers);
        let lasting = failures.iter().find(|(_, failure)| failure.code != "NoSuchEntity");
        match lasting {
            Some((_, failure)) if names.is_empty() => {
                Partial::failed(failure.clone().of_all(asked))
            }
            _ => Partial { result: Ok(document(answers, names)), failures },
        }
    }
}

impl<T> From<Result<T, Failure>> for Partial<T> {
    fn from(result: Result<T, Failure>) -> Partial<T> {
        Partial { result, failures: Vec::new() }
    }
}

/// Answers apart from failures.
struct Sorted<A> {
    answers: Vec<A>,
    /// Who answered, in the order of the answers.
    names: Vec<String>,
    failures: Vec<(String, Failure)>,
}

impl<A> From<Vec<(&str, Result<A, Failure>)>> for Sorted<A> {
    fn from(all: Vec<(&str, Result<A, Failure>)>) -> Sorted<A> {
        let mut sorted = Sorted { answers: Vec::new(), names: Vec::new(), failures: Vec::new() };
        for (name, answer) in all {
            match answer {
                Ok(answer) => {
                    sorted.answers.push(answer);
                    sorted.names.push(name.to_owned());
                }
                Err(failure) => sorted.failures.push((name.to_owned(), failure)),
            }
        }
        sorted
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
        let at = (self.clock)();
        self.add(Source::CallerIdentity, Answer { result: caller, failures: Vec::new(), at });
    }

    pub(crate) fn add<T: Serialize>(&mut self, source: Source, answer: Answer<T>) {
        let Answer { result, failures, at } = answer;
        let json = result.and_then(|document| {
            to_json(&document).map_err(|error| Failure::malformed(&error.to_string()))
        });
        match json {
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
