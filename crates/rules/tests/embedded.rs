//! The rules that are built in: all load, all their examples hold, and no code knows one of them.

use portcullis_rules::{RuleSet, Settings, embedded};

fn rules() -> RuleSet {
    RuleSet::load(&embedded(), &Settings::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn all_examples_hold() {
    let failures = rules().check_examples();
    let lines: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", lines.join("\n"));
}
