//! The fields at the top of a record that say whether it matters, read without parsing the rest.

use memchr::memchr2;
use serde_json::Value;

use crate::interest::{Interest, interest};

/// What a record says of itself at its top level.
#[derive(Default)]
pub(crate) struct Header<'a> {
    pub(crate) event_source: Option<&'a str>,
    pub(crate) event_name: Option<&'a str>,
    pub(crate) event_time: Option<&'a str>,
    pub(crate) event_category: Option<&'a str>,
    pub(crate) event_type: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
    pub(crate) failed: bool,
}

impl<'a> Header<'a> {
    /// Reads the top level of a record's text. None if anything about it needs the parser: an escape,
    /// a key that stands twice, or something that is not a record.
    pub(crate) fn scan(record: &'a [u8]) -> Option<Header<'a>> {
        let mut header = Header::default();
        let mut scanner = Scanner { text: record, at: 0 };
        scanner.expect(b'{')?;
        while scanner.peek()? == b'"' {
            let key = scanner.string()?;
            scanner.expect(b':')?;
            let value = if scanner.peek()? == b'"' {
                scanner.string()
            } else {
                scanner.skip()?;
                None
            };
            header.take(key, value)?;
            if scanner.peek()? == b',' {
                scanner.at += 1;
            }
        }
        header.event_source.is_some().then_some(header)
    }

    /// The same of a record that was parsed.
    pub(crate) fn of(record: &'a Value) -> Header<'a> {
        let text = |key: &str| record[key].as_str();
        Header {
            event_source: text("eventSource"),
            event_name: text("eventName"),
            event_time: text("eventTime"),
            event_category: text("eventCategory"),
            event_type: text("eventType"),
            region: text("awsRegion"),
            account: text("recipientAccountId"),
            failed: !record["errorCode"].is_null(),
        }
    }

    /// None if the field is wanted, and is there already or is not a plain text.
    fn take(&mut self, key: &str, value: Option<&'a str>) -> Option<()> {
        let field = match key {
            "eventSource" => &mut self.event_source,
            "eventName" => &mut self.event_name,
            "eventTime" => &mut self.event_time,
            "eventCategory" => &mut self.event_category,
            "eventType" => &mut self.event_type,
            "awsRegion" => &mut self.region,
            "recipientAccountId" => &mut self.account,
            "errorCode" => {
                self.failed = true;
                return Some(());
            }
            _ => return Some(()),
        };
        field.replace(value?).is_none().then_some(())
    }

    pub(crate) fn interest(&self) -> Interest {
        interest(self)
    }
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        Some(self.text[self.at])
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// A string without escapes; one with escapes is passed over.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        self.skip_string()?;
        let text = self.text.get(start..self.at - 1)?;
        if text.contains(&b'\\') { None } else { str::from_utf8(text).ok() }
    }

    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at += memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.text[self.at] == b'"' {
                self.at += 1;
                return Some(());
            }
            self.at += 2;
        }
    }

    /// Passes over a value that is not a string.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match *self.text.get(self.at)? {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'}' | b']' | b',' if depth == 0 => return Some(()),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }
}
