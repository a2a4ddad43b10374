//! Findings that ask for no work: folded, for who wants to see them.

use portcullis_model::{Finding, Report, Status};

use super::budget::Budget;
use super::findings::entry;
use crate::render::gfm::code;
use crate::words::counted;

pub(super) fn write(report: &Report, budget: &mut Budget) {
    for status in [Status::Waived, Status::Known, Status::Pass, Status::NotApplicable] {
        let is_it = |finding: &&Finding| finding.status() == status;
        let findings: Vec<&Finding> = report.findings.iter().filter(is_it).collect();
        if !findings.is_empty() {
            write_folded(&heading(status, findings.len()), &findings, budget);
        }
    }
}

fn heading(status: Status, count: usize) -> String {
    match status {
        Status::Waived => format!("{}, waived", counted(count, "finding")),
        Status::Known => format!("{}, known from the baseline", counted(count, "finding")),
        Status::Pass => format!("{}, passed", counted(count, "resource")),
        _ => format!("{}, where the question does not arise", counted(count, "resource")),
    }
}

fn write_folded(heading: &str, findings: &[&Finding], budget: &mut Budget) {
    let item = |finding: &&Finding| {
        let entry = entry(finding);
        let about = format!("- {}, {}: ", finding.severity.word(), code(&finding.rule));
        format!("{about}{}", entry.trim_start_matches("- "))
    };
    let space = budget.left().saturating_sub(fold(heading, "").len());
    let list = Budget::filled(space, |list| list.add_each(findings.iter().map(item)));
    budget.leave_out(list.left_out());
    if !list.text().is_empty() {
        budget.add(&fold(heading, list.text()));
    }
}

/// A part of the page that is closed until it is clicked. The heading is not Markdown, so it must
/// hold no text of others; the empty line makes what follows Markdown again.
pub(super) fn fold(heading: &str, body: &str) -> String {
    format!("\n<details>\n<summary>{heading}</summary>\n\n{body}\n</details>\n")
}
