//! Frameworks: mistakes in their files, and what verdicts say about their controls.

use std::collections::BTreeMap;

use portcullis_model::{ControlOutcome, ControlStatus, Report, RunOptions, Snapshot};
use portcullis_rules::{
    LoadErrors, RuleFile, RuleSet, Selection, Settings, embedded, embedded_frameworks, evaluate,
};
use serde_json::{Value as Json, json};

use crate::support::{RULE, account, changed, file, settings as with_settings};

const FRAMEWORK: &str = r#"id         = "test-1.0"
title      = "Test"
version    = "1.0.0"
note       = "A pass is not a certificate."
references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html"]

[[control]]
id      = "1.1"
title   = "Users are young"
rules   = ["test-rule"]
require = { test-rule = "params.max_age_days <= 90" }

[[control]]
id     = "1.2"
title  = "The office is locked"
kind   = "manual"
reason = "a person looks at the door"

[[control]]
id    = "1.3"
title = "Users are young, and strictly so"
rules = ["test-rule", "strict-rule"]
"#;

fn framework(text: &str) -> RuleFile {
    RuleFile { path: "mine/frameworks/test-1.0.toml".into(), text: text.into() }
}

/// A rule on users, and a strict one that nobody fails.
fn rules(settings: &str) -> RuleSet {
    let strict = changed("test-rule", "strict-rule")
        .replace("severity    =", "rule_set = \"strict\"\nseverity =")
        .replace("= 90\nwhen", "= 9000\nwhen")
        .replace("{ age_days = 90 }", "{ age_days = 9000 }")
        .replace("{ age_days = 90.5 }", "{ age_days = 9001 }");
    let strict = RuleFile { path: "mine/test/strict-rule.toml".into(), text: strict };
    RuleSet::load(&[file(RULE), strict], &with_settings(settings))
        .unwrap_or_else(|errors| panic!("{errors}"))
}

fn load(text: &str, settings: &str) -> RuleSet {
    let loaded = rules(settings).with_frameworks(&[framework(text)]);
    loaded.unwrap_or_else(|errors| panic!("{errors}"))
}

fn mistakes(text: &str) -> Vec<String> {
    let errors = rules("").with_frameworks(&[framework(text)]).err();
    let one = |error: &portcullis_rules::LoadError| {
        let (line, column) = error.position();
        let help = error
            .help
            .as_ref()
            .map(|help| format!("; {help}"))
            .unwrap_or_default();
        format!("{line}:{column} {}{help}", error.message)
    };
    errors
        .unwrap_or(LoadErrors(vec![]))
        .0
        .iter()
        .map(one)
        .collect()
}

#[test]
fn mistakes_have_a_line_and_a_column() {
    for (old, new, mistake) in [
        (
            "\"test-1.0\"",
            "\"test-1\"",
            "1:14 the id differs from the file's name, `test-1.0`; rename the file to test-1.toml, or change the id",
        ),
        ("version    =", "versoin =", "1:1 `version` is missing"),
        (
            "[\"test-rule\"]",
            "[\"test-rul\"]",
            "10:12 there is no rule `test-rul`; did you mean `test-rule`?",
        ),
        (
            "[\"test-rule\"]",
            "[\"x\"]",
            "10:12 there is no rule `x`; `portcullis rules list` shows all rules",
        ),
        ("[\"test-rule\"]", "[]", "7:1 `rules` is empty"),
        (
            "{ test-rule =",
            "{ test-rul =",
            "11:13 `test-rul` is not a rule of this control; did you mean `test-rule`?",
        ),
        (
            "params.max_age_days <=",
            "params.max_age <=",
            "11:33 there is no parameter `max_age`; did you mean `max_age_days`?",
        ),
        (
            "params.max_age_days <= 90",
            "user.age_days <= 90",
            "11:26 there is no variable `user` here; valid: params",
        ),
        (
            "params.max_age_days <= 90",
            "1 <= 90",
            "11:26 this puts no requirement on a parameter; write params.NAME <= 90",
        ),
        ("\"params.max_age_days <= 90\"", "90", "11:25 `require` must be a string"),
        ("\"1.2\"", "\"1.1\"", "14:10 there is already a control 1.1"),
        ("\"manual\"", "\"manuel\"", "16:10 there is no kind `manuel`; did you mean `manual`?"),
        ("reason = ", "rules = ", "13:1 `reason` is missing"),
        ("kind   = \"manual\"\n", "", "13:1 `rules` is missing"),
    ] {
        assert!(FRAMEWORK.contains(old), "{old}");
        let found = mistakes(&FRAMEWORK.replacen(old, new, 1));
        assert!(found.iter().any(|found| found == mistake), "{mistake}\n{found:#?}");
    }
}

#[test]
fn a_mistake_is_reported_once() {
    for (old, new, mistake) in [
        ("\"manual\"", "\"manuel\"", "16:10 there is no kind `manuel`; did you mean `manual`?"),
        (
            "\"test-rule\"]",
            "\"test-rul\"]",
            "10:12 there is no rule `test-rul`; did you mean `test-rule`?",
        ),
    ] {
        assert!(FRAMEWORK.contains(old), "{old}");
        assert_eq!(mistakes(&FRAMEWORK.replacen(old, new, 1)), [mistake]);
    }
}

#[test]
fn two_frameworks_cannot_share_an_id() {
    let files = [framework(FRAMEWORK), framework(FRAMEWORK)];
    let errors = rules("").with_frameworks(&files).err().unwrap();
    assert_eq!(errors.0[0].message, "there are two frameworks `test-1.0`");
}

#[test]
fn a_rule_knows_the_controls_that_it_tests() {
    let rules = load(FRAMEWORK, "");
    let frameworks = |id: &str| rules.rule(id).unwrap().info().frameworks;
    let controls = |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        BTreeMap::from([("test-1.0".to_owned(), ids)])
    };
    assert_eq!(frameworks("test-rule"), controls(&["1.1", "1.3"]));
    assert_eq!(frameworks("strict-rule"), controls(&["1.3"]));
}

fn select(skip: &[&str]) -> Selection {
    Selection {
        rule_set: "default".into(),
        frameworks: vec!["test-1.0".into()],
        skip: skip.iter().map(|id| (*id).to_owned()).collect(),
        ..Selection::default()
    }
}

#[test]
fn a_framework_selects_its_rules_whatever_their_set() {
    let selected = load(FRAMEWORK, "").select(&select(&[])).unwrap();
    assert_eq!(selected.rules().len(), 2);
}

fn judge(settings: &str, skip: &[&str], snapshot: &Json) -> Report {
    let rules = load(FRAMEWORK, settings).select(&select(skip)).unwrap();
    let options = RunOptions { frameworks: vec!["test-1.0".to_owned()], ..RunOptions::default() };
    let snapshot: Snapshot = serde_json::from_value(snapshot.clone()).unwrap();
    evaluate(&snapshot, &rules, options, "1.2.3")
}

/// Status and reason of a control.
fn told(report: &Report, id: &str) -> (ControlStatus, String) {
    let is_it = |control: &&ControlOutcome| control.id == id;
    let control = report.accounts[0].frameworks[0]
        .controls
        .iter()
        .find(is_it)
        .unwrap();
    (control.status, control.reason.clone().unwrap_or_default())
}

/// An account with one user, changed.
fn with_user(field: &str, value: Json) -> Json {
    let mut snapshot = account();
    snapshot["users"][0][field] = value;
    snapshot
}

#[test]
fn one_failing_rule_fails_the_control() {
    let report = judge("", &[], &with_user("age_days", json!(91)));
    assert_eq!(told(&report, "1.1"), (ControlStatus::Fail, "test-rule: 1 failed".to_owned()));
    assert_eq!(told(&report, "1.3"), (ControlStatus::Fail, "test-rule: 1 failed".to_owned()));
    let manual = "a person looks at the door".to_owned();
    assert_eq!(told(&report, "1.2"), (ControlStatus::Manual, manual));
    let counts = report.accounts[0].frameworks[0].counts;
    assert_eq!((counts.fail, counts.manual, counts.pass), (2, 1, 0));
}

#[test]
fn a_pass_needs_every_rule_judged_and_one_that_applies() {
    let status = |snapshot: &Json| told(&judge("", &[], snapshot), "1.3").0;
    assert_eq!(status(&with_user("age_days", json!(90))), ControlStatus::Pass);
    let missing = json!({ "missing": ["credential-report"] });
    assert_eq!(status(&with_user("age_days", missing)), ControlStatus::Unknown);
    let no_password = with_user("password_enabled", json!(false));
    assert_eq!(status(&no_password), ControlStatus::NotApplicable);
    let mut nobody = account();
    nobody["users"] = json!([]);
    assert_eq!(status(&nobody), ControlStatus::NotApplicable);
}

#[test]
fn a_looser_setting_or_a_rule_left_out_drops_the_claim() {
    let young = with_user("age_days", json!(1));
    let looser = "[rules.test-rule.params]\nmax_age_days = 180";
    let report = judge(looser, &[], &young);
    let reason =
        "test-rule has params.max_age_days = 180, but params.max_age_days <= 90 is required";
    assert_eq!(told(&report, "1.1"), (ControlStatus::NotClaimed, reason.to_owned()));
    assert_eq!(told(&report, "1.3").0, ControlStatus::Pass, "it demands nothing");
    let stricter = "[rules.test-rule.params]\nmax_age_days = 30";
    assert_eq!(told(&judge(stricter, &[], &young), "1.1").0, ControlStatus::Pass);
    let report = judge("", &["strict-rule"], &young);
    let reason = "strict-rule was left out".to_owned();
    assert_eq!(told(&report, "1.3"), (ControlStatus::NotClaimed, reason));
}

#[test]
fn nothing_is_said_of_frameworks_that_were_not_asked_for() {
    let snapshot: Snapshot = serde_json::from_value(account()).unwrap();
    let report = evaluate(&snapshot, &load(FRAMEWORK, ""), RunOptions::default(), "1.2.3");
    assert_eq!(report.accounts[0].frameworks, []);
}

#[test]
fn those_that_are_built_in_load_and_claim_all_their_controls_by_default() {
    let rules = RuleSet::load(&embedded(), &Settings::default()).unwrap();
    let rules = rules
        .with_frameworks(&embedded_frameworks())
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(rules.frameworks().len(), embedded_frameworks().len());
    let snapshot: Snapshot = serde_json::from_value(account()).unwrap();
    let frameworks = rules
        .frameworks()
        .iter()
        .map(|framework| framework.id.clone())
        .collect();
    let options = RunOptions { frameworks, ..RunOptions::default() };
    let report = evaluate(&snapshot, &rules, options, "1.2.3");
    for framework in &report.accounts[0].frameworks {
        assert_eq!(framework.counts.not_claimed, 0, "{}", framework.id);
        assert!(!framework.controls.is_empty(), "{}", framework.id);
    }
}
