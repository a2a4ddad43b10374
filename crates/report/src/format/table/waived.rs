//! What fails and does not count, and the waivers that somebody has to look at.

use std::collections::BTreeMap;
use std::io;

use portcullis_model::{AppliedWaiver, Finding, Report, Status, WaiverOutcome};

use super::findings::describe;
use super::{counted, few, grouped};
use crate::{Page, bold, waivers};

/// So many resources with known findings of one rule are named; they are what everybody has seen.
const NAMED_RESOURCES: usize = 10;
/// More warnings than these mean that somebody has stopped looking.
const LISTED_WAIVERS: usize = 20;

/// What the baseline holds: a line a rule.
pub(super) fn write_known(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let known = grouped(report, |finding| finding.status() == Status::Known);
    let count: usize = known.iter().map(|(_, findings)| findings.len()).sum();
    if count == 0 {
        return Ok(());
    }
    let baseline = match &report.run.baseline {
        Some(baseline) => format!("the baseline of {}", baseline.as_of.strftime("%Y-%m-%d")),
        None => "the baseline".to_owned(),
    };
    page.blank()?;
    page.line(bold(), &format!("KNOWN: {}, in {baseline}", counted(count, "finding")))?;
    page.blank()?;
    for (rule, findings) in known {
        let names: Vec<&str> = findings.iter().map(|f| f.resource.name.as_str()).collect();
        page.item("  - ", &format!("{}: {}", rule.id, few(&names, NAMED_RESOURCES)))?;
    }
    Ok(())
}

/// What is accepted: all of it, by rule and waiver.
pub(super) fn write_waived(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let waived = grouped(report, |finding| finding.status() == Status::Waived);
    let count: usize = waived.iter().map(|(_, findings)| findings.len()).sum();
    if count == 0 {
        return Ok(());
    }
    page.blank()?;
    page.line(bold(), &format!("WAIVED: {}", counted(count, "finding")))?;
    for (rule, findings) in waived {
        page.blank()?;
        page.painted_item(bold(), "  ", &format!("{} ({})", rule.title, rule.id))?;
        for (reason, findings) in by_waiver(&findings) {
            for finding in findings {
                page.item("  - ", &describe(finding, report.accounts.len() > 1))?;
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
        if let Some(AppliedWaiver { expires, owner, reason, .. }) = &finding.waiver {
            let says = format!("accepted until {expires} by {owner}: {reason}");
            groups.entry(says).or_default().push(finding);
        }
    }
    groups
}

/// The mark at a finding that counts again.
pub(super) fn write_expiry(waiver: &AppliedWaiver, page: &mut Page<'_>) -> io::Result<()> {
    let AppliedWaiver { owner, expires, reason, .. } = waiver;
    page.item("    ", &format!("waiver of {owner} expired on {expires}: {reason}"))
}

/// The waivers that have ended, end soon or are of no use.
pub(super) fn write_warnings(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let mut outcomes: Vec<&WaiverOutcome> = report.waivers.iter().collect();
    outcomes.sort_by_key(|outcome| waivers::State::of(outcome));
    let warnings: Vec<String> = outcomes.into_iter().filter_map(waivers::warning).collect();
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
