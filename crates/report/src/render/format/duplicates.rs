//! Findings that share a fingerprint, since their resources share an id.

use std::collections::HashMap;

use portcullis_model::Finding;
use sha2::{Digest, Sha256};

/// Tells such findings apart by the order in which they come.
#[derive(Default)]
pub(super) struct Duplicates {
    /// By a hash of the fingerprint, which is half as long.
    counts: HashMap<[u8; 32], u32>,
}

impl Duplicates {
    /// The finding's number among those of its fingerprint so far, from 1.
    pub(super) fn number(&mut self, finding: &Finding) -> u32 {
        let hash = Sha256::digest(finding.fingerprint.as_str()).into();
        let count = self.counts.entry(hash).or_default();
        *count += 1;
        *count
    }
}
