//! The floor for an offline audit: reads and parses the files of a bundle, and does nothing else.
//!
//! `tests/bench` runs it beside the real thing.

use std::error::Error;
use std::fs;
use std::hint::black_box;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args()
        .nth(1)
        .ok_or("usage: parse BUNDLE; tests/bench runs it")?;
    for file in fs::read_dir(directory)? {
        let json: Json = serde_json::from_slice(&fs::read(file?.path())?)?;
        if let Some(report) = json.get("Content").and_then(Json::as_str) {
            parse_report(&BASE64_STANDARD.decode(report)?)?;
        }
        black_box(json);
    }
    Ok(())
}

fn parse_report(report: &[u8]) -> Result<(), csv::Error> {
    for row in csv::Reader::from_reader(report).into_records() {
        black_box(row?);
    }
    Ok(())
}
