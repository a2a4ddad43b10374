//! Writes the report as JSON.

use std::io::{self, Write};

use portcullis_model::{
    ActivitySummary, AuditedAccount, Finding, Report, RuleInfo, Run, RunOptions, Tool,
    WaiverOutcome,
};
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::render::json::write_json;
use crate::render::view::View;
use crate::rows::Rows;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_report(view.report, &view.report.accounts, view.findings, out)
}

/// Writes a report as JSON, with accounts and findings that may be kept elsewhere.
pub fn write_report(
    report: &Report,
    accounts: &dyn Rows<AuditedAccount>,
    findings: &dyn Rows<Finding>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Report { schema, tool, options, run, rules, waivers, activity, .. } = report;
    let (accounts, findings) = (List(accounts), List(findings));
    let whole = Whole { schema, tool, options, run, accounts, rules, findings, waivers, activity };
    write_json(&whole, out)
}

/// [`Report`], field by field.
#[derive(Serialize)]
struct Whole<'a> {
    schema: &'a str,
    tool: &'a Tool,
    options: &'a RunOptions,
    run: &'a Run,
    accounts: List<'a, AuditedAccount>,
    rules: &'a [RuleInfo],
    findings: List<'a, Finding>,
    waivers: &'a [WaiverOutcome],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    activity: &'a [ActivitySummary],
}

struct List<'a, T>(&'a dyn Rows<T>);

impl<T: Clone + Serialize> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.count()))?;
        for place in 0..self.0.count() {
            list.serialize_element(&*self.0.get(place).map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}
