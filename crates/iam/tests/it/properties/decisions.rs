//! Decisions, against the plain evaluator and against each other.

use portcullis_iam::{Account, Context, Decision, PolicyDocument, Request, Resource, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::oracle::{self, Values};
use super::{changes, config, one_of, weaker};
use crate::account::account;

const ACTIONS: [&str; 3] = ["a:get", "a:put", "b:get"];
const RESOURCES: [&str; 4] = ["arn:aws:a:::one", "arn:aws:a:::two/alice", "arn:aws:b:::one", "*"];
/// What nobody knows before a request is made.
const OPEN: [Option<&str>; 4] = [None, Some("v"), Some("w"), Some("other")];

fn list(texts: &'static [&'static str], most: usize) -> impl Strategy<Value = Json> {
    prop::collection::vec(one_of(texts), 1..=most).prop_map(|texts| json!(texts))
}

fn condition() -> impl Strategy<Value = Json> {
    let texts = one_of(&[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringEqualsIfExists",
        "StringNotLikeIfExists",
        "ForAllValues:StringLike",
        "ForAllValues:StringNotEquals",
        "ForAnyValue:StringEquals",
        "ForAnyValue:StringNotLike",
        "Bool",
    ]);
    let text = list(
        &["v", "V", "w", "v*", "?", "*", "alice", "${aws:username}", "${t:one, 'w'}", "true"],
        2,
    );
    let key = one_of(&[
        "t:one",
        "t:many",
        "T:Many",
        "t:open",
        "aws:username",
        "aws:PrincipalTag/team",
        "t:none",
    ]);
    let texts = (texts, key, text).prop_map(|(operator, key, values)| {
        // Only operators with a quantifier are for keys with several values.
        let is_many = key.eq_ignore_ascii_case("t:many");
        (
            operator,
            if is_many && !operator.starts_with("For") {
                "t:one"
            } else {
                key
            },
            values,
        )
    });
    let numbers = (
        one_of(&[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericGreaterThanEquals",
        ]),
        Just("t:number"),
        list(&["1", "2", "3", "x"], 2),
    );
    let arns = (
        one_of(&["ArnLike", "ArnNotLike"]),
        Just("aws:PrincipalArn"),
        list(
            &[
                "arn:aws:iam::*:user/*",
                "arn:*:user/alice",
                "arn:aws:iam::123456789012:role/app",
                "*",
            ],
            2,
        ),
    );
    let null = (
        Just("Null"),
        one_of(&["t:one", "t:many", "t:none", "t:open"]),
        list(&["true", "false"], 2),
    );
    prop_oneof![5 => texts, 1 => numbers, 1 => arns, 1 => null]
        .prop_map(|(operator, key, values)| json!({operator: {key: values}}))
}

fn statement() -> impl Strategy<Value = Json> {
    let actions = (any::<bool>(), list(&["a:get", "A:*", "*", "a:p?t", "b*", "*:get"], 2));
    let resources = list(
        &[
            "*",
            "arn:aws:a:::one",
            "arn:aws:a:::*",
            "arn:*:one",
            "arn:aws:?:::two/*",
            "arn:aws:a:::two/${aws:username}",
            "arn:aws:a:::${t:none, 'one'}",
            "arn:aws:a:::${*}",
        ],
        2,
    );
    let conditions = prop::collection::vec(condition(), 0..=2);
    (one_of(&["Allow", "Allow", "Deny"]), actions, (any::<bool>(), resources), conditions).prop_map(
        |(effect, (not_action, actions), (not_resource, resources), conditions)| {
            let mut statement = json!({"Effect": effect});
            statement[if not_action { "NotAction" } else { "Action" }] = actions;
            statement[if not_resource {
                "NotResource"
            } else {
                "Resource"
            }] = resources;
            for condition in conditions {
                for (operator, keys) in condition.as_object().unwrap() {
                    for (key, values) in keys.as_object().unwrap() {
                        statement["Condition"][operator][key] = values.clone();
                    }
                }
            }
            statement
        },
    )
}

fn document() -> impl Strategy<Value = Json> {
    let version = one_of(&["2012-10-17", "2012-10-17", "2008-10-17"]);
    (version, prop::collection::vec(statement(), 1..=3))
        .prop_map(|(version, statements)| json!({"Version": version, "Statement": statements}))
}

/// Who asks for what, and what the request brings.
#[derive(Clone, Debug)]
struct Asked {
    who: &'static str,
    action: &'static str,
    resource: &'static str,
    one: Option<&'static str>,
    many: Vec<&'static str>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let one = prop::option::of(one_of(&["v", "V", "w", "true", "*"]));
    let many = prop::collection::vec(one_of(&["v", "w", "alice"]), 0..=2);
    let request = (prop::sample::select(&ACTIONS[..]), prop::sample::select(&RESOURCES[..]));
    (one_of(&["alice", "app"]), request, one, many)
        .prop_map(|(who, (action, resource), one, many)| Asked { who, action, resource, one, many })
}

fn known_account() -> Account {
    account(json!({"users": {"alice": {"tags": {"team": "v"}}}, "roles": {"app": {}}}))
}

/// Asks the library.
fn ask<T>(asked: &Asked, of: impl FnOnce(&Request<'_>) -> T) -> T {
    let account = known_account();
    let principal = account.principals.iter().find(|it| it.name == asked.who);
    let many: Vec<String> = asked.many.iter().map(|it| (*it).to_owned()).collect();
    let brings = [
        ("t:one", Value::maybe(asked.one)),
        (
            "t:many",
            if many.is_empty() {
                Value::Absent
            } else {
                Value::Many(many)
            },
        ),
        ("t:none", Value::Absent),
        ("t:number", Value::one("2")),
    ];
    let context =
        Context { account: &account, principal, resource: Resource::Own, brings: &brings };
    of(&Request { action: asked.action, resource: asked.resource, context })
}

fn decide(document: &Json, asked: &Asked) -> Decision {
    // IAM takes no document without statements; that nothing is said is what it would mean.
    let document = match statements(document).as_slice() {
        [] => PolicyDocument::default(),
        _ => PolicyDocument::from_json(document).unwrap(),
    };
    ask(asked, |request| document.decide(request))
}

/// What the request has, for each value of what is not known.
fn values(asked: &Asked) -> Vec<Values> {
    let mut known = Values::new();
    let mut put = |key: &str, texts: &[&str]| {
        if !texts.is_empty() {
            known.insert(key.to_owned(), texts.iter().map(|it| (*it).to_owned()).collect());
        }
    };
    put("t:one", asked.one.as_slice());
    put("t:many", &asked.many);
    put("t:number", &["2"]);
    if asked.who == "alice" {
        put("aws:username", &["alice"]);
        put("aws:principaltag/team", &["v"]);
        put("aws:principalarn", &["arn:aws:iam::123456789012:user/alice"]);
    } else {
        put("aws:principalarn", &["arn:aws:iam::123456789012:role/app"]);
    }
    let with = |open: Option<&str>| {
        let mut values = known.clone();
        values.extend(open.map(|text| ("t:open".to_owned(), vec![text.to_owned()])));
        values
    };
    OPEN.into_iter().map(with).collect()
}

/// What the decision may be, by what the plain evaluator says of every value that is not known.
fn agrees(decision: &Decision, said: &[&str], is_open: bool) -> bool {
    let all = |word: &str| said.iter().all(|it| *it == word);
    match decision {
        Decision::Denied => all("denied"),
        Decision::Silent => !said.contains(&"allowed"),
        Decision::Allowed => all("allowed"),
        Decision::Conditional(_) => is_open,
    }
}

/// How much a decision allows.
fn rank(decision: &Decision) -> u8 {
    match decision {
        Decision::Denied | Decision::Silent => 0,
        Decision::Conditional(_) => 1,
        Decision::Allowed => 2,
    }
}

fn with_statements(document: &Json, statements: &[Json]) -> Json {
    json!({"Version": document["Version"], "Statement": statements})
}

fn statements(document: &Json) -> &Vec<Json> {
    document["Statement"].as_array().unwrap()
}

proptest! {
    #![proptest_config(config(4000))]

    #[test]
    fn as_the_plain_evaluator(document in document(), asked in asked()) {
        let decision = decide(&document, &asked);
        let said: Vec<&str> = values(&asked)
            .iter()
            .map(|values| oracle::decide(&document, asked.action, asked.resource, values))
            .collect();
        let is_open = document.to_string().contains("t:open");
        prop_assert!(agrees(&decision, &said, is_open), "{decision:?} {said:?}");
    }

    #[test]
    fn within_a_boundary(own in document(), boundary in document(), asked in asked()) {
        let decision = decide(&own, &asked).within(decide(&boundary, &asked));
        let said: Vec<&str> = values(&asked)
            .iter()
            .map(|values| {
                let by = |it| oracle::decide(it, asked.action, asked.resource, values);
                match (by(&own), by(&boundary)) {
                    ("denied", _) | (_, "denied") => "denied",
                    ("allowed", "allowed") => "allowed",
                    _ => "silent",
                }
            })
            .collect();
        let is_open = format!("{own}{boundary}").contains("t:open");
        prop_assert!(agrees(&decision, &said, is_open), "{decision:?} {said:?}");
        prop_assert!(rank(&decision) <= rank(&decide(&own, &asked)));
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn to_allow_more_never_allows_less(document in document(), asked in asked()) {
        let before = rank(&decide(&document, &asked));
        for more in changes(statements(&document), weaker) {
            let more = with_statements(&document, &more);
            prop_assert!(rank(&decide(&more, &asked)) >= before, "{more}");
        }
    }

    #[test]
    fn to_allow_less_never_allows_more(document in document(), denies in statement(), asked in asked()) {
        let before = rank(&decide(&document, &asked));
        let drop_allow = |it: &Json| if it["Effect"] == "Allow" { vec![Json::Null] } else { vec![] };
        let mut all = changes(statements(&document), drop_allow);
        let mut deny = denies;
        deny["Effect"] = json!("Deny");
        all.push([statements(&document).clone(), vec![deny]].concat());
        for less in all {
            let less = with_statements(&document, &less);
            prop_assert!(rank(&decide(&less, &asked)) <= before, "{less}");
        }
    }

    #[test]
    fn order_and_duplicates_change_nothing(document in document(), asked in asked()) {
        let statements = statements(&document);
        let other: Vec<Json> = statements.iter().rev().chain(statements).cloned().collect();
        let other = decide(&with_statements(&document, &other), &asked);
        prop_assert_eq!(decide(&document, &asked), other);
    }

    /// On few actions and resources, Not… is the rest of them.
    #[test]
    fn the_complement(statement in statement(), asked in asked()) {
        let rest = |element: &str, all: &[&str], statement: &mut Json| {
            let fields = statement.as_object_mut().unwrap();
            let Some(not) = fields.remove(&format!("Not{element}")) else { return };
            let single = |it: &str| {
                let (mut document, mut asked) = (json!({"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}), asked.clone());
                document[element] = not.clone();
                if element == "Action" { asked.action = ACTIONS.iter().find(|known| **known == it).unwrap() }
                else { asked.resource = RESOURCES.iter().find(|known| **known == it).unwrap() }
                decide(&json!({"Version": "2012-10-17", "Statement": [document]}), &asked) == Decision::Silent
            };
            let mut left: Vec<&str> = all.iter().copied().filter(|it| single(it)).collect();
            // No list is empty.
            left.push("arn:aws:none:::null");
            fields.insert(element.to_owned(), json!(left));
        };
        let mut complement = statement.clone();
        rest("Action", &ACTIONS, &mut complement);
        // The resource "*" cannot be written without being a wildcard.
        prop_assume!(asked.resource != "*" || statement.get("NotResource").is_none());
        rest("Resource", &RESOURCES[..3], &mut complement);
        let document = |it: Json| json!({"Version": "2012-10-17", "Statement": [it]});
        prop_assert_eq!(decide(&document(statement), &asked), decide(&document(complement), &asked));
    }
}
