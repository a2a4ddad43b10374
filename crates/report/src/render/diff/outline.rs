//! The outline of a diff for people: its texts, their order, and the groups of entries. Text and Markdown only lay it
//! out.

use crate::decide::diff::{Change, Diff, Difference, Entry, Origin, State};
use crate::decide::waivers::decision_and_reason;
use crate::words::{capitalised, counted, describe, nonzero, shorten, span, time, value};

/// The maximum length of a value in a line; JSON has all of it.
const VALUE_CHARS: usize = 100;
/// How much of a long value is shown before the first difference.
const BEFORE_CHARS: usize = 20;

/// A diff, as people read it.
pub(super) struct Outline<'d> {
    /// `2 new, 1 fixed, 5 unchanged`.
    pub summary: String,
    /// The two reports, and what makes them less comparable than they seem.
    pub facts: Vec<(&'static str, String)>,
    pub sections: Vec<Section<'d>>,
}

/// The findings with the same change.
pub(super) struct Section<'d> {
    /// `New: 2 findings, 1 of them waived`.
    pub title: String,
    /// What the change means, where the word may mislead.
    pub explanation: Option<&'static str>,
    /// Groups of one rule and severity each.
    pub groups: Vec<&'d [Entry<'d>]>,
}

impl<'d> Outline<'d> {
    pub(super) fn new(diff: &'d Diff<'d>) -> Outline<'d> {
        let mut facts = vec![("Old", origin(&diff.old)), ("New", origin(&diff.new))];
        facts.extend(diff.notes.iter().map(|note| ("Note", note.clone())));
        let mut sections = Vec::new();
        for of_change in diff.entries.chunk_by(|a, b| a.change == b.change) {
            let change = of_change[0].change;
            let by_rule = of_change.chunk_by(|a, b| (a.severity, a.rule) == (b.severity, b.rule));
            sections.push(Section {
                title: title(change, diff),
                explanation: explanation(change),
                groups: by_rule.collect(),
            });
        }
        Outline { summary: summary(diff), facts, sections }
    }
}

/// What the changes of a kind mean, where the word may mislead.
fn explanation(change: Change) -> Option<&'static str> {
    match change {
        Change::Unknown => Some("These could not be judged this time and may still fail."),
        Change::Gone => Some("Nothing shows that these are fixed."),
        _ => None,
    }
}

/// `2 new, 1 fixed, 5 unchanged`: the counts of changes, with unlisted ones at the end.
fn summary(diff: &Diff<'_>) -> String {
    let counts = nonzero(Change::ALL.map(|change| (diff.count(change), change.words())));
    match (counts.join(", "), diff.entries.is_empty()) {
        (counts, _) if counts.is_empty() => "no findings in either report".to_owned(),
        (counts, true) => format!("nothing has changed ({counts})"),
        (counts, false) => counts,
    }
}

/// A report: `2026-11-02 10:00:00 UTC, account 111122223333, portcullis 0.1.0, rules 0123456789abcdef`.
fn origin(origin: &Origin<'_>) -> String {
    let Origin { version, ruleset, accounts } = origin;
    let accounts = match accounts.as_slice() {
        [] => "no account".to_owned(),
        [account] => format!("{}, account {}", time(account.as_of), account.id),
        all => {
            let moments = all.iter().map(|account| account.as_of);
            let span = span(moments, time).unwrap_or_default();
            format!("{span}, {} accounts", all.len())
        }
    };
    format!("{accounts}, portcullis {version}, rules {ruleset}")
}

/// `New: 2 findings, 1 of them waived`.
fn title(change: Change, diff: &Diff<'_>) -> String {
    let count = diff.count(change);
    let of_change = diff.entries.iter().filter(|entry| entry.change == change);
    let waived = match of_change
        .filter(|entry| entry.new.state == State::Waived)
        .count()
    {
        0 => String::new(),
        waived => format!(", {waived} of them waived"),
    };
    format!("{}: {}{waived}", capitalised(change.words()), counted(count, "finding"))
}

/// The message, with its resource before it if it does not name it.
pub(super) fn headline(entry: &Entry<'_>, diff: &Diff<'_>) -> String {
    let mut accounts = diff.old.accounts.iter().chain(&diff.new.accounts);
    let many_accounts = accounts.any(|a| (a.partition, a.id) != (entry.partition, entry.account));
    let account = many_accounts.then_some(entry.account);
    describe(account, entry.resource, &entry.finding.message)
}

/// Further details, one per line.
pub(super) fn details(entry: &Entry<'_>) -> Vec<String> {
    let mut details = Vec::from_iter(entry.reason.clone());
    details.extend(entry.differences.iter().map(difference));
    let mut waivers = entry
        .new
        .findings
        .iter()
        .filter_map(|finding| finding.waiver.as_ref());
    details.extend(waivers.next().map(decision_and_reason));
    if let Some(seen) = entry.first_seen
        && entry.new.as_of.is_none_or(|as_of| seen < as_of)
    {
        details.push(format!("first seen {}", time(seen)));
    }
    details
}

/// `severity: medium → high`.
fn difference(difference: &Difference) -> String {
    let Difference { what, old, new } = difference;
    let (old, new) = (value(old), value(new));
    let common = old
        .chars()
        .zip(new.chars())
        .take_while(|(one, other)| one == other)
        .count();
    // Long values are shown from shortly before where they differ.
    let skipped = if common < VALUE_CHARS {
        0
    } else {
        common - BEFORE_CHARS
    };
    let shown = |value: &str| {
        let lead = if skipped > 0 { "…" } else { "" };
        let rest: String = value.chars().skip(skipped).collect();
        format!("{lead}{}", shorten(&rest, VALUE_CHARS))
    };
    format!("{what}: {} → {}", shown(&old), shown(&new))
}
