//! AWS's answers as the AWS CLI prints them and bundle files store them.
//!
//! Fields that AWS may leave out are optional or have a default. Unknown fields are skipped, since
//! AWS adds fields at any time. Every shape is both read from files and written to them.

/// Declares shapes: structs in the form that the AWS CLI prints.
///
/// A field with a question mark may be absent; one marked "or empty" is empty when absent. AWS
/// always sends the others, so an answer without one of them is refused.
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

/// Reads the end of a validity period. Certificates that never expire say 9999-12-31T23:59:59Z
/// (RFC 5280, 4.1.2.5), which is later than the last timestamp and becomes that one.
fn end<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse_end(&text))
        .transpose()
        .map_err(serde::de::Error::custom)
}

/// Parses the end of a validity period; one beyond the last timestamp becomes that one.
pub(crate) fn parse_end(text: &str) -> Result<Timestamp, jiff::Error> {
    let time = ["9999-12-30", "9999-12-31"]
        .iter()
        .find_map(|day| text.strip_prefix(day));
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

    /// `aws iam get-account-summary`. AWS may add keys at any time.
    AccountSummary {
        #[serde(deserialize_with = "each_key_once")]
        summary_map: BTreeMap<String, i64>,
    }

    /// `aws iam get-account-password-policy`; null if AWS answered NoSuchEntity, so its default
    /// policy is in force.
    AccountPasswordPolicy {
        // Unlike null, an absent field is not an answer.
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

    /// One virtual device; an unassigned one has only a serial number.
    VirtualMfaDevice {
        serial_number: String,
        user?: DeviceOwner,
        enable_date?: Timestamp,
    }

    /// The owner of a virtual device; root may lack the name.
    DeviceOwner {
        user_name?: String,
        user_id?: String,
        arn: String,
    }

    /// `aws iam list-access-keys`, for one or several users.
    AccessKeys {
        access_key_metadata: Vec<AccessKeyMetadata>,
        /// Ours: the users queried, to distinguish "has none" from "was not queried".
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

    /// `aws iam list-mfa-devices`, for one or several users.
    MfaDevices {
        #[serde(rename = "MFADevices")]
        mfa_devices: Vec<MfaDevice>,
        /// Ours: the users queried.
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
        /// AWS omits this for a user without inline policies.
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

    /// A role with its trust policy and its permissions.
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

    /// The last use of a role within the last 400 days; empty if it was not used.
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
