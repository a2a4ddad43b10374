//! Answers about identity providers.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::documents::{self, Pages, Problem, each_once};
use crate::bundle::Document;
use crate::shapes;

pub(in crate::snapshot) type SamlProviders =
    Providers<shapes::SamlProviderEntry, shapes::SamlProvider>;
pub(in crate::snapshot) type OidcProviders =
    Providers<shapes::OidcProviderEntry, shapes::OidcProvider>;

/// A list of providers, and the answers about each by ARN.
pub(in crate::snapshot) struct Providers<E, A> {
    pub(in crate::snapshot) list: Vec<E>,
    pub(in crate::snapshot) answers: HashMap<String, A>,
}

pub(super) fn saml_providers(document: &Document) -> Result<SamlProviders, Problem> {
    let parts = |part: shapes::SamlProviders| (part.list, part.answers);
    let lacks = "lacks SAMLProviderList";
    providers(document, lacks, parts, |entry| &entry.arn, |answer| &answer.arn)
}

pub(super) fn oidc_providers(document: &Document) -> Result<OidcProviders, Problem> {
    let parts = |part: shapes::OidcProviders| (part.list, part.answers);
    let lacks = "lacks OpenIDConnectProviderList";
    providers(document, lacks, parts, |entry| &entry.arn, |answer| &answer.arn)
}

/// Reads a list of providers and the answers about each. The list may come anywhere among the
/// answers, but must not be missing.
fn providers<P: DeserializeOwned, E: Serialize, A: Serialize>(
    document: &Document,
    lacks: &str,
    parts: impl Fn(P) -> (Option<Vec<E>>, Vec<A>),
    listed: impl Fn(&E) -> &str,
    answered: impl Fn(&A) -> &str,
) -> Result<Providers<E, A>, Problem> {
    let (mut list, mut answers) = (None, Vec::new());
    for part in documents::all(document, Pages::OneListing)? {
        let (entries, answered) = parts(part);
        if let Some(entries) = entries {
            list.get_or_insert_with(Vec::new).extend(entries);
        }
        answers.extend(answered);
    }
    let mut list = list.ok_or_else(|| Problem::malformed(lacks))?;
    each_once(&mut list, &listed)?;
    each_once(&mut answers, &answered)?;
    let mut by_arn = HashMap::new();
    for answer in answers {
        let arn = answered(&answer).to_owned();
        if !list.iter().any(|entry| listed(entry) == arn) {
            let message = format!("holds an answer about {arn}, which it does not list");
            return Err(Problem { code: "Contradictory", message });
        }
        by_arn.insert(arn, answer);
    }
    Ok(Providers { list, answers: by_arn })
}
