//! Findings for Security Hub, by its documentation.

use std::collections::HashSet;

use crate::support::{decided, hostile, rendered, report};
use portcullis_model::{Evidence, Report, Severity, Verdict};
use portcullis_report::Format;
use serde_json::{Value as Json, json};

fn findings(report: &Report) -> Vec<Json> {
    serde_json::from_str(&rendered(report, Format::Asff)).unwrap()
}

/// The first finding, once it was changed.
fn finding(change: impl FnOnce(&mut Report)) -> Json {
    let mut report = report();
    change(&mut report);
    findings(&report).swap_remove(0)
}

#[test]
fn what_needs_no_work_is_archived_under_the_same_id() {
    let id = finding(|_| {})["Id"].take();
    for (verdict, status, state, label) in [
        (Verdict::Fail, "FAILED", "ACTIVE", "CRITICAL"),
        (Verdict::Unknown, "WARNING", "ACTIVE", "CRITICAL"),
        (Verdict::Pass, "PASSED", "ARCHIVED", "INFORMATIONAL"),
        (Verdict::NotApplicable, "NOT_AVAILABLE", "ARCHIVED", "INFORMATIONAL"),
    ] {
        let finding = finding(|report| report.findings[0].verdict = verdict);
        assert_eq!(finding["Id"], id);
        assert_eq!(finding["Compliance"]["Status"], status);
        assert_eq!(finding["RecordState"], state);
        assert_eq!(finding["Severity"], json!({"Label": label, "Original": "critical"}));
        assert_eq!(finding["FindingProviderFields"]["Severity"], finding["Severity"]);
    }
}

#[test]
fn a_waived_finding_is_archived_as_failed_until_the_waiver_ends() {
    let findings = findings(&decided());
    let [expired, waived, known, ..] = findings.as_slice() else {
        panic!("there are findings")
    };
    for (finding, state) in [(expired, "ACTIVE"), (waived, "ARCHIVED"), (known, "ACTIVE")] {
        assert_eq!(finding["RecordState"], state);
        assert_eq!(finding["Compliance"]["Status"], "FAILED");
        // Only those who work with Security Hub may change it later.
        assert_eq!(finding.get("Workflow"), None);
    }
    assert_eq!(waived["ProductFields"]["portcullis/waiver/expires"], "2026-11-10");
    assert_eq!(waived["CreatedAt"], "2026-10-01T08:00:00Z");
    assert_eq!(waived["UpdatedAt"], "2026-11-02T10:00:00Z");
}

#[test]
fn what_is_urgent_keeps_its_label() {
    let [urgent, other] = [true, false].map(|urgent| finding(|it| it.findings[0].urgent = urgent));
    assert_eq!(urgent["ProductFields"]["portcullis/urgent"], "true");
    assert_eq!(other["ProductFields"].get("portcullis/urgent"), None);
    assert_eq!(urgent["Severity"], other["Severity"]);
}

#[test]
fn severities_have_the_labels_of_security_hub() {
    let labels = Severity::ALL.map(|severity| {
        finding(|report| report.findings[0].severity = severity)["Severity"]["Label"].take()
    });
    assert_eq!(labels, ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"]);
}

#[test]
fn resources_that_share_a_fingerprint_have_ids_of_their_own() {
    let mut report = report();
    report.findings = vec![report.findings[0].clone(); 3];
    let ids: Vec<_> = findings(&report)
        .iter_mut()
        .map(|f| f["Id"].take())
        .collect();
    let fingerprint = report.findings[0].fingerprint.as_str();
    let id = |number: &str| json!(format!("portcullis/{fingerprint}{number}"));
    assert_eq!(ids, [id(""), id("-2"), id("-3")]);
}

#[test]
fn resources_are_called_as_security_hub_does() {
    let account = "AWS::::Account:111122223333";
    let arn = "arn:aws:iam::111122223333:root";
    for (kind, expected, id) in [
        ("account", "AwsAccount", account),
        ("root", "AwsAccount", account),
        ("user", "AwsIamUser", arn),
        ("group", "AwsIamGroup", arn),
        ("role", "AwsIamRole", arn),
        ("policy", "AwsIamPolicy", arn),
        ("access_key", "AwsIamAccessKey", arn),
        ("saml_provider", "Other", arn),
    ] {
        let finding = finding(|report| report.findings[0].resource.kind = kind.to_owned());
        let resource = &finding["Resources"][0];
        assert_eq!((&resource["Type"], &resource["Id"]), (&json!(expected), &json!(id)));
    }
}

#[test]
fn what_cannot_be_imported_is_left_out() {
    let left = |change: fn(&mut Report)| {
        let mut report = report();
        change(&mut report);
        findings(&report).len()
    };
    assert_eq!(left(|_| {}), 11);
    assert_eq!(left(|report| report.accounts[0].id = "unknown".to_owned()), 0);
    assert_eq!(left(|report| report.accounts.clear()), 0);
    assert_eq!(left(|report| report.rules.clear()), 11);
}

#[test]
fn texts_lists_and_maps_keep_within_the_limits() {
    let long = "long ".repeat(1000);
    let finding = finding(|report| {
        let finding = &mut report.findings[0];
        (finding.message, finding.remediation) = (long.clone(), long.clone());
        let facts = (0..60).map(|n| (format!("{n}{long}"), &long));
        finding.evidence = Evidence::new(&facts.collect());
        let rule = &mut report.rules[2];
        rule.title.clone_from(&long);
        let controls = (0..40)
            .map(|n| n.to_string())
            .chain([long.clone()])
            .collect();
        rule.frameworks = [("cis".to_owned(), controls)].into();
    });
    let length = |text: &Json| text.as_str().unwrap().chars().count();
    assert_eq!(length(&finding["Title"]), 256);
    assert_eq!(length(&finding["Description"]), 1024);
    assert_eq!(length(&finding["Remediation"]["Recommendation"]["Text"]), 512);
    assert_eq!(
        finding["Compliance"]["RelatedRequirements"]
            .as_array()
            .unwrap()
            .len(),
        32
    );
    let facts = finding["Resources"][0]["Details"]["Other"]
        .as_object()
        .unwrap();
    assert_eq!(facts.len(), 50);
    assert!(
        facts
            .iter()
            .all(|(key, value)| key.chars().count() == 127 && length(value) == 255)
    );
}

#[test]
fn ids_are_unique_and_texts_are_never_blank() {
    let findings = findings(&hostile());
    let ids: HashSet<_> = findings
        .iter()
        .map(|finding| finding["Id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), findings.len());
    let fields = findings
        .iter()
        .flat_map(|f| f["ProductFields"].as_object().unwrap().values());
    assert!(
        fields
            .map(|text| text.as_str().unwrap())
            .all(|text| !text.trim().is_empty())
    );
}
