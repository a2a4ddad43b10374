//! The rules that are built in: all load, all their examples hold, and no code knows one of them.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_rules::{Rule, RuleSet, SCOPES, Settings, embedded, explain, facts_in_reach};

fn rules() -> RuleSet {
    RuleSet::load(&embedded(), &Settings::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn all_examples_hold() {
    let failures = rules().check_examples();
    let lines: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn explanations_are_whole() {
    let rules = rules();
    for rule in rules.rules() {
        let explanation = explain(rule);
        assert!(!explanation.facts.is_empty(), "{}", rule.id);
        for fact in &explanation.facts {
            assert!(!fact.doc.is_empty(), "{}: {}", rule.id, fact.path);
            assert!(explanation.facts_in_reach.contains(fact), "{}: {}", rule.id, fact.path);
        }
        let json = serde_json::to_value(&explanation).unwrap();
        assert_eq!(json["why"], rule.risk.as_str());
        assert!(json["examples"].as_array().is_some_and(|examples| examples.len() > 1));
    }
}

/// By its creation a diff finds a key again that was activated since, which moves `last_rotated`.
#[test]
fn rules_on_access_keys_show_when_they_were_made() {
    let rules = rules();
    let mut on_keys = rules.rules().iter().filter(|rule| rule.info().scope == "access_key");
    assert!(on_keys.clone().count() > 1);
    let shows = |rule: &Rule| explain(rule).facts.iter().any(|fact| fact.path == "key.created");
    let silent = on_keys.find(|rule| !shows(rule));
    assert_eq!(silent.map(|rule| &rule.id), None, "add key.created to its evidence");
}

#[test]
fn every_fact_is_documented() {
    for scope in &SCOPES {
        for fact in facts_in_reach(scope) {
            assert!(!fact.doc.is_empty(), "{}", fact.path);
        }
    }
}

/// A rule id that is also AWS's word, for the kind of a device in its serial number.
const AWS_WORD: &str = "sms-mfa";

/// Comments may mention a rule as an instance, and tests may expect one; code may not.
#[test]
fn no_code_names_a_rule() {
    let rules = rules();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines();
        for line in code.filter(|line| !line.trim_start().starts_with("//")) {
            let mut ids = rules.rules().iter().map(|rule| &rule.id);
            let named = ids.any(|id| id != AWS_WORD && line.contains(id));
            assert!(!named, "{}: {line}", file.display());
        }
    }
}

/// The Rust files of all crates, but tests.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let (dirs, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_code = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs")
    };
    let below =
        dirs.into_iter().filter(|dir| !dir.ends_with("tests")).flat_map(|dir| sources(&dir));
    files.into_iter().filter(is_code).chain(below).collect()
}
