//! Applies waivers: which findings somebody accepts, until when, and what to say about the waivers themselves.
//!
//! Accepting a risk is not evidence, so verdicts do not change, and what could not be judged stays unknown. A waiver
//! lasts until the end of its last day in UTC.

mod resource;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portcullis_model::{
    AccountRef, AppliedWaiver, AuditedAccount, Finding, Report, Status, Verdict, Waiver,
    WaiverOutcome,
};

pub use resource::{NotAResource, ResourcePattern};
pub use words::{State, end, matches, subject, warning, warnings};
pub(crate) use words::{account, decision, decision_and_reason, state};

/// The account of a waiver for all accounts.
pub const ANY_ACCOUNT: &str = "*";

/// Replaces the waivers of the report. They apply on the day to which the ages of each account count.
///
/// If several waivers match a finding, the one that lasts longest applies.
pub fn apply(report: &mut Report, waivers: &[Waiver]) {
    let mut matchers: Vec<Matcher> = sorted(waivers).into_iter().map(Matcher::new).collect();
    let accounts = report.accounts.iter();
    let moments: HashMap<_, _> = accounts.map(|a| (a.account_ref(), a.as_of)).collect();
    // Only a report that was tampered with lacks accounts, or the account of a finding.
    let latest = report.as_of().unwrap_or_default();
    let mut by_rule: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, matcher) in matchers.iter().enumerate() {
        by_rule.entry(&matcher.waiver.rule).or_default().push(index);
    }
    for finding in &mut report.findings {
        finding.waiver = None;
        let as_of = moments
            .get(&finding.account_ref())
            .copied()
            .unwrap_or(latest);
        for &index in by_rule.get(finding.rule.as_str()).into_iter().flatten() {
            if matchers[index].matches(finding) {
                matchers[index].meet(finding, as_of);
            }
        }
    }
    count(report);
    let judged = Judged::new(report);
    report.waivers = matchers
        .iter()
        .map(|matcher| matcher.outcome(latest, &judged))
        .collect();
}

/// The state of the waivers at this time, without a report.
pub fn unapplied(waivers: &[Waiver], as_of: Timestamp) -> Vec<WaiverOutcome> {
    let judged = Judged::default();
    let matchers = sorted(waivers).into_iter().map(Matcher::new);
    matchers
        .map(|matcher| matcher.outcome(as_of, &judged))
        .collect()
}

/// The findings that the waiver matches and that fail or could not be judged.
pub fn matching<'r>(report: &'r Report, waiver: &Waiver) -> Vec<&'r Finding> {
    let matcher = Matcher::new(waiver);
    let mut matching = Vec::new();
    for finding in &report.findings {
        if matches!(finding.verdict, Verdict::Fail | Verdict::Unknown)
            && finding.rule == waiver.rule
            && matcher.matches(finding)
        {
            matching.push(finding);
        }
    }
    matching
}

/// The other findings of the waiver's rule that fail in its accounts: a waiver that matches nothing may be meant for
/// one of them.
pub fn failing_elsewhere<'r>(report: &'r Report, waiver: &Waiver) -> Vec<&'r Finding> {
    let matcher = Matcher::new(waiver);
    let mut others = Vec::new();
    for finding in &report.findings {
        if finding.verdict == Verdict::Fail
            && finding.rule == waiver.rule
            && matcher.is_in(&finding.account)
            && !matcher.matches(finding)
        {
            others.push(finding);
        }
    }
    others
}

fn sorted(waivers: &[Waiver]) -> Vec<&Waiver> {
    let mut sorted: Vec<&Waiver> = waivers.iter().collect();
    sorted.sort_by_key(|waiver| order(waiver));
    sorted
}

/// The order of waivers in a report, by their end.
pub(crate) fn order(waiver: &Waiver) -> impl Ord + '_ {
    let Waiver { rule, resource, account, reason, owner, expires } = waiver;
    (expires, rule, account, resource, owner, reason)
}

/// Counts the waived findings of each account and rule.
fn count(report: &mut Report) {
    let mut waived: HashMap<(AccountRef<'_>, &str), u32> = HashMap::new();
    for finding in &report.findings {
        if finding.status() == Status::Waived {
            let key = (finding.account_ref(), finding.rule.as_str());
            *waived.entry(key).or_default() += 1;
        }
    }
    for AuditedAccount { partition, id, tallies, .. } in &mut report.accounts {
        let account = AccountRef { partition, id };
        for (rule, tally) in tallies {
            tally.waived = waived.get(&(account, rule)).copied().unwrap_or_default();
        }
    }
}

/// The number of days until the last day of the waiver, in UTC.
fn days_left(waiver: &Waiver, as_of: Timestamp) -> i32 {
    let today = as_of.to_zoned(TimeZone::UTC).date();
    waiver
        .expires
        .duration_since(today)
        .as_hours()
        .div_euclid(24)
        .try_into()
        .unwrap_or(i32::MAX)
}

/// A waiver that is matched with findings of its rule.
struct Matcher<'w> {
    waiver: &'w Waiver,
    /// None if it is not a valid pattern, and matches nothing.
    resource: Option<ResourcePattern>,
    fails: u32,
    unknown: u32,
}

impl<'w> Matcher<'w> {
    fn new(waiver: &'w Waiver) -> Matcher<'w> {
        Matcher { waiver, resource: waiver.resource.parse().ok(), fails: 0, unknown: 0 }
    }

    fn is_in(&self, account: &str) -> bool {
        self.waiver.account == ANY_ACCOUNT || self.waiver.account == account
    }

    fn matches(&self, finding: &Finding) -> bool {
        let resource = &finding.resource;
        self.is_in(&finding.account)
            && self
                .resource
                .as_ref()
                .is_some_and(|pattern| pattern.matches(resource))
    }

    /// Counts a finding, and becomes its waiver unless the finding has one that lasts longer.
    fn meet(&mut self, finding: &mut Finding, as_of: Timestamp) {
        match finding.verdict {
            Verdict::Unknown => self.unknown += 1,
            Verdict::Fail => {
                self.fails += 1;
                let other = finding.waiver.as_ref();
                if other.is_none_or(|other| other.expires < self.waiver.expires) {
                    finding.waiver = Some(applied(self.waiver, as_of));
                }
            }
            Verdict::Pass | Verdict::NotApplicable => {}
        }
    }

    fn outcome(&self, as_of: Timestamp, judged: &Judged<'_>) -> WaiverOutcome {
        WaiverOutcome {
            waiver: self.waiver.clone(),
            days_left: days_left(self.waiver, as_of),
            judged: judged.covers(self),
            fails: self.fails,
            unknown: self.unknown,
        }
    }
}

fn applied(waiver: &Waiver, as_of: Timestamp) -> AppliedWaiver {
    let Waiver { reason, owner, expires, .. } = waiver.clone();
    AppliedWaiver { reason, owner, expires, expired: days_left(waiver, as_of) < 0 }
}

/// What a run judged. Only there does it mean something that a waiver matches nothing.
#[derive(Default)]
struct Judged<'r> {
    rules: BTreeSet<&'r str>,
    accounts: BTreeSet<&'r str>,
    /// The accounts from which nothing was collected.
    failed: BTreeSet<&'r str>,
    /// By rule, the accounts with unknown resources, which may include the waived one.
    blind: BTreeMap<&'r str, BTreeSet<&'r str>>,
}

impl<'r> Judged<'r> {
    fn new(report: &'r Report) -> Judged<'r> {
        let mut judged = Judged::default();
        for account in &report.accounts {
            judged.accounts.insert(&account.id);
            if !account.status.is_judged() {
                judged.failed.insert(&account.id);
            }
        }
        let rules = report.rules_by_id();
        for finding in &report.findings {
            if finding.stands_for_list(rules.get(finding.rule.as_str()).copied()) {
                judged
                    .blind
                    .entry(&finding.rule)
                    .or_default()
                    .insert(&finding.account);
            }
        }
        judged.rules = rules.into_keys().collect();
        judged
    }

    fn covers(&self, matcher: &Matcher<'_>) -> bool {
        let rule = matcher.waiver.rule.as_str();
        let any = |accounts: &BTreeSet<&str>| accounts.iter().any(|id| matcher.is_in(id));
        self.rules.contains(rule)
            && any(&self.accounts)
            && !any(&self.failed)
            && !self.blind.get(rule).is_some_and(any)
    }
}
