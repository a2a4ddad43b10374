//! The enumerated attributes: a number and its caption, which OCSF wants to agree.

use jiff::Timestamp;
use portcullis_model::{Finding, Severity, Status, Verdict};
use serde::Serialize;

/// A number and its caption.
#[derive(Debug, PartialEq)]
pub(super) struct Enum(pub(super) u8, pub(super) &'static str);

/// A class of events, and the category that it is of.
pub(super) struct Class {
    pub(super) category_uid: u32,
    pub(super) category_name: &'static str,
    pub(super) uid: u32,
    pub(super) name: &'static str,
}

/// Of which class an event is, and which of the activities of that class.
#[derive(Serialize)]
pub(super) struct Classification {
    activity_id: u8,
    activity_name: &'static str,
    category_uid: u32,
    category_name: &'static str,
    class_uid: u32,
    class_name: &'static str,
    type_uid: u32,
    type_name: String,
}

impl Class {
    pub(super) fn with(&self, Enum(activity_id, activity_name): Enum) -> Classification {
        Classification {
            activity_id,
            activity_name,
            category_uid: self.category_uid,
            category_name: self.category_name,
            class_uid: self.uid,
            class_name: self.name,
            type_uid: self.uid * 100 + u32::from(activity_id),
            type_name: format!("{}: {activity_name}", self.name),
        }
    }
}

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
