//! What is known of a condition key.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::truth::Lack;

/// The value that a condition key has in a request, as far as is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value<'a> {
    /// The request lacks the key.
    Absent,
    /// One value.
    One(Cow<'a, str>),
    /// Several.
    Many(Vec<String>),
    /// Only the request tells whether there is a value, and which.
    Open,
    /// A text that begins so; only the request tells how it goes on.
    Beginning(String),
    /// Now or any later moment.
    From(Timestamp),
    /// Such a moment, or none: only the request tells.
    MaybeFrom(Timestamp),
    /// Whoever asks chooses the value.
    Chosen {
        /// Whether there may be none.
        optional: bool,
    },
    /// Whoever asks chooses among the ARNs of a service.
    ChosenIn(&'a str),
    /// Something that was not read would decide it.
    Lacking(Lack),
}

impl<'a> Value<'a> {
    /// One value.
    #[must_use]
    pub fn one(text: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::One(text.into())
    }

    /// The value, or none.
    #[must_use]
    pub fn maybe(text: Option<impl Into<Cow<'a, str>>>) -> Value<'a> {
        text.map_or(Value::Absent, Value::one)
    }
}
