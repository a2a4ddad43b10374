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
    pub fn one(text: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::One(text.into())
    }

    /// The value, or none.
    pub fn maybe(text: Option<impl Into<Cow<'a, str>>>) -> Value<'a> {
        text.map_or(Value::Absent, Value::one)
    }
}

/// Whether a condition key can have this value, as far as AWS limits its characters.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html>
pub(crate) fn may_be(key: &str, text: &str) -> bool {
    let has_only = |characters: &str| {
        let mut all = text.chars();
        !text.is_empty() && all.all(|c| c.is_ascii_alphanumeric() || characters.contains(c))
    };
    match key.split_once('/').map_or(key, |(key, _)| key) {
        "sts:externalid" => has_only("_+=,.@:/-"),
        "sts:rolesessionname" | "sts:sourceidentity" | "aws:sourceidentity" => has_only("_+=,.@-"),
        "aws:principaltag" | "iam:resourcetag" => {
            let mut all = text.chars();
            all.all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c))
        }
        _ => true,
    }
}
