//! The facts about the account that depend on who has which policy.

use portcullis_model::{Arn, Fact, Sources};

use super::read::Reading;
use super::trust::Trustees;
use super::{Lists, SOURCE, principals};
use crate::shapes::{AttachedPolicy, AuthorizationDetails};
use crate::snapshot::facts::if_complete;

/// The AWS-managed policies for AWS Support and for auditors.
const SUPPORT: &str = "AWSSupportAccess";
const AUDIT: &str = "SecurityAudit";

/// The facts that `Account` takes from here.
pub(in crate::snapshot) struct AccountFacts {
    pub(in crate::snapshot) identity_center: Fact<bool>,
    pub(in crate::snapshot) support_principals: Fact<Vec<String>>,
    pub(in crate::snapshot) security_audit_roles: Fact<Vec<String>>,
}

pub(super) fn facts(
    details: &AuthorizationDetails,
    reading: &Reading<'_>,
    lists: Lists,
) -> AccountFacts {
    let account = &reading.account;
    let identity_center = details
        .role_detail_list
        .iter()
        .any(principals::is_of_identity_center);
    let mut support = users_and_groups(details, SUPPORT, lists);
    let mut audit = Vec::new();
    for (role, id) in details.role_detail_list.iter().zip(&reading.roles) {
        if has(&role.attached_managed_policies, SUPPORT) {
            let trustees = Trustees::new(account.principal(*id).trust.as_ref(), account);
            support.push((role.arn.clone(), trustees.is_usable()));
        }
        if has(&role.attached_managed_policies, AUDIT) {
            audit.push((role.arn.clone(), Fact::Known(true)));
        }
    }
    let unless_miscounted = |policy: &str, holders: Fact<Vec<String>>| {
        let arn = format!("arn:{}:iam::aws:policy/{policy}", account.partition);
        holders.and_then(|holders| if_complete(holders, !reading.is_miscounted(&arn), SOURCE))
    };
    let all_listed = lists.users && lists.groups && lists.roles;
    AccountFacts {
        identity_center: if_complete(identity_center, identity_center || lists.roles, SOURCE),
        support_principals: unless_miscounted(SUPPORT, holders(support, all_listed)),
        security_audit_roles: unless_miscounted(AUDIT, holders(audit, lists.roles)),
    }
}

/// Returns the users and groups with an AWS-managed policy; a group counts if it has users.
fn users_and_groups(
    details: &AuthorizationDetails,
    policy: &str,
    lists: Lists,
) -> Vec<(String, Fact<bool>)> {
    let mut holders = Vec::new();
    for user in &details.user_detail_list {
        if has(&user.attached_managed_policies, policy) {
            holders.push((user.arn.clone(), Fact::Known(true)));
        }
    }
    for group in &details.group_detail_list {
        if has(&group.attached_managed_policies, policy) {
            let mut members = details
                .user_detail_list
                .iter()
                .flat_map(|user| &user.group_list);
            let used = members.any(|name| name.eq_ignore_ascii_case(&group.group_name));
            holders.push((group.arn.clone(), if_complete(used, lists.users, SOURCE)));
        }
    }
    holders
}

/// Returns the ARNs that count; missing if none surely does but one might.
fn holders(candidates: Vec<(String, Fact<bool>)>, complete: bool) -> Fact<Vec<String>> {
    let mut missing = if complete {
        Sources::NONE
    } else {
        SOURCE.into()
    };
    let mut arns = Vec::new();
    for (arn, counts) in candidates {
        match counts {
            Fact::Known(true) => arns.push(arn),
            Fact::Known(false) => {}
            Fact::Missing(sources) => missing |= sources,
        }
    }
    arns.sort();
    if arns.is_empty() && !missing.is_empty() {
        Fact::Missing(missing)
    } else {
        Fact::Known(arns)
    }
}

/// Whether the AWS-managed policy is attached. Compares ARNs, since an account's own policy may
/// have the same name.
fn has(attached: &[AttachedPolicy], policy: &str) -> bool {
    attached
        .iter()
        .filter_map(|attached| Arn::parse(&attached.policy_arn))
        .any(|arn| arn.is_aws_managed() && arn.resource.strip_prefix("policy/") == Some(policy))
}
