//! Answers of services other than IAM about the account.

use std::collections::BTreeMap;

use portcullis_model::Arn;

use super::super::documents::{self, Pages, Problem};
use crate::bundle::Document;
use crate::shapes;

pub(super) fn analyzers(
    document: &Document,
) -> Result<BTreeMap<String, Vec<shapes::Analyzer>>, Problem> {
    let pages: Vec<shapes::AccessAnalyzers> = documents::all(document, Pages::ListingPerUser)?;
    let mut regions: BTreeMap<String, Vec<shapes::Analyzer>> = BTreeMap::new();
    for page in pages {
        for region in page.regions.unwrap_or_default() {
            regions.entry(region).or_default();
        }
        for analyzer in page.analyzers {
            let arn = Arn::parse(&analyzer.arn);
            let region = arn.ok_or_else(|| Problem::malformed("holds an analyzer without ARN"))?;
            regions.entry(region.region.to_owned()).or_default().push(analyzer);
        }
    }
    Ok(regions)
}

pub(super) fn contacts(
    document: &Document,
) -> Result<BTreeMap<String, Option<shapes::AlternateContact>>, Problem> {
    let mut contacts = BTreeMap::new();
    let answers: Vec<shapes::AlternateContacts> = documents::all(document, Pages::ListingPerUser)?;
    for answer in answers {
        if answer.alternate_contact.is_none() && answer.alternate_contacts.is_none() {
            return Err(Problem::malformed("holds an answer without AlternateContact"));
        }
        if let Some(contact) = answer.alternate_contact {
            contacts.insert(contact.alternate_contact_type.clone(), Some(contact));
        }
        contacts.extend(answer.alternate_contacts.unwrap_or_default());
    }
    Ok(contacts)
}

pub(super) fn web_identity_issuer(info: shapes::OutboundWebIdentityFederation) -> Option<String> {
    info.issuer_identifier.filter(|_| info.jwt_vending_enabled != Some(false))
}
