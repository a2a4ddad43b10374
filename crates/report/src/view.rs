//! What every format is given.

use std::collections::HashMap;

use portcullis_model::{AuditedAccount, Finding, Report, RuleInfo};

use crate::{Outcome, Style};

/// A report, with what follows from it.
pub(crate) struct View<'a> {
    pub report: &'a Report,
    /// What the exit status of the audit is, and why.
    pub outcome: Outcome,
    /// How text for a terminal is laid out; nothing for other formats.
    pub style: Style,
    rules: HashMap<&'a str, &'a RuleInfo>,
    accounts: HashMap<&'a str, &'a AuditedAccount>,
}

impl<'a> View<'a> {
    pub(crate) fn new(report: &'a Report, outcome: Outcome, style: Style) -> View<'a> {
        let rules = report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
        let accounts = report.accounts.iter().map(|a| (a.id.as_str(), a)).collect();
        View { report, outcome, style, rules, accounts }
    }

    /// The finding's rule; none only in a report that was tampered with.
    pub(crate) fn rule(&self, finding: &Finding) -> Option<&'a RuleInfo> {
        self.rules.get(finding.rule.as_str()).copied()
    }

    /// The finding's account; none only in a report that was tampered with.
    pub(crate) fn account(&self, finding: &Finding) -> Option<&'a AuditedAccount> {
        self.accounts.get(finding.account.as_str()).copied()
    }
}
