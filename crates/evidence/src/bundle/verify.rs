//! Comparing a bundle on disk with its manifest.

use std::fmt;
use std::fs;
use std::path::Path;

use super::read::{Unusable, read_listed, read_manifest};
use super::{BundleError, MANIFEST};

/// One difference between a bundle and its manifest.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Change {
    /// The file's name.
    pub file: String,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a file since the bundle was collected.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ChangeKind {
    /// Its content differs.
    Modified,
    /// It does not exist.
    Missing,
    /// It is not listed in the manifest.
    Added,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChangeKind::Modified => "modified",
            ChangeKind::Missing => "missing",
            ChangeKind::Added => "added",
        })
    }
}

/// Returns every file of a collected bundle that was modified, removed or added, sorted by name.
///
/// This finds damage and careless edits. Anyone who can edit a file can edit the manifest too:
/// evidence that must withstand tampering has to be signed, or stored read-only.
pub fn verify(dir: &Path) -> Result<Vec<Change>, BundleError> {
    if dir.is_file() {
        let name = dir.display().to_string();
        return Err(BundleError::NoEvidence {
            name,
            kind: "a file: verify the directory that `collect` wrote",
        });
    }
    let Some(manifest) = read_manifest(dir)? else {
        fs::read_dir(dir).map_err(BundleError::io(dir))?;
        return Err(BundleError::NoManifest(dir.to_owned()));
    };
    let mut changes = Vec::new();
    for (file, entry) in &manifest.files {
        let path = dir.join(file);
        let kind = match read_listed(&path, entry) {
            Ok(_) => continue,
            Err(Unusable::Missing) => ChangeKind::Missing,
            Err(Unusable::Unreadable(error)) => return Err(BundleError::io(&path)(error)),
            Err(_) => ChangeKind::Modified,
        };
        changes.push(Change { file: file.clone(), kind });
    }
    for name in entry_names(dir)? {
        if name != MANIFEST && !manifest.files.contains_key(&name) {
            changes.push(Change { file: name, kind: ChangeKind::Added });
        }
    }
    changes.sort();
    Ok(changes)
}

/// Returns the names of all entries of a directory, unsorted.
pub(super) fn entry_names(dir: &Path) -> Result<Vec<String>, BundleError> {
    fs::read_dir(dir)
        .map_err(BundleError::io(dir))?
        .map(|entry| {
            Ok(entry
                .map_err(BundleError::io(dir))?
                .file_name()
                .to_string_lossy()
                .into())
        })
        .collect()
}
