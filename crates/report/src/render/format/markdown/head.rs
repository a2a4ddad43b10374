//! The outcome, what was audited from which evidence, what is missing, and how much was found.

use jiff::Timestamp;
use portcullis_model::{AuditedAccount, Report, Status};

use super::budget::Budget;
use crate::decide::loosened;
use crate::render::counts::{self, Counts};
use crate::render::gaps;
use crate::render::gfm::{code, inline};
use crate::render::view::View;
use crate::words::{self, capitalised, counted, shorten, time};

/// So many accounts and kinds of gaps are listed.
const LISTED: usize = 20;
/// Room for a name that no list should be drowned by.
const NAME_CHARS: usize = 200;
/// Room for a gap in a sentence.
const GAP_CHARS: usize = 500;

pub(super) fn write(view: &View<'_>, budget: &mut Budget) {
    let report = view.report;
    let verdict = match view.outcome.exit_status() {
        0 => "clean",
        1 => "failed",
        _ => "incomplete",
    };
    budget.add(&format!("# Identity posture of {}: {verdict}\n", subject(report)));
    budget.add(&format!("\n**{}**\n\n", inline(&shorten(&view.outcome.to_string(), GAP_CHARS))));
    for account in report.accounts.iter().take(LISTED) {
        budget.add(&evidence(account, report));
    }
    write_more(report.accounts.len(), budget);
    write_run(report, budget);
    write_loosened(report, budget);
    write_gaps(report, budget);
    write_counts(report, budget);
}

/// The account, or how many there are.
fn subject(report: &Report) -> String {
    match report.accounts.as_slice() {
        [account] => name(account),
        accounts => counted(accounts.len(), "account"),
    }
}

/// The account's id and what people call it.
fn name(account: &AuditedAccount) -> String {
    let names: Vec<String> = [&account.alias, &account.name]
        .into_iter()
        .flatten()
        .map(|name| inline(&shorten(name, NAME_CHARS)))
        .collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    format!("{}{names}", code(&shorten(&account.id, NAME_CHARS)))
}

/// Whose evidence it is, and how old.
fn evidence(account: &AuditedAccount, report: &Report) -> String {
    let evidence = words::evidence(account);
    let partition = inline(&shorten(&account.partition, NAME_CHARS));
    let as_of = match common_as_of(report) {
        Some(_) => String::new(),
        None => format!(", as of {}", time(account.as_of)),
    };
    format!("- Account {}, partition {partition}{as_of}: {evidence}\n", name(account))
}

/// The moment that the ages of all accounts count to.
fn common_as_of(report: &Report) -> Option<Timestamp> {
    let as_of = report.as_of()?;
    report.accounts.iter().all(|account| account.as_of == as_of).then_some(as_of)
}

/// When, by what and against what.
fn write_run(report: &Report, budget: &mut Budget) {
    let Report { tool, options, accounts, rules, .. } = report;
    let version = inline(&shorten(&tool.version, NAME_CHARS));
    let rules = counted(rules.len(), "rule");
    let when = match common_as_of(report) {
        Some(as_of) => format!("As of {}, by", time(as_of)),
        None => "By".to_owned(),
    };
    budget.add(&format!("- {when} {rules} of Portcullis {version}\n"));
    for account in accounts.iter().take(LISTED) {
        if let Some(baseline) = words::baseline(account, report) {
            let lead = words::lead(account, report);
            let compared = capitalised(&format!("{lead}compared with the report {baseline}"));
            budget.add(&format!("- {}\n", inline(&shorten(&compared, GAP_CHARS))));
        }
    }
    if options.redacted {
        budget.add("- Names, ids and ARNs are pseudonyms\n");
    }
}

/// The configuration, and what makes the run laxer than by default.
fn write_loosened(report: &Report, budget: &mut Budget) {
    for file in report.run.configuration.iter().take(LISTED) {
        budget.add(&format!("- Configuration: {}\n", code(&shorten(file, NAME_CHARS))));
    }
    let phrases = loosened::describe(report);
    if phrases.is_empty() {
        return;
    }
    budget.add("\n**This run may say less than one with the defaults**:\n\n");
    for phrase in phrases.iter().take(LISTED) {
        budget.add(&format!("- {}\n", inline(&shorten(phrase, GAP_CHARS))));
    }
    write_more(phrases.len(), budget);
}

fn write_gaps(report: &Report, budget: &mut Budget) {
    let kinds = gaps::told(report, |gap| !gap.is_by_choice());
    if kinds.is_empty() {
        return;
    }
    budget.add("\n**Not everything could be collected**; what depends on it is not judged:\n\n");
    for kind in kinds.iter().take(LISTED) {
        budget.add(&format!("- {}\n", inline(&shorten(kind, GAP_CHARS))));
    }
    write_more(kinds.len(), budget);
}

/// How many there are beyond those that are listed.
fn write_more(all: usize, budget: &mut Budget) {
    if all > LISTED {
        budget.add(&format!("- and {} more\n", all - LISTED));
    }
}

/// The number of findings by severity and status, and by account where there are several.
fn write_counts(report: &Report, budget: &mut Budget) {
    write_heading("Severity", budget);
    for (severity, counts) in counts::by_severity(report) {
        write_row(severity.word(), counts, budget);
    }
    let accounts = counts::by_account(report);
    if accounts.is_empty() {
        return;
    }
    write_heading("Account", budget);
    for (id, counts) in accounts.iter().take(LISTED) {
        write_row(&code(&shorten(id, NAME_CHARS)), *counts, budget);
    }
    budget.add("\n");
    write_more(accounts.len(), budget);
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
