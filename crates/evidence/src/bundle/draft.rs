//! Building a bundle while its answers are collected.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Gap, Source};

use super::{Bundle, Document, FileEntry, Manifest, SCHEMA, file_name};

/// An unfinished bundle: the answers so far, and a gap for each missing one.
pub struct Draft {
    /// What is known so far.
    pub manifest: Manifest,
    /// The answers so far.
    pub documents: BTreeMap<Source, Document>,
}

impl Draft {
    /// Creates an empty bundle that `tool` began to collect at `collected_from`.
    pub fn new(tool: &str, collected_from: Timestamp) -> Draft {
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            tool: tool.to_owned(),
            collected_from,
            ..Manifest::default()
        };
        Draft { manifest, documents: BTreeMap::new() }
    }

    /// Adds a source's answer, as written by [`to_json`](super::to_json) and received at `at`.
    pub fn add(&mut self, source: Source, bytes: Vec<u8>, at: Timestamp) {
        let file = file_name(source);
        let entry = FileEntry::new(&bytes, at);
        self.manifest.files.insert(file.clone(), entry);
        self.documents.insert(source, Document { file, bytes });
    }

    /// Adds the reason why a source or a part of it is missing.
    pub fn add_gap(&mut self, gap: Gap) {
        self.manifest.gaps.push(gap);
    }

    /// Returns the bundle, completed at `collected_to`.
    pub fn finish(mut self, collected_to: Timestamp) -> Bundle {
        self.manifest.collected_to = collected_to;
        self.manifest.gaps.sort();
        let gaps = self.manifest.gaps.clone();
        Bundle { manifest: Some(self.manifest), documents: self.documents, gaps }
    }
}
