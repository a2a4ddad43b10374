//! `report`: a saved report in other formats.

use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::{output, redaction, saved};

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let outputs = output::choose(&args.output.outputs)?;
    let salt = redaction::salt(&args.redaction)?;
    let report = redaction::apply(saved::read(&args.report)?, salt.as_ref())?;
    output::write(&outputs, &report)
}
