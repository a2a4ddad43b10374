//! What evidence comes to under the rules: an example's bundle, damaged or in another partition.

mod damage;
mod partitions;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use portcullis_model::{RunOptions, Snapshot, Tally, Verdict};
use portcullis_rules::{RuleSet, Selection, Settings, embedded, evaluate};

use crate::bundle::Bundle;
use crate::snapshot::Declarations;
use crate::snapshot::permissions::Judge;

fn example(name: &str) -> Bundle {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    Bundle::read(&examples.join(name)).unwrap()
}

fn all_rules() -> RuleSet {
    let strict = Selection { rule_set: "strict".to_owned(), ..Selection::default() };
    RuleSet::load(&embedded(), &Settings::default()).unwrap().select(&strict).unwrap()
}

fn as_of() -> Timestamp {
    "2026-11-18T12:00:00Z".parse().unwrap()
}

fn snapshot(bundle: &Bundle, judge: Judge<'_>) -> Snapshot {
    bundle.judged_snapshot(as_of(), &Declarations::default(), judge).unwrap()
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
