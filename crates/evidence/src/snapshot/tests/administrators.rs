//! Who is an administrator.
#![allow(clippy::needless_pass_by_value)] // JSON made in place reads best.

use portcullis_model::{Fact, Source};
use serde_json::{Value as Json, json};

use super::bundles::{Fixture, arn, detail, gaps};

const DETAILS: Source = Source::AccountAuthorizationDetails;
const FULL: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn allow(action: Json, resource: Json) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn everything() -> Json {
    allow(json!("*"), json!("*"))
}

fn document(statements: Json) -> Json {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn inline(statements: Json) -> Json {
    json!({"PolicyName": "p", "PolicyDocument": document(statements)})
}

fn managed(arn: &str, versions: &[(bool, Json)]) -> Json {
    let mut list = Vec::new();
    for (index, (default, statements)) in versions.iter().enumerate() {
        list.push(json!({
            "VersionId": format!("v{index}"), "IsDefaultVersion": default,
            "Document": document(statements.clone()),
        }));
    }
    json!({"PolicyName": arn.rsplit('/').next(), "Arn": arn, "PolicyVersionList": list})
}

fn attached(arn: &str) -> Json {
    json!([{"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn}])
}

/// Alice with fields set, among other lists of the account.
fn alice(fields: &[(&str, Json)], lists: Json) -> Fixture {
    let mut user = detail("alice");
    for (name, value) in fields {
        user[name] = value.clone();
    }
    let mut lists = lists;
    lists["UserDetailList"] = json!([user]);
    Fixture::new().details(&lists)
}

fn by_inline(policies: &[Json]) -> Fact<bool> {
    alice(&[("UserPolicyList", json!(policies))], json!({}))
        .user()
        .administrator
}

#[test]
fn every_spelling_of_everything_on_everything() {
    for statement in [
        everything(),
        allow(json!("*:*"), json!("*")),
        allow(json!("*"), json!(["*", "arn:aws:s3:::bucket"])),
        allow(json!("*"), json!("arn:*:*:*:*:*")),
        json!({"Effect": "allow", "Action": ["s3:*", "*"], "Resource": "*"}),
        json!({"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "*"}),
    ] {
        assert_eq!(by_inline(&[inline(statement.clone())]), Fact::Known(true), "{statement}");
    }
}

#[test]
fn a_union_of_policies() {
    let all_but_iam = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    let iam = allow(json!("iam:*"), json!("*"));
    assert_eq!(by_inline(&[inline(all_but_iam.clone())]), Fact::Known(false));
    let mut other = inline(iam);
    other["PolicyName"] = json!("q");
    assert_eq!(by_inline(&[inline(all_but_iam), other]), Fact::Known(true));
}

#[test]
fn denials() {
    let deny = |action: &str| json!({"Effect": "Deny", "Action": action, "Resource": "*"});
    assert_eq!(by_inline(&[inline(json!([everything(), deny("*")]))]), Fact::Known(false));
    let one = inline(json!([everything(), deny("s3:DeleteBucket")]));
    assert_eq!(by_inline(&[one]), Fact::Known(true));
    let mut unless_mfa = deny("*");
    unless_mfa["Condition"] = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    let guarded = [("UserPolicyList", json!([inline(json!([everything(), unless_mfa]))]))];
    let user = alice(&guarded, json!({})).user();
    assert_eq!(user.administrator, Fact::Known(true));
    let keys = vec!["aws:MultiFactorAuthPresent".to_owned()];
    assert_eq!(user.administrator_depends_on, Fact::Known(keys));
}

#[test]
fn the_name_of_a_policy_says_nothing() {
    let harmless = arn("x").replace("user/x", "policy/AdministratorAccess");
    let read = allow(json!("s3:GetObject"), json!("*"));
    let policies = json!({"Policies": [managed(&harmless, &[(true, read)])]});
    let user = alice(&[("AttachedManagedPolicies", attached(&harmless))], policies).user();
    assert_eq!(user.administrator, Fact::Known(false));

    let own = arn("x").replace("user/x", "policy/tools");
    let policies = json!({"Policies": [managed(&own, &[(true, everything())])]});
    let user = alice(&[("AttachedManagedPolicies", attached(&own))], policies).user();
    assert_eq!(user.administrator, Fact::Known(true));
}

#[test]
fn through_a_group() {
    let group = json!({
        "GroupName": "Admins", "Arn": "arn:aws:iam::123456789012:group/Admins",
        "AttachedManagedPolicies": attached(FULL),
    });
    let policies = [managed(FULL, &[(true, everything())])];
    let lists = json!({"GroupDetailList": [group], "Policies": policies});
    let user = alice(&[("GroupList", json!(["Admins"]))], lists).user();
    assert_eq!(user.administrator, Fact::Known(true));
    assert_eq!(user.groups, Fact::Known(vec!["Admins".to_owned()]));
}

#[test]
fn only_the_default_version_counts() {
    let read = allow(json!("s3:GetObject"), json!("*"));
    let versions = [(false, everything()), (true, read)];
    let lists = json!({"Policies": [managed(FULL, &versions)]});
    let user = alice(&[("AttachedManagedPolicies", attached(FULL))], lists).user();
    assert_eq!(user.administrator, Fact::Known(false));
}

#[test]
fn a_boundary_must_allow_too() {
    let boundary = "arn:aws:iam::123456789012:policy/boundary";
    let within = |statement: Json| {
        let lists = json!({"Policies": [managed(boundary, &[(true, statement)])]});
        let fields = [
            ("UserPolicyList", json!([inline(everything())])),
            ("PermissionsBoundary", json!({"PermissionsBoundaryArn": boundary})),
        ];
        alice(&fields, lists).user().administrator
    };
    assert_eq!(within(allow(json!("s3:*"), json!("*"))), Fact::Known(false));
    assert_eq!(within(everything()), Fact::Known(true));
}

#[test]
fn what_cannot_be_read_is_unknown_unless_the_rest_decides() {
    let unreadable = json!({"PolicyName": "odd", "PolicyDocument": "{"});
    let user = |policies: Json| alice(&[("UserPolicyList", policies)], json!({}));
    let fixture = user(json!([unreadable]));
    assert_eq!(fixture.user().administrator, Fact::missing(DETAILS));
    let gap = &gaps(&fixture.snapshot(), DETAILS, Some("alice"))[0];
    assert!(
        gap.1
            .starts_with("the inline policy odd of alice: not an IAM policy document")
    );
    let decided = user(json!([unreadable, inline(everything())])).user();
    assert_eq!(decided.administrator, Fact::Known(true));
    let denied = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    let decided = user(json!([unreadable, inline(denied)])).user();
    assert_eq!(decided.administrator, Fact::Known(false));
}

#[test]
fn absent_policies_groups_and_boundaries_are_unknown() {
    let attached = alice(&[("AttachedManagedPolicies", attached(FULL))], json!({}));
    assert_eq!(attached.user().administrator, Fact::missing(DETAILS));
    let group = alice(&[("GroupList", json!(["gone"]))], json!({}));
    assert_eq!(group.user().administrator, Fact::missing(DETAILS));
    assert_eq!(gaps(&group.snapshot(), DETAILS, Some("gone"))[0].0, "Incomplete");
    let boundary = ("PermissionsBoundary", json!({"PermissionsBoundaryArn": FULL}));
    let all = ("UserPolicyList", json!([inline(everything())]));
    let bounded = alice(&[all, boundary.clone()], json!({})).user();
    assert_eq!(bounded.administrator, Fact::missing(DETAILS));
    assert_eq!(alice(&[boundary], json!({})).user().administrator, Fact::Known(false));
}
