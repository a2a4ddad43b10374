//! Texts read as a native editor would write them, in code, rules and documents alike; tests aside.

use std::fs;
use std::process::Command;

use crate::support::repository;

/// Words that English puts in another way: "is not valid JSON", "allows reading", "more severe".
const STILTED: [&str; 43] = [
    "a row a finding",
    "allow to ",
    "allows to ",
    "at their word",
    "before the moment of the audit",
    "begun and cancelled",
    "beside the federation",
    "by assume-role",
    "by intention",
    "contradict each other about",
    "decrypt with every key",
    "for want of version",
    "gravest",
    "graver",
    "hand on permissions",
    "help themselves with",
    "is a relic",
    "is told that",
    "it should rest",
    "let oneself into",
    "lie about in",
    "names no schema",
    "need not hold a",
    "not changed for long",
    "NotDated",
    "NotInList",
    "NotTold",
    "Nothing that counts failed",
    "of a password of IAM",
    "of one's own",
    "of services to come",
    "policy of the account's own",
    "one run an account",
    "permissions hang",
    "policy into a user",
    "rests by",
    "takes literally",
    "Tell what has changed",
    "that nobody can replace in kind",
    "the warning begins",
    "There is something to do",
    "to whoever collects",
    "want 2026-",
];
/// What a negation may follow, or be followed by.
const THERE: [&str; 2] = ["there", "There"];
const COMPARISONS: [&str; 4] = ["longer", "more", "less", "older"];

/// "It is no list": what a thing is not, without an article.
fn denies_without_article(line: &str) -> bool {
    [" is no ", " are no ", " was no ", " were no "]
        .iter()
        .any(|denial| {
            line.split_once(denial).is_some_and(|(before, after)| {
                let is_there = THERE.iter().any(|there| before.ends_with(there));
                !is_there && !COMPARISONS.iter().any(|word| after.starts_with(word))
            })
        })
}

/// A value that the reader would have to fill in although it is known, such as `<user.name>`.
fn has_placeholder(line: &str) -> bool {
    line.split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .any(|(inside, _)| {
            let is_path =
                |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
            inside
                .split_once('.')
                .is_some_and(|(owner, name)| is_path(owner) && is_path(name))
        })
}

#[test]
fn texts_avoid_the_worst_forms() {
    let output = Command::new("git")
        .args(["ls-files", "*.rs", "*.toml", "*.md", "*.yml", "*.py", "*.html", "*.js"])
        .current_dir(repository(""))
        .output()
        .unwrap();
    let files = String::from_utf8(output.stdout).unwrap();
    assert!(files.lines().count() > 300, "{files}");
    let mut found = Vec::new();
    for file in files.lines().filter(|file| !file.contains("tests/")) {
        let Ok(text) = fs::read_to_string(repository(file)) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let is_stilted = STILTED.iter().any(|form| line.contains(form));
            if is_stilted || denies_without_article(line) || has_placeholder(line) {
                found.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_worst_forms_are_recognised() {
    for line in ["it is no list", "they are no keys", "There it is no list"] {
        assert!(denies_without_article(line), "{line}");
    }
    for line in ["there is no list", "it is no longer a list", "it is not a list"] {
        assert!(!denies_without_article(line), "{line}");
    }
    assert!(has_placeholder("--user-name <user.name>"));
    for line in ["Vec<u8>", "<https://aws.amazon.com>", "a < b.c > d", "<FILE>"] {
        assert!(!has_placeholder(line), "{line}");
    }
}
