//! Records what makes a run laxer than by default, and where that was chosen.

use portcullis_model::{Gate, Loosening, LooseningChange as Change, Report, Run, RunOptions};
use portcullis_report::loosened;
use portcullis_rules::RuleSet;

use crate::args::{FleetArgs, ReportingArgs};
use crate::config::Config;
use crate::terminal;

/// How many phrases are printed; the report has all.
const PRINTED: usize = 3;

/// What loosens a run with these rules, whatever its evidence.
pub(crate) fn run(
    args: &ReportingArgs,
    config: &Config,
    rules: &RuleSet,
    options: &RunOptions,
) -> Run {
    let mut choices = Choices { config, loosened: Vec::new() };
    let RunOptions { only, skip, frameworks, gate, .. } = options;
    if !only.is_empty() {
        choices.narrow("only", Change::Only { rules: only.clone() });
    }
    if !frameworks.is_empty() {
        choices.narrow("frameworks", Change::Frameworks { frameworks: frameworks.clone() });
    }
    for rule in skip {
        choices.add("skip", Change::Skip { rule: rule.clone() });
    }
    let mut configured = rules.loosened();
    configured.extend(config.declared_changes());
    for change in configured {
        let origin = config.path();
        choices.loosened.push(Loosening { origin, change });
    }
    for rule in &gate.allow_unknown {
        choices.add("allow_unknown", Change::AllowUnknown { rule: rule.clone(), unknown: 0 });
    }
    let value = gate.fail_on;
    // Severities are ordered from the most severe.
    if value < Gate::default().fail_on {
        choices.add("fail_on", Change::FailOn { value });
    }
    if args.exit_zero {
        choices.narrow("exit_zero", Change::ExitZero);
    }
    if args.baseline.is_some() {
        choices.narrow("baseline", Change::Baseline);
    }
    Run {
        configuration: config.path().into_iter().collect(),
        loosened: choices.loosened,
        shares: Vec::new(),
    }
}

/// What the configuration or the environment choose about the accounts that are asked.
pub(crate) fn accounts(fleet: &FleetArgs, config: &Config) -> Vec<Loosening> {
    let mut choices = Choices { config, loosened: Vec::new() };
    let FleetArgs { accounts, exclude, units, .. } = fleet;
    if accounts.is_some() {
        choices.narrow("accounts", Change::OwnAccounts);
    }
    if !exclude.is_empty() {
        let (exclude, units) = (exclude.clone(), Vec::new());
        choices.narrow("exclude", Change::FewerAccounts { exclude, units });
    }
    if !units.is_empty() {
        let (exclude, units) = (Vec::new(), units.clone());
        choices.narrow("units", Change::FewerAccounts { exclude, units });
    }
    choices.loosened
}

/// The choices so far.
struct Choices<'a> {
    config: &'a Config,
    loosened: Vec<Loosening>,
}

impl Choices<'_> {
    /// Adds a choice of the option with this id.
    fn add(&mut self, id: &str, change: Change) {
        self.loosened
            .push(Loosening { origin: self.config.origins.get(id).cloned(), change });
    }

    /// Adds a choice that loosens nothing if the command line makes it.
    fn narrow(&mut self, id: &str, change: Change) {
        if let Some(origin) = self.config.origins.get(id)
            && !origin.starts_with("--")
        {
            self.add(id, change);
        }
    }
}

/// Prints in one line what loosens the run, and in others if the evidence is not verified or has no date.
pub(crate) fn note(report: &Report) {
    let is_unverified =
        |change: &Change| matches!(change, Change::Unverified { .. } | Change::ReportDate { .. });
    let phrases = loosened::describe_those(report, |change| !is_unverified(change));
    let (first, more) = phrases.split_at(phrases.len().min(PRINTED));
    let mut said = first.join("; ");
    if !more.is_empty() {
        said = format!("{said}; and {} more", more.len());
    }
    if !first.is_empty() {
        terminal::note(&format!(
            "this run may report less than a run with the default settings: {said}"
        ));
    }
    for phrase in loosened::describe_those(report, is_unverified) {
        terminal::note(&phrase);
    }
}
