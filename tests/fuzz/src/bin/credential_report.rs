//! A bare credential report. The order of its rows decides nothing, but for one that was cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_fuzz::{judge, snapshot};
use portcullis_model::{Report, Source};

fn report(bytes: &[u8]) -> Report {
    let file = "credential-report.csv";
    judge(&snapshot([(Source::CredentialReport, file, bytes.to_vec())]))
}

/// The report with its rows the other way round, if each is a whole line.
fn reversed(bytes: &[u8]) -> Option<String> {
    let text = str::from_utf8(bytes).ok()?;
    let (header, rows) = text.trim_end().split_once('\n')?;
    let columns = header.matches(',').count();
    let is_whole = |row: &str| row.matches(',').count() == columns && !row.contains(['"', '\r']);
    if !rows.split('\n').all(is_whole) {
        return None;
    }
    let rows: Vec<&str> = rows.split('\n').rev().collect();
    Some(format!("{header}\n{}\n", rows.join("\n")))
}

fuzz_target!(|bytes: &[u8]| {
    let one = report(bytes);
    if let Some(text) = reversed(bytes) {
        assert_eq!(one.accounts[0].tallies, report(text.as_bytes()).accounts[0].tallies);
    }
});
