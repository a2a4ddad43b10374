//! The exit status depends on the report and the gate alone.

use crate::support::{of_size, rendered, report};
use portcullis_model::{
    AccountStatus, AppliedWaiver, BaselineState, Gate, Report, Severity, Share, Verdict,
};
use portcullis_report::{Format, Outcome};

fn judge(report: &Report, fail_on: Severity, allow: &[&str]) -> (u8, String) {
    let allow_unknown = allow.iter().map(|id| (*id).to_owned()).collect();
    let mut report = report.clone();
    report.options.gate = Gate { fail_on, allow_unknown };
    let outcome = Outcome::new(&report);
    (outcome.exit_status(), outcome.to_string())
}

fn without(mut report: Report, verdicts: &[Verdict]) -> Report {
    report
        .findings
        .retain(|finding| !verdicts.contains(&finding.verdict));
    report
}

fn expect(report: &Report, fail_on: Severity, allow: &[&str], status: u8, says: &str) {
    assert_eq!(judge(report, fail_on, allow), (status, format!("Exit status {status}: {says}")));
}

#[test]
fn a_fail_outranks_an_unknown() {
    expect(&report(), Severity::Info, &[], 1, "3 findings have severity info or above.");
    expect(&report(), Severity::Critical, &[], 1, "1 finding has severity critical.");
}

#[test]
fn a_fail_below_the_threshold_does_not_count() {
    let mut report = without(report(), &[Verdict::Unknown]);
    report.findings.remove(0);
    let says = "nothing failed at severity high or above, and every rule was judged.";
    expect(&report, Severity::High, &[], 0, says);
    expect(&report, Severity::Medium, &[], 1, "2 findings have severity medium or above.");
}

#[test]
fn unknowns_are_incomplete_unless_allowed() {
    let report = without(report(), &[Verdict::Fail]);
    let says = "nothing failed at severity low or above, but 2 rules were not fully judged.";
    expect(&report, Severity::Low, &[], 3, says);
    let says = "nothing failed at severity low or above, but old-key was not fully judged.";
    expect(&report, Severity::Low, &["idle-user"], 3, says);
    let says = "nothing failed at severity low or above, and every rule was judged except those that may stay unknown.";
    expect(&report, Severity::Low, &["idle-user", "old-key"], 0, says);
}

#[test]
fn nothing_collected_is_never_clean() {
    let mut report = without(report(), &[Verdict::Fail, Verdict::Unknown]);
    report.accounts[0].status = AccountStatus::Failed;
    let says = "nothing failed, but only because there was no usable evidence.";
    expect(&report, Severity::Low, &["idle-user", "old-key"], 3, says);
    report.accounts.clear();
    expect(&report, Severity::Low, &[], 3, says);
}

#[test]
fn an_account_that_is_suspended_is_not_failed() {
    let mut report = without(report(), &[Verdict::Fail, Verdict::Unknown]);
    report.accounts[0].status = AccountStatus::Suspended;
    let says = "there was nothing to judge, because the account is suspended or closed.";
    expect(&report, Severity::Low, &[], 0, says);
    report.accounts.push(report.accounts[0].clone());
    report.accounts[1].status = AccountStatus::Closed;
    let says = "there was nothing to judge, because every account is suspended or closed.";
    expect(&report, Severity::Low, &[], 0, says);
    report.accounts[1].status = AccountStatus::Denied;
    let says = "nothing failed at severity low or above, but nothing could be collected from 1 of the 2 accounts.";
    expect(&report, Severity::Low, &[], 3, says);
    report.accounts.clear();
    report.run.shares = vec![Share { count: 5, index: 2 }];
    let says = "there was nothing to judge, because the share holds no account.";
    expect(&report, Severity::Low, &[], 0, says);
}

#[test]
fn where_nothing_was_judged_nothing_looks_passed() {
    let mut report = of_size(0);
    report.accounts[0].status = AccountStatus::Suspended;
    for (format, words) in [
        (Format::Table, "No open findings; nothing judged\n"),
        (Format::Markdown, ": nothing judged\n"),
        (Format::Html, "not everything could be judged"),
        (Format::Junit, r#"<skipped message="none: the account is suspended">"#),
    ] {
        let text = rendered(&report, format);
        assert!(text.contains(words), "{text}");
    }
}

fn waiver(expired: bool) -> AppliedWaiver {
    let (reason, owner) = ("in a safe".to_owned(), "security".to_owned());
    AppliedWaiver { reason, owner, expires: "2026-12-31".parse().unwrap(), expired }
}

#[test]
fn what_is_waived_or_known_does_not_count() {
    let mut report = without(report(), &[Verdict::Unknown]);
    report.findings[0].waiver = Some(waiver(false));
    report.findings[1].baseline = Some(BaselineState::Known);
    report.findings[2].baseline = Some(BaselineState::New);
    let says = "1 finding has severity low or above apart from 1 waived and 1 known.";
    expect(&report, Severity::Low, &[], 1, says);
    expect(
        &report,
        Severity::High,
        &[],
        0,
        "nothing failed at severity high or above apart from 1 waived, and every rule was judged.",
    );
    report.findings[0].waiver = Some(waiver(true));
    expect(&report, Severity::High, &[], 1, "1 finding has severity high or above.");
}

#[test]
fn what_is_unknown_counts_whatever_was_decided() {
    let mut report = without(report(), &[Verdict::Fail]);
    for finding in &mut report.findings {
        finding.waiver = Some(waiver(false));
        finding.baseline = Some(BaselineState::Known);
    }
    let says = "nothing failed at severity low or above, but 2 rules were not fully judged.";
    expect(&report, Severity::Low, &[], 3, says);
}
