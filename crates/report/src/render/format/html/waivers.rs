//! Waivers: what has been accepted, by whom, why and until when.

use askama::Template;
use portcullis_model::{Report, WaiverOutcome};

use super::index::Index;
use super::link::RuleLink;
use super::text::Text;
use crate::decide::waivers::{State, account, end};
use crate::words::counted;

#[derive(Template)]
#[template(path = "html/waivers.html")]
pub(super) struct Waivers<'a> {
    waivers: Vec<WaiverRow<'a>>,
}

struct WaiverRow<'a> {
    class: &'static str,
    words: &'static str,
    end: String,
    matched: String,
    rules: [RuleLink<'a>; 1],
    resource: Text<'a>,
    account: Text<'a>,
    owner: Text<'a>,
    reason: Text<'a>,
}

impl<'a> Waivers<'a> {
    pub(super) fn new(report: &'a Report, index: &'a Index<'a>) -> Waivers<'a> {
        let mut outcomes: Vec<&WaiverOutcome> = report.waivers.iter().collect();
        outcomes.sort_by_key(|outcome| State::from_outcome(outcome));
        Waivers {
            waivers: outcomes.into_iter().map(|outcome| WaiverRow::new(outcome, index)).collect(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.waivers.len()
    }
}

impl<'a> WaiverRow<'a> {
    fn new(outcome: &'a WaiverOutcome, index: &'a Index<'a>) -> WaiverRow<'a> {
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
            matched: matched(outcome),
            rules: [RuleLink::find(&waiver.rule, index, |_| 0)],
            resource: (&waiver.resource).into(),
            account: account(waiver).into(),
            owner: (&waiver.owner).into(),
            reason: (&waiver.reason).into(),
        }
    }
}

/// What the waiver is about in this run.
fn matched(outcome: &WaiverOutcome) -> String {
    let count = |count: u32, noun| counted(count.try_into().unwrap_or(usize::MAX), noun);
    match (outcome.judged, outcome.fails, outcome.unknown) {
        (false, 0, 0) => "not judged in this run".to_owned(),
        (true, 0, 0) => "matches nothing that fails".to_owned(),
        (_, fails, 0) => count(fails, "finding"),
        (_, fails, unknown) => format!("{}, and {unknown} not judged", count(fails, "finding")),
    }
}
