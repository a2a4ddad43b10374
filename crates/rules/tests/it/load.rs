//! Mistakes in rule files and settings: all are reported at once, each at its place.

use std::fs;

use portcullis_rules::{LoadErrors, RuleFile, RuleSet, Settings};

use crate::support::{RULE, account, changed, file, judge, load, settings};

/// Each mistake as `line:column message; help`.
fn mistakes(text: &str) -> Vec<String> {
    shown(&load(text).err().unwrap_or(LoadErrors(vec![])))
}

fn shown(errors: &LoadErrors) -> Vec<String> {
    let one = |error: &portcullis_rules::LoadError| {
        let (line, column) = error.position();
        let help = error
            .help
            .as_ref()
            .map(|help| format!("; {help}"))
            .unwrap_or_default();
        format!("{line}:{column} {}{help}", error.message)
    };
    errors.0.iter().map(one).collect()
}

#[test]
fn a_sound_rule_loads_and_its_examples_hold() {
    let rules = load(RULE).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(rules.check_examples(), []);
    let rule = rules.rule("test-rule").unwrap();
    assert_eq!((rule.scope().as_str(), rule.rule_set), ("user", "default"));
    assert_eq!(rule.family, "test");
}

/// What to replace in the rule, by what, and the mistake that this is.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "user.age_days <=",
        "user.age_dais <=",
        "10:21 User has no field `age_dais`; did you mean `age_days`?",
    ),
    (
        "user.age_days <=",
        "user.password_age_days <=",
        "10:21 this may be null; test it first: `user.password_age_days != null && …`",
    ),
    (
        "is {user.age_days}",
        "is {user.age_dais}",
        "11:42 User has no field `age_dais`; did you mean `age_days`?",
    ),
    (
        "\"user.password_enabled\"",
        "'''\nuser.password_enabled\n  && user.x'''",
        "11:11 User has no field `x`",
    ),
    ("\"user.password_enabled\"", "\"user\\u002ex\"", "9:15 User has no field `x`"),
    (
        "severity    = \"medium\"",
        "severity = \"mediun\"",
        "3:12 there is no severity `mediun`; did you mean `medium`?",
    ),
    ("severity    = \"medium\"\n", "", "1:1 `severity` is missing"),
    ("title       = \"Test\"", "title = 7", "2:9 `title` must be a string"),
    ("risk        = \"None.\"", "risk = \" \"", "5:8 `risk` is empty"),
    (
        "\"aws iam delete-user --user-name {user.name}\"",
        "\"{include replacepolicy}\"",
        "6:25 there is no text `replacepolicy` to include; did you mean `replace-policy`?",
    ),
    (
        "\"aws iam delete-user --user-name {user.name}\"",
        "\"\"\"\nDo \\\nthis:\n{include xyz}\n\"\"\"",
        "9:10 there is no text `xyz` to include; valid: put-policy, replace-policy, see-policy",
    ),
    (
        "severity    =",
        "rule_set = \"stric\"\nseverity =",
        "3:12 there is no rule_set `stric`; did you mean `strict`?",
    ),
    (
        "severity    =",
        "severty = 1\nseverity =",
        "3:1 `severty` is not known here; did you mean `severity`?",
    ),
    ("\"user\"\n", "\"usr\"\n", "4:15 there is no scope `usr`; did you mean `user`?"),
    (
        "\"test-rule\"",
        "\"test-rul\"",
        "1:15 the id differs from the file's name, `test-rule`; rename the file to test-rul.toml, or change the id",
    ),
    (
        "\"test-rule\"",
        "\"Test\"",
        "1:15 an id consists of words of lowercase letters and digits, joined by `-`",
    ),
    ("[\"https:", "[\"http:", "7:16 a reference is an address that begins with https://"),
    ("= 90\nwhen", "= 90\nparams.other = 1\nwhen", "9:8 nothing reads the parameter `other`"),
    (
        "= 90\nwhen",
        "= 2026-01-01\nwhen",
        "8:23 a parameter must be a number that is not negative, a boolean, a string or a list of strings",
    ),
    (
        "= 90\nwhen",
        "= -1\nwhen",
        "8:23 a parameter must be a number that is not negative, a boolean, a string or a list of strings",
    ),
    (
        "message     =",
        "evidence = [\"user.age_days > 1\"]\nmessage =",
        "11:14 evidence names facts; write the path of a fact, such as account.id",
    ),
    (
        "expect = \"pass\"",
        "expect = \"passed\"",
        "14:10 there is no expect `passed`; did you mean `pass`?",
    ),
    (
        "expect = \"fail\"",
        "expect = \"pass\"",
        "1:1 there is no [[example]] with expect = \"fail\"",
    ),
    (
        "{ age_days = 90 }",
        "{ age_dais = 90 }",
        "16:12 User has no field `age_dais`; did you mean `age_days`?",
    ),
    (
        "{ age_days = 90 }",
        "{ age_days = \"old\" }",
        "16:23 number is needed here; a missing fact is `{ missing = [\"SOURCE\"] }`, null is `\"null\"`",
    ),
    (
        "{ age_days = 90 }",
        "{ age_days = { missing = [\"reprot\"] } }",
        "16:36 no source has this name; valid: caller-identity, account-aliases, credential-report, account-summary, account-password-policy, virtual-mfa-devices, account-authorization-details, access-keys, mfa-devices, service-specific-credentials, server-certificates, saml-providers, open-id-connect-providers, access-analyzers, alternate-contacts, organization, organizations-features",
    ),
    (
        "{ age_days = 90 }",
        "{ class = \"robot\" }",
        "16:10 this does not fit the fact: unknown variant `robot`, expected one of `human`, `service`, `break-glass`",
    ),
    (
        "user   = { age_days = 90 }",
        "key = { age_days = 90 }",
        "16:1 `key` is not known here; valid: expect, name, message, user, account, params",
    ),
    (
        "{ age_days = 90 }",
        "{ age_days = 90 }\nparams = { max_age = 1 }",
        "17:12 there is no parameter `max_age`; did you mean `max_age_days`?",
    ),
    (
        "{ age_days = 90 }",
        "{ age_days = 90 }\nparams = { max_age_days = true }",
        "17:27 this parameter must be a number",
    ),
    ("\"user\"\n", "[]\n", "1:1 `scope` is empty"),
    (
        "\"user\"\n",
        "[\"user\", \"access_key\"]\n",
        "4:24 there is no scope `access_key`; valid: user, group, role",
    ),
    ("\"user\"\n", "[\"user\", \"user\"]\n", "4:24 the scope is named twice"),
    (
        "severity    =",
        "severities = [{ when = \"user.x\", severity = \"low\" }]\nseverity =",
        "3:30 User has no field `x`",
    ),
    (
        "severity    =",
        "severities = [{ wen = \"true\", severity = \"lo\" }]\nseverity =",
        "3:17 `wen` is not known here; did you mean `when`?",
    ),
    ("[[example]]", "[[example]", "13:11 this is not valid TOML: unclosed array table"),
];

/// What follows from a list that is not closed does not count; what stands apart does.
#[test]
fn each_mistake_in_the_syntax_is_reported_once() {
    let open = changed("title       = \"Test\"", "title = [\n# a note\n");
    assert_eq!(mistakes(&open).len(), 1, "{:#?}", mistakes(&open));
    let two =
        changed("title       = \"Test\"", "title = = \"Test\"\n# a note\nother = 1\nlast = = 2");
    let found = mistakes(&two);
    let lines: Vec<&str> = found
        .iter()
        .filter_map(|found| found.split(':').next())
        .collect();
    assert_eq!(lines, ["2", "4", "5"], "{found:#?}");
}

/// A file in another format has as many mistakes as lines; the first few are enough.
#[test]
fn of_many_mistakes_in_the_syntax_the_first_few_are_reported() {
    let with = |count: usize| format!("{}\n", "a = = 1\n".repeat(count));
    assert_eq!(mistakes(&with(5)).len(), 5);
    let found = mistakes(&with(6));
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(found[4].starts_with("5:"), "{found:#?}");
}

#[test]
fn json_is_named() {
    let found = |text: &str| mistakes(text).into_iter().next().unwrap();
    for json in ["{}", "\n {\n  \"a\": 1\n}", "{\"a\": 1}\n{\"a\": 2}", "[1,\n2]", "{\"cut\": "] {
        assert!(found(json).contains("this is not valid TOML: it is JSON; name a"), "{json}");
        assert_eq!(mistakes(json).len(), 1, "{json}");
    }
    for other in ["[a", "[1,\n2", "a: 1"] {
        assert!(!found(other).contains("JSON"), "{other}");
    }
}

/// What is not closed is reported where it begins, and hides no mistake of another entry.
#[test]
fn what_is_not_closed_is_reported_where_it_begins() {
    let no_end = |thing: &str, place: &str| {
        format!("{place} this is not valid TOML: the {thing} that begins here is not closed")
    };
    for (title, thing, place) in [
        ("[\n  \"a\",\n  \"b\"", "list", "2:9"),
        ("[\"a\", [1, 2]\n", "list", "2:9"),
        ("[\"a\", [1, 2\n", "list", "2:15"),
        ("[{ a = [1 }]", "list", "2:16"),
        ("[{ a = 1]", "inline table", "2:10"),
        ("\"Test", "string", "2:9"),
        ("[\"a,\n\"b\"]", "string", "2:10"),
        ("\"\"\"Test\nmore [text\n", "string", "2:9"),
        ("'''Test", "string", "2:9"),
    ] {
        let text = changed("\"Test\"", title).replace("title       =", "title =");
        let text = text.replace("\"medium\"", "\"hihg\"");
        let found = mistakes(&text);
        assert_eq!(found.len(), 2, "{title}: {found:#?}");
        assert!(found[0].starts_with(&no_end(thing, place)), "{title}: {found:#?}");
        assert!(found[1].contains("there is no severity `hihg`"), "{title}: {found:#?}");
    }
    // The first of two strings lasts until the second begins; a table ends what came before it.
    let twice = changed("\"Test\"", "\"\"\"Test")
        .replace("severity    = ", "severity = \"\"\"hihg\"\"\" #");
    assert_eq!(mistakes(&twice).len(), 2, "{:#?}", mistakes(&twice));
    let header = changed("{ age_days = 90.5 }", "{ age_days = 90.5\n[other]\nx = 1");
    let found = mistakes(&header);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with(&no_end("inline table", "21:10")), "{found:#?}");
    assert!(found[1].starts_with("22:2 `other` is not known here"), "{found:#?}");
    // Neither is a list of lists a table, nor does a text of several lines end at what looks like an entry.
    let closed =
        changed("\"Test\"", "[\n[\"a\"],\n[true],\n]\nx = \"\"\"\na = 1\n[b]\n\"\"\"\ny = = 1");
    let found = mistakes(&closed);
    assert!(!found.iter().any(|found| found.contains("is not closed")), "{found:#?}");
}

/// What can be read is checked, and nothing is missing that may stand where the file cannot be read.
#[test]
fn other_mistakes_show_beside_those_in_the_syntax() {
    for (old, new, found) in [
        ("title       = \"Test\"", "titel = \"Test\"\nrisk_ =", "2:1 `titel` is not known here"),
        (
            "severity    = \"medium\"",
            "severity = \"hihg\"\nrisk_ =",
            "3:12 there is no severity `hihg`",
        ),
    ] {
        let mistakes = mistakes(&changed(old, new));
        assert_eq!(mistakes.len(), 2, "{mistakes:#?}");
        assert!(mistakes.iter().any(|mistake| mistake.starts_with(found)), "{mistakes:#?}");
    }
    for (old, new) in [
        ("title       = \"Test\"", "title = "),
        ("title       = \"Test\"", "title = \"Test"),
        ("days = 90\nwhen", "days = 9 0\nwhen"),
        ("[[example]]\nexpect = \"pass\"", "[[example]\nexpect = \"pass\""),
    ] {
        let mistakes = mistakes(&changed(old, new));
        assert_eq!(mistakes.len(), 1, "{new}: {mistakes:#?}");
    }
}

/// A rule on policies, with that remediation.
fn on_policies(remediation: &str) -> String {
    let user = "user   = { age_days = 90";
    RULE.replace("\"user\"\n", "\"policy\"\n")
        .replace("aws iam delete-user --user-name {user.name}", remediation)
        .replace("user.password_enabled", "policy.kind == 'inline'")
        .replace("params.max_age_days = 90\n", "")
        .replace("user.age_days <= params.max_age_days", "policy.name == 'a'")
        .replace(
            "user {user.name} is {user.age_days} days old; the limit is {params.max_age_days}",
            "no",
        )
        .replace(&format!("{user} }}"), "policy = { kind = 'inline', name = 'a' }")
        .replace(&format!("{user}.5 }}"), "policy = { kind = 'inline', name = 'b' }")
}

#[test]
fn a_remediation_includes_a_text_that_rules_share() {
    let text = on_policies("Look:\\n{include see-policy}\\nThat was it.");
    let rules = load(&text).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(rules.check_examples(), []);
    let see = "aws iam get-user-policy --user-name HOLDER-NAME --policy-name POLICY-NAME";
    let rule = rules.rule("test-rule").unwrap();
    assert_eq!(rule.remediation, format!("Look:\n  {see}\nThat was it."));
    let last = load(&on_policies("Look:\\n{include see-policy}")).unwrap();
    assert_eq!(last.rule("test-rule").unwrap().remediation, format!("Look:\n  {see}"));
}

#[test]
fn a_text_is_included_on_a_line_of_its_own() {
    for line in ["  {include see-policy}", "See {include see-policy}", "{include see-policy} now"] {
        let column = 16 + line.find('{').unwrap();
        let mistake = format!("6:{column} `{{include NAME}}` stands on a line of its own");
        assert_eq!(mistakes(&on_policies(line)), [mistake]);
    }
}

#[test]
fn a_mistake_in_a_shared_text_is_shown_there_and_where_it_is_included() {
    let include = changed("aws iam delete-user --user-name {user.name}", "{include see-policy}");
    let errors = load(&include).err().unwrap();
    let shown = errors.to_string();
    assert_eq!(errors.0.len(), 1, "{shown}");
    assert_eq!(errors.0[0].position(), (6, 16), "{shown}");
    for words in [
        "error: there is no variable `policy` here",
        "--> rules/remediation/see-policy.txt:2:2",
        "::: mine/test/test-rule.toml:6:16",
        "included here",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let hidden = errors
        .0
        .into_iter()
        .next()
        .unwrap()
        .without_text()
        .to_string();
    assert!(hidden.contains("mine/test/test-rule.toml:6:16"), "{hidden}");
    assert!(!hidden.contains("remediation ="), "{hidden}");
}

#[test]
fn a_given_text_stands_for_the_built_in_one_of_its_name() {
    let path = "rules/remediation/see-policy.txt".to_owned();
    let with = |text: &str| {
        let text = RuleFile { path: path.clone(), text: text.to_owned() };
        let rule = file(&on_policies("{include see-policy}"));
        RuleSet::load(&[rule, text], &Settings::default())
    };
    let rules = with("# Looks.\nLook at {policy.name}.\n").unwrap();
    assert_eq!(rules.rule("test-rule").unwrap().remediation, "Look at POLICY-NAME.");
    let wrong = with("# Looks.\n{include see-policyy}\n").err().unwrap();
    assert!(wrong.to_string().contains("see-policy.txt:2:10"), "{wrong}");
    assert!(wrong.to_string().contains("did you mean `see-policy`?"), "{wrong}");
    let circle = with("# Looks.\nLook:\n{include see-policy}\n")
        .err()
        .unwrap();
    assert!(
        circle
            .to_string()
            .contains("the text `see-policy` includes itself"),
        "{circle}"
    );
    assert!(circle.to_string().contains("see-policy.txt:3:10"), "{circle}");
}

#[test]
fn mistakes_have_a_line_and_a_column() {
    for (old, new, mistake) in MISTAKES {
        let found = mistakes(&changed(old, new));
        assert!(
            found.iter().any(|found| found.starts_with(mistake)),
            "{new}: {mistake}\n{found:#?}"
        );
    }
}

/// A message is about what fails, so it may read what `when` and a failing `assert` leave.
#[test]
fn a_test_for_null_holds_for_what_comes_after_it() {
    let asserted = changed("user.age_days <=", "user.password_age_days <=");
    let told = changed("is {user.age_days}", "is {user.password_age_days + 1}");
    let when = |text: &str, when: &str| text.replace("\"user.password_enabled\"", when);
    let untested = when(&asserted, "\"user.password_age_days != null || user.password_enabled\"");
    assert_eq!(mistakes(&untested).len(), 1);
    let tested = "\"user.password_enabled && user.password_age_days != null\"";
    for text in [when(&asserted, tested), when(&told, tested)] {
        assert_eq!(mistakes(&text), [""; 0]);
    }
    assert_eq!(mistakes(&told).len(), 1);
    let or_null = "user.password_age_days == null || user.age_days <=";
    assert_eq!(mistakes(&told.replace("user.age_days <=", or_null)), [""; 0]);
    let and_not_null = "user.password_age_days != null && user.age_days <=";
    assert_eq!(mistakes(&told.replace("user.age_days <=", and_not_null)).len(), 1);
}

#[test]
fn null_in_an_example_is_the_word() {
    let text = changed("user.age_days <=", "user.password_age_days == null || user.age_days <=")
        .replace("{ age_days = 90 }", "{ age_days = 91, password_age_days = \"null\" }");
    let rules = load(&text).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(rules.check_examples(), []);
    let never = changed("{ age_days = 90 }", "{ age_days = \"null\" }");
    assert!(mistakes(&never)[0].starts_with("16:23 number is needed here"));
}

#[test]
fn all_mistakes_of_all_files_are_reported_at_once() {
    let broken = changed("user.age_days <=", "user.x <=").replace("= \"Test\"", "= 1");
    let files = [file(&broken), RuleFile { path: "b.toml".into(), text: "id = 1".into() }];
    let errors = RuleSet::load(&files, &Settings::default()).err().unwrap();
    let first: Vec<_> = errors
        .0
        .iter()
        .filter(|error| error.path == files[0].path)
        .collect();
    assert_eq!(first.len(), 2, "{errors}");
    assert_eq!(errors.0.len(), 4, "{errors}");
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    let errors = load(&changed("user.age_days <=", "user.age_dais <="))
        .err()
        .unwrap();
    let expected = r#"error: User has no field `age_dais`
  --> mine/test/test-rule.toml:10:21
   |
10 | assert      = "user.age_dais <= params.max_age_days"
   |                     ^^^^^^^^
   |
   = help: did you mean `age_days`?"#;
    assert_eq!(errors.0[0].to_string(), expected);
}

#[test]
fn two_rules_cannot_share_an_id() {
    let errors = RuleSet::load(&[file(RULE), file(RULE)], &Settings::default())
        .err()
        .unwrap();
    let expected =
        "1:16 mine/test/test-rule.toml already has a rule `test-rule`; give one of them another id";
    assert_eq!(shown(&errors), [expected]);
}

#[test]
fn huge_files_are_refused() {
    let errors = load(&format!("{RULE}#{}", "x".repeat(70_000)))
        .err()
        .unwrap();
    assert_eq!(errors.0[0].message, "a rule file has at most 65536 bytes");
}

fn with_settings(toml: &str) -> Result<RuleSet, LoadErrors> {
    RuleSet::load(&[file(RULE)], &settings(toml))
}

#[test]
fn settings_change_severity_and_parameters() {
    let plain = judge(&load(RULE).unwrap(), &account(), &[]);
    let rules =
        with_settings("[rules.test-rule]\nseverity = \"low\"\nparams.max_age_days = 400").unwrap();
    let report = judge(&rules, &account(), &[]);
    assert_eq!((plain.tally("test-rule").fail, report.tally("test-rule").pass), (1, 1));
    assert_eq!(report.rules[0].severity.word(), "low");
    assert_eq!(report.rules[0].params["max_age_days"], 400);
    assert_ne!(plain.tool.ruleset, report.tool.ruleset);
    // Examples are about the defaults.
    assert_eq!(rules.check_examples(), []);
}

#[test]
fn mistakes_in_settings_are_reported_at_their_places() {
    for (settings, mistakes) in [
        ("[rules.test-rul]", &["1:8 there is no rule `test-rul`; did you mean `test-rule`?"][..]),
        (
            "[rules.test-rule.params]\nmax_age_day = 1",
            &["2:1 there is no parameter `max_age_day`; did you mean `max_age_days`?"],
        ),
        (
            "[rules.test-rule.params]\nmax_age_days = \"1\"\nage = 1",
            &[
                "2:16 this parameter must be a number",
                "3:1 there is no parameter `age`; did you mean `max_age_days`?",
            ],
        ),
    ] {
        let errors = with_settings(settings).err().unwrap();
        assert_eq!(shown(&errors), mistakes);
        assert!(errors.0.iter().all(|error| error.path == "portcullis.toml"));
    }
}

#[test]
fn an_example_that_does_not_hold_says_how() {
    let text = changed("{ age_days = 90 }", "{ age_days = 91 }\nmessage = \"x\"")
        .replace("{ age_days = 90.5 }", "{ age_days = 90.5 }\nmessage = \"late\"");
    let failures = load(&text).unwrap().check_examples();
    let lines: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "mine/test/test-rule.toml: test-rule: example \"at the limit\": expected pass, got fail: user alice is 91 days old; the limit is 90",
            "mine/test/test-rule.toml: test-rule: example \"half a day late\": expected the message \"late\", got \"user alice is 90.5 days old; the limit is 90\"",
        ]
    );
}

/// Adding a rule is adding a file: nothing else knows of it.
#[test]
fn a_rule_from_a_directory_is_judged_with_nothing_else_changed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("test-rule.toml"), RULE).unwrap();
    let mut files = portcullis_rules::embedded();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        files.push(RuleFile { path: path.display().to_string(), text });
    }
    let rules = RuleSet::load(&files, &Settings::default()).unwrap_or_else(|e| panic!("{e}"));
    let report = judge(&rules, &account(), &[]);
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.rule == "test-rule")
        .unwrap();
    assert_eq!(finding.message, "user alice is 365 days old; the limit is 90");
}
