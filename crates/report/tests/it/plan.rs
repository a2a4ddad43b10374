//! What a tracker should do about two reports.

use crate::support::history::{
    NEW, OLD, at, fails, keys_of, list_of, listed_key, of_severity, seen, unknown, user, waived,
};
use crate::support::moved;
use portcullis_model::{AccountStatus, Finding, Report, Severity, Verdict};
use portcullis_report::{
    Action, Detail, Diff, DiffFormat, Reason, Style, merge, render_diff, ticket_steps,
};
use serde_json::{Value as Json, json};

const OTHER: &str = "444455556666";

/// The steps between two reports: account, action and reason.
fn steps(old: &Report, new: &Report) -> Vec<(String, Action, Reason)> {
    let diff = Diff::between(old, new).unwrap();
    let steps = ticket_steps(&diff).into_iter();
    steps
        .map(|step| (step.entry.account.to_owned(), step.action, step.reason))
        .collect()
}

/// The steps between two reports with those findings of one account.
fn plan(old: &[Finding], new: &[Finding]) -> Vec<(Action, Reason)> {
    let steps = steps(&at(OLD, old.to_vec()), &at(NEW, new.to_vec()));
    steps
        .into_iter()
        .map(|(_, action, reason)| (action, reason))
        .collect()
}

#[test]
fn what_fails_has_a_ticket_and_what_does_not_has_none() {
    let a = || fails("a");
    let passes = || user("a", Verdict::Pass, "busy");
    assert_eq!(plan(&[], &[a()]), [(Action::Open, Reason::New)]);
    assert_eq!(plan(&[unknown("a")], &[a()]), [(Action::Open, Reason::New)]);
    assert_eq!(plan(&[a()], &[a()]), []);
    let graver = of_severity(Severity::High, a());
    assert_eq!(plan(&[a()], &[graver]), [(Action::Update, Reason::Changed)]);
    assert_eq!(plan(&[a()], &[passes()]), [(Action::Resolve, Reason::Fixed)]);
    assert_eq!(plan(&[a()], &[]), [(Action::Resolve, Reason::Fixed)]);
    let had_failed = seen("2026-01-01T00:00:00Z", unknown("a"));
    assert_eq!(plan(&[had_failed], &[]), [(Action::Resolve, Reason::Fixed)]);
}

#[test]
fn who_accepts_a_finding_resolves_its_ticket_as_long_as_that_holds() {
    let (open, accepted) = (|| fails("a"), || waived(false, fails("a")));
    let expired = waived(true, fails("a"));
    assert_eq!(plan(&[open()], &[accepted()]), [(Action::Resolve, Reason::Waived)]);
    assert_eq!(plan(&[accepted()], &[expired]), [(Action::Open, Reason::WaiverEnded)]);
    assert_eq!(plan(&[accepted()], &[open()]), [(Action::Open, Reason::WaiverEnded)]);
    assert_eq!(plan(&[], &[accepted()]), []);
    assert_eq!(plan(&[accepted()], &[of_severity(Severity::High, accepted())]), []);
}

#[test]
fn neither_what_is_unknown_nor_what_is_gone_resolves_a_ticket() {
    type Edit = fn(&mut Report);
    let a = || fails("a");
    assert_eq!(plan(&[a()], &[unknown("a")]), []);
    assert_eq!(plan(&[a()], &[list_of("idle-user")]), []);
    let left_out: [Edit; 5] = [
        |report| report.rules.clear(),
        |report| report.rules[0].hash = "other".to_owned(),
        |report| report.accounts.clear(),
        |report| report.accounts[0].partition = "aws-cn".to_owned(),
        |report| report.accounts[0].status = AccountStatus::Failed,
    ];
    for edit in left_out {
        let mut new = at(NEW, []);
        edit(&mut new);
        assert_eq!(steps(&at(OLD, [a()]), &new), []);
    }
}

/// What failed once may fail again: an older report shows nothing fixed, account by account.
#[test]
fn an_older_report_resolves_nothing() {
    assert_eq!(steps(&at(NEW, [fails("a")]), &at(OLD, [])), []);
    assert_eq!(steps(&at(OLD, [fails("a")]), &at(OLD, [])).len(), 1);
    let both = |first, second, findings: &[Finding]| {
        let of = |moment| at(moment, findings.to_vec());
        merge(vec![of(first), moved(of(second), "aws", OTHER)]).unwrap()
    };
    let (old, new) = (both(OLD, NEW, &[fails("a")]), both(NEW, OLD, &[]));
    let resolved = [("111122223333".to_owned(), Action::Resolve, Reason::Fixed)];
    assert_eq!(steps(&old, &new), resolved);
    let notes = Diff::between(&old, &new).unwrap().notes;
    let note = "for 444455556666, OLD is from a later time (2026-11-03 10:00:00 UTC) than NEW \
                (2026-11-02 10:00:00 UTC)";
    assert_eq!(notes, [note]);
}

/// The tickets of an earlier report are still open where the older of the two did not judge what they are about.
#[test]
fn what_could_not_be_judged_is_resolved_once_it_is() {
    let resolve = |reason| vec![(Action::Resolve, reason)];
    let clear = || user("a", Verdict::Pass, "busy");
    assert_eq!(plan(&[unknown("a")], &[]), resolve(Reason::Cleared));
    assert_eq!(plan(&[unknown("a")], &[clear()]), resolve(Reason::Cleared));
    let had_failed = seen("2026-01-01T00:00:00Z", unknown("a"));
    assert_eq!(plan(&[had_failed], &[]), resolve(Reason::Fixed));
    let accepted = || [waived(false, fails("a"))];
    assert_eq!(plan(&[unknown("a")], &accepted()), resolve(Reason::Waived));
    assert_eq!(plan(&[list_of("idle-user")], &accepted()), resolve(Reason::Waived));
    // What passed had no ticket, and a list never has one.
    assert_eq!(plan(&[clear()], &accepted()), []);
    assert_eq!(plan(&[], &accepted()), []);
    assert_eq!(plan(&[clear()], &[]), []);
    assert_eq!(plan(&[list_of("idle-user")], &[]), []);
    assert_eq!(plan(&[keys_of("dan")], &[]), []);
    // What is still not judged stays open.
    assert_eq!(plan(&[unknown("a")], &[unknown("a")]), []);
    assert_eq!(plan(&[unknown("a")], &[list_of("idle-user")]), []);
    // An older report shows nothing that has become of it.
    assert_eq!(steps(&at(NEW, [unknown("a")]), &at(OLD, [])), []);
}

#[test]
fn what_was_left_out_is_resolved_once_it_is_waived() {
    type Edit = fn(&mut Report);
    let accepted = at(NEW, [waived(false, fails("a"))]);
    let left_out: [Edit; 4] = [
        |report| report.rules.clear(),
        |report| report.rules[0].hash = "other".to_owned(),
        |report| report.accounts.clear(),
        |report| report.accounts[0].status = AccountStatus::Failed,
    ];
    for edit in left_out {
        let mut old = at(OLD, []);
        edit(&mut old);
        let resolved = ("111122223333".to_owned(), Action::Resolve, Reason::Waived);
        assert_eq!(steps(&old, &accepted), [resolved]);
    }
}

#[test]
fn a_step_has_what_its_ticket_needs() {
    let (old, new) = (at(OLD, []), at(NEW, [unknown("b"), fails("a")]));
    let diff = Diff::between(&old, &new).unwrap();
    let steps = ticket_steps(&diff);
    let [step] = &steps[..] else {
        panic!("{steps:?}")
    };
    assert_eq!((step.action, step.reason), (Action::Open, Reason::New));
    let mut lines = Vec::new();
    let style = Style { width: 80, color: false, detail: Detail::All };
    render_diff(&diff, DiffFormat::Jsonl, style, &mut lines).unwrap();
    let ticket: Json = serde_json::from_slice(&lines).unwrap();
    let expected = json!({
        "action": "open",
        "reason": "new",
        "fingerprint": fails("a").fingerprint,
        "partition": "aws",
        "account": "111122223333",
        "account_alias": "acme",
        "rule": "idle-user",
        "title": "Title of idle-user",
        "risk": "It is risky.",
        "severity": "medium",
        "urgent": false,
        "resource": fails("a").resource,
        "message": "a is idle",
        "remediation": "Look.",
        "references": ["https://docs.aws.amazon.com/IAM/latest/UserGuide/"],
        "note": null,
        "differences": [],
        "first_seen": NEW,
        "as_of": NEW,
        "commands": [],
    });
    assert_eq!(ticket, expected);
}

/// A ticket learns that somebody uses what it is about, and not that a later run read no log.
#[test]
fn an_urgent_finding_comes_first_and_changes_its_ticket() {
    let urgent = || Finding { urgent: true, ..fails("b") };
    let (old, new) = (at(OLD, []), at(NEW, [fails("a"), urgent()]));
    let diff = Diff::between(&old, &new).unwrap();
    let steps = ticket_steps(&diff);
    let order: Vec<_> = steps
        .iter()
        .map(|step| (step.entry.finding.message.as_str(), step.entry.finding.urgent))
        .collect();
    assert_eq!(order, [("b is idle", true), ("a is idle", false)]);
    assert_eq!(plan(&[fails("b")], &[urgent()]), [(Action::Update, Reason::Changed)]);
    assert_eq!(plan(&[urgent()], &[fails("b")]), []);
    assert_eq!(plan(&[urgent()], &[urgent()]), []);
}

#[test]
fn a_moved_fingerprint_is_told_before_what_else_has_changed() {
    let key = |rotated| listed_key("dan", "AKIADAN", "2026-01-04T12:00:00Z", rotated);
    let (before, after) = ([key("2026-01-04T12:00:00Z")], key("2026-11-02T18:00:00Z"));
    let accepted = waived(false, after.clone());
    let moved = (Action::Update, Reason::Moved);
    assert_eq!(plan(&before, &[after]), [moved]);
    assert_eq!(plan(&before, &[accepted]), [moved, (Action::Resolve, Reason::Waived)]);
}
