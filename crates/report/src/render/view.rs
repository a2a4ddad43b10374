//! What every format is given.

use std::collections::{BTreeMap, HashMap};

use portcullis_model::{Arn, AuditedAccount, Finding, Report, RuleInfo};

use crate::{Outcome, Style};

/// A report, with what follows from it.
pub(crate) struct View<'a> {
    pub report: &'a Report,
    /// What the exit status of the audit is, and why.
    pub outcome: Outcome,
    /// How text for a terminal is laid out; nothing for other formats.
    pub style: Style,
    rules: HashMap<&'a str, &'a RuleInfo>,
    accounts: HashMap<&'a str, Vec<&'a AuditedAccount>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(report: &'a Report, outcome: Outcome, style: Style) -> View<'a> {
        let rules = report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
        let mut accounts: HashMap<&str, Vec<&AuditedAccount>> = HashMap::new();
        for account in &report.accounts {
            accounts.entry(&account.id).or_default().push(account);
        }
        View { report, outcome, style, rules, accounts }
    }

    /// The finding's rule; none only in a report that was tampered with.
    pub(crate) fn rule(&self, finding: &Finding) -> Option<&'a RuleInfo> {
        self.rules.get(finding.rule.as_str()).copied()
    }

    /// The finding's account; none only in a report that was tampered with.
    pub(crate) fn account(&self, finding: &Finding) -> Option<&'a AuditedAccount> {
        let of_id = self.accounts.get(finding.account.as_str())?;
        // Ids are unique within a partition only.
        let partition = Arn::parse(&finding.resource.id).map(|arn| arn.partition);
        let is_there = |account: &&&AuditedAccount| partition == Some(account.partition.as_str());
        of_id.iter().find(is_there).or(of_id.first()).copied()
    }
}

/// What a report says of an account.
#[derive(Default)]
pub(crate) struct Part<'a> {
    /// Several where they share an id, as those do of which it is not known; none only in a report
    /// that was tampered with.
    pub accounts: Vec<&'a AuditedAccount>,
    pub findings: Vec<&'a Finding>,
}

/// The report by the ids of accounts.
pub(crate) fn by_account(report: &Report) -> BTreeMap<&str, Part<'_>> {
    let mut parts: BTreeMap<&str, Part<'_>> = BTreeMap::new();
    for account in &report.accounts {
        parts.entry(&account.id).or_default().accounts.push(account);
    }
    for finding in &report.findings {
        parts.entry(&finding.account).or_default().findings.push(finding);
    }
    parts
}
