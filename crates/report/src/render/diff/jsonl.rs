//! A line of JSON for each step of the [`Plan`]: what a ticket system should do.

use std::io::{self, Write};

use serde::Serialize;

use crate::decide::diff::{Diff, Plan, Step};
use crate::render::advice::commands;
use crate::render::json::write_json_line;

/// A step, with the commands in its remediation apart.
#[derive(Serialize)]
struct Ticket<'d> {
    #[serde(flatten)]
    step: &'d Step<'d>,
    commands: Vec<String>,
}

pub(super) fn write(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    for step in &Plan::from_diff(diff).steps {
        write_json_line(&Ticket { step, commands: commands(step.remediation) }, out)?;
    }
    Ok(())
}
