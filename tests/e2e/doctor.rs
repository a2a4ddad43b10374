//! `doctor` against the emulator: what AWS says is what it shows.

use serde_json::{Value as Json, json};

use crate::emulator::{COMPANY, Lane};

fn examine(lane: &Lane) -> (i32, Json) {
    let run = lane.run(&["doctor", "-o", "json"]);
    for secret in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        assert!(!run.stdout.contains(&lane.environment()[secret]));
    }
    (run.status, serde_json::from_str(&run.stdout).unwrap())
}

fn permission<'a>(answer: &'a Json, action: &str) -> &'a Json {
    let permissions = answer["permissions"].as_array().unwrap();
    permissions
        .iter()
        .find(|permission| permission["action"] == action)
        .unwrap()
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn what_works_needs_no_fix() {
    let (status, answer) = examine(&Lane::of(COMPANY));
    let mut fixes = answer["fixes"].as_array().unwrap().clone();
    assert_eq!(status, i32::from(!fixes.is_empty()));
    // Not every machine that runs tests resolves names.
    fixes.retain(|fix| {
        !fix.as_str()
            .unwrap()
            .starts_with("let this machine resolve")
    });
    assert_eq!(fixes, [] as [Json; 0]);
    assert_eq!(answer["looks"], json!([{"place": "environment", "result": "used", "reason": ""}]));
    assert_eq!(answer["caller"]["account"], COMPANY);
    assert_eq!(
        answer["clock_ahead"]
            .as_i64()
            .map(|seconds| seconds.abs() <= 60),
        Some(true)
    );
    assert_eq!(permission(&answer, "iam:GetAccountSummary")["access"], "allowed");
    let services = answer["services"].as_array().unwrap();
    assert!(services.iter().all(|service| service["answers"] == true), "{services:?}");
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_denied_call_is_explained_by_the_words_of_aws() {
    let lane = Lane::of(COMPANY);
    lane.inject(&json!({
        "GetAccountSummary": {"kind": "AccessDenied"},
        "GetAccountPasswordPolicy": {"kind": "ServiceFailure"},
        "GetAlternateContact": {"kind": "Cut"},
    }));
    let (status, answer) = examine(&lane);
    assert_eq!(status, 1);
    let denied = permission(&answer, "iam:GetAccountSummary");
    assert_eq!(denied["access"], "denied");
    assert_eq!(denied["reason"], "no identity-based policy allows it");
    assert_eq!(permission(&answer, "account:GetAlternateContact")["access"], "unknown");
    let fixes = answer["fixes"].as_array().unwrap();
    assert!(
        fixes[0]
            .as_str()
            .unwrap()
            .starts_with("let this machine reach account"),
        "{fixes:?}"
    );
    assert_eq!(
        fixes[1],
        "grant iam:GetAccountSummary to the caller: no identity-based policy allows it"
    );
    let again = "try iam:GetAccountPasswordPolicy again: AWS gives no reason (ServiceFailure)";
    assert_eq!(fixes[2], again);
}
