//! Defuses text that may be hostile.

use std::borrow::Cow;
use std::fmt::Write;

use jiff::Timestamp;

/// Makes text safe to show in a line. Anything that could move the cursor, colour, hide or reorder text, or break the
/// line, is shown as `\u{1b}`.
pub fn defuse(text: &str) -> Cow<'_, str> {
    if !text.contains(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_deceptive(c) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Defuses each line of the text.
pub(crate) fn defuse_lines(text: &str) -> String {
    text.lines().map(defuse).collect::<Vec<_>>().join("\n")
}

/// Whether an address is a link to a web page: HTTPS, with only characters of RFC 3986, so that browsers and validators
/// interpret it in the same way.
pub(crate) fn is_web_page(address: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    address.starts_with("https://") && address.chars().all(is_allowed)
}

/// Whether this is a time as reports write it.
pub(crate) fn is_time(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<Timestamp>().is_ok()
}

/// Whether a character is a control character, an unusual space, invisible, changes the direction of its neighbours
/// (Unicode's `Default_Ignorable_Code_Point` and `White_Space`), or is not a character
/// (`Noncharacter_Code_Point`, some of which XML and HTML forbid).
pub(crate) fn is_deceptive(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn deceptive_text_is_shown_escaped() {
        for (hostile, shown) in [
            ("\u{1b}[31mroot\u{7}", r"\u{1b}[31mroot\u{7}"),
            ("a\r\nb\tc", r"a\u{d}\u{a}b\u{9}c"),
            ("\u{202e}nimda\u{2066}", r"\u{202e}nimda\u{2066}"),
            ("ad\u{200b}min\u{feff}", r"ad\u{200b}min\u{feff}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\u{a0}b\u{2028}", r"a\u{a0}b\u{2028}"),
            ("\u{e0041}", r"\u{e0041}"),
            ("\u{fffe}\u{fdd0}\u{1ffff}", r"\u{fffe}\u{fdd0}\u{1ffff}"),
        ] {
            assert_eq!(defuse(hostile), shown);
        }
    }

    #[test]
    fn plain_text_of_any_language_stays() {
        for plain in ["", "svc-build@example.com", "Zoë Müller", "管理者", "'a b' \\ {x}"] {
            assert_eq!(defuse(plain), plain);
        }
    }

    #[test]
    fn only_plain_https_can_be_followed() {
        for (address, is_page) in [
            ("https://docs.aws.amazon.com/IAM/latest/x.html#y", true),
            ("http://example.com", false),
            ("javascript:alert(1)", false),
            ("https://example.com/\" onclick=\"x", false),
            ("https://example.com/\u{202e}", false),
        ] {
            assert_eq!(is_web_page(address), is_page, "{address}");
        }
    }

    proptest! {
        #[test]
        fn nothing_deceptive_is_left(text: String) {
            prop_assert!(!defuse(&text).contains(is_deceptive));
        }
    }
}
