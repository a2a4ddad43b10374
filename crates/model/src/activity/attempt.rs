//! Attempts: the events of one person trying to do one thing.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::words;
use crate::{ActorKind, EventId, Mfa, Outcome, SharedText};

/// What one person tried once, however many events it made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// Who tried.
    pub person: Person,
    /// The unique id of the IAM user, where an event names it. A report does not hold it.
    #[serde(skip)]
    pub principal_id: Option<SharedText>,
    /// What for.
    pub purpose: Purpose,
    /// How it ended.
    pub outcome: Outcome,
    /// What kept it from success.
    pub pattern: Option<Pattern>,
    /// When it began.
    pub first: Timestamp,
    /// When it ended, as far as was recorded.
    pub last: Timestamp,
    /// The account that recorded its last event.
    pub account: SharedText,
    /// The region that recorded its last event.
    pub region: SharedText,
    /// The role or permission set that it led to, or was to lead to.
    pub role: Option<SharedText>,
    /// Whether a second factor was used; none: it does not sign anybody in.
    pub mfa: Option<Mfa>,
    /// The ARN of the MFA device or of the SAML provider that vouched for the person, where an event names it.
    #[serde(default)]
    pub authenticator: Option<SharedText>,
    /// The factors that were asked for, where the events name them.
    pub factors: Vec<Factor>,
    /// The address that it came from.
    pub source: Option<SharedText>,
    /// What the client calls itself.
    #[serde(default)]
    pub agent: Option<SharedText>,
    /// The last error code.
    pub code: Option<SharedText>,
    /// The last error message.
    pub message: Option<SharedText>,
    /// The ids of its events.
    pub events: Vec<EventId>,
}

/// Somebody, as far as events name them.
#[derive(
    Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
pub struct Person {
    /// What they are.
    pub kind: ActorKind,
    /// Their name.
    pub name: Option<SharedText>,
    /// The account that the name belongs to; none: one of an identity provider. That of Identity Center is said only
    /// where there are several.
    pub account: Option<SharedText>,
    /// The address, if that is all that is known of them.
    pub source: Option<SharedText>,
}

/// One factor of a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Factor {
    /// What CloudTrail calls it: `PASSWORD`, `TOTP`, `Virtual MFA`.
    pub name: SharedText,
    /// What became of it.
    pub state: FactorState,
}

words! {
    /// What became of a factor.
    pub enum FactorState {
        /// It was asked for. No more is recorded.
        Asked = "asked",
        /// It was right.
        Passed = "passed",
        /// It was wrong.
        Refused = "refused",
    }
}

words! {
    /// What an attempt is for.
    pub enum Purpose {
        /// To sign in.
        SignIn = "sign_in",
        /// To switch to a role.
        SwitchRole = "switch_role",
        /// To sign in to a command line or another program: `aws login`.
        CommandLine = "command_line",
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
    /// What kept an attempt from success, as far as the events say.
    pub enum Pattern {
        /// The password of an IAM user was wrong; no second factor was asked for.
        WrongPassword = "wrong_password",
        /// The password or the code of an IAM user was wrong; CloudTrail does not say which.
        PasswordOrCode = "password_or_code",
        /// A factor was asked for, and nothing followed.
        StoppedHalfway = "stopped_halfway",
        /// The account has no user of that name.
        UnknownName = "unknown_name",
        /// A policy on sign-ins denied it.
        DeniedByPolicy = "denied_by_policy",
        /// The root user's password or code was wrong.
        RootCredentials = "root_credentials",
        /// A new root password was asked for, and none was set.
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
        /// `aws login` was refused.
        CommandLineRefused = "command_line_refused",
        /// STS refused the MFA code for a session token.
        CodeRefused = "code_refused",
        /// Nothing was recorded of somebody who was asked about.
        NothingRecorded = "nothing_recorded",
        /// Something else; the message says what.
        Other = "other",
    }
}
