//! Verdicts that are told in a line a rule, however many resources there are.

use std::collections::BTreeMap;
use std::io;

use portcullis_model::{Finding, Verdict};

use super::{counted, grouped, names};
use crate::render::advice::steps;
use crate::render::remarks::on_missing;
use crate::render::view::View;
use crate::{Page, bold};

/// This many resources of one kind are named rather than counted.
const NAMED_RESOURCES: usize = 3;

/// What could not be judged: per rule and set of missing sources, then how to close the gaps.
pub(super) fn write_unknown(view: &View<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let unknown = grouped(view, |finding| finding.verdict == Verdict::Unknown);
    if unknown.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(bold(), &format!("NOT JUDGED: {}", counted(unknown.len(), "rule")))?;
    page.blank()?;
    for group in &unknown {
        for (reason, same) in fold(&group.findings, on_missing) {
            let names = named_or_counted(&names(view, &same));
            page.item("  - ", &format!("{}: {names}; {reason}", group.id))?;
        }
    }
    write_steps(unknown.iter().flat_map(|group| group.findings.iter().copied()), page)
}

/// How to close the gaps: each step once.
fn write_steps<'a>(
    unknown: impl Iterator<Item = &'a Finding>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let steps = steps(unknown);
    if !steps.is_empty() {
        page.item("    ", "What to do:")?;
    }
    steps.into_iter().try_for_each(|step| page.item("      - ", step))
}

/// Verdicts that were asked for: per rule and reason, the names of the resources.
pub(super) fn write_listed(
    view: &View<'_>,
    verdict: Verdict,
    title: &str,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let listed = grouped(view, |finding| finding.verdict == verdict);
    if listed.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(bold(), &format!("{title}: {}", counted(listed.len(), "rule")))?;
    page.blank()?;
    for group in listed {
        // A message tells why the question does not arise; that of a pass tells what was not found.
        let why = |finding: &Finding| match verdict {
            Verdict::NotApplicable => finding.message.clone(),
            _ => String::new(),
        };
        for (reason, same) in fold(&group.findings, why) {
            let reason = if reason.is_empty() { reason } else { format!(" ({reason})") };
            page.item("  - ", &format!("{}: {}{reason}", group.id, names(view, &same).join(", ")))?;
        }
    }
    Ok(())
}

/// The findings by what they have in common.
fn fold<'a>(
    findings: &[&'a Finding],
    common: impl Fn(&Finding) -> String,
) -> BTreeMap<String, Vec<&'a Finding>> {
    let mut groups: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry(common(finding)).or_default().push(finding);
    }
    groups
}

fn named_or_counted(names: &[String]) -> String {
    if names.len() <= NAMED_RESOURCES { names.join(", ") } else { counted(names.len(), "resource") }
}
