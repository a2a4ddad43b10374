//! Activity: CloudTrail's events about sign-ins and credentials, and how much of it was read.

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
pub use summary::{Absent, ActivitySummary, Diagnosis, Likelihood, LockedOut, SignedIn};

/// CloudTrail's events about sign-ins and credentials, and how much was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// What was read, and what could not be.
    pub coverage: Coverage,
    /// Each event once, ordered by time and id. A list of the events themselves would be copied as it grows.
    pub events: Vec<Box<Event>>,
    /// The calls of root to any service, ordered by time; those of one second count once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub root_calls: Vec<RootCall>,
    /// Which management events the trails of an account may leave out, by its id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, LeftOut>,
}

/// Which management events a trail may leave out: those of which its log files hold none, though
/// they hold others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// The read-only ones, such as those of `aws login`.
    pub reads: bool,
    /// The others, such as sign-ins.
    pub writes: bool,
}

/// A call to any service that the root user's own credentials signed.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
pub struct RootCall {
    /// When it happened.
    pub at: Timestamp,
    /// The account that recorded it.
    pub account: SharedText,
    /// The region that recorded it.
    pub region: SharedText,
    /// Whether an access key signed it, rather than a session.
    pub by_access_key: bool,
}

/// How much was read. An event's absence means something only where everything was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The number of inputs by form.
    pub inputs: BTreeMap<Form, u64>,
    /// The number of records by outcome.
    pub records: Records,
    /// Each account and region in a record or digest, sorted; in a report, only those requested.
    pub regions: Vec<RegionCoverage>,
    /// What could not be read, in the order of the inputs.
    pub gaps: Vec<InputGap>,
    /// The inputs with a missing part that may concern any account, region and time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplaced: Vec<String>,
}

/// The number of records by outcome; the first five add up to all records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Records {
    /// Events that concern sign-ins or credentials, each counted once.
    pub judged: u64,
    /// Such events of other accounts, regions, times or people than those requested.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_requested: u64,
    /// Other events.
    pub of_no_interest: u64,
    /// Events that were also read from another file or region.
    pub duplicates: u64,
    /// Records that could not be read; a gap names their input.
    pub unreadable: u64,
    /// The records of no interest that are from other logs: Insights, network activity, aggregates.
    pub other_logs: u64,
}

impl Records {
    /// Returns the number of all records.
    pub fn total(&self) -> u64 {
        let of_interest = self.judged + self.not_requested;
        of_interest + self.of_no_interest + self.duplicates + self.unreadable
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How much of a region of an account was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegionCoverage {
    /// The id of the account.
    pub account: String,
    /// The region's name in CloudTrail.
    pub region: String,
    /// The number of records, including duplicates.
    pub records: u64,
    /// The periods with management events, such as sign-ins, less than a day apart. Sorted.
    #[serde(default)]
    pub seen: Vec<Period>,
    /// The same for completely read log files of a trail. Other inputs may be a selection of
    /// events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logged: Vec<Period>,
    /// The periods of digests whose log files were all read, so that no event is missing. Sorted,
    /// and merged if adjacent.
    pub proved: Vec<Period>,
    /// The periods of digests that name a log file that was not read in full, or differs from what was
    /// delivered; without digests, the time about which a damaged log file was delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<Period>,
}

/// A period of time.
#[derive(
    Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
pub struct Period {
    /// The start.
    pub from: Timestamp,
    /// The end.
    pub to: Timestamp,
}

/// An input that could not be read completely.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InputGap {
    /// The path of the input.
    pub input: String,
    /// What is missing, in a phrase.
    pub what: String,
}

words! {
    /// The format of an input, determined by its content.
    pub enum Form {
        /// `{"Records": […]}`: a log file of a trail, or a download of the event history.
        LogFile = "log_file",
        /// The output of `aws cloudtrail lookup-events`.
        LookupEvents = "lookup_events",
        /// A list of events.
        List = "list",
        /// Single events, one after another: JSON lines, EventBridge, CloudWatch Logs.
        Lines = "lines",
        /// The event history as CSV, which lacks the outcome of a sign-in.
        Csv = "csv",
        /// A digest, which lists the log files of an hour.
        Digest = "digest",
        /// An empty input.
        Empty = "empty",
        /// Something else.
        Unknown = "unknown",
    }
}

/// An event about sign-ins or credentials. It shares its body with similar events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// CloudTrail's `eventID`, the same wherever the event was delivered.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who acted.
    pub actor: Actor,
    /// The source address, or the AWS service.
    pub source: Option<SharedText>,
    /// The sign-in to Identity Center to which it belongs.
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
    /// The service, such as `signin` or `iam`.
    pub service: SharedText,
    /// The name, such as `ConsoleLogin`.
    pub name: SharedText,
    /// How it ended.
    pub outcome: Outcome,
    /// The error code, if there was an error.
    pub code: Option<SharedText>,
    /// The error message, if there was an error.
    pub message: Option<SharedText>,
    /// Whether a second factor was used to sign in or to get a session token; none if the event
    /// does neither.
    pub mfa: Option<Mfa>,
    /// The factors in the event, such as `PASSWORD`, `TOTP` or `Virtual MFA`.
    pub factors: Vec<SharedText>,
    /// The ARN of the MFA device or SAML provider that authenticated the actor, if the event has
    /// it.
    #[serde(default)]
    pub authenticator: Option<SharedText>,
    /// The id of the access key that signed it, unless its credentials are temporary.
    #[serde(default)]
    pub access_key: Option<SharedText>,
    /// The user agent.
    pub agent: Option<SharedText>,
    /// The user, role or device acted on; none if it is the actor.
    pub target: Option<SharedText>,
    /// What a new password policy requires. Not part of a report.
    #[serde(skip)]
    pub password_limits: Option<PasswordLimits>,
    /// Whether the input lacks the target, as a CSV does. Not part of a report.
    #[serde(skip)]
    pub hides_target: bool,
    /// Whether it is a sign-in to WorkSpaces or Transfer Family rather than to the portal of
    /// Identity Center. Not part of a report.
    #[serde(skip)]
    pub at_application: bool,
    /// Whether it is a sign-in to a program that is not AWS's own. Not part of a report.
    #[serde(skip)]
    pub by_external_client: bool,
}

/// What a new password policy requires, as far as rules judge it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PasswordLimits {
    /// The minimum length of a password.
    pub min_length: u32,
    /// How many earlier passwords cannot be reused.
    pub reuse_prevention: u32,
}

/// Who acted.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The name of the user or session, if the event has it.
    pub name: Option<SharedText>,
    /// The role or permission set, for sessions.
    pub role: Option<SharedText>,
    /// The unique id of the user or, for sessions, of the role. A user or role that is created
    /// again under the same name has another id.
    pub principal_id: Option<SharedText>,
}

words! {
    /// The kind of actor.
    pub enum ActorKind {
        /// The root user.
        Root = "root",
        /// An IAM user.
        User = "user",
        /// A name that belongs to no user of the account; CloudTrail hides it.
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
        /// It succeeded.
        Success = "success",
        /// It was refused.
        Failure = "failure",
        /// An attempt was started and not finished.
        Unfinished = "unfinished",
        /// The events read do not say.
        Unknown = "unknown",
    }
}

words! {
    /// Whether a second factor was used to sign in.
    pub enum Mfa {
        /// It was requested; after a failed sign-in it is not known whether it was entered.
        Used = "used",
        /// It was not used.
        NotUsed = "not_used",
        /// An identity provider signed the person in, so AWS cannot see it.
        NotVisible = "not_visible",
        /// The events read do not say.
        Unknown = "unknown",
    }
}
