//! Turns raw answers into typed facts, wherever the bundle came from.

mod account;
mod answers;
mod certificates;
mod contacts;
pub(crate) mod credential_report;
mod delegations;
mod documents;
mod facts;
mod gaps;
mod keys;
mod lists;
mod mfa;
mod names;
mod oidc_providers;
mod organization;
mod owners;
mod password_policy;
mod permissions;
mod reconciled_users;
mod regions;
mod resource_ids;
mod root;
mod saml_providers;
mod server_certificates;
mod service_credentials;
pub(crate) mod time;
mod users;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use portcullis_model::{AccountId, Fact, ShortLists, Snapshot, User, is_region};

use self::answers::Answers;
use self::documents::Documents;
use self::gaps::Gaps;
pub(crate) use self::permissions::source_of;
use self::permissions::{Judge, PolicyLists};
use crate::bundle::Bundle;
use crate::classes::{ClassConflict, Classes};

/// What the configuration says about an account because no AWS call does.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    /// Which users are service or break-glass users.
    pub classes: Classes,
    /// When the account's password policy was last changed.
    pub password_policy_changed: Option<Timestamp>,
    /// Accounts of the same owner, which are not external to each other.
    pub own_accounts: Arc<BTreeSet<AccountId>>,
}

impl Bundle {
    /// Returns the facts in the bundle, with ages counted to `as_of`.
    ///
    /// Any content is accepted: what is absent, truncated or garbage becomes missing facts, and
    /// each of their sources has a gap that says why. The same bundle, date and declarations always
    /// give the same facts.
    ///
    /// # Errors
    /// If a user matches the patterns of two classes.
    pub fn snapshot(
        &self,
        as_of: Timestamp,
        declared: &Declarations,
    ) -> Result<Snapshot, ClassConflict> {
        self.judged_snapshot(as_of, declared, &portcullis_iam::judge)
    }

    /// Returns the bundle's account, if known.
    pub(crate) fn account(&self) -> Option<AccountId> {
        let mut documents = Documents { bundle: self, gaps: &mut Gaps::default() };
        let answers = Answers::read(&mut documents, Timestamp::UNIX_EPOCH);
        AccountId::parse(&answers.identity.account)
    }

    fn judged_snapshot(
        &self,
        as_of: Timestamp,
        declared: &Declarations,
        judge: Judge<'_>,
    ) -> Result<Snapshot, ClassConflict> {
        let mut gaps = Gaps::default();
        gaps.extend(self.gaps.clone());
        let mut documents = Documents { bundle: self, gaps: &mut gaps };
        let mut answers = Answers::read(&mut documents, as_of);
        answers.own_accounts = Arc::clone(&declared.own_accounts);
        let mfa_devices = mfa::virtual_devices(&answers, documents.gaps);
        let permissions = permissions::permissions(&answers, judge, documents.gaps);
        let users =
            users::users(&answers, &permissions, &mfa_devices, &declared.classes, documents.gaps)?;
        let border = permissions.as_ref().and_then(|all| all.border.clone());
        let saml_providers = saml_providers::saml_providers(&answers, documents.gaps);
        let account = account::account(
            &answers,
            &mut documents,
            &users,
            permissions.as_ref().map(|all| &all.account),
            &saml_providers,
            declared,
        );
        let manifest = self.manifest.as_ref();
        let region = manifest.and_then(|manifest| manifest.region.clone());
        let short_lists = short_lists(&users, &answers);
        let trusted = permissions.as_ref().known();
        let trusted = trusted.map(|all| all.trusted_own_accounts.clone());
        let PolicyLists { groups, roles, policies } = permissions.into();
        Ok(Snapshot {
            as_of,
            collected_from: manifest.map(|manifest| manifest.collected_from),
            collected_to: manifest.map(|manifest| manifest.collected_to),
            region: region.filter(|region| is_region(region)),
            name: manifest.and_then(|manifest| manifest.name.clone()),
            unreached: manifest.and_then(|manifest| manifest.unreached),
            person: None,
            account,
            root: root::root(&answers, &mfa_devices, documents.gaps),
            service_credentials: service_credentials::service_credentials(
                &answers,
                &users,
                documents.gaps,
            ),
            users,
            mfa_devices,
            groups,
            roles,
            policies,
            saml_providers,
            oidc_providers: oidc_providers::oidc_providers(&answers, documents.gaps),
            server_certificates: server_certificates::server_certificates(&answers, documents.gaps),
            regions: regions::regions(&answers, &mut documents),
            crossings: border.as_ref().map(|_| Vec::new()),
            border: border.known(),
            trusted_own_accounts: trusted.unwrap_or_default().into_iter().collect(),
            short_lists,
            activity: None,
            gaps: match manifest {
                // Nothing was collected, so the manifest's reason is the only gap worth reporting.
                Some(manifest) if manifest.unreached.is_some() => manifest.gaps.clone(),
                _ => gaps.into_sorted(&answers.identity.partition),
            },
        })
    }
}

/// Returns which lists may be incomplete.
fn short_lists(users: &Fact<Vec<User>>, answers: &Answers) -> ShortLists {
    let lists = answers.lists;
    ShortLists {
        users: matches!(users::whole_list(users, answers), Fact::Missing(_)),
        groups: !lists.groups,
        roles: !lists.roles,
        // Inline policies are listed with the users, groups and roles that have them.
        policies: !(lists.policies && lists.users && lists.groups && lists.roles),
    }
}
