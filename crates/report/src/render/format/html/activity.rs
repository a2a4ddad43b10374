//! Sign-in activity: who needs help, and who is in.

use askama::Template;
use portcullis_model::Report;

use crate::render::activity::{self, Part};

/// Who could not get in, and who did; of a single person, all that was recorded too.
#[derive(Template)]
#[template(path = "html/people.html")]
pub(super) struct People<'a> {
    /// How many parts stand above these.
    before: usize,
    parts: Vec<Part<'a>>,
}

impl<'a> People<'a> {
    /// Those who could not get in, which is what the page is read for, and all others.
    pub(super) fn new(report: &'a Report) -> [People<'a>; 2] {
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for summary in &report.activity {
            let [locked_out, signed_in] = activity::people(summary);
            first.push(locked_out);
            rest.push(signed_in);
            rest.extend(activity::person(summary));
        }
        [People { before: 0, parts: first }, People { before: report.activity.len(), parts: rest }]
    }
}
