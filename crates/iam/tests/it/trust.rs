//! Who may assume a role.
//!
//! - "Public": <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
//! - Principals: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
//! - Confused deputies: <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
//! - OIDC: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>

use portcullis_iam::{
    Account, Organization, Owner, PolicyDocument, Standing, TrustPolicy, Trustee, Who,
};
use serde_json::{Value as Json, json};

use crate::account::{ORG, OTHER, OWN, account, arn, document, trusts, trusts_service, when};

const STRANGERS: &str = "o-e5d4c3b2a1";
const GITHUB: &str = "token.actions.githubusercontent.com";

/// Everybody whom a trust policy lets in, in an account of [`ORG`] that has the user AIDAALICE.
fn trustees(trust: Json) -> Vec<String> {
    let account = account(json!({
        "organization": {"id": ORG, "management": "111122223333"},
        "users": {"alice": {"id": "AIDAALICE"}},
    }));
    let describe = |it: &Trustee| match &it.who {
        Who::Anyone => "anyone".to_owned(),
        Who::Owned(Owner::Unnamed) => "unnamed".to_owned(),
        Who::Owned(owner @ Owner::Network(_)) => {
            assert_eq!(owner.standing(&account), Standing::External);
            "network".to_owned()
        }
        Who::Owned(owner) => {
            let guarded = if it.is_guarded(&account) == Some(true) {
                " guarded"
            } else {
                ""
            };
            match owner.standing(&account) {
                Standing::Own => "own".to_owned(),
                Standing::Management => "management".to_owned(),
                _ => format!("{}{guarded}", owner.id()),
            }
        }
        Who::Service(name) => {
            let of = |owner: &Owner| match owner.standing(&account) {
                Standing::External => format!(" for {}", owner.id()),
                _ => " for own".to_owned(),
            };
            let sources: String = it.demands.sources.iter().map(of).collect();
            let anyone = if it.is_confused_deputy() {
                " for anyone"
            } else {
                ""
            };
            format!("{name}{sources}{anyone}")
        }
        Who::Issuer(_) if !it.demands.tenant => "any tenant".to_owned(),
        Who::Issuer(name) if name.contains("cognito") && !it.demands.authenticated => {
            "guests".to_owned()
        }
        Who::Issuer(_) if !it.demands.branch => "any branch".to_owned(),
        Who::Issuer(_) => "tenant".to_owned(),
        Who::Saml(_) if it.demands.tenant => "saml".to_owned(),
        Who::Saml(_) => "saml of any audience".to_owned(),
    };
    let policy = TrustPolicy { document: document(trust) };
    let mut all: Vec<String> = policy.trustees(&account).iter().map(describe).collect();
    all.sort();
    all.dedup();
    all
}

#[track_caller]
fn check(trust: Json, expected: &[&str]) {
    assert_eq!(trustees(trust.clone()), expected, "{trust}");
}

/// Anyone under a condition.
#[track_caller]
fn check_anyone(condition: Json, expected: &str) {
    check(when(trusts(json!({"AWS": "*"})), condition), &[expected]);
}

fn denies(principal: Json, condition: Json) -> Json {
    json!({
        "Effect": "Deny", "Principal": principal, "Action": "sts:AssumeRole*",
        "Condition": condition,
    })
}

#[test]
fn principals_in_every_form() {
    check(trusts(json!("*")), &["anyone"]);
    check(trusts(json!({"AWS": ["*", OTHER]})), &["999988887777", "anyone"]);
    check(trusts(json!({"AWS": OWN})), &["own"]);
    check(trusts(json!({"AWS": arn("root")})), &["own"]);
    check(trusts(json!({"AWS": arn("role/111122223333")})), &["own"]);
    check(trusts(json!({"AWS": "arn:aws:iam::999988887777:role/x"})), &["999988887777"]);
    check(trusts(json!({"AWS": "111122223333"})), &["management"]);
    check(trusts(json!({"AWS": "AROADELETED"})), &[]);
    let all_but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:*"});
    check(all_but, &["anyone"]);
    let other = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"});
    check(other, &[]);
    let not_action = json!({"Effect": "Allow", "Principal": "*", "NotAction": "sts:AssumeRole*"});
    check(not_action, &[]);
    let not_action = json!({"Effect": "Allow", "Principal": "*", "NotAction": "sts:TagSession"});
    check(not_action, &["anyone"]);
}

/// What is left of a deleted user or role shows neglect wherever it stands:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>
#[test]
fn deleted_principals_anywhere() {
    let ghost = || json!({"AWS": [OWN, "AROADELETED"]});
    let past = json!({"DateLessThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}});
    for statement in [
        trusts(ghost()),
        when(trusts(ghost()), past),
        denies(ghost(), json!({})),
        json!({"Effect": "Deny", "NotPrincipal": ghost(), "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Principal": ghost(), "Action": "sts:TagSession"}),
    ] {
        let policy = TrustPolicy { document: document(json!([trusts(json!("*")), statement])) };
        assert_eq!(policy.deleted().collect::<Vec<_>>(), ["AROADELETED"], "{statement}");
    }
    let policy = TrustPolicy { document: document(trusts(json!({"AWS": arn("role/x")}))) };
    assert_eq!(policy.deleted().count(), 0);
}

/// The forms of ids: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>,
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
#[test]
fn values_that_a_key_never_has_admit_nobody() {
    for (key, value) in [
        ("aws:PrincipalAccount", "ACCOUNT_ID"),
        ("aws:PrincipalAccount", "11112222333"),
        ("aws:PrincipalOrgID", ""),
        ("aws:PrincipalOrgID", "${OrgId}"),
        ("aws:PrincipalOrgID", "*"),
        ("aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
        ("aws:PrincipalArn", "ROLE_ARN"),
        // Plain text without the operators Like and Arn, and a role's sessions have the ARN of the role.
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/*"),
        ("aws:PrincipalArn", "arn:aws:iam::*:role/ci"),
        ("aws:PrincipalArn", "arn:aws:sts::123456789012:assumed-role/ci/nightly"),
        ("aws:userid", "AROASTRANGER:*"),
    ] {
        let equals = || json!({"StringEquals": {key: value}});
        check(when(trusts(json!("*")), equals()), &[]);
        let others = json!({"StringNotEquals": {key: value}});
        check(json!([trusts(json!("*")), denies(json!("*"), others)]), &[]);
        check(json!([trusts(json!("*")), denies(json!("*"), equals())]), &["anyone"]);
        let if_exists = when(trusts(json!("*")), json!({"StringEqualsIfExists": {key: value}}));
        let is_always_there = ["aws:PrincipalAccount", "aws:PrincipalArn"].contains(&key);
        check(if_exists, if is_always_there { &[] } else { &["anyone"] });
    }
    check_anyone(json!({"StringEquals": {"aws:PrincipalOrgID": [ORG, "*"]}}), "own");
    check_anyone(json!({"StringLike": {"aws:PrincipalOrgID": [ORG, "*"]}}), "anyone");
    // Without Version 2012-10-17, a variable is plain text.
    for (version, expected) in [("2008-10-17", None), ("2012-10-17", Some(Who::Owned(Owner::Own)))]
    {
        let own = json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}});
        let json = json!({"Version": version, "Statement": when(trusts(json!("*")), own)});
        let policy = TrustPolicy { document: PolicyDocument::from_json(&json).unwrap() };
        let unknown = Account { organization: Organization::Unknown, ..account(json!({})) };
        let first = policy.trustees(&unknown).into_iter().next();
        assert_eq!(first.map(|it| it.who), expected, "{version}");
    }
}

/// A token brings the keys of its own issuer alone:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
#[test]
fn a_token_lacks_the_keys_of_another_issuer() {
    let both = |condition| {
        let providers = [GITHUB, "gitlab.com"].map(|name| arn(&format!("oidc-provider/{name}")));
        let action = "sts:AssumeRoleWithWebIdentity";
        let statement = json!({
            "Effect": "Allow", "Principal": {"Federated": providers}, "Action": action,
        });
        when(statement, condition)
    };
    let gitlab = "project_path:acme/site:ref_type:branch:ref:main";
    check(both(json!({"StringEquals": {"gitlab.com:sub": gitlab}})), &["tenant"]);
    check(
        both(json!({"StringEqualsIfExists": {"gitlab.com:sub": gitlab}})),
        &["any tenant", "tenant"],
    );
    check(both(json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})), &["any tenant"]);
}

/// The account that all conditions leave is the management account, whichever of them is stricter.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[test]
fn the_least_strange_of_several_limits_counts() {
    let anyone = || trusts(json!("*"));
    let all_but = |account: &str| {
        json!([
            when(anyone(), json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}})),
            {"Effect": "Deny", "NotPrincipal": {"AWS": account}, "Action": "sts:*"},
        ])
    };
    check(all_but("111122223333"), &["management"]);
    check(all_but(OWN), &["own"]);
    check(all_but(OTHER), &[OTHER]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-object-condition>
#[test]
fn an_empty_operator_limits_nobody() {
    let empty = || json!({"StringEquals": {}});
    check_anyone(empty(), "anyone");
    let deny = |condition| json!([trusts(json!("*")), denies(json!("*"), condition)]);
    check(deny(empty()), &[]);
    check(deny(json!({"StringEquals": {"aws:PrincipalOrgID": "o-x"}, "Bool": {}})), &["anyone"]);
}

/// Private addresses are those of any VPC:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpcsourceip>
#[test]
fn private_addresses_limit_nobody() {
    check_anyone(json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"}}), "anyone");
    let in_vpc = json!({
        "IpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"},
        "StringEquals": {"aws:SourceVpc": "vpc-111bbb22"},
    });
    check_anyone(in_vpc, "network");
}

/// Beside a subject that fixes the repository.
#[test]
fn a_claim_that_is_only_the_kind_of_a_name_tells_no_branch() {
    for (claim, expected) in [
        ("refs/heads/*", "any branch"),
        ("*", "any branch"),
        ("refs/heads/release-*", "tenant"),
        ("refs/heads/main", "tenant"),
    ] {
        let trust = json!({
            "Effect": "Allow",
            "Principal": {"Federated": arn(&format!("oidc-provider/{GITHUB}"))},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {
                format!("{GITHUB}:sub"): "repo:octo-org/octo-repo:*",
                format!("{GITHUB}:ref"): claim,
            }},
        });
        check(trust, &[expected]);
    }
}

/// Accounts with a higher number are most of all; an order fixes no value.
#[test]
fn a_comparison_by_order_names_nobody() {
    for (operator, expected) in [
        ("NumericEquals", OTHER),
        ("NumericGreaterThanEquals", "anyone"),
        ("NumericLessThan", "anyone"),
        ("DateLessThan", "anyone"),
    ] {
        let condition = json!({operator: {"aws:PrincipalAccount": OTHER}});
        check(when(trusts(json!({"AWS": "*"})), condition), &[expected]);
    }
}

#[test]
fn how_much_of_a_value_must_be_fixed() {
    for (key, value, expected) in [
        ("aws:PrincipalOrgID", ORG, "own"),
        ("aws:PrincipalOrgID", STRANGERS, STRANGERS),
        ("aws:PrincipalOrgID", "o-*", "anyone"),
        ("aws:PrincipalOrgID", "o-a1b2c3d4e?", "anyone"),
        ("aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-1/*", "own"),
        ("aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*", "own"),
        ("aws:PrincipalOrgPaths", "o-e5d4c3b2a1/*", STRANGERS),
        ("aws:PrincipalOrgPaths", "o-a1b2c3d4e5*", "anyone"),
        ("aws:PrincipalOrgPaths", "o-*/r-ab12/*", "anyone"),
        ("aws:PrincipalAccount", OWN, "own"),
        ("aws:PrincipalAccount", OTHER, OTHER),
        ("aws:PrincipalAccount", "123456789012*", "own"),
        ("aws:PrincipalAccount", "12345678901*", "anyone"),
        ("aws:PrincipalAccount", "????????????", "anyone"),
        ("aws:userid", "AIDAALICE", "own"),
        ("aws:userid", "AROASTRANGER:*", "AROASTRANGER"),
        ("aws:userid", OWN, "own"),
        ("aws:userid", "123456789012:*", "own"),
        ("aws:userid", "999988887777:*", OTHER),
        ("aws:userid", "AROA*", "anyone"),
        ("aws:userid", "AROASTRANGER*", "anyone"),
        ("aws:userid", "*:ci", "anyone"),
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:*", "own"),
        ("aws:PrincipalArn", "arn:aws:iam::999988887777:role/*", OTHER),
        ("aws:PrincipalArn", "arn:aws:iam::*:role/ci", "anyone"),
        ("aws:PrincipalArn", "arn:aws:iam::12345678901*:role/ci", "anyone"),
        ("aws:PrincipalArn", "*", "anyone"),
        // An id has 12 digits. A path may have colons, so `*` in plain text goes on behind the account:
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
        ("aws:PrincipalArn", "arn:aws:iam::123456789012*", "own"),
        ("aws:PrincipalArn", "arn:aws:iam::12345678901*", "anyone"),
        ("aws:PrincipalArn", "arn:*:iam::123456789012:*", "anyone"),
        ("aws:FederatedProvider", "arn:aws:iam::123456789012:saml-provider/x", "own"),
        ("aws:FederatedProvider", "accounts.google.com", "anyone"),
        ("aws:VpceAccount", OWN, "own"),
        ("aws:VpceAccount", OTHER, OTHER),
        ("aws:VpceAccount", "*", "anyone"),
        ("aws:VpceOrgID", ORG, "own"),
        ("aws:VpceOrgID", STRANGERS, STRANGERS),
        ("aws:VpceOrgID", "o-*", "anyone"),
        ("aws:VpceOrgPaths", "o-a1b2c3d4e5/*", "own"),
        ("aws:VpceOrgPaths", "o-*", "anyone"),
        ("aws:SourceVpcArn", "arn:aws:ec2:*:123456789012:vpc/*", "own"),
        ("aws:SourceVpcArn", "arn:aws:ec2:*:999988887777:vpc/vpc-1a2b", OTHER),
        ("aws:SourceVpcArn", "arn:aws:ec2:*:*:vpc/*", "anyone"),
        ("lambda:SourceFunctionArn", "arn:aws:lambda:*:123456789012:function:f", "own"),
        ("ec2:SourceInstanceARN", "arn:aws:ec2:*:*:instance/*", "anyone"),
        ("aws:Ec2InstanceSourceVpc", "vpc-1a2b", "network"),
        ("aws:SourceVpc", "vpc-1a2b", "network"),
        ("aws:SourceVpc", "vpc-*", "anyone"),
        ("aws:SourceVpce", "vpce-1a2b", "network"),
        ("aws:SourceVpce", "vpce-1*", "anyone"),
        ("aws:PrincipalTag/team", "red", "anyone"),
        ("sts:ExternalId", "8f3a", "anyone"),
    ] {
        check_anyone(json!({"StringLike": {key: value}}), expected);
        // Any value of a list is enough.
        let list = check_list(key, value);
        assert!(expected != "anyone" || list.contains(&"anyone".to_owned()), "{key} {value}");
    }
}

fn check_list(key: &str, value: &str) -> Vec<String> {
    trustees(when(trusts(json!("*")), json!({"StringLike": {key: [value, "o-a1b2c3d4e5/x"]}})))
}

#[test]
fn networks_that_are_public() {
    let check = |ranges: &[&str], expected: &str| {
        check_anyone(json!({"IpAddress": {"aws:SourceIp": ranges}}), expected);
    };
    check(&["203.0.113.0/24"], "network");
    check(&["203.0.113.7"], "network");
    // No request has an address that is none.
    check(&["203.0.113.7/32", "203.0.113.999"], "network");
    check(&["10.0.0.0/8"], "network");
    check(&["10.0.0.0/7"], "anyone");
    check(&["0.0.0.0/0"], "anyone");
    check(&["0.0.0.0/1", "128.0.0.0/1"], "anyone");
    check(&["2001:db8::/32"], "network");
    check(&["2001:db8::/31"], "anyone");
    check(&["203.0.113.0/24", "::/0"], "anyone");
    // What is in two ranges counts once, and ranges side by side count together.
    check(&["44.0.0.0/8", "44.1.0.0/16", "44.0.0.0/9"], "network");
    check(&["44.0.0.0/9", "44.0.0.0/8", "45.0.0.0/32"], "anyone");
    check(&["44.0.0.0/9", "45.0.0.0/9"], "network");
    check(&["2001:db8::/33", "2001:db8::/32", "203.0.113.7", "203.0.113.0/24"], "network");
    check(&["2001:db8::/32", "2001:db9::/128"], "anyone");
    check_anyone(json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "anyone");
}

#[test]
fn conditions_that_demand_nothing() {
    for idle in [
        json!({"StringNotEquals": {"aws:PrincipalOrgID": STRANGERS}}),
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": ORG}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": ORG}}),
        json!({"Null": {"aws:PrincipalOrgID": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}}),
    ] {
        check_anyone(idle, "anyone");
    }
    check(when(trusts(json!("*")), json!({"StringEquals": {"aws:PrincipalOrgID": []}})), &[]);
    let several = json!({"StringEquals": {"aws:PrincipalOrgID": ORG, "aws:PrincipalTag/a": "b"}});
    check_anyone(several, "own");
    let variable = json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}});
    check_anyone(variable, "own");
    let variable = json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}});
    check_anyone(variable, "own");
}

#[test]
fn a_deny_must_select_this_way_in() {
    let anyone = || trusts(json!("*"));
    let outside = || json!({"StringNotEquals": {"aws:PrincipalOrgID": ORG}});
    let with_deny = |deny: Json, expected: &[&str]| check(json!([anyone(), deny]), expected);
    with_deny(denies(json!("*"), outside()), &["own"]);
    with_deny(denies(json!({"AWS": "*"}), outside()), &["own"]);
    with_deny(denies(json!({"AWS": OTHER}), outside()), &["anyone"]);
    with_deny(
        denies(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": ORG}})),
        &["anyone"],
    );
    with_deny(denies(json!("*"), json!({})), &[]);
    let mut other = denies(json!("*"), outside());
    other["Action"] = json!("sts:TagSession");
    with_deny(other.clone(), &["anyone"]);
    other["Action"] = json!(null);
    other["NotAction"] = json!("sts:TagSession");
    with_deny(other, &["own"]);
    let all_but = json!({"Effect": "Deny", "NotPrincipal": {"AWS": OTHER}, "Action": "sts:*"});
    with_deny(all_but, &[OTHER]);
    // Both conditions of a Deny must hold, so it leaves whoever meets one of them.
    let either = json!({
        "StringNotEquals": {"aws:PrincipalOrgID": ORG}, "Bool": {"aws:ViaAWSService": "false"},
    });
    with_deny(denies(json!("*"), either), &["anyone"]);
}

/// AWS looks at the account first, so a list without it spares none of its principals.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
#[test]
fn a_deny_for_all_but_some_spares_these_alone() {
    let role = format!("arn:aws:iam::{OTHER}:role/auditor");
    let session = format!("arn:aws:sts::{OTHER}:assumed-role/auditor/nightly");
    let root = format!("arn:aws:iam::{OTHER}:root");
    let all_but = |spared: Json, trusted: &str| {
        let deny = json!({"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "sts:*"});
        json!([trusts(json!({"AWS": trusted})), deny])
    };
    for trusted in ["*", OTHER, &role, &session] {
        check(all_but(json!([role, root]), trusted), &[OTHER]);
        check(all_but(json!([role]), trusted), &[]);
        check(all_but(json!([session]), trusted), &[]);
        check(all_but(json!([root]), trusted), &[OTHER]);
        check(all_but(json!(["*"]), trusted), &[if trusted == "*" { "anyone" } else { OTHER }]);
    }
    let another = format!("arn:aws:iam::{OTHER}:role/deployer");
    check(all_but(json!([role, root]), &another), &[]);
    check(all_but(json!([role, OWN]), &role), &[]);
    check(all_but(json!([role, root, OWN]), "*"), &[OTHER, "own"]);
    let service = json!({"Effect": "Deny", "NotPrincipal": {"AWS": root}, "Action": "sts:*"});
    check(json!([trusts_service("lambda.amazonaws.com"), service]), &[]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
#[test]
fn what_guards_against_strangers() {
    let vendor = || trusts(json!({"AWS": OTHER}));
    let guarded = format!("{OTHER} guarded");
    for guard in [
        json!({"StringEquals": {"sts:ExternalId": "8f3a"}}),
        json!({"StringLike": {"sts:ExternalId": "8f3a"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        json!({"Null": {"aws:MultiFactorAuthAge": "false"}}),
        json!({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "0"}}),
        json!({"StringEquals": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": ORG}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}),
    ] {
        check(when(vendor(), guard), &[&guarded]);
    }
    for idle in [
        json!({}),
        json!({"StringLike": {"sts:ExternalId": "*"}}),
        json!({"StringLike": {"sts:ExternalId": "8f*"}}),
        json!({"StringNotEquals": {"sts:ExternalId": "x"}}),
        json!({"StringEqualsIfExists": {"sts:ExternalId": "x"}}),
        json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
        json!({"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}),
        json!({"StringNotEquals": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"Null": {"aws:MultiFactorAuthAge": "true"}}),
        json!({"Null": {"aws:MultiFactorAuthPresent": "false"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": STRANGERS}}),
    ] {
        check(when(vendor(), idle), &[OTHER]);
    }
    let no_id = || json!({"StringNotEquals": {"sts:ExternalId": "8f3a"}});
    check(json!([vendor(), denies(json!({"AWS": OTHER}), no_id())]), &[&guarded]);
    check(json!([vendor(), denies(json!("*"), no_id())]), &[&guarded]);
    check(json!([vendor(), denies(json!({"AWS": OWN}), no_id())]), &[OTHER]);
    let no_mfa = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    check(json!([vendor(), denies(json!("*"), no_mfa)]), &[&guarded]);
    let no_mfa = json!({"Null": {"aws:MultiFactorAuthAge": "true"}});
    check(json!([vendor(), denies(json!("*"), no_mfa)]), &[&guarded]);
    // One of both suffices, but not one of which everybody has the other.
    let neither = json!({
        "StringNotEquals": {"sts:ExternalId": "8f3a"},
        "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
    });
    check(json!([vendor(), denies(json!("*"), neither)]), &[&guarded]);
    let either = json!({
        "StringNotEquals": {"sts:ExternalId": "8f3a"}, "Bool": {"aws:SecureTransport": "false"},
    });
    check(json!([vendor(), denies(json!("*"), either)]), &[OTHER]);
    // If nobody sends the key, this Deny does not apply.
    let no_mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
    check(json!([vendor(), denies(json!("*"), no_mfa)]), &[OTHER]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage>
#[test]
fn nobody_has_an_age_of_mfa_without_mfa() {
    let with = |conditions: Json| when(trusts(json!("*")), conditions);
    let recent = || json!({"aws:MultiFactorAuthAge": "3600"});
    let present = |value: &str| json!({"aws:MultiFactorAuthPresent": value});
    let none = json!({"aws:MultiFactorAuthAge": "true"});
    check(with(json!({"NumericLessThan": recent(), "Bool": present("false")})), &[]);
    check(with(json!({"NumericLessThan": recent(), "Bool": present("true")})), &["anyone"]);
    check(
        with(json!({"NumericLessThanIfExists": recent(), "Bool": present("false")})),
        &["anyone"],
    );
    check(with(json!({"Null": none, "Bool": present("true")})), &[]);
    check(with(json!({"Null": none, "Bool": present("false")})), &["anyone"]);
}

#[test]
fn for_whom_services_act() {
    let trail = || trusts_service("cloudtrail.amazonaws.com");
    let check = |condition: Json, whom: &str| {
        check(when(trail(), condition), &[&format!("cloudtrail.amazonaws.com for {whom}")]);
    };
    let arn = |account: &str| format!("arn:aws:cloudtrail:*:{account}:trail/*");
    check(json!({}), "anyone");
    check(json!({"StringEquals": {"aws:SourceAccount": OWN}}), "own");
    check(json!({"StringEquals": {"aws:SourceAccount": OTHER}}), OTHER);
    check(json!({"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}), "own");
    check(json!({"StringLike": {"aws:SourceAccount": "1234*"}}), "anyone");
    check(json!({"StringEqualsIfExists": {"aws:SourceAccount": OWN}}), "anyone");
    check(json!({"ArnLike": {"AWS:SourceArn": arn(OWN)}}), "own");
    check(json!({"ArnLike": {"aws:SourceArn": arn(OTHER)}}), OTHER);
    check(json!({"ArnLike": {"aws:SourceArn": arn("*")}}), "anyone");
    check(json!({"ArnLike": {"aws:SourceArn": arn("${aws:ResourceAccount}")}}), "own");
    check(json!({"StringEquals": {"aws:SourceOrgID": ORG}}), "own");
    check(json!({"StringEquals": {"aws:SourceOrgID": "${aws:ResourceOrgID}"}}), "own");
    check(json!({"StringEquals": {"aws:SourceOrgID": STRANGERS}}), STRANGERS);
    check(json!({"StringLike": {"aws:SourceOrgID": "o-*"}}), "anyone");
    check(json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": format!("{ORG}/*")}}), "own");
    check(json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-*"}}), "anyone");
    // "If the aws:SourceArn value does not contain the account ID, such as an Amazon S3 bucket ARN, you must use
    // both": https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    let bucket = || json!({"aws:SourceArn": "arn:aws:s3:::logs"});
    check(json!({"ArnLike": bucket()}), "anyone");
    check(json!({"ArnLike": bucket(), "StringEquals": {"aws:SourceAccount": OWN}}), "own");
    check(json!({"ArnLike": bucket(), "StringEquals": {"aws:SourceAccount": OTHER}}), OTHER);
}

const PAST: &str = "2025-12-31T00:00:00Z";
const FUTURE: &str = "2026-12-31T00:00:00Z";

fn until(moment: &str) -> Json {
    json!({"DateLessThan": {"aws:CurrentTime": moment}})
}

/// Keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[test]
fn conditions_that_nobody_meets() {
    let vendor = || trusts(json!({"AWS": OTHER}));
    let ops = || trusts(json!({"AWS": "arn:aws:iam::999988887777:role/ops"}));
    let trail = || trusts_service("cloudtrail.amazonaws.com");
    let arn = |text: &str| json!({"ArnLike": {"aws:PrincipalArn": text}});
    for (trust, impossible, possible) in [
        (trusts(json!("*")), until(PAST), until(FUTURE)),
        (vendor(), until(PAST), until(FUTURE)),
        (trail(), until(PAST), until(FUTURE)),
        (
            vendor(),
            json!({"StringEquals": {"aws:PrincipalAccount": OWN}}),
            json!({"StringEquals": {"aws:PrincipalAccount": OTHER}}),
        ),
        (
            vendor(),
            json!({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
            json!({"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
        ),
        (
            vendor(),
            arn("arn:aws:iam::123456789012:role/*"),
            arn("arn:aws:iam::999988887777:role/*"),
        ),
        (vendor(), arn("arn:aws:iam::123456789012:role/x"), arn("arn:aws:iam::*:role/x")),
        (ops(), arn("arn:aws:iam::999988887777:role/x"), arn("arn:aws:iam::999988887777:role/ops")),
        (
            vendor(),
            arn("arn:aws:sts::999988887777:assumed-role/ops/*"),
            arn("arn:aws:iam::*:role/ops"),
        ),
        (
            vendor(),
            json!({"StringEquals": {"sts:ExternalId": ""}}),
            json!({"StringEquals": {"sts:ExternalId": "8f3a"}}),
        ),
        (
            trail(),
            json!({"Bool": {"aws:PrincipalIsAWSService": "false"}}),
            json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}),
        ),
        (
            vendor(),
            json!({"StringEquals": {"sts:ExternalId": "a"}, "StringLike": {"sts:ExternalId": "b*"}}),
            json!({"StringEquals": {"sts:ExternalId": "b"}, "StringLike": {"sts:ExternalId": "b*"}}),
        ),
        (
            vendor(),
            json!({"StringEquals": {"sts:ExternalId": "a"}, "Null": {"sts:ExternalId": "true"}}),
            json!({"StringEquals": {"sts:ExternalId": "a"}, "Null": {"sts:ExternalId": "false"}}),
        ),
    ] {
        check(when(trust.clone(), impossible), &[]);
        assert_eq!(trustees(when(trust.clone(), possible.clone())).len(), 1, "{trust} {possible}");
    }
    let of = |id: &str| json!({"StringEquals": {"aws:PrincipalAccount": id}});
    check(json!([vendor(), denies(json!("*"), of(OTHER))]), &[]);
    check(json!([vendor(), denies(json!("*"), of(OWN))]), &[OTHER]);
    let since = |moment: &str| json!({"DateGreaterThan": {"aws:CurrentTime": moment}});
    let session = || trusts(json!({"AWS": "arn:aws:sts::999988887777:assumed-role/ops/nightly"}));
    let role = |name: &str| {
        denies(json!({"AWS": format!("arn:aws:iam::{OTHER}:role/path/{name}")}), json!({}))
    };
    check(json!([session(), role("ops")]), &[]);
    check(json!([session(), role("dev")]), &[OTHER]);
    check(json!([vendor(), denies(json!("*"), since(PAST))]), &[]);
    check(json!([vendor(), denies(json!("*"), since(FUTURE))]), &[OTHER]);
    check(json!([vendor(), denies(json!("*"), until(PAST))]), &[OTHER]);
    // A window that ends before it begins.
    let window = |from: &str, to: &str| {
        let between = json!({
            "DateGreaterThanEquals": {"aws:CurrentTime": from}, "DateLessThan": {"aws:CurrentTime": to},
        });
        when(vendor(), between)
    };
    check(window(FUTURE, "2027-12-31T00:00:00Z"), &[OTHER]);
    check(window(FUTURE, "2026-06-30T00:00:00Z"), &[]);
    check(json!([when(vendor(), until(FUTURE)), denies(json!("*"), until(FUTURE))]), &[]);
    let mut all_but = denies(json!("*"), until(FUTURE));
    all_but["NotPrincipal"] = json!({"AWS": OTHER});
    all_but.as_object_mut().unwrap().remove("Principal");
    check(json!([trusts(json!("*")), all_but]), &["anyone"]);
}

/// Set operators and `Null`:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[test]
fn demands_on_one_key_combine() {
    let present = |key: &str, wanted: &str| json!({key: wanted});
    let paths = || json!({"aws:PrincipalOrgPaths": format!("{ORG}/*")});
    let id = || json!({"aws:PrincipalOrgID": ORG});
    for (key, values, operator) in [
        ("aws:PrincipalOrgPaths", paths(), "ForAllValues:StringLike"),
        ("aws:PrincipalOrgID", id(), "ForAllValues:StringEquals"),
        ("aws:PrincipalOrgID", id(), "StringEqualsIfExists"),
    ] {
        check_anyone(json!({operator: values, "Null": present(key, "false")}), "own");
        let other = present("aws:PrincipalAccount", "false");
        check_anyone(json!({operator: values, "Null": other}), "anyone");
    }
    // Two Denies, of which one wants the key and the other a value.
    let no_key = |key: &str| denies(json!("*"), json!({"Null": {key: "true"}}));
    let others = || denies(json!("*"), json!({"ForAnyValue:StringNotEquals": id()}));
    let anyone = || trusts(json!("*"));
    check(json!([anyone(), no_key("aws:PrincipalOrgID"), others()]), &["own"]);
    check(json!([anyone(), no_key("aws:PrincipalTag/a"), others()]), &["anyone"]);
    check(json!([anyone(), others()]), &["anyone"]);
    // A Deny takes a value from the list of an Allow.
    let both = json!({"StringEquals": {"aws:PrincipalOrgID": [ORG, STRANGERS]}});
    let stranger = json!({"StringEquals": {"aws:PrincipalOrgID": STRANGERS}});
    check(json!([when(anyone(), both.clone()), denies(json!("*"), stranger)]), &["own"]);
    check(when(anyone(), both), &[STRANGERS, "own"]);
    let any_of_both = json!({"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": [ORG, STRANGERS]}});
    let stranger = json!({"StringEquals": {"aws:PrincipalOrgID": STRANGERS}});
    check(json!([when(anyone(), any_of_both), denies(json!("*"), stranger)]), &["own"]);
    let with_id = json!({"StringLike": {"aws:PrincipalTag/team": "r*"}});
    check(json!([when(anyone(), with_id.clone()), denies(json!("*"), with_id)]), &[]);
    // Whom conditions single out, a Deny may name.
    let accounts = json!({"StringEquals": {"aws:PrincipalAccount": [OWN, OTHER]}});
    let but = |who: &str| {
        json!([when(anyone(), accounts.clone()), denies(json!({"AWS": who}), json!({}))])
    };
    check(but(OTHER), &["own"]);
    check(but("111122223333"), &[OTHER, "own"]);
    let mfa = json!({
        "BoolIfExists": {"aws:MultiFactorAuthPresent": "true"},
        "Null": {"aws:MultiFactorAuthPresent": "false"},
    });
    check(when(trusts(json!({"AWS": OTHER})), mfa), &[&format!("{OTHER} guarded")]);
}

/// Variables: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[test]
fn the_own_organization_in_other_spellings() {
    for (operator, key, value, expected) in [
        ("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID, 'o-none'}", "own"),
        ("StringEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}", "own"),
        ("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}", "own"),
        ("StringEqualsIfExists", "aws:ResourceAccount", "${aws:PrincipalAccount}", "own"),
        ("StringNotEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}", "anyone"),
        ("StringEquals", "aws:ResourceOrgID", ORG, "anyone"),
        ("StringLike", "aws:PrincipalOrgID", ORG, "own"),
        ("ForAnyValue:StringEquals", "aws:PrincipalOrgID", ORG, "own"),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "${aws:ResourceOrgID}/*", "own"),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "${aws:ResourceOrgID}*", "anyone"),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "${aws:PrincipalOrgID}/*", "anyone"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:ResourceAccount}:role/x", "own"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/x", "anyone"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/${aws:userid}", "own"),
    ] {
        check_anyone(json!({operator: {key: value}}), expected);
    }
    let other = json!({"StringEquals": {"aws:ResourceOrgID": STRANGERS}});
    check(when(trusts(json!("*")), other), &[]);
    // Whoever asks knows its own account, so this is not a secret.
    let id = json!({"StringEquals": {"sts:ExternalId": "${aws:PrincipalAccount}"}});
    check(when(trusts(json!({"AWS": OTHER})), id), &[OTHER]);
}

#[test]
fn an_organization_that_is_not_known() {
    let account = account(json!({"organization": "unknown"}));
    let standings = |condition: Json| {
        let policy = TrustPolicy { document: document(when(trusts(json!("*")), condition)) };
        let all = policy.trustees(&account);
        all.iter()
            .map(|it| it.standing(&account))
            .collect::<Vec<_>>()
    };
    for (operator, key, value, expected) in [
        ("StringEquals", "aws:PrincipalOrgID", ORG, Standing::Unknown),
        ("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}", Standing::Own),
        ("StringEquals", "aws:ResourceOrgID", "${aws:PrincipalOrgID}", Standing::Own),
        ("StringLike", "aws:PrincipalOrgPaths", "${aws:ResourceOrgID}/*", Standing::Own),
        ("StringLike", "aws:PrincipalOrgPaths", "${aws:ResourceOrgID}*", Standing::External),
        ("StringEquals", "aws:PrincipalTag/org", "${aws:ResourceOrgID}", Standing::External),
        ("StringEquals", "aws:ResourceOrgID", ORG, Standing::External),
    ] {
        assert_eq!(standings(json!({operator: {key: value}})), [expected], "{key} {value}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required>
#[test]
fn tags_and_source_identities_need_an_action_of_their_own() {
    for (condition, action) in [
        (json!({"StringEquals": {"aws:RequestTag/team": "red"}}), "sts:TagSession"),
        (json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}), "sts:TagSession"),
        (json!({"StringLike": {"sts:SourceIdentity": "*"}}), "sts:SetSourceIdentity"),
    ] {
        for (actions, expected) in [
            (json!(["sts:AssumeRole", action]), &[OTHER][..]),
            (json!("sts:*"), &[OTHER]),
            (json!(["sts:AssumeRole", "sts:GetCallerIdentity"]), &[]),
        ] {
            let mut trust = when(trusts(json!({"AWS": OTHER})), condition.clone());
            trust["Action"] = actions;
            check(trust, expected);
        }
        // In a statement of its own, for these or for others.
        let mut other = trusts(json!({"AWS": OTHER}));
        other["Action"] = json!(action);
        let trust = when(trusts(json!({"AWS": OTHER})), condition.clone());
        check(json!([trust, other]), &[OTHER]);
        other["Principal"] = json!({"AWS": "arn:aws:iam::999988887777:role/ops"});
        check(json!([trust, other]), &[OTHER]);
        other["Principal"] = json!({"AWS": OWN});
        check(json!([trust, other]), &[]);
    }
    let without = json!({"Null": {"aws:RequestTag/team": "true"}});
    check(when(trusts(json!({"AWS": OTHER})), without), &[OTHER]);
}

#[test]
fn what_is_not_all_of_an_account() {
    let account = account(json!({}));
    let is_some = |trust: Json| {
        let policy = TrustPolicy { document: document(trust) };
        let all = policy.trustees(&account);
        assert!(!all.is_empty());
        all.iter().all(|it| it.demands.some_principals)
    };
    let vendor = || trusts(json!({"AWS": OTHER}));
    let arn = |operator: &str, text: &str| json!({operator: {"aws:PrincipalArn": text}});
    for (condition, expected) in [
        (json!({}), false),
        (arn("ArnEquals", "arn:aws:iam::999988887777:role/ops"), true),
        (arn("ArnLike", "arn:aws:iam::*:role/team/*"), true),
        (arn("ArnLike", "arn:aws:iam::999988887777:role/*"), false),
        (arn("ArnLike", "arn:aws:iam::999988887777:*"), false),
        (arn("StringLike", "arn:aws:iam::999988887777*"), false),
        (arn("ArnNotEquals", "arn:aws:iam::999988887777:role/ops"), false),
        (json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}), true),
        (json!({"StringLike": {"aws:PrincipalTag/team": "*"}}), false),
        (json!({"StringLike": {"aws:userid": "AROAOPS:*"}}), true),
        (json!({"StringLike": {"aws:userid": "*:ops"}}), false),
        (json!({"StringEquals": {"sts:ExternalId": "8f3a"}}), false),
    ] {
        assert_eq!(is_some(when(vendor(), condition.clone())), expected, "{condition}");
    }
    let but = |text: &str| denies(json!("*"), arn("ArnNotEquals", text));
    assert!(is_some(json!([vendor(), but("arn:aws:iam::999988887777:role/ops")])));
    assert!(!is_some(json!([vendor(), but("arn:aws:iam::999988887777:role/*")])));
}

/// Only a service that may act for the own account, or a provider that gets in at all, is of use to somebody in it.
#[test]
fn providers_that_get_in() {
    let account = account(json!({"organization": {"id": ORG}}));
    let admits = |provider: &str, trust: Json| {
        TrustPolicy { document: document(trust) }.admits_provider(provider, &account)
    };
    let service = "codebuild.amazonaws.com";
    let build = |condition: Json| admits(service, when(trusts_service(service), condition));
    let source = |id: &str| json!({"StringEquals": {"aws:SourceAccount": id}});
    let project =
        |id: &str| json!({"ArnLike": {"aws:SourceArn": format!("arn:aws:codebuild:*:{id}:*")}});
    assert!(build(json!({})) && build(source(OWN)) && build(project(OWN)));
    assert!(!build(source(OTHER)) && !build(project(OTHER)));
    assert!(build(json!({"StringEquals": {"aws:SourceAccount": [OTHER, OWN]}})));
    assert!(build(json!({"StringEquals": {"aws:SourceOrgID": ORG}})));
    assert!(!build(json!({"StringEquals": {"aws:SourceOrgID": STRANGERS}})));
    assert!(!build(json!({"StringEquals": {"aws:SourceAccount": []}})));
    assert!(build(until(FUTURE)) && !build(until(PAST)));
    let others =
        |id: &str| denies(json!("*"), json!({"StringNotEquals": {"aws:SourceAccount": id}}));
    assert!(admits(service, json!([trusts_service(service), others(OWN)])));
    assert!(!admits(service, json!([trusts_service(service), others(OTHER)])));
    assert!(!admits("lambda.amazonaws.com", trusts_service(service)));

    let saml = arn("saml-provider/idp");
    let staff = |action: &str| json!({"Effect": "Allow", "Principal": {"Federated": saml}, "Action": action});
    let deny = |principal: Json, action: &str| json!({"Effect": "Deny", "Principal": principal, "Action": action});
    let with_saml = "sts:AssumeRoleWithSAML";
    assert!(admits(&saml, staff(with_saml)));
    assert!(!admits(&saml, staff("sts:TagSession")) && !admits(&saml, staff("sts:AssumeRole")));
    assert!(!admits(&saml, json!([staff(with_saml), deny(json!("*"), "sts:*")])));
    assert!(!admits(&saml, json!([staff(with_saml), deny(json!({"Federated": saml}), with_saml)])));
    assert!(admits(&saml, json!([staff(with_saml), deny(json!({"AWS": OWN}), "sts:*")])));
    assert!(admits(&saml, json!([staff(with_saml), deny(json!("*"), "sts:AssumeRole")])));
    assert!(!admits(&saml, when(staff(with_saml), until(PAST))));
    assert!(admits(&saml, when(staff(with_saml), until(FUTURE))));
}

#[test]
fn a_deny_asks_services_too() {
    let trail = || trusts_service("cloudtrail.amazonaws.com");
    let others = || json!({"StringNotEquals": {"aws:SourceAccount": OWN}});
    let own = "cloudtrail.amazonaws.com for own";
    let anyone = "cloudtrail.amazonaws.com for anyone";
    check(json!([trail(), denies(json!("*"), others())]), &[own]);
    let service = json!({"Service": "cloudtrail.amazonaws.com"});
    check(json!([trail(), denies(service, others())]), &[own]);
    let another = json!({"Service": "sns.amazonaws.com"});
    check(json!([trail(), denies(another, others())]), &[anyone]);
    check(json!([trail(), denies(json!({"AWS": OWN}), others())]), &[anyone]);
}

/// Services act for somebody, and are in no organization; who brings a token has no identity in AWS yet:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_vpc_endpoint_policies.html>
#[test]
fn keys_that_a_kind_of_principal_never_has() {
    let github = arn(&format!("oidc-provider/{GITHUB}"));
    let [principal, service, token] = [
        trusts(json!({"AWS": OTHER})),
        trusts_service("cloudtrail.amazonaws.com"),
        web(&github, json!({})),
    ];
    let deny = |condition: Json| json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": condition});
    for (key, value, of_principal, of_service, of_token) in [
        ("aws:SourceAccount", OWN, false, true, false),
        ("aws:PrincipalServiceName", "cloudtrail.amazonaws.com", false, true, false),
        ("aws:PrincipalOrgID", ORG, true, false, false),
        ("aws:MultiFactorAuthPresent", "true", true, false, false),
        ("aws:PrincipalAccount", OTHER, true, true, false),
        ("aws:RequestedRegion", "eu-west-1", true, true, true),
    ] {
        for (trust, has) in [(&principal, of_principal), (&service, of_service), (&token, of_token)]
        {
            let expected = usize::from(has);
            let allow = when(trust.clone(), json!({"StringEquals": {key: value}}));
            assert_eq!(trustees(allow).len(), expected, "{key} {trust}");
            let others = deny(json!({"StringNotEquals": {key: value}}));
            assert_eq!(trustees(json!([trust, others])).len(), expected, "{key} {trust}");
            let allow = when(trust.clone(), json!({"StringEqualsIfExists": {key: value}}));
            assert_eq!(trustees(allow).len(), 1, "{key} {trust}");
        }
    }
    // Every call to AssumeRole is signed by a principal, whose kind its ARN says.
    check_anyone(json!({"StringEqualsIfExists": {"aws:PrincipalAccount": OTHER}}), OTHER);
    check_anyone(json!({"ArnLikeIfExists": {"aws:PrincipalArn": arn("role/*")}}), "own");
    check(when(trusts(json!("*")), json!({"Null": {"aws:PrincipalArn": "true"}})), &[]);
    let of_user = || json!({"StringEquals": {"aws:PrincipalType": "User"}});
    check(when(trusts(json!({"AWS": "arn:aws:iam::999988887777:role/ops"})), of_user()), &[]);
    check(when(trusts(json!({"AWS": "arn:aws:iam::999988887777:user/bob"})), of_user()), &[OTHER]);
    let exempt = json!({
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORG},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    });
    check(json!([service, deny(exempt)]), &["cloudtrail.amazonaws.com for anyone"]);
}

/// Services whose pages have their roles ask, in every region and partition, and two that cannot say it.
#[test]
fn which_services_can_be_asked() {
    for name in ["eks", "eks-fargate-pods", "kafkaconnect", "sms-voice", "scheduler", "states"] {
        let expected = format!("{name}.amazonaws.com for anyone");
        check(trusts_service(&format!("{name}.amazonaws.com")), &[&expected]);
        check(trusts_service(&format!("{name}.eu-west-1.amazonaws.com")), &[&expected]);
    }
    for name in ["ec2", "lambda"] {
        let expected = format!("{name}.amazonaws.com");
        check(trusts_service(&expected), &[&expected]);
    }
}

fn web(provider: &str, condition: Json) -> Json {
    json!({
        "Effect": "Allow", "Principal": {"Federated": provider}, "Condition": condition,
        "Action": "sts:AssumeRoleWithWebIdentity",
    })
}

#[test]
fn the_tenant_of_a_shared_issuer() {
    for (issuer, claim, value, expected) in [
        (GITHUB, "sub", "repo:octo-org/octo-repo:ref:refs/heads/main", "tenant"),
        (GITHUB, "sub", "repo:octo-org/octo-repo:environment:*", "any branch"),
        (GITHUB, "sub", "repo:octo-org/octo-repo:pull_request", "any branch"),
        (GITHUB, "sub", "repo:octo-org/octo-repo:*", "any branch"),
        (GITHUB, "sub", "repo:octo-org/*", "any branch"),
        (GITHUB, "sub", "repo:octo-org/*:ref:refs/heads/main", "tenant"),
        (GITHUB, "sub", "repo:octo-org/*:ref:refs/heads/*", "any branch"),
        (GITHUB, "sub", "repo:octo-org/*:environment:*", "any branch"),
        ("oidc.vercel.com", "sub", "owner:acme:project:*:environment:production", "tenant"),
        ("oidc.vercel.com", "sub", "owner:acme:project:*", "any branch"),
        ("oidc.deno.com", "sub", "deployment:acme/site/production", "tenant"),
        ("oidc.deno.com", "sub", "deployment:acme*", "any tenant"),
        ("federation.namespaceapis.com", "sub", "acme/*", "tenant"),
        ("federation.namespaceapis.com", "sub", "*", "any tenant"),
        // A slash in the name of the issuer does not belong to the claim.
        ("api.pulumi.com/oidc", "aud", "*", "any tenant"),
        ("api.pulumi.com/oidc/v2", "sub", "pulumi:org:acme:*", "tenant"),
        (GITHUB, "sub", "repo:octo-org@*/repo@*:*", "any branch"),
        (GITHUB, "sub", "repo:octo-org*", "any tenant"),
        (GITHUB, "sub", "repo:o?to-org/*", "any tenant"),
        (GITHUB, "sub", "repo:*", "any tenant"),
        (GITHUB, "sub", "repo*", "any tenant"),
        (GITHUB, "sub", "r*", "any tenant"),
        (GITHUB, "sub", "environment:prod", "any tenant"),
        (GITHUB, "aud", "sts.amazonaws.com", "any tenant"),
        (
            "app.terraform.io",
            "sub",
            "organization:acme:project:p:workspace:w:run_phase:*",
            "tenant",
        ),
        ("app.terraform.io", "sub", "organization:acme*", "any tenant"),
        ("gitlab.com", "sub", "project_path:acme/site:ref_type:branch:ref:main", "tenant"),
        ("gitlab.com", "sub", "project_path:acme/site:ref_type:tag:ref:*", "any branch"),
        ("gitlab.com", "sub", "project_path:acme*", "any tenant"),
        ("accounts.google.com", "aud", "1.apps.googleusercontent.com", "tenant"),
        ("accounts.google.com", "sub", "1234", "tenant"),
        ("accounts.google.com", "oaud", "https://example.com", "any tenant"),
        ("accounts.google.com", "aud", "*", "any tenant"),
        ("www.amazon.com", "app_id", "amzn1.application-oa2-client.1", "tenant"),
        ("www.amazon.com", "user_id", "*", "any tenant"),
        ("graph.facebook.com", "app_id", "1234", "tenant"),
        ("cognito-identity.amazonaws.com", "aud", "eu-west-1:1234", "guests"),
        ("cognito-identity.amazonaws.com", "amr", "authenticated", "any tenant"),
    ] {
        let condition = json!({"StringLike": {format!("{issuer}:{claim}"): value}});
        check(web(issuer, condition), &[expected]);
    }
    for issuer in ["accounts.google.com", "www.amazon.com", "graph.facebook.com", GITHUB] {
        check(web(issuer, json!({})), &["any tenant"]);
    }
    // Nobody else is in a network, but everybody who may push to a repository of the tenant runs there.
    let address = || json!({"aws:SourceIp": "203.0.113.7/32"});
    check(web(GITHUB, json!({"IpAddress": address()})), &["tenant"]);
    check(web(GITHUB, json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}})), &["any tenant"]);
    let sub = json!({"token.actions.githubusercontent.com:sub": "repo:octo-org/*"});
    check(web(GITHUB, json!({"IpAddress": address(), "StringLike": sub})), &["any branch"]);
    let private = arn("oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1");
    check(web(&private, json!({})), &["tenant"]);
}

#[test]
fn users_of_cognito_who_have_not_signed_in() {
    let cognito = "cognito-identity.amazonaws.com";
    let aud = || json!({format!("{cognito}:aud"): "eu-west-1:1234"});
    let amr = |value: &str| {
        let amr = json!({format!("{cognito}:amr"): value});
        web(cognito, json!({"StringEquals": aud(), "ForAnyValue:StringLike": amr}))
    };
    check(amr("authenticated"), &["tenant"]);
    check(amr("graph.facebook.com"), &["tenant"]);
    check(amr("unauthenticated"), &["guests"]);
    check(amr("*"), &["guests"]);
    let pool = || web(cognito, json!({"StringEquals": aud()}));
    let guests = json!({"ForAnyValue:StringLike": {format!("{cognito}:amr"): "unauthenticated"}});
    check(json!([pool(), denies(json!({"Federated": cognito}), guests)]), &["tenant"]);
    let others = json!({"ForAnyValue:StringLike": {format!("{cognito}:amr"): "authenticated"}});
    check(json!([pool(), denies(json!({"Federated": cognito}), others)]), &["guests"]);
}

/// Its principals and keys in GovCloud and China:
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-cog.html>,
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/cognito.html>
#[test]
fn cognito_in_other_partitions() {
    for (cognito, pool) in [
        ("cognito-identity-us-gov.amazonaws.com", "us-gov-west-1:1234"),
        ("cognito-identity.cn-north-1.amazonaws.com.cn", "cn-north-1:1234"),
    ] {
        let amr = || json!({format!("{cognito}:amr"): "authenticated"});
        let aud = || json!({format!("{cognito}:aud"): pool});
        let both = json!({"StringEquals": aud(), "ForAnyValue:StringLike": amr()});
        check(web(cognito, both), &["tenant"]);
        check(web(cognito, json!({"StringEquals": aud()})), &["guests"]);
        check(web(cognito, json!({"ForAnyValue:StringLike": amr()})), &["any tenant"]);
    }
}

#[test]
fn how_a_claim_is_demanded() {
    let github = arn(&format!("oidc-provider/{GITHUB}"));
    let sub = || json!({format!("{GITHUB}:sub"): "repo:octo-org/site:ref:refs/heads/main"});
    for (operator, expected) in [
        ("StringEquals", "tenant"),
        ("StringLike", "tenant"),
        ("StringEqualsIgnoreCase", "tenant"),
        ("ForAnyValue:StringEquals", "tenant"),
        // A token of GitHub always has a subject.
        ("ForAllValues:StringEquals", "tenant"),
        ("StringEqualsIfExists", "tenant"),
        ("StringNotEquals", "any tenant"),
        ("StringNotLike", "any tenant"),
    ] {
        check(web(&github, json!({operator: sub()})), &[expected]);
    }
    let denies = |principal: Json, action: &str| {
        json!({
            "Effect": "Deny", "Principal": principal, "Action": action,
            "Condition": {"StringNotEquals": sub()},
        })
    };
    let open = || web(&github, json!({}));
    let action = "sts:AssumeRoleWithWebIdentity";
    check(json!([open(), denies(json!("*"), action)]), &["tenant"]);
    check(json!([open(), denies(json!({"Federated": github}), "sts:*")]), &["tenant"]);
    check(json!([open(), denies(json!("*"), "sts:AssumeRole")]), &["any tenant"]);
    check(json!([open(), denies(json!({"Federated": "gitlab.com"}), action)]), &["any tenant"]);
    // Plain text, which no subject is.
    for value in ["repo:*", "*", ""] {
        check(web(&github, json!({"StringEquals": {format!("{GITHUB}:sub"): value}})), &[]);
    }
    let gitlab = arn("oidc-provider/gitlab.com");
    check(web(&gitlab, json!({"StringEquals": sub()})), &[]);
    check(web(&gitlab, json!({"StringNotEquals": sub()})), &["any tenant"]);
}

/// Who brings a token has no identity in AWS yet, so the requests lack its keys:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[test]
fn anyone_with_a_token_is_of_no_account() {
    for (action, expected) in [
        ("sts:AssumeRoleWithWebIdentity", &[][..]),
        ("sts:AssumeRoleWithSAML", &[]),
        ("sts:AssumeRole", &[OTHER]),
    ] {
        let mut anyone = trusts(json!("*"));
        anyone["Action"] = json!(action);
        check(when(anyone, json!({"StringEquals": {"aws:PrincipalAccount": OTHER}})), expected);
    }
}

/// Each region has an endpoint of its own, and one that takes encrypted assertions ends with an id:
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html>
#[test]
fn assertions_made_for_others() {
    let saml = |condition: Json| {
        json!({
            "Effect": "Allow", "Principal": {"Federated": arn("saml-provider/idp")},
            "Action": "sts:AssumeRoleWithSAML", "Condition": condition,
        })
    };
    let aud = |operator: &str, value: &str| saml(json!({operator: {"SAML:aud": value}}));
    let url = "https://signin.aws.amazon.com/saml";
    check(aud("StringEquals", url), &["saml"]);
    for good in [
        "https://*.signin.aws.amazon.com/saml",
        "https://*.signin.amazonaws-us-gov.com/saml",
        "https://*.signin.amazonaws-eusc.eu/saml",
        "https://*.signin.c2shome.ic.gov/saml",
        "https://signin.aws.amazon.com/saml/acs/*",
    ] {
        check(aud("StringLike", good), &["saml"]);
    }
    for bad in [
        "https://*",
        "https://*/saml",
        "https://*.amazon.com.example.com/saml",
        "https://*.c2shome.ic.gov/saml",
        "https://signin.aws.amazon.com*",
        "*.signin.aws.amazon.com/saml",
    ] {
        check(aud("StringLike", bad), &["saml of any audience"]);
    }
    check(aud("StringEqualsIfExists", url), &["saml of any audience"]);
    check(saml(json!({})), &["saml of any audience"]);
    let wrong = json!({"StringEquals": {"SAML:iss": "https://idp.example.com"}});
    check(saml(wrong), &["saml of any audience"]);
}
