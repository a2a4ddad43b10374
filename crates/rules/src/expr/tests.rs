//! Tests of expressions and templates, in the scope of access keys.

mod grammar;
mod mistakes;

use portcullis_model::{AccessKey, Account, MessagePart, Record, Source, Sources, User, Value};
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
    test(Names { variables, params: &params(), present: &[] })
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
        ("D", "(1e308 * 10 - 1e308 * 10 > 0)"),
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
        ("key.last_used != null && key.last_used > user.created", "unknown: mfa-devices"),
        ("key.last_used_region != null && key.last_used_region.startsWith('x')", "false"),
        ("(key.last_used_region != null ? size(key.last_used_region) : 7) == 7", "true"),
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

fn render(text: &str) -> (String, String) {
    let user = json!({ "name": "x; rm -rf ~" });
    let case =
        Case::new(&json!({ "id": { "missing": ["access-keys"] }, "age_days": 90.01 }), &user);
    with_names(|names| {
        let template = Template::compile(text, names).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        (template.render(&mut case.env()).to_string(), template.render_command(&mut case.env()))
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
        ("{key.created}", "2026-10-19 12:00 UTC"),
        ("größer {user.path}", "größer /"),
        ("{user.access_keys.map(k, k.name)}", "AKIAIOSFODNN7EXAMPLE"),
        ("{params.services.map(s, s == 'sts' ? 'STS' : s)}", "iam, STS"),
        ("{user.mfa_devices.map(d, d.enabled == null ? 'idle' : user.name)}", "x; rm -rf ~"),
        ("{params.services.filter(s, s.startsWith('s'))}", "sts"),
        ("{params.services.map(s, s != 'iam', s == 'sts' ? 'STS' : s)}", "STS"),
        ("<{params.services.filter(s, s == 'ec2')}>", "<>"),
        ("{params.services.filter(s, key.id == s)}", "unknown, unknown"),
        ("{params.services.map(s, '<' + s + ' ' + key.age_days + '>')}", "<iam 90.1>, <sts 90.1>"),
        ("{params.services.map(s, key.age_days + 1 + params.limit)}", "181.1, 181.1"),
    ] {
        assert_eq!(render(text).0, shown, "{text}");
    }
}

/// A text of a fact or of a parameter is told apart from words of the rule.
#[test]
fn messages_know_their_facts() {
    let case = Case::new(&json!({}), &json!({ "name": "ann", "groups": ["ops", "dev"] }));
    for (text, parts) in [
        ("user {user.name}, {key.age_days}", json!(["user ", ["user.name", "ann"], ", 30"])),
        ("in {user.groups}", json!(["in ", ["user.groups", "ops"], ", ", ["user.groups", "dev"]])),
        (
            "{user.access_keys.map(k, k.name)}!",
            json!([["user.access_keys.name", "AKIAIOSFODNN7EXAMPLE"], "!"]),
        ),
        ("{key.active ? 'active' : 'idle'}", json!(["active"])),
        ("{key.age_days > params.limit ? 'old' : user.name}", json!([["user.name", "ann"]])),
        ("{key.active ? user.name : 'nobody'}", json!([["user.name", "ann"]])),
        (
            "{params.services}",
            json!([["params.services", "iam"], ", ", ["params.services", "sts"]]),
        ),
        (
            "{user.groups.map(g, user.name)}",
            json!([["user.name", "ann"], ", ", ["user.name", "ann"]]),
        ),
    ] {
        let message = with_names(|names| {
            Template::compile(text, names)
                .unwrap()
                .render(&mut case.env())
        });
        let shown = |part: &MessagePart<'_>| match part {
            MessagePart::Words(words) => json!(words),
            MessagePart::Fact(fact, text) => json!([fact, text]),
        };
        let shown: Vec<_> = message.parts().iter().map(shown).collect();
        assert_eq!(json!(shown), parts, "{text}");
    }
}

#[test]
fn a_mapped_list_with_commas_in_it_is_parted_by_semicolons() {
    assert_eq!(render("{params.services.map(s, s == 'sts' ? 'a, b' : s)}").0, "iam; a, b");
}

#[test]
fn a_long_mapped_list_is_cut_and_counted() {
    let groups = |count: usize| {
        let names: Vec<_> = (1..=count).map(|number| format!("g{number}")).collect();
        let case = Case::new(&json!({}), &json!({ "groups": names }));
        with_names(|names| {
            let template = Template::compile("{user.groups.map(g, g)}", names).unwrap();
            template.render(&mut case.env()).to_string()
        })
    };
    assert_eq!(groups(5), "g1, g2, g3, g4, g5");
    assert_eq!(groups(7), "g1, g2, g3, g4, g5, and 2 more");
}

#[test]
fn commands_are_safe_to_paste() {
    let command = "aws iam x --user-name {user.name} --id {key.id} --region {key.last_used_region} {account.id}";
    let safe = "aws iam x --user-name 'x; rm -rf ~' --id KEY-ID --region KEY-LAST-USED-REGION 111122223333";
    assert_eq!(render(command).1, safe);
}

/// What a command comes to for a user of that name, in these groups.
fn command(text: &str, name: &str, groups: &[&str]) -> String {
    let key = json!({ "active": { "missing": ["access-keys"] } });
    let case = Case::new(&key, &json!({ "name": name, "groups": groups }));
    with_names(|names| {
        Template::compile(text, names)
            .unwrap()
            .render_command(&mut case.env())
    })
}

#[test]
fn a_line_with_a_list_is_written_once_for_each_element() {
    let text = "Leave:\n  leave {user.name} {user.groups}\nDone.\n";
    assert_eq!(
        command(text, "ann", &["a", "b c"]),
        "Leave:\n  leave ann a\n  leave ann 'b c'\nDone.\n"
    );
    assert_eq!(command(text, "ann", &[]), "Leave:\nDone.\n");
    assert_eq!(command("  x {user.groups}", "ann", &["a", "b"]), "  x a\n  x b");
    let filtered =
        "  x {user.groups.map(g, g != 'b', g)} --{user.groups.map(g, g != 'b', g + '-id')}\n";
    assert_eq!(command(filtered, "ann", &["a", "b", "c"]), "  x a --a-id\n  x c --c-id\n");
}

#[test]
fn a_line_with_a_condition_is_there_where_it_holds() {
    let text = "{user.groups.size() == 0}  lonely\n{user.groups.size() > 0}  {user.groups}\nEnd";
    assert_eq!(command(text, "ann", &[]), "  lonely\nEnd");
    assert_eq!(command(text, "ann", &["a", "b"]), "  a\n  b\nEnd");
    // What is not known is left to the reader.
    assert_eq!(command("{key.active}  disable\n", "ann", &[]), "  disable\n");
}

#[test]
fn words_of_the_rule_are_not_quoted() {
    let text = "  x {user.groups.size() > 0 ? '--in a group' : '--alone'} {user.name}";
    assert_eq!(command(text, "it's", &["a"]), r"  x --in a group 'it'\''s'");
}

#[test]
fn a_hostile_name_ends_neither_the_line_nor_the_quotes_nor_the_document() {
    let text = r#"  x --doc '{{"name": "{user.name}"}}' {user.name}"#;
    let name = "a'; rm \"-rf\"\n  aws iam y";
    let safe = r#"  x --doc '{"name": "a'\''; rm \"-rf\"\n  aws iam y"}' $'a\'; rm "-rf"\u000a  aws iam y'"#;
    assert_eq!(command(text, name, &[]), safe);
}

#[test]
fn the_elements_of_a_list_stand_side_by_side_in_a_document() {
    let text = r#"  x --doc '{{"names": ["{user.groups}"]}}' {user.name}"#;
    let both = r#"  x --doc '{"names": ["a", "b\"c"]}' ann"#;
    assert_eq!(command(text, "ann", &["a", "b\"c"]), both);
    assert_eq!(command(text, "ann", &[]), "");
}

#[test]
fn a_rule_in_general_has_capitals_where_values_belong() {
    let text = "{user.mfa_active}  x {user.name} {user.access_keys.map(k, k.id)} {params.limit} \
                {user.mfa_active ? '--yes' : '--no'}";
    let blanks = with_names(|names| Template::compile(text, names).unwrap().blanks());
    assert_eq!(blanks, "  x USER-NAME ACCESS-KEY-ID 90 --yes");
}

#[test]
fn a_rule_in_general_says_when_each_line_applies() {
    let text = "Begin.\n\
                {user.mfa_active, 'If MFA is on:'}  on\n\
                {user.mfa_active}  more\n\
                {!user.mfa_active, 'If MFA is off, turn it on.'}Turn it on.\n  \
                x \\\n\
                {user.mfa_active}    --with it \\\n    --end";
    let general = "Begin.\n\nIf MFA is on:\n  on\n  more\n\nIf MFA is off, turn it on.\n\n  \
                   x \\\n    [--with it] \\\n    --end";
    let template = with_names(|names| Template::compile(text, names).unwrap());
    assert_eq!(template.blanks(), general);
    let advice = |mfa: serde_json::Value| {
        let case = Case::new(&json!({}), &json!({ "mfa_active": mfa }));
        template.render_command(&mut case.env())
    };
    assert_eq!(advice(json!(true)), "Begin.\n  on\n  more\n  x \\\n    --with it \\\n    --end");
    assert_eq!(advice(json!(false)), "Begin.\nTurn it on.\n  x \\\n    --end");
    assert_eq!(advice(json!({ "missing": ["credential-report"] })), general);
}

#[test]
fn a_line_with_several_conditions_is_there_where_all_hold() {
    let text = "{user.mfa_active}{user.groups.size() > 0, 'In a group:'}  on\n";
    let template = with_names(|names| Template::compile(text, names).unwrap());
    assert_eq!(template.blanks(), "\nIn a group:\n  on\n");
    let advice = |mfa: serde_json::Value, groups: &[&str]| {
        let case = Case::new(&json!({}), &json!({ "mfa_active": mfa, "groups": groups }));
        template.render_command(&mut case.env())
    };
    let missing = json!({ "missing": ["credential-report"] });
    assert_eq!(advice(json!(true), &["a"]), "  on\n");
    assert_eq!(advice(json!(true), &[]), "");
    assert_eq!(advice(json!(false), &["a"]), "");
    // One that fails decides, whatever the others are; the words are those of what is not known.
    assert_eq!(advice(missing.clone(), &[]), "");
    assert_eq!(advice(missing, &["a"]), "  on\n");
}

#[test]
fn a_rule_in_general_has_no_line_that_never_applies_to_it() {
    let text = "{user.name == 'ann', 'For Ann:'}  ann\n\
                {user.name != 'ann', 'For others:'}  others\n\
                {user.name == 'bob' && user.mfa_active, 'For Bob:'}  bob\n\
                {!(user.name == 'ann') || user.mfa_active, 'With MFA, or for others:'}  mfa\n\
                {user.name == 'ann'}{user.mfa_active, 'With MFA:'}  both\n";
    let general = |when: &str| {
        with_names(|names| {
            let when = Expression::condition(when, names).unwrap();
            Template::compile(text, names)
                .unwrap()
                .given(&when.node.comparisons())
                .blanks()
        })
    };
    let (ann, others) = ("\nFor Ann:\n  ann\n", "\nFor others:\n  others\n");
    let (bob, mfa) = ("\nFor Bob:\n  bob\n", "\nWith MFA, or for others:\n  mfa\n");
    let both = "\nWith MFA:\n  both\n";
    let all = [ann, others, bob, mfa, both].concat();
    for (when, expected) in [
        ("user.name == 'ann'", ["  ann\n", mfa, both].concat()),
        ("'ann' == user.name && user.mfa_active", ["  ann\n", mfa, both].concat()),
        ("user.name != 'ann'", ["  others\n", bob, "  mfa\n"].concat()),
        ("user.name == 'bob'", ["  others\n", bob, "  mfa\n"].concat()),
        ("user.name == 'eve'", ["  others\n", "  mfa\n"].concat()),
        // Nothing follows from these.
        ("user.name == 'ann' || user.mfa_active", all.clone()),
        ("user.name != 'eve'", all.clone()),
        ("key.id == 'ann'", all),
    ] {
        assert_eq!(general(when), expected, "{when}");
    }
}

#[test]
fn prose_with_a_list_is_written_once() {
    let text = "Ask {user.name} about {user.groups}.\n";
    assert_eq!(command(text, "ann", &["a", "b"]), "Ask ann about a, b.\n");
}

#[test]
fn only_a_condition_has_words() {
    let problem = |text: &str| {
        with_names(|names| {
            Template::compile(text, names).unwrap_err()[0]
                .message
                .clone()
        })
    };
    let words = "only a condition can be followed by text that says when it holds";
    assert_eq!(problem("{user.name, 'If so:'}"), words);
    let expected = "expected words that say when this holds, found `user`";
    assert_eq!(problem("{user.mfa_active, user.name}"), expected);
}
