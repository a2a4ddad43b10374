//! `audit`: collect or read, judge, report.

use portcullis_model::RunOptions;
use portcullis_report::Outcome;
use portcullis_rules::evaluate;

use crate::args::AuditArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::{evidence, output, redaction, rule_files, waivers};

/// Runs the audit; the exit status, which follows from the report and the gate.
pub(crate) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    // Whatever can be wrong with the options is told before AWS is asked.
    let outputs = output::choose(&args.output.outputs)?;
    let salt = redaction::salt(&args.redaction)?;
    let config = Config::read(args.evidence.config.as_deref())?;
    let rules = rule_files::load(&args.rules.directories, &config.settings())?;
    let waivers = config.waivers(&rules)?;
    let gate = config.gate(&args.gate);
    let selection = config.selection(&args.rules);
    for id in selection.only.iter().chain(&selection.skip).chain(&gate.allow_unknown) {
        rule_files::find(&rules, id)?;
    }
    for id in &selection.frameworks {
        rule_files::framework(&rules, id)?;
    }
    let options = RunOptions {
        rule_set: selection.rule_set.clone(),
        only: selection.only.clone(),
        frameworks: selection.frameworks.clone(),
        skip: selection.skip.clone(),
        include: args.include.clone(),
        gate,
        redacted: false,
    };
    let rules = rules.select(&selection)?;
    let sources = rule_files::sources(&rules);
    let mut snapshot = evidence::snapshot(&args.evidence, &config.declarations(), sources)?;
    // A live audit asks for nothing else, and what a bundle lacks beside that matters as little.
    let needed = portcullis_collector::needed(sources, false);
    snapshot.gaps.retain(|gap| needed.contains(gap.source));
    let mut report = evaluate(&snapshot, &rules, options, env!("CARGO_PKG_VERSION"));
    // Waivers match names, so they come first; what is said of them comes after.
    portcullis_report::waivers::apply(&mut report, &waivers);
    let report = redaction::apply(report, salt.as_ref())?;
    waivers::warn(&report);
    output::write(&outputs, &report)?;
    Ok(Outcome::of(&report).exit_status())
}
