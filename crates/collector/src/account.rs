//! Calls about the account as a whole: Account Management, Organizations, Access Analyzer.

use portcullis_evidence::shapes;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, merged};
use crate::convert::{Convert, Malformed};
use crate::failure::Failure;
use crate::iam::Iam;
use crate::json_services::{JsonServices, Request, Service};
use crate::lookup::CLOUDTRAIL;

pub(crate) const ACCESS_ANALYZER: Service =
    Service { id: "AccessAnalyzer", name: "access-analyzer" };
pub(crate) const ACCOUNT: Service = Service { id: "Account", name: "account" };
pub(crate) const ORGANIZATIONS: Service = Service { id: "Organizations", name: "organizations" };
/// All services that answer in JSON.
pub(crate) const JSON_SERVICES: [Service; 4] =
    [ACCESS_ANALYZER, ACCOUNT, CLOUDTRAIL, ORGANIZATIONS];

/// The types of alternate contacts.
///
/// <https://docs.aws.amazon.com/accounts/latest/reference/API_GetAlternateContact.html>
pub(crate) const CONTACT_TYPES: [&str; 3] = ["BILLING", "OPERATIONS", "SECURITY"];

/// A page of ListAnalyzers.
///
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAnalyzers.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnalyzersPage {
    analyzers: Vec<shapes::Analyzer>,
    next_token: Option<String>,
}

impl JsonServices<'_> {
    /// Collects the alternate contacts, with null for those that are not set.
    pub(crate) async fn alternate_contacts(&self) -> Answer<shapes::AlternateContacts> {
        let kinds = CONTACT_TYPES.map(str::to_owned);
        let calls = kinds
            .iter()
            .map(|kind| self.alternate_contact(kind))
            .collect();
        let answers = Answer::of_each(&kinds, calls).await.or_failed();
        answers.map(|(answers, asked)| shapes::AlternateContacts {
            alternate_contact: None,
            alternate_contacts: asked.into_iter().zip(answers).collect(),
        })
    }

    async fn alternate_contact(
        &self,
        kind: &str,
    ) -> Result<Option<shapes::AlternateContact>, Failure> {
        let request = Request::post("/getAlternateContact", json!({"AlternateContactType": kind}));
        let answer = self
            .call(&ACCOUNT, self.global_region, "GetAlternateContact", request)
            .await;
        let answer: shapes::AlternateContacts = match answer {
            Err(failure) if failure.is_answer(&["ResourceNotFoundException"]) => return Ok(None),
            answer => answer?,
        };
        Ok(Some(
            answer
                .alternate_contact
                .ok_or_else(|| Malformed::lacks("AlternateContact"))?,
        ))
    }

    /// Collects the organization; null if AWS answers that the account belongs to none.
    pub(crate) async fn organization(&self) -> Result<shapes::Organization, Failure> {
        let operation = "DescribeOrganization";
        let request = Request::of_organizations(operation, json!({}));
        let answer = self.call(&ORGANIZATIONS, self.global_region, operation, request);
        let answer: shapes::Organization = match answer.await {
            Err(failure) if failure.is_answer(&["AWSOrganizationsNotInUseException"]) => {
                return Ok(shapes::Organization { organization: None });
            }
            answer => answer?,
        };
        if answer.organization.is_none() {
            return Err(Malformed::lacks("Organization").into());
        }
        Ok(answer)
    }

    /// Collects the analyzers of these regions and of the session's region.
    pub(crate) async fn analyzers(&self, in_use: &[String]) -> Answer<shapes::AccessAnalyzers> {
        let mut regions = in_use.to_vec();
        regions.extend(self.region());
        regions.sort();
        regions.dedup();
        let calls = regions
            .iter()
            .map(|region| self.analyzers_of(region))
            .collect();
        let answers = Answer::of_each(&regions, calls).await.or_failed();
        answers.map(|(answers, asked)| shapes::AccessAnalyzers {
            analyzers: merged(answers),
            regions: Some(asked),
        })
    }

    async fn analyzers_of(&self, region: &str) -> Result<Vec<shapes::Analyzer>, Failure> {
        let request = |token: Option<&str>| Request::get("/analyzer", &[("nextToken", token)]);
        let parts = |page: AnalyzersPage| (page.analyzers, page.next_token);
        self.list(&ACCESS_ANALYZER, region, "ListAnalyzers", request, parts)
            .await
    }
}

impl Iam<'_> {
    /// Collects the enabled features of centralized root access; null if the account may not query
    /// them.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>
    pub(crate) async fn organizations_features(
        &self,
    ) -> Result<shapes::OrganizationsFeatures, Failure> {
        // Without trusted access, all features, or an organization, no feature can be enabled.
        const NONE_ENABLED: [&str; 3] = [
            "ServiceAccessNotEnabledException",
            "OrganizationNotInAllFeaturesModeException",
            "OrganizationNotFoundException",
        ];
        const MAY_NOT_QUERY: &str = "AccountNotManagementOrDelegatedAdministratorException";
        let call = self.client.list_organizations_features().send();
        let answer = self.calls.make("ListOrganizationsFeatures", call).await;
        let (organization_id, enabled_features) = match answer {
            Ok(output) => {
                let features = Convert::convert(output.enabled_features, "EnabledFeatures")?;
                (output.organization_id, Some(features))
            }
            Err(failure) if failure.is_answer(&[MAY_NOT_QUERY]) => (None, None),
            Err(failure) if failure.is_answer(&NONE_ENABLED) => (None, Some(Vec::new())),
            Err(failure) => return Err(failure),
        };
        Ok(shapes::OrganizationsFeatures { organization_id, enabled_features })
    }
}
