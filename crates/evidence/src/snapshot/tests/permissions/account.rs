//! Facts about the account that rest on who has which policy, and lists that were cut.

use portcullis_model::{Fact, ShortLists};
use serde_json::{Value as Json, json};

use super::{
    DETAILS, OWN, account, allow, attached, detail, group, inline, known, managed, policy, role,
    the_group, trusts, with,
};
use crate::snapshot::tests::bundles::{Fixture, gaps};

const SUPPORT: &str = "arn:aws:iam::aws:policy/AWSSupportAccess";

fn holding(who: Json, policy: &str) -> Json {
    with(who, "AttachedManagedPolicies", attached(policy))
}

fn service_role(name: &str, policy: &str) -> Json {
    holding(role(name, trusts(json!({"Service": "ec2.amazonaws.com"})), json!([])), policy)
}

fn of_aws(policy: &str) -> Json {
    managed(policy, json!([]))
}

#[test]
fn support_counts_for_those_who_can_use_it() {
    let nobody = holding(role("nobody", json!([]), json!([])), SUPPORT);
    let china = "arn:aws-cn:iam::aws:policy/AWSSupportAccess";
    let own = format!("{OWN}:policy/AWSSupportAccess");
    let snapshot = account(json!({
        "UserDetailList": [with(detail("alice"), "GroupList", json!(["staff"]))],
        "GroupDetailList": [
            holding(group("Empty", json!([])), SUPPORT), holding(group("Staff", json!([])), SUPPORT),
        ],
        "RoleDetailList": [nobody, service_role("cn", china), service_role("fake", &own)],
        "Policies": [of_aws(SUPPORT), of_aws(china), of_aws(&own)],
    }));
    let expected = vec![format!("{OWN}:group/Staff"), format!("{OWN}:role/cn")];
    assert_eq!(snapshot.account.support_principals, Fact::Known(expected));
    assert_eq!(the_group(&snapshot, "Staff").user_count, Fact::Known(1));
    assert_eq!(the_group(&snapshot, "Empty").user_count, Fact::Known(0));
}

#[test]
fn a_trust_policy_that_cannot_be_read_leaves_support_open() {
    let odd = with(service_role("odd", SUPPORT), "AssumeRolePolicyDocument", json!("{"));
    let snapshot = account(json!({"RoleDetailList": [odd], "Policies": [of_aws(SUPPORT)]}));
    assert_eq!(snapshot.account.support_principals, Fact::missing(DETAILS));
}

#[test]
fn auditors_and_identity_center() {
    let audit = "arn:aws:iam::aws:policy/SecurityAudit";
    let name = "AWSReservedSSO_Admin_0123456789abcdef";
    let mut reserved = service_role(name, audit);
    let arn = format!("{OWN}:role/aws-reserved/sso.amazonaws.com/eu-west-1/{name}");
    reserved["Arn"] = json!(arn);
    let snapshot = account(json!({"RoleDetailList": [reserved], "Policies": [of_aws(audit)]}));
    assert_eq!(snapshot.account.identity_center, Fact::Known(true));
    assert_eq!(snapshot.account.security_audit_roles, Fact::Known(vec![arn]));
    assert!(known(snapshot.roles)[0].sso_reserved);
    let other = service_role("r", SUPPORT);
    let none = account(json!({"RoleDetailList": [other], "Policies": [of_aws(SUPPORT)]}));
    assert_eq!(none.account.identity_center, Fact::Known(false));
    assert_eq!(none.account.security_audit_roles, Fact::Known(vec![]));
}

#[test]
fn without_the_answer_all_is_missing() {
    let snapshot = Fixture::new().without(DETAILS).snapshot();
    assert_eq!(snapshot.groups, Fact::missing(DETAILS));
    assert_eq!(snapshot.roles, Fact::missing(DETAILS));
    assert_eq!(snapshot.policies, Fact::missing(DETAILS));
    assert_eq!(snapshot.account.identity_center, Fact::missing(DETAILS));
    assert_eq!(snapshot.account.support_principals, Fact::missing(DETAILS));
}

#[test]
fn an_empty_list_is_not_believed_against_the_summary() {
    let assume = allow(json!("sts:AssumeRole"), json!(format!("{OWN}:role/app")));
    let alice = with(detail("alice"), "UserPolicyList", json!([inline("p", assume)]));
    let counts = json!({"Users": 1, "Groups": 2, "Roles": 3, "Policies": 4});
    let fixture = Fixture::new().users(&[alice]).summary(&counts);
    let snapshot = fixture.snapshot();
    assert_eq!(snapshot.groups, Fact::missing(DETAILS));
    assert_eq!(snapshot.roles, Fact::missing(DETAILS));
    assert_eq!(known(snapshot.policies.clone()).len(), 1, "alice has one herself");
    assert_eq!(snapshot.account.identity_center, Fact::missing(DETAILS));
    assert_eq!(snapshot.regions, Fact::missing(DETAILS), "roles name regions");
    assert_eq!(fixture.user().escalations, Fact::missing(DETAILS), "the role may lead on");
    let message = "holds fewer than the account summary counts: 0 of 2 Groups, 0 of 3 Roles, \
                   0 of 4 Policies";
    assert_eq!(gaps(&snapshot, DETAILS, None), [("Incomplete".to_owned(), message.to_owned())]);
}

/// The summary counts the policies that customers manage, not those of AWS that the list holds too:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>.
#[test]
fn what_is_on_a_short_list_is_judged_and_the_rest_is_not_known() {
    let own = managed(&format!("{OWN}:policy/own"), json!([]));
    let lists = json!({
        "UserDetailList": [with(detail("alice"), "GroupList", json!(["staff"]))],
        "GroupDetailList": [group("staff", json!([]))],
        "RoleDetailList": [role("app", json!([]), json!([]))],
        "Policies": [own, of_aws(SUPPORT), of_aws("arn:aws:iam::aws:policy/SecurityAudit")],
    });
    let counting = |users: u32, groups: u32, roles: u32, policies: u32| {
        let counts =
            json!({"Users": users, "Groups": groups, "Roles": roles, "Policies": policies});
        let snapshot = Fixture::new().details(&lists).summary(&counts).snapshot();
        assert_eq!(known(snapshot.groups.clone())[0].name, "staff");
        assert_eq!(known(snapshot.roles.clone())[0].name, "app");
        assert_eq!(policy(&snapshot, "own").name, "own");
        let ShortLists { users, groups, roles, policies } = snapshot.short_lists;
        let mut short = Vec::new();
        for (is_short, name) in
            [(users, "users"), (groups, "groups"), (roles, "roles"), (policies, "policies")]
        {
            short.extend(is_short.then_some(name));
        }
        let messages: Vec<_> = gaps(&snapshot, DETAILS, None)
            .into_iter()
            .map(|gap| gap.1)
            .collect();
        (short, messages, snapshot)
    };
    let message = |kind: &str, counted| {
        vec![format!("holds fewer than the account summary counts: 1 of {counted} {kind}")]
    };
    let (short, messages, snapshot) = counting(1, 1, 1, 1);
    assert_eq!((short, messages), (vec![], vec![]));
    assert_eq!(the_group(&snapshot, "staff").user_count, Fact::Known(1));
    assert_eq!(snapshot.account.support_principals, Fact::Known(vec![]));
    let (short, messages, snapshot) = counting(1, 2, 1, 1);
    assert_eq!((short, messages), (vec!["groups", "policies"], message("Groups", 2)));
    assert_eq!(snapshot.account.support_principals, Fact::missing(DETAILS));
    assert_eq!(snapshot.account.security_audit_roles, Fact::Known(vec![]));
    let (short, messages, snapshot) = counting(1, 1, 9, 1);
    assert_eq!((short, messages), (vec!["roles", "policies"], message("Roles", 9)));
    assert_eq!(snapshot.account.security_audit_roles, Fact::missing(DETAILS));
    assert_eq!(snapshot.account.identity_center, Fact::missing(DETAILS));
    assert_eq!(snapshot.regions, Fact::missing(DETAILS));
    let (short, messages, _) = counting(1, 1, 1, 2);
    assert_eq!((short, messages), (vec!["policies"], message("Policies", 2)));
    let (short, messages, snapshot) = counting(5, 1, 1, 1);
    assert_eq!((short, messages), (vec!["users", "policies"], message("Users", 5)));
    assert_eq!(the_group(&snapshot, "staff").user_count, Fact::missing(DETAILS));
}

/// A role, user or group that is not listed may be privileged.
#[test]
fn who_is_not_listed_may_be_an_administrator() {
    let assume = allow(json!("sts:AssumeRole"), json!(format!("{OWN}:role/admin")));
    let lists = json!({
        "UserDetailList": [with(detail("alice"), "UserPolicyList", json!([inline("p", assume.clone())]))],
        "RoleDetailList": [role("app", json!([]), json!([]))],
        "Policies": [managed(&format!("{OWN}:policy/own"), assume)],
    });
    let escalations = |users: u32, groups: u32, roles: u32| {
        let counts = json!({"Users": users, "Groups": groups, "Roles": roles, "Policies": 1});
        let fixture = Fixture::new().details(&lists).summary(&counts);
        let policies = ["p", "own"].map(|name| policy(&fixture.snapshot(), name).escalations);
        [&policies[..], &[fixture.user().escalations]].concat()
    };
    assert_eq!(escalations(1, 0, 1), vec![Fact::Known(vec![]); 3]);
    assert_eq!(escalations(1, 0, 2), vec![Fact::missing(DETAILS); 3]);
    assert_eq!(escalations(2, 1, 1), vec![Fact::Known(vec![]); 3]);
}

#[test]
fn what_stands_on_a_list_twice_counts_once() {
    let app = role("app", json!([]), json!([]));
    let twice = json!({"RoleDetailList": [app, app]});
    let snapshot = Fixture::new()
        .details(&twice)
        .summary(&json!({"Roles": 2}))
        .snapshot();
    assert!(snapshot.short_lists.roles);
}

#[test]
fn what_users_have_themselves() {
    let alice = holding(detail("alice"), SUPPORT);
    let policies = json!([inline("b", json!([])), inline("a", json!([]))]);
    let alice = with(alice, "UserPolicyList", policies);
    let lists = json!({"UserDetailList": [alice], "Policies": [of_aws(SUPPORT)]});
    let alice = Fixture::new().details(&lists).user();
    assert_eq!(alice.attached_policies, Fact::Known(vec![SUPPORT.to_owned()]));
    assert_eq!(alice.inline_policies, Fact::Known(vec!["a".to_owned(), "b".to_owned()]));
    let gone = Fixture::new()
        .users(&[])
        .summary(&json!({"Users": 0}))
        .user();
    assert_eq!(gone.escalations, Fact::Known(vec![]));
    assert_eq!(gone.attached_policies, Fact::Known(vec![]));
}
