//! OCSF: a JSON array with a Compliance Finding, class 2003, for each finding, and then an Authentication,
//! class 3002, for each attempt to get in that CloudTrail recorded.
//!
//! The events are of version 1.6.0, the one that AWS Security Hub uses, and use no attribute that
//! 1.7 or 1.8 lack or deprecate; the profile is `cloud`, and times are in milliseconds. A verdict of
//! `unknown` is a warning, by which OCSF means that information was missing.
//! <https://schema.ocsf.io/1.6.0/classes/compliance_finding?profiles=cloud>

mod attributes;
mod authentication;
mod compliance;
mod objects;

use std::io::{self, Write};
use std::ops::Not;

use portcullis_model::{AppliedWaiver, Finding};
use serde::Serialize;

use self::attributes::{Class, Classification, Enum, activity, severity, status};
use self::authentication::Authentication;
use self::compliance::Compliance;
use self::objects::{Cloud, Evidence, FindingInfo, Metadata, Observable, Remediation, Resource};
use super::duplicates::Ids;
use crate::decide::waivers::decision;
use crate::render::json::JsonList;
use crate::render::view::View;

const CLASS: Class =
    Class { category_uid: 2, category_name: "Findings", uid: 2003, name: "Compliance Finding" };

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut ids = Ids::default();
    let mut events = JsonList::new(out)?;
    for finding in view.findings(&view.entries) {
        let finding = finding?;
        events.push(&ComplianceFinding::new(&finding, ids.next(&finding), view))?;
    }
    for attempt in view
        .report
        .activity
        .iter()
        .flat_map(|activity| &activity.attempts)
    {
        if let Some(event) = Authentication::new(attempt, view) {
            events.push(&event)?;
        }
    }
    events.finish()
}

/// A Compliance Finding.
#[derive(Serialize)]
struct ComplianceFinding<'a> {
    #[serde(flatten)]
    classification: Classification,
    time: i64,
    severity_id: u8,
    severity: &'static str,
    status_id: u8,
    status: &'static str,
    /// Our own word for the status.
    status_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<String>,
    message: &'a str,
    /// Why the finding was waived.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    finding_info: FindingInfo<'a>,
    compliance: Compliance<'a>,
    resources: [Resource<'a>; 1],
    observables: [Observable<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidences: Vec<Evidence<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation<'a>>,
    cloud: Cloud<'a>,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmapped: Option<Unmapped<'a>>,
}

/// What OCSF has no attribute for.
#[derive(Serialize)]
struct Unmapped<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<&'a AppliedWaiver>,
    /// Whether the finding is urgent; `priority_id` needs the profile `incident`.
    #[serde(skip_serializing_if = "Not::not")]
    urgent: bool,
}

impl<'a> Unmapped<'a> {
    fn from_finding(finding: &'a Finding) -> Option<Unmapped<'a>> {
        let (waiver, urgent) = (finding.waiver.as_ref(), finding.urgent);
        (waiver.is_some() || urgent).then_some(Unmapped { waiver, urgent })
    }
}

impl<'a> ComplianceFinding<'a> {
    fn new(finding: &'a Finding, uid: String, view: &'a View<'_>) -> ComplianceFinding<'a> {
        // Only a report that was tampered with has no account of a finding, and so no time.
        let as_of = view.as_of(finding).unwrap_or_default();
        let (rule, account) = (view.rule(finding), view.account(finding));
        let Enum(severity_id, severity) = severity(finding.severity);
        let Enum(status_id, status) = status(finding.status());
        let waiver = finding.waiver.as_ref();
        ComplianceFinding {
            classification: CLASS.with(activity(finding, as_of)),
            time: as_of.as_millisecond(),
            severity_id,
            severity,
            status_id,
            status,
            status_code: finding.status().word(),
            status_detail: waiver.map(decision),
            message: &finding.message,
            comment: waiver.map(|waiver| waiver.reason.as_str()),
            finding_info: FindingInfo::new(finding, rule, uid, as_of),
            compliance: Compliance::new(finding, rule),
            resources: [Resource::new(finding, account)],
            observables: [Observable::new(finding)],
            evidences: Evidence::from_finding(finding).into_iter().collect(),
            remediation: Remediation::from_finding(finding, rule),
            cloud: Cloud::new(finding.resource.region.as_deref(), &finding.account, account),
            metadata: Metadata::new(view.report, &finding.rule, None),
            unmapped: Unmapped::from_finding(finding),
        }
    }
}
