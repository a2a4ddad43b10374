//! The arguments, and nothing but the arguments.

mod parse;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::{Severity, Verdict};
use portcullis_report::{Detail, DiffFormat, Format, Style};
use portcullis_rules::{Evidence, Scope, Selection};

pub(crate) use self::parse::moment;
use crate::fleet::Shard;
use crate::output::Output;

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
  2  wrong usage, configuration or credentials, or the tool failed
  3  none of these, but some rule could not be judged";

const REPORT_EXAMPLES: &str = "\
Examples:
  portcullis report report.json
  portcullis report report.json -o html=report.html -o sarif=report.sarif

The exit status is 0 whatever the report says; the table shows that of the
audit.";

const DIFF_EXAMPLES: &str = "\
Examples:
  portcullis diff monday.json tuesday.json
  portcullis diff old.json new.json -o text -o markdown=comment.md
  portcullis audit -o json | portcullis diff yesterday.json - -o jsonl

What happened to a finding:
  new        it fails now, and did not before or was not judged before
  changed    it still fails, with another severity, waiver or evidence; ages
             and times do not count as a change
  unknown    it could not be judged this time
  gone       its rule or account was left out this time, its rule or its
             parameters changed, it happened before what was read this time, or
             it could not be judged before and does not fail now
  fixed      it failed, was judged again by the same test, and does not fail
All others are only counted: they did not change, or were not judged either time.

With -o jsonl, new findings open a ticket, changed ones update it, and fixed or
waived ones resolve it. Unknown and gone ones do nothing: they may still fail.

The exit status is 0 whatever changed; to gate on it, use `audit --baseline`.";

const MERGE_EXAMPLES: &str = "\
Examples:
  portcullis merge prod.json staging.json -o json=all.json
  portcullis merge accounts/*.json -o html=all.html -o table

The reports must be of different accounts, and made by the same version with
the same rules and options. The exit status is 0 whatever they say; the table
shows those of the audits.";

const SIGNINS_EXAMPLES: &str = "\
Examples:
  aws s3 sync s3://BUCKET/AWSLogs/ logs --exclude \"*\" \\
    --include \"*/CloudTrail*/*/2026/11/*\"
  portcullis signins logs
  portcullis signins logs --user ana.silva --last 7d
  portcullis signins logs --fail-on high -o table -o sarif=signins.sarif
  aws cloudtrail lookup-events --output json | portcullis signins -
  portcullis signins --last 2d --profile prod
  portcullis signins logs --bundle prod/   with what the account's setup says
  portcullis signins logs --from 2026-11-01 --to 2026-12-01 --shard 2/5 \
    -o json=share-{shard}.json               then: portcullis merge share-*.json

Reads log files and digests of trails, the output of `lookup-events`, events of
EventBridge and CloudWatch Logs, and what the console saves, compressed or not.
The console's CSV does not say whether a sign-in succeeded: save the event
history as JSON instead.

A rule passes only where the log files of all regions that it needs were read;
their digests prove that none is missing. The digests' own signatures are not
checked: `aws cloudtrail validate-logs` does that.

Exit status:
  0  nothing failed at or above --fail-on, and every rule was judged
  1  something failed at or above --fail-on
  2  wrong usage or configuration, or a path cannot be read
  3  none of these, but some rule could not be judged";

const PERMISSIONS_EXAMPLES: &str = "\
Examples:
  portcullis permissions                     for an audit by the default rules
  portcullis permissions --rule-set strict   for `collect`, and for all rules
  portcullis permissions --quick --format terraform
  portcullis permissions --assume-root       for `audit --org --assume-root`";

const COLLECT_STATUS: &str = "\
Exit status:
  0  everything that was asked for was collected
  2  wrong usage or credentials, or the bundle could not be written
  3  something could not be collected; the bundle says what and why";

const DOCTOR_STATUS: &str = "\
Makes the calls that an audit makes, and keeps none of the answers. The domains
where people sign in are resolved by name but never contacted.

Exit status:
  0  nothing needs fixing
  1  a service, permission or setting needs fixing
  2  wrong usage, or AWS could not be asked";

const VERIFY_STATUS: &str = "\
Exit status:
  0  every file is as it was collected
  1  a file was modified or added, or is missing
  2  the bundle cannot be read, or has no manifest.json";

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
  0  every rule loads and every example holds
  2  there are problems";

/// Audits the identity posture of AWS accounts: who can get in, with which
/// credential, and how well it is guarded
#[derive(Parser)]
#[command(version, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Colour text: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: Color,
    /// The configuration file; `none` reads no file
    /// [default: portcullis.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// What is written down of a run while it goes on.
#[derive(Args)]
pub(crate) struct LogArgs {
    /// Log each call to AWS to standard error, with its duration and request id;
    /// -vv logs each attempt
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// The format of the log: text or json
    #[arg(
        long,
        global = true,
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
    /// Judge an account, live or from a bundle, or several from bundles
    Audit(Box<AuditArgs>),
    /// Render a saved report in other formats
    Report(ReportArgs),
    /// Compare two saved reports
    Diff(DiffArgs),
    /// Join the saved reports of different accounts into one
    Merge(MergeArgs),
    /// Save AWS's answers about an account, to judge or keep them
    Collect(CollectArgs),
    /// Check whether an audit can run from here, and show what to fix first
    Doctor(DoctorArgs),
    /// Print the facts that rules see, as JSON
    Facts(FactsArgs),
    /// Show who could not sign in and why, and who did, from CloudTrail
    Signins(Box<SigninsArgs>),
    /// Check that a bundle has not changed since it was collected
    Verify(VerifyArgs),
    /// List, explain, check and start rules
    Rules(RulesArgs),
    /// List the frameworks that an audit can report on
    Frameworks(FrameworksArgs),
    /// Check the waivers of the configuration
    Waivers(WaiversArgs),
    /// Print the least-privilege IAM policy for an audit
    Permissions(PermissionsArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Man(ManArgs),
}

/// When to colour.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    // On a terminal, unless NO_COLOR is set. A docstring would stand in the help.
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes it the choice of the whole process.
    pub(crate) fn choose(self) {
        let choice = match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[derive(Args)]
#[command(after_help = AUDIT_EXAMPLES)]
pub(crate) struct AuditArgs {
    /// Directories that `collect` or the AWS CLI wrote, or credential reports (- for
    /// standard input), each of a different account; without any, AWS is asked
    #[arg(value_name = "BUNDLE", conflicts_with_all = LIVE.iter().chain(&ASKING))]
    pub(crate) bundles: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    /// Also judge what CloudTrail recorded in these files and directories, as
    /// `signins` does; what `collect --signins` saved in a bundle is judged anyway
    #[arg(long, value_name = "PATH")]
    pub(crate) trail: Vec<PathBuf>,
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

/// How findings are judged, decided about and written.
#[derive(Args)]
pub(crate) struct ReportingArgs {
    #[command(flatten)]
    pub(crate) rules: SelectionArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    /// Exit with 0 whatever is found, for example for one of several shares; usage
    /// errors and failures still exit with 2
    #[arg(long, help_heading = "Exit status")]
    pub(crate) exit_zero: bool,
    /// Count only findings that are new or more severe than in this earlier
    /// report (- for standard input); what cannot be judged always counts
    #[arg(long, value_name = "REPORT", help_heading = "Exit status")]
    pub(crate) baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) redaction: RedactionArgs,
    /// Also list these verdicts: pass, not_applicable
    #[arg(
        long,
        value_name = "VERDICT,…",
        value_delimiter = ',',
        value_parser = parse::included(),
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) include: Vec<Verdict>,
}

/// Which accounts to ask, where there are many.
#[derive(Args)]
#[command(next_help_heading = "Many accounts")]
pub(crate) struct FleetArgs {
    /// Ask the accounts that this file lists: CSV with a heading, or one JSON
    /// object per line, with an id and, optionally, role_arn, external_id and
    /// name. Trust between these accounts is not external, even where bundles
    /// are read
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: Option<PathBuf>,
    /// Ask all accounts in the organization
    #[arg(long, conflicts_with = "accounts")]
    pub(crate) org: bool,
    /// Ask only the accounts under this organizational unit; repeat for several
    #[arg(long = "ou", value_name = "ID")]
    pub(crate) units: Vec<String>,
    /// Leave out these accounts; repeat or list
    #[arg(long, value_name = "ID,…", value_delimiter = ',', value_parser = parse::account)]
    pub(crate) exclude: Vec<String>,
    /// The role to assume in each account except the caller's: its name, with any
    /// path
    #[arg(long, value_name = "NAME")]
    pub(crate) role_name: Option<String>,
    /// Also inspect the root user of each member account that has root credentials,
    /// in a root session that can do nothing else; CloudTrail records it, and alarms
    /// on root use go off
    #[arg(long)]
    pub(crate) assume_root: bool,
    /// How many accounts to ask at once
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = parse::number::<u8>(1..=255))]
    pub(crate) jobs: u8,
    /// Ask only one of several equal shares of the accounts: 2/5 is the second of
    /// five. In output paths, {shard} is its number
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// Split the accounts into this many shares and ask the one that
    /// AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX names, counting from 0
    #[arg(long, value_name = "N", conflicts_with = "shard", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) shards: Option<u64>,
    /// Stop unless the credentials belong to this partition, such as aws-us-gov
    #[arg(long, value_name = "NAME")]
    pub(crate) expect_partition: Option<String>,
}

/// Where reports go.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]", help = parse::formats(Format::Table))]
    pub(crate) outputs: Vec<Output<Format>>,
    #[command(flatten)]
    pub(crate) detail: DetailArgs,
}

/// How much of a report people are shown.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct DetailArgs {
    /// In the table, show all findings and what to do about each
    #[arg(long)]
    all: bool,
    /// In the table, show one line per open finding; in Markdown, only the
    /// tables, which fit into a comment on GitHub
    #[arg(short, long, conflicts_with = "all")]
    quiet: bool,
}

impl DetailArgs {
    /// The style with as much detail as was asked for.
    pub(crate) fn apply(&self, style: Style) -> Style {
        let detail = match (self.all, self.quiet) {
            (true, _) => Detail::All,
            (_, true) => Detail::Brief,
            _ => style.detail,
        };
        Style { detail, ..style }
    }
}

#[derive(Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub(crate) struct ReportArgs {
    /// The report that `audit -o json=FILE` wrote, or - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) report: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) redaction: RedactionArgs,
}

/// Whether names are pseudonyms.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct RedactionArgs {
    /// Replace account ids, names, key ids and ARNs with pseudonyms, which are
    /// the same under the same salt
    #[arg(long)]
    pub(crate) redact: bool,
    /// A file with the salt
    /// [default: the environment variable PORTCULLIS_SALT]
    #[arg(long, value_name = "FILE")]
    pub(crate) salt_file: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub(crate) struct DiffArgs {
    /// The older report that `audit -o json=FILE` wrote; one of the two may be
    /// - for standard input
    pub(crate) old: PathBuf,
    /// The newer report
    pub(crate) new: PathBuf,
    /// Write text, json, markdown or jsonl, to standard output or a file;
    /// repeat for several [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]")]
    pub(crate) outputs: Vec<Output<DiffFormat>>,
    #[command(flatten)]
    pub(crate) redaction: RedactionArgs,
}

#[derive(Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub(crate) struct MergeArgs {
    /// The reports that `audit -o json=FILE` wrote, or directories of them; one of
    /// them may be - for standard input
    #[arg(value_name = "REPORT", required = true)]
    pub(crate) reports: Vec<PathBuf>,
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]", help = parse::formats(Format::Json))]
    pub(crate) outputs: Vec<Output<Format>>,
    #[command(flatten)]
    pub(crate) detail: DetailArgs,
}

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
    /// Also look up who signed in during the last seven days, and save it as
    /// cloudtrail.json, which `portcullis signins` reads
    #[arg(long, conflicts_with_all = ["accounts", "org"])]
    pub(crate) signins: bool,
    /// For many accounts, skip those whose bundle is in the directory
    #[arg(long, help_heading = "Many accounts")]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
}

// A person waits for it, and what AWS does not answer within a minute is what there is to show.
#[derive(Args)]
#[command(after_help = DOCTOR_STATUS, mut_arg("deadline", |arg| arg.default_value("60")))]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    #[command(flatten)]
    pub(crate) rules: SelectionArgs,
    /// Print text or json, which holds no secret
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub(crate) output: View,
}

#[derive(Args)]
pub(crate) struct FactsArgs {
    /// A directory that `collect` or the AWS CLI wrote, or a credential report (- for
    /// standard input); without one, AWS is asked
    #[arg(conflicts_with_all = LIVE)]
    pub(crate) bundle: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

#[derive(Args)]
#[command(after_help = SIGNINS_EXAMPLES)]
pub(crate) struct SigninsArgs {
    /// Log files of CloudTrail and directories of them, or - for standard input;
    /// without any, the account's event history is looked up
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) session: SessionArgs,
    /// Leave out what ended before this date (its start in UTC) or RFC 3339
    /// time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Leave out what began at this time or later
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) to: Option<Timestamp>,
    /// Leave out what ended longer before --to, or before now, than this, such as 7d or 12h
    /// [default of a look-up: 7d]
    #[arg(long, value_name = "AGE", value_parser = parse::age, conflicts_with = "from")]
    pub(crate) last: Option<SignedDuration>,
    /// Show only this person, with every event and a text for a ticket; root
    /// is the root user
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Also judge how accounts are set up, by these bundles, and read only
    /// events of their accounts; repeat for several
    #[arg(long = "bundle", value_name = "DIR")]
    pub(crate) bundles: Vec<PathBuf>,
    /// Read only events of this account; repeat for several
    #[arg(long = "account", value_name = "ID", value_parser = parse::account)]
    pub(crate) accounts: Vec<String>,
    /// Read only events of this region; repeat for several
    #[arg(long = "region", value_name = "NAME")]
    pub(crate) regions: Vec<String>,
    /// Read only one of several equal shares of the accounts, by the names of log
    /// files: 2/5 is the second of five. In output paths, {shard} is its number
    #[arg(id = "share", long = "shard", value_name = "I/N", requires_all = ["paths", "from", "to"], conflicts_with = "bundles")]
    pub(crate) shard: Option<Shard>,
    #[command(flatten)]
    pub(crate) reporting: ReportingArgs,
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
    #[arg(long, value_name = "FORMAT", default_value = "json", hide_possible_values = true)]
    pub(crate) format: PolicyFormat,
    /// Leave out the calls per user, as `audit --quick` does
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

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh
    #[arg(hide_possible_values = true)]
    pub(crate) shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArgs {
    /// An existing directory
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

/// Where facts come from, and how they are read.
#[derive(Args)]
pub(crate) struct EvidenceArgs {
    /// Measure ages at this date (its start in UTC) or RFC 3339 time
    /// [default: when the evidence was collected]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) as_of: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
}

/// What a bundle leaves no room for: all of [`LiveArgs`].
const LIVE: [&str; 7] =
    ["profile", "region", "role_arn", "external_id", "quick", "deadline", "max_calls_per_second"];
/// What a bundle leaves no room for besides: all of [`FleetArgs`] but the list of accounts.
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

/// As many calls a second as IAM takes without complaint.
pub(crate) const CALLS_PER_SECOND: u32 = 20;

/// How to look an account's event history up.
#[derive(Args, Clone)]
#[command(next_help_heading = "Live account")]
pub(crate) struct SessionArgs {
    /// The AWS profile [default: that of the AWS CLI]
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    pub(crate) profile: Option<String>,
    /// A role to assume first
    #[arg(long, value_name = "ARN", conflicts_with = "paths", value_parser = parse::role_arn)]
    pub(crate) role_arn: Option<String>,
    /// The external id that the role requires
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// Stop after this many seconds; what AWS has not answered by then stays
    /// unread
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = parse::number::<u64>(1..=86_400))]
    pub(crate) deadline: u64,
}

/// How to reach the account.
#[derive(Args)]
#[command(next_help_heading = "Live account")]
pub(crate) struct LiveArgs {
    /// The AWS profile [default: that of the AWS CLI]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The AWS region to call [default: that of the AWS CLI]
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,
    /// A role to assume first
    #[arg(long, value_name = "ARN", value_parser = parse::role_arn)]
    pub(crate) role_arn: Option<String>,
    /// The external id that the role requires, or the roles of many accounts
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

#[derive(Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct SelectionArgs {
    /// The rule set to use: default, or strict for all rules
    #[arg(long, value_name = "SET", value_parser = ["default", "strict"], default_value = "default", hide_possible_values = true)]
    pub(crate) rule_set: String,
    /// Use only these rules, whatever their set; repeat or list
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', conflicts_with = "frameworks", value_parser = parse::id())]
    pub(crate) only: Vec<String>,
    /// Use the rules of a framework, such as cis-aws-7.0, whatever their set,
    /// and report on its controls; repeat or list
    #[arg(long = "framework", value_name = "FRAMEWORK,…", value_delimiter = ',', value_parser = parse::id())]
    pub(crate) frameworks: Vec<String>,
    /// Leave out these rules; repeat or list
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', value_parser = parse::id())]
    pub(crate) skip: Vec<String>,
    /// A directory of your own rules; repeat for several
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) directories: Vec<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Exit status")]
pub(crate) struct GateArgs {
    /// The lowest severity that counts: critical, high, medium, low or info
    #[arg(long, value_name = "SEVERITY", value_parser = parse::severity(), default_value = "low", hide_possible_values = true)]
    pub(crate) fail_on: Severity,
    /// Rules that may stay unknown without exit status 3; repeat or list
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', value_parser = parse::id())]
    pub(crate) allow_unknown: Vec<String>,
}

impl SelectionArgs {
    /// Which rules on that evidence to judge.
    pub(crate) fn selection(&self, evidence: Evidence) -> Selection {
        Selection {
            rule_set: self.rule_set.clone(),
            only: self.only.clone(),
            frameworks: self.frameworks.clone(),
            skip: self.skip.clone(),
            evidence,
        }
    }
}

#[derive(Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

#[derive(Subcommand)]
pub(crate) enum RulesCommand {
    /// List all rules
    List(ListArgs),
    /// Explain a rule: the risk, the remedy, and the facts it reads
    Explain(ExplainArgs),
    /// Load all rules and run their examples
    Check(CheckArgs),
    /// Print a new rule to fill in, with the facts it may read
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
    /// The rule's id, which names the problem: old-user
    #[arg(value_name = "RULE")]
    pub(crate) id: String,
    /// What it judges
    #[arg(long, value_parser = parse::scope())]
    pub(crate) scope: &'static Scope,
}

#[derive(Args)]
pub(crate) struct FrameworksArgs {
    #[command(subcommand)]
    pub(crate) command: FrameworksCommand,
}

#[derive(Subcommand)]
pub(crate) enum FrameworksCommand {
    /// List all frameworks, with how many of their controls are tested by rules
    List(ViewArgs),
}

#[derive(Args)]
pub(crate) struct WaiversArgs {
    #[command(subcommand)]
    pub(crate) command: WaiversCommand,
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
    /// Count days from this date (its start in UTC) or RFC 3339 time
    /// [default: that of the report, or now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) as_of: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) view: ViewArgs,
}
