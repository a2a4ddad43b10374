//! Frameworks: how many controls have which status, and which ones, folded.

use portcullis_model::{AuditedAccount, ControlOutcome, FrameworkOutcome, Report};

use super::budget::Budget;
use super::fold;
use crate::render::controls::{self, in_numbers, waived};
use crate::render::gfm::{code, inline};

pub(super) fn write(report: &Report, budget: &mut Budget) {
    for (lead, account, framework) in controls::of_accounts(report) {
        write_framework(account, framework, &lead, budget);
    }
}

/// The controls of an account, with what names it above them.
fn write_framework(
    account: &AuditedAccount,
    framework: &FrameworkOutcome,
    lead: &str,
    budget: &mut Budget,
) {
    let FrameworkOutcome { id, title, version, note, controls: all, .. } = framework;
    let title = inline(&format!("{lead}{title} {version}"));
    let note = note
        .as_ref()
        .map_or_else(String::new, |note| format!("\n{}\n", inline(note)));
    let counts = in_numbers(framework);
    if !budget.add(&format!("\n## {title} ({})\n\n{counts}.\n{note}", code(id))) {
        return;
    }
    let space = budget
        .left()
        .saturating_sub(fold(HEADING, &more(all.len())).len());
    let list = Budget::filled(space, |list| {
        list.add_each(all.iter().map(|control| entry(account, control)));
    });
    let rest = if list.left_out > 0 {
        more(list.left_out)
    } else {
        String::new()
    };
    budget.add(&fold(HEADING, &format!("{}{rest}", list.text)));
}

const HEADING: &str = "Control by control";

fn more(count: usize) -> String {
    format!("- and {count} more\n")
}

fn entry(account: &AuditedAccount, control: &ControlOutcome) -> String {
    let ControlOutcome { id, title, status, reason, .. } = control;
    let reason = reason
        .as_ref()
        .map_or_else(String::new, |why| format!(" ({})", inline(why)));
    let waived = match waived(control, account) {
        0 => String::new(),
        count => format!("; of these, {count} waived"),
    };
    format!("- {}, {}: {}{reason}{waived}\n", code(id), status.words(), inline(title))
}
