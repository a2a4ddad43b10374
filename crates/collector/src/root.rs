//! Inspects the root users of member accounts, in sessions that can do nothing else.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::types::PolicyDescriptorType;
use aws_types::SdkConfig;
use portcullis_evidence::shapes::{self, OrganizationsFeatures, RootCredentials};
use portcullis_model::{AccountId, Gap};

use crate::calls::Calls;
use crate::convert::{Convert, Malformed};
use crate::diagnosis::Diagnosis;
use crate::failure::{Failure, is_denied};
use crate::iam::Iam;
use crate::json_services::JsonServices;
use crate::whole::WholeAnswers;

/// The keys of the account summary that show whether root has a credential.
const FLAGS: [&str; 4] = [
    "AccountAccessKeysPresent",
    "AccountMFAEnabled",
    "AccountPasswordPresent",
    "AccountSigningCertificatesPresent",
];
/// The longest session that AWS allows; its calls take a few seconds.
const SESSION_SECONDS: i32 = 900;

/// The credentials for opening root sessions: those of the management account or of the delegated
/// administrator for IAM.
pub(crate) struct RootAccess {
    credentials: Option<SharedCredentialsProvider>,
    partition: String,
    /// The id of the management account, if known, whose root cannot be inspected.
    management: Option<String>,
    /// Why no session can be opened at all.
    refusal: Option<Failure>,
}

impl RootAccess {
    /// Queries whether root is managed centrally, and by which account.
    pub(crate) async fn open(config: &SdkConfig, partition: &str, calls: &Calls) -> RootAccess {
        let features = Iam::new(config, calls).organizations_features().await;
        let refusal = match features.map(|features| features.manages_root_credentials()) {
            Ok(Some(false)) => {
                let feature = OrganizationsFeatures::ROOT_CREDENTIALS;
                let message = format!("the organization has not enabled {feature}");
                Some(Failure::new("RootAccessNotCentralized", &message))
            }
            Ok(None) => Some(Failure::new(
                "NotRootAdministrator",
                "only the management account and the delegated administrator for IAM can open root sessions",
            )),
            // A caller that may not query this may still open sessions.
            Ok(Some(true)) | Err(_) => None,
        };
        let services = JsonServices::new(config.clone(), partition, calls);
        let organization = services
            .organization()
            .await
            .ok()
            .and_then(|answer| answer.organization);
        RootAccess {
            credentials: config.credentials_provider(),
            partition: partition.to_owned(),
            management: organization.and_then(|organization| organization.master_account_id),
            refusal,
        }
    }
}

/// Root of one account.
pub(crate) struct AccountRoot<'a> {
    pub(crate) access: &'a RootAccess,
    pub(crate) account: AccountId,
    /// The account's configuration, whose credentials are not used.
    pub(crate) config: SdkConfig,
    pub(crate) calls: &'a Calls,
    /// Records the sessions.
    pub(crate) diagnosis: &'a Diagnosis,
}

impl AccountRoot<'_> {
    /// Collects root's credentials. A session is opened only if the account summary shows that
    /// there are any.
    pub(crate) async fn look(
        &self,
        summary: Option<&shapes::AccountSummary>,
    ) -> Result<RootCredentials, Failure> {
        let AccountRoot { access, account, config, calls, diagnosis } = self;
        if access.management.as_deref() == Some(account.as_str()) {
            let message =
                "the root user of the management account cannot be inspected in a root session";
            return Err(Failure::new(Gap::NOT_REQUESTED, message));
        }
        let Some(summary) = summary else {
            let message =
                "the account summary, which says whether root has a credential, is missing";
            return Err(Failure::new(Failure::NO_SUMMARY, message));
        };
        if FLAGS
            .iter()
            .all(|&flag| summary.summary_map.get(flag) == Some(&0))
        {
            return Ok(RootCredentials {
                session: None,
                user: None,
                login_profile: None,
                access_keys: Vec::new(),
                mfa_devices: Vec::new(),
                certificates: Vec::new(),
            });
        }
        if let Some(refusal) = &access.refusal {
            return Err(refusal.clone());
        }
        let session = self.assume().await?;
        let key = session.access_key_id().to_owned();
        diagnosis.lock().root_sessions.push((*account, key.clone()));
        let provider = SharedCredentialsProvider::new(session);
        let as_root = config.to_builder().credentials_provider(provider).build();
        let shown = Iam::new(&as_root, calls).root_credentials(key).await;
        shown.map_err(of_guardrail)
    }

    /// Opens a session, and returns its credentials.
    async fn assume(&self) -> Result<Credentials, Failure> {
        let AccountRoot { access, account, calls, .. } = self;
        let mut config = aws_sdk_sts::config::Builder::from(&self.config)
            .interceptor(WholeAnswers::Xml)
            .interceptor(calls.attempts())
            .retry_partition(calls.retries.clone());
        config.set_credentials_provider(access.credentials.clone());
        let partition = &access.partition;
        let task = format!("arn:{partition}:iam::aws:policy/root-task/IAMAuditRootUserCredentials");
        let call = aws_sdk_sts::Client::from_conf(config.build())
            .assume_root()
            .target_principal(account.as_str())
            .task_policy_arn(PolicyDescriptorType::builder().arn(task).build())
            .duration_seconds(SESSION_SECONDS)
            .send();
        let output = calls.make("AssumeRoot", call).await?;
        let credentials = output
            .credentials
            .ok_or_else(|| Malformed::lacks("Credentials"))?;
        Ok(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            None,
            "AssumeRoot",
        ))
    }
}

/// Explains a denial. The session's own policy allows all of its calls, so a denial comes from a
/// service control policy, usually one that denies everything to root.
fn of_guardrail(mut failure: Failure) -> Failure {
    if is_denied(&failure.code) {
        failure.message = format!(
            "a service control policy denies this to root; to allow such sessions, exempt them with the \
             condition key aws:AssumedRoot ({}: {})",
            failure.code, failure.message
        );
        failure.code = String::from("DeniedToRoot");
    }
    failure
}

impl Iam<'_> {
    /// Collects the credentials of root in its own session, so no call names a user. `session` is
    /// the session's access key id.
    async fn root_credentials(&self, session: String) -> Result<RootCredentials, Failure> {
        Ok(RootCredentials {
            session: Some(session),
            user: Some(self.root_user().await?),
            login_profile: self.root_password().await?,
            access_keys: self.root_access_keys().await?,
            mfa_devices: self.root_mfa_devices().await?,
            certificates: self.root_certificates().await?,
        })
    }

    async fn root_user(&self) -> Result<shapes::RootUser, Failure> {
        let output = self
            .calls
            .make("GetUser", self.client.get_user().send())
            .await?;
        Ok(Convert::convert(output.user.ok_or_else(|| Malformed::lacks("User"))?, "")?)
    }

    async fn root_password(&self) -> Result<Option<shapes::LoginProfile>, Failure> {
        let call = self.client.get_login_profile().send();
        let output = match self.calls.make("GetLoginProfile", call).await {
            Err(failure) if failure.is_answer(&["NoSuchEntity"]) => return Ok(None),
            answer => answer?,
        };
        let profile = output
            .login_profile
            .ok_or_else(|| Malformed::lacks("LoginProfile"))?;
        Ok(Some(Convert::convert(profile, "")?))
    }

    async fn root_access_keys(&self) -> Result<Vec<shapes::RootAccessKey>, Failure> {
        let call = |marker| self.client.list_access_keys().set_marker(marker).send();
        let list = self.list("ListAccessKeys", call, |page| Some(page.access_key_metadata));
        let mut keys: Vec<shapes::RootAccessKey> = list.await?;
        for key in &mut keys {
            let request = self
                .client
                .get_access_key_last_used()
                .access_key_id(&key.access_key_id);
            let output = self
                .calls
                .make("GetAccessKeyLastUsed", request.send())
                .await?;
            key.access_key_last_used = Convert::convert(output.access_key_last_used, "")?;
        }
        Ok(keys)
    }

    async fn root_mfa_devices(&self) -> Result<Vec<shapes::RootMfaDevice>, Failure> {
        let call = |marker| self.client.list_mfa_devices().set_marker(marker).send();
        self.list("ListMFADevices", call, |page| Some(page.mfa_devices))
            .await
    }

    async fn root_certificates(&self) -> Result<Vec<shapes::SigningCertificate>, Failure> {
        let call = |marker| {
            self.client
                .list_signing_certificates()
                .set_marker(marker)
                .send()
        };
        self.list("ListSigningCertificates", call, |page| Some(page.certificates))
            .await
    }
}
