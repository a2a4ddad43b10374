//! JSON: the report as it is.

use std::io::{self, Write};

use serde::Serialize;

use crate::text::is_deceptive;

/// Writes a value as indented JSON with a newline at its end.
///
/// Characters that would deceive in a terminal are written as JSON's `\u` escapes: the value is the
/// same, and only strings can hold them.
pub fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    let is_hostile = |c: char| c != '\n' && is_deceptive(c);
    let mut rest = text.as_str();
    while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_hostile(c)) {
        out.write_all(&rest.as_bytes()[..at])?;
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write_json(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn hostile_characters_are_escaped_and_keep_their_value() {
        let name = "a\u{1b}[0m\u{9b}\u{202e}\u{e0041}\nz";
        let text = json(&[name]);
        assert_eq!(text, "[\n  \"a\\u001b[0m\\u009b\\u202e\\udb40\\udc41\\nz\"\n]\n");
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [name]);
    }
}
