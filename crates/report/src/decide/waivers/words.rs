//! Describes waivers, in the same words everywhere.

use portcullis_model::{AppliedWaiver, Report, Waiver, WaiverOutcome};
use serde::Serialize;

use super::ANY_ACCOUNT;
use crate::words::counted;

/// The state of a waiver, ordered by importance.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its last day has passed.
    Expired,
    /// It matches nothing.
    Unmatched,
    /// It ends soon.
    Expiring,
    /// It lasts for years.
    Lasting,
    /// It is in force.
    InForce,
}

impl State {
    /// The state of a waiver.
    pub fn from_outcome(outcome: &WaiverOutcome) -> State {
        if outcome.is_expired() {
            State::Expired
        } else if outcome.is_unmatched() {
            State::Unmatched
        } else if outcome.expires_soon() {
            State::Expiring
        } else if outcome.lasts_long() {
            State::Lasting
        } else {
            State::InForce
        }
    }
}

/// The account of a waiver in words.
pub(crate) fn account(waiver: &Waiver) -> &str {
    if waiver.account == ANY_ACCOUNT {
        "all accounts"
    } else {
        &waiver.account
    }
}

/// Whether the waiver of a finding is still in force.
pub(crate) fn state(waiver: &AppliedWaiver) -> &'static str {
    if waiver.expired {
        "expired"
    } else {
        "in force"
    }
}

/// What a waiver decides about its finding: `waived until 2026-12-31 by ann`.
pub(crate) fn decision(waiver: &AppliedWaiver) -> String {
    let AppliedWaiver { owner, expires, expired, .. } = waiver;
    if *expired {
        format!("waiver of {owner} expired on {expires}")
    } else {
        format!("waived until {expires} by {owner}")
    }
}

/// What a waiver decides about its finding, and why.
pub(crate) fn decision_and_reason(waiver: &AppliedWaiver) -> String {
    format!("{}: {}", decision(waiver), waiver.reason)
}

/// What the waiver is about: `old-key on alice in 111122223333`.
pub fn subject(outcome: &WaiverOutcome) -> String {
    let waiver = &outcome.waiver;
    format!("{} on {} in {}", waiver.rule, waiver.resource, account(waiver))
}

/// When the waiver ends, or ended.
pub fn end(outcome: &WaiverOutcome) -> String {
    let day = outcome.waiver.expires;
    match outcome.days_left {
        ..0 => format!("expired on {day}, {} ago", days(outcome.days_left)),
        0 => format!("ends today, on {day}"),
        left if outcome.expires_soon() => format!("ends in {}, on {day}", days(left)),
        left => format!("in force until {day}; {} left", days(left)),
    }
}

/// What the waiver matches, or why that is not known.
pub fn matches(outcome: &WaiverOutcome) -> String {
    match (outcome.fails, outcome.unknown) {
        (0, 0) if outcome.judged => "nothing that fails".to_owned(),
        (0, 0) => "nothing; not everything it covers was judged".to_owned(),
        (fails, 0) => counted(fails, "failing finding"),
        (fails, unknown) => format!("{}, {unknown} not judged", counted(fails, "failing finding")),
    }
}

/// The warning about a waiver; none if it is in force and used.
pub fn warning(outcome: &WaiverOutcome) -> Option<String> {
    let day = outcome.waiver.expires;
    let says = match State::from_outcome(outcome) {
        State::InForce => return None,
        State::Expiring => end(outcome),
        State::Lasting => {
            format!("is in force for more than three years, until {day}; choose an earlier date")
        }
        State::Unmatched => "matches nothing that fails".to_owned(),
        State::Expired if outcome.is_unmatched() => {
            format!("expired on {day}, and matches nothing that fails")
        }
        State::Expired if outcome.fails == 0 => format!("expired on {day}"),
        State::Expired => {
            let findings = counted(outcome.fails, "finding");
            format!("expired on {day}; it no longer covers {findings}")
        }
    };
    Some(format!("the waiver of {} for {} {says}", outcome.waiver.owner, subject(outcome)))
}

/// The warnings about the waivers of a report, the most urgent first.
pub fn warnings(report: &Report) -> Vec<String> {
    let mut outcomes: Vec<&WaiverOutcome> = report.waivers.iter().collect();
    outcomes.sort_by_key(|outcome| State::from_outcome(outcome));
    outcomes.into_iter().filter_map(warning).collect()
}

fn days(count: i32) -> String {
    counted(count.unsigned_abs(), "day")
}
