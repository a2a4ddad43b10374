//! Reads the credential report from CSV, either bare or in the AWS CLI's JSON.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

mod cells;
mod row;
mod table;

pub(super) use row::KeySlot;
pub(crate) use row::ReportRow;

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use portcullis_model::{Arn, Gap, SharedText, Source, has_root_user, minute};

use self::table::{Columns, Entry, Table};
use super::documents::{self, Problem};
use super::gaps::Gaps;
use super::names::{is_same_name, name_key};
use super::time::is_future;
use crate::bundle::Document;
use crate::file::to_utf8;
use crate::shapes;

/// The name in the row of the root user.
pub(super) const ROOT: &str = "<root_account>";

/// The credential report.
#[derive(Debug)]
pub(crate) struct Report {
    /// When AWS generated it; none for a bare CSV, which does not say.
    pub(crate) generated_at: Option<Timestamp>,
    /// Whether it is a bare CSV, without AWS's JSON answer around it, which contains the time.
    pub(crate) is_bare: bool,
    /// The row of the root user, if there is exactly one.
    pub(crate) root: Option<ReportRow>,
    /// One row per user.
    pub(crate) users: Vec<ReportRow>,
    /// Whether `users` contains all users of that time: root's row exists if the partition has a
    /// root user, no line is truncated, and every line has a user.
    pub(crate) complete: bool,
}

impl Report {
    /// Returns root's row and those of the users.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &ReportRow> {
        self.root.iter().chain(&self.users)
    }
}

/// Reads the report from AWS's answer, if it has the columns that say which users have keys and
/// MFA. Problems of single rows are left for the snapshot to report.
pub(crate) fn read(answer: &shapes::CredentialReport) -> Option<Report> {
    let csv = decode(answer).ok()?;
    let table = table::parse(std::str::from_utf8(&csv).ok()?).ok()?;
    for column in ["mfa_active", "access_key_1_active", "access_key_2_active"] {
        table.columns.index(column)?;
    }
    Some(rows(table, Some(Timestamp::MAX), &mut Gaps::default()))
}

/// Reads the report; incomplete rows and columns become gaps and missing facts. `is_undated` says
/// that no manifest dates the report: if its own date then lies in the future, none of its dates
/// counts.
pub(super) fn parse(
    document: &Document,
    as_of: Timestamp,
    is_undated: bool,
    gaps: &mut Gaps,
) -> Result<Report, Problem> {
    let (csv, generated_at) = content(document)?;
    let csv = to_utf8(&csv);
    let text = std::str::from_utf8(&csv).map_err(|error| {
        Problem::malformed(format!("the CSV is not UTF-8 after byte {}", error.valid_up_to()))
    })?;
    let table = table::parse(text)?;
    // All lines are checked here, since `rows` keeps one line per name.
    let arns = table
        .entries
        .iter()
        .filter_map(|entry| Arn::parse(&entry.arn));
    let accounts: BTreeSet<_> = arns.map(|arn| (arn.partition, arn.account)).collect();
    if accounts.len() > 1 {
        let message = "has lines for more than one account".to_owned();
        return Err(Problem { code: "WrongAccount", message });
    }
    for problem in table.columns.problems() {
        gaps.push(malformed(problem));
    }
    let problem = match generated_at {
        None => Some((Gap::UNDATED, "a bare CSV does not say when AWS made the report".to_owned())),
        Some(made) if is_future(made, as_of) => {
            let [made, as_of] = [made, as_of].map(minute);
            Some((Gap::FUTURE, format!("made {made}, which is later than {as_of}")))
        }
        Some(_) => None,
    };
    let has_dates = generated_at.is_none() || problem.is_none() || !is_undated;
    let generated_at = generated_at.filter(|_| problem.is_none());
    if let Some((code, message)) = problem {
        gaps.push(Gap::new(Source::CredentialReport, code, message));
    }
    // The report cannot show anything later than itself.
    let latest = has_dates.then(|| generated_at.map_or(as_of, |made| made.min(as_of)));
    let is_bare = !is_json(document);
    Ok(Report { generated_at, is_bare, ..rows(table, latest, gaps) })
}

/// Returns the CSV, and the time in the JSON around it.
fn content(document: &Document) -> Result<(Vec<u8>, Option<Timestamp>), Problem> {
    if !is_json(document) {
        return Ok((document.bytes.clone(), None));
    }
    let answer: shapes::CredentialReport = documents::one(document)?;
    Ok((decode(&answer)?, answer.generated_time))
}

fn is_json(document: &Document) -> bool {
    document.file.to_ascii_lowercase().ends_with(".json")
}

fn decode(answer: &shapes::CredentialReport) -> Result<Vec<u8>, Problem> {
    let base64: String = answer.content.split_ascii_whitespace().collect();
    let csv = STANDARD.decode(base64);
    csv.map_err(|error| Problem::malformed(format!("Content is not base64: {error}")))
}

fn rows(table: Table, latest: Option<Timestamp>, gaps: &mut Gaps) -> Report {
    for number in &table.without_user {
        gaps.push(malformed(format!("the user and the ARN in line {number} do not match")));
    }
    if table.cut {
        let message = "the last line is cut short, so further lines may be lost";
        gaps.push(Gap::new(Source::CredentialReport, "Incomplete", message));
    }
    let all_lines_read = table.without_user.is_empty() && !table.cut;
    let mut arns = table
        .entries
        .iter()
        .filter_map(|entry| Arn::parse(&entry.arn));
    let needs_root = arns.next().is_none_or(|arn| has_root_user(arn.partition));
    let mut entries = table.entries;
    entries.sort_by_cached_key(|entry| name_key(&entry.name));
    let of_one_user = entries.chunk_by(|a, b| is_same_name(&a.name, &b.name));
    let (mut root, mut users) = (None, Vec::with_capacity(entries.len()));
    for entries in of_one_user {
        let row = row_of(entries, &table.columns, latest, gaps);
        if row.name == ROOT {
            root = Some(row);
        } else {
            users.push(row);
        }
    }
    if needs_root && root.is_none() {
        let message = "there is no row for root, which AWS always writes: the download was cut, or \
                       lines were removed from it";
        gaps.push(Gap::new(Source::CredentialReport, "Incomplete", message));
    }
    let complete = all_lines_read && (root.is_some() || !needs_root);
    Report { generated_at: None, is_bare: false, root, users, complete }
}

/// Reads the row of a user; without facts if its line is short or not the only one.
fn row_of(
    entries: &[Entry],
    columns: &Columns,
    latest: Option<Timestamp>,
    gaps: &mut Gaps,
) -> ReportRow {
    let entry = &entries[0];
    let problem = if entries.len() > 1 {
        format!("lines {} and {} have the same user", entry.number, entries[1].number)
    } else if entry.fields.len() < columns.count() {
        format!("line {} has too few fields", entry.number)
    } else {
        return row::parse(entry, columns, latest, gaps);
    };
    gaps.push(malformed(problem).for_resource(&entry.name));
    row::parse(entry, &Columns::default(), latest, gaps)
}

fn malformed(message: impl Into<SharedText>) -> Gap {
    Gap::new(Source::CredentialReport, "Malformed", message)
}
