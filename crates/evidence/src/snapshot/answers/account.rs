//! Answers of services other than IAM about the account, and of IAM about its organization.

use std::collections::BTreeMap;

use portcullis_model::{Arn, Fact, Source};

use super::super::documents::{self, Documents, Pages, Problem};
use crate::bundle::Document;
use crate::shapes;

/// What is said about the account as a whole.
pub(in crate::snapshot) struct AccountAnswers {
    /// The analyzers by region; a region that is absent did not answer.
    pub(in crate::snapshot) analyzers: Fact<BTreeMap<String, Vec<shapes::Analyzer>>>,
    /// The contacts by type; none: not set; absent: not known.
    pub(in crate::snapshot) contacts: Fact<BTreeMap<String, Option<shapes::AlternateContact>>>,
    /// The organization; none: the account is in none.
    pub(in crate::snapshot) organization: Fact<Option<shapes::OrganizationDetail>>,
    /// The features that are on; none: the account is not one that may ask.
    pub(in crate::snapshot) organizations_features: Fact<Option<Vec<String>>>,
    pub(in crate::snapshot) delegation_requests: Fact<Vec<shapes::DelegationRequest>>,
    /// The issuer of tokens for services outside of AWS; none: it is off.
    pub(in crate::snapshot) web_identity_issuer: Fact<Option<String>>,
}

impl AccountAnswers {
    pub(super) fn parse(documents: &mut Documents<'_>) -> AccountAnswers {
        AccountAnswers {
            analyzers: documents.read(Source::AccessAnalyzers, analyzers),
            contacts: documents.read(Source::AlternateContacts, contacts),
            organization: documents.read(Source::Organization, |document| {
                Ok(documents::one::<shapes::Organization>(document)?.organization)
            }),
            organizations_features: documents.read(Source::OrganizationsFeatures, |document| {
                Ok(documents::one::<shapes::OrganizationsFeatures>(document)?.enabled_features)
            }),
            delegation_requests: documents.read(Source::DelegationRequests, delegation_requests),
            web_identity_issuer: documents
                .read(Source::OutboundWebIdentityFederationInfo, web_identity_issuer),
        }
    }
}

fn analyzers(document: &Document) -> Result<BTreeMap<String, Vec<shapes::Analyzer>>, Problem> {
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

fn contacts(
    document: &Document,
) -> Result<BTreeMap<String, Option<shapes::AlternateContact>>, Problem> {
    let parts: Vec<shapes::AlternateContacts> = documents::all(document, Pages::ListingPerUser)?;
    let mut contacts = BTreeMap::new();
    for part in parts {
        let shapes::AlternateContacts { alternate_contact: one, alternate_contacts: several } =
            part;
        if one.is_none() && several.is_none() {
            return Err(Problem::malformed("holds an answer without AlternateContact"));
        }
        contacts.extend(one.map(|one| (one.alternate_contact_type.clone(), Some(one))));
        contacts.extend(several.unwrap_or_default());
    }
    Ok(contacts)
}

fn delegation_requests(document: &Document) -> Result<Vec<shapes::DelegationRequest>, Problem> {
    let pages: Vec<shapes::DelegationRequests> = documents::all(document, Pages::OneListing)?;
    Ok(pages.into_iter().flat_map(|page| page.delegation_requests).collect())
}

fn web_identity_issuer(document: &Document) -> Result<Option<String>, Problem> {
    let info: shapes::OutboundWebIdentityFederation = documents::one(document)?;
    Ok(info.issuer_identifier.filter(|_| info.jwt_vending_enabled != Some(false)))
}
