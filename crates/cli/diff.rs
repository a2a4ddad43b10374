//! `diff`: compares two saved reports.

use portcullis_report::{Diff, DiffFormat, render_diff};

use crate::args::DiffArgs;
use crate::failure::Failure;
use crate::{input, output, redaction, saved, terminal};

pub(crate) fn run(args: &DiffArgs) -> Result<(), Failure> {
    let outputs = output::choose(&args.outputs, DiffFormat::Text)?;
    let salt_file = &args.redaction.salt_file;
    input::check([&args.old, &args.new].into_iter().chain(salt_file), &outputs)?;
    let salt = redaction::salt(&args.redaction)?;
    let read = |path| redaction::once(saved::read(path)?, salt.as_ref());
    let (old, new) = (read(&args.old)?.into_report()?, read(&args.new)?.into_report()?);
    let diff = Diff::between(&old, &new)?;
    for note in Diff::backwards(&old, &new) {
        terminal::warn(&format!("{note}; name the older report first"));
    }
    output::write(&outputs, |format, style, out| render_diff(&diff, format, style, out))
}
