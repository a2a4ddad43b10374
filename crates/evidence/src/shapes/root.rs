//! What a root session in a member account shows.

use jiff::Timestamp;

shapes! {
    /// Ours: the answers in a session of `aws sts assume-root` with the task policy
    /// IAMAuditRootUserCredentials.
    RootCredentials {
        /// The session's access key id, which CloudTrail records; null if no session was opened,
        /// since the account summary shows no root credential.
        #[serde(deserialize_with = "Option::deserialize")]
        session: Option<String>,
        /// `aws iam get-user`.
        user?: RootUser,
        /// `aws iam get-login-profile`; null if AWS answered NoSuchEntity, so root has no password.
        #[serde(deserialize_with = "Option::deserialize")]
        login_profile: Option<LoginProfile>,
        /// `aws iam list-access-keys`.
        access_keys: Vec<RootAccessKey>,
        /// `aws iam list-mfa-devices`.
        #[serde(rename = "MFADevices")]
        mfa_devices: Vec<RootMfaDevice>,
        /// `aws iam list-signing-certificates`.
        certificates: Vec<SigningCertificate>,
    }

    /// Root as a user.
    RootUser {
        arn: String,
        create_date: Timestamp,
        /// Absent if root has no password or has never used it.
        password_last_used?: Timestamp,
    }

    /// A password.
    LoginProfile {
        create_date: Timestamp,
    }

    /// An access key of root, which has no user name.
    RootAccessKey {
        access_key_id: String,
        /// `Active`, `Inactive` or `Expired`.
        status: String,
        create_date: Timestamp,
        /// `aws iam get-access-key-last-used`.
        access_key_last_used?: AccessKeyLastUsed,
    }

    /// The last use of an access key; if none is recorded, the date is absent and the rest is
    /// `N/A`.
    AccessKeyLastUsed {
        last_used_date?: Timestamp,
        service_name (or empty): String,
        region (or empty): String,
    }

    /// An MFA device of root, of any kind.
    RootMfaDevice {
        serial_number: String,
        enable_date: Timestamp,
    }

    /// An X.509 certificate. Its body is not stored.
    SigningCertificate {
        certificate_id: String,
        /// `Active` or `Inactive`.
        status: String,
        upload_date?: Timestamp,
    }
}
