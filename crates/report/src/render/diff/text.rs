//! Writes a diff as text for a terminal.

use std::io::{self, Write};

use super::outline::{Outline, details, headline};
use crate::decide::diff::{Change, Diff, Entry};
use crate::words::capitalised;
use crate::{Page, Style, bold, severity_style};

pub(super) fn write(diff: &Diff<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let page = &mut Page::new(out, style);
    let outline = Outline::new(diff);
    page.painted_item(bold(), "", &capitalised(&outline.summary))?;
    page.blank()?;
    for (label, text) in &outline.facts {
        page.item(&format!("{label:6}"), text)?;
    }
    for section in &outline.sections {
        page.blank()?;
        page.title(bold(), &section.title)?;
        if let Some(explanation) = section.explanation {
            page.item("  ", explanation)?;
        }
        section
            .groups
            .iter()
            .try_for_each(|group| write_group(group, diff, page))?;
    }
    page.blank()?;
    page.painted_item(bold(), "In all: ", &outline.summary)
}

fn write_group(group: &[Entry<'_>], diff: &Diff<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Entry { title, rule, severity, change, .. } = group[0];
    let paint = if change == Change::Fixed {
        bold()
    } else {
        severity_style(severity)
    };
    page.painted_item(paint, "  ", &format!("{title} ({rule}), {}", severity.word()))?;
    for entry in group {
        page.item("  - ", &headline(entry, diff))?;
        details(entry)
            .iter()
            .try_for_each(|detail| page.item("    ", detail))?;
    }
    Ok(())
}
