//! A handful of API calls: the number grows with pages and, unless it is a quick run, with those who have a key or MFA.

use serde_json::Value as Json;

use crate::emulator::{HUNDRED_USERS, Lane};

/// The calls beside those about single users, pages and the report's generation included.
const BULK: u32 = 27;
/// Those of them that the rules on sign-in need.
const BULK_FOR_SIGN_IN: u32 = 15;
const SIGN_IN: [&str; 4] = ["root", "mfa", "credentials", "password-policy"];

/// Of each ten generated users four have an active access key and six have MFA.
const WITH_ACTIVE_KEY: u32 = 40;
const WITH_MFA: u32 = 60;

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_quick_audit_asks_about_nobody() {
    let lane = Lane::of(HUNDRED_USERS);
    lane.audit(&["--quick"]);
    let calls = lane.calls();
    assert!(calls.values().sum::<u32>() <= BULK, "{calls:?}");
    assert!(!calls.contains_key("iam:ListAccessKeys") && !calls.contains_key("iam:ListMFADevices"));
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_audit_asks_about_those_with_a_key_or_mfa() {
    let lane = Lane::of(HUNDRED_USERS);
    lane.audit(&[]);
    let calls = lane.calls();
    assert_eq!(calls["iam:ListAccessKeys"], WITH_ACTIVE_KEY);
    assert_eq!(calls["iam:ListMFADevices"], WITH_MFA);
    let about_users = WITH_ACTIVE_KEY + WITH_MFA;
    assert!(calls.values().sum::<u32>() <= BULK + about_users, "{calls:?}");
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn only_the_calls_that_the_chosen_rules_need_are_made() {
    let lane = Lane::of(HUNDRED_USERS);
    let rules: Vec<Json> =
        serde_json::from_str(&lane.run(&["rules", "list", "-o", "json"]).stdout).unwrap();
    let chosen = rules
        .iter()
        .filter(|rule| SIGN_IN.iter().any(|family| rule["family"] == *family));
    let ids: Vec<_> = chosen.map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.len() > 30, "{ids:?}");
    lane.run(&["audit", "--quick", "--only", &ids.join(",")]);
    let calls = lane.calls();
    assert!(calls.values().sum::<u32>() <= BULK_FOR_SIGN_IN, "{calls:?}");
}

/// One source of truth for the policy that an auditor's role needs: the calls that are made.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn every_call_only_reads() {
    let lane = Lane::of(HUNDRED_USERS);
    lane.audit(&[]);
    for call in lane.calls().keys() {
        let (_, operation) = call.split_once(':').unwrap();
        let reads = ["Describe", "Get", "List"]
            .iter()
            .any(|verb| operation.starts_with(verb));
        assert!(reads || operation == "GenerateCredentialReport", "{call}");
    }
}
