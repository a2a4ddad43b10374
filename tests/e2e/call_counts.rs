//! A handful of API calls: the number grows with pages, not with people.

use crate::emulator::{HUNDRED_USERS, Lane};

/// The calls beside those about single users, pages and the report's generation included.
const BULK: u32 = 25;

/// Of each ten generated users four have an active access key and one only a FIDO key.
const WITH_ACTIVE_KEY: u32 = 40;
const WITH_UNEXPLAINED_MFA: u32 = 10;

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
fn an_audit_asks_about_those_whom_bulk_calls_do_not_explain() {
    let lane = Lane::of(HUNDRED_USERS);
    lane.audit(&[]);
    let calls = lane.calls();
    assert_eq!(calls["iam:ListAccessKeys"], WITH_ACTIVE_KEY);
    assert_eq!(calls["iam:ListMFADevices"], WITH_UNEXPLAINED_MFA);
    let about_users = WITH_ACTIVE_KEY + WITH_UNEXPLAINED_MFA;
    assert!(calls.values().sum::<u32>() <= BULK + about_users, "{calls:?}");
}

/// One source of truth for the policy that an auditor's role needs: the calls that are made.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn every_call_only_reads() {
    let lane = Lane::of(HUNDRED_USERS);
    lane.audit(&[]);
    for call in lane.calls().keys() {
        let (_, operation) = call.split_once(':').unwrap();
        let reads = ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb));
        assert!(reads || operation == "GenerateCredentialReport", "{call}");
    }
}
