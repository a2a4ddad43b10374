//! The account's organization.

use portcullis_model::{AccountId, Arn, Fact, Source};

use super::answers::Answers;
use super::documents::{self, Documents, Problem};
use super::gaps::Gaps;
use crate::bundle::Document;
use crate::shapes::{Organization, OrganizationDetail, OrganizationsFeatures};

/// The feature set that an organization needs to manage root users centrally.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html>
const ALL_FEATURES: &str = "ALL";

/// Reads the organization, and checks that its ARN and ids agree; none if the account belongs to
/// none.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
pub(super) fn organization(document: &Document) -> Result<Option<OrganizationDetail>, Problem> {
    let answer: Organization = documents::one(document)?;
    let Some(organization) = &answer.organization else {
        return Ok(None);
    };
    let OrganizationDetail { id, arn, master_account_id, .. } = organization;
    if id.strip_prefix("o-").is_none_or(str::is_empty) {
        return Err(Problem::malformed("holds an organization without an Id such as o-a1b2c3d4e5"));
    }
    let parts = Arn::parse(arn);
    let has_id = parts.is_some_and(|arn| arn.path_and_name("organization") == Some(("/", id)));
    // The account in the ARN is the management account.
    let management = parts.map(|arn| arn.account);
    let has_other_master = master_account_id
        .as_deref()
        .is_some_and(|id| Some(id) != management);
    if !arn.is_empty() && (!has_id || has_other_master) {
        let message = format!("gives {arn} an Id or MasterAccountId that differs from its ARN");
        return Err(Problem { code: "Contradictory", message });
    }
    Ok(answer.organization)
}

/// Whether this is the management account of an organization.
pub(super) fn is_management_account(answers: &Answers, gaps: &mut Gaps) -> Fact<bool> {
    let organization = match &answers.organization {
        Fact::Known(Some(organization)) => organization,
        Fact::Known(None) => return Fact::Known(false),
        Fact::Missing(sources) => return Fact::Missing(*sources),
    };
    let id = organization.master_account_id.as_ref();
    let management = id.filter(|id| AccountId::parse(id).is_some());
    let message = "the answer lacks MasterAccountId";
    gaps.require(management, Source::Organization, &organization.id, message)
        .map(|management| *management == answers.identity.account)
}

/// Whether root credentials of member accounts are managed centrally; none if this account may not
/// query that.
pub(super) fn root_credentials_managed(
    answers: &Answers,
    documents: &mut Documents<'_>,
) -> Fact<Option<bool>> {
    let own = answers
        .organization
        .as_ref()
        .known()
        .and_then(Option::as_ref);
    documents.read(Source::OrganizationsFeatures, |document| {
        let answer: OrganizationsFeatures = documents::one(document)?;
        if let (Some(own), Some(id)) = (own, &answer.organization_id)
            && own.id != *id
        {
            let message =
                format!("belongs to the organization {id}, not {}; it is not used", own.id);
            return Err(Problem { code: "WrongAccount", message });
        }
        let managed = answer.manages_root_credentials();
        let management = own.and_then(|own| own.master_account_id.as_deref());
        if managed.is_none() && management == Some(answers.identity.account.as_str()) {
            return Err(Problem {
                code: "Contradictory",
                message:
                    "says that the account may not read them, though it is the management account"
                        .to_owned(),
            });
        }
        let features = answer.enabled_features;
        let has_features = features.is_some_and(|features| !features.is_empty());
        let is_of_one = has_features || answer.organization_id.is_some();
        if is_of_one && matches!(answers.organization, Fact::Known(None)) {
            let message = "belongs to an organization, though the account is in none".to_owned();
            return Err(Problem { code: "Contradictory", message });
        }
        let set = own
            .and_then(|own| own.feature_set.as_deref())
            .unwrap_or(ALL_FEATURES);
        if has_features && set != ALL_FEATURES {
            let message =
                format!("lists features, though the feature set of the organization is {set}");
            return Err(Problem { code: "Contradictory", message });
        }
        Ok(managed)
    })
}
