//! Markdown: what is kept and what is left out; `tests/validate` renders it.

use crate::support::{decided, finding, of_size, rendered, report};
use portcullis_model::{BaselineState, Report, Severity, Status, Verdict};
use portcullis_report::{Detail, Format, Style, render};

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
fn what_passed_and_is_not_clean_is_counted() {
    let mut report = of_size(0);
    report.options.gate.fail_on = Severity::High;
    let (low, critical, fail) = (Severity::Low, Severity::Critical, Verdict::Fail);
    report
        .findings
        .push(finding("old-key", low, fail, "alice", "alice has an old key", ""));
    let text = markdown(&report);
    assert!(
        text.starts_with(
            "# Identity posture of `111122223333` (acme): passed: 1 finding below high\n"
        ),
        "{text}"
    );
    for severity in [low, critical] {
        let mut known = finding("old-key", severity, fail, "bob", "bob has an old key", "");
        known.baseline = Some(BaselineState::Known);
        report.findings.push(known);
    }
    let text = markdown(&report);
    assert!(text.contains(": passed: 1 finding below high; 2 known, 1 critical\n"), "{text}");
    report.findings.remove(0);
    let text = markdown(&report);
    assert!(text.contains("\nNo open findings, but 2 known; "), "{text}");
}

#[test]
fn what_could_not_be_judged_is_never_clean() {
    let mut report = report();
    report
        .findings
        .retain(|finding| finding.status() == Status::Unknown);
    let text = markdown(&report);
    assert!(
        text.starts_with("# Identity posture of `111122223333` (acme): incomplete\n"),
        "{text}"
    );
    assert!(text.contains("\n## Not judged: 2 rules\n"), "{text}");
}

#[test]
fn the_worst_is_kept_and_the_rest_is_counted() {
    let mut report = of_size(20_000);
    let says = "root has no MFA";
    let (grave, fail) = (Severity::Critical, Verdict::Fail);
    report
        .findings
        .push(finding("root-without-lock", grave, fail, "root", says, "Enable it."));
    let text = markdown(&report);
    assert!(text.len() < MEBIBYTE, "{}", text.len());
    assert!(text.contains("\n- root has no MFA — `arn:aws:iam::111122223333:root`\n"));
    let note = text.lines().find(|line| line.contains("left out")).unwrap();
    let left_out: usize = note
        .trim_start_matches('*')
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let keys = text.matches("\n- access key of user-").count();
    assert_eq!(left_out + keys + 1, 20_001, "{note}");
    assert!(text.contains("\nIt is risky.\n\nMake a new key.\n"));
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
    report.accounts[0].gaps[0].message = long.as_str().into();
    report.accounts[0].frameworks[0].title.clone_from(&long);
    report.waivers[0].waiver.owner.clone_from(&long);
    report.tool.version.clone_from(&long);
    report
        .rules
        .iter_mut()
        .for_each(|rule| rule.risk.clone_from(&long));
    report
        .findings
        .iter_mut()
        .for_each(|finding| finding.remediation.clone_from(&long));
    let text = markdown(&report);
    assert!(text.len() < MEBIBYTE, "{}", text.len());
    assert!(text.contains("**Exit status 1: "));
}

#[test]
fn a_table_comes_first_and_the_advice_is_folded() {
    let text = markdown(&report());
    let (head, advice) = text.split_once("\n## Critical: 1 finding\n").unwrap();
    assert!(head.contains("\n| critical | Root has no MFA (`root-without-lock`) | 1 | root |\n"));
    let row =
        "| medium | Access key is not rotated (`old-key`) | 2 | AKIAIOSFODNN7EXAMPLE, key 1 |";
    assert!(head.contains(row), "{head}");
    assert!(!head.contains("enable MFA") && advice.contains("enable MFA"), "{text}");
    let (_, folded) = advice.split_once("<details>").unwrap();
    assert!(folded.contains("enable MFA"), "{advice}");
}

#[test]
fn a_bar_in_a_name_ends_no_cell() {
    let mut report = report();
    report.findings[0].resource.name = "a|b".to_owned();
    assert!(markdown(&report).contains("| 1 | `a\\|b` |\n"), "{}", markdown(&report));
}

/// GitHub takes comments of up to 65,536 characters.
#[test]
fn brief_is_as_long_as_a_comment_may_be() {
    let brief = |report: &Report| {
        let style = Style { width: 80, color: false, detail: Detail::Brief };
        let mut out = Vec::new();
        render(report, Format::Markdown, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let text = brief(&report());
    assert!(text.contains("| critical | Root has no MFA") && text.contains("## Not judged"));
    assert!(!text.contains("<details>") && !text.contains("enable MFA"), "{text}");
    let mut report = of_size(0);
    for n in 0..2_000 {
        let rule = format!("rule-{n}-{}", "x".repeat(100));
        report
            .findings
            .push(finding(&rule, Severity::Low, Verdict::Fail, "a", "a is bad", ""));
    }
    let text = brief(&report);
    assert!(text.len() < 65_536, "{}", text.len());
    let rows = text.matches("\n| low | `rule-").count();
    assert!(text.contains(&format!("\nand {} more rules\n", 2_000 - rows)), "{rows}");
}

#[test]
fn known_and_waived_findings_are_told_with_reasons_but_are_not_open() {
    let text = markdown(&decided());
    let (open, folded) = text.split_once("\n## Not judged").unwrap();
    assert!(!open.contains("AKIAIOSFODNN7EXAMPLE") && !open.contains("key 1"), "{open}");
    for line in [
        "\n- old-key: AKIAIOSFODNN7EXAMPLE; waived until 2026-11-10 by `platform@example.com`: ",
        "\n- old-key: key 1; known from the baseline, first seen on 2026-10-01\n",
    ] {
        assert!(folded.contains(line), "{line} in {folded}");
    }
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
    assert!(text.contains("\n- nor-this: carol; not judged: access-keys is missing. "), "{text}");
    assert!(text.contains("; known from the baseline\n"), "{text}");
}
