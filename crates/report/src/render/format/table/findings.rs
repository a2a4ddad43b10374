//! What failed and counts, by severity and rule, with what to do about it.

use std::io;

use portcullis_model::{Severity, Status};

use super::{Group, counted, describe, grouped};
use crate::decide::waivers::decision_and_reason;
use crate::render::advice::what_to_do;
use crate::render::view::View;
use crate::{Page, bold, severity_style};

pub(super) fn write(view: &View<'_>, page: &mut Page<'_>) -> io::Result<()> {
    for severity in Severity::ALL {
        let of_it = grouped(view, |f| f.status() == Status::Open && f.severity == severity);
        let count: usize = of_it.iter().map(|group| group.findings.len()).sum();
        if count == 0 {
            continue;
        }
        let heading = format!("{}: {}", severity.word().to_uppercase(), counted(count, "finding"));
        page.blank()?;
        page.line(severity_style(severity), &heading)?;
        of_it.iter().try_for_each(|group| write_rule(view, group, page))?;
    }
    Ok(())
}

fn write_rule(view: &View<'_>, group: &Group<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.painted_item(bold(), "  ", &group.title())?;
    for finding in &group.findings {
        page.item("  - ", &describe(view, finding))?;
        if let Some(waiver) = &finding.waiver {
            page.item("    ", &decision_and_reason(waiver))?;
        }
    }
    let advice = what_to_do(group.rule, &group.findings);
    if advice.is_empty() {
        return Ok(());
    }
    page.item("    ", "What to do:")?;
    page.prose(6, &advice)
}
