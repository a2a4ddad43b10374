//! The calls about the account as a whole: Account Management, Organizations, Access Analyzer.

use aws_config::Region;
use aws_sdk_accessanalyzer as accessanalyzer;
use aws_sdk_account as account;
use aws_sdk_account::types::AlternateContactType;
use aws_sdk_organizations as organizations;
use aws_types::SdkConfig;
use portcullis_evidence::shapes;

use crate::Progress;
use crate::answer::{Answer, merged};
use crate::convert::{Convert, Malformed};
use crate::failure::Failure;
use crate::iam::Iam;
use crate::whole::{WholeAnswers, answered_code};

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

    /// The region of the session.
    pub(crate) fn region(&self) -> Option<String> {
        self.config.region().map(ToString::to_string)
    }

    /// The alternate contacts, with null for those that are not set.
    pub(crate) async fn alternate_contacts(&self) -> Answer<shapes::AlternateContacts> {
        let client = account::Client::new(&self.config);
        let kinds = CONTACT_TYPES.map(str::to_owned);
        let calls = kinds.iter().map(|kind| self.alternate_contact(&client, kind)).collect();
        let answers = Answer::of_each(&kinds, calls).await.or_failed();
        answers.map(|(answers, asked)| shapes::AlternateContacts {
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
        let contact = match request.send().await {
            Ok(output) => output.alternate_contact,
            Err(error) if answered_code(&error) == Some("ResourceNotFoundException") => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let contact = contact.ok_or_else(|| Malformed::lacks("AlternateContact"))?;
        Ok(Some(shapes::AlternateContact {
            alternate_contact_type: kind.to_owned(),
            email_address: Convert::convert(contact.email_address, "EmailAddress")?,
        }))
    }

    /// The organization, or null: AWS says that the account is in none.
    pub(crate) async fn organization(&self) -> Result<shapes::Organization, Failure> {
        self.progress.call("DescribeOrganization");
        let client = organizations::Client::new(&self.config);
        let organization = match client.describe_organization().send().await {
            Ok(output) => output.organization.ok_or_else(|| Malformed::lacks("Organization"))?,
            Err(error) if answered_code(&error) == Some("AWSOrganizationsNotInUseException") => {
                return Ok(shapes::Organization { organization: None });
            }
            Err(error) => return Err(error.into()),
        };
        let organization = Some(Convert::convert(organization, "")?);
        Ok(shapes::Organization { organization })
    }

    /// The analyzers of those regions and of the session's.
    pub(crate) async fn analyzers(&self, in_use: &[String]) -> Answer<shapes::AccessAnalyzers> {
        let mut regions = in_use.to_vec();
        regions.extend(self.region());
        regions.sort();
        regions.dedup();
        let calls = regions.iter().map(|region| self.analyzers_of(region)).collect();
        let answers = Answer::of_each(&regions, calls).await.or_failed();
        answers.map(|(answers, asked)| shapes::AccessAnalyzers {
            analyzers: merged(answers),
            regions: Some(asked),
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
        Ok(Convert::convert(analyzers, "")?)
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
            Ok(output) => {
                return Ok(shapes::OrganizationsFeatures {
                    organization_id: output.organization_id,
                    enabled_features: Some(Convert::convert(
                        output.enabled_features,
                        "EnabledFeatures",
                    )?),
                });
            }
            Err(error) => error,
        };
        match answered_code(&error) {
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
}
