//! Frameworks: which rules test which controls, and which settings a control's claim requires.

mod load;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{
    ControlCounts, ControlKind, ControlOutcome, ControlStatus, FrameworkOutcome, Tally,
};

pub(crate) use load::load;

/// A framework, checked against the rules and their settings.
#[derive(Clone, Debug)]
pub struct Framework {
    /// The stable id, which is the file's name without `.toml`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The framework's version.
    pub version: String,
    /// What a pass means and does not mean, if that needs saying.
    pub note: Option<String>,
    /// Pages to read.
    pub references: Vec<String>,
    /// The controls, in the framework's order.
    pub controls: Vec<Control>,
}

/// A control of a framework.
#[derive(Clone, Debug)]
pub struct Control {
    /// The control's number in the framework.
    pub id: String,
    /// What it requires, in our own words.
    pub title: String,
    /// Who decides whether it is met.
    pub kind: ControlKind,
    /// What a person has to check; none if rules decide.
    pub reason: Option<String>,
    /// The ids of the rules that test it.
    pub rules: Vec<String>,
    /// What it requires of the settings of its rules, by their ids: a condition on parameters.
    pub requirements: BTreeMap<String, String>,
    /// The requirements that its rules' settings do not meet, in words.
    pub(crate) unmet: Vec<String>,
}

impl Framework {
    /// Returns the ids of all rules that test one of its controls.
    pub fn rules(&self) -> BTreeSet<&str> {
        self.controls
            .iter()
            .flat_map(|control| &control.rules)
            .map(String::as_str)
            .collect()
    }

    /// Returns the numbers of the controls that the rule tests.
    pub fn controls_of(&self, rule: &str) -> Vec<String> {
        let mut numbers = Vec::new();
        for control in &self.controls {
            if control.rules.iter().any(|id| id == rule) {
                numbers.push(control.id.clone());
            }
        }
        numbers
    }

    /// Judges each control by the verdicts of its rules.
    pub(crate) fn judge(&self, tallies: &BTreeMap<String, Tally>) -> FrameworkOutcome {
        let controls: Vec<_> = self
            .controls
            .iter()
            .map(|control| control.judge(tallies))
            .collect();
        let mut counts = ControlCounts::default();
        for control in &controls {
            counts.count(control.status);
        }
        FrameworkOutcome {
            id: self.id.clone(),
            title: self.title.clone(),
            version: self.version.clone(),
            note: self.note.clone(),
            references: self.references.clone(),
            controls,
            counts,
        }
    }
}

impl Control {
    fn judge(&self, tallies: &BTreeMap<String, Tally>) -> ControlOutcome {
        let (status, reason) = match self.kind {
            ControlKind::Manual => (ControlStatus::Manual, self.reason.clone()),
            ControlKind::Automated => self.status(tallies),
        };
        ControlOutcome {
            id: self.id.clone(),
            title: self.title.clone(),
            kind: self.kind,
            status,
            rules: self.rules.clone(),
            reason,
        }
    }

    /// Returns the status and its reason. A failing rule decides first, then a claim that cannot be
    /// made, then an unknown verdict.
    fn status(&self, tallies: &BTreeMap<String, Tally>) -> (ControlStatus, Option<String>) {
        let (mut failed, mut unclaimed, mut unknown) = (Vec::new(), self.unmet.clone(), Vec::new());
        let mut has_pass = false;
        for id in &self.rules {
            let Some(tally) = tallies.get(id) else {
                unclaimed.push(format!("{id} was left out"));
                continue;
            };
            if tally.fail > 0 {
                failed.push(format!("{id}: {} failed", tally.fail));
            }
            if tally.unknown > 0 {
                unknown.push(format!("{id}: {} not judged", tally.unknown));
            }
            has_pass |= tally.pass > 0;
        }
        for (status, reasons) in [
            (ControlStatus::Fail, failed),
            (ControlStatus::NotClaimed, unclaimed),
            (ControlStatus::Unknown, unknown),
        ] {
            if !reasons.is_empty() {
                return (status, Some(reasons.join("; ")));
            }
        }
        (
            if has_pass {
                ControlStatus::Pass
            } else {
                ControlStatus::NotApplicable
            },
            None,
        )
    }
}
