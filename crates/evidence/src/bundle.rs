//! The bundle: AWS's raw answers, one document per source, and the reasons for missing ones.

mod draft;
mod error;
mod read;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use jiff::Timestamp;
use portcullis_model::{AccountStatus, Gap, LooseningChange, Source, hex};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::file::to_utf8;
use crate::json_object::members;
use crate::shapes;
use crate::snapshot::time::is_future;

pub use draft::Draft;
pub use error::BundleError;
pub use verify::{Change, ChangeKind, verify};
pub use write::to_json;

/// The schema of `manifest.json`.
const SCHEMA: &str = "portcullis/bundle/v1";
const MANIFEST: &str = "manifest.json";
/// The credential report as bare CSV, without the JSON that the AWS CLI wraps around it.
const REPORT_CSV: &str = "credential-report.csv";
/// Marks a bundle that is being written, so that the remains of a killed run are not read as one.
const UNFINISHED: &str = "UNFINISHED";

/// The raw answers about one account, as collected or read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    /// The collector's manifest; none for a directory made by hand.
    pub manifest: Option<Manifest>,
    /// The documents by source. A source without a document has a gap in `gaps`.
    pub documents: BTreeMap<Source, Document>,
    /// Why sources, or parts of them, are missing.
    pub gaps: Vec<Gap>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file's name, such as `credential-report.json` or `credential-report.csv`.
    pub file: String,
    /// The content, exactly as on disk.
    pub bytes: Vec<u8>,
}

/// `manifest.json`: what was collected, when, by whom, and what is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `portcullis/bundle/v1`.
    pub schema: String,
    /// The version of the tool that collected.
    pub tool: String,
    /// The account's id, if known.
    pub account: Option<String>,
    /// The partition, if known.
    pub partition: Option<String>,
    /// The ARN of the caller that collected, if known.
    pub caller: Option<String>,
    /// The region of the session, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Scheme and host of each endpoint used instead of AWS's own, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
    /// The account's name in its organization or in a list of accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why nothing was collected from this account in a run over several; none if something was, or
    /// if this was the only account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreached: Option<AccountStatus>,
    /// When collecting began.
    pub collected_from: Timestamp,
    /// When collecting ended.
    pub collected_to: Timestamp,
    /// Every file of the bundle except the manifest itself.
    #[serde(deserialize_with = "listed_files")]
    pub files: BTreeMap<String, FileEntry>,
    /// Every call that failed or was not made.
    pub gaps: Vec<Gap>,
}

/// What the manifest says about one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The SHA-256 of the content in hexadecimal, if the manifest gives one.
    pub sha256: Option<String>,
    /// When the last answer in the file arrived.
    pub collected_at: Timestamp,
    /// Whether the manifest lists the file twice.
    #[serde(skip)]
    pub listed_twice: bool,
}

impl FileEntry {
    /// Creates the entry of a file with this content, completed at `collected_at`.
    fn new(bytes: &[u8], collected_at: Timestamp) -> FileEntry {
        FileEntry { sha256: Some(sha256(bytes)), collected_at, listed_twice: false }
    }
}

/// Reads the files by name. Nothing says which of two entries for the same file counts.
fn listed_files<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, FileEntry>, D::Error> {
    let mut files = BTreeMap::new();
    for (name, mut entry) in members::<D, FileEntry>(deserializer)? {
        entry.listed_twice = files.contains_key(&name);
        files.insert(name, entry);
    }
    Ok(files)
}

impl Bundle {
    /// Returns the time that the bundle describes: the end of collecting, or else the date of the
    /// credential report. None if neither is known, as for a bare CSV, or if the report's date lies
    /// in the future.
    pub fn collected_at(&self, now: Timestamp) -> Option<Timestamp> {
        if let Some(manifest) = &self.manifest {
            return Some(manifest.collected_to);
        }
        let document = self.documents.get(&Source::CredentialReport)?;
        let report: shapes::CredentialReport =
            serde_json::from_slice(&to_utf8(&document.bytes)).ok()?;
        report.generated_time.filter(|made| !is_future(*made, now))
    }

    /// Returns what makes this evidence less reliable than a bundle collected from AWS's own
    /// endpoints: other endpoints, a missing manifest, or an unknown collection time that the date
    /// of the credential report replaces.
    pub fn loosened(&self, account: &str, as_of: Timestamp) -> Vec<LooseningChange> {
        let mut changes = Vec::new();
        if let Some(manifest) = &self.manifest {
            for url in &manifest.endpoints {
                let (account, url) = (account.to_owned(), url.clone());
                changes.push(LooseningChange::Endpoint { account, url });
            }
            return changes;
        }
        changes.push(LooseningChange::Unverified { account: account.to_owned() });
        if self.collected_at(as_of) == Some(as_of) {
            changes.push(LooseningChange::ReportDate { account: account.to_owned() });
        }
        changes
    }

    /// Whether `file` belongs to a bundle in `directory`.
    pub fn consists_of(directory: &Path, file: &Path) -> bool {
        let name = file.file_name().and_then(OsStr::to_str);
        file.parent() == Some(directory) && name.is_some_and(is_bundle_file)
    }

    /// Whether the bundle at `path` has a CloudTrail file, whose hash is not checked here.
    pub fn holds_activity(path: &Path) -> bool {
        path.join(file_name(Source::CloudTrail)).is_file()
    }

    /// Adds CloudTrail's events, received at `at`, as a separate file that no rule on the account
    /// reads.
    pub fn add_activity(&mut self, bytes: Vec<u8>, at: Timestamp) {
        let file = file_name(Source::CloudTrail);
        if let Some(manifest) = &mut self.manifest {
            let entry = FileEntry::new(&bytes, at);
            manifest.files.insert(file.clone(), entry);
        }
        self.documents
            .insert(Source::CloudTrail, Document { file, bytes });
    }
}

/// Returns the name of the file with a source's answer as the AWS CLI prints it.
fn file_name(source: Source) -> String {
    format!("{source}.json")
}

/// Returns the names that a source's file may have, the preferred one first.
fn file_names(source: Source) -> Vec<String> {
    let mut names = vec![file_name(source)];
    if source == Source::CredentialReport {
        names.push(REPORT_CSV.to_owned());
    }
    names
}

/// Whether a bundle may contain a file of this name.
fn is_bundle_file(name: &str) -> bool {
    name == MANIFEST
        || Source::every()
            .flat_map(file_names)
            .any(|known| known == name)
}

/// Returns the content's SHA-256 in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
