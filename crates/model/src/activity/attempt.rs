//! Attempts: the events of one person trying to do one thing.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::words;
use crate::{ActorKind, EventId, Mfa, Outcome, SharedText};

/// One attempt of one person, however many events it caused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// Who tried.
    pub person: Person,
    /// The unique id of the IAM user, if an event has it. Not part of a report.
    #[serde(skip)]
    pub principal_id: Option<SharedText>,
    /// The purpose.
    pub purpose: Purpose,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not succeed.
    pub pattern: Option<Pattern>,
    /// The time of the first event.
    pub first: Timestamp,
    /// The time of the last recorded event.
    pub last: Timestamp,
    /// The account that recorded its last event.
    pub account: SharedText,
    /// The region that recorded its last event.
    pub region: SharedText,
    /// The role or permission set that was requested.
    pub role: Option<SharedText>,
    /// Whether a second factor was used; none if it is not a sign-in.
    pub mfa: Option<Mfa>,
    /// The ARN of the MFA device or SAML provider that authenticated the person, if an event has
    /// it.
    #[serde(default)]
    pub authenticator: Option<SharedText>,
    /// The factors that were requested, if the events have them.
    pub factors: Vec<Factor>,
    /// Whether an event does not show which factor was verified, or how that ended. Not part of a
    /// report.
    #[serde(skip)]
    pub hides_factors: bool,
    /// The source address.
    pub source: Option<SharedText>,
    /// The user agent.
    #[serde(default)]
    pub agent: Option<SharedText>,
    /// The last error code.
    pub code: Option<SharedText>,
    /// The last error message.
    pub message: Option<SharedText>,
    /// The ids of its events.
    pub events: Vec<EventId>,
}

/// A person, as identified in events.
#[derive(
    Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
pub struct Person {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The name.
    pub name: Option<SharedText>,
    /// The account that the name belongs to; none: the name is from an identity provider. For Identity Center, it is given only
    /// where there are several.
    pub account: Option<SharedText>,
    /// The source address, if nothing else is known of them.
    pub source: Option<SharedText>,
}

/// One factor of a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Factor {
    /// The name in CloudTrail, such as `PASSWORD`, `TOTP` or `Virtual MFA`.
    pub name: SharedText,
    /// The outcome.
    pub state: FactorState,
}

words! {
    /// The outcome of a factor.
    pub enum FactorState {
        /// It was requested, and nothing else was recorded.
        Asked = "asked",
        /// It was correct.
        Passed = "passed",
        /// It was incorrect.
        Refused = "refused",
    }
}

words! {
    /// The purpose of an attempt.
    pub enum Purpose {
        /// To sign in.
        SignIn = "sign_in",
        /// To switch to a role.
        SwitchRole = "switch_role",
        /// To sign in to a command line or another program: `aws login`.
        CommandLine = "command_line",
        /// To sign in to a program that is not AWS's own, such as an MCP client.
        ExternalClient = "external_client",
        /// To get a session token with an MFA code.
        SessionToken = "session_token",
        /// To set a new root password by email.
        PasswordRecovery = "password_recovery",
        /// To change one's own password.
        PasswordChange = "password_change",
        /// To enrol an MFA device.
        MfaEnrolment = "mfa_enrolment",
    }
}

words! {
    /// Why an attempt did not succeed, according to its events.
    pub enum Pattern {
        /// The password of an IAM user was wrong; no second factor was requested.
        WrongPassword = "wrong_password",
        /// The password or the code of an IAM user was wrong; CloudTrail does not say which.
        PasswordOrCode = "password_or_code",
        /// A factor was requested, and nothing followed.
        StoppedHalfway = "stopped_halfway",
        /// The account has no user of this name.
        UnknownName = "unknown_name",
        /// A policy on sign-ins denied it.
        DeniedByPolicy = "denied_by_policy",
        /// The root user's password or code was wrong.
        RootCredentials = "root_credentials",
        /// A new root password was requested, and none was set.
        RecoveryUnfinished = "recovery_unfinished",
        /// STS refused a SAML response.
        SamlRefused = "saml_refused",
        /// Identity Center refused the response of its identity provider.
        DirectoryRefused = "directory_refused",
        /// Identity Center refused a factor that it names.
        FactorRefused = "factor_refused",
        /// A user could not change their password.
        PasswordChangeRefused = "password_change_refused",
        /// The enrolment of an MFA device was refused or never finished.
        EnrolmentUnfinished = "enrolment_unfinished",
        /// A role could not be assumed.
        RoleRefused = "role_refused",
        /// `aws login`, or the sign-in to another program, was refused.
        CommandLineRefused = "command_line_refused",
        /// STS refused the MFA code for a session token.
        CodeRefused = "code_refused",
        /// Nothing was recorded about the requested person.
        NothingRecorded = "nothing_recorded",
        /// Something else; the message says what.
        Other = "other",
    }
}
