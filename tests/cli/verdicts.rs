//! The verdicts on the examples, each with its fingerprint and message, as they were before reports
//! could hold several accounts: whatever is rebuilt, none of them may change unnoticed.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::{Sandbox, repository};

const EXAMPLES: [&str; 4] = ["leaky", "leaky-defaults", "clean", "partial"];

/// What has changed on purpose since then, line by line: what was said, and what is said now.
const CHANGED: [(&str, &str); 1] = [
    // The target is a policy, and it restricts a role.
    (
        "7a43eaec95c86f80ec7d3e08f73151da privilege-escalation fail it-support can become an \
         administrator: it may detach a policy that restricts role it-support-limits \
         (iam:DetachRolePolicy, policy it-support)",
        "7a43eaec95c86f80ec7d3e08f73151da privilege-escalation fail it-support can become an \
         administrator: it may detach policy it-support-limits, which restricts a role \
         (iam:DetachRolePolicy, policy it-support)",
    ),
];

/// The verdicts of every rule on an example, a line each.
fn verdicts(example: &str) -> BTreeSet<String> {
    let bundle = repository(&format!("examples/{example}"));
    let mut arguments: Vec<&str> = "audit --rule-set strict --include pass,not_applicable \
        --as-of 2026-11-02 -o json"
        .split_whitespace()
        .chain([bundle.as_str()])
        .collect();
    let config = format!("{bundle}/portcullis.toml");
    if fs::exists(&config).unwrap() {
        arguments.extend(["--config", &config]);
    }
    let run = Sandbox::new().run(arguments);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

fn line(finding: &Value) -> String {
    let [fingerprint, rule, verdict, message] =
        ["fingerprint", "rule", "verdict", "message"].map(|name| finding[name].as_str().unwrap());
    format!("{fingerprint} {rule} {verdict} {message}")
}

#[test]
fn no_verdict_changes_unnoticed() {
    for example in EXAMPLES {
        let path = repository(&format!("tests/cli/verdicts/{example}.txt"));
        let expected: BTreeSet<String> = fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(|before| {
                let change = CHANGED.iter().find(|(old, _)| *old == before);
                change.map_or(before, |(_, new)| new).to_owned()
            })
            .collect();
        let verdicts = verdicts(example);
        let lost: Vec<_> = expected.difference(&verdicts).collect();
        let added: Vec<_> = verdicts.difference(&expected).collect();
        assert!(lost.is_empty() && added.is_empty(), "{example}: {lost:#?} became {added:#?}");
    }
}

#[test]
fn each_change_is_still_one() {
    let before: Vec<String> = EXAMPLES
        .iter()
        .map(|name| {
            fs::read_to_string(repository(&format!("tests/cli/verdicts/{name}.txt"))).unwrap()
        })
        .collect();
    for (old, _) in CHANGED {
        assert!(before.iter().any(|text| text.lines().any(|line| line == old)), "{old}");
    }
}
