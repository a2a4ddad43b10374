//! What has changed between two reports, finding by finding.
//!
//! Each fingerprint has a [`State`] in either report, and the pair of them says what has become of it.
//! Nothing is fixed unless the newer report shows so: its rule was judged, by the same test, on what
//! was collected. What could not be judged is unknown, and what was left out is gone.

mod difference;
mod notes;
mod plan;
mod side;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use portcullis_model::{
    AuditedAccount, Finding, Fingerprint, Report, ResourceRef, RuleInfo, Severity,
};
use schemars::JsonSchema;
use serde::Serialize;

pub use difference::Difference;
pub use plan::{Action, Reason, Step, ticket_steps};
pub use side::{Side, State};

use crate::decide::comparison::{self, Incomparable, first_seen};
use side::{Index, Judged};

/// The value of [`Diff::schema`].
const SCHEMA: &str = "portcullis/diff/v1";

/// The changes from an older to a newer report.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Diff<'a> {
    /// Always `portcullis/diff/v1`.
    pub schema: &'static str,
    /// The older report.
    pub old: Origin<'a>,
    /// The newer report.
    pub new: Origin<'a>,
    /// What makes the reports less comparable than they seem.
    pub notes: Vec<String>,
    /// The number of findings by what has become of them.
    pub counts: BTreeMap<Change, usize>,
    /// The findings in which something has changed: by change, the most severe first.
    pub entries: Vec<Entry<'a>>,
    /// The findings on access keys that were activated again, and so have a different fingerprint than in
    /// the older report; those of which more has changed are entries too.
    pub moved: Vec<Entry<'a>>,
}

/// One of the two reports.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Origin<'a> {
    /// The version of Portcullis.
    pub version: &'a str,
    /// The hash of the rules and their parameters.
    pub ruleset: &'a str,
    /// The accounts.
    pub accounts: Vec<OriginAccount<'a>>,
}

/// An account in one of the two reports.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct OriginAccount<'a> {
    /// The partition.
    pub partition: &'a str,
    /// The id.
    pub id: &'a str,
    /// The time at which its ages are measured.
    pub as_of: Timestamp,
}

/// What has become of a finding.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails, and did not or was not judged before.
    New,
    /// It fails as before, but with a different severity, evidence or waiver.
    Changed,
    /// It cannot be judged this time, and was judged before or not examined at all.
    Unknown,
    /// It is no longer examined, or could not be judged before and does not fail now.
    Gone,
    /// It failed, and there is evidence that it no longer does.
    Fixed,
    /// It fails as before.
    Unchanged,
    /// It could not be judged either time.
    StillUnknown,
}

impl Change {
    /// Every change, in the order in which it is reported.
    pub const ALL: [Change; 7] = [
        Change::New,
        Change::Changed,
        Change::Unknown,
        Change::Gone,
        Change::Fixed,
        Change::Unchanged,
        Change::StillUnknown,
    ];

    /// Whether its findings are listed, and not only counted.
    pub fn is_listed(self) -> bool {
        !matches!(self, Change::Unchanged | Change::StillUnknown)
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Changed => "changed",
            Change::Unknown => "unknown",
            Change::Gone => "gone",
            Change::Fixed => "fixed",
            Change::Unchanged => "unchanged",
            Change::StillUnknown => "still unknown",
        }
    }
}

/// A finding of which something has changed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Entry<'a> {
    /// What has become of it.
    pub change: Change,
    /// Its identity.
    pub fingerprint: &'a Fingerprint,
    /// The account's partition.
    pub partition: &'a str,
    /// The account's id.
    pub account: &'a str,
    /// The rule's id.
    pub rule: &'a str,
    /// The rule's title.
    pub title: &'a str,
    /// How severe it is; what does not fail any more: how severe it was.
    pub severity: Severity,
    /// The resource.
    pub resource: &'a ResourceRef,
    /// Why the change may not be what it seems: why it is new although it may be old, unknown,
    /// or gone.
    pub reason: Option<String>,
    /// When it was first seen to fail, as far as these two reports show.
    pub first_seen: Option<Timestamp>,
    /// What differs, if it fails in both.
    pub differences: Vec<Difference>,
    /// What the older report says.
    pub old: Side<'a>,
    /// What the newer report says.
    pub new: Side<'a>,
    /// The finding that shows best what it is about: as it fails now, or else as it was before.
    #[serde(skip)]
    pub finding: &'a Finding,
    /// The rule, by the newer report that has it.
    #[serde(skip)]
    pub(crate) rule_info: Option<&'a RuleInfo>,
    /// The account's alias, where it is known.
    #[serde(skip)]
    pub(crate) account_alias: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// The fingerprint that it had in the older report, if that is another.
    pub(crate) fn replaces(&self) -> Option<&'a Fingerprint> {
        let mut old = self.old.findings.iter().map(|finding| &finding.fingerprint);
        old.find(|fingerprint| *fingerprint != self.fingerprint)
    }
}

impl<'a> Diff<'a> {
    /// The changes from one report to another.
    pub fn between(old: &'a Report, new: &'a Report) -> Result<Diff<'a>, Incomparable> {
        Incomparable::check(old, new)?;
        let was = Index::new(old, comparison::by_fingerprint(old, new));
        let is = Index::new(new, comparison::by_fingerprint(new, new));
        let problems: BTreeSet<_> = was.problems().chain(is.problems()).collect();
        let mut counts: BTreeMap<_, _> =
            Change::ALL.into_iter().map(|change| (change, 0)).collect();
        let (mut entries, mut moved) = (Vec::new(), Vec::new());
        for entry in problems.into_iter().filter_map(|id| entry(id, &was, &is)) {
            *counts.entry(entry.change).or_default() += 1;
            if entry.replaces().is_some() && entry.old.state != State::Clear {
                moved.push(entry.clone());
            }
            if entry.change.is_listed() {
                entries.push(entry);
            }
        }
        entries.sort_by(|a, b| order(a).cmp(&order(b)));
        moved.sort_by(|a, b| order(a).cmp(&order(b)));
        let notes = notes::between(old, new);
        let (old, new) = (origin(old), origin(new));
        Ok(Diff { schema: SCHEMA, old, new, notes, counts, entries, moved })
    }

    /// Returns a note for each account of which the older report is the newer one.
    pub fn backwards(old: &Report, new: &Report) -> Vec<String> {
        notes::backwards(old, new)
    }

    /// How many findings have changed in that way.
    pub fn count(&self, change: Change) -> usize {
        self.counts.get(&change).copied().unwrap_or_default()
    }
}

fn order<'e>(entry: &'e Entry<'_>) -> impl Ord + 'e {
    let Entry { change, severity, rule, partition, account, resource, fingerprint, .. } = entry;
    (
        *change,
        *severity,
        !entry.finding.urgent,
        *rule,
        *partition,
        *account,
        &resource.id,
        *fingerprint,
    )
}

fn origin<'r>(report: &'r Report) -> Origin<'r> {
    let account = |account: &'r AuditedAccount| OriginAccount {
        partition: &account.partition,
        id: &account.id,
        as_of: account.as_of,
    };
    Origin {
        version: &report.tool.version,
        ruleset: &report.tool.ruleset,
        accounts: report.accounts.iter().map(account).collect(),
    }
}

/// What has become of the findings of one fingerprint; none if there is nothing to report.
fn entry<'a>(id: &Fingerprint, was: &Index<'a>, is: &Index<'a>) -> Option<Entry<'a>> {
    let (first_old, first_new) = (was.first(id), is.first(id));
    let fingerprint = &first_new.or(first_old)?.fingerprint;
    // What fails shows what it depends on: a pass on other evidence does not.
    let both = first_new.into_iter().chain(first_old);
    let about = both.min_by_key(|finding| finding.verdict)?;
    let (old, new) = (was.side(id, about, is), is.side(id, about, was));
    let differences = difference::between(&old, &new);
    let stood_for_list = was.stand_for_list(&old.findings);
    let is_list = stood_for_list || is.stand_for_list(&new.findings);
    let seen_before = first_seen(old.findings.iter().copied(), old.as_of);
    let had_failed = seen_before.is_some() && !stood_for_list;
    let change = change(old.state, new.state, !differences.is_empty(), had_failed)?;
    let seen_now = first_seen(new.findings.iter().copied(), new.as_of);
    let finding = representative(&old, &new)?;
    let rule_info = is.rule(finding).or_else(|| was.rule(finding));
    Some(Entry {
        change,
        fingerprint,
        partition: &finding.partition,
        account: &finding.account,
        rule: &finding.rule,
        title: rule_info.map_or(&finding.rule, |rule| &rule.title),
        severity: finding.severity,
        resource: &finding.resource,
        reason: reason(change, &old, &new, is_list),
        first_seen: seen_before.into_iter().chain(seen_now).min(),
        differences,
        old,
        new,
        finding,
        rule_info,
        account_alias: is
            .account_alias(finding)
            .or_else(|| was.account_alias(finding)),
    })
}

/// What has become of a finding, by its states; `had_failed` says whether it failed before it could
/// not be judged.
fn change(old: State, new: State, differs: bool, had_failed: bool) -> Option<Change> {
    match (old.judged(), new.judged()) {
        (Judged::Fails, Judged::Fails) if differs => Some(Change::Changed),
        (Judged::Fails, Judged::Fails) => Some(Change::Unchanged),
        (_, Judged::Fails) => Some(Change::New),
        (Judged::Unknown, Judged::Unknown) => Some(Change::StillUnknown),
        (_, Judged::Unknown) => Some(Change::Unknown),
        (Judged::Fails, Judged::Clear) => Some(Change::Fixed),
        (Judged::Unknown, Judged::Clear) if had_failed => Some(Change::Fixed),
        (Judged::Fails | Judged::Unknown, Judged::Clear | Judged::Not) => Some(Change::Gone),
        (Judged::Clear | Judged::Not, Judged::Clear | Judged::Not) => None,
    }
}

/// The finding that shows best what it is about: as it fails now, else as it failed or was before.
fn representative<'a>(old: &Side<'a>, new: &Side<'a>) -> Option<&'a Finding> {
    let fails = new.state.judged() == Judged::Fails;
    let (first, second) = if fails { (new, old) } else { (old, new) };
    first.findings.first().or(second.findings.first()).copied()
}

/// What the change alone does not say.
fn reason(change: Change, old: &Side<'_>, new: &Side<'_>, is_list: bool) -> Option<String> {
    let before = || old.state.shortfall().map(|what| format!("{what} before"));
    let now = || {
        let why = new
            .why
            .map(|why| format!(": {}", why.trim_start_matches("not judged: ")));
        new.state
            .shortfall()
            .map(|what| format!("{what} this time{}", why.unwrap_or_default()))
    };
    match change {
        Change::New => before(),
        Change::Unknown if old.state.judged() == Judged::Fails => now(),
        Change::Unknown if is_list => before()
            .or_else(|| Some("stands for a whole list, which was collected before".to_owned())),
        Change::Unknown => before().or_else(|| Some("did not fail before".to_owned())),
        Change::Gone if new.state.judged() == Judged::Not => now(),
        Change::Gone if is_list => Some(
            "stood for a whole list, which was not collected before but was this time".to_owned(),
        ),
        Change::Gone => Some("could not be judged before, and does not fail this time".to_owned()),
        Change::Fixed => before().map(|before| format!("{before}, but had failed earlier")),
        Change::Changed | Change::Unchanged | Change::StillUnknown => None,
    }
}
