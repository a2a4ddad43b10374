//! The number of verdicts by severity.

use std::io;

use anstyle::Style as Paint;
use portcullis_model::{Report, Severity, Verdict};

use crate::{Page, bold, severity_style};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.line(bold(), "SUMMARY        fail  unknown     pass  not applicable")?;
    for severity in Severity::ALL {
        // What fails or is unknown has a severity of its own, and is always listed.
        let listed = |verdict| {
            let all = report.findings.iter();
            all.filter(|f| f.verdict == verdict && f.severity == severity).count()
        };
        let (fail, unknown) = (listed(Verdict::Fail), listed(Verdict::Unknown));
        let mut of_it = report.rules.iter().filter(|rule| rule.severity == severity).peekable();
        if of_it.peek().is_none() && fail + unknown == 0 {
            continue;
        }
        let tallies = of_it.filter_map(|rule| report.tallies.get(&rule.id));
        let (pass, not_applicable) = tallies.fold((0, 0), |(pass, not_applicable), tally| {
            (pass + u64::from(tally.pass), not_applicable + u64::from(tally.not_applicable))
        });
        let word = severity.word();
        let row = format!("  {word:<11}{fail:>6}{unknown:>9}{pass:>9}{not_applicable:>16}");
        page.line(if fail > 0 { severity_style(severity) } else { Paint::new() }, &row)?;
    }
    Ok(())
}
