//! Frameworks: which rules test which controls, and with which settings they may be claimed.

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
    /// Its own version.
    pub version: String,
    /// What a pass does and does not say, where there is something to say.
    pub note: Option<String>,
    /// Pages to read.
    pub references: Vec<String>,
    /// The controls, in the framework's order.
    pub controls: Vec<Control>,
}

/// A control of a framework.
#[derive(Clone, Debug)]
pub struct Control {
    /// The framework's number for it.
    pub id: String,
    /// What it asks for, in our own words.
    pub title: String,
    /// Who decides whether it is met.
    pub kind: ControlKind,
    /// What a person has to look at; none if rules decide.
    pub reason: Option<String>,
    /// The ids of the rules that test it.
    pub rules: Vec<String>,
    /// The demands that the settings of its rules do not meet, in words.
    pub(crate) unmet: Vec<String>,
}

impl Framework {
    /// The ids of all rules that test one of its controls.
    #[must_use]
    pub fn rules(&self) -> BTreeSet<&str> {
        self.controls.iter().flat_map(|control| &control.rules).map(String::as_str).collect()
    }

    /// The numbers of the controls that the rule tests.
    #[must_use]
    pub fn controls_of(&self, rule: &str) -> Vec<String> {
        let tested = |control: &&Control| control.rules.iter().any(|id| id == rule);
        self.controls.iter().filter(tested).map(|control| control.id.clone()).collect()
    }

    /// What the verdicts on the rules say about each control.
    pub(crate) fn judge(&self, tallies: &BTreeMap<String, Tally>) -> FrameworkOutcome {
        let controls: Vec<_> = self.controls.iter().map(|control| control.judge(tallies)).collect();
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

    /// A failing rule decides, then a claim that cannot be made, then a rule that is not judged.
    fn status(&self, tallies: &BTreeMap<String, Tally>) -> (ControlStatus, Option<String>) {
        let named = |count: fn(&Tally) -> u32, what: &str| {
            let of_rule = |id: &String| match tallies.get(id).map_or(0, count) {
                0 => None,
                count => Some(format!("{id}: {count} {what}")),
            };
            self.rules.iter().filter_map(of_rule).collect::<Vec<_>>()
        };
        let left_out = self.rules.iter().filter(|id| !tallies.contains_key(*id));
        let left_out = left_out.map(|id| format!("{id} was left out"));
        let reasons = [
            (ControlStatus::Fail, named(|tally| tally.fail, "failed")),
            (ControlStatus::NotClaimed, self.unmet.iter().cloned().chain(left_out).collect()),
            (ControlStatus::Unknown, named(|tally| tally.unknown, "not judged")),
        ];
        if let Some((status, why)) = reasons.into_iter().find(|(_, why)| !why.is_empty()) {
            return (status, Some(why.join("; ")));
        }
        if named(|tally| tally.pass, "").is_empty() {
            return (ControlStatus::NotApplicable, None);
        }
        (ControlStatus::Pass, None)
    }
}
