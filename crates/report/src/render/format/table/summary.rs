//! Writes the numbers of findings by severity and status, and by account if there are several.

use std::collections::BTreeMap;
use std::io;

use anstyle::Style as Paint;
use portcullis_model::{AccountStatus, Status};

use crate::render::counts::{self, Counts};
use crate::render::view::{View, with_status};
use crate::{Page, bold, severity_style};

/// The widths of severities and account ids.
const SEVERITY: usize = 11;
const ACCOUNT: usize = 14;

/// The statuses that are shown, with their titles.
type Columns = Vec<(Status, String)>;

pub(super) fn write(view: &View<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let columns = columns(view);
    write_heading("SUMMARY", SEVERITY, &columns, page)?;
    for (severity, counts) in counts::by_severity(view) {
        let open = counts.with_status(Status::Open) > 0;
        let paint = if open {
            severity_style(severity)
        } else {
            Paint::new()
        };
        page.line(paint, &row(severity.word(), SEVERITY, &columns, counts))?;
    }
    let accounts = counts::by_account(view);
    if !accounts.is_empty() {
        write_heading("ACCOUNTS", ACCOUNT, &columns, page)?;
    }
    let mut unjudged: BTreeMap<&str, AccountStatus> = BTreeMap::new();
    for account in &view.report.accounts {
        if account.tallies.is_empty() {
            unjudged.insert(&account.id, account.status);
        }
    }
    for (id, counts) in accounts {
        let row = match unjudged.get(id) {
            Some(status) => format!("  {id:<ACCOUNT$}  {}", status.word().replace('_', " ")),
            None => row(id, ACCOUNT, &columns, counts),
        };
        page.line(Paint::new(), &row)?;
    }
    Ok(())
}

fn write_heading(
    title: &str,
    width: usize,
    columns: &Columns,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let titles: String = columns
        .iter()
        .map(|(status, title)| cell(*status, title))
        .collect();
    page.blank()?;
    page.line(bold(), &format!("{title:<width$}  {titles}"))
}

fn row(label: &str, width: usize, columns: &Columns, counts: Counts) -> String {
    let mut row = format!("  {label:<width$}");
    for (status, _) in columns {
        row.push_str(&cell(*status, &counts.with_status(*status).to_string()));
    }
    row
}

/// The columns with their titles. Known and waived findings have columns only if there are any.
fn columns(view: &View<'_>) -> Columns {
    let decided = |status| matches!(status, Status::Known | Status::Waived);
    let mut columns = Status::ALL.to_vec();
    columns
        .retain(|status| !decided(*status) || with_status(&view.entries, *status).next().is_some());
    // Without decisions, all failing findings are open.
    let plain = !columns.iter().copied().any(decided);
    let mut titled = Vec::new();
    for status in columns {
        let is_plain_failure = plain && status == Status::Open;
        let word = if is_plain_failure {
            "fail"
        } else {
            status.word()
        };
        titled.push((status, word.replace('_', " ")));
    }
    titled
}

fn cell(status: Status, text: &str) -> String {
    let width = match status {
        Status::Open => 6,
        Status::NotApplicable => 16,
        _ => 9,
    };
    format!("{text:>width$}")
}
