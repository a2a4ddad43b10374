//! The table: the report as text for a person at a terminal.

mod findings;
mod folded;
mod frameworks;
mod header;
mod summary;
mod waived;

use std::collections::BTreeMap;
use std::io::{self, Write};

use portcullis_model::{Finding, Report, RuleInfo, Verdict};

use crate::view::View;
use crate::words::{counted, few};
use crate::{Page, bold};

/// Writes the whole report; its last line explains the exit status.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (report, page) = (view.report, &mut Page::new(out, view.style));
    header::write(report, page)?;
    findings::write(report, page)?;
    folded::write_unknown(report, page)?;
    waived::write_known(report, page)?;
    waived::write_waived(report, page)?;
    waived::write_warnings(report, page)?;
    folded::write_listed(report, Verdict::Pass, "PASSED", page)?;
    folded::write_listed(report, Verdict::NotApplicable, "NOT APPLICABLE", page)?;
    frameworks::write(report, page)?;
    summary::write(report, page)?;
    page.blank()?;
    page.painted_item(bold(), "", &view.outcome.to_string())
}

/// The findings of a verdict by rule, the gravest rule first.
fn by_rule(report: &Report, verdict: Verdict) -> Vec<(&RuleInfo, Vec<&Finding>)> {
    grouped(report, |finding| finding.verdict == verdict)
}

/// Some of the findings by rule, the gravest rule first.
fn grouped(report: &Report, some: impl Fn(&Finding) -> bool) -> Vec<(&RuleInfo, Vec<&Finding>)> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| some(finding)) {
        groups.entry(&finding.rule).or_default().push(finding);
    }
    let mut rules: Vec<&RuleInfo> = report.rules.iter().collect();
    rules.sort_by_key(|rule| (rule.severity, &rule.id));
    rules.into_iter().filter_map(|rule| Some((rule, groups.remove(rule.id.as_str())?))).collect()
}
