//! The identity of a finding.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of the recipe. A change of the recipe orphans every waiver, baseline and ticket, and
/// must raise this version.
const RECIPE: &str = "portcullis/fingerprint/v1";

/// Returns the first half of the SHA-256 over the parts, each preceded by its length, which
/// distinguishes ("ab", "c") from ("a", "bc").
pub fn digest(parts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(half)
}

/// The identity of a finding across runs: 32 hexadecimal digits.
///
/// Made of rule, partition, account and resource, never of message, severity, slot or time.
#[derive(
    Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Returns the fingerprint of a rule's verdict on a resource, given by its
    /// [`ResourceRef::id`](crate::ResourceRef).
    pub fn new(rule: &str, partition: &str, account: &str, resource: &str) -> Fingerprint {
        Fingerprint::from(digest(&[RECIPE, rule, partition, account, resource]))
    }

    /// Returns the hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<u128> for Fingerprint {
    fn from(digest: u128) -> Fingerprint {
        Fingerprint(format!("{digest:032x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

    /// Golden values, made with another implementation (Python's hashlib). They never change within
    /// a recipe: waivers, baselines and tickets out in the world hold them.
    #[test]
    fn golden() {
        let key = format!("{ALICE}/access-key/2024-01-01T00:00:00Z");
        let root = "arn:aws-cn:iam::111122223333:root";
        for (partition, resource, expected) in [
            ("aws", ALICE, "26865a8103ef5c8fe099a4abf7ad17d0"),
            ("aws", &key, "723952a1fb10d5e8f537551fc4282e64"),
            ("aws-cn", root, "82ee8a54e0eb2867a152e42b7d688d4d"),
        ] {
            let fingerprint = Fingerprint::new("example-rule", partition, "111122223333", resource);
            assert_eq!(fingerprint.as_str(), expected, "{resource}");
        }
    }

    #[test]
    fn the_boundary_between_parts_counts() {
        assert_ne!(Fingerprint::new("ab", "c", "", ""), Fingerprint::new("a", "bc", "", ""));
    }
}
