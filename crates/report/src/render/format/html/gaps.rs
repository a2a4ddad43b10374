//! What could not be judged, why, and what would change that.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use askama::Template;
use portcullis_model::{
    AccountRef, AccountStatus, AuditedAccount, Finding, Gap, Report, Source, Status,
};

use super::index::{Index, RuleLink};
use crate::render::advice::steps;
use crate::render::counts::unjudged;
use crate::render::gaps::{SOURCES, causes, descriptions};
use crate::render::view::{View, with_status};
use crate::words::{Shared, counted, few};

/// With more gaps of a source than this, a single cause affects everything.
const LISTED_REASONS: usize = 20;

/// So many accounts are named of which nothing was collected; the table of accounts has all.
const LISTED_ACCOUNTS: usize = 10;

#[derive(Template)]
#[template(path = "html/gaps.html")]
pub(super) struct Gaps {
    /// Whether all evidence was there and every rule was judged.
    complete: bool,
    /// Accounts of which there is no evidence at all, the first by their ids.
    failed: Option<String>,
    /// How many things are missing, of the kind of which there is more.
    pub(super) count: usize,
    /// `6 verdicts of 2 rules are unknown`; none if none is.
    pub(super) extent: Option<String>,
    missing: Vec<Missing>,
    /// Calls that nobody missed.
    not_asked: Vec<String>,
    cures: Vec<String>,
}

/// Sources that are missing, wholly or in part, for the same reasons.
struct Missing {
    /// None: no source is missing, and yet something was not judged.
    sources: Vec<&'static str>,
    reasons: Vec<String>,
    /// How many reasons are not listed.
    more: usize,
    /// What is missing one by one, where the reasons do not say so.
    details: Vec<String>,
    /// `6 verdicts were not judged`.
    effect: String,
    rules: Vec<RuleLink>,
}

impl Gaps {
    pub(super) fn new(view: &View<'_>, index: &Index<'_>) -> io::Result<Gaps> {
        let report = view.report;
        let needed = needed(view)?;
        let is_missed = |gap: &&Gap| !gap.is_by_choice() || needed.contains(&gap.source);
        let mut cards = Cards::default();
        for account in &report.accounts {
            cards.add_causes(account, is_missed);
        }
        for entry in with_status(&view.entries, Status::Unknown) {
            cards.add_finding(&*view.finding(entry)?, view.account_id(entry));
        }
        let mut missing = Vec::new();
        for (sources, card) in cards.by_sources {
            let descriptions =
                descriptions(report, |gap| sources.contains(&gap.source) && is_missed(&gap));
            missing.push(Missing::new(report, index, &sources, card, descriptions));
        }
        let failed = report.accounts.iter().filter(|a| a.status.is_failed());
        let failed: Vec<&str> = failed.map(|account| account.id.as_str()).collect();
        let all_there = report
            .accounts
            .iter()
            .all(|a| a.status == AccountStatus::Complete);
        Ok(Gaps {
            complete: missing.is_empty() && all_there && !report.accounts.is_empty(),
            failed: (!failed.is_empty()).then(|| few(&failed, LISTED_ACCOUNTS)),
            count: missing.len().max(failed.len()),
            extent: extent(view),
            missing,
            not_asked: descriptions(report, |gap| !is_missed(&gap)),
            cures: cards.cures.into_iter().collect(),
        })
    }
}

/// The sources without which a finding is unknown.
fn needed(view: &View<'_>) -> io::Result<BTreeSet<Source>> {
    let mut needed = BTreeSet::new();
    for entry in with_status(&view.entries, Status::Unknown) {
        needed.extend(view.finding(entry)?.missing.iter().copied());
    }
    Ok(needed)
}

/// What is missing, and what would change that.
#[derive(Default)]
struct Cards<'a> {
    /// The sources of a card share a cause.
    by_sources: BTreeMap<BTreeSet<Source>, Card<'a>>,
    cures: BTreeSet<String>,
}

/// What sources are missing for, and what that leaves unknown.
#[derive(Default)]
struct Card<'a> {
    accounts: BTreeSet<AccountRef<'a>>,
    reasons: Shared<'a>,
    remedies: BTreeSet<String>,
    /// How many findings of each rule.
    findings: BTreeMap<String, usize>,
}

impl<'a> Cards<'a> {
    fn add_causes(&mut self, account: &'a AuditedAccount, is_missed: impl Fn(&&Gap) -> bool) {
        for cause in causes(account.gaps.iter().filter(is_missed), SOURCES) {
            let card = self.by_sources.entry(cause.sources).or_default();
            card.accounts.insert(account.account_ref());
            card.reasons.add(cause.says, Some(&account.id));
            card.remedies.insert(cause.remedy);
        }
    }

    /// Counts a finding that is unknown for each source that it lacks, and adds what to do.
    fn add_finding(&mut self, finding: &Finding, account: &'a str) {
        let mut is_explained = false;
        for (sources, card) in &mut self.by_sources {
            let lacks = finding
                .missing
                .iter()
                .any(|source| sources.contains(source));
            if lacks && card.accounts.contains(&finding.account_ref()) {
                *card.findings.entry(finding.rule.clone()).or_default() += 1;
                self.cures.append(&mut card.remedies);
                is_explained = true;
            }
        }
        if !is_explained {
            let sources: BTreeSet<Source> = finding.missing.iter().copied().collect();
            let card = self.by_sources.entry(sources).or_default();
            *card.findings.entry(finding.rule.clone()).or_default() += 1;
            if !finding.missing.is_empty() {
                let says = finding.message.trim_start_matches("not judged: ");
                card.reasons.add(says.to_owned(), Some(account));
            }
            self.cures.extend(steps(finding).map(str::to_owned));
        }
    }
}

impl Missing {
    fn new(
        report: &Report,
        index: &Index<'_>,
        sources: &BTreeSet<Source>,
        card: Card<'_>,
        mut descriptions: Vec<String>,
    ) -> Missing {
        let more = descriptions.len().saturating_sub(LISTED_REASONS);
        descriptions.truncate(LISTED_REASONS);
        let (reasons, details) = match sources.len() {
            0 | 1 if !descriptions.is_empty() => (descriptions, Vec::new()),
            _ => (card.reasons.led(report), descriptions),
        };
        let effect = match card.findings.values().sum::<usize>() {
            0 => "no verdict depends on it".to_owned(),
            1 => "1 verdict is unknown".to_owned(),
            count => format!("{count} verdicts are unknown"),
        };
        let mut rules = Vec::new();
        for (id, &count) in &card.findings {
            rules.push(index.link(id, |_| count));
        }
        let sources = sources.iter().map(|source| source.name()).collect();
        Missing { sources, reasons, more, details, effect, rules }
    }

    /// Whether there are more sources than a heading names.
    fn are_many(&self) -> bool {
        self.sources.len() > SOURCES
    }
}

fn extent(view: &View<'_>) -> Option<String> {
    let count = with_status(&view.entries, Status::Unknown).count();
    let are = if count == 1 { "is" } else { "are" };
    let (verdicts, rules) = (counted(count, "verdict"), counted(unjudged(view), "rule"));
    (count > 0).then(|| format!("{verdicts} of {rules} {are} unknown"))
}
