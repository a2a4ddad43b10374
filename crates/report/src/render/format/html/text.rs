//! Text in the page.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::defuse;

/// Writes the texts of templates, as `askama.toml` says: [defused](defuse), and escaped for HTML.
#[derive(Clone, Copy)]
pub(super) struct DefusedHtml;

impl Escaper for DefusedHtml {
    fn write_escaped_str<W: Write>(&self, out: W, text: &str) -> fmt::Result {
        Html.write_escaped_str(out, &defuse(text))
    }
}

/// Whether text can be the id of an element and the fragment of an address without encoding.
pub(super) fn is_anchor(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The fragment with which the list shows findings with this value.
pub(super) fn to_filter(filter: &str, value: &str) -> String {
    format!("#{filter}={}", utf8_percent_encode(&defuse(value), NON_ALPHANUMERIC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_plain() {
        for (text, is_plain) in
            [("old-key", true), ("0c8d03b6", true), ("", false), ("a b", false), ("é", false)]
        {
            assert_eq!(is_anchor(text), is_plain, "{text}");
        }
    }
}
