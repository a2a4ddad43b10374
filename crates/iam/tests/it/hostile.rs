//! Nothing panics, and nothing is slow, on whatever stands where a policy should.

use std::time::Instant;

use portcullis_iam::{PolicyDocument, TrustPolicy, judge};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::account::{account, allow, deny, everything, privileges, trusts, when};
use crate::properties::config;

fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "*",
        "",
        "iam:*",
        "sts:AssumeRole",
        "iam:PutUserPolicy",
        "Allow",
        "Deny",
        "2012-10-17",
        "123456789012",
        "arn:aws:iam::123456789012:role/app",
        "arn:aws:iam::*:*",
        ":::::",
        "arn:",
        "${aws:username}",
        "${",
        "${}",
        "${*}",
        "${a,}",
        "$",
        "AROAX:*",
        "o-a/*",
        "::/0",
        "0.0.0.0/99",
        "/",
        "?",
        "true",
        "1e400",
        "-1",
        "9999-99-99",
        "\u{0}ß\u{1F600}",
        "repo:*",
        "accounts.google.com",
        "ec2.amazonaws.com",
        ".",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        6 => text().prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    let key = prop_oneof![
        3 => prop::sample::select(vec![
            "AWS", "Service", "Federated", "StringLike", "StringEquals", "ArnLike", "IpAddress", "Bool", "Null",
            "DateLessThan", "NumericEquals", "ForAllValues:StringNotLikeIfExists", "aws:PrincipalArn", "aws:userid",
            "aws:PrincipalOrgPaths", "aws:SourceIp", "aws:CurrentTime", "sts:ExternalId", "aws:SourceArn",
            "iam:PassedToService", "token.actions.githubusercontent.com:sub",
        ])
        .prop_map(str::to_owned),
        1 => text(),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

fn texts() -> impl Strategy<Value = Json> {
    prop::collection::vec(text(), 0..3).prop_map(Json::from)
}

/// A condition block of the right shape.
fn block() -> impl Strategy<Value = Json> {
    let operators = prop::sample::select(vec![
        "StringLike",
        "StringNotEquals",
        "ArnLike",
        "IpAddress",
        "Bool",
        "Null",
        "DateLessThan",
        "NumericEquals",
        "Nonsense",
        "ForAllValues:StringNotLikeIfExists",
        "ForAnyValue:ArnLike",
        "ForAnyValue:",
        "IfExists",
    ]);
    let keys = prop::sample::select(vec![
        "aws:PrincipalArn",
        "aws:userid",
        "aws:PrincipalOrgPaths",
        "aws:SourceIp",
        "aws:CurrentTime",
        "sts:ExternalId",
        "aws:SourceArn",
        "iam:PassedToService",
        "token.actions.githubusercontent.com:sub",
        "aws:PrincipalTag/",
        "",
        "iam:AssociatedResourceArn",
        "accounts.google.com:aud",
    ]);
    prop::collection::vec((operators, keys, texts()), 0..3).prop_map(|all| {
        let mut block = json!({});
        for (operator, key, values) in all {
            block[operator][key] = values;
        }
        block
    })
}

/// A statement, with anything in the place of some element.
fn statement() -> impl Strategy<Value = Json> {
    let odd = prop::option::weighted(0.1, (0..6_usize, json()));
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    let elements = (any::<[bool; 3]>(), texts(), texts(), texts());
    (effect, elements, block(), odd).prop_map(
        |(effect, (not, actions, resources, principals), block, odd)| {
            let name =
                |place: usize, name: &str| format!("{}{name}", if not[place] { "Not" } else { "" });
            let mut statement = json!({"Effect": effect, "Condition": block});
            statement[name(0, "Action")] = actions;
            statement[name(1, "Resource")] = resources;
            statement[name(2, "Principal")] =
                json!({"AWS": principals, "Federated": principals, "Service": principals});
            if let Some((place, odd)) = odd {
                let names = ["Effect", "Action", "Resource", "Principal", "Condition", "Sid"];
                statement[names[place]] = odd;
            }
            statement
        },
    )
}

/// Asks everything that can be asked.
fn ask(document: PolicyDocument) {
    let mut account = account(json!({
        "users": {"alice": {"may": [], "attached": ["p"], "groups": ["g"]}},
        "groups": {"g": {"may": [everything()]}},
        "roles": {"app": {"may": [everything()], "trust": []}},
        "policies": {"p": []},
        "organization": {"id": "o-a"},
    }));
    let _ = document.allows_everything(&account);
    let _ = document.whole_services(&account);
    let _ = document.not_action_allows(&account);
    let _ = document.ignored_variables(true);
    let trust = TrustPolicy { document: document.clone() };
    for trustee in trust.trustees(&account) {
        let _ = trustee.is_guarded(&account);
    }
    account.policies[0].document = Some(document);
    for principal in &mut account.principals {
        if principal.trust.is_some() {
            principal.trust = Some(trust.clone());
        }
    }
    for generous in [false, true] {
        let _ = judge(&account, generous);
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn anything_is_read_or_refused(json in json(), text in ".{0,40}") {
        let _ = PolicyDocument::from_json(&json);
        let _ = PolicyDocument::from_text(&text);
        let _ = PolicyDocument::from_json(&json!({"Version": "2012-10-17", "Statement": json}));
    }

    #[test]
    fn what_is_read_can_be_asked(statements in prop::collection::vec(statement(), 1..4), version in text()) {
        for version in ["2012-10-17", &version] {
            let json = json!({"Version": version, "Statement": statements});
            if let Ok(document) = PolicyDocument::from_json(&json) {
                ask(document);
            }
        }
    }
}

/// Whether the work of four times the size takes less than so many times as long: it takes 4 times as long if the time
/// grows with the size, 16 if with its square, 64 if with its cube. Other programs may slow down a run, so the fastest
/// of a few counts.
pub(crate) fn grows_less_than(times: f64, size: usize, work: impl Fn(usize)) -> bool {
    let time = |size| {
        let start = Instant::now();
        work(size);
        start.elapsed().as_secs_f64()
    };
    let (mut small, mut large) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..6 {
        small = small.min(time(size));
        large = large.min(time(size * 4));
        if large < small * times {
            return true;
        }
    }
    false
}

/// IAM's quota of a policy is 6,144 characters; a file may hold anything.
#[test]
fn long_wildcards_take_no_time_of_higher_order() {
    let work = |size: usize| {
        let asterisks = "*a".repeat(size);
        let questions = "?".repeat(size);
        let colons = "*:".repeat(size);
        let variables = "${aws:username}*".repeat(size / 10);
        for long in [&asterisks, &questions, &colons, &variables] {
            let value = json!({"StringLike": {"aws:PrincipalArn": long, "aws:userid": long}});
            let statement = when(allow(long.clone(), long.clone()), value.clone());
            let open = when(trusts(json!({"AWS": long})), value);
            for statements in [json!([statement, deny(long.clone(), "*")]), json!([open])] {
                let json = json!({"Version": "2012-10-17", "Statement": statements});
                ask(PolicyDocument::from_json(&json).unwrap());
            }
        }
    };
    assert!(grows_less_than(40.0, 5_000, work));
}

/// IAM refuses an action that is not written as one, so one that is was damaged since:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>.
#[test]
fn damaged_actions_and_resources_are_refused() {
    let is_read = |action: &str, resource: &str| {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        PolicyDocument::from_text(&document.to_string()).is_ok()
    };
    for action in ["iam:*\0", ":*", "*:", "iam:", "\u{456}am:*", "iam: *", "iam"] {
        assert!(!is_read(action, "*"), "{action:?}");
    }
    for action in ["*", "*:*", "iam:*", "s3*", "iam:Get?ser", "execute-api:Invoke"] {
        assert!(is_read(action, "*"), "{action:?}");
    }
    assert!(!is_read("*", "*\0"));
    assert!(is_read("*", "arn:aws:s3:::b\u{fc}cher/*"));
}

#[test]
fn deep_json_is_refused() {
    let deep = format!("{{\"Statement\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(PolicyDocument::from_text(&deep).is_err());
}

#[test]
fn many_statements_take_no_time_of_higher_order() {
    let work = |size: usize| {
        let numbered = |number| allow("iam:*", format!("arn:aws:iam::*:role/{number}"));
        let statements: Vec<Json> = (0..size).map(numbered).collect();
        ask(PolicyDocument::from_json(&json!({"Statement": statements})).unwrap());
    };
    assert!(grows_less_than(40.0, 20, work));
}

/// Both who creates principals and what becomes of these varies with tags, boundaries and policies, so that new
/// principals which create and change each other have too many combinations to try them all.
#[test]
fn new_principals_who_change_each_other_have_an_end() {
    let guard = json!({
        "Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::123456789012:user/*",
        "Condition": {
            "StringNotEquals": {"aws:PrincipalTag/team": "red"},
            "ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
            "Null": {"iam:PermissionsBoundary": "true"},
        },
    });
    let some = json!({
        "Effect": "Allow", "NotAction": ["iam:PassRole", "iam:UpdateAssumeRolePolicy"], "Resource": "*",
    });
    for (may, is_administrator) in [(everything(), true), (some, false)] {
        let from = |key: &str| json!([when(may.clone(), json!({"StringEquals": {key: "v"}}))]);
        let account = account(json!({
            "groups": {"all": {"attached": ["guard"]}},
            "users": {
                "alice": {"attached": ["alice"], "groups": ["all"]},
                "bob": {"attached": ["bob"], "groups": ["all"]},
            },
            "policies": {
                "guard": [guard], "alice": from("aws:SourceVpc"), "bob": from("aws:SourceVpce"),
            },
        }));
        let alice = privileges(&account, "alice");
        assert_eq!(alice.administrator, is_administrator);
        assert_eq!(alice.ways.is_empty(), is_administrator, "they depend on a condition too");
    }
}
