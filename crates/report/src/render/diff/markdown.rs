//! A diff as GitHub Flavored Markdown, for a pull request or a step summary.
//!
//! GitHub takes comments of up to 65,536 characters, so the text is bounded: whole findings are left
//! out, the least severe of what is told last first, and counted.

use std::io::{self, Write};

use super::words;
use crate::decide::diff::{Diff, Entry};
use crate::render::gfm::{code, inline};
use crate::words::shorten;

/// Room for all that is listed, in bytes. What stands around it is short.
const LISTED_BYTES: usize = 56_000;
/// Room for one text of a finding.
const TEXT_CHARS: usize = 600;
/// So many notes are shown.
const NOTES: usize = 20;

pub(super) fn write(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Portcullis: {}\n", words::summary(diff))?;
    writeln!(out, "- {}", escape(&format!("Old: {}", words::origin(&diff.old))))?;
    writeln!(out, "- {}", escape(&format!("New: {}", words::origin(&diff.new))))?;
    for note in diff.notes.iter().take(NOTES) {
        writeln!(out, "- **Note:** {}", escape(note))?;
    }
    match diff.notes.len().saturating_sub(NOTES) {
        0 => {}
        more => writeln!(out, "- **Note:** there are {more} more notes.")?,
    }
    write_entries(diff, out)
}

fn write_entries(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (mut room, mut listed) = (LISTED_BYTES, 0);
    let mut last = None;
    for entry in &diff.entries {
        let heading = if last == Some(entry.change) { String::new() } else { heading(entry, diff) };
        let text = format!("{heading}{}", item(entry, diff));
        let Some(left) = room.checked_sub(text.len()) else { break };
        out.write_all(text.as_bytes())?;
        (room, last, listed) = (left, Some(entry.change), listed + 1);
    }
    match diff.entries.len() - listed {
        0 => Ok(()),
        more => writeln!(
            out,
            "\n**{more} more findings are left out here.** The text and JSON forms list all."
        ),
    }
}

fn heading(entry: &Entry<'_>, diff: &Diff<'_>) -> String {
    let explanation = words::explanation(entry.change).map(|text| format!("{text}\n\n"));
    let heading = words::heading(entry.change, diff);
    format!("\n### {heading}\n\n{}", explanation.unwrap_or_default())
}

/// A list item: severity and title, then message and details below it.
fn item(entry: &Entry<'_>, diff: &Diff<'_>) -> String {
    let severity = entry.severity.word();
    let (title, rule) = (escape(entry.title), code(entry.rule));
    let headline = escape(&words::headline(entry, diff));
    let line = |detail: String| format!("  - {}\n", escape(&detail));
    let details: String = words::details(entry).into_iter().map(line).collect();
    format!("- **{severity}** {title} ({rule}): {headline}\n{details}")
}

/// The text within a line, bounded.
fn escape(text: &str) -> String {
    inline(&shorten(text, TEXT_CHARS))
}
