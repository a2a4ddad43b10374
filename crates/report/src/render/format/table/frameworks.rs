//! Writes frameworks, control by control.

use std::io;

use anstyle::Style as Paint;
use portcullis_model::{
    AuditedAccount, ControlOutcome, ControlStatus, FrameworkOutcome, Report, Severity,
};

use crate::render::controls::{self, in_numbers, waived};
use crate::{Page, bold, dim, severity_style};

/// The maximum width of the ids of controls, which may have any length in a file.
const ID_COLUMNS: usize = 20;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    controls::of_accounts(report)
        .try_for_each(|(lead, account, framework)| write_framework(framework, account, &lead, page))
}

/// Writes the controls of an account below a title.
fn write_framework(
    framework: &FrameworkOutcome,
    account: &AuditedAccount,
    lead: &str,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let FrameworkOutcome { id, title, version, note, controls, .. } = framework;
    page.blank()?;
    page.painted_item(bold(), "", &format!("{lead}{title} {version} ({id})"))?;
    page.blank()?;
    let longest = controls
        .iter()
        .map(|control| control.id.chars().count())
        .max();
    let width = longest.unwrap_or_default().min(ID_COLUMNS);
    for control in controls {
        write_control(control, width, account, page)?;
    }
    page.blank()?;
    page.painted_item(bold(), "  ", &in_numbers(framework))?;
    note.iter().try_for_each(|note| page.item("  ", note))
}

fn write_control(
    control: &ControlOutcome,
    width: usize,
    account: &AuditedAccount,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let ControlOutcome { id, title, status, reason, .. } = control;
    let label = |id: &str| format!("  {id:width$}  {:<14}  ", status.words());
    page.painted_item(paint(*status), &label(id), title)?;
    let margin = " ".repeat(label("").chars().count());
    reason
        .iter()
        .try_for_each(|reason| page.item(&margin, reason))?;
    match waived(control, account) {
        0 => Ok(()),
        count => page.item(&margin, &format!("of these, {count} waived")),
    }
}

fn paint(status: ControlStatus) -> Paint {
    match status {
        ControlStatus::Fail => severity_style(Severity::High),
        ControlStatus::Unknown | ControlStatus::NotClaimed => severity_style(Severity::Medium),
        ControlStatus::Manual | ControlStatus::Pass => Paint::new(),
        ControlStatus::NotApplicable => dim(),
    }
}
