//! A finding for unit tests.

use portcullis_model::{Evidence, Finding, Fingerprint, ResourceRef, Severity, Verdict};

/// That alice is idle, by that rule, on a resource of that id.
pub(crate) fn finding(rule: &str, id: &str, region: Option<&str>) -> Finding {
    Finding {
        fingerprint: Fingerprint::new(rule, "aws", "111122223333", id),
        rule: rule.to_owned(),
        partition: "aws".to_owned(),
        account: "111122223333".to_owned(),
        resource: ResourceRef {
            kind: "user".to_owned(),
            id: id.to_owned(),
            name: "alice".to_owned(),
            region: region.map(str::to_owned),
        },
        verdict: Verdict::Fail,
        severity: Severity::Low,
        urgent: false,
        message: "alice is idle".to_owned(),
        message_facts: None,
        evidence: Evidence::default(),
        missing: Vec::new(),
        remediation: String::new(),
        waiver: None,
        first_seen: None,
        baseline: None,
    }
}
