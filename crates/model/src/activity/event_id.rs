//! The id of an event.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::SharedText;

/// CloudTrail's `eventID`, the same wherever the event was delivered. Normally a UUID, stored as a
/// number, which takes a sixth of the memory of its text.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(with = "String", inline, description = "")]
pub struct EventId(Kind);

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Kind {
    Uuid([u8; 16]),
    Text(SharedText),
}

/// The positions of the hyphens in a UUID.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl From<&str> for EventId {
    fn from(text: &str) -> EventId {
        EventId(uuid(text).map_or_else(|| Kind::Text(text.into()), Kind::Uuid))
    }
}

impl From<String> for EventId {
    fn from(text: String) -> EventId {
        EventId::from(text.as_str())
    }
}

/// Parses a UUID, regardless of case.
///
/// <https://www.rfc-editor.org/rfc/rfc9562.html#section-4>
fn uuid(text: &str) -> Option<[u8; 16]> {
    let mut digits = String::with_capacity(32);
    for (index, byte) in text.bytes().enumerate() {
        match (HYPHENS.contains(&index), byte) {
            (true, b'-') => {}
            (false, digit) if digit.is_ascii_hexdigit() => digits.push(char::from(digit)),
            _ => return None,
        }
    }
    if digits.len() != 32 {
        return None;
    }
    u128::from_str_radix(&digits, 16)
        .ok()
        .map(u128::to_be_bytes)
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = match &self.0 {
            Kind::Uuid(bytes) => bytes,
            Kind::Text(text) => return f.write_str(text),
        };
        let digits = format!("{:032x}", u128::from_be_bytes(*bytes));
        let mut start = 0;
        for end in [8, 12, 16, 20, 32] {
            if start > 0 {
                f.write_str("-")?;
            }
            f.write_str(&digits[start..end])?;
            start = end;
        }
        Ok(())
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read() {
        for text in [
            "11111111-2222-4333-8444-0123456789ab",
            "00000000-0000-0000-0000-000000000000",
            "11111111-2222-4333-8444-0123456789a",
            "11111111222243338444-0123456789ab--",
            "0123456789abcdef0123456789abcdef",
            "",
        ] {
            assert_eq!(EventId::from(text).to_string(), text);
        }
        let id = EventId::from("11111111-2222-4333-8444-0123456789ab");
        assert!(matches!(id.0, Kind::Uuid(_)));
    }

    #[test]
    fn the_case_of_letters_matters_only_in_what_is_not_a_uuid() {
        let lower = EventId::from("11111111-2222-4333-8444-0123456789ab");
        assert_eq!(EventId::from("11111111-2222-4333-8444-0123456789AB"), lower);
        assert_ne!(EventId::from("event-a"), EventId::from("event-A"));
    }
}
