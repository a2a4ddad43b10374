//! Notifications: what a run has no results for, and why.

use std::collections::BTreeMap;

use portcullis_model::Status;

use super::AccountRun;
use super::log::{Level, Message, Notification, ReportingDescriptorReference};
use super::message::plain;
use crate::render::gaps;
use crate::render::view::View;
use crate::words::{counted, few};

/// So many resources or accounts are named.
const NAMED: usize = 3;

/// All that is to be said of an account's run; so many results were left out.
pub(super) fn notifications(
    view: &View<'_>,
    part: &AccountRun<'_>,
    left_out: usize,
) -> Vec<Notification> {
    not_collected(part)
        .into_iter()
        .chain(missing(part))
        .chain(not_judged(view, part))
        .chain(waived(part))
        .chain(results_left_out(left_out))
        .collect()
}

/// The accounts for which there is no room in the file.
pub(super) fn accounts_left_out(parts: &[AccountRun<'_>]) -> Notification {
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
fn not_collected(part: &AccountRun<'_>) -> Option<Notification> {
    let text = "Nothing could be collected, so that there are no results says nothing.";
    (!part.is_collected()).then(|| note("nothing-collected", Level::Error, text))
}

/// The gaps in the evidence.
fn missing(part: &AccountRun<'_>) -> Vec<Notification> {
    let gaps = part.accounts.iter().flat_map(|account| &account.gaps);
    let mut notes = Vec::new();
    for cause in gaps::causes(gaps, usize::MAX) {
        let (id, level) =
            if cause.by_choice { ("not-requested", Level::Note) } else { ("gap", Level::Warning) };
        notes.push(note(id, level, &cause.sentences()));
    }
    notes
}

/// The rules that were not judged for some resource.
fn not_judged(view: &View<'_>, part: &AccountRun<'_>) -> Vec<Notification> {
    let mut rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in part.findings.iter().filter(|finding| finding.status() == Status::Unknown) {
        rules.entry(&finding.rule).or_default().push(&finding.resource.name);
    }
    let allowed = &view.report.options.gate.allow_unknown;
    let mut notes = Vec::new();
    for (rule, names) in rules {
        let is_allowed = allowed.iter().any(|id| id == rule);
        let level = if is_allowed { Level::Note } else { Level::Warning };
        let resources = counted(names.len(), "resource");
        let text = format!("{rule} was not judged for {resources}: {}.", few(&names, NAMED));
        let rule = ReportingDescriptorReference { id: rule.to_owned() };
        notes
            .push(Notification { associated_rule: Some(rule), ..note("not-judged", level, &text) });
    }
    notes
}

fn waived(part: &AccountRun<'_>) -> Option<Notification> {
    let count = part.count(Status::Waived);
    let text = format!("Waived, and so without a result: {}.", counted(count, "finding"));
    (count > 0).then(|| note("waived", Level::Note, &text))
}

fn results_left_out(count: usize) -> Option<Notification> {
    let text =
        format!("Left out for lack of room, the least severe: {}.", counted(count, "finding"));
    (count > 0).then(|| note("results-left-out", Level::Warning, &text))
}
