//! How the credential report is got: see "Getting credential reports for your AWS account" in the
//! IAM user guide, and the errors of GenerateCredentialReport and GetCredentialReport.

use std::thread;

use portcullis_model::{Report, Source};
use serde_json::{Value as Json, json};

use crate::emulator::{COMPANY, Lane, OLD_REPORT, WITHOUT_REPORT};

const GENERATE: &str = "iam:GenerateCredentialReport";
const GET: &str = "iam:GetCredentialReport";

fn has_gap(report: &Report) -> bool {
    report.accounts[0]
        .gaps
        .iter()
        .any(|gap| gap.source == Source::CredentialReport && gap.resource.is_none())
}

/// Audits under the faults; the report must have been got. How often it was generated, and asked for.
#[track_caller]
fn acquired(account: &'static str, faults: &Json) -> (u32, u32) {
    let lane = Lane::of(account);
    lane.inject(faults);
    let (_, report) = lane.audit(&["--quick"]);
    assert!(!has_gap(&report), "{:?}", report.accounts[0].gaps);
    assert!(report.accounts[0].report_generated_at.is_some());
    let calls = lane.calls();
    (calls.get(GENERATE).copied().unwrap_or(0), calls[GET])
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_young_report_is_taken_as_it_is() {
    assert_eq!(acquired(COMPANY, &json!({})), (0, 1));
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn two_audits_at_once_share_one_missing_report() {
    let audits = [(); 2].map(|()| thread::spawn(|| acquired(WITHOUT_REPORT, &json!({}))));
    for audit in audits {
        let (generated, _) = audit.join().unwrap();
        assert!(generated <= 1, "generated {generated} times");
    }
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_absent_or_expired_report_is_generated_once() {
    for error in ["ReportNotPresent", "ReportExpired"] {
        let faults = json!({ "GetCredentialReport": { "kind": error, "times": 1 } });
        assert_eq!(acquired(COMPANY, &faults), (1, 2), "{error}");
    }
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_report_in_progress_is_waited_for() {
    let faults = json!({ "GetCredentialReport": { "kind": "ReportInProgress", "times": 2 } });
    let (generated, got) = acquired(COMPANY, &faults);
    assert!(generated <= 1, "generated {generated} times");
    assert_eq!(got, 3);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn generation_in_progress_is_not_begun_again() {
    let faults = json!({
        "GetCredentialReport": { "kind": "ReportNotPresent", "times": 2 },
        "GenerateCredentialReport": { "kind": "InProgress" },
    });
    assert_eq!(acquired(COMPANY, &faults), (1, 3));
}

/// One report in four hours: an old one is what there is when no other can be had.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_old_report_is_used_when_none_can_be_generated() {
    thread::scope(|scope| {
        for error in ["AccessDenied", "Throttling", "LimitExceeded", "ServiceFailure"] {
            scope.spawn(move || {
                let faults = json!({ "GenerateCredentialReport": { "kind": error } });
                let (generated, _) = acquired(OLD_REPORT, &faults);
                assert!((1..=4).contains(&generated), "{error}: {generated} calls");
            });
        }
    });
}

/// Somebody else's generation may still bring a report.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn throttled_generation_still_asks_for_the_report() {
    let faults = json!({
        "GetCredentialReport": { "kind": "ReportNotPresent", "times": 1 },
        "GenerateCredentialReport": { "kind": "Throttling" },
    });
    acquired(COMPANY, &faults);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn no_report_and_no_permission_is_a_gap() {
    let lane = Lane::of(COMPANY);
    lane.inject(&json!({
        "GetCredentialReport": { "kind": "AccessDenied" },
        "GenerateCredentialReport": { "kind": "AccessDenied" },
    }));
    let (status, report) = lane.audit(&[]);
    assert!(has_gap(&report));
    assert_ne!(status, 0);
}
