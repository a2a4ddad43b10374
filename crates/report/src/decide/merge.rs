//! Joins reports of different accounts that were judged in the same way.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::mem;

use portcullis_model::{
    AccountRef, ActivitySummary, Loosening, LooseningChange, Report, Run, Share, Waiver,
    WaiverOutcome,
};
use thiserror::Error;

use crate::decide::loosened;
use crate::decide::waivers::{self, ANY_ACCOUNT};

/// Why reports cannot be joined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unmergeable {
    /// There are no reports.
    Nothing,
    /// Two of them do not go together.
    Pair {
        /// The places of the two among the reports, from 0.
        places: [usize; 2],
        /// Why not.
        conflict: Conflict,
    },
}

/// Why two reports do not go together.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Conflict {
    /// Both are of the account with this id.
    #[error("both are of account {0}")]
    SameAccount(String),
    /// Neither identifies its account.
    #[error("neither says which account it covers, so both may cover the same one")]
    Unidentified,
    /// Only one of them is redacted.
    #[error("one is redacted and the other is not")]
    Redaction,
    /// Different versions of Portcullis made them.
    #[error("different versions of Portcullis made them")]
    Version,
    /// Different rules or parameters, or pseudonyms under different salts.
    #[error("they were judged by different rules or parameters, or redacted with different salts")]
    Rules,
    /// Different options.
    #[error("they were made with different options")]
    Options,
}

/// Joins the reports as if one audit had judged all accounts.
pub fn merge(reports: Vec<Report>) -> Result<Report, Unmergeable> {
    let mut join = Join::default();
    let (mut accounts, mut findings) = (Vec::new(), Vec::new());
    for mut report in reports {
        findings.append(&mut report.findings);
        let mut keys = Vec::new();
        for account in &report.accounts {
            keys.push((account.partition.clone(), account.id.clone()));
        }
        accounts.append(&mut report.accounts);
        join.add(report, keys)?;
    }
    accounts.sort_by(|a, b| a.account_ref().cmp(&b.account_ref()));
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut joined = Report { accounts, findings, ..join.finish()? };
    loosened::count(&mut joined);
    Ok(joined)
}

/// What reports have in common while they are joined. Their accounts and findings are kept elsewhere.
#[derive(Default)]
pub struct Join {
    /// The first report, without its accounts and findings.
    head: Option<Report>,
    /// The number of reports so far.
    count: usize,
    /// The accounts by partition and id, with the place of their report.
    accounts: BTreeMap<(String, String), usize>,
    waivers: Vec<JoinedWaiver>,
    run: Run,
    activity: Vec<ActivitySummary>,
}

impl Join {
    /// Adds a report, whose accounts and findings the caller keeps, with the partitions and ids of its
    /// accounts.
    pub fn add(
        &mut self,
        mut report: Report,
        accounts: Vec<(String, String)>,
    ) -> Result<(), Unmergeable> {
        let second = self.count;
        let refused = |first, conflict| Unmergeable::Pair { places: [first, second], conflict };
        let head = self.head.as_ref();
        if let Some(conflict) = head.and_then(|head| difference(head, &report)) {
            return Err(refused(0, conflict));
        }
        self.count += 1;
        self.add_waivers(mem::take(&mut report.waivers), &accounts);
        loosened::add(&mut self.run, mem::take(&mut report.run));
        self.activity.append(&mut report.activity);
        for (partition, id) in accounts {
            let is_identified = AccountRef { partition: &partition, id: &id }.is_identified();
            match self.accounts.entry((partition, id)) {
                Entry::Vacant(entry) => {
                    entry.insert(second);
                }
                Entry::Occupied(entry) if is_identified => {
                    let id = entry.key().1.clone();
                    return Err(refused(*entry.get(), Conflict::SameAccount(id)));
                }
                Entry::Occupied(entry) => {
                    return Err(refused(*entry.get(), Conflict::Unidentified));
                }
            }
        }
        self.head.get_or_insert(report);
        Ok(())
    }

    /// Adds verdicts on accounts that were added before: which waivers match them, and how many may stay unknown.
    pub fn settle(&mut self, mut report: Report) {
        let Report { rules, waivers, accounts, .. } = &mut report;
        waivers.retain(|outcome| rules.iter().any(|rule| rule.id == outcome.waiver.rule));
        let mut keys = Vec::new();
        for account in accounts.drain(..) {
            keys.push((account.partition, account.id));
        }
        self.add_waivers(mem::take(waivers), &keys);
        loosened::add(&mut self.run, report.run);
    }

    /// Notes why the joined report shows less than one audit of all accounts would.
    pub fn loosen(&mut self, change: LooseningChange) {
        let loosened = vec![Loosening { origin: None, change }];
        loosened::add(&mut self.run, Run { loosened, ..Run::default() });
    }

    /// Notes which shares of the accounts are missing, if shares were added, and returns the first of them, sorted.
    pub fn expect_all_shares(&mut self) -> Vec<Share> {
        // A report that was joined before may have lacked shares that were added now.
        self.run
            .loosened
            .retain(|known| !matches!(known.change, LooseningChange::MissingShares { .. }));
        loosened::sort(&mut self.run);
        let missing = missing_shares(&self.run.shares);
        if missing.is_empty() {
            self.run.shares.clear();
        } else {
            self.loosen(LooseningChange::MissingShares { shares: missing.clone() });
        }
        missing
    }

    /// Notes whether the shares of the accounts cover different periods. Call this before
    /// [`Join::expect_all_shares`].
    pub fn compare_periods(&mut self) -> bool {
        let mut periods = self.activity.iter().map(|summary| summary.period);
        let first = periods.next();
        let differ = !self.run.shares.is_empty() && periods.any(|period| Some(period) != first);
        if differ {
            self.loosen(LooseningChange::DifferentPeriods);
        }
        differ
    }

    /// Adds the waivers of a report of these accounts.
    fn add_waivers(&mut self, waivers: Vec<WaiverOutcome>, accounts: &[(String, String)]) {
        for outcome in waivers {
            let concerns = concerns(&outcome.waiver, accounts);
            let mut joined = self.waivers.iter_mut();
            match joined.find(|joined| joined.outcome.waiver == outcome.waiver) {
                Some(joined) => joined.add(&outcome, concerns),
                None => self.waivers.push(JoinedWaiver::new(outcome, concerns)),
            }
        }
    }

    /// Returns the joined report, without accounts and findings.
    pub fn finish(mut self) -> Result<Report, Unmergeable> {
        let head = self.head.ok_or(Unmergeable::Nothing)?;
        self.waivers.sort_by(|a, b| {
            waivers::order(&a.outcome.waiver).cmp(&waivers::order(&b.outcome.waiver))
        });
        let waivers = self.waivers.into_iter().map(JoinedWaiver::finish).collect();
        loosened::sort(&mut self.run);
        Ok(Report { waivers, run: self.run, activity: self.activity, ..head })
    }
}

/// How many missing shares are named.
const NAMED_SHARES: usize = 100;

/// The shares missing from these, which are sorted; none if all shares of one split are there.
fn missing_shares(shares: &[Share]) -> Vec<Share> {
    let mut missing = Vec::new();
    for of_split in shares.chunk_by(|a, b| a.count == b.count) {
        let count = of_split[0].count;
        let all = (1..=count).map(|index| Share { count, index });
        let absent = all.filter(|share| of_split.binary_search(share).is_err());
        let before = missing.len();
        missing.extend(absent.take(NAMED_SHARES));
        if missing.len() == before {
            return Vec::new();
        }
    }
    missing
}

/// Finds something that two reports must have in common but do not.
fn difference(a: &Report, b: &Report) -> Option<Conflict> {
    if a.options.redacted != b.options.redacted {
        Some(Conflict::Redaction)
    } else if (&a.tool.name, &a.tool.version) != (&b.tool.name, &b.tool.version) {
        Some(Conflict::Version)
    } else if a.tool.ruleset != b.tool.ruleset || a.rules != b.rules {
        Some(Conflict::Rules)
    } else {
        (a.options != b.options).then_some(Conflict::Options)
    }
}

/// A waiver, with its outcomes in several reports.
struct JoinedWaiver {
    outcome: WaiverOutcome,
    /// Whether a report judged it.
    is_judged_somewhere: bool,
    /// Whether every report that it concerns judged it.
    is_judged_everywhere: bool,
}

impl JoinedWaiver {
    fn new(outcome: WaiverOutcome, concerns: bool) -> JoinedWaiver {
        JoinedWaiver {
            is_judged_somewhere: outcome.judged,
            is_judged_everywhere: outcome.judged || !concerns,
            outcome,
        }
    }

    fn add(&mut self, other: &WaiverOutcome, concerns: bool) {
        self.is_judged_somewhere |= other.judged;
        self.is_judged_everywhere &= other.judged || !concerns;
        let joined = &mut self.outcome;
        joined.days_left = joined.days_left.min(other.days_left);
        joined.fails = joined.fails.saturating_add(other.fails);
        joined.unknown = joined.unknown.saturating_add(other.unknown);
    }

    fn finish(self) -> WaiverOutcome {
        // An account that was not fully judged may have what the waiver is for.
        let judged = self.is_judged_somewhere && self.is_judged_everywhere;
        WaiverOutcome { judged, ..self.outcome }
    }
}

/// Whether the waiver applies in one of the accounts.
fn concerns(waiver: &Waiver, accounts: &[(String, String)]) -> bool {
    waiver.account == ANY_ACCOUNT && !accounts.is_empty()
        || accounts.iter().any(|(_, id)| *id == waiver.account)
}
