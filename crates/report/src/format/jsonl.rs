//! jsonl.

use std::io::{self, Write};

use crate::view::View;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} findings", view.report.findings.len())
}
