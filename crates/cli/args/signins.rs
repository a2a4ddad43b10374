//! The arguments of `signins`.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::Share;

use super::parse::{self, moment};
use super::reporting::ReportingArgs;

/// What selects events, from log files and from a lookup alike.
const EVENTS: &str = "Which events";

const SIGNINS_EXAMPLES: &str = "\
Examples:
  aws s3 sync s3://BUCKET/AWSLogs/ logs --exclude \"*\" \\
    --include \"*/CloudTrail*/*/2026/11/*\"
  portcullis signins logs
  portcullis signins logs --user ana.silva --last 7d
  portcullis signins logs --fail-on high -o table -o sarif=signins.sarif
  aws cloudtrail lookup-events --output json | portcullis signins -
  portcullis signins --last 2d --profile prod
  portcullis signins logs --bundle prod/   with the account's setup as well
  portcullis signins logs --from 2026-11-01 --to 2026-12-01 --shard 2/5 \\
    -o json=share-{shard}.json
  portcullis merge share-*.json            when all five shares are written

Reads log files and digests of trails, the output of `lookup-events`, events
from EventBridge and CloudWatch Logs, and files that the console saves,
compressed or not.
The console's CSV does not say whether a sign-in succeeded: save the event
history as JSON instead.

A lookup does not return refused AssumeRole and AssumeRoleWithSAML calls:
CloudTrail cannot search by error. Log files have them.

A rule passes only where the log files of all regions that it needs were read;
their digests prove that none is missing. The digests' own signatures are not
checked: `aws cloudtrail validate-logs` does that.

Exit status:
  0  nothing failed at or above --fail-on, and every rule was judged
  1  something failed at or above --fail-on
  2  wrong usage or configuration, or a path cannot be read
  3  none of these, but some rule could not be judged";

#[derive(Args)]
#[command(after_help = SIGNINS_EXAMPLES)]
pub(crate) struct SigninsArgs {
    /// Log files of CloudTrail and directories of them, or - for standard input;
    /// without any, the account's event history is looked up
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Leave out what ended before this date (its start in UTC) or RFC 3339
    /// time
    #[arg(help_heading = EVENTS, long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Leave out what began at this time or later
    #[arg(help_heading = EVENTS, long, value_name = "TIME", value_parser = moment)]
    pub(crate) to: Option<Timestamp>,
    /// Read only what ended at most this long before --to, or before now, such as 7d or 12h
    /// [default for a lookup: 7d]
    #[arg(help_heading = EVENTS, long, value_name = "AGE", value_parser = parse::age, conflicts_with = "from")]
    pub(crate) last: Option<SignedDuration>,
    /// Show only the person with this name, or the user with this ARN, with every
    /// event and a text for a ticket; root is the root user
    #[arg(help_heading = EVENTS, long, value_name = "NAME", value_parser = parse::person)]
    pub(crate) user: Option<String>,
    /// Also judge how accounts are set up, from these bundles, and read only
    /// events from their accounts; repeat for several
    #[arg(help_heading = EVENTS, long = "bundle", value_name = "DIR")]
    pub(crate) bundles: Vec<PathBuf>,
    /// Read only events from this account; repeat for several
    #[arg(help_heading = EVENTS, long = "account", value_name = "ID", value_parser = parse::account)]
    pub(crate) accounts: Vec<String>,
    /// Read only events from this region; repeat for several
    #[arg(help_heading = EVENTS, long = "region", value_name = "NAME", value_parser = parse::region)]
    pub(crate) regions: Vec<String>,
    /// Read only one of several equal shares of the accounts, by the names of log
    /// files: 2/5 is the second of five; needs --from and --to, so that all shares cover
    /// the same period. In output paths, {shard} stands for its number
    #[arg(id = "share", help_heading = EVENTS, long = "shard", value_name = "I/N", requires_all = ["paths", "from", "to"], conflicts_with = "bundles")]
    pub(crate) shard: Option<Share>,
    /// Split the accounts into this many shares and read the one that
    /// AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX names, counting from 0; needs
    /// --from and --to
    #[arg(id = "shares", help_heading = EVENTS, long = "shards", value_name = "N", requires_all = ["paths", "from", "to"], conflicts_with_all = ["bundles", "share"], value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) shards: Option<u64>,
    #[command(flatten)]
    pub(crate) session: SessionArgs,
    #[command(flatten)]
    pub(crate) reporting: ReportingArgs,
}

/// How to look up an account's event history.
#[derive(Args, Clone)]
#[command(next_help_heading = "Live account")]
pub(crate) struct SessionArgs {
    /// The AWS profile [default: that of the AWS CLI]
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    pub(crate) profile: Option<String>,
    /// A role to assume first
    #[arg(long, value_name = "ARN", conflicts_with = "paths", value_parser = parse::role_arn)]
    pub(crate) role_arn: Option<String>,
    /// The external ID that the role requires
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// Stop after this many seconds; what AWS has not answered by then stays
    /// unread
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = parse::number::<u64>(1..=86_400))]
    pub(crate) deadline: u64,
}
