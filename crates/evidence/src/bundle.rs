//! The bundle: the raw answers of AWS, one document a source, with the reasons for what is absent.

mod draft;
mod error;
mod read;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use jiff::Timestamp;
use portcullis_model::{AccountStatus, Gap, LooseningChange, Source};
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
/// The credential report as AWS made it, without the CLI's JSON around it.
const REPORT_CSV: &str = "credential-report.csv";
/// Stands in a bundle that is being written, so that a killed run leaves nothing that reads as one.
const UNFINISHED: &str = "UNFINISHED";

/// The raw answers about one account, as collected or read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    /// What the collector said about the run; none in a directory made by hand.
    pub manifest: Option<Manifest>,
    /// The documents by source. A source that is absent here has a gap in `gaps`.
    pub documents: BTreeMap<Source, Document>,
    /// Why sources, or parts of them, are missing.
    pub gaps: Vec<Gap>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file's name, such as `credential-report.json` or `credential-report.csv`.
    pub file: String,
    /// The content as it stands on disk.
    pub bytes: Vec<u8>,
}

/// `manifest.json`: what was collected, when, by whom, and what is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// The region of the session, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Scheme and host of what answered instead of AWS's own endpoints, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
    /// What its organization, or a list of accounts, calls the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why nothing at all was collected of an account among several; none: something was, or it was
    /// asked for alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreached: Option<AccountStatus>,
    /// When collecting began.
    pub collected_from: Timestamp,
    /// When collecting ended.
    pub collected_to: Timestamp,
    /// Every file of the bundle but this one.
    #[serde(deserialize_with = "listed_files")]
    pub files: BTreeMap<String, FileEntry>,
    /// Every call that failed or was not made.
    pub gaps: Vec<Gap>,
}

/// What the manifest says about one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The SHA-256 of the content, in hexadecimal digits, where the manifest gives one.
    pub sha256: Option<String>,
    /// When the last answer in it arrived.
    pub collected_at: Timestamp,
    /// Whether the manifest lists the file twice.
    #[serde(skip)]
    pub listed_twice: bool,
}

impl FileEntry {
    /// The entry of a file with that content, which was complete at that moment.
    fn new(bytes: &[u8], collected_at: Timestamp) -> FileEntry {
        FileEntry { sha256: Some(sha256(bytes)), collected_at, listed_twice: false }
    }
}

/// The files by name. Of two entries for one file, nothing says which counts.
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
    /// The moment for which the bundle speaks: the end of collecting, else the date of the
    /// credential report; none where neither is known, as in a bare CSV, or the report's is still to come.
    #[must_use]
    pub fn collected_at(&self, now: Timestamp) -> Option<Timestamp> {
        if let Some(manifest) = &self.manifest {
            return Some(manifest.collected_to);
        }
        let document = self.documents.get(&Source::CredentialReport)?;
        let report: shapes::CredentialReport =
            serde_json::from_slice(&to_utf8(&document.bytes)).ok()?;
        report.generated_time.filter(|made| !is_future(*made, now))
    }

    /// What makes the evidence on that account less sure than a bundle that AWS's own endpoints answered, and that
    /// says when they did, unless ages count to another moment than the date of the credential report.
    #[must_use]
    pub fn loosened(&self, account: &str, as_of: Timestamp) -> Vec<LooseningChange> {
        let account = account.to_owned();
        let Some(manifest) = &self.manifest else {
            let mut changes = vec![LooseningChange::Unverified { account: account.clone() }];
            if self.collected_at(as_of) == Some(as_of) {
                changes.push(LooseningChange::ReportDate { account });
            }
            return changes;
        };
        let endpoint =
            |url: &String| LooseningChange::Endpoint { account: account.clone(), url: url.clone() };
        manifest.endpoints.iter().map(endpoint).collect()
    }
}

impl Bundle {
    /// Whether that file is one of those that a bundle in that directory consists of.
    #[must_use]
    pub fn consists_of(directory: &Path, file: &Path) -> bool {
        let is_known = |name: &str| name == MANIFEST || known_file_names().any(|it| it == name);
        let name = file.file_name().and_then(OsStr::to_str);
        file.parent() == Some(directory) && name.is_some_and(is_known)
    }

    /// Whether a bundle at that path holds what CloudTrail recorded, though not whether it is unchanged.
    #[must_use]
    pub fn holds_activity(path: &Path) -> bool {
        path.join(file_name(Source::CloudTrail)).is_file()
    }

    /// Adds what CloudTrail recorded, which came at that moment: a file of its own, that no rule on the
    /// account reads.
    pub fn add_activity(&mut self, bytes: Vec<u8>, at: Timestamp) {
        let file = file_name(Source::CloudTrail);
        if let Some(manifest) = &mut self.manifest {
            let entry = FileEntry::new(&bytes, at);
            manifest.files.insert(file.clone(), entry);
        }
        self.documents.insert(Source::CloudTrail, Document { file, bytes });
    }
}

/// The name of the file that holds a source's answer as the AWS CLI prints it.
fn file_name(source: Source) -> String {
    format!("{source}.json")
}

/// The names under which a source's file may stand, the preferred one first.
fn file_names(source: Source) -> Vec<String> {
    let mut names = vec![file_name(source)];
    if source == Source::CredentialReport {
        names.push(REPORT_CSV.to_owned());
    }
    names
}

/// Every file name that a bundle knows, but the manifest's.
fn known_file_names() -> impl Iterator<Item = String> {
    Source::every().flat_map(file_names)
}

/// A content's SHA-256 in hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}
