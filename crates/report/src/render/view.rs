//! What every format is given.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use portcullis_model::{AccountRef, AuditedAccount, Finding, Report, RuleInfo};

use crate::{Outcome, Style, words};

/// A report, with what follows from it.
pub(crate) struct View<'a> {
    pub report: &'a Report,
    /// What the exit status of the audit is, and why.
    pub outcome: Outcome,
    /// How text for a terminal is laid out; nothing for other formats.
    pub style: Style,
    rules: HashMap<&'a str, &'a RuleInfo>,
    accounts: HashMap<AccountRef<'a>, &'a AuditedAccount>,
}

impl<'a> View<'a> {
    pub(crate) fn new(report: &'a Report, outcome: Outcome, style: Style) -> View<'a> {
        let rules = report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
        let accounts = report.accounts.iter().map(|a| (a.account_ref(), a)).collect();
        View { report, outcome, style, rules, accounts }
    }

    /// The finding's rule; none only in a report that was tampered with.
    pub(crate) fn rule(&self, finding: &Finding) -> Option<&'a RuleInfo> {
        self.rules.get(finding.rule.as_str()).copied()
    }

    /// Whether names need their account beside them.
    pub(crate) fn many_accounts(&self) -> bool {
        self.report.accounts.len() > 1
    }

    /// The message of a finding, led by what it is about where it does not say so itself.
    pub(crate) fn describe(&self, finding: &Finding) -> String {
        let account = self.many_accounts().then_some(finding.account.as_str());
        words::describe(account, &finding.resource, &finding.message)
    }

    /// The finding's account; none only in a report that was tampered with.
    pub(crate) fn account(&self, finding: &Finding) -> Option<&'a AuditedAccount> {
        self.account_of(finding.account_ref())
    }

    /// The account that is named so, if the report has it.
    pub(crate) fn account_of(&self, named: AccountRef<'_>) -> Option<&'a AuditedAccount> {
        self.accounts.get(&named).copied()
    }

    /// The moment that the ages of the finding's account count to.
    pub(crate) fn as_of(&self, finding: &Finding) -> Option<Timestamp> {
        self.account(finding).map(|account| account.as_of)
    }
}

/// What a report says of an account.
#[derive(Default)]
pub(crate) struct AccountPart<'a> {
    /// Several where they share an id, as those do of which it is not known; none only in a report
    /// that was tampered with.
    pub accounts: Vec<&'a AuditedAccount>,
    pub findings: Vec<&'a Finding>,
}

/// The report by the ids of accounts.
pub(crate) fn by_account(report: &Report) -> BTreeMap<&str, AccountPart<'_>> {
    let mut parts: BTreeMap<&str, AccountPart<'_>> = BTreeMap::new();
    for account in &report.accounts {
        parts.entry(&account.id).or_default().accounts.push(account);
    }
    for finding in &report.findings {
        parts.entry(&finding.account).or_default().findings.push(finding);
    }
    parts
}
