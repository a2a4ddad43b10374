//! A rule file, and a framework file: loaded, explained and applied to its own examples and to no evidence.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis_fuzz::snapshot;
use portcullis_model::{RunOptions, Snapshot};
use portcullis_rules::{RuleFile, RuleSet, Settings, evaluate, explain};

static NOTHING: LazyLock<Snapshot> = LazyLock::new(|| snapshot([]));

fuzz_target!(|text: &str| {
    // The id of a rule is the name of its file.
    let id = text.split('"').nth(1).unwrap_or_default();
    let file = RuleFile { path: format!("{id}.toml"), text: text.to_owned() };
    let rules = match RuleSet::load(std::slice::from_ref(&file), &Settings::default()) {
        Ok(rules) => rules,
        Err(errors) => {
            errors.0.iter().for_each(|error| drop(error.to_string()));
            return frameworks(file);
        }
    };
    drop(rules.check_examples());
    for rule in rules.rules() {
        drop(explain(rule));
    }
    drop(evaluate(&NOTHING, &rules, RunOptions::default(), "fuzz"));
});

fn frameworks(file: RuleFile) {
    let rules = RuleSet::load(&[], &Settings::default()).expect("there is nothing wrong with it");
    if let Err(errors) = rules.with_frameworks(&[file]) {
        errors.0.iter().for_each(|error| drop(error.to_string()));
    }
}
