//! Reads the inputs on the command line: files, and `-` for standard input.

use std::env;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use portcullis_evidence::{open_file, read_file};

use crate::failure::Failure;
use crate::output::Output;

/// Above the answers of any account. A longer stream is cut off, and so not valid.
const MAX_BYTES: u64 = 1 << 30;

pub(crate) fn is_stream(path: &Path) -> bool {
    path == Path::new("-")
}

/// Refuses several inputs from standard input, and outputs that would replace an input.
pub(crate) fn check<'p, F: Copy>(
    paths: impl IntoIterator<Item = &'p PathBuf>,
    outputs: &[Output<F>],
) -> Result<(), Failure> {
    let mut streams = 0;
    for path in paths {
        if is_stream(path) {
            streams += 1;
        } else if let Some(output) = outputs.iter().find(|output| output.replaces(path)) {
            return Err(Failure::with_help(
                format!("the output {output} would overwrite the input {}", name(path)),
                "name another file after -o",
            ));
        }
    }
    if streams > 1 {
        return Err("only one of the inputs can be standard input".into());
    }
    Ok(())
}

/// The name of an input in messages.
pub(crate) fn name(path: &Path) -> String {
    if is_stream(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Opens an input so that it can be read twice.
pub(crate) fn open(path: &Path) -> Result<File, Failure> {
    let file = if is_stream(path) {
        keep_stream()
    } else {
        open_file(path)
    };
    Ok(file.map_err(|error| format!("cannot read {}: {error}", name(path)))?)
}

/// Creates a file without a name, which disappears when the process ends.
pub(crate) fn temporary_file() -> io::Result<File> {
    tempfile::tempfile().map_err(|error| {
        io::Error::other(format!(
            "cannot write a temporary file in {} ({}); set TMPDIR to a writable directory",
            env::temp_dir().display(),
            error.kind()
        ))
    })
}

fn keep_stream() -> io::Result<File> {
    let mut file = temporary_file()?;
    io::copy(&mut io::stdin().lock(), &mut file)?;
    file.rewind()?;
    Ok(file)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if is_stream(path) {
        let mut bytes = Vec::new();
        io::stdin()
            .take(MAX_BYTES)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    } else {
        read_file(path, MAX_BYTES)
    };
    Ok(bytes.map_err(|error| format!("cannot read {}: {error}", name(path)))?)
}
