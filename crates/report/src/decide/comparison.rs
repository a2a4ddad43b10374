//! Finds the findings of one report in another.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use portcullis_model::{
    AccountRef, AuditedAccount, Finding, Fingerprint, Report, ResourceRef, RuleInfo, Verdict,
};
use serde_json::Value as Json;
use thiserror::Error;

/// Why no finding of one report can be found in the other.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Incomparable {
    /// Only one of them is redacted.
    #[error(
        "one of the reports is redacted and the other is not, so no finding of one can be found in the other; redact \
         both with the same salt, or none"
    )]
    Redaction,
    /// They are redacted with different salts.
    #[error(
        "the reports are redacted, and have no account and no rule in common, so no finding of one can be found in the \
         other; redact both with the same salt"
    )]
    Salt,
}

impl Incomparable {
    /// Finds out whether the findings of one report can be found in the other. The same rule has the same hash under
    /// the same salt, and so has the same account its pseudonym.
    pub(crate) fn check(old: &Report, new: &Report) -> Result<(), Incomparable> {
        if old.options.redacted != new.options.redacted {
            return Err(Incomparable::Redaction);
        }
        let has_same_account = new
            .accounts
            .iter()
            .any(|account| same_account(account.account_ref(), old).is_some());
        let mut common = 0;
        for rule in &new.rules {
            let was = old.rules.iter().find(|was| was.id == rule.id);
            if was.is_some_and(|was| same_test(was, rule)) {
                return Ok(());
            }
            common += usize::from(was.is_some());
        }
        if new.options.redacted && common > 0 && !has_same_account {
            return Err(Incomparable::Salt);
        }
        Ok(())
    }
}

/// Findings by fingerprint, which several resources may share.
pub(crate) type ByFingerprint<'r> = BTreeMap<Fingerprint, Vec<&'r Finding>>;

/// The findings of a report, by the fingerprint that they have in a newer report, or in the same.
pub(crate) fn by_fingerprint<'r>(report: &'r Report, newer: &Report) -> ByFingerprint<'r> {
    let (was, is) = (AccessKeys::new(&report.findings), AccessKeys::new(&newer.findings));
    let mut groups = ByFingerprint::new();
    for finding in &report.findings {
        let key = AccessKey::from_finding(finding).filter(|key| was.fingerprint(key).is_some());
        let newer = key.and_then(|key| is.fingerprint(&key));
        let fingerprint = newer.unwrap_or(&finding.fingerprint).clone();
        groups.entry(fingerprint).or_default().push(finding);
    }
    groups
}

/// An access key that a finding is about, if its evidence has the key's id and creation. The fingerprint depends on the
/// report's `last_rotated` instead, which changes when the key is activated again.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct AccessKey {
    rule: String,
    owner: String,
    id: String,
    created: String,
}

impl AccessKey {
    pub(crate) fn from_finding(finding: &Finding) -> Option<AccessKey> {
        let ResourceRef { kind, id, name, .. } = &finding.resource;
        if kind != "access_key" {
            return None;
        }
        let (owner, _last_rotated) = id.rsplit_once("/access-key/")?;
        // Only ListAccessKeys shows the creation, and where it was called, the key's name is its id.
        let Json::String(created) = finding.evidence.facts().remove("key.created")? else {
            return None;
        };
        Some(AccessKey {
            rule: finding.rule.clone(),
            owner: owner.to_owned(),
            id: name.clone(),
            created,
        })
    }
}

/// The access keys in a report, each with its fingerprint, or none if it has several.
#[derive(Debug, Default)]
pub(crate) struct AccessKeys(HashMap<AccessKey, Option<Fingerprint>>);

impl AccessKeys {
    pub(crate) fn new(findings: &[Finding]) -> AccessKeys {
        let mut keys = AccessKeys::default();
        for finding in findings {
            if let Some(key) = AccessKey::from_finding(finding) {
                keys.add(key, &finding.fingerprint);
            }
        }
        keys
    }

    pub(crate) fn add(&mut self, key: AccessKey, fingerprint: &Fingerprint) {
        let known = self
            .0
            .entry(key)
            .or_insert_with(|| Some(fingerprint.clone()));
        if known.as_ref() != Some(fingerprint) {
            *known = None;
        }
    }

    /// The fingerprint of a key, if it has only one.
    pub(crate) fn fingerprint(&self, key: &AccessKey) -> Option<&Fingerprint> {
        self.0.get(key)?.as_ref()
    }

    /// The keys with a single fingerprint.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&AccessKey, &Fingerprint)> {
        self.0
            .iter()
            .filter_map(|(key, fingerprint)| Some((key, fingerprint.as_ref()?)))
    }
}

/// Since when findings with one fingerprint are known to fail, according to a report in which the ages of their account
/// count to `as_of`.
pub(crate) fn first_seen<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    as_of: Option<Timestamp>,
) -> Option<Timestamp> {
    findings
        .into_iter()
        .filter_map(|finding| failing_since(finding.verdict, finding.first_seen, as_of))
        .min()
}

/// Since when a finding is known to fail, according to a report of `as_of`. A finding that could not be judged may have
/// failed before.
pub(crate) fn failing_since(
    verdict: Verdict,
    first_seen: Option<Timestamp>,
    as_of: Option<Timestamp>,
) -> Option<Timestamp> {
    match verdict {
        Verdict::Fail => first_seen.or(as_of),
        Verdict::Unknown => first_seen,
        Verdict::Pass | Verdict::NotApplicable => None,
    }
}

/// Finds the same account in a report; none for an unidentified account, which may be any.
pub(crate) fn same_account<'r>(
    account: AccountRef<'_>,
    report: &'r Report,
) -> Option<&'r AuditedAccount> {
    if !account.is_identified() {
        return None;
    }
    let mut accounts = report.accounts.iter();
    accounts.find(|other| other.account_ref() == account)
}

/// Whether two versions of a rule test the same thing, which is not known without a hash.
pub(crate) fn same_test(a: &RuleInfo, b: &RuleInfo) -> bool {
    !a.hash.is_empty() && a.hash == b.hash
}

/// How the rules of two reports compare, by id.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RuleChanges<'a> {
    pub only_old: Vec<&'a str>,
    pub only_new: Vec<&'a str>,
    /// Rules in both reports, with different tests or parameters.
    pub differ: Vec<&'a str>,
}

impl<'a> RuleChanges<'a> {
    pub(crate) fn between(old: &'a [RuleInfo], new: &'a [RuleInfo]) -> RuleChanges<'a> {
        let by_id = |rules: &'a [RuleInfo]| -> BTreeMap<&'a str, &'a RuleInfo> {
            rules.iter().map(|rule| (rule.id.as_str(), rule)).collect()
        };
        let (was, is) = (by_id(old), by_id(new));
        let mut changes = RuleChanges::default();
        for (id, rule) in &was {
            match is.get(id) {
                None => changes.only_old.push(id),
                Some(other) if !same_test(rule, other) => changes.differ.push(id),
                Some(_) => {}
            }
        }
        changes.only_new = is.into_keys().filter(|id| !was.contains_key(id)).collect();
        changes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.only_old.is_empty() && self.only_new.is_empty() && self.differ.is_empty()
    }
}
