//! The calls to IAM, each as the shape of its answer.

use std::error::Error;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::list_access_keys::ListAccessKeysOutput;
use aws_sdk_iam::operation::list_account_aliases::ListAccountAliasesOutput;
use aws_sdk_iam::operation::list_delegation_requests::ListDelegationRequestsOutput;
use aws_sdk_iam::operation::list_mfa_devices::ListMfaDevicesOutput;
use aws_sdk_iam::operation::list_server_certificates::ListServerCertificatesOutput;
use aws_sdk_iam::operation::list_service_specific_credentials::ListServiceSpecificCredentialsOutput;
use aws_sdk_iam::operation::list_virtual_mfa_devices::ListVirtualMfaDevicesOutput;
use aws_sdk_iam::types::{AssignmentStatusType, ReportStateType};
use aws_sdk_iam::{Client, config};

use super::failure::Failure;
use super::report_acquisition::ReportApi;
use super::whole::WholeAnswers;
use super::{Progress, convert};
use crate::shapes;

/// The most that IAM puts on a page, so that the number of calls stays low.
pub(super) const PAGE_SIZE: i32 = 1000;
const GENERATE: &str = "GenerateCredentialReport";

/// IAM, read only. Tells of every call, so that it can be shown.
pub(crate) struct Iam<'a> {
    pub(super) client: Client,
    pub(super) progress: &'a dyn Progress,
}

impl<'a> Iam<'a> {
    pub(crate) fn new(config: config::Builder, progress: &'a dyn Progress) -> Iam<'a> {
        Iam { client: Client::from_conf(config.interceptor(WholeAnswers::Xml).build()), progress }
    }

    pub(crate) async fn account_aliases(&self) -> Result<shapes::AccountAliases, Failure> {
        let pages = self
            .pages("ListAccountAliases", |marker| {
                self.client.list_account_aliases().set_marker(marker).send()
            })
            .await?;
        let mut account_aliases: Vec<String> =
            pages.into_iter().flat_map(|page| page.account_aliases).collect();
        account_aliases.sort();
        Ok(shapes::AccountAliases { account_aliases })
    }

    pub(crate) async fn account_summary(&self) -> Result<shapes::AccountSummary, Failure> {
        self.progress.call("GetAccountSummary");
        convert::account_summary(self.client.get_account_summary().send().await?)
    }

    /// The account's own policy, or null: AWS says that there is none, so that its default applies.
    pub(crate) async fn password_policy(&self) -> Result<shapes::AccountPasswordPolicy, Failure> {
        self.progress.call("GetAccountPasswordPolicy");
        match self.client.get_account_password_policy().send().await {
            Ok(output) => convert::password_policy(output),
            Err(error) if error.code() == Some("NoSuchEntity") => {
                Ok(shapes::AccountPasswordPolicy { password_policy: None })
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn virtual_mfa_devices(&self) -> Result<shapes::VirtualMfaDevices, Failure> {
        let pages = self
            .pages("ListVirtualMFADevices", |marker| {
                self.client
                    .list_virtual_mfa_devices()
                    .assignment_status(AssignmentStatusType::Any)
                    .max_items(PAGE_SIZE)
                    .set_marker(marker)
                    .send()
            })
            .await?;
        convert::virtual_mfa_devices(pages.into_iter().flat_map(|page| page.virtual_mfa_devices))
    }

    pub(crate) async fn authorization_details(
        &self,
    ) -> Result<shapes::AuthorizationDetails, Failure> {
        let pages = self
            .pages("GetAccountAuthorizationDetails", |marker| {
                self.client
                    .get_account_authorization_details()
                    .max_items(PAGE_SIZE)
                    .set_marker(marker)
                    .send()
            })
            .await?;
        convert::authorization_details(pages)
    }

    pub(crate) async fn access_keys(
        &self,
        user: &str,
    ) -> Result<Vec<shapes::AccessKeyMetadata>, Failure> {
        let pages = self
            .pages("ListAccessKeys", |marker| {
                self.client.list_access_keys().user_name(user).set_marker(marker).send()
            })
            .await?;
        let keys = pages.into_iter().flat_map(|page| page.access_key_metadata);
        keys.map(convert::access_key).collect()
    }

    pub(crate) async fn mfa_devices(&self, user: &str) -> Result<Vec<shapes::MfaDevice>, Failure> {
        let pages = self
            .pages("ListMFADevices", |marker| {
                self.client.list_mfa_devices().user_name(user).set_marker(marker).send()
            })
            .await?;
        let devices = pages.into_iter().flat_map(|page| page.mfa_devices);
        devices.map(convert::mfa_device).collect()
    }

    /// Every page of a list, or the failure of one: part of a list is no answer.
    pub(super) async fn pages<P, E, F>(
        &self,
        operation: &str,
        page: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<P>, Failure>
    where
        P: Page,
        E: Error + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<P, SdkError<E>>>,
    {
        let mut pages: Vec<P> = Vec::new();
        loop {
            self.progress.call(operation);
            let marker = pages.last().and_then(P::marker).map(str::to_owned);
            let next = page(marker).await?;
            let is_last = !next.is_truncated();
            let repeats = pages.last().is_some_and(|last| last.marker() == next.marker());
            if !is_last && (next.marker().is_none() || repeats) {
                let message = "the list goes on, but the answer does not say where";
                return Err(Failure::malformed(message));
            }
            pages.push(next);
            if is_last {
                return Ok(pages);
            }
        }
    }
}

impl ReportApi for Iam<'_> {
    async fn get(&self) -> Result<shapes::CredentialReport, Failure> {
        self.progress.call("GetCredentialReport");
        convert::credential_report(self.client.get_credential_report().send().await?)
    }

    async fn generate(&self) -> Result<bool, Failure> {
        self.progress.call(GENERATE);
        let answer = self.client.generate_credential_report().send().await;
        let output = answer.map_err(|error| Failure::of(&error).during(GENERATE))?;
        Ok(output.state == Some(ReportStateType::Complete))
    }
}

/// One page of a list.
pub(super) trait Page {
    fn is_truncated(&self) -> bool;
    /// Where the next page begins.
    fn marker(&self) -> Option<&str>;
}

macro_rules! pages {
    ($($output:ty),* $(,)?) => {
        $(impl Page for $output {
            fn is_truncated(&self) -> bool {
                self.is_truncated
            }
            fn marker(&self) -> Option<&str> {
                self.marker.as_deref()
            }
        })*
    };
}

pages!(
    GetAccountAuthorizationDetailsOutput,
    ListAccessKeysOutput,
    ListAccountAliasesOutput,
    ListDelegationRequestsOutput,
    ListMfaDevicesOutput,
    ListServerCertificatesOutput,
    ListServiceSpecificCredentialsOutput,
    ListVirtualMfaDevicesOutput,
);
