//! Providers of identities, and certificates and credentials for services.

use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use aws_sdk_iam::operation::get_saml_provider::GetSamlProviderOutput;
use aws_sdk_iam::types;

use super::{all, optional_time, present, required, time};
use crate::collect::failure::Failure;
use crate::shapes;

pub(crate) fn saml_provider_entry(
    entry: types::SamlProviderListEntry,
) -> Result<shapes::SamlProviderEntry, Failure> {
    Ok(shapes::SamlProviderEntry {
        arn: required(entry.arn, "Arn")?,
        valid_until: optional_time(entry.valid_until)?,
        create_date: optional_time(entry.create_date)?,
    })
}

pub(crate) fn saml_provider(
    arn: &str,
    output: GetSamlProviderOutput,
) -> Result<shapes::SamlProvider, Failure> {
    Ok(shapes::SamlProvider {
        arn: arn.to_owned(),
        metadata: required(output.saml_metadata_document, "SAMLMetadataDocument")?,
        valid_until: optional_time(output.valid_until)?,
        create_date: optional_time(output.create_date)?,
    })
}

pub(crate) fn oidc_provider_entry(
    entry: types::OpenIdConnectProviderListEntry,
) -> Result<shapes::OidcProviderEntry, Failure> {
    Ok(shapes::OidcProviderEntry { arn: required(entry.arn, "Arn")? })
}

pub(crate) fn oidc_provider(
    arn: &str,
    output: GetOpenIdConnectProviderOutput,
) -> Result<shapes::OidcProvider, Failure> {
    let sorted = |list: Option<Vec<String>>| {
        let mut list = list.unwrap_or_default();
        list.sort();
        list
    };
    Ok(shapes::OidcProvider {
        arn: arn.to_owned(),
        url: required(output.url, "Url")?,
        client_ids: sorted(output.client_id_list),
        thumbprints: sorted(output.thumbprint_list),
        create_date: optional_time(output.create_date)?,
    })
}

pub(crate) fn server_certificates(
    certificates: impl IntoIterator<Item = types::ServerCertificateMetadata>,
) -> Result<shapes::ServerCertificates, Failure> {
    let mut certificates = all(certificates, |certificate| {
        Ok(shapes::ServerCertificate {
            path: certificate.path,
            name: present(certificate.server_certificate_name, "ServerCertificateName")?,
            id: certificate.server_certificate_id,
            arn: present(certificate.arn, "Arn")?,
            upload_date: optional_time(certificate.upload_date)?,
            expiration: optional_time(certificate.expiration)?,
        })
    })?;
    certificates.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(shapes::ServerCertificates { server_certificate_metadata_list: certificates })
}

pub(crate) fn service_credentials(
    credentials: impl IntoIterator<Item = types::ServiceSpecificCredentialMetadata>,
) -> Result<shapes::ServiceCredentials, Failure> {
    let mut credentials = all(credentials, |credential| {
        Ok(shapes::ServiceCredential {
            user_name: present(credential.user_name, "UserName")?,
            status: present(credential.status.as_str().to_owned(), "Status")?,
            service_specific_credential_id: present(
                credential.service_specific_credential_id,
                "ServiceSpecificCredentialId",
            )?,
            service_name: present(credential.service_name, "ServiceName")?,
            create_date: Some(time(credential.create_date)?),
            expiration_date: optional_time(credential.expiration_date)?,
        })
    })?;
    credentials
        .sort_by(|a, b| a.service_specific_credential_id.cmp(&b.service_specific_credential_id));
    Ok(shapes::ServiceCredentials { service_specific_credentials: credentials })
}
