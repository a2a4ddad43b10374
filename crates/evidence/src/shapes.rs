//! The answers of AWS as the AWS CLI prints them: what bundle files hold.
//!
//! Fields that AWS's answers may lack are optional or have a default; unknown fields are skipped,
//! since AWS adds fields at any time. Everything here is read from files and written to them.

/// Declares shapes: structs in the form that the AWS CLI prints.
///
/// A field with a question mark may be absent; one that says "or empty" is empty where it is absent. AWS
/// always sends the others, so that an answer without one of them is not AWS's, and is not read.
macro_rules! shapes {
    ($(
        $(#[$about:meta])*
        $name:ident {
            $(
                $(#[$meta:meta])*
                $field:ident $(?: $optional:ty,)? $((or empty): $lenient:ty,)? $(: $required:ty,)?
            )*
        }
    )+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
            #[serde(rename_all = "PascalCase")]
            #[allow(missing_docs, clippy::struct_field_names, reason = "the fields are AWS's")]
            pub struct $name {
                $(
                    $(#[$meta])*
                    $(
                        #[serde(default, skip_serializing_if = "Option::is_none")]
                        pub $field: Option<$optional>,
                    )?
                    $(#[serde(default)] pub $field: $lenient,)?
                    $(pub $field: $required,)?
                )*
            }
        )+
    };
}

/// When something ends, where that may be later than the last moment that a timestamp can hold: then that one, as
/// certificates without end say 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5).
fn end<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse_end(&text)).transpose().map_err(serde::de::Error::custom)
}

/// Reads such an end.
pub(crate) fn parse_end(text: &str) -> Result<Timestamp, jiff::Error> {
    let time = ["9999-12-30", "9999-12-31"].iter().find_map(|day| text.strip_prefix(day));
    match text.parse() {
        Err(error) => match time.map(|time| format!("9999-12-29{time}").parse::<Timestamp>()) {
            Some(Ok(_)) => Ok(Timestamp::MAX),
            _ => Err(error),
        },
        read => read,
    }
}

mod account;
mod federation;
mod root;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::json_object::each_key_once;

pub use account::*;
pub use federation::*;
pub use portcullis_iam::DocumentJson;
pub use root::*;

shapes! {
    /// `aws sts get-caller-identity`.
    CallerIdentity {
        user_id?: String,
        account: String,
        arn: String,
    }

    /// `aws iam list-account-aliases`.
    AccountAliases {
        account_aliases: Vec<String>,
    }

    /// `aws iam get-credential-report`.
    CredentialReport {
        /// The CSV, in base64.
        content: String,
        report_format?: String,
        generated_time?: Timestamp,
    }

    /// `aws iam get-account-summary`. AWS adds keys at any time.
    AccountSummary {
        #[serde(deserialize_with = "each_key_once")]
        summary_map: BTreeMap<String, i64>,
    }

    /// `aws iam get-account-password-policy`; null: AWS said NoSuchEntity, so its default policy is in force.
    AccountPasswordPolicy {
        // Absent is not an answer, unlike null.
        #[serde(deserialize_with = "Option::deserialize")]
        password_policy: Option<PasswordPolicy>,
    }

    /// A password policy; see the API reference of `PasswordPolicy`.
    PasswordPolicy {
        minimum_password_length?: u32,
        require_symbols: bool,
        require_numbers: bool,
        require_uppercase_characters: bool,
        require_lowercase_characters: bool,
        allow_users_to_change_password: bool,
        expire_passwords: bool,
        max_password_age?: u32,
        password_reuse_prevention?: u32,
        hard_expiry?: bool,
    }

    /// `aws iam list-virtual-mfa-devices`.
    VirtualMfaDevices {
        #[serde(rename = "VirtualMFADevices")]
        virtual_mfa_devices: Vec<VirtualMfaDevice>,
    }

    /// One virtual device; an unassigned one has a serial number only.
    VirtualMfaDevice {
        serial_number: String,
        user?: DeviceOwner,
        enable_date?: Timestamp,
    }

    /// The user block of a virtual device; root's may lack the name.
    DeviceOwner {
        user_name?: String,
        user_id?: String,
        arn: String,
    }

    /// `aws iam list-access-keys`, of one or of several users.
    AccessKeys {
        access_key_metadata: Vec<AccessKeyMetadata>,
        /// Ours: the users that were asked, so that "has none" differs from "was not asked".
        users?: Vec<String>,
    }

    /// One access key.
    AccessKeyMetadata {
        user_name: String,
        access_key_id: String,
        /// `Active`, `Inactive` or `Expired`.
        status: String,
        create_date: Timestamp,
    }

    /// `aws iam list-mfa-devices`, of one or of several users.
    MfaDevices {
        #[serde(rename = "MFADevices")]
        mfa_devices: Vec<MfaDevice>,
        /// Ours: the users that were asked.
        users?: Vec<String>,
    }

    /// One MFA device of a user.
    MfaDevice {
        user_name: String,
        serial_number: String,
        enable_date: Timestamp,
    }

    /// `aws iam get-account-authorization-details`, all pages.
    AuthorizationDetails {
        user_detail_list: Vec<UserDetail>,
        group_detail_list: Vec<GroupDetail>,
        role_detail_list: Vec<RoleDetail>,
        policies: Vec<ManagedPolicyDetail>,
    }

    /// A user with its policies and groups.
    UserDetail {
        path (or empty): String,
        user_name: String,
        user_id (or empty): String,
        arn: String,
        create_date: Timestamp,
        /// AWS leaves it out for a user without inline policies.
        user_policy_list (or empty): Vec<PolicyDetail>,
        group_list: Vec<String>,
        attached_managed_policies: Vec<AttachedPolicy>,
        permissions_boundary?: PermissionsBoundary,
        tags (or empty): Vec<Tag>,
    }

    /// A group with its policies.
    GroupDetail {
        path (or empty): String,
        group_name: String,
        group_id (or empty): String,
        arn: String,
        create_date?: Timestamp,
        group_policy_list: Vec<PolicyDetail>,
        attached_managed_policies: Vec<AttachedPolicy>,
    }

    /// A role with its trust and policies.
    RoleDetail {
        path (or empty): String,
        role_name: String,
        role_id (or empty): String,
        arn: String,
        create_date?: Timestamp,
        assume_role_policy_document?: DocumentJson,
        instance_profile_list: Vec<InstanceProfile>,
        role_policy_list: Vec<PolicyDetail>,
        attached_managed_policies: Vec<AttachedPolicy>,
        permissions_boundary?: PermissionsBoundary,
        tags (or empty): Vec<Tag>,
        role_last_used?: RoleLastUsed,
    }

    /// An instance profile of a role, by name.
    InstanceProfile {
        instance_profile_name: String,
        arn: String,
        create_date?: Timestamp,
    }

    /// The last use of a role within the last 400 days; empty: none.
    RoleLastUsed {
        last_used_date?: Timestamp,
        region?: String,
    }

    /// An inline policy.
    PolicyDetail {
        policy_name: String,
        /// The document: an object or, in raw API answers, URL-encoded text.
        policy_document: DocumentJson,
    }

    /// A managed policy attached to a principal.
    AttachedPolicy {
        policy_name: String,
        policy_arn: String,
    }

    /// A permissions boundary.
    PermissionsBoundary {
        permissions_boundary_type (or empty): String,
        permissions_boundary_arn: String,
    }

    /// A tag.
    Tag {
        key: String,
        value: String,
    }

    /// A managed policy with its versions, of which only the default one is in force.
    ManagedPolicyDetail {
        policy_name: String,
        policy_id (or empty): String,
        arn: String,
        path (or empty): String,
        default_version_id?: String,
        attachment_count: i32,
        permissions_boundary_usage_count?: i32,
        is_attachable (or empty): bool,
        create_date?: Timestamp,
        update_date?: Timestamp,
        policy_version_list: Vec<PolicyVersion>,
    }

    /// One version of a managed policy.
    PolicyVersion {
        document: DocumentJson,
        version_id: String,
        is_default_version: bool,
        create_date?: Timestamp,
    }
}
