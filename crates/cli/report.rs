//! `report`: a saved report in other formats.

use portcullis_report::Format;

use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::{input, output, redaction, saved};

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let outputs = output::choose(&args.output.outputs, Format::Table)?;
    input::check([&args.report].into_iter().chain(&args.redaction.salt_file), &outputs)?;
    let salt = redaction::salt(&args.redaction)?;
    let mut report = saved::read(&args.report)?;
    if let Some(salt) = &salt {
        report = report.redacted(salt)?;
    }
    report.write(&outputs, &args.output.detail)?;
    Ok(())
}
