//! The root user.

use std::borrow::Cow;

use jiff::Timestamp;

use super::MfaDevice;
use crate::record::record;
use crate::{Fact, Resource};

record! {
    /// The account's root user.
    #[from(CredentialReport, AccountSummary)]
    pub struct Root {
        /// The ARN, ending in `:root`.
        #[from(CallerIdentity)]
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
        #[from(CredentialReport, AccountSummary, VirtualMfaDevices)]
        pub mfa_active: Fact<bool>,
        /// The virtual MFA devices assigned to root. Hardware devices of root cannot be listed.
        #[from(VirtualMfaDevices)]
        pub virtual_mfa_devices: Fact<Vec<MfaDevice>>,
        /// The latest use of root's password or of either access key; null: no use is recorded.
        #[from(CredentialReport)]
        pub last_used: Fact<Option<Timestamp>>,
        /// Which credential was used last: `password`, `access key 1` or `access key 2`; null: none.
        #[from(CredentialReport)]
        #[shown(Text)]
        pub last_used_credential: Fact<Option<String>>,
        /// Days since the last use; null: no use is recorded.
        #[from(CredentialReport)]
        pub idle_days: Fact<Option<f64>>,
        /// What each source says about root.
        #[from(CredentialReport, AccountSummary, VirtualMfaDevices)]
        pub claims: Vec<RootClaim>,
        /// The points on which the sources contradict each other, in words. None: all have spoken.
        #[from(CredentialReport, AccountSummary, VirtualMfaDevices)]
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
    /// What one source says about root; null: it says nothing on that point.
    #[from(CredentialReport, AccountSummary, VirtualMfaDevices)]
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
