//! The root user.

use std::borrow::Cow;

use jiff::Timestamp;

use super::MfaDevice;
use crate::record::record;
use crate::{Fact, Resource};

record! {
    /// The account's root user.
    #[from(CredentialReport, AccountSummary, RootCredentials)]
    pub struct Root {
        /// The ARN, ending in `:root`.
        #[from(CallerIdentity)]
        pub arn: String,
        /// Whether there is a root user: false in a partition that has none, such as `aws-cn`.
        pub exists: bool,
        /// Whether root can sign in with a password.
        pub password_enabled: Fact<bool>,
        /// Whether root has an active access key.
        pub has_access_key: Fact<bool>,
        /// Whether root has an active X.509 signing certificate.
        pub has_signing_certificate: Fact<bool>,
        /// Whether root has any credential: a password, an access key or a certificate.
        pub has_credential: Fact<bool>,
        /// Whether an MFA device of any kind is active on root.
        #[from(CredentialReport, AccountSummary, VirtualMfaDevices, RootCredentials)]
        pub mfa_active: Fact<bool>,
        /// The virtual MFA devices assigned to root. Only a root session lists devices of other
        /// kinds.
        #[from(VirtualMfaDevices)]
        pub virtual_mfa_devices: Fact<Vec<MfaDevice>>,
        /// All MFA devices of root; null: no root session was opened.
        #[from(RootCredentials)]
        pub mfa_devices: Fact<Option<Vec<MfaDevice>>>,
        /// The access keys of root; null: no root session was opened.
        #[from(RootCredentials)]
        pub access_keys: Fact<Option<Vec<RootAccessKey>>>,
        /// The latest use of root's password or of an access key; null: no use is recorded.
        #[from(CredentialReport, RootCredentials)]
        pub last_used: Fact<Option<Timestamp>>,
        /// Which credential was used last: `password`, `access key 1`, `access key 2`, or `access
        /// key` where only a root session shows the use; null: none.
        #[from(CredentialReport, RootCredentials)]
        #[shown(Text)]
        pub last_used_credential: Fact<Option<String>>,
        /// Days since the last use; null: no use is recorded.
        #[from(CredentialReport, RootCredentials)]
        pub idle_days: Fact<Option<f64>>,
        /// Days between the credential report and the time of the audit, for which the report
        /// cannot show any use; 0 if a root session shows the use, and for a bare report.
        #[from(CredentialReport, RootCredentials)]
        pub unseen_days: Fact<f64>,
        /// Whether root was used in these days: false if they are at most seven, else missing.
        #[from(CredentialReport, RootCredentials)]
        pub used_since_report: Fact<bool>,
        /// What each source says about root.
        #[from(CredentialReport, AccountSummary, VirtualMfaDevices, RootCredentials)]
        pub claims: Vec<RootClaim>,
        /// The points on which the sources contradict each other, in words; empty only if all of
        /// them were read.
        #[from(CredentialReport, AccountSummary, VirtualMfaDevices, RootCredentials)]
        #[shown(Text)]
        pub disagreements: Fact<Vec<String>>,
    }
}

impl Resource for Root {
    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.arn)
    }

    fn name(&self) -> &'static str {
        "root"
    }
}

record! {
    /// One source's answers about root; null if it does not answer a question.
    #[from(CredentialReport, AccountSummary, VirtualMfaDevices, RootCredentials)]
    pub struct RootClaim {
        /// The source's name, such as `account-summary`.
        #[shown(Text)]
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

record! {
    /// An access key of root, as a root session lists it.
    #[from(RootCredentials)]
    pub struct RootAccessKey {
        /// The id that AWS gave it.
        pub id: String,
        /// Whether it can be used.
        pub active: bool,
        /// When it was created.
        pub created: Timestamp,
        /// When it was last used; null: no use is recorded.
        pub last_used: Option<Timestamp>,
        /// The service that it was last used with, such as `s3`; null: no use is recorded.
        #[shown(Text)]
        pub last_used_service: Option<String>,
        /// The region that it was last used in; null: no use is recorded, or the service has none.
        #[shown(Text)]
        pub last_used_region: Option<String>,
    }
}
