//! Writes SARIF 2.1.0 for GitHub's code scanning.
//!
//! According to the [OASIS standard](https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html)
//! and [GitHub's page on what it supports](https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning).
//! One run per account, with a result for each finding that fails and is not waived. GitHub closes
//! alerts that have no result any more, so what could not be judged has one too, as a note; and where
//! a whole list of resources is missing, the run says that it failed, and GitHub leaves its alerts as
//! they are. It does not know suppressed results: what is waived is counted in the run's properties.

mod log;
mod message;
mod notes;
mod results;
mod rules;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use portcullis_model::{AuditedAccount, Finding, Report, Status};

use self::log::{Counts, Driver, Invocation, Log, Run, RunAutomationDetails, RunProperties, Tool};
use super::code_quality;
use super::duplicates::Ids;
use crate::decide::loosened;
use crate::render::view::{self, Entry, View, by_account, with_status};
use crate::rows::Rows;
use crate::{Detail, Style, defuse, write_json};

/// GitHub refuses a file with more runs.
const RUNS: usize = 20;
/// GitHub refuses a run with more results, and keeps the 5,000 most severe.
const RESULTS: usize = 25_000;
/// GitHub refuses a file of more than 10 MB when compressed; a result with long names needs 200 bytes.
const RESULTS_IN_ALL: usize = 50_000;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (kept, left_out) = most_severe(parts(view));
    let room = RESULTS.min(RESULTS_IN_ALL / kept.len());
    let mut held = Vec::new();
    for part in kept {
        held.push(AccountRun::read(view, part, room)?);
    }
    let mut runs: Vec<Run> = held.iter().map(|part| run(view, part)).collect();
    if let Some(first) = runs.first_mut().filter(|_| !left_out.is_empty()) {
        let [invocation] = &mut first.invocations;
        invocation
            .tool_execution_notifications
            .push(notes::accounts_left_out(&left_out));
    }
    write_json(&Log { schema: log::SCHEMA, version: "2.1.0", runs }, out)
}

/// How many findings belong to accounts for which there is no run.
pub(super) fn left_out(report: &Report, findings: &dyn Rows<Finding>) -> io::Result<usize> {
    if report.accounts.len() <= RUNS {
        return Ok(0);
    }
    let style = Style { width: usize::MAX, color: false, detail: Detail::All };
    let view = View::new(report, findings, style)?;
    let (_, left_out) = most_severe(parts(&view));
    Ok(left_out.iter().map(|part| part.issues.len()).sum())
}

/// The part of the report about an account id, or about accounts whose id is not known.
struct Part<'a> {
    id: &'a str,
    /// None only if nothing was audited, or in a report that was tampered with.
    accounts: Vec<&'a AuditedAccount>,
    entries: Vec<Entry>,
    issues: Vec<Entry>,
}

/// An account for which there is room in the file.
struct AccountRun<'a> {
    part: Part<'a>,
    /// The issues for which there is room.
    issues: Vec<Issue<'a>>,
    /// The names of what was not judged, by rule.
    unjudged: BTreeMap<String, Vec<String>>,
    /// Whether resources that failed before may be missing, unless that is allowed.
    is_blind: bool,
}

/// A finding with a result.
struct Issue<'a> {
    finding: Cow<'a, Finding>,
    id: String,
}

impl<'a> AccountRun<'a> {
    /// Reads the findings of an account, with room for this number.
    fn read(view: &View<'a>, part: Part<'a>, room: usize) -> io::Result<AccountRun<'a>> {
        let mut ids = Ids::default();
        let mut issues = Vec::new();
        for finding in view.findings(part.issues.iter().take(room)) {
            let finding = finding?;
            issues.push(Issue { id: ids.next_numbered(&finding), finding });
        }
        let mut unjudged: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut is_blind = false;
        let allowed = &view.report.options.gate.allow_unknown;
        for entry in with_status(&part.entries, Status::Unknown) {
            let finding = view.finding(entry)?;
            let may_hide = finding.stands_for_list(view.rule(&finding));
            is_blind |= may_hide && !allowed.contains(&finding.rule);
            let names = unjudged.entry(finding.rule.clone()).or_default();
            names.push(finding.resource.name.clone());
        }
        Ok(AccountRun { part, issues, unjudged, is_blind })
    }

    fn count(&self, status: Status) -> usize {
        with_status(&self.part.entries, status).count()
    }

    /// The number of issues without room.
    fn left_out(&self) -> usize {
        self.part.issues.len() - self.issues.len()
    }

    /// Whether anything was collected from every account that can be judged.
    fn is_collected(&self) -> bool {
        let failed = self
            .part
            .accounts
            .iter()
            .any(|account| account.status.is_failed());
        !self.part.accounts.is_empty() && !failed
    }
}

/// The report by account id, with at least one part, since a log without runs would look clean.
fn parts<'a>(view: &'a View<'_>) -> Vec<Part<'a>> {
    let mut parts = by_account(view);
    if parts.is_empty() {
        parts.entry("unknown").or_default();
    }
    let mut all = Vec::new();
    for (id, view::AccountPart { accounts, entries }) in parts {
        let issues = code_quality::issues(&entries);
        all.push(Part { id, accounts, entries, issues });
    }
    all
}

/// The parts with the most severe issues, as many as there may be runs, and the others.
fn most_severe(mut parts: Vec<Part<'_>>) -> (Vec<Part<'_>>, Vec<Part<'_>>) {
    parts.sort_by_key(|part| Reverse(code_quality::by_severity(&part.issues)));
    let left_out = parts.split_off(parts.len().min(RUNS));
    parts.sort_by_key(|part| part.id);
    (parts, left_out)
}

/// An account's run.
fn run<'a>(view: &'a View<'_>, account: &'a AccountRun<'_>) -> Run<'a> {
    let AccountRun { part, issues, .. } = account;
    let rules = rules::broken(view, issues);
    let report = view.report;
    Run {
        tool: Tool {
            driver: Driver {
                name: "Portcullis",
                version: &report.tool.version,
                semantic_version: &report.tool.version,
                rules: rules.descriptors,
            },
        },
        automation_details: RunAutomationDetails {
            id: format!("portcullis/{}/", code_quality::segment(part.id)),
        },
        invocations: [Invocation {
            execution_successful: account.is_collected() && !account.is_blind,
            exit_code: view.outcome.exit_status(),
            exit_code_description: defuse(&view.outcome.to_string()).into_owned(),
            start_time_utc: part.accounts.iter().filter_map(|a| a.collected_from).min(),
            end_time_utc: part.accounts.iter().filter_map(|a| a.collected_to).max(),
            tool_execution_notifications: notes::notifications(view, account),
        }],
        results: issues
            .iter()
            .map(|issue| results::result(issue, &rules.indices))
            .collect(),
        column_kind: "utf16CodeUnits",
        properties: properties(report, account),
    }
}

fn properties(report: &Report, account: &AccountRun<'_>) -> RunProperties {
    let defused = |texts: &[String]| texts.iter().map(|text| defuse(text).into_owned()).collect();
    RunProperties {
        counts: Counts {
            open: account.count(Status::Open),
            known: account.count(Status::Known),
            waived: account.count(Status::Waived),
            unknown: account.count(Status::Unknown),
            left_out: account.left_out(),
        },
        configuration: defused(&report.run.configuration),
        loosened: defused(&loosened::describe(report)),
    }
}
