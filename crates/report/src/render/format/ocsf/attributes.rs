//! The enumerated attributes: a number and its caption, which OCSF wants to agree.

use jiff::Timestamp;
use portcullis_model::{Finding, Severity, Status, Verdict};

/// A number and its caption.
#[derive(Debug, PartialEq)]
pub(super) struct Enum(pub(super) u8, pub(super) &'static str);

/// What happened to the finding. That a report held it before is known by its baseline alone.
pub(super) fn activity(finding: &Finding, as_of: Timestamp) -> Enum {
    match finding.verdict {
        Verdict::Pass | Verdict::NotApplicable => Enum(3, "Close"),
        _ if finding.first_seen.is_some_and(|first| first < as_of) => Enum(2, "Update"),
        _ => Enum(1, "Create"),
    }
}

pub(super) fn severity(severity: Severity) -> Enum {
    match severity {
        Severity::Critical => Enum(5, "Critical"),
        Severity::High => Enum(4, "High"),
        Severity::Medium => Enum(3, "Medium"),
        Severity::Low => Enum(2, "Low"),
        Severity::Info => Enum(1, "Informational"),
    }
}

/// How far the work on the finding has come.
pub(super) fn status(status: Status) -> Enum {
    match status {
        Status::Open | Status::Unknown => Enum(1, "New"),
        Status::Known => Enum(2, "In Progress"),
        Status::Waived => Enum(3, "Suppressed"),
        Status::Pass => Enum(4, "Resolved"),
        Status::NotApplicable => Enum(5, "Archived"),
    }
}

/// What the check came to, whatever has been decided about that.
pub(super) fn compliance_status(verdict: Verdict) -> Enum {
    match verdict {
        Verdict::Pass => Enum(1, "Pass"),
        // By OCSF's definition: information was missing, so there is no result.
        Verdict::Unknown => Enum(2, "Warning"),
        Verdict::Fail => Enum(3, "Fail"),
        Verdict::NotApplicable => Enum(99, "Not Applicable"),
    }
}
