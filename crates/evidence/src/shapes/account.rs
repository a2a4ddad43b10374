//! What services other than IAM say about the account.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::json_object::each_key_once;

shapes! {
    /// `aws accessanalyzer list-analyzers`, of one or of several regions.
    AccessAnalyzers {
        #[serde(rename = "analyzers")]
        analyzers: Vec<Analyzer>,
        /// Ours: the regions that were asked, so that "has none" differs from "was not asked".
        regions?: Vec<String>,
    }

    /// An analyzer; its ARN names the region.
    Analyzer {
        #[serde(rename = "arn")]
        arn: String,
        #[serde(rename = "name")]
        name: String,
        /// `ACCOUNT` and `ORGANIZATION` look for external access, the others for other things.
        #[serde(rename = "type")]
        r#type: String,
        /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED`.
        #[serde(rename = "status")]
        status: String,
        #[serde(rename = "createdAt")]
        created_at?: Timestamp,
    }

    /// `aws account get-alternate-contact`, for each type.
    ///
    /// AWS tells of a contact that is set by `{"AlternateContact": {…}}`, and of one that is not by an
    /// error. Ours: `{"AlternateContacts": {"SECURITY": null}}` says that it is not set, and holds those
    /// that are set in the same way. A type that is in neither is not known.
    AlternateContacts {
        alternate_contact?: AlternateContact,
        #[serde(deserialize_with = "each_key_once")]
        alternate_contacts (or empty): BTreeMap<String, Option<AlternateContact>>,
    }

    /// An alternate contact. Name and telephone number are not kept.
    AlternateContact {
        /// `BILLING`, `OPERATIONS` or `SECURITY`.
        alternate_contact_type: String,
        email_address: String,
    }

    /// `aws organizations describe-organization`; null: AWS said AWSOrganizationsNotInUseException, so
    /// the account is in none.
    Organization {
        // Absent is not an answer, unlike null.
        #[serde(deserialize_with = "Option::deserialize")]
        organization: Option<OrganizationDetail>,
    }

    /// The organization. The email address of its management account is not kept.
    OrganizationDetail {
        id: String,
        arn (or empty): String,
        feature_set?: String,
        /// The id of the management account, which AWS still calls by its old name.
        #[serde(alias = "ManagementAccountId")]
        master_account_id?: String,
    }

    /// `aws iam list-organizations-features`; null: AWS said that only the management account and the
    /// delegated administrator of IAM may ask, so the account is neither.
    OrganizationsFeatures {
        organization_id?: String,
        // Absent is not an answer, unlike null.
        #[serde(deserialize_with = "Option::deserialize")]
        enabled_features: Option<Vec<String>>,
    }

    /// `aws iam list-delegation-requests`.
    DelegationRequests {
        delegation_requests: Vec<DelegationRequest>,
    }

    /// A partner's request for temporary access. Its messages and its policy are not kept.
    DelegationRequest {
        delegation_request_id: String,
        requestor_id?: String,
        requestor_name?: String,
        approver_id?: String,
        /// `ACCEPTED` and `FINALIZED` ones are approved; see `StateType` in the API reference.
        state: String,
        #[serde(deserialize_with = "super::end")]
        expiration_time?: Timestamp,
    }

    /// `aws iam get-outbound-web-identity-federation-info`; null: AWS said FeatureDisabled.
    OutboundWebIdentityFederation {
        // Absent is not an answer, unlike null.
        #[serde(deserialize_with = "Option::deserialize")]
        issuer_identifier: Option<String>,
        jwt_vending_enabled?: bool,
    }
}

impl OrganizationsFeatures {
    /// The feature that lets an organization manage its members' root users.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>
    pub const ROOT_CREDENTIALS: &str = "RootCredentialsManagement";

    /// Whether the organization manages its members' root users; none: the account may not ask.
    #[must_use]
    pub fn manages_root_credentials(&self) -> Option<bool> {
        let features = self.enabled_features.as_ref()?;
        Some(features.iter().any(|feature| feature == OrganizationsFeatures::ROOT_CREDENTIALS))
    }
}
