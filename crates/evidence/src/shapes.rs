//! The answers of AWS as the AWS CLI prints them: what bundle files hold.
//!
//! Fields that a saved file may lack are optional or have a default; unknown fields are skipped,
//! since AWS adds fields at any time. Everything here is read from files and written to them.

/// Declares shapes: structs in the form that the AWS CLI prints.
///
/// A field may be absent if it is `opt`, and is empty where it is absent if it is `lax`.
macro_rules! shapes {
    (@ [$($about:tt)*] $name:ident [$($field:tt)*]
        $(#[$meta:meta])* opt $next:ident: $ty:ty, $($rest:tt)*) => {
        shapes! { @ [$($about)*] $name
            [$($field)* $(#[$meta])* #[serde(default, skip_serializing_if = "Option::is_none")]
             pub $next: Option<$ty>,]
            $($rest)* }
    };
    (@ [$($about:tt)*] $name:ident [$($field:tt)*]
        $(#[$meta:meta])* lax $next:ident: $ty:ty, $($rest:tt)*) => {
        shapes! { @ [$($about)*] $name
            [$($field)* $(#[$meta])* #[serde(default)] pub $next: $ty,]
            $($rest)* }
    };
    (@ [$($about:tt)*] $name:ident [$($field:tt)*]
        $(#[$meta:meta])* $next:ident: $ty:ty, $($rest:tt)*) => {
        shapes! { @ [$($about)*] $name [$($field)* $(#[$meta])* pub $next: $ty,] $($rest)* }
    };
    (@ [$($about:tt)*] $name:ident [$($field:tt)*]) => {
        $($about)*
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        #[allow(missing_docs, clippy::struct_field_names, reason = "the fields are AWS's")]
        pub struct $name { $($field)* }
    };
    ($($(#[$about:meta])* $name:ident { $($fields:tt)* })+) => {
        $(shapes! { @ [$(#[$about])*] $name [] $($fields)* })+
    };
}

mod account;
mod federation;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

pub use account::{
    AccessAnalyzers, AlternateContact, AlternateContacts, Analyzer, DelegationRequest,
    DelegationRequests, Organization, OrganizationDetail, OrganizationsFeatures,
    OutboundWebIdentityFederation,
};
pub use federation::{
    OidcProvider, OidcProviderEntry, OidcProviders, SamlProvider, SamlProviderEntry, SamlProviders,
    ServerCertificate, ServerCertificates, ServiceCredential, ServiceCredentials,
};

shapes! {
    /// `aws sts get-caller-identity`.
    CallerIdentity {
        opt user_id: String,
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
        opt report_format: String,
        opt generated_time: Timestamp,
    }

    /// `aws iam get-account-summary`. AWS adds keys at any time.
    AccountSummary {
        summary_map: BTreeMap<String, i64>,
    }

    /// `aws iam get-account-password-policy`; null: AWS said NoSuchEntity, so its default policy is in force.
    AccountPasswordPolicy {
        // Absent is no answer, unlike null.
        #[serde(deserialize_with = "Option::deserialize")]
        password_policy: Option<PasswordPolicy>,
    }

    /// A password policy; see the API reference of `PasswordPolicy`.
    PasswordPolicy {
        opt minimum_password_length: u32,
        lax require_symbols: bool,
        lax require_numbers: bool,
        lax require_uppercase_characters: bool,
        lax require_lowercase_characters: bool,
        lax allow_users_to_change_password: bool,
        lax expire_passwords: bool,
        opt max_password_age: u32,
        opt password_reuse_prevention: u32,
        opt hard_expiry: bool,
    }

    /// `aws iam list-virtual-mfa-devices`.
    VirtualMfaDevices {
        #[serde(rename = "VirtualMFADevices")]
        virtual_mfa_devices: Vec<VirtualMfaDevice>,
    }

    /// One virtual device; an unassigned one has a serial number only.
    VirtualMfaDevice {
        serial_number: String,
        opt user: DeviceOwner,
        opt enable_date: Timestamp,
    }

    /// The user block of a virtual device; root's may lack the name.
    DeviceOwner {
        opt user_name: String,
        opt user_id: String,
        arn: String,
    }

    /// `aws iam list-access-keys`, of one or of several users.
    AccessKeys {
        access_key_metadata: Vec<AccessKeyMetadata>,
        /// Ours: the users that were asked, so that "has none" differs from "was not asked".
        opt users: Vec<String>,
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
        opt users: Vec<String>,
    }

    /// One MFA device of a user.
    MfaDevice {
        user_name: String,
        serial_number: String,
        opt enable_date: Timestamp,
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
        lax path: String,
        user_name: String,
        lax user_id: String,
        arn: String,
        create_date: Timestamp,
        lax user_policy_list: Vec<PolicyDetail>,
        lax group_list: Vec<String>,
        lax attached_managed_policies: Vec<AttachedPolicy>,
        opt permissions_boundary: PermissionsBoundary,
        lax tags: Vec<Tag>,
    }

    /// A group with its policies.
    GroupDetail {
        lax path: String,
        group_name: String,
        lax group_id: String,
        arn: String,
        opt create_date: Timestamp,
        lax group_policy_list: Vec<PolicyDetail>,
        lax attached_managed_policies: Vec<AttachedPolicy>,
    }

    /// A role with its trust and policies.
    RoleDetail {
        lax path: String,
        role_name: String,
        lax role_id: String,
        arn: String,
        opt create_date: Timestamp,
        opt assume_role_policy_document: Json,
        lax instance_profile_list: Vec<InstanceProfile>,
        lax role_policy_list: Vec<PolicyDetail>,
        lax attached_managed_policies: Vec<AttachedPolicy>,
        opt permissions_boundary: PermissionsBoundary,
        lax tags: Vec<Tag>,
        opt role_last_used: RoleLastUsed,
    }

    /// An instance profile of a role, by name.
    InstanceProfile {
        instance_profile_name: String,
        arn: String,
    }

    /// The last use of a role within the last 400 days; empty: none.
    RoleLastUsed {
        opt last_used_date: Timestamp,
        opt region: String,
    }

    /// An inline policy.
    PolicyDetail {
        policy_name: String,
        /// The document: an object or, in raw API answers, URL-encoded text.
        policy_document: Json,
    }

    /// A managed policy attached to a principal.
    AttachedPolicy {
        policy_name: String,
        policy_arn: String,
    }

    /// A permissions boundary.
    PermissionsBoundary {
        lax permissions_boundary_type: String,
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
        lax policy_id: String,
        arn: String,
        lax path: String,
        opt default_version_id: String,
        lax attachment_count: i32,
        lax permissions_boundary_usage_count: i32,
        lax is_attachable: bool,
        opt create_date: Timestamp,
        opt update_date: Timestamp,
        lax policy_version_list: Vec<PolicyVersion>,
    }

    /// One version of a managed policy.
    PolicyVersion {
        document: Json,
        version_id: String,
        is_default_version: bool,
        opt create_date: Timestamp,
    }
}
