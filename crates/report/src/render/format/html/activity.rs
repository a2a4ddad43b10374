//! Sign-in activity: who needs help, and who is in.

use askama::Template;
use portcullis_model::Report;

use crate::render::activity::{self, Entry};

/// Who could not get in, and who did; of a single person, all that was recorded too.
#[derive(Template)]
#[template(path = "html/people.html")]
pub(super) struct People<'a> {
    /// How many parts stand above these.
    before: usize,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    title: String,
    note: Option<String>,
    /// Those with something to do.
    cards: Vec<Entry<'a>>,
    /// Events, and people who need no help.
    rows: Vec<Entry<'a>>,
    /// A text to copy.
    text: Option<String>,
}

impl<'a> People<'a> {
    /// Those who could not get in, which is what the page is read for, and all others.
    pub(super) fn new(report: &'a Report) -> [People<'a>; 2] {
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for summary in &report.activity {
            let [locked_out, signed_in] = activity::people(summary);
            first.push(Part::new(locked_out));
            rest.push(Part::new(signed_in));
            rest.extend(activity::person(summary).into_iter().map(Part::new));
        }
        [People { before: 0, parts: first }, People { before: report.activity.len(), parts: rest }]
    }
}

impl<'a> Part<'a> {
    fn new(part: activity::Part<'a>) -> Part<'a> {
        let (mut cards, mut rows, mut text) = (Vec::new(), Vec::new(), None);
        for entry in part.entries {
            if entry.action.is_some() {
                cards.push(entry);
            } else if entry.name.is_empty() {
                text = Some(entry.summary);
            } else {
                rows.push(entry);
            }
        }
        Part { title: part.title, note: part.note, cards, rows, text }
    }
}
