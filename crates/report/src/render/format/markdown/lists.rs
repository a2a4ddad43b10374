//! What is not open: what could not be judged, and, folded, what asks for no work.

use super::budget::Budget;
use super::fold;
use crate::render::gfm::inline;
use crate::render::outline::{List, Outline, Weight};
use crate::words::shorten;

/// Room for a line that no list should be drowned by.
const LINE_CHARS: usize = 1_000;

pub(super) fn write(outline: &Outline<'_>, budget: &mut Budget) {
    for list in outline
        .lists
        .iter()
        .filter(|list| list.weight == Weight::Work)
    {
        if budget.add(&format!("\n## {}\n\n", list.title)) {
            add_lines(list, budget);
        } else {
            budget.left_out += list.findings();
        }
    }
}

pub(super) fn write_folded(outline: &Outline<'_>, budget: &mut Budget) {
    for list in outline
        .lists
        .iter()
        .filter(|list| list.weight != Weight::Work)
    {
        let space = budget.left().saturating_sub(fold(&list.title, "").len());
        let lines = Budget::filled(space, |lines| add_lines(list, lines));
        budget.left_out += lines.left_out;
        if !lines.text.is_empty() {
            budget.add(&fold(&list.title, &lines.text));
        }
    }
}

fn add_lines(list: &List, budget: &mut Budget) {
    for (line, findings) in &list.lines {
        if !budget.add(&format!("- {}\n", inline(&shorten(line, LINE_CHARS)))) {
            budget.left_out += *findings;
        }
    }
}
