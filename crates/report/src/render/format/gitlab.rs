//! Writes GitLab's code quality report, a list of problems for the widget of a merge request.
//!
//! The form is that of <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>. The report lists
//! failing findings without a waiver. What could not be judged is listed as `info`, since the format has no word for it,
//! and whatever is missing from a report counts as fixed.

use std::io::{self, Write};

use portcullis_model::{Finding, Severity};
use serde::Serialize;

use super::code_quality;
use super::duplicates::Ids;
use crate::defuse;
use crate::render::json::JsonList;
use crate::render::view::View;

/// A problem.
#[derive(Serialize)]
struct Problem {
    description: String,
    check_name: String,
    /// Unique in the report, and the same in the next one.
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut ids = Ids::default();
    let mut problems = JsonList::new(out)?;
    for finding in view.findings(&code_quality::issues(&view.entries)) {
        let finding = finding?;
        problems.push(&problem(&finding, ids.next_numbered(&finding)))?;
    }
    problems.finish()
}

fn problem(finding: &Finding, id: String) -> Problem {
    Problem {
        description: code_quality::text(finding),
        check_name: defuse(&finding.rule).into_owned(),
        fingerprint: id,
        severity: severity(finding),
        location: Location { path: code_quality::path(finding), lines: Lines { begin: 1 } },
    }
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        _ if code_quality::is_unjudged(finding) => "info",
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
