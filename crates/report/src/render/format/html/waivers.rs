//! Waivers: what has been accepted, by whom, why and until when.

use askama::Template;
use portcullis_model::{Report, Waiver, WaiverOutcome};

use super::index::{Index, RuleLink};
use crate::decide::waivers::{State, account, end, matches};

#[derive(Template)]
#[template(path = "html/waivers.html")]
pub(super) struct Waivers<'a> {
    pub(super) waivers: Vec<WaiverRow<'a>>,
}

pub(super) struct WaiverRow<'a> {
    class: &'static str,
    words: &'static str,
    end: String,
    matches: String,
    rules: [RuleLink; 1],
    waiver: &'a Waiver,
    account: &'a str,
}

impl<'a> Waivers<'a> {
    pub(super) fn new(report: &'a Report, index: &Index<'_>) -> Waivers<'a> {
        let mut outcomes: Vec<&WaiverOutcome> = report.waivers.iter().collect();
        outcomes.sort_by_key(|outcome| State::from_outcome(outcome));
        Waivers {
            waivers: outcomes
                .into_iter()
                .map(|outcome| WaiverRow::new(outcome, index))
                .collect(),
        }
    }
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
