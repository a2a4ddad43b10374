//! Writes sign-in activity: what was read, who needs help, and who signed in.

use std::io;

use portcullis_model::ActivitySummary;

use super::LABEL;
use crate::render::activity::{self, Part};
use crate::{Page, bold};

/// Writes what was read, and what was not.
pub(super) fn write_coverage(summary: &ActivitySummary, page: &mut Page<'_>) -> io::Result<()> {
    for (label, lines) in activity::coverage(summary) {
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            page.item(&format!("{label:LABEL$}"), line)?;
        }
    }
    Ok(())
}

/// Writes who could not sign in, and who did, and everything recorded about a requested person.
pub(super) fn write_people(summary: &ActivitySummary, page: &mut Page<'_>) -> io::Result<()> {
    for part in activity::people(summary) {
        write_heading(&part, page)?;
        for entry in part.entries {
            page.blank()?;
            page.line(bold(), &format!("  {}", entry.name))?;
            page.item("    ", &entry.summary)?;
            for (label, text) in entry.facts {
                page.item(&format!("    {label}: "), &text)?;
            }
            if let Some(action) = entry.action {
                page.item("    ", "What to do:")?;
                page.prose(6, action)?;
            }
        }
    }
    for part in activity::person(summary) {
        write_heading(&part, page)?;
        page.blank()?;
        for entry in part.entries {
            let when = if entry.name.is_empty() {
                String::new()
            } else {
                entry.name + "  "
            };
            page.item(&format!("  {when}"), &entry.summary)?;
        }
    }
    Ok(())
}

fn write_heading(part: &Part<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.title(bold(), &part.title)?;
    part.note.iter().try_for_each(|note| page.item("  ", note))
}
