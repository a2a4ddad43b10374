//! The forms in which a diff is written.

mod jsonl;
mod markdown;
mod outline;
mod text;

use std::io::{self, Write};
use std::str::FromStr;

use crate::decide::diff::Diff;
use crate::render::format::find;
use crate::{Style, UnknownFormat, write_json};

/// A form in which a diff can be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiffFormat {
    /// Text for people at a terminal.
    Text,
    /// The diff as it is, in the form of `schemas/diff-v1.schema.json`.
    Json,
    /// Text for a pull request or a step summary.
    Markdown,
    /// A line of JSON for each thing that a ticket system should do.
    Jsonl,
}

impl DiffFormat {
    /// Every form.
    pub const ALL: &[DiffFormat] =
        &[DiffFormat::Text, DiffFormat::Json, DiffFormat::Markdown, DiffFormat::Jsonl];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DiffFormat::Text => "text",
            DiffFormat::Json => "json",
            DiffFormat::Markdown => "markdown",
            DiffFormat::Jsonl => "jsonl",
        }
    }
}

impl FromStr for DiffFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<DiffFormat, UnknownFormat> {
        find(DiffFormat::ALL, DiffFormat::name, name)
    }
}

/// Writes the diff in that form. The style matters to text only.
pub fn render_diff(
    diff: &Diff<'_>,
    format: DiffFormat,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        DiffFormat::Text => text::write(diff, style, out),
        DiffFormat::Json => write_json(diff, out),
        DiffFormat::Markdown => markdown::write(diff, out),
        DiffFormat::Jsonl => jsonl::write(diff, out),
    }
}
