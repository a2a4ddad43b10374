//! Risks that somebody has accepted, for a time.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A decision to accept findings until a date: `[[waiver]]` in the configuration.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The rule's id.
    pub rule: String,
    /// Which resources, by id or name, with IAM's wildcards `*` and `?`.
    pub resource: String,
    /// The account's id, or `*` for all accounts.
    pub account: String,
    /// Why the risk is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it holds, in UTC.
    pub expires: Date,
}

/// The waiver of a finding.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedWaiver {
    /// Why the risk is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it holds, in UTC.
    pub expires: Date,
    /// Whether that day has passed, so that the finding counts again.
    pub expired: bool,
}

/// A waiver, and what became of it in a run.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverOutcome {
    /// The waiver as it is configured.
    pub waiver: Waiver,
    /// The number of days that it still holds after the day of
    /// [`Report::as_of`](crate::Report::as_of); negative: so many days ago was its last.
    pub days_left: i32,
    /// Whether its rule was judged and its account audited.
    pub judged: bool,
    /// How many findings that fail it matches.
    pub fails: u32,
    /// How many findings it matches that could not be judged, and so are not waived.
    pub unknown: u32,
}

impl WaiverOutcome {
    /// A waiver that ends within so many days is warned about.
    pub const WARNING_DAYS: i32 = 14;

    /// A waiver that holds for longer, three years, is warned about: nobody would look at it again.
    pub const LONG_DAYS: i32 = 1096;

    /// Whether its last day has passed.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.days_left < 0
    }

    /// Whether it is about to expire.
    #[must_use]
    pub fn expires_soon(&self) -> bool {
        (0..=WaiverOutcome::WARNING_DAYS).contains(&self.days_left)
    }

    /// Whether it holds for so long that nobody would look at it again.
    #[must_use]
    pub fn lasts_long(&self) -> bool {
        self.days_left > WaiverOutcome::LONG_DAYS
    }

    /// Whether it could have matched something, and did not.
    #[must_use]
    pub fn is_unmatched(&self) -> bool {
        self.judged && self.fails == 0 && self.unknown == 0
    }
}
