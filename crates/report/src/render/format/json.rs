//! JSON: the report as it is.

use std::io::{self, Write};

use crate::render::view::View;
use crate::write_json;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_json(view.report, out)
}
