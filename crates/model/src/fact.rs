//! A value that is either known, or missing with a gap that says why.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::{Source, Sources};

/// A fact about an account: known, or missing because sources were not collected.
///
/// `Fact<Option<T>>` distinguishes "there is none" (`Known(None)`) from "not known" (`Missing`). In
/// JSON, a known fact is its value, and a missing one is `{"missing": ["credential-report"]}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact<T> {
    /// The value.
    Known(T),
    /// The missing sources, each of which has a [gap](crate::Gap) that says why.
    Missing(Sources),
}

impl<T> Fact<T> {
    /// Returns a fact that is missing because of one source.
    pub fn missing(source: Source) -> Fact<T> {
        Fact::Missing(source.into())
    }

    /// Returns the value, if known.
    pub fn known(self) -> Option<T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Missing(_) => None,
        }
    }

    /// Borrows the value.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Missing(sources) => Fact::Missing(*sources),
        }
    }

    /// Converts a known value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Fact<U> {
        self.and_then(|value| Fact::Known(make(value)))
    }

    /// Converts a known value to a fact, which may be missing.
    pub fn and_then<U>(self, make: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Fact::Known(value) => make(value),
            Fact::Missing(sources) => Fact::Missing(sources),
        }
    }

    /// Returns both values; missing, with all missing sources, if either is.
    pub fn both<U>(self, other: Fact<U>) -> Fact<(T, U)> {
        match (self, other) {
            (Fact::Known(mine), Fact::Known(theirs)) => Fact::Known((mine, theirs)),
            (Fact::Missing(mine), Fact::Missing(theirs)) => Fact::Missing(mine | theirs),
            (Fact::Missing(sources), _) | (_, Fact::Missing(sources)) => Fact::Missing(sources),
        }
    }

    /// Returns this fact if known, or else the other; missing, with all missing sources, if both
    /// are.
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

    /// Returns the value or the missing sources, for use with `?`.
    pub fn into_result(self) -> Result<T, Sources> {
        match self {
            Fact::Known(value) => Ok(value),
            Fact::Missing(sources) => Err(sources),
        }
    }
}

impl Fact<bool> {
    /// Three-valued "or" (Kleene): one `true` decides, even if the other is missing.
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
        if json
            .as_object()
            .is_some_and(|object| object.contains_key("missing"))
        {
            let Missing { missing } = serde_json::from_value(json).map_err(D::Error::custom)?;
            return Ok(Fact::Missing(missing.into_iter().collect()));
        }
        serde_json::from_value(json)
            .map(Fact::Known)
            .map_err(D::Error::custom)
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
