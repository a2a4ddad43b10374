//! Writing a bundle completely or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use portcullis_model::Source;
use tempfile::TempDir;

use super::read::read_manifest;
use super::verify::entry_names;
use super::{Bundle, BundleError, MANIFEST, Manifest, UNFINISHED, file_names, is_bundle_file};

/// The prefix of temporary directories.
const TEMPORARY: &str = ".portcullis-";

impl Bundle {
    /// Writes a collected bundle as a directory that only its owner can read.
    ///
    /// The files go into a temporary directory next to the target, the manifest last. That directory
    /// is then renamed. The target must not exist, be empty, or contain only a bundle, which is
    /// replaced.
    pub fn write(&self, dir: &Path) -> Result<(), BundleError> {
        let target = resolve(dir)?;
        let parent = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(BundleError::io(parent))?;
        let staging = temporary_dir(parent)?;
        self.write_files(staging.path())?;
        replace(&target, staging, parent)?;
        sync_dir(parent).map_err(BundleError::io(parent))
    }

    /// Checks that a bundle may be [written](Bundle::write) to `dir`.
    pub fn check_target(dir: &Path) -> Result<(), BundleError> {
        resolve(dir).map(drop)
    }

    /// Returns the sources that the bundle in `dir` holds completely and this one does not, which
    /// replacing it would lose.
    pub fn losses(&self, dir: &Path) -> Result<Vec<Source>, BundleError> {
        let (Some(old), Some(new)) = (read_manifest(dir)?, &self.manifest) else {
            return Ok(Vec::new());
        };
        let mut sources: Vec<Source> = Source::every().collect();
        sources.retain(|source| old.is_complete(*source) && !new.is_complete(*source));
        Ok(sources)
    }

    fn write_files(&self, dir: &Path) -> Result<(), BundleError> {
        let manifest = self.manifest.as_ref().ok_or(BundleError::NotCollected)?;
        write_file(dir, UNFINISHED, b"")?;
        for document in self.documents.values() {
            write_file(dir, &document.file, &document.bytes)?;
        }
        let path = dir.join(MANIFEST);
        let json = to_json(manifest).map_err(|error| BundleError::io(&path)(error.into()))?;
        write_file(dir, MANIFEST, &json)?;
        let unfinished = dir.join(UNFINISHED);
        fs::remove_file(&unfinished).map_err(BundleError::io(&unfinished))?;
        sync_dir(dir).map_err(BundleError::io(dir))
    }
}

impl Manifest {
    /// Whether the bundle holds a source completely.
    fn is_complete(&self, source: Source) -> bool {
        let has_file = file_names(source)
            .iter()
            .any(|name| self.files.contains_key(name));
        has_file && !self.gaps.iter().any(|gap| gap.source == source)
    }
}

/// Returns the target's absolute path, if a bundle may be written there.
fn resolve(dir: &Path) -> Result<PathBuf, BundleError> {
    match fs::canonicalize(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::path::absolute(dir).map_err(BundleError::io(dir))
        }
        Err(error) => Err(BundleError::io(dir)(error)),
        Ok(target) if is_replaceable(&target)? => Ok(target),
        Ok(_) => Err(BundleError::Occupied(dir.to_owned())),
    }
}

/// Whether the target is empty or contains only a bundle. Many projects have a `manifest.json`, so
/// the manifest must be ours.
fn is_replaceable(target: &Path) -> Result<bool, BundleError> {
    if !target.is_dir() {
        return Ok(false);
    }
    let names = entry_names(target)?;
    if names.is_empty() {
        return Ok(true);
    }
    let all_known = names.iter().all(|name| is_bundle_file(name));
    Ok(all_known && matches!(read_manifest(target), Ok(Some(_))))
}

/// Moves the staged directory to the target, after moving an old bundle out of the way.
fn replace(target: &Path, staging: TempDir, parent: &Path) -> Result<(), BundleError> {
    if !target.exists() {
        fs::rename(staging.path(), target).map_err(BundleError::io(target))?;
        // The temporary directory no longer exists under its old name.
        let _ = staging.keep();
        return Ok(());
    }
    let aside = temporary_dir(parent)?;
    let old = aside.path().join("old");
    fs::rename(target, &old).map_err(BundleError::io(target))?;
    if let Err(error) = fs::rename(staging.path(), target) {
        if fs::rename(&old, target).is_err() {
            // The old bundle cannot be moved back. Keep it rather than delete it.
            let _ = aside.keep();
        }
        return Err(BundleError::io(target)(error));
    }
    let _ = staging.keep();
    aside.close().map_err(BundleError::io(parent))
}

/// Creates a directory in `parent` that only its owner can read, and that is removed unless kept.
fn temporary_dir(parent: &Path) -> Result<TempDir, BundleError> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
        .prefix(TEMPORARY)
        .tempdir_in(parent)
        .map_err(BundleError::io(parent))
}

fn write_file(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
    let path = dir.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(BundleError::io(&path))?;
    file.write_all(bytes).map_err(BundleError::io(&path))?;
    file.sync_all().map_err(BundleError::io(&path))
}

/// Makes renames and new entries in a directory durable, which only Unix needs.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        Ok(())
    }
}

/// Returns JSON as bundles store it: indented, with a newline at the end.
pub fn to_json(value: &impl serde::Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    Ok(json)
}
