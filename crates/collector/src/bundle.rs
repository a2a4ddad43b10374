//! The bundle: the raw answers of AWS, one document a source, with the reasons for what is absent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Gap, Source};
use serde::{Deserialize, Serialize};

/// The raw answers about one account, as collected or read.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// What the collector said about the run; none in a directory made by hand.
    pub manifest: Option<Manifest>,
    /// The documents by source. A source that is absent here has a gap in `gaps`.
    pub documents: BTreeMap<Source, Document>,
    /// Why sources, or parts of them, are missing.
    pub gaps: Vec<Gap>,
}

/// One file of a bundle.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file's name, such as `credential-report.json` or `credential-report.csv`.
    pub file: String,
    /// The content as it stands on disk.
    pub bytes: Vec<u8>,
}

/// `manifest.json`: what was collected, when, by whom, and what is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `portcullis/bundle/v1`.
    pub schema: String,
    /// The version of the tool that collected.
    pub tool: String,
    /// The account's id, where known.
    pub account: Option<String>,
    /// The partition, where known.
    pub partition: Option<String>,
    /// The ARN of who collected, where known.
    pub caller: Option<String>,
    /// When collecting began.
    pub collected_from: Timestamp,
    /// When collecting ended.
    pub collected_to: Timestamp,
    /// Every file of the bundle but this one.
    pub files: BTreeMap<String, FileEntry>,
    /// Every call that failed or was not made.
    pub gaps: Vec<Gap>,
}

/// What the manifest says about one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
    /// When the last answer in it arrived.
    pub collected_at: Timestamp,
}
