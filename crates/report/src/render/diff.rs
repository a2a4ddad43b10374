//! The forms in which a diff is written.

mod jsonl;
mod markdown;
mod outline;
mod text;

use std::io::{self, Write};

use crate::decide::diff::Diff;
use crate::render::format::formats;
use crate::{Style, write_json};

formats! {
    /// A form in which a diff can be written.
    DiffFormat: fn(&Diff<'_>, Style, &mut dyn Write) -> io::Result<()>;
    /// Text for people at a terminal.
    Text = "text", text::write;
    /// The diff as it is, in the form of `schemas/diff-v1.schema.json`.
    Json = "json", |diff, _, out| write_json(diff, out);
    /// Text for a pull request or a step summary.
    Markdown = "markdown", |diff, _, out| markdown::write(diff, out);
    /// A line of JSON for each thing that a ticket system should do.
    Jsonl = "jsonl", |diff, _, out| jsonl::write(diff, out);
}

/// Writes the diff in that form. The style matters to text only.
pub fn render_diff(
    diff: &Diff<'_>,
    format: DiffFormat,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    format.writer()(diff, style, out)
}
