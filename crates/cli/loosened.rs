//! What makes a run laxer than it would be by default, and where that was chosen.

use portcullis_model::{Gate, Loosening, LooseningChange as Change, Report, Run, RunOptions};
use portcullis_report::loosened;
use portcullis_rules::RuleSet;

use crate::args::ReportingArgs;
use crate::config::Config;
use crate::terminal;

/// More than these are in the report.
const PRINTED: usize = 3;

/// What loosens a run by those rules, whatever its evidence.
pub(crate) fn run(
    args: &ReportingArgs,
    config: &Config,
    rules: &RuleSet,
    options: &RunOptions,
) -> Run {
    let mut choices = Choices { config, loosened: Vec::new() };
    if args.rules.only.is_empty() && !options.only.is_empty() {
        choices.add(None, Change::Only { rules: options.only.clone() });
    }
    let skip = (!args.rules.skip.is_empty()).then_some("--skip");
    for rule in &options.skip {
        choices.add(skip, Change::Skip { rule: rule.clone() });
    }
    for change in rules.loosened().into_iter().chain(config.declared_changes()) {
        choices.add(None, change);
    }
    let allow = (!args.gate.allow_unknown.is_empty()).then_some("--allow-unknown");
    for rule in &options.gate.allow_unknown {
        choices.add(allow, Change::AllowUnknown { rule: rule.clone(), unknown: 0 });
    }
    let value = options.gate.fail_on;
    // The most severe severity is the least in order.
    if value < Gate::default().fail_on {
        choices.add(args.gate.fail_on.map(|_| "--fail-on"), Change::FailOn { value });
    }
    Run { configuration: config.path().into_iter().collect(), loosened: choices.loosened }
}

/// What was chosen so far.
struct Choices<'a> {
    config: &'a Config,
    loosened: Vec<Loosening>,
}

impl Choices<'_> {
    /// Adds a choice of that option, or else of the configuration.
    fn add(&mut self, option: Option<&str>, change: Change) {
        let origin = option.map(str::to_owned).or_else(|| self.config.path());
        self.loosened.push(Loosening { origin, change });
    }
}

/// Says in one line what loosens the run. That somebody made the bundle by hand is no news to them.
pub(crate) fn note(report: &Report) {
    let is_told = |change: &Change| !matches!(change, Change::Unverified { .. });
    let phrases: Vec<String> = loosened::describe(report)
        .into_iter()
        .zip(&report.run.loosened)
        .filter(|(_, loosening)| is_told(&loosening.change))
        .map(|(phrase, _)| phrase)
        .collect();
    let (first, more) = phrases.split_at(phrases.len().min(PRINTED));
    let more = if more.is_empty() { String::new() } else { format!("; and {} more", more.len()) };
    if !first.is_empty() {
        let first = first.join("; ");
        terminal::note(&format!("this run may say less than one with the defaults: {first}{more}"));
    }
}
