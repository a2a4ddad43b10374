//! Splits the report's CSV into a header and one entry per user.

use csv::{ReaderBuilder, StringRecord};
use jiff::Timestamp;
use portcullis_model::Arn;

use super::ROOT;
use super::cells::NONE;
use crate::snapshot::documents::Problem;

/// The columns of every report; AWS may write more.
const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,\
    access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,\
    access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
    access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// Four times as many users as IAM lets an account have.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_LINES: usize = 20_000;

/// The report's CSV.
pub(super) struct Table {
    pub(super) columns: Columns,
    pub(super) entries: Vec<Entry>,
    /// The numbers of lines whose user cannot be determined.
    pub(super) without_user: Vec<u64>,
    /// Whether the last line has too few fields, or ends within one, which suggests a truncated file.
    pub(super) cut: bool,
}

/// One line of the report.
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) arn: String,
    /// At most as many as there are columns.
    pub(super) fields: StringRecord,
}

/// The columns by position. The default has none.
#[derive(Default)]
pub(super) struct Columns {
    names: Vec<String>,
}

impl Columns {
    fn new(header: &StringRecord) -> Columns {
        Columns { names: header.iter().map(|name| name.trim().to_owned()).collect() }
    }

    /// Returns the number of fields in the header.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// Returns the positions of the columns with this name.
    fn indexes(&self, column: &str) -> impl Iterator<Item = usize> {
        (0..self.names.len()).filter(move |&index| self.names[index] == column)
    }

    /// Returns the position of a column; none if there are several of its name, so that their values
    /// are ambiguous.
    pub(super) fn index(&self, column: &str) -> Option<usize> {
        let mut indexes = self.indexes(column);
        indexes.next().filter(|_| indexes.next().is_none())
    }

    /// Whether the last column is that of AWS's own reports, a date.
    fn ends_in_date(&self) -> bool {
        let last = HEADER.rsplit(',').next().unwrap_or_default();
        self.index(last) == Some(self.count() - 1)
    }

    /// Returns the problems of the header in words. Additional columns are not a problem.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> {
        HEADER
            .split(',')
            .filter(|column| self.index(column).is_none())
            .map(|column| {
                let is_absent = self.indexes(column).next().is_none();
                let count = if is_absent { "no" } else { "more than one" };
                format!("the report has {count} column {column}")
            })
    }
}

/// Parses CSV as in RFC 4180 into one entry per line.
pub(super) fn parse(text: &str) -> Result<Table, Problem> {
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable(&error))?;
    let columns = Columns::new(header);
    let (Some(user), Some(arn)) = (columns.index("user"), columns.index("arn")) else {
        let message = "line 1 is not the header of a credential report: it lacks user or arn";
        return Err(Problem::malformed(message));
    };
    let mut table = Table { columns, entries: Vec::new(), without_user: Vec::new(), cut: false };
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        if table.entries.len() + table.without_user.len() == MAX_LINES {
            let message =
                format!("it has more than {MAX_LINES} lines, and no account has that many users");
            return Err(Problem::malformed(message));
        }
        let number = record
            .position()
            .map_or(0, |start| line_number(text, start));
        table.cut = record.len() < table.columns.count()
            || table.columns.ends_in_date() && !record.iter().next_back().is_some_and(is_whole);
        match entry(number, record, table.columns.count(), user, arn) {
            Some(entry) => table.entries.push(entry),
            None => table.without_user.push(number),
        }
    }
    Ok(table)
}

/// Whether a date is written to its end, as is a word that stands for none.
fn is_whole(date: &str) -> bool {
    let has_zone = date.ends_with('Z') || date.ends_with("+00:00");
    NONE.contains(&date) || has_zone && date.parse::<Timestamp>().is_ok()
}

/// Returns the delimiter: spreadsheets write a semicolon if the comma is the decimal separator.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    if header.contains(';') && !header.contains(',') {
        b';'
    } else {
        b','
    }
}

/// Returns the line number of a record. Its position is where the previous record ended, which is
/// before the line feed of a CRLF and before empty lines.
fn line_number(text: &str, start: &csv::Position) -> u64 {
    let rest = usize::try_from(start.byte())
        .ok()
        .and_then(|at| text.get(at..))
        .unwrap_or_default();
    let mut number = start.line();
    for byte in rest.bytes().take_while(|byte| b"\r\n".contains(byte)) {
        number += u64::from(byte == b'\n');
    }
    number
}

fn unreadable(error: &csv::Error) -> Problem {
    Problem::malformed(format!("not CSV: {error}"))
}

/// Returns the line's entry, if its name and ARN agree.
fn entry(
    number: u64,
    record: StringRecord,
    columns: usize,
    user: usize,
    arn: usize,
) -> Option<Entry> {
    let surplus = record.len().saturating_sub(columns);
    let fields = if surplus == 0 {
        record
    } else {
        repaired(&record, surplus, user, arn)?
    };
    let (name, arn) = (fields.get(user)?.to_owned(), fields.get(arn)?.to_owned());
    // No value contains a line break; a stray quote has swallowed the lines of other users.
    let one_line = !fields.iter().any(|field| field.contains(['\n', '\r']));
    (one_line && same_user(&name, &arn)).then_some(Entry { number, name, arn, fields })
}

/// Rejoins a name, and the ARN that holds it, whose commas were not quoted.
///
/// AWS does not document how it quotes names with commas. The name is the last part of the ARN, so
/// at most one way to join them is consistent. The two columns must be adjacent.
fn repaired(
    record: &StringRecord,
    surplus: usize,
    user: usize,
    arn: usize,
) -> Option<StringRecord> {
    if arn != user + 1 {
        return None;
    }
    let parts: Vec<&str> = record.iter().collect();
    let (before, rest) = parts.split_at(user);
    let (joined, after) = rest.split_at(surplus + 2);
    let (name, arn) = (1..joined.len())
        .map(|at| (joined[..at].join(","), joined[at..].join(",")))
        .find(|(name, arn)| same_user(name, arn))?;
    let middle = [name.as_str(), arn.as_str()];
    Some(
        before
            .iter()
            .copied()
            .chain(middle)
            .chain(after.iter().copied())
            .collect(),
    )
}

fn same_user(name: &str, arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| match name {
        ROOT => arn.is_root(),
        _ => arn.user().is_some_and(|(_, last)| last == name),
    })
}
