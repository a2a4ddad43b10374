//! `rules list|explain|check|new`.

use std::fs;

use serde_json::Value;

use crate::FAILING;
use crate::support::{Sandbox, repository};

const OWN: &str = r#"
id          = "old-user"
title       = "User is old"
severity    = "info"
scope       = "user"
risk        = "Old users pile up."
remediation = "Ask {user.name}."
references  = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html"]
assert      = "user.age_days <= params.max_age_days"
message     = "user {user.name} is {user.age_days} days old"
params.max_age_days = 3650

[[example]]
expect = "pass"
name   = "young"
user   = { age_days = 1 }

[[example]]
expect = "fail"
name   = "old"
user   = { age_days = 3651 }
"#;

fn with_own(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("own/people/old-user.toml", text);
    sandbox
}

#[test]
fn list_shows_every_rule_with_severity_scope_and_set() {
    let run = with_own(OWN).run(["rules", "list", "--rules", "own"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("\n  User is old\n"), "{}", run.stdout);
    let line = run
        .stdout
        .lines()
        .find(|line| line.starts_with("old-user "))
        .unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words, ["old-user", "info", "user", "default"]);
    let json = with_own(OWN).run(["rules", "list", "--rules", "own", "-o", "json"]);
    let rules: Vec<Value> = serde_json::from_str(&json.stdout).unwrap();
    assert!(run.stdout.ends_with(&format!("\n{} rules\n", rules.len())));
    assert!(
        rules
            .iter()
            .any(|rule| rule["id"] == "old-user" && rule["family"] == "people")
    );
}

#[test]
fn explain_tells_all_about_a_rule() {
    let sandbox = with_own(OWN);
    let run = sandbox.run(["rules", "explain", "old-user", "--rules", "own"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout);
    let run = sandbox.run(["rules", "explain", "old-user", "--rules", "own", "--facts"]);
    let (_, facts) = run.stdout.split_once("\nALL FACTS").unwrap();
    assert!(facts.contains("\n  - user.age_days (number): Days since"), "{facts}");
    let run = sandbox.run(["rules", "explain", FAILING, "-o", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&json["id"], &json["severity"]), (&FAILING.into(), &"high".into()));
    let facts = json["facts_in_reach"].as_array().unwrap();
    let fact = |path: &str| facts.iter().find(|fact| fact["path"] == path).unwrap();
    let activity = fact("user.last_activity");
    assert_eq!((&activity["type"], &activity["nullable"]), (&"time or null".into(), &true.into()));
    assert_eq!(fact("user.mfa_devices[].kind")["nullable"], false);
}

#[test]
fn explain_fits_80_columns_but_for_commands_and_addresses() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["rules", "list", "-o", "json"]);
    let rules: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    for rule in rules {
        let run = sandbox.run(["rules", "explain", rule["id"].as_str().unwrap()]);
        for line in run.stdout.lines() {
            let may_overflow = ["    aws ", "    for ", "      aws ", "      --", "  https://"];
            let overflows = line.chars().count() > 80;
            assert!(!overflows || may_overflow.iter().any(|p| line.starts_with(p)), "{line}");
        }
    }
}

#[test]
fn check_counts_rules_and_examples_that_hold() {
    let run = with_own(OWN).run(["rules", "check", "own"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.ends_with(" examples pass.\n"), "{}", run.stdout);
}

#[test]
fn check_names_every_problem_with_its_place() {
    let broken = OWN
        .replace("user.age_days <=", "user.age_dys <=")
        .replace("info", "inof");
    let run = with_own(&broken).run(["rules", "check", "own"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    for place in ["own/people/old-user.toml:4:", "own/people/old-user.toml:9:"] {
        assert!(run.stderr.contains(place), "{place} in {}", run.stderr);
    }
    assert!(run.stderr.contains("did you mean `age_days`?"), "{}", run.stderr);
}

#[test]
fn check_names_an_example_that_does_not_hold() {
    let wrong = OWN.replace("3651", "3650");
    let run = with_own(&wrong).run(["rules", "check", "own"]);
    assert_eq!(run.status, 2);
    let says = |words| run.stderr.contains(words);
    assert!(says("example \"old\"") && says("old-user"), "{}", run.stderr);
}

#[test]
fn a_file_of_rules_is_named_by_its_directory() {
    let run = with_own(OWN).run(["rules", "check", "own/people/old-user.toml"]);
    assert_eq!(run.status, 2);
    assert!(
        run.stderr
            .contains("own/people/old-user.toml is a file: name its directory"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_directory_without_rules_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("own/readme.md", "");
    let run = sandbox.run(["rules", "check", "own"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("there is no rule (*.toml) in own"), "{}", run.stderr);
}

#[test]
fn a_rule_cannot_be_replaced_unseen() {
    let same = OWN.replace("old-user", FAILING);
    let sandbox = Sandbox::new();
    sandbox.write(&format!("own/{FAILING}.toml"), same);
    let run = sandbox.run(["rules", "check", "own"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("already"), "{}", run.stderr);
}

#[test]
fn the_rules_of_the_repository_are_checked_in_place_of_those_built_in() {
    let sandbox = Sandbox::new();
    for directory in ["rules", "rules/mfa", "rules/frameworks"] {
        let run = sandbox.run(["rules", "check", &repository(directory)]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{directory}");
        assert_eq!(run.stdout, sandbox.run(["rules", "check"]).stdout, "{directory}");
    }
    sandbox.write("crates/rules/build.rs", "");
    let path = format!("rules/mfa/{FAILING}.toml");
    let edited = fs::read_to_string(repository(&path))
        .unwrap()
        .replace("user.mfa_active", "user.mfa_activ");
    sandbox.write(&path, edited);
    let run = sandbox.run(["rules", "check", "rules"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("did you mean `mfa_active`?"), "{}", run.stderr);
    assert!(!run.stderr.contains("already"), "{}", run.stderr);
    // So are the texts that they include.
    sandbox.write("rules/remediation/ask.txt", "# Asks.\nAsk {user.name}.\n");
    sandbox.write("rules/people/old-user.toml", OWN.replace("Ask {user.name}.", "{include ask}"));
    for directory in ["rules", "rules/people"] {
        let run = sandbox.run(["rules", "check", directory]);
        assert!(!run.stderr.contains("no text `ask`"), "{}", run.stderr);
    }
}

#[test]
fn a_new_rule_passes_once_its_blanks_are_filled() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["rules", "new", "old-user", "--scope", "user"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(
        run.stdout
            .contains("\n# user.age_days (number): Days since"),
        "{}",
        run.stdout
    );
    sandbox.write("own/old-user.toml", &run.stdout);
    let blank = sandbox.run(["rules", "check", "own"]);
    assert_eq!(blank.status, 2);
    assert_eq!(blank.stderr.matches("is empty").count(), 7, "{}", blank.stderr);
    let filled = run
        .stdout
        .replace("\nassert  = \"\"", "\nassert = \"user.age_days <= 90\"")
        .replace("= \"\"\n", "= \"x\"\n")
        .replacen("\nuser = {}", "\nuser = { age_days = 90 }", 1)
        .replacen("\nuser = {}", "\nuser = { age_days = 91 }", 1);
    sandbox.write("own/old-user.toml", filled);
    let run = sandbox.run(["rules", "check", "own"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn a_new_rule_needs_an_id_of_its_own_and_a_scope() {
    let sandbox = Sandbox::new();
    for (id, scope, says) in [
        ("Old\"User", "user", "is not a valid id"),
        (FAILING, "user", "already"),
        ("old-user", "usr", "user"),
    ] {
        let run = sandbox.run(["rules", "new", id, "--scope", scope]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{id}");
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

#[test]
fn frameworks_are_listed_for_people_and_programs() {
    let text = Sandbox::new().run(["frameworks", "list"]).stdout;
    assert!(text.contains("cis-aws-7.0 ") && text.contains("  SOC 2"), "{text}");
    let json = Sandbox::new()
        .run(["frameworks", "list", "-o", "json"])
        .stdout;
    let frameworks: Vec<Value> = serde_json::from_str(&json).unwrap();
    let files = fs::read_dir(repository("rules/frameworks"))
        .unwrap()
        .count();
    assert_eq!(frameworks.len(), files);
    let cis = frameworks
        .iter()
        .find(|framework| framework["id"] == "cis-aws-7.0")
        .unwrap();
    assert!(
        cis["rules"]
            .as_array()
            .unwrap()
            .contains(&Value::from("root-without-mfa"))
    );
}

/// A change under review can bring a link; the error must not print what it leads to.
#[cfg(unix)]
#[test]
fn a_rule_that_is_a_link_out_of_its_directory_is_not_read() {
    let sandbox = Sandbox::new();
    let credentials = sandbox.write("credentials", "aws_secret_access_key = SECRET");
    fs::create_dir(sandbox.path("own")).unwrap();
    std::os::unix::fs::symlink(credentials, sandbox.path("own/x.toml")).unwrap();
    let run = sandbox.run(["audit", &repository("examples/clean"), "--rules", "own"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr
            .contains("own/x.toml: it is a link that leads out of"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("SECRET"), "{}", run.stderr);
}

/// Nor may it print a file that only whoever runs the audit can read, by a link or by its configuration.
#[cfg(unix)]
#[test]
fn no_line_of_a_rule_elsewhere_is_shown() {
    let (sandbox, home) = (Sandbox::new(), Sandbox::new());
    let credentials =
        home.write(".cargo/credentials.toml", "[registries.SECRET]\ntoken = 'SECRET'\n");
    let elsewhere = credentials.parent().unwrap();
    std::os::unix::fs::symlink(elsewhere, sandbox.path("rules")).unwrap();
    let up = format!("../{}/.cargo", home.path("").file_name().unwrap().to_str().unwrap());
    let clean = repository("examples/clean");
    for (directories, command) in [
        ("[]", vec!["audit", &clean, "--rules", "rules"]),
        ("[]", vec!["rules", "check", "rules"]),
        ("['rules']", vec!["audit", &clean]),
        (&format!("['{up}']"), vec!["audit", &clean]),
        (&format!("['{up}']"), vec!["rules", "list"]),
        (&format!("['{}']", elsewhere.display()), vec!["audit", &clean]),
    ] {
        sandbox.write("portcullis.toml", format!("rule_directories = {directories}\n"));
        let run = sandbox.run(&command);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{directories} {command:?}");
        assert!(run.stderr.contains("credentials.toml:1:1\n"), "{}", run.stderr);
        assert!(!run.stderr.contains("SECRET"), "{}", run.stderr);
    }
}

/// Whoever names a file may see it, unless a link leads there.
#[cfg(unix)]
#[test]
fn a_line_of_what_the_command_line_names_is_shown() {
    let (sandbox, other) = (Sandbox::new(), with_own(&OWN.replace("info", "inof")));
    other.write("own/portcullis.txt", "fail_onn = 'high'");
    let own = format!("../{}/own", other.path("").file_name().unwrap().to_str().unwrap());
    let config = format!("{own}/portcullis.txt");
    std::os::unix::fs::symlink(&own, sandbox.path("link")).unwrap();
    let clean = repository("examples/clean");
    for (command, place, line) in [
        (["rules", "check", &own].as_slice(), "old-user.toml:4:", "= \"inof\""),
        (&["audit", &clean, "--rules", &own], "old-user.toml:4:", "= \"inof\""),
        (&["rules", "list", "--rules", &own], "old-user.toml:4:", "= \"inof\""),
        (&["rules", "explain", "old-user", "--rules", &own], "old-user.toml:4:", "= \"inof\""),
        (&["frameworks", "list", "--rules", &own], "old-user.toml:4:", "= \"inof\""),
        (&["audit", &clean, "--config", &config], "portcullis.txt:1:", "fail_onn = "),
    ] {
        let run = sandbox.run(command);
        assert_eq!(run.status, 2, "{command:?}");
        assert!(run.stderr.contains(line), "{command:?}: {}", run.stderr);
        let by_link: Vec<String> = command
            .iter()
            .map(|argument| argument.replace(&own, "link"))
            .collect();
        let run = sandbox.run(&by_link);
        assert!(run.stderr.contains(place), "{by_link:?}: {}", run.stderr);
        assert!(!run.stderr.contains(line), "{by_link:?}: {}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read() {
    for variable in
        ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"]
    {
        let run = Sandbox::new().env(variable, "/dev/zero").run(["audit"]);
        let says = format!("{variable} is /dev/zero: it is not a regular file");
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{variable}");
        assert!(run.stderr.contains(&says), "{}", run.stderr);
    }
    let none = Sandbox::new()
        .env("AWS_CONFIG_FILE", "/dev/null")
        .run(["audit"]);
    assert!(none.stderr.contains("no credentials"), "{}", none.stderr);
    for arguments in [
        ["report", "/dev/zero"].as_slice(),
        &["audit", "/dev/zero"],
        &["audit", ".", "--config", "/dev/zero"],
        &["report", "x.json", "--redact", "--salt-file", "/dev/zero"],
        &["signins", "/dev/zero"],
    ] {
        let run = Sandbox::new().run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains("it is not a regular file"), "{}", run.stderr);
    }
}
