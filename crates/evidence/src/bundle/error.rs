//! Why a bundle cannot be read, written or verified.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::SCHEMA;

/// Why a whole bundle cannot be read, written or verified; lesser defects are gaps.
#[derive(Debug, Error)]
pub enum BundleError {
    /// The operating system refused.
    #[error("cannot access {path}: {source}", path = path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Nothing exists at that path.
    #[error("cannot read the bundle {}: it does not exist", .0.display())]
    NotFound(PathBuf),
    /// The file is not evidence.
    #[error("{name} is {kind}")]
    NoEvidence {
        /// The file's name.
        name: String,
        /// What the file is, and what to do with it.
        kind: &'static str,
    },
    /// The directory contains no file of a bundle.
    #[error(
        "{} is not a bundle: it holds no credential-report.csv or .json, and no other file that `portcullis \
         collect` writes; log files of CloudTrail are for `portcullis signins`",
        .0.display()
    )]
    NothingFound(PathBuf),
    /// The manifest is not valid JSON, or lacks a field.
    #[error("{path} is damaged: {reason}; collect again", path = path.display())]
    BrokenManifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// The manifest has another schema.
    #[error(
        "{path} follows the schema \"{schema}\", which this version cannot read; it reads \"{SCHEMA}\"",
        path = path.display()
    )]
    UnknownSchema {
        /// The manifest.
        path: PathBuf,
        /// The schema that it names.
        schema: String,
    },
    /// The manifest lists a file that is not a plain name inside the bundle.
    #[error(
        "{path} lists the file {name:?}, which is not inside the bundle; do not trust this bundle",
        path = path.display()
    )]
    HostileName {
        /// The manifest.
        path: PathBuf,
        /// The listed name.
        name: String,
    },
    /// The bundle in that directory was only partly written.
    #[error("{} was cut off while being written; collect again", .0.display())]
    Unfinished(PathBuf),
    /// The directory contains two credential reports, and nothing says which one counts.
    #[error("{} holds both credential-report.json and credential-report.csv; keep one", .0.display())]
    TwoReports(PathBuf),
    /// The directory was made by hand and cannot be verified.
    #[error(
        "{} has no manifest.json, so there is nothing to verify it against; `collect` writes one",
        .0.display()
    )]
    NoManifest(PathBuf),
    /// The bundle was read from hand-made files and cannot be written as a collected one.
    #[error("the bundle was not collected from AWS, so it has no manifest and cannot be written")]
    NotCollected,
    /// The path holds something that must not be overwritten.
    #[error(
        "{} exists and is neither an empty directory nor just a bundle; choose another name",
        .0.display()
    )]
    Occupied(PathBuf),
}

impl BundleError {
    /// Returns a function for `map_err` that adds the path to the operating system's error.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> BundleError {
        move |source| BundleError::Io { path: path.to_owned(), source }
    }
}
