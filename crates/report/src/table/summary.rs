//! The number of verdicts by severity.

use std::io;

use anstyle::Style as Paint;
use portcullis_model::{Report, Severity, Tally};

use crate::{Page, bold, severity_style};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.line(bold(), "SUMMARY        fail  unknown     pass  not applicable")?;
    for severity in Severity::ALL {
        let mut of_it = report.rules.iter().filter(|rule| rule.severity == severity).peekable();
        if of_it.peek().is_none() {
            continue;
        }
        let tallies = of_it.filter_map(|rule| report.tallies.get(&rule.id));
        let Tally { fail, unknown, pass, not_applicable } = tallies.fold(Tally::default(), add);
        let word = severity.word();
        let row = format!("  {word:<11}{fail:>6}{unknown:>9}{pass:>9}{not_applicable:>16}");
        page.line(if fail > 0 { severity_style(severity) } else { Paint::new() }, &row)?;
    }
    Ok(())
}

fn add(sum: Tally, tally: &Tally) -> Tally {
    Tally {
        fail: sum.fail.saturating_add(tally.fail),
        unknown: sum.unknown.saturating_add(tally.unknown),
        pass: sum.pass.saturating_add(tally.pass),
        not_applicable: sum.not_applicable.saturating_add(tally.not_applicable),
    }
}
