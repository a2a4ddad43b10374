//! Markdown: for a step summary, a comment or an issue, by GitHub's flavour
//! (<https://github.github.com/gfm/>).
//!
//! GitHub drops a step summary of more than 1 MiB as a whole, and takes no comment of more than 65,536
//! characters, so the page is bounded: what is least severe is left out, finding by finding, and counted.

mod activity;
mod budget;
mod findings;
mod frameworks;
mod head;
mod lists;

use std::io::{self, Write};

use self::budget::Budget;
use crate::Detail;
use crate::render::outline::Outline;
use crate::render::view::View;

/// Room for all; the rest of 1 MiB is left to what else a step writes into its summary.
const PAGE: usize = 1_000_000;
/// Room for the parts that no finding may push out.
const HEAD: usize = 100_000;
const LISTS: usize = 200_000;
const FRAMEWORKS: usize = 150_000;
const PEOPLE: usize = 300_000;
/// Room for the head and the lists of a comment.
const BRIEF_HEAD: usize = 40_000;
const BRIEF_LISTS: usize = 20_000;
/// Room for the sentence on what is left out.
const NOTE: usize = 1_000;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let outline = Outline::new(view)?;
    if view.style.detail == Detail::Brief {
        let mut head = Budget::new(BRIEF_HEAD);
        head::write(view, &outline, &mut head)?;
        let lists = Budget::filled(BRIEF_LISTS, |budget| lists::write(&outline, budget));
        out.write_all(head.text.as_bytes())?;
        return out.write_all(lists.text.as_bytes());
    }
    let mut head = Budget::new(HEAD);
    head::write(view, &outline, &mut head)?;
    let lists = Budget::filled(LISTS, |budget| lists::write(&outline, budget));
    let frameworks = Budget::filled(FRAMEWORKS, |budget| frameworks::write(view.report, budget));
    let people = Budget::filled(PEOPLE, |budget| activity::write_people(view.report, budget));
    let taken = [&head, &lists, &frameworks, &people].map(|budget| budget.text.len());
    let left = PAGE - NOTE - taken.iter().sum::<usize>();
    let mut open = Budget::new(left);
    findings::write(view, &outline, &mut open)?;
    let left = left - open.text.len();
    let folded = Budget::filled(left, |budget| lists::write_folded(&outline, budget));
    let left_out = open.left_out + lists.left_out + folded.left_out;
    out.write_all(head.text.as_bytes())?;
    write_note(left_out, view.entries.len(), out)?;
    out.write_all(open.text.as_bytes())?;
    out.write_all(people.text.as_bytes())?;
    if people.left_out > 0 {
        let count = people.left_out;
        writeln!(out, "\n**People and events left out here: {count}.** `-o html` has all.")?;
    }
    [lists, folded, frameworks]
        .iter()
        .try_for_each(|budget| out.write_all(budget.text.as_bytes()))
}

fn write_note(left_out: usize, all: usize, out: &mut dyn Write) -> io::Result<()> {
    if left_out == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "\n**{left_out} of {all} findings are left out**, since the page would be too long for \
         GitHub. All are in the other formats of the report, such as `-o html` and `-o json`."
    )
}

/// A part of the page that is closed until it is clicked. The heading is not Markdown, so it must
/// hold no text of others; the empty line makes what follows Markdown again.
fn fold(heading: &str, body: &str) -> String {
    format!("\n<details>\n<summary>{heading}</summary>\n\n{body}\n</details>\n")
}
