//! IAM users and their credentials.

use jiff::Timestamp;

use super::{Escalation, PrincipalKind};
use crate::Fact;
use crate::record::{record, words};

words! {
    /// The class of a user, as declared in the configuration.
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
    #[from(CredentialReport, AccountAuthorizationDetails)]
    #[resource(id = arn, name = name, user_name = name)]
    pub struct User {
        /// The user name.
        pub name: String,
        /// The ARN, with the path.
        pub arn: String,
        /// The unique id, such as `AIDACKCEVSQ6C2EXAMPLE`: a user created again under the same
        /// name has a different one; null: it is not in the details.
        #[from(AccountAuthorizationDetails)]
        pub id: Fact<Option<String>>,
        /// Which kind of principal it is.
        pub kind: PrincipalKind,
        /// The path, such as `/` or `/engineering/`.
        pub path: String,
        /// What the user is: `human`, `service` or `break-glass`.
        #[from(CredentialReport, AccountAuthorizationDetails)]
        pub class: Fact<UserClass>,
        /// Whether the user was deleted since the credential report; if so, no rule judges it.
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
        #[from(CredentialReport, AccountAuthorizationDetails, VirtualMfaDevices, MfaDevices)]
        pub mfa_active: Fact<bool>,
        /// The source of `mfa_active`: the newest one that says whether MFA is active.
        #[from(CredentialReport, AccountAuthorizationDetails, VirtualMfaDevices, MfaDevices)]
        #[shown(Text)]
        pub mfa_source: Fact<String>,
        /// The MFA devices, of every kind, if the user's own list was requested.
        #[from(CredentialReport, AccountAuthorizationDetails, VirtualMfaDevices, MfaDevices)]
        pub mfa_devices: Fact<Vec<MfaDevice>>,
        /// The serial number of an unassigned virtual device named after the user; null: none.
        #[from(VirtualMfaDevices)]
        pub unassigned_mfa_device: Fact<Option<String>>,
        /// The names of the user's groups.
        #[from(AccountAuthorizationDetails)]
        pub groups: Fact<Vec<String>>,
        /// Whether the user's attached, inline and group policies allow every IAM action on every
        /// resource.
        #[from(AccountAuthorizationDetails)]
        pub administrator: Fact<bool>,
        /// The condition keys on which that depends; empty: on none.
        #[from(AccountAuthorizationDetails)]
        #[shown(Nothing)]
        pub administrator_depends_on: Fact<Vec<String>>,
        /// The ways in which a user who is not an administrator can become one.
        #[from(AccountAuthorizationDetails, Organization)]
        pub escalations: Fact<Vec<Escalation>>,
        /// The ids of policies with a Deny that prevents an escalation and that the user can
        /// remove.
        #[from(AccountAuthorizationDetails, Organization)]
        pub removable_guards: Fact<Vec<String>>,
        /// The ARNs of managed policies attached to the user directly.
        #[from(AccountAuthorizationDetails)]
        pub attached_policies: Fact<Vec<String>>,
        /// The names of the user's inline policies.
        #[from(AccountAuthorizationDetails)]
        pub inline_policies: Fact<Vec<String>>,
        /// The access keys, active or not, oldest first.
        #[from(CredentialReport, AccountAuthorizationDetails, AccessKeys)]
        pub access_keys: Fact<Vec<AccessKey>>,
        /// The number of active access keys.
        #[from(CredentialReport, AccountAuthorizationDetails, AccessKeys)]
        pub active_access_key_count: Fact<u32>,
        /// The X.509 signing certificates, active or not.
        pub signing_certificates: Fact<Vec<SigningCertificate>>,
        /// Whether a password, an access key or a certificate is active.
        #[from(CredentialReport, AccountAuthorizationDetails, AccessKeys)]
        pub has_active_credential: Fact<bool>,
        /// The latest use of the password or of an access key; null: no use is recorded.
        #[from(CredentialReport, AccountAuthorizationDetails, AccessKeys)]
        pub last_activity: Fact<Option<Timestamp>>,
    }
}

words! {
    /// The date from which a key's age is counted.
    pub enum AgeSource {
        /// CreateDate from ListAccessKeys, which never changes.
        CreateDate = "create-date",
        /// last_rotated in the report: when the key was created or last activated.
        LastRotated = "last-rotated",
        /// The last use in the report, if earlier than last_rotated: the key is at least that old.
        LastUsed = "last-used",
        /// Either date in the report, since ListAccessKeys failed: the key may be older.
        AtLeast = "at-least",
    }
}

record! {
    /// An access key of an IAM user.
    #[from(CredentialReport, AccountAuthorizationDetails, AccessKeys)]
    #[resource(id = resource_id, name = name)]
    pub struct AccessKey {
        /// ARN-shaped identity: the user's ARN, `/access-key/`, and the date of the key.
        pub resource_id: String,
        /// What to call the key: its id if known, else its slot in the report.
        pub name: String,
        /// The access key id, if ListAccessKeys was called.
        pub id: Fact<String>,
        /// Whether the key can be used.
        pub active: Fact<bool>,
        /// When it was created, if ListAccessKeys was called.
        pub created: Fact<Timestamp>,
        /// The report's date: when it was created or last activated; null: not in the report.
        pub last_rotated: Fact<Option<Timestamp>>,
        /// Days since it was created or, if that is not known, since `last_rotated`, or `last_used`
        /// if that is earlier.
        pub age_days: Fact<f64>,
        /// The date that `age_days` counts from: `create-date`, `last-rotated` or `last-used`;
        /// `at-least`: one of the last two, since ListAccessKeys failed.
        pub age_source: Fact<AgeSource>,
        /// Seconds from the user's creation to the date that `age_days` counts from.
        pub seconds_after_user: Fact<f64>,
        /// When it was last used; null: never, or not since 2015-04-22.
        pub last_used: Fact<Option<Timestamp>>,
        /// The service it was last used with, such as `s3`; null: none is recorded.
        #[shown(Text)]
        pub last_used_service: Fact<Option<String>>,
        /// The region it was last used in; null: none is recorded, as for services without regions.
        #[shown(Text)]
        pub last_used_region: Fact<Option<String>>,
        /// Days since it was last used or, if it never was, created.
        pub idle_days: Fact<f64>,
    }
}

record! {
    /// An X.509 signing certificate of an IAM user.
    #[from(CredentialReport, AccountAuthorizationDetails)]
    #[resource(id = resource_id, name = name)]
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

record! {
    /// A service-specific credential of an IAM user.
    #[from(ServiceSpecificCredentials)]
    #[resource(id = resource_id, name = id, user_name = user_name)]
    pub struct ServiceCredential {
        /// ARN-shaped identity: the user's ARN, `/service-credential/`, and AWS's id.
        pub resource_id: String,
        /// The id that AWS gave it.
        pub id: String,
        /// The name of the user.
        pub user_name: String,
        /// The service, such as `codecommit.amazonaws.com`.
        #[shown(Text)]
        pub service: String,
        /// Whether it can be used.
        pub active: Fact<bool>,
        /// When it was created.
        pub created: Fact<Timestamp>,
        /// Days since it was created.
        pub age_days: Fact<f64>,
        /// When it expires; null: never.
        pub expires: Option<Timestamp>,
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
    #[from(VirtualMfaDevices)]
    #[resource(id = serial, name = name)]
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
