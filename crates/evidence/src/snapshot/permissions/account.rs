//! The facts about the account that rest on who has which policy.

use portcullis_model::{Arn, Fact, Sources};

use super::read::Reading;
use super::trust::Trustees;
use super::{Lists, SOURCE, principals};
use crate::shapes::{AttachedPolicy, AuthorizationDetails};
use crate::snapshot::names::name_key;

/// What `Account` takes from here.
pub(in crate::snapshot) struct AccountFacts {
    pub(in crate::snapshot) identity_center: Fact<bool>,
    pub(in crate::snapshot) support_principals: Fact<Vec<String>>,
    pub(in crate::snapshot) security_audit_roles: Fact<Vec<String>>,
}

pub(super) fn facts(
    details: &AuthorizationDetails,
    reading: &Reading,
    lists: Lists,
) -> AccountFacts {
    let account = &reading.account;
    let trusts = reading.roles.iter().map(|id| account.principal(*id).trust.as_ref());
    let roles = details.role_detail_list.iter().zip(trusts);
    let of_roles = |name: &'static str| {
        let attached =
            roles.clone().filter(move |(it, _)| has(&it.attached_managed_policies, name));
        attached.map(|(role, trust)| (role.arn.clone(), trust))
    };
    let identity_center = details.role_detail_list.iter().any(principals::is_of_identity_center);
    let of_roles_in_use = of_roles("AWSSupportAccess")
        .map(|(arn, trust)| (arn, Trustees::new(trust, account).is_usable()));
    let support =
        users_and_groups(details, "AWSSupportAccess", lists).into_iter().chain(of_roles_in_use);
    let audit = of_roles("SecurityAudit").map(|(arn, _)| (arn, Fact::Known(true)));
    AccountFacts {
        identity_center: unless_cut(Fact::Known(identity_center), !identity_center && !lists.roles),
        support_principals: holders(support, lists.users && lists.groups && lists.roles),
        security_audit_roles: holders(audit, lists.roles),
    }
}

/// Users, and groups with users, that a policy of AWS is attached to.
fn users_and_groups(
    details: &AuthorizationDetails,
    policy: &str,
    lists: Lists,
) -> Vec<(String, Fact<bool>)> {
    let with_policy =
        details.user_detail_list.iter().filter(|user| has(&user.attached_managed_policies, policy));
    let users = with_policy.map(|user| (user.arn.clone(), Fact::Known(true)));
    let with_policy = details
        .group_detail_list
        .iter()
        .filter(|group| has(&group.attached_managed_policies, policy));
    let groups = with_policy.map(|group| {
        let key = name_key(&group.group_name);
        let mut members = details.user_detail_list.iter().flat_map(|user| &user.group_list);
        let used = members.any(|name| name_key(name) == key);
        (group.arn.clone(), unless_cut(Fact::Known(used), !lists.users))
    });
    users.chain(groups).collect()
}

/// Those that count; missing if none surely does, and one might.
fn holders(all: impl Iterator<Item = (String, Fact<bool>)>, complete: bool) -> Fact<Vec<String>> {
    let mut missing = if complete { Sources::NONE } else { SOURCE.into() };
    let mut counting = Vec::new();
    for (arn, counts) in all {
        match counts {
            Fact::Known(true) => counting.push(arn),
            Fact::Known(false) => {}
            Fact::Missing(sources) => missing |= sources,
        }
    }
    counting.sort();
    if counting.is_empty() && !missing.is_empty() {
        Fact::Missing(missing)
    } else {
        Fact::Known(counting)
    }
}

fn unless_cut<T>(fact: Fact<T>, cut: bool) -> Fact<T> {
    if cut { Fact::missing(SOURCE) } else { fact }
}

/// Whether the policy of AWS is among them: by its ARN, since anyone may call an own policy alike.
fn has(attached: &[AttachedPolicy], policy: &str) -> bool {
    let is_it =
        |arn: Arn<'_>| arn.is_aws_managed() && arn.resource.strip_prefix("policy/") == Some(policy);
    attached.iter().any(|one| Arn::parse(&one.policy_arn).is_some_and(is_it))
}
