//! From raw answers to typed facts: the one path, whatever the bundle's origin.

mod account;
mod administrators;
mod answers;
mod arn;
mod certificates;
mod credential_report;
mod documents;
mod gaps;
mod keys;
mod mfa;
mod password_policy;
mod people;
mod resource_ids;
mod root;
mod time;
mod users;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use portcullis_model::{Fact, Snapshot, Source};

use self::answers::Answers;
use self::gaps::Gaps;
use crate::bundle::Bundle;
use crate::classes::{ClassConflict, Classes};

impl Bundle {
    /// The facts that the bundle holds, with ages counted to `as_of`.
    ///
    /// Takes any content: what is absent, cut or garbage becomes missing facts, each source of
    /// which has a gap that says why. The same bundle, date and classes give the same facts.
    ///
    /// # Errors
    /// If a user matches the patterns of two classes.
    pub fn snapshot(&self, as_of: Timestamp, classes: &Classes) -> Result<Snapshot, ClassConflict> {
        let mut gaps = Gaps::from(self.gaps.clone());
        let answers = Answers::read(self, &mut gaps);
        let mfa_devices = mfa::virtual_devices(&answers);
        let users = users::users(&answers, &mfa_devices, classes, as_of, &mut gaps)?;
        let manifest = self.manifest.as_ref();
        Ok(Snapshot {
            as_of,
            collected_from: manifest.map(|manifest| manifest.collected_from),
            collected_to: manifest.map(|manifest| manifest.collected_to),
            account: account::account(&answers, manifest, &users, as_of),
            root: root::root(&answers, &mfa_devices, as_of, &mut gaps),
            users,
            mfa_devices,
            groups: Fact::missing(Source::AccountAuthorizationDetails),
            roles: Fact::missing(Source::AccountAuthorizationDetails),
            policies: Fact::missing(Source::AccountAuthorizationDetails),
            saml_providers: Fact::missing(Source::SamlProviders),
            oidc_providers: Fact::missing(Source::OpenIdConnectProviders),
            server_certificates: Fact::missing(Source::ServerCertificates),
            service_credentials: Fact::missing(Source::ServiceSpecificCredentials),
            regions: Fact::missing(Source::AccessAnalyzers),
            gaps: gaps.into_sorted(),
        })
    }
}

/// Names of users and groups are unique regardless of case, so they are compared without it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn name_key(name: &str) -> String {
    name.to_ascii_lowercase()
}
