//! Answers about the account from services other than IAM.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::json_object::each_key_once;

shapes! {
    /// `aws accessanalyzer list-analyzers`, for one or several regions.
    AccessAnalyzers {
        #[serde(rename = "analyzers")]
        analyzers: Vec<Analyzer>,
        /// Ours: the regions queried, to distinguish "has none" from "was not queried".
        regions?: Vec<String>,
    }

    /// An analyzer; its ARN contains the region.
    Analyzer {
        #[serde(rename = "arn")]
        arn: String,
        #[serde(rename = "name")]
        name: String,
        /// `ACCOUNT` and `ORGANIZATION` analyzers look for external access.
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
    /// AWS answers `{"AlternateContact": {…}}` for a contact that is set, and an error for one that
    /// is not. Ours: `{"AlternateContacts": {"SECURITY": null}}` says that a contact is not set,
    /// and holds those that are. A type in neither field is not known.
    AlternateContacts {
        alternate_contact?: AlternateContact,
        #[serde(deserialize_with = "each_key_once")]
        alternate_contacts (or empty): BTreeMap<String, Option<AlternateContact>>,
    }

    /// An alternate contact. Name and telephone number are not stored.
    AlternateContact {
        /// `BILLING`, `OPERATIONS` or `SECURITY`.
        alternate_contact_type: String,
        email_address: String,
    }

    /// `aws organizations describe-organization`; null if AWS answered
    /// AWSOrganizationsNotInUseException, so the account belongs to no organization.
    Organization {
        // Unlike null, an absent field is not an answer.
        #[serde(deserialize_with = "Option::deserialize")]
        organization: Option<OrganizationDetail>,
    }

    /// The organization. The email address of its management account is not stored.
    OrganizationDetail {
        id: String,
        arn (or empty): String,
        feature_set?: String,
        /// The id of the management account; AWS still uses the old name for the field.
        #[serde(alias = "ManagementAccountId")]
        master_account_id?: String,
    }

    /// `aws iam list-organizations-features`; null if AWS answered that only the management account
    /// and IAM's delegated administrator may call it, so this account is neither.
    OrganizationsFeatures {
        organization_id?: String,
        // Unlike null, an absent field is not an answer.
        #[serde(deserialize_with = "Option::deserialize")]
        enabled_features: Option<Vec<String>>,
    }

    /// `aws iam list-delegation-requests`.
    DelegationRequests {
        delegation_requests: Vec<DelegationRequest>,
    }

    /// A partner's request for temporary access. Its messages and policy are not stored.
    DelegationRequest {
        delegation_request_id: String,
        requestor_id?: String,
        requestor_name?: String,
        approver_id?: String,
        /// `ACCEPTED` and `FINALIZED` requests are approved; see `StateType` in the API reference.
        state: String,
        #[serde(deserialize_with = "super::end")]
        expiration_time?: Timestamp,
    }

    /// `aws iam get-outbound-web-identity-federation-info`; null if AWS answered FeatureDisabled.
    OutboundWebIdentityFederation {
        // Unlike null, an absent field is not an answer.
        #[serde(deserialize_with = "Option::deserialize")]
        issuer_identifier: Option<String>,
        jwt_vending_enabled?: bool,
    }
}

impl OrganizationsFeatures {
    /// The feature that lets an organization manage the root users of its members.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>
    pub const ROOT_CREDENTIALS: &str = "RootCredentialsManagement";

    /// Whether the organization manages its members' root users; none if the account may not query
    /// this.
    pub fn manages_root_credentials(&self) -> Option<bool> {
        let features = self.enabled_features.as_ref()?;
        Some(
            features
                .iter()
                .any(|feature| feature == OrganizationsFeatures::ROOT_CREDENTIALS),
        )
    }
}
