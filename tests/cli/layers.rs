//! What decides where the command line leaves an option open: a variable, else the configuration.

use serde_json::{Value as Json, json};

use crate::support::{Run, Sandbox};
use crate::{FAILING, PASSING, UNKNOWN, sandbox};

const PLAIN: [&str; 4] = ["audit", "bundle", "--as-of", "2026-11-01"];
/// What is said of one run, and so nowhere but on the command line; and `--help`.
const COMMAND_LINE_ONLY: [&str; 4] = ["--as-of", "--shard", "--trail", "--help"];

/// An audit with that configuration, these variables and more arguments.
fn audit(configuration: &str, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let mut sandbox = sandbox();
    for (name, value) in variables {
        sandbox = sandbox.env(name, value);
    }
    sandbox.write("portcullis.toml", configuration);
    sandbox.run(PLAIN.iter().chain(more))
}

/// The options and variables of the help: `(--fail-on, PORTCULLIS_FAIL_ON)`.
fn options(help: &str) -> Vec<(String, Option<String>)> {
    let mut options: Vec<(String, String)> = Vec::new();
    for line in help.lines() {
        let names = line.trim_start();
        let long = names.split_whitespace().find(|word| word.starts_with("--"));
        // What goes on from the line before stands further in.
        let is_option = names.starts_with('-') && line.len() - names.len() <= 6;
        match long.filter(|_| is_option) {
            Some(long) => options.push((long.to_owned(), line.to_owned())),
            None => options
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|(_, text)| text.push_str(line)),
        }
    }
    let variable = |text: &str| {
        let (_, rest) = text.split_once("[env:")?;
        let name = rest
            .trim_start()
            .strip_prefix("PORTCULLIS_")?
            .split_once(']')?
            .0;
        Some(name.to_owned())
    };
    options
        .into_iter()
        .map(|(long, text)| (long, variable(&text)))
        .collect()
}

#[test]
fn every_option_of_audit_has_a_variable_and_a_key() {
    let help = Sandbox::new().run(["audit", "--help"]).stdout;
    let misspelt = audit("xyzxyzxyzxyz = 1", &[], &[]).stderr;
    let (_, valid) = misspelt.split_once("valid: ").unwrap();
    let keys: Vec<&str> = valid.trim().split(", ").collect();
    let options = options(&help);
    assert!(options.len() > 30, "{options:?}");
    for (option, variable) in options {
        match variable {
            Some(variable) if option == "--config" => assert_eq!(variable, "CONFIG"),
            Some(variable) => {
                let key = variable.to_ascii_lowercase();
                assert!(keys.contains(&key.as_str()), "{key} is not among {keys:?}");
            }
            None => assert!(COMMAND_LINE_ONLY.contains(&option.as_str()), "{option}"),
        }
    }
}

#[test]
fn the_most_direct_choice_counts() {
    let only = format!("only = ['{FAILING}']");
    let file = format!("{only}\nfail_on = 'critical'");
    let variable = ("PORTCULLIS_FAIL_ON", "low");
    assert_eq!(audit(&only, &[], &[]).status, 1);
    assert_eq!(audit(&file, &[], &[]).status, 0);
    assert_eq!(audit(&file, &[variable], &[]).status, 1);
    assert_eq!(audit(&file, &[variable], &["--fail-on", "critical"]).status, 0);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let file = format!("only = ['{FAILING}']\nfail_on = 'critical'");
    let empty = ["FAIL_ON", "CONFIG", "ONLY", "QUIET", "BASELINE", "DEADLINE"];
    let empty = empty.map(|name| format!("PORTCULLIS_{name}"));
    let empty: Vec<_> = empty.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(audit(&file, &empty, &[]).status, 0);
}

#[test]
fn a_switch_is_true_or_false() {
    let only = ["--only", FAILING];
    let is_quiet = |file: &str, value: &str| {
        audit(file, &[("PORTCULLIS_QUIET", value)], &only)
            .stdout
            .starts_with("high ")
    };
    for value in ["true", "1"] {
        assert!(is_quiet("", value), "{value}");
    }
    assert!(is_quiet("quiet = true", ""));
    for value in ["false", "0"] {
        assert!(!is_quiet("quiet = true", value), "{value}");
    }
    let refused = audit("", &[("PORTCULLIS_QUIET", "yes")], &only);
    assert_eq!(refused.status, 2);
    let says = "error: PORTCULLIS_QUIET: `yes` is not valid here\nhelp: valid: 1, 0, true, false\n";
    assert_eq!(refused.stderr, says);
    let several = [("PORTCULLIS_FAIL_ON", "hihg"), ("PORTCULLIS_QUIET", "yes")];
    let says = "error: there are 2 problems with the environment\n  \
                PORTCULLIS_FAIL_ON: `hihg` is not valid here; did you mean `high`?\n  \
                PORTCULLIS_QUIET: `yes` is not valid here; valid: 1, 0, true, false\n";
    assert_eq!(audit("", &several, &only).stderr, says);
}

#[test]
fn a_misspelt_variable_is_named() {
    let misspelt = [("PORTCULLIS_FAIL_ONN", "high"), ("PORTCULLIS_SALT_FIEL", "x")];
    let run = audit("", &misspelt, &["--only", FAILING]);
    let says = "warning: PORTCULLIS_FAIL_ONN has no effect; did you mean `PORTCULLIS_FAIL_ON`?\n\
                warning: PORTCULLIS_SALT_FIEL has no effect; did you mean `PORTCULLIS_SALT_FILE`?\n";
    assert!(run.stderr.starts_with(says), "{}", run.stderr);
    let run = audit("", &[("PORTCULLIS_RULES", "own")], &["--only", FAILING]);
    assert!(
        run.stderr
            .contains("did you mean `PORTCULLIS_RULE_DIRECTORIES`?"),
        "{}",
        run.stderr
    );
    // Those of examples/ci and action.yml, of the installers and of our own tests.
    let others = "ACCEPT ARCHIVE ARGS ARTIFACT BASE_SHA BUNDLE ID_TOKEN INSTALL_DIR REPOSITORY ROLE SALT SARIF SHA SUMMARY \
                  TEST_DIRECTORY TEST_PYTHON VERSION";
    let names: Vec<String> = others
        .split_whitespace()
        .map(|other| format!("PORTCULLIS_{other}"))
        .collect();
    let set: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let run = audit("", &set, &["--only", FAILING]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn every_name_that_does_not_exist_is_named() {
    let skipped = [("PORTCULLIS_SKIP", "no-such-rule,stale-key")];
    let run = audit("", &skipped, &["--allow-unknown", "nothing"]);
    let says = "error: there are 3 problems with the names of rules and frameworks\n  \
                PORTCULLIS_SKIP: there is no rule `no-such-rule`; `portcullis rules list` shows all\n  \
                PORTCULLIS_SKIP: there is no rule `stale-key`; did you mean `stale-access-key`?\n  \
                there is no rule `nothing`; `portcullis rules list` shows all\n";
    assert_eq!((run.status, run.stderr.as_str()), (2, says));
}

#[test]
fn what_a_more_direct_choice_rules_out_does_not_count() {
    let live = [("PORTCULLIS_PROFILE", "p"), ("PORTCULLIS_ORG", "1"), ("PORTCULLIS_QUICK", "1")];
    let only = ["--only", FAILING];
    assert_eq!(audit("", &live, &only).status, 1, "a bundle leaves no room for these");
    let framework = ("PORTCULLIS_FRAMEWORK", "soc2");
    let judged = |run: Run| {
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let ids = report["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].clone());
        ids.collect::<Vec<_>>()
    };
    let json = ["-o", "json", "--only", PASSING];
    assert_eq!(judged(audit("", &[framework], &json)), [PASSING]);
    let file = format!("framework = ['soc2']\nskip = ['{PASSING}']");
    let variable = ("PORTCULLIS_ONLY", PASSING);
    assert_eq!(judged(audit(&file, &[variable], &json[..2])), [PASSING]);
    let short = format!("only = ['{PASSING}']");
    let all = judged(audit(&short, &[("PORTCULLIS_RULE_SET", "strict")], &json[..2]));
    assert!(all.len() > 50, "a rule set that is asked for outranks the file's short list");
}

#[test]
fn what_contradicts_itself_in_one_place_is_refused() {
    let variables = [("PORTCULLIS_ONLY", PASSING), ("PORTCULLIS_FRAMEWORK", "soc2")];
    let run = audit("", &variables, &[]);
    let says = "error: PORTCULLIS_ONLY and PORTCULLIS_FRAMEWORK cannot be used together\n";
    assert_eq!((run.status, run.stderr.as_str()), (2, says));
    let run = audit(&format!("framework = ['soc2']\nonly = ['{PASSING}']"), &[], &[]);
    assert_eq!(run.status, 2);
    let says = "`only` and `framework` cannot be used together\n --> portcullis.toml:1:14";
    assert!(run.stderr.contains(says), "{}", run.stderr);
    let is_off = audit("all = true\nquiet = false", &[], &["--only", PASSING]);
    assert_eq!(is_off.status, 0, "{}", is_off.stderr);
    let both = audit("all = true\nquiet = true", &[], &["--only", PASSING]);
    assert!(
        both.stderr
            .contains("`all` and `quiet` cannot be used together"),
        "{}",
        both.stderr
    );
}

#[test]
fn what_serves_only_beside_another_option_finds_it_anywhere() {
    let only = ["--only", FAILING];
    let refused = audit("", &[], &["--salt-file", "salt"]);
    assert!(
        refused
            .stderr
            .starts_with("error: --salt-file needs --redact\n\nUsage: portcullis audit [OPTIONS]"),
        "{}",
        refused.stderr
    );
    let unused = [("PORTCULLIS_SALT_FILE", "nowhere"), ("PORTCULLIS_SHARDS", "2")];
    assert_eq!(audit("", &unused, &only).status, 1);
    let redact = ("PORTCULLIS_REDACT", "1");
    let run = audit("", &[redact], &["--salt-file", "nowhere"]);
    assert!(run.stderr.contains("cannot read nowhere"), "{}", run.stderr);
}

#[test]
fn lists_are_split_at_commas_and_lines() {
    let skipped = format!("{FAILING},\n {PASSING}\n");
    let run = audit("", &[("PORTCULLIS_SKIP", &skipped), ("PORTCULLIS_OUTPUT", "json")], &[]);
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["options"]["skip"], json!([FAILING, PASSING]));
}

#[test]
fn an_error_names_the_variable_that_it_comes_from() {
    for (variable, value, says) in [
        ("ONLY", "foo", "there is no rule `foo`"),
        ("SKIP", "foo", "there is no rule `foo`"),
        ("ALLOW_UNKNOWN", "foo", "there is no rule `foo`"),
        ("FRAMEWORK", "foo", "there is no framework `foo`"),
        ("BASELINE", "nowhere.json", "cannot read nowhere.json"),
        ("CONFIG", "nowhere.toml", "cannot read nowhere.toml"),
        ("RULE_DIRECTORIES", "nowhere", "cannot read rules in nowhere"),
        ("FAIL_ON", "hihg", "`hihg` is not valid here"),
        ("DEADLINE", "soon", "`soon`: expected a whole number"),
    ] {
        let variable = format!("PORTCULLIS_{variable}");
        let run = sandbox().env(&variable, value).run(PLAIN);
        assert_eq!(run.status, 2, "{}", run.stderr);
        let says = format!("error: {variable}: {says}");
        assert!(run.stderr.starts_with(&says), "{says} is not in {}", run.stderr);
    }
    let run = audit("", &[("PORTCULLIS_EXIT_ZERO", "yes")], &[]);
    assert!(run.stderr.contains("help: valid: 1, 0, true, false"), "{}", run.stderr);
    let run = audit("", &[("PORTCULLIS_VERBOSE", "x")], &[]);
    assert!(run.stderr.contains("`x`: expected a whole number"), "{}", run.stderr);
}

#[test]
fn outputs_of_the_configuration_are_those_of_an_audit() {
    let sandbox = sandbox();
    sandbox.write("portcullis.toml", "output = ['table=report.txt', 'json=report.json']");
    sandbox.run(PLAIN);
    let report = std::fs::read(sandbox.path("report.json")).unwrap();
    let table = std::fs::read_to_string(sandbox.path("report.txt")).unwrap();
    assert_eq!(sandbox.run(["report", "report.json"]).stdout, table);
    assert_eq!(std::fs::read(sandbox.path("report.json")).unwrap(), report);
}

/// What the command line says is the user's own; what others may have written is shown.
#[test]
fn what_loosens_is_shown_with_its_origin() {
    let sandbox = sandbox();
    sandbox.run([&PLAIN[..], &["--only", UNKNOWN, "-o", "json=baseline.json"]].concat());
    sandbox.write("accounts.csv", "id\n111122223333\n");
    let file = "exit_zero = true\naccounts = 'accounts.csv'\nframework = ['soc2']";
    sandbox.write("portcullis.toml", file);
    let sandbox = sandbox.env("PORTCULLIS_BASELINE", "baseline.json");
    let loosened = |more: &[&str]| {
        let run = sandbox.run([&PLAIN[..], &["-o", "json"], more].concat());
        assert_eq!(run.status, 0, "{}", run.stderr);
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let all = report["run"]["loosened"].as_array().unwrap().iter();
        let shown = all.filter(|entry| entry["kind"] != "unverified").cloned();
        shown.collect::<Vec<_>>()
    };
    let by_file = |kind: &str| json!({"origin": "portcullis.toml", "kind": kind});
    let frameworks =
        json!({"origin": "portcullis.toml", "kind": "frameworks", "frameworks": ["soc2"]});
    let baseline = json!({"origin": "PORTCULLIS_BASELINE", "kind": "baseline"});
    let all = [frameworks, by_file("exit_zero"), baseline, by_file("own_accounts")];
    assert_eq!(loosened(&[]), all);
    let own = ["--exit-zero", "--baseline", "baseline.json", "--accounts", "accounts.csv"];
    assert_eq!(loosened(&[&own[..], &["--framework", "soc2"]].concat()), [json!(null); 0]);
}
