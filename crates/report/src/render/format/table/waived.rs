//! What fails and does not count, and the waivers that somebody has to look at.

use std::collections::BTreeMap;
use std::io;

use portcullis_model::{Finding, Report, Status};

use super::{counted, describe, few, grouped, names};
use crate::decide::waivers;
use crate::render::view::View;
use crate::words::{day, span};
use crate::{Page, bold};

/// So many resources with known findings of one rule are named; they are what everybody has seen.
const NAMED_RESOURCES: usize = 10;
/// More warnings than these mean that somebody has stopped looking.
const LISTED_WAIVERS: usize = 20;

/// What the baseline holds: a line a rule.
pub(super) fn write_known(view: &View<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let known = grouped(view, |finding| finding.status() == Status::Known);
    let count: usize = known.iter().map(|group| group.findings.len()).sum();
    if count == 0 {
        return Ok(());
    }
    let baselines = view.report.accounts.iter().filter_map(|account| account.baseline.as_ref());
    let days = span(baselines.filter_map(|baseline| baseline.as_of), day);
    let of = days.map_or_else(String::new, |days| format!(" of {days}"));
    page.blank()?;
    page.line(bold(), &format!("KNOWN: {}, in the baseline{of}", counted(count, "finding")))?;
    page.blank()?;
    for group in known {
        let names = few(&names(view, &group.findings), NAMED_RESOURCES);
        page.item("  - ", &format!("{}: {names}", group.id))?;
    }
    Ok(())
}

/// What is accepted: all of it, by rule and waiver.
pub(super) fn write_waived(view: &View<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let waived = grouped(view, |finding| finding.status() == Status::Waived);
    let count: usize = waived.iter().map(|group| group.findings.len()).sum();
    if count == 0 {
        return Ok(());
    }
    page.blank()?;
    page.line(bold(), &format!("WAIVED: {}", counted(count, "finding")))?;
    for group in waived {
        page.blank()?;
        page.painted_item(bold(), "  ", &group.title())?;
        for (reason, findings) in by_waiver(&group.findings) {
            for finding in findings {
                page.item("  - ", &describe(view, finding))?;
            }
            page.item("    ", &reason)?;
        }
    }
    Ok(())
}

/// The findings by when, by whom and why they are accepted.
fn by_waiver<'a>(findings: &[&'a Finding]) -> BTreeMap<String, Vec<&'a Finding>> {
    let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        if let Some(waiver) = &finding.waiver {
            groups.entry(waivers::decision_and_reason(waiver)).or_default().push(finding);
        }
    }
    groups
}

/// The waivers that have ended, end soon or are of no use.
pub(super) fn write_warnings(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let warnings = waivers::warnings(report);
    if warnings.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let heading = format!("WAIVERS: {} of {} to look at", warnings.len(), report.waivers.len());
    page.line(bold(), &heading)?;
    page.blank()?;
    for warning in warnings.iter().take(LISTED_WAIVERS) {
        page.item("  - ", warning)?;
    }
    match warnings.len().saturating_sub(LISTED_WAIVERS) {
        0 => Ok(()),
        more => page.item("  - ", &format!("and {more} more")),
    }
}
