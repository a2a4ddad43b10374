//! Where one record ends and the next begins, found without parsing them.
//!
//! Outside strings only quotes and brackets matter, and inside them only the next quote or backslash.
//! So records are told apart whatever their keys, their order and their white space are, and wherever
//! the input was cut into chunks.

use std::ops::Range;

use memchr::memchr2;
use portcullis_model::Form;

/// No record may be longer: an event is at most 256 KB, and its JSON text not much more.
const MAX_RECORD: usize = 1 << 20;

/// A part of an input.
#[derive(Clone, Copy)]
pub(crate) enum Piece<'a> {
    /// An object: an event, or something around one; and where the strings of its top level are,
    /// without their quotes.
    Record(&'a [u8], &'a [Range<usize>]),
    /// What stands around the records of a list: the list itself, and the object that holds it.
    Container(&'a [u8]),
    /// A record that is longer than any event, and was skipped.
    TooLong,
}

/// Takes the bytes of an input, chunk by chunk, and finds its records.
#[derive(Default)]
pub(crate) struct Splitter {
    /// How many brackets are open.
    depth: usize,
    in_string: bool,
    /// Whether the last byte was a backslash in a string.
    escaped: bool,
    /// How many brackets stand around the records of the list that is open.
    list_depth: Option<usize>,
    in_record: bool,
    /// The part of a record that earlier chunks held.
    record: Vec<u8>,
    /// The strings of the record's top level: its keys, and those values that are texts.
    strings: Vec<Range<usize>>,
    /// Whether that part is given up.
    too_long: bool,
    container: Vec<u8>,
    /// The form of what was found first.
    form: Option<Form>,
    /// Whether something stands between records that is neither white space nor a time.
    stray: bool,
}

impl Splitter {
    /// Takes the next bytes, and hands on the pieces that end in them.
    pub(crate) fn push(&mut self, chunk: &[u8], found: &mut impl FnMut(Piece<'_>)) {
        let (mut at, mut start) = (0, 0);
        while let Some(&byte) = chunk.get(at) {
            let from = at;
            if self.in_string {
                at = self.string_end(chunk, at);
                self.mark_end(at - start);
            } else if self.in_record && !self.is_top_level() {
                at = self.skip_nested(chunk, at);
            } else {
                at += 1;
                match byte {
                    b'"' => {
                        self.in_string = true;
                        self.mark_start(at - start);
                    }
                    b'{' | b'[' => {
                        if self.opens_record(byte) {
                            (self.in_record, start) = (true, from);
                            self.strings.clear();
                        } else if byte == b'[' && self.depth <= 1 && self.list_depth.is_none() {
                            if self.in_record {
                                self.save(&chunk[start..from]);
                                start = from;
                            }
                            self.open_list();
                        }
                        self.depth += 1;
                    }
                    b'}' | b']' => {
                        self.depth = self.depth.checked_sub(1).unwrap_or_else(|| {
                            self.stray = true;
                            0
                        });
                        if self.in_record && self.depth == self.list_depth.unwrap_or(0) {
                            self.end_record(&chunk[start..at], found);
                            continue;
                        }
                        self.close_list();
                    }
                    _ => {}
                }
            }
            if !self.in_record {
                self.keep_outside(&chunk[from..at], found);
            }
        }
        if self.in_record {
            self.save(&chunk[start..]);
        }
    }

    /// What the input turned out to be, and a phrase for what is wrong with it as a whole.
    pub(crate) fn finish(self) -> (Form, Option<&'static str>) {
        let trouble = if self.depth > 0 || self.in_string {
            Some("the input ends in the middle of a record")
        } else if self.stray {
            Some("text stands between the records")
        } else {
            None
        };
        (self.form.unwrap_or(Form::Empty), trouble)
    }

    /// The index after the part of the string that the chunk holds.
    fn string_end(&mut self, chunk: &[u8], mut at: usize) -> usize {
        if std::mem::take(&mut self.escaped) {
            at += 1;
        }
        while let Some(offset) = next_mark(chunk.get(at..).unwrap_or_default()) {
            at += offset + 1;
            if chunk[at - 1] == b'"' {
                self.in_string = false;
                return at;
            }
            if at == chunk.len() {
                self.escaped = true;
            }
            at += 1;
        }
        chunk.len()
    }

    /// The index at which a value within a record's top level ends, or a string in it does not.
    fn skip_nested(&mut self, chunk: &[u8], mut at: usize) -> usize {
        while let Some(&byte) = chunk.get(at) {
            at += 1;
            match byte {
                b'"' => {
                    self.in_string = true;
                    at = self.string_end(chunk, at);
                    if self.in_string {
                        break;
                    }
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.is_top_level() {
                        break;
                    }
                }
                _ => {}
            }
        }
        at
    }

    fn is_top_level(&self) -> bool {
        self.in_record && self.depth == self.list_depth.unwrap_or(0) + 1
    }

    /// A string begins after so many bytes of the record's part in this chunk.
    fn mark_start(&mut self, offset: usize) {
        if self.is_top_level() {
            let start = self.record.len() + offset;
            self.strings.push(start..start);
        }
    }

    /// A string has ended before so many bytes, or goes on in the next chunk.
    fn mark_end(&mut self, offset: usize) {
        if self.is_top_level()
            && let Some(string) = self.strings.last_mut()
        {
            string.end = self.record.len() + offset - 1;
        }
    }

    fn opens_record(&mut self, byte: u8) -> bool {
        let opens = byte == b'{' && !self.in_record && self.depth == self.list_depth.unwrap_or(0);
        if opens && self.depth == 0 {
            self.form.get_or_insert(Form::Lines);
        }
        opens
    }

    /// A list of records opens where it is the input itself, or `Records` or `Events` of the object
    /// that is the input, which then was not a record.
    fn open_list(&mut self) {
        if self.depth == 0 {
            self.form.get_or_insert(Form::List);
            self.list_depth = Some(1);
            return;
        }
        let before = if self.in_record { &self.record } else { &self.container };
        let form = match key_at_end(before) {
            Some(b"Records") => Form::LogFile,
            Some(b"Events") => Form::LookupEvents,
            _ => return,
        };
        if std::mem::take(&mut self.in_record) {
            self.container = std::mem::take(&mut self.record);
        }
        self.form = Some(form);
        self.list_depth = Some(2);
    }

    fn close_list(&mut self) {
        if self.list_depth.is_some_and(|depth| self.depth < depth) {
            self.list_depth = None;
        }
    }

    fn end_record(&mut self, end: &[u8], found: &mut impl FnMut(Piece<'_>)) {
        self.in_record = false;
        if std::mem::take(&mut self.too_long) || self.record.len() + end.len() > MAX_RECORD {
            found(Piece::TooLong);
        } else if self.record.is_empty() {
            found(Piece::Record(end, &self.strings));
        } else {
            self.record.extend(end);
            found(Piece::Record(&self.record, &self.strings));
        }
        self.record.clear();
    }

    /// Keeps the part of a record whose end is in a later chunk.
    fn save(&mut self, part: &[u8]) {
        self.too_long |= self.record.len() + part.len() > MAX_RECORD;
        if self.too_long {
            self.record.clear();
        } else {
            self.record.extend(part);
        }
    }

    /// Keeps what stands around the records, without the commas between them.
    fn keep_outside(&mut self, part: &[u8], found: &mut impl FnMut(Piece<'_>)) {
        let is_between = Some(self.depth) == self.list_depth && part == b",";
        if is_between || part.trim_ascii().is_empty() {
            return;
        }
        let ends = self.depth == 0 && matches!(part, b"]" | b"}");
        if self.depth == 0 && !ends {
            // A line of CloudWatch Logs begins with its time.
            self.stray |= !part.iter().all(|byte| b"0123456789-+:.TZ,".contains(byte));
            return;
        }
        if self.container.len() + part.len() <= MAX_RECORD {
            self.container.extend(part);
        }
        if ends {
            found(Piece::Container(&self.container));
            self.container.clear();
        }
    }
}

/// The index of the next quote or backslash.
fn next_mark(text: &[u8]) -> Option<usize> {
    // Most strings are short, for which a call takes longer than these words.
    let (words, _) = text.as_chunks::<8>();
    for (index, word) in words.iter().take(WORDS).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let from = words.len().min(WORDS) * 8;
    memchr2(b'"', b'\\', &text[from..]).map(|offset| from + offset)
}

/// Enough for the ids of events.
const WORDS: usize = 5;
const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);

/// The highest bit of the first byte that is zero; of bytes after it, it may be set too.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(u64::from_le_bytes([0x01; 8])) & !word & u64::from_le_bytes([0x80; 8])
}

/// The key of the value that follows the text.
fn key_at_end(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_end().strip_suffix(b":")?;
    let text = text.trim_ascii_end().strip_suffix(b"\"")?;
    text.rsplit(|&byte| byte == b'"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_mark_is_found_wherever_it_is() {
        for mark in *b"\"\\" {
            for at in 0..80 {
                // What differs from a mark in one bit, and what is above ASCII, is none.
                let mut text = [b'#', b' ', b'\\' ^ 1, 0x80, 0xff, 0xa2, 0xdc, 0].repeat(12);
                assert_eq!(next_mark(&text), None);
                text[at] = mark;
                assert_eq!(next_mark(&text), Some(at));
                assert_eq!(next_mark(&text[..at]), None);
                text[at + 1] = mark;
                assert_eq!(next_mark(&text), Some(at));
            }
        }
    }
}
