//! Ways from one account into another: both accounts must allow them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>

use portcullis_iam::{Crossing, Lack, Neighbours, Party, Rank, ReachedRole, border, judge};
use portcullis_model::{AccountId, Border};
use serde_json::{Value as Json, json};

use crate::account::{NOW, ORG, account, allow, deny, everything, trusts, when};
use crate::hostile::grows_less_than;

const A: &str = "111111111111";
const B: &str = "222222222222";
const C: &str = "333333333333";

fn arn(account: &str, resource: &str) -> String {
    format!("arn:aws:iam::{account}:{resource}")
}

fn border_of(json: Json) -> Border {
    let account = account(json);
    let (least, most) = (judge(&account, false), judge(&account, true));
    let border = border(&account, |id| {
        Rank::new(&least.principals[id.place()], Some(&most.principals[id.place()]))
    });
    // What a saved report holds of it is enough.
    serde_json::from_value(serde_json::to_value(&border).unwrap()).unwrap()
}

/// What a principal of the account A reaches; none of the account: nobody of that name may leave it.
fn reached(accounts: &[(&str, Option<Border>)], name: &str) -> Option<Crossing> {
    let mut parties = Vec::new();
    for (id, border) in accounts {
        parties.push(Party {
            partition: "aws",
            id: AccountId::parse(id).unwrap(),
            now: NOW.parse().unwrap(),
            border: border.as_ref(),
        });
    }
    let crossings = Neighbours::new(&parties).crossings(0);
    crossings.into_iter().find(|crossing| crossing.name == name)
}

fn describe(role: &ReachedRole) -> String {
    let mut words = vec![role.account.clone(), role.name.clone()];
    for via in &role.via {
        words.extend(["via".to_owned(), via.rsplit_once('/').unwrap().1.to_owned()]);
    }
    for key in &role.conditions {
        words.extend(["if".to_owned(), key.clone()]);
    }
    words.join(" ")
}

fn texts(crossing: &Crossing) -> Vec<String> {
    crossing.roles.iter().map(describe).collect()
}

/// What alice of A reaches, whose statements these are, in B, whose role admin has these statements of trust.
#[track_caller]
fn check(may: Json, trust: Json, expected: &[&str]) {
    check_all(json!({"users": {"alice": {"may": may}}}), admin(trust), expected);
}

/// The role admin, an administrator.
fn admin(trust: Json) -> Json {
    json!({"roles": {"admin": {"may": [everything()], "trust": trust}}})
}

#[track_caller]
fn check_all(own: Json, other: Json, expected: &[&str]) {
    let found = between(own, other).unwrap();
    assert_eq!(texts(&found), expected);
    assert!(found.lacks.is_empty() || !expected.is_empty(), "{found:?}");
}

/// What alice of A reaches in B.
fn between(mut own: Json, mut other: Json) -> Option<Crossing> {
    own["id"] = json!(A);
    other["id"] = json!(B);
    reached(&[(A, Some(border_of(own))), (B, Some(border_of(other)))], "alice")
}

fn assume(role: &str) -> Json {
    json!([allow("sts:AssumeRole", arn(B, &format!("role/{role}")))])
}

fn trusts_a() -> Json {
    json!([trusts(json!({"AWS": A}))])
}

const ADMIN: &[&str] = &["222222222222 admin"];

#[test]
fn both_accounts_must_allow() {
    check(assume("admin"), trusts_a(), ADMIN);
    check(assume("*"), trusts_a(), ADMIN);
    check(json!([allow("sts:*", "*")]), trusts_a(), ADMIN);
    check(assume("other"), trusts_a(), &[]);
    check(assume("admin"), json!([trusts(json!({"AWS": C}))]), &[]);
    check(assume("admin"), json!([trusts(json!({"AWS": arn(A, "user/alice")}))]), ADMIN);
    check(assume("admin"), json!([trusts(json!({"AWS": arn(A, "user/bob")}))]), &[]);
    check(assume("admin"), json!([trusts(json!({"AWS": "*"}))]), ADMIN);
    check(assume("admin"), json!([trusts(json!({"Service": "ec2.amazonaws.com"}))]), &[]);
    let root = json!([trusts(json!({"AWS": arn(A, "root")}))]);
    check(assume("admin"), root, ADMIN);
}

/// Unlike within an account, a trust policy that names the principal is not enough.
#[test]
fn who_has_no_permission_does_not_leave() {
    let named = || json!([trusts(json!({"AWS": arn(A, "user/alice")}))]);
    for may in
        [json!([]), json!([allow("s3:*", "*")]), json!([allow("sts:AssumeRole", arn(A, "role/*"))])]
    {
        assert_eq!(between(json!({"users": {"alice": {"may": may}}}), admin(named())), None);
    }
}

#[test]
fn a_deny_on_either_side_ends_it() {
    let mut may = assume("*").as_array().unwrap().clone();
    may.push(deny("sts:AssumeRole", arn(B, "role/admin")));
    check(json!(may), trusts_a(), &[]);
    may[1] = deny("sts:AssumeRole", arn(B, "role/other"));
    check(json!(may), trusts_a(), ADMIN);
    let denies = |principal: String| json!([trusts(json!({"AWS": A})), {"Effect": "Deny", "Principal": {"AWS": principal}, "Action": "sts:*"}]);
    check(assume("admin"), denies(arn(A, "user/alice")), &[]);
    check(assume("admin"), denies(arn(A, "user/bob")), ADMIN);
}

#[test]
fn a_boundary_must_allow_too() {
    let own = |boundary: Json| {
        json!({
            "policies": {"edge": boundary},
            "users": {"alice": {"may": assume("admin"), "boundary": "edge"}},
        })
    };
    check_all(own(assume("admin")), admin(trusts_a()), ADMIN);
    check_all(own(assume("other")), admin(trusts_a()), &[]);
    assert_eq!(between(own(json!([allow("s3:*", "*")])), admin(trusts_a())), None);
}

/// No request is made in two regions, so where a policy allows it in one and the boundary in another, nothing is allowed.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[test]
fn conditions_of_a_policy_and_its_boundary_may_exclude_each_other() {
    let in_region = |region: &str, statement: &Json| {
        let condition = json!({"StringEquals": {"aws:RequestedRegion": region}});
        json!([when(statement.clone(), condition)])
    };
    let bounded = |statement: &Json, region: &str| {
        json!({
            "policies": {"edge": in_region(region, statement)},
            "users": {"alice": {"may": in_region("eu-west-1", statement), "boundary": "edge"}},
            "roles": {"deploy": {"may": assume("admin"), "trust": trusts_a()}},
        })
    };
    let abroad = |region| bounded(&assume("admin")[0], region);
    let expected = &["222222222222 admin if aws:RequestedRegion"];
    check_all(abroad("eu-west-1"), admin(trusts_a()), expected);
    check_all(abroad("us-east-1"), admin(trusts_a()), &[]);
    let at_home = |region| between(bounded(&deploy(), region), admin(trusts_a()));
    let expected = ["222222222222 admin via deploy if aws:RequestedRegion"];
    assert_eq!(texts(&at_home("eu-west-1").unwrap()), expected);
    assert_eq!(at_home("us-east-1"), None);
}

#[test]
fn a_group_gives_its_permissions_to_its_users() {
    let own = json!({"groups": {"ops": {"may": assume("admin")}}, "users": {"alice": {"groups": ["ops"]}}});
    check_all(own, admin(trusts_a()), ADMIN);
}

#[test]
fn conditions_on_either_side_make_it_conditional() {
    let mfa = || json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let external_id = json!({"StringEquals": {"sts:ExternalId": "secret"}});
    let may = json!([when(assume("admin")[0].clone(), mfa())]);
    let by_mfa = &["222222222222 admin if aws:MultiFactorAuthPresent"];
    check(may.clone(), trusts_a(), by_mfa);
    check(assume("admin"), json!([when(trusts_a()[0].clone(), mfa())]), by_mfa);
    let trust = json!([when(trusts_a()[0].clone(), external_id)]);
    check(assume("admin"), trust.clone(), &["222222222222 admin if sts:ExternalId"]);
    check(may, trust, &["222222222222 admin if aws:MultiFactorAuthPresent if sts:ExternalId"]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[test]
fn keys_of_the_principal_are_those_of_its_account_and_keys_of_the_role_those_of_its_own() {
    let of = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let anyone = |condition| json!([when(trusts(json!("*")), condition)]);
    for (condition, is_met) in [
        (of("aws:PrincipalAccount", A), true),
        (of("aws:PrincipalAccount", B), false),
        (of("aws:PrincipalOrgID", ORG), true),
        (of("aws:PrincipalOrgID", "o-other"), false),
        (of("aws:PrincipalArn", &arn(A, "user/alice")), true),
        (of("aws:PrincipalArn", &arn(A, "user/bob")), false),
        (of("aws:PrincipalTag/team", "ops"), true),
        (of("aws:PrincipalTag/team", "dev"), false),
        (of("aws:ResourceAccount", B), true),
        (of("aws:ResourceAccount", A), false),
        (of("aws:ResourceOrgID", ORG), false),
    ] {
        let own = |may: Json| json!({"organization": ORG, "users": {"alice": {"may": may, "tags": {"team": "ops"}}}});
        let expected = if is_met { ADMIN } else { &[] };
        check_all(own(assume("admin")), admin(anyone(condition.clone())), expected);
        let may = json!([when(assume("admin")[0].clone(), condition)]);
        check_all(own(may), admin(trusts_a()), expected);
    }
}

#[test]
fn only_privileged_roles_count() {
    let other = |may: Json| json!({"roles": {"admin": {"may": may, "trust": trusts_a()}}});
    let own = || json!({"users": {"alice": {"may": assume("*")}}});
    check_all(own(), other(json!([allow("s3:*", "*")])), &[]);
    // It can give itself every permission.
    check_all(own(), other(json!([allow("iam:PutRolePolicy", "*")])), ADMIN);
    // Or is one, or becomes one, under a condition.
    for may in [everything(), allow("iam:PutRolePolicy", "*")] {
        let under_mfa = when(may, json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
        check_all(
            own(),
            other(json!([under_mfa])),
            &["222222222222 admin if aws:MultiFactorAuthPresent"],
        );
    }
}

#[test]
fn administrators_at_home_are_left_out() {
    let own = json!({"users": {"alice": {"may": [everything()]}}});
    assert_eq!(between(own, admin(trusts_a())), None);
    let role = json!({"roles": {"alice": {"may": assume("*"), "trust": []}}});
    check_all(role, admin(trusts_a()), ADMIN);
}

#[test]
fn a_chain_leads_through_several_accounts() {
    let trusts_role =
        |account: &str, role: &str| json!([trusts(json!({"AWS": arn(account, role)}))]);
    let a = json!({"id": A, "users": {"alice": {"may": assume("hop")}}});
    let b = |may: Json| json!({"id": B, "roles": {"hop": {"may": may, "trust": trusts_a()}}});
    let into_c = allow("sts:AssumeRole", arn(C, "role/admin"));
    let mut c = admin(trusts_role(B, "role/hop"));
    c["id"] = json!(C);
    let all = |b: Json| {
        let borders = [(A, a.clone()), (B, b), (C, c.clone())];
        texts(&reached(&borders.map(|(id, json)| (id, Some(border_of(json)))), "alice").unwrap())
    };
    assert_eq!(all(b(json!([into_c]))), ["333333333333 admin via hop"]);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let expected = ["333333333333 admin via hop if aws:MultiFactorAuthPresent"];
    assert_eq!(all(b(json!([when(into_c.clone(), mfa)]))), expected);
    assert_eq!(all(b(json!([allow("s3:*", "*")]))), [""; 0]);
    // An administrator goes on as well.
    let expected = ["222222222222 hop", "333333333333 admin via hop"];
    assert_eq!(all(b(json!([everything()]))), expected);
}

/// What alice of A reaches, who has these statements, by the role deploy of A, whose trust policy has those.
fn by_deploy(alice: Json, trust: Json) -> Option<Crossing> {
    let own = json!({
        "users": {"alice": alice},
        "roles": {"deploy": {"may": assume("admin"), "trust": trust}},
    });
    between(own, admin(trusts_a()))
}

fn deploy() -> Json {
    allow("sts:AssumeRole", arn(A, "role/deploy"))
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[test]
fn a_role_at_home_leads_on_for_whoever_may_assume_it() {
    let by_name = || json!([trusts(json!({"AWS": arn(A, "user/alice")}))]);
    let may = |statements: Json| json!({"may": statements});
    let denied = may(json!([deny("sts:*", "*")]));
    for (alice, trust, is_let_in) in [
        (may(json!([deploy()])), trusts_a(), true),
        (may(json!([])), trusts_a(), false),
        (may(json!([])), by_name(), true),
        (denied, by_name(), false),
        (may(json!([deploy()])), json!([trusts(json!({"AWS": arn(A, "user/bob")}))]), false),
        (may(json!([deploy()])), json!([trusts(json!({"AWS": C}))]), false),
    ] {
        let found = by_deploy(alice.clone(), trust.clone()).map(|found| texts(&found));
        let expected = is_let_in.then(|| vec!["222222222222 admin via deploy".to_owned()]);
        assert_eq!(found, expected, "{alice} {trust}");
    }
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let conditional = by_deploy(may(json!([when(deploy(), mfa)])), trusts_a()).unwrap();
    let expected = ["222222222222 admin via deploy if aws:MultiFactorAuthPresent"];
    assert_eq!(texts(&conditional), expected);
}

#[test]
fn roles_are_assumed_one_after_the_other_before_and_after_the_border() {
    let into = |account: &str, role: &str| json!([allow("sts:AssumeRole", arn(account, role))]);
    let role =
        |may: Json, lets_in: &str| json!({"may": may, "trust": [trusts(json!({"AWS": lets_in}))]});
    let a = json!({
        "id": A,
        "users": {"alice": {"may": into(A, "role/ci")}},
        "roles": {"ci": role(into(A, "role/out"), A), "out": role(into(B, "role/in"), A)},
    });
    let b = json!({
        "id": B,
        "roles": {"in": role(into(B, "role/on"), A), "on": role(into(C, "role/admin"), B)},
    });
    let c = json!({"id": C, "roles": {"admin": role(json!([everything()]), B)}});
    let borders = [(A, a), (B, b), (C, c)].map(|(id, json)| (id, Some(border_of(json))));
    let found = texts(&reached(&borders, "alice").unwrap());
    assert_eq!(found, ["333333333333 admin via ci via out via in via on"]);
}

/// It can give itself every permission, which is a finding of its own account, about alice too if she needs no MFA.
/// Each user has a policy of its own, of which those that say the same are evaluated once.
#[test]
fn many_users_and_roles_at_home_take_no_time_of_higher_order() {
    let search = |size: usize| {
        let (mut users, mut roles) = (json!({}), json!({}));
        for number in 0..size * 4 {
            let role = if number < size * 2 {
                "*"
            } else {
                &format!("r{}", number % size)
            };
            let may = json!([allow("sts:AssumeRole", arn(A, &format!("role/{role}")))]);
            users[format!("u{number}")] = json!({"may": may});
        }
        for number in 0..size {
            roles[format!("r{number}")] = json!({"may": assume("admin"), "trust": trusts_a()});
        }
        let account = account(json!({"id": A, "users": users, "roles": roles}));
        let border = border(&account, |_| Rank::Other);
        // One list of all roles, and one of each role.
        let mut lengths: Vec<usize> = border.home_steps.iter().map(Vec::len).collect();
        lengths.sort_unstable();
        assert_eq!((lengths.len(), lengths[size - 1], lengths[size]), (size + 1, 1, size));
        let users = border
            .principals
            .iter()
            .filter(|it| it.home_steps.is_some())
            .count();
        assert_eq!(users, size * 4);
    };
    assert!(grows_less_than(10.0, 250, search));
}

#[test]
fn what_a_role_at_home_can_become_there_is_no_other_account() {
    let mut may = assume("admin").as_array().unwrap().clone();
    may.push(allow("iam:PutRolePolicy", "*"));
    let own = |alice: Json| {
        json!({
            "users": {"alice": {"may": [alice]}},
            "roles": {"deploy": {"may": may, "trust": trusts_a()}},
        })
    };
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let expected = &["222222222222 admin via deploy if aws:MultiFactorAuthPresent"];
    check_all(own(when(deploy(), mfa)), admin(trusts_a()), expected);
}

#[track_caller]
fn check_lacks(crossing: Crossing, lacks: &[(Lack, &str)]) {
    assert_eq!(crossing.roles, []);
    let found = crossing
        .lacks
        .iter()
        .map(|(lack, account)| (*lack, account.as_str()));
    assert!(found.eq(lacks.iter().copied()), "{crossing:?}");
}

#[test]
fn what_was_not_read_is_named() {
    let a = |may: Json| Some(border_of(json!({"id": A, "users": {"alice": {"may": may}}})));
    let unread = |may| reached(&[(A, a(may)), (B, None)], "alice").unwrap();
    // Nothing is known of the other account; the second one may not go there.
    check_lacks(unread(assume("admin")), &[(Lack::Document, B)]);
    check_lacks(unread(json!([allow("sts:AssumeRole", arn(C, "role/admin"))])), &[]);
    let own = json!({"users": {"alice": {"inline": {"unread": null}}}});
    check_lacks(between(own, admin(trusts_a())).unwrap(), &[(Lack::Document, A)]);
    let mut own = json!({"users": {"alice": {"may": assume("admin"), "inline": {"unread": null}}}});
    check_all(own.clone(), admin(trusts_a()), ADMIN);
    own["users"]["alice"]["inline"] = json!({});
    own["organization"] = json!("unknown");
    let of_organization = json!({"StringEquals": {"aws:PrincipalOrgID": ORG}});
    let anyone = when(trusts(json!("*")), of_organization);
    check_lacks(between(own, admin(json!([anyone]))).unwrap(), &[(Lack::Organization, A)]);
    let hidden = json!({"roles": {"admin": {"inline": {"unread": null}, "trust": trusts_a()}}});
    let own = json!({"users": {"alice": {"may": assume("admin")}}});
    check_lacks(between(own, hidden).unwrap(), &[(Lack::Document, B)]);
}

#[test]
fn a_border_holds_nothing_but_what_crosses_it() {
    let json = json!({
        "id": A,
        "policies": {"ops": [
            allow(json!(["sts:AssumeRole", "s3:*"]), json!([arn(A, "role/own"), arn(B, "role/x")])),
            deny("s3:*", "*"),
        ]},
        "users": {"alice": {"attached": ["ops"]}, "bob": {"attached": ["ops"]}, "carol": {"may": [allow("s3:*", "*")]}},
        "roles": {"own": {"may": [everything()], "trust": [trusts(json!({"AWS": A}))]}},
    });
    let border = border_of(json);
    let names: Vec<_> = border.principals.iter().map(|it| it.arn.as_str()).collect();
    assert_eq!(names, [arn(A, "user/alice"), arn(A, "user/bob")]);
    let expected = json!([{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sts:assumerole"], "Resource": [arn(B, "role/x")]},
    ]}]);
    assert_eq!(json!(border.documents), expected);
}

/// The ways in which alice of A reaches what she reaches in B.
fn ways(own: Json, other: Json) -> Vec<String> {
    let found = between(own, other)
        .map(|found| found.roles)
        .unwrap_or_default();
    found.into_iter().map(|role| role.way).collect()
}

/// The user josh and the role out of A, who may assume the role admin of B; and alice, with these statements.
fn with_josh(alice: Json, trust: Json) -> Json {
    json!({
        "users": {"alice": {"may": alice}, "josh": {"may": assume("admin")}},
        "roles": {"out": {"may": assume("admin"), "trust": trust}},
    })
}

/// The methods are those of one account: <https://github.com/DataDog/pathfinding.cloud>.
#[test]
fn whoever_takes_over_somebody_at_home_goes_on_as_that_one() {
    let iam = |action: &str, target: &str| json!([allow(action, arn(A, target))]);
    let nobody = || json!([trusts(json!({"Service": "sqs.amazonaws.com"}))]);
    let lambda = || json!([trusts(json!({"Service": "lambda.amazonaws.com"}))]);
    let run = json!([
        allow("iam:PassRole", arn(A, "role/out")),
        allow(json!(["lambda:CreateFunction", "lambda:InvokeFunction"]), "*"),
    ]);
    let admin_of_b = "assume arn:aws:iam::222222222222:role/admin";
    for (alice, trust, first) in [
        (iam("iam:CreateAccessKey", "user/josh"), nobody(), "create an access key for user josh"),
        (iam("iam:CreateAccessKey", "*"), nobody(), "create an access key for user josh"),
        (
            iam("iam:CreateLoginProfile", "user/josh"),
            nobody(),
            "create a console password for user josh",
        ),
        (
            iam("iam:UpdateAssumeRolePolicy", "role/out"),
            nobody(),
            "rewrite the trust policy of role out and then assume it",
        ),
        (run.clone(), lambda(), "create a function with role out and invoke it"),
    ] {
        let found = ways(with_josh(alice.clone(), trust), admin(trusts_a()));
        assert_eq!(found, [format!("{first}, then {admin_of_b}")], "{alice}");
    }
    for (alice, trust) in [
        (iam("iam:CreateAccessKey", "user/bob"), nobody()),
        (run, nobody()),
        (json!([allow("iam:CreateAccessKey", "*"), deny("iam:*", arn(A, "user/josh"))]), nobody()),
    ] {
        assert_eq!(ways(with_josh(alice.clone(), trust), admin(trusts_a())), [""; 0], "{alice}");
    }
    let named = json!([trusts(json!({"AWS": arn(A, "user/josh")}))]);
    let alice = iam("iam:CreateAccessKey", "user/josh");
    let expected = format!("create an access key for user josh, then {admin_of_b}");
    assert_eq!(ways(with_josh(alice, nobody()), admin(named)), [expected]);
}

/// Such a step needs no condition to hold, unlike that of assuming a role, whose conditions are named.
#[test]
fn a_takeover_under_conditions_leads_nowhere() {
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let key = when(allow("iam:CreateAccessKey", "*"), mfa);
    assert_eq!(ways(with_josh(json!([key]), json!([])), admin(trusts_a())), [""; 0]);
}

#[test]
fn takeovers_and_roles_follow_each_other() {
    let own = json!({
        "users": {
            "alice": {"may": [allow("iam:CreateAccessKey", arn(A, "user/carol"))]},
            "carol": {"may": [allow("sts:AssumeRole", arn(A, "role/ops"))]},
            "josh": {"may": assume("admin")},
        },
        "roles": {"ops": {
            "may": [allow("iam:CreateAccessKey", arn(A, "user/josh"))],
            "trust": trusts_a(),
        }},
    });
    let expected = "create an access key for user carol, then assume role ops, then create an \
                    access key for user josh, then assume arn:aws:iam::222222222222:role/admin";
    assert_eq!(ways(own.clone(), admin(trusts_a())), [expected]);
    let found = between(own, admin(trusts_a())).unwrap();
    assert_eq!(found.roles[0].via, ["user/carol", "role/ops", "user/josh"].map(|it| arn(A, it)));
}

#[test]
fn whoever_joins_a_group_leaves_with_its_permissions() {
    let own = |join: Json| {
        json!({
            "groups": {"out": {"may": assume("admin")}, "keys": {"may": [
                allow("iam:CreateAccessKey", arn(A, "user/josh")),
            ]}},
            "users": {"alice": {"may": [join]}, "josh": {"may": assume("other")}},
        })
    };
    let mut other = admin(trusts_a());
    other["roles"]["other"] = other["roles"]["admin"].clone();
    let out = allow("iam:AddUserToGroup", arn(A, "group/out"));
    let expected = "join group out, then assume arn:aws:iam::222222222222:role/admin";
    assert_eq!(ways(own(out), other.clone()), [expected]);
    let keys = allow("iam:AddUserToGroup", arn(A, "group/keys"));
    let expected = "join group keys, then create an access key for user josh, then assume \
                    arn:aws:iam::222222222222:role/other";
    assert_eq!(ways(own(keys), other.clone()), [expected]);
    assert_eq!(ways(own(allow("iam:AddUserToGroup", arn(A, "group/none"))), other), [""; 0]);
}

/// pathfinding.cloud calls it "multi-hop-both-sides": josh is an administrator of A, whom a role of B names.
#[test]
fn whoever_can_become_an_administrator_at_home_goes_on_as_one() {
    let own = |alice: Json| {
        json!({
            "users": {"alice": {"may": [alice]}, "josh": {"may": [everything()]}},
            "roles": {"helpdesk": {
                "may": [allow("iam:CreateLoginProfile", "*")],
                "trust": [trusts(json!({"AWS": arn(A, "user/alice")}))],
            }},
        })
    };
    let named = |user: &str| json!([trusts(json!({"AWS": arn(A, &format!("user/{user}"))}))]);
    let may_read = || allow("s3:GetObject", "*");
    let expected = "assume role helpdesk, which can become an administrator (its trust policy \
                    grants it), then as an administrator, become josh and assume \
                    arn:aws:iam::222222222222:role/admin";
    assert_eq!(ways(own(may_read()), admin(named("josh"))), [expected]);
    let expected = "add an inline policy to user alice (iam:PutUserPolicy, policy own), then as \
                    an administrator, assume arn:aws:iam::222222222222:role/admin";
    let put = allow("iam:PutUserPolicy", arn(A, "user/alice"));
    assert_eq!(ways(own(put.clone()), admin(trusts_a())), [expected]);
    // AWS alone changes such a role, and that of another account is out of reach.
    let reserved = "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef";
    for stranger in [arn(A, reserved), arn(C, "user/josh")] {
        let trust = json!([trusts(json!({"AWS": stranger}))]);
        assert_eq!(ways(own(put.clone()), admin(trust)), [""; 0]);
    }
    // Nothing is said of who is an administrator, nor of who reaches nothing.
    assert_eq!(between(own(everything()), admin(trusts_a())), None);
    assert_eq!(between(own(put), admin(json!([]))), None);
}

/// A role of B that is let in can take over a user of B who may enter C.
#[test]
fn takeovers_in_another_account_lead_on() {
    let a = json!({"id": A, "users": {"alice": {"may": assume("in")}}});
    let b = json!({
        "id": B,
        "roles": {"in": {
            "may": [allow("iam:CreateAccessKey", arn(B, "user/josh"))],
            "trust": trusts_a(),
        }},
        "users": {"josh": {"may": [allow("sts:AssumeRole", arn(C, "role/admin"))]}},
    });
    let mut c = admin(json!([trusts(json!({"AWS": B}))]));
    c["id"] = json!(C);
    let borders = [(A, a), (B, b), (C, c)].map(|(id, json)| (id, Some(border_of(json))));
    let found = reached(&borders, "alice").unwrap();
    assert_eq!(texts(&found), ["333333333333 admin via in via josh"]);
}

/// Four of five users may create keys for all of the others, who lead out of the account, and each has a policy of its own.
#[test]
fn many_who_take_over_many_take_no_time_of_higher_order() {
    let search = |size: usize| {
        let mut users = json!({});
        for number in 0..size * 5 {
            let may = if number < size {
                assume("admin")
            } else {
                json!([allow("iam:CreateAccessKey", arn(A, "user/u*"))])
            };
            users[format!("u{number}")] = json!({"may": may});
        }
        let account = account(json!({"id": A, "users": users}));
        let border = border(&account, |_| Rank::Other);
        let [all] = &*border.home_steps else {
            panic!("{} lists", border.home_steps.len())
        };
        assert_eq!((all.len(), border.ways.len()), (size * 5, 1));
        let users = border
            .principals
            .iter()
            .filter(|it| it.takeovers.is_some())
            .count();
        assert_eq!(users, size * 4);
    };
    assert!(grows_less_than(10.0, 250, search));
}

/// Who is let in by name or tag needs no permission; who is not let out by name needs one.
#[test]
fn conditions_of_trust_at_home_choose_among_many() {
    let policy = |condition: Json| json!([when(trusts(json!({"AWS": A})), condition)]);
    let arns = |pattern: &str| json!({"aws:PrincipalArn": arn(A, &format!("user/{pattern}"))});
    let may = |statements: Json| json!({"may": statements, "tags": {"team": "a"}});
    let tag = |value: &str| json!({"aws:PrincipalTag/team": value});
    for (alice, condition, is_let_in) in [
        (may(json!([])), json!({"ArnLike": arns("al*")}), true),
        (may(json!([])), json!({"ArnLike": arns("*ice")}), true),
        (may(json!([])), json!({"StringEquals": arns("alice")}), true),
        (may(json!([])), json!({"ArnLike": arns("bob*")}), false),
        (may(json!([deploy()])), json!({"ArnLike": arns("bob*")}), false),
        (may(json!([])), json!({"StringEquals": {"aws:username": "alice"}}), true),
        (may(json!([])), json!({"StringEquals": tag("a")}), true),
        (may(json!([])), json!({"StringEquals": tag("b")}), false),
        (may(json!([deploy()])), json!({"ArnNotLike": arns("bob*")}), true),
        (may(json!([deploy()])), json!({"ArnNotLike": arns("al*")}), false),
        (may(json!([])), json!({"ArnNotLike": arns("bob*")}), false),
    ] {
        let found = by_deploy(alice.clone(), policy(condition.clone()));
        let found = found.map(|found| texts(&found));
        let expected = is_let_in.then(|| vec!["222222222222 admin via deploy".to_owned()]);
        assert_eq!(found, expected, "{alice} {condition}");
    }
}
