//! `--redact`, on the real binary.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::formats::formats;
use crate::support::{Run, Sandbox, repository};

const SALT: &str = "b7e0c1d2a394f5566778899aabbccdde";
const OTHER_SALT: &str = "0123456789abcdef0123456789abcdef";

/// A sandbox with two salts in files.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("salt", format!("{SALT}\n"));
    sandbox.write("other", OTHER_SALT);
    sandbox
}

fn audit(sandbox: &Sandbox, example: &str, more: &[&str]) -> Run {
    let bundle = repository(&format!("examples/{example}"));
    let fixed = ["audit", &bundle, "--rule-set", "strict", "--include", "pass,not_applicable"];
    sandbox.run(fixed.iter().chain(more))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The texts of fields, wherever they are, and the fields' names.
fn texts(field: &str, value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::String(text) => _ = found.insert((field.to_owned(), text.clone())),
        Value::Array(list) => list.iter().for_each(|value| texts(field, value, found)),
        Value::Object(object) => object.iter().for_each(|(name, v)| texts(name, v, found)),
        _ => {}
    }
}

/// Every name and id in the bundle that is nobody else's.
fn names(example: &str) -> BTreeSet<String> {
    const FIELDS: [&str; 12] = [
        "AccessKeyId",
        "Arn",
        "GroupName",
        "PolicyName",
        "RoleId",
        "RoleName",
        "SerialNumber",
        "ServerCertificateName",
        "ServiceSpecificCredentialId",
        "Sid",
        "UserId",
        "UserName",
    ];
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(repository(&format!("examples/{example}"))).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            texts("", &json(&fs::read_to_string(path).unwrap()), &mut found);
        }
    }
    let of_aws: Vec<String> = found.iter().map(|(_, text)| text.clone()).collect();
    let of_aws = |name: &str| {
        let end = format!("/{name}");
        of_aws
            .iter()
            .any(|arn| arn.contains(":aws:policy/") && arn.ends_with(&end))
    };
    let is_name = |(field, name): &(String, String)| {
        FIELDS.contains(&field.as_str()) && !name.contains(":aws:policy/") && !of_aws(name)
    };
    found.retain(is_name);
    found.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn no_format_names_anybody() {
    let sandbox = sandbox();
    // What stands in the rules is not a secret, and a name of letters only may be any word.
    let rules = json(&audit(&sandbox, "leaky", &["-o", "json"]).stdout)["rules"].to_string();
    let is_word = |name: &str| name.chars().all(char::is_alphabetic) || rules.contains(name);
    let mut names = names("leaky");
    names.retain(|name| name.len() > 3 && !is_word(name));
    names.extend(["111122223333", "999988887777", "lindgren"].map(str::to_owned));
    assert!(names.len() > 80, "{names:?}");
    for format in &formats() {
        let run = audit(&sandbox, "leaky", &["--redact", "--salt-file", "salt", "-o", format]);
        assert_eq!((run.status, run.stderr.as_str()), (1, ""), "{format}");
        for name in &names {
            assert!(!run.stdout.contains(name), "{name} in {format}");
        }
        let key = run.stdout.match_indices("AKIA").find(|(at, _)| {
            let rest = &run.stdout[at + 4..];
            rest.len() > 12
                && rest
                    .bytes()
                    .take(12)
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        });
        assert_eq!(key, None, "{format}");
    }
}

#[test]
fn no_text_of_a_finding_is_a_name() {
    let run = audit(&sandbox(), "leaky", &["--redact", "--salt-file", "salt", "-o", "json"]);
    let report = json(&run.stdout);
    let mut found = BTreeSet::new();
    for field in ["accounts", "findings"] {
        texts("", &report[field], &mut found);
    }
    let names = names("leaky");
    assert!(names.contains("upload") && names.contains("everything"), "{names:?}");
    for (field, text) in found {
        assert!(!names.contains(&text), "{field}: {text}");
    }
}

#[test]
fn most_messages_keep_their_words() {
    let sandbox = sandbox();
    let plain = json(&audit(&sandbox, "leaky", &["-o", "json"]).stdout);
    let redact = ["--redact", "--salt-file", "salt", "-o", "json"];
    let redacted = json(&audit(&sandbox, "leaky", &redact).stdout);
    let titles: Vec<&str> = redacted["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["title"].as_str().unwrap())
        .collect();
    let findings = redacted["findings"].as_array().unwrap();
    let failed = || {
        findings
            .iter()
            .filter(|finding| finding["verdict"] == "fail")
    };
    let in_general = failed().filter(|finding| {
        let message = finding["message"].as_str().unwrap();
        titles
            .iter()
            .any(|title| message.starts_with(&format!("{title}: ")))
    });
    assert_eq!(findings.len(), plain["findings"].as_array().unwrap().len());
    assert!(in_general.count() * 10 < failed().count());
}

#[test]
fn the_report_can_be_redacted_later() {
    let sandbox = sandbox();
    for example in ["leaky", "partial"] {
        let redact = ["--redact", "--salt-file", "salt"];
        audit(&sandbox, example, &["-o", "json=plain.json"]);
        let at_once = audit(&sandbox, example, &[&redact[..], &["-o", "json"]].concat());
        let later = sandbox.run(["report", "plain.json", "-o", "json"].iter().chain(&redact));
        assert_eq!((later.status, later.stderr.as_str()), (0, ""));
        assert!(later.stdout == at_once.stdout, "{example}");
    }
}

#[test]
fn the_salt_may_be_in_the_environment() {
    let from_file = audit(&sandbox(), "partial", &["--redact", "--salt-file", "salt"]);
    let environment = sandbox().env("PORTCULLIS_SALT", SALT);
    let redacted = |more: &[&str]| audit(&environment, "partial", more).stdout;
    assert_eq!(redacted(&["--redact"]), from_file.stdout);
    assert_ne!(redacted(&["--redact", "--salt-file", "other"]), from_file.stdout);
    assert!(redacted(&[]).contains("olga.petrova"), "a salt alone redacts nothing");
}

#[test]
fn other_salts_have_nothing_in_common() {
    let fields = ["fingerprint", "id", "account", "caller", "alias", "user.name", "principal.arn"];
    let redacted = |salt| {
        let run = audit(&sandbox(), "leaky", &["--redact", "--salt-file", salt, "-o", "json"]);
        let report = json(&run.stdout);
        let mut found = BTreeSet::new();
        texts("", &report["accounts"], &mut found);
        texts("", &report["findings"], &mut found);
        found.retain(|(field, text)| {
            fields.contains(&field.as_str()) && !text.contains(":aws:policy/")
        });
        found
    };
    let (one, other) = (redacted("salt"), redacted("other"));
    assert!(one.len() > 100 && one == redacted("salt"));
    assert!(one.is_disjoint(&other), "{:?}", one.intersection(&other));
}

/// Windows PowerShell writes UTF-16, and editors a byte order mark.
#[test]
fn a_salt_is_what_its_text_says() {
    let sandbox = sandbox();
    sandbox.write("mark", format!("\u{feff}{SALT}"));
    let line = format!("\u{feff}{SALT}\r\n");
    let bytes: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    sandbox.write("utf-16", bytes);
    let redacted = |salt| audit(&sandbox, "leaky", &["--redact", "--salt-file", salt]).stdout;
    assert_ne!(redacted("salt"), redacted("other"));
    for file in ["mark", "utf-16"] {
        assert_eq!(redacted(file), redacted("salt"), "{file}");
    }
}

#[test]
fn a_salt_is_needed_and_never_shown() {
    let sandbox = sandbox();
    sandbox.write("short", "0123456789abcde\n");
    sandbox.write("bundle/credential-report.csv", "not read before the salt");
    for (more, says) in [
        (&["--redact"][..], "--redact needs a salt"),
        (&["--redact", "--salt-file", "none"], "cannot read none: "),
        (&["--redact", "--salt-file", "short"], "short: a salt must have at least 16 bytes"),
    ] {
        let run = sandbox.run(["audit", "bundle"].iter().chain(more));
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        assert!(
            run.stderr
                .contains("openssl rand -hex 32 > portcullis.salt"),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("0123456789abcde"), "{}", run.stderr);
    }
    let run = sandbox.run(["audit", "bundle", "--salt-file", "salt"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("--redact"), "{}", run.stderr);
}

#[test]
fn a_redacted_report_is_not_redacted_again() {
    let sandbox = sandbox();
    let redact = ["--redact", "--salt-file", "salt"];
    audit(&sandbox, "partial", &[&redact[..], &["-o", "json=report.json"]].concat());
    let run = sandbox.run(["report", "report.json"].iter().chain(&redact));
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("the report is redacted already"), "{}", run.stderr);
    assert_eq!(sandbox.run(["report", "report.json"]).status, 0);
}

#[test]
fn an_error_names_no_user() {
    let sandbox = sandbox();
    let classes =
        "[classes.service]\nnames = [\"anna*\"]\n[classes.break-glass]\nnames = [\"anna*\"]";
    sandbox.write("portcullis.toml", classes);
    let plain = audit(&sandbox, "leaky", &[]);
    assert!(
        plain
            .stderr
            .contains("user anna.lindgren is in two classes"),
        "{}",
        plain.stderr
    );
    let redacted = audit(&sandbox, "leaky", &["--redact", "--salt-file", "salt"]);
    assert_eq!(redacted.status, 2);
    assert!(
        redacted
            .stderr
            .starts_with("error: a user is in two classes"),
        "{}",
        redacted.stderr
    );
    assert!(!redacted.stderr.contains("anna"), "{}", redacted.stderr);
}

#[test]
fn a_redacted_baseline_is_refused_before_anything_is_asked() {
    let sandbox = sandbox();
    audit(&sandbox, "leaky", &["--redact", "--salt-file", "salt", "-o", "json=old.json"]);
    let run = sandbox.run(["audit", "nowhere", "--baseline", "old.json"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("one of the reports is redacted"), "{}", run.stderr);
}
