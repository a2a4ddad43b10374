//! The SDK's answers in the shapes that the AWS CLI prints.
//!
//! Lists are sorted, so that the same account gives the same bytes. An answer that lacks what AWS
//! always sends is a failure, never a default.

mod account;
mod federation;

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::get_account_password_policy::GetAccountPasswordPolicyOutput;
use aws_sdk_iam::operation::get_account_summary::GetAccountSummaryOutput;
use aws_sdk_iam::operation::get_credential_report::GetCredentialReportOutput;
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

pub(crate) use self::account::{
    alternate_contact, analyzer, delegation_requests, organization, organizations_features,
    outbound_web_identity_federation,
};
pub(crate) use self::federation::{
    oidc_provider, oidc_provider_entry, saml_provider, saml_provider_entry, server_certificates,
    service_credentials,
};
use super::failure::Failure;
use crate::shapes;

pub(crate) fn caller_identity(
    output: GetCallerIdentityOutput,
) -> Result<shapes::CallerIdentity, Failure> {
    Ok(shapes::CallerIdentity {
        user_id: output.user_id,
        account: required(output.account, "Account")?,
        arn: required(output.arn, "Arn")?,
    })
}

pub(crate) fn credential_report(
    output: GetCredentialReportOutput,
) -> Result<shapes::CredentialReport, Failure> {
    Ok(shapes::CredentialReport {
        content: BASE64.encode(required(output.content, "Content")?),
        report_format: output.report_format.map(|format| format.as_str().to_owned()),
        generated_time: optional_time(output.generated_time)?,
    })
}

pub(crate) fn account_summary(
    output: GetAccountSummaryOutput,
) -> Result<shapes::AccountSummary, Failure> {
    let summary = required(output.summary_map, "SummaryMap")?;
    let entries = summary.into_iter().map(|(key, value)| (key.as_str().to_owned(), value.into()));
    Ok(shapes::AccountSummary { summary_map: entries.collect() })
}

pub(crate) fn password_policy(
    output: GetAccountPasswordPolicyOutput,
) -> Result<shapes::AccountPasswordPolicy, Failure> {
    let policy = required(output.password_policy, "PasswordPolicy")?;
    let count = |value: Option<i32>| {
        let negative = |_| Failure::malformed("the password policy has a negative number");
        value.map(u32::try_from).transpose().map_err(negative)
    };
    // The SDK makes up an empty policy where the answer has none; a real one always has a length.
    let minimum = required(count(policy.minimum_password_length)?, "MinimumPasswordLength")?;
    let policy = shapes::PasswordPolicy {
        minimum_password_length: Some(minimum),
        require_symbols: policy.require_symbols,
        require_numbers: policy.require_numbers,
        require_uppercase_characters: policy.require_uppercase_characters,
        require_lowercase_characters: policy.require_lowercase_characters,
        allow_users_to_change_password: policy.allow_users_to_change_password,
        expire_passwords: policy.expire_passwords,
        max_password_age: count(policy.max_password_age)?,
        password_reuse_prevention: count(policy.password_reuse_prevention)?,
        hard_expiry: policy.hard_expiry,
    };
    Ok(shapes::AccountPasswordPolicy { password_policy: Some(policy) })
}

pub(crate) fn virtual_mfa_devices(
    devices: impl IntoIterator<Item = types::VirtualMfaDevice>,
) -> Result<shapes::VirtualMfaDevices, Failure> {
    let mut devices = all(devices, |device| {
        Ok(shapes::VirtualMfaDevice {
            serial_number: present(device.serial_number, "SerialNumber")?,
            user: device.user.map(device_owner).transpose()?,
            enable_date: optional_time(device.enable_date)?,
        })
    })?;
    devices.sort_by(|a, b| a.serial_number.cmp(&b.serial_number));
    Ok(shapes::VirtualMfaDevices { virtual_mfa_devices: devices })
}

fn device_owner(user: types::User) -> Result<shapes::DeviceOwner, Failure> {
    Ok(shapes::DeviceOwner {
        user_name: Some(user.user_name).filter(|name| !name.is_empty()),
        user_id: Some(user.user_id).filter(|id| !id.is_empty()),
        arn: present(user.arn, "User.Arn")?,
    })
}

pub(crate) fn access_key(
    key: types::AccessKeyMetadata,
) -> Result<shapes::AccessKeyMetadata, Failure> {
    Ok(shapes::AccessKeyMetadata {
        user_name: required(key.user_name, "UserName")?,
        access_key_id: required(key.access_key_id, "AccessKeyId")?,
        status: required(key.status, "Status")?.as_str().to_owned(),
        create_date: required_time(key.create_date, "CreateDate")?,
    })
}

pub(crate) fn mfa_device(device: types::MfaDevice) -> Result<shapes::MfaDevice, Failure> {
    Ok(shapes::MfaDevice {
        user_name: present(device.user_name, "UserName")?,
        serial_number: present(device.serial_number, "SerialNumber")?,
        enable_date: Some(time(device.enable_date)?),
    })
}

pub(crate) fn authorization_details(
    pages: Vec<GetAccountAuthorizationDetailsOutput>,
) -> Result<shapes::AuthorizationDetails, Failure> {
    let mut details = shapes::AuthorizationDetails {
        user_detail_list: Vec::new(),
        group_detail_list: Vec::new(),
        role_detail_list: Vec::new(),
        policies: Vec::new(),
    };
    for page in pages {
        details.user_detail_list.extend(all(page.user_detail_list.into_iter().flatten(), user)?);
        details.group_detail_list.extend(all(page.group_detail_list.into_iter().flatten(), group)?);
        details.role_detail_list.extend(all(page.role_detail_list.into_iter().flatten(), role)?);
        details.policies.extend(all(page.policies.into_iter().flatten(), managed_policy)?);
    }
    details.user_detail_list.sort_by(|a, b| a.arn.cmp(&b.arn));
    details.group_detail_list.sort_by(|a, b| a.arn.cmp(&b.arn));
    details.role_detail_list.sort_by(|a, b| a.arn.cmp(&b.arn));
    details.policies.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(details)
}

fn user(user: types::UserDetail) -> Result<shapes::UserDetail, Failure> {
    let mut group_list = user.group_list.unwrap_or_default();
    group_list.sort();
    Ok(shapes::UserDetail {
        path: user.path.unwrap_or_default(),
        user_name: required(user.user_name, "UserName")?,
        user_id: user.user_id.unwrap_or_default(),
        arn: required(user.arn, "Arn")?,
        create_date: required_time(user.create_date, "CreateDate")?,
        user_policy_list: inline_policies(user.user_policy_list)?,
        group_list,
        attached_managed_policies: attached_policies(user.attached_managed_policies)?,
        permissions_boundary: user.permissions_boundary.map(boundary).transpose()?,
        tags: tags(user.tags),
    })
}

fn group(group: types::GroupDetail) -> Result<shapes::GroupDetail, Failure> {
    Ok(shapes::GroupDetail {
        path: group.path.unwrap_or_default(),
        group_name: required(group.group_name, "GroupName")?,
        group_id: group.group_id.unwrap_or_default(),
        arn: required(group.arn, "Arn")?,
        create_date: optional_time(group.create_date)?,
        group_policy_list: inline_policies(group.group_policy_list)?,
        attached_managed_policies: attached_policies(group.attached_managed_policies)?,
    })
}

fn role(role: types::RoleDetail) -> Result<shapes::RoleDetail, Failure> {
    let mut profiles = all(role.instance_profile_list.into_iter().flatten(), |profile| {
        Ok(shapes::InstanceProfile {
            instance_profile_name: present(profile.instance_profile_name, "InstanceProfileName")?,
            arn: present(profile.arn, "InstanceProfile.Arn")?,
        })
    })?;
    profiles.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(shapes::RoleDetail {
        path: role.path.unwrap_or_default(),
        role_name: required(role.role_name, "RoleName")?,
        role_id: role.role_id.unwrap_or_default(),
        arn: required(role.arn, "Arn")?,
        create_date: optional_time(role.create_date)?,
        assume_role_policy_document: role.assume_role_policy_document.as_deref().map(document),
        instance_profile_list: profiles,
        role_policy_list: inline_policies(role.role_policy_list)?,
        attached_managed_policies: attached_policies(role.attached_managed_policies)?,
        permissions_boundary: role.permissions_boundary.map(boundary).transpose()?,
        tags: tags(role.tags),
        role_last_used: role.role_last_used.map(role_last_used).transpose()?,
    })
}

fn role_last_used(used: types::RoleLastUsed) -> Result<shapes::RoleLastUsed, Failure> {
    let last_used_date = optional_time(used.last_used_date)?;
    Ok(shapes::RoleLastUsed { last_used_date, region: used.region })
}

fn managed_policy(
    policy: types::ManagedPolicyDetail,
) -> Result<shapes::ManagedPolicyDetail, Failure> {
    let mut versions = all(policy.policy_version_list.into_iter().flatten(), |version| {
        Ok(shapes::PolicyVersion {
            document: document(&required(version.document, "Document")?),
            version_id: required(version.version_id, "VersionId")?,
            is_default_version: version.is_default_version,
            create_date: optional_time(version.create_date)?,
        })
    })?;
    versions.sort_by(|a, b| a.version_id.cmp(&b.version_id));
    Ok(shapes::ManagedPolicyDetail {
        policy_name: required(policy.policy_name, "PolicyName")?,
        policy_id: policy.policy_id.unwrap_or_default(),
        arn: required(policy.arn, "Arn")?,
        path: policy.path.unwrap_or_default(),
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count.unwrap_or_default(),
        permissions_boundary_usage_count: policy
            .permissions_boundary_usage_count
            .unwrap_or_default(),
        is_attachable: policy.is_attachable,
        create_date: optional_time(policy.create_date)?,
        update_date: optional_time(policy.update_date)?,
        policy_version_list: versions,
    })
}

fn inline_policies(
    policies: Option<Vec<types::PolicyDetail>>,
) -> Result<Vec<shapes::PolicyDetail>, Failure> {
    let mut policies = all(policies.into_iter().flatten(), |policy| {
        Ok(shapes::PolicyDetail {
            policy_name: required(policy.policy_name, "PolicyName")?,
            policy_document: document(&required(policy.policy_document, "PolicyDocument")?),
        })
    })?;
    policies.sort_by(|a, b| a.policy_name.cmp(&b.policy_name));
    Ok(policies)
}

fn attached_policies(
    policies: Option<Vec<types::AttachedPolicy>>,
) -> Result<Vec<shapes::AttachedPolicy>, Failure> {
    let mut policies = all(policies.into_iter().flatten(), |policy| {
        Ok(shapes::AttachedPolicy {
            policy_name: required(policy.policy_name, "PolicyName")?,
            policy_arn: required(policy.policy_arn, "PolicyArn")?,
        })
    })?;
    policies.sort_by(|a, b| a.policy_arn.cmp(&b.policy_arn));
    Ok(policies)
}

fn boundary(
    boundary: types::AttachedPermissionsBoundary,
) -> Result<shapes::PermissionsBoundary, Failure> {
    let kind = boundary.permissions_boundary_type;
    Ok(shapes::PermissionsBoundary {
        permissions_boundary_type: kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        permissions_boundary_arn: required(
            boundary.permissions_boundary_arn,
            "PermissionsBoundaryArn",
        )?,
    })
}

fn tags(tags: Option<Vec<types::Tag>>) -> Vec<shapes::Tag> {
    let tags = tags.into_iter().flatten();
    let mut tags: Vec<_> = tags.map(|tag| shapes::Tag { key: tag.key, value: tag.value }).collect();
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    tags
}

/// A policy document as the AWS CLI prints it: decoded, an object. One that is no JSON stays text.
fn document(encoded: &str) -> Json {
    let decoded = percent_decode_str(encoded).decode_utf8_lossy();
    serde_json::from_str(&decoded).unwrap_or_else(|_| Json::String(decoded.into_owned()))
}

fn all<T, U>(
    items: impl IntoIterator<Item = T>,
    convert: impl FnMut(T) -> Result<U, Failure>,
) -> Result<Vec<U>, Failure> {
    items.into_iter().map(convert).collect()
}

fn required<T>(value: Option<T>, name: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::malformed(&format!("the answer lacks {name}")))
}

/// A text that AWS always sends, for which the SDK puts an empty one where it is absent.
fn present(text: String, name: &str) -> Result<String, Failure> {
    required(Some(text).filter(|text| !text.is_empty()), name)
}

fn time(time: DateTime) -> Result<Timestamp, Failure> {
    let nanoseconds = time.subsec_nanos().try_into().unwrap_or_default();
    Timestamp::new(time.secs(), nanoseconds)
        .map_err(|error| Failure::malformed(&format!("the answer has an impossible date: {error}")))
}

fn optional_time(value: Option<DateTime>) -> Result<Option<Timestamp>, Failure> {
    value.map(time).transpose()
}

fn required_time(value: Option<DateTime>, name: &str) -> Result<Timestamp, Failure> {
    time(required(value, name)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 3986 encoding, as the API reference of GetAccountAuthorizationDetails says: a plus is a plus.
    #[test]
    fn policy_documents_are_decoded_to_json() {
        let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Id%22%3A%22a+b%20c%22%7D";
        assert_eq!(document(encoded), json!({"Version": "2012-10-17", "Id": "a+b c"}));
    }

    #[test]
    fn a_document_that_is_no_json_stays_text() {
        assert_eq!(document("%7Bbroken"), json!("{broken"));
    }

    #[test]
    fn times_keep_their_fraction() {
        let converted = time(DateTime::from_secs_and_nanos(1_704_067_200, 500_000_000)).unwrap();
        assert_eq!(converted.to_string(), "2024-01-01T00:00:00.5Z");
    }

    #[test]
    fn an_absent_policy_is_no_default_policy() {
        let output = GetAccountPasswordPolicyOutput::builder().build();
        assert_eq!(password_policy(output).unwrap_err().code, "MalformedResponse");
    }
}
