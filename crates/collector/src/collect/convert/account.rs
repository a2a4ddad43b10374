//! What services other than IAM say about the account.

use aws_sdk_accessanalyzer::types::AnalyzerSummary;
use aws_sdk_account::operation::get_alternate_contact::GetAlternateContactOutput;
use aws_sdk_iam::operation::get_outbound_web_identity_federation_info::GetOutboundWebIdentityFederationInfoOutput;
use aws_sdk_iam::operation::list_organizations_features::ListOrganizationsFeaturesOutput;
use aws_sdk_iam::types;
use aws_sdk_organizations::operation::describe_organization::DescribeOrganizationOutput;

use super::{all, optional_time, present, required, time};
use crate::collect::failure::Failure;
use crate::shapes;

pub(crate) fn analyzer(analyzer: AnalyzerSummary) -> Result<shapes::Analyzer, Failure> {
    Ok(shapes::Analyzer {
        arn: present(analyzer.arn, "arn")?,
        name: present(analyzer.name, "name")?,
        kind: present(analyzer.r#type.as_str().to_owned(), "type")?,
        status: present(analyzer.status.as_str().to_owned(), "status")?,
        created_at: Some(time(analyzer.created_at)?),
    })
}

pub(crate) fn alternate_contact(
    kind: &str,
    output: GetAlternateContactOutput,
) -> Result<shapes::AlternateContact, Failure> {
    let contact = required(output.alternate_contact, "AlternateContact")?;
    Ok(shapes::AlternateContact {
        alternate_contact_type: kind.to_owned(),
        email_address: required(contact.email_address, "EmailAddress")?,
    })
}

pub(crate) fn organization(
    output: DescribeOrganizationOutput,
) -> Result<shapes::Organization, Failure> {
    let organization = required(output.organization, "Organization")?;
    Ok(shapes::Organization {
        organization: Some(shapes::OrganizationDetail {
            id: required(organization.id, "Id")?,
            arn: organization.arn.unwrap_or_default(),
            feature_set: organization.feature_set.map(|set| set.as_str().to_owned()),
            master_account_id: organization.master_account_id,
        }),
    })
}

pub(crate) fn organizations_features(
    output: ListOrganizationsFeaturesOutput,
) -> Result<shapes::OrganizationsFeatures, Failure> {
    let features = required(output.enabled_features, "EnabledFeatures")?;
    let mut features: Vec<_> = features.iter().map(|feature| feature.as_str().to_owned()).collect();
    features.sort();
    Ok(shapes::OrganizationsFeatures {
        organization_id: output.organization_id,
        enabled_features: Some(features),
    })
}

pub(crate) fn delegation_requests(
    requests: impl IntoIterator<Item = types::DelegationRequest>,
) -> Result<shapes::DelegationRequests, Failure> {
    let mut requests = all(requests, |request| {
        Ok(shapes::DelegationRequest {
            id: required(request.delegation_request_id, "DelegationRequestId")?,
            requestor_id: request.requestor_id,
            requestor_name: request.requestor_name,
            approver_id: request.approver_id,
            state: required(request.state, "State")?.as_str().to_owned(),
            expiration_time: optional_time(request.expiration_time)?,
        })
    })?;
    requests.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(shapes::DelegationRequests { delegation_requests: requests })
}

pub(crate) fn outbound_web_identity_federation(
    output: GetOutboundWebIdentityFederationInfoOutput,
) -> Result<shapes::OutboundWebIdentityFederation, Failure> {
    Ok(shapes::OutboundWebIdentityFederation {
        issuer_identifier: Some(required(output.issuer_identifier, "IssuerIdentifier")?),
        jwt_vending_enabled: Some(output.jwt_vending_enabled),
    })
}
