//! The values of condition keys, as far as they are known.

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
    /// Unknown: only the request shows whether there is a value, and which.
    Open,
    /// Text with this prefix; only the request shows the rest.
    Beginning(String),
    /// Now or any later moment.
    From(Timestamp),
    /// This moment or any later one, or none.
    MaybeFrom(Timestamp),
    /// This, or none, in a request that the caller makes directly. The caller may also have an AWS
    /// service make it; only that request shows the value.
    Directly(Option<&'static str>),
    /// The caller chooses the value.
    Chosen {
        /// Whether the caller may leave the key out.
        optional: bool,
    },
    /// The caller chooses an ARN of this service.
    ChosenIn(&'a str),
    /// It depends on what was not read.
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
