//! What only one of two reports looked at: it is neither fixed, nor does it change a ticket.

use crate::support::history::{NEW, OLD, at, fails, listed_key, rule, unknown, user};
use crate::support::{moved, set_fact};
use portcullis_model::{Extent, Finding, Gap, Loosening, LooseningChange, Report, Source, Verdict};
use portcullis_report::{
    Action, Change, Diff, Incomparable, Reason, Salt, State, merge, redact, ticket_steps,
};
use serde_json::{Value, json};

const OTHER: &str = "444455556666";

/// The one entry of the diff: its change and reason, and what the newer report says.
fn entry(old: &Report, new: &Report) -> (Change, Option<String>, State) {
    let diff = Diff::between(old, new).unwrap();
    let [entry] = &diff.entries[..] else {
        panic!("{:?}", diff.entries)
    };
    (entry.change, entry.reason.clone(), entry.new.state)
}

/// What becomes of a finding that the newer report, which looked at that, does not hold.
fn becomes(finding: &Finding, extent: Extent) -> (Change, Option<String>) {
    let (old, mut new) = (at(OLD, [finding.clone()]), at(NEW, []));
    new.accounts[0].extent = extent;
    let (change, reason, _) = entry(&old, &new);
    (change, reason)
}

fn steps(old: &Report, new: &Report) -> Vec<(Action, Reason)> {
    let diff = Diff::between(old, new).unwrap();
    let steps = ticket_steps(&diff);
    steps
        .iter()
        .map(|step| (step.action, step.reason))
        .collect()
}

fn with(fact: &str, value: Value) -> Finding {
    let mut finding = fails("a");
    set_fact(&mut finding, fact, value);
    finding
}

/// The region of a session is judged, and so are those where keys and roles were last used.
#[test]
fn a_region_that_was_not_looked_at_is_not_fixed() {
    let mut region = fails("eu-west-1");
    "region".clone_into(&mut region.resource.kind);
    "eu-west-1".clone_into(&mut region.resource.name);
    let of = |names: &[&str]| {
        let regions = names.iter().map(|&name| name.to_owned()).collect();
        becomes(&region, Extent { regions: Some(regions), ..Extent::default() })
    };
    assert_eq!(of(&["eu-west-1", "us-east-1"]), (Change::Fixed, None));
    let gone = (Change::Gone, Some("its region was not looked at this time".to_owned()));
    assert_eq!(of(&["us-east-1"]), gone);
    assert_eq!(of(&[]), gone);
    assert_eq!(becomes(&region, Extent::default()), gone);
    // In a role's name, the region is only a name.
    let mut role = region.clone();
    "role".clone_into(&mut role.resource.kind);
    assert_eq!(becomes(&role, Extent::default()), (Change::Fixed, None));
}

/// Of two sources that contradict each other, the worse counts, so with one of them less fails.
#[test]
fn what_a_source_showed_that_was_not_read_again_is_unknown() {
    let claims = json!([
        { "source": "credential-report", "mfa": true, "password": null },
        { "source": "account-summary", "mfa": false, "password": null },
        { "source": "virtual-mfa-devices", "mfa": null, "password": null },
    ]);
    let root = with("root.claims", claims);
    let of = |sources: &[Source]| {
        let extent = Extent { root_sources: sources.to_vec(), ..Extent::default() };
        becomes(&root, extent)
    };
    assert_eq!(of(&[Source::CredentialReport, Source::AccountSummary]), (Change::Fixed, None));
    let unknown = (Change::Unknown, Some("what showed it was not read this time".to_owned()));
    assert_eq!(of(&[Source::CredentialReport]), unknown);
    assert_eq!(of(&[]), unknown);
    // Even where the report lists what passes.
    let mut passes = user("a", Verdict::Pass, "busy");
    let report = json!([{ "source": "credential-report", "mfa": true }]);
    set_fact(&mut passes, "root.claims", report);
    assert_eq!(entry(&at(OLD, [root]), &at(NEW, [passes])).2, State::SourceNotRead);
}

/// CloudTrail and root sessions show a use that no credential report shows yet.
#[test]
fn a_use_of_root_after_the_credential_report_is_not_fixed() {
    let used = |at: &str| with("root.last_used", json!(at));
    // The report of both is of 07:00.
    let (before, after) = (used("2026-11-02T07:00:00Z"), used("2026-11-02T07:00:01Z"));
    assert_eq!(becomes(&before, Extent::default()), (Change::Fixed, None));
    let unknown = (Change::Unknown, Some("what showed it was not read this time".to_owned()));
    assert_eq!(becomes(&after, Extent::default()), unknown);
    let mut never = after;
    set_fact(&mut never, "root.last_used", Value::Null);
    assert_eq!(becomes(&never, Extent::default()), (Change::Fixed, None));
}

#[test]
fn trust_in_what_counts_as_ones_own_this_time_is_not_fixed() {
    let own = |ids: &[&str]| Extent {
        own_accounts: ids.iter().map(|&id| id.to_owned()).collect(),
        ..Extent::default()
    };
    let gone =
        (Change::Gone, Some("an account that it names counted as one's own this time".to_owned()));
    for (fact, value) in [
        (
            "role.external_accounts",
            json!([{ "id": "999988887777" }, { "id": OTHER, "organization": null }]),
        ),
        ("role.external_service_sources", json!([OTHER])),
    ] {
        let trust = with(fact, value);
        assert_eq!(becomes(&trust, own(&[OTHER])), gone);
        assert_eq!(becomes(&trust, own(&[])), (Change::Fixed, None));
        assert_eq!(becomes(&trust, own(&["222233334444"])), (Change::Fixed, None));
        // What is new only because the account counts as a stranger now says so.
        let mut before = at(OLD, []);
        before.accounts[0].extent = own(&[OTHER]);
        let after = at(NEW, [trust]);
        let reason = "an account that it names counted as one's own before".to_owned();
        assert_eq!(entry(&before, &after), (Change::New, Some(reason), State::Fails));
        assert_eq!(steps(&before, &after), [(Action::Open, Reason::New)]);
        assert_eq!(steps(&after, &before), []);
    }
}

/// Pseudonyms of accounts are the same in what was looked at and in evidence.
#[test]
fn trust_is_compared_in_redacted_reports_too() {
    let salt = Salt::new(b"a salt for tests, known to all").unwrap();
    let trust = with("role.external_accounts", json!([{ "id": OTHER, "organization": null }]));
    let own = |ids: &[&str]| {
        let mut new = at(NEW, []);
        new.accounts[0].extent.own_accounts = ids.iter().map(|&id| id.to_owned()).collect();
        redact(new, &salt).unwrap()
    };
    let old = redact(at(OLD, [trust]), &salt).unwrap();
    assert_eq!(entry(&old, &own(&[OTHER])).0, Change::Gone);
    assert_eq!(entry(&old, &own(&["999988887777"])).0, Change::Fixed);
}

/// A redacted report does not hold what ways between accounts depend on.
#[test]
fn a_way_between_accounts_that_were_judged_apart_is_gone() {
    let way = json!([{ "arn": "arn:aws:iam::111122223333:role/admin", "via": [] }]);
    let mut leads = with("crossing.roles", way);
    "crossing".clone_into(&mut leads.resource.kind);
    let old = at(OLD, [leads.clone()]);
    let joined = |changes: &[LooseningChange]| {
        let mut new = at(NEW, []);
        for change in changes {
            let loosening = Loosening { origin: None, change: change.clone() };
            new.run.loosened.push(loosening);
        }
        entry(&old, &new)
    };
    assert_eq!(joined(&[]), (Change::Fixed, None, State::Clear));
    assert_eq!(joined(&[LooseningChange::DifferentPeriods]).0, Change::Fixed);
    let reason = Some("its accounts were judged apart this time".to_owned());
    let apart = joined(&[LooseningChange::SeparateReports]);
    assert_eq!(apart, (Change::Gone, reason, State::AccountsNotJoined));
    // Nothing else depends on how the accounts were judged.
    let mut new = at(NEW, []);
    let change = LooseningChange::SeparateReports;
    new.run.loosened.push(Loosening { origin: None, change });
    assert_eq!(entry(&at(OLD, [fails("a")]), &new).0, Change::Fixed);
}

/// Without the account that could not be read, nothing shows that no way leads into it.
#[test]
fn a_way_that_could_not_be_judged_needs_every_account_again() {
    let mut leads = unknown("a");
    "crossing".clone_into(&mut leads.resource.kind);
    let of_ways = |as_of: &str, findings: Vec<Finding>| {
        let mut report = at(as_of, findings);
        report.rules[0] = rule("idle-user", "crossing");
        report
    };
    let other = |as_of| moved(of_ways(as_of, vec![]), "aws", OTHER);
    let both = merge(vec![of_ways(OLD, vec![leads]), other(OLD)]).unwrap();
    let alone = of_ways(NEW, vec![]);
    let reason = "its account was not audited this time".to_owned();
    assert_eq!(entry(&both, &alone), (Change::Gone, Some(reason), State::AccountNotAudited));
    assert_eq!(steps(&both, &alone), []);
    let again = merge(vec![alone, other(NEW)]).unwrap();
    assert_eq!(entry(&both, &again).2, State::Clear);
}

const MADE: &str = "2026-01-04T12:00:00Z";

/// The finding on dan's key as a report shows it that has not listed his keys.
fn key_by_date() -> Finding {
    let mut key = listed_key("dan", "key 1", MADE, MADE);
    set_fact(&mut key, "key.created", json!({ "missing": ["access-keys"] }));
    set_fact(&mut key, "key.name", json!("key 1"));
    set_fact(&mut key, "key.age_source", json!("last-rotated"));
    key
}

/// The same as a report shows it that has.
fn key_by_id() -> Finding {
    let mut key = listed_key("dan", "AKIADAN", MADE, MADE);
    set_fact(&mut key, "key.name", json!("AKIADAN"));
    set_fact(&mut key, "key.age_source", json!("created"));
    key
}

/// Activating a key again moves the date by which alone it is known in both reports.
#[test]
fn a_key_known_by_its_date_alone_is_fixed_only_where_keys_are_listed() {
    let becomes = |key: Finding, user: Option<Option<&str>>| {
        let mut new = at(NEW, []);
        new.accounts[0].gaps.extend(user.map(|user| {
            let gap = Gap::new(Source::AccessKeys, Gap::NOT_REQUESTED, "not asked for");
            user.map_or(gap.clone(), |user| gap.for_resource(user))
        }));
        let (change, reason, _) = entry(&at(OLD, [key]), &new);
        (change, reason)
    };
    let reason = "the user's access keys were not listed by their ids this time".to_owned();
    let unknown = (Change::Unknown, Some(reason));
    assert_eq!(becomes(key_by_date(), Some(None)), unknown);
    assert_eq!(becomes(key_by_date(), Some(Some("dan"))), unknown);
    assert_eq!(becomes(key_by_date(), Some(Some("ann"))), (Change::Fixed, None));
    assert_eq!(becomes(key_by_date(), None), (Change::Fixed, None));
    // A user is found whatever is known of the keys.
    assert_eq!(becomes(fails("dan"), Some(None)), (Change::Fixed, None));
}

#[test]
fn a_key_does_not_change_by_being_listed() {
    let differences = |old: &Finding, new: &Finding| {
        let (old, new) = (at(OLD, [old.clone()]), at(NEW, [new.clone()]));
        let diff = Diff::between(&old, &new).unwrap();
        let entries = diff.entries.into_iter();
        entries
            .flat_map(|entry| entry.differences)
            .map(|difference| difference.what)
            .collect::<Vec<_>>()
    };
    assert_eq!(differences(&key_by_id(), &key_by_date()), [""; 0]);
    assert_eq!(differences(&key_by_date(), &key_by_id()), [""; 0]);
    let used = |mut key: Finding, region: &str| {
        set_fact(&mut key, "key.last_used_region", json!(region));
        key
    };
    let elsewhere = differences(&used(key_by_id(), "eu-west-1"), &used(key_by_date(), "us-east-1"));
    assert_eq!(elsewhere, ["key.last_used_region"]);
    // Where both have listed the keys, or neither has, another age source is a change.
    for key in [key_by_id(), key_by_date()] {
        let mut later = key.clone();
        set_fact(&mut later, "key.age_source", json!("at-least"));
        assert_eq!(differences(&key, &later), ["key.age_source"]);
    }
}

#[test]
fn reports_under_different_salts_are_not_compared() {
    let under = |salt: &[u8], report: Report| redact(report, &Salt::new(salt).unwrap()).unwrap();
    let (one, two) = (b"a salt for tests, known to all", b"another salt for tests, also known");
    let (old, new) = (|| at(OLD, [fails("a")]), || at(NEW, []));
    let was = under(one, old());
    assert_eq!(Diff::between(&was, &under(two, new())), Err(Incomparable::Salt));
    assert_eq!(Diff::between(&under(two, new()), &was), Err(Incomparable::Salt));
    assert_eq!(
        Diff::between(&was, &under(one, new()))
            .unwrap()
            .count(Change::Fixed),
        1
    );
    // Another account, or other rules, are no other salt.
    let other_account = under(one, moved(new(), "aws", OTHER));
    assert_eq!(
        Diff::between(&was, &other_account)
            .unwrap()
            .count(Change::Gone),
        1
    );
    let mut other_rules = new();
    for rule in &mut other_rules.rules {
        "other".clone_into(&mut rule.hash);
    }
    let other_rules = under(one, other_rules);
    assert_eq!(
        Diff::between(&was, &other_rules)
            .unwrap()
            .count(Change::Gone),
        1
    );
    // Reports without a rule in common show nothing either way.
    let mut another = new();
    another.rules = vec![rule("another", "user")];
    assert!(Diff::between(&was, &under(two, another)).is_ok());
}
