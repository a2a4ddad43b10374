//! The facts about the account as a whole.

use portcullis_model::{Account, Fact, Gap, PasswordPolicy, SamlProvider, Source, Sources, User};

use super::Declarations;
use super::answers::Answers;
use super::contacts::Contacts;
use super::documents::{self, Documents, Problem};
use super::facts::{any, count_true, known_or};
use super::gaps::Gaps;
use super::permissions::AccountFacts;
use super::time::hours;
use super::{contacts, delegations, organization, saml_providers as saml, users};
use crate::shapes::{AccountAliases, OutboundWebIdentityFederation};

/// Returns the facts about the account.
pub(super) fn account(
    answers: &Answers,
    documents: &mut Documents<'_>,
    users: &Fact<Vec<User>>,
    permissions: Fact<&AccountFacts>,
    saml_providers: &Fact<Vec<SamlProvider>>,
    declared: &Declarations,
) -> Account {
    let report_made = known_or(answers.report_made(), Source::CredentialReport);
    let manifest = documents.bundle.manifest.as_ref();
    let caller_in_manifest = manifest.and_then(|manifest| manifest.caller.clone());
    let caller = answers.caller.as_ref().map(|caller| caller.arn.clone());
    let aliases = documents.list(
        Source::AccountAliases,
        |page: AccountAliases| page.account_aliases,
        |alias| alias,
    );
    let contacts = contacts::read(&answers.identity.partition, documents);
    let organization = answers.organization.as_ref();
    let all_users = users::whole_list(users, answers);
    Account {
        id: answers.identity.account.clone(),
        partition: answers.identity.partition.clone(),
        alias: aliases.map(|aliases| aliases.into_iter().next()),
        caller: caller.or_else(|| known_or(caller_in_manifest, Source::CallerIdentity)),
        report_generated_at: report_made,
        report_age_hours: report_age_hours(answers, documents),
        user_count: all_users
            .map(|users| user_count(users))
            .or_else(|| counted(answers)),
        console_user_count: all_users.and_then(|users| console_user_count(users)),
        has_console_users: has_console_users(users, all_users),
        password_policy: answers
            .password_policy
            .as_ref()
            .map(|policy| PasswordPolicy {
                changed: declared.password_policy_changed.filter(|_| policy.custom),
                ..policy.clone()
            }),
        sts_token_version: sts_token_version(answers, documents.gaps),
        alternate_contacts: where_offered(contacts.as_ref().map(Contacts::set)),
        has_security_contact: where_offered(contacts.as_ref().map(Contacts::has_security)),
        has_separate_contacts: where_offered(contacts.as_ref().map(Contacts::are_separate)),
        organization_id: organization.map(|organization| {
            organization
                .as_ref()
                .map(|organization| organization.id.clone())
        }),
        is_management_account: organization::is_management_account(answers, documents.gaps),
        root_credentials_managed: organization::root_credentials_managed(answers, documents),
        open_partner_delegations: delegations::open(documents, &answers.identity, answers.as_of),
        web_identity_issuer: web_identity_issuer(documents),
        saml_provider_count: answers
            .saml_providers
            .as_ref()
            .map(|saml| count(&saml.list)),
        saml_federation: saml::federate(saml_providers),
        oidc_provider_count: answers
            .oidc_providers
            .as_ref()
            .map(|oidc| count(&oidc.list)),
        identity_center: permissions.and_then(|facts| facts.identity_center),
        support_principals: permissions.and_then(|facts| facts.support_principals.clone()),
        security_audit_roles: permissions.and_then(|facts| facts.security_audit_roles.clone()),
    }
}

/// Returns a fact about a service: none if the partition does not offer the service.
fn where_offered<T>(fact: Option<Fact<T>>) -> Fact<Option<T>> {
    fact.map_or(Fact::Known(None), |fact| fact.map(Some))
}

/// Returns the age of the credential report; missing if ages are measured at its own date because no other is known.
fn report_age_hours(answers: &Answers, documents: &mut Documents<'_>) -> Fact<f64> {
    let Some(made) = answers.report_made() else {
        return Fact::missing(Source::CredentialReport);
    };
    if documents.bundle.manifest.is_some() || made != answers.as_of {
        return Fact::Known(hours(made, answers.as_of));
    }
    let message = "nothing says when this evidence was collected, so the report's age is not known";
    documents
        .gaps
        .missing(Source::CredentialReport, "GeneratedTime", Gap::AGELESS, message)
}

/// Returns the token version of the global STS endpoint, which only the commercial partition has.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetSecurityTokenServicePreferences.html>,
/// <https://docs.aws.amazon.com/general/latest/gr/sts.html>
fn sts_token_version(answers: &Answers, gaps: &mut Gaps) -> Fact<Option<u32>> {
    const KEY: &str = "GlobalEndpointTokenVersion";
    if answers.identity.partition.starts_with("aws-") {
        return Fact::Known(None);
    }
    answers.summary.as_ref().and_then(|summary| {
        let version = match summary.get(KEY) {
            Some(1) => Some(1),
            Some(2) => Some(2),
            _ => None,
        };
        let problem = "is not 1 or 2 in the account summary";
        gaps.require(version, Source::AccountSummary, KEY, problem)
            .map(Some)
    })
}

/// Returns the issuer of tokens for services outside AWS; none if the feature is off.
fn web_identity_issuer(documents: &mut Documents<'_>) -> Fact<Option<String>> {
    let source = Source::OutboundWebIdentityFederationInfo;
    documents.read(source, |document| {
        let info: OutboundWebIdentityFederation = documents::one(document)?;
        if info.jwt_vending_enabled == Some(true) && info.issuer_identifier.is_none() {
            return Err(Problem::malformed("is on, but has no IssuerIdentifier"));
        }
        Ok(info
            .issuer_identifier
            .filter(|_| info.jwt_vending_enabled != Some(false)))
    })
}

fn user_count(users: &[User]) -> u32 {
    count(users.iter().filter(|user| !user.deleted))
}

/// Returns the number of users in the account summary, for when the users are not known.
fn counted(answers: &Answers) -> Fact<u32> {
    answers.summary.as_ref().and_then(|summary| {
        let users = summary
            .get("Users")
            .and_then(|&users| u32::try_from(users).ok());
        users.map_or(Fact::Missing(Sources::NONE), Fact::Known)
    })
}

fn console_user_count(users: &[User]) -> Fact<u32> {
    let present = users.iter().filter(|user| !user.deleted);
    count_true(present.map(|user| user.password_enabled))
}

/// Whether any user has a password; one such user suffices, even if others are not known.
fn has_console_users(users: &Fact<Vec<User>>, all_users: Fact<&Vec<User>>) -> Fact<bool> {
    let present = users
        .as_ref()
        .known()
        .into_iter()
        .flatten()
        .filter(|user| !user.deleted);
    any(present.map(|user| user.password_enabled)).or(all_users.map(|_| false))
}

fn count(items: impl IntoIterator) -> u32 {
    u32::try_from(items.into_iter().count()).unwrap_or(u32::MAX)
}
