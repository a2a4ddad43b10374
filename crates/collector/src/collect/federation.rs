//! The calls to IAM about providers of identities, and certificates and credentials for services.

use super::convert;
use super::draft::Partial;
use super::failure::Failure;
use super::iam::{Iam, PAGE_SIZE};
use super::per_user::ask_each;
use crate::shapes;

const GET_SAML_PROVIDER: &str = "GetSAMLProvider";
const GET_OIDC_PROVIDER: &str = "GetOpenIDConnectProvider";

impl Iam<'_> {
    pub(crate) async fn server_certificates(&self) -> Result<shapes::ServerCertificates, Failure> {
        let pages = self
            .pages("ListServerCertificates", |marker| {
                self.client
                    .list_server_certificates()
                    .max_items(PAGE_SIZE)
                    .set_marker(marker)
                    .send()
            })
            .await?;
        let pages = pages.into_iter();
        convert::server_certificates(pages.flat_map(|page| page.server_certificate_metadata_list))
    }

    /// Those of all users, which only `AllUsers` gives.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html>
    pub(crate) async fn service_credentials(&self) -> Result<shapes::ServiceCredentials, Failure> {
        let pages = self
            .pages("ListServiceSpecificCredentials", |marker| {
                self.client
                    .list_service_specific_credentials()
                    .all_users(true)
                    .max_items(PAGE_SIZE)
                    .set_marker(marker)
                    .send()
            })
            .await?;
        let mut credentials = Vec::new();
        for page in pages {
            let lacks = "the answer lacks ServiceSpecificCredentials";
            let page = page.service_specific_credentials;
            credentials.extend(page.ok_or_else(|| Failure::malformed(lacks))?);
        }
        convert::service_credentials(credentials)
    }

    /// The SAML providers, each with its metadata unless that cannot be had.
    pub(crate) async fn saml_providers(&self) -> Partial<shapes::SamlProviders> {
        let list = match self.saml_provider_list().await {
            Ok(list) => list,
            Err(failure) => return Partial::failed(failure),
        };
        let arns: Vec<String> = list.iter().map(|entry| entry.arn.clone()).collect();
        let answers = ask_each(&arns, |arn| self.saml_provider(arn)).await;
        Partial::of(answers, |answers| shapes::SamlProviders { list: Some(list), answers })
    }

    async fn saml_provider_list(&self) -> Result<Vec<shapes::SamlProviderEntry>, Failure> {
        self.progress.call("ListSAMLProviders");
        let output = self.client.list_saml_providers().send().await?;
        let list = output
            .saml_provider_list
            .ok_or_else(|| Failure::malformed("the answer lacks SAMLProviderList"))?;
        let mut list =
            list.into_iter().map(convert::saml_provider_entry).collect::<Result<Vec<_>, _>>()?;
        list.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(list)
    }

    async fn saml_provider(&self, arn: &str) -> Result<shapes::SamlProvider, Failure> {
        self.progress.call(GET_SAML_PROVIDER);
        let answer = self.client.get_saml_provider().saml_provider_arn(arn).send().await;
        let output = answer.map_err(|error| Failure::of(&error));
        output
            .and_then(|output| convert::saml_provider(arn, output))
            .map_err(|failure| failure.during(GET_SAML_PROVIDER))
    }

    /// The OIDC providers, each with its client ids unless they cannot be had.
    pub(crate) async fn oidc_providers(&self) -> Partial<shapes::OidcProviders> {
        let list = match self.oidc_provider_list().await {
            Ok(list) => list,
            Err(failure) => return Partial::failed(failure),
        };
        let arns: Vec<String> = list.iter().map(|entry| entry.arn.clone()).collect();
        let answers = ask_each(&arns, |arn| self.oidc_provider(arn)).await;
        Partial::of(answers, |answers| shapes::OidcProviders { list: Some(list), answers })
    }

    async fn oidc_provider_list(&self) -> Result<Vec<shapes::OidcProviderEntry>, Failure> {
        self.progress.call("ListOpenIDConnectProviders");
        let output = self.client.list_open_id_connect_providers().send().await?;
        let list = output
            .open_id_connect_provider_list
            .ok_or_else(|| Failure::malformed("the answer lacks OpenIDConnectProviderList"))?;
        let mut list =
            list.into_iter().map(convert::oidc_provider_entry).collect::<Result<Vec<_>, _>>()?;
        list.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(list)
    }

    async fn oidc_provider(&self, arn: &str) -> Result<shapes::OidcProvider, Failure> {
        self.progress.call(GET_OIDC_PROVIDER);
        let request = self.client.get_open_id_connect_provider();
        let answer = request.open_id_connect_provider_arn(arn).send().await;
        let output = answer.map_err(|error| Failure::of(&error));
        output
            .and_then(|output| convert::oidc_provider(arn, output))
            .map_err(|failure| failure.during(GET_OIDC_PROVIDER))
    }
}
