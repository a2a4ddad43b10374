//! Answers about providers of identities, and certificates and credentials for services.

use portcullis_model::{Fact, Source};

use super::super::documents::{self, Documents, Pages, Problem};
use crate::bundle::Document;
use crate::shapes;

/// What IAM says beside users, groups, roles and policies.
pub(in crate::snapshot) struct FederationAnswers {
    pub(in crate::snapshot) saml_providers: Fact<shapes::SamlProviders>,
    pub(in crate::snapshot) oidc_providers: Fact<shapes::OidcProviders>,
    pub(in crate::snapshot) server_certificates: Fact<Vec<shapes::ServerCertificate>>,
    pub(in crate::snapshot) service_credentials: Fact<Vec<shapes::ServiceCredential>>,
}

impl FederationAnswers {
    pub(super) fn parse(documents: &mut Documents<'_>) -> FederationAnswers {
        FederationAnswers {
            saml_providers: documents.read(Source::SamlProviders, saml_providers),
            oidc_providers: documents.read(Source::OpenIdConnectProviders, oidc_providers),
            server_certificates: documents.read(Source::ServerCertificates, server_certificates),
            service_credentials: documents
                .read(Source::ServiceSpecificCredentials, service_credentials),
        }
    }
}

/// The list may stand anywhere among the answers, but it must be there.
fn saml_providers(document: &Document) -> Result<shapes::SamlProviders, Problem> {
    let parts: Vec<shapes::SamlProviders> = documents::all(document, Pages::OneListing)?;
    let lists: Vec<_> = parts.iter().filter_map(|part| part.list.clone()).collect();
    if lists.is_empty() {
        return Err(Problem::malformed("lacks SAMLProviderList"));
    }
    let answers = parts.into_iter().flat_map(|part| part.answers).collect();
    Ok(shapes::SamlProviders { list: Some(lists.concat()), answers })
}

fn oidc_providers(document: &Document) -> Result<shapes::OidcProviders, Problem> {
    let parts: Vec<shapes::OidcProviders> = documents::all(document, Pages::OneListing)?;
    let lists: Vec<_> = parts.iter().filter_map(|part| part.list.clone()).collect();
    if lists.is_empty() {
        return Err(Problem::malformed("lacks OpenIDConnectProviderList"));
    }
    let answers = parts.into_iter().flat_map(|part| part.answers).collect();
    Ok(shapes::OidcProviders { list: Some(lists.concat()), answers })
}

fn server_certificates(document: &Document) -> Result<Vec<shapes::ServerCertificate>, Problem> {
    let pages: Vec<shapes::ServerCertificates> = documents::all(document, Pages::OneListing)?;
    Ok(pages.into_iter().flat_map(|page| page.server_certificate_metadata_list).collect())
}

fn service_credentials(document: &Document) -> Result<Vec<shapes::ServiceCredential>, Problem> {
    let pages: Vec<shapes::ServiceCredentials> = documents::all(document, Pages::OneListing)?;
    Ok(pages.into_iter().flat_map(|page| page.service_specific_credentials).collect())
}
