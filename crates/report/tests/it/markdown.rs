//! Markdown: what is kept and what is left out; `tests/validate` renders it.

use crate::support::{decided, finding, of_size, rendered, report};
use portcullis_model::{BaselineState, Report, Severity, Status, Verdict};
use portcullis_report::Format;

const MEBIBYTE: usize = 1024 * 1024;

fn markdown(report: &Report) -> String {
    rendered(report, Format::Markdown)
}

#[test]
fn a_clean_report_is_short() {
    let mut report = of_size(0);
    report.accounts[0].gaps.clear();
    report.accounts[0].frameworks.clear();
    let text = markdown(&report);
    assert!(text.starts_with("# Identity posture of `111122223333` (acme): clean\n"), "{text}");
    assert!(text.contains("**Exit status 0: nothing failed at severity low or above"), "{text}");
    assert!(!text.contains("##"), "{text}");
}

#[test]
fn what_could_not_be_judged_is_never_clean() {
    let mut report = report();
    report.findings.retain(|finding| finding.status() == Status::Unknown);
    let text = markdown(&report);
    assert!(
        text.starts_with("# Identity posture of `111122223333` (acme): incomplete\n"),
        "{text}"
    );
    assert!(text.contains("\n## Not judged: 6 findings\n"), "{text}");
}

#[test]
fn the_worst_is_kept_and_the_rest_is_counted() {
    let mut report = of_size(20_000);
    let says = "root has no MFA";
    let (grave, fail) = (Severity::Critical, Verdict::Fail);
    report.findings.push(finding("root-without-lock", grave, fail, "root", says, "Enable it."));
    let text = markdown(&report);
    assert!(text.len() < MEBIBYTE, "{}", text.len());
    assert!(text.contains("\n- root has no MFA — `arn:aws:iam::111122223333:root`\n"));
    let note = text.lines().find(|line| line.contains("left out")).unwrap();
    let left_out: usize = note.trim_start_matches('*').split(' ').next().unwrap().parse().unwrap();
    let keys = text.matches("\n- access key of user-").count();
    assert_eq!(left_out + keys + 1, 20_001, "{note}");
    assert!(text.contains("\n**What to do:**\n\nMake a new key.\n"));
    assert!(text.contains("## Test Benchmark"), "what follows the findings is there");
}

#[test]
fn a_finding_too_long_for_the_page_does_not_push_out_others() {
    let mut report = of_size(2);
    report.findings[0].message = "x".repeat(2 * MEBIBYTE);
    let text = markdown(&report);
    assert!(text.len() < MEBIBYTE);
    assert!(text.contains("**1 of 2 findings are left out**"));
    assert!(text.contains("\n- access key of user-1 is"));
}

#[test]
fn texts_of_any_length_leave_the_page_bounded() {
    let mut report = decided();
    let long = "@".repeat(2 * MEBIBYTE);
    report.accounts[0].alias = Some(long.clone());
    report.accounts[0].gaps[0].message.clone_from(&long);
    report.accounts[0].frameworks[0].title.clone_from(&long);
    report.waivers[0].waiver.owner.clone_from(&long);
    report.tool.version.clone_from(&long);
    report.rules.iter_mut().for_each(|rule| rule.risk.clone_from(&long));
    report.findings.iter_mut().for_each(|finding| finding.remediation.clone_from(&long));
    let text = markdown(&report);
    assert!(text.len() < MEBIBYTE, "{}", text.len());
    assert!(text.contains("**Exit status 1: "));
}

#[test]
fn known_and_waived_findings_are_told_with_reasons_but_are_not_open() {
    let text = markdown(&decided());
    let (open, folded) = text.split_once("<details>").unwrap();
    assert!(!open.contains("91 days old") && !open.contains("400.5 days old"), "{open}");
    assert!(
        folded.contains("\n  - waived until 2026-11-10 by `platform@example.com`: "),
        "{folded}"
    );
    assert!(
        folded.contains("\n  - known from the baseline, first seen on 2026-10-01\n"),
        "{folded}"
    );
}

#[test]
fn a_report_that_was_tampered_with_loses_nothing() {
    let mut report = report();
    report.findings[0].rule = "no-such-rule".to_owned();
    report.findings[3].rule = "nor-this".to_owned();
    report.findings[3].missing.clear();
    report.findings[1].baseline = Some(BaselineState::Known);
    report.findings[1].first_seen = None;
    report.accounts.clear();
    let text = markdown(&report);
    assert!(text.contains("\n### `no-such-rule`\n\n- root has a password"), "{text}");
    assert!(text.contains("`nor-this`: carol; not judged: access-keys is missing\n"), "{text}");
    assert!(text.contains("\n  - known from the baseline\n"), "{text}");
}
