//! The account's contacts, and its place in an organization.

use std::collections::BTreeMap;

use portcullis_model::{AccountId, Arn, Fact, Source};

use super::answers::Answers;
use super::documents::{self, Documents, Pages, Problem, each_once};
use super::gaps::Gaps;
use crate::bundle::Document;
use crate::shapes::{
    AlternateContact, AlternateContacts, Organization, OrganizationDetail, OrganizationsFeatures,
};

/// The types of alternate contacts, as AWS names them and as rules do.
const CONTACTS: [(&str, &str); 3] =
    [("BILLING", "billing"), ("OPERATIONS", "operations"), ("SECURITY", "security")];

/// Without all features, an organization has none that concern root users.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>
const ALL_FEATURES: &str = "ALL";

/// The alternate contacts that are set: their names in rules, with their email addresses; none: the
/// partition has no such contacts.
pub(super) fn contacts(
    partition: &str,
    documents: &mut Documents<'_>,
) -> Fact<Option<Vec<(&'static str, String)>>> {
    let source = Source::AlternateContacts;
    if !source.is_offered_in(partition) {
        return Fact::Known(None);
    }
    let by_type = match documents.read(source, contacts_by_type) {
        Fact::Known(by_type) => by_type,
        Fact::Missing(sources) => return Fact::Missing(sources),
    };
    let mut set = Vec::new();
    for (kind, name) in CONTACTS {
        match documents.gaps.require(by_type.get(kind), source, kind, "was not asked for") {
            Fact::Known(None) => {}
            Fact::Known(Some(contact)) => set.push((name, contact.email_address.to_lowercase())),
            Fact::Missing(sources) => return Fact::Missing(sources),
        }
    }
    Fact::Known(Some(set))
}

/// The contacts by type; none: not set; absent: not known.
fn contacts_by_type(
    document: &Document,
) -> Result<BTreeMap<String, Option<AlternateContact>>, Problem> {
    let mut contacts: Vec<(String, Option<AlternateContact>)> = Vec::new();
    let answers: Vec<AlternateContacts> = documents::all(document, Pages::ListingPerUser)?;
    for answer in answers {
        if answer.alternate_contact.is_none() && answer.alternate_contacts.is_empty() {
            return Err(Problem::malformed("holds an answer without AlternateContact"));
        }
        if let Some(contact) = answer.alternate_contact {
            contacts.push((contact.alternate_contact_type.clone(), Some(contact)));
        }
        for (kind, contact) in answer.alternate_contacts {
            if contact.as_ref().is_some_and(|contact| contact.alternate_contact_type != kind) {
                return Err(Problem::malformed(format!(
                    "holds a contact of another type as {kind}"
                )));
            }
            contacts.push((kind, contact));
        }
    }
    each_once(&mut contacts, |(kind, _)| kind)?;
    let mut set = contacts.iter().filter_map(|(_, contact)| contact.as_ref());
    if let Some(contact) = set.find(|contact| contact.email_address.trim().is_empty()) {
        let kind = &contact.alternate_contact_type;
        return Err(Problem::malformed(format!("holds a {kind} contact without an address")));
    }
    Ok(contacts.into_iter().collect())
}

/// The organization, if its ARN says the same as its ids; none: the account is in none.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
pub(super) fn organization(document: &Document) -> Result<Option<OrganizationDetail>, Problem> {
    let answer: Organization = documents::one(document)?;
    let Some(organization) = &answer.organization else { return Ok(None) };
    let OrganizationDetail { id, arn, master_account_id, .. } = organization;
    if id.strip_prefix("o-").is_none_or(str::is_empty) {
        return Err(Problem::malformed("holds an organization without an Id such as o-a1b2c3d4e5"));
    }
    let parts = Arn::parse(arn);
    let has_id = parts.is_some_and(|arn| arn.path_and_name("organization") == Some(("/", id)));
    // The account in the ARN is the management account.
    let management = parts.map(|arn| arn.account);
    let is_of_other = master_account_id.as_deref().is_some_and(|id| Some(id) != management);
    if !arn.is_empty() && (!has_id || is_of_other) {
        let message = format!("gives {arn} another Id or MasterAccountId than its ARN does");
        return Err(Problem { code: "Contradictory", message });
    }
    Ok(answer.organization)
}

/// Whether this is the management account of an organization.
pub(super) fn is_management_account(answers: &Answers, gaps: &mut Gaps) -> Fact<bool> {
    let organization = match &answers.organization {
        Fact::Known(Some(organization)) => organization,
        Fact::Known(None) => return Fact::Known(false),
        Fact::Missing(sources) => return Fact::Missing(*sources),
    };
    let id = organization.master_account_id.as_ref();
    let management = id.filter(|id| AccountId::parse(id).is_some());
    let message = "the answer lacks MasterAccountId";
    gaps.require(management, Source::Organization, &organization.id, message)
        .map(|management| *management == answers.identity.account)
}

/// Whether root credentials of member accounts are managed centrally; none: this account cannot tell.
pub(super) fn root_credentials_managed(
    answers: &Answers,
    documents: &mut Documents<'_>,
) -> Fact<Option<bool>> {
    let own = answers.organization.as_ref().known().and_then(Option::as_ref);
    documents.read(Source::OrganizationsFeatures, |document| {
        let answer: OrganizationsFeatures = documents::one(document)?;
        if let (Some(own), Some(id)) = (own, &answer.organization_id)
            && own.id != *id
        {
            let message = format!("is of the organization {id}, not of {}; it is not used", own.id);
            return Err(Problem { code: "WrongAccount", message });
        }
        let managed = answer.manages_root_credentials();
        let management = own.and_then(|own| own.master_account_id.as_deref());
        if managed.is_none() && management == Some(answers.identity.account.as_str()) {
            return Err(Problem {
                code: "Contradictory",
                message: "says that the account may not ask, though it is the management account"
                    .to_owned(),
            });
        }
        let has_features = answer.enabled_features.is_some_and(|features| !features.is_empty());
        if has_features && matches!(answers.organization, Fact::Known(None)) {
            let message = "holds features, though the account is in no organization".to_owned();
            return Err(Problem { code: "Contradictory", message });
        }
        let set = own.and_then(|own| own.feature_set.as_deref()).unwrap_or(ALL_FEATURES);
        if has_features && set != ALL_FEATURES {
            let message = format!("holds features, though those of the organization are {set}");
            return Err(Problem { code: "Contradictory", message });
        }
        Ok(managed)
    })
}
