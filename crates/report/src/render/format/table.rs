//! Writes the report as text for a terminal.

mod activity;
mod findings;
mod frameworks;
mod summary;

use std::io::{self, Write};

use crate::render::outline::{List, Outline, Weight};
use crate::render::view::View;
use crate::{Detail, Page, bold};

/// The width of the labels above the findings.
const LABEL: usize = 10;

/// Writes the report, with the outcome in its first line and in its last lines.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (report, page) = (view.report, &mut Page::new(out, view.style));
    let outline = Outline::new(view)?;
    if view.style.detail == Detail::Brief {
        findings::write_lines(view, &outline, page)?;
        return page.line(bold(), &view.outcome.to_string());
    }
    page.painted_item(bold(), "", &outline.headline)?;
    page.blank()?;
    for (label, text) in &outline.facts {
        page.item(&format!("{label:LABEL$}"), text)?;
    }
    for summary in &report.activity {
        activity::write_coverage(summary, page)?;
    }
    findings::write(view, &outline, page)?;
    for summary in &report.activity {
        activity::write_people(summary, page)?;
    }
    for list in &outline.lists {
        if list.weight != Weight::Detail || view.style.detail == Detail::All {
            write_list(list, page)?;
        }
    }
    frameworks::write(report, page)?;
    summary::write(view, page)?;
    page.blank()?;
    page.painted_item(bold(), "", &view.outcome.to_string())
}

fn write_list(list: &List, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.title(bold(), &list.title)?;
    for (line, _) in &list.lines {
        page.item("  - ", line)?;
    }
    Ok(())
}
