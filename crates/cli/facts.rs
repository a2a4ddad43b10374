//! `facts`: what rules see.

use portcullis_report::write_json;

use crate::args::FactsArgs;
use crate::config::Config;
use crate::evidence::Names;
use crate::failure::Failure;
use crate::{evidence, terminal};

pub(crate) fn run(args: &FactsArgs, config: &Config) -> Result<(), Failure> {
    let declared = config.declarations();
    let sources = evidence::everything();
    let bundle = args.bundle.as_deref();
    let snapshot = evidence::snapshot(bundle, &args.evidence, &declared, sources, Names::Shown)?;
    terminal::print(|out| write_json(&snapshot, out))
}
