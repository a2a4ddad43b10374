//! The READMEs of the examples: their tables are what an audit finds, their commands end as they say.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value as Json;
use support::{Sandbox, repository};

const EXAMPLES: [&str; 4] = ["clean", "leaky", "leaky-defaults", "partial"];

/// Rule and resource, the latter without what all of an account's ARNs begin with.
type Verdicts = Vec<(String, String)>;

fn readme(example: &str) -> String {
    fs::read_to_string(repository(&format!("examples/{example}/README.md"))).unwrap()
}

/// The rows of the table under a heading; none without that heading.
fn table(readme: &str, heading: &str) -> Verdicts {
    let section = readme
        .split("\n## ")
        .find(|section| section.lines().next() == Some(heading));
    let rows = section
        .unwrap_or_default()
        .lines()
        .filter(|line| line.starts_with("| "));
    let cells = rows.skip(1).map(|row| {
        let mut cells = row
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned());
        (cells.next().unwrap(), cells.next().unwrap())
    });
    cells.collect()
}

/// What an audit says about an example: its failing and its unknown verdicts.
fn audit(example: &str, rule_set: &str) -> (Verdicts, Verdicts) {
    let bundle = repository(&format!("examples/{example}"));
    audit_with(&["audit", &bundle, "--rule-set", rule_set])
}

/// All that the strict rules find in an example with the configuration that lies beside its answers.
fn audit_configured(example: &str) -> Verdicts {
    let bundle = repository(&format!("examples/{example}"));
    let config = format!("{bundle}/portcullis.toml");
    audit_with(&["audit", &bundle, "--rule-set", "strict", "--config", &config]).0
}

fn audit_with(arguments: &[&str]) -> (Verdicts, Verdicts) {
    let run = Sandbox::new().run(arguments.iter().copied().chain(["-o", "json"]));
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let of = |verdict: &str| {
        let findings = report["findings"].as_array().unwrap().iter();
        let matching = findings.filter(|finding| finding["verdict"] == verdict);
        matching
            .map(|finding| (text(&finding["rule"]), short(&finding["resource"]["id"])))
            .collect()
    };
    (of("fail"), of("unknown"))
}

fn text(json: &Json) -> String {
    json.as_str().unwrap().to_owned()
}

/// `arn:aws:iam::111122223333:user/anna` is `user/anna`.
fn short(id: &Json) -> String {
    text(id).splitn(6, ':').last().unwrap().to_owned()
}

#[test]
fn the_tables_are_what_the_default_rules_find() {
    for example in EXAMPLES {
        let readme = readme(example);
        let (fail, unknown) = audit(example, "default");
        assert_eq!(table(&readme, "Findings of the default rule set"), fail, "{example}");
        assert_eq!(
            table(&readme, "Unknown verdicts of the default rule set"),
            unknown,
            "{example}"
        );
    }
}

#[test]
fn the_second_table_is_what_the_strict_rules_add() {
    for example in ["clean", "leaky", "leaky-defaults"] {
        let (default, strict) = (audit(example, "default").0, audit(example, "strict").0);
        let added: Vec<_> = strict
            .into_iter()
            .filter(|row| !default.contains(row))
            .collect();
        assert_eq!(table(&readme(example), "Further findings of the strict rule set"), added);
    }
}

#[test]
fn the_third_table_is_what_the_configuration_adds() {
    let strict = audit("leaky", "strict").0;
    let added: Vec<_> = audit_configured("leaky")
        .into_iter()
        .filter(|row| !strict.contains(row))
        .collect();
    let heading = "Further findings of the strict rule set with portcullis.toml";
    assert_eq!(table(&readme("leaky"), heading), added);
}

#[test]
fn every_rule_fails_in_an_example_and_none_in_the_clean_one() {
    let run = Sandbox::new().run(["rules", "list", "-o", "json"]);
    let rules: Json = serde_json::from_str(&run.stdout).unwrap();
    let mut ids = BTreeSet::new();
    for rule in rules.as_array().unwrap() {
        // What was recorded of sign-ins is in no bundle; `examples/trail` has that. Nor is what leads from one
        // account into another.
        if rule["family"] != "signin" && rule["scope"] != "crossing" {
            ids.insert(text(&rule["id"]));
        }
    }
    let leaky = [audit_configured("leaky"), audit("leaky-defaults", "strict").0];
    let failing: BTreeSet<_> = leaky.into_iter().flatten().map(|(rule, _)| rule).collect();
    assert_eq!(failing, ids);
    assert_eq!(audit("clean", "strict"), (vec![], vec![]));
}

/// The commands of a README with the exit status that their comments promise.
fn promises(readme: &str) -> Vec<(String, i32)> {
    let joined = readme.replace("\\\n", " ");
    let commands = joined
        .lines()
        .filter(|line| line.starts_with("portcullis "));
    commands
        .filter_map(|line| {
            let (command, comment) = line.split_once('#')?;
            let status = comment.trim().strip_prefix("exit status ")?;
            Some((command.trim().to_owned(), status[..1].parse().unwrap()))
        })
        .collect()
}

#[test]
fn commands_end_with_the_promised_exit_status() {
    for example in EXAMPLES {
        let promises = promises(&readme(example));
        assert!(!promises.is_empty(), "{example}");
        for (command, status) in promises {
            let arguments = command.split_whitespace().skip(1);
            let run = Sandbox::new()
                .command(arguments)
                .current_dir(repository(""))
                .output()
                .unwrap();
            assert_eq!(run.status.code(), Some(status), "{command}");
        }
    }
}

#[test]
fn the_bundles_are_sealed() {
    for example in EXAMPLES {
        let run = Sandbox::new().run(["verify", &repository(&format!("examples/{example}"))]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{example}: {}", run.stdout);
    }
}

/// The capitals that stand for a value which the facts do not have, such as `USER-NAME`.
fn blank(word: &str) -> bool {
    let ends = ["-NAME", "-ID", "-ARN", "-SERIAL", "-KIND"];
    ends.iter().any(|end| word.ends_with(end)) && !word.contains(|c: char| c.is_ascii_lowercase())
}

/// `<user.name>`, which only people who write rules understand.
fn internal(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        let name = rest.split('>').next().unwrap();
        rest.contains('>')
            && name.contains('.')
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '.' || c == '_')
    })
}

#[test]
fn advice_on_an_account_holds_its_own_values() {
    let bundle = repository("examples/leaky");
    let audit = |format| {
        Sandbox::new()
            .run(["audit", &bundle, "--rule-set", "strict", "--all", "-o", format])
            .stdout
    };
    let report: Json = serde_json::from_str(&audit("json")).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        let advice = finding["remediation"].as_str().unwrap();
        let word = advice
            .split([' ', '\n', '\'', '/'])
            .find(|word| blank(word));
        assert_eq!(word, None, "{}: {advice}", finding["rule"]);
        assert!(!advice.contains('{') || advice.contains("\"2012-10-17\""), "{advice}");
    }
    for format in ["table", "markdown", "json"] {
        let text = audit(format);
        let line = text.lines().find(|line| internal(line));
        assert_eq!(line, None, "{format}");
    }
    let table = audit("table");
    let deleted = table
        .matches("aws iam delete-login-profile --user-name")
        .count();
    assert!(deleted >= 8, "each of several findings has its own command: {deleted}");
}
