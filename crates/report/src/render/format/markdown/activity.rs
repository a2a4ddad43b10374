//! Sign-in activity: what was read, who needs help, and who is in.

use std::fmt::Write as _;

use portcullis_model::{ActivitySummary, Report};

use super::budget::Budget;
use crate::render::activity::{self, Entry, Part};
use crate::render::gfm::{inline, prose};
use crate::words::shorten;

/// Room for a line that no list should be drowned by.
const LINE_CHARS: usize = 500;

/// Adds what was read, what was not, and how many people are named below.
pub(super) fn write_coverage(summary: &ActivitySummary, budget: &mut Budget) {
    for (label, lines) in activity::coverage(summary) {
        match lines.as_slice() {
            [line] => {
                budget.add(&format!("- {label}: {}\n", inline(&shorten(line, LINE_CHARS))));
            }
            lines => {
                budget.add(&format!("- {label}:\n"));
                for line in lines {
                    budget.add(&format!("  - {}\n", inline(&shorten(line, LINE_CHARS))));
                }
            }
        }
    }
    for part in activity::people(summary) {
        budget.add(&format!("- {}\n", part.title));
    }
}

/// Adds who could not get in, and who did; of a single person, all that was recorded too.
pub(super) fn write_people(report: &Report, budget: &mut Budget) {
    for summary in &report.activity {
        for part in activity::people(summary)
            .into_iter()
            .chain(activity::person(summary))
        {
            write_part(&part, budget);
        }
    }
}

/// As many entries as there is room for, which others may fill up.
fn write_part(part: &Part<'_>, budget: &mut Budget) {
    let note = part
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!("{note}.\n\n"));
    if budget.add(&format!("\n## {}\n\n{note}", part.title)) {
        budget.add_each(part.entries.iter().map(write_entry));
    } else {
        budget.left_out += part.entries.len();
    }
}

/// Whoever needs help has a heading, all others a line.
fn write_entry(entry: &Entry<'_>) -> String {
    let (name, summary) = (inline(&entry.name), inline(&entry.summary));
    let Some(action) = entry.action else {
        let mut line = if name.is_empty() {
            summary
        } else {
            format!("- **{name}**: {summary}")
        };
        for (label, text) in &entry.facts {
            let _ = write!(line, "; {label}: {}", inline(text));
        }
        return format!("{line}\n");
    };
    let mut text = format!("### {name}\n\n{summary}\n\n");
    for (label, fact) in &entry.facts {
        let _ = writeln!(text, "- {label}: {}", inline(fact));
    }
    format!("{text}{}\n", prose(action))
}
