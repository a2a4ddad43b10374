//! Activity: what CloudTrail recorded of sign-ins and credentials, and how much of it was read.

mod attempt;
mod event_id;
mod summary;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SharedText;
use crate::record::words;

pub use attempt::{Attempt, Factor, FactorState, Pattern, Person, Purpose};
pub use event_id::EventId;
pub use summary::{ActivitySummary, Diagnosis, Likelihood, LockedOut, SignedIn};

/// What was read of CloudTrail: the events that concern sign-ins and credentials, and how far they reach.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// What was read, and what could not be.
    pub coverage: Coverage,
    /// Each event once, ordered by time and id. A list of the events themselves would be copied as it grows.
    pub events: Vec<Box<Event>>,
}

/// How much was read. Without it, the absence of an event says nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// How many inputs there were of each form.
    pub inputs: BTreeMap<Form, u64>,
    /// What became of each record.
    pub records: Records,
    /// Each account and region that a record or a digest names, sorted; in a report, those asked for.
    pub regions: Vec<RegionCoverage>,
    /// What could not be read, in the order of the inputs.
    pub gaps: Vec<InputGap>,
    /// The inputs of which a part is missing that may be of any account, region and time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplaced: Vec<String>,
}

/// What became of the records: all of them are the sum of the first four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Records {
    /// Events that concern sign-ins or credentials, each counted once.
    pub judged: u64,
    /// Other events.
    pub of_no_interest: u64,
    /// Events that were read before, from another file or region.
    pub duplicates: u64,
    /// Records that could not be read; a gap names their input.
    pub unreadable: u64,
    /// Of those of no interest, the records of other logs: Insights, network activity, aggregates.
    pub other_logs: u64,
}

impl Records {
    /// The number of records.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.judged + self.of_no_interest + self.duplicates + self.unreadable
    }
}

/// How far an account's region was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegionCoverage {
    /// The id of the account.
    pub account: String,
    /// The region, as CloudTrail names it.
    pub region: String,
    /// The number of records, duplicates included.
    pub records: u64,
    /// The times in which management events, such as sign-ins are, were recorded: each from an event to another,
    /// without a day between two. Sorted.
    #[serde(default)]
    pub seen: Vec<Period>,
    /// The same of the log files of a trail that were read in whole. Other inputs may be a choice of events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logged: Vec<Period>,
    /// The periods of digests of which every log file was read: there, nothing is missing. Sorted,
    /// and joined where they touch.
    pub proved: Vec<Period>,
    /// The periods of digests that name a log file which was not read in whole, or is not as it was
    /// delivered; without digests, the time about which a damaged log file was delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<Period>,
}

/// A stretch of time.
#[derive(
    Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
pub struct Period {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

/// Something that could not be read.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InputGap {
    /// The path of the input.
    pub input: String,
    /// What is missing, in a phrase.
    pub what: String,
}

words! {
    /// The form of an input, by its content.
    pub enum Form {
        /// `{"Records": […]}`: a log file of a trail, or a download of the event history.
        LogFile = "log_file",
        /// The output of `aws cloudtrail lookup-events`.
        LookupEvents = "lookup_events",
        /// A list of events.
        List = "list",
        /// Single events, one after another: JSON lines, EventBridge, CloudWatch Logs.
        Lines = "lines",
        /// The event history as CSV, which says nothing about the outcome of a sign-in.
        Csv = "csv",
        /// A digest, which names the log files of an hour.
        Digest = "digest",
        /// Nothing at all.
        Empty = "empty",
        /// Something else.
        Unknown = "unknown",
    }
}

/// An event that concerns how people get in. What others may have in common with it, it shares with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// CloudTrail's `eventID`, the same wherever the event was delivered.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who acted.
    pub actor: Actor,
    /// The address that it came from, or the AWS service.
    pub source: Option<SharedText>,
    /// The sign-in to Identity Center that it is a part of.
    pub workflow: Option<SharedText>,
    /// What was done.
    #[serde(flatten)]
    #[schemars(with = "EventCall")]
    pub call: Arc<EventCall>,
}

impl Deref for Event {
    type Target = EventCall;

    fn deref(&self) -> &EventCall {
        &self.call
    }
}

/// What was done, and how it ended.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventCall {
    /// The account that recorded it.
    pub account: SharedText,
    /// The region that recorded it, which is not where the person is.
    pub region: SharedText,
    /// The service that it belongs to, such as `signin` or `iam`.
    pub service: SharedText,
    /// Its name, such as `ConsoleLogin`.
    pub name: SharedText,
    /// How it ended.
    pub outcome: Outcome,
    /// The error code, where there is one.
    pub code: Option<SharedText>,
    /// The error message, where there is one.
    pub message: Option<SharedText>,
    /// Whether a second factor was used to sign in, or to get a session token; none: the event does neither.
    pub mfa: Option<Mfa>,
    /// The factors that it is about, as the event names them: `PASSWORD`, `TOTP`, `Virtual MFA`.
    pub factors: Vec<SharedText>,
    /// The ARN of the MFA device or of the SAML provider that vouched for the actor, where the event names it.
    #[serde(default)]
    pub authenticator: Option<SharedText>,
    /// The id of the access key that signed it, unless its credentials are temporary.
    #[serde(default)]
    pub access_key: Option<SharedText>,
    /// What the client calls itself.
    pub agent: Option<SharedText>,
    /// The user, role or device acted on; none: the actor.
    pub target: Option<SharedText>,
    /// Whether that is not in what was read, as in a CSV. A report does not hold it.
    #[serde(skip)]
    pub hides_target: bool,
    /// Whether it leads to WorkSpaces or Transfer Family, and not to the portal of Identity Center. A report does
    /// not hold it.
    #[serde(skip)]
    pub at_application: bool,
}

/// Who acted.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// What they are.
    pub kind: ActorKind,
    /// The name of the user or session, where the event names it.
    pub name: Option<SharedText>,
    /// The role or permission set, for sessions.
    pub role: Option<SharedText>,
    /// The unique id of the user or, for sessions, of the role. One made again under the same name has another.
    pub principal_id: Option<SharedText>,
}

words! {
    /// What acted.
    pub enum ActorKind {
        /// The root user.
        Root = "root",
        /// An IAM user.
        User = "user",
        /// A name that the account has no user of; CloudTrail hides it.
        UnknownUser = "unknown_user",
        /// A user of Identity Center, or the session of one of its permission sets.
        IdentityCenter = "identity_center",
        /// A user of a SAML provider, or a session that it opened.
        Saml = "saml",
        /// The role of an EC2 instance.
        Instance = "instance",
        /// Another session of a role.
        Role = "role",
        /// A session of GetFederationToken.
        FederatedUser = "federated_user",
        /// A user of a directory: WorkSpaces or Transfer Family.
        Directory = "directory",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// How an event or an attempt ended.
    pub enum Outcome {
        /// It did what it is for.
        Success = "success",
        /// It was refused.
        Failure = "failure",
        /// An attempt was begun, and nothing followed.
        Unfinished = "unfinished",
        /// What was read does not say.
        Unknown = "unknown",
    }
}

words! {
    /// Whether a second factor was used to sign in.
    pub enum Mfa {
        /// It was asked for. Of a failed sign-in, no more is known.
        Used = "used",
        /// It was not used.
        NotUsed = "not_used",
        /// An identity provider signed the person in, so AWS cannot see it.
        NotVisible = "not_visible",
        /// What was read does not say.
        Unknown = "unknown",
    }
}
