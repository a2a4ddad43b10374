//! The account's alternate contacts.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Fact, Source};

use super::documents::{self, Documents, Pages, Problem, each_once};
use super::facts::any;
use crate::bundle::Document;
use crate::shapes::{AlternateContact, AlternateContacts};

/// The types of alternate contacts: AWS's name and the name in rules.
const TYPES: [(&str, &str); 3] =
    [("BILLING", "billing"), ("OPERATIONS", "operations"), ("SECURITY", SECURITY)];
const SECURITY: &str = "security";

/// The email address of each type of alternate contact; none if the contact is not set.
pub(super) struct Contacts {
    by_type: Vec<(&'static str, Fact<Option<String>>)>,
}

/// Reads the contacts; none if the partition does not offer them.
pub(super) fn read(partition: &str, documents: &mut Documents<'_>) -> Option<Contacts> {
    let source = Source::AlternateContacts;
    if !source.is_offered_in(partition) {
        return None;
    }
    let answers = documents.read(source, contacts_by_type);
    let mut by_type = Vec::new();
    for (kind, name) in TYPES {
        let address = answers.as_ref().and_then(|answers| {
            let contact =
                documents
                    .gaps
                    .require(answers.get(kind), source, kind, "was not requested");
            contact.map(|contact| contact.as_ref().map(address))
        });
        by_type.push((name, address));
    }
    Some(Contacts { by_type })
}

/// Returns a contact's address, normalised for comparison.
fn address(contact: &AlternateContact) -> String {
    contact.email_address.trim().to_lowercase()
}

impl Contacts {
    /// Returns the types that are set; missing if any type is not known.
    pub(super) fn set(&self) -> Fact<Vec<String>> {
        let mut set = Vec::new();
        for (name, address) in &self.by_type {
            match address {
                Fact::Known(Some(_)) => set.push((*name).to_owned()),
                Fact::Known(None) => {}
                Fact::Missing(sources) => return Fact::Missing(*sources),
            }
        }
        Fact::Known(set)
    }

    pub(super) fn has_security(&self) -> Fact<bool> {
        let security = self.by_type.iter().filter(|(name, _)| *name == SECURITY);
        any(security.map(|(_, address)| address.as_ref().map(Option::is_some)))
    }

    /// Whether all types are set, each to a different address. False if one is not set or two share
    /// an address, even if the rest is not known.
    pub(super) fn are_separate(&self) -> Fact<bool> {
        let mut addresses = BTreeSet::new();
        let problems = self.by_type.iter().map(|(_, address)| {
            address.as_ref().map(|address| match address {
                Some(address) => !addresses.insert(address),
                None => true,
            })
        });
        any(problems).map(|has_problem| !has_problem)
    }
}

/// Reads the contacts by type: none if a contact is not set, absent if it is not known.
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
            if contact
                .as_ref()
                .is_some_and(|contact| contact.alternate_contact_type != kind)
            {
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
