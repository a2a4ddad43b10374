//! What the audit comes to: in a word, in tables, and what was audited on which evidence.

use std::io;

use portcullis_model::{Report, Status};

use super::activity;
use super::budget::Budget;
use super::findings::title;
use crate::render::counts::{self, Counts};
use crate::render::gfm::{code, inline};
use crate::render::outline::{Outline, Section};
use crate::render::view::View;
use crate::words::{self, counted, first_of, shorten};

/// So many accounts are listed.
const ACCOUNTS: usize = 20;
/// So many resources of a rule are named.
const NAMED: usize = 5;
/// Room for a name that no list should be drowned by.
const NAME_CHARS: usize = 200;
/// Room for a sentence or a fact.
const TEXT_CHARS: usize = 500;
/// Room for what follows the table of findings.
const BELOW: usize = 20_000;

pub(super) fn write(view: &View<'_>, outline: &Outline<'_>, budget: &mut Budget) -> io::Result<()> {
    let verdict = match view.outcome.exit_status() {
        0 if view.outcome.is_empty() => "nothing judged".to_owned(),
        0 => counts::passed(view),
        1 => "failed".to_owned(),
        _ => "incomplete".to_owned(),
    };
    budget.add(&format!("# Identity posture of {}: {verdict}\n", subject(view.report)));
    budget.add(&format!("\n{}.\n", outline.headline));
    let outcome = inline(&shorten(&view.outcome.to_string(), TEXT_CHARS));
    budget.add(&format!("\n**{outcome}**\n"));
    write_findings(view, outline, budget)?;
    write_counts(view, budget);
    budget.add("\n");
    for (label, text) in &outline.facts {
        budget.add(&format!("- {label}: {}\n", inline(&shorten(text, TEXT_CHARS))));
    }
    for summary in &view.report.activity {
        activity::write_coverage(summary, budget);
    }
    let version = inline(&shorten(&view.report.tool.version, NAME_CHARS));
    budget.add(&format!("- Made by Portcullis {version}\n"));
    Ok(())
}

/// The account, or how many there are.
fn subject(report: &Report) -> String {
    let [account] = report.accounts.as_slice() else {
        return counted(report.accounts.len(), "account");
    };
    let alias = account
        .alias
        .as_ref()
        .map(|alias| inline(&shorten(alias, NAME_CHARS)));
    let alias = alias.map_or_else(String::new, |alias| format!(" ({alias})"));
    format!("{}{alias}", code(&shorten(&account.id, NAME_CHARS)))
}

/// A row for each rule that found something open.
fn write_findings(view: &View<'_>, outline: &Outline<'_>, budget: &mut Budget) -> io::Result<()> {
    if outline.open.is_empty() {
        return Ok(());
    }
    budget.add("\n| Severity | Problem | Findings | Who |\n|:---|:---|---:|:---|\n");
    let mut rows = Vec::new();
    for Section { severity, groups, .. } in &outline.open {
        for group in groups {
            let mut names = Vec::new();
            for finding in view.findings(group.entries.iter().take(NAMED)) {
                names.push(shorten(&words::name(&*finding?, view.many_accounts()), NAME_CHARS));
            }
            let count = group.entries.len();
            let (who, title) = (cell(&inline(&first_of(&names, count))), cell(&title(group)));
            rows.push(format!("| {} | {title} | {count} | {who} |\n", severity.word()));
        }
    }
    let space = budget.left().saturating_sub(BELOW);
    let table = Budget::filled(space, |table| table.add_each(rows));
    budget.add(&table.text);
    if table.left_out > 0 {
        budget.add(&format!("\nand {}\n", counted(table.left_out, "more rule")));
    }
    Ok(())
}

/// Markdown within a table, where a bar would end the cell even in a code span.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The number of findings by severity and status, and by account where there are several.
fn write_counts(view: &View<'_>, budget: &mut Budget) {
    write_heading("Severity", budget);
    for (severity, counts) in counts::by_severity(view) {
        write_row(severity.word(), counts, budget);
    }
    let accounts = counts::by_account(view);
    if accounts.is_empty() {
        return;
    }
    write_heading("Account", budget);
    for (id, counts) in accounts.iter().take(ACCOUNTS) {
        write_row(&cell(&code(&shorten(id, NAME_CHARS))), *counts, budget);
    }
    if accounts.len() > ACCOUNTS {
        budget.add(&format!("\nand {}\n", counted(accounts.len() - ACCOUNTS, "more account")));
    }
}

/// The beginning of a table of counts.
fn write_heading(title: &str, budget: &mut Budget) {
    budget.add(&format!(
        "\n| {title} | Open | Not judged | Known | Waived | Pass | Not applicable |\n"
    ));
    budget.add("|:---|---:|---:|---:|---:|---:|---:|\n");
}

fn write_row(label: &str, counts: Counts, budget: &mut Budget) {
    let cells = Status::ALL.map(|status| counts.with_status(status).to_string());
    budget.add(&format!("| {label} | {} |\n", cells.join(" | ")));
}
