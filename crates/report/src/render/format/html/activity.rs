//! Sign-in activity: what was read, who needs help, and who is in.

use askama::Template;
use portcullis_model::Report;

use super::prose::{Instruction, instructions};
use super::text::Text;
use crate::render::activity;

/// What was read of CloudTrail; empty where nothing was.
#[derive(Template)]
#[template(path = "html/coverage.html")]
pub(super) struct Coverage<'a> {
    /// Of each run, its lines by label.
    runs: Vec<Vec<(&'static str, Vec<Text<'a>>)>>,
}

/// Who could not get in, and who did; of a single person, all that was recorded too.
#[derive(Template)]
#[template(path = "html/people.html")]
pub(super) struct People<'a> {
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    title: Text<'a>,
    note: Option<Text<'a>>,
    /// Those with something to do.
    cards: Vec<Entry<'a>>,
    /// Events, and people who need no help.
    rows: Vec<Entry<'a>>,
    /// A text to copy.
    text: Option<Text<'a>>,
}

struct Entry<'a> {
    name: Text<'a>,
    summary: Text<'a>,
    facts: Vec<(Text<'a>, Text<'a>)>,
    action: Vec<Instruction<'a>>,
}

impl<'a> Coverage<'a> {
    pub(super) fn new(report: &Report) -> Coverage<'a> {
        let mut runs = Vec::new();
        for summary in &report.activity {
            let mut lists = Vec::new();
            for (label, lines) in activity::coverage(summary) {
                lists.push((label, lines.into_iter().map(Text::from).collect()));
            }
            runs.push(lists);
        }
        Coverage { runs }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

impl<'a> People<'a> {
    pub(super) fn new(report: &Report) -> People<'a> {
        let mut parts = Vec::new();
        for summary in &report.activity {
            parts.extend(activity::people(summary).into_iter().map(Part::new));
            parts.extend(activity::person(summary).into_iter().map(Part::new));
        }
        People { parts }
    }
}

impl<'a> Part<'a> {
    fn new(part: activity::Part<'_>) -> Part<'a> {
        let (mut cards, mut rows, mut text) = (Vec::new(), Vec::new(), None);
        for entry in part.entries {
            if entry.action.is_some() {
                cards.push(Entry::new(entry));
            } else if entry.name.is_empty() {
                text = Some(entry.summary.into());
            } else {
                rows.push(Entry::new(entry));
            }
        }
        Part { title: part.title.into(), note: part.note.map(Text::from), cards, rows, text }
    }
}

impl<'a> Entry<'a> {
    fn new(entry: activity::Entry<'_>) -> Entry<'a> {
        let facts = entry.facts.into_iter().map(|(label, text)| (label.into(), text.into()));
        Entry {
            name: entry.name.into(),
            summary: entry.summary.into(),
            facts: facts.collect(),
            action: entry.action.map(instructions).unwrap_or_default(),
        }
    }
}
