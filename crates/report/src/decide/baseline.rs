//! The baseline: an earlier report that says which findings are known, so that only new ones count.
//!
//! A finding is known if the baseline holds it as one that counted there, and as at least as severe.
//! What was waived there is not known: when its waiver ends, it counts. What cannot be judged is never
//! known: an incomplete audit stays incomplete, whatever its baseline.

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

/// What is kept in memory of an earlier report.
#[derive(Debug)]
pub struct EarlierReport {
    ruleset: String,
    rules: Vec<RuleInfo>,
    accounts: HashMap<(String, String), EarlierAccount>,
    findings: HashMap<Fingerprint, Vec<EarlierFinding>>,
    keys: AccessKeys,
    /// The accounts that were compared with it, by partition and id, with the moments that their ages count to.
    compared: BTreeMap<(String, String), Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct EarlierAccount {
    status: AccountStatus,
    as_of: Timestamp,
}

/// A finding that failed, or of which a failure is remembered.
#[derive(Debug)]
struct EarlierFinding {
    verdict: Verdict,
    first_seen: Option<Timestamp>,
    /// How severe it was if it counted, until a finding of today is known by it.
    counted: Option<Severity>,
    key: Option<Box<AccessKey>>,
}

impl EarlierReport {
    /// What has to be kept of a report, whose findings may be elsewhere.
    pub fn new(report: &Report, findings: &dyn Rows<Finding>) -> io::Result<EarlierReport> {
        let mut accounts = HashMap::new();
        for account in &report.accounts {
            // An account that could not be identified may be any.
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
            self.findings.entry(finding.fingerprint.clone()).or_default().push(held);
        }
    }

    /// Compares a report with it, of all accounts or of some: each finding that fails is then known or
    /// new, and says when it was first seen.
    pub fn apply(&mut self, report: &mut Report) {
        for (key, fingerprint) in AccessKeys::new(&report.findings).iter() {
            self.follow(key, fingerprint);
        }
        for account in &mut report.accounts {
            let key = (account.partition.clone(), account.id.clone());
            let known = self.accounts.get(&key).filter(|held| held.status.is_judged());
            let as_of = known.map(|known| known.as_of);
            account.baseline = Some(Baseline { as_of, ruleset: self.ruleset.clone() });
            self.compared.insert(key, account.as_of);
        }
        let accounts: HashMap<_, _> =
            report.accounts.iter().map(|account| (account.account_ref(), account)).collect();
        // The most severe first: of several resources with one id, the most severe need the most severe of
        // those that counted.
        let mut findings: Vec<&mut Finding> = report.findings.iter_mut().collect();
        findings.sort_by_key(|finding| finding.severity);
        for finding in findings {
            let account = accounts.get(&finding.account_ref());
            let now = account.map(|account| account.as_of);
            let before = account.and_then(|account| account.baseline.as_ref()?.as_of);
            self.compare(finding, now, before);
        }
    }

    /// Compares a finding; the ages of its account count to these moments, here and in the earlier report.
    fn compare(
        &mut self,
        finding: &mut Finding,
        now: Option<Timestamp>,
        before: Option<Timestamp>,
    ) {
        // Who could not be identified may be anybody, although the fingerprints are the same.
        let earlier = before.and_then(|_| self.findings.get_mut(&finding.fingerprint));
        let earlier = earlier.map_or(&mut [][..], Vec::as_mut_slice);
        let seen = earlier
            .iter()
            .filter_map(|held| failing_since(held.verdict, held.first_seen, before))
            .min()
            .map(|seen| now.map_or(seen, |now| seen.min(now)));
        (finding.baseline, finding.first_seen) = match finding.verdict {
            Verdict::Fail => (Some(state(finding.severity, earlier)), seen.or(now)),
            Verdict::Unknown => (None, seen),
            Verdict::Pass | Verdict::NotApplicable => (None, None),
        };
    }

    /// Files the findings on an access key under the fingerprint that they have today.
    fn follow(&mut self, key: &AccessKey, fingerprint: &Fingerprint) {
        let Some(before) = self.keys.fingerprint(key).filter(|before| *before != fingerprint)
        else {
            return;
        };
        let Some(held) = self.findings.get_mut(before) else { return };
        let moved: Vec<_> =
            held.extract_if(.., |finding| finding.key.as_deref() == Some(key)).collect();
        self.findings.entry(fingerprint.clone()).or_default().extend(moved);
    }

    /// What the reader should know about the comparison with what was judged by these rules.
    #[must_use]
    pub fn warnings(&self, rules: &[RuleInfo]) -> Vec<String> {
        let mut warnings = Vec::new();
        for ((partition, id), as_of) in &self.compared {
            warnings.extend(self.warning(AccountRef { partition, id }, *as_of));
        }
        let changes = RuleChanges::between(&self.rules, rules);
        if let Some(rules) = named(&changes.only_new) {
            let its = if changes.only_new.len() == 1 { "its" } else { "their" };
            warnings
                .push(format!("the baseline did not judge {rules}; {its} findings count as new"));
        }
        if let Some(rules) = named(&changes.differ) {
            warnings.push(format!(
                "in the baseline, {rules} tested something else, or with other parameters; what \
                 failed there is known nevertheless"
            ));
        }
        warnings
    }

    /// Why the baseline says nothing of an account, or something odd.
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
        let of = if self.compared.len() > 1 { format!(" of account {id}") } else { String::new() };
        let (was, is) = (time(held.as_of), time(as_of));
        (held.as_of > as_of).then(|| {
            format!("the baseline is from a later time ({was}) than this audit{of} ({is})")
        })
    }
}

/// Known, if one that counted was as severe; no finding of the baseline makes two of today known.
fn state(severity: Severity, earlier: &mut [EarlierFinding]) -> BaselineState {
    // The most severe severity is the least in order.
    let counted = earlier.iter_mut().filter(|held| held.counted.is_some());
    match counted.min_by_key(|held| held.counted) {
        Some(held) if held.counted <= Some(severity) => {
            held.counted = None;
            BaselineState::Known
        }
        _ => BaselineState::New,
    }
}
