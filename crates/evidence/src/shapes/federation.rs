//! Identity providers, server certificates and service-specific credentials.
//!
//! If each item of a list takes a call of its own, the file contains the list and the answers, each
//! with the ARN that was queried. All of that may be one document, or the answers may follow the
//! list one by one: `{"SAMLProviderList": […]}`, then
//! `{"SAMLProviders": [{"Arn": "…", …the output of get-saml-provider…}]}`.

use jiff::Timestamp;

shapes! {
    /// `aws iam list-saml-providers` and `aws iam get-saml-provider` for each.
    SamlProviders {
        #[serde(rename = "SAMLProviderList")]
        list?: Vec<SamlProviderEntry>,
        #[serde(rename = "SAMLProviders")]
        answers (or empty): Vec<SamlProvider>,
    }

    /// A SAML provider in the list.
    SamlProviderEntry {
        arn: String,
        #[serde(deserialize_with = "super::end")]
        valid_until?: Timestamp,
        create_date?: Timestamp,
    }

    /// The details of a SAML provider. Its private keys are not stored.
    SamlProvider {
        /// Ours: the ARN queried.
        arn: String,
        /// The metadata of the identity provider, in XML.
        #[serde(rename = "SAMLMetadataDocument")]
        metadata: String,
        #[serde(deserialize_with = "super::end")]
        valid_until?: Timestamp,
        create_date?: Timestamp,
    }

    /// `aws iam list-open-id-connect-providers` and `aws iam get-open-id-connect-provider` for
    /// each.
    OidcProviders {
        #[serde(rename = "OpenIDConnectProviderList")]
        list?: Vec<OidcProviderEntry>,
        #[serde(rename = "OpenIDConnectProviders")]
        answers (or empty): Vec<OidcProvider>,
    }

    /// An OIDC provider in the list.
    OidcProviderEntry {
        arn: String,
    }

    /// The details of an OIDC provider.
    OidcProvider {
        /// Ours: the ARN queried.
        arn: String,
        url: String,
        #[serde(rename = "ClientIDList")]
        client_ids (or empty): Vec<String>,
        #[serde(rename = "ThumbprintList")]
        thumbprints (or empty): Vec<String>,
        create_date?: Timestamp,
    }

    /// `aws iam list-server-certificates`.
    ServerCertificates {
        server_certificate_metadata_list: Vec<ServerCertificate>,
    }

    /// A TLS certificate stored in IAM.
    ServerCertificate {
        path (or empty): String,
        server_certificate_name: String,
        server_certificate_id (or empty): String,
        arn: String,
        upload_date?: Timestamp,
        #[serde(deserialize_with = "super::end")]
        expiration?: Timestamp,
    }

    /// `aws iam list-service-specific-credentials --all-users`.
    ServiceCredentials {
        service_specific_credentials: Vec<ServiceCredential>,
    }

    /// A service-specific credential of a user.
    ServiceCredential {
        user_name: String,
        /// `Active`, `Inactive` or `Expired`.
        status: String,
        service_specific_credential_id: String,
        service_name: String,
        create_date?: Timestamp,
        /// Absent if the credential never expires.
        #[serde(deserialize_with = "super::end")]
        expiration_date?: Timestamp,
    }
}
