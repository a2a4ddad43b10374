//! Reports that `audit -o json` wrote.

use std::path::Path;

use portcullis_evidence::to_utf8;
use portcullis_model::{Report, SCHEMA};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::input;

const HELP: &str = "give it a file that `portcullis audit -o json=FILE` wrote";

/// Reads a report; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Report, Failure> {
    let bytes = input::read(path)?;
    parse(&bytes).map_err(|what| Failure::with_help(format!("{} {what}", input::name(path)), HELP))
}

/// The report, or what is wrong with it.
fn parse(bytes: &[u8]) -> Result<Report, String> {
    #[derive(Deserialize)]
    struct Header {
        #[serde(default)]
        schema: Value,
    }
    let text = to_utf8(bytes);
    let error = match serde_json::from_slice::<Report>(&text) {
        Ok(report) if report.schema == SCHEMA => return Ok(report),
        Ok(report) => return Err(other_schema(&report.schema)),
        Err(error) => error,
    };
    // The schema explains all that is wrong with another tool's file.
    let Header { schema } =
        serde_json::from_slice(&text).map_err(|error| format!("is not valid JSON: {error}"))?;
    Err(match schema.as_str() {
        Some(SCHEMA) => format!("is not a complete report: {error}"),
        Some(other) => other_schema(other),
        None => "is not a Portcullis report: it has no `schema`".to_owned(),
    })
}

fn other_schema(schema: &str) -> String {
    format!("has the schema {schema}, and not {SCHEMA}")
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
            (b"[]", "is not a Portcullis report: it has no `schema`"),
            (b"{\"schema\": \"portcullis/report/v9\"}", "has the schema portcullis/report/v9, and"),
            (b"{\"schema\": \"portcullis/report/v1\"}", "is not a complete report: missing field"),
        ] {
            let what = parse(bytes).unwrap_err();
            assert!(what.starts_with(says), "{what}");
        }
    }
}
