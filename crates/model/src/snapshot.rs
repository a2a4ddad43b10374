//! The typed facts of one account.
//!
//! Every age and span is in exact fractions of a day of 86,400 seconds, hour or second as its name
//! says, counted to [`Snapshot::as_of`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{record, words};
use crate::{Fact, Gap};

/// All that is known about one account, as rules see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The moment that ages count to.
    pub as_of: Timestamp,
    /// When collecting began, where the bundle says so.
    pub collected_from: Option<Timestamp>,
    /// When collecting ended, where the bundle says so.
    pub collected_to: Option<Timestamp>,
    /// The account as a whole.
    pub account: Account,
    /// The root user.
    pub root: Root,
    /// The IAM users, sorted by name.
    pub users: Fact<Vec<User>>,
    /// The account's virtual MFA devices, assigned or not, sorted by serial number.
    pub mfa_devices: Fact<Vec<MfaDevice>>,
    /// Why facts are missing, sorted.
    pub gaps: Vec<Gap>,
}

record! {
    /// The account as a whole.
    pub struct Account {
        /// The account's 12-digit id, or `unknown`.
        pub id: String,
        /// The partition from the caller's ARN: `aws`, `aws-cn`, `aws-us-gov`, or `unknown`.
        pub partition: String,
        /// The account alias; null if it has none.
        pub alias: Fact<Option<String>>,
        /// The ARN of who collected the facts.
        pub caller: Fact<String>,
        /// When AWS made the credential report that the facts come from.
        pub report_generated_at: Fact<Timestamp>,
        /// The age of the credential report, in hours.
        pub report_age_hours: Fact<f64>,
        /// The number of IAM users.
        pub user_count: Fact<u32>,
        /// The number of IAM users with a console password.
        pub console_user_count: Fact<u32>,
        /// Whether any IAM user has a console password.
        pub has_console_users: Fact<bool>,
        /// The password policy in force: the account's own, or AWS's default.
        pub password_policy: Fact<PasswordPolicy>,
    }
}

record! {
    /// The password policy in force for IAM users.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
    pub struct PasswordPolicy {
        /// Whether the account has a policy of its own; false: AWS's default policy is in force.
        pub custom: bool,
        /// The least number of characters; 8 in AWS's default.
        pub min_length: u32,
        /// Whether every password needs an uppercase letter. AWS's default wants any three of four kinds.
        pub require_uppercase: bool,
        /// Whether every password needs a lowercase letter.
        pub require_lowercase: bool,
        /// Whether every password needs a digit.
        pub require_numbers: bool,
        /// Whether every password needs a symbol.
        pub require_symbols: bool,
        /// Whether users may change their own password; null in AWS's default, which does not say.
        pub users_may_change: Option<bool>,
        /// The number of days after which passwords expire; null: never.
        pub max_age_days: Option<u32>,
        /// How many former passwords may not be used again; 0: none is remembered.
        pub remembered: u32,
        /// Whether an expired password must be reset by an administrator.
        pub hard_expiry: bool,
    }
}

record! {
    /// The account's root user.
    pub struct Root {
        /// The ARN, ending in `:root`.
        pub arn: String,
        /// Whether root can sign in with a password.
        pub password_enabled: Fact<bool>,
        /// Whether root has an active access key.
        pub has_access_key: Fact<bool>,
        /// Whether root has an active X.509 signing certificate.
        pub has_signing_certificate: Fact<bool>,
        /// Whether root has any credential: a password, an access key or a certificate.
        pub has_credential: Fact<bool>,
        /// Whether an MFA device of any kind is active on root.
        pub mfa_active: Fact<bool>,
        /// The virtual MFA devices assigned to root. Hardware devices of root cannot be listed.
        pub virtual_mfa_devices: Fact<Vec<MfaDevice>>,
        /// The latest use of root's password or of either access key; null: no use is recorded.
        pub last_used: Fact<Option<Timestamp>>,
        /// Which credential was used last: `password`, `access key 1` or `access key 2`; null: none.
        pub last_used_credential: Fact<Option<String>>,
        /// Days since the last use; null: no use is recorded.
        pub idle_days: Fact<Option<f64>>,
        /// What each source says about root.
        pub claims: Vec<RootClaim>,
        /// The points on which the sources contradict each other, in words. None: all have spoken.
        pub disagreements: Fact<Vec<String>>,
    }
}

record! {
    /// What one source says about root; null: it says nothing on that point.
    pub struct RootClaim {
        /// The source's name, such as `account-summary`.
        pub source: String,
        /// The moment for which it says so.
        pub at: Option<Timestamp>,
        /// Whether root has a password.
        pub password: Option<bool>,
        /// Whether root has an access key.
        pub access_key: Option<bool>,
        /// Whether root has a signing certificate.
        pub signing_certificate: Option<bool>,
        /// Whether root has an active MFA device.
        pub mfa: Option<bool>,
    }
}

words! {
    /// What a user stands for, as the configuration declares it.
    pub enum UserClass {
        /// A person. The default.
        Human = "human",
        /// A program.
        Service = "service",
        /// An emergency access user.
        BreakGlass = "break-glass",
    }
}

record! {
    /// An IAM user.
    pub struct User {
        /// The user name.
        pub name: String,
        /// The ARN, with the path.
        pub arn: String,
        /// The path, such as `/` or `/engineering/`.
        pub path: String,
        /// What the user stands for: `human`, `service` or `break-glass`.
        pub class: Fact<UserClass>,
        /// Whether the user was deleted since the credential report; no rule judges it then.
        pub deleted: bool,
        /// When the user was created.
        pub created: Fact<Timestamp>,
        /// Days since the user was created.
        pub age_days: Fact<f64>,
        /// Whether the user can sign in to the console with a password.
        pub password_enabled: Fact<bool>,
        /// When the password was last used; null: no password, or no use since 2014-10-20.
        pub password_last_used: Fact<Option<Timestamp>>,
        /// When the password was last set; null: no password.
        pub password_last_changed: Fact<Option<Timestamp>>,
        /// Days since the password was set; null: no password.
        pub password_age_days: Fact<Option<f64>>,
        /// Days since the password was used or, if it never was, set; null: no password.
        pub password_idle_days: Fact<Option<f64>>,
        /// Whether an MFA device of any kind is active.
        pub mfa_active: Fact<bool>,
        /// The source that tells `mfa_active`: the newest that knows.
        pub mfa_source: Fact<String>,
        /// The MFA devices that are known; see `mfa_devices_complete`.
        pub mfa_devices: Fact<Vec<MfaDevice>>,
        /// Whether the user's own list was asked; else only the account's virtual devices are known.
        pub mfa_devices_complete: bool,
        /// The serial number of an unassigned virtual device named after the user; null: none.
        pub abandoned_mfa_device: Fact<Option<String>>,
        /// The names of the user's groups.
        pub groups: Fact<Vec<String>>,
        /// Whether the user's own, inline and group policies allow every action on every resource.
        pub administrator: Fact<bool>,
        /// The access keys, active or not, oldest first.
        pub access_keys: Fact<Vec<AccessKey>>,
        /// The number of active access keys.
        pub active_access_key_count: Fact<u32>,
        /// The X.509 signing certificates, active or not.
        pub signing_certificates: Fact<Vec<SigningCertificate>>,
        /// Whether a password, an access key or a certificate is active.
        pub has_active_credential: Fact<bool>,
        /// The latest use of the password or of an access key; null: no use is recorded.
        pub last_activity: Fact<Option<Timestamp>>,
    }
}

words! {
    /// Which date a key's age counts from.
    pub enum AgeSource {
        /// ListAccessKeys' CreateDate, which nothing moves.
        CreateDate = "create-date",
        /// The report's last_rotated: creation, or the last time the key was activated.
        LastRotated = "last-rotated",
    }
}

record! {
    /// An access key of an IAM user.
    pub struct AccessKey {
        /// ARN-shaped identity: the user's ARN, `/access-key/`, and the date of the key.
        pub resource_id: String,
        /// What to call the key: its id if known, else its slot in the report.
        pub name: String,
        /// The access key id, where ListAccessKeys was asked.
        pub id: Fact<String>,
        /// Whether the key can be used.
        pub active: Fact<bool>,
        /// When it was made, where ListAccessKeys was asked.
        pub created: Fact<Timestamp>,
        /// The report's date: when it was made or last activated; null: not in the report.
        pub last_rotated: Fact<Option<Timestamp>>,
        /// Days since it was made, or since `last_rotated` where that is all that is known.
        pub age_days: Fact<f64>,
        /// The date that `age_days` counts from: `create-date` or `last-rotated`.
        pub age_source: Fact<AgeSource>,
        /// Seconds from the user's creation to the key's.
        pub seconds_after_user: Fact<f64>,
        /// When it was last used; null: never, or not since 2015-04-22.
        pub last_used: Fact<Option<Timestamp>>,
        /// The service it was last used with, such as `s3`; null: none is recorded.
        pub last_used_service: Fact<Option<String>>,
        /// The region it was last used in; null: none is recorded, which services without regions leave out too.
        pub last_used_region: Fact<Option<String>>,
        /// Days since it was last used or, if it never was, made.
        pub idle_days: Fact<f64>,
    }
}

record! {
    /// An X.509 signing certificate of an IAM user.
    pub struct SigningCertificate {
        /// ARN-shaped identity: the user's ARN, `/signing-certificate/`, and its date.
        pub resource_id: String,
        /// What to call it: its slot in the report.
        pub name: String,
        /// Whether it can be used.
        pub active: Fact<bool>,
        /// When it was uploaded or last activated; null: the report does not say.
        pub last_rotated: Fact<Option<Timestamp>>,
    }
}

words! {
    /// The kind of an MFA device, by the form of its serial number.
    pub enum MfaKind {
        /// An authenticator app: `…:mfa/…`.
        Virtual = "virtual",
        /// A FIDO2 security key or passkey: `…:u2f/…`.
        Fido = "fido",
        /// The retired text message kind: `…:sms-mfa/…`.
        Sms = "sms",
        /// A hardware token: a bare serial number.
        HardwareToken = "hardware-token",
    }
}

record! {
    /// An MFA device.
    pub struct MfaDevice {
        /// The serial number: an ARN, or that of a hardware token.
        pub serial: String,
        /// The last part of the serial number.
        pub name: String,
        /// `virtual`, `fido`, `sms` or `hardware-token`.
        pub kind: MfaKind,
        /// Whether it belongs to somebody.
        pub assigned: bool,
        /// The ARN of the user or root it belongs to; null: nobody.
        pub owner_arn: Option<String>,
        /// When it was enabled; null: not assigned.
        pub enabled: Option<Timestamp>,
    }
}
