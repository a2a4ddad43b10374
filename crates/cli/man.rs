//! `man`: the manual pages that a package installs, one a command.
//!
//! Whoever packages Portcullis needs it, nobody else: the help does not list it.

use std::path::Path;

use clap::CommandFactory;

use crate::args::Cli;
use crate::failure::Failure;

/// Writes `portcullis.1`, `portcullis-audit.1` and so on into an existing directory.
pub(crate) fn run(directory: &Path) -> Result<(), Failure> {
    clap_mangen::generate_to(Cli::command(), directory)
        .map_err(|error| format!("cannot write to {}: {error}", directory.display()).into())
}
