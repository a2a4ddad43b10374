//! Accounts: what is known of each, and where there are several, the worst first.

use std::cmp::Reverse;

use portcullis_model::{AccountStatus, AuditedAccount, Report, Severity, Status};

use super::bar::Bar;
use super::frameworks::percent;
use super::text::to_filter;
use crate::render::facts::Fact;
use crate::render::view::{self, AccountPart, Entry, View};
use crate::words::{self, age, span, time};

/// The accounts of an id, which are several where it is not known whose they are.
pub(super) struct AccountRow<'a> {
    pub(super) id: &'a str,
    pub(super) accounts: Vec<Account<'a>>,
    /// Of its open findings.
    pub(super) worst: Option<Severity>,
    pub(super) open: usize,
    /// Where they are.
    pub(super) link: String,
    pub(super) unknown: usize,
    pub(super) bar: Bar,
    /// `cis-aws-7.0 72%`.
    pub(super) scores: Vec<String>,
}

/// An account, and the state of its evidence.
pub(super) struct Account<'a> {
    pub(super) id: &'a str,
    pub(super) names: Vec<&'a String>,
    pub(super) status: &'static str,
    pub(super) status_words: &'static str,
    pub(super) terms: Vec<Fact>,
}

/// The findings of an account that ask for work.
#[derive(Clone, Copy, Default, Eq, Ord, PartialEq, PartialOrd)]
struct Counts {
    /// By severity, the most severe first.
    open: [usize; Severity::ALL.len()],
    unknown: usize,
}

/// The table of accounts, the worst first; empty where there is but one.
pub(super) fn rows<'a>(view: &'a View<'_>) -> Vec<AccountRow<'a>> {
    let report = view.report;
    if report.accounts.len() < 2 {
        return Vec::new();
    }
    let mut parts: Vec<(Counts, &str, AccountPart<'_>)> = Vec::new();
    for (id, part) in view::by_account(view) {
        let mut counts = Counts::default();
        part.entries.iter().for_each(|entry| counts.add(entry));
        parts.push((counts, id, part));
    }
    parts.sort_by_key(|(counts, _, part)| {
        let failed = part.accounts.iter().any(|a| a.status.is_failed());
        Reverse((*counts, failed))
    });
    let most = parts
        .iter()
        .map(|(counts, ..)| counts.all_open())
        .max()
        .unwrap_or_default();
    parts
        .iter()
        .map(|(counts, id, part)| AccountRow::new(id, part, report, *counts, most))
        .collect()
}

impl Counts {
    fn add(&mut self, entry: &Entry) {
        match entry.status {
            Status::Open => self.open[entry.severity as usize] += 1,
            Status::Unknown => self.unknown += 1,
            _ => {}
        }
    }

    fn all_open(&self) -> usize {
        self.open.iter().sum()
    }
}

impl<'a> AccountRow<'a> {
    fn new(
        id: &'a str,
        part: &AccountPart<'a>,
        report: &Report,
        counts: Counts,
        most: usize,
    ) -> AccountRow<'a> {
        let by_severity: Vec<_> = Severity::ALL
            .into_iter()
            .map(|s| (s.word(), counts.open[s as usize]))
            .collect();
        let frameworks = part.accounts.iter().flat_map(|account| &account.frameworks);
        AccountRow {
            link: to_filter("account", id),
            id,
            accounts: part
                .accounts
                .iter()
                .map(|account| Account::new(account, report))
                .collect(),
            worst: Severity::ALL
                .into_iter()
                .find(|&s| counts.open[s as usize] > 0),
            open: counts.all_open(),
            unknown: counts.unknown,
            bar: Bar::new(&by_severity, most),
            scores: frameworks
                .map(|framework| format!("{} {}", framework.id, percent(&framework.controls)))
                .collect(),
        }
    }
}

impl<'a> Account<'a> {
    pub(super) fn new(account: &'a AuditedAccount, report: &Report) -> Account<'a> {
        let all_judged = account.tallies.values().all(|tally| tally.unknown == 0);
        let (status, status_words) = match account.status {
            AccountStatus::Complete if all_judged => ("complete", "complete evidence"),
            AccountStatus::Complete | AccountStatus::Incomplete => {
                ("incomplete", "incomplete evidence")
            }
            AccountStatus::Suspended => ("incomplete", "suspended: not judged"),
            AccountStatus::Closed => ("incomplete", "closed: not judged"),
            _ => ("failed", words::not_collected(account)),
        };
        Account {
            id: &account.id,
            names: [&account.alias, &account.name]
                .into_iter()
                .flatten()
                .collect(),
            status,
            status_words,
            terms: terms(account, report),
        }
    }
}

fn terms(account: &AuditedAccount, report: &Report) -> Vec<Fact> {
    let report_age = match account.report_generated_at {
        Some(made) => age(made, account.as_of),
        None => words::without_age(account).to_owned(),
    };
    let moments = [account.collected_from, account.collected_to];
    let collected = span(moments.into_iter().flatten(), time);
    let baseline = words::baseline(account, report);
    vec![
        ("Partition", account.partition.clone()),
        ("Caller", account.caller.clone().unwrap_or("unknown".to_owned())),
        ("Credential report", report_age),
        ("As of", time(account.as_of)),
        ("Collected", collected.unwrap_or("at an unknown time".to_owned())),
        ("Baseline", baseline.unwrap_or("none".to_owned())),
    ]
}
