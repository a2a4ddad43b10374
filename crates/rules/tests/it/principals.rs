//! Rules on several scopes, severities that hold on a condition, and the sources that rules need.

use portcullis_model::{Finding, Report, Severity, Source, Sources, Verdict};
use portcullis_rules::RuleSet;
use serde_json::{Value as Json, json};

use crate::support::{RULE, account, changed, file, judge, load, settings};

/// A rule on users, groups and roles.
const PRINCIPALS: &str = r#"id          = "test-rule"
title       = "Test"
severity    = "medium"
scope       = ["user", "group", "role"]
risk        = "None."
remediation = "See {principal.arn}."
assert      = "!principal.administrator"
message     = "{principal.name} is an administrator"

[[example]]
expect    = "pass"
name      = "a user"
principal = { name = "bob" }

[[example]]
expect  = "fail"
name    = "a role"
role    = { administrator = true, service_linked = true }
message = "deploy is an administrator"

[[example]]
expect = "fail"
name   = "a group"
group  = { name = "admins", administrator = true }
account = { alias = "other" }
"#;

fn principals() -> RuleSet {
    load(PRINCIPALS).unwrap_or_else(|errors| panic!("{errors}"))
}

fn mistake(text: &str) -> String {
    let errors = load(text).err().unwrap();
    let (line, column) = errors.0[0].position();
    format!("{line}:{column} {}", errors.0[0].message)
}

#[test]
fn each_scope_is_judged_by_its_own_facts() {
    let rules = principals();
    assert_eq!(rules.check_examples(), []);
    assert_eq!(rules.rules()[0].info().scope, "user, group, role");
    let mut snapshot = account();
    snapshot["groups"][0]["administrator"] = true.into();
    snapshot["roles"][0]["administrator"] = json!({ "missing": ["account-authorization-details"] });
    let report = judge(&rules, &snapshot, &[Verdict::Pass]);
    let told: Vec<_> = report
        .findings
        .iter()
        .map(|f| (f.resource.kind.as_str(), f.verdict))
        .collect();
    let group = ("group", Verdict::Fail);
    assert_eq!(told, [group, ("role", Verdict::Unknown), ("user", Verdict::Pass)]);
    assert_eq!(report.findings[0].message, "developers is an administrator");
}

#[test]
fn several_missing_lists_are_one_unknown_on_the_account() {
    let mut snapshot = account();
    snapshot["users"] =
        json!({ "missing": ["credential-report", "account-authorization-details"] });
    for list in ["groups", "roles"] {
        snapshot[list] = json!({ "missing": ["account-authorization-details"] });
    }
    let report = judge(&principals(), &snapshot, &[]);
    let [finding] = &report.findings[..] else {
        panic!("{:#?}", report.findings)
    };
    assert_eq!((finding.verdict, finding.resource.kind.as_str()), (Verdict::Unknown, "account"));
    assert_eq!(finding.missing, [Source::CredentialReport, Source::AccountAuthorizationDetails]);
    assert_eq!(report.accounts[0].tallies["test-rule"].unknown, 1);
}

#[test]
fn a_field_must_exist_in_every_scope() {
    let missing = PRINCIPALS.replace("principal.name}", "principal.user_count}");
    assert_eq!(mistake(&missing), "8:27 User has no field `user_count`");
    let mistake_of = |field: &str| {
        let only_roles_and_users =
            PRINCIPALS.replace("\"user\", \"group\", \"role\"", "\"user\", \"role\"");
        mistake(&only_roles_and_users.replace("!principal.administrator", field))
    };
    assert_eq!(mistake_of("!principal.service_linked"), "7:27 User has no field `service_linked`");
}

#[test]
fn an_example_is_about_one_resource() {
    let both = PRINCIPALS.replace("role    = {", "user = {}\nrole    = {");
    assert_eq!(mistake(&both), "19:11 an example is about one resource");
    let other = PRINCIPALS.replace("group  = {", "key = {");
    assert_eq!(mistake(&other), "24:1 `key` is not known here");
}

/// The rule on users, graver or less so on conditions.
fn graded() -> String {
    let severities = r#"severities = [
  { when = "user.administrator", severity = "critical" },
  { when = "user.mfa_active", severity = "low" },
]
severity ="#;
    changed("severity    =", severities)
}

fn severity(rules: &RuleSet, administrator: &Json, mfa_active: &Json) -> Severity {
    let mut snapshot = account();
    snapshot["users"][0]["administrator"] = administrator.clone();
    snapshot["users"][0]["mfa_active"] = mfa_active.clone();
    only(&judge(rules, &snapshot, &[])).severity
}

fn only(report: &Report) -> Finding {
    let [finding] = &report.findings[..] else {
        panic!("{:#?}", report.findings)
    };
    finding.clone()
}

#[test]
fn the_first_condition_that_holds_sets_the_severity() {
    let rules = load(&graded()).unwrap_or_else(|errors| panic!("{errors}"));
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(severity(&rules, &yes, &yes), Severity::Critical);
    assert_eq!(severity(&rules, &no, &yes), Severity::Low);
    assert_eq!(severity(&rules, &no, &no), Severity::Medium);
}

#[test]
fn while_a_condition_is_unknown_the_gravest_that_may_hold_is_taken() {
    let rules = load(&graded()).unwrap();
    let (yes, no) = (json!(true), json!(false));
    let unknown = json!({ "missing": ["account-authorization-details"] });
    assert_eq!(severity(&rules, &unknown, &yes), Severity::Critical);
    assert_eq!(severity(&rules, &no, &unknown), Severity::Medium);
    let mut snapshot = account();
    snapshot["users"] = unknown;
    assert_eq!(only(&judge(&rules, &snapshot, &[])).severity, Severity::Critical);
}

#[test]
fn what_decides_the_severity_is_evidence() {
    let finding = only(&judge(&load(&graded()).unwrap(), &account(), &[]));
    assert_eq!(
        (&finding.evidence.facts()["user.mfa_active"], finding.severity),
        (&json!(true), Severity::Low)
    );
}

#[test]
fn a_severity_from_the_settings_holds_everywhere() {
    let settings = settings("[rules.test-rule]\nseverity = 'info'");
    let rules = RuleSet::load(&[file(&graded())], &settings).unwrap();
    assert_eq!(severity(&rules, &json!(true), &json!(true)), Severity::Info);
}

#[test]
fn a_list_of_texts_may_be_empty() {
    let text = changed("params.max_age_days = 90", "params.names = []")
        .replace("user.age_days <= params.max_age_days", "user.name in params.names")
        .replace("{params.max_age_days}", "{params.names}")
        .replace("{ age_days = 90 }", "{ name = \"eve\" }\nparams = { names = [\"eve\"] }");
    let rules = load(&text).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(rules.check_examples(), []);
    let settings = settings("[rules.test-rule.params]\nnames = ['alice']");
    let rules =
        RuleSet::load(&[file(&text)], &settings).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(judge(&rules, &account(), &[]).tally("test-rule").pass, 1);
}

#[test]
fn the_sources_are_those_of_all_facts_and_of_the_list() {
    let sources = |text: &str| load(text).unwrap_or_else(|e| panic!("{e}")).rules()[0].sources();
    let report = Source::CredentialReport;
    let details = Source::AccountAuthorizationDetails;
    assert_eq!(sources(RULE), Sources::from_iter([report, details]));
    let account = changed("when        =", "evidence = [\"account.alias\"]\nwhen =");
    assert_eq!(sources(&account), Sources::from_iter([report, details, Source::AccountAliases]));
    let devices = changed(
        "user.age_days <=",
        "root.virtual_mfa_devices.all(d, d.assigned) && root.idle_days != null && root.idle_days <=",
    )
    .replace("\"user\"", "\"root\"")
    .replace("user.password_enabled", "root.password_enabled")
    .replace("user.name", "root.arn")
    .replace("user.age_days", "root.idle_days")
    .replace("user   = { age_days", "root = { idle_days");
    let needed = [
        Source::CallerIdentity,
        report,
        Source::AccountSummary,
        Source::VirtualMfaDevices,
        Source::RootCredentials,
    ];
    assert_eq!(sources(&devices), Sources::from_iter(needed));
    assert_eq!(sources(PRINCIPALS), Sources::from_iter([report, details]));
}
