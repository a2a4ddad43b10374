//! What is generated and committed; every crate that generates something includes this file.

use std::fs;
use std::path::Path;

/// Fails unless the committed file holds that; `tests/regenerate` has it written first.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "what a test writes, the environment says")]
pub(crate) fn assert_committed(path: impl AsRef<Path>, generated: &str) {
    let path = path.as_ref();
    if std::env::var_os("REGENERATE").is_some() {
        fs::write(path, generated).expect("the repository can be written to");
    }
    let committed = fs::read_to_string(path).expect("tests/regenerate writes the file");
    assert!(committed == generated, "{} is out of date; run tests/regenerate", path.display());
}
