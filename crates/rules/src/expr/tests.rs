//! Tests of expressions and templates, in the scope of access keys.

use portcullis_model::{AccessKey, Account, Record, Source, Sources, User, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::constant::Texts;
use crate::scope;

fn params() -> BTreeMap<String, Constant> {
    let texts = ["iam", "sts"].map(str::to_owned).to_vec();
    BTreeMap::from([
        ("limit".to_owned(), Constant::Number(90.0)),
        ("services".to_owned(), Constant::Texts(Texts(texts))),
        ("word".to_owned(), Constant::Text("last-rotatd".to_owned())),
    ])
}

fn with_names<T>(test: impl FnOnce(Names<'_>) -> T) -> T {
    let variables = scope::find("access_key").unwrap().variables;
    test(Names { variables, params: &params() })
}

/// A record of `sample.json`, with some fields replaced.
fn sample<T: serde::de::DeserializeOwned>(name: &str, patch: &Json) -> T {
    let samples: Json = serde_json::from_str(include_str!("../sample.json")).unwrap();
    let mut record = samples[name].clone();
    for (field, value) in patch.as_object().unwrap() {
        record[field] = value.clone();
    }
    serde_json::from_value(record).unwrap()
}

struct Case {
    key: AccessKey,
    user: User,
    account: Account,
}

impl Case {
    fn new(key: &Json, user: &Json) -> Case {
        Case {
            key: sample("AccessKey", key),
            user: sample("User", user),
            account: sample("Account", &json!({})),
        }
    }

    fn env(&self) -> Env<'_> {
        let records: [&dyn Record; 3] = [&self.key, &self.user, &self.account];
        Env::new(records.map(Value::Record))
    }
}

fn outcome(expression: &Expression, case: &Case) -> String {
    match expression.node.eval(&mut case.env()) {
        Ok(value) => crate::show::text(Ok(value)),
        Err(Sources::NONE) => "defect".to_owned(),
        Err(sources) => {
            let names: Vec<_> = sources.iter().map(Source::name).collect();
            format!("unknown: {}", names.join(", "))
        }
    }
}

/// What an expression comes to; `T` and `F` are true and false, `U` and `V` unknown for want of
/// access-keys and mfa-devices, `D` a defect.
fn eval(text: &str) -> String {
    let key = json!({
        "last_used_region": null,
        "id": { "missing": ["access-keys"] },
        "last_used": { "missing": ["mfa-devices"] },
    });
    let stand_ins = [
        ("T", "true"),
        ("F", "false"),
        ("U", "(key.id == 'x')"),
        ("V", "(key.last_used == null)"),
        ("D", "key.last_used_region.startsWith('x')"),
    ];
    let words = text.split(' ').map(|word| {
        let letter = word.trim_matches(['(', ')', '!']);
        let meant = stand_ins.iter().find(|(short, _)| *short == letter);
        meant.map_or(word.to_owned(), |(short, long)| word.replace(short, long))
    });
    let text = words.collect::<Vec<_>>().join(" ");
    let user = json!({ "groups": ["a", "b", "b"] });
    with_names(|names| {
        let expression =
            Expression::compile(&text, names).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        outcome(&expression, &Case::new(&key, &user))
    })
}

#[test]
fn logic_is_kleenes() {
    let (u, v, both) =
        ("unknown: access-keys", "unknown: mfa-devices", "unknown: access-keys, mfa-devices");
    for (text, expected) in [
        ("T && T", "true"),
        ("T && F", "false"),
        ("F && T", "false"),
        ("F && F", "false"),
        ("T && U", u),
        ("U && T", u),
        ("F && U", "false"),
        ("U && F", "false"),
        ("U && V", both),
        ("T || T", "true"),
        ("T || F", "true"),
        ("F || T", "true"),
        ("F || F", "false"),
        ("T || U", "true"),
        ("U || T", "true"),
        ("F || U", u),
        ("V || F", v),
        ("U || V", both),
        ("!U", u),
        ("!T", "false"),
        ("D", "defect"),
        ("D && T", "defect"),
        ("D && F", "false"),
        ("T || D", "true"),
        ("D || F", "defect"),
        ("D && U", u),
        ("!D", "defect"),
    ] {
        assert_eq!(eval(text), expected, "{text}");
    }
}

#[test]
fn operators_compute() {
    for (text, expected) in [
        ("1 + 2 * 3 - 0.5", "6.5"),
        ("-key.age_days", "-30"),
        ("key.age_days <= 30", "true"),
        ("key.age_days < 30", "false"),
        ("key.age_days > 29.5", "true"),
        ("key.age_days >= 30.5", "false"),
        ("key.age_days == 30", "true"),
        ("key.age_days != params.limit", "true"),
        ("key.created > user.created", "true"),
        ("key.age_source == 'create-date'", "true"),
        ("key.age_source in ['last-rotated']", "false"),
        ("key.last_used_service in params.services", "false"),
        ("'b' in user.groups", "true"),
        ("key.last_used_region == null", "true"),
        ("null != key.last_used_region", "false"),
        ("key.last_used_region == 'x'", "false"),
        ("key.last_used_region in ['x']", "false"),
        ("user.name.startsWith('al') && user.name.endsWith('ce')", "true"),
        ("user.name.contains('lic')", "true"),
        ("size(user.groups) == 3 && user.groups.size() == 3", "true"),
        ("size('größe')", "5"),
        ("key.active ? 'yes' : 'no'", "yes"),
        ("false ? 'yes' : 'no'", "no"),
        ("U ? 1 : 2", "unknown: access-keys"),
        ("key.id == key.last_used_service && V", "unknown: access-keys, mfa-devices"),
        ("key.last_used > user.created", "unknown: mfa-devices"),
    ] {
        assert_eq!(eval(text), expected, "{text}");
    }
}

#[test]
fn macros_range_over_lists() {
    for (text, expected) in [
        ("user.groups.exists(g, g == 'b')", "true"),
        ("user.groups.exists(g, g == 'z')", "false"),
        ("user.groups.all(g, g in ['a', 'b'])", "true"),
        ("user.groups.all(g, g == 'a')", "false"),
        ("user.groups.exists_one(g, g == 'a')", "true"),
        ("user.groups.exists_one(g, g == 'b')", "false"),
        ("user.groups.exists_one(g, g == 'z')", "false"),
        ("user.groups.all(g, user.groups.exists(h, h == g && h != user.name))", "true"),
        ("params.services.exists(s, s == 'iam')", "true"),
    ] {
        assert_eq!(eval(text), expected, "{text}");
    }
}

#[test]
fn macros_are_three_valued() {
    let known = |active: bool| sample::<AccessKey>("AccessKey", &json!({ "active": active }));
    let missing = json!({ "active": { "missing": ["credential-report"] } });
    let unknown = || sample::<AccessKey>("AccessKey", &missing);
    let decide = |text: &str, keys: &[AccessKey]| {
        let case = Case::new(&json!({}), &json!({ "access_keys": keys }));
        with_names(|names| outcome(&Expression::compile(text, names).unwrap(), &case))
    };
    let exists = "user.access_keys.exists(k, k.active)";
    let all = "user.access_keys.all(k, k.active)";
    let one = "user.access_keys.exists_one(k, k.active)";
    let u = "unknown: credential-report";
    assert_eq!(decide(exists, &[unknown(), known(true)]), "true");
    assert_eq!(decide(exists, &[known(false), unknown()]), u);
    assert_eq!(decide(exists, &[]), "false");
    assert_eq!(decide(all, &[unknown(), known(false)]), "false");
    assert_eq!(decide(all, &[known(true), unknown()]), u);
    assert_eq!(decide(all, &[]), "true");
    assert_eq!(decide(one, &[known(true), unknown()]), u);
    assert_eq!(decide(one, &[known(true), unknown(), known(true)]), "false");
    assert_eq!(decide(one, &[known(true), known(false)]), "true");
}

#[test]
fn what_is_read_is_known_by_its_whole_path() {
    let text = "key.active && user.access_keys.exists(k, k.age_days > params.limit && account.id != k.name)";
    let reads = with_names(|names| Expression::compile(text, names).unwrap().reads);
    let paths: Vec<_> = reads.keys().map(String::as_str).collect();
    assert_eq!(paths, ["account.id", "key.active", "params.limit", "user.access_keys"]);
}

/// The one problem with a condition: the piece of the text, the message and the help.
fn problem(text: &str) -> (String, String) {
    let problems = with_names(|names| Expression::condition(text, names)).unwrap_err();
    let [problem] = &problems[..] else { panic!("{text}: {problems:?}") };
    let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    (text[problem.at.clone()].to_owned(), format!("{}{help}", problem.message))
}

#[test]
fn mistakes_are_found_at_their_place() {
    for (text, place, message) in [
        (
            "key.age_dys > 1",
            "age_dys",
            "AccessKey has no field `age_dys`; did you mean `age_days`?",
        ),
        ("kee.active", "kee", "there is no variable `kee` here; did you mean `key`?"),
        (
            "root.arn == ''",
            "root",
            "there is no variable `root` here; valid: key, user, account, params",
        ),
        (
            "key.age_days > params.limt",
            "limt",
            "there is no parameter `limt`; did you mean `limit`?",
        ),
        ("params == 1", "params", "params are read as params.NAME"),
        ("key.active.x", "x", "bool has no field `x`"),
        (
            "user.access_keys.active",
            "active",
            "a list has no field `active`; use exists(), all() or size()",
        ),
        (
            "(key.active ? user : user).mfa_active",
            "mfa_active",
            "fields are read from names only; write variable.field",
        ),
        ("key.age_days", "key.age_days", "a condition must be true or false, and this is number"),
        ("key.active && key.age_days", "age_days", "this is number, and bool is needed"),
        ("!key.name", "name", "this is text, and bool is needed"),
        ("key.age_days + key.name > 1", "name", "this is text, and number is needed"),
        ("key.name < 'a'", "<", "text and text have no order; two numbers or two times have"),
        ("key.active >= true", ">=", "bool and bool have no order; two numbers or two times have"),
        ("key.name == 1", "==", "text is never equal to number"),
        (
            "user.access_keys == user.access_keys",
            "==",
            "list of AccessKey is never equal to list of AccessKey",
        ),
        (
            "key.age_source == 'create-dat'",
            "'create-dat'",
            "`create-dat` is none of its words; did you mean `create-date`?",
        ),
        (
            "'zzz' != key.age_source",
            "'zzz'",
            "`zzz` is none of its words; valid: create-date, last-rotated",
        ),
        (
            "key.age_source in ['create-date', 'last']",
            "'last'",
            "`last` is none of its words; valid: create-date, last-rotated",
        ),
        (
            "key.age_source == params.word",
            "word",
            "`last-rotatd` is none of its words; did you mean `last-rotated`?",
        ),
        (
            "user.class == key.age_source",
            "==",
            "one of human, service, break-glass is never equal to one of create-date, last-rotated",
        ),
        (
            "key.active == null",
            "active",
            "this is never null; what was not collected makes the verdict unknown by itself",
        ),
        ("null == null", "null", "null has no place here; null is for `==` and `!=`"),
        ("key.last_used > null", "null", "null has no place here; null is for `==` and `!=`"),
        ("key.name in user.name", "name", "`in` needs a list, and this is text"),
        ("1 in ['a']", "in", "number is never in a list of text"),
        ("key.name in [1]", "1", "a list holds texts only; write ['a', 'b']"),
        ("key.name in []", "[", "nothing is in an empty list"),
        ("key.active ? 1 : 'a'", "?", "the two outcomes differ in type: number and text"),
        ("size(key.active) > 1", "size", "size() counts lists and texts, and this is bool"),
        ("user.name.exists(c, true)", "exists", "this needs a list, and has text"),
        ("user.groups.exists(g, g)", "g", "this is text, and bool is needed"),
        (
            "user.groups.exists(user, true)",
            "exists",
            "the name `user` is taken; use another, such as `x`",
        ),
        (
            "user.groups.exists(g, user.groups.all(g, true))",
            "all",
            "the name `g` is taken; use another, such as `x`",
        ),
    ] {
        assert_eq!(problem(text), (place.to_owned(), message.to_owned()), "{text}");
    }
}

#[test]
fn the_rest_of_cel_is_refused_with_advice() {
    for (text, place, message) in [
        ("has(key.active)", "has", "has() hides misspelt names; compare with null: `x != null`"),
        (
            "key.age_days / 2 > 1",
            "/",
            "rule expressions do not divide; multiply the other side, or derive a fact",
        ),
        (
            "key.age_days % 2 == 1",
            "%",
            "rule expressions do not divide; multiply the other side, or derive a fact",
        ),
        (
            "user.groups[0] == 'a'",
            "[",
            "lists have no index, as their order means nothing; use exists() or all()",
        ),
        (
            "key.name.matches('a')",
            "matches",
            "matches() is not supported; use ==, startsWith(), endsWith() or contains()",
        ),
        (
            "user.groups.filter(g, true).size() > 0",
            "filter",
            "map() and filter() are not supported; use exists(), all() or exists_one()",
        ),
        (
            "user.groups.map(g, g).size() > 0",
            "map",
            "map() and filter() are not supported; use exists(), all() or exists_one()",
        ),
        (
            "timestamp('2026-01-01T00:00:00Z') < key.created",
            "timestamp",
            "rule expressions do not compute with time; derive a fact such as age_days",
        ),
        (
            "key.name.startWith('a')",
            "startWith",
            "there is no function startWith(); did you mean `startsWith`?",
        ),
        (
            "user.groups.exists(true)",
            "exists",
            "exists() has other arguments; write list.exists(x, condition on x)",
        ),
        ("{'a': 1} == 1", "{", "maps and messages are not part of rule expressions"),
        (
            "key.age_days > 1u",
            "1u",
            "no literal of rule expressions; write a number such as 90 or 0.5, a text such as 'fido', true, false or null",
        ),
        ("key.active = true", "=", "mismatched input '=' expecting the end; `==` compares"),
        ("key.active &&", "", "mismatched input 'the end' expecting expression"),
        ("  ", "  ", "an expression is expected here"),
    ] {
        assert_eq!(problem(text), (place.to_owned(), message.to_owned()), "{text}");
    }
}

#[test]
fn every_problem_of_an_expression_is_reported() {
    let problems = with_names(|names| Expression::compile("key.x == user.y && kee.z", names));
    assert_eq!(problems.unwrap_err().len(), 3);
}

#[test]
fn hostile_expressions_are_bounded() {
    let deep = [
        "!".repeat(900) + "true",
        "-!".repeat(450) + "true",
        "(".repeat(450) + "1" + &")".repeat(450),
        "1".to_owned() + &"+1".repeat(480),
        "key".to_owned() + &".a".repeat(480),
        "true?".repeat(150) + "true" + &":true".repeat(150),
        "user.groups".to_owned() + &".size()".repeat(120),
        "[".repeat(450) + &"]".repeat(450),
        "user.groups.all(a, ".repeat(30) + "true" + &")".repeat(30),
        "a".repeat(2_000),
    ];
    for text in deep {
        let result = with_names(|names| Expression::condition(&text, names));
        assert!(result.is_err() || text.starts_with('!'), "{text}");
    }
    let nested =
        "user.groups.all(a, user.groups.all(b, user.groups.all(c, user.groups.all(d, a == d))))";
    assert_eq!(eval(nested), "false");
    let problem = problem(&nested.replace("a == d", "user.groups.all(e, true)")).1;
    assert_eq!(problem, "more than 4 macros in one another; derive a fact");
}

fn render(text: &str) -> (String, String) {
    let user = json!({ "name": "x; rm -rf ~" });
    let case =
        Case::new(&json!({ "id": { "missing": ["access-keys"] }, "age_days": 90.01 }), &user);
    with_names(|names| {
        let template = Template::compile(text, names).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        (template.render(&mut case.env()), template.render_command(&mut case.env()))
    })
}

#[test]
fn templates_show_values() {
    for (text, shown) in [
        ("{user.name} of {account.id}", "x; rm -rf ~ of 111122223333"),
        ("{key.age_days} days; the limit is {params.limit}", "90.1 days; the limit is 90"),
        ("{{\"a\": {user.groups.size()}}}", "{\"a\": 1}"),
        ("{ key.active ? '}' : '{' }", "}"),
        (
            "{key.id} {key.last_used_region} {key.active} {params.services}",
            "unknown none true iam, sts",
        ),
        ("{key.created}", "2026-10-19T12:00:00Z"),
        ("größer {user.path}", "größer /"),
    ] {
        assert_eq!(render(text).0, shown, "{text}");
    }
}

#[test]
fn commands_are_safe_to_paste() {
    let command = "aws iam x --user-name {user.name} --id {key.id} --region {key.last_used_region} {account.id}";
    let safe = "aws iam x --user-name 'x; rm -rf ~' --id '<key.id>' --region '<key.last_used_region>' 111122223333";
    assert_eq!(render(command).1, safe);
}

#[test]
fn mistakes_in_templates_are_found_at_their_place() {
    for (text, place, message) in [
        ("a {key.nam} b", "nam", "AccessKey has no field `nam`"),
        ("a {key.name b", "{", "this brace has no partner"),
        ("a } b", "}", "this brace has no partner"),
        ("a {} b", "", "an expression is expected here"),
        ("{user.access_keys}", "user.access_keys", "a list of AccessKey is no text"),
        ("{user}", "user", "a User is no text"),
    ] {
        let problems = with_names(|names| Template::compile(text, names)).unwrap_err();
        let [problem] = &problems[..] else { panic!("{text}: {problems:?}") };
        assert_eq!(
            (&text[problem.at.clone()], problem.message.as_str()),
            (place, message),
            "{text}"
        );
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "key",
        "user",
        "params",
        ".",
        "active",
        "limit",
        "groups",
        "access_keys",
        "exists",
        "(",
        ")",
        "g",
        ",",
        "==",
        "&&",
        "||",
        "!",
        "-",
        "'a'",
        "1",
        "1.5",
        "null",
        "true",
        "?",
        ":",
        "in",
        "[",
        "]",
        "{",
        "}",
        " ",
        "size",
        "has",
        "/",
        "\n",
        "\"",
        "//",
        "ü",
        "\\",
        "`",
        "b'x'",
        "all",
        "0x",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40)
        .prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_makes_the_compiler_panic(text in prop_oneof![pieces(), ".*"]) {
        let case = Case::new(&json!({}), &json!({}));
        with_names(|names| {
            match Expression::compile(&text, names) {
                Ok(expression) => drop(outcome(&expression, &case)),
                Err(problems) => for problem in problems {
                    prop_assert!(text.get(problem.at.clone()).is_some(), "{text:?}: {problem:?}");
                }
            }
            if let Ok(template) = Template::compile(&text, names) {
                template.render_command(&mut case.env());
            }
            Ok(())
        })?;
    }
}
