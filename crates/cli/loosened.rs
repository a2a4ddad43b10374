//! What makes a run laxer than it would be by default, and where that was chosen.

use portcullis_model::{Gate, Loosening, LooseningChange as Change, Report, Run, RunOptions};
use portcullis_report::loosened;
use portcullis_rules::RuleSet;

use crate::args::{FleetArgs, ReportingArgs};
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
    let RunOptions { only, skip, frameworks, gate, .. } = options;
    choices.narrow("only", (!only.is_empty()).then(|| Change::Only { rules: only.clone() }));
    let frameworks =
        (!frameworks.is_empty()).then(|| Change::Frameworks { frameworks: frameworks.clone() });
    choices.narrow("frameworks", frameworks);
    for rule in skip {
        choices.add("skip", Change::Skip { rule: rule.clone() });
    }
    for change in rules.loosened().into_iter().chain(config.declared_changes()) {
        choices.loosened.push(Loosening { origin: config.path(), change });
    }
    for rule in &gate.allow_unknown {
        choices.add("allow_unknown", Change::AllowUnknown { rule: rule.clone(), unknown: 0 });
    }
    let value = gate.fail_on;
    // The most severe severity is the least in order.
    if value < Gate::default().fail_on {
        choices.add("fail_on", Change::FailOn { value });
    }
    choices.narrow("exit_zero", args.exit_zero.then_some(Change::ExitZero));
    choices.narrow("baseline", args.baseline.as_ref().map(|_| Change::Baseline));
    Run {
        configuration: config.path().into_iter().collect(),
        loosened: choices.loosened,
        shares: Vec::new(),
    }
}

/// What configuration or environment choose about which accounts are asked.
pub(crate) fn accounts(fleet: &FleetArgs, config: &Config) -> Vec<Loosening> {
    let mut choices = Choices { config, loosened: Vec::new() };
    let FleetArgs { accounts, exclude, units, .. } = fleet;
    choices.narrow("accounts", accounts.as_ref().map(|_| Change::OwnAccounts));
    let change = |exclude: &[String], units: &[String]| {
        let is_narrow = !exclude.is_empty() || !units.is_empty();
        let (exclude, units) = (exclude.to_vec(), units.to_vec());
        is_narrow.then_some(Change::FewerAccounts { exclude, units })
    };
    choices.narrow("exclude", change(exclude, &[]));
    choices.narrow("units", change(&[], units));
    choices.loosened
}

/// What was chosen so far.
struct Choices<'a> {
    config: &'a Config,
    loosened: Vec<Loosening>,
}

impl Choices<'_> {
    /// Adds a choice of the option with that id.
    fn add(&mut self, id: &str, change: Change) {
        self.loosened.push(Loosening { origin: self.config.origins.get(id).cloned(), change });
    }

    /// Adds a choice that loosens nothing where the command line makes it.
    fn narrow(&mut self, id: &str, change: Option<Change>) {
        let origin = self.config.origins.get(id).filter(|origin| !origin.starts_with("--"));
        if let Some((change, origin)) = change.zip(origin) {
            self.loosened.push(Loosening { origin: Some(origin.clone()), change });
        }
    }
}

/// Says in one line what loosens the run, and in others that nothing vouches for the evidence or dates it.
pub(crate) fn note(report: &Report) {
    let is_unverified =
        |change: &Change| matches!(change, Change::Unverified { .. } | Change::ReportDate { .. });
    let phrases = loosened::describe_those(report, |change| !is_unverified(change));
    let (first, more) = phrases.split_at(phrases.len().min(PRINTED));
    let more = if more.is_empty() { String::new() } else { format!("; and {} more", more.len()) };
    if !first.is_empty() {
        let first = first.join("; ");
        terminal::note(&format!(
            "this run may report less than a run with the default settings: {first}{more}"
        ));
    }
    for phrase in loosened::describe_those(report, is_unverified) {
        terminal::note(&phrase);
    }
}
