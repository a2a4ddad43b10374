//! The results for the controls of frameworks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::words;

/// A framework, control by control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameworkOutcome {
    /// The stable id, such as `cis-aws-7.0`.
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
    pub controls: Vec<ControlOutcome>,
    /// The number of controls by status.
    pub counts: ControlCounts,
}

/// A control of a framework and its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlOutcome {
    /// The control's number in the framework.
    pub id: String,
    /// What it requires, in our own words.
    pub title: String,
    /// Who decides whether it is met.
    pub kind: ControlKind,
    /// Whether it is met.
    pub status: ControlStatus,
    /// The ids of the rules that test it.
    pub rules: Vec<String>,
    /// The reason for the status, if it is not obvious.
    pub reason: Option<String>,
}

words! {
    /// Who decides whether a control is met.
    pub enum ControlKind {
        /// Rules do.
        Automated = "automated",
        /// A person has to.
        Manual = "manual",
    }
}

words! {
    /// Whether a control is met, the worst first.
    pub enum ControlStatus {
        /// One of its rules fails.
        Fail = "fail",
        /// One of its rules could not be judged.
        Unknown = "unknown",
        /// A rule was left out, or its settings are laxer than the control requires.
        NotClaimed = "not_claimed",
        /// A person has to decide.
        Manual = "manual",
        /// None of its rules fails, and all could be judged.
        Pass = "pass",
        /// There is nothing in the account that its rules apply to.
        NotApplicable = "not_applicable",
    }
}

impl ControlStatus {
    /// Returns the words shown to people.
    pub fn words(self) -> &'static str {
        match self {
            ControlStatus::NotClaimed => "not claimed",
            ControlStatus::NotApplicable => "not applicable",
            _ => self.word(),
        }
    }
}

/// The number of controls by status.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlCounts {
    /// [`ControlStatus::Pass`].
    pub pass: u32,
    /// [`ControlStatus::Fail`].
    pub fail: u32,
    /// [`ControlStatus::Unknown`].
    pub unknown: u32,
    /// [`ControlStatus::Manual`].
    pub manual: u32,
    /// [`ControlStatus::NotClaimed`].
    pub not_claimed: u32,
    /// [`ControlStatus::NotApplicable`].
    pub not_applicable: u32,
}

impl ControlCounts {
    /// Returns the number of controls with this status.
    pub fn with_status(mut self, status: ControlStatus) -> u32 {
        *self.entry(status)
    }

    /// Counts one control.
    pub fn count(&mut self, status: ControlStatus) {
        *self.entry(status) += 1;
    }

    fn entry(&mut self, status: ControlStatus) -> &mut u32 {
        match status {
            ControlStatus::Pass => &mut self.pass,
            ControlStatus::Fail => &mut self.fail,
            ControlStatus::Unknown => &mut self.unknown,
            ControlStatus::Manual => &mut self.manual,
            ControlStatus::NotClaimed => &mut self.not_claimed,
            ControlStatus::NotApplicable => &mut self.not_applicable,
        }
    }
}
