//! Reads the top-level fields of a record that decide whether it matters, without parsing the rest.

use memchr::memchr;

use crate::split::Record;
use crate::tree::Node;

/// Top-level fields of a record, as bytes, since most are only compared.
#[derive(Default)]
pub(crate) struct Header<'a> {
    pub(crate) event_source: Option<&'a [u8]>,
    pub(crate) event_name: Option<&'a [u8]>,
    pub(crate) event_time: Option<&'a [u8]>,
    pub(crate) event_category: Option<&'a [u8]>,
    pub(crate) event_type: Option<&'a [u8]>,
    pub(crate) region: Option<&'a [u8]>,
    pub(crate) account: Option<&'a [u8]>,
    pub(crate) error_code: Option<&'a [u8]>,
    pub(crate) read_only: Option<bool>,
    /// The text from the record's identity to the next field. Only `scan` finds it.
    pub(crate) identity: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    /// Reads the strings at a record's top level. None if the record needs the parser: it has an escape, a duplicate
    /// key, a field that is not text, no source, or names with bytes outside ASCII.
    pub(crate) fn scan(record: &Record<'a>) -> Option<Header<'a>> {
        let Record { text: record, strings, may_escape } = *record;
        let mut header = Header::default();
        for (index, &[begin, end]) in strings.iter().enumerate() {
            let key = &record[begin + 1..end];
            if key == b"readOnly"
                && let Some(value) = value_of(record, end)
            {
                if header.read_only.replace(record[value] == b't').is_some() {
                    return None;
                }
                continue;
            }
            if key == b"userIdentity"
                && let Some(value) = value_of(record, end)
            {
                let next = strings.get(index + 1).map_or(record.len(), |next| next[0]);
                let identity = &record[value..next];
                if may_escape && has_escape(identity) || header.identity.replace(identity).is_some()
                {
                    return None;
                }
                continue;
            }
            let Some(field) = header.field(key) else {
                // A key written with an escape may be any of the fields.
                if may_escape && has_escape(key) && value_of(record, end).is_some() {
                    return None;
                }
                continue;
            };
            let Some(value) = value_of(record, end) else {
                continue;
            };
            let &[begin, end] = strings.get(index + 1).filter(|next| next[0] == value)?;
            let text = &record[begin + 1..end];
            if may_escape && has_escape(text) {
                return None;
            }
            if field.replace(text).is_some() {
                return None;
            }
        }
        let source = header.event_source.filter(|source| !source.is_empty())?;
        let decisive = [source, header.event_name.unwrap_or_default()];
        decisive
            .iter()
            .all(|text| text.is_ascii())
            .then_some(header)
    }

    /// Reads the same fields of a parsed record.
    pub(crate) fn read(record: &'a Node<'_>) -> Header<'a> {
        let text = |key: &str| record.get(key)?.as_str().map(str::as_bytes);
        Header {
            event_source: text("eventSource"),
            event_name: text("eventName"),
            event_time: text("eventTime"),
            event_category: text("eventCategory"),
            event_type: text("eventType"),
            region: text("awsRegion"),
            account: text("recipientAccountId"),
            error_code: text("errorCode"),
            read_only: record.get("readOnly").map(|_| record.flag("/readOnly")),
            identity: None,
        }
    }

    fn field(&mut self, key: &[u8]) -> Option<&mut Option<&'a [u8]>> {
        Some(match key {
            b"eventSource" => &mut self.event_source,
            b"eventName" => &mut self.event_name,
            b"eventTime" => &mut self.event_time,
            b"eventCategory" => &mut self.event_category,
            b"eventType" => &mut self.event_type,
            b"awsRegion" => &mut self.region,
            b"recipientAccountId" => &mut self.account,
            b"errorCode" => &mut self.error_code,
            _ => return None,
        })
    }
}

/// The index of the value whose key ends with that quote; none if the string is not a key.
fn value_of(record: &[u8], quote: usize) -> Option<usize> {
    let colon = next(record, quote + 1)?;
    if record[colon] == b':' {
        next(record, colon + 1)
    } else {
        None
    }
}

/// The index of the next byte that is not white space.
fn next(record: &[u8], from: usize) -> Option<usize> {
    let rest = record.get(from..)?;
    Some(from + rest.iter().position(|byte| !byte.is_ascii_whitespace())?)
}

fn has_escape(text: &[u8]) -> bool {
    memchr(b'\\', text).is_some()
}
