//! `permissions` against the calls that are made, and against IAM.

use std::collections::BTreeSet;

use portcullis_model::Report;
use serde_json::{Value as Json, json};

use crate::emulator::{COMPANY, HEALTHY, Lane};

/// The policy that is printed, and its actions.
fn policy(options: &[&str]) -> (String, BTreeSet<String>) {
    let run = Lane::of(HEALTHY).run(&[&["permissions"], options].concat());
    assert_eq!(run.status, 0, "{}", run.stderr);
    let document: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["Version"], "2012-10-17");
    let actions = document["Statement"][0]["Action"].as_array().unwrap();
    let actions = actions
        .iter()
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    (run.stdout, actions)
}

/// The actions that an audit calls in an account which makes it use all of them: there is no
/// credential report yet. Who calls may always be asked.
fn called(options: &[&str]) -> BTreeSet<String> {
    let lane = Lane::of(COMPANY);
    lane.inject(&json!({ "GetCredentialReport": { "kind": "ReportNotPresent", "times": 1 } }));
    lane.run(&[&["audit"], options].concat());
    let calls = lane.calls().into_keys();
    calls
        .filter(|action| action != "sts:GetCallerIdentity")
        .collect()
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn the_policy_allows_what_is_called_and_nothing_else() {
    for options in [
        &["--rule-set", "strict"][..],
        &["--rule-set", "strict", "--quick"],
        &[],
        &["--only", "stale-access-key"],
        &["--only", "no-external-access-analyzer"],
        &["--only", "perpetual-service-credential,no-security-contact"],
    ] {
        assert_eq!(policy(options).1, called(options), "{options:?}");
    }
}

fn denied(report: &Report) -> BTreeSet<&str> {
    let gaps = report.accounts[0]
        .gaps
        .iter()
        .filter(|gap| gap.code.contains("AccessDenied"));
    gaps.map(|gap| gap.action.as_str()).collect()
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn with_the_policy_alone_nothing_is_denied() {
    let strict = Lane::limited(HEALTHY, &policy(&["--rule-set", "strict"]).0);
    let (status, report) = strict.audit(&[]);
    assert_eq!((denied(&report), status), (BTreeSet::new(), 0));

    let only = ["--only", "sms-mfa"];
    let (narrow, allowed) = policy(&only);
    let narrow = Lane::limited(COMPANY, &narrow);
    assert_eq!(denied(&narrow.audit(&only).1), BTreeSet::new());
    let everything = narrow.audit(&[]).1;
    assert!(denied(&everything).contains("iam:GetAccountSummary"));
    assert!(
        denied(&everything)
            .iter()
            .all(|action| !allowed.contains(*action))
    );
}
