//! Markdown: for a step summary, a comment or an issue, by GitHub's flavour
//! (<https://github.github.com/gfm/>).
//!
//! GitHub drops a step summary of more than 1 MiB as a whole, so the page is bounded: what is least
//! grave is left out, finding by finding, and counted.

mod findings;
mod folded;
mod frameworks;
mod head;
mod room;
mod unjudged;
mod waivers;

use std::io::{self, Write};

use self::room::Room;
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
    let head = Room::filled(HEAD, |room| head::write(view, room));
    let unjudged = Room::filled(UNJUDGED, |room| unjudged::write(view.report, room));
    let waivers = Room::filled(WAIVERS, |room| waivers::write(view.report, room));
    let frameworks = Room::filled(FRAMEWORKS, |room| frameworks::write(view.report, room));
    let taken = [&head, &unjudged, &waivers, &frameworks].map(|room| room.text().len());
    let left = PAGE - NOTE - taken.iter().sum::<usize>();
    let open = Room::filled(left, |room| findings::write(view, room));
    let folded = Room::filled(left - open.text().len(), |room| folded::write(view.report, room));
    let left_out = open.left_out() + unjudged.left_out() + folded.left_out();
    out.write_all(head.text().as_bytes())?;
    write_note(left_out, view.report.findings.len(), out)?;
    [open, unjudged, waivers, folded, frameworks]
        .iter()
        .try_for_each(|room| out.write_all(room.text().as_bytes()))
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
