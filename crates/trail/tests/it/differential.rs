//! However a file is written, the same events come out of it as of a plain parse, or there is a gap.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_model::Activity;
use portcullis_trail::ActivityReader;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{gaps, log_file, other, read, record};

/// Hands out so many bytes at a time.
struct Chunks<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Read for Chunks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.size);
        self.bytes.read(&mut buffer[..length])
    }
}

fn read_chunks(bytes: &[u8], size: usize) -> Activity {
    let mut reader = ActivityReader::default();
    reader.read_stream("input.json", Chunks { bytes, size });
    reader.finish()
}

fn ids(activity: &Activity) -> BTreeSet<String> {
    activity
        .events
        .iter()
        .map(|event| event.id.to_string())
        .collect()
}

/// The ids of the sign-ins, by a plain parse of everything.
fn plain(bytes: &[u8]) -> BTreeSet<String> {
    let file: Value = serde_json::from_slice(bytes).unwrap();
    let of_interest = |record: &&Value| record["eventSource"] == "signin.amazonaws.com";
    let records = file["Records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_interest);
    records
        .map(|record| record["eventID"].as_str().unwrap().to_owned())
        .collect()
}

/// JSON with keys in some order, white space and escapes anywhere.
#[derive(Clone, Debug)]
struct Writing {
    spaces: Vec<&'static str>,
    escape_every: usize,
    rotate: usize,
}

impl Writing {
    fn write(&self, value: &Value, out: &mut String) {
        self.space(out);
        match value {
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    self.write(item, out);
                }
                self.space(out);
                out.push(']');
            }
            Value::Object(fields) => {
                out.push('{');
                let mut fields: Vec<_> = fields.iter().collect();
                let middle = self.rotate % fields.len().max(1);
                fields.rotate_left(middle);
                for (index, (key, item)) in fields.into_iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    self.space(out);
                    self.text(key, out);
                    self.space(out);
                    out.push(':');
                    self.write(item, out);
                }
                self.space(out);
                out.push('}');
            }
            Value::String(text) => self.text(text, out),
            other => write!(out, "{other}").unwrap(),
        }
        self.space(out);
    }

    fn space(&self, out: &mut String) {
        out.push_str(self.spaces[out.len() % self.spaces.len()]);
    }

    fn text(&self, text: &str, out: &mut String) {
        // The list is found by its name as AWS writes it; all other names may be escaped.
        let is_list = text == "Records";
        out.push('"');
        for (index, c) in text.chars().enumerate() {
            let escaped = !is_list && (index + out.len()).is_multiple_of(self.escape_every);
            if escaped || c.is_control() || matches!(c, '"' | '\\') {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            } else {
                out.push(c);
            }
        }
        out.push('"');
    }
}

fn writings() -> impl Strategy<Value = Writing> {
    let spaces =
        prop::collection::vec(prop::sample::select(vec!["", "", " ", "\n", "\t \r\n"]), 1..4);
    let escapes = prop_oneof![Just(usize::MAX), Just(1), 2..40_usize];
    (spaces, escapes, 0..20_usize).prop_map(|(spaces, escape_every, rotate)| Writing {
        spaces,
        escape_every,
        rotate,
    })
}

/// Anything that a field of an event may hold, what looks like events and ends of strings included.
fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z{}\\[\\]\"\\\\:, ]{0,12}",
        Just("{\"eventSource\":\"signin.amazonaws.com\"}".to_owned()),
        Just("\\\"},{\\\"".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let key = prop::sample::select(vec!["eventSource", "eventID", "Records", "errorCode", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..3).prop_map(|fields| json!(fields)),
        ]
    })
}

fn records() -> impl Strategy<Value = Vec<Value>> {
    let one = (any::<bool>(), values(), 0..30_u32).prop_map(|(is_sign_in, value, id)| {
        let id = id.to_string();
        let mut event = if is_sign_in {
            record(json!({"eventID": id}))
        } else {
            other(&id)
        };
        event["requestParameters"] = value;
        event
    });
    prop::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn the_same_events_as_of_a_plain_parse(
        records in records(), writing in writings(), size in 1..200_usize
    ) {
        let mut text = String::new();
        writing.write(&json!({"Records": records}), &mut text);
        let activity = read_chunks(text.as_bytes(), size);
        prop_assert_eq!(gaps(&activity), [""; 0]);
        let expected = plain(text.as_bytes());
        prop_assert_eq!(ids(&activity), expected);
        prop_assert_eq!(activity.coverage.records.total(), records.len() as u64);
        prop_assert_eq!(read(text), activity);
    }

    #[test]
    fn bytes_that_are_anything_never_panic(bytes: Vec<u8>, size in 1..9_usize) {
        read_chunks(&bytes, size);
    }

    #[test]
    fn a_byte_that_is_changed_loses_no_event_in_silence(
        at in 0..4000_usize, byte in any::<u8>(), size in 1..99_usize
    ) {
        let mut bytes = log_file(&[record(json!({"eventID": "a"})), record(json!({"eventID": "b"}))]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let activity = read_chunks(&bytes, size);
        let counts = activity.coverage.records;
        let is_known = counts.judged + counts.of_no_interest + counts.duplicates == 2;
        prop_assert!(is_known || !gaps(&activity).is_empty(), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_file_that_ends_anywhere_is_a_gap() {
    let bytes =
        log_file(&[record(json!({"eventID": "a"})), other("b"), record(json!({"eventID": "c"}))]);
    let whole = read(&bytes);
    for end in 1..bytes.len() {
        let activity = read(&bytes[..end]);
        assert_ne!(gaps(&activity), [""; 0], "{end}");
        assert!(ids(&activity).is_subset(&ids(&whole)));
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_packed_file_that_ends_anywhere_is_a_gap() {
    let members = [packed(&log_file(&[record(json!({}))])), packed(b" \n")].concat();
    assert_eq!(gaps(&read(&members)), [""; 0]);
    let whole = packed(&log_file(&[record(json!({})), other("b")]));
    for end in 1..whole.len() {
        assert_ne!(gaps(&read(&whole[..end])), [""; 0], "{end}");
    }
}

/// The files of a directory are read side by side, and paths one after another.
#[test]
fn threads_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut one_by_one = ActivityReader::default();
    for file in 100..200 {
        let records: Vec<_> = (0..5)
            .map(|id| record(json!({"eventID": (file + id).to_string()})))
            .collect();
        let bytes = packed(&log_file(&records));
        let end = if file % 10 == 0 {
            bytes.len() / 2
        } else {
            bytes.len()
        };
        let path = directory.path().join(format!("{file}.json.gz"));
        fs::write(&path, &bytes[..end]).unwrap();
        one_by_one.read_path(&path).unwrap();
    }
    let mut side_by_side = ActivityReader::default();
    side_by_side.read_path(directory.path()).unwrap();
    let activity = side_by_side.finish();
    let broken: BTreeSet<_> = activity
        .coverage
        .gaps
        .iter()
        .map(|gap| &gap.input)
        .collect();
    assert_eq!(broken.len(), 10);
    assert_eq!(activity, one_by_one.finish());
}
