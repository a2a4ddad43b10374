//! The identity of a finding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Changing how a fingerprint is made orphans every waiver, baseline and ticket: raise this then.
const RECIPE: &str = "portcullis/fingerprint/v1";

/// The identity of a finding across runs: 32 hexadecimal digits.
///
/// Made of rule, partition, account and resource, never of message, severity, slot or time.
#[derive(
    Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a rule's verdict on a resource (by [`ResourceRef::id`](crate::ResourceRef)).
    #[must_use]
    pub fn new(rule: &str, partition: &str, account: &str, resource: &str) -> Fingerprint {
        let mut hash = Sha256::new();
        for part in [RECIPE, rule, partition, account, resource] {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Fingerprint(format!("{:032x}", u128::from_be_bytes(half)))
    }

    /// The hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
