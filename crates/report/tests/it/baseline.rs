//! What a baseline makes of the findings of an audit.

use crate::support::history::{
    NEW, OLD, at, fails, list_of, listed_key, of_severity, seen, unknown, user, waived,
};
use crate::support::{compare, decided, finding, hostile, moved, report};
use portcullis_model::{AccountStatus, BaselineState, Finding, Report, Severity, Verdict};
use portcullis_report::{EarlierReport, Outcome, merge};

const EARLIER: &str = "2026-01-01T00:00:00Z";

/// Today's report, compared with that baseline.
fn compared(old: &[Finding], new: &[Finding]) -> Report {
    let mut report = at(NEW, new.to_vec());
    let warnings = compare(&mut report, &at(OLD, old.to_vec()));
    assert_eq!(warnings, [""; 0]);
    report
}

/// What a baseline with those findings says about the one of today, and since when it is known.
fn told(old: &[Finding], new: Finding) -> (Option<BaselineState>, Option<String>) {
    let report = compared(old, &[new]);
    let finding = &report.findings[0];
    (finding.baseline, finding.first_seen.map(|seen| seen.to_string()))
}

fn new(since: &str) -> (Option<BaselineState>, Option<String>) {
    (Some(BaselineState::New), Some(since.to_owned()))
}

fn known(since: &str) -> (Option<BaselineState>, Option<String>) {
    (Some(BaselineState::Known), Some(since.to_owned()))
}

#[test]
fn what_counted_in_the_baseline_is_known() {
    let a = || fails("a");
    assert_eq!(told(&[a()], a()), known(OLD));
    assert_eq!(told(&[seen(EARLIER, a())], a()), known(EARLIER));
    let known_there = Finding { baseline: Some(BaselineState::Known), ..seen(EARLIER, a()) };
    assert_eq!(told(&[known_there], a()), known(EARLIER));
    assert_eq!(told(&[waived(true, a())], a()), known(OLD), "its waiver had expired");
    assert_eq!(told(&[a()], waived(false, a())), known(OLD));
}

/// Activating a key again moves `last_rotated`, of which its identity is made.
#[test]
fn a_key_that_was_activated_again_is_known() {
    const MADE: &str = "2026-01-04T12:00:00Z";
    const AGAIN: &str = "2026-11-02T18:00:00Z";
    let key = |id, rotated| listed_key("dan", id, MADE, rotated);
    assert_eq!(told(&[key("AKIADAN", MADE)], key("AKIADAN", AGAIN)), known(OLD));
    let seen_before = seen(EARLIER, key("AKIADAN", MADE));
    assert_eq!(told(&[seen_before], key("AKIADAN", AGAIN)), known(EARLIER));
    assert_eq!(told(&[waived(false, key("AKIADAN", MADE))], key("AKIADAN", AGAIN)), new(OLD));
    assert_eq!(told(&[key("AKIADAN", MADE)], key("AKIANEW", AGAIN)), new(NEW));
    assert_eq!(told(&[key("key 1", MADE)], key("AKIADAN", AGAIN)), new(NEW));
    let both = compared(&[key("AKIADAN", MADE)], &[key("AKIADAN", AGAIN), key("AKIANEW", MADE)]);
    let states: Vec<_> = both
        .findings
        .iter()
        .map(|finding| finding.baseline)
        .collect();
    assert_eq!(states, [Some(BaselineState::Known), Some(BaselineState::New)]);
}

#[test]
fn all_else_is_new() {
    let a = || fails("a");
    assert_eq!(told(&[], a()), new(NEW));
    assert_eq!(told(&[fails("b")], a()), new(NEW));
    assert_eq!(told(&[user("a", Verdict::Pass, "busy")], a()), new(NEW));
    assert_eq!(told(&[unknown("a")], a()), new(NEW));
    assert_eq!(told(&[seen(EARLIER, unknown("a"))], a()), new(EARLIER), "it had failed before");
    assert_eq!(told(&[waived(false, a())], a()), new(OLD), "the baseline did not count it");
    assert_eq!(told(&[of_severity(Severity::Low, a())], a()), new(OLD), "it became graver");
    assert_eq!(told(&[of_severity(Severity::High, a())], a()), known(OLD), "it became less grave");
}

#[test]
fn what_cannot_be_judged_is_never_known_and_remembers() {
    assert_eq!(told(&[fails("a")], unknown("a")), (None, Some(OLD.to_owned())));
    let remembered = Some(EARLIER.to_owned());
    assert_eq!(told(&[seen(EARLIER, unknown("a"))], unknown("a")), (None, remembered));
    assert_eq!(told(&[unknown("a")], unknown("a")), (None, None));
    assert_eq!(told(&[fails("a")], user("a", Verdict::Pass, "busy")), (None, None));
}

#[test]
fn the_exit_status_follows_from_what_is_new() {
    let status = |old: &[Finding], new: &[Finding]| Outcome::new(&compared(old, new)).exit_status();
    assert_eq!(status(&[fails("a")], &[fails("a")]), 0);
    assert_eq!(status(&[fails("a")], &[fails("a"), fails("b")]), 1);
    assert_eq!(status(&[fails("a")], &[fails("a"), unknown("b")]), 3);
    assert_eq!(status(&[fails("a"), unknown("b")], &[fails("a"), unknown("b")]), 3);
    assert_eq!(status(&[waived(false, fails("a"))], &[waived(true, fails("a"))]), 1);
}

/// Resources may share an id, and so a fingerprint.
#[test]
fn one_finding_of_the_baseline_makes_one_known() {
    use Severity::{High, Low};
    let twin = |severity| of_severity(severity, fails("a"));
    let states = |old: &[Severity], new: &[Severity]| -> Vec<bool> {
        let of = |severities: &[Severity]| severities.iter().copied().map(twin).collect::<Vec<_>>();
        let report = compared(&of(old), &of(new));
        report
            .findings
            .iter()
            .map(|f| f.baseline == Some(BaselineState::Known))
            .collect()
    };
    assert_eq!(states(&[High, High], &[High, High]), [true, true]);
    assert_eq!(states(&[High], &[High, High]), [true, false]);
    assert_eq!(states(&[High, High], &[High]), [true]);
    assert_eq!(states(&[Low], &[High, Low]), [false, true]);
    assert_eq!(states(&[Low, High], &[Low, High]), [true, true]);
    assert_eq!(states(&[Low, High], &[High, High]), [true, false]);
}

#[test]
fn the_report_says_what_it_was_compared_with() {
    let report = compared(&[], &[]);
    let baseline = report.accounts[0].baseline.as_ref().unwrap();
    assert_eq!(baseline.as_of.unwrap().to_string(), OLD);
    assert_eq!(baseline.ruleset, "0123456789abcdef");
}

#[test]
fn a_baseline_that_says_less_than_it_seems_is_warned_about() {
    let warnings = |as_of, change: &dyn Fn(&mut Report)| {
        let mut old = at(as_of, [fails("a")]);
        change(&mut old);
        let mut new = at("2026-11-03T10:00:00Z", [fails("a")]);
        let warnings = compare(&mut new, &old);
        assert!(new.findings[0].first_seen.unwrap() <= new.accounts[0].as_of);
        warnings
    };
    assert_eq!(
        warnings("2026-11-04T10:00:00Z", &|_| ()),
        [
            "the baseline is from a later time (2026-11-04 10:00:00 UTC) than this audit (2026-11-03 \
          10:00:00 UTC)"
        ]
    );
    let other = "the baseline does not cover account 111122223333; all its findings count as new";
    assert_eq!(warnings(OLD, &|old| old.accounts[0].id = "444455556666".to_owned()), [other]);
    assert_eq!(warnings(OLD, &|old| old.accounts[0].partition = "aws-cn".to_owned()), [other]);
    assert_eq!(
        warnings(OLD, &|old| old.accounts[0].status = AccountStatus::Failed),
        [
            "in the baseline, nothing could be collected from account 111122223333; all its findings \
          count as new"
        ]
    );
    assert_eq!(
        warnings(OLD, &|old| old.rules.truncate(1)),
        ["the baseline did not judge 1 rule (old-key); its findings count as new"]
    );
    assert_eq!(
        warnings(OLD, &|old| old
            .rules
            .iter_mut()
            .for_each(|rule| rule.hash = "0".repeat(16))),
        ["2 rules (idle-user, old-key) had a different test or other parameters in the baseline; \
          findings that failed there still count as known"]
    );
}

/// Two accounts that could not be identified have the same fingerprints.
#[test]
fn what_the_baseline_knows_of_nobody_in_particular_is_new() {
    let nobodys = |as_of| {
        let mut report = at(as_of, [fails("a")]);
        report.accounts[0].id = "unknown".to_owned();
        report.findings[0].account = "unknown".to_owned();
        report
    };
    let mut report = nobodys(NEW);
    let warnings = compare(&mut report, &nobodys(OLD));
    assert_eq!(
        warnings,
        ["the baseline does not cover account unknown; all its findings count as new"]
    );
    let finding = &report.findings[0];
    assert_eq!(finding.baseline, Some(BaselineState::New));
    assert_eq!(finding.first_seen, Some(report.accounts[0].as_of));
    assert_eq!(Outcome::new(&report).exit_status(), 1);
}

#[test]
fn any_two_reports_can_be_compared() {
    for old in [report(), decided(), hostile(), at(OLD, [list_of("gone-rule")])] {
        for mut new in [report(), hostile(), at(NEW, [])] {
            new.accounts.push(new.accounts[0].clone());
            new.findings
                .push(finding("no-rule", Severity::Low, Verdict::Fail, "x", "", ""));
            compare(&mut new, &old);
        }
    }
}

#[test]
fn each_account_is_compared_with_what_the_baseline_holds_of_it() {
    const OTHER: &str = "444455556666";
    const THIRD: &str = "777788889999";
    let of = |account, moment| moved(at(moment, [fails("a")]), "aws", account);
    let old = merge(vec![of(OTHER, EARLIER), of("111122223333", OLD)]).unwrap();
    let mut each = [of("111122223333", NEW), of(OTHER, NEW), of(THIRD, NEW)];
    let mut new = merge(each.to_vec()).unwrap();
    let warnings = compare(&mut new, &old);
    let mut earlier = EarlierReport::new(&old, &old.findings).unwrap();
    each.iter_mut()
        .rev()
        .for_each(|report| earlier.apply(report));
    assert_eq!(
        (&merge(each.to_vec()).unwrap(), earlier.warnings(&new.rules)),
        (&new, warnings.clone())
    );
    let warning =
        format!("the baseline does not cover account {THIRD}; all its findings count as new");
    assert_eq!(warnings, [warning]);
    let told: Vec<_> = new
        .findings
        .iter()
        .map(|f| (f.baseline.unwrap(), f.first_seen.unwrap().to_string()))
        .collect();
    let (known, new_one) = (BaselineState::Known, BaselineState::New);
    let expected = [(known, OLD), (known, EARLIER), (new_one, NEW)];
    assert_eq!(told, expected.map(|(state, seen)| (state, seen.to_owned())));
    let moments: Vec<_> = new
        .accounts
        .iter()
        .map(|a| a.baseline.as_ref().unwrap().as_of)
        .collect();
    let expected = [Some(OLD), Some(EARLIER), None];
    assert_eq!(moments, expected.map(|moment| moment.map(|moment| moment.parse().unwrap())));
}
