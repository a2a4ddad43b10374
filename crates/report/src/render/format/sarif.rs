//! SARIF 2.1.0, as GitHub's code scanning takes it.
//!
//! By the [OASIS standard](https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html)
//! and [GitHub's page on what it supports](https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning).
//! One run an account, with a result for each finding that fails and is not waived. GitHub closes
//! alerts that have no result any more, so what could not be judged has one too, as a note; and where
//! a whole list of resources is missing, the run says that it failed, and GitHub leaves its alerts as
//! they are. It does not know suppressed results: what is waived is counted in the run's properties.

mod log;
mod message;
mod notes;
mod results;
mod rules;

use std::cmp::Reverse;
use std::io::{self, Write};

use portcullis_model::{AuditedAccount, Finding, Report, Status};

use self::log::{Counts, Driver, Invocation, Log, Run, RunAutomationDetails, RunProperties, Tool};
use super::code_quality::{self, Issue};
use crate::decide::loosened;
use crate::render::view;
use crate::render::view::{View, by_account};
use crate::{defuse, write_json};

/// GitHub refuses a file with more runs.
const RUNS: usize = 20;
/// GitHub refuses a run with more results, and keeps the 5,000 most severe.
const RESULTS: usize = 25_000;
/// GitHub refuses a file of more than 10 MB when compressed; a result with long names needs 200 bytes.
const RESULTS_IN_ALL: usize = 50_000;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (kept, left_out) = most_severe(parts(view.report));
    let room = RESULTS.min(RESULTS_IN_ALL / kept.len());
    let mut runs: Vec<Run> = kept.into_iter().map(|part| run(view, part, room)).collect();
    if let Some(first) = runs.first_mut().filter(|_| !left_out.is_empty()) {
        let [invocation] = &mut first.invocations;
        invocation.tool_execution_notifications.push(notes::accounts_left_out(&left_out));
    }
    write_json(&Log { schema: log::SCHEMA, version: "2.1.0", runs }, out)
}

/// What the report says of the accounts of an id, and of those of which it is not known.
struct AccountRun<'a> {
    id: &'a str,
    /// None only if nothing was audited, or in a report that was tampered with.
    accounts: Vec<&'a AuditedAccount>,
    findings: Vec<&'a Finding>,
    issues: Vec<Issue<'a>>,
}

impl AccountRun<'_> {
    fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status() == status).count()
    }

    /// Whether anything at all was collected, of every account.
    fn is_collected(&self) -> bool {
        let failed = self.accounts.iter().any(|account| !account.status.is_judged());
        !self.accounts.is_empty() && !failed
    }

    /// Whether resources that failed before may be missing, unless that is allowed.
    fn is_blind(&self, view: &View<'_>) -> bool {
        let allowed = &view.report.options.gate.allow_unknown;
        self.findings.iter().any(|finding| {
            !allowed.contains(&finding.rule) && finding.stands_for_list(view.rule(finding))
        })
    }
}

/// The report by account, in the order of their ids; one part at least, for a log without runs would
/// look clean.
fn parts(report: &Report) -> Vec<AccountRun<'_>> {
    let mut parts = by_account(report);
    if parts.is_empty() {
        parts.entry("unknown").or_default();
    }
    let mut runs = Vec::new();
    for (id, view::AccountPart { accounts, findings }) in parts {
        let issues = code_quality::issues(findings.iter().copied());
        runs.push(AccountRun { id, accounts, findings, issues });
    }
    runs
}

/// As many parts as there may be runs, those with the most severe issues; and those left out.
fn most_severe(mut parts: Vec<AccountRun<'_>>) -> (Vec<AccountRun<'_>>, Vec<AccountRun<'_>>) {
    parts.sort_by_key(|part| Reverse(code_quality::by_severity(&part.issues)));
    let left_out = parts.split_off(parts.len().min(RUNS));
    parts.sort_by_key(|part| part.id);
    (parts, left_out)
}

/// An account's run, with so many results at most.
fn run<'a>(view: &View<'a>, mut part: AccountRun<'a>, room: usize) -> Run<'a> {
    let left_out = part.issues.split_off(part.issues.len().min(room));
    let rules = rules::broken(view, &part.issues);
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
            execution_successful: part.is_collected() && !part.is_blind(view),
            exit_code: view.outcome.exit_status(),
            exit_code_description: defuse(&view.outcome.to_string()).into_owned(),
            start_time_utc: part.accounts.iter().filter_map(|a| a.collected_from).min(),
            end_time_utc: part.accounts.iter().filter_map(|a| a.collected_to).max(),
            tool_execution_notifications: notes::notifications(view, &part, left_out.len()),
        }],
        results: part.issues.iter().map(|issue| results::result(issue, &rules.indices)).collect(),
        column_kind: "utf16CodeUnits",
        properties: properties(report, &part, left_out.len()),
    }
}

fn properties(report: &Report, part: &AccountRun<'_>, left_out: usize) -> RunProperties {
    let defused = |texts: &[String]| texts.iter().map(|text| defuse(text).into_owned()).collect();
    RunProperties {
        counts: Counts {
            open: part.count(Status::Open),
            known: part.count(Status::Known),
            waived: part.count(Status::Waived),
            unknown: part.count(Status::Unknown),
            left_out,
        },
        configuration: defused(&report.run.configuration),
        loosened: defused(&loosened::describe(report)),
    }
}
