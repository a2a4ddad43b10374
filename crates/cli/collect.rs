//! `collect`: save what AWS says.

use crate::args::CollectArgs;
use crate::failure::Failure;
use crate::{evidence, terminal};

pub(crate) fn run(args: &CollectArgs) -> Result<(), Failure> {
    let bundle = evidence::collect(&args.live, evidence::everything())?;
    bundle.write(&args.output)?;
    let (files, gaps) = (bundle.documents.len(), bundle.gaps.len());
    let place = args.output.display();
    terminal::note(&format!(
        "files written to {place}: {files}; gaps in its manifest.json: {gaps}"
    ));
    Ok(())
}
