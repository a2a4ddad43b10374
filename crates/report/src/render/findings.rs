//! The accounts and findings of a report, in memory or elsewhere, and what findings are counted and sorted by.

use std::borrow::Cow;
use std::io;

use portcullis_model::{Severity, Status};

/// The accounts or the findings of a report in its order. Those of a large one are in a file, so none is kept
/// longer than it takes to write it.
pub trait Rows<T: Clone> {
    /// How many there are.
    fn count(&self) -> usize;

    /// The one at that place, from 0.
    fn get(&self, place: usize) -> io::Result<Cow<'_, T>>;
}

impl<T: Clone> Rows<T> for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn get(&self, place: usize) -> io::Result<Cow<'_, T>> {
        Ok(Cow::Borrowed(&self[place]))
    }
}

/// What is kept in memory of each finding.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Among the findings.
    pub place: u32,
    pub severity: Severity,
    pub status: Status,
    /// The rule's place in [`View::rule_ids`](crate::render::view::View::rule_ids).
    pub rule: u32,
    /// The account's place in [`View::account_ids`](crate::render::view::View::account_ids).
    pub account: u32,
}

/// The entries of that status.
pub(crate) fn with_status(entries: &[Entry], status: Status) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(move |entry| entry.status == status)
}

impl Entry {
    /// Whether it asks for work, now or later: it fails, or could not be judged.
    pub(crate) fn is_work(&self) -> bool {
        !matches!(self.status, Status::Pass | Status::NotApplicable)
    }
}
