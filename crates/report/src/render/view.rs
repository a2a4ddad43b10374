//! A report as every format gets it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;

use jiff::Timestamp;
use portcullis_model::{AccountRef, AuditedAccount, Finding, Report, RuleInfo, Severity, Status};

use crate::numbers::Numbers;
use crate::rows::Rows;
use crate::{Detail, Outcome, Style, defuse, words};

/// The kind of findings about ways from one account into others.
const CROSSING: &str = "crossing";

/// A report with indexes of it.
pub(crate) struct View<'a> {
    /// The report, which may lack its findings.
    pub report: &'a Report,
    pub findings: &'a dyn Rows<Finding>,
    /// All findings, in the report's order.
    pub entries: Vec<Entry>,
    /// The ids of the rules of the report, followed by those that only findings name.
    pub rule_ids: Numbers<String>,
    /// The ids of the accounts that findings name.
    pub account_ids: Numbers<String>,
    pub outcome: Outcome,
    /// The layout of text for a terminal.
    pub style: Style,
    rules: HashMap<&'a str, &'a RuleInfo>,
    accounts: HashMap<AccountRef<'a>, &'a AuditedAccount>,
}

impl<'a> View<'a> {
    /// Reads each finding once.
    pub(crate) fn new(
        report: &'a Report,
        findings: &'a dyn Rows<Finding>,
        style: Style,
    ) -> io::Result<View<'a>> {
        let mut entries = Vec::with_capacity(findings.count());
        let (mut rule_ids, mut account_ids) = (Numbers::default(), Numbers::default());
        for rule in &report.rules {
            rule_ids.number(&rule.id);
        }
        for place in 0..findings.count() {
            let finding = findings.get(place)?;
            entries.push(Entry {
                // No report has four billion findings.
                place: u32::try_from(place).unwrap_or(u32::MAX),
                severity: finding.severity,
                urgent: finding.urgent,
                status: finding.status(),
                rule: rule_ids.number(&finding.rule),
                account: account_ids.number(&finding.account),
            });
        }
        let accounts = report.accounts.iter().map(|account| account.status);
        let judged = entries
            .iter()
            .map(|entry: &Entry| (rule_ids.get(entry.rule).as_str(), entry.severity, entry.status));
        let outcome = Outcome::from_parts(report, accounts, judged);
        Ok(View {
            report,
            findings,
            entries,
            rule_ids,
            account_ids,
            outcome,
            style,
            rules: report.rules_by_id(),
            accounts: report.accounts_by_ref(),
        })
    }

    pub(crate) fn finding(&self, entry: &Entry) -> io::Result<Cow<'a, Finding>> {
        self.findings.get(entry.place as usize)
    }

    pub(crate) fn findings<'e>(
        &self,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> impl Iterator<Item = io::Result<Cow<'a, Finding>>> {
        entries.into_iter().map(|entry| self.finding(entry))
    }

    /// How many of several things to show: all in detail, or else this many.
    pub(crate) fn at_most(&self, usual: usize) -> usize {
        match self.style.detail {
            Detail::All => usize::MAX,
            _ => usual,
        }
    }

    pub(crate) fn rule_id(&self, entry: &Entry) -> &str {
        self.rule_ids.get(entry.rule)
    }

    pub(crate) fn account_id(&self, entry: &Entry) -> &str {
        self.account_ids.get(entry.account)
    }

    /// The finding's rule, which is missing only in a report that was tampered with.
    pub(crate) fn rule(&self, finding: &Finding) -> Option<&'a RuleInfo> {
        self.rule_of(&finding.rule)
    }

    /// The rule with this id, if the report has it.
    pub(crate) fn rule_of(&self, id: &str) -> Option<&'a RuleInfo> {
        self.rules.get(id).copied()
    }

    /// Whether names need their account.
    pub(crate) fn many_accounts(&self) -> bool {
        self.report.accounts.len() > 1
    }

    /// Names the resources of the first findings, and says how many more there are.
    pub(crate) fn names(&self, entries: &[Entry], most: usize) -> io::Result<String> {
        let mut names = Vec::new();
        for finding in self.findings(entries.iter().take(most)) {
            names.push(words::name(&*finding?, self.many_accounts()));
        }
        Ok(words::first_of(&names, entries.len()))
    }

    /// The message of a finding, with its resource before it if it does not name it, and `urgent` if it is.
    pub(crate) fn describe(&self, finding: &Finding) -> String {
        let account = self.many_accounts().then_some(finding.account.as_str());
        let says = words::describe(account, &finding.resource, &finding.message);
        if finding.urgent {
            format!("urgent: {says}")
        } else {
            says
        }
    }

    /// The finding's account, which is missing only in a report that was tampered with.
    pub(crate) fn account(&self, finding: &Finding) -> Option<&'a AuditedAccount> {
        self.account_of(finding.account_ref())
    }

    /// The account for the commands of a finding, if there are several; none if the commands are for other accounts,
    /// which they name.
    pub(crate) fn account_of_commands(&self, finding: &Finding) -> Option<String> {
        if !self.many_accounts() || finding.resource.kind == CROSSING {
            return None;
        }
        let alias = self
            .account(finding)
            .and_then(|account| account.alias.as_ref());
        let alias = alias.map_or_else(String::new, |alias| format!(" ({alias})"));
        Some(defuse(&format!("account {}{alias}", finding.account)).into_owned())
    }

    /// The account with this name, if the report has it.
    pub(crate) fn account_of(&self, named: AccountRef<'_>) -> Option<&'a AuditedAccount> {
        self.accounts.get(&named).copied()
    }

    /// The time to which the ages of the finding's account count.
    pub(crate) fn as_of(&self, finding: &Finding) -> Option<Timestamp> {
        self.account(finding).map(|account| account.as_of)
    }
}

/// The part of a finding that is kept in memory.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The index among the findings.
    pub place: u32,
    pub severity: Severity,
    pub urgent: bool,
    pub status: Status,
    /// The rule's place in [`View::rule_ids`].
    pub rule: u32,
    /// The account's place in [`View::account_ids`].
    pub account: u32,
}

pub(crate) fn with_status(entries: &[Entry], status: Status) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(move |entry| entry.status == status)
}

impl Entry {
    /// Whether the finding needs work now or later, because it fails or could not be judged.
    pub(crate) fn is_work(&self) -> bool {
        !matches!(self.status, Status::Pass | Status::NotApplicable)
    }
}

/// The part of a report about an account id.
#[derive(Default)]
pub(crate) struct AccountPart<'a> {
    /// Several if they share an id, as unidentified accounts do; none only in a report that was tampered with.
    pub accounts: Vec<&'a AuditedAccount>,
    pub entries: Vec<Entry>,
}

/// The report by the ids of accounts.
pub(crate) fn by_account<'a>(view: &'a View<'_>) -> BTreeMap<&'a str, AccountPart<'a>> {
    let mut parts: BTreeMap<&str, AccountPart<'_>> = BTreeMap::new();
    for account in &view.report.accounts {
        parts.entry(&account.id).or_default().accounts.push(account);
    }
    for entry in &view.entries {
        parts
            .entry(view.account_id(entry))
            .or_default()
            .entries
            .push(*entry);
    }
    parts
}
