//! A bundle in the making.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Arn, Gap, Source};

use super::{Bundle, Document, FileEntry, Manifest, SCHEMA, file_name};
use crate::shapes::CallerIdentity;

/// A bundle in the making: what was answered, and a gap for what was not.
pub struct Draft {
    manifest: Manifest,
    documents: BTreeMap<Source, Document>,
}

impl Draft {
    /// A bundle without anything, collected by that tool from that moment on.
    #[must_use]
    pub fn new(tool: &str, collected_from: Timestamp) -> Draft {
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            tool: tool.to_owned(),
            collected_from,
            ..Manifest::default()
        };
        Draft { manifest, documents: BTreeMap::new() }
    }

    /// Says which region was called, and what answered instead of AWS's own endpoints.
    pub fn place(&mut self, region: Option<String>, endpoints: Vec<String>) {
        self.manifest.region = region;
        self.manifest.endpoints = endpoints;
    }

    /// Says whose bundle it is, where that is known.
    pub fn identify(&mut self, caller: Option<&CallerIdentity>) {
        if let Some(caller) = caller {
            self.manifest.account = Some(caller.account.clone());
            self.manifest.partition = Arn::parse(&caller.arn).map(|arn| arn.partition.to_owned());
            self.manifest.caller = Some(caller.arn.clone());
        }
    }

    /// Adds the answer for a source, as [`to_json`](super::to_json) writes it, which came at that moment.
    pub fn add(&mut self, source: Source, bytes: Vec<u8>, at: Timestamp) {
        let file = file_name(source);
        let entry = FileEntry::new(&bytes, at);
        self.manifest.files.insert(file.clone(), entry);
        self.documents.insert(source, Document { file, bytes });
    }

    /// Adds the reason why a source, or a part of it, is missing.
    pub fn add_gap(&mut self, gap: Gap) {
        self.manifest.gaps.push(gap);
    }

    /// The answers so far.
    #[must_use]
    pub fn documents(&self) -> &BTreeMap<Source, Document> {
        &self.documents
    }

    /// The bundle, complete at that moment.
    #[must_use]
    pub fn finish(mut self, collected_to: Timestamp) -> Bundle {
        self.manifest.collected_to = collected_to;
        self.manifest.gaps.sort();
        let gaps = self.manifest.gaps.clone();
        Bundle { manifest: Some(self.manifest), documents: self.documents, gaps }
    }
}
