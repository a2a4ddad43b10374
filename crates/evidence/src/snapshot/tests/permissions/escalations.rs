//! Who can become an administrator.

use portcullis_model::{Certainty, Escalation, Fact, Grant, Source};
use serde_json::{Value as Json, json};

use super::{
    DETAILS, OWN, account, allow, attached, deny, document, everything, group, ids, inline, known,
    managed, policy, role, the_group, the_role, trusts, user, with,
};
use crate::snapshot::tests::bundles::{self, CREATED, Fixture, root_row, row};

/// The escalations of alice, who has these statements.
fn of(statements: Json) -> Fact<Vec<Escalation>> {
    among(statements, json!({}))
}

fn among(statements: Json, mut lists: Json) -> Fact<Vec<Escalation>> {
    let users = lists["UserDetailList"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let alice = user("alice", statements);
    lists["UserDetailList"] = json!([&users[..], &[alice]].concat());
    bundles::user(&account(lists), "alice").escalations.clone()
}

fn admin_role(trust: Json) -> Json {
    json!({"RoleDetailList": [role("admin", trust, everything())]})
}

/// A role that EC2 and Lambda may assume, a user and a group, all administrators.
fn administrators() -> Json {
    let mut lists =
        admin_role(trusts(json!({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]})));
    lists["UserDetailList"] = json!([user("bob", everything())]);
    lists["GroupDetailList"] = json!([group("Admins", everything())]);
    lists
}

#[test]
fn an_administrator_becomes_none() {
    assert_eq!(of(everything()), Fact::Known(vec![]));
}

/// One password, two access keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[test]
fn the_credentials_that_the_other_user_has() {
    let found = |action: &str, bob: &[(&str, &str)], listed: Json| {
        let alice = user("alice", allow(json!(action), json!(bundles::arn("bob"))));
        let rows = [root_row(&[]), row("alice", &[]), row("bob", bob)];
        let lists = json!({"UserDetailList": [alice, user("bob", everything())]});
        let fixture = Fixture::new().details(&lists).report(&rows);
        ids(&bundles::user(&fixture.keys(&["bob"], &listed).snapshot(), "alice").escalations)
    };
    let password = [("password_enabled", "true"), ("password_last_changed", CREATED)];
    let none = || json!([]);
    assert_eq!(found("iam:CreateLoginProfile", &[], none()), ["create-login-profile"]);
    assert!(found("iam:CreateLoginProfile", &password, none()).is_empty());
    assert_eq!(found("iam:UpdateLoginProfile", &password, none()), ["update-login-profile"]);
    assert!(found("iam:UpdateLoginProfile", &[], none()).is_empty());
    let keys = [
        ("access_key_1_active", "true"),
        ("access_key_1_last_rotated", CREATED),
        ("access_key_2_active", "false"),
        ("access_key_2_last_rotated", CREATED),
    ];
    let key = |id: &str| json!({"UserName": "bob", "AccessKeyId": id, "Status": "Active", "CreateDate": CREATED});
    let two = || json!([key("AKIAIOSFODNN1EXAMPLE"), key("AKIAIOSFODNN2EXAMPLE")]);
    assert!(found("iam:CreateAccessKey", &keys, two()).is_empty());
    assert_eq!(found("iam:CreateAccessKey", &keys[..2], two()), ["create-access-key"]);
    let one = json!([key("AKIAIOSFODNN1EXAMPLE")]);
    assert_eq!(found("iam:CreateAccessKey", &keys, one), ["create-access-key"]);
}

#[test]
fn all_of_iam() {
    let alice = with(user("alice", json!([])), "GroupList", json!(["Iam"]));
    let snapshot = account(json!({
        "UserDetailList": [alice],
        "GroupDetailList": [group("Iam", allow(json!("iam:*"), json!("*")))],
    }));
    let alice = bundles::user(&snapshot, "alice");
    assert_eq!(alice.administrator, Fact::Known(true));
    assert_eq!(alice.escalations, Fact::Known(vec![]));
    let found = ids(&policy(&snapshot, "own").escalations);
    for method in ["attach-user-policy", "create-access-key"] {
        assert!(found.contains(&method.to_owned()), "{method}");
    }
}

#[test]
fn an_unknown_action_beside_it_silences_nothing() {
    let actions = json!(["no-such-service:Make*", "iam:NoSuchAction", "IAM:putuserpolicy"]);
    assert_eq!(ids(&of(allow(actions, json!("*")))), ["put-user-policy"]);
}

#[test]
fn the_chain_of_evidence() {
    let mut alice = user("alice", json!([]));
    let pass = format!("{OWN}:policy/pass");
    alice["AttachedManagedPolicies"] = attached(&pass);
    alice["GroupList"] = json!(["Builders"]);
    let region = json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let start = with(allow(json!("ec2:*"), json!("*")), "Condition", region);
    let builders = [allow(json!("s3:GetObject"), json!("*")), with(start, "Sid", json!("Start"))];
    let mut lists = administrators();
    let arn = format!("{OWN}:instance-profile/admin");
    lists["RoleDetailList"][0]["InstanceProfileList"] =
        json!([{"InstanceProfileName": "admin", "Arn": arn}]);
    lists["UserDetailList"] = json!([alice]);
    lists["GroupDetailList"] = json!([group("Builders", json!(builders))]);
    lists["Policies"] = json!([managed(&pass, allow(json!("iam:PassRole"), json!("*")))]);
    let snapshot = account(lists);
    let found = known(bundles::user(&snapshot, "alice").escalations.clone());
    let run = found
        .iter()
        .find(|one| one.method == "ec2-run-instances")
        .unwrap();
    assert_eq!(run.certainty, Certainty::Conditional);
    assert_eq!(run.target, Some(format!("{OWN}:role/admin")));
    assert_eq!(run.conditions, ["aws:RequestedRegion"]);
    let grant = |action: &str, policy: String, statement: &str, conditional| Grant {
        action: action.to_owned(),
        policy,
        statement: statement.to_owned(),
        conditional,
    };
    let expected = [
        grant("iam:PassRole", pass, "1", false),
        grant("ec2:RunInstances", format!("{OWN}:group/Builders/policy/own"), "2 (Start)", true),
    ];
    assert_eq!(run.grants, expected);
    assert!(!ids(&the_group(&snapshot, "Builders").escalations).contains(&run.method));
}

#[test]
fn resources_of_another_kind_grant_nothing() {
    for resource in [
        "arn:aws:s3:::reports/*",
        "arn:aws:lambda:*:*:function:*",
        "arn:aws:iam::999988887777:*",
        "arn:aws:iam::123456789012:server-certificate/*",
    ] {
        let found = among(allow(json!(["iam:*", "sts:*"]), json!(resource)), administrators());
        assert_eq!(found, Fact::Known(vec![]), "{resource}");
    }
    let functions = json!("arn:aws:lambda:*:*:function:*");
    let code = allow(json!("lambda:UpdateFunctionCode"), functions);
    assert_eq!(ids(&among(code, administrators())), ["lambda-update-code"]);
}

#[test]
fn ones_own_credentials_lead_nowhere() {
    let keys = json!(["iam:CreateAccessKey", "iam:UpdateLoginProfile"]);
    for own in [
        "arn:aws:iam::*:user/${aws:username}",
        "arn:aws:iam::123456789012:user/*/${aws:username}",
        "arn:aws:iam::123456789012:user/alice",
    ] {
        let found = among(allow(keys.clone(), json!(own)), administrators());
        assert_eq!(found, Fact::Known(vec![]), "{own}");
    }
    let bobs = json!("arn:aws:iam::123456789012:user/b*");
    assert_eq!(
        ids(&among(allow(keys, bobs), administrators())),
        ["create-access-key", "update-login-profile"]
    );
    let own = json!("arn:aws:iam::*:user/${aws:username}");
    assert_eq!(ids(&of(allow(json!("iam:PutUserPolicy"), own))), ["put-user-policy"]);
}

#[test]
fn a_named_role_or_group_must_lead_on() {
    let ec2 = || trusts(json!({"Service": "ec2.amazonaws.com"}));
    let lists = |statements: Json| {
        json!({
            "GroupDetailList": [group("Staff", statements.clone())],
            "RoleDetailList": [role("worker", ec2(), statements)],
        })
    };
    let ways = json!([
        allow(json!("iam:AddUserToGroup"), json!(format!("{OWN}:group/Staff"))),
        allow(json!("iam:PassRole"), json!("arn:aws:iam::*:role/worker")),
        allow(json!("ec2:RunInstances"), json!("*")),
    ]);
    let read = allow(json!("s3:GetObject"), json!("*"));
    assert_eq!(among(ways.clone(), lists(read)), Fact::Known(vec![]));
    let found = among(ways.clone(), lists(everything()));
    assert_eq!(ids(&found), ["add-user-to-group", "ec2-run-instances"]);
    let targets: Vec<_> = known(found)
        .into_iter()
        .map(|one| one.target.unwrap())
        .collect();
    assert_eq!(targets, [format!("{OWN}:group/Staff"), format!("{OWN}:role/worker")]);
    let escalating = allow(json!(["iam:PutRolePolicy", "iam:PutUserPolicy"]), json!("*"));
    assert_eq!(ids(&among(ways, lists(escalating))).len(), 2, "what can become one leads on too");
}

#[test]
fn a_role_for_another_service_is_not_passed_on() {
    let pass = |operator: &str, service: &str| {
        let condition = json!({operator: {"iam:PassedToService": service}});
        let pass = with(allow(json!("iam:PassRole"), json!("*")), "Condition", condition);
        let run = allow(json!("ec2:RunInstances"), json!("*"));
        ids(&among(json!([pass, run]), administrators()))
    };
    let none = Vec::<String>::new();
    assert_eq!(pass("StringEquals", "ecs-tasks.amazonaws.com"), none);
    assert_eq!(pass("StringEqualsIfExists", "ecs-tasks.amazonaws.com"), none);
    assert_eq!(pass("StringEquals", "ec2.amazonaws.com"), ["ec2-run-instances"]);
    assert_eq!(pass("StringLike", "ec2.*"), ["ec2-run-instances"]);
    assert_eq!(pass("StringNotEquals", "ecs-tasks.amazonaws.com"), ["ec2-run-instances"]);
}

#[test]
fn to_assume_an_administrator_both_must_agree() {
    let may = || allow(json!("sts:AssumeRole"), json!(format!("{OWN}:role/admin")));
    let root = || trusts(json!({"AWS": format!("{OWN}:root")}));
    let found = known(among(may(), admin_role(root())));
    assert_eq!(found[0].method, "assume-role");
    assert_eq!(found[0].target, Some(format!("{OWN}:role/admin")));
    let policies: Vec<_> = found[0]
        .grants
        .iter()
        .map(|grant| grant.policy.as_str())
        .collect();
    assert_eq!(policies, [format!("{OWN}:user/alice/policy/own"), format!("{OWN}:role/admin")]);

    let id = trusts(json!({"AWS": "123456789012"}));
    assert_eq!(ids(&among(may(), admin_role(id))), ["assume-role"]);
    let none = Fact::Known(vec![]);
    assert_eq!(among(json!([]), admin_role(root())), none, "no permission");
    let service = trusts(json!({"Service": "ec2.amazonaws.com"}));
    assert_eq!(among(may(), admin_role(service)), none, "no trust");
    let bob = format!("{OWN}:user/bob");
    assert_eq!(among(may(), admin_role(trusts(json!({"AWS": bob})))), none, "trust in another");
    let only_bob = with(root(), "Condition", json!({"ArnEquals": {"aws:PrincipalArn": bob}}));
    assert_eq!(among(may(), admin_role(only_bob)), none, "a condition for another");
}

#[test]
fn whom_a_trust_policy_names_needs_no_permission() {
    let alice = || trusts(json!({"AWS": [format!("{OWN}:user/alice")]}));
    assert_eq!(ids(&among(json!([]), admin_role(alice()))), ["assume-role"]);
    assert_eq!(ids(&among(json!([]), admin_role(trusts(json!("*"))))), ["assume-role"]);
    let denied = deny(json!("sts:AssumeRole"), json!("*"));
    assert_eq!(among(denied, admin_role(alice())), Fact::Known(vec![]));
}

#[test]
fn a_chain_of_roles_leads_to_the_administrator_and_not_in_a_circle() {
    let may = |name: &str| allow(json!("sts:AssumeRole"), json!(format!("{OWN}:role/{name}")));
    let root = || trusts(json!({"AWS": format!("{OWN}:root")}));
    let chain = |last: Json| {
        json!({
            "UserDetailList": [user("alice", may("first"))],
            "RoleDetailList": [
                role("first", root(), may("second")),
                role("second", root(), json!([may("first"), may("last")])),
                role("last", root(), last),
            ],
        })
    };
    let snapshot = account(chain(everything()));
    let target = |found: &Fact<Vec<Escalation>>| known(found.clone())[0].target.clone().unwrap();
    let alice = bundles::user(&snapshot, "alice");
    assert_eq!(target(&alice.escalations), format!("{OWN}:role/first"));
    let of_role = |name: &str| the_role(&snapshot, name).escalations;
    assert_eq!(target(&of_role("first")), format!("{OWN}:role/second"));
    assert_eq!(target(&of_role("second")), format!("{OWN}:role/last"));
    assert_eq!(of_role("last"), Fact::Known(vec![]));

    let snapshot = account(chain(json!([])));
    for name in ["first", "second"] {
        assert_eq!(the_role(&snapshot, name).escalations, Fact::Known(vec![]), "{name}");
    }
}

#[test]
fn a_boundary_limits_and_may_be_shed() {
    let bounded = |boundary: Json, own: Json| {
        let arn = format!("{OWN}:policy/boundary");
        let bound = json!({"PermissionsBoundaryArn": arn});
        let alice = with(user("alice", own), "PermissionsBoundary", bound);
        let lists = json!({"UserDetailList": [alice], "Policies": [managed(&arn, boundary)]});
        ids(&bundles::user(&account(lists), "alice").escalations)
    };
    let none = Vec::<String>::new();
    let s3 = allow(json!("s3:*"), json!("*"));
    assert_eq!(bounded(s3.clone(), everything()), none);
    let iam = allow(json!("iam:CreatePolicyVersion"), json!("*"));
    assert_eq!(bounded(iam.clone(), everything()), ["create-policy-version"], "of the boundary");
    assert_eq!(bounded(everything(), iam), none, "a wider boundary grants nothing");
    let shed = json!([s3, allow(json!("iam:DeleteUserPermissionsBoundary"), json!("*"))]);
    assert_eq!(bounded(shed.clone(), everything()), ["delete-user-boundary"]);
    assert_eq!(bounded(shed.clone(), shed.clone()), none, "nothing to gain");
    assert_eq!(ids(&of(shed)), none, "no boundary");
}

#[test]
fn service_linked_roles_are_left_to_their_service() {
    let service = trusts(json!({"Service": "x.amazonaws.com"}));
    let mut linked = role("x", service, allow(json!("iam:*"), json!("*")));
    linked["Arn"] = json!(format!("{OWN}:role/aws-service-role/x.amazonaws.com/x"));
    let linked = the_role(&account(json!({"RoleDetailList": [linked]})), "x");
    assert!(linked.service_linked);
    assert_eq!(linked.escalations, Fact::Known(vec![]));
}

#[test]
fn what_cannot_be_read_leaves_it_open_unless_the_rest_decides() {
    let odd = json!({"PolicyName": "odd", "PolicyDocument": {"Statement": {"Effect": "Maybe"}}});
    let with_odd = |statements: Json| {
        let policies = json!([odd, inline("own", statements)]);
        let alice = with(user("alice", json!([])), "UserPolicyList", policies);
        let snapshot = account(json!({"UserDetailList": [alice]}));
        bundles::user(&snapshot, "alice").escalations.clone()
    };
    assert_eq!(with_odd(json!([])), Fact::missing(DETAILS));
    let one = allow(json!("iam:PutUserPolicy"), json!("*"));
    assert_eq!(ids(&with_odd(one)), ["put-user-policy"]);
    assert_eq!(with_odd(deny(json!("*"), json!("*"))), Fact::Known(vec![]));
    assert_eq!(with_odd(everything()), Fact::Known(vec![]));
}

#[test]
fn an_unread_trust_policy_may_let_in_anyone_of_the_account() {
    let may = allow(json!("sts:AssumeRole"), json!(format!("{OWN}:role/admin")));
    let admin = role("admin", json!([]), everything());
    let lists = json!({"RoleDetailList": [with(admin, "AssumeRolePolicyDocument", json!("{"))]});
    assert_eq!(among(may, lists.clone()), Fact::missing(DETAILS));
    assert_eq!(among(json!([]), lists.clone()), Fact::missing(DETAILS), "it may name alice");
    let denied = deny(json!("sts:AssumeRole"), json!("*"));
    assert_eq!(among(denied, lists), Fact::Known(vec![]));
}

/// Whoever creates the SAML provider that a role trusts chooses who signs in; it may have been deleted.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteSAMLProvider.html>
#[test]
fn a_missing_provider_may_be_created() {
    let mut trust = trusts(json!({"Federated": format!("{OWN}:saml-provider/corp")}));
    trust["Action"] = json!("sts:AssumeRoleWithSAML");
    let mut lists = admin_role(trust);
    lists["UserDetailList"] =
        json!([user("alice", allow(json!("iam:CreateSAMLProvider"), json!("*")))]);
    let fixture = || {
        Fixture::new()
            .details(&lists)
            .report(&[root_row(&[]), row("alice", &[])])
    };
    let with_list = |list: Json| {
        let counts = json!({"Providers": list.as_array().map_or(0, Vec::len)});
        let answer = json!({"SAMLProviderList": list, "SAMLProviders": []});
        fixture()
            .with(Source::SamlProviders, &answer)
            .summary(&counts)
    };
    let found = |fixture: Fixture| {
        let escalations = bundles::user(&fixture.snapshot(), "alice")
            .escalations
            .clone();
        let found = known(escalations);
        found
            .into_iter()
            .map(|it| (it.method, it.certainty))
            .collect::<Vec<_>>()
    };
    let created = |certainty| vec![("create-saml-provider".to_owned(), certainty)];
    let corp = json!([{"Arn": format!("{OWN}:saml-provider/corp")}]);
    assert_eq!(found(with_list(corp)), []);
    assert_eq!(found(with_list(json!([]))), created(Certainty::Certain));
    let unlisted = fixture().without(Source::SamlProviders);
    assert_eq!(found(unlisted), created(Certainty::Conditional));
}

#[test]
fn one_policy_alone() {
    let part = |name: &str, statement: Json| managed(&format!("{OWN}:policy/{name}"), statement);
    let action = |action: &str| allow(json!(action), json!("*"));
    let version = |id: &str, default: bool, statement: Json| json!({"VersionId": id, "IsDefaultVersion": default, "Document": document(statement)});
    let versions = json!([version("v1", false, action("iam:*")), version("v2", true, json!([]))]);
    let mut lists = administrators();
    lists["Policies"] = json!([
        part("pass", action("iam:PassRole")),
        part("run", action("ec2:RunInstances")),
        part("code", action("lambda:UpdateFunction*")),
        part("all", everything()),
        with(part("old", json!([])), "PolicyVersionList", versions),
    ]);
    let snapshot = account(lists);
    let found = |name: &str| ids(&policy(&snapshot, name).escalations);
    let none = Vec::<String>::new();
    assert_eq!(found("pass"), none);
    assert_eq!(found("run"), none);
    assert_eq!(found("code"), ["lambda-update-code", "lambda-update-configuration"]);
    assert_eq!(found("all"), none, "it allows everything already");
    assert_eq!(found("old"), none, "only the default version counts");
}

#[test]
fn the_order_of_aws_lists_decides_nothing() {
    let user =
        || user("alice", json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]));
    let mut found = Vec::new();
    for names in [["a", "b"], ["b", "a"]] {
        let mut roles = Vec::new();
        for name in names {
            let trust = trusts(json!({"AWS": "123456789012"}));
            let admin = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
            roles.push(role(name, trust, admin));
        }
        let lists = json!({"UserDetailList": [user()], "RoleDetailList": roles});
        found.push(bundles::user(&account(lists), "alice").escalations.clone());
    }
    assert_eq!(found[0], found[1]);
    assert!(!found[0].clone().known().unwrap().is_empty());
}
