//! What failed and counts, by severity and rule, with what to do about it.

use std::io;

use portcullis_model::{Finding, Report, RuleInfo, Severity, Status};

use super::{counted, grouped, waived};
use crate::advice::what_to_do;
use crate::{Page, bold, severity_style};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for severity in Severity::ALL {
        let of_it = grouped(report, |f| f.status() == Status::Open && f.severity == severity);
        let count: usize = of_it.iter().map(|(_, findings)| findings.len()).sum();
        if count == 0 {
            continue;
        }
        let heading = format!("{}: {}", severity.word().to_uppercase(), counted(count, "finding"));
        page.blank()?;
        page.line(severity_style(severity), &heading)?;
        for (rule, findings) in of_it {
            write_rule(report, rule, &findings, page)?;
        }
    }
    Ok(())
}

fn write_rule(
    report: &Report,
    rule: &RuleInfo,
    findings: &[&Finding],
    page: &mut Page<'_>,
) -> io::Result<()> {
    page.blank()?;
    page.painted_item(bold(), "  ", &format!("{} ({})", rule.title, rule.id))?;
    for finding in findings {
        page.item("  - ", &describe(finding, report.accounts.len() > 1))?;
        finding.waiver.iter().try_for_each(|waiver| waived::write_expiry(waiver, page))?;
    }
    page.item("    ", "What to do:")?;
    page.prose(6, &what_to_do(Some(rule), findings))
}

/// The message, led by what it is about where it does not say so itself.
pub(super) fn describe(finding: &Finding, many_accounts: bool) -> String {
    let Finding { account, resource, message, .. } = finding;
    let account = if many_accounts { format!("[{account}] ") } else { String::new() };
    let says_what = resource.kind == "account" || message.contains(&resource.name);
    let name = if says_what { String::new() } else { format!("{}: ", resource.name) };
    let told = format!("{name}{message}");
    match &resource.region {
        Some(region) if !told.contains(region) => format!("{account}{region}, {told}"),
        _ => format!("{account}{told}"),
    }
}
