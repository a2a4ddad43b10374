//! The only text that templates and the script are given.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::Value as Json;

use crate::defuse;

/// Text that is [defused](defuse), for templates to escape and the script to make text nodes of.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Text<'a> {
        Text(defuse(text))
    }
}

impl<'a> From<&'a String> for Text<'a> {
    fn from(text: &'a String) -> Text<'a> {
        Text(defuse(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(defuse(&text).into_owned().into())
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value with all the text in it defused, names of fields included.
pub(super) fn defused(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(defuse(text).into_owned()),
        Json::Array(items) => items.iter().map(defused).collect(),
        Json::Object(fields) => {
            let mut defused_fields = serde_json::Map::new();
            for (name, value) in fields {
                defused_fields.insert(defuse(name).into_owned(), defused(value));
            }
            Json::Object(defused_fields)
        }
        plain => plain.clone(),
    }
}

/// Whether text can be the id of an element, and the fragment of an address, as it stands.
pub(super) fn is_anchor(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn anchors_are_plain() {
        for (text, is_plain) in
            [("old-key", true), ("0c8d03b6", true), ("", false), ("a b", false), ("é", false)]
        {
            assert_eq!(is_anchor(text), is_plain, "{text}");
        }
    }

    #[test]
    fn values_are_defused_to_their_depths() {
        let hostile = json!([{ "a\u{202e}": ["\u{1b}[m", 1, null, true] }]);
        let shown = json!([{ r"a\u{202e}": [r"\u{1b}[m", 1, null, true] }]);
        assert_eq!(defused(&hostile), shown);
    }
}
