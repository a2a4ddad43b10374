//! What evidence comes to under the rules: an example's bundle, damaged or in another partition.

mod damage;
mod partitions;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use portcullis_model::{Gap, RunOptions, Snapshot, Source, Tally, Verdict};
use portcullis_rules::{RuleSet, Selection, Settings, embedded, evaluate};
use serde_json::{Value as Json, json};

use super::bundles::{CREATED, Fixture, arn};
use crate::bundle::Bundle;
use crate::snapshot::Declarations;
use crate::snapshot::permissions::Judge;

fn example(name: &str) -> Bundle {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    Bundle::read(&examples.join(name)).unwrap()
}

fn all_rules() -> RuleSet {
    let strict = Selection { rule_set: "strict".to_owned(), ..Selection::default() };
    RuleSet::load(&embedded(), &Settings::default())
        .unwrap()
        .select(&strict)
        .unwrap()
}

fn as_of() -> Timestamp {
    "2026-11-18T12:00:00Z".parse().unwrap()
}

fn snapshot(bundle: &Bundle, judge: Judge<'_>) -> Snapshot {
    bundle
        .judged_snapshot(as_of(), &Declarations::default(), judge)
        .unwrap()
}

/// What an audit says: each rule's verdict on each resource, and how many of each kind each rule has.
struct Audit {
    verdicts: BTreeMap<(String, String), Verdict>,
    tallies: BTreeMap<String, Tally>,
}

/// Judges by the rules; what passes or does not apply has a verdict of its own only if that is asked for.
fn audit(snapshot: &Snapshot, rules: &RuleSet, with_passes: bool) -> Audit {
    let mut options = RunOptions::default();
    if with_passes {
        options.include = vec![Verdict::Pass, Verdict::NotApplicable];
    }
    let report = evaluate(snapshot, rules, options, "test");
    let mut verdicts = BTreeMap::new();
    for finding in report.findings {
        verdicts.insert((finding.rule, finding.resource.id), finding.verdict);
    }
    Audit { verdicts, tallies: report.accounts[0].tallies.clone() }
}

/// The report holds both keys of a user, but its date is moved when a key is activated again. So where
/// ListAccessKeys was called in vain it proves that a key is too old, and not that it is new. A bundle that never
/// had the list is judged by the report, as a bare report is.
#[test]
fn no_key_is_new_because_its_list_is_lost() {
    for (rotated, code, expected) in [
        ("2025-12-22T00:00:00Z", "Throttling", Verdict::Unknown),
        ("2025-12-22T00:00:00Z", Gap::NOT_REQUESTED, Verdict::Pass),
        ("2025-12-22T00:00:00Z", Gap::ABSENT, Verdict::Pass),
        ("2025-03-01T00:00:00Z", "Throttling", Verdict::Fail),
        ("2025-03-01T00:00:00Z", Gap::ABSENT, Verdict::Fail),
    ] {
        let key = [("access_key_1_active", "true"), ("access_key_1_last_rotated", rotated)];
        let fixture = Fixture::new().alice(&key).lacking(Source::AccessKeys, code);
        let verdicts = audit(&fixture.snapshot(), &all_rules(), true).verdicts;
        for rule in ["stale-access-key", "unused-access-key"] {
            let mut of_rule = verdicts.iter().filter(|((id, _), _)| id == rule);
            assert_eq!(
                of_rule.next().map(|(_, verdict)| *verdict),
                Some(expected),
                "{rule} {code}"
            );
        }
    }
}

/// Where the report and a list without a date differ, which devices there are is not known.
#[test]
fn an_undated_list_that_contradicts_the_report_does_not_decide_about_devices() {
    let verdicts = |active: &str, listed: &Json| {
        let fixture = Fixture::new()
            .alice(&[("mfa_active", active)])
            .mfa(&["alice"], listed);
        let snapshot = fixture.undated(Source::MfaDevices).snapshot();
        let verdicts = audit(&snapshot, &all_rules(), true).verdicts;
        ["sms-mfa", "single-mfa-device", "user-without-hardware-mfa"]
            .map(|rule| verdicts[&(rule.to_owned(), arn("alice"))])
    };
    let token = [json!({"UserName": "alice", "SerialNumber": "GAHT1", "EnableDate": CREATED})];
    assert_eq!(verdicts("true", &json!([])), [Verdict::Unknown; 3]);
    assert_eq!(verdicts("false", &json!(token)), [Verdict::Unknown; 3]);
    assert_eq!(verdicts("false", &json!([])), [Verdict::NotApplicable; 3]);
}
