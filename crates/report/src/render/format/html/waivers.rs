//! Waivers: what has been accepted, by whom, why and until when.

use portcullis_model::{Report, Waiver, WaiverOutcome};

use super::index::{Index, RuleLink};
use crate::decide::waivers::{State, account, end, matches};

pub(super) struct WaiverRow<'a> {
    pub(super) class: &'static str,
    pub(super) words: &'static str,
    pub(super) end: String,
    pub(super) matches: String,
    pub(super) rules: [RuleLink; 1],
    pub(super) waiver: &'a Waiver,
    pub(super) account: &'a str,
}

/// The table of waivers, the most urgent first.
pub(super) fn rows<'a>(report: &'a Report, index: &Index<'_>) -> Vec<WaiverRow<'a>> {
    let mut outcomes: Vec<&WaiverOutcome> = report.waivers.iter().collect();
    outcomes.sort_by_key(|outcome| State::from_outcome(outcome));
    outcomes
        .into_iter()
        .map(|outcome| WaiverRow::new(outcome, index))
        .collect()
}

impl<'a> WaiverRow<'a> {
    fn new(outcome: &'a WaiverOutcome, index: &Index<'_>) -> WaiverRow<'a> {
        let waiver = &outcome.waiver;
        let (class, words) = match State::from_outcome(outcome) {
            State::Expired => ("expired", "expired"),
            State::Unmatched => ("unmatched", "unmatched"),
            State::Expiring => ("expiring", "about to expire"),
            State::Lasting => ("expiring", "in force for years"),
            State::InForce => ("in-force", "in force"),
        };
        WaiverRow {
            class,
            words,
            end: end(outcome),
            matches: matches(outcome),
            rules: [index.link(&waiver.rule, |_| 0)],
            waiver,
            account: account(waiver),
        }
    }
}
