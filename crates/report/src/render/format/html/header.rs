//! What the audit comes to, and what was audited: accounts, evidence, options.

use askama::Template;
use portcullis_model::{AccountStatus, AuditedAccount, Report, RunOptions};

use super::text::Text;
use crate::Outcome;
use crate::decide::loosened;
use crate::words::{self, age, counted, span, time};

#[derive(Template)]
#[template(path = "html/header.html")]
pub(super) struct Header<'a> {
    /// `clean`, `failed` or `incomplete`.
    class: &'static str,
    headline: &'static str,
    sentence: Text<'a>,
    /// How much could not be judged.
    unknown: Option<String>,
    redacted: bool,
    accounts: Vec<Account<'a>>,
    run: Vec<Entry<'a>>,
    /// What makes the run laxer than by default.
    loosened: Vec<Text<'a>>,
}

/// A term and what it stands for.
struct Entry<'a> {
    term: &'static str,
    text: Text<'a>,
}

struct Account<'a> {
    id: Text<'a>,
    names: Vec<Text<'a>>,
    status: &'static str,
    status_words: &'static str,
    entries: Vec<Entry<'a>>,
}

impl<'a> Header<'a> {
    pub(super) fn new(
        report: &'a Report,
        outcome: &Outcome,
        unknown: Option<String>,
    ) -> Header<'a> {
        let (class, headline) = match outcome.exit_status() {
            0 => ("clean", "Nothing that counts failed"),
            1 => ("failed", "There is something to do"),
            _ => ("incomplete", "Not everything could be judged"),
        };
        let account = |account| Account::new(account, report);
        Header {
            class,
            headline,
            sentence: outcome.to_string().into(),
            unknown,
            redacted: report.options.redacted,
            accounts: report.accounts.iter().map(account).collect(),
            run: run(report),
            loosened: loosened::describe(report).into_iter().map(Text::from).collect(),
        }
    }
}

impl<'a> Account<'a> {
    fn new(account: &'a AuditedAccount, report: &Report) -> Account<'a> {
        let (status, status_words) = match account.status {
            AccountStatus::Complete => ("complete", "complete evidence"),
            AccountStatus::Incomplete => ("incomplete", "incomplete evidence"),
            AccountStatus::Suspended => ("incomplete", "suspended: not judged"),
            AccountStatus::Closed => ("incomplete", "closed: not judged"),
            failed => ("failed", words::not_collected(failed)),
        };
        let made = account.report_generated_at;
        let evidence = made
            .map_or_else(|| "missing or undated".into(), |made| age(made, account.as_of).into());
        let names = [&account.alias, &account.name].into_iter().flatten();
        let baseline = words::baseline(account, report);
        Account {
            id: (&account.id).into(),
            names: names.map(Text::from).collect(),
            status,
            status_words,
            entries: vec![
                Entry { term: "Partition", text: (&account.partition).into() },
                Entry {
                    term: "Caller",
                    text: account.caller.as_deref().unwrap_or("unknown").into(),
                },
                Entry { term: "Credential report", text: evidence },
                Entry { term: "As of", text: time(account.as_of).into() },
                Entry { term: "Collected", text: collected(account) },
                Entry {
                    term: "Baseline",
                    text: baseline.unwrap_or_else(|| "none".to_owned()).into(),
                },
            ],
        }
    }
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
        term: "Fails from",
        text: format!("severity {}", gate.fail_on.word()).into(),
    });
    entries
}

fn collected(account: &AuditedAccount) -> Text<'static> {
    let moments = [account.collected_from, account.collected_to].into_iter().flatten();
    span(moments, time).unwrap_or_else(|| "at an unknown time".to_owned()).into()
}
