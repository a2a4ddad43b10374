//! Accounts: what is known of each, and where there are several, the worst first.

use std::cmp::Reverse;
use std::collections::HashMap;

use askama::Template;
use portcullis_model::{
    AccountRef, AccountStatus, AuditedAccount, Finding, Report, Severity, Status,
};

use super::bar::Bar;
use super::frameworks::percent;
use super::link::to_filter;
use super::text::Text;
use crate::words::{self, age, span, time};

/// The table of accounts; empty where there is but one.
#[derive(Template)]
#[template(path = "html/accounts.html")]
pub(super) struct Accounts<'a> {
    accounts: Vec<Row<'a>>,
}

struct Row<'a> {
    account: Account<'a>,
    /// Of its open findings.
    worst: Option<Severity>,
    open: usize,
    /// Where they are.
    link: String,
    unknown: usize,
    bar: Bar,
    /// `cis-aws-7.0 72%`.
    scores: Vec<Text<'a>>,
}

/// An account, and the state of its evidence.
pub(super) struct Account<'a> {
    pub(super) id: Text<'a>,
    pub(super) names: Vec<Text<'a>>,
    pub(super) status: &'static str,
    pub(super) status_words: &'static str,
    pub(super) entries: Vec<Entry<'a>>,
}

/// A term and what it stands for.
pub(super) struct Entry<'a> {
    pub(super) term: &'static str,
    pub(super) text: Text<'a>,
}

/// The findings of an account that ask for work.
#[derive(Clone, Copy, Default, Eq, Ord, PartialEq, PartialOrd)]
struct Counts {
    /// By severity, the most severe first.
    open: [usize; Severity::ALL.len()],
    unknown: usize,
}

impl<'a> Accounts<'a> {
    pub(super) fn new(report: &'a Report) -> Accounts<'a> {
        if report.accounts.len() < 2 {
            return Accounts { accounts: Vec::new() };
        }
        let mut counts: HashMap<AccountRef<'_>, Counts> = HashMap::new();
        for finding in &report.findings {
            counts.entry(finding.account_ref()).or_default().add(finding);
        }
        let counts_of = |account: &AuditedAccount| {
            counts.get(&account.account_ref()).copied().unwrap_or_default()
        };
        let mut accounts: Vec<&AuditedAccount> = report.accounts.iter().collect();
        accounts.sort_by_key(|account| Reverse((counts_of(account), account.status.is_failed())));
        let most = counts.values().map(|counts| counts.open.iter().sum()).max().unwrap_or(0);
        let rows = accounts.into_iter().map(|a| Row::new(a, report, counts_of(a), most));
        Accounts { accounts: rows.collect() }
    }

    /// How many there are, for the navigation.
    pub(super) fn count(&self) -> usize {
        self.accounts.len()
    }
}

impl Counts {
    fn add(&mut self, finding: &Finding) {
        match finding.status() {
            Status::Open => self.open[finding.severity as usize] += 1,
            Status::Unknown => self.unknown += 1,
            _ => {}
        }
    }
}

impl<'a> Row<'a> {
    fn new(account: &'a AuditedAccount, report: &Report, counts: Counts, most: usize) -> Row<'a> {
        let by_severity: Vec<_> =
            Severity::ALL.into_iter().map(|s| (s.word(), counts.open[s as usize])).collect();
        let scores = account
            .frameworks
            .iter()
            .map(|framework| format!("{} {}", framework.id, percent(&framework.controls)).into());
        let account = Account::new(account, report);
        Row {
            link: to_filter("account", &account.id),
            account,
            worst: Severity::ALL.into_iter().find(|&s| counts.open[s as usize] > 0),
            open: counts.open.iter().sum(),
            unknown: counts.unknown,
            bar: Bar::new(&by_severity, most),
            scores: scores.collect(),
        }
    }
}

impl<'a> Account<'a> {
    pub(super) fn new(account: &'a AuditedAccount, report: &Report) -> Account<'a> {
        let (status, status_words) = match account.status {
            AccountStatus::Complete => ("complete", "complete evidence"),
            AccountStatus::Incomplete => ("incomplete", "incomplete evidence"),
            AccountStatus::Suspended => ("incomplete", "suspended: not judged"),
            AccountStatus::Closed => ("incomplete", "closed: not judged"),
            failed => ("failed", words::not_collected(failed)),
        };
        let names = [&account.alias, &account.name].into_iter().flatten();
        Account {
            id: (&account.id).into(),
            names: names.map(Text::from).collect(),
            status,
            status_words,
            entries: entries(account, report),
        }
    }
}

fn entries<'a>(account: &'a AuditedAccount, report: &Report) -> Vec<Entry<'a>> {
    let report_age = account.report_generated_at.map(|made| age(made, account.as_of));
    let collected = [account.collected_from, account.collected_to].into_iter().flatten();
    let collected = span(collected, time);
    let baseline = words::baseline(account, report);
    vec![
        Entry { term: "Partition", text: (&account.partition).into() },
        Entry { term: "Caller", text: account.caller.as_deref().unwrap_or("unknown").into() },
        Entry {
            term: "Credential report",
            text: report_age.unwrap_or_else(|| "missing or undated".to_owned()).into(),
        },
        Entry { term: "As of", text: time(account.as_of).into() },
        Entry {
            term: "Collected",
            text: collected.unwrap_or_else(|| "at an unknown time".to_owned()).into(),
        },
        Entry { term: "Baseline", text: baseline.unwrap_or_else(|| "none".to_owned()).into() },
    ]
}
