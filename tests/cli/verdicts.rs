//! The verdicts on the examples, each with its fingerprint, as they were before IAM was evaluated anew
//! and reports could hold several accounts: whatever is rebuilt, none of them may change unnoticed.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::{Sandbox, repository};

const EXAMPLES: [&str; 4] = ["leaky", "leaky-defaults", "clean", "partial"];

/// The verdicts of every rule on an example, a line each.
fn verdicts(example: &str) -> BTreeSet<String> {
    let bundle = repository(&format!("examples/{example}"));
    let mut arguments: Vec<&str> = "audit --rule-set strict --include pass,not_applicable \
        --as-of 2026-11-18T12:00:00Z -o json"
        .split_whitespace()
        .chain([bundle.as_str()])
        .collect();
    let config = format!("{bundle}/portcullis.toml");
    if fs::exists(&config).unwrap() {
        arguments.extend(["--config", &config]);
    }
    let run = Sandbox::new().run(arguments);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

fn line(finding: &Value) -> String {
    let parts = ["fingerprint", "rule", "verdict"].map(|name| finding[name].as_str().unwrap());
    parts.join(" ")
}

#[test]
fn no_verdict_changes_unnoticed() {
    for example in EXAMPLES {
        let path = repository(&format!("tests/cli/verdicts/{example}.txt"));
        let text = fs::read_to_string(path).unwrap();
        let expected: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        let verdicts = verdicts(example);
        let lost: Vec<_> = expected.difference(&verdicts).collect();
        let added: Vec<_> = verdicts.difference(&expected).collect();
        assert!(lost.is_empty() && added.is_empty(), "{example}: {lost:#?} became {added:#?}");
    }
}
