//! OCSF events, by the class's definition.

use std::path::Path;

use crate::support::{activity, decided, hostile, of_size, rendered, report};
use portcullis_model::{BaselineState, Report, Verdict};
use portcullis_report::Format;
use serde_json::{Value as Json, json};

fn events(report: &Report) -> Vec<Json> {
    serde_json::from_str(&rendered(report, Format::Ocsf)).unwrap()
}

/// The event of the first finding, once it was changed.
fn event(change: impl FnOnce(&mut Report)) -> Json {
    let mut report = report();
    change(&mut report);
    events(&report).swap_remove(0)
}

/// Where events are not as the hand-written schema says.
fn problems(events: &[Json]) -> Vec<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/validation/ocsf.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let events = json!(events);
    validator
        .iter_errors(&events)
        .map(|error| error.instance_path().to_string())
        .collect()
}

#[test]
fn events_are_valid() {
    for report in [of_size(0), of_size(1), report(), decided(), hostile()] {
        assert_eq!(problems(&events(&report)), [""; 0]);
    }
}

#[test]
fn what_is_urgent_is_so_beside_what_the_schema_maps() {
    let urgent = event(|report| report.findings[0].urgent = true);
    assert_eq!(urgent["unmapped"], json!({"urgent": true}));
    assert_eq!(problems(&[urgent]), [""; 0]);
}

#[test]
fn what_the_check_came_to_is_one_thing_and_what_was_decided_another() {
    let said = |event: Json| {
        let number = |of: &Json| of["status_id"].as_u64().unwrap();
        (event["activity_id"].as_u64().unwrap(), number(&event), number(&event["compliance"]))
    };
    for (verdict, expected) in [
        (Verdict::Fail, (1, 1, 3)),
        (Verdict::Unknown, (1, 1, 2)),
        (Verdict::Pass, (3, 4, 1)),
        (Verdict::NotApplicable, (3, 5, 99)),
    ] {
        assert_eq!(said(event(|report| report.findings[0].verdict = verdict)), expected);
    }
    let events = events(&decided());
    let [expired, waived, known, ..] = events.as_slice() else {
        panic!("there are findings")
    };
    assert_eq!(said(expired.clone()), (1, 1, 3));
    assert_eq!(said(waived.clone()), (2, 3, 3));
    assert_eq!(said(known.clone()), (2, 2, 3));
}

#[test]
fn a_baseline_alone_makes_no_update() {
    let event = event(|report| {
        report.findings[0].baseline = Some(BaselineState::New);
        report.findings[0].first_seen = Some(report.accounts[0].as_of);
    });
    assert_eq!(event["type_uid"], 200_301);
}

#[test]
fn times_are_in_milliseconds() {
    let first_seen = "2026-10-01T08:00:00.5Z".parse().unwrap();
    let event = event(|report| report.findings[0].first_seen = Some(first_seen));
    // `date -ud 2026-11-02T10:00 +%s` and `date -ud 2026-10-01T08:00 +%s`.
    assert_eq!(event["time"], 1_793_613_600_000_u64);
    assert_eq!(event["finding_info"]["created_time"], 1_790_841_600_500_u64);
}

#[test]
fn controls_and_parameters_are_those_of_the_rule() {
    let controls = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let compliance = event(|report| {
        let frameworks = [
            ("soc2".to_owned(), controls(&["CC6.1"])),
            ("cis-aws-7.0".to_owned(), controls(&["2.4", "2.12"])),
        ];
        report.rules[2].frameworks = frameworks.into();
        report.rules[2]
            .params
            .insert("names".to_owned(), json!(["a", "b"]));
        report.rules[2].params.insert("word".to_owned(), json!("c"));
    })["compliance"]
        .take();
    assert_eq!(compliance["standards"], json!(["cis-aws-7.0", "soc2"]));
    let requirements = json!(["cis-aws-7.0/2.4", "cis-aws-7.0/2.12", "soc2/CC6.1"]);
    assert_eq!(compliance["requirements"], requirements);
    let parameter = |name, value| json!({"name": name, "value": value});
    let parameters =
        [parameter("limit", "90"), parameter("names", r#"["a","b"]"#), parameter("word", "c")];
    assert_eq!(compliance["control_parameters"], json!(parameters));
}

#[test]
fn a_report_that_was_tampered_with_is_written() {
    let event = event(|report| {
        report.rules.clear();
        report.accounts.clear();
        report.findings[0].account = "?".to_owned();
    });
    assert_eq!(event["finding_info"]["title"], "root-without-lock");
    assert_eq!(event["cloud"]["account"]["uid"], "?");
}

/// A report with that attempt of ana, changed; the event that is made of it, if any is.
fn authentication(change: Json) -> Option<Json> {
    let mut attempt = json!({
        "person": { "kind": "user", "name": "ana", "account": "111122223333", "source": null },
        "purpose": "sign_in", "outcome": "success", "pattern": null,
        "first": "2026-11-18T08:00:00Z", "last": "2026-11-18T08:00:14Z",
        "account": "111122223333", "region": "us-east-1", "role": null, "mfa": "used",
        "factors": [{ "name": "Virtual MFA", "state": "passed" }], "source": "192.0.2.10",
        "code": null, "message": null, "events": ["a", "b"],
    });
    for (field, value) in change.as_object().unwrap() {
        attempt[field] = value.clone();
    }
    let mut report = report();
    report.activity = vec![activity(json!({ "attempts": [attempt] }))];
    let events = events(&report);
    assert_eq!(problems(&events), [""; 0]);
    events.into_iter().find(|event| event["class_uid"] == 3002)
}

/// As the class and AWS's own mapping of ConsoleLogin have it.
/// <https://schema.ocsf.io/1.6.0/classes/authentication>
#[test]
fn an_attempt_is_an_authentication() {
    let event = authentication(json!({})).unwrap();
    assert_eq!(
        event,
        json!({
            "activity_id": 1, "activity_name": "Logon",
            "category_uid": 3, "category_name": "Identity & Access Management",
            "class_uid": 3002, "class_name": "Authentication",
            "type_uid": 300_201, "type_name": "Authentication: Logon",
            // 2026-11-18T08:00:14Z
            "time": 1_794_988_814_000_u64, "start_time": 1_794_988_800_000_u64,
            "end_time": 1_794_988_814_000_u64,
            "severity_id": 1, "severity": "Informational", "status_id": 1, "status": "Success",
            "user": {
                "name": "ana", "type_id": 1, "type": "User",
                "account": { "uid": "111122223333", "name": "111122223333", "type_id": 10, "type": "AWS Account" }
            },
            "is_mfa": true,
            "service": { "name": "AWS Sign-In" },
            "src_endpoint": { "ip": "192.0.2.10" },
            "cloud": event["cloud"],
            "metadata": event["metadata"],
        })
    );
    assert_eq!(event["cloud"]["region"], "us-east-1");
    assert_eq!(event["metadata"]["uid"], "a");
}

#[test]
fn no_more_is_said_of_an_attempt_than_is_known() {
    let event = |change: Json| authentication(change).unwrap();
    for (outcome, expected) in [
        ("unknown", json!(0)),
        ("success", json!(1)),
        ("failure", json!(2)),
        ("unfinished", json!(99)),
    ] {
        assert_eq!(event(json!({ "outcome": outcome }))["status_id"], expected);
    }
    for (mfa, expected) in [
        (json!("used"), json!(true)),
        (json!("not_used"), json!(false)),
        (json!("not_visible"), Json::Null),
        (json!("unknown"), Json::Null),
        (Json::Null, Json::Null),
    ] {
        assert_eq!(event(json!({ "mfa": mfa }))["is_mfa"], expected, "{mfa}");
    }
    let kind = |kind: &str| {
        let person = json!({ "kind": kind, "name": null, "account": null, "source": null });
        event(json!({ "person": person }))
    };
    assert_eq!(kind("root")["user"]["name"], "root");
    assert_eq!(kind("root")["user"]["type_id"], 2);
    assert_eq!(kind("unknown_user")["user"].get("name"), None);
    assert_eq!(kind("saml")["auth_protocol"], "SAML");
    assert_eq!(kind("user").get("auth_protocol_id"), None);
    assert_eq!(event(json!({ "purpose": "command_line" }))["auth_protocol_id"], 6);
    assert_eq!(event(json!({ "purpose": "external_client" }))["auth_protocol_id"], 6);
    let refused = event(json!({ "outcome": "failure", "pattern": "wrong_password" }));
    assert_eq!(refused["status_detail"], "wrong_password");
    let source = |source: &str| event(json!({ "source": source }))["src_endpoint"].clone();
    assert_eq!(source("2001:db8::1"), json!({ "ip": "2001:db8::1" }));
    assert_eq!(source("AWS Internal"), json!({ "name": "AWS Internal" }));
    assert_eq!(event(json!({ "source": null })).get("src_endpoint"), None);
}

#[test]
fn what_signs_nobody_in_is_no_authentication() {
    for purpose in ["password_recovery", "password_change", "mfa_enrolment"] {
        assert_eq!(authentication(json!({ "purpose": purpose })), None);
    }
    assert!(authentication(json!({ "purpose": "switch_role" })).is_some());
}
