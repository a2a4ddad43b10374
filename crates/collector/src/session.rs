//! Opens a session: region, credentials, and the first call, which tests both.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::identity::IdentityCache;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{
    self, Profile, ProfileFileCredentialsProvider, ProfileFileRegionProvider, ProfileSet,
};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};
use portcullis_evidence::{read_file, shapes};
use portcullis_model::{Arn, Source, global_region, shell_word, without_session_names};
use tokio::time::{Instant, timeout};

use crate::calls::Calls;
use crate::convert::Convert;
use crate::credential_process::CredentialProcess;
use crate::diagnosis::{Chain, INSTANCE, Look, LookResult};
use crate::endpoint::origin;
use crate::error::{Attempt, CollectError};
use crate::failure::Failure;
use crate::pace::paced;
use crate::role::Role;
use crate::{Options, http};

/// A wrong setting must be reported within five seconds.
const PREFLIGHT_LIMIT: Duration = Duration::from_millis(4_500);
const CREDENTIALS_LIMIT: Duration = Duration::from_millis(3_500);
/// The time that remains for the first call once there are credentials.
pub(crate) const FIRST_CALL: Duration = Duration::from_secs(1);
/// The time limit of an attempt of most calls.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);
/// Outside EC2, querying the instance metadata for a region would hang for seconds.
const REGION_LIMIT: Duration = Duration::from_secs(1);

/// The configuration of a session, before the first call.
pub(crate) struct Base {
    /// Region, credentials, retries and timeouts for every client.
    config: SdkConfig,
    /// The requested or selected profile, or `default`.
    profile: String,
    /// The endpoint or region, such as `in the region eu-north-1`.
    place: String,
}

impl Base {
    /// The time limit of a first call, so that a wrong setting is reported within five seconds.
    pub(crate) const LIMIT: Duration = PREFLIGHT_LIMIT;

    /// Returns the configuration for clients.
    pub(crate) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Loads region and credentials.
    pub(crate) async fn load(options: &Options) -> Result<Base, CollectError> {
        for variable in FILES {
            check_file(variable, Env::default().get(variable).ok().as_deref())?;
        }
        let profiles = profiles(options).await?;
        let profile = profiles.selected_profile();
        let settings = profiles.get_profile(profile);
        let token = "web_identity_token_file";
        check_file(token, settings.and_then(|settings| settings.get(token)))?;
        let client = http::client(&Env::default(), settings)?;
        describe_profile(options, &profiles);
        let configured = region(options, &client).await;
        let region = configured.unwrap_or_else(|| default_region(options.role_arn.as_deref()));
        options.diagnosis.lock().region = Some(region.to_string());
        let in_region = format!("in the region {region}");
        let config = config(options, settings, region, client).await;
        let place = config
            .endpoint_url()
            .map_or(in_region, |url| format!("at {}", origin(url)));
        Ok(Base { config, profile: profile.to_owned(), place })
    }

    /// Assumes the role of the options, if any, and makes the first call, all within the limit.
    pub(crate) async fn enter(
        &self,
        options: &Options,
        calls: &Calls,
        limit: Duration,
    ) -> Result<Session, CollectError> {
        // The role's credentials must leave time for the call.
        let role_limit = limit.saturating_sub(FIRST_CALL);
        let config = with_role(self.config.clone(), options, calls, role_limit);
        let config = at_pace(config, options.max_calls_per_second);
        let Base { profile, place, .. } = self;
        let attempt = Attempt { options, calls, profile, place: place.clone(), limit };
        let caller = match timeout(limit, caller_identity(&config, &attempt)).await {
            Ok(caller) => caller?,
            Err(_) => Err(attempt.late()?),
        };
        Ok(Session { config, caller })
    }

    /// Replaces the credentials by those of a session.
    pub(crate) fn with_credentials_of(self, session: &Session) -> Base {
        let credentials = session.config.credentials_provider();
        let config = self.config.into_builder();
        let config = match credentials {
            Some(credentials) => config.credentials_provider(credentials),
            None => config,
        };
        Base { config: config.build(), ..self }
    }
}

/// A working connection to AWS.
pub(crate) struct Session {
    /// Region, credentials, retries and timeouts for every client.
    pub(crate) config: SdkConfig,
    /// The owner of the credentials, unless the call is denied.
    pub(crate) caller: Result<shapes::CallerIdentity, Failure>,
}

impl Session {
    /// Loads region and credentials and tests them with GetCallerIdentity, all within five seconds.
    pub(crate) async fn open(options: &Options, calls: &Calls) -> Result<Session, CollectError> {
        let deadline = Instant::now() + PREFLIGHT_LIMIT;
        let base = Base::load(options).await?;
        base.enter(options, calls, deadline - Instant::now()).await
    }
}

/// Environment variables with paths of files, which the SDK reads without a limit.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
const FILES: [&str; 4] = [
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];
/// Far more than any of these files takes.
const MAX_BYTES: u64 = 1 << 24;

/// Refuses a file that may never end. If the SDK needs a file that is missing or cannot be read, it
/// reports that itself.
fn check_file(setting: &str, path: Option<&str>) -> Result<(), CollectError> {
    // `/dev/null` is a common way to disable a file.
    let Some(path) = path.filter(|path| *path != "/dev/null") else {
        return Ok(());
    };
    match read_file(Path::new(path), MAX_BYTES) {
        Err(error) if matches!(error.kind(), ErrorKind::Other | ErrorKind::FileTooLarge) => {
            Err(CollectError::Configuration(format!("{setting} is {path}: {error}")))
        }
        _ => Ok(()),
    }
}

/// Loads the profiles. A named profile must exist, since the SDK would silently use other
/// credentials.
async fn profiles(options: &Options) -> Result<ProfileSet, CollectError> {
    let name = options.profile.clone().map(Into::into);
    // The type of the third argument has no name that is not deprecated.
    #[expect(clippy::default_trait_access)]
    let profiles =
        profile::load(&Fs::default(), &Env::default(), &Default::default(), name).await?;
    let selected = profiles.selected_profile();
    let is_named = options.profile.is_some() || selected != "default";
    if is_named && profiles.get_profile(selected).is_none() {
        let mut others: Vec<String> = profiles.profiles().map(str::to_owned).collect();
        others.sort_unstable();
        return Err(CollectError::NoProfile { name: selected.to_owned(), others });
    }
    Ok(profiles)
}

/// Records the profile, the host of its access portal, and how to sign in.
fn describe_profile(options: &Options, profiles: &ProfileSet) {
    let name = profiles.selected_profile();
    let mut findings = options.diagnosis.lock();
    findings.profile = Some(name.to_owned());
    let sources = source_profiles(profiles, name);
    findings.login = login(&sources);
    // The SDK ignores `mfa_serial`.
    findings.names_mfa_device = sources
        .iter()
        .any(|(_, profile)| profile.get("mfa_serial").is_some());
    if let [_, .., (source, profile)] = sources[..] {
        findings.source_profile = Some(source.to_owned());
        findings.source_runs_process = profile.get("credential_process").is_some();
    }
    let Some(profile) = profiles.get_profile(name) else {
        return;
    };
    let session = profile
        .get("sso_session")
        .and_then(|name| profiles.sso_session(name));
    let session_url = session.and_then(|session| session.get("sso_start_url"));
    let url = profile.get("sso_start_url").or(session_url);
    findings.portal = url.and_then(|url| {
        origin(url)
            .split_once("://")
            .map(|(_, host)| host.to_owned())
    });
}

/// Returns a profile, and the chain of profiles from which it takes its credentials.
///
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html>
fn source_profiles<'p>(profiles: &'p ProfileSet, name: &'p str) -> Vec<(&'p str, &'p Profile)> {
    let mut sources: Vec<(&str, &Profile)> = Vec::new();
    let mut next = Some(name);
    // A profile may refer to itself, directly or in a cycle.
    while let Some(name) = next.filter(|name| !sources.iter().any(|(known, _)| known == name)) {
        let Some(profile) = profiles.get_profile(name) else {
            break;
        };
        sources.push((name, profile));
        next = profile
            .get("role_arn")
            .and_then(|_| profile.get("source_profile"));
    }
    sources
}

/// Returns the command that signs in for the first of these profiles that uses SSO.
///
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html>
fn login(sources: &[(&str, &Profile)]) -> Option<String> {
    for (name, profile) in sources {
        if profile
            .get("sso_session")
            .or(profile.get("sso_start_url"))
            .is_some()
        {
            return Some(match *name {
                "default" => "aws sso login".to_owned(),
                name => format!("aws sso login --profile {}", shell_word(name)),
            });
        }
    }
    None
}

async fn region(options: &Options, client: &SharedHttpClient) -> Option<Region> {
    if let Some(region) = &options.region {
        return Some(Region::new(region.clone()));
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &options.profile {
        profile = profile.profile_name(name);
    }
    let instance = ProviderConfig::default().with_http_client(client.clone());
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(ImdsRegionProvider::builder().configure(&instance).build());
    timeout(REGION_LIMIT, chain.region()).await.ok().flatten()
}

/// Returns the region to call if none is configured: that of IAM in the partition of the role to
/// assume, or else in the commercial partition, as in the AWS CLI.
fn default_region(role_arn: Option<&str>) -> Region {
    let role = role_arn.and_then(Arn::parse);
    Region::from_static(global_region(role.map_or("aws", |role| role.partition)))
}

async fn config(
    options: &Options,
    profile: Option<&Profile>,
    region: Region,
    client: SharedHttpClient,
) -> SdkConfig {
    let base = base_credentials(options, profile, &region, client.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(client)
        .credentials_provider(Limited(base, CREDENTIALS_LIMIT))
        // Set here because the SDK panics on a bad retry setting in the environment.
        .retry_config(RetryConfig::adaptive())
        .timeout_config(timeouts());
    if let Ok(name) = AppName::new("portcullis") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}

/// Limits the rate of the configuration's requests.
fn at_pace(config: SdkConfig, calls_per_second: u32) -> SdkConfig {
    match config.http_client() {
        Some(client) => config
            .into_builder()
            .http_client(paced(client, calls_per_second))
            .build(),
        None => config,
    }
}

/// Adds the role of the options to the configuration, if there is one.
fn with_role(config: SdkConfig, options: &Options, calls: &Calls, limit: Duration) -> SdkConfig {
    let Some(arn) = &options.role_arn else {
        return config;
    };
    let role = Role::new(arn, options.external_id.as_deref(), &config, calls);
    let credentials = Limited(SharedCredentialsProvider::new(role), limit);
    config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // The cache's own timeout would come first, with an error that does not say what was late.
        .identity_cache(
            IdentityCache::lazy()
                .load_timeout(limit + FIRST_CALL)
                .build(),
        )
        .build()
}

/// Returns the caller's own credentials: those of the requested profile, or else the first found in
/// the order of the SDK's default chain.
///
/// <https://docs.aws.amazon.com/sdk-for-rust/latest/dg/credproviders.html>
fn base_credentials(
    options: &Options,
    profile: Option<&Profile>,
    region: &Region,
    client: SharedHttpClient,
) -> SharedCredentialsProvider {
    let has_keys = options.profile.is_none() && Env::default().get("AWS_ACCESS_KEY_ID").is_ok();
    let chain = |places| {
        let ignored = ignored(options.profile.as_deref(), &Env::default());
        let diagnosis = options.diagnosis.clone();
        SharedCredentialsProvider::new(Chain { places, ignored, diagnosis })
    };
    if let Some(process) = profile
        .and_then(CredentialProcess::from_profile)
        .filter(|_| !has_keys)
    {
        return chain(vec![("credential_process", SharedCredentialsProvider::new(process))]);
    }
    let config = ProviderConfig::without_region()
        .with_http_client(client)
        .with_region(Some(region.clone()))
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_retry_config(RetryConfig::standard())
        .with_timeout_config(timeouts());
    if let Some(profile) = &options.profile {
        // In the default chain, keys in the environment would outrank the requested profile.
        let provider = ProfileFileCredentialsProvider::builder().profile_name(profile);
        let provider = SharedCredentialsProvider::new(provider.configure(&config).build());
        return chain(vec![("profile", provider)]);
    }
    let web_identity = WebIdentityTokenCredentialsProvider::builder()
        .configure(&config)
        .build();
    let instance = ImdsCredentialsProvider::builder()
        .configure(&config)
        .build();
    let environment = EnvironmentVariableCredentialsProvider::new();
    let profile = ProfileFileCredentialsProvider::builder()
        .configure(&config)
        .build();
    let container = EcsCredentialsProvider::builder().configure(&config).build();
    chain(vec![
        ("environment", SharedCredentialsProvider::new(environment)),
        ("profile", SharedCredentialsProvider::new(profile)),
        ("web identity", SharedCredentialsProvider::new(web_identity)),
        ("container", SharedCredentialsProvider::new(container)),
        (INSTANCE, SharedCredentialsProvider::new(instance)),
    ])
}

/// Returns a place with credentials that another one outranks: keys in the environment if a profile
/// is requested, or the profile of `AWS_PROFILE` if there are such keys.
fn ignored(profile: Option<&str>, environment: &Env) -> Option<Look> {
    let is_set = |name| environment.get(name).is_ok_and(|value| !value.is_empty());
    if !is_set("AWS_ACCESS_KEY_ID") || !is_set("AWS_SECRET_ACCESS_KEY") {
        return None;
    }
    let (place, reason) = match profile {
        Some(_) => ("environment", "--profile outranks its keys"),
        None if is_set("AWS_PROFILE") => ("profile", "keys in the environment outrank AWS_PROFILE"),
        None => return None,
    };
    Some(Look { place, result: LookResult::PassedOver, reason: reason.to_owned() })
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(ATTEMPT_LIMIT)
        .operation_timeout(Duration::from_mins(1))
        .build()
}

/// Returns the timeouts of the first call, whose attempts also wait for credentials.
fn first_timeouts() -> TimeoutConfig {
    timeouts()
        .to_builder()
        .disable_operation_attempt_timeout()
        .read_timeout(ATTEMPT_LIMIT)
        .build()
}

async fn caller_identity(
    config: &SdkConfig,
    attempt: &Attempt<'_>,
) -> Result<Result<shapes::CallerIdentity, Failure>, CollectError> {
    let quickly = aws_sdk_sts::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .retry_partition(attempt.calls.retries.clone())
        .timeout_config(first_timeouts())
        .interceptor(attempt.calls.attempts())
        .interceptor(attempt.options.diagnosis.watch_clock(attempt.options.clock))
        .build();
    let operation = Source::CallerIdentity.operation();
    let progress = &attempt.options.progress;
    progress.starts(operation);
    let outcome = aws_sdk_sts::Client::from_conf(quickly)
        .get_caller_identity()
        .send()
        .await;
    progress.ends(operation);
    match outcome {
        Ok(output) => Ok(Convert::convert(output, "")
            .map(without_session)
            .map_err(Failure::from)),
        Err(error) => match attempt.error(&error) {
            Some(fatal) => Err(fatal),
            None => Ok(Err(Failure::from_error(&error))),
        },
    }
}

/// Removes the session's name from the end of the ARN and of the id.
fn without_session(mut caller: shapes::CallerIdentity) -> shapes::CallerIdentity {
    caller.arn = without_session_names(&caller.arn);
    if let Some(id) = &mut caller.user_id {
        id.truncate(id.find(':').unwrap_or(id.len()));
    }
    caller
}

/// A credentials provider with a time limit, since instance metadata may never answer.
#[derive(Debug)]
struct Limited(SharedCredentialsProvider, Duration);

impl ProvideCredentials for Limited {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            timeout(self.1, self.0.provide_credentials())
                .await
                .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(self.1)))
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
