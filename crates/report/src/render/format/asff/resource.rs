//! The resource of a finding, by Security Hub's names for it.
//!
//! <https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources.html>

use std::collections::BTreeMap;

use portcullis_model::{AuditedAccount, Finding};
use serde::Serialize;

use super::attributes::clip;
use crate::render::format::security_event::shown;

/// `Details.Other` holds that many pairs, of keys that long. Values may be four times as long as
/// here; shorter ones keep a finding far below 240 KB.
const MOST_FACTS: usize = 50;
const LONGEST_KEY: usize = 127;
const LONGEST_VALUE: usize = 255;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    r#type: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

/// The facts that the rule read, each cut to what it takes to recognise it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    other: BTreeMap<String, String>,
}

impl Resource {
    pub(super) fn new(finding: &Finding, account: &AuditedAccount) -> Resource {
        let resource = &finding.resource;
        let r#type = resource_type(&resource.kind);
        let id = match r#type {
            // What Security Hub's own findings call the account; it has no ARN.
            "AwsAccount" => format!("AWS::::Account:{}", account.id),
            _ => resource.id.clone(),
        };
        Resource {
            r#type,
            id,
            partition: Some(account.partition.clone()).filter(|name| is_partition(name)),
            region: resource
                .region
                .clone()
                .filter(|name| (1..=16).contains(&name.len())),
            details: Details::from_finding(finding),
        }
    }
}

/// The type for a kind of resource. Root is the account, as in Security Hub's own controls.
fn resource_type(kind: &str) -> &'static str {
    match kind {
        "account" | "root" => "AwsAccount",
        "user" => "AwsIamUser",
        "group" => "AwsIamGroup",
        "role" => "AwsIamRole",
        "policy" => "AwsIamPolicy",
        "access_key" => "AwsIamAccessKey",
        _ => "Other",
    }
}

/// Whether Security Hub knows a partition of that name; it refuses a finding with another.
fn is_partition(name: &str) -> bool {
    matches!(name, "aws" | "aws-cn" | "aws-us-gov")
}

impl Details {
    fn from_finding(finding: &Finding) -> Option<Details> {
        let mut facts = Vec::new();
        for (name, value) in finding.evidence.facts() {
            facts.push((clip(&name, LONGEST_KEY), clip(&shown(&value), LONGEST_VALUE)));
        }
        facts.retain(|(name, value)| !name.trim().is_empty() && !value.trim().is_empty());
        facts.truncate(MOST_FACTS);
        let other: BTreeMap<_, _> = facts.into_iter().collect();
        (!other.is_empty()).then_some(Details { other })
    }
}
