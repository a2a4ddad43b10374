//! JSON lines: each says all that a report says of a finding.

use crate::support::{decided, hostile, of_size, rendered};
use portcullis_model::{Finding, Report};
use portcullis_report::Format;
use serde_json::{Value as Json, json};

fn lines(report: &Report) -> Vec<Json> {
    let text = rendered(report, Format::Jsonl);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn without_findings_there_is_nothing() {
    assert_eq!(rendered(&of_size(0), Format::Jsonl), "");
}

#[test]
fn a_line_holds_the_finding_as_the_report_does() {
    for report in [decided(), hostile()] {
        let findings: Vec<Finding> = lines(&report)
            .into_iter()
            .map(|line| serde_json::from_value(line).unwrap())
            .collect();
        assert_eq!(findings, report.findings);
    }
}

#[test]
fn a_line_needs_no_other() {
    let lines = lines(&decided());
    assert_eq!(lines[0]["status"], "open");
    assert_eq!(lines[0]["account_alias"], "acme");
    assert_eq!(lines[0]["rule_title"], "Root has no MFA");
    assert_eq!(lines[0]["tool"]["version"], "0.1.0");
    assert_eq!(lines[1]["status"], "waived");
    assert_eq!(lines[1]["rule_params"], json!({ "limit": 90 }));
}

#[test]
fn what_a_tampered_report_does_not_say_is_null() {
    let mut report = decided();
    report.rules.clear();
    report.accounts.clear();
    let lines = lines(&report);
    assert_eq!(
        (&lines[0]["rule_title"], &lines[0]["account_partition"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(lines[0]["rule"], "root-without-lock");
}
