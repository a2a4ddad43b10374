//! `report`: a saved report in other formats.

use portcullis_report::Format;

use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::{output, redaction, saved};

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let outputs = output::choose(&args.output.outputs, Format::Table)?;
    let salt = redaction::salt(&args.redaction)?;
    let report = redaction::apply(saved::read(&args.report)?, salt.as_ref())?;
    output::write_report(&report, &outputs, &args.output.detail)
}
