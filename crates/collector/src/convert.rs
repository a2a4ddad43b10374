//! Converts the SDK's answers to the shapes that the AWS CLI prints.
//!
//! Lists are sorted, so that the same account gives the same bytes. An answer that lacks a field
//! that AWS always sends is malformed; the field never gets a default.

use std::cmp::Ordering;

use aws_sdk_iam::operation::get_credential_report::GetCredentialReportOutput;
use aws_sdk_iam::primitives::{Blob, DateTime};
use aws_sdk_iam::types;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use portcullis_evidence::shapes::{
    AccessKeyLastUsed, AccessKeyMetadata, Analyzer, AttachedPolicy, CallerIdentity,
    CredentialReport, DelegationRequest, DeviceOwner, DocumentJson, GroupDetail, InstanceProfile,
    LoginProfile, ManagedPolicyDetail, MfaDevice, OidcProviderEntry, PasswordPolicy,
    PermissionsBoundary, PolicyDetail, PolicyVersion, RoleDetail, RoleLastUsed, RootAccessKey,
    RootMfaDevice, RootUser, SamlProviderEntry, ServerCertificate, ServiceCredential,
    SigningCertificate, Tag, UserDetail, VirtualMfaDevice,
};
use thiserror::Error;

const NEGATIVE: &str = "the password policy has a negative number";

/// Why an answer is malformed.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    /// The answer lacks a field, given by AWS's name or ours.
    pub(crate) fn lacks(field: &str) -> Malformed {
        let mut name = String::new();
        for word in field.split('_') {
            let (first, rest) = word.split_at(1);
            name += &first.to_ascii_uppercase();
            name += rest;
        }
        Malformed(format!("the answer lacks {name}"))
    }
}

/// A part of a shape that is converted from the SDK's type.
pub(crate) trait Convert<T>: Sized {
    /// Converts a field that must be present.
    fn convert(value: T, field: &str) -> Result<Self, Malformed>;

    /// Converts an optional field that is present.
    fn convert_some(value: T, field: &str) -> Result<Self, Malformed> {
        Self::convert(value, field)
    }
}

/// A part of a shape that is empty if the answer lacks it.
pub(crate) trait Lenient<T>: Sized {
    /// Converts a field.
    fn lenient(value: T, field: &str) -> Result<Self, Malformed>;
}

/// An item of a sorted list.
pub(crate) trait Listed {
    /// Compares two items.
    fn order(&self, other: &Self) -> Ordering;
}

impl Convert<String> for String {
    /// Refuses an empty string, which the SDK uses for an absent field that AWS always sends.
    fn convert(value: String, field: &str) -> Result<String, Malformed> {
        if value.is_empty() {
            Err(Malformed::lacks(field))
        } else {
            Ok(value)
        }
    }

    fn convert_some(value: String, _: &str) -> Result<String, Malformed> {
        Ok(value)
    }
}

/// Declares conversions of single values from the SDK's type to ours.
macro_rules! conversions {
    ($($from:ty => $to:ty: |$value:ident, $field:ident| $made:expr;)*) => {
        $(impl Convert<$from> for $to {
            fn convert($value: $from, $field: &str) -> Result<$to, Malformed> {
                $made
            }
        })*
    };
}

conversions! {
    bool => bool: |value, _field| Ok(value);
    i32 => i32: |value, _field| Ok(value);
    i32 => u32: |value, _field| u32::try_from(value).map_err(|_| Malformed(NEGATIVE.to_owned()));
    String => Option<String>: |value, _field| Ok(Some(value).filter(|text| !text.is_empty()));
    String => DocumentJson: |value, _field| Ok(document(&value));
    Blob => String: |value, _field| Ok(BASE64.encode(value));
    DateTime => Timestamp: |value, _field| time(value);
    DateTime => Option<Timestamp>: |value, _field| time(value).map(Some);
}

/// Decodes a policy document to an object, as the AWS CLI prints it. Invalid JSON, or JSON with a
/// repeated key, stays text.
fn document(encoded: &str) -> DocumentJson {
    let decoded = percent_decode_str(encoded).decode_utf8_lossy();
    match serde_json::from_str(&decoded) {
        Ok(DocumentJson::Unique(json)) => DocumentJson::Unique(json),
        _ => DocumentJson::Unique(decoded.into()),
    }
}

/// Converts a time. One beyond the last timestamp becomes that one: certificates that never expire
/// say 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5).
fn time(time: DateTime) -> Result<Timestamp, Malformed> {
    if time.secs() > Timestamp::MAX.as_second() {
        return Ok(Timestamp::MAX);
    }
    let nanoseconds = time.subsec_nanos().try_into().unwrap_or_default();
    Timestamp::new(time.secs(), nanoseconds)
        .map_err(|error| Malformed(format!("the answer has an impossible date: {error}")))
}

impl<T, U: Convert<T>> Convert<Option<T>> for Option<U> {
    fn convert(value: Option<T>, field: &str) -> Result<Option<U>, Malformed> {
        value.map(|value| U::convert_some(value, field)).transpose()
    }
}

impl<T, U: Convert<T> + Listed> Convert<Vec<T>> for Vec<U> {
    fn convert(items: Vec<T>, field: &str) -> Result<Vec<U>, Malformed> {
        let mut list = Vec::new();
        for item in items {
            list.push(U::convert_some(item, field)?);
        }
        list.sort_by(U::order);
        Ok(list)
    }
}

impl<T, U: Convert<T> + Listed> Convert<Option<Vec<T>>> for Vec<U> {
    fn convert(items: Option<Vec<T>>, field: &str) -> Result<Vec<U>, Malformed> {
        Vec::convert(items.ok_or_else(|| Malformed::lacks(field))?, field)
    }
}

/// Declares types whose values must be present although the SDK makes them optional.
macro_rules! required {
    ($($ty:ty),*) => {
        $(impl<T> Convert<Option<T>> for $ty
        where
            $ty: Convert<T>,
        {
            fn convert(value: Option<T>, field: &str) -> Result<$ty, Malformed> {
                <$ty>::convert_some(value.ok_or_else(|| Malformed::lacks(field))?, field)
            }
        })*
    };
}

required!(DocumentJson, String, Timestamp);

/// Declares conversions of the SDK's enums, which are strings in the answers.
macro_rules! texts {
    ($($ty:ty),* $(,)?) => {
        $(impl Convert<$ty> for String {
            fn convert(value: $ty, field: &str) -> Result<String, Malformed> {
                String::convert(value.as_str().to_owned(), field)
            }
        })*
    };
}

texts!(
    types::FeatureType,
    types::PermissionsBoundaryAttachmentType,
    types::ReportFormatType,
    types::StateType,
    types::StatusType,
);

impl Listed for String {
    fn order(&self, other: &String) -> Ordering {
        self.cmp(other)
    }
}

impl Lenient<String> for String {
    fn lenient(value: String, field: &str) -> Result<String, Malformed> {
        String::convert_some(value, field)
    }
}

impl<T, U: Convert<T> + Default> Lenient<Option<T>> for U {
    fn lenient(value: Option<T>, field: &str) -> Result<U, Malformed> {
        Ok(Option::<U>::convert(value, field)?.unwrap_or_default())
    }
}

/// Declares how a shape is converted from the SDK's struct, whose fields have the same names, and
/// by which fields lists of it are sorted. Fields marked "or empty" are empty if AWS omits them.
macro_rules! converts {
    ($($from:ty => $to:ident $(by $($key:ident),+)? {
        $($field:ident $(or $empty:ident)?),+ $(,)?
    })+) => {
        $(
            impl Convert<$from> for $to {
                fn convert(sdk: $from, _: &str) -> Result<$to, Malformed> {
                    Ok($to { $($field: converts!(@ sdk $field $($empty)?)),+ })
                }
            }
            $(listed!($to by $($key),+);)?
        )+
    };
    (@ $sdk:ident $field:ident) => { Convert::convert($sdk.$field, stringify!($field))? };
    (@ $sdk:ident $field:ident empty) => { Lenient::lenient($sdk.$field, stringify!($field))? };
}

macro_rules! listed {
    ($shape:ident by $($key:ident),+) => {
        impl Listed for $shape {
            fn order(&self, other: &$shape) -> Ordering {
                ($(&self.$key,)+).cmp(&($(&other.$key,)+))
            }
        }
    };
}

converts! {
    GetCallerIdentityOutput => CallerIdentity { user_id, account, arn }
    GetCredentialReportOutput => CredentialReport { content, report_format, generated_time }
    types::PasswordPolicy => PasswordPolicy {
        minimum_password_length, require_symbols, require_numbers, require_uppercase_characters,
        require_lowercase_characters, allow_users_to_change_password, expire_passwords,
        max_password_age, password_reuse_prevention, hard_expiry,
    }
    types::VirtualMfaDevice => VirtualMfaDevice by serial_number {
        serial_number, user, enable_date,
    }
    types::User => DeviceOwner { user_name, user_id, arn }
    types::AccessKeyMetadata => AccessKeyMetadata by user_name, create_date, access_key_id {
        user_name, access_key_id, status, create_date,
    }
    types::MfaDevice => MfaDevice by user_name, serial_number {
        user_name, serial_number, enable_date,
    }
    types::MfaDevice => RootMfaDevice by serial_number { serial_number, enable_date }
    types::User => RootUser { arn, create_date, password_last_used }
    types::LoginProfile => LoginProfile { create_date }
    types::AccessKeyLastUsed => AccessKeyLastUsed {
        last_used_date, service_name or empty, region or empty,
    }
    types::SigningCertificate => SigningCertificate by certificate_id {
        certificate_id, status, upload_date,
    }
    types::UserDetail => UserDetail by arn {
        path or empty, user_name, user_id or empty, arn, create_date, user_policy_list or empty,
        group_list or empty, attached_managed_policies or empty, permissions_boundary,
        tags or empty,
    }
    types::GroupDetail => GroupDetail by arn {
        path or empty, group_name, group_id or empty, arn, create_date, group_policy_list or empty,
        attached_managed_policies or empty,
    }
    types::RoleDetail => RoleDetail by arn {
        path or empty, role_name, role_id or empty, arn, create_date, assume_role_policy_document,
        instance_profile_list or empty, role_policy_list or empty,
        attached_managed_policies or empty, permissions_boundary, tags or empty, role_last_used,
    }
    types::InstanceProfile => InstanceProfile by arn { instance_profile_name, arn, create_date }
    types::RoleLastUsed => RoleLastUsed { last_used_date, region }
    types::PolicyDetail => PolicyDetail by policy_name { policy_name, policy_document }
    types::AttachedPolicy => AttachedPolicy by policy_arn { policy_name, policy_arn }
    types::AttachedPermissionsBoundary => PermissionsBoundary {
        permissions_boundary_type or empty, permissions_boundary_arn,
    }
    types::ManagedPolicyDetail => ManagedPolicyDetail by arn {
        policy_name, policy_id or empty, arn, path or empty, default_version_id,
        attachment_count or empty, permissions_boundary_usage_count, is_attachable,
        create_date, update_date, policy_version_list or empty,
    }
    types::PolicyVersion => PolicyVersion by version_id {
        document, version_id, is_default_version, create_date,
    }
    types::DelegationRequest => DelegationRequest by delegation_request_id {
        delegation_request_id, requestor_id, requestor_name, approver_id, state, expiration_time,
    }
    types::SamlProviderListEntry => SamlProviderEntry by arn { arn, valid_until, create_date }
    types::OpenIdConnectProviderListEntry => OidcProviderEntry by arn { arn }
    types::ServerCertificateMetadata => ServerCertificate by arn {
        path or empty, server_certificate_name, server_certificate_id or empty, arn, upload_date,
        expiration,
    }
    types::ServiceSpecificCredentialMetadata => ServiceCredential by service_specific_credential_id {
        user_name, status, service_specific_credential_id, service_name, create_date,
        expiration_date,
    }
}

listed!(Analyzer by arn);
listed!(RootAccessKey by create_date, access_key_id);
listed!(Tag by key);

/// Unlike other strings, the value of a tag may be empty.
impl Convert<types::Tag> for Tag {
    fn convert(tag: types::Tag, _: &str) -> Result<Tag, Malformed> {
        Ok(Tag { key: tag.key, value: tag.value })
    }
}

/// The last use takes a call of its own.
impl Convert<types::AccessKeyMetadata> for RootAccessKey {
    fn convert(key: types::AccessKeyMetadata, _: &str) -> Result<RootAccessKey, Malformed> {
        Ok(RootAccessKey {
            access_key_id: Convert::convert(key.access_key_id, "access_key_id")?,
            status: Convert::convert(key.status, "status")?,
            create_date: Convert::convert(key.create_date, "create_date")?,
            access_key_last_used: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 3986 encoding, as the API reference of GetAccountAuthorizationDetails says: a plus is a
    /// plus.
    #[test]
    fn policy_documents_are_decoded_to_json() {
        let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Id%22%3A%22a+b%20c%22%7D";
        let json = json!({"Version": "2012-10-17", "Id": "a+b c"});
        assert_eq!(document(encoded), DocumentJson::Unique(json));
    }

    #[test]
    fn a_document_that_cannot_be_read_stays_text() {
        assert_eq!(document("%7Bbroken"), DocumentJson::Unique(json!("{broken")));
        let twice = r#"{"Version":"2012-10-17","Version":"2008-10-17"}"#;
        assert_eq!(document(twice), DocumentJson::Unique(json!(twice)));
    }

    #[test]
    fn times_keep_their_fraction() {
        let time = DateTime::from_secs_and_nanos(1_704_067_200, 500_000_000);
        let converted = Timestamp::convert(time, "").unwrap();
        assert_eq!(converted.to_string(), "2024-01-01T00:00:00.5Z");
    }

    #[test]
    fn the_end_of_time_is_the_last_moment_that_fits() {
        // 9999-12-31T23:59:59Z
        let end = Timestamp::convert(DateTime::from_secs(253_402_300_799), "").unwrap();
        assert_eq!(end, Timestamp::MAX);
        assert!(Timestamp::convert(DateTime::from_secs(i64::MIN), "").is_err());
    }

    #[test]
    fn what_is_lacking_has_the_name_that_aws_gives_it() {
        let lacks = Malformed::lacks("access_key_id").to_string();
        assert_eq!(lacks, "the answer lacks AccessKeyId");
    }
}
