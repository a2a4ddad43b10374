//! The rules that are built in: all load, all their examples hold, and no code knows one of them.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_rules::{
    Rule, RuleFile, RuleSet, SCOPES, Settings, embedded, embedded_remediations, explain,
    facts_in_reach,
};

fn rules() -> RuleSet {
    RuleSet::load(&embedded(), &Settings::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn all_examples_hold() {
    let failures = rules().check_examples();
    let lines: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn explanations_are_whole() {
    let rules = rules();
    for rule in rules.rules() {
        let explanation = explain(rule);
        assert!(!explanation.facts.is_empty(), "{}", rule.id);
        for fact in &explanation.facts {
            assert!(!fact.doc.is_empty(), "{}: {}", rule.id, fact.path);
            assert!(explanation.facts_in_reach.contains(fact), "{}: {}", rule.id, fact.path);
        }
        let json = serde_json::to_value(&explanation).unwrap();
        assert_eq!(json["why"], rule.risk.as_str());
        assert!(
            json["examples"]
                .as_array()
                .is_some_and(|examples| examples.len() > 1)
        );
    }
}

/// By its creation a diff finds a key again that was activated since, which moves `last_rotated`.
#[test]
fn rules_on_access_keys_show_when_they_were_made() {
    let rules = rules();
    let mut on_keys = rules
        .rules()
        .iter()
        .filter(|rule| rule.info().scope == "access_key");
    assert!(on_keys.clone().count() > 1);
    let shows = |rule: &Rule| {
        explain(rule)
            .facts
            .iter()
            .any(|fact| fact.path == "key.created")
    };
    let silent = on_keys.find(|rule| !shows(rule));
    assert_eq!(silent.map(|rule| &rule.id), None, "add key.created to its evidence");
}

#[test]
fn every_fact_is_documented() {
    for scope in &SCOPES {
        for fact in facts_in_reach(scope) {
            assert!(!fact.doc.is_empty(), "{}", fact.path);
        }
    }
}

/// Every text that a reader of a rule, a finding or a framework sees.
fn texts(rule: &Rule) -> Vec<(&'static str, String)> {
    let explanation = explain(rule);
    let mut texts = vec![
        ("title", rule.title.clone()),
        ("risk", rule.risk.clone()),
        ("remediation", rule.remediation.clone()),
        ("message", explanation.message.to_owned()),
        ("false_positives", rule.false_positives.clone().unwrap_or_default()),
    ];
    for example in &rule.examples {
        texts.push(("example", example.name.clone()));
        texts.push(("example", example.message.clone().unwrap_or_default()));
    }
    texts
}

/// Turns of phrase that no native reader would use.
const STILTED: [&str; 16] = [
    " is no administrator",
    " is no date",
    " is no JSON",
    "graver",
    "gravest",
    "the least is",
    "by intention",
    "for want of",
    "beside the",
    "take it literally",
    "takes literally",
    "of its own password",
    "one's own",
    "help themselves",
    "every key",
    "was never used",
];

#[test]
fn texts_read_like_native_english() {
    for rule in rules().rules() {
        for (field, text) in texts(rule) {
            let found = STILTED.iter().find(|stilted| text.contains(*stilted));
            assert_eq!(found, None, "{}, {field}: {text}", rule.id);
            // *Allow* takes an object or a gerund.
            let words: Vec<&str> = text.split_whitespace().collect();
            let allows_to =
                |pair: &[&str]| ["allow", "allows"].contains(&pair[0]) && pair[1] == "to";
            assert!(!words.windows(2).any(allows_to), "{}, {field}: {text}", rule.id);
            // Numbers agree with their nouns, and moments have one form.
            let plurals = ["keys", "users", "devices", "days", "policies", "requests", "addresses"];
            let one_of_many = |pair: &[&str]| {
                pair[0] == "1" && plurals.contains(&pair[1].trim_end_matches([',', ';', ':']))
            };
            assert!(!words.windows(2).any(one_of_many), "{}, {field}: {text}", rule.id);
            let time =
                |word: &&str| word.contains('T') && word.ends_with('Z') && word.contains(':');
            assert!(!words.iter().any(time), "{}, {field}: {text}", rule.id);
        }
    }
}

/// The remediation of each rule as its author wrote it, and the texts that remediations include.
fn remediations() -> Vec<(String, String)> {
    let mut remediations = Vec::new();
    for RuleFile { path, text } in embedded() {
        let rule: toml::Table = text.parse().unwrap();
        remediations.push((path, rule["remediation"].as_str().unwrap().to_owned()));
    }
    for RuleFile { path, text } in embedded_remediations() {
        let (_, lines) = text.split_once('\n').unwrap();
        remediations.push((path, lines.to_owned()));
    }
    remediations
}

/// A command takes its values from the facts; what is left in capitals is an example's own word.
#[test]
fn no_command_leaves_to_the_reader_what_the_facts_know() {
    let blanks = [
        "ROLE",
        "USER",
        "GROUP",
        "POLICY-ARN",
        "POLICY-NAME",
        "ACCESS-KEY-ID",
        "SERIAL-NUMBER",
        "ACTION",
        "ID",
        "NAME",
    ];
    for (path, remediation) in remediations() {
        for word in remediation.split_whitespace() {
            assert!(!blanks.contains(&word), "{path}: {word}");
            assert!(!(word.starts_with('<') && word.ends_with('>')), "{path}: {word}");
        }
    }
}

/// The conditions at the beginning of a line, and whether one has words.
fn conditions(line: &str) -> (Vec<&str>, bool) {
    let (mut conditions, mut has_words, mut rest) = (Vec::new(), false, line);
    while let Some((condition, after)) = rest
        .strip_prefix('{')
        .filter(|rest| !rest.starts_with('{'))
        .and_then(|r| r.split_once('}'))
        && condition.contains([' ', '!'])
        && !condition.starts_with("include ")
    {
        let worded = condition
            .rsplit_once(", '")
            .filter(|_| condition.ends_with('\''));
        has_words |= worded.is_some();
        conditions.push(worded.map_or(condition, |(condition, _)| condition));
        rest = after;
    }
    (conditions, has_words)
}

/// In general, nobody knows which lines apply: each says it, goes on with what is said, or is an option of
/// the command that began before.
#[test]
fn advice_says_when_each_line_applies() {
    for (path, remediation) in remediations() {
        let (mut before, mut conditions_before) = ("", Vec::new());
        for line in remediation.lines() {
            let (conditions, has_words) = conditions(line);
            let goes_on = conditions_before == conditions || before.ends_with('\\');
            assert!(conditions.is_empty() || has_words || goes_on, "{path}: {line}");
            (before, conditions_before) = (line, conditions);
        }
    }
}

/// A rule id that is also AWS's word, for the kind of a device in its serial number.
const AWS_WORD: &str = "sms-mfa";

/// Comments may mention a rule as an instance, and tests may expect one; code may not.
#[test]
fn no_code_names_a_rule() {
    let rules = rules();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines();
        for line in code.filter(|line| !line.trim_start().starts_with("//")) {
            let mut ids = rules.rules().iter().map(|rule| &rule.id);
            let named = ids.any(|id| id != AWS_WORD && line.contains(id));
            assert!(!named, "{}: {line}", file.display());
        }
    }
}

/// The Rust files of all crates, but tests.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (dirs, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_code = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs")
    };
    let below = dirs
        .into_iter()
        .filter(|dir| !dir.ends_with("tests"))
        .flat_map(|dir| sources(&dir));
    files.into_iter().filter(is_code).chain(below).collect()
}
