//! What a ticket system should do: a line of JSON for each ticket to open, update or resolve.
//!
//! The fingerprint identifies the ticket, so each line can be carried out twice. Nothing is resolved
//! but what is fixed or waived: what could not be judged, or is not looked at any more, stays open.

use std::io::{self, Write};

use jiff::Timestamp;
use portcullis_model::{Finding, Fingerprint, ResourceRef, Severity};
use serde::Serialize;

use crate::decide::diff::{Change, Diff, Difference, Entry, State};
use crate::render::json::write_json_line;

/// One line.
#[derive(Serialize)]
struct Record<'a> {
    action: &'static str,
    /// Why: `moved`, `new`, `waiver_ended`, `changed`, `fixed` or `waived`.
    reason: &'static str,
    fingerprint: &'a Fingerprint,
    /// For `moved`: the fingerprint that the ticket had until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<&'a Fingerprint>,
    account: &'a str,
    rule: &'a str,
    title: &'a str,
    severity: Severity,
    resource: &'a ResourceRef,
    message: &'a str,
    remediation: &'a str,
    /// What keeps it from being what it seems, such as that it could not be judged before.
    note: Option<&'a str>,
    differences: &'a [Difference],
    first_seen: Option<Timestamp>,
    as_of: Timestamp,
}

pub(super) fn write(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    // What failed once may fail again: an older report shows nothing fixed.
    let backwards = diff.new.as_of < diff.old.as_of;
    let told = |entry: &&Entry<'_>| !(backwards && entry.change == Change::Fixed);
    let as_of = diff.new.as_of;
    // First, so that what else there is to say finds its ticket.
    for entry in &diff.moved {
        if let Some(record) = record(entry, ("update", "moved"), as_of) {
            write_json_line(&Record { replaces: entry.replaces(), ..record }, out)?;
        }
    }
    for entry in diff.entries.iter().filter(told) {
        if let Some(record) = action(entry).and_then(|action| record(entry, action, as_of)) {
            write_json_line(&record, out)?;
        }
    }
    Ok(())
}

fn record<'e>(
    entry: &'e Entry<'_>,
    (action, reason): (&'static str, &'static str),
    as_of: Timestamp,
) -> Option<Record<'e>> {
    let Finding { message, remediation, .. } = entry.finding()?;
    let Entry { fingerprint, account, rule, title, severity, resource, .. } = *entry;
    Some(Record {
        action,
        reason,
        fingerprint,
        replaces: None,
        account,
        rule,
        title,
        severity,
        resource,
        message,
        remediation,
        note: entry.reason.as_deref(),
        differences: &entry.differences,
        first_seen: entry.first_seen,
        as_of,
    })
}

/// What to do, and why; none: nothing.
fn action(entry: &Entry<'_>) -> Option<(&'static str, &'static str)> {
    match (entry.change, entry.old.state, entry.new.state) {
        (Change::New, _, State::Fails) => Some(("open", "new")),
        (Change::Changed, State::Waived, State::Fails) => Some(("open", "waiver_ended")),
        (Change::Changed, State::Fails, State::Fails) => Some(("update", "changed")),
        (Change::Changed, State::Fails, State::Waived) => Some(("resolve", "waived")),
        (Change::Fixed, ..) => Some(("resolve", "fixed")),
        _ => None,
    }
}
