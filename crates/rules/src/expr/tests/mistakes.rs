//! Mistakes in expressions and templates, and texts that mean harm.

use proptest::prelude::*;

use super::*;

/// The one problem with a condition: the piece of the text, the message and the help.
fn problem(text: &str) -> (String, String) {
    let problems = with_names(|names| Expression::condition(text, names)).unwrap_err();
    let [problem] = &problems[..] else {
        panic!("{text}: {problems:?}")
    };
    let help = problem
        .help
        .as_ref()
        .map(|help| format!("; {help}"))
        .unwrap_or_default();
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
            "only a named value has fields; write variable.field",
        ),
        ("key.age_days", "key.age_days", "a condition must be true or false, and this is number"),
        ("key.active && key.age_days", "age_days", "expected bool, found number"),
        ("!key.name", "name", "expected bool, found text"),
        ("key.age_days + key.name > 1", "name", "expected number, found text"),
        ("key.name < 'a'", "<", "text and text cannot be ordered; two numbers or two times can"),
        (
            "key.active >= true",
            ">=",
            "bool and bool cannot be ordered; two numbers or two times can",
        ),
        ("key.name == 1", "==", "text is never equal to number"),
        (
            "user.access_keys == user.access_keys",
            "==",
            "list of AccessKey is never equal to list of AccessKey",
        ),
        (
            "key.age_source == 'create-dat'",
            "'create-dat'",
            "`create-dat` is not one of its values; did you mean `create-date`?",
        ),
        (
            "'zzz' != key.age_source",
            "'zzz'",
            "`zzz` is not one of its values; valid: create-date, last-rotated, last-used, at-least",
        ),
        (
            "key.age_source in ['create-date', 'last']",
            "'last'",
            "`last` is not one of its values; valid: create-date, last-rotated, last-used, at-least",
        ),
        (
            "key.age_source == params.word",
            "word",
            "`last-rotatd` is not one of its values; did you mean `last-rotated`?",
        ),
        (
            "user.class == key.age_source",
            "==",
            "one of human, service, break-glass is never equal to one of create-date, last-rotated, last-used, at-least",
        ),
        (
            "key.active == null",
            "active",
            "this is never null; a value that was not collected makes the verdict unknown without a test",
        ),
        ("null == null", "null", "null is not allowed here; use null only with `==` and `!=`"),
        (
            "key.created > null",
            "null",
            "null is not allowed here; use null only with `==` and `!=`",
        ),
        ("key.name in user.name", "name", "`in` needs a list, but this is text"),
        ("1 in ['a']", "in", "number is never in a list of text"),
        ("key.name in [1]", "1", "a list may contain only strings; write ['a', 'b']"),
        ("key.name in []", "[", "`in` is never true for an empty list"),
        ("key.active ? 1 : 'a'", "?", "the two outcomes differ in type: number and text"),
        ("size(key.active) > 1", "size", "size() takes a list or a string, but this is bool"),
        ("user.name.exists(c, true)", "exists", "this needs a list, but got text"),
        ("user.groups.exists(g, g)", "g", "expected bool, found text"),
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
fn what_may_be_null_must_be_tested_first() {
    let untested = [
        ("key.last_used > user.created", "last_used", "key.last_used"),
        ("user.created < key.last_used", "last_used", "key.last_used"),
        ("user.password_age_days * 2 > 1", "password_age_days", "user.password_age_days"),
        ("key.last_used_region.startsWith('x')", "last_used_region", "key.last_used_region"),
        ("key.last_used_region.size() > 1", "last_used_region", "key.last_used_region"),
        (
            "account.alternate_contacts.exists(c, true)",
            "alternate_contacts",
            "account.alternate_contacts",
        ),
        ("'a' in account.alternate_contacts", "alternate_contacts", "account.alternate_contacts"),
        (
            "!account.root_credentials_managed",
            "root_credentials_managed",
            "account.root_credentials_managed",
        ),
        ("user.mfa_devices.exists(d, d.enabled > user.created)", "enabled", "d.enabled"),
        // A test that decides nothing, one too late, and one of another fact.
        ("key.last_used != null || key.last_used > user.created", "last_used", "key.last_used"),
        ("key.last_used > user.created && key.last_used != null", "last_used", "key.last_used"),
        ("key.last_rotated != null && key.last_used > user.created", "last_used", "key.last_used"),
        (
            "(key.last_used != null || key.active) && key.last_used > user.created",
            "last_used",
            "key.last_used",
        ),
        (
            "key.last_used == null ? key.last_used > user.created : true",
            "last_used",
            "key.last_used",
        ),
        (
            "user.mfa_devices.exists(d, d.enabled != null) && \
             user.mfa_devices.exists(e, e.enabled > user.created)",
            "enabled",
            "e.enabled",
        ),
    ];
    for (text, place, fact) in untested {
        let message = format!("this may be null; test it first: `{fact} != null && …`");
        assert_eq!(problem(text), (place.to_owned(), message), "{text}");
    }
}

#[test]
fn a_test_for_null_holds_where_it_decides() {
    for text in [
        "key.last_used != null && key.last_used > user.created",
        "null != key.last_used && (key.active && key.last_used > user.created)",
        "key.last_used == null || key.last_used > user.created",
        "!(key.last_used == null) && key.last_used > user.created",
        "!(key.last_used == null || !key.active) && key.last_used > user.created",
        "!(key.last_used != null && key.active) || key.last_used > user.created",
        "key.last_used != null ? key.last_used > user.created : true",
        "key.last_used == null ? true : key.last_used > user.created",
        "key.last_used_region == 'x' && key.last_used_region.startsWith('x')",
        "key.last_used_region != 'x' || key.last_used_region.startsWith('x')",
        "(key.last_used_region == 'x' || key.last_used_region == 'y') && \
         key.last_used_region.startsWith('x')",
        "user.mfa_devices.exists(d, d.enabled != null && d.enabled > user.created)",
        "key.last_used != null && key.last_used != null",
        "key.last_used_region == 'x'",
        "key.last_used_region in ['x']",
    ] {
        let result = with_names(|names| Expression::condition(text, names));
        assert!(result.is_ok(), "{text}: {:?}", result.err());
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
            "lists cannot be indexed, because their order has no meaning; use exists() or all()",
        ),
        (
            "key.name.matches('a')",
            "matches",
            "matches() is not supported; use ==, startsWith(), endsWith() or contains()",
        ),
        (
            "user.groups.filter(g, true).size() > 0",
            "filter",
            "map() and filter() are only for text that is shown; use exists(), all() or exists_one()",
        ),
        (
            "user.groups.map(g, g).size() > 0",
            "map",
            "map() and filter() are only for text that is shown; use exists(), all() or exists_one()",
        ),
        (
            "user.groups.map(g, true, g).size() > 0",
            "map",
            "map() and filter() are only for text that is shown; use exists(), all() or exists_one()",
        ),
        (
            "timestamp('2026-01-01T00:00:00Z') < key.created",
            "timestamp",
            "rule expressions cannot calculate with times; derive a fact such as age_days",
        ),
        (
            "key.name.startWith('a')",
            "startWith",
            "there is no function startWith(); did you mean `startsWith`?",
        ),
        (
            "user.groups.exists(true)",
            "exists",
            "exists() takes different arguments; write list.exists(x, condition on x)",
        ),
        ("{'a': 1} == 1", "{", "maps and messages are not part of rule expressions"),
        (
            "key.age_days > 1u",
            "1u",
            "this is not a literal in rule expressions; write a number such as 90 or 0.5, a string such as 'fido', true, false or null",
        ),
        ("key.active = true", "=", "expected an operator or the end, found `=`; `==` compares"),
        ("key.active &&", "", "expected an expression, found the end"),
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
    assert_eq!(problem, "more than 4 nested macros; derive a fact");
}

#[test]
fn mistakes_in_templates_are_found_at_their_place() {
    for (text, place, message) in [
        ("a {key.nam} b", "nam", "AccessKey has no field `nam`"),
        ("a {key.name b", "{", "this brace has no match"),
        ("a } b", "}", "this brace has no match"),
        ("a {} b", "", "an expression is expected here"),
        ("{user.access_keys}", "user.access_keys", "a list of AccessKey cannot be shown"),
        ("{user}", "user", "a User cannot be shown"),
    ] {
        let problems = with_names(|names| Template::compile(text, names)).unwrap_err();
        let [problem] = &problems[..] else {
            panic!("{text}: {problems:?}")
        };
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

/// Conditions over facts that may be null, most of which do not test that everywhere.
fn conditions() -> impl Strategy<Value = String> {
    let tests = [
        "key.last_used == null",
        "key.last_used != null",
        "key.last_used_region == 'x'",
        "key.last_used_region != null",
        "key.last_used > user.created",
        "key.last_used_region.startsWith('x')",
        "key.id == 'x'",
        "key.active",
    ];
    let leaf = proptest::sample::select(tests.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(4, 16, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            3 => pair.clone().prop_map(|(a, b)| format!("({a} && {b})")),
            3 => pair.prop_map(|(a, b)| format!("({a} || {b})")),
            1 => inner.clone().prop_map(|a| format!("!({a})")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn a_condition_that_is_accepted_never_meets_a_null(text in conditions()) {
        let facts = [
            json!({}),
            json!({ "last_used": null, "last_used_region": null }),
            json!({ "last_used": null, "last_used_region": { "missing": ["access-keys"] } }),
            json!({ "last_used": { "missing": ["mfa-devices"] }, "last_used_region": null }),
            json!({ "last_used": null, "id": { "missing": ["access-keys"] } }),
            json!({ "last_used": null, "active": { "missing": ["access-keys"] } }),
        ];
        with_names(|names| {
            let Ok(condition) = Expression::condition(&text, names) else { return Ok(()) };
            for key in &facts {
                let case = Case::new(key, &json!({}));
                prop_assert_ne!(outcome(&condition, &case), "defect", "{}", text);
            }
            Ok(())
        })?;
    }
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
