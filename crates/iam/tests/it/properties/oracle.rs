//! A plain evaluator of one request whose every key is known, after
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The values of keys in lower case; absent ones are not in it.
pub(super) type Values = BTreeMap<String, Vec<String>>;

pub(super) fn decide(
    document: &Json,
    action: &str,
    resource: &str,
    values: &Values,
) -> &'static str {
    let variables = (document["Version"] == "2012-10-17").then_some(values);
    let matching = |effect: &str| {
        document["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .any(|statement| {
                statement["Effect"] == effect
                    && selects(statement, "Action", |it| {
                        fits(&it.to_lowercase(), true, None, action)
                    })
                    && selects(statement, "Resource", |it| fits(it, true, variables, resource))
                    && conditions(statement, values, variables)
            })
    };
    match (matching("Deny"), matching("Allow")) {
        (true, _) => "denied",
        (false, true) => "allowed",
        (false, false) => "silent",
    }
}

fn texts(json: &Json) -> impl Iterator<Item = &str> {
    json.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
}

fn selects(statement: &Json, element: &str, fits: impl Fn(&str) -> bool) -> bool {
    match statement.get(element) {
        Some(list) => texts(list).any(fits),
        None => !texts(&statement[format!("Not{element}")]).any(fits),
    }
}

fn conditions(statement: &Json, values: &Values, variables: Option<&Values>) -> bool {
    let block = statement["Condition"].as_object().into_iter().flatten();
    block.into_iter().all(|(operator, keys)| {
        let mut keys = keys.as_object().unwrap().iter();
        keys.all(|(key, wanted)| condition(operator, key, wanted, values, variables))
    })
}

fn condition(
    operator: &str,
    key: &str,
    wanted: &Json,
    values: &Values,
    variables: Option<&Values>,
) -> bool {
    let found = values.get(&key.to_lowercase());
    let (quantifier, name) = operator.split_once(':').unwrap_or(("", operator));
    let (name, if_exists) = match name.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (name, false),
    };
    if name == "Null" {
        return texts(wanted).any(|it| (it == "true") == found.is_none());
    }
    let negated = name.contains("Not");
    let one =
        |value: &String| texts(wanted).any(|it| compare(name, value, it, variables)) != negated;
    match (quantifier, found) {
        (_, None) if if_exists => true,
        ("ForAllValues", found) => found.into_iter().flatten().all(one),
        ("ForAnyValue", found) => found.into_iter().flatten().any(one),
        (_, None) => negated,
        (_, Some(found)) => one(&found[0]),
    }
}

fn without_case(values: &Values) -> Values {
    let lower = |texts: &Vec<String>| texts.iter().map(|text| text.to_lowercase()).collect();
    values
        .iter()
        .map(|(key, texts)| (key.clone(), lower(texts)))
        .collect()
}

fn compare(operator: &str, value: &str, wanted: &str, variables: Option<&Values>) -> bool {
    let numbers = || Some((value.parse::<i32>().ok()?, wanted.parse::<i32>().ok()?));
    match operator {
        "StringLike" | "StringNotLike" => fits(wanted, true, variables, value),
        "StringEquals" | "StringNotEquals" => fits(wanted, false, variables, value),
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" | "Bool" => {
            let lower = variables.map(without_case);
            fits(&wanted.to_lowercase(), false, lower.as_ref(), &value.to_lowercase())
        }
        "NumericEquals" | "NumericNotEquals" => numbers().is_some_and(|(one, other)| one == other),
        "NumericLessThan" => numbers().is_some_and(|(one, other)| one < other),
        "NumericGreaterThanEquals" => numbers().is_some_and(|(one, other)| one >= other),
        "ArnLike" | "ArnNotLike" => {
            let fields: Vec<&str> = value.splitn(6, ':').collect();
            let patterns: Vec<&str> = wanted.splitn(6, ':').collect();
            wanted == "*"
                || fields.len() == patterns.len()
                    && patterns
                        .iter()
                        .zip(fields)
                        .all(|(it, field)| fits(it, true, variables, field))
        }
        other => panic!("{other}"),
    }
}

/// One character of a pattern, or a wildcard.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Token {
    Any,
    One,
    Is(char),
}

fn fits(pattern: &str, wildcards: bool, variables: Option<&Values>, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    tokens(pattern, wildcards, variables).is_some_and(|tokens| glob(&tokens, &text))
}

fn glob(tokens: &[Token], text: &[char]) -> bool {
    match tokens {
        [] => text.is_empty(),
        [Token::Any, rest @ ..] => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        [token, rest @ ..] => text.split_first().is_some_and(|(first, left)| {
            (*token == Token::One || *token == Token::Is(*first)) && glob(rest, left)
        }),
    }
}

/// None: a variable has no value.
fn tokens(pattern: &str, wildcards: bool, variables: Option<&Values>) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let variable = rest.strip_prefix("${").and_then(|it| it.split_once('}'));
        if let (Some((inside, after)), Some(values)) = (variable, variables) {
            let (key, default) = inside.split_once(", ").unwrap_or((inside, ""));
            let value = match (inside, values.get(&key.to_lowercase())) {
                ("*" | "?" | "$", _) => inside,
                (_, Some(values)) => &values[0],
                (_, None) if default.is_empty() => return None,
                _ => default.trim_matches('\''),
            };
            tokens.extend(value.chars().map(Token::Is));
            rest = after;
            continue;
        }
        tokens.push(match first {
            '*' if wildcards => Token::Any,
            '?' if wildcards => Token::One,
            _ => Token::Is(first),
        });
        rest = &rest[first.len_utf8()..];
    }
    Some(tokens)
}
