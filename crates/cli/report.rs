//! `report`: a saved report in other formats.

use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::{output, saved};

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let outputs = output::choose(&args.output.outputs)?;
    let report = saved::read(&args.report)?;
    output::write(&outputs, &report)
}
