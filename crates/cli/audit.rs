//! `audit`: collect or read, judge, decide, report.

use std::mem;
use std::path::Path;

use portcullis_model::{Loosening, Report, Run, RunOptions, Waiver};
use portcullis_report::{Format, Incomparable, Outcome, Salt, baseline, render};
use portcullis_rules::{RuleSet, Selection, evaluate};

use crate::args::AuditArgs;
use crate::config::Config;
use crate::evidence::{Evidence, Names};
use crate::failure::Failure;
use crate::{loosened, merge, output, redaction, rule_files, saved, terminal, waivers};

/// Runs the audit; the exit status, which follows from the report.
pub(crate) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    // Whatever can be wrong with the options is told before AWS is asked.
    let outputs = output::choose(&args.output.outputs, Format::Table)?;
    let salt = redaction::salt(&args.redaction)?;
    let earlier = earlier(args, salt.as_ref())?;
    let config = Config::read(&args.evidence.config)?;
    let rules = rule_files::load(&args.rules.directories, &config.settings())?;
    let waivers = config.waivers(&rules)?;
    let selection = config.selection(&args.rules);
    let options = options(args, &config, &selection, &rules)?;
    let rules = rules.select(&selection)?;
    let run = loosened::run(args, &config, &rules, &options);
    let report = judge(args, &config, &rules, &options, &run)?;
    let report = decide(report, &waivers, salt.as_ref(), earlier)?;
    output::write(&outputs, |format, style, out| render(&report, format, style, out))?;
    let status = Outcome::new(&report).exit_status();
    // The process ends here, and to free each text of a large report takes a tenth of the time.
    mem::forget(report);
    Ok(status)
}

/// The baseline, with pseudonyms if the report is to have them; an error if only the baseline has.
fn earlier(args: &AuditArgs, salt: Option<&Salt>) -> Result<Option<Report>, Failure> {
    let Some(path) = &args.baseline else { return Ok(None) };
    let earlier = redaction::once(saved::read(path)?, salt)?;
    if earlier.options.redacted && salt.is_none() {
        return Err(Incomparable::Redaction.into());
    }
    Ok(Some(earlier))
}

/// What is chosen by file and command line; an error if it names what does not exist.
fn options(
    args: &AuditArgs,
    config: &Config,
    selection: &Selection,
    rules: &RuleSet,
) -> Result<RunOptions, Failure> {
    let gate = config.gate(&args.gate);
    let Selection { rule_set, only, frameworks, skip } = selection.clone();
    for id in only.iter().chain(&skip).chain(&gate.allow_unknown) {
        rule_files::find(rules, id)?;
    }
    for id in &frameworks {
        rule_files::framework(rules, id)?;
    }
    let include = args.include.clone();
    Ok(RunOptions { rule_set, only, skip, frameworks, include, gate, redacted: false })
}

/// Judges the account, live, or those of the bundles, by the rules that are chosen.
fn judge(
    args: &AuditArgs,
    config: &Config,
    rules: &RuleSet,
    options: &RunOptions,
    run: &Run,
) -> Result<Report, Failure> {
    let sources = rule_files::sources(rules);
    let names = if args.redaction.redact { Names::Redacted } else { Names::Shown };
    // A live audit asks for nothing else, and what a bundle lacks beside that matters as little.
    let needed = sources.needed(false);
    let judge = |bundle: Option<&Path>| -> Result<Report, Failure> {
        let declared = config.declarations();
        let Evidence { mut snapshot, loosened } =
            Evidence::read(bundle, &args.evidence, &declared, sources, names)?;
        snapshot.gaps.retain(|gap| needed.contains(gap.source));
        let mut report = evaluate(&snapshot, rules, options.clone(), env!("CARGO_PKG_VERSION"));
        report.run = run.clone();
        let of_evidence = |change| Loosening { origin: None, change };
        report.run.loosened.extend(loosened.into_iter().map(of_evidence));
        portcullis_report::loosened::count(&mut report);
        Ok(report)
    };
    if args.bundles.is_empty() {
        return judge(None);
    }
    let reports = args.bundles.iter().map(|bundle| judge(Some(bundle)));
    merge::join(reports.collect::<Result<_, _>>()?, &args.bundles, names)
}

/// Adds what has been decided about the findings, and tells what is odd about those decisions.
fn decide(
    mut report: Report,
    waivers: &[Waiver],
    salt: Option<&Salt>,
    earlier: Option<Report>,
) -> Result<Report, Failure> {
    // Waivers match names, so they come before pseudonyms; what is said of them comes after.
    portcullis_report::waivers::apply(&mut report, waivers);
    let mut report = redaction::apply(report, salt)?;
    loosened::note(&report);
    waivers::warn(&report);
    if let Some(earlier) = earlier {
        for warning in baseline::apply(&mut report, &earlier)? {
            terminal::warn(&warning);
        }
    }
    Ok(report)
}
