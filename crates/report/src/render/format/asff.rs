//! ASFF, the AWS Security Finding Format: a JSON array for Security Hub's `BatchImportFindings`,
//! which takes 100 findings a call, and those of the calling account only.
//!
//! A finding has the same `Id` in every run, so each import updates what the last one wrote; that
//! `CreatedAt` stays too takes a baseline. What needs no work is archived: what a waiver in force
//! accepts, still as failed, and, in a report that includes them, `pass` and `not_applicable`. When
//! a waiver ends or a problem comes back, the next import makes the finding active again. What is in
//! no report any more, because its resource is gone or its gap closed, Security Hub deletes after 90
//! days without update.
//!
//! `Workflow` and `Note` are left to those who work with Security Hub: a provider may set them only
//! once, so a finding that was suppressed for its waiver would stay so after its end.
//!
//! Findings on an account whose id is not known cannot be imported, and are left out.
//! <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html>
//! <https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html>

mod attributes;
mod product;
mod resource;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use jiff::Timestamp;
use portcullis_model::{AuditedAccount, Finding, Report, RuleInfo};
use serde::Serialize;

use self::attributes::{
    Compliance, ProviderFields, Remediation, Severity, TYPES, clip, record_state,
};
use self::resource::Resource;
use super::duplicates::Ids;
use super::security_event::missing;
use crate::decide::waivers::decision_and_reason;
use crate::render::json::JsonList;
use crate::render::view::View;
use crate::rows::Rows;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut ids = Ids::default();
    let mut findings = JsonList::new(out)?;
    for finding in view.findings(&view.entries) {
        let finding = finding?;
        // Numbered before any is left out, so that ids do not depend on that.
        let id = ids.next(&finding);
        if let Some((account, product)) = importable(view, &finding) {
            findings.push(&SecurityFinding::new(&finding, &id, account, product, view))?;
        }
    }
    findings.finish()
}

/// How many findings have no place to be imported to.
pub(super) fn left_out(report: &Report, findings: &dyn Rows<Finding>) -> io::Result<usize> {
    let mut known = BTreeSet::new();
    for account in &report.accounts {
        if product::arn(account.account_ref(), account.region.as_deref()).is_some() {
            known.insert(account.account_ref());
        }
    }
    let mut count = 0;
    for place in 0..findings.count() {
        let is_known = known.contains(&findings.get(place)?.account_ref());
        count += usize::from(!is_known);
    }
    Ok(count)
}

/// The account of a finding and the product that it is imported to, where it has such a place.
fn importable<'a>(view: &View<'a>, finding: &Finding) -> Option<(&'a AuditedAccount, String)> {
    let account = view.account(finding)?;
    let product = product::arn(account.account_ref(), account.region.as_deref())?;
    Some((account, product))
}

/// `AwsSecurityFinding`, with the attributes that a provider may set.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SecurityFinding<'a> {
    schema_version: &'static str,
    id: String,
    product_arn: String,
    product_name: &'static str,
    generator_id: String,
    aws_account_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_observed_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    types: [&'static str; 1],
    severity: Severity,
    finding_provider_fields: ProviderFields,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation>,
    product_fields: BTreeMap<&'static str, String>,
    resources: [Resource; 1],
    compliance: Compliance,
    record_state: &'static str,
}

impl<'a> SecurityFinding<'a> {
    fn new(
        finding: &'a Finding,
        id: &str,
        account: &'a AuditedAccount,
        product_arn: String,
        view: &View<'_>,
    ) -> SecurityFinding<'a> {
        let (rule, as_of) = (view.rule(finding), account.as_of);
        let severity = Severity::from_finding(finding);
        SecurityFinding {
            schema_version: "2018-10-08",
            id: clip(&format!("portcullis/{id}"), 512),
            product_arn,
            product_name: "Portcullis",
            generator_id: clip(&format!("portcullis/{}", finding.rule), 512),
            aws_account_id: &account.id,
            first_observed_at: finding.first_seen,
            created_at: finding.first_seen.unwrap_or(as_of),
            updated_at: as_of,
            types: TYPES,
            severity,
            finding_provider_fields: ProviderFields { severity, types: TYPES },
            title: clip(rule.map_or(&finding.rule, |rule| &rule.title), 256),
            description: description(finding),
            remediation: Remediation::from_finding(finding, rule),
            product_fields: product_fields(finding, rule, &view.report.tool.version),
            resources: [Resource::new(finding, account)],
            compliance: Compliance::new(finding, rule),
            record_state: record_state(finding.status()),
        }
    }
}

/// The message, and what a waiver says about it; `ProductFields` has that in full.
fn description(finding: &Finding) -> String {
    let note = |waiver| format!(" ({})", decision_and_reason(waiver));
    let note = finding.waiver.as_ref().map(note).unwrap_or_default();
    clip(&format!("{}{note}", finding.message), 1024)
}

/// What ASFF has no attribute for.
fn product_fields(
    finding: &Finding,
    rule: Option<&RuleInfo>,
    version: &str,
) -> BTreeMap<&'static str, String> {
    let waiver = finding.waiver.as_ref();
    let fields = [
        ("ProviderVersion", Some(version.to_owned())),
        ("portcullis/fingerprint", Some(finding.fingerprint.as_str().to_owned())),
        ("portcullis/status", Some(finding.status().word().to_owned())),
        ("portcullis/family", rule.map(|rule| rule.family.clone())),
        ("portcullis/urgent", finding.urgent.then(|| true.to_string())),
        ("portcullis/missing", Some(missing(finding).collect::<Vec<_>>().join(", "))),
        ("portcullis/waiver/reason", waiver.map(|waiver| waiver.reason.clone())),
        ("portcullis/waiver/owner", waiver.map(|waiver| waiver.owner.clone())),
        ("portcullis/waiver/expires", waiver.map(|waiver| waiver.expires.to_string())),
    ];
    let mut filled = BTreeMap::new();
    for (name, text) in fields {
        let text = clip(&text.unwrap_or_default(), 2048);
        if !text.trim().is_empty() {
            filled.insert(name, text);
        }
    }
    filled
}
