//! The number of findings by severity and status.

use std::io;

use anstyle::Style as Paint;
use portcullis_model::{Finding, Report, Severity, Status, Tally};

use crate::{Page, bold, severity_style};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let columns = columns(report);
    let heading: String = columns.iter().map(|(status, title)| cell(*status, title)).collect();
    page.blank()?;
    page.line(bold(), &format!("{:13}{heading}", "SUMMARY"))?;
    for severity in Severity::ALL {
        let counts: Vec<_> =
            columns.iter().map(|&(status, _)| (status, count(report, severity, status))).collect();
        let has_rules = report.rules.iter().any(|rule| rule.severity == severity);
        if !has_rules && counts.iter().all(|(_, count)| *count == 0) {
            continue;
        }
        let open = counts.iter().any(|&(status, count)| status == Status::Open && count > 0);
        let cells: String =
            counts.iter().map(|(status, count)| cell(*status, &count.to_string())).collect();
        let row = format!("  {:<11}{cells}", severity.word());
        page.line(if open { severity_style(severity) } else { Paint::new() }, &row)?;
    }
    Ok(())
}

/// The columns with their titles; what is known or waived has one only where there is some.
fn columns(report: &Report) -> Vec<(Status, String)> {
    let any = |status| report.findings.iter().any(|finding| finding.status() == status);
    let decided = |status| matches!(status, Status::Known | Status::Waived);
    let mut columns = Status::ALL.to_vec();
    columns.retain(|status| !decided(*status) || any(*status));
    // Where nothing is decided, all that fails is open.
    let plain = !columns.iter().copied().any(decided);
    let title = |status: Status| match status {
        Status::Open if plain => "fail".to_owned(),
        status => status.word().replace('_', " "),
    };
    columns.into_iter().map(|status| (status, title(status))).collect()
}

fn cell(status: Status, text: &str) -> String {
    let width = match status {
        Status::Open => 6,
        Status::NotApplicable => 16,
        _ => 9,
    };
    format!("{text:>width$}")
}

/// How many resources of that severity have that status.
fn count(report: &Report, severity: Severity, status: Status) -> u64 {
    let of_rules = |count: fn(&Tally) -> u32| {
        let rules = report.rules.iter().filter(|rule| rule.severity == severity);
        rules
            .filter_map(|rule| report.tallies.get(&rule.id))
            .map(|tally| u64::from(count(tally)))
            .sum()
    };
    match status {
        Status::Pass => of_rules(|tally| tally.pass),
        Status::NotApplicable => of_rules(|tally| tally.not_applicable),
        // All others are listed, each with a severity of its own.
        _ => {
            let counted = |f: &&Finding| f.status() == status && f.severity == severity;
            report.findings.iter().filter(counted).map(|_| 1).sum()
        }
    }
}
