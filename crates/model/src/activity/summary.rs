//! The summary of activity: who could not sign in and why, and who signed in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::words;
use crate::{
    Attempt, Coverage, Event, MessageFact, Mfa, Pattern, Period, Person, Purpose, SharedText,
};

/// Who could not sign in, and who did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActivitySummary {
    /// The name of the only person to which it is limited.
    pub user: Option<String>,
    /// The requested period or, if that is open, the period read; none if nothing was read.
    pub period: Option<Period>,
    /// What was read.
    pub coverage: Coverage,
    /// What was requested and is not in what was read; none if all of it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<Absent>,
    /// People who could not get in, and those who could not switch to a role: those still out first, then sign-ins and
    /// the like before roles, then by their last try.
    pub locked_out: Vec<LockedOut>,
    /// The number of refusals that were typing errors: the same address signed in soon after.
    pub typing_errors: usize,
    /// People who signed in, by name.
    pub signed_in: Vec<SignedIn>,
    /// All attempts, by time.
    pub attempts: Vec<Attempt>,
    /// The events of the requested person, by time.
    pub timeline: Vec<Event>,
}

/// What was requested and is not in what was read, and what is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Absent {
    /// The requested accounts of which nothing was read.
    pub accounts: BTreeSet<String>,
    /// The requested regions of which nothing was read.
    pub regions: BTreeSet<String>,
    /// Whether nothing was read of the requested period.
    pub period: bool,
    /// The accounts in what was read.
    pub read_accounts: BTreeSet<String>,
    /// The regions in what was read.
    pub read_regions: BTreeSet<String>,
    /// From the first to the last moment of what was read.
    pub read_period: Option<Period>,
}

/// A person who could not sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockedOut {
    /// The person.
    pub person: Person,
    /// The purpose of the attempts.
    pub purpose: Purpose,
    /// The number of successive attempts that failed or were not finished.
    pub tries: usize,
    /// The time of the first attempt; none if nothing was recorded.
    pub first_try: Option<Timestamp>,
    /// The time of the last attempt.
    pub last_try: Option<Timestamp>,
    /// The source addresses, sorted.
    pub sources: BTreeSet<SharedText>,
    /// Why the last attempt did not succeed.
    pub pattern: Pattern,
    /// The cause, and what to do.
    pub diagnosis: Diagnosis,
    /// When they finally signed in.
    pub in_since: Option<Timestamp>,
    /// The person who probably used a name that does not exist: one who signed in from the same
    /// address within minutes. For a name without any events, a person with a similar name.
    #[serde(default)]
    pub in_as: Option<Person>,
    /// The last attempt.
    pub last: Option<Attempt>,
}

/// A person who signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignedIn {
    /// The person.
    pub person: Person,
    /// The number of successful sign-ins.
    pub sign_ins: usize,
    /// The number of sign-ins with unknown outcome.
    pub unknown: usize,
    /// The time of the first sign-in.
    pub first: Timestamp,
    /// The time of the last sign-in.
    pub last: Timestamp,
    /// The number of sign-ins by their use of a second factor.
    pub mfa: BTreeMap<Mfa, usize>,
    /// The source addresses, sorted.
    pub sources: BTreeSet<SharedText>,
    /// The accounts that they signed in to, sorted.
    pub accounts: BTreeSet<SharedText>,
}

words! {
    /// How certain a cause is.
    pub enum Likelihood {
        /// The events show it.
        Certain = "certain",
        /// The usual cause of such events.
        Likely = "likely",
        /// One of several causes.
        Possible = "possible",
    }
}

/// The cause of failed attempts, and what to do.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// The cause, in sentences.
    pub cause: Cow<'static, str>,
    /// How certain the cause is.
    pub likelihood: Likelihood,
    /// What to do, in sentences and commands.
    pub action: String,
    /// The positions of names in `action`, in order.
    #[serde(default)]
    pub action_facts: Vec<MessageFact>,
}
