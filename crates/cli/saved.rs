//! Reads reports that `audit -o json` wrote.

use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use encoding_rs_io::DecodeReaderBytesBuilder;
use portcullis_evidence::ShapeError;
use portcullis_model::{Finding, Report, SCHEMA};
use portcullis_report::{Keep, ReportPart, read_report};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::input;
use crate::joined::{Filed, Spill};

const HELP: &str = "name a report that `portcullis audit BUNDLE -o json=report.json` wrote";

/// How many bytes are read to recognise a file.
const START: u64 = 16;

/// Reads a report; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Filed, Failure> {
    let mut spill = Spill::new()?;
    let head = read_into(path, &mut spill)?;
    Ok(spill.finish(head)?)
}

/// Reads a report with some of its findings.
pub(crate) fn read_some(path: &Path, some: impl Fn(&Finding) -> bool) -> Result<Report, Failure> {
    let (mut accounts, mut findings) = (Vec::new(), Vec::new());
    let head = read_parts(path, &mut |part| {
        match part {
            ReportPart::Account(account) => accounts.push(account),
            ReportPart::Finding(finding) if some(&finding) => findings.push(finding),
            ReportPart::Finding(_) => {}
        }
        Ok(())
    })?;
    Ok(Report { accounts, findings, ..head })
}

/// Reads a report, adds its accounts and findings to the spill, and returns the rest.
pub(crate) fn read_into(path: &Path, spill: &mut Spill) -> Result<Report, Failure> {
    read_parts(path, &mut |part| spill.add(&part))
}

/// Reads a report, passes on its accounts and findings, and returns the rest.
pub(crate) fn read_parts(path: &Path, keep: Keep<'_>) -> Result<Report, Failure> {
    let mut unkept = None;
    if path.is_dir() {
        let path = path.display();
        let says = format!("{path} is a directory: `portcullis audit {path}` audits a bundle");
        return Err(Failure::with_help(says, HELP));
    }
    let mut input = input::open(path)?;
    let report = parse(&mut input, &mut |part| {
        keep(part).map_err(|error| io::Error::other(unkept.insert(error).to_string()))
    });
    if let Some(error) = unkept {
        return Err(error.into());
    }
    report.map_err(|what| Failure::with_help(format!("{} {what}", input::name(path)), HELP))
}

/// Parses a report, passes on its accounts and findings, and returns the rest. The error is a phrase about the file.
fn parse(input: &mut (impl Read + Seek), keep: Keep<'_>) -> Result<Report, String> {
    #[derive(Deserialize)]
    struct Header {
        #[serde(default)]
        schema: Value,
    }
    let error = match read_report(&mut text(&mut *input), keep) {
        Ok(report) if report.schema == SCHEMA => return Ok(report),
        Ok(report) => return Err(other_schema(&report.schema)),
        Err(error) => error,
    };
    // If another tool wrote the file, its schema explains the error.
    input
        .rewind()
        .map_err(|error| format!("cannot be read: {error}"))?;
    let mut start = String::new();
    let is_text = text(&mut *input)
        .take(START)
        .read_to_string(&mut start)
        .is_ok();
    if is_text && start.is_empty() {
        return Err("is empty".to_owned());
    }
    if start.starts_with("user,") || start.starts_with("user;") {
        return Err("is a credential report: `portcullis audit` reads it".to_owned());
    }
    input
        .rewind()
        .map_err(|error| format!("cannot be read: {error}"))?;
    let schema = match serde_json::from_reader(BufReader::new(text(input))) {
        Ok(Header { schema }) => schema,
        Err(error) if error.is_data() => Value::Null,
        Err(error) => return Err(format!("is not valid JSON: {error}")),
    };
    Err(match schema.as_str() {
        Some(SCHEMA) => format!("is not a complete report: {}", without_values(&error)),
        Some(other) => other_schema(other),
        None => "is not a Portcullis report: it has no `schema`".to_owned(),
    })
}

/// Describes an error without the values of the file, which may be somebody else's.
fn without_values(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match ShapeError::new(error) {
        Some(ShapeError::Other) => {
            format!("a value has another type, at line {line} column {column}")
        }
        _ => error.to_string(),
    }
}

/// Decodes text while it is read, like [`to_utf8`](portcullis_evidence::to_utf8).
fn text(input: impl Read) -> impl Read {
    DecodeReaderBytesBuilder::new()
        .utf8_passthru(true)
        .strip_bom(true)
        .build(input)
}

fn other_schema(schema: &str) -> String {
    let version = schema.strip_prefix("portcullis/report/v");
    match version.map(str::parse::<u16>) {
        Some(Ok(_)) => format!("has the schema {schema}, not {SCHEMA}"),
        _ => "is not a Portcullis report: it has another `schema`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn what_is_no_report_is_told() {
        for (bytes, says) in [
            (&b""[..], "is empty"),
            (
                b"user,arn,user_creation_time\n",
                "is a credential report: `portcullis audit` reads it",
            ),
            (b"{\"schema\": \"portcullis/report/v1\"", "is not valid JSON: EOF"),
            (b"\xff", "is not valid JSON: "),
            (b"[]", "is not a Portcullis report: it has no `schema`"),
            (b"{\"schema\": \"portcullis/report/v9\"}", "has the schema portcullis/report/v9, not"),
            (b"{\"schema\": \"portcullis/report/v1\"}", "is not a complete report: missing field"),
            (b"\"SECRET\"", "is not a Portcullis report: it has no `schema`"),
            (b"[\"SECRET\"]", "is not a Portcullis report: it has another `schema`"),
            (b"{\"schema\": \"SECRET\"}", "is not a Portcullis report: it has another `schema`"),
            (
                b"{\"schema\": \"portcullis/report/v1\", \"accounts\": \"SECRET\"}",
                "is not a complete report: a value has another type, at line 1",
            ),
        ] {
            let what = parse(&mut Cursor::new(bytes), &mut |_| Ok(())).unwrap_err();
            assert!(what.starts_with(says), "{what}");
        }
    }
}
