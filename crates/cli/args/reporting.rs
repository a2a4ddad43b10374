//! Which rules are judged, and what is written of them.

use std::path::PathBuf;

use clap::Args;
use portcullis_model::{Severity, Verdict};
use portcullis_report::{Detail, Format, Style};
use portcullis_rules::{Evidence, Selection};

use super::parse;
use crate::output::Output;

/// How findings are judged, decided about and written.
#[derive(Args)]
pub(crate) struct ReportingArgs {
    #[command(flatten)]
    pub(crate) rules: SelectionArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    /// Exit with 0 whatever is found, for example for one of several shares; usage
    /// errors and failures still exit with 2
    #[arg(long, help_heading = "Pass or fail")]
    pub(crate) exit_zero: bool,
    /// Count only findings that are new or more severe than in this earlier
    /// report (- for standard input); what cannot be judged always counts
    #[arg(long, value_name = "REPORT", help_heading = "Pass or fail")]
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

impl ReportingArgs {
    /// The files that it names to be read.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &PathBuf> {
        self.baseline.iter().chain(&self.redaction.salt_file)
    }
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

/// Whether names are pseudonyms.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct RedactionArgs {
    /// Replace account ids, names, key ids and ARNs with pseudonyms; the same
    /// salt gives the same pseudonyms
    #[arg(long)]
    pub(crate) redact: bool,
    /// A file with the salt
    /// [default: the environment variable PORTCULLIS_SALT]
    #[arg(long, value_name = "FILE")]
    pub(crate) salt_file: Option<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct SelectionArgs {
    /// The rule set to use: default, or strict for all rules
    #[arg(long, value_name = "SET", value_parser = ["default", "strict"], default_value = "default", hide_possible_values = true)]
    pub(crate) rule_set: String,
    /// Use only these rules, whatever their set; repeat the option, or separate with commas
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', conflicts_with = "frameworks", value_parser = parse::id())]
    pub(crate) only: Vec<String>,
    /// Use the rules of a framework, such as cis-aws-7.0, whatever their set,
    /// and report on its controls; repeat the option, or separate with commas
    #[arg(long = "framework", value_name = "FRAMEWORK,…", value_delimiter = ',', value_parser = parse::id())]
    pub(crate) frameworks: Vec<String>,
    /// Leave out these rules; repeat the option, or separate with commas
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', value_parser = parse::id())]
    pub(crate) skip: Vec<String>,
    /// A directory of your own rules; repeat for several
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) directories: Vec<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Pass or fail")]
pub(crate) struct GateArgs {
    /// The lowest severity that makes the exit status 1: critical, high, medium, low or info
    #[arg(long, value_name = "SEVERITY", value_parser = parse::severity(), ignore_case = true, default_value = "low", hide_possible_values = true)]
    pub(crate) fail_on: Severity,
    /// Rules that may stay unknown without exit status 3; repeat the option, or separate with commas
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', value_parser = parse::id())]
    pub(crate) allow_unknown: Vec<String>,
}

impl GateArgs {
    /// The rules that may stay unknown.
    pub(crate) fn allowed(&self) -> Vec<String> {
        not_empty(&self.allow_unknown)
    }
}

/// The names of a list that has some; a variable of a script may be empty, or a list end with a comma.
fn not_empty(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| !name.is_empty())
        .cloned()
        .collect()
}

impl SelectionArgs {
    /// Which rules on that evidence to judge.
    pub(crate) fn selection(&self, evidence: Evidence) -> Selection {
        Selection {
            rule_set: self.rule_set.clone(),
            only: not_empty(&self.only),
            frameworks: not_empty(&self.frameworks),
            skip: not_empty(&self.skip),
            evidence,
        }
    }
}
