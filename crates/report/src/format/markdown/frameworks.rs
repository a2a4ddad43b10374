//! Frameworks: how many controls have which status, and which ones, folded.

use portcullis_model::{ControlOutcome, FrameworkOutcome, Report};

use super::folded::fold;
use super::inline::{code, inline};
use super::room::Room;
use crate::words::counted_controls;

pub(super) fn write(report: &Report, room: &mut Room) {
    for framework in &report.frameworks {
        write_framework(framework, room);
    }
}

fn write_framework(framework: &FrameworkOutcome, room: &mut Room) {
    let FrameworkOutcome { id, title, version, note, controls: all, .. } = framework;
    let title = inline(&format!("{title} {version}"));
    let note = note.as_ref().map_or_else(String::new, |note| format!("\n{}\n", inline(note)));
    let counts = counted_controls(framework);
    if !room.add(&format!("\n## {title} ({})\n\n{counts}.\n{note}", code(id))) {
        return;
    }
    let space = room.left().saturating_sub(fold(HEADING, &more(all.len())).len());
    let list = Room::filled(space, |list| list.add_each(all.iter().map(entry)));
    let rest = if list.left_out() > 0 { more(list.left_out()) } else { String::new() };
    room.add(&fold(HEADING, &format!("{}{rest}", list.text())));
}

const HEADING: &str = "Control by control";

fn more(count: usize) -> String {
    format!("- and {count} more\n")
}

fn entry(control: &ControlOutcome) -> String {
    let ControlOutcome { id, title, status, reason, .. } = control;
    let reason = reason.as_ref().map_or_else(String::new, |why| format!(" ({})", inline(why)));
    format!("- {}, {}: {}{reason}\n", code(id), status.words(), inline(title))
}
