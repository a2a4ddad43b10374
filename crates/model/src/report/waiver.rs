//! Risks that were accepted for a limited time.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A decision to accept findings until a date: `[[waiver]]` in the configuration.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The rule's id.
    pub rule: String,
    /// The id or name of the resources, with IAM's wildcards `*` and `?`.
    pub resource: String,
    /// The account's id, or `*` for all accounts.
    pub account: String,
    /// Why the risk is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it is in force, in UTC.
    pub expires: Date,
}

/// The waiver of a finding.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedWaiver {
    /// Why the risk is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it is in force, in UTC.
    pub expires: Date,
    /// Whether that day has passed, so that the finding counts again.
    pub expired: bool,
}

/// A waiver, and its outcome in a run.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverOutcome {
    /// The waiver as it is configured.
    pub waiver: Waiver,
    /// The number of days from [`Report::as_of`](crate::Report::as_of) to its last day; negative if
    /// that has passed.
    pub days_left: i32,
    /// Whether its rule was judged and its account audited.
    pub judged: bool,
    /// The number of failing findings that it matches.
    pub fails: u32,
    /// The number of unknown findings that it matches, which are not waived.
    pub unknown: u32,
}

impl WaiverOutcome {
    /// The number of days before a waiver expires from which there is a warning.
    pub const WARNING_DAYS: i32 = 14;

    /// The longest duration of a waiver without a warning, three years: a longer one would be
    /// forgotten.
    pub const LONG_DAYS: i32 = 1096;

    /// Whether its last day has passed.
    pub fn is_expired(&self) -> bool {
        self.days_left < 0
    }

    /// Whether it is about to expire.
    pub fn expires_soon(&self) -> bool {
        (0..=WaiverOutcome::WARNING_DAYS).contains(&self.days_left)
    }

    /// Whether it lasts so long that it would be forgotten.
    pub fn lasts_long(&self) -> bool {
        self.days_left > WaiverOutcome::LONG_DAYS
    }

    /// Whether it could have matched a finding, but did not.
    pub fn is_unmatched(&self) -> bool {
        self.judged && self.fails == 0 && self.unknown == 0
    }
}
