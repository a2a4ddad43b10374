//! The waivers that somebody should look at.

use portcullis_model::{Report, Waiver, WaiverOutcome};

use super::inline::{code, inline};
use super::room::Room;
use crate::words::shorten;

/// Room for a text that no list should be drowned by.
const TEXT_CHARS: usize = 300;

pub(super) fn write(report: &Report, room: &mut Room) {
    let entries: Vec<String> = report.waivers.iter().filter_map(entry).collect();
    if entries.is_empty() {
        return;
    }
    room.add(&format!("\n## Waivers to look at: {}\n\n", entries.len()));
    room.add_each(entries);
}

/// What is wrong with a waiver, if anything is.
fn entry(outcome: &WaiverOutcome) -> Option<String> {
    let Waiver { rule, resource, account, owner, expires, .. } = &outcome.waiver;
    let what = if outcome.is_expired() {
        format!("expired, its last day was {expires}")
    } else if outcome.expires_soon() {
        format!("about to expire, its last day is {expires}")
    } else if outcome.is_unmatched() {
        "matches nothing".to_owned()
    } else {
        return None;
    };
    let [rule, resource, account] =
        [rule, resource, account].map(|t| code(&shorten(t, TEXT_CHARS)));
    let owner = inline(&shorten(owner, TEXT_CHARS));
    Some(format!("- {rule}, {resource}, account {account}, by {owner}: {what}\n"))
}
