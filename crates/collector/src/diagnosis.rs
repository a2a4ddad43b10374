//! Diagnoses the connection to AWS: where credentials were looked for, and how far the clock is
//! off.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::{AccountId, minute};
use serde::Serialize;

use crate::failure::{credentials_failure, last_causes};
use crate::reach::is_from_aws;

/// Records how AWS was reached, or why not. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis(Arc<Mutex<Findings>>);

/// The contents of a [`Diagnosis`].
#[derive(Clone, Debug, Default, Serialize)]
pub struct Findings {
    /// The requested or selected profile.
    pub profile: Option<String>,
    /// The region to call.
    pub region: Option<String>,
    /// The places searched for credentials, in order, up to the first that had some.
    pub looks: Vec<Look>,
    /// When the credentials expire; none if they never do, their source does not say, or there are
    /// none.
    pub expiry: Option<Timestamp>,
    /// The seconds by which this machine's clock is ahead of AWS's; negative if it is behind.
    pub clock_ahead: Option<i64>,
    /// The host of the profile's access portal, such as `example.awsapps.com`.
    pub portal: Option<String>,
    /// The command that signs in for the profile, if that is how it gets its credentials.
    pub login: Option<String>,
    /// The profile whose credentials assume the requested profile's role; none if it names no
    /// other.
    pub source_profile: Option<String>,
    /// Whether a program provides the credentials of the source profile.
    #[serde(skip)]
    pub source_runs_process: bool,
    /// Whether the profile names an MFA device, whose code Portcullis does not ask for.
    pub names_mfa_device: bool,
    /// The root sessions by account, with their access key ids, which CloudTrail records.
    #[serde(skip)]
    pub root_sessions: Vec<(AccountId, String)>,
}

/// A place searched for credentials.
#[derive(Clone, Debug, Serialize)]
pub struct Look {
    /// The place, such as `environment`.
    pub place: &'static str,
    /// The result.
    pub result: LookResult,
    /// Why there are no credentials; empty if there are.
    pub reason: String,
}

/// The result of searching a place for credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LookResult {
    /// Its credentials are used.
    Used,
    /// There are none, so the search continues.
    PassedOver,
    /// There should be credentials, but they cannot be obtained, so the search ends.
    Failed,
}

impl Findings {
    /// Says that the credentials have expired by their own date, and how to get new ones; none if
    /// they have not, or that is not known.
    pub fn expiry_fix(&self, now: Timestamp) -> Option<String> {
        let expired = self.expired(now)?;
        Some(format!("the AWS credentials{} {expired}; {}", self.origin(), self.renewal()))
    }

    /// Returns when the credentials expired by their own date, such as
    /// `expired at 2026-11-10 06:31 UTC`.
    pub(crate) fn expired(&self, now: Timestamp) -> Option<String> {
        let expiry = self.expiry.filter(|expiry| *expiry <= now)?;
        Some(format!("expired at {}", minute(expiry)))
    }

    /// Returns where the credentials are from, such as ` in the environment`.
    pub(crate) fn origin(&self) -> String {
        match self.place() {
            "" => String::new(),
            "environment" => " in the environment".to_owned(),
            "profile" | "credential_process" => format!(" of the profile \"{}\"", self.source()),
            place => format!(" of the {place}"),
        }
    }

    /// Returns how to get new credentials.
    pub(crate) fn renewal(&self) -> String {
        let profile = self.source();
        match (self.place(), &self.login) {
            ("environment", _) => {
                "set new values of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or unset \
                 them to use a profile"
                    .to_owned()
            }
            ("profile", Some(login)) => format!("run `{login}`"),
            ("profile", None) if !self.source_runs_process => format!(
                "write new values of aws_access_key_id, aws_secret_access_key and aws_session_token to \
                 the profile \"{profile}\", with the program that wrote them"
            ),
            ("profile" | "credential_process", _) => format!(
                "sign in to the program that `credential_process` of the profile \"{profile}\" runs: it printed \
                 credentials that have expired"
            ),
            _ => "get new ones, and check that this machine's clock is right".to_owned(),
        }
    }

    /// Returns the place that has or should have credentials.
    fn place(&self) -> &'static str {
        let found = self
            .looks
            .last()
            .filter(|look| look.result != LookResult::PassedOver);
        found.map_or("", |look| look.place)
    }

    /// Returns the profile that the credentials come from.
    fn source(&self) -> &str {
        self.source_profile
            .as_deref()
            .or(self.profile.as_deref())
            .unwrap_or("default")
    }
}

impl Diagnosis {
    /// Returns the findings so far.
    pub fn findings(&self) -> Findings {
        self.lock().clone()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Findings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an interceptor that compares the clock with the date of an answer.
    pub(crate) fn watch_clock(&self, clock: fn() -> Timestamp) -> WatchClock {
        WatchClock { diagnosis: self.clone(), clock }
    }
}

/// The place whose credentials the instance metadata service has.
pub(crate) const INSTANCE: &str = "EC2 instance";

/// Searches places for credentials in order, as the SDK's default chain does, and records each
/// result.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) places: Vec<(&'static str, SharedCredentialsProvider)>,
    /// A place that is not searched, since another outranks it.
    pub(crate) ignored: Option<Look>,
    pub(crate) diagnosis: Diagnosis,
}

impl Chain {
    async fn look(&self) -> provider::Result {
        self.diagnosis.lock().looks = self.ignored.iter().cloned().collect();
        let mut broken_profile = None;
        for (place, provider) in &self.places {
            // If the caller gives up waiting, this place remains as the last look.
            let look = |result, reason| Look { place, result, reason };
            let waiting = look(LookResult::Failed, "no answer in time".to_owned());
            self.diagnosis.lock().looks.push(waiting);
            let outcome = provider.provide_credentials().await.map_err(|error| {
                if is_switched_off(place, &error) {
                    CredentialsError::not_loaded(SWITCHED_OFF)
                } else {
                    error
                }
            });
            let (result, reason) = match &outcome {
                Ok(_) => (LookResult::Used, String::new()),
                Err(error @ CredentialsError::CredentialsNotLoaded(_)) => {
                    if *place == "profile" && error.source().is_some() {
                        broken_profile = Some(last_causes(error, 1));
                    }
                    (LookResult::PassedOver, absence(place, error))
                }
                Err(error) => (LookResult::Failed, credentials_failure(error)),
            };
            let mut findings = self.diagnosis.lock();
            findings.looks.pop();
            findings.looks.push(look(result, reason));
            if let Ok(credentials) = &outcome {
                let expiry = credentials.expiry();
                findings.expiry = expiry.and_then(|time| Timestamp::try_from(time).ok());
            }
            if result != LookResult::PassedOver {
                return outcome;
            }
        }
        // A profile that refers to a missing one was passed over too.
        Err(CredentialsError::not_loaded(broken_profile.unwrap_or_default()))
    }
}

/// Why an instance whose metadata service refuses every request has no credentials.
const SWITCHED_OFF: &str = "instance metadata is switched off";

/// Whether the instance metadata service refuses every request, as it does where it is switched off. The SDK exports
/// the error's type, but not its kind.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>
fn is_switched_off(place: &str, error: &CredentialsError) -> bool {
    place == INSTANCE && last_causes(error, 1).contains("IMDS is disabled")
}

/// Says why a place has no credentials, in more detail than the SDK.
fn absence(place: &str, error: &CredentialsError) -> String {
    match place {
        "environment" => "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set".to_owned(),
        "profile" if error.source().is_none() => "it names no credentials".to_owned(),
        "container" => "no variable AWS_CONTAINER_CREDENTIALS_… is set".to_owned(),
        _ => last_causes(error, 1).replace("IMDS", "instance metadata"),
    }
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.look())
    }
}

/// Compares this machine's clock with the `Date` header of AWS's answers.
#[derive(Debug)]
pub(crate) struct WatchClock {
    diagnosis: Diagnosis,
    clock: fn() -> Timestamp,
}

impl Intercept for WatchClock {
    fn name(&self) -> &'static str {
        "WatchClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !is_from_aws(context.response()) {
            return Ok(());
        }
        if let Some(text) = context.response().headers().get("date")
            && let Ok(date) = DateTime::from_str(text, Format::HttpDate)
            && let Ok(date) = Timestamp::from_second(date.secs())
        {
            let ahead: SignedDuration = (self.clock)().duration_since(date);
            self.diagnosis.lock().clock_ahead = Some(ahead.as_secs());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_credential_types::credential_fn::provide_credentials_fn;

    use super::*;

    fn none() -> provider::Result {
        Err(CredentialsError::not_loaded("AWS_ACCESS_KEY_ID is not set"))
    }

    fn broken() -> provider::Result {
        Err(CredentialsError::provider_error("ForbiddenException: no access for SECRET"))
    }

    #[expect(clippy::unnecessary_wraps, reason = "a place like the others")]
    fn keys() -> provider::Result {
        Ok(Credentials::new("AKIATEST", "SECRET", None, None, "test"))
    }

    async fn look(sources: Vec<fn() -> provider::Result>) -> (bool, Vec<(LookResult, String)>) {
        look_at("somewhere", sources).await
    }

    async fn look_at(
        name: &'static str,
        sources: Vec<fn() -> provider::Result>,
    ) -> (bool, Vec<(LookResult, String)>) {
        let diagnosis = Diagnosis::default();
        let place = |source: fn() -> provider::Result| {
            let provider = provide_credentials_fn(move || async move { source() });
            (name, SharedCredentialsProvider::new(provider))
        };
        let places = sources.into_iter().map(place).collect();
        let chain = Chain { places, ignored: None, diagnosis: diagnosis.clone() };
        let found = chain.provide_credentials().await.is_ok();
        let looks = diagnosis.findings().looks.into_iter();
        (found, looks.map(|look| (look.result, look.reason)).collect())
    }

    #[tokio::test]
    async fn the_first_place_with_credentials_is_the_last_that_is_asked() {
        let (found, looks) = look(vec![none, keys, broken]).await;
        assert!(found);
        let results: Vec<_> = looks.iter().map(|(result, _)| *result).collect();
        assert_eq!(results, [LookResult::PassedOver, LookResult::Used]);
        assert!(looks[0].1.contains("AWS_ACCESS_KEY_ID is not set"), "{looks:?}");
    }

    /// The service answers 403 where it is switched off, and other errors where it fails.
    #[tokio::test]
    async fn an_instance_without_metadata_is_a_place_without_credentials() {
        let off: fn() -> provider::Result = || {
            Err(CredentialsError::provider_error(
                "request forbidden: IMDS is disabled or the caller has insufficient permissions.",
            ))
        };
        let (_, looks) = look_at(INSTANCE, vec![off]).await;
        assert_eq!(looks, [(LookResult::PassedOver, SWITCHED_OFF.to_owned())]);
        for (place, source) in [(INSTANCE, broken as fn() -> provider::Result), ("container", off)]
        {
            let (_, looks) = look_at(place, vec![source]).await;
            assert_eq!(looks[0].0, LookResult::Failed, "{place}");
        }
    }

    #[tokio::test]
    async fn a_place_that_fails_ends_the_search_and_repeats_no_secret() {
        let (found, looks) = look(vec![none, broken, keys]).await;
        assert!(!found);
        assert_eq!(looks.len(), 2);
        assert_eq!(looks[1].0, LookResult::Failed);
        assert!(!format!("{looks:?}").contains("SECRET"), "{looks:?}");
    }
}
