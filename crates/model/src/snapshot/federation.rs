//! Identity providers and server certificates.

use jiff::Timestamp;

use crate::Fact;
use crate::record::record;

record! {
    /// A SAML provider.
    #[from(SamlProviders)]
    #[resource(id = arn, name = name)]
    pub struct SamlProvider {
        /// The ARN.
        pub arn: String,
        /// The name.
        pub name: String,
        /// When the provider's metadata expires, according to AWS or to the metadata itself, whichever is earlier; null:
        /// never.
        pub valid_until: Fact<Option<Timestamp>>,
        /// Days until then; null: never.
        pub valid_days_left: Fact<Option<f64>>,
        /// The first time at which none of the signing certificates in its metadata is valid;
        /// null: it has none.
        pub certificate_expires: Fact<Option<Timestamp>>,
        /// Days until then; null: it has none.
        pub certificate_days_left: Fact<Option<f64>>,
    }
}

record! {
    /// An OIDC provider.
    #[from(OpenIdConnectProviders)]
    #[resource(id = arn, name = url)]
    pub struct OidcProvider {
        /// The ARN.
        pub arn: String,
        /// The issuer's URL, without `https://`.
        pub url: String,
        /// The client ids (audiences) it accepts.
        pub client_ids: Fact<Vec<String>>,
    }
}

record! {
    /// A TLS certificate stored in IAM.
    #[from(ServerCertificates)]
    #[resource(id = arn, name = name)]
    pub struct ServerCertificate {
        /// The ARN.
        pub arn: String,
        /// The name.
        pub name: String,
        /// When it expires.
        pub expires: Fact<Timestamp>,
        /// Days until it expires; negative: since it expired.
        pub days_left: Fact<f64>,
    }
}
