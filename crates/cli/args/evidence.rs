//! Where facts come from, and the commands that get or show them.

use std::path::PathBuf;

use clap::{Args, Command, Id, ValueEnum};
use jiff::Timestamp;

use super::audit::FleetArgs;
use super::parse::{self, moment};
use super::reporting::SelectionArgs;
use super::rules::View;

const PERMISSIONS_EXAMPLES: &str = "\
Examples:
  portcullis permissions                     for an audit with the default rules
  portcullis permissions --rule-set strict   for `collect`, and for all rules
  portcullis permissions --quick --format terraform
  portcullis permissions --assume-root       for `audit --org --assume-root`";

const COLLECT_STATUS: &str = "\
Exit status:
  0  everything that was requested was collected
  2  wrong usage or credentials, or the bundle could not be written
  3  something could not be collected; the bundle says what and why";

const DOCTOR_STATUS: &str = "\
Makes the calls that an audit makes, and keeps none of the answers. The domains
where people sign in are resolved by name but never contacted.

Exit status:
  0  nothing needs fixing
  1  a service, permission or setting needs fixing
  2  wrong usage, or AWS could not be reached";

const VERIFY_STATUS: &str = "\
Exit status:
  0  every file is as it was collected
  1  a file was modified or added, or is missing
  2  the bundle cannot be read, or has no manifest.json";

#[derive(Args)]
#[command(after_help = COLLECT_STATUS)]
pub(crate) struct CollectArgs {
    /// The bundle to write: a new or empty directory, or a bundle to replace; for
    /// many accounts, the directory that receives a bundle for each
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Replace the bundle even if it holds answers that this run could not collect
    #[arg(long)]
    pub(crate) force: bool,
    /// Also look up who signed in during the last seven days, and save the events as
    /// cloudtrail.json, which `portcullis signins` reads
    #[arg(long, conflicts_with_all = ["accounts", "org"])]
    pub(crate) signins: bool,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    /// Skip accounts whose bundle is already in the directory
    #[arg(long, help_heading = "Many accounts")]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
}

// A person waits for it, and what AWS does not answer within a minute is what there is to show.
#[derive(Args)]
#[command(after_help = DOCTOR_STATUS, mut_arg("deadline", |arg| arg.default_value("60")))]
pub(crate) struct DoctorArgs {
    /// Print text or json; neither contains secrets
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub(crate) output: View,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    #[command(flatten)]
    pub(crate) rules: SelectionArgs,
}

#[derive(Args)]
pub(crate) struct FactsArgs {
    /// A directory that `collect` or the AWS CLI wrote, or a credential report (- for
    /// standard input); without one, the live account
    #[arg(conflicts_with_all = live_options())]
    pub(crate) bundle: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

#[derive(Args)]
#[command(after_help = VERIFY_STATUS)]
pub(crate) struct VerifyArgs {
    /// The bundle that `collect` wrote
    pub(crate) bundle: PathBuf,
}

#[derive(Args)]
#[command(after_help = PERMISSIONS_EXAMPLES)]
pub(crate) struct PermissionsArgs {
    /// Print the policy as json, terraform or cloudformation
    #[arg(
        short = 'o',
        long,
        alias = "output",
        value_name = "FORMAT",
        default_value = "json",
        hide_possible_values = true
    )]
    pub(crate) format: PolicyFormat,
    /// Leave out the per-user calls, as `audit --quick` does
    #[arg(long)]
    pub(crate) quick: bool,
    /// Also allow `signins` to look up the event history of CloudTrail
    #[arg(long)]
    pub(crate) signins: bool,
    /// Also allow `audit --assume-root` to open root sessions in member accounts; only
    /// credentials of the management account, or of the delegated administrator for
    /// IAM, need it
    #[arg(long)]
    pub(crate) assume_root: bool,
    #[command(flatten)]
    pub(crate) rules: SelectionArgs,
}

/// What the policy is printed for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PolicyFormat {
    Json,
    Terraform,
    Cloudformation,
}

/// Where facts come from, and how they are read.
#[derive(Args)]
pub(crate) struct EvidenceArgs {
    /// Measure ages at this date (its start in UTC), RFC 3339 time, or `now`
    /// [default: when the evidence was collected]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) as_of: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
}

/// As many calls a second as IAM takes without complaint.
pub(crate) const CALLS_PER_SECOND: u32 = 20;

/// What conflicts with a bundle: all of [`LiveArgs`].
pub(super) fn live_options() -> Vec<Id> {
    let command = LiveArgs::augment_args(Command::new(""));
    let options = command.get_arguments();
    options.map(|option| option.get_id().clone()).collect()
}

/// How to reach the account.
#[derive(Args)]
#[command(next_help_heading = "Live account")]
pub(crate) struct LiveArgs {
    /// The AWS profile [default: that of the AWS CLI]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The AWS region to call [default: that of the AWS CLI]
    #[arg(long, value_name = "NAME", value_parser = parse::region)]
    pub(crate) region: Option<String>,
    /// A role to assume first
    #[arg(long, value_name = "ARN", value_parser = parse::role_arn)]
    pub(crate) role_arn: Option<String>,
    /// The external ID that the role, or the role of each account, requires
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// Make no per-user calls; what only they show stays unknown
    #[arg(long)]
    pub(crate) quick: bool,
    /// Stop after this many seconds; what AWS has not answered by then stays
    /// unknown
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = parse::number::<u64>(1..=86_400))]
    pub(crate) deadline: u64,
    /// Make no more than this many calls a second, retries included
    #[arg(long, value_name = "CALLS", default_value_t = CALLS_PER_SECOND, value_parser = parse::number::<u32>(1..=1_000))]
    pub(crate) max_calls_per_second: u32,
}
