//! The outcome, what was audited from which evidence, what is missing, and how much was found.

use portcullis_model::{AuditedAccount, Finding, Report, Severity, Status};

use super::budget::Budget;
use crate::render::gaps;
use crate::render::gfm::{code, inline};
use crate::render::view::View;
use crate::words::{self, counted, shorten, time};

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
    let evidence = words::evidence(account, report.run.as_of);
    let partition = inline(&shorten(&account.partition, NAME_CHARS));
    format!("- Account {}, partition {partition}: {evidence}\n", name(account))
}

/// When, by what and against what.
fn write_run(report: &Report, budget: &mut Budget) {
    let Report { tool, run, rules, .. } = report;
    let version = inline(&shorten(&tool.version, NAME_CHARS));
    let (as_of, rules) = (time(run.as_of), counted(rules.len(), "rule"));
    budget.add(&format!("- As of {as_of}, by {rules} of Portcullis {version}\n"));
    if let Some(baseline) = &run.baseline {
        let other = if baseline.ruleset == tool.ruleset { "" } else { ", judged by other rules" };
        budget.add(&format!("- Compared with the report as of {}{other}\n", time(baseline.as_of)));
    }
    if run.options.redacted {
        budget.add("- Names, ids and ARNs are pseudonyms\n");
    }
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

/// The number of findings by severity and status.
fn write_counts(report: &Report, budget: &mut Budget) {
    budget.add("\n| Severity | Open | Not judged | Known | Waived | Pass | Not applicable |\n");
    budget.add("|:---|---:|---:|---:|---:|---:|---:|\n");
    for severity in Severity::ALL {
        let of_it = |finding: &&Finding| finding.severity == severity;
        let found: Vec<&Finding> = report.findings.iter().filter(of_it).collect();
        let rules = report.rules.iter().filter(|rule| rule.severity == severity);
        let tallies: Vec<_> = rules.filter_map(|rule| report.tallies.get(&rule.id)).collect();
        if found.is_empty() && tallies.is_empty() {
            continue;
        }
        // Each of these is listed; of the others, a report holds the number by rule.
        let listed = [Status::Open, Status::Unknown, Status::Known, Status::Waived]
            .map(|status| found.iter().filter(|finding| finding.status() == status).count());
        let pass: u64 = tallies.iter().map(|tally| u64::from(tally.pass)).sum();
        let others: u64 = tallies.iter().map(|tally| u64::from(tally.not_applicable)).sum();
        let [open, unknown, known, waived] = listed;
        let word = severity.word();
        budget.add(&format!(
            "| {word} | {open} | {unknown} | {known} | {waived} | {pass} | {others} |\n"
        ));
    }
}
