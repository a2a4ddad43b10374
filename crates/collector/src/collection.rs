//! Live collection: makes every call that the audit needs, which gives a bundle.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use aws_types::SdkConfig;
use futures::future::join_all;
use jiff::Timestamp;
use portcullis_evidence::{Bundle, Draft, Guides, NoUsers, shapes};
use portcullis_model::{Arn, Gap, Source, Sources};
use serde::Serialize;

use crate::answer::Answer;
use crate::attempts::Call;
use crate::calls::Calls;
use crate::diagnosis::Diagnosis;
use crate::error::CollectError;
use crate::failure::Failure;
use crate::iam::Iam;
use crate::json_services::JsonServices;
use crate::report_acquisition::{ReportTerms, acquire};
use crate::root::AccountRoot;
use crate::session::Session;

/// What to collect, and with which credentials.
#[derive(Clone, Debug)]
pub struct Options {
    /// The AWS profile to use; if none, the SDK's default chain decides.
    pub profile: Option<String>,
    /// The region to call; if none, that of the environment, profile or instance, or else the
    /// region of IAM.
    pub region: Option<String>,
    /// The ARN of a role to assume first.
    pub role_arn: Option<String>,
    /// The external id that the role requires.
    pub external_id: Option<String>,
    /// Whether to omit calls that are made per user.
    pub quick: bool,
    /// The sources to collect, with those that [they need](Sources::needed); the others become
    /// gaps.
    pub sources: Sources,
    /// The tool's name and version, for the manifest.
    pub tool: String,
    /// How long the run may take; unanswered calls then become gaps.
    pub deadline: Duration,
    /// The number of requests per second, including retries; at least one.
    pub max_calls_per_second: u32,
    /// How long to wait for a new credential report.
    pub report_deadline: Duration,
    /// Returns the current time.
    pub clock: fn() -> Timestamp,
    /// Records how AWS was reached, or why not.
    pub diagnosis: Diagnosis,
    /// Is notified of every call.
    pub progress: Arc<dyn Progress>,
}

/// Is notified of every API call.
pub trait Progress: Debug + Send + Sync {
    /// A call of the operation starts.
    fn starts(&self, operation: &str);

    /// A call of the operation ends, answered or not.
    fn ends(&self, _operation: &str) {}

    /// A call was completed; not one that the end of the run cut short.
    fn called(&self, _call: Call) {}

    /// AWS throttled a call, which waits for its next attempt: the second or later.
    fn throttled(&self, _operation: &str, _next_attempt: u32) {}
}

/// Collects everything that the audit needs, reading only.
///
/// A failed call becomes a gap. Without working credentials or an answer from AWS, there is an
/// error within five seconds, after the first call at the latest.
pub async fn collect(options: &Options) -> Result<Bundle, CollectError> {
    let from = (options.clock)();
    let calls = Calls::new(options);
    let Session { config, caller } = Session::open(options, &calls).await?;
    let collection = Collection::new(options, config, caller, None, &calls);
    Ok(Box::pin(collection.run(from)).await)
}

/// The collection of one account.
pub(crate) struct Collection<'a> {
    options: &'a Options,
    needed: Sources,
    /// Which credential report to wait for.
    terms: ReportTerms,
    caller: Result<shapes::CallerIdentity, Failure>,
    /// The caller's partition; empty if not known.
    partition: String,
    iam: Iam<'a>,
    services: JsonServices<'a>,
    /// Root of the account, if it is to be inspected.
    root: Option<AccountRoot<'a>>,
}

impl<'a> Collection<'a> {
    pub(crate) fn new(
        options: &'a Options,
        config: SdkConfig,
        caller: Result<shapes::CallerIdentity, Failure>,
        root: Option<AccountRoot<'a>>,
        calls: &'a Calls,
    ) -> Collection<'a> {
        let arn = caller
            .as_ref()
            .ok()
            .and_then(|caller| Arn::parse(&caller.arn));
        let partition = arn.map_or(String::new(), |arn| arn.partition.to_owned());
        Collection {
            options,
            needed: options.sources.needed(options.quick),
            terms: ReportTerms {
                deadline: options.report_deadline.min(options.deadline),
                now: (options.clock)(),
            },
            caller,
            iam: Iam::new(&config, calls),
            services: JsonServices::new(config, &partition, calls),
            partition,
            root,
        }
    }

    /// Collects all sources, those that guide others first.
    pub(crate) async fn run(&self, from: Timestamp) -> Bundle {
        let mut draft = Draft::new(&self.options.tool, from);
        draft.manifest.region = self.services.region();
        draft.manifest.endpoints = self.services.custom_endpoints();
        if let Ok(caller) = &self.caller {
            draft.manifest.account = Some(caller.account.clone());
            draft.manifest.partition = Arn::parse(&caller.arn).map(|arn| arn.partition.to_owned());
            draft.manifest.caller = Some(caller.arn.clone());
        }
        let mut sources = Source::ALL.to_vec();
        if self.root.is_some() {
            sources.push(Source::RootCredentials);
        }
        let (first, later): (Vec<_>, Vec<_>) = sources
            .into_iter()
            .partition(|source| source.guides().is_empty());
        for sources in [first, later] {
            let guides = Guides::read(&draft.documents);
            self.gather(sources, &guides, &mut draft).await;
        }
        draft.finish((self.options.clock)())
    }

    /// Collects these sources concurrently.
    async fn gather(&self, sources: Vec<Source>, guides: &Guides, draft: &mut Draft) {
        let calls = sources
            .into_iter()
            .map(|source| self.answer(source, guides));
        for (source, answer, at) in join_all(calls).await {
            match answer.result {
                Ok(bytes) => draft.add(source, bytes, at),
                Err(failure) => draft.add_gap(failure.gap(source, at)),
            }
            for (name, failure) in answer.failures {
                draft.add_gap(failure.gap(source, at).for_resource(name));
            }
        }
    }

    /// Returns a source's answer, and when it arrived.
    async fn answer(
        &self,
        source: Source,
        guides: &Guides,
    ) -> (Source, Answer<Vec<u8>>, Timestamp) {
        let answer = match self.reason_against(source) {
            None => self.ask(source, guides).await,
            Some(reason) => Answer::failed(Failure::new(Gap::NOT_REQUESTED, reason)),
        };
        (source, answer, (self.options.clock)())
    }

    /// Returns why a source is not collected, if so.
    fn reason_against(&self, source: Source) -> Option<&'static str> {
        if !source.is_offered_in(&self.partition) {
            Some("AWS does not offer it in this partition")
        } else if self.needed.contains(source) {
            None
        } else if self.options.sources.contains(source) {
            Some("a quick run makes no call per user")
        } else {
            Some("no rule that was chosen needs it")
        }
    }

    /// Makes the calls of a source.
    async fn ask(&self, source: Source, guides: &Guides) -> Answer<Vec<u8>> {
        let Collection { iam, services, .. } = self;
        match source {
            Source::CallerIdentity => json(self.caller.clone()),
            Source::AccountAliases => json(iam.account_aliases().await),
            Source::CredentialReport => json(Box::pin(acquire(iam, &self.terms)).await),
            Source::AccountSummary => json(iam.account_summary().await),
            Source::AccountPasswordPolicy => json(iam.password_policy().await),
            Source::VirtualMfaDevices => json(iam.virtual_mfa_devices().await),
            Source::AccountAuthorizationDetails => json(iam.authorization_details().await),
            Source::AccessKeys => match &guides.users {
                Ok(users) => json(iam.access_keys(&users.access_keys).await),
                Err(reason) => Answer::failed((*reason).into()),
            },
            Source::MfaDevices => match &guides.users {
                Ok(users) => json(iam.mfa_devices(&users.mfa_devices).await),
                Err(reason) => Answer::failed((*reason).into()),
            },
            Source::ServiceSpecificCredentials => json(iam.service_credentials().await),
            Source::ServerCertificates => json(iam.server_certificates().await),
            Source::SamlProviders => json(iam.saml_providers().await),
            Source::OpenIdConnectProviders => json(iam.oidc_providers().await),
            Source::AccessAnalyzers => json(services.analyzers(&guides.regions).await),
            Source::AlternateContacts => json(services.alternate_contacts().await),
            Source::Organization => json(services.organization().await),
            Source::OrganizationsFeatures => json(iam.organizations_features().await),
            Source::DelegationRequests => json(iam.delegation_requests().await),
            Source::OutboundWebIdentityFederationInfo => {
                json(iam.outbound_web_identity_federation().await)
            }
            Source::RootCredentials => match &self.root {
                Some(root) => json(root.look(guides.summary.as_ref()).await),
                None => Answer::failed(Failure::new(Gap::NOT_REQUESTED, "it was not requested")),
            },
            // Not part of a collected bundle: see `look_up`.
            Source::CloudTrail => Answer::failed(Failure::new(
                Gap::NOT_REQUESTED,
                "only `portcullis signins` and `collect --signins` look it up",
            )),
        }
    }
}

/// Returns the answer as stored in the bundle.
fn json<T: Serialize>(answer: impl Into<Answer<T>>) -> Answer<Vec<u8>> {
    answer.into().into_json()
}

impl From<NoUsers> for Failure {
    fn from(reason: NoUsers) -> Failure {
        match reason {
            NoUsers::Missing => Failure::new(
                Failure::NO_REPORT,
                "the credential report, which names the users to ask about, is missing",
            ),
            NoUsers::Malformed => {
                Failure::malformed("the credential report is not a CSV with its columns")
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
