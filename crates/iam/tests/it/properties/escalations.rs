//! Privileges of small accounts.

use portcullis_iam::{Certainty, judge};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{changes, config, one_of, weaker};
use crate::account::{
    OWN, account, arn, deny, everything, trusts, trusts_account, trusts_service, when,
};

/// How privileged somebody is: the surest way, or an administrator.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    Harmless,
    Way(Certainty),
    Administrator,
}

/// The ranks of all principals, by name.
fn ranks(json: &Json) -> Vec<(String, Rank)> {
    let account = account(json.clone());
    let judged = judge(&account, false);
    let mut ranks = Vec::new();
    for (principal, found) in account.principals.iter().zip(&judged.principals) {
        let surest = found.ways.iter().map(|way| Rank::Way(way.certainty)).max();
        let rank = if found.administrator {
            Rank::Administrator
        } else {
            surest.unwrap_or(Rank::Harmless)
        };
        ranks.push((principal.name.clone(), rank));
    }
    ranks.sort();
    ranks
}

fn statement() -> impl Strategy<Value = Json> {
    let action = one_of(&[
        "*",
        "iam:*",
        "s3:*",
        "sts:AssumeRole",
        "iam:PassRole",
        "ec2:RunInstances",
        "iam:PutUserPolicy",
        "iam:PutRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:DetachUserPolicy",
        "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
        "iam:DeleteUserPermissionsBoundary",
        "iam:AddUserToGroup",
        "iam:PutGroupPolicy",
        "iam:DeleteUserPolicy",
        "iam:UpdateAssumeRolePolicy",
        "lambda:UpdateFunctionCode",
        "iam:D*",
    ]);
    let resource = prop::sample::select(vec![
        "*".to_owned(),
        "*".to_owned(),
        "*".to_owned(),
        arn("user/alice"),
        arn("user/bob"),
        arn("role/*"),
        arn("role/app"),
        arn("group/g"),
        arn("policy/p"),
        arn("user/${aws:username}"),
    ]);
    let condition = prop::sample::select(vec![
        Json::Null,
        Json::Null,
        Json::Null,
        Json::Null,
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"StringEquals": {"aws:username": "alice"}}),
        json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
        json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}),
    ]);
    let effect = one_of(&["Allow", "Allow", "Allow", "Deny"]);
    let not = (prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (effect, action, resource, condition, not).prop_map(
        |(effect, action, resource, condition, not)| {
            let mut statement = json!({"Effect": effect});
            statement[if not.0 { "NotAction" } else { "Action" }] = json!(action);
            statement[if not.1 { "NotResource" } else { "Resource" }] = json!(resource);
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

fn statements() -> impl Strategy<Value = Json> {
    prop::collection::vec(statement(), 0..=2).prop_map(Json::Array)
}

fn trust() -> impl Strategy<Value = Json> {
    let named = |name: &str| json!([{"Effect": "Allow", "Principal": {"AWS": arn(name)}, "Action": "sts:AssumeRole"}]);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let alice = json!({"ArnEquals": {"aws:PrincipalArn": arn("user/alice")}});
    prop::sample::select(vec![
        json!([trusts_account()]),
        json!([trusts_service("ec2.amazonaws.com")]),
        json!([trusts_service("lambda.amazonaws.com")]),
        named("user/alice"),
        named("role/app"),
        json!([when(trusts_account(), mfa)]),
        json!([when(trusts(json!({"AWS": "*"})), alice)]),
        json!([trusts_account(), {"Effect": "Deny", "Principal": {"AWS": arn("user/alice")}, "Action": "sts:*"}]),
    ])
}

fn account_json() -> impl Strategy<Value = Json> {
    let holders = prop::array::uniform5(statements());
    let policies = prop::array::uniform4(statements());
    let flags = prop::array::uniform6(any::<bool>());
    (holders, policies, (trust(), trust()), flags).prop_map(
        |([alice, bob, app, other, g], [p, q, b, old], trusts, flags)| {
            let mut json = json!({
                "users": {"alice": {"may": alice, "tags": {"team": "red"}}, "bob": {"may": bob}},
                "groups": {"g": {"may": g}},
                "roles": {
                    "app": {"may": app, "trust": trusts.0, "tags": {"team": "red"}},
                    "other": {"may": other, "trust": trusts.1},
                    "admin": {"may": [everything()], "trust": trusts.1, "profile": true},
                },
                "policies": {"p": {"versions": [p, old]}, "q": q, "b": b},
            });
            let [attached, guard, member, bounded, role_bounded, bob_member] = flags;
            if attached {
                json["users"]["alice"]["attached"] = json!(["p"]);
            }
            if guard {
                json["users"]["alice"]["attached"] = json!(["p", "q"]);
            }
            if member {
                json["users"]["alice"]["groups"] = json!(["g"]);
            }
            if bob_member {
                json["users"]["bob"]["groups"] = json!(["g"]);
            }
            if bounded {
                json["users"]["alice"]["boundary"] = json!("b");
            }
            if role_bounded {
                json["roles"]["app"]["boundary"] = json!("b");
            }
            json
        },
    )
}

/// The lists of statements in an account.
fn lists(json: &Json) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |pointer: String| {
        if json.pointer(&pointer).is_some_and(Json::is_array) {
            all.push(pointer);
        }
    };
    for kind in ["users", "groups", "roles"] {
        for name in json[kind].as_object().unwrap().keys() {
            add(format!("/{kind}/{name}/may"));
            add(format!("/{kind}/{name}/trust"));
        }
    }
    for rest in ["p/versions/0", "p/versions/1", "q", "b"] {
        add(format!("/policies/{rest}"));
    }
    all
}

/// The account with each change of each list of statements.
fn changed(json: &Json, change: impl Fn(&Json) -> Vec<Json>) -> Vec<Json> {
    let mut all = Vec::new();
    for pointer in lists(json) {
        let statements = json.pointer(&pointer).unwrap().as_array().unwrap();
        for new in changes(statements, &change) {
            let mut json = json.clone();
            *json.pointer_mut(&pointer).unwrap() = json!(new);
            all.push(json);
        }
    }
    all
}

/// The first who is less privileged than before.
fn fallen(before: &[(String, Rank)], after: &[(String, Rank)]) -> Option<String> {
    let mut pairs = before.iter().zip(after);
    let fallen = pairs.find(|(before, after)| after.1 < before.1);
    fallen.map(|((name, before), (_, after))| format!("{name}: {before:?} to {after:?}"))
}

/// The same account with other names and another id.
fn renamed(json: &Json) -> Json {
    let mut text = json.to_string();
    for (old, new) in [
        ("alice", "zoe"),
        ("app", "worker"),
        ("\"g\"", "\"staff\""),
        ("group/g", "group/staff"),
        (OWN, "777788889999"),
    ] {
        text = text.replace(old, new);
    }
    let mut json: Json = serde_json::from_str(&text).unwrap();
    json["id"] = json!("777788889999");
    json
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn to_allow_more_never_lowers_anybody(json in account_json()) {
        let before = ranks(&json);
        for more in changed(&json, weaker) {
            let fallen = fallen(&before, &ranks(&more));
            prop_assert!(fallen.is_none(), "{} in {more}", fallen.unwrap());
        }
    }

    #[test]
    fn to_allow_less_never_raises_anybody(json in account_json(), place in any::<prop::sample::Index>(), no in statement()) {
        let before = ranks(&json);
        let mut all = changed(&json, |it| if it["Effect"] == "Allow" { vec![Json::Null] } else { vec![] });
        let lists = lists(&json);
        let pointer = place.get(&lists);
        if !pointer.ends_with("trust") {
            let mut denied = json.clone();
            let mut no = no;
            no["Effect"] = json!("Deny");
            denied.pointer_mut(pointer).unwrap().as_array_mut().unwrap().push(no);
            all.push(denied);
        }
        let mut bounded = json.clone();
        bounded["users"]["bob"]["boundary"] = json!("q");
        all.push(bounded);
        for less in all {
            let risen = fallen(&ranks(&less), &before);
            prop_assert!(risen.is_none(), "{} in {less}", risen.unwrap());
        }
    }

    #[test]
    fn names_say_nothing(json in account_json()) {
        let just_ranks = |json: &Json| {
            let mut ranks: Vec<Rank> = ranks(json).into_iter().map(|(_, rank)| rank).collect();
            ranks.sort();
            ranks
        };
        prop_assert_eq!(just_ranks(&json), just_ranks(&renamed(&json)));
    }

    #[test]
    fn order_and_duplicates_change_nothing(json in account_json()) {
        let mut other = json.clone();
        for pointer in lists(&json) {
            let list = other.pointer_mut(&pointer).unwrap().as_array_mut().unwrap();
            let doubled: Vec<Json> = list.iter().rev().chain(list.iter()).cloned().collect();
            *list = doubled;
        }
        if let Some(list) = other["users"]["alice"].get_mut("attached").and_then(Json::as_array_mut) {
            list.reverse();
        }
        prop_assert_eq!(ranks(&json), ranks(&other));
    }

    /// What was not read is at most everything.
    #[test]
    fn generosity_never_lowers_anybody(json in account_json()) {
        let account = account(json);
        let (least, most) = (judge(&account, false), judge(&account, true));
        for (least, most) in least.principals.iter().zip(&most.principals) {
            prop_assert!(most.administrator || least.ways.len() <= most.ways.len());
        }
    }

    #[test]
    fn who_is_denied_everything_has_no_way(json in account_json()) {
        let mut json = json;
        json["users"]["alice"]["inline"]["no"] = json!([deny("*", "*")]);
        let ranks = ranks(&json);
        prop_assert!(ranks.contains(&("alice".to_owned(), Rank::Harmless)));
    }
}
