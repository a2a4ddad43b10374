//! Answers about providers of identities, and certificates and credentials for services.

use serde::de::DeserializeOwned;

use super::super::documents::{self, Pages, Problem};
use crate::bundle::Document;
use crate::shapes;

pub(in crate::snapshot) type SamlProviders =
    Providers<shapes::SamlProviderEntry, shapes::SamlProvider>;
pub(in crate::snapshot) type OidcProviders =
    Providers<shapes::OidcProviderEntry, shapes::OidcProvider>;

/// A list of providers, and what was answered about each.
pub(in crate::snapshot) struct Providers<E, A> {
    pub(in crate::snapshot) list: Vec<E>,
    pub(in crate::snapshot) answers: Vec<A>,
}

pub(super) fn saml_providers(document: &Document) -> Result<SamlProviders, Problem> {
    let parts = |part: shapes::SamlProviders| (part.list, part.answers);
    providers(document, "lacks SAMLProviderList", parts)
}

pub(super) fn oidc_providers(document: &Document) -> Result<OidcProviders, Problem> {
    let parts = |part: shapes::OidcProviders| (part.list, part.answers);
    providers(document, "lacks OpenIDConnectProviderList", parts)
}

/// The list may stand anywhere among the answers, but it must be there.
fn providers<P: DeserializeOwned, E, A>(
    document: &Document,
    lacks: &str,
    parts: impl Fn(P) -> (Option<Vec<E>>, Vec<A>),
) -> Result<Providers<E, A>, Problem> {
    let mut list = None;
    let mut answers = Vec::new();
    for part in documents::all(document, Pages::OneListing)? {
        let (entries, some) = parts(part);
        if let Some(entries) = entries {
            list.get_or_insert_with(Vec::new).extend(entries);
        }
        answers.extend(some);
    }
    Ok(Providers { list: list.ok_or_else(|| Problem::malformed(lacks))?, answers })
}

pub(super) fn server_certificates(
    document: &Document,
) -> Result<Vec<shapes::ServerCertificate>, Problem> {
    let pages: Vec<shapes::ServerCertificates> = documents::all(document, Pages::OneListing)?;
    Ok(pages.into_iter().flat_map(|page| page.server_certificate_metadata_list).collect())
}

pub(super) fn service_credentials(
    document: &Document,
) -> Result<Vec<shapes::ServiceCredential>, Problem> {
    let pages: Vec<shapes::ServiceCredentials> = documents::all(document, Pages::OneListing)?;
    Ok(pages.into_iter().flat_map(|page| page.service_specific_credentials).collect())
}
