//! Compares a report with a baseline, an earlier report whose findings are known, so that only new ones count.
//!
//! A finding is known if it counted in the baseline and was at least as severe there. A finding that was waived there is
//! not known, and counts when its waiver ends. What cannot be judged is never known, so an incomplete audit stays
//! incomplete.

use std::collections::{BTreeMap, HashMap};
use std::io;

use jiff::Timestamp;
use portcullis_model::{
    AccountRef, AccountStatus, Baseline, BaselineState, Finding, Fingerprint, Report, RuleInfo,
    Severity, Status, Verdict,
};

use crate::decide::comparison::{AccessKey, AccessKeys, RuleChanges, failing_since};
use crate::rows::Rows;
use crate::words::{named, time};

/// The part of an earlier report that is kept in memory.
#[derive(Debug)]
pub struct EarlierReport {
    ruleset: String,
    rules: Vec<RuleInfo>,
    accounts: HashMap<(String, String), EarlierAccount>,
    findings: HashMap<Fingerprint, Vec<EarlierFinding>>,
    keys: AccessKeys,
    /// The accounts that were compared with it, by partition and id, with the times at which their ages are measured.
    compared: BTreeMap<(String, String), Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct EarlierAccount {
    status: AccountStatus,
    as_of: Timestamp,
}

/// A finding that failed then or earlier.
#[derive(Debug)]
struct EarlierFinding {
    verdict: Verdict,
    first_seen: Option<Timestamp>,
    /// Its severity if it counted, until it makes a finding of today known.
    counted: Option<Severity>,
    key: Option<Box<AccessKey>>,
}

impl EarlierReport {
    /// Keeps the part of a report that the comparison needs.
    pub fn new(report: &Report, findings: &dyn Rows<Finding>) -> io::Result<EarlierReport> {
        let mut accounts = HashMap::new();
        for account in &report.accounts {
            // An unidentified account may be any account.
            if account.account_ref().is_identified() {
                let key = (account.partition.clone(), account.id.clone());
                let held = EarlierAccount { status: account.status, as_of: account.as_of };
                accounts.entry(key).or_insert(held);
            }
        }
        let mut earlier = EarlierReport {
            ruleset: report.tool.ruleset.clone(),
            rules: report.rules.clone(),
            accounts,
            findings: HashMap::new(),
            keys: AccessKeys::default(),
            compared: BTreeMap::new(),
        };
        for place in 0..findings.count() {
            earlier.add(&*findings.get(place)?);
        }
        Ok(earlier)
    }

    fn add(&mut self, finding: &Finding) {
        let key = AccessKey::from_finding(finding);
        if let Some(key) = &key {
            self.keys.add(key.clone(), &finding.fingerprint);
        }
        let Finding { verdict, first_seen, severity, .. } = *finding;
        if verdict == Verdict::Fail || verdict == Verdict::Unknown && first_seen.is_some() {
            let counts = matches!(finding.status(), Status::Open | Status::Known);
            let counted = counts.then_some(severity);
            let held = EarlierFinding { verdict, first_seen, counted, key: key.map(Box::new) };
            let same = self.findings.entry(finding.fingerprint.clone());
            same.or_default().push(held);
        }
    }

    /// Compares a report of all accounts or of some with the baseline. Then each failing finding is known or new, and
    /// has the time when it was first seen.
    pub fn apply(&mut self, report: &mut Report) {
        for (key, fingerprint) in AccessKeys::new(&report.findings).iter() {
            self.follow(key, fingerprint);
        }
        for account in &mut report.accounts {
            let key = (account.partition.clone(), account.id.clone());
            let held = self.accounts.get(&key);
            let as_of = held
                .filter(|held| held.status.is_judged())
                .map(|held| held.as_of);
            account.baseline = Some(Baseline { as_of, ruleset: self.ruleset.clone() });
            self.compared.insert(key, account.as_of);
        }
        let accounts: HashMap<_, _> = report
            .accounts
            .iter()
            .map(|account| (account.account_ref(), account))
            .collect();
        // If several resources have one id, the most severe findings must match first.
        let mut findings: Vec<&mut Finding> = report.findings.iter_mut().collect();
        findings.sort_by_key(|finding| finding.severity);
        for finding in findings {
            let account = accounts.get(&finding.account_ref());
            let now = account.map(|account| account.as_of);
            let before = account.and_then(|account| account.baseline.as_ref()?.as_of);
            self.compare(finding, now, before);
        }
    }

    /// Compares a finding. The ages in its account are measured at these times, in this report and in the earlier one.
    fn compare(
        &mut self,
        finding: &mut Finding,
        now: Option<Timestamp>,
        before: Option<Timestamp>,
    ) {
        // Without an identified account, equal fingerprints may belong to different accounts.
        let earlier = match self.findings.get_mut(&finding.fingerprint) {
            Some(earlier) if before.is_some() => earlier.as_mut_slice(),
            _ => &mut [],
        };
        let held_since = |held: &EarlierFinding| {
            let since = failing_since(held.verdict, held.first_seen, before)?;
            Some(now.map_or(since, |now| since.min(now)))
        };
        let seen = earlier.iter().filter_map(held_since).min();
        (finding.baseline, finding.first_seen) = match finding.verdict {
            Verdict::Fail => (Some(state(finding.severity, earlier)), seen.or(now)),
            Verdict::Unknown => (None, seen),
            Verdict::Pass | Verdict::NotApplicable => (None, None),
        };
    }

    /// Moves the findings on an access key to the fingerprint that they have today.
    fn follow(&mut self, key: &AccessKey, fingerprint: &Fingerprint) {
        let Some(before) = self.keys.fingerprint(key) else {
            return;
        };
        if before == fingerprint {
            return;
        }
        let held = self.findings.entry(before.clone()).or_default();
        let is_of_key = |finding: &mut EarlierFinding| finding.key.as_deref() == Some(key);
        let moved: Vec<_> = held.extract_if(.., is_of_key).collect();
        let followed = self.findings.entry(fingerprint.clone()).or_default();
        followed.extend(moved);
    }

    /// Warns of what limits the comparison with a report judged by these rules.
    pub fn warnings(&self, rules: &[RuleInfo]) -> Vec<String> {
        let mut warnings = Vec::new();
        for ((partition, id), as_of) in &self.compared {
            warnings.extend(self.warning(AccountRef { partition, id }, *as_of));
        }
        let changes = RuleChanges::between(&self.rules, rules);
        if let Some(rules) = named(&changes.only_new) {
            let its = if changes.only_new.len() == 1 {
                "its"
            } else {
                "their"
            };
            warnings
                .push(format!("the baseline did not judge {rules}; {its} findings count as new"));
        }
        if let Some(rules) = named(&changes.differ) {
            warnings.push(format!(
                "{rules} had a different test or other parameters in the baseline; findings that \
                 failed there still count as known"
            ));
        }
        warnings
    }

    /// Warns if the baseline does not cover an account, or is later than the report.
    fn warning(&self, account: AccountRef<'_>, as_of: Timestamp) -> Option<String> {
        let AccountRef { partition, id } = account;
        let Some(held) = self.accounts.get(&(partition.to_owned(), id.to_owned())) else {
            return Some(format!(
                "the baseline does not cover account {id}; all its findings count as new"
            ));
        };
        if !held.status.is_judged() {
            return Some(format!(
                "in the baseline, nothing could be collected from account {id}; all its findings count as new"
            ));
        }
        let of = if self.compared.len() > 1 {
            format!(" of account {id}")
        } else {
            String::new()
        };
        let (was, is) = (time(held.as_of), time(as_of));
        (held.as_of > as_of).then(|| {
            format!("the baseline is from a later time ({was}) than this audit{of} ({is})")
        })
    }
}

/// Known if an earlier finding counted and was as severe. Each earlier finding makes only one of today known.
fn state(severity: Severity, earlier: &mut [EarlierFinding]) -> BaselineState {
    // Severities are ordered from the most severe.
    let counted = earlier.iter_mut().filter(|held| held.counted.is_some());
    match counted.min_by_key(|held| held.counted) {
        Some(held) if held.counted <= Some(severity) => {
            held.counted = None;
            BaselineState::Known
        }
        _ => BaselineState::New,
    }
}
