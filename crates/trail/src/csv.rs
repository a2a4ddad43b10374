//! Reads the event history that the console saves as CSV.
//!
//! It has neither `responseElements` nor `additionalEventData`, so it does not show the outcome of sign-ins.

use std::io::{BufRead, BufReader, Cursor, Read};

use csv::{ReaderBuilder, StringRecord};
use portcullis_model::Form;
use serde_json::{Map, Value, json};

use crate::actor;
use crate::input::Input;
use crate::split::{MAX_RECORD, TOO_LONG};

/// The columns that are read, with the corresponding fields of a record.
const COLUMNS: [(&str, &str); 11] = [
    ("Event ID", "eventID"),
    ("Event name", "eventName"),
    ("Event time", "eventTime"),
    ("Event source", "eventSource"),
    ("AWS region", "awsRegion"),
    ("Source IP address", "sourceIPAddress"),
    ("User agent", "userAgent"),
    ("Error code", "errorCode"),
    ("Event type", "eventType"),
    ("Recipient Account Id", "recipientAccountId"),
    ("Event category", "eventCategory"),
];

/// A file without these columns is not an event history.
const NEEDED: [&str; 2] = ["Event ID", "Event name"];

/// Whether a line contains the needed column titles.
pub(crate) fn is_title(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    NEEDED.iter().all(|name| line.contains(name))
}

/// The separator between the columns: spreadsheets write a semicolon where the comma is the decimal separator.
fn delimiter(title: &[u8]) -> u8 {
    if title.contains(&b';') && !title.contains(&b',') {
        b';'
    } else {
        b','
    }
}

/// A record of JSON outranks the row of the same event.
const RANK: u8 = 0;

pub(crate) fn read(input: &mut Input, text: &mut impl Read) {
    let mut title = Vec::new();
    let mut text = BufReader::new(text);
    if let Err(error) = text
        .by_ref()
        .take(MAX_RECORD as u64)
        .read_until(b'\n', &mut title)
    {
        return input.unreadable(format!("it cannot be read to its end: {error}"));
    }
    let delimiter = delimiter(&title);
    let text = Cursor::new(title).chain(text).take(MAX_RECORD as u64);
    let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(text);
    let headers = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| headers.iter().position(|header| header == name);
    if NEEDED.iter().any(|name| column(name).is_none()) {
        input.form = Some(Form::Unknown);
        input.unreadable("it is not a CloudTrail log file".to_owned());
        return;
    }
    input.form = Some(Form::Csv);
    let columns = COLUMNS.map(|(title, key)| (column(title), key));
    let user_name = column("User name");
    let mut row = StringRecord::new();
    loop {
        // A cell without a closing quote would be read to the end of the file.
        reader.get_mut().set_limit(MAX_RECORD as u64);
        let result = reader.read_record(&mut row);
        if reader.get_ref().limit() == 0 {
            return input.unreadable(format!("{TOO_LONG}; the rest was not read"));
        }
        match result {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) if error.is_io_error() => {
                return input.unreadable(format!("it cannot be read to its end: {error}"));
            }
            Err(_) => {
                input.unreadable("a row is not valid CSV".to_owned());
                continue;
            }
        }
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).filter(|it| !it.is_empty());
        let mut record = Map::new();
        for (at, key) in columns {
            if let Some(cell) = cell(at) {
                record.insert(key.to_owned(), cell.into());
            }
        }
        add_user(&mut record, cell(user_name));
        input.take_record(Value::from(record).to_string().as_bytes(), RANK);
    }
}

/// Adds the user to the record. Rows do not show the type of a user, except by root's name and CloudTrail's
/// placeholder for an unknown name, with which a sign-in has failed.
fn add_user(record: &mut Map<String, Value>, name: Option<&str>) {
    let kind = match name {
        Some("root") => "Root",
        Some(actor::HIDDEN) => {
            record.insert("responseElements".to_owned(), json!({"ConsoleLogin": "Failure"}));
            "IAMUser"
        }
        _ => actor::NOT_NAMED,
    };
    record.insert("userIdentity".to_owned(), json!({"type": kind, "userName": name}));
}
