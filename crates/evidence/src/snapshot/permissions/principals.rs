//! The facts about groups and roles.

use portcullis_model::{Arn, Fact, Group, PrincipalKind, Role};

use super::read::SERVICE_LINKED;
use super::trust::Trustees;
use super::{Privileges, SOURCE};
use crate::shapes::{AttachedPolicy, GroupDetail, PolicyDetail, RoleDetail};
use crate::snapshot::answers::Answers;
use crate::snapshot::facts::{if_complete, known_or};
use crate::snapshot::gaps::Gaps;

/// The path of roles that IAM Identity Center creates.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html>
const SSO_RESERVED: &str = "/aws-reserved/sso.amazonaws.com/";

pub(super) fn group(
    group: &GroupDetail,
    user_count: Fact<u32>,
    privileges: Privileges,
    unplaced: &[String],
) -> Group {
    Group {
        name: group.group_name.clone(),
        arn: group.arn.clone(),
        kind: PrincipalKind::Group,
        user_count,
        administrator: privileges.administrator,
        administrator_depends_on: privileges.administrator_depends_on,
        escalations: privileges.escalations,
        removable_guards: privileges.removable_guards,
        attached_policies: attached_policies(&group.attached_managed_policies, unplaced),
        inline_policies: inline_policies(&group.group_policy_list),
    }
}

pub(super) fn role(
    role: &RoleDetail,
    trustees: &Trustees<'_>,
    privileges: Privileges,
    unplaced: &[String],
    answers: &Answers,
    gaps: &mut Gaps,
) -> Role {
    let created = known_or(role.create_date, SOURCE);
    let last_used = role.role_last_used.as_ref().map(|used| used.last_used_date);
    let last_used = known_or(last_used, SOURCE);
    if created.known().is_none() || last_used.known().is_none() {
        let message = "AWS's answer lacks the CreateDate or the RoleLastUsed of the role";
        gaps.explain(SOURCE.into(), &role.arn, "Incomplete", message);
    }
    Role {
        name: role.role_name.clone(),
        arn: role.arn.clone(),
        kind: PrincipalKind::Role,
        path: path(role).to_owned(),
        created,
        age_days: created.and_then(|created| answers.days_since(created, SOURCE, &role.arn, gaps)),
        last_used,
        idle_days: last_used.and_then(|used| match used {
            Some(used) => answers.days_since(used, SOURCE, &role.arn, gaps).map(Some),
            None => Fact::Known(None),
        }),
        service_linked: path(role).starts_with(SERVICE_LINKED),
        sso_reserved: is_of_identity_center(role),
        administrator: privileges.administrator,
        administrator_depends_on: privileges.administrator_depends_on,
        escalations: privileges.escalations,
        removable_guards: privileges.removable_guards,
        attached_policies: attached_policies(&role.attached_managed_policies, unplaced),
        inline_policies: inline_policies(&role.role_policy_list),
        instance_profiles: instance_profiles(role),
        open_statements: trustees.open_statements(),
        external_accounts: trustees.external(),
        external_accounts_without_external_id: trustees.external_unguarded(),
        organization_accounts: trustees.of_organization(),
        services_not_asked_for_source: trustees.unasked_services(),
        external_service_sources: trustees.external_sources(),
        issuers_of_any_tenant: trustees.issuers_of_any_tenant(),
        issuers_of_any_branch: trustees.issuers_of_any_branch(),
        cognito_guest_statements: trustees.cognito_guests(),
        saml_providers_without_audience: trustees.saml_without_audience(),
        deleted_principals: trustees.deleted(),
        management_account_statements: trustees.management_account(),
    }
}

/// Returns a role's path, from its ARN if possible, since saved answers may lack the field.
pub(super) fn path(role: &RoleDetail) -> &str {
    let parsed = Arn::parse(&role.arn)
        .and_then(Arn::role)
        .map(|(path, _)| path);
    parsed.unwrap_or(if role.path.is_empty() {
        "/"
    } else {
        &role.path
    })
}

pub(super) fn is_of_identity_center(role: &RoleDetail) -> bool {
    path(role).starts_with(SSO_RESERVED)
}

/// Returns the ARNs of attached policies, sorted; missing if the principal may also have an
/// unplaced one.
pub(in crate::snapshot) fn attached_policies(
    policies: &[AttachedPolicy],
    unplaced: &[String],
) -> Fact<Vec<String>> {
    let arns = sorted(policies.iter().map(|policy| policy.policy_arn.clone()));
    let is_whole = unplaced.iter().all(|unplaced| arns.contains(unplaced));
    if_complete(arns, is_whole, SOURCE)
}

/// Returns the names of inline policies, sorted.
pub(in crate::snapshot) fn inline_policies(policies: &[PolicyDetail]) -> Vec<String> {
    sorted(policies.iter().map(|policy| policy.policy_name.clone()))
}

fn instance_profiles(role: &RoleDetail) -> Vec<String> {
    let profiles = role.instance_profile_list.iter();
    sorted(profiles.map(|profile| profile.instance_profile_name.clone()))
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}
