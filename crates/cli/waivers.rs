//! `waivers`: shows how long waivers last, and what they match.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use portcullis_model::{Finding, Report, Severity, Waiver, WaiverOutcome};
use portcullis_report::waivers::{self, State};
use portcullis_report::{Page, bold, counted, dim, few, nonzero, severity_style, write_json};
use serde::Serialize;

use crate::args::{View, WaiversCheckArgs, WaiversCommand};
use crate::config::Config;
use crate::failure::Failure;
use crate::{saved, terminal};

/// How many warnings are printed without hiding the rest of the output; the table and `waivers check` have all.
const PRINTED_WARNINGS: usize = 10;
/// How many findings of a waiver are listed as text; JSON has all.
const LISTED_FINDINGS: usize = 20;

/// A waiver of the configuration with what it matches.
#[derive(Serialize)]
struct Checked<'r> {
    state: State,
    #[serde(flatten)]
    outcome: &'r WaiverOutcome,
    /// The findings that fail or could not be judged; empty without a report.
    findings: Vec<&'r Finding>,
    /// The resources on which its rule fails, if the waiver matches none of them.
    fails_on: Vec<&'r str>,
}

/// Warns of waivers that need attention.
pub(crate) fn warn(report: &Report) {
    let warnings = waivers::warnings(report);
    for warning in warnings.iter().take(PRINTED_WARNINGS) {
        terminal::warn(warning);
    }
    if let more @ 1.. = warnings.len().saturating_sub(PRINTED_WARNINGS) {
        terminal::warn(&format!(
            "and {more} more: `portcullis waivers check` shows all waivers that need attention"
        ));
    }
}

/// Runs the command. The exit status is 1 if a waiver has expired or is not needed.
pub(crate) fn run(command: &WaiversCommand, config: &Config) -> Result<u8, Failure> {
    match command {
        WaiversCommand::Check(args) => check(args, config),
    }
}

fn check(args: &WaiversCheckArgs, config: &Config) -> Result<u8, Failure> {
    let (_, configured) = config.load_rules(&args.view.directories)?;
    let report = match &args.report {
        Some(path) => Some(read(path, &configured, args.as_of)?),
        None => None,
    };
    let outcomes = match &report {
        Some(report) => report.waivers.clone(),
        None => waivers::unapplied(&configured, args.as_of.unwrap_or_else(Timestamp::now)),
    };
    let checked: Vec<Checked<'_>> = outcomes
        .iter()
        .map(|outcome| Checked::new(outcome, report.as_ref()))
        .collect();
    match args.view.output {
        View::Text if config.path().is_none() => terminal::print_page(|page| {
            page.line(bold(), "No portcullis.toml was read, so there are no waivers.")
        })?,
        View::Text => terminal::print_page(|page| write(&checked, report.is_some(), page))?,
        View::Json => terminal::print(|out| write_json(&checked, out))?,
    }
    let mut states = checked.iter().map(|checked| checked.state);
    let is_bad = states.any(|state| matches!(state, State::Expired | State::Unmatched));
    Ok(u8::from(is_bad))
}

/// Reads the report with these waivers at this time, and with only the findings of their rules.
fn read(path: &Path, configured: &[Waiver], as_of: Option<Timestamp>) -> Result<Report, Failure> {
    let mut report = saved::read_some(path, |finding| {
        let mut waivers = configured.iter();
        waivers.any(|waiver| waiver.rule == finding.rule)
    })?;
    if report.options.redacted {
        let help = "audit without --redact to see what waivers match";
        return Err(Failure::with_help("the report is redacted: its names are pseudonyms", help));
    }
    for account in &mut report.accounts {
        account.as_of = as_of.unwrap_or(account.as_of);
    }
    waivers::apply(&mut report, configured);
    Ok(report)
}

impl<'r> Checked<'r> {
    fn new(outcome: &'r WaiverOutcome, report: Option<&'r Report>) -> Checked<'r> {
        let findings = report
            .map(|report| waivers::matching(report, &outcome.waiver))
            .unwrap_or_default();
        let mut fails_on = Vec::new();
        if let Some(report) = report.filter(|_| outcome.fails == 0) {
            let others = waivers::failing_elsewhere(report, &outcome.waiver);
            fails_on.extend(others.iter().map(|finding| finding.resource.name.as_str()));
        }
        Checked { state: State::from_outcome(outcome), outcome, findings, fails_on }
    }
}

fn write(checked: &[Checked<'_>], matched: bool, page: &mut Page<'_>) -> io::Result<()> {
    for one in checked {
        write_one(one, matched, page)?;
        page.blank()?;
    }
    let count = |state| checked.iter().filter(|one| one.state == state).count();
    let counts = [
        (count(State::Expired), "expired"),
        (count(State::Unmatched), "unmatched"),
        (count(State::Expiring), "about to end"),
        (count(State::Lasting), "in force for years"),
    ];
    let mut summary = counted(checked.len(), "waiver");
    let texts = nonzero(counts);
    if !texts.is_empty() {
        summary = format!("{summary}: {}", texts.join(", "));
    }
    page.painted_item(bold(), "", &summary)
}

fn write_one(one: &Checked<'_>, matched: bool, page: &mut Page<'_>) -> io::Result<()> {
    let Checked { state, outcome, findings, fails_on } = one;
    page.painted_item(bold(), "", &waivers::subject(outcome))?;
    page.painted_item(paint(*state), "  ", &waivers::end(outcome))?;
    page.item("  owner    ", &outcome.waiver.owner)?;
    page.item("  reason   ", &outcome.waiver.reason)?;
    if !matched {
        return Ok(());
    }
    page.item("  matches  ", &waivers::matches(outcome))?;
    if !fails_on.is_empty() {
        page.item("  fails on ", &few(fails_on, LISTED_FINDINGS))?;
    }
    for finding in findings.iter().take(LISTED_FINDINGS) {
        page.item("    - ", &format!("{}: {}", finding.resource.id, finding.message))?;
    }
    match findings.len().saturating_sub(LISTED_FINDINGS) {
        0 => Ok(()),
        more => page.painted_item(dim(), "    - ", &format!("and {more} more")),
    }
}

fn paint(state: State) -> anstyle::Style {
    match state {
        State::Expired | State::Unmatched => severity_style(Severity::High),
        State::Expiring | State::Lasting => severity_style(Severity::Medium),
        State::InForce => anstyle::Style::new(),
    }
}
