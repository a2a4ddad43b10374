//! What every format is given.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;

use jiff::Timestamp;
use portcullis_model::{AccountRef, AuditedAccount, Finding, Report, RuleInfo, Severity, Status};

use crate::numbers::Numbers;
use crate::rows::Rows;
use crate::{Outcome, Style, defuse, words};

/// The kind of findings about ways from one account into others.
const CROSSING: &str = "crossing";

/// A report, with what follows from it.
pub(crate) struct View<'a> {
    /// The report, but for its findings.
    pub report: &'a Report,
    pub findings: &'a dyn Rows<Finding>,
    /// All findings, in the report's order.
    pub entries: Vec<Entry>,
    /// The ids of the rules of the report, and then of those that only findings name.
    pub rule_ids: Numbers<String>,
    /// The ids of the accounts that findings name.
    pub account_ids: Numbers<String>,
    /// What the exit status of the audit is, and why.
    pub outcome: Outcome,
    /// How text for a terminal is laid out; nothing for other formats.
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
        let mut outcome = Outcome::without_findings(report);
        for account in &report.accounts {
            outcome.add_account(account.status);
        }
        let mut entries = Vec::with_capacity(findings.count());
        let (mut rule_ids, mut account_ids) = (Numbers::default(), Numbers::default());
        for rule in &report.rules {
            rule_ids.number(&rule.id);
        }
        for place in 0..findings.count() {
            let finding = findings.get(place)?;
            outcome.add_finding(&finding.rule, finding.severity, finding.status());
            entries.push(Entry {
                // No list of a report has four thousand million places.
                place: u32::try_from(place).unwrap_or(u32::MAX),
                severity: finding.severity,
                urgent: finding.urgent,
                status: finding.status(),
                rule: rule_ids.number(&finding.rule),
                account: account_ids.number(&finding.account),
            });
        }
        Ok(View {
            report,
            findings,
            entries,
            rule_ids,
            account_ids,
            outcome,
            style,
            rules: report.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect(),
            accounts: report.accounts.iter().map(|a| (a.account_ref(), a)).collect(),
        })
    }

    /// The finding of that entry.
    pub(crate) fn finding(&self, entry: &Entry) -> io::Result<Cow<'a, Finding>> {
        self.findings.get(entry.place as usize)
    }

    /// The findings of some entries, one after the other.
    pub(crate) fn findings<'e>(
        &self,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> impl Iterator<Item = io::Result<Cow<'a, Finding>>> {
        entries.into_iter().map(|entry| self.finding(entry))
    }

    /// The rule's id.
    pub(crate) fn rule_id(&self, entry: &Entry) -> &str {
        self.rule_ids.get(entry.rule)
    }

    /// The account's id.
    pub(crate) fn account_id(&self, entry: &Entry) -> &str {
        self.account_ids.get(entry.account)
    }

    /// The finding's rule; none only in a report that was tampered with.
    pub(crate) fn rule(&self, finding: &Finding) -> Option<&'a RuleInfo> {
        self.rule_of(&finding.rule)
    }

    /// The rule of that id, if the report has it.
    pub(crate) fn rule_of(&self, id: &str) -> Option<&'a RuleInfo> {
        self.rules.get(id).copied()
    }

    /// Whether names need their account beside them.
    pub(crate) fn many_accounts(&self) -> bool {
        self.report.accounts.len() > 1
    }

    /// What the first of those findings are about, and how many more there are.
    pub(crate) fn names(&self, entries: &[Entry], most: usize) -> io::Result<String> {
        let mut names = Vec::new();
        for finding in self.findings(entries.iter().take(most)) {
            names.push(words::name(&*finding?, self.many_accounts()));
        }
        Ok(words::first_of(&names, entries.len()))
    }

    /// The message of a finding, led by what it is about where it does not say so itself, and by that it is urgent.
    pub(crate) fn describe(&self, finding: &Finding) -> String {
        let account = self.many_accounts().then_some(finding.account.as_str());
        let says = words::describe(account, &finding.resource, &finding.message);
        if finding.urgent { format!("urgent: {says}") } else { says }
    }

    /// The finding's account; none only in a report that was tampered with.
    pub(crate) fn account(&self, finding: &Finding) -> Option<&'a AuditedAccount> {
        self.account_of(finding.account_ref())
    }

    /// The account in which the commands of a finding are to be run, where there are several; none if they name
    /// it themselves, since they are for others.
    pub(crate) fn account_of_commands(&self, finding: &Finding) -> Option<String> {
        if !self.many_accounts() || finding.resource.kind == CROSSING {
            return None;
        }
        let alias = self.account(finding).and_then(|account| account.alias.as_ref());
        let alias = alias.map_or_else(String::new, |alias| format!(" ({alias})"));
        Some(defuse(&format!("account {}{alias}", finding.account)).into_owned())
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

/// What is kept in memory of each finding.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Among the findings.
    pub place: u32,
    pub severity: Severity,
    pub urgent: bool,
    pub status: Status,
    /// The rule's place in [`View::rule_ids`].
    pub rule: u32,
    /// The account's place in [`View::account_ids`].
    pub account: u32,
}

/// The entries of that status.
pub(crate) fn with_status(entries: &[Entry], status: Status) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(move |entry| entry.status == status)
}

impl Entry {
    /// Whether it asks for work, now or later: it fails, or could not be judged.
    pub(crate) fn is_work(&self) -> bool {
        !matches!(self.status, Status::Pass | Status::NotApplicable)
    }
}

/// What a report says of an account.
#[derive(Default)]
pub(crate) struct AccountPart<'a> {
    /// Several where they share an id, as those do of which it is not known; none only in a report
    /// that was tampered with.
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
        parts.entry(view.account_id(entry)).or_default().entries.push(*entry);
    }
    parts
}
