//! What `audit` and `signins` have in common: checking options before verdicts, and decisions about findings after.

use std::mem;

use portcullis_model::{
    Gate, Loosening, LooseningChange, Report, Run, RunOptions, Snapshot, Waiver,
};
use portcullis_report::{EarlierReport, Format, Incomparable, Salt};
use portcullis_rules::{Evidence, RuleSet, Selection, evaluate, without_accounts};

use crate::args::ReportingArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::joined::Whole;
use crate::output::{self, Output};
use crate::rule_files::chosen_by;
use crate::{loosened, redaction, rule_files, saved, terminal, waivers};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How findings are judged, decided about and written.
pub(crate) struct Reporting<'a> {
    args: &'a ReportingArgs,
    pub(crate) config: Config,
    pub(crate) rules: RuleSet,
    options: RunOptions,
    pub(crate) run: Run,
    outputs: Vec<Output<Format>>,
    /// Whether JSON lines are written separately, account by account.
    pub(crate) streams_lines: bool,
    salt: Option<Salt>,
    earlier: Option<EarlierReport>,
    waivers: Vec<Waiver>,
}

impl<'a> Reporting<'a> {
    /// Reads everything that the options name except the evidence.
    pub(crate) fn new(
        args: &'a ReportingArgs,
        outputs: Vec<Output<Format>>,
        config: Config,
        evidence: Evidence,
    ) -> Result<Reporting<'a>, Failure> {
        let salt = redaction::salt(&args.redaction)?;
        let origins = &config.origins;
        let earlier = earlier(args, salt.as_ref())
            .map_err(|failure| chosen_by(failure, "baseline", origins))?;
        let (rules, waivers) = config
            .load_rules(&args.rules.directories)
            .map_err(|failure| chosen_by(failure, "directories", origins))?;
        let selection = args.rules.selection(evidence);
        let options = options(args, &selection);
        let rules = rule_files::select(rules, &selection, &options.gate.allow_unknown, origins)?;
        let run = loosened::run(args, &config, &rules, &options);
        Ok(Reporting {
            args,
            config,
            rules,
            options,
            run,
            outputs,
            streams_lines: false,
            salt,
            earlier,
            waivers,
        })
    }

    /// Judges an account, whose evidence is less reliable because of these changes.
    pub(crate) fn evaluate(&self, snapshot: &Snapshot, less_sure: Vec<LooseningChange>) -> Report {
        let mut report = evaluate(snapshot, &self.rules, self.options.clone(), VERSION);
        report.run = self.run.clone();
        for change in less_sure {
            report.run.loosened.push(Loosening { origin: None, change });
        }
        portcullis_report::loosened::count(&mut report);
        report
    }

    /// The report of no accounts, for example of an empty share.
    pub(crate) fn without_accounts(&self) -> Report {
        let report = without_accounts(&self.rules, self.options.clone(), VERSION);
        Report { run: self.run.clone(), ..report }
    }

    /// Applies the decisions about findings.
    pub(crate) fn decide(&mut self, mut report: Report) -> Result<Report, Failure> {
        // Waivers match names, so they come before pseudonyms. The baseline has pseudonyms, so it comes after.
        portcullis_report::waivers::apply(&mut report, &self.waivers);
        report = redaction::apply(report, self.salt.as_ref())?;
        if let Some(earlier) = &mut self.earlier {
            earlier.apply(&mut report);
        }
        Ok(report)
    }

    /// Writes the report, and returns its exit status.
    pub(crate) fn finish(self, report: Whole) -> Result<u8, Failure> {
        let head = report.head();
        loosened::note(head);
        waivers::warn(head);
        if let Some(earlier) = &self.earlier {
            for warning in earlier.warnings(&head.rules) {
                terminal::warn(&warning);
            }
        }
        let lines = self.streams_lines.then_some(Format::Jsonl);
        let formats = self.outputs.iter().map(Output::format).chain(lines);
        output::warn_of_unjudged(&report.unjudged()?, formats);
        let outcome = report.write(&self.outputs, &self.args.output.detail)?;
        // As is the report, they are left to the end of the process.
        mem::forget(self.rules);
        Ok(if self.args.exit_zero {
            0
        } else {
            outcome.exit_status()
        })
    }
}

/// Reads the baseline, with pseudonyms if the report is redacted. It is an error if only the baseline is.
fn earlier(args: &ReportingArgs, salt: Option<&Salt>) -> Result<Option<EarlierReport>, Failure> {
    let Some(path) = &args.baseline else {
        return Ok(None);
    };
    let earlier = redaction::once(saved::read(path)?, salt)?;
    if earlier.head.options.redacted && salt.is_none() {
        return Err(Incomparable::Redaction.into());
    }
    Ok(Some(earlier.into_earlier()?))
}

/// The options that the file and the command line choose.
fn options(args: &ReportingArgs, selection: &Selection) -> RunOptions {
    let gate = Gate { fail_on: args.gate.fail_on, allow_unknown: args.gate.allowed() };
    let Selection { rule_set, only, frameworks, skip, .. } = selection.clone();
    let include = args.include.clone();
    RunOptions { rule_set, only, skip, frameworks, include, gate, redacted: false }
}
