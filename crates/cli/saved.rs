//! Reports that `audit -o json` wrote.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use portcullis_evidence::{read_file, to_utf8};
use portcullis_model::{Report, SCHEMA};
use serde_json::Value;

use crate::failure::Failure;

const HELP: &str = "give it a file that `portcullis audit -o json=FILE` wrote";

/// Above the report of any account; what is longer is cut, and so not valid JSON.
const MAX_BYTES: u64 = 1 << 30;
/// Stands for standard input.
const STREAM: &str = "-";

/// An error if several reports are to come from standard input.
pub(crate) fn check_streams<'p>(
    paths: impl IntoIterator<Item = &'p PathBuf>,
) -> Result<(), Failure> {
    let streams = paths.into_iter().filter(|path| *path == Path::new(STREAM));
    if streams.count() > 1 {
        return Err("only one of the reports can come from standard input".into());
    }
    Ok(())
}

/// What messages call a report.
pub(crate) fn name(path: &Path) -> String {
    if path == Path::new(STREAM) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Reads a report; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Report, Failure> {
    let name = name(path);
    let bytes = if path == Path::new(STREAM) {
        let mut bytes = Vec::new();
        io::stdin().take(MAX_BYTES).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        read_file(path, MAX_BYTES)
    };
    let bytes = bytes.map_err(|error| format!("cannot read {name}: {error}"))?;
    parse(&bytes).map_err(|what| Failure::with_help(format!("{name} {what}"), HELP))
}

/// The report, or what is wrong with it.
fn parse(bytes: &[u8]) -> Result<Report, String> {
    // The schema first: it explains all that is wrong with another tool's file.
    let value: Value =
        serde_json::from_slice(&to_utf8(bytes)).map_err(|e| format!("is not valid JSON: {e}"))?;
    match value.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) => return Err(format!("has the schema {other}, and not {SCHEMA}")),
        None => return Err("is not a report of Portcullis: it names no schema".to_owned()),
    }
    serde_json::from_value(value).map_err(|error| format!("is not a complete report: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_told() {
        for (bytes, says) in [
            (&b""[..], "is not valid JSON: EOF"),
            (b"{\"schema\": \"portcullis/report/v1\"", "is not valid JSON: EOF"),
            (b"\xff", "is not valid JSON: "),
            (b"[]", "is not a report of Portcullis"),
            (b"{\"schema\": \"portcullis/report/v9\"}", "has the schema portcullis/report/v9, and"),
            (b"{\"schema\": \"portcullis/report/v1\"}", "is not a complete report: missing field"),
        ] {
            let what = parse(bytes).unwrap_err();
            assert!(what.starts_with(says), "{what}");
        }
    }
}
