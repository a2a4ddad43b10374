//! `facts`: what rules see.

use portcullis_report::write_json;

use crate::args::FactsArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::{evidence, terminal};

pub(crate) fn run(args: &FactsArgs) -> Result<(), Failure> {
    let config = Config::read(args.evidence.config.as_deref())?;
    let snapshot =
        evidence::snapshot(&args.evidence, &config.declarations(), evidence::everything())?;
    terminal::print(|out| write_json(&snapshot, out))
}
