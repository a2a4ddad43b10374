//! Finds where records begin and end, without parsing them.
//!
//! Only quotes and brackets matter outside strings, and only the next unescaped quote inside them. So records are
//! found whatever their keys, order and white space, and wherever the input is divided into chunks.

use portcullis_model::Form;

use crate::block::{BLOCK, bits, first_from, parity};

/// The maximum length of a record: an event has at most 256 KB, and its JSON text not much more.
pub(crate) const MAX_RECORD: usize = 1 << 20;
/// The gap for a longer record.
pub(crate) const TOO_LONG: &str = "a record is longer than an event can be (1 MiB)";

/// A part of an input.
#[derive(Clone, Copy)]
pub(crate) enum Piece<'a> {
    /// An object: an event, or something around one.
    Record(Record<'a>),
    /// What surrounds the records of a list: the list itself, and the object that contains it.
    Container(&'a [u8]),
    /// A record longer than any event, which was skipped.
    TooLong,
}

/// The text of an object, and what the search noticed in it.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) text: &'a [u8],
    /// The indices of the quotes around each string at its top level.
    pub(crate) strings: &'a [[usize; 2]],
    /// Whether it may contain a backslash.
    pub(crate) may_escape: bool,
}

/// The bytes that matter in a block, with a bit for each byte.
struct Marks {
    /// The quotes around strings.
    quotes: u64,
    /// The strings, with their first quotes.
    strings: u64,
    /// The brackets outside strings.
    brackets: u64,
    has_backslash: bool,
}

/// Takes the bytes of an input chunk by chunk, and finds its records.
#[derive(Default)]
pub(crate) struct Splitter {
    /// The number of open brackets.
    depth: usize,
    in_string: bool,
    /// Whether the last byte was a backslash that escapes the next.
    escaped: bool,
    /// The number of brackets around the records of the open list.
    list_depth: Option<usize>,
    in_record: bool,
    /// The part of a record in earlier chunks.
    record: Vec<u8>,
    /// The quotes around the strings at the record's top level: its keys, and the values that are texts.
    quotes: Vec<usize>,
    /// Whether the record may contain a backslash.
    may_escape: bool,
    /// Whether the record is too long to be kept.
    too_long: bool,
    container: Vec<u8>,
    /// The form of what was found first.
    form: Option<Form>,
    /// Whether there is something between records that is neither white space nor a time.
    stray: bool,
}

impl Splitter {
    /// Takes the next bytes, and passes on the pieces that end in them.
    pub(crate) fn push(&mut self, chunk: &[u8], found: &mut impl FnMut(Piece<'_>)) {
        // The first byte of the chunk that has not been taken.
        let mut start = 0;
        for (index, bytes) in chunk.chunks(BLOCK).enumerate() {
            let marks = self.marks(bytes);
            self.may_escape |= marks.has_backslash;
            let mut left = self.relevant(&marks);
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                let at = index * BLOCK + bit;
                if marks.quotes >> bit & 1 == 1 {
                    if self.in_record {
                        self.keep_quote(at - start);
                    } else if marks.strings >> bit & 1 == 1 {
                        self.keep_between(&chunk[start..at], found);
                        start = at;
                    } else {
                        self.keep_outside(&chunk[start..=at], found);
                        start = at + 1;
                    }
                    continue;
                }
                let bracket = chunk[at];
                if !self.in_record {
                    self.keep_between(&chunk[start..at], found);
                    start = at;
                }
                let mut ends_record = false;
                if matches!(bracket, b'{' | b'[') {
                    start = self.open(bracket, chunk, start, at);
                    self.may_escape |= marks.has_backslash;
                } else {
                    ends_record = self.close();
                }
                if ends_record {
                    self.end_record(&chunk[start..=at], found);
                    start = at + 1;
                } else if !self.in_record {
                    self.keep_outside(&[bracket], found);
                    start = at + 1;
                }
                // A bracket changes what matters in the rest.
                left = self.relevant(&marks) & u64::MAX << bit << 1;
            }
        }
        let rest = &chunk[start..];
        match (self.in_record, self.in_string) {
            (true, _) => self.save(rest),
            (false, true) => self.keep_outside(rest, found),
            (false, false) => self.keep_between(rest, found),
        }
    }

    /// Finds what matters in the next bytes, at most a block.
    fn marks(&mut self, bytes: &[u8]) -> Marks {
        let mut padded = [b' '; BLOCK];
        let block = bytes.try_into().unwrap_or_else(|_| {
            padded[..bytes.len()].copy_from_slice(bytes);
            &padded
        });
        let has_backslash = block
            .iter()
            .fold(0, |any, &byte| any | u8::from(byte == b'\\'))
            != 0;
        let mut quotes = bits(block, |byte| byte == b'"');
        if has_backslash || self.escaped {
            let backslashes = bits(block, |byte| byte == b'\\');
            quotes = self.unescaped(quotes, backslashes, bytes.len());
        }
        let strings = if self.in_string {
            !parity(quotes)
        } else {
            parity(quotes)
        };
        self.in_string = strings >> (BLOCK - 1) == 1;
        // In ASCII, square brackets differ from braces in one bit, and opening ones from closing ones by two.
        let brackets = bits(block, |byte| (byte | 0x20).wrapping_sub(b'{') & !2 == 0);
        Marks { quotes, strings, brackets: brackets & !strings, has_backslash }
    }

    /// The quotes that no backslash escapes, in a block of this length.
    fn unescaped(&mut self, mut quotes: u64, backslashes: u64, length: usize) -> u64 {
        let mut in_string = self.in_string;
        let mut next = 0;
        if std::mem::take(&mut self.escaped) {
            quotes &= !1;
            next = 1;
        }
        while let Some(bit) = first_from(next, quotes | backslashes) {
            next = bit + 1;
            if quotes >> bit & 1 == 1 {
                in_string = !in_string;
            } else if in_string {
                quotes &= !(1 << bit << 1);
                self.escaped = next == length;
                next += 1;
            }
        }
        quotes
    }

    /// The marks that matter now: within a record, only the strings at its top level.
    fn relevant(&self, marks: &Marks) -> u64 {
        let is_nested = self.in_record && !self.is_top_level();
        if is_nested {
            marks.brackets
        } else {
            marks.brackets | marks.quotes
        }
    }

    /// Takes an opening bracket at index `at`, and returns the first byte that has not been taken.
    fn open(&mut self, bracket: u8, chunk: &[u8], mut start: usize, at: usize) -> usize {
        let is_list = bracket == b'[' && self.depth <= 1 && self.list_depth.is_none();
        if self.opens_record(bracket) {
            self.in_record = true;
            self.may_escape = false;
            self.quotes.clear();
        } else if is_list {
            if self.in_record {
                self.save(&chunk[start..at]);
                start = at;
            }
            self.open_list();
        }
        self.depth += 1;
        start
    }

    /// Takes a closing bracket. Returns whether it ends a record.
    fn close(&mut self) -> bool {
        match self.depth.checked_sub(1) {
            Some(depth) => self.depth = depth,
            None => self.stray = true,
        }
        let ends_record = self.in_record && self.depth == self.list_depth.unwrap_or(0);
        if !ends_record {
            self.close_list();
        }
        ends_record
    }

    /// Returns the form of the input, and a phrase if something is wrong with the whole.
    pub(crate) fn finish(self) -> (Form, Option<&'static str>) {
        let trouble = if self.depth > 0 || self.in_string {
            Some("the input ends in the middle of a record")
        } else if self.stray {
            Some("there is text between the records")
        } else {
            None
        };
        (self.form.unwrap_or(Form::Empty), trouble)
    }

    fn is_top_level(&self) -> bool {
        self.in_record && self.depth == self.list_depth.unwrap_or(0) + 1
    }

    fn opens_record(&mut self, byte: u8) -> bool {
        let opens = byte == b'{' && !self.in_record && self.depth == self.list_depth.unwrap_or(0);
        if opens && self.depth == 0 {
            self.form.get_or_insert(Form::Lines);
        }
        opens
    }

    /// Opens a list of records if it is the input itself, or if it is named `Records` or `Events` in the object that
    /// is the input, which then is not a record.
    fn open_list(&mut self) {
        if self.depth == 0 {
            self.form.get_or_insert(Form::List);
            self.list_depth = Some(1);
            return;
        }
        let before = if self.in_record {
            &self.record
        } else {
            &self.container
        };
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
        } else {
            let text = if self.record.is_empty() {
                end
            } else {
                self.record.extend(end);
                &self.record
            };
            let (strings, _) = self.quotes.as_chunks();
            found(Piece::Record(Record { text, strings, may_escape: self.may_escape }));
        }
        self.record.clear();
    }

    /// Keeps the index of a quote, unless its record is too long.
    fn keep_quote(&mut self, place: usize) {
        if !self.too_long {
            self.quotes.push(self.record.len() + place);
        }
    }

    /// Keeps a part of a record whose end is in a later chunk.
    fn save(&mut self, part: &[u8]) {
        self.too_long |= self.record.len() + part.len() > MAX_RECORD;
        if self.too_long {
            self.record.clear();
        } else {
            self.record.extend(part);
        }
    }

    /// Keeps bytes around the records, outside strings.
    fn keep_between(&mut self, bytes: &[u8], found: &mut impl FnMut(Piece<'_>)) {
        for byte in bytes.chunks(1) {
            self.keep_outside(byte, found);
        }
    }

    /// Keeps what surrounds the records, without the commas between them.
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

/// The key before the value that follows the text.
fn key_at_end(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_end().strip_suffix(b":")?;
    let text = text.trim_ascii_end().strip_suffix(b"\"")?;
    text.rsplit(|&byte| byte == b'"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few bytes of gzip can hold a record of any length.
    #[test]
    fn a_record_without_end_takes_no_more_memory() {
        let mut splitter = Splitter::default();
        splitter.push(b"{", &mut |_| {});
        let chunk = br#""a":1,"#.repeat(10_000);
        for _ in 0..100 {
            splitter.push(&chunk, &mut |_| {});
        }
        assert!(splitter.too_long);
        assert!(splitter.record.capacity() <= 2 * MAX_RECORD);
        assert!(splitter.quotes.len() <= MAX_RECORD);
    }
}
