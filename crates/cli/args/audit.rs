//! The arguments of `audit`, and which accounts it covers.

use std::path::PathBuf;

use clap::{Args, Id};
use portcullis_model::Share;

use super::evidence::{EvidenceArgs, live_options};
use super::parse;
use super::reporting::ReportingArgs;

const AUDIT_EXAMPLES: &str = "\
Examples:
  portcullis audit                         the account of your credentials
  portcullis audit --profile prod --quick  another one, without per-user calls
  portcullis audit bundle/                 what `collect` saved, offline
  portcullis audit prod/ staging/          two accounts in one report
  portcullis audit credential-report.csv   a credential report alone
  aws iam get-credential-report --output json | portcullis audit -
  portcullis audit --org --role-name audit -o json=all.json
  portcullis audit --accounts accounts.csv --resume bundles/ -o html=all.html
  portcullis audit -o table -o json=report.json
  portcullis audit bundle/ --all           every finding, with what to do
  portcullis audit bundle/ -q              one line per open finding
  portcullis audit bundle/ --trail logs    with what CloudTrail recorded
  portcullis audit --fail-on high --include pass
  portcullis audit --framework cis-aws-7.0
  portcullis audit --baseline accepted.json   only new findings count

Exit status:
  0  nothing failed at or above --fail-on, and every rule was judged
  1  something failed at or above --fail-on
  2  wrong usage, configuration or credentials, or Portcullis failed
  3  none of these, but some rule could not be judged";

#[derive(Args)]
#[command(after_help = AUDIT_EXAMPLES)]
pub(crate) struct AuditArgs {
    /// Directories that `collect` or the AWS CLI wrote, or credential reports (- for
    /// standard input), each of a different account; without any, the live account.
    /// Trust between accounts whose bundles are given together does not count as external
    #[arg(value_name = "BUNDLE", conflicts_with_all = live_options().into_iter().chain(ASKING.map(Id::from)))]
    pub(crate) bundles: Vec<PathBuf>,
    /// Also judge what CloudTrail recorded in these files and directories, as
    /// `signins` does; a bundle that `collect --signins` wrote is judged with it
    /// anyway
    #[arg(long, value_name = "PATH")]
    pub(crate) trail: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    /// Also keep the bundle of each account, in its own directory below this one, as
    /// soon as it is collected
    #[arg(long, value_name = "DIR", help_heading = "Many accounts")]
    pub(crate) collect_to: Option<PathBuf>,
    /// Continue where an earlier run stopped: like --collect-to, but skip accounts
    /// whose bundle is there
    #[arg(long, value_name = "DIR", conflicts_with = "collect_to", help_heading = "Many accounts")]
    pub(crate) resume: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reporting: ReportingArgs,
}

/// Which accounts to audit, if there are many.
#[derive(Args)]
#[command(next_help_heading = "Many accounts")]
pub(crate) struct FleetArgs {
    /// Cover the accounts that this file lists: CSV with a header row, or one
    /// JSON object per line, with an id and, optionally, role_arn, external_id
    /// and name. Trust between these accounts does not count as external, even when
    /// bundles are read
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: Option<PathBuf>,
    /// Cover all accounts in the organization
    #[arg(long, conflicts_with = "accounts")]
    pub(crate) org: bool,
    /// Cover only the accounts under these organizational units; repeat the option, or separate with commas
    #[arg(long = "ou", value_name = "ID,…", value_delimiter = ',', value_parser = parse::unit)]
    pub(crate) units: Vec<String>,
    /// Leave out these accounts; repeat the option, or separate with commas
    #[arg(long, value_name = "ID,…", value_delimiter = ',', value_parser = parse::account)]
    pub(crate) exclude: Vec<String>,
    /// The name, with any path, of the role to assume in each account except the
    /// caller's
    #[arg(long, value_name = "NAME", value_parser = parse::role_name)]
    pub(crate) role_name: Option<String>,
    /// Also inspect the root user of each member account that has root credentials,
    /// in a root session that can do nothing else; CloudTrail records it, and alarms
    /// on root use go off
    #[arg(long)]
    pub(crate) assume_root: bool,
    /// How many accounts to query at once
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = parse::number::<u8>(1..=255))]
    pub(crate) jobs: u8,
    /// Cover only one of several equal shares of the accounts: 2/5 is the second of
    /// five. In output paths, {shard} stands for its number
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Share>,
    /// Split the accounts into this many shares and cover the one that
    /// AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX names, counting from 0
    #[arg(long, value_name = "N", conflicts_with = "shard", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) shards: Option<u64>,
    /// Stop unless the credentials belong to this partition, such as aws-us-gov
    #[arg(long, value_name = "NAME")]
    pub(crate) expect_partition: Option<String>,
}

/// What conflicts with a bundle besides [`live_options`]: which accounts to ask, and where to keep their bundles. The list
/// of accounts does not, since it also says which of them are not external.
const ASKING: [&str; 9] = [
    "org",
    "exclude",
    "role_name",
    "assume_root",
    "shard",
    "shards",
    "expect_partition",
    "collect_to",
    "resume",
];
