//! Verdicts on whole accounts, and the reports made of them.

use portcullis_model::{AccountStatus, Finding, Report, Source, Tally, Verdict};
use portcullis_rules::{RuleSet, Settings, embedded};
use serde_json::{Value as Json, json};

use crate::support::{RULE, account, changed, gap, judge, load};

const ALL: [Verdict; 2] = [Verdict::Pass, Verdict::NotApplicable];

fn rule() -> RuleSet {
    load(RULE).unwrap()
}

/// A rule on access keys.
fn key_rule() -> RuleSet {
    let text = changed("scope       = \"user\"", "scope = \"access_key\"")
        .replace("user.age_days", "key.age_days")
        .replace("user   =", "key =");
    load(&text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn only(report: &Report) -> &Finding {
    let [finding] = &report.findings[..] else {
        panic!("{:#?}", report.findings)
    };
    finding
}

#[test]
fn a_finding_says_everything() {
    let report = judge(&rule(), &account(), &[]);
    let finding = only(&report);
    assert_eq!(finding.verdict, Verdict::Fail);
    assert_eq!(finding.severity.word(), "medium");
    assert_eq!(finding.account, "111122223333");
    assert_eq!(finding.resource.kind, "user");
    assert_eq!(finding.resource.id, "arn:aws:iam::111122223333:user/alice");
    assert_eq!(finding.resource.name, "alice");
    assert_eq!(finding.message, "user alice is 365 days old; the limit is 90");
    assert_eq!(finding.remediation, "aws iam delete-user --user-name alice");
    assert_eq!(
        serde_json::to_value(&finding.evidence).unwrap(),
        json!({
            "params.max_age_days": 90,
            "user.age_days": 365,
            "user.name": "alice",
            "user.password_enabled": true,
        })
    );
    assert_eq!(report.tool.version, "1.2.3");
    assert_eq!(report.tool.ruleset.len(), 16);
    assert_eq!(report.accounts[0].status, AccountStatus::Complete);
    assert_eq!(report.accounts[0].alias.as_deref(), Some("example"));
    assert_eq!(report.accounts[0].tallies["test-rule"], Tally { fail: 1, ..Tally::default() });
}

#[test]
fn a_missing_fact_is_unknown_and_says_what_would_tell() {
    let mut snapshot = account();
    snapshot["users"][0]["age_days"] = json!({ "missing": ["credential-report"] });
    snapshot["gaps"] = json!([gap("credential-report", "iam:GetCredentialReport", "AccessDenied")]);
    let report = judge(&rule(), &snapshot, &[]);
    let finding = only(&report);
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert_eq!(finding.message, "not judged: credential-report is missing (access denied)");
    assert_eq!(finding.missing, [Source::CredentialReport]);
    assert_eq!(
        finding.remediation,
        "Grant iam:GetCredentialReport to the auditing identity and collect again."
    );
    assert_eq!(
        finding.evidence.facts()["user.age_days"],
        json!({ "missing": ["credential-report"] })
    );
    assert_eq!(report.accounts[0].status, AccountStatus::Incomplete);
}

#[test]
fn a_users_own_gap_explains_better_than_that_of_all() {
    let mut snapshot = account();
    snapshot["users"][0]["access_keys"] = json!({ "missing": ["access-keys"] });
    let mut own = gap("access-keys", "iam:ListAccessKeys", "Throttling");
    own["resource"] = "alice".into();
    snapshot["gaps"] = json!([gap("access-keys", "iam:ListAccessKeys", "NotRequested"), own]);
    let report = judge(&key_rule(), &snapshot, &[]);
    let finding = only(&report);
    assert_eq!(finding.message, "not judged: access-keys is missing (throttling)");
    assert_eq!(finding.remediation, "Collect access-keys again (iam:ListAccessKeys).");
    assert_eq!((finding.resource.kind.as_str(), finding.resource.name.as_str()), ("user", "alice"));
}

#[test]
fn a_whole_missing_collection_is_one_unknown_on_the_account() {
    let mut snapshot = account();
    snapshot["users"] =
        json!({ "missing": ["credential-report", "account-authorization-details"] });
    for rules in [rule(), key_rule()] {
        let report = judge(&rules, &snapshot, &[]);
        let finding = only(&report);
        assert_eq!(finding.verdict, Verdict::Unknown);
        assert_eq!(finding.resource.kind, "account");
        assert_eq!(finding.resource.id, "arn:aws:iam::111122223333:account");
        assert_eq!(
            finding.missing,
            [Source::CredentialReport, Source::AccountAuthorizationDetails]
        );
    }
}

/// What is on the list is judged; what is not may fail too.
#[test]
fn a_short_list_is_judged_and_stands_for_the_rest() {
    let mut snapshot = account();
    snapshot["short_lists"] =
        json!({ "users": true, "groups": false, "roles": false, "policies": false });
    snapshot["gaps"] = json!([gap(
        "account-authorization-details",
        "iam:GetAccountAuthorizationDetails",
        "Incomplete"
    )]);
    let report = judge(&rule(), &snapshot, &ALL);
    assert_eq!(
        report.accounts[0].tallies["test-rule"],
        Tally { fail: 1, unknown: 1, ..Tally::default() }
    );
    let rest = report
        .findings
        .iter()
        .find(|f| f.verdict == Verdict::Unknown)
        .unwrap();
    assert!(rest.stands_for_list(report.rules.first()));
    assert_eq!(rest.message, "not judged: account-authorization-details is missing (incomplete)");
    assert_eq!(
        judge(&key_rule(), &snapshot, &ALL)
            .tally("test-rule")
            .unknown,
        1
    );
}

#[test]
fn deleted_users_and_what_they_own_are_not_judged() {
    let mut snapshot = account();
    snapshot["users"][0]["deleted"] = true.into();
    for (rules, kind) in [(rule(), "user"), (key_rule(), "access_key")] {
        let report = judge(&rules, &snapshot, &ALL);
        let finding = only(&report);
        assert_eq!(finding.verdict, Verdict::NotApplicable);
        assert_eq!(finding.resource.kind, kind);
        assert_eq!(finding.message, "the user was deleted after the credential report was made");
    }
    snapshot["users"][0]["access_keys"] = json!({ "missing": ["access-keys"] });
    assert_eq!(
        judge(&key_rule(), &snapshot, &[])
            .tally("test-rule")
            .not_applicable,
        1
    );
}

#[test]
fn evidence_holds_what_the_message_reads() {
    let own = "not_applicable = \"{user.class} {user.groups}\"\nassert      =";
    let mut snapshot = account();
    snapshot["users"][0]["password_enabled"] = false.into();
    let rules = load(&changed("assert      =", own)).unwrap();
    let report = judge(&rules, &snapshot, &ALL);
    let finding = only(&report);
    assert_eq!(finding.verdict, Verdict::NotApplicable);
    for path in ["user.class", "user.groups"] {
        assert!(finding.evidence.facts().contains_key(path), "{path}");
    }
}

#[test]
fn arithmetic_without_a_result_is_a_defect_and_never_a_pass() {
    let text = changed("user.age_days <=", "user.age_days * 1e308 - user.age_days * 1e308 <=");
    let report = judge(&load(&text).unwrap(), &account(), &[]);
    let finding = only(&report);
    assert_eq!((finding.verdict, finding.missing.len()), (Verdict::Unknown, 0));
    assert!(finding.message.contains("defect"), "{}", finding.message);
}

#[test]
fn passes_and_exceptions_are_listed_on_demand() {
    let text = changed("message     =", "pass = \"{user.name} is fine\"\nmessage =");
    let rules = load(&text).unwrap();
    let mut snapshot = account();
    snapshot["users"][0]["age_days"] = 1.into();
    assert_eq!(judge(&rules, &snapshot, &[]).findings, []);
    assert_eq!(only(&judge(&rules, &snapshot, &ALL)).message, "alice is fine");
    snapshot["users"][0]["password_enabled"] = false.into();
    let report = judge(&rules, &snapshot, &ALL);
    assert_eq!(only(&report).message, "the rule does not apply to this resource");
    assert_eq!(only(&report).remediation, "");
}

/// The reason may read what is missing.
#[test]
fn an_unknown_reason_is_left_out() {
    let own = "not_applicable = \"{user.age_days > 3 ? 'old' : 'new'}\"\nassert      =";
    let rules = load(&changed("assert      =", own)).unwrap();
    let mut snapshot = account();
    snapshot["users"][0]["password_enabled"] = false.into();
    assert_eq!(only(&judge(&rules, &snapshot, &ALL)).message, "old");
    snapshot["users"][0]["age_days"] = json!({ "missing": ["credential-report"] });
    let report = judge(&rules, &snapshot, &ALL);
    assert_eq!(only(&report).message, "the rule does not apply to this resource");
}

#[test]
fn resources_that_share_an_id_stay_apart() {
    let mut snapshot = account();
    let twin = snapshot["users"][0].clone();
    snapshot["users"] = json!([twin, twin]);
    let findings = judge(&rule(), &snapshot, &[]).findings;
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0].fingerprint, findings[1].fingerprint);
    assert!(findings[1].message.ends_with("(2 resources have this id)"));
}

#[test]
fn an_account_of_which_nothing_is_known_has_failed() {
    let status = |snapshot: &Json| judge(&rule(), snapshot, &[]).accounts[0].status;
    let mut snapshot = account();
    snapshot["gaps"] = json!([gap("credential-report", "", "AccessDenied")]);
    snapshot["users"] = json!({ "missing": ["credential-report"] });
    snapshot["mfa_devices"] = json!({ "missing": ["virtual-mfa-devices"] });
    assert_eq!(status(&snapshot), AccountStatus::Incomplete, "something is known of root");
    snapshot["root"]["claims"] = json!([]);
    for list in ["groups", "roles", "policies"] {
        assert_eq!(status(&snapshot), AccountStatus::Incomplete, "some of {list} are known");
        snapshot[list] = json!({ "missing": ["account-authorization-details"] });
    }
    for list in ["saml_providers", "oidc_providers", "server_certificates", "service_credentials"] {
        snapshot[list] = json!({ "missing": ["saml-providers"] });
    }
    let facts: Vec<_> = snapshot["account"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    // Who asks, and for which account.
    let names = ["id", "partition", "caller", "alias"];
    for fact in facts.iter().filter(|fact| !names.contains(&fact.as_str())) {
        if !snapshot["account"][fact].is_null() {
            assert_eq!(status(&snapshot), AccountStatus::Incomplete, "{fact} is known");
        }
        snapshot["account"][fact] = json!({ "missing": ["organization"] });
    }
    assert_eq!(status(&snapshot), AccountStatus::Failed, "regions say nothing by themselves");
}

/// A diff needs it to know what a later report would have shown.
#[test]
fn a_report_says_how_far_the_account_was_looked_at() {
    let all = RuleSet::load(&embedded(), &Settings::default()).unwrap();
    let extent = |snapshot: &Json| judge(&all, snapshot, &[]).accounts.remove(0).extent;
    let mut snapshot = account();
    let claim = |source: &str| {
        json!({
            "source": source, "at": null, "password": true, "access_key": null, "signing_certificate": null, "mfa": null,
        })
    };
    snapshot["root"]["claims"] = json!([claim("credential-report"), claim("account-summary")]);
    let region = snapshot["regions"][0]["name"].clone();
    let whole = extent(&snapshot);
    assert_eq!(json!(whole.regions), json!([region]));
    assert_eq!(whole.root_sources, [Source::CredentialReport, Source::AccountSummary]);
    // No rule that was judged reads any of it.
    assert!(judge(&rule(), &snapshot, &[]).accounts[0].extent.is_empty());
    snapshot["regions"] = json!({ "missing": ["access-analyzers"] });
    assert_eq!(extent(&snapshot).regions, None);
    snapshot["unreached"] = json!("denied");
    assert!(extent(&snapshot).is_empty());
}

#[test]
fn what_was_left_out_on_purpose_makes_no_account_incomplete() {
    let mut snapshot = account();
    snapshot["gaps"] = json!([gap("access-keys", "iam:ListAccessKeys", "NotRequested")]);
    let report = judge(&rule(), &snapshot, &[]);
    assert_eq!(report.accounts[0].status, AccountStatus::Complete);
}

/// A rule that every resource of that scope fails.
fn failing(scope: &str, variable: &str) -> RuleSet {
    let text = format!(
        r#"id = "test-rule"
title = "Test"
severity = "info"
scope = "{scope}"
risk = "None."
remediation = "None."
assert = "account.id == ''"
message = "{{{variable}}}"
example = [
  {{ expect = "pass", name = "a", account = {{ id = "" }} }},
  {{ expect = "fail", name = "b" }},
]
"#
    );
    let rules = load(&text).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(rules.check_examples(), []);
    rules
}

#[test]
fn a_short_list_leaves_the_scopes_on_it_open_and_no_other() {
    let lists = ["users", "groups", "roles", "policies"];
    let open = |scope| {
        let mut open = Vec::new();
        for list in lists {
            let mut snapshot = account();
            snapshot["short_lists"] =
                json!({ "users": false, "groups": false, "roles": false, "policies": false });
            snapshot["short_lists"][list] = true.into();
            let report = judge(&failing(scope, "account.id"), &snapshot, &[]);
            open.extend((report.accounts[0].tallies["test-rule"].unknown == 1).then_some(list));
        }
        open
    };
    for scope in ["user", "access_key", "signing_certificate"] {
        assert_eq!(open(scope), ["users"], "{scope}");
    }
    assert_eq!(open("group"), ["groups"]);
    assert_eq!(open("role"), ["roles"]);
    assert_eq!(open("policy"), ["policies"]);
    for scope in ["account", "root", "mfa_device", "service_credential", "region"] {
        assert_eq!(open(scope), [""; 0], "{scope}");
    }
}

#[test]
fn every_scope_has_its_resources() {
    let ids = |scope: &str, variable: &str| {
        let mut snapshot = account();
        snapshot["users"][0]["signing_certificates"] = json!([{
            "resource_id": "arn:aws:iam::111122223333:user/alice/signing-certificate/x",
            "name": "certificate 1", "active": true, "last_rotated": null,
        }]);
        let report = judge(&failing(scope, variable), &snapshot, &[]);
        let finding = only(&report);
        assert_eq!(finding.resource.kind, scope);
        assert_eq!(finding.resource.region.is_some(), scope == "region");
        (finding.resource.id.clone(), finding.message.clone())
    };
    let arn = |rest: &str| format!("arn:aws:iam::111122223333:{rest}");
    let key = arn("user/alice/access-key/2026-10-19T12:00:00Z");
    let certificate = arn("user/alice/signing-certificate/x");
    assert_eq!(ids("account", "account.id"), (arn("account"), "111122223333".into()));
    assert_eq!(ids("root", "root.arn"), (arn("root"), arn("root")));
    assert_eq!(ids("user", "user.name"), (arn("user/alice"), "alice".into()));
    assert_eq!(ids("access_key", "user.name"), (key, "alice".into()));
    assert_eq!(ids("signing_certificate", "user.name"), (certificate, "alice".into()));
    assert_eq!(ids("mfa_device", "device.name"), (arn("mfa/alice"), "alice".into()));
    assert_eq!(ids("group", "group.name"), (arn("group/developers"), "developers".into()));
    assert_eq!(ids("role", "role.name"), (arn("role/deploy"), "deploy".into()));
    let policy = (arn("policy/developer-access"), "developer-access".into());
    assert_eq!(ids("policy", "policy.name"), policy);
    let saml = (arn("saml-provider/workforce"), "workforce".into());
    assert_eq!(ids("saml_provider", "provider.name"), saml);
    let url = "token.actions.githubusercontent.com";
    let oidc = (arn(&format!("oidc-provider/{url}")), url.to_owned());
    assert_eq!(ids("oidc_provider", "provider.url"), oidc);
    let server = (arn("server-certificate/www"), "www".into());
    assert_eq!(ids("server_certificate", "certificate.name"), server);
    let credential = arn("user/alice/service-credential/ACCAEXAMPLE123EXAMPLE");
    assert_eq!(ids("service_credential", "credential.user_name"), (credential, "alice".into()));
    let region = (arn("region/eu-central-1"), "eu-central-1".into());
    assert_eq!(ids("region", "region.name"), region);
}
