//! What one policy says by itself, and who is an administrator.
//!
//! IAM.1 and IAM.21 of Security Hub: <https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html>;
//! what actions act on: <https://docs.aws.amazon.com/service-authorization/latest/reference/>

use portcullis_iam::{Anywhere, Decision};
use serde_json::{Value as Json, json};

use crate::account::{
    ORG, OTHER, OWN, account, allow, arn, deny, document, everything, privileges, when,
};

fn all_but(actions: Json) -> Json {
    json!({"Effect": "Allow", "NotAction": actions, "Resource": "*"})
}

fn all_but_resource(resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": "*", "NotResource": resource})
}

/// Whether a document allows everything, and whether whoever has it is an administrator.
#[track_caller]
fn check(statements: Json, everything: bool, administrator: bool) {
    let account =
        account(json!({"users": {"alice": {"may": statements}}, "organization": {"id": ORG}}));
    let found = document(statements.clone()).allows_everything(&account);
    assert_eq!(found, everything, "everything: {statements}");
    let found = privileges(&account, "alice").administrator;
    assert_eq!(found, administrator, "administrator: {statements}");
}

#[test]
fn everything_and_nothing_taken_away() {
    check(json!([everything()]), true, true);
    check(json!([allow("*:*", json!(["*", "arn:aws:s3:::x"]))]), true, true);
    check(json!([all_but(json!("iam:*")), allow("iam:*", "*")]), true, true);
    check(json!([everything(), deny("*", "*")]), false, false);
    check(json!([allow("*", "arn:aws:s3:::*")]), false, false);
    // The ARNs of buckets have no account, and those of most others have one.
    check(json!([allow("*", "arn:aws:*:*:123456789012:*")]), false, true);
    check(json!([allow("*", "arn:aws:*:*::*")]), false, false);
    check(json!([allow("*", "arn:aws:*:*:*:*")]), true, true);
}

/// <https://docs.aws.amazon.com/config/latest/developerguide/iam-policy-no-statements-with-admin-access.html>
#[test]
fn statements_that_allow_everything_taken_alone() {
    let full = |statements: Json| document(statements).full_statements();
    let conditional = when(everything(), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    assert_eq!(full(json!([everything(), deny("iam:*", "*")])), ["1"]);
    assert_eq!(full(json!([allow("s3:*", "*"), conditional])), ["2"]);
    assert_eq!(full(json!([allow("*:*", json!([arn("role/a"), "*"]))])), ["1"]);
    for other in [
        deny("*", "*"),
        allow("iam:*", "*"),
        allow("*", "arn:aws:iam::*"),
        all_but(json!("iam:DeleteUser")),
        all_but_resource("arn:aws:s3:::logs"),
    ] {
        assert!(full(json!([other])).is_empty(), "{other}");
    }
}

/// ARNs: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>; actions of IAM:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
#[test]
fn a_deny_of_what_does_not_exist_takes_nothing_away() {
    let other = arn("*").replace("123456789012", OTHER);
    for (nothing, something) in [
        (deny("*", "arn:aws-cn:*"), deny("*", "arn:aws:s3:*")),
        (deny("*", "arn:aws-no:*:*:*:*"), deny("*", "arn:aws*:s3:*:*:x")),
        (deny("*", "ARN:aws:iam::*:*"), deny("*", "arn:aws:iam::*:policy/x")),
        (deny("iam:*", arn("user")), deny("iam:*", arn("user*"))),
        (deny("iam:*", arn("User/*")), deny("iam:*", arn("user/a"))),
        (deny("*", other), deny("*", "arn:aws:iam::aws:policy/*")),
        (deny("iam:DeleteUsers", "*"), deny("iam:DeleteUser", "*")),
        (deny("iam::*", "*"), deny("iam:Delete*", "*")),
        (deny("sts:AssumeRoles", "*"), deny("sts:AssumeRole", "*")),
    ] {
        check(json!([everything(), nothing]), true, true);
        let account = account(json!({}));
        let statements = json!([everything(), something]);
        assert!(!document(statements.clone()).allows_everything(&account), "{statements}");
    }
    check(json!([all_but(json!("iam:DeleteUsers"))]), true, true);
    // The actions of other services are not known here.
    check(json!([everything(), deny("s3:DeleteBuckets", "*")]), false, true);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[test]
fn keys_that_every_request_has_or_none() {
    let under = |operator: &str, key: &str, value: &str| {
        let condition = json!({operator: {key: value}});
        document(json!([when(everything(), condition)])).decide_everything(&account(json!({})))
    };
    assert_eq!(under("Null", "aws:PrincipalArn", "false"), Decision::Allowed);
    assert_eq!(under("Null", "aws:PrincipalArn", "true"), Decision::Silent);
    assert_eq!(under("ArnLike", "aws:PrincipalArn", "*"), Decision::Allowed);
    assert_eq!(under("ArnLike", "aws:PrincipalArn", "arn:aws-cn:iam::*:*"), Decision::Silent);
    let of_role = under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x");
    assert!(matches!(of_role, Decision::Conditional(_)));
    for (key, value) in [
        // AWS may have added it since.
        ("aws:PrincipleOrgID", ORG),
        ("aws:SourceVpc", "vpc-1a2b3c4d"),
        ("aws:SignInSessionArn", "arn:aws:signin:us-east-1:123456789012:session/x"),
        ("aws:IsMcpServiceAction", "true"),
    ] {
        for operator in ["StringEquals", "StringNotEquals"] {
            let decided = under(operator, key, value);
            assert!(matches!(decided, Decision::Conditional(_)), "{operator} {key}");
        }
    }
}

#[test]
fn less_than_everything_may_do_for_an_administrator() {
    check(json!([allow("iam:*", "*")]), false, true);
    check(json!([allow("iam:*", arn("*"))]), false, true);
    check(json!([all_but(json!("ec2:*"))]), false, true);
    check(json!([everything(), deny("ec2:*", "*")]), false, true);
    check(json!([everything(), deny("*", "arn:aws:s3:::x")]), false, true);
    check(json!([all_but_resource("arn:aws:s3:::x")]), false, true);
}

#[test]
fn no_administrator_without_all_of_iam() {
    check(json!([all_but(json!("iam:*"))]), false, false);
    check(json!([all_but(json!("iam:DeleteUser"))]), false, false);
    check(
        json!([all_but(json!(["iam:Create*", "iam:Put*", "iam:Attach*", "sts:*"]))]),
        false,
        false,
    );
    check(json!([everything(), deny("iam:Put*", "*")]), false, false);
    check(json!([everything(), deny("*", arn("role/app"))]), false, false);
    check(json!([all_but_resource(&arn("role/app"))]), false, false);
    let all_but_a_role = json!({"Effect": "Deny", "Action": "*", "NotResource": arn("role/app")});
    check(json!([everything(), all_but_a_role]), false, false);
    check(json!([allow("iam:*", arn("role/*"))]), false, false);
    // A wildcard may stand for the service too.
    check(json!([all_but(json!("*:CreateUser"))]), false, false);
    check(json!([all_but(json!("ia?:CreateUser"))]), false, false);
    check(json!([all_but(json!("s*:CreateUser"))]), false, true);
    check(json!([all_but_resource("arn:*:*:*:*:role/app")]), false, false);
    check(json!([all_but_resource("*role/app")]), false, false);
    check(json!([all_but_resource("arn:*:s3:*:*:x")]), false, true);
    check(json!([allow("iam:*", arn("*").replace("123456789012", OTHER))]), false, false);
}

#[test]
fn conditions_that_the_account_decides() {
    let org = |id: &str| json!({"StringEquals": {"aws:PrincipalOrgID": id}});
    check(json!([when(everything(), org(ORG))]), true, true);
    check(json!([when(everything(), org("o-e5d4c3b2a1"))]), false, false);
    check(json!([everything(), when(deny("*", "*"), org(ORG))]), false, false);
    check(json!([everything(), when(deny("*", "*"), org("o-e5d4c3b2a1"))]), true, true);
    let ended = json!({"DateLessThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}});
    check(json!([when(everything(), ended)]), false, false);
    check(json!([when(everything(), json!({"StringEquals": {"aws:SourceIp": []}}))]), false, false);
    let source = json!({"StringEquals": {"aws:SourceAccount": "123456789012"}});
    check(json!([when(everything(), source)]), false, false);
    let roles_of =
        |id: &str| json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::{id}:role/*")}});
    check(json!([when(everything(), roles_of(OTHER))]), false, false);
    let own = document(json!([when(everything(), roles_of("123456789012"))]));
    assert!(own.allows_everything(&account(json!({}))));
}

/// Where access goes by tags, most of IAM is out of reach.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction_attribute-based-access-control.html>
#[test]
fn no_administrator_of_tagged_resources_alone() {
    for key in ["aws:ResourceTag/team", "iam:ResourceTag/team"] {
        let red = |operator: &str| json!({operator: {key: "red"}});
        check(json!([when(everything(), red("StringEquals"))]), false, false);
        check(json!([everything(), when(deny("*", "*"), red("StringNotEquals"))]), false, false);
        check(json!([everything(), when(deny("*", "*"), red("StringEquals"))]), true, true);
    }
}

#[test]
fn administrators_by_several_policies() {
    let split = json!({
        "users": {"alice": {"may": [all_but(json!("iam:*"))], "groups": ["g"]}},
        "groups": {"g": {"may": [allow("iam:*", "*")]}},
    });
    assert!(privileges(&account(split.clone()), "alice").administrator);
    let mut denied = split.clone();
    // Else she would delete, overwrite or leave what denies.
    let fixed = deny(json!(["iam:D*", "iam:PutGroupPolicy", "iam:RemoveUserFromGroup"]), "*");
    denied["groups"]["g"]["inline"]["no"] = json!([fixed]);
    assert!(!privileges(&account(denied), "alice").administrator);
    let mut bounded = split;
    bounded["users"]["alice"]["boundary"] = json!("b");
    bounded["policies"] = json!({"b": [everything()]});
    assert!(privileges(&account(bounded.clone()), "alice").administrator);
    bounded["policies"]["b"] = json!([all_but(json!("iam:CreateUser"))]);
    assert!(!privileges(&account(bounded), "alice").administrator);
}

/// What an Allow names neither gives nor takes away what others do; what a Deny names, `${aws:username}` too,
/// is not allowed:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
#[test]
fn to_allow_more_makes_nobody_less_of_an_administrator() {
    let own = arn("user/${aws:username}");
    let of_own = json!({"Effect": "Deny", "NotAction": "s3:*", "Resource": own});
    for allowed in [json!([]), json!([allow("s3:*", arn("user/alice"))])] {
        let mut statements = allowed;
        statements
            .as_array_mut()
            .unwrap()
            .extend([everything(), of_own.clone()]);
        let account = account(json!({"users": {"alice": {"may": statements}}}));
        let alice = privileges(&account, "alice");
        assert!(!alice.administrator && !alice.ways.is_empty(), "{statements}");
    }
    let kinds = ["user", "group", "role", "policy", "instance-profile", "mfa", "saml-provider"];
    let kinds = kinds
        .into_iter()
        .chain(["oidc-provider", "server-certificate"]);
    let mut statements: Vec<Json> = kinds
        .map(|kind| allow("iam:*", arn(&format!("{kind}/*"))))
        .collect();
    check(json!(statements), false, true);
    statements.push(allow("iam:GetAccessKeyLastUsed", arn("access-report/*")));
    check(json!(statements), false, true);
}

#[track_caller]
fn check_services(statements: Json, whole: &[&str], named: &[&str]) {
    let document = document(statements.clone());
    assert_eq!(document.whole_services(&account(json!({}))), whole, "whole: {statements}");
    assert_eq!(document.wildcard_services(), named, "named: {statements}");
}

/// IAM.21 fails `service:*` whatever the resource.
#[test]
fn whole_services() {
    check_services(json!([allow("s3:*", "*")]), &["s3"], &["s3"]);
    check_services(json!([allow("s3:*", "arn:aws:s3:::x")]), &[], &["s3"]);
    check_services(json!([allow("s3:*", "arn:aws:s3:::*")]), &["s3"], &["s3"]);
    check_services(json!([allow("s3*", "*")]), &["s3"], &[]);
    check_services(json!([allow("s3:**", "*")]), &["s3"], &["s3"]);
    check_services(json!([allow("s3:Get*", "*")]), &[], &[]);
    check_services(json!([allow("*", "arn:aws:cloudtrail:*:*:*")]), &["cloudtrail"], &[]);
    check_services(json!([allow("s3:*", "*"), deny("s3:Put*", "*")]), &[], &["s3"]);
    check_services(json!([allow("s3:*", "*"), deny("ec2:*", "*")]), &["s3"], &["s3"]);
    check_services(json!([deny("s3:*", "*")]), &[], &[]);
    check_services(
        json!([all_but(json!(["ec2:*", "s3:*"]))]),
        &["all services except ec2, s3"],
        &[],
    );
    // All that remains is allowed in whole, whether a NotAction or a Deny leaves the rest out.
    check_services(json!([all_but(json!(["ec2:Get*"]))]), &["all services except ec2"], &[]);
    check_services(json!([everything(), deny("iam:*", "*")]), &["all services except iam"], &[]);
    check_services(
        json!([everything(), deny("s3:*", "arn:aws:s3:::x")]),
        &["all services except s3"],
        &[],
    );
    check_services(json!([everything()]), &[], &[]);
    check_services(json!([everything(), deny("*:Put*", "*")]), &[], &[]);
    check_services(json!([allow("s3:*", "*"), deny("*:Put*", "*")]), &[], &["s3"]);
}

/// A Deny about one bucket, or NotResource, leaves less than every resource.
#[test]
fn whole_services_leave_no_resource_out() {
    let all = || allow("s3:*", "*");
    let but =
        |resource: &str| json!({"Effect": "Allow", "Action": "s3:*", "NotResource": resource});
    let bucket = "arn:aws:s3:::x";
    check_services(json!([all(), deny("s3:*", bucket)]), &[], &["s3"]);
    check_services(json!([all(), deny("s3:PutObject", "arn:aws:s3:::x/*")]), &[], &["s3"]);
    check_services(json!([all(), deny("*", "arn:*:s3:::x*")]), &[], &["s3"]);
    check_services(json!([but(bucket)]), &[], &["s3"]);
    let buckets = || allow("s3:*", "arn:aws:s3:::*");
    check_services(json!([buckets(), deny("s3:PutObject", bucket)]), &[], &["s3"]);
    // Others' resources, others' actions, and Denies that never apply take nothing away.
    let elsewhere = "arn:aws:ec2:*:*:instance/i-1";
    check_services(json!([all(), deny("*", elsewhere)]), &["s3"], &["s3"]);
    check_services(json!([but(elsewhere)]), &["s3"], &["s3"]);
    check_services(json!([all(), deny("ec2:*", bucket)]), &["s3"], &["s3"]);
    check_services(json!([buckets(), deny("ec2:*", bucket)]), &["s3"], &["s3"]);
    check_services(json!([buckets(), deny("ec2:*", "*")]), &["s3"], &["s3"]);
    let ended = json!({"DateLessThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}});
    check_services(json!([all(), when(deny("s3:*", bucket), ended)]), &["s3"], &["s3"]);
    check_services(json!([all(), deny("s3:*", bucket), buckets()]), &[], &["s3"]);
}

#[test]
fn not_action_allows() {
    let labels = |statements: Json| document(statements).not_action_allows(&account(json!({})));
    let but = || all_but(json!("iam:*"));
    assert_eq!(labels(json!([allow("s3:*", "*"), but()])), ["2"]);
    assert!(
        labels(json!([json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})]))
            .is_empty()
    );
    assert!(labels(json!([but(), deny("*", "*")])).is_empty());
    assert_eq!(labels(json!([but(), deny("s3:*", "*")])), ["1"]);
}

/// The statements that allow the action on just any resource.
#[track_caller]
fn check_anywhere(action: &str, statements: Json, expected: bool) {
    let account = account(json!({"organization": {"id": ORG}}));
    let resource = match action {
        "kms:decrypt" => "arn:{partition}:kms:{any}:{account}:key/{any}",
        "kms:reencryptfrom" => "arn:{partition}:kms:{any}:{account}:key/{key_id}",
        "signin:createoauth2token" => {
            "arn:{partition}:signin:{region}:{account}:oauth2/public-client/remote"
        }
        _ => "arn:{partition}:iam::{account}:role/{any}",
    };
    let question = Anywhere {
        action,
        resource,
        in_any_account: action == "sts:assumerole",
        unnamed: &["iam:passedtoservice"],
        at_times_unnamed: &["iam:associatedresourcearn", "kms:requestalias", "kms:resourcealiases"],
    };
    let found = !document(statements.clone())
        .allows_anywhere(&account, &question)
        .statements
        .is_empty();
    assert_eq!(found, expected, "{action}: {statements}");
}

/// A Deny takes out what it matches: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[test]
fn any_role_but_those_that_are_excluded() {
    let action = "iam:PassRole";
    let but = |role: &str| {
        let all_but = json!({"Effect": "Allow", "Action": action, "NotResource": arn(role)});
        json!([all_but])
    };
    let without = |deny: Json| json!([allow(action, "*"), deny]);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
    for (statements, has_exceptions) in [
        (json!([allow(action, "*")]), false),
        (json!([allow(action, "*"), allow(action, arn("role/x"))]), false),
        (but("role/x"), true),
        (but("user/x"), false),
        (without(deny(action, arn("role/x*"))), true),
        (without(deny("iam:*", "arn:*:role/team/*")), true),
        (without(deny(action, arn("role/x").replace(OWN, OTHER))), false),
        (without(deny("iam:GetRole", arn("role/x"))), false),
        (without(when(deny(action, arn("role/x")), mfa)), false),
        (
            without(when(
                deny(action, arn("role/x")),
                json!({"DateLessThan": {"aws:CurrentTime": "2020"}}),
            )),
            false,
        ),
        // What one Allow leaves out, another one allows.
        (json!([but("role/x")[0], allow(action, arn("role/x"))]), false),
    ] {
        let account = account(json!({"organization": {"id": ORG}}));
        let question = Anywhere {
            action: "iam:passrole",
            resource: "arn:{partition}:iam::{account}:role/{any}",
            in_any_account: false,
            unnamed: &[],
            at_times_unnamed: &[],
        };
        let found = document(statements.clone()).allows_anywhere(&account, &question);
        assert!(!found.statements.is_empty(), "{statements}");
        assert_eq!(found.has_exceptions, has_exceptions, "{statements}");
    }
}

#[test]
fn any_role_is_any_of_the_own_account() {
    for action in ["sts:assumerole", "iam:passrole"] {
        let check = |statements: Json, expected| check_anywhere(action, statements, expected);
        let tag = |value: &str| json!({"StringEquals": {"iam:ResourceTag/team": value}});
        check(json!([allow(action, "*")]), true);
        check(json!([allow(action, arn("role/*"))]), true);
        check(json!([allow(action, "arn:aws:iam::*:role/*")]), true);
        check(json!([{"Effect": "Allow", "Action": action, "NotResource": arn("role/x")}]), true);
        check(json!([allow(action, arn("role/app-*"))]), false);
        check(json!([allow(action, arn("role/*").replace("123456789012", OTHER))]), false);
        check(json!([allow(action, "*"), deny(action, arn("role/*"))]), false);
        check(json!([allow(action, "*"), deny(action, arn("role/app"))]), true);
        check(json!([allow(action, arn("role/${aws:username}-*"))]), false);
        check(json!([allow(action, "arn:aws:iam::${aws:PrincipalTag/account}:role/*")]), true);
        check(json!([allow(action, "*"), deny(action, arn("role/${aws:username}"))]), true);
        check(json!([when(allow(action, "*"), tag("${aws:PrincipalTag/team}"))]), false);
        check(json!([allow(action, "*"), when(deny(action, "*"), tag("locked"))]), true);
    }
    let own = |key: &str, value: &str| {
        json!([when(allow("sts:*", "*"), json!({"StringEquals": {key: value}}))])
    };
    check_anywhere("sts:assumerole", own("aws:ResourceOrgID", ORG), false);
    check_anywhere("sts:assumerole", own("aws:ResourceAccount", "123456789012"), false);
    check_anywhere("sts:assumerole", own("aws:ResourceAccount", "${aws:PrincipalAccount}"), false);
    check_anywhere("sts:assumerole", own("aws:ResourceAccount", OTHER), false);
    check_anywhere("sts:assumerole", own("aws:ResourceOrgID", "${aws:PrincipalOrgID}"), false);
    let to = |operator: &str, service: &str| {
        json!([when(allow("iam:*", "*"), json!({operator: {"iam:PassedToService": service}}))])
    };
    check_anywhere("iam:passrole", to("StringEquals", "ec2.amazonaws.com"), false);
    check_anywhere("iam:passrole", to("StringNotEquals", "ec2.amazonaws.com"), true);
    check_anywhere("iam:passrole", to("StringLike", "*"), true);
    check_anywhere("iam:passrole", to("StringLike", "*.amazonaws.com"), true);
    check_anywhere("iam:passrole", to("StringLike", "ec2*.amazonaws.com"), false);
    let with = |statement: Json, operator: &str, arn: &str| {
        when(statement, json!({operator: {"iam:AssociatedResourceArn": arn}}))
    };
    let allow_with = |arn| json!([with(allow("iam:PassRole", "*"), "ArnLike", arn)]);
    check_anywhere("iam:passrole", allow_with("*"), true);
    check_anywhere("iam:passrole", allow_with("arn:aws:*:*:123456789012:*"), true);
    check_anywhere("iam:passrole", allow_with("arn:aws:ec2:*:*:instance/*"), false);
    let deny_others = |operator, arn| {
        json!([allow("iam:PassRole", "*"), with(deny("iam:PassRole", "*"), operator, arn)])
    };
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1";
    check_anywhere("iam:passrole", deny_others("ArnNotLike", instance), false);
    check_anywhere("iam:passrole", deny_others("ArnLike", instance), true);
    // Not all services say for which resource the role is.
    check_anywhere("iam:passrole", deny_others("ArnLike", "*"), true);
}

#[test]
fn one_key_or_alias_is_not_every_key() {
    let check = |statements: Json, expected| check_anywhere("kms:decrypt", statements, expected);
    check(json!([allow("kms:*", "*")]), true);
    check(json!([allow("kms:Decrypt", "arn:aws:kms:*:123456789012:key/*")]), true);
    check(json!([allow("kms:*", "arn:aws:kms:us-east-1:123456789012:key/1234")]), false);
    check(json!([allow("kms:*", "arn:aws:kms:us-east-1:123456789012:key/*")]), false);
    check(json!([allow("kms:*", "arn:aws:kms:*:123456789012:alias/*")]), false);
    let alias = json!({"StringEquals": {"kms:RequestAlias": "alias/app"}});
    check(json!([when(allow("kms:*", "*"), alias)]), false);
    for (value, expected) in [("*", true), ("alias/*", true), ("alias/app-*", false)] {
        let alias = json!({"ForAnyValue:StringLike": {"kms:ResourceAliases": value}});
        check(json!([when(allow("kms:*", "*"), alias.clone())]), expected);
        let all = |operator: &str| json!({operator: {"kms:RequestAlias": value}});
        check(json!([when(allow("kms:*", "*"), all("StringLike"))]), expected);
        // Keys without an alias are left.
        check(json!([allow("kms:*", "*"), when(deny("kms:*", "*"), alias)]), true);
    }
    check(json!([allow("kms:*", "*"), deny("kms:Decrypt", "*")]), false);
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id>
#[test]
fn a_pattern_of_all_key_ids_is_every_key() {
    let check = |key: &str, expected| {
        let resource = format!("arn:aws:kms:*:123456789012:key/{key}");
        check_anywhere("kms:reencryptfrom", json!([allow("kms:*", resource)]), expected);
    };
    check("*", true);
    check("*-*-*-*-*", true);
    check("????????-????-????-????-????????????", true);
    check("?????????-????-????-????-????????????", false);
    check("1234*", false);
    check("mrk-*", false);
    let check = |digits: &str, expected| {
        let key = |digit| format!("arn:aws:kms:*:123456789012:key/{digit}*");
        let keys: Vec<String> = digits.chars().map(key).collect();
        check_anywhere("kms:reencryptfrom", json!([allow("kms:*", keys)]), expected);
    };
    check("0123456789abcdef", true);
    check("0123456789abcde", false);
}

/// One region suffices to sign in.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssignin.html>
#[test]
fn a_client_in_one_region_is_enough() {
    for (resource, expected) in [
        ("*", true),
        ("arn:aws:signin:*:123456789012:oauth2/public-client/remote", true),
        ("arn:aws:signin:us-east-1:123456789012:oauth2/public-client/remote", true),
        ("arn:aws:signin:us-*-1:*:oauth2/public-client/*", true),
        ("arn:aws:signin:us-east-1:123456789012:*", true),
        ("arn:aws:signin:us-east-1:123456789012:oauth2/public-client/localhost", false),
        ("arn:aws:signin:us-east-1:999999999999:oauth2/public-client/remote", false),
    ] {
        let token = |effect: &str| json!({"Effect": effect, "Action": "signin:CreateOAuth2Token", "Resource": resource});
        check_anywhere("signin:createoauth2token", json!([token("Allow")]), expected);
        let denied = json!([allow("signin:*", "arn:aws:signin:us-east-1:*:*"), token("Deny")]);
        check_anywhere("signin:createoauth2token", denied, !expected);
    }
}

/// A pattern such as `iam:P*` or `*-*` is not every action, though many words match it.
#[test]
fn a_pattern_of_words_is_not_everything() {
    for part in ["iam:P*", "iam:*e", "iam:*-*", "iam:???*p"] {
        let alice = json!({"users": {"alice": {"may": [allow(part, "*")]}}});
        assert!(!privileges(&account(alice), "alice").administrator, "{part}");
    }
    let mut letters: Vec<String> = ('a'..='z').map(|letter| format!("iam:{letter}*")).collect();
    let alphabet = |letters: &[String]| json!({"users": {"alice": {"may": [allow(letters, "*")]}}});
    assert!(privileges(&account(alphabet(&letters)), "alice").administrator);
    letters.remove(15);
    assert!(!privileges(&account(alphabet(&letters)), "alice").administrator);
    let named = json!({"users": {"alice": {"may": [allow("iam:*", arn("*/p*"))]}}});
    assert!(!privileges(&account(named), "alice").administrator);
}
