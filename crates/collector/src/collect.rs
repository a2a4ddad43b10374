//! Live collection: every call that the audit needs, as a bundle.

mod account;
mod actions;
mod draft;
mod error;
mod failure;
mod federation;
mod iam;
mod per_user;
mod regions;
mod report_acquisition;
mod session;
mod whole;

use std::time::Duration;

use futures::future::LocalBoxFuture;
use jiff::Timestamp;
use portcullis_model::{Gap, Source, Sources};
use serde::Serialize;

use crate::bundle::Bundle;
use crate::partition::offers;
use crate::shapes;
use crate::snapshot::credential_report::{self, Report};
use account::AccountServices;
use draft::{Answer, Draft, Partial, Sealed, merged};
use failure::Failure;
use iam::Iam;
use per_user::Needs;
use regions::regions_in_use;
use report_acquisition::{Terms, acquire};
use session::Session;

pub use actions::{actions, needed};
pub use error::CollectError;

/// What to collect, and as whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// The AWS profile to use; none: whatever the SDK's default chain finds.
    pub profile: Option<String>,
    /// The region to call; none: the one that environment, profile or instance names.
    pub region: Option<String>,
    /// The ARN of a role to assume first.
    pub role_arn: Option<String>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// Leaves out every call that is made per user.
    pub quick: bool,
    /// What to ask for, with what [that needs](needed); the rest becomes gaps that say so.
    pub sources: Sources,
    /// The tool's name and version, for the manifest.
    pub tool: String,
    /// How long to wait for a new credential report.
    pub report_deadline: Duration,
    /// The age up to which an existing credential report is good enough.
    pub max_report_age: Duration,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// Hears of every API call as it starts.
pub trait Progress: Sync {
    /// A call of that operation starts.
    fn call(&self, operation: &str);
}

/// Asks AWS for everything that the audit needs, reading only.
///
/// A call that fails becomes a gap; without a region, working credentials or an answer from AWS
/// there is an error after the first call at the latest, within five seconds.
pub async fn collect(options: &Options, progress: &dyn Progress) -> Result<Bundle, CollectError> {
    let from = (options.clock)();
    let session = Session::open(options, progress).await?;
    let iam = Iam::new(aws_sdk_iam::config::Builder::from(&session.config), progress);
    let account = AccountServices::new(&session.config, progress);
    let plan = Plan::of(options, from);
    // Boxed: the futures of a dozen calls at once are large.
    Ok(Box::pin(plan.gather(&iam, &account, session.caller)).await)
}

/// What to ask for, and on which terms.
struct Plan<'a> {
    options: &'a Options,
    from: Timestamp,
    needed: Sources,
    /// That of the caller; empty while it is not known.
    partition: String,
}

impl Plan<'_> {
    fn of(options: &Options, from: Timestamp) -> Plan<'_> {
        let needed = needed(options.sources, options.quick);
        Plan { options, from, needed, partition: String::new() }
    }

    /// Makes every call but the first.
    async fn gather(
        mut self,
        iam: &Iam<'_>,
        account: &AccountServices<'_>,
        caller: Result<shapes::CallerIdentity, Failure>,
    ) -> Bundle {
        let mut draft = Draft::new(self.options, self.from);
        let arn = caller.as_ref().map(|caller| caller.arn.as_str()).unwrap_or_default();
        self.partition = arn.split(':').nth(1).unwrap_or_default().to_owned();
        draft.identify(caller, account.region());
        let Options { report_deadline: deadline, max_report_age: max_age, .. } = *self.options;
        let terms = Terms { deadline, max_age, now: self.from };
        let unguided = futures::future::join_all([
            self.seal(Source::AccountAliases, iam.account_aliases()),
            self.seal(Source::AccountSummary, iam.account_summary()),
            self.seal(Source::AccountPasswordPolicy, iam.password_policy()),
            self.seal(Source::ServiceSpecificCredentials, iam.service_credentials()),
            self.seal(Source::ServerCertificates, iam.server_certificates()),
            self.seal(Source::SamlProviders, iam.saml_providers()),
            self.seal(Source::OpenIdConnectProviders, iam.oidc_providers()),
            self.seal(Source::AlternateContacts, account.alternate_contacts()),
            self.seal(Source::Organization, account.organization()),
            self.seal(Source::OrganizationsFeatures, iam.organizations_features()),
            self.seal(Source::DelegationRequests, iam.delegation_requests()),
            self.seal(
                Source::OutboundWebIdentityFederationInfo,
                iam.outbound_web_identity_federation(),
            ),
        ]);
        let (report, devices, details, unguided) = tokio::join!(
            self.ask(Source::CredentialReport, acquire(iam, &terms)),
            self.ask(Source::VirtualMfaDevices, iam.virtual_mfa_devices()),
            self.ask(Source::AccountAuthorizationDetails, iam.authorization_details()),
            unguided,
        );
        let guided = self.gather_guided(iam, account, &report, &devices, &details).await;
        for answer in unguided.into_iter().chain(guided) {
            draft.add(answer);
        }
        draft.add(report.seal());
        draft.add(devices.seal());
        draft.add(details.seal());
        draft.finish()
    }

    /// Asks about what other answers name: users and regions.
    async fn gather_guided(
        &self,
        iam: &Iam<'_>,
        account: &AccountServices<'_>,
        report: &Answer<shapes::CredentialReport>,
        devices: &Answer<shapes::VirtualMfaDevices>,
        details: &Answer<shapes::AuthorizationDetails>,
    ) -> [Sealed; 3] {
        let rows = report.content.result.as_ref().map(credential_report::read);
        let needs = whom_to_ask(&rows, devices.content.result.as_ref().ok());
        let needs = needs.as_ref().map_err(Clone::clone);
        let report = rows.as_ref().ok().and_then(Option::as_ref);
        let details = details.content.result.as_ref().ok();
        let regions = regions_in_use(account.region(), report, details);
        let of_users = async {
            let keys = async {
                let names = needs.clone().map(|needs| needs.access_keys.as_slice());
                let ask = async |user: &str| iam.access_keys(user).await;
                Partial::each(names, ask).await.map(|(keys, users)| shapes::AccessKeys {
                    access_key_metadata: merged(keys),
                    users: Some(users),
                })
            };
            let keys = self.seal(Source::AccessKeys, keys).await;
            let devices = async {
                let names = needs.clone().map(|needs| needs.mfa_devices.as_slice());
                let ask = async |user: &str| iam.mfa_devices(user).await;
                Partial::each(names, ask).await.map(|(devices, users)| shapes::MfaDevices {
                    mfa_devices: merged(devices),
                    users: Some(users),
                })
            };
            (keys, self.seal(Source::MfaDevices, devices).await)
        };
        let of_regions = self.seal(Source::AccessAnalyzers, account.analyzers(&regions));
        let ((keys, devices), analyzers) = tokio::join!(of_users, of_regions);
        [keys, devices, analyzers]
    }

    /// Makes the calls of a source whose answer tells of no other calls. Boxed, to be one of many.
    fn seal<'f, T: Serialize + 'f>(
        &'f self,
        source: Source,
        calls: impl Future<Output = impl Into<Partial<T>>> + 'f,
    ) -> LocalBoxFuture<'f, Sealed> {
        Box::pin(async move { self.ask(source, calls).await.seal() })
    }

    /// Makes the calls of a source, if it is needed.
    async fn ask<T>(
        &self,
        source: Source,
        calls: impl Future<Output = impl Into<Partial<T>>>,
    ) -> Answer<T> {
        let clock = self.options.clock;
        let is_offered = offers(&self.partition, source);
        if self.needed.contains(source) && is_offered {
            let content = calls.await.into();
            return Answer { source, content, at: clock() };
        }
        let why = if !is_offered {
            "AWS does not offer it in this partition"
        } else if self.options.sources.contains(source) {
            "a quick run makes no call per user"
        } else {
            "no rule that was chosen needs it"
        };
        let content = Partial::failed(Failure::new(Gap::NOT_REQUESTED, why));
        Answer { source, content, at: clock() }
    }
}

fn whom_to_ask(
    report: &Result<Option<Report>, &Failure>,
    devices: Option<&shapes::VirtualMfaDevices>,
) -> Result<Needs, Failure> {
    let missing = "whom to ask is in the credential report, which is missing";
    match report {
        Ok(Some(report)) => Ok(Needs::new(report, devices)),
        Ok(None) => Err(Failure::malformed("the credential report is no CSV with its columns")),
        Err(_) => Err(Failure::new("NoCredentialReport", missing)),
    }
}

#[cfg(test)]
mod tests;
