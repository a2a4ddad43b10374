//! Providers of identities, and certificates and credentials for services.
//!
//! Where each item of a list is asked for by a call of its own, the file holds the list and then
//! the answers, each with the ARN that was asked for. One document may hold all of that, or the
//! answers may follow the list one by one: `{"SAMLProviderList": […]}`, then
//! `{"SAMLProviders": [{"Arn": "…", …what get-saml-provider prints…}]}`.

use jiff::Timestamp;

shapes! {
    /// `aws iam list-saml-providers` and `aws iam get-saml-provider` for each.
    SamlProviders {
        #[serde(rename = "SAMLProviderList")]
        opt list: Vec<SamlProviderEntry>,
        #[serde(rename = "SAMLProviders")]
        lax answers: Vec<SamlProvider>,
    }

    /// A SAML provider in the list.
    SamlProviderEntry {
        arn: String,
        opt valid_until: Timestamp,
        opt create_date: Timestamp,
    }

    /// A SAML provider as asked for by its ARN. Its private keys are not kept.
    SamlProvider {
        /// Ours: the ARN that was asked for.
        arn: String,
        /// The metadata of the identity provider, in XML.
        #[serde(rename = "SAMLMetadataDocument")]
        metadata: String,
        opt valid_until: Timestamp,
        opt create_date: Timestamp,
    }

    /// `aws iam list-open-id-connect-providers` and `aws iam get-open-id-connect-provider` for each.
    OidcProviders {
        #[serde(rename = "OpenIDConnectProviderList")]
        opt list: Vec<OidcProviderEntry>,
        #[serde(rename = "OpenIDConnectProviders")]
        lax answers: Vec<OidcProvider>,
    }

    /// An OIDC provider in the list.
    OidcProviderEntry {
        arn: String,
    }

    /// An OIDC provider as asked for by its ARN.
    OidcProvider {
        /// Ours: the ARN that was asked for.
        arn: String,
        url: String,
        #[serde(rename = "ClientIDList")]
        lax client_ids: Vec<String>,
        #[serde(rename = "ThumbprintList")]
        lax thumbprints: Vec<String>,
        opt create_date: Timestamp,
    }

    /// `aws iam list-server-certificates`.
    ServerCertificates {
        server_certificate_metadata_list: Vec<ServerCertificate>,
    }

    /// A TLS certificate kept in IAM.
    ServerCertificate {
        lax path: String,
        server_certificate_name: String,
        lax server_certificate_id: String,
        arn: String,
        opt upload_date: Timestamp,
        opt expiration: Timestamp,
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
        opt create_date: Timestamp,
        /// Absent: it never expires.
        opt expiration_date: Timestamp,
    }
}
