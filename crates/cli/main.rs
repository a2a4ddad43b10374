//! The command line of Portcullis: the only part that touches the clock, the environment, the
//! standard streams and the user's files.

mod args;
mod audit;
mod collect;
mod completions;
mod config;
mod diff;
mod doctor;
mod evidence;
mod facts;
mod failure;
mod fleet;
mod frameworks;
mod joined;
mod logging;
mod loosened;
mod man;
mod merge;
mod output;
mod permissions;
mod progress;
mod recorded;
mod redaction;
mod report;
mod reporting;
mod rule_files;
mod rules;
mod saved;
mod signals;
mod signins;
mod terminal;
mod verify;
mod waivers;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;

/// Usage, configuration, credentials or the tool itself failed.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.choose();
    logging::start(&cli.log);
    let status = run(&cli.command).unwrap_or_else(|failure| {
        failure.print();
        FAILED
    });
    ExitCode::from(status)
}

/// Runs a command; the exit status if it did what it is for.
fn run(command: &Command) -> Result<u8, Failure> {
    match command {
        Command::Audit(args) => audit::run(args),
        Command::Report(args) => report::run(args).map(|()| 0),
        Command::Diff(args) => diff::run(args).map(|()| 0),
        Command::Merge(args) => merge::run(args).map(|()| 0),
        Command::Collect(args) => collect::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Facts(args) => facts::run(args).map(|()| 0),
        Command::Signins(args) => signins::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Permissions(args) => permissions::run(args).map(|()| 0),
        Command::Waivers(args) => waivers::run(&args.command),
        Command::Frameworks(args) => frameworks::run(&args.command).map(|()| 0),
        Command::Rules(args) => rules::run(&args.command).map(|()| 0),
        Command::Completions(args) => completions::run(args.shell).map(|()| 0),
        Command::Man(args) => man::run(&args.directory).map(|()| 0),
    }
}
