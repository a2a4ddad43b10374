//! Policies attached to more or fewer principals than AWS counts.

use portcullis_model::{Fact, Snapshot};
use serde_json::{Value as Json, json};

use super::{
    DETAILS, FULL, OWN, account, allow, attached, everything, group, managed, role, the_group,
    the_role, trusts, user, with,
};
use crate::snapshot::tests::bundles::{self, gaps};

/// A user, a group and a role without privileges, and the role ops, which alone lists the policy.
fn listed_by_ops(policy: &str, statements: Json, count: i32) -> Snapshot {
    let nothing = || json!([]);
    let ops = role("ops", trusts(json!({"Service": "ec2.amazonaws.com"})), nothing());
    account(json!({
        "UserDetailList": [user("alice", nothing())],
        "GroupDetailList": [group("staff", nothing())],
        "RoleDetailList": [
            with(ops, "AttachedManagedPolicies", attached(policy)),
            role("app", trusts(json!({"Service": "ec2.amazonaws.com"})), nothing()),
        ],
        "Policies": [with(managed(policy, statements), "AttachmentCount", json!(count))],
    }))
}

#[test]
fn anybody_may_have_a_policy_with_more_attachments_than_are_listed() {
    let snapshot = listed_by_ops(FULL, everything(), 2);
    let message = format!("AWS counts 2 attachments of the policy {FULL}, but lists 1");
    let gap = ("Contradictory".to_owned(), message);
    assert_eq!(gaps(&snapshot, DETAILS, Some(FULL)), [gap]);
    let alice = bundles::user(&snapshot, "alice");
    let (staff, app) = (the_group(&snapshot, "staff"), the_role(&snapshot, "app"));
    for administrator in [alice.administrator, staff.administrator, app.administrator] {
        assert_eq!(administrator, Fact::missing(DETAILS));
    }
    for policies in [&alice.attached_policies, &staff.attached_policies, &app.attached_policies] {
        assert_eq!(*policies, Fact::missing(DETAILS));
    }
    let ops = the_role(&snapshot, "ops");
    assert_eq!(ops.administrator, Fact::Known(true));
    assert_eq!(ops.attached_policies, Fact::Known(vec![FULL.to_owned()]));
}

/// Whoever may have several such policies may also have only one that allows.
#[test]
fn a_deny_that_anybody_may_have_does_not_outweigh_an_allow_that_anybody_may_have() {
    let fence = format!("{OWN}:policy/fence");
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    let snapshot = account(json!({
        "UserDetailList": [user("alice", json!([]))],
        "Policies": [
            with(managed(FULL, everything()), "AttachmentCount", json!(1)),
            with(managed(&fence, json!([deny])), "AttachmentCount", json!(1)),
        ],
    }));
    let alice = bundles::user(&snapshot, "alice");
    assert_eq!(alice.administrator, Fact::missing(DETAILS));
    assert_eq!(alice.escalations, Fact::missing(DETAILS));
}

/// What a harmless policy allows matters to nobody, but who has it does.
#[test]
fn only_what_hangs_on_the_policy_is_unknown() {
    let read = format!("{OWN}:policy/read");
    let snapshot = listed_by_ops(&read, allow(json!("s3:GetObject"), json!("*")), 2);
    let alice = bundles::user(&snapshot, "alice");
    assert_eq!(alice.administrator, Fact::Known(false));
    assert_eq!(alice.escalations, Fact::Known(vec![]));
    assert_eq!(alice.attached_policies, Fact::missing(DETAILS));
}

#[test]
fn policies_counted_as_they_are_listed_contradict_nothing() {
    let snapshot = listed_by_ops(FULL, everything(), 1);
    assert_eq!(snapshot.gaps, []);
    let alice = bundles::user(&snapshot, "alice");
    assert_eq!(alice.administrator, Fact::Known(false));
    assert_eq!(alice.attached_policies, Fact::Known(vec![]));
}

#[test]
fn who_audits_is_unknown_if_the_count_says_otherwise() {
    let audit = "arn:aws:iam::aws:policy/SecurityAudit";
    let ops = Fact::Known(vec![format!("{OWN}:role/ops")]);
    for (count, expected) in [(0, Fact::missing(DETAILS)), (1, ops), (2, Fact::missing(DETAILS))] {
        let snapshot = listed_by_ops(audit, allow(json!("s3:GetObject"), json!("*")), count);
        assert_eq!(snapshot.account.security_audit_roles, expected, "{count}");
        let is_fine = count == 1;
        assert_eq!(gaps(&snapshot, DETAILS, Some(audit)).is_empty(), is_fine, "{count}");
    }
    let fewer = listed_by_ops(FULL, everything(), 0);
    let alice = bundles::user(&fewer, "alice");
    assert_eq!(alice.attached_policies, Fact::Known(vec![]), "she is none of those listed");
}

/// A boundary that AWS does not count may not be there.
#[test]
fn a_boundary_that_aws_does_not_count_limits_nobody_for_sure() {
    let limit = format!("{OWN}:policy/limit");
    let administrator = |count: Option<i32>| {
        let boundary =
            json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": limit});
        let alice = with(user("alice", everything()), "PermissionsBoundary", boundary);
        let mut policy = managed(&limit, allow(json!("s3:GetObject"), json!("*")));
        if let Some(count) = count {
            policy["PermissionsBoundaryUsageCount"] = json!(count);
        }
        let snapshot = account(json!({"UserDetailList": [alice], "Policies": [policy]}));
        let gaps = gaps(&snapshot, DETAILS, Some(&limit));
        (bundles::user(&snapshot, "alice").administrator, gaps)
    };
    for fine in [Some(1), Some(2), None] {
        assert_eq!(administrator(fine), (Fact::Known(false), vec![]), "{fine:?}");
    }
    let message = format!("AWS counts 0 uses of the policy {limit} as a boundary, but lists 1");
    let gap = ("Contradictory".to_owned(), message);
    assert_eq!(administrator(Some(0)), (Fact::missing(DETAILS), vec![gap]));
}
