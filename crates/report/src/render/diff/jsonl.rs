//! Writes a line of JSON for each of the [`ticket_steps`], which say what a ticket system should do.

use std::io::{self, Write};

use serde::Serialize;

use crate::decide::diff::{Diff, Step, ticket_steps};
use crate::render::advice::commands;
use crate::render::json::write_json_line;

/// A step, and the commands in its remediation.
#[derive(Serialize)]
struct Ticket<'d> {
    #[serde(flatten)]
    step: Step<'d>,
    commands: Vec<String>,
}

pub(super) fn write(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    for step in ticket_steps(diff) {
        write_json_line(&Ticket { commands: commands(step.remediation), step }, out)?;
    }
    Ok(())
}
