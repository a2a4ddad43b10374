//! `portcullis.toml`.

use crate::support::Run;
use crate::{FAILING, PASSING, UNKNOWN, audit, sandbox};

const PLAIN: [&str; 4] = ["audit", "bundle", "--as-of", "2026-11-01"];

fn with_config(text: &str, arguments: &[&str]) -> Run {
    let sandbox = sandbox();
    sandbox.write("portcullis.toml", text);
    sandbox.run(arguments)
}

fn refused(text: &str, says: &[&str]) {
    let run = with_config(text, &audit(&[]));
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    for words in says {
        assert!(run.stderr.contains(words), "`{words}` is not in: {}", run.stderr);
    }
}

#[test]
fn it_is_read_from_the_working_directory() {
    let passing = format!("only = ['{PASSING}']");
    assert_eq!(with_config(&passing, &PLAIN).status, 0);
    let failing = format!("only = ['{FAILING}']");
    assert_eq!(with_config(&failing, &PLAIN).status, 1);
    assert_eq!(with_config(&format!("{failing}\nfail_on = 'critical'"), &PLAIN).status, 0);
    let unknown = format!("only = ['{UNKNOWN}']");
    assert_eq!(with_config(&unknown, &PLAIN).status, 3);
    assert_eq!(with_config(&format!("{unknown}\nallow_unknown = ['{UNKNOWN}']"), &PLAIN).status, 0);
}

#[test]
fn rules_are_shown_without_a_configuration_that_cannot_be_read() {
    for text in ["[[broken", "no_such_key = 1"] {
        for arguments in
            [&["rules", "list"][..], &["rules", "explain", PASSING], &["frameworks", "list"]]
        {
            let run = with_config(text, arguments);
            let sound = with_config("", arguments);
            assert_eq!((run.status, run.stdout), (0, sound.stdout), "{}", run.stderr);
            assert!(
                run.stderr
                    .starts_with("warning: portcullis.toml is ignored: "),
                "{}",
                run.stderr
            );
            let named = [arguments, &["--config", "portcullis.toml"]].concat();
            assert_eq!(with_config(text, &named).status, 2);
        }
        for arguments in [&["permissions"][..], &["facts", "bundle"], &["waivers", "check"]] {
            assert_eq!(with_config(text, arguments).status, 2, "{arguments:?}");
        }
    }
}

#[test]
fn the_command_line_wins() {
    let passing = format!("only = ['{PASSING}']\nfail_on = 'critical'");
    assert_eq!(with_config(&passing, &audit(&[])).status, 0);
    assert_eq!(with_config(&passing, &audit(&["--fail-on", "high"])).status, 1);
}

#[test]
fn a_rule_can_be_set_otherwise() {
    let lower = format!("[rules.{FAILING}]\nseverity = 'info'");
    assert_eq!(with_config(&lower, &audit(&[])).status, 0);
    let class = "[classes.service]\nnames = ['ALI*']";
    assert_eq!(with_config(class, &audit(&[])).status, 0);
}

#[test]
fn all_mistakes_show_beside_those_in_the_syntax() {
    let text = "\
fial_on = 'high'
only = [
  'nosuch',
  'nothing',
]
quiet = ture
[rules.no-such-rule]
severity = 'low'
[[waiver]]
rule = 'no-such-waiver'
resource = 'x'
[[waiver]]
rule = 'no-other-waiver'
account =
";
    let run = with_config(text, &audit(&[]));
    let mut places = Vec::new();
    for line in run.stderr.lines() {
        if let Some(place) = line.trim().strip_prefix("--> portcullis.toml:") {
            places.push(place.split(':').next().unwrap_or_default());
        }
    }
    // Whatever the waivers lack may stand where the file cannot be read.
    let expected = ["1", "3", "4", "6", "7", "10", "13", "14"];
    assert_eq!(places, expected, "{}", run.stderr);
}

#[test]
fn an_option_about_one_run_is_not_for_the_file() {
    refused(
        "as_of = 2026-11-01\ntrail = ['logs']",
        &[
            "`as_of` can be set only on the command line",
            "pass --as-of",
            "`trail` can be set only on the command line",
        ],
    );
    refused("trial = 1", &["`trial` is not known here"]);
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    refused("\nfial_on = 'high'", &["portcullis.toml:2:1", "`fial_on`", "did you mean `fail_on`?"]);
    refused("fail_on = 'hihg'", &["portcullis.toml:1:11", "`hihg`", "did you mean `high`?"]);
    refused("[classes.servic]\nnames = []", &["portcullis.toml:1:10", "did you mean `service`?"]);
    refused("rule_set = 'strickt'", &["`strickt` is not valid here", "did you mean `strict`?"]);
    refused("[classes.break_glass]\nnames = []", &["did you mean `break-glass`?"]);
    refused("[classes.service]\nname = []", &["portcullis.toml:2:1", "did you mean `names`?"]);
    refused("only = 'x'", &["portcullis.toml:1:8"]);
    refused("= 1", &["portcullis.toml:1:1"]);
    let settings = format!("[rules.{FAILING}]\nseverty = 'info'");
    refused(&settings, &["portcullis.toml:2:1", "did you mean `severity`?"]);
}

#[test]
fn a_misspelt_rule_is_corrected() {
    let misspelt = "console-user-without-mfaa";
    for text in [
        format!("skip = ['{misspelt}']"),
        format!("allow_unknown = ['{misspelt}']"),
        format!("[rules.{misspelt}]\nseverity = 'info'"),
    ] {
        let run = with_config(&text, &PLAIN);
        assert_eq!(run.status, 2, "{text}");
        let says = |words| run.stderr.contains(words);
        assert!(says("did you mean") && says(FAILING), "{}", run.stderr);
    }
}

#[test]
fn ids_of_rules_are_in_any_case() {
    let loud = FAILING.to_ascii_uppercase();
    let waiver = format!(
        "[[waiver]]\nrule = '{loud}'\nresource = 'alice'\naccount = '*'\nreason = 'r'\nowner = 'o'\n\
         expires = 2099-01-01"
    );
    for text in [format!("[rules.{loud}]\nseverity = 'info'"), waiver] {
        assert_eq!(with_config(&text, &audit(&[])).status, 0, "{text}");
    }
    assert_eq!(with_config(&format!("only = ['{loud}']"), &PLAIN).status, 1);
    let twice = format!("[rules.{loud}]\nseverity = 'info'\n[rules.{FAILING}]\nseverity = 'low'");
    refused(&twice, &["portcullis.toml:3:8", "is set twice"]);
}

#[test]
fn part_of_an_id_or_a_family_leads_to_rules() {
    refused("skip = ['mfa']", &["rules match, such as", "admin-without-mfa"]);
    refused("skip = ['spraying']", &["did you mean `password-spraying`?"]);
    refused(
        "skip = ['federation']",
        &["did you mean one of these?", "console-user-beside-federation"],
    );
    refused(
        "[[waiver]]\nrule = 'xyz'",
        &["`owner` and `expires` are missing", "there is no rule `xyz`"],
    );
}

#[test]
fn a_misspelt_parameter_is_corrected() {
    let misspelt = "[rules.stale-access-key.params]\nmax_age_day = 30";
    refused(misspelt, &["portcullis.toml:2:1", "`max_age_day`", "did you mean `max_age_days`?"]);
    let text = "[rules.stale-access-key.params]\nmax_age_days = 'old'";
    refused(text, &["portcullis.toml:2:16", "this parameter must be a number"]);
}

/// As rustc shows mistakes: place, line and caret, and what was meant.
#[test]
fn all_mistakes_are_shown_at_once() {
    let text = format!(
        "fial_on = 'high'\nskip = ['{PASSING}', 'nowhere-rule']\ndeadline = '5'\n\
         [classes.service]\nnames = ['a[']\n[rules.{FAILING}]\nseverity = 'hihg'\n\
         [rules.stale-access-key.params]\nmax_age_days = 'old'\n[[waiver]]\nrule = '*'\n"
    );
    refused(
        &text,
        &[
            "there are 8 problems",
            "`fial_on` is not known here\n --> portcullis.toml:1:1\n  |\n1 | fial_on = ...\n  | ^^^^^^^\n",
            " --> portcullis.toml:2:",
            "`deadline` must be a number\n --> portcullis.toml:3:12",
            "unclosed character class",
            "portcullis.toml:5:10",
            "portcullis.toml:7:12",
            "portcullis.toml:9:16",
            "`resource`, `account`, `reason`, `owner` and `expires` are missing",
            "portcullis.toml:11:8",
        ],
    );
}

#[test]
fn numbers_of_a_wrong_size_are_refused_in_the_words_of_the_command_line() {
    refused("deadline = 0", &["portcullis.toml:1:12", "expected a whole number from 1 to 86400"]);
    refused("output = ['pdf']", &["portcullis.toml:1:11", "there are: table, html"]);
}

#[test]
fn a_named_file_must_exist() {
    let run = sandbox().run(audit(&["--config", "other.toml"]));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("cannot read other.toml"), "{}", run.stderr);
}

#[test]
fn ids_may_be_in_any_case() {
    let upper = FAILING.to_uppercase();
    assert_eq!(with_config(&format!("only = ['{upper}']"), &PLAIN).status, 1);
    assert_eq!(sandbox().run(audit(&["--only", &upper])).status, 1);
    assert_eq!(sandbox().run(["rules", "explain", &upper]).status, 0);
}

#[test]
fn thousands_of_problems_are_counted_and_some_are_shown() {
    let sandbox = sandbox();
    sandbox.write("portcullis.toml", "[[waiver]]\nrule = 1\n".repeat(20_000));
    let run = sandbox.run(["waivers", "check"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("problems with rules or configuration"));
    let (_, last) = run.stderr.trim_end().rsplit_once('\n').unwrap();
    assert!(last.contains("and ") && last.ends_with(" more"), "{last}");
    assert_eq!(run.stderr.matches("\nerror: ").count(), 100);
}

#[test]
fn a_value_of_any_length_is_cut_in_an_error() {
    let long = "x".repeat(2_000_000);
    for text in [
        format!("fail_on = '{long}'"),
        format!("only = ['{long}']"),
        format!("{long} = 1"),
        format!("[rules.{long}]\nseverity = 'low'"),
        format!("[rules.stale-access-key]\nseverity = '{long}'"),
        format!("[classes.service]\nnames = ['[{long}']"),
    ] {
        let sandbox = sandbox();
        sandbox.write("portcullis.toml", &text);
        let run = sandbox.run(audit(&[]));
        let start: String = text.chars().take(60).collect();
        assert_eq!(run.status, 2, "{start}");
        assert!(run.stderr.contains("xxx…xxx"), "{start}");
        assert!(run.stderr.len() < 5000, "{start}: {}", run.stderr.len());
    }
}
