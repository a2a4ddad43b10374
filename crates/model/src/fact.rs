//! A value that is known, or missing for a reason that a gap records.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::{Source, Sources};

/// A fact about an account: known, or missing because sources were not collected.
///
/// `Fact<Option<T>>` keeps "there is none" (`Known(None)`) apart from "not known" (`Missing`).
/// In JSON a known fact is its value; a missing one is `{"missing": ["credential-report"]}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact<T> {
    /// The value.
    Known(T),
    /// The sources that would have shown it; each has a [gap](crate::Gap) that says why it did not.
    Missing(Sources),
}

impl<T> Fact<T> {
    /// The fact that one source failed to give.
    #[must_use]
    pub fn missing(source: Source) -> Fact<T> {
        Fact::Missing(source.into())
    }

    /// The value, if known.
    #[must_use]
    pub fn known(self) -> Option<T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Missing(_) => None,
        }
    }

    /// The fact with its value borrowed.
    #[must_use]
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Missing(sources) => Fact::Missing(*sources),
        }
    }

    /// The fact made from the value, missing if it is missing.
    #[must_use]
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Fact<U> {
        self.and_then(|value| Fact::Known(make(value)))
    }

    /// The fact that follows from the value, missing if either is.
    #[must_use]
    pub fn and_then<U>(self, make: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Fact::Known(value) => make(value),
            Fact::Missing(sources) => Fact::Missing(sources),
        }
    }

    /// Both values; missing if either is, and then all their sources.
    #[must_use]
    pub fn both<U>(self, other: Fact<U>) -> Fact<(T, U)> {
        match (self, other) {
            (Fact::Known(mine), Fact::Known(theirs)) => Fact::Known((mine, theirs)),
            (Fact::Missing(mine), Fact::Missing(theirs)) => Fact::Missing(mine | theirs),
            (Fact::Missing(sources), _) | (_, Fact::Missing(sources)) => Fact::Missing(sources),
        }
    }

    /// This fact if known, else the other; missing both, all their sources.
    #[must_use]
    pub fn or_else(self, other: impl FnOnce() -> Fact<T>) -> Fact<T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Missing(mine) => match other() {
                Fact::Known(value) => Fact::Known(value),
                Fact::Missing(theirs) => Fact::Missing(mine | theirs),
            },
        }
    }

    /// The value, or the sources that are missing: for `?` in functions that compute facts.
    pub fn into_result(self) -> Result<T, Sources> {
        match self {
            Fact::Known(value) => Ok(value),
            Fact::Missing(sources) => Err(sources),
        }
    }
}

impl Fact<bool> {
    /// Three-valued "or" (Kleene): one `true` decides, however much is missing.
    #[must_use]
    pub fn or(self, other: Fact<bool>) -> Fact<bool> {
        match (self, other) {
            (Fact::Known(true), _) | (_, Fact::Known(true)) => Fact::Known(true),
            _ => self.both(other).map(|_| false),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Missing {
    missing: Vec<Source>,
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Fact::Known(value) => value.serialize(serializer),
            Fact::Missing(sources) => {
                Missing { missing: sources.iter().collect() }.serialize(serializer)
            }
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fact<T>, D::Error> {
        let json = Json::deserialize(deserializer)?;
        if json.as_object().is_some_and(|object| object.contains_key("missing")) {
            let Missing { missing } = serde_json::from_value(json).map_err(D::Error::custom)?;
            return Ok(Fact::Missing(missing.into_iter().collect()));
        }
        serde_json::from_value(json).map(Fact::Known).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_none_apart_from_missing() {
        let facts: [Fact<Option<i64>>; 3] =
            [Fact::Known(Some(5)), Fact::Known(None), Fact::missing(Source::MfaDevices)];
        let json = serde_json::to_string(&facts).unwrap();
        assert_eq!(json, r#"[5,null,{"missing":["mfa-devices"]}]"#);
        assert_eq!(serde_json::from_str::<[Fact<Option<i64>>; 3]>(&json).unwrap(), facts);
    }

    #[test]
    fn or_is_decided_by_one_true() {
        let missing = Fact::missing(Source::AccountSummary);
        assert_eq!(missing.or(Fact::Known(true)), Fact::Known(true));
        assert_eq!(missing.or(Fact::Known(false)), missing);
        assert_eq!(Fact::Known(false).or(Fact::Known(false)), Fact::Known(false));
    }
}
