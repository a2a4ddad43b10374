//! `facts`: prints the facts that rules see.

use portcullis_report::write_json;

use crate::args::FactsArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::{evidence, terminal};

pub(crate) fn run(args: &FactsArgs, config: &Config) -> Result<(), Failure> {
    let bundle = match &args.bundle {
        Some(path) => evidence::read(path)?,
        None => evidence::collect(&args.evidence.live, evidence::everything())?,
    };
    let declared = config.declarations();
    let snapshot = evidence::facts(&bundle, args.evidence.as_of, &declared, false)?;
    terminal::print(|out| write_json(&snapshot, out))
}
