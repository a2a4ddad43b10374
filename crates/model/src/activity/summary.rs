//! What activity says to people: who could not get in and why, and who signed in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::words;
use crate::{
    Attempt, Coverage, Event, MessageFact, Mfa, Pattern, Period, Person, Purpose, SharedText,
};

/// Who could not get in, and who did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActivitySummary {
    /// The name of the only person it is about.
    pub user: Option<String>,
    /// From the first to the last moment that was asked for or, where open, read; none: nothing was
    /// read of it.
    pub period: Option<Period>,
    /// What was read.
    pub coverage: Coverage,
    /// People who could not get in, and those who could not switch to a role: those still out first, then sign-ins and
    /// the like before roles, then by their last try.
    pub locked_out: Vec<LockedOut>,
    /// How many refusals were typing errors: the same address got in soon after.
    pub typing_errors: usize,
    /// People who signed in, by name.
    pub signed_in: Vec<SignedIn>,
    /// Every attempt, in the order of time.
    pub attempts: Vec<Attempt>,
    /// The events of the person asked for, in the order of time.
    pub timeline: Vec<Event>,
}

/// Somebody who could not get in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockedOut {
    /// Who.
    pub person: Person,
    /// What they wanted.
    pub purpose: Purpose,
    /// How many attempts failed or stopped, one after another.
    pub tries: usize,
    /// The first of them; none: nothing was recorded.
    pub first_try: Option<Timestamp>,
    /// The last of them.
    pub last_try: Option<Timestamp>,
    /// The addresses they came from, sorted.
    pub sources: BTreeSet<SharedText>,
    /// What kept the last from success.
    pub pattern: Pattern,
    /// What that means.
    pub diagnosis: Diagnosis,
    /// When they got in after all.
    pub in_since: Option<Timestamp>,
    /// Who that was, if they gave a name that is nobody's: likely, since they got in from the same address within
    /// minutes. Of a name that nothing is recorded of: who has one like it.
    #[serde(default)]
    pub in_as: Option<Person>,
    /// The last try.
    pub last: Option<Attempt>,
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// How many sign-ins succeeded.
    pub sign_ins: usize,
    /// How many more there were of which is not known how they ended.
    pub unknown: usize,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
    /// How many used a second factor, and of how many that cannot be seen.
    pub mfa: BTreeMap<Mfa, usize>,
    /// The addresses they came from, sorted.
    pub sources: BTreeSet<SharedText>,
    /// The accounts that they signed in to, sorted.
    pub accounts: BTreeSet<SharedText>,
}

words! {
    /// How sure a cause is.
    pub enum Likelihood {
        /// The events say so.
        Certain = "certain",
        /// The usual cause of such events.
        Likely = "likely",
        /// One of several causes.
        Possible = "possible",
    }
}

/// What is behind attempts that failed, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// The cause, in sentences.
    pub cause: Cow<'static, str>,
    /// How sure it is.
    pub likelihood: Likelihood,
    /// What to do, in sentences and commands.
    pub action: String,
    /// Where names stand in it, in their order.
    #[serde(default)]
    pub action_facts: Vec<MessageFact>,
}
