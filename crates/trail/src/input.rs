//! Reads one input: recognises what its bytes are, and finds the events in them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::mem;
use std::path::{Path, PathBuf};

use encoding_rs_io::DecodeReaderBytes;
use flate2::bufread::MultiGzDecoder;
use jiff::fmt::temporal::DateTimeParser;
use portcullis_model::{
    AccountId, Event, Form, Period, Records, RootCall, digest as id_digest, hex,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::digest::{self, Digest};
use crate::header::Header;
use crate::interest::Interest;
use crate::pool::Pool;
use crate::root::{self, may_be_root};
use crate::split::{Piece, Splitter, TOO_LONG};
use crate::tree::Node;
use crate::{csv, event};

/// How many bytes are read at a time.
const CHUNK: usize = 128 << 10;
/// How many bytes are read at a time from disk, before they are decompressed.
const PACKED: usize = 32 << 10;
/// How many bytes are read to recognise a file.
const HEAD: usize = 4 << 10;

thread_local! {
    /// The buffer of a thread, which may read thousands of small files.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
}

/// The most bytes that are read from an input once it is decompressed: a few bytes of gzip can expand to any length.
pub(crate) const MAX_LENGTH: u64 = 4 << 30;
const TIMES: DateTimeParser = DateTimeParser::new();
const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// This many bytes show how a file is compressed.
const PACKING: usize = 10;
/// The byte order marks of UTF-16, which `>` in Windows PowerShell writes.
const UTF_16_MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// The gap for JSON of another program.
const NOT_AN_EVENT: &str = "it holds an object that is not a CloudTrail event";

/// The contents of one input.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// The path, or another name that people know.
    pub(crate) name: String,
    /// The file, unless it is a stream.
    pub(crate) path: Option<PathBuf>,
    pub(crate) form: Option<Form>,
    /// Counts the records that were not judged.
    pub(crate) records: Records,
    /// The events, until they are moved to those of other inputs.
    pub(crate) found: Vec<Found>,
    /// The calls of root to any service.
    pub(crate) root_calls: Vec<RootCall>,
    pub(crate) regions: Vec<Seen>,
    pub(crate) digests: Vec<Digest>,
    /// Phrases about what could not be read, and how often each applies.
    pub(crate) trouble: BTreeMap<String, u64>,
    /// Texts and calls shared with other inputs, while this one is read.
    pub(crate) pool: Pool,
}

/// An event, with what decides between it and other copies.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) event: Box<Event>,
    /// The number of its input.
    pub(crate) input: u32,
    /// The rank in the high bits, and the place in the input in the others.
    pub(crate) order: u32,
}

/// The number of bits for the place in an order.
const PLACE_BITS: u32 = 30;

impl Found {
    fn new(event: Box<Event>, rank: u32, place: usize) -> Found {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        let order = rank << PLACE_BITS | place.min((1 << PLACE_BITS) - 1);
        Found { event, input: 0, order }
    }

    /// The copy of the highest rank counts: a correction outranks the event, which outranks its row in a CSV.
    pub(crate) fn rank(&self) -> u32 {
        self.order >> PLACE_BITS
    }
}

/// The records of an account and region.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) records: u64,
    /// For each day, the period from its first management event to its last.
    pub(crate) days: Vec<Period>,
    /// Whether management events that only read may be among them.
    pub(crate) reads: bool,
    /// Whether others may be.
    pub(crate) writes: bool,
    /// The same for times in the usual form, which are parsed at the end of the input.
    written: Vec<[WrittenTime; 2]>,
}

impl Seen {
    fn new(account: &[u8], region: &[u8]) -> Seen {
        let [account, region] =
            [account, region].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Seen { account, region, written: Vec::with_capacity(1), ..Seen::default() }
    }

    /// Adds the time of a management event, if it is a time.
    fn note_time(&mut self, time: &[u8]) {
        if let Some(time) = written_time(time) {
            let is_same_day = |day: &&mut [WrittenTime; 2]| day[0][..DATE] == time[..DATE];
            // Usually the day of the last record.
            match self.written.iter_mut().rev().find(is_same_day) {
                Some([first, last]) => (*first, *last) = ((*first).min(time), (*last).max(time)),
                None => self.written.push([time; 2]),
            }
        } else if let Ok(at) = TIMES.parse_timestamp(time) {
            self.days.push(Period { from: at, to: at });
        }
    }
}

/// A time as CloudTrail writes it: `2026-11-18T08:00:00Z`. Such texts sort by time.
type WrittenTime = [u8; 20];
/// The length of the date in it.
const DATE: usize = 10;

impl Input {
    /// Reads a file. A pipe or a device, which may never end, is an error.
    pub(crate) fn read_file(path: &Path, pool: &mut Pool) -> io::Result<Input> {
        let kind = fs::metadata(path)?.file_type();
        // Reading a directory that could not be listed fails with the reason.
        if !kind.is_file() && !kind.is_dir() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let file = File::open(path)?;
        let input = Input::read(path.display().to_string(), file, MAX_LENGTH, pool);
        Ok(Input { path: Some(path.to_owned()), ..input })
    }

    /// Reads an input as far as possible, and at most `most` bytes of it.
    pub(crate) fn read(name: String, stream: impl Read, most: u64, pool: &mut Pool) -> Input {
        let mut input = Input { name, pool: mem::take(pool), ..Input::default() };
        if let Err(error) = input.read_stream(stream, most) {
            input.trouble(format!("it cannot be read to its end: {error}"));
        }
        input.read_times();
        *pool = mem::take(&mut input.pool);
        input
    }

    fn read_stream(&mut self, stream: impl Read, most: u64) -> io::Result<()> {
        let mut input = decompress(stream)?.take(most + 1);
        let head = read_head(&mut input, PACKING)?;
        if let Some(packing) = packing(&head) {
            self.form = Some(Form::Unknown);
            self.unreadable(format!(
                "it is compressed with {packing}: decompress it, since only gzip can be read"
            ));
            return Ok(());
        }
        let is_utf16 = UTF_16_MARKS.iter().any(|mark| head.starts_with(mark));
        let whole = Cursor::new(head).chain(input.by_ref());
        let result = if is_utf16 {
            self.read_text(DecodeReaderBytes::new(whole))
        } else {
            self.read_text(whole)
        };
        if input.limit() == 0 {
            self.trouble(format!("it is longer than {most} bytes; the rest was not read"));
        }
        result
    }

    fn read_text(&mut self, mut input: impl Read) -> io::Result<()> {
        let mut head = read_head(&mut input, BYTE_ORDER_MARK.len())?;
        if head == BYTE_ORDER_MARK.as_bytes() {
            head = read_head(&mut input, 1)?;
        }
        let is_json = head
            .first()
            .is_none_or(|byte| b"{[ \t\r\n0123456789".contains(byte));
        let mut whole = Cursor::new(head).chain(input);
        if is_json {
            return self.read_json(&mut whole);
        }
        csv::read(self, &mut whole);
        Ok(())
    }

    fn read_json(&mut self, input: &mut impl Read) -> io::Result<()> {
        let mut splitter = Splitter::default();
        let result = BUFFER.with_borrow_mut(|chunk| {
            loop {
                match input.read(chunk) {
                    Ok(0) => return Ok(()),
                    Ok(length) => splitter.push(&chunk[..length], &mut |piece| self.take(piece)),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        });
        let (form, trouble) = splitter.finish();
        self.form.get_or_insert(form);
        if let Some(trouble) = trouble {
            self.unreadable(trouble.to_owned());
        }
        result
    }

    fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Record(record) => {
                let header = Header::scan(&record);
                let certain = header.as_ref().map(|it| (it, it.interest()));
                if let Some((header, interest @ (Interest::Pass | Interest::OtherLog))) = certain
                    && !header.identity.is_some_and(may_be_root)
                {
                    return self.pass(header, interest);
                }
                self.take_record(record.text, 1);
            }
            Piece::Container(text) => self.take_container(text),
            Piece::TooLong => self.unreadable(TOO_LONG.to_owned()),
        }
    }

    /// Takes the text of an event, or of an object that a tool wraps around one.
    pub(crate) fn take_record(&mut self, text: &[u8], rank: u8) {
        // Checking the whole is faster than checking string by string.
        let Ok(text) = str::from_utf8(text) else {
            return self.unreadable("a record is not valid JSON".to_owned());
        };
        let record: Node<'_> = match serde_json::from_str(text) {
            Ok(record) => record,
            Err(error) => return self.unreadable(not_read("a record", &error)),
        };
        if let Some(inner) = record.get("CloudTrailEvent").and_then(Node::as_str) {
            match serde_json::from_str(inner) {
                Ok(event) => self.take_event(&event, rank, || inner.parse()),
                Err(error) => self.unreadable(not_read("a CloudTrailEvent", &error)),
            }
        } else if let Some(detail) = record.get("detail").filter(|it| it.has_text("eventSource")) {
            self.take_event(detail, rank, || {
                Ok(serde_json::from_str::<Value>(text)?["detail"].take())
            });
        } else if record.has_text("digestStartTime") {
            self.form = Some(Form::Digest);
            match serde_json::from_str(text)
                .ok()
                .as_ref()
                .and_then(digest::read)
            {
                Some(digest) => self.digests.push(digest),
                None => self.trouble("it is a digest that cannot be read".to_owned()),
            }
        } else {
            self.take_event(&record, rank, || serde_json::from_str(text));
        }
    }

    /// Takes an event. Its id, if it has none, is a hash of the whole event, which `whole` parses.
    fn take_event(
        &mut self,
        record: &Node<'_>,
        rank: u8,
        whole: impl FnOnce() -> serde_json::Result<Value>,
    ) {
        let header = Header::read(record);
        let field = match header.interest() {
            Interest::Judge(field) => field,
            Interest::OtherLog => return self.pass(&header, Interest::OtherLog),
            Interest::Pass => return self.take_other(record, &header),
        };
        let id = event::id(record).map_or_else(
            || {
                let whole = whole().unwrap_or_default().to_string();
                Cow::Owned(format!("{:032x}", id_digest(&[&whole])))
            },
            Cow::Borrowed,
        );
        match event::read(record, &id, field, &mut self.pool) {
            Ok(event) => {
                if AccountId::parse(&event.account).is_none() {
                    self.trouble("the account of an event is not an account id".to_owned());
                }
                self.see(&Header { account: Some(event.account.as_bytes()), ..header });
                let is_addendum = matches!(record.get("addendum"), Some(Node::Object(_)));
                let rank = u32::from(rank) + u32::from(is_addendum);
                self.found.push(Found::new(event, rank, self.found.len()));
                self.root_calls
                    .extend(root::call(record, &mut self.pool).ok().flatten());
            }
            Err(trouble) => self.unreadable(trouble.to_owned()),
        }
    }

    /// Takes an event that concerns no sign-in, or something else than an event.
    fn take_other(&mut self, record: &Node<'_>, header: &Header<'_>) {
        if header.event_source.is_none_or(<[u8]>::is_empty) {
            return self.unreadable(NOT_AN_EVENT.to_owned());
        }
        match root::call(record, &mut self.pool) {
            Ok(call) => {
                self.root_calls.extend(call);
                self.pass(header, Interest::Pass);
            }
            Err(trouble) => self.unreadable(trouble.to_owned()),
        }
    }

    /// Takes what surrounds the records, which must be an empty list without them.
    fn take_container(&mut self, text: &[u8]) {
        let container: Value = serde_json::from_slice(text).unwrap_or_default();
        let list = ["Records", "Events"]
            .iter()
            .find_map(|key| container.get(key));
        let is_empty = list
            .unwrap_or(&container)
            .as_array()
            .is_some_and(Vec::is_empty);
        if !is_empty {
            self.unreadable("the list of records is not valid JSON".to_owned());
        }
        for lookup in container["Lookups"].as_array().into_iter().flatten() {
            self.digests.extend(digest::read_lookup(lookup));
            if let Some(missing) = lookup["Missing"].as_str() {
                self.trouble(format!("{}: {missing}", lookup["Region"].as_str().unwrap_or("?")));
            }
        }
        if container["NextToken"].is_string() {
            self.trouble("its NextToken shows that it is only one page of several".to_owned());
        }
    }

    /// Counts a record that is not judged.
    fn pass(&mut self, header: &Header<'_>, interest: Interest) {
        self.records.of_no_interest += 1;
        self.records.other_logs += u64::from(interest == Interest::OtherLog);
        self.see(header);
    }

    fn see(&mut self, header: &Header<'_>) {
        let (Some(account), Some(name)) = (header.account, header.region) else {
            return;
        };
        // Usually the place of the last record.
        let is_here = |it: &Seen| it.account.as_bytes() == account && it.region.as_bytes() == name;
        let place = self.regions.iter().rposition(is_here).unwrap_or_else(|| {
            self.regions.push(Seen::new(account, name));
            self.regions.len() - 1
        });
        let seen = &mut self.regions[place];
        seen.records += 1;
        // Sign-ins are management events, which a trail that records other events may leave out.
        let is_management = header.event_category.is_none_or(|it| it == b"Management");
        let Some(time) = header.event_time.filter(|_| is_management) else {
            return;
        };
        // One that does not say so may be either.
        seen.reads |= header.read_only != Some(false);
        seen.writes |= header.read_only != Some(true);
        seen.note_time(time);
    }

    /// Whether this may be a trail's log file with a part missing.
    pub(crate) fn is_damaged_log(&self) -> bool {
        let mut troubles = self.trouble.keys();
        match self.form {
            // These are selections of events anyway, or say what is missing.
            Some(Form::LookupEvents | Form::List | Form::Csv | Form::Digest) => false,
            // A log file that ends before its first record looks like this, but one of another program does not.
            Some(Form::Lines) => self.regions.is_empty() && troubles.any(|it| it != NOT_AN_EVENT),
            Some(Form::LogFile | Form::Empty | Form::Unknown) | None => troubles.len() > 0,
        }
    }

    /// Parses the first and the last time of each day in the usual form.
    fn read_times(&mut self) {
        let mut regions = mem::take(&mut self.regions);
        for seen in &mut regions {
            for day in mem::take(&mut seen.written) {
                match day.map(|time| TIMES.parse_timestamp(time)) {
                    [Ok(from), Ok(to)] => seen.days.push(Period { from, to }),
                    _ => self.trouble("the time of a record is not a time".to_owned()),
                }
            }
        }
        self.regions = regions;
    }

    pub(crate) fn unreadable(&mut self, what: String) {
        self.records.unreadable += 1;
        self.trouble(what);
    }

    pub(crate) fn trouble(&mut self, what: String) {
        *self.trouble.entry(what).or_default() += 1;
    }
}

/// Returns the time if it has the usual form.
fn written_time(time: &[u8]) -> Option<WrittenTime> {
    let time = WrittenTime::try_from(time).ok()?;
    let marks = [10, 13, 16, 19].map(|place| time[place]);
    (marks == *b"T::Z").then_some(time)
}

/// Says why a text cannot be read as a [`Node`], which is any JSON without duplicate keys.
fn not_read(text: &str, error: &serde_json::Error) -> String {
    let trouble = if error.is_data() {
        "names a key twice"
    } else {
        "is not valid JSON"
    };
    format!("{text} {trouble}")
}

/// Decompresses an input if it is in gzip format.
fn decompress<'a>(input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut input = BufReader::with_capacity(PACKED, input);
    let head = read_head(&mut input, GZIP.len())?;
    let is_gzip = head == GZIP;
    let whole = Cursor::new(head).chain(input);
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(whole))
    } else {
        Box::new(whole)
    })
}

/// How a file that begins with these bytes is compressed, if it may contain logs but cannot be read.
fn packing(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'P', b'K', 3, 4, ..] => Some("zip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..] => Some("bzip2"),
        _ => None,
    }
}

/// Whether a file begins as a log does: packed, as JSON, as an export of CloudWatch Logs, or with the columns of the
/// event history. An empty one may.
pub(crate) fn begins_as_log(path: &Path) -> io::Result<bool> {
    let head = read_head(&mut File::open(path)?, HEAD)?;
    let is_packed = head.starts_with(&GZIP) || packing(&head).is_some();
    if is_packed || UTF_16_MARKS.iter().any(|mark| head.starts_with(mark)) {
        return Ok(true);
    }
    let head = head
        .strip_prefix(BYTE_ORDER_MARK.as_bytes())
        .unwrap_or(&head)
        .trim_ascii_start();
    let title = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let begins_json = matches!(head.first(), None | Some(b'{' | b'['));
    Ok(begins_json || csv::is_title(title) || is_exported(title))
}

/// Whether a line is one of an export of CloudWatch Logs: the time, a space and the record.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html>
fn is_exported(line: &[u8]) -> bool {
    let mut parts = line.splitn(2, |byte| *byte == b' ');
    let (Some(time), Some(record)) = (parts.next(), parts.next()) else {
        return false;
    };
    TIMES.parse_timestamp(time).is_ok() && record.trim_ascii_start().starts_with(b"{")
}

/// Returns the SHA-256 of a file's decompressed bytes in hexadecimal.
pub(crate) fn sha256(path: &Path) -> io::Result<String> {
    let mut bytes = BufReader::with_capacity(CHUNK, decompress(File::open(path)?)?);
    let mut hash = Sha256::new();
    loop {
        let chunk = bytes.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        hash.update(chunk);
        let length = chunk.len();
        bytes.consume(length);
    }
    Ok(hex(&hash.finalize()))
}

/// Reads the first bytes; fewer only at the end of the input.
fn read_head(input: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(length);
    input.take(length as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_gzip_bomb_is_a_gap() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![b' '; 100_000]).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(packed.len() < 1_000);
        let trouble = |most| {
            Input::read(String::new(), packed.as_slice(), most, &mut Pool::default()).trouble
        };
        assert!(trouble(100_000).is_empty());
        let says = "it is longer than 99999 bytes; the rest was not read".to_owned();
        assert_eq!(trouble(99_999), BTreeMap::from([(says, 1)]));
    }
}
