//! Assumes the role of a run by a call like all others, so that the outcome of each attempt is
//! known.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_config::retry::{RetryConfig, RetryMode};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;

use crate::calls::Calls;
use crate::whole::WholeAnswers;

/// Does not identify the auditor, since CloudTrail records it.
const SESSION_NAME: &str = "portcullis";
/// The attempts at assuming the role, which take at most about 15 seconds if AWS throttles all of
/// them.
const ATTEMPTS: u32 = 5;

/// Provides the credentials of a role.
#[derive(Debug)]
pub(crate) struct Role(AssumeRoleFluentBuilder);

impl Role {
    /// Creates a provider that assumes the role with the credentials of the configuration.
    pub(crate) fn new(
        arn: &str,
        external_id: Option<&str>,
        config: &SdkConfig,
        calls: &Calls,
    ) -> Role {
        let retries = config
            .retry_config()
            .cloned()
            .unwrap_or_else(RetryConfig::standard);
        let config = aws_sdk_sts::config::Builder::from(config)
            // Adaptive retries would wait longer than the limit for the first call.
            .retry_config(
                retries
                    .with_retry_mode(RetryMode::Standard)
                    .with_max_attempts(ATTEMPTS),
            )
            .retry_partition(calls.retries.clone())
            .interceptor(calls.attempts())
            .interceptor(WholeAnswers::Xml)
            .build();
        let request = aws_sdk_sts::Client::from_conf(config)
            .assume_role()
            .role_arn(arn)
            .role_session_name(SESSION_NAME)
            .set_external_id(external_id.map(str::to_owned));
        Role(request)
    }

    async fn assume(&self) -> provider::Result {
        let output = self
            .0
            .clone()
            .send()
            .await
            .map_err(CredentialsError::provider_error)?;
        let lacks = |what: &str| CredentialsError::unhandled(format!("the answer lacks {what}"));
        let credentials = output.credentials.ok_or_else(|| lacks("Credentials"))?;
        let expiry = credentials.expiration;
        let expiry = SystemTime::try_from(expiry).map_err(|_| lacks("an expiration"))?;
        Ok(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            Some(expiry),
            "AssumeRole",
        ))
    }
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}
