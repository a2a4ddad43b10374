//! What a tracker should do about a diff: which tickets to open, update and resolve, and why.
//!
//! The fingerprint identifies the ticket, so each step can be carried out twice, and a step to resolve a ticket that was
//! never opened does nothing. What is resolved is shown not to fail, or waived: what could not be judged, or is not
//! looked at any more, stays open.

use serde::Serialize;

use super::side::Judged;
use super::{Change, Diff, Entry, State};

/// What to do about a finding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'d> {
    /// What to do.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The finding, and what has become of it. Its fingerprint identifies the ticket.
    pub entry: &'d Entry<'d>,
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
        steps.push(Step { action: Action::Update, reason: Reason::Moved, entry });
    }
    for entry in &diff.entries {
        if let Some((action, reason)) = action(entry) {
            steps.push(Step { action, reason, entry });
        }
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
