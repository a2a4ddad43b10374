//! The account as a whole.

use jiff::Timestamp;
use portcullis_model::{Account, Fact, Source, Sources, User};

use super::answers::Answers;
use super::time::hours;
use crate::bundle::Manifest;

/// The facts about the account.
pub(super) fn account(
    answers: &Answers,
    manifest: Option<&Manifest>,
    users: &Fact<Vec<User>>,
    as_of: Timestamp,
) -> Account {
    let made = answers.report.as_ref().and_then(|report| {
        report.generated_at.map_or(Fact::missing(Source::CredentialReport), Fact::Known)
    });
    let by_manifest = manifest.and_then(|manifest| manifest.caller.clone());
    let caller = answers.caller.as_ref().map(|caller| caller.arn.clone());
    Account {
        id: answers.identity.account.clone(),
        partition: answers.identity.partition.clone(),
        alias: answers.aliases.as_ref().map(|aliases| aliases.first().cloned()),
        caller: caller
            .or_else(|| by_manifest.map_or(Fact::missing(Source::CallerIdentity), Fact::Known)),
        report_generated_at: made,
        report_age_hours: made.map(|made| hours(made, as_of)),
        user_count: user_count(users).or_else(|| counted(answers)),
        console_user_count: users.as_ref().and_then(|users| console_user_count(users)),
        password_policy: answers.password_policy.clone(),
        sts_token_version: Fact::missing(Source::AccountSummary),
        alternate_contacts: Fact::missing(Source::AlternateContacts),
        distinct_alternate_contacts: Fact::missing(Source::AlternateContacts),
        organization_id: Fact::missing(Source::Organization),
        is_management_account: Fact::missing(Source::Organization),
        root_credentials_managed: Fact::missing(Source::OrganizationsFeatures),
        saml_provider_count: Fact::missing(Source::SamlProviders),
        oidc_provider_count: Fact::missing(Source::OpenIdConnectProviders),
        identity_center: Fact::missing(Source::AccountAuthorizationDetails),
        support_principals: Fact::missing(Source::AccountAuthorizationDetails),
        security_audit_roles: Fact::missing(Source::AccountAuthorizationDetails),
    }
}

fn user_count(users: &Fact<Vec<User>>) -> Fact<u32> {
    users.as_ref().map(|users| count(users.iter().filter(|user| !user.deleted)))
}

/// The summary's count, if the users themselves are not known.
fn counted(answers: &Answers) -> Fact<u32> {
    answers.summary.as_ref().and_then(|summary| {
        let users = summary.content.get("Users").and_then(|&users| u32::try_from(users).ok());
        users.map_or(Fact::Missing(Sources::NONE), Fact::Known)
    })
}

fn console_user_count(users: &[User]) -> Fact<u32> {
    users
        .iter()
        .filter(|user| !user.deleted)
        .map(|user| user.password_enabled)
        .fold(Fact::Known(0), |sum, enabled| {
            sum.and_then(|sum| enabled.map(|enabled| sum + u32::from(enabled)))
        })
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
