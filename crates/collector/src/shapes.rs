//! The answers of AWS as the AWS CLI prints them: what bundle files hold.
//!
//! Fields that a saved file may lack are optional or have a default; unknown fields are skipped,
//! since AWS adds fields at any time. Everything here is read from files and written to them.

mod account;
mod federation;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub(crate) use account::{
    AccessAnalyzers, AlternateContact, AlternateContacts, Analyzer, DelegationRequest,
    DelegationRequests, Organization, OrganizationDetail, OrganizationsFeatures,
    OutboundWebIdentityFederation,
};
pub(crate) use federation::{
    OidcProvider, OidcProviderEntry, OidcProviders, SamlProvider, SamlProviderEntry, SamlProviders,
    ServerCertificate, ServerCertificates, ServiceCredential, ServiceCredentials,
};

/// `aws sts get-caller-identity`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CallerIdentity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// `aws iam list-account-aliases`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccountAliases {
    pub(crate) account_aliases: Vec<String>,
}

/// `aws iam get-credential-report`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CredentialReport {
    /// The CSV, in base64.
    pub(crate) content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) report_format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) generated_time: Option<Timestamp>,
}

/// `aws iam get-account-summary`. AWS adds keys at any time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccountSummary {
    pub(crate) summary_map: BTreeMap<String, i64>,
}

/// `aws iam get-account-password-policy`; null: AWS said NoSuchEntity, so its default policy is in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccountPasswordPolicy {
    pub(crate) password_policy: Option<PasswordPolicy>,
}

/// A password policy; see the API reference of `PasswordPolicy`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PasswordPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minimum_password_length: Option<u32>,
    pub(crate) require_symbols: bool,
    pub(crate) require_numbers: bool,
    pub(crate) require_uppercase_characters: bool,
    pub(crate) require_lowercase_characters: bool,
    pub(crate) allow_users_to_change_password: bool,
    pub(crate) expire_passwords: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_password_age: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password_reuse_prevention: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hard_expiry: Option<bool>,
}

/// `aws iam list-virtual-mfa-devices`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VirtualMfaDevices {
    #[serde(rename = "VirtualMFADevices")]
    pub(crate) virtual_mfa_devices: Vec<VirtualMfaDevice>,
}

/// One virtual device; an unassigned one has a serial number only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VirtualMfaDevice {
    pub(crate) serial_number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<DeviceOwner>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enable_date: Option<Timestamp>,
}

/// The user block of a virtual device; root's may lack the name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeviceOwner {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    pub(crate) arn: String,
}

/// `aws iam list-access-keys`, of one or of several users.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccessKeys {
    pub(crate) access_key_metadata: Vec<AccessKeyMetadata>,
    /// Ours: the users that were asked, so that "has none" differs from "was not asked".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<Vec<String>>,
}

impl AccessKeys {
    /// The answers about those users.
    pub(crate) fn of(mut keys: Vec<AccessKeyMetadata>, users: Vec<String>) -> AccessKeys {
        keys.sort_by(|a, b| {
            (&a.user_name, a.create_date, &a.access_key_id).cmp(&(
                &b.user_name,
                b.create_date,
                &b.access_key_id,
            ))
        });
        AccessKeys { access_key_metadata: keys, users: Some(users) }
    }
}

/// One access key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccessKeyMetadata {
    pub(crate) user_name: String,
    pub(crate) access_key_id: String,
    /// `Active`, `Inactive` or `Expired`.
    pub(crate) status: String,
    pub(crate) create_date: Timestamp,
}

/// `aws iam list-mfa-devices`, of one or of several users.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MfaDevices {
    #[serde(rename = "MFADevices")]
    pub(crate) mfa_devices: Vec<MfaDevice>,
    /// Ours: the users that were asked.
    #[serde(rename = "Users", default, skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<Vec<String>>,
}

impl MfaDevices {
    /// The answers about those users.
    pub(crate) fn of(mut devices: Vec<MfaDevice>, users: Vec<String>) -> MfaDevices {
        devices.sort_by(|a, b| {
            (&a.user_name, &a.serial_number).cmp(&(&b.user_name, &b.serial_number))
        });
        MfaDevices { mfa_devices: devices, users: Some(users) }
    }
}

/// One MFA device of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MfaDevice {
    pub(crate) user_name: String,
    pub(crate) serial_number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enable_date: Option<Timestamp>,
}

/// `aws iam get-account-authorization-details`, all pages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AuthorizationDetails {
    pub(crate) user_detail_list: Vec<UserDetail>,
    pub(crate) group_detail_list: Vec<GroupDetail>,
    pub(crate) role_detail_list: Vec<RoleDetail>,
    pub(crate) policies: Vec<ManagedPolicyDetail>,
}

/// A user with its policies and groups.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UserDetail {
    #[serde(default)]
    pub(crate) path: String,
    pub(crate) user_name: String,
    #[serde(default)]
    pub(crate) user_id: String,
    pub(crate) arn: String,
    pub(crate) create_date: Timestamp,
    #[serde(default)]
    pub(crate) user_policy_list: Vec<PolicyDetail>,
    #[serde(default)]
    pub(crate) group_list: Vec<String>,
    #[serde(default)]
    pub(crate) attached_managed_policies: Vec<AttachedPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions_boundary: Option<PermissionsBoundary>,
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
}

/// A group with its policies.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GroupDetail {
    #[serde(default)]
    pub(crate) path: String,
    pub(crate) group_name: String,
    #[serde(default)]
    pub(crate) group_id: String,
    pub(crate) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
    #[serde(default)]
    pub(crate) group_policy_list: Vec<PolicyDetail>,
    #[serde(default)]
    pub(crate) attached_managed_policies: Vec<AttachedPolicy>,
}

/// A role with its trust and policies.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RoleDetail {
    #[serde(default)]
    pub(crate) path: String,
    pub(crate) role_name: String,
    #[serde(default)]
    pub(crate) role_id: String,
    pub(crate) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) assume_role_policy_document: Option<Json>,
    #[serde(default)]
    pub(crate) instance_profile_list: Vec<InstanceProfile>,
    #[serde(default)]
    pub(crate) role_policy_list: Vec<PolicyDetail>,
    #[serde(default)]
    pub(crate) attached_managed_policies: Vec<AttachedPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions_boundary: Option<PermissionsBoundary>,
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role_last_used: Option<RoleLastUsed>,
}

/// An instance profile of a role, by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InstanceProfile {
    pub(crate) instance_profile_name: String,
    pub(crate) arn: String,
}

/// The last use of a role within the last 400 days; empty: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RoleLastUsed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_used_date: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
}

/// An inline policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyDetail {
    pub(crate) policy_name: String,
    /// The document: an object or, in raw API answers, URL-encoded text.
    pub(crate) policy_document: Json,
}

/// A managed policy attached to a principal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttachedPolicy {
    pub(crate) policy_name: String,
    pub(crate) policy_arn: String,
}

/// A permissions boundary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PermissionsBoundary {
    #[serde(default)]
    pub(crate) permissions_boundary_type: String,
    pub(crate) permissions_boundary_arn: String,
}

/// A tag.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// A managed policy with its versions, of which only the default one is in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ManagedPolicyDetail {
    pub(crate) policy_name: String,
    #[serde(default)]
    pub(crate) policy_id: String,
    pub(crate) arn: String,
    #[serde(default)]
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_version_id: Option<String>,
    #[serde(default)]
    pub(crate) attachment_count: i32,
    #[serde(default)]
    pub(crate) permissions_boundary_usage_count: i32,
    #[serde(default)]
    pub(crate) is_attachable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) update_date: Option<Timestamp>,
    #[serde(default)]
    pub(crate) policy_version_list: Vec<PolicyVersion>,
}

/// One version of a managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyVersion {
    pub(crate) document: Json,
    pub(crate) version_id: String,
    pub(crate) is_default_version: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
}
