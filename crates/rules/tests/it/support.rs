//! A rule file and a snapshot to change in tests.

use portcullis_model::{Report, RunOptions, Snapshot, Verdict};
use portcullis_rules::{
    Fields, LoadErrors, RuleFile, RuleSet, RuleSettings, Settings, evaluate, parse,
};
use serde_json::{Value as Json, json};

/// A sound rule on users.
pub(crate) const RULE: &str = r#"id          = "test-rule"
title       = "Test"
severity    = "medium"
scope       = "user"
risk        = "None."
remediation = "aws iam delete-user --user-name {user.name}"
references  = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html"]
params.max_age_days = 90
when        = "user.password_enabled"
assert      = "user.age_days <= params.max_age_days"
message     = "user {user.name} is {user.age_days} days old; the limit is {params.max_age_days}"

[[example]]
expect = "pass"
name   = "at the limit"
user   = { age_days = 90 }

[[example]]
expect = "fail"
name   = "half a day late"
user   = { age_days = 90.5 }
"#;

pub(crate) fn file(text: &str) -> RuleFile {
    RuleFile { path: "mine/test/test-rule.toml".into(), text: text.into() }
}

pub(crate) fn load(text: &str) -> Result<RuleSet, LoadErrors> {
    RuleSet::load(&[file(text)], &Settings::default())
}

/// The settings that a configuration makes.
pub(crate) fn settings(text: &str) -> Settings {
    let file = RuleFile { path: "portcullis.toml".into(), text: text.into() };
    let rules = parse(&file, |mut fields: Fields<'_>| RuleSettings::read(&mut fields));
    Settings { file: file.clone(), rules, ..Settings::default() }
}

/// The rule with a line put in the place of another.
pub(crate) fn changed(old: &str, new: &str) -> String {
    assert!(RULE.contains(old), "{old}");
    RULE.replace(old, new)
}

/// A healthy account with the user alice, made of the sample records.
pub(crate) fn account() -> Json {
    let samples: Json = serde_json::from_str(include_str!("../../src/sample.json")).unwrap();
    json!({
        "as_of": "2026-11-18T12:00:00Z",
        "collected_from": null,
        "collected_to": null,
        "region": null,
        "account": samples["Account"],
        "root": samples["Root"],
        "users": [samples["User"]],
        "mfa_devices": [samples["MfaDevice"]],
        "groups": [samples["Group"]],
        "roles": [samples["Role"]],
        "policies": [samples["Policy"]],
        "saml_providers": [samples["SamlProvider"]],
        "oidc_providers": [samples["OidcProvider"]],
        "server_certificates": [samples["ServerCertificate"]],
        "service_credentials": [samples["ServiceCredential"]],
        "regions": [samples["Region"]],
        "gaps": [],
    })
}

pub(crate) fn gap(source: &str, action: &str, code: &str) -> Json {
    json!({ "source": source, "operation": "", "action": action, "code": code, "message": "" })
}

pub(crate) fn judge(rules: &RuleSet, snapshot: &Json, include: &[Verdict]) -> Report {
    let snapshot: Snapshot = serde_json::from_value(snapshot.clone()).unwrap();
    let options = RunOptions { include: include.to_vec(), ..RunOptions::default() };
    evaluate(&snapshot, rules, options, "1.2.3")
}
