//! A line of JSON for each step of the [`Plan`]: what a ticket system should do.

use std::io::{self, Write};

use crate::decide::diff::{Diff, Plan};
use crate::render::json::write_json_line;

pub(super) fn write(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    Plan::from_diff(diff).steps.iter().try_for_each(|step| write_json_line(step, out))
}
