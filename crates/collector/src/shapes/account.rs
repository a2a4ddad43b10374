//! What services other than IAM say about the account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `aws accessanalyzer list-analyzers`, of one or of several regions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessAnalyzers {
    pub(crate) analyzers: Vec<Analyzer>,
    /// Ours: the regions that were asked, so that "has none" differs from "was not asked".
    #[serde(rename = "Regions", default, skip_serializing_if = "Option::is_none")]
    pub(crate) regions: Option<Vec<String>>,
}

impl AccessAnalyzers {
    /// The answers of those regions.
    pub(crate) fn of(mut analyzers: Vec<Analyzer>, regions: Vec<String>) -> AccessAnalyzers {
        analyzers.sort_by(|a, b| a.arn.cmp(&b.arn));
        AccessAnalyzers { analyzers, regions: Some(regions) }
    }
}

/// An analyzer; its ARN names the region.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analyzer {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// `ACCOUNT` and `ORGANIZATION` look for external access, the others for other things.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED`.
    pub(crate) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<Timestamp>,
}

/// `aws account get-alternate-contact`, for each type.
///
/// AWS tells of a contact that is set by `{"AlternateContact": {…}}`, and of one that is not by an
/// error. Ours: `{"AlternateContacts": {"SECURITY": null}}` says that it is not set, and holds those
/// that are set in the same way. A type that is in neither is not known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AlternateContacts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alternate_contact: Option<AlternateContact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alternate_contacts: Option<BTreeMap<String, Option<AlternateContact>>>,
}

/// An alternate contact. Name and telephone number are not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AlternateContact {
    /// `BILLING`, `OPERATIONS` or `SECURITY`.
    pub(crate) alternate_contact_type: String,
    pub(crate) email_address: String,
}

/// `aws organizations describe-organization`; null: AWS said AWSOrganizationsNotInUseException, so
/// the account is in none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Organization {
    // Absent is no answer, unlike null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) organization: Option<OrganizationDetail>,
}

/// The organization. The e-mail address of its management account is not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OrganizationDetail {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) feature_set: Option<String>,
    /// The id of the management account, which AWS still calls by its old name.
    #[serde(alias = "ManagementAccountId", default, skip_serializing_if = "Option::is_none")]
    pub(crate) master_account_id: Option<String>,
}

/// `aws iam list-organizations-features`; null: AWS said that only the management account and the
/// delegated administrator of IAM may ask, so the account is neither.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OrganizationsFeatures {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization_id: Option<String>,
    // Absent is no answer, unlike null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) enabled_features: Option<Vec<String>>,
}

/// `aws iam list-delegation-requests`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DelegationRequests {
    pub(crate) delegation_requests: Vec<DelegationRequest>,
}

/// A partner's request for temporary access. Its messages and its policy are not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DelegationRequest {
    #[serde(rename = "DelegationRequestId")]
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) requestor_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) requestor_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approver_id: Option<String>,
    /// `ACCEPTED` and `FINALIZED` ones are approved; see `StateType` in the API reference.
    pub(crate) state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expiration_time: Option<Timestamp>,
}

/// `aws iam get-outbound-web-identity-federation-info`; null: AWS said FeatureDisabled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OutboundWebIdentityFederation {
    // Absent is no answer, unlike null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) issuer_identifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jwt_vending_enabled: Option<bool>,
}
