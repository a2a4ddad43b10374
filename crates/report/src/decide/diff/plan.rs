//! What a tracker should do about a diff: which tickets to open, update and resolve, and why.
//!
//! The fingerprint identifies the ticket, so each step can be carried out twice, and a step to resolve a ticket that was
//! never opened does nothing. What is resolved is shown not to fail, or waived: what could not be judged, or is not
//! looked at any more, stays open.

use jiff::Timestamp;
use portcullis_model::{Finding, Fingerprint, ResourceRef, Severity};
use serde::Serialize;

use super::side::Judged;
use super::{Change, Diff, Difference, Entry, State};

/// What to do about a finding, with all that its ticket needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step<'d> {
    /// What to do.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The ticket's identity.
    pub fingerprint: &'d Fingerprint,
    /// For [`Reason::Moved`]: the fingerprint that the ticket had until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<&'d Fingerprint>,
    /// The account's partition.
    pub partition: &'d str,
    /// The account's id.
    pub account: &'d str,
    /// The account's alias, where it is known.
    pub account_alias: Option<&'d str>,
    /// The rule's id.
    pub rule: &'d str,
    /// The rule's title.
    pub title: &'d str,
    /// Why it matters, where the rule says so.
    pub risk: Option<&'d str>,
    /// How severe it is, or was.
    pub severity: Severity,
    /// Whether it comes before others of its severity: see [`Finding::urgent`].
    pub urgent: bool,
    /// The resource.
    pub resource: &'d ResourceRef,
    /// What is wrong, or was.
    pub message: &'d str,
    /// What to do about it.
    pub remediation: &'d str,
    /// Pages to read.
    pub references: &'d [String],
    /// Why the change may not be what it seems, such as that it could not be judged before.
    pub note: Option<&'d str>,
    /// What differs, if it failed before too.
    pub differences: &'d [Difference],
    /// When it was first seen to fail, as far as the two reports show.
    pub first_seen: Option<Timestamp>,
    /// The time at which the ages of its account are measured in the newer report.
    pub as_of: Option<Timestamp>,
}

/// What to do with a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Open one, or open it again.
    Open,
    /// Write what has changed.
    Update,
    /// Close it.
    Resolve,
}

/// Why a ticket has something to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The finding has another fingerprint than before.
    Moved,
    /// It fails, and did not or was not judged before.
    New,
    /// It fails as before, and no waiver accepts that any more.
    WaiverEnded,
    /// It fails as before, but with a different severity or evidence.
    Changed,
    /// There is evidence that it no longer fails.
    Fixed,
    /// It could not be judged before, and is shown not to fail now; a report before that may have opened a ticket.
    Cleared,
    /// It fails, and a waiver accepts that now.
    Waived,
}

/// The steps that make tickets say what the newer report says, in the order in which to take them. Of one finding there
/// are two at most: that its fingerprint has moved, and what else has become of it.
pub fn ticket_steps<'d>(diff: &'d Diff<'d>) -> Vec<Step<'d>> {
    let mut steps = Vec::new();
    // First, so that what else there is to say finds its ticket.
    for entry in &diff.moved {
        let step = step(entry, Action::Update, Reason::Moved);
        steps.extend(step.map(|step| Step { replaces: entry.replaces(), ..step }));
    }
    for entry in &diff.entries {
        steps.extend(action(entry).and_then(|(action, reason)| step(entry, action, reason)));
    }
    steps
}

/// What to do, and why; none: nothing.
fn action(entry: &Entry<'_>) -> Option<(Action, Reason)> {
    match (entry.change, entry.old.state, entry.new.state) {
        (Change::New, _, State::Fails) => Some((Action::Open, Reason::New)),
        (Change::Changed, State::Waived, State::Fails) => Some((Action::Open, Reason::WaiverEnded)),
        (Change::Changed, State::Fails, State::Fails) => Some((Action::Update, Reason::Changed)),
        (Change::Changed, State::Fails, State::Waived) => Some((Action::Resolve, Reason::Waived)),
        // A report before the one that did not judge it may have opened a ticket.
        (Change::New, was, State::Waived) if was.judged() != Judged::Clear => {
            Some((Action::Resolve, Reason::Waived))
        }
        // What failed once may fail again: an older report shows nothing fixed.
        _ if entry.new.as_of < entry.old.as_of => None,
        (Change::Fixed, ..) => Some((Action::Resolve, Reason::Fixed)),
        (Change::Gone, State::Unknown, State::Clear) if !stood_for_list(entry) => {
            Some((Action::Resolve, Reason::Cleared))
        }
        _ => None,
    }
}

/// Whether what the older report did not judge was a list, of which there is no ticket.
fn stood_for_list(entry: &Entry<'_>) -> bool {
    let mut findings = entry.old.findings.iter();
    findings.any(|finding| finding.stands_for_list(entry.rule_info))
}

fn step<'d>(entry: &'d Entry<'d>, action: Action, reason: Reason) -> Option<Step<'d>> {
    let Finding { message, remediation, urgent, .. } = entry.finding()?;
    Some(Step {
        action,
        reason,
        fingerprint: entry.fingerprint,
        replaces: None,
        partition: entry.partition,
        account: entry.account,
        account_alias: entry.account_alias,
        rule: entry.rule,
        title: entry.title,
        risk: entry.rule_info.map(|rule| rule.risk.as_str()),
        severity: entry.severity,
        urgent: *urgent,
        resource: entry.resource,
        message,
        remediation,
        references: entry.rule_info.map_or(&[], |rule| &rule.references),
        note: entry.reason.as_deref(),
        differences: &entry.differences,
        first_seen: entry.first_seen,
        as_of: entry.new.as_of,
    })
}
