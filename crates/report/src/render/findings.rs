//! What findings are counted and sorted by.

use portcullis_model::{Severity, Status};

/// What is kept in memory of each finding.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Among the findings.
    pub place: u32,
    pub severity: Severity,
    pub urgent: bool,
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
