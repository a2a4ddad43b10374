//! What was audited, from which evidence, and what is missing.

use std::collections::BTreeMap;
use std::io;

use portcullis_model::{AuditedAccount, Report, RunOptions};

use super::counted;
use crate::Page;
use crate::decide::loosened;
use crate::render::gaps;
use crate::words::{self, time};

/// More kinds of gaps than there are calls mean that something else is wrong.
const LISTED_GAPS: usize = 20;
/// The JSON has all.
const LISTED_LOOSENINGS: usize = 20;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.accounts.is_empty() {
        page.item("Account   ", "none")?;
    }
    report.accounts.iter().try_for_each(|account| write_account(account, page))?;
    page.item("Rules     ", &rules(report))?;
    for account in &report.accounts {
        if let Some(baseline) = words::baseline(account, report) {
            page.item("Baseline  ", &format!("{}{baseline}", words::lead(account, report)))?;
        }
    }
    if report.options.redacted {
        page.item("Redacted  ", "names, ids and ARNs are pseudonyms")?;
    }
    write_choices(report, page)?;
    write_run(report, page)?;
    write_gaps(report, page)
}

/// The configuration, and what makes the run laxer than by default.
fn write_run(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if !report.run.configuration.is_empty() {
        page.item("Config    ", &report.run.configuration.join(", "))?;
    }
    let phrases = loosened::describe(report);
    if phrases.is_empty() {
        return Ok(());
    }
    page.item("Loosened  ", "this run may say less than one with the defaults")?;
    phrases.iter().take(LISTED_LOOSENINGS).try_for_each(|phrase| page.item("  - ", phrase))?;
    match phrases.len().saturating_sub(LISTED_LOOSENINGS) {
        0 => Ok(()),
        more => page.item("  - ", &format!("and {more} more")),
    }
}

fn write_account(account: &AuditedAccount, page: &mut Page<'_>) -> io::Result<()> {
    let names: Vec<&str> =
        [&account.alias, &account.name].into_iter().filter_map(|name| name.as_deref()).collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    page.item("Account   ", &format!("{}{names}, partition {}", account.id, account.partition))?;
    page.item("Caller    ", account.caller.as_deref().unwrap_or("unknown"))?;
    page.item("Evidence  ", &words::evidence(account))?;
    page.item("As of     ", &time(account.as_of))
}

/// How many rules were judged, and how they were chosen.
fn rules(report: &Report) -> String {
    let RunOptions { rule_set, only, skip, frameworks, .. } = &report.options;
    let chosen = match (only.as_slice(), frameworks.as_slice()) {
        ([], []) => format!("of the {rule_set} set"),
        ([], frameworks) => format!("of {}", frameworks.join(", ")),
        _ => "chosen by id".to_owned(),
    };
    let skipped = if skip.is_empty() { "" } else { ", without those left out by id" };
    format!("{} {chosen}{skipped}", report.rules.len())
}

/// The calls that were left out on purpose.
fn write_choices(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let mut sources: BTreeMap<_, usize> = BTreeMap::new();
    let all = report.accounts.iter().flat_map(|account| &account.gaps);
    for gap in all.filter(|gap| gap.is_by_choice()) {
        *sources.entry(gap.source).or_default() += usize::from(gap.resource.is_some());
    }
    let texts: Vec<_> = sources
        .into_iter()
        .map(|(source, users)| match users {
            0 => source.to_string(),
            users => format!("{source} of {}", counted(users, "user")),
        })
        .collect();
    if texts.is_empty() { Ok(()) } else { page.item("Not asked ", &texts.join(", ")) }
}

/// The gaps, those of one kind in one sentence.
fn write_gaps(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let kinds = gaps::told(report, |gap| !gap.is_by_choice());
    if kinds.is_empty() {
        return page.item("Gaps      ", "none");
    }
    page.item("Gaps      ", &format!("{}; what depends on them is not judged", kinds.len()))?;
    for kind in kinds.iter().take(LISTED_GAPS) {
        page.item("  - ", kind)?;
    }
    match kinds.len().saturating_sub(LISTED_GAPS) {
        0 => Ok(()),
        more => page.item("  - ", &format!("and {more} more")),
    }
}
