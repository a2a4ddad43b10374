//! Notifications: what a run has no results for, and why.

use portcullis_model::Status;

use super::log::{Level, Message, Notification, ReportingDescriptorReference};
use super::message::plain;
use super::{AccountRun, Part};
use crate::render::gaps;
use crate::render::view::View;
use crate::words::{counted, few};

/// So many resources or accounts are named.
const NAMED: usize = 3;

/// All that is to be said of an account's run.
pub(super) fn notifications(view: &View<'_>, account: &AccountRun<'_>) -> Vec<Notification> {
    let mut notes = Vec::new();
    notes.extend(not_collected(account));
    notes.extend(missing(account));
    notes.extend(not_judged(view, account));
    notes.extend(waived(account));
    notes.extend(results_left_out(account.left_out()));
    notes
}

/// The accounts for which there is no room in the file.
pub(super) fn accounts_left_out(parts: &[Part<'_>]) -> Notification {
    let ids: Vec<&str> = parts.iter().map(|part| part.id).collect();
    let findings = counted(parts.iter().map(|part| part.issues.len()).sum::<usize>(), "finding");
    let (accounts, ids) = (counted(ids.len(), "account"), ids.join(", "));
    let text = format!("{accounts} with {findings} left out, for lack of room: {ids}.");
    note("accounts-left-out", Level::Warning, &text)
}

fn note(id: &str, level: Level, text: &str) -> Notification {
    Notification {
        descriptor: ReportingDescriptorReference { id: id.to_owned() },
        associated_rule: None,
        level,
        message: Message { text: plain(text) },
    }
}

/// By §3.20.21 an error says that the run failed.
fn not_collected(account: &AccountRun<'_>) -> Option<Notification> {
    let text = "Nothing could be collected, so the absence of results proves nothing.";
    (!account.is_collected()).then(|| note("nothing-collected", Level::Error, text))
}

/// The gaps in the evidence.
fn missing(account: &AccountRun<'_>) -> Vec<Notification> {
    let gaps = account
        .part
        .accounts
        .iter()
        .flat_map(|account| &account.gaps);
    let mut notes = Vec::new();
    for cause in gaps::causes(gaps, usize::MAX) {
        let (id, level) = if cause.by_choice {
            ("not-requested", Level::Note)
        } else {
            ("gap", Level::Warning)
        };
        notes.push(note(id, level, &cause.sentences()));
    }
    notes
}

/// The rules that were not judged for some resource.
fn not_judged(view: &View<'_>, account: &AccountRun<'_>) -> Vec<Notification> {
    let allowed = &view.report.options.gate.allow_unknown;
    let mut notes = Vec::new();
    for (rule, names) in &account.unjudged {
        let is_allowed = allowed.contains(rule);
        let level = if is_allowed {
            Level::Note
        } else {
            Level::Warning
        };
        let resources = counted(names.len(), "resource");
        let text = format!("{rule} was not judged for {resources}: {}.", few(names, NAMED));
        let rule = ReportingDescriptorReference { id: rule.clone() };
        notes
            .push(Notification { associated_rule: Some(rule), ..note("not-judged", level, &text) });
    }
    notes
}

fn waived(account: &AccountRun<'_>) -> Option<Notification> {
    let count = account.count(Status::Waived);
    let text = format!("Waived, and so without a result: {}.", counted(count, "finding"));
    (count > 0).then(|| note("waived", Level::Note, &text))
}

fn results_left_out(count: usize) -> Option<Notification> {
    let text =
        format!("Left out for lack of room, the least severe: {}.", counted(count, "finding"));
    (count > 0).then(|| note("results-left-out", Level::Warning, &text))
}
