//! A diff as text for a person at a terminal.

use std::io::{self, Write};

use super::words;
use crate::decide::diff::{Change, Diff, Entry};
use crate::{Page, Style, bold, severity_style};

pub(super) fn write(diff: &Diff<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let page = &mut Page::new(out, style);
    page.item("Old   ", &words::origin(&diff.old))?;
    page.item("New   ", &words::origin(&diff.new))?;
    diff.notes.iter().try_for_each(|note| page.item("Note  ", note))?;
    for of_change in diff.entries.chunk_by(|a, b| a.change == b.change) {
        write_change(of_change, diff, page)?;
    }
    page.blank()?;
    page.painted_item(bold(), "In all: ", &words::summary(diff))
}

fn write_change(entries: &[Entry<'_>], diff: &Diff<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(Entry { change, .. }) = entries.first() else { return Ok(()) };
    page.blank()?;
    page.line(bold(), &words::heading(*change, diff))?;
    if let Some(explanation) = words::explanation(*change) {
        page.item("", explanation)?;
    }
    for of_rule in entries.chunk_by(|a, b| (a.severity, a.rule) == (b.severity, b.rule)) {
        write_rule(of_rule, diff, page)?;
    }
    Ok(())
}

fn write_rule(entries: &[Entry<'_>], diff: &Diff<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(Entry { change, severity, title, rule, .. }) = entries.first() else { return Ok(()) };
    let fixed = *change == Change::Fixed;
    let paint = if fixed { bold() } else { severity_style(*severity) };
    page.blank()?;
    page.painted_item(paint, "  ", &format!("{title} ({rule}), {}", severity.word()))?;
    for entry in entries {
        page.item("  - ", &words::headline(entry, diff))?;
        words::details(entry).iter().try_for_each(|detail| page.item("    ", detail))?;
    }
    Ok(())
}
