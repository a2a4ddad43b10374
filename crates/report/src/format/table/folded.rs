//! Verdicts that are told in a line a rule, however many resources there are.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use portcullis_model::{Finding, Report, Verdict};

use super::{by_rule, counted, few};
use crate::{Page, bold};

/// This many resources of one kind are named rather than counted.
const NAMED_RESOURCES: usize = 3;

/// What could not be judged: per rule and set of missing sources, then how to close the gaps.
pub(super) fn write_unknown(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let unknown = by_rule(report, Verdict::Unknown);
    if unknown.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(bold(), &format!("NOT JUDGED: {}", counted(unknown.len(), "rule")))?;
    page.blank()?;
    for (rule, findings) in &unknown {
        for (reason, names) in fold(findings, reason) {
            page.item("  - ", &format!("{}: {}; {reason}", rule.id, named_or_counted(&names)))?;
        }
    }
    write_cures(unknown.iter().flat_map(|(_, findings)| findings), page)
}

/// How to close the gaps: each step once.
fn write_cures<'a>(
    unknown: impl Iterator<Item = &'a &'a Finding>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    // A finding's advice has a sentence for each source, and many findings share a source.
    let sentences = unknown.flat_map(|finding| finding.remediation.split_inclusive(". "));
    let steps: BTreeSet<&str> = sentences.map(str::trim).filter(|step| !step.is_empty()).collect();
    if !steps.is_empty() {
        page.item("    ", "What to do:")?;
    }
    steps.into_iter().try_for_each(|step| page.item("      - ", step))
}

/// Verdicts that were asked for: per rule and reason, the names of the resources.
pub(super) fn write_listed(
    report: &Report,
    verdict: Verdict,
    title: &str,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let listed = by_rule(report, verdict);
    if listed.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(bold(), &format!("{title}: {}", counted(listed.len(), "rule")))?;
    page.blank()?;
    for (rule, findings) in listed {
        // A message tells why the question does not arise; that of a pass tells what was not found.
        let why = |finding: &Finding| match verdict {
            Verdict::NotApplicable => finding.message.clone(),
            _ => String::new(),
        };
        for (reason, names) in fold(&findings, why) {
            let reason = if reason.is_empty() { reason } else { format!(" ({reason})") };
            page.item("  - ", &format!("{}: {}{reason}", rule.id, names.join(", ")))?;
        }
    }
    Ok(())
}

/// The names of the resources by what their findings have in common.
fn fold<'a>(
    findings: &[&'a Finding],
    common: impl Fn(&Finding) -> String,
) -> BTreeMap<String, Vec<&'a str>> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for finding in findings {
        groups.entry(common(finding)).or_default().push(&finding.resource.name);
    }
    groups
}

/// Why a finding is unknown.
fn reason(finding: &Finding) -> String {
    if finding.missing.is_empty() {
        return finding.message.clone();
    }
    let sources: Vec<&str> = finding.missing.iter().map(|source| source.name()).collect();
    format!("needs {}", sources.join(", "))
}

fn named_or_counted(names: &[&str]) -> String {
    if names.len() <= NAMED_RESOURCES {
        few(names, NAMED_RESOURCES)
    } else {
        counted(names.len(), "resource")
    }
}
