//! What evidence comes to under the rules: an example's bundle, damaged or in another partition.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod damage;
mod partitions;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use portcullis_evidence::{Bundle, Declarations};
use portcullis_model::{RunOptions, Snapshot, Tally, Verdict};
use portcullis_rules::{RuleSet, Selection, Settings, embedded, evaluate};

fn example(name: &str) -> Bundle {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    Bundle::read(&examples.join(name)).unwrap()
}

fn all_rules() -> RuleSet {
    let strict = Selection { rule_set: "strict".to_owned(), ..Selection::default() };
    RuleSet::load(&embedded(), &Settings::default()).unwrap().select(&strict).unwrap()
}

fn snapshot(bundle: &Bundle) -> Snapshot {
    let as_of: Timestamp = "2026-11-18T12:00:00Z".parse().unwrap();
    bundle.snapshot(as_of, &Declarations::default()).unwrap()
}

/// What an audit says: what fails or is unknown, and how many verdicts of each kind each rule has.
struct Audit {
    verdicts: BTreeMap<(String, String), Verdict>,
    tallies: BTreeMap<String, Tally>,
}

fn audit(snapshot: &Snapshot, rules: &RuleSet) -> Audit {
    let report = evaluate(snapshot, rules, RunOptions::default(), "test");
    let mut verdicts = BTreeMap::new();
    for finding in report.findings {
        verdicts.insert((finding.rule, finding.resource.id), finding.verdict);
    }
    Audit { verdicts, tallies: report.accounts[0].tallies.clone() }
}
