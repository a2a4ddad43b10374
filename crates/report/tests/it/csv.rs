//! CSV: read back, every cell says what the report says.

use std::collections::HashMap;

use crate::support::{decided, hostile, of_size, rendered};
use portcullis_model::Report;
use portcullis_report::Format;

/// The rows by the names of their columns; csv refuses rows of other lengths.
fn rows(report: &Report) -> Vec<HashMap<String, String>> {
    let text = rendered(report, Format::Csv);
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn without_findings_there_is_a_header() {
    let text = rendered(&of_size(0), Format::Csv);
    assert!(text.starts_with("severity,status,account,rule,") && text.ends_with("\r\n"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_row_says_what_the_finding_says() {
    let rows = rows(&decided());
    assert_eq!(rows.len(), 11);
    for (column, cell) in [
        ("severity", "critical"),
        ("status", "open"),
        ("waiver", "expired"),
        ("waiver_expires", "2026-11-01"),
        ("baseline", "new"),
        ("first_seen", "2026-11-02T10:00:00Z"),
        ("evidence", r#"{"user.name":"root"}"#),
        ("as_of", "2026-11-02T10:00:00Z"),
    ] {
        assert_eq!(rows[0][column], cell, "{column}");
    }
    assert_eq!((&*rows[1]["status"], &*rows[1]["waiver"]), ("waived", "in force"));
    assert_eq!(rows[1]["remediation"].lines().count(), 2);
    assert_eq!((&*rows[3]["status"], &*rows[3]["missing"]), ("unknown", "access-keys"));
}

#[test]
fn hostile_names_stay_in_their_cells() {
    let report = hostile();
    let rows = rows(&report);
    assert_eq!(rows.len(), report.findings.len());
    let computed = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert!(!rows.iter().flat_map(HashMap::values).any(computed));
    assert!(
        rows.iter()
            .any(|row| row["resource_name"] == "'=cmd|' /C calc'!A0")
    );
}

#[test]
fn a_report_that_was_tampered_with_has_empty_cells() {
    let mut report = decided();
    report.rules.clear();
    let rows = rows(&report);
    assert_eq!((&*rows[0]["title"], &*rows[0]["references"]), ("", ""));
    assert_eq!(rows[0]["rule"], "root-without-lock");
}
