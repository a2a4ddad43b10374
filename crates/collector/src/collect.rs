//! Live collection: every call that the audit needs, as a bundle.

mod account;
mod actions;
mod convert;
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

use jiff::Timestamp;
use portcullis_model::{Gap, Source, Sources};

use crate::bundle::Bundle;
use crate::partition::offers;
use crate::shapes;
use account::AccountServices;
use draft::{Answer, Draft, Partial};
use failure::Failure;
use iam::Iam;
use per_user::{Needs, ask_each};
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
        let ((aliases, report, summary, policy, devices, details), ()) = tokio::join!(
            async {
                tokio::join!(
                    self.ask(Source::AccountAliases, iam.account_aliases()),
                    self.ask(Source::CredentialReport, acquire(iam, &terms)),
                    self.ask(Source::AccountSummary, iam.account_summary()),
                    self.ask(Source::AccountPasswordPolicy, iam.password_policy()),
                    self.ask(Source::VirtualMfaDevices, iam.virtual_mfa_devices()),
                    self.ask(Source::AccountAuthorizationDetails, iam.authorization_details()),
                )
            },
            self.gather_federation_and_account(iam, account, &mut draft),
        );
        self.gather_guided(iam, account, &mut draft, (&report, &devices, &details)).await;
        draft.add(Source::AccountAliases, aliases);
        draft.add(Source::CredentialReport, report);
        draft.add(Source::AccountSummary, summary);
        draft.add(Source::AccountPasswordPolicy, policy);
        draft.add(Source::VirtualMfaDevices, devices);
        draft.add(Source::AccountAuthorizationDetails, details);
        draft.finish()
    }

    async fn gather_federation_and_account(
        &self,
        iam: &Iam<'_>,
        account: &AccountServices<'_>,
        draft: &mut Draft,
    ) {
        let (delegations, issuer) = tokio::join!(
            self.ask(Source::DelegationRequests, iam.delegation_requests()),
            self.ask(
                Source::OutboundWebIdentityFederationInfo,
                iam.outbound_web_identity_federation(),
            ),
        );
        draft.add(Source::DelegationRequests, delegations);
        draft.add(Source::OutboundWebIdentityFederationInfo, issuer);
        let (credentials, certificates, saml, oidc, contacts, organization, features) = tokio::join!(
            self.ask(Source::ServiceSpecificCredentials, iam.service_credentials()),
            self.ask(Source::ServerCertificates, iam.server_certificates()),
            self.ask(Source::SamlProviders, iam.saml_providers()),
            self.ask(Source::OpenIdConnectProviders, iam.oidc_providers()),
            self.ask(Source::AlternateContacts, account.alternate_contacts()),
            self.ask(Source::Organization, account.organization()),
            self.ask(Source::OrganizationsFeatures, iam.organizations_features()),
        );
        draft.add(Source::ServiceSpecificCredentials, credentials);
        draft.add(Source::ServerCertificates, certificates);
        draft.add(Source::SamlProviders, saml);
        draft.add(Source::OpenIdConnectProviders, oidc);
        draft.add(Source::AlternateContacts, contacts);
        draft.add(Source::Organization, organization);
        draft.add(Source::OrganizationsFeatures, features);
    }

    /// Asks about what other answers name: users and regions.
    async fn gather_guided(
        &self,
        iam: &Iam<'_>,
        account: &AccountServices<'_>,
        draft: &mut Draft,
        (report, devices, details): (
            &Answer<shapes::CredentialReport>,
            &Answer<shapes::VirtualMfaDevices>,
            &Answer<shapes::AuthorizationDetails>,
        ),
    ) {
        let (report, details) = (report.result.as_ref().ok(), details.result.as_ref().ok());
        let needs = whom_to_ask(report, devices.result.as_ref().ok());
        let regions = regions_in_use(account.region(), report, details);
        let of_users = async {
            let keys = of_users(&needs, async |needs| access_keys(iam, needs).await);
            let keys = self.ask(Source::AccessKeys, keys).await;
            let devices = of_users(&needs, async |needs| mfa_devices(iam, needs).await);
            (keys, self.ask(Source::MfaDevices, devices).await)
        };
        let of_regions = self.ask(Source::AccessAnalyzers, account.analyzers(&regions));
        let ((keys, devices), analyzers) = tokio::join!(of_users, of_regions);
        draft.add(Source::AccessKeys, keys);
        draft.add(Source::MfaDevices, devices);
        draft.add(Source::AccessAnalyzers, analyzers);
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
            return Answer::of(calls, clock).await;
        }
        let why = if !is_offered {
            "AWS does not offer it in this partition"
        } else if self.options.sources.contains(source) {
            "a quick run makes no call per user"
        } else {
            "no rule that was chosen needs it"
        };
        Answer::failed(Failure::new(Gap::NOT_REQUESTED, why), clock())
    }
}

fn whom_to_ask(
    report: Option<&shapes::CredentialReport>,
    devices: Option<&shapes::VirtualMfaDevices>,
) -> Result<Needs, Failure> {
    let message = "whom to ask is in the credential report, which is missing";
    let missing = || Failure::new("NoCredentialReport", message);
    Needs::of(report.ok_or_else(missing)?, devices)
}

/// The answers for those users, if it is known who they are.
async fn of_users<T>(
    needs: &Result<Needs, Failure>,
    ask: impl AsyncFnOnce(&Needs) -> Partial<T>,
) -> Partial<T> {
    match needs {
        Ok(needs) => ask(needs).await,
        Err(failure) => Partial::failed(failure.clone()),
    }
}

async fn access_keys(iam: &Iam<'_>, needs: &Needs) -> Partial<shapes::AccessKeys> {
    let answers = ask_each(&needs.access_keys, |user| iam.access_keys(user)).await;
    Partial::of_each(answers, |keys, users| shapes::AccessKeys::of(keys.concat(), users))
}

async fn mfa_devices(iam: &Iam<'_>, needs: &Needs) -> Partial<shapes::MfaDevices> {
    let answers = ask_each(&needs.mfa_devices, |user| iam.mfa_devices(user)).await;
    Partial::of_each(answers, |devices, users| shapes::MfaDevices::of(devices.concat(), users))
}

#[cfg(test)]
mod tests;
