//! The command line of Portcullis, the only part that uses the clock, the environment, the standard
//! streams and the user's files.

mod args;
mod audit;
mod collect;
mod completions;
mod config;
mod crossings;
mod diff;
mod doctor;
mod evidence;
mod external;
mod facts;
mod failure;
mod fleet;
mod frameworks;
mod input;
mod joined;
mod layers;
mod line_stream;
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

use args::Command;
use failure::Failure;

/// The exit status if usage, configuration, credentials or the tool itself failed.
const FAILED: u8 = 2;

/// Runs the command in the arguments, and returns the exit status of the process.
pub fn main() -> ExitCode {
    let status = run().unwrap_or_else(|failure| {
        failure.print();
        FAILED
    });
    ExitCode::from(status)
}

/// Runs a command, and returns its exit status unless it failed.
fn run() -> Result<u8, Failure> {
    let (cli, config) = layers::read()?;
    terminal::choose_color(cli.color);
    signals::watch_as_init()?;
    logging::start(&cli.log);
    let config = match cli.command {
        // These check the configuration when they load rules.
        Command::Audit(_)
        | Command::Doctor(_)
        | Command::Permissions(_)
        | Command::Signins(_)
        | Command::Waivers(_) => config,
        _ => config.checked()?,
    };
    match &cli.command {
        Command::Audit(args) => audit::run(args, config),
        Command::Report(args) => report::run(args).map(|()| 0),
        Command::Diff(args) => diff::run(args).map(|()| 0),
        Command::Merge(args) => merge::run(args),
        Command::Collect(args) => collect::run(args),
        Command::Doctor(args) => doctor::run(args, &config),
        Command::Facts(args) => facts::run(args, &config).map(|()| 0),
        Command::Signins(args) => signins::run(args, config),
        Command::Verify(args) => verify::run(args),
        Command::Permissions(args) => permissions::run(args, &config).map(|()| 0),
        Command::Waivers(command) => waivers::run(command, &config),
        Command::Frameworks(command) => frameworks::run(command, &config).map(|()| 0),
        Command::Rules(command) => rules::run(command, &config).map(|()| 0),
        Command::Completions(args) => completions::run(args.shell).map(|()| 0),
        Command::Man(args) => man::run(&args.directory).map(|()| 0),
    }
}

/// Reads any text as a configuration with waivers and as a list of accounts, for `tests/fuzz`.
#[cfg(fuzzing)]
pub fn read_untrusted(text: &str) {
    config::read_untrusted(text);
    fleet::read_untrusted(text);
}
