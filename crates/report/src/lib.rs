//! Renders a report: one file a format, all from the [`Report`] alone.
//!
//! Names, tags and messages come from whoever could write them: every renderer defuses them where
//! it writes them, so that no text can pass for anything but itself.

mod gate;
mod json;
mod page;
mod prose;
mod table;
mod text;

use std::io::{self, Write};
use std::str::FromStr;

use portcullis_model::Report;

pub use gate::{Gate, Outcome};
pub use json::write_json;
pub use page::{Page, Style, bold, dim, severity_style};
pub use text::defuse;

/// A form in which a report can be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Text for people.
    Table,
    /// The report as it is, in the form of `schemas/report-v1.schema.json`.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 2] = [Format::Table, Format::Json];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or(UnknownFormat)
    }
}

/// The name is not that of a format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownFormat;

impl std::error::Error for UnknownFormat {}

impl std::fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
        write!(f, "no such format; there are: {}", names.join(", "))
    }
}

/// Writes the report in that format. The outcome is what the table explains in its last line; the
/// style matters to the table only.
pub fn render(
    report: &Report,
    outcome: &Outcome,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Table => table::write(report, outcome, &mut Page::new(out, style)),
        Format::Json => write_json(report, out),
    }
}
