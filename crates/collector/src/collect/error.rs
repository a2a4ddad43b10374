//! Why nothing could be collected at all.

use std::error::Error;

use aws_config::profile::ProfileFileLoadError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use thiserror::Error;

use super::failure::{Failure, causes, chain};

/// Why nothing could be collected at all; a single call that fails is a gap instead.
#[derive(Debug, Error)]
pub enum CollectError {
    /// Neither option, environment, profile nor instance names a region.
    #[error("no AWS region is set; pass --region or set AWS_REGION")]
    NoRegion,
    /// The profile does not exist.
    #[error(
        "there is no AWS profile \"{profile}\"; `aws configure list-profiles` lists those there are"
    )]
    NoProfile {
        /// The profile's name.
        profile: String,
    },
    /// The AWS configuration files, or a profile in them, make no sense.
    #[error(
        "the AWS configuration cannot be used: {reason}; correct it, or pass another --profile"
    )]
    Configuration {
        /// What is wrong.
        reason: String,
    },
    /// No source gave credentials.
    #[error(
        "no AWS credentials: {reason}; pass --profile, set AWS_PROFILE, or run `aws configure` or `aws sso login`"
    )]
    NoCredentials {
        /// Where they were looked for.
        reason: String,
    },
    /// The sign-in to IAM Identity Center has run out.
    #[error("the SSO session has expired, or there is none; run `{login}`")]
    ExpiredSso {
        /// The command that signs in.
        login: String,
    },
    /// The credentials have run out.
    #[error(
        "the AWS credentials have expired ({code}); get new ones, and check that this machine's clock is right"
    )]
    Expired {
        /// AWS's error code.
        code: String,
    },
    /// The credentials are wrong, or were deleted.
    #[error(
        "AWS does not accept the credentials ({code}); check the access key and its secret, and that the key is active"
    )]
    Invalid {
        /// AWS's error code.
        code: String,
    },
    /// The role was refused.
    #[error(
        "{role} cannot be assumed: {reason}; check its trust policy, its external id, and that the caller may call sts:AssumeRole"
    )]
    RoleNotAssumed {
        /// The role.
        role: String,
        /// What AWS said.
        reason: String,
    },
    /// A source of credentials failed in its own way.
    #[error("the AWS credentials cannot be loaded: {reason}")]
    CredentialsFailed {
        /// What the source said.
        reason: String,
    },
    /// AWS did not answer.
    #[error(
        "AWS does not answer: {reason}; check the network, --region and AWS_ENDPOINT_URL, and HTTPS_PROXY if there is a proxy"
    )]
    Unreachable {
        /// What happened to the connection.
        reason: String,
    },
}

/// Whose credentials were tried, for the advice in an error.
pub(crate) struct Attempt<'a> {
    /// The profile that was asked for or is selected; `default` where none is.
    pub(crate) profile: &'a str,
    /// The role that was asked for.
    pub(crate) role_arn: Option<&'a str>,
}

impl From<ProfileFileLoadError> for CollectError {
    fn from(error: ProfileFileLoadError) -> CollectError {
        CollectError::Configuration { reason: chain(&error) }
    }
}

impl Attempt<'_> {
    /// Why the first call makes every other pointless; none: AWS answered it, be it with a denial.
    pub(crate) fn error<E>(&self, error: &SdkError<E>) -> Option<CollectError>
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let rejected = rejected(&Failure::of(error).code);
        let answered = error.raw_response().is_some();
        rejected.or_else(|| (!answered).then(|| self.not_sent(error)))
    }

    /// Why a call got no answer: mostly because the credentials to sign it could not be loaded.
    fn not_sent(&self, error: &(dyn Error + 'static)) -> CollectError {
        let reason = chain(error);
        // The SDK keeps the types of these errors to itself.
        if reason.contains("SSO token") || reason.contains("UnauthorizedException") {
            return CollectError::ExpiredSso { login: self.login() };
        }
        if let Some(call) = causes(error).find_map(|cause| cause.downcast_ref()) {
            return self.role_error(call);
        }
        match causes(error).find_map(|cause| cause.downcast_ref()) {
            None => CollectError::Unreachable { reason },
            Some(CredentialsError::CredentialsNotLoaded(_)) => {
                CollectError::NoCredentials { reason: innermost(error) }
            }
            Some(error @ CredentialsError::ProviderTimedOut(_)) => {
                CollectError::NoCredentials { reason: error.to_string() }
            }
            Some(error @ CredentialsError::InvalidConfiguration(_)) => {
                CollectError::Configuration { reason: innermost(error) }
            }
            Some(error) => CollectError::CredentialsFailed { reason: chain(error) },
        }
    }

    fn role_error(&self, call: &SdkError<AssumeRoleError>) -> CollectError {
        let failure = Failure::of(call);
        if let Some(rejected) = rejected(&failure.code) {
            return rejected;
        }
        if let (None, Some(cause)) = (call.raw_response(), call.source()) {
            return self.not_sent(cause);
        }
        let role = match self.role_arn {
            Some(arn) => format!("the role {arn}"),
            None => format!("the role of the profile \"{}\"", self.profile),
        };
        let reason = format!("{}: {}", failure.code, failure.message);
        CollectError::RoleNotAssumed { role, reason }
    }

    fn login(&self) -> String {
        match self.profile {
            "default" => "aws sso login".to_owned(),
            profile => format!("aws sso login --profile {profile}"),
        }
    }
}

/// What the code says about the credentials themselves, whatever was called with them.
fn rejected(code: &str) -> Option<CollectError> {
    let code = code.to_owned();
    match code.as_str() {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            Some(CollectError::Expired { code })
        }
        "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "UnrecognizedClientException"
        | "MissingAuthenticationToken"
        | "AuthFailure" => Some(CollectError::Invalid { code }),
        _ => None,
    }
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, chain)
}
