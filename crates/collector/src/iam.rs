//! Calls to IAM, each returning the shape of its answer.

use std::error::Error;
use std::time::Duration;

use aws_sdk_iam::config::timeout::TimeoutConfig;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation;
use aws_sdk_iam::types::{AssignmentStatusType, ReportStateType};
use aws_sdk_iam::{Client, Config, config};
use aws_types::SdkConfig;
use portcullis_evidence::shapes;

use crate::answer::{Answer, merged};
use crate::calls::{Calls, Paging};
use crate::convert::{Convert, Listed, Malformed};
use crate::failure::Failure;
use crate::report_acquisition::ReportApi;
use crate::whole::WholeAnswers;

/// The largest page size of IAM, which keeps the number of calls low.
const PAGE_SIZE: i32 = 1000;
/// Page sizes of GetAccountAuthorizationDetails, and how many times as long as other calls a page
/// may take: AWS needs 10 seconds for a page of 3 MB, and the AWS CLI waits for 60.
const DETAILS_PAGES: [(i32, u32); 2] = [(PAGE_SIZE, 6), (100, 2)];
/// The time limit of an attempt if the configuration does not set one.
const ORDINARY_TIME: Duration = Duration::from_secs(10);

/// A client of IAM that only reads.
pub(crate) struct Iam<'a> {
    pub(super) client: Client,
    pub(super) calls: &'a Calls,
    /// The time limit of an attempt of most calls.
    ordinary_time: Duration,
}

impl<'a> Iam<'a> {
    pub(crate) fn new(config: &SdkConfig, calls: &'a Calls) -> Iam<'a> {
        let timeouts = config.timeout_config();
        let time = timeouts.and_then(TimeoutConfig::operation_attempt_timeout);
        let config = config::Builder::from(config)
            .interceptor(WholeAnswers::Xml)
            .interceptor(calls.attempts())
            .retry_partition(calls.retries.clone())
            .build();
        Iam {
            client: Client::from_conf(config),
            calls,
            ordinary_time: time.unwrap_or(ORDINARY_TIME),
        }
    }

    pub(crate) async fn account_aliases(&self) -> Result<shapes::AccountAliases, Failure> {
        let call = |marker| self.client.list_account_aliases().set_marker(marker).send();
        let list = self.list("ListAccountAliases", call, |page| Some(page.account_aliases));
        Ok(shapes::AccountAliases { account_aliases: list.await? })
    }

    pub(crate) async fn account_summary(&self) -> Result<shapes::AccountSummary, Failure> {
        let call = self.client.get_account_summary().send();
        let output = self.calls.make("GetAccountSummary", call).await?;
        let summary = output
            .summary_map
            .ok_or_else(|| Malformed::lacks("SummaryMap"))?;
        let counts = summary
            .into_iter()
            .map(|(key, value)| (key.as_str().into(), value.into()));
        Ok(shapes::AccountSummary { summary_map: counts.collect() })
    }

    /// Collects the account's own policy; null if AWS answers that there is none, so its default
    /// applies.
    pub(crate) async fn password_policy(&self) -> Result<shapes::AccountPasswordPolicy, Failure> {
        let call = self.client.get_account_password_policy().send();
        let answer = match self.calls.make("GetAccountPasswordPolicy", call).await {
            Err(failure) if failure.is_answer(&["NoSuchEntity"]) => {
                return Ok(shapes::AccountPasswordPolicy { password_policy: None });
            }
            answer => answer?,
        };
        let policy = answer
            .password_policy
            .ok_or_else(|| Malformed::lacks("PasswordPolicy"))?;
        // The SDK returns an empty policy if the answer lacks one. A real policy always has a
        // length.
        if policy.minimum_password_length.is_none() {
            return Err(Malformed::lacks("MinimumPasswordLength").into());
        }
        let policy = Some(Convert::convert(policy, "")?);
        Ok(shapes::AccountPasswordPolicy { password_policy: policy })
    }

    pub(crate) async fn virtual_mfa_devices(&self) -> Result<shapes::VirtualMfaDevices, Failure> {
        let call = |marker| {
            let request = self.client.list_virtual_mfa_devices().max_items(PAGE_SIZE);
            request
                .assignment_status(AssignmentStatusType::Any)
                .set_marker(marker)
                .send()
        };
        let list = self.list("ListVirtualMFADevices", call, |page| Some(page.virtual_mfa_devices));
        Ok(shapes::VirtualMfaDevices { virtual_mfa_devices: list.await? })
    }

    /// Collects the details; starts again with smaller pages if AWS takes too long for one.
    pub(crate) async fn authorization_details(
        &self,
    ) -> Result<shapes::AuthorizationDetails, Failure> {
        let [(size, factor), (smaller_size, smaller_factor)] = DETAILS_PAGES;
        match self
            .details_by_pages(size, self.ordinary_time * factor)
            .await
        {
            Err(failure) if failure.code == Failure::TIMEOUT => {
                self.details_by_pages(smaller_size, self.ordinary_time * smaller_factor)
                    .await
            }
            outcome => outcome,
        }
    }

    /// Collects the details in pages of this size, each with this time limit.
    async fn details_by_pages(
        &self,
        size: i32,
        time: Duration,
    ) -> Result<shapes::AuthorizationDetails, Failure> {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(time)
            .operation_timeout(time)
            .build();
        let call = |marker| {
            let request = self.client.get_account_authorization_details();
            let request = request.max_items(size).set_marker(marker).customize();
            request
                .config_override(Config::builder().timeout_config(timeouts.clone()))
                .send()
        };
        let (mut users, mut groups, mut roles, mut policies) = (None, None, None, None);
        self.pages("GetAccountAuthorizationDetails", call, |page| {
            Ok(add(&mut users, page.user_detail_list)
                + add(&mut groups, page.group_detail_list)
                + add(&mut roles, page.role_detail_list)
                + add(&mut policies, page.policies))
        })
        .await?;
        Ok(shapes::AuthorizationDetails {
            user_detail_list: Convert::convert(users, "user_detail_list")?,
            group_detail_list: Convert::convert(groups, "group_detail_list")?,
            role_detail_list: Convert::convert(roles, "role_detail_list")?,
            policies: Convert::convert(policies, "policies")?,
        })
    }

    pub(crate) async fn access_keys(&self, users: &[String]) -> Answer<shapes::AccessKeys> {
        let calls = users.iter().map(|user| self.access_keys_of(user)).collect();
        let answer = Answer::of_each(users, calls).await.or_failed();
        answer.map(|(keys, users)| shapes::AccessKeys {
            access_key_metadata: merged(keys),
            users: Some(users),
        })
    }

    async fn access_keys_of(&self, user: &str) -> Result<Vec<shapes::AccessKeyMetadata>, Failure> {
        let call = |marker| {
            self.client
                .list_access_keys()
                .user_name(user)
                .set_marker(marker)
                .send()
        };
        self.list("ListAccessKeys", call, |page| Some(page.access_key_metadata))
            .await
    }

    pub(crate) async fn mfa_devices(&self, users: &[String]) -> Answer<shapes::MfaDevices> {
        let calls = users.iter().map(|user| self.mfa_devices_of(user)).collect();
        let answer = Answer::of_each(users, calls).await.or_failed();
        answer.map(|(devices, users)| shapes::MfaDevices {
            mfa_devices: merged(devices),
            users: Some(users),
        })
    }

    async fn mfa_devices_of(&self, user: &str) -> Result<Vec<shapes::MfaDevice>, Failure> {
        let call = |marker| {
            self.client
                .list_mfa_devices()
                .user_name(user)
                .set_marker(marker)
                .send()
        };
        self.list("ListMFADevices", call, |page| Some(page.mfa_devices))
            .await
    }

    pub(crate) async fn server_certificates(&self) -> Result<shapes::ServerCertificates, Failure> {
        let call = |marker| {
            let request = self.client.list_server_certificates();
            request.max_items(PAGE_SIZE).set_marker(marker).send()
        };
        let list = self.list("ListServerCertificates", call, |page| {
            Some(page.server_certificate_metadata_list)
        });
        Ok(shapes::ServerCertificates { server_certificate_metadata_list: list.await? })
    }

    /// Collects the credentials of all users, which takes the parameter `AllUsers`.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html>
    pub(crate) async fn service_credentials(&self) -> Result<shapes::ServiceCredentials, Failure> {
        let call = |marker| {
            let request = self
                .client
                .list_service_specific_credentials()
                .all_users(true);
            request.max_items(PAGE_SIZE).set_marker(marker).send()
        };
        let list = self
            .list("ListServiceSpecificCredentials", call, |page| page.service_specific_credentials);
        Ok(shapes::ServiceCredentials { service_specific_credentials: list.await? })
    }

    /// Collects the requests of partners that have an owner in the account; AWS does not list
    /// others.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListDelegationRequests.html>
    pub(crate) async fn delegation_requests(&self) -> Result<shapes::DelegationRequests, Failure> {
        let call = |marker| {
            let request = self.client.list_delegation_requests();
            request.max_items(PAGE_SIZE).set_marker(marker).send()
        };
        let list = self.list("ListDelegationRequests", call, |page| page.delegation_requests);
        Ok(shapes::DelegationRequests { delegation_requests: list.await? })
    }

    /// Collects the items on all pages of a list, sorted.
    pub(crate) async fn list<P, T, U, E, F>(
        &self,
        operation: &'static str,
        call: impl Fn(Option<String>) -> F,
        items: impl Fn(P) -> Option<Vec<T>>,
    ) -> Result<Vec<U>, Failure>
    where
        P: Page,
        U: Convert<T> + Listed,
        E: Error + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<P, SdkError<E>>>,
    {
        let mut all = Vec::new();
        self.pages(operation, call, |page| {
            all.extend(items(page).ok_or_else(|| Failure::malformed("the answer lacks its list"))?);
            Ok(all.len())
        })
        .await?;
        Ok(Convert::convert(all, "")?)
    }

    /// Passes every page of a list to `take`, which returns the number of items so far. If a page
    /// fails, so does the list, since a part of it does not count as an answer.
    async fn pages<P, E, F>(
        &self,
        operation: &'static str,
        call: impl Fn(Option<String>) -> F,
        mut take: impl FnMut(P) -> Result<usize, Failure>,
    ) -> Result<(), Failure>
    where
        P: Page,
        E: Error + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<P, SdkError<E>>>,
    {
        let of_operation = |failure: Failure| failure.during(operation);
        let mut paging = Paging::default();
        let mut marker = None;
        loop {
            let page = self.calls.make(operation, call(marker)).await?;
            let next = page.next().map_err(of_operation)?;
            let count = take(page).map_err(of_operation)?;
            marker = paging.next(count, next).map_err(of_operation)?;
            if marker.is_none() {
                return Ok(());
            }
        }
    }
}

impl ReportApi for Iam<'_> {
    async fn get(&self) -> Result<shapes::CredentialReport, Failure> {
        let call = self.client.get_credential_report().send();
        Ok(Convert::convert(self.calls.make("GetCredentialReport", call).await?, "")?)
    }

    async fn generate(&self) -> Result<bool, Failure> {
        let call = self.client.generate_credential_report().send();
        let output = self.calls.make("GenerateCredentialReport", call).await?;
        Ok(output.state == Some(ReportStateType::Complete))
    }
}

/// Adds a page's items to a list, if the page has that list, and returns the new length.
fn add<T>(list: &mut Option<Vec<T>>, page: Option<Vec<T>>) -> usize {
    if let Some(items) = page {
        list.get_or_insert_default().extend(items);
    }
    list.as_ref().map_or(0, Vec::len)
}

/// One page of a list.
pub(crate) trait Page {
    /// Returns the marker of the next page; none if this is the last.
    fn next(&self) -> Result<Option<String>, Failure>;
}

macro_rules! pages {
    ($($output:ty),* $(,)?) => {
        $(impl Page for $output {
            fn next(&self) -> Result<Option<String>, Failure> {
                if self.is_truncated && self.marker.is_none() {
                    let message = "the list continues, but the answer has no marker for the next page";
                    return Err(Failure::malformed(message));
                }
                Ok(self.marker.clone().filter(|_| self.is_truncated))
            }
        })*
    };
}

pages!(
    operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput,
    operation::list_access_keys::ListAccessKeysOutput,
    operation::list_account_aliases::ListAccountAliasesOutput,
    operation::list_delegation_requests::ListDelegationRequestsOutput,
    operation::list_mfa_devices::ListMfaDevicesOutput,
    operation::list_server_certificates::ListServerCertificatesOutput,
    operation::list_signing_certificates::ListSigningCertificatesOutput,
    operation::list_service_specific_credentials::ListServiceSpecificCredentialsOutput,
    operation::list_virtual_mfa_devices::ListVirtualMfaDevicesOutput,
);
