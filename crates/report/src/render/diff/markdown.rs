//! A diff as GitHub Flavored Markdown, for a pull request or a step summary.
//!
//! GitHub accepts comments of up to 65,536 characters, so the text is limited: findings at the end are left out, and
//! counted.

use std::io::{self, Write};

use super::outline::{Outline, Section, details, headline};
use crate::decide::diff::{Diff, Entry};
use crate::render::gfm::{code, inline};
use crate::words::shorten;

/// The maximum length of the lists in bytes. Everything else is short.
const LISTED_BYTES: usize = 56_000;
/// The maximum length of a text of a finding.
const TEXT_CHARS: usize = 600;
/// How many facts are shown: the two reports, and twenty notes.
const FACTS: usize = 22;

pub(super) fn write(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    let outline = Outline::new(diff);
    writeln!(out, "## Portcullis: {}\n", outline.summary)?;
    for (label, text) in outline.facts.iter().take(FACTS) {
        writeln!(out, "- **{label}:** {}", escape(text))?;
    }
    match outline.facts.len().saturating_sub(FACTS) {
        0 => {}
        more => writeln!(out, "- **Note:** and {more} more")?,
    }
    write_entries(&outline, diff, out)
}

fn write_entries(outline: &Outline<'_>, diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (mut room, mut left_out) = (LISTED_BYTES, 0);
    for section in &outline.sections {
        let mut above = heading(section);
        for group in &section.groups {
            above.push_str(&group_heading(&group[0]));
            for entry in *group {
                let text = format!("{above}{}", item(entry, diff));
                match room.checked_sub(text.len()) {
                    Some(left) if left_out == 0 => room = left,
                    _ => {
                        left_out += 1;
                        continue;
                    }
                }
                out.write_all(text.as_bytes())?;
                above.clear();
            }
        }
    }
    match left_out {
        0 => Ok(()),
        more => {
            writeln!(out, "\n**Findings left out here: {more}.** The text and JSON forms list all.")
        }
    }
}

fn heading(section: &Section<'_>) -> String {
    let explanation = section.explanation.map(|text| format!("\n{text}\n"));
    format!("\n### {}\n{}", section.title, explanation.unwrap_or_default())
}

/// The severity and the rule of the entries below.
fn group_heading(first: &Entry<'_>) -> String {
    let (severity, title, rule) = (first.severity.word(), escape(first.title), code(first.rule));
    format!("\n**{severity}: {title}** ({rule})\n\n")
}

/// A list item: the message, with details below it.
fn item(entry: &Entry<'_>, diff: &Diff<'_>) -> String {
    let mut item = format!("- {}\n", escape(&headline(entry, diff)));
    for detail in details(entry) {
        item.extend(["  - ", &*escape(&detail), "\n"]);
    }
    item
}

/// The text within a line, bounded.
fn escape(text: &str) -> String {
    inline(&shorten(text, TEXT_CHARS))
}
