//! `report`: renders a saved report in other formats.

use portcullis_report::{Format, loosened};

use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::{input, output, redaction, saved, terminal};

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let outputs = output::choose(&args.output.outputs, Format::Table)?;
    input::check([&args.report].into_iter().chain(&args.redaction.salt_file), &outputs)?;
    let salt = redaction::salt(&args.redaction)?;
    let mut report = saved::read(&args.report)?;
    if let Some(salt) = &salt {
        report = report.redacted(salt)?;
    }
    for wrong in loosened::wrong_shares(&report.head) {
        terminal::warn(&wrong);
    }
    output::warn_of_unjudged(&report.unjudged()?, outputs.iter().map(Output::format));
    report.write(&outputs, &args.output.detail)?;
    Ok(())
}
