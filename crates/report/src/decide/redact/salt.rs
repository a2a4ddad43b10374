//! Makes pseudonyms under a salt with HMAC-SHA256 (RFC 2104), shortened so that people can compare them.
//!
//! A hash without a secret would not suffice: there are so few account ids and likely names that trying them all
//! takes seconds.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use portcullis_model::Fingerprint;
use sha2::Sha256;
use thiserror::Error;

/// The secret that pseudonyms depend on. Reports that were redacted under the same salt can be joined.
#[derive(Clone)]
pub struct Salt(Hmac<Sha256>);

/// A salt is too short to be secret.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("a salt must have at least {} bytes", Salt::MIN_LENGTH)]
pub struct SaltTooShort;

/// The salt itself is never shown.
impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl Salt {
    /// The least number of bytes.
    pub const MIN_LENGTH: usize = 16;

    /// Creates a salt of these bytes, without line breaks at the end, since most tools write one.
    pub fn new(secret: &[u8]) -> Result<Salt, SaltTooShort> {
        let end = secret
            .iter()
            .rposition(|byte| !b"\r\n".contains(byte))
            .map_or(0, |at| at + 1);
        if end < Salt::MIN_LENGTH {
            return Err(SaltTooShort);
        }
        Hmac::new_from_slice(&secret[..end])
            .map(Salt)
            .map_err(|_| SaltTooShort)
    }

    /// An account id of 12 digits, which formats require, with zeros that show people that it is a pseudonym.
    pub(super) fn account(&self, id: &str) -> String {
        format!("000{:09}", self.digits("account", id) % 1_000_000_000)
    }

    /// A name of any kind, so that the same name has the same pseudonym everywhere.
    pub(super) fn name(&self, name: &str) -> String {
        format!("name-{:010x}", self.digits("name", name) >> 88)
    }

    /// The id of an access key or another credential.
    pub(super) fn key(&self, id: &str) -> String {
        format!("key-{:010x}", self.digits("key", id) >> 88)
    }

    /// A fingerprint. The original is a hash, from which names could be guessed.
    pub(super) fn fingerprint(&self, fingerprint: &Fingerprint) -> Fingerprint {
        Fingerprint::from(self.digits("fingerprint", fingerprint.as_str()))
    }

    /// A hash of 16 digits over parameters, which may contain account ids. An empty hash stays empty.
    pub(super) fn hash(&self, hash: &str) -> String {
        if hash.is_empty() {
            return String::new();
        }
        format!("{:016x}", self.digits("hash", hash) >> 64)
    }

    /// The first 128 bits. The kind distinguishes an account from a name with the same digits.
    fn digits(&self, kind: &str, text: &str) -> u128 {
        let mac = self
            .0
            .clone()
            .chain_update(kind)
            .chain_update([0])
            .chain_update(text);
        let mac = mac.finalize().into_bytes();
        mac[..16]
            .iter()
            .fold(0, |digits, byte| digits << 8 | u128::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with another implementation: Python's hmac and hashlib. Published reports hold such
    /// pseudonyms, so they never change.
    #[test]
    fn golden() {
        let salt = Salt::new(b"0123456789abcdef").unwrap();
        assert_eq!(salt.account("111122223333"), "000543371125");
        assert_eq!(salt.name("alice"), "name-a3cd6c7656");
        assert_eq!(salt.key("AKIAIOSFODNN7EXAMPLE"), "key-3e5f453ada");
        assert_eq!(salt.hash("0123456789abcdef"), "cd364c232954cef6");
        let fingerprint = Fingerprint::from(0x2686_5a81_03ef_5c8f_e099_a4ab_f7ad_17d0);
        assert_eq!(salt.fingerprint(&fingerprint).as_str(), "08735e36378ab530912c12a6d1c9a04e");
    }

    #[test]
    fn a_line_break_at_the_end_does_not_count() {
        let name = |secret: &[u8]| Salt::new(secret).unwrap().name("alice");
        assert_eq!(name(b"0123456789abcdef\r\n"), name(b"0123456789abcdef"));
        assert_ne!(name(b"0123456789abcdefg"), name(b"0123456789abcdef"));
    }

    #[test]
    fn a_short_salt_is_refused() {
        for short in [&b""[..], b"\n", b"0123456789abcde", b"0123456789abcde\n\n"] {
            assert_eq!(Salt::new(short).unwrap_err(), SaltTooShort);
        }
    }

    #[test]
    fn no_salt_is_shown() {
        let salt = Salt::new(b"0123456789abcdef").unwrap();
        assert_eq!(format!("{salt:?}"), "Salt(…)");
    }
}
