//! What the audit comes to, what to do first, and what was audited: the account, evidence, options.

use std::io;

use askama::Template;
use portcullis_model::{Report, RunOptions, Severity, Status};

use super::accounts::Account;
use super::index::{Index, Rule, RuleLink};
use crate::decide::loosened;
use crate::render::counts;
use crate::render::facts::Fact;
use crate::render::view::{Entry, View, with_status};
use crate::words::{counted, nonzero};

/// So many of the most severe findings are put into words.
const IN_WORDS: usize = 2;
/// So many rules are named that ask for work first.
const FIRST: usize = 5;
/// So many resources of such a rule are named.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "html/header.html")]
pub(super) struct Header<'a> {
    /// `clean`, `failed`, `incomplete`, or `below` where nothing that is open counts.
    class: &'static str,
    headline: String,
    /// The critical findings, where there are few.
    most_severe: Option<String>,
    /// Critical findings that do not count.
    accepted: Option<String>,
    sentence: String,
    /// How much could not be judged.
    unknown: Option<String>,
    first: Vec<First>,
    /// How many other rules have open findings.
    others: usize,
    redacted: bool,
    /// The account, if there is one only.
    account: Option<Account<'a>>,
    run: Vec<Fact>,
    /// What makes the run laxer than by default.
    loosened: Vec<String>,
}

/// A rule to work on first.
struct First {
    severity: Severity,
    /// Its only finding, or the problem and who has it.
    what: String,
    rules: [RuleLink; 1],
}

impl<'a> Header<'a> {
    pub(super) fn new(
        view: &'a View<'_>,
        index: &Index<'_>,
        unknown: Option<String>,
    ) -> io::Result<Header<'a>> {
        let report = view.report;
        let mut open = view.entries.clone();
        open.retain(|entry| entry.status == Status::Open);
        let class = match view.outcome.exit_status() {
            0 if view.outcome.is_empty() => "incomplete",
            0 if open.is_empty() => "clean",
            0 => "below",
            1 => "failed",
            _ => "incomplete",
        };
        let rules = index.most_severe(|entry| entry.status == Status::Open);
        let mut first = Vec::new();
        for rule in rules.iter().take(FIRST) {
            first.push(First::new(rule, view)?);
        }
        let account = match report.accounts.as_slice() {
            [account] => Some(Account::new(account, report)),
            _ => None,
        };
        Ok(Header {
            class,
            headline: headline(view, class == "clean" && unknown.is_none()),
            most_severe: most_severe(&open, view)?,
            accepted: accepted(&view.entries),
            sentence: view.outcome.to_string(),
            unknown,
            first,
            others: rules.len().saturating_sub(FIRST),
            redacted: report.options.redacted,
            account,
            run: run(report, counts::unjudged(view)),
            loosened: loosened::describe(report),
        })
    }
}

impl First {
    fn new(rule: &Rule<'_>, view: &View<'_>) -> io::Result<First> {
        let mut open = rule.entries.clone();
        open.retain(|entry| entry.status == Status::Open);
        let what = if let [only] = open.as_slice() {
            view.describe(&*view.finding(only)?)
        } else {
            format!("{}: {}", rule.title, view.names(&open, NAMED)?)
        };
        Ok(First { severity: rule.severity_of(&open), what, rules: [rule.link(open.len())] })
    }
}

/// `75 open findings: 4 critical, 18 high, 32 medium, 21 low`.
fn headline(view: &View<'_>, all_judged: bool) -> String {
    match counts::open(view, "") {
        Some(open) => open,
        None if all_judged => {
            format!("No open findings: all {} judged", counted(view.report.rules.len(), "rule"))
        }
        None => "No open findings, but not everything could be judged".to_owned(),
    }
}

/// `2 critical: root has no MFA device; anyone can assume role ci-deploy`.
fn most_severe(open: &[Entry], view: &View<'_>) -> io::Result<Option<String>> {
    let mut critical = open.to_vec();
    critical.retain(|entry| entry.severity == Severity::Critical);
    if !(1..=IN_WORDS).contains(&critical.len()) {
        return Ok(None);
    }
    let mut messages = Vec::new();
    for finding in view.findings(&critical) {
        messages.push(view.describe(&*finding?));
    }
    Ok(Some(format!("{} critical: {}", messages.len(), messages.join("; "))))
}

/// `1 known and 2 waived`.
fn accepted(entries: &[Entry]) -> Option<String> {
    let mut critical = entries.to_vec();
    critical.retain(|entry| entry.severity == Severity::Critical);
    let counts = [Status::Known, Status::Waived]
        .map(|status| (with_status(&critical, status).count(), status.word()));
    let counts = nonzero(counts);
    (!counts.is_empty()).then(|| counts.join(" and "))
}

/// By which rules, and what fails.
fn run(report: &Report, unjudged: usize) -> Vec<Fact> {
    let RunOptions { rule_set, only, skip, frameworks, gate, .. } = &report.options;
    let all = counted(report.rules.len(), "rule");
    let judged = match unjudged {
        0 => format!("{all} judged"),
        some => format!("{all}, {some} not fully judged"),
    };
    let chosen = match (only.as_slice(), frameworks.as_slice()) {
        ([], []) => rule_set.as_str(),
        ([], _) => "of the frameworks",
        _ => "chosen by id",
    };
    let mut terms =
        vec![("Rules", judged), ("Rule set", format!("{chosen}, {}", report.tool.ruleset))];
    let mut list = |term, ids: &[String]| {
        if !ids.is_empty() {
            terms.push((term, ids.join(", ")));
        }
    };
    list("Frameworks", frameworks);
    list("Only", only);
    list("Left out", skip);
    list("May be unknown", &gate.allow_unknown);
    list("Configuration", &report.run.configuration);
    terms.push(("Fails at", format!("severity {} or above", gate.fail_on.word())));
    terms
}
