//! What is generated and committed; every crate that generates something includes this file.

use std::fs;
use std::path::Path;

/// Fails unless the committed file holds that; `tests/regenerate` has it written first.
#[track_caller]
#[expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]
pub(crate) fn assert_committed(path: impl AsRef<Path>, generated: &str) {
    let path = path.as_ref();
    if std::env::var_os("REGENERATE").is_some() {
        fs::write(path, generated).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    assert!(committed == generated, "{} is out of date; run tests/regenerate", path.display());
}
