//! Calls to IAM about identity providers, and about the account as one.

use portcullis_evidence::shapes;

use crate::answer::Answer;
use crate::convert::{Convert, Lenient};
use crate::failure::Failure;
use crate::iam::Iam;

impl Iam<'_> {
    /// Collects the SAML providers, with the metadata of each if it can be read.
    pub(crate) async fn saml_providers(&self) -> Answer<shapes::SamlProviders> {
        let list = match self.saml_provider_list().await {
            Ok(list) => list,
            Err(failure) => return Answer::failed(failure),
        };
        let arns: Vec<String> = list.iter().map(|entry| entry.arn.clone()).collect();
        let calls = arns.iter().map(|arn| self.saml_provider(arn)).collect();
        let answer = Answer::of_each(&arns, calls).await;
        answer.map(|(answers, _)| shapes::SamlProviders { list: Some(list), answers })
    }

    async fn saml_provider_list(&self) -> Result<Vec<shapes::SamlProviderEntry>, Failure> {
        let call = self.client.list_saml_providers().send();
        let output = self.calls.make("ListSAMLProviders", call).await?;
        Ok(Convert::convert(output.saml_provider_list, "SAMLProviderList")?)
    }

    async fn saml_provider(&self, arn: &str) -> Result<shapes::SamlProvider, Failure> {
        let call = self
            .client
            .get_saml_provider()
            .saml_provider_arn(arn)
            .send();
        let output = self.calls.make("GetSAMLProvider", call).await?;
        Ok(shapes::SamlProvider {
            arn: arn.to_owned(),
            metadata: Convert::convert(output.saml_metadata_document, "SAMLMetadataDocument")?,
            valid_until: Convert::convert(output.valid_until, "ValidUntil")?,
            create_date: Convert::convert(output.create_date, "CreateDate")?,
        })
    }

    /// Collects the OIDC providers, with the client ids of each if they can be read.
    pub(crate) async fn oidc_providers(&self) -> Answer<shapes::OidcProviders> {
        let list = match self.oidc_provider_list().await {
            Ok(list) => list,
            Err(failure) => return Answer::failed(failure),
        };
        let arns: Vec<String> = list.iter().map(|entry| entry.arn.clone()).collect();
        let calls = arns.iter().map(|arn| self.oidc_provider(arn)).collect();
        let answer = Answer::of_each(&arns, calls).await;
        answer.map(|(answers, _)| shapes::OidcProviders { list: Some(list), answers })
    }

    async fn oidc_provider_list(&self) -> Result<Vec<shapes::OidcProviderEntry>, Failure> {
        let call = self.client.list_open_id_connect_providers().send();
        let output = self.calls.make("ListOpenIDConnectProviders", call).await?;
        let list = output.open_id_connect_provider_list;
        Ok(Convert::convert(list, "OpenIDConnectProviderList")?)
    }

    async fn oidc_provider(&self, arn: &str) -> Result<shapes::OidcProvider, Failure> {
        let request = self.client.get_open_id_connect_provider();
        let call = request.open_id_connect_provider_arn(arn).send();
        let output = self.calls.make("GetOpenIDConnectProvider", call).await?;
        Ok(shapes::OidcProvider {
            arn: arn.to_owned(),
            url: Convert::convert(output.url, "Url")?,
            client_ids: Lenient::lenient(output.client_id_list, "ClientIDList")?,
            thumbprints: Lenient::lenient(output.thumbprint_list, "ThumbprintList")?,
            create_date: Convert::convert(output.create_date, "CreateDate")?,
        })
    }

    /// Collects the issuer of tokens for services outside AWS; null if AWS answers that the feature
    /// is disabled.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOutboundWebIdentityFederationInfo.html>
    pub(crate) async fn outbound_web_identity_federation(
        &self,
    ) -> Result<shapes::OutboundWebIdentityFederation, Failure> {
        // The API model has FeatureDisabledException, but AWS sends FeatureDisabled.
        const DISABLED: [&str; 2] = ["FeatureDisabled", "FeatureDisabledException"];
        let call = self
            .client
            .get_outbound_web_identity_federation_info()
            .send();
        let answer = self
            .calls
            .make("GetOutboundWebIdentityFederationInfo", call)
            .await;
        let (issuer_identifier, jwt_vending_enabled) = match answer {
            Ok(output) => {
                let issuer = String::convert(output.issuer_identifier, "IssuerIdentifier")?;
                (Some(issuer), Some(output.jwt_vending_enabled))
            }
            Err(failure) if failure.is_answer(&DISABLED) => (None, None),
            Err(failure) => return Err(failure),
        };
        Ok(shapes::OutboundWebIdentityFederation { issuer_identifier, jwt_vending_enabled })
    }
}
