//! Requests as policies decide them.
//!
//! - Evaluation: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//! - Operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! - Keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
//! - Several values:
//!   <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
//! - Variables: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use portcullis_iam::{Account, Context, Decision, PolicyDocument, Request, Resource, Value};
use serde_json::{Value as Json, json};

use crate::account::{ORG, OTHER, OWN, account, allow, arn, deny, document, everything, when};

/// Alice, a user with a tag, and the role app, whose boundary is b, in an organization.
fn known_account() -> Account {
    account(json!({
        "users": {"alice": {"id": "AIDAALICE", "tags": {"team": "red", "until": "2030-01-01"}}},
        "roles": {"app": {"id": "AROAAPP", "tags": {"team": "red"}, "boundary": "b"}},
        "policies": {"b": [everything()]},
        "organization": {"id": ORG},
    }))
}

/// What a document decides of `do:it`, on the role app.
fn decide_as(who: &str, document: &PolicyDocument, brings: &[(&str, Value<'_>)]) -> String {
    decide_of("do:it", who, document, brings)
}

fn decide_of(
    action: &str,
    who: &str,
    document: &PolicyDocument,
    brings: &[(&str, Value<'_>)],
) -> String {
    let account = known_account();
    let find = |name: &str| {
        account
            .principals
            .iter()
            .find(|it| it.name == name)
            .unwrap()
    };
    let app = find("app");
    let resource = Resource::Principal(app);
    let context = Context { account: &account, principal: Some(find(who)), resource, brings };
    word(document.decide(&Request { action, resource: &app.arn, context }))
}

fn word(decision: Decision) -> String {
    match decision {
        Decision::Denied => "denied".to_owned(),
        Decision::Silent => "silent".to_owned(),
        Decision::Allowed => "allowed".to_owned(),
        Decision::Conditional(doubts) => doubts.keys.into_iter().collect::<Vec<_>>().join(","),
    }
}

#[track_caller]
fn check(statements: Json, expected: &str) {
    check_action("do:it", statements, expected);
}

#[track_caller]
fn check_action(action: &str, statements: Json, expected: &str) {
    let decided = decide_of(action, "alice", &document(statements.clone()), &[]);
    assert_eq!(decided, expected, "{action}: {statements}");
}

fn under(condition: Json) -> Json {
    when(everything(), condition)
}

/// "arn:aws:sqs is equivalent to arn:aws:sqs:*:*:*":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>. The resource is
/// `arn:aws:iam::123456789012:role/app`.
#[test]
fn what_an_incomplete_arn_lacks_is_anything() {
    for (arn, expected) in [
        ("arn:aws:iam", "allowed"),
        ("arn:aws:iam:", "allowed"),
        ("arn:aws:iam::123456789012", "allowed"),
        ("arn:aws:iam:*:123456789012", "allowed"),
        ("arn:*:iam", "allowed"),
        ("arn:aws:iam::999988887777", "silent"),
        ("arn:aws:sqs", "silent"),
        // A wildcard at the end of a field may go on behind the colon.
        ("arn:*:role/app", "allowed"),
        ("arn:*:role/other", "silent"),
    ] {
        check(json!([allow("do:it", arn)]), expected);
        let all_but = json!({"Effect": "Allow", "Action": "do:it", "NotResource": arn});
        check(
            json!([all_but]),
            if expected == "silent" {
                "allowed"
            } else {
                "silent"
            },
        );
    }
}

/// "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the
/// colon boundaries", and else not:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards>.
#[test]
fn a_wildcard_within_a_field_stays_in_it() {
    let (app, stream) =
        (arn("role/app"), format!("arn:aws:logs:eu:{OWN}:log-group:a:log-stream:b"));
    for (resource, pattern, selects) in [
        (&app, "arn:aws:iam::12*12:role/app", true),
        (&app, "arn:aws:iam::*2:role/app", true),
        (&app, "arn:*s:i*m::1*3*5*2:role/app", true),
        (&app, "arn:aws:iam::1*3:role/app", false),
        (&app, "arn:aws:iam:*2:role/app", false),
        (&app, "arn:a*m::123456789012:role/app", false),
        (&app, "arn:aws:i*012:role/app", false),
        (&app, "arn:a*:role/app", true),
        (&app, "arn:aws:iam*:role/app", true),
        (&app, "arn:aws:i*m:*:role/app", true),
        (&app, "arn:*:*9*:role/a*", true),
        (&app, "arn:*:*7*7*:role/a*", false),
        // The last field has colons of its own.
        (&stream, "arn:aws:logs:*:*:log-group:a*b", true),
        (&stream, "arn:aws:logs:*:*:log*stream:b", true),
        (&stream, "arn:aws:logs:*:*:log*stream:c", false),
        (&stream, "arn:aws:logs:e*2:log-group:a:log-stream:b", false),
    ] {
        let account = account(json!({}));
        let context = Context::new(&account, &[]);
        let decide = |statements: Json| {
            word(document(statements).decide(&Request { action: "do:it", resource, context }))
        };
        let [yes, no] = if selects {
            ["allowed", "silent"]
        } else {
            ["silent", "allowed"]
        };
        assert_eq!(decide(json!([allow("do:it", pattern)])), yes, "{pattern}");
        let all_but = json!({"Effect": "Allow", "Action": "do:it", "NotResource": pattern});
        assert_eq!(decide(json!([all_but])), no, "{pattern}");
        let denied = json!([everything(), deny("do:it", pattern)]);
        assert_eq!(decide(denied), if selects { "denied" } else { "allowed" }, "{pattern}");
    }
}

/// A condition in an Allow, and in a Deny beside an Allow: `expected` of both.
#[track_caller]
fn check_condition(condition: Json, holds: bool) {
    check_condition_of("do:it", condition, holds);
}

#[track_caller]
fn check_condition_of(action: &str, condition: Json, holds: bool) {
    let allowed = if holds { "allowed" } else { "silent" };
    check_action(action, json!([under(condition.clone())]), allowed);
    let deny = when(deny("*", "*"), condition);
    check_action(action, json!([everything(), deny]), if holds { "denied" } else { "allowed" });
}

#[test]
fn a_deny_wins_where_it_matches() {
    let app = || json!(arn("role/a*"));
    check(json!([allow("do:it", app()), deny("do:it", arn("role/app"))]), "denied");
    check(json!([allow("do:it", app()), deny("do:it", arn("role/api"))]), "allowed");
    check(json!([allow("do:it", app()), deny("do:other", "*")]), "allowed");
    check(json!([deny("do:it", "*")]), "denied");
    check(json!([]), "silent");
}

#[test]
fn elements_and_their_opposites() {
    let statement = |effect: &str, action: &str, actions: &str, resource: &str, on: &str| json!({"Effect": effect, action: actions, resource: on});
    let own = |spelled: &str| format!("arn:{spelled}:role/app");
    for resource in [own("aws:iam::123456789012"), own("*:iam::*"), own("aws:*:*:*")] {
        check(statement("Allow", "Action", "DO:*", "Resource", &resource), "allowed");
        check(statement("Allow", "NotAction", "iam:*", "Resource", &resource), "allowed");
        check(statement("Allow", "NotAction", "do:*", "Resource", &resource), "silent");
        check(statement("Allow", "Action", "*", "NotResource", &resource), "silent");
        for (action, resource_word, expected) in [
            ("Action", "Resource", "denied"),
            ("Action", "NotResource", "allowed"),
            ("NotAction", "Resource", "allowed"),
            ("NotAction", "NotResource", "allowed"),
        ] {
            let no = statement("Deny", action, "do:i?", resource_word, &resource);
            check(json!([everything(), no]), expected);
        }
    }
    let foreign = arn("role/app").replace(OWN, OTHER);
    check(statement("Allow", "Action", "*", "Resource", &foreign), "silent");
    check(statement("Allow", "Action", "*", "NotResource", &foreign), "allowed");
    check(statement("Allow", "Action", "*", "Resource", &arn("role/APP")), "silent");
}

#[test]
fn keys_that_the_account_decides() {
    let alice = arn("user/alice");
    let stranger = arn("user/bob");
    for (key, own, other) in [
        ("aws:username", "alice", "bob"),
        ("aws:userid", "AIDAALICE", "AIDABOB"),
        ("aws:PrincipalArn", &alice, &stranger),
        ("aws:PrincipalAccount", OWN, OTHER),
        ("aws:PrincipalOrgID", ORG, "o-e5d4c3b2a1"),
        ("aws:PrincipalTag/team", "red", "blue"),
        ("aws:principaltag/TEAM", "red", "blue"),
        ("aws:PrincipalType", "User", "AssumedRole"),
        ("aws:ResourceAccount", OWN, OTHER),
        ("aws:ResourceOrgID", ORG, "o-e5d4c3b2a1"),
        ("aws:ResourceTag/team", "red", "blue"),
        ("iam:ResourceTag/team", "red", "blue"),
        ("iam:ResourceTag/team", "${aws:PrincipalTag/team}", "${aws:username}"),
        ("aws:PrincipalOrgID", "${aws:ResourceOrgID}", "${aws:ResourceAccount}"),
        ("aws:PrincipalAccount", "${aws:ResourceAccount}", "${aws:PrincipalOrgID}"),
        ("iam:PermissionsBoundary", &arn("policy/b"), &arn("policy/c")),
    ] {
        let check = |condition, holds| check_condition_of("iam:putrolepolicy", condition, holds);
        check(json!({"StringEquals": {key: own}}), true);
        check(json!({"StringEquals": {key: [other, own]}}), true);
        check(json!({"StringEquals": {key: other}}), false);
        check(json!({"StringNotEquals": {key: own}}), false);
        check(json!({"StringNotEquals": {key: other}}), true);
        check(json!({"StringNotEquals": {key: [other, own]}}), false);
    }
}

#[test]
fn values_of_which_only_the_beginning_is_known() {
    let paths = |operator: &str, value: &str| json!({operator: {"aws:PrincipalOrgPaths": value}});
    check_condition(paths("ForAnyValue:StringLike", &format!("{ORG}/*")), true);
    check_condition(paths("ForAnyValue:StringLike", "o-e5d4c3b2a1/*"), false);
    check_condition(paths("ForAnyValue:StringNotLike", "o-e5d4c3b2a1/*"), true);
    let in_unit = paths("ForAnyValue:StringLike", &format!("{ORG}/r-ab12/*"));
    check(json!([under(in_unit)]), "aws:PrincipalOrgPaths");
    for (operator, value, expected) in [
        ("StringLike", "AROAAPP:*", "allowed"),
        ("StringLike", "AROAOTHER:*", "silent"),
        ("StringNotLike", "AROAAPP:*", "silent"),
        ("StringNotLike", "AROAOTHER:*", "allowed"),
        ("StringLike", "AROAAPP*", "allowed"),
        ("StringEquals", "AROAAPP:ci", "aws:userid"),
        ("StringEquals", "AROAAPP", "silent"),
        ("StringEqualsIgnoreCase", "aroaapp:CI", "aws:userid"),
        ("StringNotEqualsIgnoreCase", "AROAOTHER:ci", "allowed"),
    ] {
        let condition = json!({operator: {"aws:userid": value}});
        let decided = decide_as("app", &document(under(condition)), &[]);
        assert_eq!(decided, expected, "{operator} {value}");
    }
}

/// Keys of requests by a service are not in those of users and roles, nor keys of sessions in those of users.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[test]
fn a_direct_call_names_no_service_or_source() {
    let provider = "token.actions.githubusercontent.com:sub";
    for (key, as_role) in [
        ("aws:SourceAccount", "silent"),
        ("aws:SourceArn", "silent"),
        ("aws:PrincipalServiceName", "silent"),
        ("aws:FederatedProvider", "aws:FederatedProvider"),
        ("SAML:sub", "SAML:sub"),
        (provider, provider),
    ] {
        let statement = under(json!({"StringLike": {key: "?*"}}));
        check(json!([statement.clone()]), "silent");
        assert_eq!(decide_as("app", &document(statement), &[]), as_role, "{key}");
    }
}

/// `aws:username` is not there for roles.
#[test]
fn roles_have_no_user_name() {
    for (operator, expected) in [
        ("StringEquals", "silent"),
        ("StringNotEquals", "allowed"),
        ("StringEqualsIfExists", "allowed"),
        ("ForAllValues:StringEquals", "allowed"),
        ("ForAnyValue:StringEquals", "silent"),
    ] {
        let condition = json!({operator: {"aws:username": "alice"}});
        let decided = decide_as("app", &document(under(condition)), &[]);
        assert_eq!(decided, expected, "{operator}");
    }
}

#[test]
fn keys_that_are_absent() {
    let key = "aws:PrincipalTag/none";
    for (operator, holds) in [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringLike", false),
        ("StringEqualsIfExists", true),
        ("StringNotEqualsIfExists", true),
        ("ForAllValues:StringEquals", true),
        ("ForAllValues:StringNotEquals", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
        ("ArnLike", false),
        ("ArnNotLike", true),
        ("NumericLessThan", false),
        ("Bool", false),
        ("BoolIfExists", true),
    ] {
        check_condition(json!({operator: {key: "x"}}), holds);
    }
    check_condition(json!({"Null": {key: "true"}}), true);
    check_condition(json!({"Null": {key: "false"}}), false);
    check_condition(json!({"Null": {"aws:PrincipalTag/team": "true"}}), false);
    check_condition(json!({"Null": {"aws:PrincipalTag/team": [false]}}), true);
}

#[test]
fn values_that_the_request_brings() {
    let bring = |values: Value<'_>, condition: Json| {
        let brings = [("iam:passedtoservice", values)];
        decide_of("iam:passrole", "alice", &document(under(condition)), &brings)
    };
    let service = |operator: &str, value: &str| json!({operator: {"iam:PassedToService": value}});
    let ec2 = || Value::one("ec2.amazonaws.com");
    assert_eq!(bring(ec2(), service("StringEquals", "ec2.amazonaws.com")), "allowed");
    assert_eq!(bring(ec2(), service("StringLike", "ec2.*")), "allowed");
    assert_eq!(bring(ec2(), service("StringEquals", "ec2.*")), "silent", "no wildcard");
    assert_eq!(bring(ec2(), service("StringEquals", "EC2.amazonaws.com")), "silent");
    assert_eq!(bring(ec2(), service("StringEqualsIgnoreCase", "EC2.amazonaws.com")), "allowed");
    assert_eq!(bring(ec2(), service("StringEqualsIfExists", "x.amazonaws.com")), "silent");
    let many = || Value::Many(vec!["a".to_owned(), "b".to_owned()]);
    for (operator, values, expected) in [
        ("ForAllValues:StringEquals", json!(["a", "b"]), "allowed"),
        ("ForAllValues:StringEquals", json!(["a"]), "silent"),
        ("ForAnyValue:StringEquals", json!(["a"]), "allowed"),
        ("ForAnyValue:StringEquals", json!(["c"]), "silent"),
        ("ForAllValues:StringNotEquals", json!(["a"]), "silent"),
        ("ForAllValues:StringNotEquals", json!(["c"]), "allowed"),
        ("ForAnyValue:StringNotEquals", json!(["a"]), "allowed"),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), "silent"),
    ] {
        let decided = bring(many(), json!({operator: {"iam:PassedToService": values}}));
        assert_eq!(decided, expected, "{operator} {values}");
    }
}

/// Arn operators compare field by field, and `ArnEquals` takes wildcards like `ArnLike`.
#[test]
fn arns_are_compared_by_field() {
    for operator in ["ArnEquals", "ArnLike"] {
        let key = |value: &str| json!({operator: {"aws:PrincipalArn": value}});
        check_condition(key(&arn("user/*")), true);
        check_condition(key("arn:aws:iam::*:user/alice"), true);
        check_condition(key("arn:*:user/alice"), false);
        check_condition(key(&arn("role/*")), false);
    }
    for pattern in ["arn:*:user/alice", "arn:a*2:user/alice"] {
        check_condition(json!({"StringLike": {"aws:PrincipalArn": pattern}}), true);
        check_condition(json!({"ArnLike": {"aws:PrincipalArn": pattern}}), false);
    }
    check_condition(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:i*m::1*2:user/a*e"}}), true);
    check_condition(json!({"ArnNotEquals": {"aws:PrincipalArn": arn("role/*")}}), true);
}

/// The account is judged at the beginning of 2026: a past window never opens again.
#[test]
fn time_goes_on() {
    for key in ["aws:CurrentTime", "aws:EpochTime"] {
        let at = |operator: &str, moment: &str| json!({operator: {key: moment}});
        check_condition(at("DateLessThan", "2025-12-31T23:59:59Z"), false);
        check_condition(at("DateLessThanEquals", "2020-01-01"), false);
        check_condition(at("DateGreaterThan", "2025-12-31T23:59:59Z"), true);
        check_condition(at("DateEquals", "2025-06-01T00:00:00Z"), false);
        check_condition(at("DateNotEquals", "2025-06-01T00:00:00Z"), true);
        check(json!([under(at("DateLessThan", "2026-06-01T00:00:00Z"))]), key);
        check(json!([under(at("DateGreaterThan", "2026-06-01T00:00:00Z"))]), key);
    }
    check_condition(json!({"NumericLessThan": {"aws:EpochTime": "1600000000"}}), false);
}

/// Such a moment will come, and pass again.
#[test]
fn a_single_moment_to_come_is_open() {
    for key in ["aws:CurrentTime", "aws:EpochTime"] {
        for operator in ["DateEquals", "DateNotEquals"] {
            check(json!([under(json!({operator: {key: "2026-06-01T00:00:00Z"}}))]), key);
            check(json!([under(json!({operator: {key: "2026-01-01T00:00:00Z"}}))]), key);
        }
    }
}

/// A condition that every value meets, or none, depends at most on whether the key is there.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>: the
/// region and the user agent are "always included in the request context".
#[test]
fn a_condition_on_all_values_is_decided() {
    let vpce = "aws:SourceVpce";
    for (operator, value, decided) in [
        ("StringLike", "*", None),
        ("StringLikeIfExists", "*", Some(true)),
        ("StringNotLike", "*", None),
        ("ForAllValues:StringLike", "**", Some(true)),
        ("ForAllValues:StringLike", "vpce-*", None),
        ("ForAnyValue:StringNotLike", "*", Some(false)),
        ("StringEqualsIfExists", "*", None),
        ("StringEqualsIfExists", "${aws:SourceVpce}", Some(true)),
        ("StringEqualsIfExists", "${aws:SourceVpc}", None),
    ] {
        let condition = json!({operator: {vpce: value}});
        match decided {
            Some(holds) => check_condition(condition, holds),
            None if value.contains("Vpc}") => check(json!([under(condition)]), vpce),
            None => {
                check(json!([under(condition.clone())]), vpce);
                check(json!([everything(), when(deny("*", "*"), condition)]), vpce);
            }
        }
    }
    for key in ["aws:RequestedRegion", "aws:UserAgent"] {
        check_condition(json!({"StringLike": {key: "*"}}), true);
        check_condition(json!({"Null": {key: "true"}}), false);
        check(json!([under(json!({"StringLike": {key: "eu-*"}}))]), key);
        check(json!([under(json!({"StringLike": {key: "*/*"}}))]), key);
    }
}

/// What begins every value excludes none: paths begin with the id of the organization, `o-…`.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths>
#[test]
fn every_organization_begins_alike() {
    let decide_in = |organization: Json, condition: &Json| {
        let account = account(json!({"organization": organization, "users": {"alice": {}}}));
        let principal = account.principals.first();
        let context = Context { principal, ..Context::new(&account, &[]) };
        let request = Request { action: "do:it", resource: "*", context };
        let denied = document(json!([everything(), when(deny("*", "*"), condition.clone())]));
        (
            word(document(json!([under(condition.clone())])).decide(&request)),
            word(denied.decide(&request)),
        )
    };
    let path = |operator: &str, value: &str| json!({operator: {"aws:PrincipalOrgPaths": value}});
    let [member, none, unknown] = [json!({"id": ORG}), json!(null), json!("unknown")];
    // What depends on the organization alone names no key.
    for (operator, value, of_member, of_none, of_unknown) in [
        ("ForAnyValue:StringNotLike", "o-*", "silent", "silent", "silent"),
        ("ForAllValues:StringLike", "o-*", "allowed", "allowed", "allowed"),
        ("ForAnyValue:StringLike", "o-*", "allowed", "silent", ""),
        ("ForAnyValue:StringLike", "*", "allowed", "silent", ""),
        ("ForAnyValue:StringNotLike", "o-b*", "allowed", "silent", ""),
        ("ForAllValues:StringNotLike", "o-*", "silent", "allowed", ""),
    ] {
        let condition = path(operator, value);
        for (organization, expected) in
            [(&member, of_member), (&none, of_none), (&unknown, of_unknown)]
        {
            let denied = match expected {
                "allowed" => "denied",
                "silent" => "allowed",
                open => open,
            };
            let decided = decide_in(organization.clone(), &condition);
            let expected = (expected.to_owned(), denied.to_owned());
            assert_eq!(decided, expected, "{condition} {organization}");
        }
    }
}

/// A key compared with itself, which holds wherever the key is there.
#[test]
fn a_key_is_equal_to_itself() {
    for key in ["aws:username", "aws:userid", "aws:PrincipalArn", "aws:PrincipalTag/team"] {
        for operator in ["StringEquals", "StringEqualsIgnoreCase", "StringLike"] {
            check_condition(json!({operator: {key: format!("${{{key}}}")}}), true);
        }
        check_condition(json!({"StringNotEquals": {key: format!("${{{key}}}")}}), false);
    }
    let as_role = |key: &str, variable: &str| {
        let condition = json!({"StringEquals": {key: format!("${{{variable}}}")}});
        decide_as("app", &document(under(condition)), &[])
    };
    assert_eq!(as_role("aws:userid", "aws:userid"), "allowed");
    assert_eq!(as_role("aws:username", "aws:username"), "silent");
    assert_eq!(as_role("aws:SourceIdentity", "aws:SourceIdentity"), "aws:SourceIdentity");
    let named =
        |operator: &str| json!({operator: {"sts:RoleSessionName": "${sts:RoleSessionName}"}});
    check_condition_of("sts:assumerole", named("StringEquals"), true);
    check_condition_of("sts:assumerole", named("StringNotEquals"), false);
}

/// All conditions of a statement must hold: a key with one value cannot have two.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
#[test]
fn conditions_on_one_key_hold_together() {
    let (region, now) = ("aws:RequestedRegion", "aws:CurrentTime");
    let (vpc, endpoint, via) = ("aws:SourceVpcArn", "aws:SourceVpce", "aws:CalledVia");
    let (like, unlike) = ("arn:aws:ec2:eu-west-1:1:vpc/vpc-1", "arn:aws:ec2:*:*:vpc/vpc-1");
    let (equals, differs) = ("StringEquals", "StringNotEquals");
    let (any_equals, any_like) = ("ForAnyValue:StringEquals", "ForAnyValue:StringLike");
    for (key, one, other, is_possible) in [
        (region, (equals, json!("a")), ("StringLike", json!("b*")), false),
        (region, (equals, json!(["a", "bc"])), ("StringLike", json!("b*")), true),
        (region, (equals, json!("a")), ("StringEqualsIgnoreCase", json!("B")), false),
        (region, (equals, json!("a")), (differs, json!("a")), false),
        (region, (equals, json!("a")), (differs, json!("b")), true),
        (region, (equals, json!("a")), ("Null", json!("true")), false),
        (vpc, (equals, json!(like)), ("ArnNotLike", json!(unlike)), false),
        (endpoint, ("StringEqualsIfExists", json!("a-1")), ("StringNotLike", json!("a-*")), true),
        (
            now,
            ("DateLessThan", json!("2026-05-01")),
            ("DateGreaterThan", json!("2026-06-01")),
            false,
        ),
        (
            now,
            ("DateLessThan", json!("2026-07-01")),
            ("DateGreaterThan", json!("2026-06-01")),
            true,
        ),
        // Any of several values may meet a condition.
        (via, (any_equals, json!("a")), (any_like, json!("b*")), true),
    ] {
        let other_key = match other.0 {
            "StringEqualsIgnoreCase" => key.to_lowercase(),
            _ => key.to_owned(),
        };
        let both = json!({one.0: {key: one.1}, other.0: {other_key: other.1}});
        let expected = if is_possible { key } else { "silent" };
        check(json!([under(both.clone())]), expected);
        let denied = json!([everything(), when(deny("*", "*"), both)]);
        let decided = decide_of("do:it", "alice", &document(denied.clone()), &[]);
        assert_eq!(decided == "allowed", !is_possible || key == via, "{denied}: {decided}");
    }
    // A value of the caller's choice, too, is one.
    let named = json!({
        "StringEquals": {"sts:ExternalId": "a"},
        "StringLike": {"sts:ExternalId": "b*"},
    });
    check_condition_of("sts:assumerole", named, false);
}

/// AWS adds global keys: one that is not known may have any value.
#[test]
fn a_new_global_key_is_open() {
    let key = "aws:FutureKey";
    for condition in [
        json!({"StringEquals": {key: "red"}}),
        json!({"StringNotEquals": {key: "red"}}),
        json!({"Null": {key: "true"}}),
    ] {
        for action in ["do:it", "iam:putuserpolicy", "sts:assumerole"] {
            check_action(action, json!([under(condition.clone())]), key);
            let denied = when(deny("*", "*"), condition.clone());
            check_action(action, json!([everything(), denied]), key);
        }
    }
    check_condition(json!({"StringEquals": {"FutureKey": "red"}}), false);
}

/// The key is there with temporary credentials only, of which a role has no others and a user may get some: those of
/// today are as young as now.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tokenissuetime>
#[test]
fn when_credentials_were_issued() {
    let key = "aws:TokenIssueTime";
    let issued = |operator: &str| json!({operator: {key: "2025-01-01T00:00:00Z"}});
    let absent = |value: &str| json!({"Null": {key: value}});
    for (condition, role, user) in [
        (issued("DateGreaterThan"), "allowed", key),
        (issued("DateGreaterThanIfExists"), "allowed", "allowed"),
        (issued("DateLessThan"), "silent", "silent"),
        (issued("DateLessThanIfExists"), "silent", key),
        (absent("true"), "silent", key),
        (absent("false"), "allowed", key),
    ] {
        let document = document(json!([under(condition.clone())]));
        assert_eq!(decide_as("app", &document, &[]), role, "{condition}");
        assert_eq!(decide_as("alice", &document, &[]), user, "{condition}");
    }
    // What the console writes to revoke sessions lets in those that begin later:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    let revoke = || when(deny("*", "*"), issued("DateLessThan"));
    let document = document(json!([everything(), revoke()]));
    assert_eq!(decide_as("app", &document, &[]), "allowed");
    check(json!([everything(), revoke()]), "allowed");
}

/// The caller can make any request directly; whether a service also makes it for the caller, only
/// that request shows.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia>
#[test]
fn directly_or_through_a_service() {
    for key in ["aws:ViaAWSService", "aws:ViaAWSMCPService"] {
        let via = |value: &str| json!({"Bool": {key: value}});
        check(json!([under(via("false"))]), "allowed");
        check(json!([under(via("true"))]), key);
        check(json!([everything(), when(deny("*", "*"), via("true"))]), "allowed");
        check(json!([everything(), when(deny("*", "*"), via("false"))]), key);
    }
    let key = "aws:CalledVia";
    let through = |operator: &str| json!({operator: {key: ["cloudformation.amazonaws.com"]}});
    check(json!([under(through("ForAnyValue:StringEquals"))]), key);
    check(json!([under(through("ForAllValues:StringEquals"))]), "allowed");
    check(json!([under(json!({"Null": {key: "true"}}))]), "allowed");
    check(json!([under(json!({"Null": {key: "false"}}))]), key);
    let unless_through = when(deny("*", "*"), json!({"Null": {key: "true"}}));
    check(json!([everything(), unless_through]), key);
}

/// Only a role's session can have a source identity, which is set when the role is assumed.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceidentity>
#[test]
fn users_have_no_source_identity() {
    let key = "aws:SourceIdentity";
    for (condition, role, user) in [
        (json!({"StringLike": {key: "*"}}), key, "silent"),
        (json!({"StringNotEquals": {key: "ops"}}), key, "allowed"),
        (json!({"Null": {key: "true"}}), key, "allowed"),
    ] {
        let document = document(json!([under(condition.clone())]));
        assert_eq!(decide_as("app", &document, &[]), role, "{condition}");
        assert_eq!(decide_as("alice", &document, &[]), user, "{condition}");
    }
}

/// "One of the W3C implementations of the ISO 8601 date formats":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>,
/// <https://www.w3.org/TR/NOTE-datetime>
#[test]
fn a_date_may_lack_its_day_or_month() {
    let before = |moment: &str| json!({"DateLessThan": {"aws:CurrentTime": moment}});
    for past in ["2025", "2025-12", "2025-12-31", "2025-12-31T23:59Z", "2026", "2026-01"] {
        check_condition(before(past), false);
    }
    for future in ["2027", "2026-02", "2026-01-02", "2026-01-01T00:01Z"] {
        check(json!([under(before(future))]), "aws:CurrentTime");
    }
    check_condition(json!({"DateGreaterThanEquals": {"aws:CurrentTime": "2026"}}), true);
    check_condition(json!({"DateGreaterThanEquals": {"aws:CurrentTime": "2025-07"}}), true);
}

/// A tag may be a date, or the name of a session, which has no `*`:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
#[test]
fn values_of_principals_have_types() {
    for (operator, moment, holds) in [
        ("DateGreaterThan", "2027-01-01T00:00:00Z", true),
        ("DateLessThan", "2027-01-01", false),
        ("DateEquals", "2030-01-01T02:00:00+02:00", true),
    ] {
        check_condition(json!({operator: {"aws:PrincipalTag/until": moment}}), holds);
    }
    for (operator, expected) in [("StringLike", "allowed"), ("StringEquals", "silent")] {
        let of_role = under(json!({operator: {"aws:userid": "AROAAPP:*"}}));
        assert_eq!(decide_as("app", &document(json!([of_role])), &[]), expected, "{operator}");
    }
}

/// Access Analyzer says of an empty condition that it does not affect the policy; so a statement with one
/// applies as one without.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-object-condition>
#[test]
fn an_empty_condition_limits_nothing() {
    let bob = json!({"aws:username": "bob"});
    for empty in [json!({}), json!({"StringEquals": {}}), json!({"Bool": {}, "Null": {}})] {
        check_condition(empty, true);
    }
    check_condition(json!({"StringEquals": {}, "StringLike": bob}), false);
}

#[test]
fn an_empty_list_matches_nothing() {
    for (operator, holds) in [
        ("StringEquals", false),
        ("StringLike", false),
        ("ForAnyValue:StringEquals", false),
        ("StringNotEquals", true),
    ] {
        check_condition(json!({operator: {"aws:username": []}}), holds);
    }
    check(json!([under(json!({"StringEquals": {"aws:SourceIp": []}}))]), "silent");
}

/// "With the exception of the IP address operators", a value is compared as text:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress>.
#[test]
fn no_address_is_equal_to_a_range() {
    let address = |operator: &str, values: Json| json!({operator: {"aws:SourceIp": values}});
    let range = || json!(["203.0.113.0/24", "198.51.100.0/24"]);
    for operator in ["StringEquals", "StringEqualsIgnoreCase", "StringLike"] {
        check(json!([under(address(operator, range()))]), "silent");
        let no = when(deny("*", "*"), address(operator, range()));
        check(json!([everything(), no]), "allowed");
    }
    for operator in ["StringNotEquals", "StringNotLike"] {
        check(json!([under(address(operator, range()))]), "allowed");
        let no = when(deny("*", "*"), address(operator, range()));
        check(json!([everything(), no]), "denied");
    }
    let text = json!(["203.0.113.7", "203.0.113.0/24"]);
    check(json!([under(address("StringEquals", text))]), "aws:SourceIp");
    check(json!([under(address("StringLike", json!("203.0.113.*")))]), "aws:SourceIp");
}

#[test]
fn what_only_a_request_tells_is_conditional() {
    for (operator, key, value) in [
        ("Bool", "aws:MultiFactorAuthPresent", "true"),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
        ("StringEquals", "aws:RequestedRegion", "eu-west-1"),
        ("StringNotEquals", "aws:SourceVpce", "vpce-1"),
        ("Null", "aws:MultiFactorAuthAge", "false"),
    ] {
        check(json!([under(json!({operator: {key: value}}))]), key);
        let no = when(deny("*", "*"), json!({operator: {key: value}}));
        check(json!([everything(), no]), key);
    }
    let both = json!({
        "StringEquals": {"aws:RequestedRegion": "x", "aws:username": "bob"},
    });
    check(json!([under(both)]), "silent");
}

#[test]
fn variables_of_both_versions() {
    let of = |version: Option<&str>, resource: &str| {
        let mut json = json!({"Statement": [allow("do:it", resource)]});
        json["Version"] = json!(version);
        decide_as("alice", &PolicyDocument::from_json(&json).unwrap(), &[])
    };
    let new = Some("2012-10-17");
    let by_tag = arn("role/a${aws:PrincipalTag/none, 'pp'}");
    assert_eq!(of(new, &by_tag), "allowed");
    assert_eq!(of(new, &arn("role/a${aws:PrincipalTag/team, 'pp'}")), "silent");
    assert_eq!(of(new, &arn("role/a${aws:PrincipalTag/none}*")), "silent", "no such value");
    assert_eq!(of(new, &arn("role/${*}")), "silent", "a plain asterisk");
    assert_eq!(of(new, &arn("role/*${aws:username}")), "silent");
    for old in [None, Some("2008-10-17")] {
        assert_eq!(of(old, &by_tag), "silent", "plain text");
        assert_eq!(of(old, &arn("role/*")), "allowed");
    }
    let condition = json!({"StringLike": {"aws:PrincipalArn": "*/${aws:username}"}});
    check_condition(condition, true);
}

#[test]
fn a_boundary_must_allow_too() {
    let decide = |own: Json, boundary: Json| {
        let account = known_account();
        let resource = Resource::Own;
        let context = Context { account: &account, principal: None, resource, brings: &[] };
        let request = Request { action: "do:it", resource: "*", context };
        let boundary = document(boundary).decide(&request);
        word(document(own).decide(&request).within(boundary))
    };
    let region = || under(json!({"StringEquals": {"aws:RequestedRegion": "x"}}));
    assert_eq!(decide(everything(), everything()), "allowed");
    assert_eq!(decide(everything(), allow("s3:*", "*")), "silent");
    assert_eq!(decide(allow("s3:*", "*"), everything()), "silent");
    assert_eq!(decide(everything(), deny("do:*", "*")), "denied");
    assert_eq!(decide(everything(), region()), "aws:RequestedRegion");
    assert_eq!(decide(region(), everything()), "aws:RequestedRegion");
}

#[test]
fn a_variable_in_a_comparison_without_case_has_none_either() {
    let condition = json!({"StringEqualsIgnoreCase": {"x:one": "${x:two}"}});
    let brings = [("x:one", Value::one("Red")), ("x:two", Value::one("RED"))];
    let decide = |statements: Json| decide_as("alice", &document(statements), &brings);
    assert_eq!(decide(json!([under(condition.clone())])), "allowed");
    assert_eq!(decide(json!([everything(), when(deny("*", "*"), condition)])), "denied");
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
#[test]
fn what_a_caller_may_leave_out_is_there_or_not_as_suits() {
    let assume = "sts:assumerole";
    for key in ["sts:ExternalId", "aws:TagKeys", "sts:SourceIdentity"] {
        for wanted in ["true", "false"] {
            let condition = json!({"Null": {key: wanted}});
            check_action(assume, json!([under(condition.clone())]), "allowed");
            let denied = json!([everything(), when(deny("*", "*"), condition)]);
            check_action(assume, denied, "allowed");
        }
        let any_value = json!({"StringLike": {key: "*"}});
        let denied = json!([everything(), when(deny("*", "*"), any_value)]);
        check_action(assume, denied, "allowed");
    }
    let unnamed = |wanted: &str| json!({"Null": {"sts:RoleSessionName": wanted}});
    check_condition_of(assume, unnamed("true"), false);
    check_condition_of(assume, unnamed("false"), true);
    let any_name = json!({"StringLike": {"sts:RoleSessionName": "*"}});
    check_condition_of(assume, any_name, true);
}

/// The columns of condition keys in
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
/// and
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>, and
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[test]
fn a_key_that_the_action_never_has_is_absent() {
    for (key, with, without) in [
        ("aws:RequestTag/team", "iam:createrole", "iam:putrolepolicy"),
        ("aws:RequestTag/team", "iam:tagrole", "iam:createaccesskey"),
        ("aws:RequestTag/team", "sts:assumerole", "iam:attachrolepolicy"),
        ("aws:RequestTag/team", "lambda:createfunction", "iam:creategroup"),
        ("aws:TagKeys", "iam:untagrole", "iam:updateassumerolepolicy"),
        ("sts:ExternalId", "sts:assumerole", "iam:putrolepolicy"),
        ("sts:SourceIdentity", "sts:assumerole", "lambda:createfunction"),
    ] {
        let is = |operator: &str| json!({operator: {key: "red"}});
        check_action(with, json!([under(is("StringEquals"))]), "allowed");
        check_condition_of(without, is("StringEquals"), false);
        check_condition_of(without, is("StringNotEquals"), true);
        check_condition_of(without, json!({"Null": {key: "true"}}), true);
        check_condition_of(without, json!({"Null": {key: "false"}}), false);
    }
    for (key, with, without) in [
        ("iam:PassedToService", "iam:passrole", "iam:createrole"),
        ("iam:PolicyARN", "iam:attachrolepolicy", "iam:putrolepolicy"),
        ("iam:PolicyARN", "iam:detachuserpolicy", "iam:deleteuserpolicy"),
        ("iam:AWSServiceName", "iam:createservicelinkedrole", "iam:createrole"),
        (
            "iam:ServiceSpecificCredentialServiceName",
            "iam:createservicespecificcredential",
            "iam:putuserpolicy",
        ),
        ("s3:prefix", "s3:listbucket", "iam:putuserpolicy"),
        ("s3:prefix", "s3:listbucket", "sts:assumerole"),
        ("ec2:InstanceType", "ec2:runinstances", "lambda:createfunction"),
        ("lambda:Principal", "lambda:addpermission", "kms:decrypt"),
        ("ssm:resourceTag/team", "ssm:sendcommand", "cloudtrail:stoplogging"),
    ] {
        let condition = json!({"StringEquals": {key: "red"}});
        check_action(with, json!([under(condition.clone())]), key);
        check_condition_of(without, condition, false);
    }
    // The session of a role keeps what an identity provider said of it, and where its credentials were
    // issued; a user has no such.
    for key in [
        "saml:sub",
        "token.actions.githubusercontent.com:sub",
        "lambda:SourceFunctionArn",
        "glue:RoleAssumedBy",
        "aws:Ec2InstanceSourceVpc",
        "identitystore:UserId",
    ] {
        let condition = json!({"StringEquals": {key: "red"}});
        let document = document(json!([under(condition.clone())]));
        for action in ["iam:putuserpolicy", "sts:assumerole"] {
            assert_eq!(decide_of(action, "app", &document, &[]), key);
            check_condition_of(action, condition.clone(), false);
        }
    }
    // IAM and STS take HTTPS only: <https://docs.aws.amazon.com/general/latest/gr/sts.html>.
    let secure = |value: &str| json!({"Bool": {"aws:SecureTransport": value}});
    check_condition_of("sts:assumerole", secure("true"), true);
    check_condition_of("iam:putuserpolicy", secure("false"), false);
    check_action("ec2:runinstances", json!([under(secure("false"))]), "allowed");
    let bounded = json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/b")}});
    check_condition_of("iam:attachrolepolicy", bounded.clone(), true);
    check_condition_of("iam:updateassumerolepolicy", bounded, false);
}

/// A caller chooses among the values that a key can have. `*` is not a wildcard in StringEquals.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
#[test]
fn a_caller_chooses_no_value_that_cannot_be() {
    for (key, value, is_possible) in [
        ("sts:ExternalId", "acme-1:a/b", true),
        ("sts:ExternalId", "acme-*", false),
        ("sts:ExternalId", "a b", false),
        ("sts:ExternalId", "", false),
        ("sts:RoleSessionName", "ci-1@a.b", true),
        ("sts:RoleSessionName", "ci-*", false),
        ("sts:RoleSessionName", "ci/1", false),
        ("sts:SourceIdentity", "ops", true),
        ("sts:SourceIdentity", "ops?", false),
    ] {
        let is = |operator: &str| json!({operator: {key: value}});
        let allowed = if is_possible { "allowed" } else { "silent" };
        check_action("sts:assumerole", json!([under(is("StringEquals"))]), allowed);
        let denied = if is_possible { "allowed" } else { "denied" };
        let guarded = json!([everything(), when(deny("*", "*"), is("StringNotEquals"))]);
        check_action("sts:assumerole", guarded, denied);
    }
    check_action(
        "sts:assumerole",
        json!([under(json!({"StringLike": {"sts:ExternalId": "acme-*"}}))]),
        "allowed",
    );
}
