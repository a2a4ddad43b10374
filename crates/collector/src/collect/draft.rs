//! A bundle in the making: what was answered, and a gap for what was not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Arn, Source};

use super::answer::Answer;
use crate::bundle::{Bundle, Document, FileEntry, Manifest, file_name, sha256};
use crate::shapes::CallerIdentity;

/// A bundle in the making.
pub(crate) struct Draft {
    manifest: Manifest,
    pub(crate) documents: BTreeMap<Source, Document>,
}

impl Draft {
    pub(crate) fn new(tool: &str, collected_from: Timestamp) -> Draft {
        let manifest = Manifest::new(tool, collected_from, collected_from);
        Draft { manifest, documents: BTreeMap::new() }
    }

    pub(crate) fn identify(&mut self, caller: Option<&CallerIdentity>, region: Option<String>) {
        self.manifest.region = region;
        if let Some(caller) = caller {
            self.manifest.account = Some(caller.account.clone());
            self.manifest.partition = Arn::parse(&caller.arn).map(|arn| arn.partition.to_owned());
            self.manifest.caller = Some(caller.arn.clone());
        }
    }

    pub(crate) fn add(&mut self, source: Source, answer: Answer<Vec<u8>>, at: Timestamp) {
        match answer.result {
            Ok(bytes) => {
                let file = file_name(source);
                let entry = FileEntry { sha256: sha256(&bytes), collected_at: at };
                self.manifest.files.insert(file.clone(), entry);
                self.documents.insert(source, Document { file, bytes });
            }
            Err(failure) => self.manifest.gaps.push(failure.gap(source, at)),
        }
        for (name, failure) in answer.failures {
            self.manifest.gaps.push(failure.gap(source, at).of(name));
        }
    }

    pub(crate) fn finish(mut self, collected_to: Timestamp) -> Bundle {
        self.manifest.collected_to = collected_to;
        self.manifest.gaps.sort();
        let gaps = self.manifest.gaps.clone();
        Bundle { manifest: Some(self.manifest), documents: self.documents, gaps }
    }
}
