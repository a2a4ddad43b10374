//! Findings that share a fingerprint, since their resources share an id.

use std::collections::HashMap;

use portcullis_model::Finding;

/// Tells such findings apart by the order in which they come.
#[derive(Default)]
pub(super) struct Duplicates<'a>(HashMap<&'a str, usize>);

impl<'a> Duplicates<'a> {
    /// The finding's number among those of its fingerprint so far, from 1.
    pub(super) fn number(&mut self, finding: &'a Finding) -> usize {
        let count = self.0.entry(finding.fingerprint.as_str()).or_default();
        *count += 1;
        *count
    }
}
