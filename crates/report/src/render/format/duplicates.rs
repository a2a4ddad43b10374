//! Distinguishes findings that share a fingerprint because their resources share an id.

use std::collections::HashMap;

use portcullis_model::Finding;
use sha2::{Digest, Sha256};

/// Gives such findings different ids, which are the same in every run.
#[derive(Default)]
pub(super) struct Ids {
    /// The counts by a hash of the fingerprint, which is half as long.
    counts: HashMap<[u8; 32], u32>,
}

impl Ids {
    /// The fingerprint, with a number if an earlier finding has the same: `FINGERPRINT`, `FINGERPRINT-2`.
    pub(super) fn next(&mut self, finding: &Finding) -> String {
        let fingerprint = finding.fingerprint.as_str();
        match self.number(finding) {
            1 => fingerprint.to_owned(),
            number => format!("{fingerprint}-{number}"),
        }
    }

    /// The fingerprint and a number: `FINGERPRINT:1`.
    pub(super) fn next_numbered(&mut self, finding: &Finding) -> String {
        format!("{}:{}", finding.fingerprint.as_str(), self.number(finding))
    }

    /// The finding's number among those of its fingerprint so far, from 1.
    fn number(&mut self, finding: &Finding) -> u32 {
        let hash = Sha256::digest(finding.fingerprint.as_str()).into();
        let count = self.counts.entry(hash).or_default();
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::finding;

    #[test]
    fn findings_that_share_a_fingerprint_are_told_apart() {
        let (one, other) = (finding("one-rule", "x", None), finding("other-rule", "x", None));
        let (a, b) = (one.fingerprint.as_str(), other.fingerprint.as_str());
        let mut ids = Ids::default();
        let given = [&one, &other, &one, &one].map(|finding| ids.next(finding));
        assert_eq!(given, [a.to_owned(), b.to_owned(), format!("{a}-2"), format!("{a}-3")]);
        let mut ids = Ids::default();
        let given = [&one, &other, &one].map(|finding| ids.next_numbered(finding));
        assert_eq!(given, [format!("{a}:1"), format!("{b}:1"), format!("{a}:2")]);
    }
}
