//! Writes JSON.

use std::io::{self, BufWriter, IntoInnerError, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::text::is_deceptive;

/// Writes a value as indented JSON with a newline at its end.
///
/// Characters that could deceive readers of a terminal are written as `\u` escapes, which have the same value.
pub fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write(value, PrettyFormatter::new(), out)
}

/// Writes a value like [`write_json`], but on one line.
pub(crate) fn write_json_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write(value, CompactFormatter, out)
}

fn write(value: &impl Serialize, form: impl Formatter, out: &mut dyn Write) -> io::Result<()> {
    // JSON is written in very small pieces, for which a buffer of a known type is faster.
    let mut buffer = BufWriter::new(out);
    value.serialize(&mut Serializer::with_formatter(&mut buffer, Defused(form)))?;
    buffer.write_all(b"\n")?;
    buffer
        .into_inner()
        .map(drop)
        .map_err(IntoInnerError::into_error)
}

/// Writes a list like [`write_json`], value by value.
pub(crate) struct JsonList<'w> {
    out: BufWriter<&'w mut dyn Write>,
    form: Defused<PrettyFormatter<'static>>,
    is_empty: bool,
}

impl<'w> JsonList<'w> {
    pub(crate) fn new(out: &'w mut dyn Write) -> io::Result<JsonList<'w>> {
        let mut out = BufWriter::new(out);
        let mut form = Defused(PrettyFormatter::new());
        form.begin_array(&mut out)?;
        Ok(JsonList { out, form, is_empty: true })
    }

    /// Writes the next value.
    pub(crate) fn push(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.form.begin_array_value(&mut self.out, self.is_empty)?;
        self.is_empty = false;
        value.serialize(&mut Serializer::with_formatter(&mut self.out, self.form.clone()))?;
        self.form.end_array_value(&mut self.out)
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.form.end_array(&mut self.out)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// A JSON formatter that escapes deceptive characters.
#[derive(Clone)]
struct Defused<F>(F);

/// Delegates methods to the inner formatter.
macro_rules! as_inner {
    ($($method:ident($($argument:ident: $kind:ty),*);)*) => {$(
        fn $method<W: ?Sized + Write>(&mut self, out: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$method(out $(, $argument)*)
        }
    )*};
}

impl<F: Formatter> Formatter for Defused<F> {
    as_inner! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    /// Writes a part of a string that JSON does not escape.
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly all fragments are plain ASCII, which is fast to check. DEL is the only control character in ASCII that
        // JSON does not escape.
        if fragment.is_ascii() && !fragment.as_bytes().contains(&0x7f) {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_deceptive(c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
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

    #[test]
    fn a_list_is_the_same_value_by_value() {
        let values = [serde_json::json!({ "a": ["\u{9b}", 1], "b": {} }), serde_json::json!([])];
        for count in 0..=values.len() {
            let mut out = Vec::new();
            let mut list = JsonList::new(&mut out).unwrap();
            values[..count]
                .iter()
                .for_each(|value| list.push(value).unwrap());
            list.finish().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), json(&&values[..count]));
        }
    }

    #[test]
    fn a_line_is_one_line() {
        let mut out = Vec::new();
        write_json_line(&serde_json::json!({ "a": ["\n\u{9b}", 1], "b": {} }), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"a\":[\"\\n\\u009b\",1],\"b\":{}}\n");
    }
}
