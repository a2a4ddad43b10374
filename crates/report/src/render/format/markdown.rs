//! Markdown: for a step summary, a comment or an issue, by GitHub's flavour
//! (<https://github.github.com/gfm/>).
//!
//! GitHub drops a step summary of more than 1 MiB as a whole, so the page is bounded: what is least
//! severe is left out, finding by finding, and counted.

mod budget;
mod findings;
mod folded;
mod frameworks;
mod head;
mod unjudged;
mod waivers;

use std::io::{self, Write};

use self::budget::Budget;
use crate::render::view::View;

/// Room for all; the rest of 1 MiB is left to what else a step writes into its summary.
const PAGE: usize = 1_000_000;
/// Room for the parts that no finding may push out.
const HEAD: usize = 100_000;
const UNJUDGED: usize = 150_000;
const WAIVERS: usize = 50_000;
const FRAMEWORKS: usize = 150_000;
/// Room for the sentence on what is left out.
const NOTE: usize = 1_000;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let head = Budget::filled(HEAD, |budget| head::write(view, budget));
    let unjudged = Budget::filled(UNJUDGED, |budget| unjudged::write(view.report, budget));
    let waivers = Budget::filled(WAIVERS, |budget| waivers::write(view.report, budget));
    let frameworks = Budget::filled(FRAMEWORKS, |budget| frameworks::write(view.report, budget));
    let taken = [&head, &unjudged, &waivers, &frameworks].map(|budget| budget.text().len());
    let left = PAGE - NOTE - taken.iter().sum::<usize>();
    let open = Budget::filled(left, |budget| findings::write(view, budget));
    let folded =
        Budget::filled(left - open.text().len(), |budget| folded::write(view.report, budget));
    let left_out = open.left_out() + unjudged.left_out() + folded.left_out();
    out.write_all(head.text().as_bytes())?;
    write_note(left_out, view.report.findings.len(), out)?;
    [open, unjudged, waivers, folded, frameworks]
        .iter()
        .try_for_each(|budget| out.write_all(budget.text().as_bytes()))
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
