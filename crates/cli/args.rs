//! The arguments, and nothing but the arguments.

mod audit;
mod evidence;
mod parse;
mod reporting;
mod rules;
mod saved;
mod signins;

use std::path::PathBuf;

use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::audit::{AuditArgs, FleetArgs};
pub(crate) use self::evidence::{
    CALLS_PER_SECOND, CollectArgs, DoctorArgs, FactsArgs, LiveArgs, PermissionsArgs, PolicyFormat,
    VerifyArgs,
};
pub(crate) use self::parse::{moment, region};
pub(crate) use self::reporting::{DetailArgs, RedactionArgs, ReportingArgs};
pub(crate) use self::rules::{
    CheckArgs, ExplainArgs, FrameworkArgs, FrameworksCommand, ListArgs, NewArgs, RulesCommand,
    View, ViewArgs, WaiversCheckArgs, WaiversCommand,
};
pub(crate) use self::saved::{DiffArgs, MergeArgs, ReportArgs};
pub(crate) use self::signins::{SessionArgs, SigninsArgs};

/// The options that every command has, listed below its own.
const GLOBAL: &str = "Global options";

/// Audits the identity posture of AWS accounts: who can get in, with which
/// credential, and how well it is protected
#[derive(Parser)]
#[command(version, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Colour text: auto, always or never
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: ColorChoice,
    /// The configuration file; `none` reads no file
    /// [default: portcullis.toml, if it exists]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// What is logged about a run while it goes on.
#[derive(Args)]
pub(crate) struct LogArgs {
    /// Log each call to AWS to standard error, with its duration and request id;
    /// -vv logs each attempt
    #[arg(short, long, global = true, help_heading = GLOBAL, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// The format of the log: text or json
    #[arg(
        long,
        global = true,
        help_heading = GLOBAL,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    pub(crate) log_format: LogFormat,
}

/// The form of what `-v` writes.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Audit one account or many, live or from saved bundles
    Audit(Box<AuditArgs>),
    /// Render a saved report in other formats
    Report(ReportArgs),
    /// Compare two saved reports
    Diff(DiffArgs),
    /// Join the saved reports of different accounts into one
    Merge(MergeArgs),
    /// Save AWS's answers about an account, to audit later or to keep
    Collect(CollectArgs),
    /// Check whether an audit can run from here, and show what to fix first
    Doctor(DoctorArgs),
    /// Print the facts that rules see, as JSON
    Facts(FactsArgs),
    /// Show from CloudTrail who could not sign in, and why, and who did
    Signins(Box<SigninsArgs>),
    /// Check that a bundle has not changed since it was collected
    Verify(VerifyArgs),
    /// List, explain, check and create rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// List and explain the frameworks that an audit can report on
    #[command(subcommand)]
    Frameworks(FrameworksCommand),
    /// Check the waivers of the configuration
    #[command(subcommand)]
    Waivers(WaiversCommand),
    /// Print the least-privilege IAM policy for an audit
    Permissions(PermissionsArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Man(ManArgs),
}

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh
    #[arg(hide_possible_values = true)]
    pub(crate) shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArgs {
    /// The directory to write them to; it must exist
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}
