//! The commands that take saved reports.

use std::path::PathBuf;

use clap::Args;
use portcullis_report::{DiffFormat, Format};

use super::parse;
use super::reporting::{DetailArgs, OutputArgs, RedactionArgs};
use crate::output::Output;

const REPORT_EXAMPLES: &str = "\
Examples:
  portcullis report report.json
  portcullis report report.json -o html=report.html -o sarif=report.sarif

The exit status is 0 whatever the report says; the table shows the exit status
of the audit.";

const DIFF_EXAMPLES: &str = "\
Examples:
  portcullis diff monday.json tuesday.json
  portcullis diff old.json new.json -o text -o markdown=comment.md
  portcullis audit -o json | portcullis diff yesterday.json - -o jsonl

What happened to a finding:
  new        it fails now, and did not before or was not judged before
  changed    it still fails, with another severity, waiver or evidence; ages
             and times do not count as a change
  unknown    it could not be judged this time, or what showed it was not read
  gone       its rule, account or region was left out this time, its rule or its
             parameters changed, an account that it names now counts as one's
             own, it happened and the records read do not show it, or it could
             not be judged before and does not fail now
  fixed      it failed, was judged again by the same test, and no longer fails
All others are only counted: they did not change, or were not judged either
time.

With -o jsonl, new findings open a ticket, changed ones update it, and fixed or
waived ones resolve it. So do those that could not be judged before and do not
fail now, since an earlier report may have opened a ticket: resolving what was
never opened does nothing. Other unknown and gone ones may still fail, and do
nothing. After an audit that could not judge everything, compare with the last
one that could, too; each step can be carried out twice.

The exit status is 0 whatever changed; to gate on it, use `audit --baseline`.";

const MERGE_EXAMPLES: &str = "\
Examples:
  portcullis merge prod.json staging.json -o json=all.json
  portcullis merge accounts/*.json -o html=all.html -o table

The reports must cover different accounts, and be made by the same version with
the same rules and options. The exit status is 0 whatever they say (the table
shows that of each audit), or 3 if some reports cover shares (--shard) and other
shares are missing; the report then says so.";

#[derive(Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub(crate) struct ReportArgs {
    /// The report that `audit -o json=FILE` wrote, or - for standard input
    #[arg(value_name = "REPORT")]
    pub(crate) report: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) redaction: RedactionArgs,
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
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]", help_heading = "Output")]
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
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]", help_heading = "Output", help = parse::formats(Format::Json))]
    pub(crate) outputs: Vec<Output<Format>>,
    #[command(flatten)]
    pub(crate) detail: DetailArgs,
    #[command(flatten)]
    pub(crate) redaction: RedactionArgs,
}
