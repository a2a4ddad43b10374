//! Choosing rules.

use portcullis_rules::{Evidence, RuleFile, RuleSet, Selection, Settings};

use crate::support::{RULE, changed, file};

fn rules() -> RuleSet {
    let strict = changed("test-rule", "strict-rule")
        .replace("severity    =", "rule_set = \"strict\"\nseverity =");
    let strict = RuleFile { path: "mine/test/strict-rule.toml".into(), text: strict };
    RuleSet::load(&[file(RULE), strict], &Settings::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn select(rule_set: &str, only: &[&str], skip: &[&str]) -> Option<Vec<String>> {
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let selection = Selection {
        rule_set: rule_set.into(),
        only: owned(only),
        skip: owned(skip),
        ..Selection::default()
    };
    let selected = rules().select(&selection)?;
    let ids = selected.rules().iter().map(|rule| rule.id.clone());
    Some(ids.collect())
}

#[test]
fn rule_sets_hold_one_another() {
    assert_eq!(select("default", &[], &[]).unwrap(), ["test-rule"]);
    assert_eq!(select("strict", &[], &[]).unwrap(), ["strict-rule", "test-rule"]);
}

#[test]
fn only_overrides_the_rule_set_and_skip_both() {
    assert_eq!(select("default", &["strict-rule"], &[]).unwrap(), ["strict-rule"]);
    assert_eq!(select("strict", &[], &["strict-rule"]).unwrap(), ["test-rule"]);
    assert_eq!(select("strict", &["test-rule"], &["test-rule"]), None);
}

/// An audit has no log to judge, and a log says nothing about how an account is set up.
#[test]
fn rules_are_chosen_by_what_there_is_to_judge() {
    let select = |evidence: Evidence| {
        let on_log = changed("test-rule", "log-rule")
            .replace("\"user\"", "\"signin\"\nregions = [\"us-east-1\"]")
            .replace("user.password_enabled", "signin.actor == 'user'")
            .replace("user.age_days <= params.max_age_days", "params.max_age_days > 90")
            .replace("{user.name}", "{signin.user}")
            .replace("{user.age_days}", "{signin.at}")
            .replace("{ age_days = 90 }", "{ actor = \"root\" }\nparams = { max_age_days = 91 }")
            .replace("{ age_days = 90.5 }", "{}")
            .replace("\nuser   =", "\nsignin =");
        let on_log = RuleFile { path: "mine/test/log-rule.toml".into(), text: on_log };
        let rules = RuleSet::load(&[file(RULE), on_log], &Settings::default())
            .unwrap_or_else(|errors| panic!("{errors}"));
        let selection = Selection { rule_set: "default".into(), evidence, ..Selection::default() };
        let selected = rules.select(&selection).unwrap();
        selected
            .rules()
            .iter()
            .map(|rule| rule.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(select(Evidence::Account), ["test-rule"]);
    assert_eq!(select(Evidence::Activity), ["log-rule"]);
    assert_eq!(select(Evidence::Both), ["log-rule", "test-rule"]);
}
