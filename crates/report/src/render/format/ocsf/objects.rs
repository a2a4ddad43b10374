//! The other objects of an event, with the attributes that a report can fill.
//!
//! <https://schema.ocsf.io/1.6.0/objects>

use jiff::Timestamp;
use portcullis_model::{AuditedAccount, EventId, Finding, Report, RuleInfo};
use serde::Serialize;

/// What the finding is, whatever its state.
#[derive(Serialize)]
pub(super) struct FindingInfo<'a> {
    uid: String,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    desc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<[&'a str; 1]>,
    created_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen_time: Option<i64>,
    modified_time: i64,
}

impl<'a> FindingInfo<'a> {
    pub(super) fn new(
        finding: &'a Finding,
        rule: Option<&'a RuleInfo>,
        uid: String,
        as_of: Timestamp,
    ) -> FindingInfo<'a> {
        let family = rule
            .map(|rule| rule.family.as_str())
            .filter(|family| !family.is_empty());
        FindingInfo {
            uid,
            title: rule.map_or(&finding.rule, |rule| &rule.title),
            desc: rule.map(|rule| rule.risk.as_str()),
            types: family.map(|family| [family]),
            created_time: finding.first_seen.unwrap_or(as_of).as_millisecond(),
            first_seen_time: finding.first_seen.map(Timestamp::as_millisecond),
            modified_time: as_of.as_millisecond(),
        }
    }
}

/// What the finding is about.
#[derive(Serialize)]
pub(super) struct Resource<'a> {
    uid: &'a str,
    name: &'a str,
    r#type: &'a str,
    role_id: u8,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_partition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

impl<'a> Resource<'a> {
    pub(super) fn new(finding: &'a Finding, account: Option<&'a AuditedAccount>) -> Resource<'a> {
        let resource = &finding.resource;
        Resource {
            uid: &resource.id,
            name: &resource.name,
            r#type: &resource.kind,
            role_id: 1,
            role: "Target",
            cloud_partition: account.map(|account| account.partition.as_str()),
            region: resource.region.as_deref(),
        }
    }
}

/// The resource again, where event stores look for what events have in common.
#[derive(Serialize)]
pub(super) struct Observable<'a> {
    name: &'static str,
    type_id: u8,
    r#type: &'static str,
    value: &'a str,
}

impl<'a> Observable<'a> {
    pub(super) fn new(finding: &'a Finding) -> Observable<'a> {
        let value = &finding.resource.id;
        Observable { name: "resources[].uid", type_id: 10, r#type: "Resource UID", value }
    }
}

/// The facts that the rule read.
#[derive(Serialize)]
pub(super) struct Evidence<'a> {
    data: &'a portcullis_model::Evidence,
}

impl<'a> Evidence<'a> {
    pub(super) fn from_finding(finding: &'a Finding) -> Option<Evidence<'a>> {
        (!finding.evidence.is_empty()).then_some(Evidence { data: &finding.evidence })
    }
}

/// What to do; nothing where nothing is to be done.
#[derive(Serialize)]
pub(super) struct Remediation<'a> {
    desc: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    references: &'a [String],
}

impl<'a> Remediation<'a> {
    pub(super) fn from_finding(
        finding: &'a Finding,
        rule: Option<&'a RuleInfo>,
    ) -> Option<Remediation<'a>> {
        let references = rule.map_or(&[][..], |rule| &rule.references);
        let desc = finding.remediation.as_str();
        (!desc.is_empty()).then_some(Remediation { desc, references })
    }
}

/// Where the account is: the profile `cloud`.
#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the schema's names")]
pub(super) struct Cloud<'a> {
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_partition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    account: Account<'a>,
}

#[derive(Serialize)]
pub(super) struct Account<'a> {
    uid: &'a str,
    /// Its alias or, of one without, its id: readers of older versions ask for a name.
    name: &'a str,
    type_id: u8,
    r#type: &'static str,
}

impl<'a> Cloud<'a> {
    pub(super) fn new(
        region: Option<&'a str>,
        id: &'a str,
        account: Option<&'a AuditedAccount>,
    ) -> Cloud<'a> {
        let name = account.and_then(|account| account.name.as_ref().or(account.alias.as_ref()));
        Cloud {
            provider: "AWS",
            cloud_partition: account.map(|account| account.partition.as_str()),
            region,
            account: Account::new(id, name.map(String::as_str)),
        }
    }
}

impl<'a> Account<'a> {
    pub(super) fn new(uid: &'a str, name: Option<&'a str>) -> Account<'a> {
        Account { uid, name: name.unwrap_or(uid), type_id: 10, r#type: "AWS Account" }
    }
}

/// What made the event, and by which rules of OCSF.
#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    version: &'static str,
    profiles: [&'static str; 1],
    product: Product<'a>,
    /// The rule's id, or what an attempt is for.
    event_code: &'a str,
    /// The id that CloudTrail gave to an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a EventId>,
}

#[derive(Serialize)]
struct Product<'a> {
    name: &'static str,
    vendor_name: &'static str,
    version: &'a str,
}

impl<'a> Metadata<'a> {
    pub(super) fn new(
        report: &'a Report,
        event_code: &'a str,
        uid: Option<&'a EventId>,
    ) -> Metadata<'a> {
        let version = &report.tool.version;
        Metadata {
            version: "1.6.0",
            profiles: ["cloud"],
            product: Product { name: "Portcullis", vendor_name: "Portcullis", version },
            event_code,
            uid,
        }
    }
}
