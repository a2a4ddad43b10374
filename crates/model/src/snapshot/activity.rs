//! CloudTrail's events in an account: attempts to sign in, and events about credentials.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::record;
use crate::{
    ActorKind, Fact, LeftOut, Mfa, Outcome, Pattern, Period, Purpose, RegionCoverage, RootCall,
    SharedText,
};

/// The facts with the time, or the start time, of the subject of a finding about activity.
pub const EVENT_TIMES: [&str; 3] = ["event.at", "signin.at", "window.first"];

/// CloudTrail's events in an account, and how much was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountActivity {
    /// The period that is judged.
    pub period: Period,
    /// The regions that were read, sorted. Nothing is known about others.
    pub regions: Vec<RegionCoverage>,
    /// The regions in which Identity Center recorded sign-ins, at any time and by anyone.
    #[serde(default)]
    pub portal_regions: BTreeSet<SharedText>,
    /// Which management events its trails may leave out.
    #[serde(default)]
    pub left_out: LeftOut,
    /// The damaged inputs that may cover any region and time.
    #[serde(default)]
    pub unplaced: Vec<String>,
    /// The attempts to sign in and the like, in the order of time.
    pub sign_ins: Vec<SignIn>,
    /// Attempts to sign in to other accounts that failed, from an address that had failed here shortly before: whoever
    /// tries many people may try many accounts.
    #[serde(default)]
    pub elsewhere: Vec<SignIn>,
    /// The events, in the order of time.
    pub credential_events: Vec<CredentialEvent>,
    /// The calls of root to any service, in the order of time.
    #[serde(default)]
    pub root_calls: Vec<RootCall>,
}

impl AccountActivity {
    /// Returns activity of this period of which nothing was read.
    pub fn new(period: Period) -> AccountActivity {
        AccountActivity {
            period,
            regions: Vec::new(),
            portal_regions: BTreeSet::new(),
            left_out: LeftOut::default(),
            unplaced: Vec::new(),
            sign_ins: Vec::new(),
            elsewhere: Vec::new(),
            credential_events: Vec::new(),
            root_calls: Vec::new(),
        }
    }
}

record! {
    /// One attempt of one person to sign in, to switch to a role, or to recover a password.
    #[from(CloudTrail)]
    #[resource(id = resource_id, name = user, region = region)]
    pub struct SignIn {
        /// ARN-shaped identity, with the id of its first event: AWS gives events no ARN.
        pub resource_id: String,
        /// When it ended, as far as was recorded.
        pub at: Timestamp,
        /// The region that recorded it, which is not where the person is.
        #[shown(Text)]
        pub region: SharedText,
        /// What tried: `root`, `user`, `unknown_user`, `identity_center`, `saml`, `instance`, `role`,
        /// `federated_user`, `directory` or `other`.
        pub actor: ActorKind,
        /// The name of the user or session, or `root`; for somebody who is not named, the address.
        pub user: SharedText,
        /// The unique id of the IAM user; null: the events do not say.
        pub principal_id: Option<SharedText>,
        /// What for: `sign_in`, `switch_role`, `command_line`, `external_client`, `session_token`,
        /// `password_recovery`, `password_change` or `mfa_enrolment`.
        pub purpose: Purpose,
        /// How it ended: `success`, `failure`, or `unfinished` if it was begun and nothing
        /// followed.
        pub outcome: Fact<Outcome>,
        /// What kept it from success; null: nothing did.
        pub pattern: Option<Pattern>,
        /// The role or permission set that it led to; null: none.
        pub role: Option<SharedText>,
        /// Whether a second factor was used; `not_visible` where an identity provider signed the
        /// person in. Null: it does not sign anybody in.
        pub mfa: Fact<Option<Mfa>>,
        /// The ARN of the MFA device or of the SAML provider that vouched for the person; null:
        /// none is recorded.
        pub authenticator: Option<SharedText>,
        /// The factors that Identity Center found right, such as `PASSWORD`.
        #[shown(Text)]
        pub passed_factors: Fact<Vec<SharedText>>,
        /// The factors that Identity Center found wrong, such as `TOTP`.
        #[shown(Text)]
        pub refused_factors: Fact<Vec<SharedText>>,
        /// The address that it came from; null: the event does not say.
        pub source: Option<SharedText>,
        /// The last error code; null: there is none.
        #[shown(Text)]
        pub code: Option<SharedText>,
        /// The last error message; null: there is none.
        #[shown(Nothing)]
        pub message: Option<SharedText>,
        /// The ids of its events.
        pub event_ids: Vec<SharedText>,
    }
}

record! {
    /// An event about sign-ins or credentials.
    #[from(CloudTrail)]
    #[resource(id = resource_id, name = user, region = region)]
    pub struct CredentialEvent {
        /// ARN-shaped identity, with the event's id: AWS gives events no ARN.
        pub resource_id: String,
        /// When it happened.
        pub at: Timestamp,
        /// The region that recorded it, which is not where the person is.
        #[shown(Text)]
        pub region: SharedText,
        /// The service, such as `iam` or `signin`.
        #[shown(Text)]
        pub service: SharedText,
        /// The name, such as `CreateAccessKey`.
        #[shown(Text)]
        pub name: SharedText,
        /// What acted: see `signin.actor`.
        pub actor: ActorKind,
        /// The name of the user or session that acted, or `root`; for somebody who is not named,
        /// the address.
        pub user: SharedText,
        /// The role or permission set of the session that acted, `AssumeRoot` for a session of root that
        /// `sts:AssumeRoot` opened; null: it is not a session.
        pub role: Option<SharedText>,
        /// The user, role or device acted on; null: the actor's own, or nothing that has a name.
        pub target: Fact<Option<SharedText>>,
        /// Whether the actor acted on themself.
        pub by_self: Fact<bool>,
        /// How it ended: `success` or `failure`.
        pub outcome: Fact<Outcome>,
        /// The error code; null: there is none.
        #[shown(Text)]
        pub code: Option<SharedText>,
        /// Whether a second factor was used to get in or to get temporary credentials; null: it
        /// does neither.
        pub mfa: Fact<Option<Mfa>>,
        /// The address that it came from, or the AWS service; null: the event does not say.
        pub source: Option<SharedText>,
        /// The id of the IAM user's or root's access key that signed it; null: none did.
        pub access_key: Option<SharedText>,
        /// What the client calls itself; null: the event does not say.
        pub agent: Option<SharedText>,
        /// The minimum password length that the new password policy requires; null: it sets none.
        pub min_password_length: Fact<Option<u32>>,
        /// How many earlier passwords may not be reused under the new password policy; null: it
        /// sets none.
        pub password_reuse_prevention: Fact<Option<u32>>,
        /// How many minutes before the event the user acted on was created; null: not in the records read.
        pub minutes_since_creation: Option<f64>,
        /// How many minutes lie between the event and the enabling of another MFA device for the user
        /// acted on, after the event or up to an hour before it; null: not in the records read.
        pub minutes_to_new_mfa: Fact<Option<f64>>,
        /// How many minutes after the event the user acted on was deleted; null: not in the records read.
        pub minutes_to_deletion: Fact<Option<f64>>,
    }
}

record! {
    /// The attempts of one group, each following the previous one within a short time.
    #[from(CloudTrail)]
    #[resource(id = resource_id, name = name)]
    pub struct Window {
        /// ARN-shaped identity, with the id of its first event: AWS gives events no ARN.
        pub resource_id: String,
        /// What its attempts have in common according to the rule's `group_by`: a name, or an address.
        pub name: SharedText,
        /// When the first of its attempts ended.
        pub first: Timestamp,
        /// When the last of them ended.
        pub last: Timestamp,
        /// The minutes from the first to the last.
        pub minutes: f64,
        /// Whether the period judged begins within the window, so that the window may have begun earlier.
        pub is_cut: bool,
        /// Whether the period read for its regions ends within the window, so that the window may have gone on.
        pub is_cut_at_end: bool,
        /// The number of attempts.
        pub count: u32,
        /// The names in them, without those that no user of the account has, sorted.
        pub users: Vec<SharedText>,
        /// How many of them gave a name that no user of the account has. CloudTrail hides these
        /// names.
        pub unknown_user_attempts: u32,
        /// The addresses that they came from, sorted.
        pub sources: Vec<SharedText>,
        /// The accounts that recorded them, sorted.
        pub accounts: Vec<SharedText>,
        /// The regions that recorded them, sorted.
        #[shown(Text)]
        pub regions: Vec<SharedText>,
        /// How many minutes after the last of them one of these users got in; null: not in the records
        /// read.
        pub minutes_to_success: Option<f64>,
        /// The same for each of their addresses, after the last attempt from there: the longest;
        /// null: nobody got in from one of them.
        pub minutes_to_success_from_same_source: Option<f64>,
        /// The ids of their events.
        pub event_ids: Vec<SharedText>,
    }
}
