//! Reading a bundle: a collected one, a directory of AWS CLI outputs, or a single credential
//! report.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use portcullis_model::{AccountId, Gap, Source, without_session_names};
use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::{
    Bundle, BundleError, Document, FileEntry, MANIFEST, Manifest, REPORT_CSV, SCHEMA, UNFINISHED,
    file_name, file_names, is_bundle_file, sha256,
};
use crate::file;

/// Far more than any account's answers take, and less than would exhaust memory.
const MAX_BYTES: u64 = 1 << 30;

/// The sources whose answers identify their account, the most trusted first.
const IDENTIFYING: [Source; 4] = [
    Source::CallerIdentity,
    Source::CredentialReport,
    Source::AccountAuthorizationDetails,
    Source::VirtualMfaDevices,
];

impl Bundle {
    /// Reads a bundle directory, a directory of AWS CLI outputs made by hand, or a single
    /// credential report (the CSV, or the JSON that the AWS CLI prints).
    ///
    /// A file that is absent, empty, unreadable or different from the manifest becomes a gap. The
    /// content of the files is not parsed here.
    pub fn read(path: &Path) -> Result<Bundle, BundleError> {
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => BundleError::NotFound(path.to_owned()),
            _ => BundleError::io(path)(error),
        })?;
        if !metadata.is_dir() {
            let content = match read_file(path) {
                Err(Unusable::Unreadable(error)) => return Err(BundleError::io(path)(error)),
                content => content,
            };
            return of_report(&path.display().to_string(), content);
        }
        read_directory(path, &Source::every().collect::<Vec<_>>())
    }

    /// Returns the account of the bundle at `path`, if known, reading no more than necessary.
    pub fn account_at(path: &Path) -> Option<AccountId> {
        if !path.is_dir() {
            return Bundle::read(path).ok()?.account();
        }
        let manifest = read_manifest(path).ok().flatten();
        let in_manifest = manifest.and_then(|manifest| AccountId::parse(&manifest.account?));
        in_manifest.or_else(|| {
            IDENTIFYING
                .iter()
                .find_map(|&source| read_directory(path, &[source]).ok()?.account())
        })
    }

    /// Whether the directory at `path` was written by `collect --signins`.
    pub fn is_collected_activity(path: &Path) -> bool {
        Bundle::holds_activity(path) && matches!(read_manifest(path), Ok(Some(_)))
    }

    /// Returns the directories directly below that one that look like bundles, sorted: they hold a file of one.
    pub fn below(directory: &Path) -> Vec<PathBuf> {
        let mut bundles = Vec::new();
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_of_bundle =
                |file: fs::DirEntry| file.file_name().to_str().is_some_and(is_bundle_file);
            if fs::read_dir(&path).is_ok_and(|files| files.flatten().any(is_of_bundle)) {
                bundles.push(path);
            }
        }
        bundles.sort();
        bundles
    }

    /// Reads only CloudTrail's events from a bundle that [holds](Bundle::holds_activity) them.
    pub fn read_activity(path: &Path) -> Result<Bundle, BundleError> {
        read_directory(path, &[Source::CloudTrail])
    }

    /// Reads everything except CloudTrail's events, which [`Bundle::read_activity`] returned.
    pub fn read_rest(path: &Path, activity: &Bundle) -> Result<Bundle, BundleError> {
        let mut sources: Vec<Source> = Source::every().collect();
        sources.retain(|source| *source != Source::CloudTrail);
        let mut bundle = read_directory(path, &sources)?;
        bundle.gaps.extend(activity.gaps.iter().cloned());
        Ok(bundle.sorted())
    }

    /// Returns the bundle of a single credential report (the CSV, or the JSON that the AWS CLI
    /// prints); errors refer to it as `name`.
    pub fn of_report(name: &str, bytes: Vec<u8>) -> Result<Bundle, BundleError> {
        of_report(name, Ok(bytes))
    }
}

/// Reads the answers of these sources.
fn read_directory(path: &Path, sources: &[Source]) -> Result<Bundle, BundleError> {
    if path.join(UNFINISHED).exists() {
        return Err(BundleError::Unfinished(path.to_owned()));
    }
    match read_manifest(path)? {
        Some(manifest) => Ok(read_collected(path, manifest, sources)),
        None => read_by_hand(path, sources),
    }
}

impl Bundle {
    /// Adds the content of a source's file, or a gap that says why it is missing.
    fn add(&mut self, source: Source, file: Option<String>, content: Result<Vec<u8>, Unusable>) {
        let file = file.unwrap_or_else(|| file_name(source));
        match content.and_then(not_empty) {
            Ok(bytes) => {
                self.documents.insert(source, Document { file, bytes });
            }
            Err(unusable) => {
                let message = format!("{file} {unusable}");
                self.gaps.push(Gap::new(source, unusable.code(), message));
            }
        }
    }

    /// Returns the bundle with its gaps sorted and without duplicates.
    fn sorted(mut self) -> Bundle {
        self.gaps.sort();
        self.gaps.dedup();
        self
    }
}

/// Why a file does not become a document.
#[derive(Debug, Error)]
pub(super) enum Unusable {
    #[error("is not in the bundle")]
    Absent,
    #[error("is missing: {}", Gap::BARE_REPORT)]
    NotGiven,
    #[error("is not listed in the manifest, so it is not used")]
    Unlisted,
    #[error("is listed twice in the manifest, so it is not used")]
    ListedTwice,
    #[error("is listed in the manifest without its SHA-256, so it is not used")]
    WithoutHash,
    #[error("is listed in the manifest as well as {REPORT_CSV}, so neither is used")]
    TwoReports,
    #[error("is listed in the manifest but does not exist")]
    Missing,
    #[error("has changed since it was collected: its SHA-256 differs from the manifest")]
    Modified,
    #[error("is empty; the AWS CLI leaves such a file when a call fails")]
    Empty,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is larger than {MAX_BYTES} bytes")]
    TooLarge,
}

impl Unusable {
    fn code(&self) -> &'static str {
        match self {
            Unusable::Absent | Unusable::NotGiven | Unusable::Unlisted => Gap::ABSENT,
            Unusable::ListedTwice | Unusable::TwoReports => "Contradictory",
            Unusable::WithoutHash => "Unverified",
            Unusable::Missing => "Missing",
            Unusable::Modified => "Modified",
            Unusable::Empty => "Empty",
            Unusable::Unreadable(_) => "Unreadable",
            Unusable::TooLarge => "TooLarge",
        }
    }
}

/// Returns the content unless it is blank.
fn not_empty(bytes: Vec<u8>) -> Result<Vec<u8>, Unusable> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        Err(Unusable::Empty)
    } else {
        Ok(bytes)
    }
}

/// Reads a regular file of reasonable size.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Unusable> {
    file::read_file(path, MAX_BYTES).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => Unusable::TooLarge,
        _ => Unusable::Unreadable(error),
    })
}

/// Reads a file, and checks it against its entry in the manifest.
pub(super) fn read_listed(path: &Path, entry: &FileEntry) -> Result<Vec<u8>, Unusable> {
    if entry.listed_twice {
        return Err(Unusable::ListedTwice);
    }
    let expected = entry.sha256.as_ref().ok_or(Unusable::WithoutHash)?;
    match read_file(path) {
        Ok(bytes) if sha256(&bytes).eq_ignore_ascii_case(expected) => Ok(bytes),
        Ok(_) => Err(Unusable::Modified),
        Err(Unusable::Unreadable(error)) if error.kind() == ErrorKind::NotFound => {
            Err(Unusable::Missing)
        }
        Err(unusable) => Err(unusable),
    }
}

/// Reads the directory's manifest, if there is one, and checks that it lists no file outside the
/// directory.
pub(super) fn read_manifest(dir: &Path) -> Result<Option<Manifest>, BundleError> {
    #[derive(Deserialize)]
    struct Header {
        schema: String,
    }
    let path = dir.join(MANIFEST);
    let broken = |error: serde_json::Error| BundleError::BrokenManifest {
        path: path.clone(),
        reason: error.to_string(),
    };
    let bytes = match file::read_file(&path, MAX_BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(BundleError::io(&path))?,
    };
    // The schema comes first, since a manifest of another schema may have any other fields.
    let Header { schema } = serde_json::from_slice(&bytes).map_err(broken)?;
    if schema != SCHEMA {
        return Err(BundleError::UnknownSchema { path, schema });
    }
    let mut manifest: Manifest = serde_json::from_slice(&bytes).map_err(broken)?;
    manifest.caller = manifest.caller.as_deref().map(without_session_names);
    for gap in &mut manifest.gaps {
        gap.message = without_session_names(&gap.message).into();
    }
    match manifest.files.keys().find(|name| !is_plain_name(name)) {
        Some(name) => Err(BundleError::HostileName { name: name.clone(), path }),
        None => Ok(Some(manifest)),
    }
}

/// Whether the name, joined to a directory, stays inside it on any operating system.
fn is_plain_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!(components.next(), Some(Component::Normal(first)) if first == name)
        && components.next().is_none()
        && !name.contains(['/', '\\', ':'])
}

/// Whether a bundle should contain the source: one collected only on request counts if it is there.
fn is_expected(source: Source, dir: &Path) -> bool {
    !Source::ON_REQUEST.contains(&source) || dir.join(file_name(source)).is_file()
}

fn read_collected(dir: &Path, manifest: Manifest, sources: &[Source]) -> Bundle {
    let mut bundle = Bundle { gaps: manifest.gaps.clone(), ..Bundle::default() };
    for &source in sources {
        let mut listed = file_names(source);
        listed.retain(|name| manifest.files.contains_key(name));
        let has_gap = manifest
            .gaps
            .iter()
            .any(|gap| gap.source == source && gap.resource.is_none());
        if has_gap || (listed.is_empty() && !is_expected(source, dir)) {
            continue;
        }
        let content = match listed.as_slice() {
            [] => Err(Unusable::Unlisted),
            [file] => read_listed(&dir.join(file), &manifest.files[file]),
            _ => Err(Unusable::TwoReports),
        };
        bundle.add(source, listed.into_iter().next(), content);
    }
    bundle.manifest = Some(manifest);
    bundle.sorted()
}

fn read_by_hand(dir: &Path, sources: &[Source]) -> Result<Bundle, BundleError> {
    let mut bundle = Bundle::default();
    let mut found = Bundle::holds_activity(dir);
    for &source in sources.iter().filter(|&&source| is_expected(source, dir)) {
        let mut existing = file_names(source);
        existing.retain(|name| dir.join(name).exists());
        let content = match existing.as_slice() {
            [] => Err(Unusable::Absent),
            [file] => read_file(&dir.join(file)),
            _ => return Err(BundleError::TwoReports(dir.to_owned())),
        };
        found |= !existing.is_empty();
        bundle.add(source, existing.into_iter().next(), content);
    }
    if found {
        Ok(bundle.sorted())
    } else {
        Err(BundleError::NothingFound(dir.to_owned()))
    }
}

/// Returns what a file is and what to do with it, if it is certainly not a credential report.
fn wrong_kind(text: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Header {
        schema: Option<String>,
        #[serde(rename = "Content")]
        content: Option<IgnoredAny>,
    }
    if text.starts_with(b"{") {
        let Ok(Header { schema, content }) = serde_json::from_slice(text) else {
            return Some("not valid JSON: it may be cut short");
        };
        return match (schema.as_deref(), content) {
            (_, Some(_)) => None,
            (Some(portcullis_model::SCHEMA), _) => Some("a saved report: use `portcullis report`"),
            (Some(SCHEMA), _) => Some("the manifest of a bundle: give the directory"),
            _ => Some("JSON, but not a credential report: give the directory that holds it"),
        };
    }
    if text.is_empty() {
        return Some("empty: the command that should have written it failed or printed nothing");
    }
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let header = String::from_utf8_lossy(header);
    if !header.contains([',', ';']) {
        return Some(
            "neither a bundle nor a credential report, as CSV or as the AWS CLI prints it",
        );
    }
    let mut columns = header
        .split([',', ';'])
        .map(|name| name.trim().trim_matches('"'));
    let is_report = columns.any(|name| ["user", "arn"].contains(&name));
    (!is_report).then_some("not a credential report: its first line lacks the columns user and arn")
}

fn of_report(name: &str, content: Result<Vec<u8>, Unusable>) -> Result<Bundle, BundleError> {
    let mut bundle = Bundle::default();
    let text = content.as_deref().map(file::to_utf8).unwrap_or_default();
    let text = text.trim_ascii_start();
    if let Some(kind) = wrong_kind(text) {
        return Err(BundleError::NoEvidence { name: name.to_owned(), kind });
    }
    // The file may have any name. The AWS CLI's JSON begins with a brace, and no CSV header does.
    let is_json = text.starts_with(b"{");
    let file = (!is_json).then(|| REPORT_CSV.to_owned());
    bundle.add(Source::CredentialReport, file, content);
    for source in Source::ALL
        .into_iter()
        .filter(|&source| source != Source::CredentialReport)
    {
        bundle.add(source, None, Err(Unusable::NotGiven));
    }
    Ok(bundle.sorted())
}
