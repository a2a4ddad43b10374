//! Providers of identities, and certificates and credentials for services.
//!
//! Where each item of a list is asked for by a call of its own, the file holds the list and then
//! the answers, each with the ARN that was asked for. One document may hold all of that, or the
//! answers may follow the list one by one: `{"SAMLProviderList": […]}`, then
//! `{"SAMLProviders": [{"Arn": "…", …what get-saml-provider prints…}]}`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `aws iam list-saml-providers` and `aws iam get-saml-provider` for each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SamlProviders {
    #[serde(rename = "SAMLProviderList", default, skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<Vec<SamlProviderEntry>>,
    #[serde(rename = "SAMLProviders", default)]
    pub(crate) answers: Vec<SamlProvider>,
}

/// A SAML provider in the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SamlProviderEntry {
    pub(crate) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
}

/// A SAML provider as asked for by its ARN. Its private keys are not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SamlProvider {
    /// Ours: the ARN that was asked for.
    pub(crate) arn: String,
    /// The metadata of the identity provider, in XML.
    #[serde(rename = "SAMLMetadataDocument")]
    pub(crate) metadata: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
}

/// `aws iam list-open-id-connect-providers` and `aws iam get-open-id-connect-provider` for each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OidcProviders {
    #[serde(
        rename = "OpenIDConnectProviderList",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) list: Option<Vec<OidcProviderEntry>>,
    #[serde(rename = "OpenIDConnectProviders", default)]
    pub(crate) answers: Vec<OidcProvider>,
}

/// An OIDC provider in the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OidcProviderEntry {
    pub(crate) arn: String,
}

/// An OIDC provider as asked for by its ARN.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OidcProvider {
    /// Ours: the ARN that was asked for.
    pub(crate) arn: String,
    pub(crate) url: String,
    #[serde(rename = "ClientIDList", default)]
    pub(crate) client_ids: Vec<String>,
    #[serde(rename = "ThumbprintList", default)]
    pub(crate) thumbprints: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
}

/// `aws iam list-server-certificates`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServerCertificates {
    pub(crate) server_certificate_metadata_list: Vec<ServerCertificate>,
}

/// A TLS certificate kept in IAM.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServerCertificate {
    #[serde(default)]
    pub(crate) path: String,
    #[serde(rename = "ServerCertificateName")]
    pub(crate) name: String,
    #[serde(rename = "ServerCertificateId", default)]
    pub(crate) id: String,
    pub(crate) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upload_date: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expiration: Option<Timestamp>,
}

/// `aws iam list-service-specific-credentials --all-users`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServiceCredentials {
    pub(crate) service_specific_credentials: Vec<ServiceCredential>,
}

/// A service-specific credential of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServiceCredential {
    pub(crate) user_name: String,
    /// `Active`, `Inactive` or `Expired`.
    pub(crate) status: String,
    pub(crate) service_specific_credential_id: String,
    pub(crate) service_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_date: Option<Timestamp>,
    /// Absent: it never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expiration_date: Option<Timestamp>,
}
