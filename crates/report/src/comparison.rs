//! What two reports have in common, so that findings of one can be found in the other.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use jiff::Timestamp;
use portcullis_model::{AuditedAccount, Finding, Fingerprint, Report, RuleInfo, Verdict};

use crate::words::{counted, few};

/// An account's id where it is not known.
const UNKNOWN_ACCOUNT: &str = "unknown";
/// So many rules are named rather than counted.
const NAMED_RULES: usize = 5;

/// Two reports of which nothing can be said together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Incomparable {
    /// Only one of them is redacted, so that no finding of it can be found in the other.
    Redaction,
}

impl Error for Incomparable {}

impl fmt::Display for Incomparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "one of the reports is redacted and the other is not, so no finding of one can be \
             found in the other; redact both with the same salt, or none",
        )
    }
}

/// An error if findings of one report cannot be found in the other.
pub(crate) fn check(old: &Report, new: &Report) -> Result<(), Incomparable> {
    if old.run.options.redacted == new.run.options.redacted {
        Ok(())
    } else {
        Err(Incomparable::Redaction)
    }
}

/// The findings of a report by their identity. Several resources may share one.
pub(crate) fn by_fingerprint(report: &Report) -> BTreeMap<&Fingerprint, Vec<&Finding>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for finding in &report.findings {
        groups.entry(&finding.fingerprint).or_default().push(finding);
    }
    groups
}

/// Since when these findings of one fingerprint are known to fail, by a report of that moment. One
/// that could not be judged keeps the memory of its failure, where it has one.
pub(crate) fn first_seen<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    as_of: Timestamp,
) -> Option<Timestamp> {
    let seen = |finding: &Finding| match finding.verdict {
        Verdict::Fail => Some(finding.first_seen.unwrap_or(as_of)),
        Verdict::Unknown => finding.first_seen,
        Verdict::Pass | Verdict::NotApplicable => None,
    };
    findings.into_iter().filter_map(seen).min()
}

/// The same account in another report. An account that could not be identified may be any.
pub(crate) fn same_account<'r>(
    account: &AuditedAccount,
    report: &'r Report,
) -> Option<&'r AuditedAccount> {
    let same = |other: &&AuditedAccount| {
        other.id == account.id && other.partition == account.partition && is_identified(other)
    };
    report.accounts.iter().find(same)
}

/// Whether it is known which account it is.
pub(crate) fn is_identified(account: &AuditedAccount) -> bool {
    account.id != UNKNOWN_ACCOUNT
}

/// Whether two versions of a rule test the same; nothing tells where there is no hash.
pub(crate) fn same_test(a: &RuleInfo, b: &RuleInfo) -> bool {
    !a.hash.is_empty() && a.hash == b.hash
}

/// How the rules of one report stand to those of another, by their ids.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RuleChanges<'a> {
    pub only_old: Vec<&'a str>,
    pub only_new: Vec<&'a str>,
    /// In both, with another test or other parameters.
    pub differ: Vec<&'a str>,
}

impl<'a> RuleChanges<'a> {
    pub(crate) fn between(old: &'a Report, new: &'a Report) -> RuleChanges<'a> {
        let by_id = |report: &'a Report| -> BTreeMap<&'a str, &'a RuleInfo> {
            report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect()
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

/// `1 rule (a)`, `7 rules (a, b, c, d, e and 2 more)`; none if there is no rule.
pub(crate) fn named(rules: &[&str]) -> Option<String> {
    let all = || format!("{} ({})", counted(rules.len(), "rule"), few(rules, NAMED_RULES));
    (!rules.is_empty()).then(all)
}
