//! The calls about the account as a whole: Account Management, Organizations, Access Analyzer.

use aws_config::Region;
use aws_sdk_accessanalyzer as accessanalyzer;
use aws_sdk_account as account;
use aws_sdk_account::types::AlternateContactType;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_organizations as organizations;
use aws_types::SdkConfig;

use super::draft::Partial;
use super::failure::Failure;
use super::iam::{Iam, PAGE_SIZE};
use super::per_user::ask_each;
use super::whole::{WholeAnswers, is_whole_error};
use super::{Progress, convert};
use crate::shapes;

/// The types of alternate contacts.
///
/// <https://docs.aws.amazon.com/accounts/latest/reference/API_GetAlternateContact.html>
pub(crate) const CONTACT_TYPES: [&str; 3] = ["BILLING", "OPERATIONS", "SECURITY"];

/// Services other than IAM, read only. Tells of every call, so that it can be shown.
pub(crate) struct AccountServices<'a> {
    config: SdkConfig,
    progress: &'a dyn Progress,
}

impl<'a> AccountServices<'a> {
    pub(crate) fn new(config: &SdkConfig, progress: &'a dyn Progress) -> AccountServices<'a> {
        AccountServices { config: config.clone(), progress }
    }

    /// The region of the session; one must be set, since Access Analyzer answers for a region only.
    pub(crate) fn region(&self) -> Option<String> {
        self.config.region().map(ToString::to_string)
    }

    /// The alternate contacts, with null for those that are not set.
    pub(crate) async fn alternate_contacts(&self) -> Partial<shapes::AlternateContacts> {
        let client = account::Client::new(&self.config);
        let kinds = CONTACT_TYPES.map(str::to_owned);
        let answers = ask_each(&kinds, |kind| self.alternate_contact(&client, kind)).await;
        Partial::of_each(answers, |answers, asked| shapes::AlternateContacts {
            alternate_contact: None,
            alternate_contacts: Some(asked.into_iter().zip(answers).collect()),
        })
    }

    async fn alternate_contact(
        &self,
        client: &account::Client,
        kind: &str,
    ) -> Result<Option<shapes::AlternateContact>, Failure> {
        self.progress.call("GetAlternateContact");
        let request =
            client.get_alternate_contact().alternate_contact_type(AlternateContactType::from(kind));
        match request.send().await {
            Ok(output) => convert::alternate_contact(kind, output).map(Some),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The organization, or null: AWS says that the account is in none.
    pub(crate) async fn organization(&self) -> Result<shapes::Organization, Failure> {
        self.progress.call("DescribeOrganization");
        let client = organizations::Client::new(&self.config);
        match client.describe_organization().send().await {
            Ok(output) => convert::organization(output),
            Err(error) if error.code() == Some("AWSOrganizationsNotInUseException") => {
                Ok(shapes::Organization { organization: None })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The analyzers of those regions.
    pub(crate) async fn analyzers(&self, regions: &[String]) -> Partial<shapes::AccessAnalyzers> {
        let answers = ask_each(regions, |region| self.analyzers_of(region)).await;
        Partial::of_each(answers, |answers, asked| {
            shapes::AccessAnalyzers::of(answers.into_iter().flatten().collect(), asked)
        })
    }

    async fn analyzers_of(&self, region: &str) -> Result<Vec<shapes::Analyzer>, Failure> {
        let config = accessanalyzer::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .interceptor(WholeAnswers::Listing("analyzers"))
            .build();
        let client = accessanalyzer::Client::from_conf(config);
        let (mut analyzers, mut token) = (Vec::new(), None);
        loop {
            self.progress.call("ListAnalyzers");
            let page = client.list_analyzers().set_next_token(token.clone()).send().await?;
            analyzers.extend(page.analyzers);
            match page.next_token {
                None => break,
                next if next == token => {
                    return Err(Failure::malformed("the list goes on, but begins again"));
                }
                next => token = next,
            }
        }
        analyzers.into_iter().map(convert::analyzer).collect()
    }
}

impl Iam<'_> {
    /// The features of centralized root access that are on; null: the account is not one that may ask.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>
    pub(crate) async fn organizations_features(
        &self,
    ) -> Result<shapes::OrganizationsFeatures, Failure> {
        self.progress.call("ListOrganizationsFeatures");
        let features = |enabled_features| {
            Ok(shapes::OrganizationsFeatures { organization_id: None, enabled_features })
        };
        let error = match self.client.list_organizations_features().send().await {
            Ok(output) => return convert::organizations_features(output),
            Err(error) => error,
        };
        match error.code() {
            Some("AccountNotManagementOrDelegatedAdministratorException") => features(None),
            // Without trusted access, all features, or an organization at all, none can be on.
            Some(
                "ServiceAccessNotEnabledException"
                | "OrganizationNotInAllFeaturesModeException"
                | "OrganizationNotFoundException",
            ) => features(Some(Vec::new())),
            _ => Err(error.into()),
        }
    }

    /// The requests of partners that somebody in the account has taken on; those without an owner are
    /// not listed.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListDelegationRequests.html>
    pub(crate) async fn delegation_requests(&self) -> Result<shapes::DelegationRequests, Failure> {
        let pages = self
            .pages("ListDelegationRequests", |marker| {
                let request = self.client.list_delegation_requests();
                request.max_items(PAGE_SIZE).set_marker(marker).send()
            })
            .await?;
        let mut requests = Vec::new();
        for page in pages {
            let lacks = "the answer lacks DelegationRequests";
            let page = page.delegation_requests;
            requests.extend(page.ok_or_else(|| Failure::malformed(lacks))?);
        }
        convert::delegation_requests(requests)
    }

    /// The issuer of tokens for services outside of AWS, or null: AWS says that the feature is off.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOutboundWebIdentityFederationInfo.html>
    pub(crate) async fn outbound_web_identity_federation(
        &self,
    ) -> Result<shapes::OutboundWebIdentityFederation, Failure> {
        self.progress.call("GetOutboundWebIdentityFederationInfo");
        match self.client.get_outbound_web_identity_federation_info().send().await {
            Ok(output) => convert::outbound_web_identity_federation(output),
            // The model names the error FeatureDisabledException; on the wire it is FeatureDisabled.
            Err(error)
                if error.code().is_some_and(|code| code.starts_with("FeatureDisabled"))
                    && is_whole_error(&error) =>
            {
                Ok(shapes::OutboundWebIdentityFederation {
                    issuer_identifier: None,
                    jwt_vending_enabled: None,
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}
