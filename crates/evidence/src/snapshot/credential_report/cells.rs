//! The values of one line by column.

use jiff::Timestamp;
use portcullis_model::{Fact, Source, minute};

use super::table::{Columns, Entry};
use crate::snapshot::facts::known_or;
use crate::snapshot::gaps::Gaps;
use crate::snapshot::time::is_future;

/// The texts that mean "none": no such credential, no use since AWS began to track it, or, in older
/// reports, a value not given for root. Emulators confuse them.
pub(super) const NONE: [&str; 3] = ["N/A", "no_information", "not_supported"];

/// The problems of values that a spreadsheet may have rewritten.
const NOT_A_DATE: &str = "is not a date";
const NOT_A_FLAG: &str = "is neither true nor false";
/// The number of characters shown of a value that cannot be read.
const SHOWN: usize = 40;

/// The cells of one line. An absent column gives missing facts, explained by the header's gap. An
/// invalid value gives a missing fact and a gap of its own.
pub(super) struct Cells<'a> {
    pub(super) entry: &'a Entry,
    pub(super) columns: &'a Columns,
    /// The latest date that the report can contain; none if its dates do not count.
    pub(super) latest: Option<Timestamp>,
    pub(super) gaps: &'a mut Gaps,
}

impl<'a> Cells<'a> {
    /// Returns the trimmed text of a column, if the column exists.
    pub(super) fn cell(&self, column: &str) -> Option<&'a str> {
        self.columns
            .index(column)
            .and_then(|index| self.entry.fields.get(index))
            .map(str::trim)
    }

    /// Returns the text of a column; none if it is a [text for "none"](NONE).
    pub(super) fn text(&self, column: &str) -> Fact<Option<&'a str>> {
        let cell = self.cell(column);
        known_or(cell, Source::CredentialReport)
            .map(|text| Some(text).filter(|text| !NONE.contains(text)))
    }

    /// Reads an optional text such as a region.
    pub(super) fn word(&mut self, column: &str) -> Fact<Option<String>> {
        match self.text(column) {
            Fact::Known(Some("")) => self.bad(column, "is empty"),
            text => text.map(|text| text.map(str::to_owned)),
        }
    }

    /// Reads `true` or `false` in any case; none if the report does not say.
    pub(super) fn optional_flag(&mut self, column: &str) -> Fact<Option<bool>> {
        self.text(column).and_then(|text| match text {
            None => Fact::Known(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Fact::Known(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Fact::Known(Some(false)),
            Some(_) => self.bad(column, NOT_A_FLAG),
        })
    }

    /// Reads `true` or `false` in any case.
    pub(super) fn flag(&mut self, column: &str) -> Fact<bool> {
        self.optional_flag(column)
            .and_then(|flag| self.required(flag, column, NOT_A_FLAG))
    }

    /// Reads an optional date.
    pub(super) fn date(&mut self, column: &str) -> Fact<Option<Timestamp>> {
        self.text(column)
            .and_then(|text| match (text.map(str::parse), self.latest) {
                (None, _) => Fact::Known(None),
                (Some(Ok(date)), Some(latest)) if is_future(date, latest) => {
                    self.bad(column, &format!("is later than {}", minute(latest)))
                }
                (Some(Ok(date)), Some(_)) => Fact::Known(Some(date)),
                (Some(Ok(_)), None) => Fact::missing(Source::CredentialReport),
                (Some(Err(_)), _) => self.bad(column, NOT_A_DATE),
            })
    }

    /// Reads the date of a last use. `not_supported` does not mean "never used", except for root in
    /// GovCloud, which has no password.
    pub(super) fn last_use(&mut self, column: &str) -> Fact<Option<Timestamp>> {
        let is_silent = self.cell(column) == Some("not_supported");
        if is_silent && !self.entry.arn.starts_with("arn:aws-us-gov:iam::") {
            return self.bad(column, "is not_supported, which does not mean that there was no use");
        }
        self.date(column)
    }

    /// Returns a value that must not be absent.
    pub(super) fn required<T>(&mut self, value: Option<T>, column: &str, problem: &str) -> Fact<T> {
        value.map_or_else(|| self.bad(column, problem), Fact::Known)
    }

    /// Adds a gap for an invalid value, and returns the missing fact.
    pub(super) fn bad<T>(&mut self, column: &str, problem: &str) -> Fact<T> {
        let cell: String = self
            .cell(column)
            .unwrap_or_default()
            .chars()
            .take(SHOWN)
            .collect();
        let is_rewritten = [NOT_A_DATE, NOT_A_FLAG].contains(&problem) && !cell.is_empty();
        let shown = if is_rewritten {
            format!(" (`{cell}`)")
        } else {
            String::new()
        };
        let Entry { number, name, .. } = self.entry;
        let message = format!("line {number}: {column}{shown} {problem}");
        self.gaps
            .missing(Source::CredentialReport, name, "Malformed", message)
    }
}
