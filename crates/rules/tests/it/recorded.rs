//! What findings about people say of what CloudTrail recorded of them.

use portcullis_model::{Finding, Verdict};
use portcullis_rules::RuleSet;
use serde_json::{Value as Json, json};

use crate::support::{RULE, account, judge, load};

/// The regions in which sign-ins of users are recorded, by AWS's reference.
const REGIONS: [&str; 5] = ["ap-southeast-2", "eu-north-1", "us-east-1", "us-east-2", "us-west-2"];
const WORDS: &str = "user alice is 100 days old; the limit is 90";

/// An attempt of alice at that time of 18 November; `with` are its other facts.
fn attempt(time: &str, with: Json) -> Json {
    let samples: Json = serde_json::from_str(include_str!("../../src/sample.json")).unwrap();
    let mut attempt = samples["SignIn"].clone();
    attempt["user"] = json!("alice");
    attempt["at"] = json!(format!("2026-11-18T{time}Z"));
    for (field, value) in with.as_object().unwrap() {
        attempt[field] = value.clone();
    }
    attempt
}

fn refused(time: &str, with: Json) -> Json {
    let mut refused = attempt(time, json!({ "outcome": "failure", "pattern": "other" }));
    for (field, value) in with.as_object().unwrap() {
        refused[field] = value.clone();
    }
    refused
}

/// What was read of these regions, all of them from 07:00 to 12:00.
fn activity(regions: &[&str], sign_ins: &[Json], events: &[Json]) -> Json {
    let period = json!({ "from": "2026-11-18T07:00:00Z", "to": "2026-11-18T12:00:00Z" });
    let region = |name: &&str| {
        json!({
            "account": "111122223333", "region": name, "records": 0,
            "seen": [], "proved": [period]
        })
    };
    json!({
        "period": period,
        "regions": regions.iter().map(region).collect::<Vec<_>>(),
        "sign_ins": sign_ins,
        "credential_events": events,
    })
}

/// The finding about alice, who was created 100 days before.
fn finding(activity: Json) -> Finding {
    finding_in(account(), activity)
}

fn finding_in(snapshot: Json, activity: Json) -> Finding {
    finding_created(snapshot, activity, "2026-08-10T12:00:00Z")
}

fn finding_created(mut snapshot: Json, activity: Json, created: &str) -> Finding {
    snapshot["users"][0]["age_days"] = json!(100);
    snapshot["users"][0]["created"] = json!(created);
    snapshot["account"]["report_generated_at"] = json!("2026-11-18T08:00:00Z");
    snapshot["activity"] = activity;
    let report = judge(&load(RULE).unwrap(), &snapshot, &[]);
    assert_eq!(report.findings.len(), 1);
    report.findings.into_iter().next().unwrap()
}

fn message(activity: Json) -> String {
    finding(activity).message
}

#[test]
fn sign_ins_are_counted_with_the_last_and_where_it_came_from() {
    let sign_ins = [
        attempt("07:30:00", json!({ "source": "192.0.2.1" })),
        attempt("07:40:00", json!({ "source": "192.0.2.2", "mfa": "not_used" })),
        attempt("07:50:00", json!({ "source": "192.0.2.3" })),
        attempt("08:00:00", json!({ "source": "192.0.2.4", "user": "Alice" })),
    ];
    let expected = format!(
        "{WORDS}; CloudTrail on 2026-11-18: 4 sign-ins, last at 2026-11-18 08:00 UTC, 1 without MFA, \
         from 192.0.2.4, 192.0.2.3, 192.0.2.2 and 1 more"
    );
    let found = finding(activity(&["us-east-1"], &sign_ins, &[]));
    assert_eq!((found.message, found.urgent), (expected, true));
    // A second later than the credential report.
    let later = [attempt("08:00:01", json!({}))];
    let expected = format!(
        "{WORDS}; CloudTrail on 2026-11-18: 1 sign-in, at 2026-11-18 08:00 UTC, after the credential report \
         was made, from 203.0.113.10"
    );
    assert_eq!(message(activity(&["us-east-1"], &later, &[])), expected);
}

#[test]
fn the_mfa_device_is_named_that_was_used_last() {
    let device = |name: &str| json!(format!("arn:aws:iam::111122223333:mfa/{name}"));
    let sign_ins = [
        attempt("07:30:00", json!({ "authenticator": device("phone") })),
        attempt("07:40:00", json!({ "authenticator": device("key") })),
        attempt("07:50:00", json!({ "mfa": "not_used" })),
    ];
    let expected = format!(
        "{WORDS}; CloudTrail on 2026-11-18: 3 sign-ins, last at 2026-11-18 07:50 UTC, 1 without MFA, last MFA device \
         arn:aws:iam::111122223333:mfa/key, from 203.0.113.10"
    );
    assert_eq!(message(activity(&["us-east-1"], &sign_ins, &[])), expected);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
#[test]
fn a_user_made_again_under_the_name_does_not_inherit_sign_ins() {
    let counted = |tried: Json, id: Json, created: &str| {
        let mut snapshot = account();
        snapshot["users"][0]["id"] = id;
        let own = attempt("08:00:00", json!({ "principal_id": tried }));
        let activity = activity(&["us-east-1"], &[own], &[]);
        finding_created(snapshot, activity, created)
            .message
            .contains("1 sign-in")
    };
    let (here, before) = (json!("AIDAI44QH8DHBEXAMPLE"), "2026-08-10T12:00:00Z");
    let (other, later) = (json!("AIDACKCEVSQ6C2EXAMPLE"), "2026-11-18T09:00:00Z");
    assert!(counted(here.clone(), here.clone(), later));
    assert!(!counted(other.clone(), here.clone(), before), "somebody else since");
    // Without both ids, the user's creation decides.
    let missing = json!({ "missing": ["account-authorization-details"] });
    for (tried, id) in [(json!(null), here), (other, missing)] {
        assert!(counted(tried.clone(), id.clone(), before));
        assert!(!counted(tried, id, later));
    }
}

#[test]
fn the_days_that_were_read_are_named() {
    let mut activity = activity(&REGIONS, &[attempt("08:00:00", json!({}))], &[]);
    activity["period"]["from"] = json!("2026-11-11T07:00:00Z");
    let message = finding(activity).message;
    let said = "; CloudTrail from 2026-11-11 to 2026-11-18: 1 sign-in, at 2026-11-18 08:00 UTC";
    assert!(message.contains(said), "{message}");
}

#[test]
fn a_device_that_was_never_asked_for_is_newer_than_the_last_sign_in() {
    let said = |enabled: &str| {
        let mut snapshot = account();
        snapshot["users"][0]["mfa_devices"] = json!([{
            "serial": "arn:aws:iam::111122223333:mfa/alice", "name": "alice", "kind": "virtual",
            "assigned": true, "owner_arn": null, "enabled": enabled,
        }]);
        let sign_ins = [attempt("07:30:00", json!({}))];
        finding_in(snapshot, activity(&["us-east-1"], &sign_ins, &[])).message
    };
    let words = ", before the newest MFA device was enabled, from";
    assert!(said("2026-11-18T07:30:01Z").contains(words));
    assert!(!said("2026-11-18T07:30:00Z").contains(words));
}

#[test]
fn what_was_refused_is_said_with_its_error() {
    let attempts = [
        refused("09:00:00", json!({ "source": null })),
        refused(
            "09:01:00",
            json!({ "purpose": "mfa_enrolment", "code": "EntityAlreadyExistsException" }),
        ),
        refused("09:02:00", json!({ "purpose": "mfa_enrolment", "code": "AccessDenied" })),
        attempt("09:03:00", json!({ "outcome": { "missing": ["cloudtrail"] }, "mfa": "unknown" })),
    ];
    let expected = format!(
        "{WORDS}; CloudTrail on 2026-11-18: 1 possible sign-in, at 2026-11-18 09:03 UTC, from \
         203.0.113.10; 1 refused or unfinished sign-in, at 2026-11-18 09:00 UTC; 2 refused or \
         unfinished MFA enrolments, last at 2026-11-18 09:02 UTC, from 203.0.113.10, error \
         AccessDenied, EntityAlreadyExistsException"
    );
    assert_eq!(message(activity(&["us-east-1"], &attempts, &[])), expected);
}

#[test]
fn that_nothing_was_recorded_is_said_only_where_all_was_read() {
    let expected = format!(
        "{WORDS}; CloudTrail: no sign-in was recorded in ap-southeast-2, eu-north-1, us-east-1, \
         us-east-2, us-west-2 from 2026-11-18 07:00 UTC to 2026-11-18 12:00 UTC"
    );
    let found = finding(activity(&REGIONS, &[], &[]));
    assert_eq!((found.message, found.urgent), (expected, false));
    assert_eq!(message(activity(&REGIONS[1..], &[], &[])), WORDS, "a region is missing");
    let mut short = activity(&REGIONS, &[], &[]);
    short["regions"][0]["proved"][0]["from"] = json!("2026-11-18T08:15:01Z");
    assert_eq!(message(short), WORDS, "more than a quarter of the period is missing");
    assert_eq!(message(Json::Null), WORDS, "no log was read");
}

/// A namesake: another kind of actor, or a user of that name who was deleted before.
#[test]
fn others_of_the_same_name_do_not_count() {
    let before = attempt("07:30:00", json!({ "at": "2026-08-10T11:59:59Z" }));
    let session = attempt("07:30:00", json!({ "actor": "role" }));
    assert_eq!(message(activity(&["us-east-1"], &[before, session], &[])), WORDS);
    let after = attempt("07:30:00", json!({ "at": "2026-08-10T12:00:00Z" }));
    assert!(message(activity(&["us-east-1"], &[after], &[])).contains("1 sign-in, "));
}

#[test]
fn nothing_but_words_evidence_and_urgency_changes() {
    let without = finding(Json::Null);
    let attempts = [attempt("09:00:00", json!({ "mfa": "not_used" }))];
    let with = finding(activity(&REGIONS, &attempts, &[]));
    assert_eq!(with.verdict, Verdict::Fail);
    let mut facts = with.evidence.facts();
    let seen = facts.remove("activity.sign_ins");
    assert_eq!(seen, Some(json!({ "count": 1, "last": "2026-11-18T09:00:00Z" })));
    assert_eq!(facts, without.evidence.facts());
    let words = |finding: Finding| Finding {
        urgent: false,
        message: String::new(),
        message_facts: None,
        evidence: portcullis_model::Evidence::default(),
        ..finding
    };
    assert_eq!(words(with), words(without));
}

#[test]
fn a_pass_stays_a_pass_and_says_nothing() {
    let mut snapshot = account();
    snapshot["users"][0]["age_days"] = json!(90);
    snapshot["activity"] = activity(&REGIONS, &[attempt("09:00:00", json!({}))], &[]);
    let report = judge(&load(RULE).unwrap(), &snapshot, &[Verdict::Pass]);
    assert_eq!(report.findings[0].message, "no problem found");
}

/// The rule of the tests, about a fact of another scope that must be at most 90; when that holds.
fn rule_about(scope: &str, variable: &str, fact: &str, when: &str) -> RuleSet {
    let rule = RULE
        .replace("\"user\"", &format!("\"{scope}\""))
        .replace("user.password_enabled", when)
        .replace("user.age_days", &format!("{variable}.{fact}"))
        .replace("\nuser   = { age_days", &format!("\n{variable} = {{ {fact}"))
        .replace("--user-name {user.name}", "")
        .replace("user {user.name}", variable);
    load(&rule).unwrap_or_else(|errors| panic!("{errors}"))
}

fn call(time: &str, with: Json) -> Json {
    let samples: Json = serde_json::from_str(include_str!("../../src/sample.json")).unwrap();
    let mut call = samples["CredentialEvent"].clone();
    call["at"] = json!(format!("2026-11-18T{time}Z"));
    for (field, value) in with.as_object().unwrap() {
        call[field] = value.clone();
    }
    call
}

#[test]
fn an_access_key_is_said_to_have_called() {
    let rule = rule_about("access_key", "key", "age_days", "key.active");
    let key = "AKIAIOSFODNN7EXAMPLE";
    let calls = [
        call("09:00:00", json!({ "name": "CreateUser", "access_key": key })),
        call("09:01:00", json!({ "name": "CreateAccessKey", "access_key": key })),
        call("09:02:00", json!({ "name": "DeleteUser", "access_key": "AKIAI44QH8DHBEXAMPLE" })),
    ];
    let message = |report_made: &str| {
        let mut snapshot = account();
        let keys = &mut snapshot["users"][0]["access_keys"][0];
        (keys["name"], keys["age_days"]) = (json!(key), json!(91));
        snapshot["account"]["report_generated_at"] = json!(report_made);
        snapshot["activity"] = activity(&["us-east-1"], &[], &calls);
        judge(&rule, &snapshot, &[]).findings[0].message.clone()
    };
    let said = "; CloudTrail on 2026-11-18: 2 credential calls, last at 2026-11-18 09:01 UTC: \
                CreateAccessKey, CreateUser, from ";
    let newest = message("2026-11-18T09:01:00Z");
    assert!(newest.contains(said), "{newest}");
    let said =
        "09:01 UTC, after the credential report was made: CreateAccessKey, CreateUser, from ";
    let newest = message("2026-11-18T09:00:59Z");
    assert!(newest.contains(said), "{newest}");
}

#[test]
fn root_is_said_to_have_signed_in_and_called() {
    let root = json!({ "actor": "root", "user": "root" });
    let by_root = |time, name| call(time, json!({ "actor": "root", "user": "root", "name": name }));
    let mut sign_in = by_root("09:00:00", "ConsoleLogin");
    sign_in["service"] = json!("signin");
    let mut snapshot = account();
    snapshot["root"]["idle_days"] = json!(91);
    // The management account's sessions of root are not root's own calls.
    let mut assumed = by_root("09:06:00", "DeleteLoginProfile");
    assumed["role"] = json!("AssumeRoot");
    let calls = [sign_in, by_root("09:05:00", "CreateAccessKey"), assumed];
    let attempts = [attempt("09:00:00", root)];
    snapshot["activity"] = activity(&["us-east-1"], &attempts, &calls);
    let report =
        judge(&rule_about("root", "root", "idle_days", "root.idle_days != null"), &snapshot, &[]);
    let said = "; CloudTrail on 2026-11-18: 1 sign-in, at 2026-11-18 09:00 UTC, from 203.0.113.10; \
                1 credential call, at 2026-11-18 09:05 UTC: CreateAccessKey, from ";
    assert!(report.findings[0].message.contains(said), "{}", report.findings[0].message);
}

#[test]
fn a_saml_provider_is_said_to_have_vouched_for_people() {
    let mut snapshot = account();
    snapshot["saml_providers"][0]["certificate_days_left"] = json!(91);
    let arn = snapshot["saml_providers"][0]["arn"].clone();
    let through = |time, provider: &Json| {
        attempt(time, json!({ "actor": "saml", "mfa": "not_visible", "authenticator": provider }))
    };
    let another = json!("arn:aws:iam::111122223333:saml-provider/another");
    let attempts =
        [through("09:00:00", &arn), through("09:01:00", &arn), through("09:02:00", &another)];
    snapshot["activity"] = activity(&["us-east-1"], &attempts, &[]);
    let rule = rule_about(
        "saml_provider",
        "provider",
        "certificate_days_left",
        "provider.certificate_days_left != null",
    );
    let report = judge(&rule, &snapshot, &[]);
    let said =
        "; CloudTrail on 2026-11-18: 2 sign-ins, last at 2026-11-18 09:01 UTC, from 203.0.113.10";
    assert!(report.findings[0].message.ends_with(said), "{}", report.findings[0].message);
}

/// A sign-in of a user who is no longer there, or of another who had the name, and a call by a key that is gone.
#[test]
fn what_the_account_does_not_have_is_said() {
    let about = |scope: &str, variable: &str, list: &str, recorded: Json| {
        let mut snapshot = account();
        snapshot["users"][0]["id"] = json!("AIDACKCEVSQ6C2EXAMPLE");
        snapshot["activity"] = activity(&["us-east-1"], &[], &[]);
        snapshot["activity"][list] = json!([recorded]);
        let condition = format!("{variable}.region != 'us-east-1'");
        let report = judge(&activity_rule(scope, &condition), &snapshot, &[]);
        report.findings[0].message.clone()
    };
    let sign_in = |with: Json| about("signin", "signin", "sign_ins", attempt("09:00:00", with));
    let nobody = "; the audit found no user with this name";
    let another = "; the audit found another user with this name, created at another time";
    assert_eq!(sign_in(json!({ "principal_id": "AIDACKCEVSQ6C2EXAMPLE" })), "recorded");
    assert_eq!(sign_in(json!({ "user": "Alice" })), "recorded");
    assert_eq!(sign_in(json!({ "user": "gone" })), format!("recorded{nobody}"));
    assert_eq!(sign_in(json!({ "user": "gone", "actor": "role" })), "recorded");
    let made_again = json!({ "principal_id": "AIDAQ3EGRIYQ4EXAMPLE2" });
    assert_eq!(sign_in(made_again), format!("recorded{another}"));

    let event = |key: Option<&str>| {
        let call = call("09:00:00", json!({ "user": "alice", "access_key": key }));
        about("credential_event", "event", "credential_events", call)
    };
    let no_key = "; the audit did not find the access key that signed it";
    let key = account()["users"][0]["access_keys"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(event(Some(&key)), "recorded");
    assert_eq!(event(None), "recorded");
    assert_eq!(event(Some("AKIAIOSFODNN7EXAMPLE9")), format!("recorded{no_key}"));
}

/// A rule on that scope, which needs no region and says "recorded".
fn activity_rule(scope: &str, assert: &str) -> RuleSet {
    let variable = if scope == "signin" { "signin" } else { "event" };
    let text = format!(
        r#"id          = "test-rule"
title       = "Test"
severity    = "medium"
scope       = "{scope}"
regions     = ["us-east-1"]
risk        = "None."
remediation = "None."
references  = []
assert      = "{assert}"
message     = "recorded"

[[example]]
expect = "fail"
name   = "there"
{variable} = {{ region = "us-east-1" }}

[[example]]
expect = "pass"
name   = "elsewhere"
{variable} = {{ region = "eu-west-1" }}
"#
    );
    load(&text).unwrap_or_else(|errors| panic!("{errors}"))
}
