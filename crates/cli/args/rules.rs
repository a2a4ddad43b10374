//! The commands on rules, frameworks and waivers.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use portcullis_rules::Scope;

use super::parse::{self, moment};

const WAIVERS_CHECK_HELP: &str = "\
Examples:
  portcullis waivers check                          the file itself
  portcullis waivers check report.json              what each waiver matches
  portcullis waivers check report.json -o json
  portcullis waivers check --as-of 2027-01-01       what will have expired then

Exit status:
  0  every waiver is in force and, as far as the report shows, needed
  1  a waiver has expired, or matches no failing finding
  2  the configuration or the report cannot be used";

const NEW_HELP: &str = "\
Example:
  portcullis rules new old-user --scope user > own/old-user.toml";

const CHECK_STATUS: &str = "\
Exit status:
  0  every rule loads and every example passes
  2  there are problems";

#[derive(Subcommand)]
pub(crate) enum RulesCommand {
    /// List all rules
    List(ListArgs),
    /// Explain a rule: the risk, the remedy, and the facts it reads
    Explain(ExplainArgs),
    /// Load all rules and run their examples
    Check(CheckArgs),
    /// Print a template for a new rule, with the facts that it can read
    New(NewArgs),
}

/// The form of an answer that is not a report.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum View {
    Text,
    Json,
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// List only the rules of a framework, such as cis-aws-7.0
    #[arg(long, value_name = "FRAMEWORK", value_parser = parse::id())]
    pub(crate) framework: Option<String>,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

/// Which rules there are, and how to show them.
#[derive(Args)]
pub(crate) struct ViewArgs {
    /// A directory of your own rules; repeat for several
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) directories: Vec<PathBuf>,
    /// Print text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub(crate) output: View,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// The rule's id
    #[arg(value_name = "RULE", value_parser = parse::id())]
    pub(crate) id: String,
    /// Also list all facts that a rule on the same scope can read; json always
    /// has them
    #[arg(long)]
    pub(crate) facts: bool,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

#[derive(Args)]
#[command(after_help = CHECK_STATUS)]
pub(crate) struct CheckArgs {
    /// A directory of your own rules, checked together with the built-in ones
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = NEW_HELP)]
pub(crate) struct NewArgs {
    /// The rule's id, which names the problem, such as old-user
    #[arg(value_name = "RULE")]
    pub(crate) id: String,
    /// What it judges
    #[arg(long, value_parser = parse::scope())]
    pub(crate) scope: &'static Scope,
}

#[derive(Subcommand)]
pub(crate) enum FrameworksCommand {
    /// List all frameworks, with the number of controls that rules test
    List(ViewArgs),
    /// Explain a framework: its controls, and the rules that test each
    Explain(FrameworkArgs),
}

#[derive(Args)]
pub(crate) struct FrameworkArgs {
    /// The framework's id
    #[arg(value_name = "FRAMEWORK", value_parser = parse::id())]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}

#[derive(Subcommand)]
pub(crate) enum WaiversCommand {
    /// Show how long each waiver lasts, and what it matches
    Check(WaiversCheckArgs),
}

#[derive(Args)]
#[command(after_help = WAIVERS_CHECK_HELP)]
pub(crate) struct WaiversCheckArgs {
    /// A report that `audit -o json=FILE` wrote, or - for standard input, to
    /// match the waivers against
    #[arg(value_name = "REPORT")]
    pub(crate) report: Option<PathBuf>,
    /// Count days from this date (its start in UTC), RFC 3339 time, or `now`
    /// [default: that of the report, or now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) as_of: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}
