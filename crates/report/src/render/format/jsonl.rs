//! Writes JSON lines (<https://jsonlines.org>): one complete object per finding, so that a log pipeline needs no join.
//!
//! The fields of a finding have the same names as in the report (`json`). Fields of its rule or account begin with
//! `rule_` or `account_`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use portcullis_model::{AccountStatus, Finding, Tool};
use serde::Serialize;
use serde_json::Value as Json;

use crate::render::json::write_json_line;
use crate::render::view::View;

/// The value of `schema`, by which a pipeline recognises these records.
const SCHEMA: &str = "portcullis/finding/v1";

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in view.findings(&view.entries) {
        write_json_line(&Record::new(view, &*finding?), out)?;
    }
    Ok(())
}

/// A finding, its account and its rule. Fields that a tampered report lacks are null.
#[derive(Serialize)]
struct Record<'a> {
    schema: &'static str,
    as_of: Option<Timestamp>,
    tool: &'a Tool,
    status: &'static str,
    #[serde(flatten)]
    finding: &'a Finding,
    account_alias: Option<&'a str>,
    account_name: Option<&'a str>,
    account_region: Option<&'a str>,
    account_status: Option<AccountStatus>,
    rule_title: Option<&'a str>,
    rule_family: Option<&'a str>,
    rule_risk: Option<&'a str>,
    rule_params: Option<&'a BTreeMap<String, Json>>,
    rule_references: Option<&'a [String]>,
    rule_frameworks: Option<&'a BTreeMap<String, Vec<String>>>,
}

impl<'a> Record<'a> {
    fn new(view: &'a View<'_>, finding: &'a Finding) -> Record<'a> {
        let (account, rule) = (view.account(finding), view.rule(finding));
        Record {
            schema: SCHEMA,
            as_of: view.as_of(finding),
            tool: &view.report.tool,
            status: finding.status().word(),
            finding,
            account_alias: account.and_then(|account| account.alias.as_deref()),
            account_name: account.and_then(|account| account.name.as_deref()),
            account_region: account.and_then(|account| account.region.as_deref()),
            account_status: account.map(|account| account.status),
            rule_title: rule.map(|rule| rule.title.as_str()),
            rule_family: rule.map(|rule| rule.family.as_str()),
            rule_risk: rule.map(|rule| rule.risk.as_str()),
            rule_params: rule.map(|rule| &rule.params),
            rule_references: rule.map(|rule| rule.references.as_slice()),
            rule_frameworks: rule.map(|rule| &rule.frameworks),
        }
    }
}
