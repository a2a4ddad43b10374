//! The id of an event.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::SharedText;

/// CloudTrail's `eventID`, the same wherever the event was delivered. Normally a UUID, stored as a
/// number, which takes a sixth of the memory of its text.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(with = "String", inline, description = "")]
pub struct EventId(Kind);

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Kind {
    Uuid(Uuid),
    Text(SharedText),
}

/// The length of a UUID as CloudTrail writes it; one that is written in another way stays a text.
const UUID_LENGTH: usize = 36;

impl From<&str> for EventId {
    fn from(text: &str) -> EventId {
        EventId(match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == UUID_LENGTH => Kind::Uuid(uuid),
            _ => Kind::Text(text.into()),
        })
    }
}

impl From<String> for EventId {
    fn from(text: String) -> EventId {
        EventId::from(text.as_str())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Uuid(uuid) => uuid.fmt(f),
            Kind::Text(text) => f.write_str(text),
        }
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
