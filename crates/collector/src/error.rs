//! Why nothing could be collected at all.

use std::error::Error;
use std::time::Duration;

use aws_config::profile::ProfileFileLoadError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use portcullis_model::{Source, shell_word};
use thiserror::Error;

use crate::Options;
use crate::calls::Calls;
use crate::diagnosis::{Findings, LookResult};
use crate::failure::{
    Failure, LOGIN_FEATURE, causes, chain, credentials_failure, is_denied, is_signature_error,
    last_causes,
};
use crate::session::FIRST_CALL;

/// The name of a file of certificates in its error.
const CA_BUNDLE: &str = "the CA bundle";
const NETWORK_HELP: &str = "check the network, the region, and AWS_ENDPOINT_URL if it is set";
const THROTTLING_HELP: &str =
    "AWS throttles the calls of this run and others: try again in a few minutes";

/// Why nothing could be collected at all; a single failed call is a gap instead.
///
/// The message says what is wrong, and [`help`](CollectError::help) what to do.
#[derive(Debug, Error)]
pub enum CollectError {
    /// The profile does not exist.
    #[error("there is no AWS profile \"{name}\"")]
    NoProfile {
        /// The requested name.
        name: String,
        /// The names of the existing profiles.
        others: Vec<String>,
    },
    /// The AWS configuration files or a profile in them are invalid, for the given reason.
    #[error("the AWS configuration cannot be used: {0}")]
    Configuration(String),
    /// No source has credentials; says which were searched.
    #[error("there are no AWS credentials: {0}")]
    NoCredentials(String),
    /// The sign-in to IAM Identity Center has expired.
    #[error("the SSO session of the profile \"{profile}\" has expired, or there is none")]
    ExpiredSso {
        /// The profile.
        profile: String,
        /// What to do about it.
        renewal: String,
    },
    /// The profile signs in with `aws login`, whose sessions our build of the SDK cannot read.
    #[error("the profile \"{0}\" signs in with `aws login`, whose sessions Portcullis cannot use")]
    LoginSession(String),
    /// The credentials have expired.
    #[error("the AWS credentials{from} {expired} ({code})")]
    Expired {
        /// AWS's error code.
        code: String,
        /// Where they are from, such as ` in the environment`.
        from: String,
        /// That they have expired, with the time if known, such as `expired at 2026-11-10 06:31
        /// UTC`.
        expired: String,
        /// What to do about it.
        renewal: String,
    },
    /// This machine's clock differs from AWS's by more than AWS accepts; contains AWS's error code.
    #[error("this machine's clock differs too much from AWS's ({0})")]
    WrongClock(String),
    /// The credentials are invalid or were deleted; contains AWS's error code.
    #[error("AWS does not accept the credentials ({0})")]
    Invalid(String),
    /// The role cannot be assumed.
    #[error("{role} cannot be assumed: {reason}")]
    RoleNotAssumed {
        /// The role.
        role: String,
        /// AWS's error code.
        code: String,
        /// AWS's message and code.
        reason: String,
    },
    /// The role of a profile cannot be assumed, and the profile names an MFA device.
    #[error(
        "the role of the profile \"{profile}\" cannot be assumed: {reason}. The profile names an MFA device \
         (mfa_serial), and Portcullis does not ask for its code"
    )]
    MfaNotAskedFor {
        /// The profile.
        profile: String,
        /// AWS's message and code.
        reason: String,
    },
    /// AWS does not identify the caller, for the given reason.
    #[error("AWS does not say whose credentials these are: {0}")]
    UnknownCaller(String),
    /// The accounts of the organization cannot be listed.
    #[error("the accounts of the organization cannot be listed: {reason}")]
    OrganizationNotListed {
        /// AWS's error code.
        code: String,
        /// AWS's message and code.
        reason: String,
    },
    /// AWS did not answer in time.
    #[error("AWS does not answer {place}: no answer within {seconds:.1} seconds")]
    Late {
        /// The endpoint or region, such as `in the region eu-north-1`.
        place: String,
        /// The time limit.
        seconds: f64,
    },
    /// A source of credentials failed; contains its error.
    #[error("the AWS credentials cannot be loaded: {0}")]
    CredentialsFailed(String),
    /// AWS cannot be reached.
    #[error("AWS does not answer {place}: {reason}")]
    Unreachable {
        /// The endpoint or region, such as `in the region eu-north-1`.
        place: String,
        /// Why the connection failed.
        reason: String,
    },
}

impl CollectError {
    /// Returns what to do about it, as part of a sentence.
    pub fn help(&self) -> String {
        let help = match self {
            CollectError::NoProfile { others, .. } if others.is_empty() => {
                "the AWS configuration files name no profile: `aws configure` creates one"
            }
            CollectError::NoProfile { others, .. } => {
                return format!("choose one of these: {}", others.join(", "));
            }
            CollectError::Configuration(why) if why.contains(CA_BUNDLE) => {
                "correct AWS_CA_BUNDLE, or unset it"
            }
            CollectError::Configuration(_) => {
                "correct the AWS configuration files, or pass another --profile"
            }
            CollectError::NoCredentials(_) => {
                "pass --profile, set AWS_PROFILE, or run `aws configure` or `aws sso login`"
            }
            CollectError::ExpiredSso { renewal, .. } | CollectError::Expired { renewal, .. } => {
                renewal
            }
            CollectError::LoginSession(profile) | CollectError::MfaNotAskedFor { profile, .. } => {
                let profile = shell_word(profile);
                return format!(
                    "run `eval \"$(aws configure export-credentials --profile {profile} --format env)\"`, then \
                     this command without --profile"
                );
            }
            CollectError::WrongClock(_) => {
                "set the clock, or let it follow a time server (NTP), and try again"
            }
            CollectError::Invalid(_) => {
                "check the access key and its secret, that the key is active, and that --region or AWS_REGION is \
                 in its partition"
            }
            CollectError::RoleNotAssumed { code, .. } => role_help(code),
            CollectError::CredentialsFailed(_) => {
                "correct their source, or choose another with --profile or AWS_PROFILE"
            }
            CollectError::UnknownCaller(_) => "grant sts:GetCallerIdentity to the caller",
            CollectError::OrganizationNotListed { code, .. } => organization_help(code),
            CollectError::Late { .. } | CollectError::Unreachable { .. } => NETWORK_HELP,
        };
        help.to_owned()
    }
}

/// Returns what to do if a role cannot be assumed, by AWS's error code.
fn role_help(code: &str) -> &'static str {
    if Failure::new(code, "").is_throttled() {
        return THROTTLING_HELP;
    }
    if code == Failure::TIMEOUT {
        return NETWORK_HELP;
    }
    "check the role's trust policy and its external ID, and that the caller is allowed to use sts:AssumeRole"
}

/// Returns what to do if an organization's accounts cannot be listed, by AWS's error code.
fn organization_help(code: &str) -> &'static str {
    if code == "ParentNotFoundException" {
        return "check the id of the organizational unit, such as ou-ab12-34cd56ef";
    }
    if is_unanswered(code) {
        return NETWORK_HELP;
    }
    if Failure::new(code, "").is_throttled() {
        return THROTTLING_HELP;
    }
    "use credentials of the management account or of a delegated administrator, which need \
     organizations:ListAccounts, and for --ou also ListAccountsForParent and ListOrganizationalUnitsForParent; or \
     list the accounts in a file for --accounts"
}

impl From<ProfileFileLoadError> for CollectError {
    fn from(error: ProfileFileLoadError) -> CollectError {
        CollectError::Configuration(chain(&error))
    }
}

/// The first call, with what its errors need to say.
pub(crate) struct Attempt<'a> {
    /// The options.
    pub(crate) options: &'a Options,
    /// The calls of the run.
    pub(crate) calls: &'a Calls,
    /// The requested or selected profile, or `default`.
    pub(crate) profile: &'a str,
    /// The endpoint or region, such as `in the region eu-north-1`.
    pub(crate) place: String,
    /// The time limit.
    pub(crate) limit: Duration,
}

impl Attempt<'_> {
    /// Returns why the first call's error makes all others pointless; none if AWS answered, even
    /// with a denial.
    pub(crate) fn error<E>(&self, error: &SdkError<E>) -> Option<CollectError>
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let failure = Failure::from_error(error);
        if is_clock_skew(&failure.code, error.message().unwrap_or_default()) {
            return Some(CollectError::WrongClock(failure.code));
        }
        if let Some(rejected) = self.rejected(&failure.code) {
            return Some(rejected);
        }
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        match status {
            None if failure.code == Failure::TIMEOUT => self.late().err(),
            None => Some(self.not_sent(error)),
            // A web server that is not AWS, or a proxy.
            Some(300..=399 | 404 | 405 | 407) if error.code().is_none() => {
                Some(self.unreachable(failure.message))
            }
            Some(_) => None,
        }
    }

    /// Returns the outcome of a first call without an answer in time: a failure of this call alone
    /// if AWS throttled it, otherwise an error.
    pub(crate) fn late(&self) -> Result<Failure, CollectError> {
        let operation = Source::CallerIdentity.operation();
        match self.calls.throttling(operation, self.limit) {
            Some(failure) => Ok(failure.during(operation)),
            None => Err(CollectError::Late {
                place: self.place.clone(),
                seconds: self.limit.as_secs_f64(),
            }),
        }
    }

    pub(crate) fn unreachable(&self, reason: impl Into<String>) -> CollectError {
        CollectError::Unreachable { place: self.place.clone(), reason: reason.into() }
    }

    /// Returns why a call was not sent, mostly because its credentials could not be loaded.
    fn not_sent(&self, error: &(dyn Error + 'static)) -> CollectError {
        let words = chain(error);
        // The SDK does not export the types of these errors.
        let signs = ["SSO token", "UnauthorizedException", "/sso/cache/"];
        if signs.iter().any(|sign| words.contains(sign)) {
            let profile = self.profile.to_owned();
            let findings = self.options.diagnosis.findings();
            let login = findings
                .login
                .unwrap_or_else(|| format!("aws sso login --profile {}", shell_word(&profile)));
            return CollectError::ExpiredSso { profile, renewal: format!("run `{login}`") };
        }
        if words.contains(LOGIN_FEATURE) {
            return CollectError::LoginSession(self.profile.to_owned());
        }
        if let Some(call) = causes(error).find_map(|cause| cause.downcast_ref()) {
            return self.role_error(call);
        }
        let reason = last_causes(error, 2);
        match causes(error).find_map(|cause| cause.downcast_ref()) {
            None => self.unreachable(reason),
            Some(CredentialsError::CredentialsNotLoaded(_)) if !words.contains("profile `") => {
                CollectError::NoCredentials(self.looked_in())
            }
            Some(CredentialsError::ProviderTimedOut(_)) => self.late_credentials(),
            Some(
                wrong @ (CredentialsError::CredentialsNotLoaded(_)
                | CredentialsError::InvalidConfiguration(_)),
            ) => CollectError::Configuration(credentials_failure(wrong)),
            Some(failed) => CollectError::CredentialsFailed(credentials_failure(failed)),
        }
    }

    /// Returns the error if credentials took too long: those of a source, or of the role to assume.
    fn late_credentials(&self) -> CollectError {
        let looks = self.options.diagnosis.findings().looks;
        let source = looks
            .last()
            .filter(|look| look.result == LookResult::Failed);
        match (source, &self.options.role_arn) {
            (None, Some(_)) => {
                let late = Failure::new(Failure::TIMEOUT, "AWS does not answer in time");
                let waited = self.limit.saturating_sub(FIRST_CALL);
                self.role_refused(self.calls.throttling("AssumeRole", waited).unwrap_or(late))
            }
            (source, _) => {
                let place = source.map_or("their source", |look| look.place);
                CollectError::NoCredentials(format!("{place} does not answer in time"))
            }
        }
    }

    fn role_error(&self, call: &SdkError<AssumeRoleError>) -> CollectError {
        let failure = Failure::from_error(call);
        if is_clock_skew(&failure.code, call.message().unwrap_or_default()) {
            return CollectError::WrongClock(failure.code);
        }
        if let Some(rejected) = self.rejected(&failure.code) {
            return rejected;
        }
        match (call.raw_response(), call.source()) {
            (None, Some(_)) if failure.code == Failure::TIMEOUT => self.late_credentials(),
            (None, Some(cause)) => self.not_sent(cause),
            _ => self.role_refused(failure),
        }
    }

    fn role_refused(&self, failure: Failure) -> CollectError {
        let reason = failure.explanation();
        let Findings { looks, names_mfa_device, .. } = self.options.diagnosis.findings();
        let is_of_profile = looks
            .last()
            .is_some_and(|look| look.result == LookResult::Failed);
        if is_of_profile && names_mfa_device && is_denied(&failure.code) {
            return CollectError::MfaNotAskedFor { profile: self.profile.to_owned(), reason };
        }
        CollectError::RoleNotAssumed { role: self.role(), code: failure.code, reason }
    }

    fn role(&self) -> String {
        match &self.options.role_arn {
            Some(arn) => format!("the role {arn}"),
            None => format!("the role of the profile \"{}\"", self.profile),
        }
    }

    fn looked_in(&self) -> String {
        match &self.options.profile {
            Some(profile) => format!("the profile \"{profile}\" has none"),
            None => "none in the environment, the profile, a container or the instance".to_owned(),
        }
    }

    /// Returns the error if AWS's code rejects the credentials themselves.
    fn rejected(&self, code: &str) -> Option<CollectError> {
        match code {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Some(self.expired(code)),
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "MissingAuthenticationToken"
            | "AuthFailure" => Some(CollectError::Invalid(code.to_owned())),
            _ if is_signature_error(code) => Some(CollectError::Invalid(code.to_owned())),
            _ => None,
        }
    }

    fn expired(&self, code: &str) -> CollectError {
        let findings = self.options.diagnosis.findings();
        let past = findings.expired((self.options.clock)());
        CollectError::Expired {
            code: code.to_owned(),
            from: findings.origin(),
            expired: past.unwrap_or_else(|| "have expired".to_owned()),
            renewal: findings.renewal(),
        }
    }
}

/// Whether AWS's error is about the time of the request. IAM and STS say so in the message of a
/// signature error.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
fn is_clock_skew(code: &str, message: &str) -> bool {
    let prefixes = ["Signature expired", "Signature not yet current"];
    matches!(code, "RequestTimeTooSkewed" | "RequestInTheFuture")
        || is_signature_error(code) && prefixes.iter().any(|prefix| message.starts_with(prefix))
}

/// Whether the code is our own for a call without a complete answer from AWS.
fn is_unanswered(code: &str) -> bool {
    let own = ["ConnectionError", "MalformedResponse", "AnswerTooLarge"];
    [Failure::TIMEOUT, Failure::DEADLINE].contains(&code)
        || own.contains(&code)
        || code.starts_with("HttpError ")
}
