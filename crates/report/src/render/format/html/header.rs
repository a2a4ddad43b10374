//! What the audit comes to, what to do first, and what was audited: the account, evidence, options.

use askama::Template;
use portcullis_model::{Finding, Report, RunOptions, Severity, Status};

use super::accounts::{Account, Entry};
use super::index::{Index, Rule};
use super::link::RuleLink;
use super::text::Text;
use crate::Outcome;
use crate::decide::loosened;
use crate::words::{counted, describe, few, name};

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
    most_severe: Option<Text<'a>>,
    /// Critical findings that do not count.
    accepted: Option<String>,
    sentence: Text<'a>,
    /// How much could not be judged.
    unknown: Option<String>,
    first: Vec<First<'a>>,
    /// How many other rules have open findings.
    others: usize,
    redacted: bool,
    /// The account, if there is one only.
    account: Option<Account<'a>>,
    run: Vec<Entry<'a>>,
    /// What makes the run laxer than by default.
    loosened: Vec<Text<'a>>,
}

/// A rule to work on first.
struct First<'a> {
    severity: Severity,
    /// Its only finding, or the problem and who has it.
    what: Text<'a>,
    rules: [RuleLink<'a>; 1],
}

impl<'a> Header<'a> {
    pub(super) fn new(
        report: &'a Report,
        index: &'a Index<'a>,
        outcome: &Outcome,
        unknown: Option<String>,
    ) -> Header<'a> {
        let open: Vec<&Finding> = with_status(report, Status::Open).collect();
        let class = match outcome.exit_status() {
            0 if open.is_empty() => "clean",
            0 => "below",
            1 => "failed",
            _ => "incomplete",
        };
        let many_accounts = report.accounts.len() > 1;
        let rules = index.most_severe(|finding| finding.status() == Status::Open);
        let account = match report.accounts.as_slice() {
            [account] => Some(Account::new(account, report)),
            _ => None,
        };
        Header {
            class,
            headline: headline(&open, report, class == "clean" && unknown.is_none()),
            most_severe: most_severe(&open, many_accounts),
            accepted: accepted(report),
            sentence: outcome.to_string().into(),
            unknown,
            first: rules.iter().take(FIRST).map(|rule| First::new(rule, many_accounts)).collect(),
            others: rules.len().saturating_sub(FIRST),
            redacted: report.options.redacted,
            account,
            run: run(report),
            loosened: loosened::describe(report).into_iter().map(Text::from).collect(),
        }
    }
}

impl<'a> First<'a> {
    fn new(rule: &'a Rule<'a>, many_accounts: bool) -> First<'a> {
        let mut open = rule.findings.clone();
        open.retain(|finding| finding.status() == Status::Open);
        let what = if let [finding] = open[..] {
            let account = many_accounts.then_some(finding.account.as_str());
            describe(account, &finding.resource, &finding.message)
        } else {
            let names: Vec<String> = open.iter().map(|f| name(f, many_accounts)).collect();
            format!("{}: {}", rule.title, few(&names, NAMED))
        };
        let severity = open.iter().map(|finding| finding.severity).min().unwrap_or(rule.severity);
        First { severity, what: what.into(), rules: [RuleLink::to(rule, open.len())] }
    }
}

fn with_status(report: &Report, status: Status) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(move |finding| finding.status() == status)
}

/// `75 open findings: 4 critical, 18 high, 32 medium, 21 low`.
fn headline(open: &[&Finding], report: &Report, all_judged: bool) -> String {
    let mut counts = Vec::new();
    for severity in Severity::ALL {
        let count = open.iter().filter(|finding| finding.severity == severity).count();
        if count > 0 {
            counts.push(format!("{count} {}", severity.word()));
        }
    }
    match open.len() {
        0 if all_judged => {
            format!("No open findings: all {} judged", counted(report.rules.len(), "rule"))
        }
        0 => "No open findings, but not everything could be judged".to_owned(),
        count => format!("{}: {}", counted(count, "open finding"), counts.join(", ")),
    }
}

/// `2 critical: root has no MFA device; anyone can assume role ci-deploy`.
fn most_severe(open: &[&Finding], many_accounts: bool) -> Option<Text<'static>> {
    let mut messages = Vec::new();
    for finding in open.iter().filter(|finding| finding.severity == Severity::Critical) {
        let account = many_accounts.then_some(finding.account.as_str());
        messages.push(describe(account, &finding.resource, &finding.message));
    }
    let in_words = (1..=IN_WORDS).contains(&messages.len());
    in_words.then(|| format!("{} critical: {}", messages.len(), messages.join("; ")).into())
}

/// `1 known and 2 waived`.
fn accepted(report: &Report) -> Option<String> {
    let mut counts = Vec::new();
    for (status, word) in [(Status::Known, "known"), (Status::Waived, "waived")] {
        let critical = with_status(report, status).filter(|it| it.severity == Severity::Critical);
        let count = critical.count();
        if count > 0 {
            counts.push(format!("{count} {word}"));
        }
    }
    (!counts.is_empty()).then(|| counts.join(" and "))
}

/// By which rules, and what fails.
fn run(report: &Report) -> Vec<Entry<'_>> {
    let RunOptions { rule_set, only, skip, frameworks, gate, .. } = &report.options;
    let mut entries = vec![
        Entry {
            term: "Rules",
            text: format!("{} judged", counted(report.rules.len(), "rule")).into(),
        },
        Entry { term: "Rule set", text: format!("{rule_set}, {}", report.tool.ruleset).into() },
    ];
    let mut list = |term, ids: &[String]| {
        if !ids.is_empty() {
            entries.push(Entry { term, text: ids.join(", ").into() });
        }
    };
    list("Frameworks", frameworks);
    list("Only", only);
    list("Left out", skip);
    list("May be unknown", &gate.allow_unknown);
    list("Configuration", &report.run.configuration);
    entries.push(Entry {
        term: "Fails at",
        text: format!("severity {} or above", gate.fail_on.word()).into(),
    });
    entries
}
