//! Reports of several accounts: audited together, or joined afterwards.

use crate::support::{Run, Sandbox, repository};
use serde_json::Value;

const TIME: [&str; 2] = ["--as-of", "2026-11-18T12:00:00Z"];

/// A sandbox with the reports of two examples, made with those options.
fn reports(options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for example in ["leaky", "partial"] {
        let output = format!("json={example}.json");
        let own = ["audit", &repository(&format!("examples/{example}")), "-o", &output];
        sandbox.run([&own[..], &TIME, options].concat());
    }
    sandbox
}

/// The audit of those examples together.
fn together(sandbox: &Sandbox, examples: &[&str], options: &[&str]) -> Run {
    let bundles: Vec<_> = examples
        .iter()
        .map(|name| repository(&format!("examples/{name}")))
        .collect();
    let bundles: Vec<&str> = bundles.iter().map(String::as_str).collect();
    sandbox.run([&["audit"], &bundles[..], &TIME, options].concat())
}

#[test]
fn joined_reports_are_what_one_audit_of_all_would_have_written() {
    let waiver = "[[waiver]]\nrule = \"console-user-without-mfa\"\nresource = \"bilal.haddad\"\n\
        account = \"*\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n";
    let options =
        ["--config", "waivers.toml", "--framework", "soc2", "--include", "pass,not_applicable"];
    let sandbox = Sandbox::new();
    sandbox.write("waivers.toml", waiver);
    for example in ["leaky", "partial"] {
        let output = format!("json={example}.json");
        together(&sandbox, &[example], &[&options[..], &["-o", &output]].concat());
    }
    let whole =
        together(&sandbox, &["partial", "leaky"], &[&options[..], &["-o", "json"]].concat());
    assert_eq!((whole.status, whole.stderr.as_str()), (1, ""));
    let joined = sandbox.run(["merge", "leaky.json", "partial.json"]);
    assert_eq!((joined.status, joined.stderr.as_str()), (0, ""));
    assert_eq!(joined.stdout, whole.stdout);
    let other_way = sandbox.run(["merge", "partial.json", "leaky.json", "-o", "json"]);
    assert_eq!(other_way.stdout, whole.stdout);
    let report: Value = serde_json::from_str(&joined.stdout).unwrap();
    let ids = [0, 1].map(|at| report["accounts"][at]["id"].as_str().unwrap());
    assert_eq!(ids, ["111122223333", "777788889999"]);
    assert_eq!(report["waivers"][0]["fails"], 1);
}

#[test]
fn joined_reports_can_be_redacted() {
    let sandbox = reports(&[]).env("PORTCULLIS_SALT", "a long enough secret for a test of salts");
    let both = ["merge", "leaky.json", "partial.json"];
    let joined = sandbox.run([&both[..], &["--redact"]].concat());
    assert_eq!((joined.status, joined.stderr.as_str()), (0, ""));
    assert!(!joined.stdout.contains("111122223333"), "{}", joined.stdout);
    sandbox.run([&both[..], &["-o", "json=all.json"]].concat());
    let redacted = sandbox.run(["report", "all.json", "--redact", "-o", "json=redacted.json"]);
    assert_eq!(redacted.status, 0, "{}", redacted.stderr);
    let report = |name: &str| sandbox.run(["report", name, "-o", "json"]).stdout;
    assert_eq!(joined.stdout, report("redacted.json"));
    // What is redacted already stays as it is.
    assert_eq!(sandbox.run(["merge", "redacted.json", "--redact"]).stdout, joined.stdout);
    let refused = sandbox
        .run(["merge", "leaky.json", "leaky.json", "--redact"])
        .stderr;
    assert!(!refused.contains("111122223333"), "{refused}");
}

#[test]
fn the_exit_status_is_that_of_the_worst_account() {
    let status = |examples: &[&str]| together(&Sandbox::new(), examples, &[]).status;
    assert_eq!(status(&["clean", "leaky"]), 1);
    assert_eq!(status(&["clean", "partial"]), 3);
    assert_eq!(status(&["leaky", "partial"]), 1);
}

#[test]
fn a_table_of_two_accounts_says_what_is_whose() {
    let run = together(&Sandbox::new(), &["clean", "partial"], &[]);
    for line in [
        "Account   123456789012 (tidewater-labs), partition aws: ",
        "Account   777788889999 (lindgren-freight-prod), partition aws: ",
        "  - 777788889999: AWS denied access to virtual-mfa-devices,\n",
        "\nACCOUNTS          fail  unknown     pass  not applicable\n  123456789012       0        0 ",
        "\n  777788889999       0 ",
    ] {
        assert!(run.stdout.contains(line), "{line} in {}", run.stdout);
    }
    assert_eq!(
        run.stdout
            .matches("\nAs of     2026-11-18 12:00:00 UTC\n")
            .count(),
        1
    );
    // One account needs no such table.
    assert!(
        !together(&Sandbox::new(), &["clean"], &[])
            .stdout
            .contains("ACCOUNTS")
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let sandbox = reports(&[]);
    let stricter = reports(&["--rule-set", "strict"]);
    let gated = reports(&["--fail-on", "high"]);
    let secret = "0123456789abcdef";
    let redacted = reports(&[]).env("PORTCULLIS_SALT", secret);
    redacted.run(["report", "partial.json", "--redact", "-o", "json=redacted.json"]);
    let path = |other: &Sandbox| other.path("partial.json").to_str().unwrap().to_owned();
    for (other, what, help) in [
        (
            sandbox.path("leaky.json").to_str().unwrap().to_owned(),
            "both are of account 111122223333",
            "leave one of them out",
        ),
        (
            path(&stricter),
            "they were judged by different rules",
            "audit all accounts with the same",
        ),
        (path(&gated), "they were made with different options", "audit all accounts with the same"),
        (
            redacted.path("redacted.json").to_str().unwrap().to_owned(),
            "one is redacted and the other is not",
            "with the same salt",
        ),
    ] {
        let run = sandbox.run(["merge", "leaky.json", &other, "-o", "json=out.json"]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""));
        let expected = format!("error: leaky.json and {other} cannot be joined: {what}");
        assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
        assert!(run.stderr.contains(help), "{}", run.stderr);
        assert!(!sandbox.path("out.json").exists());
    }
    let run = sandbox.run(["merge", "-", "leaky.json", "-"]);
    assert_eq!(run.status, 2);
    assert!(
        run.stderr
            .contains("only one of the inputs can be standard input")
    );
    assert_eq!(sandbox.run(["merge"]).status, 2);
}

#[test]
fn two_bundles_of_one_account_are_refused() {
    let run = together(&Sandbox::new(), &["leaky", "clean", "leaky"], &[]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr
            .contains("examples/leaky cannot be joined: both are of account 1111")
    );
    // Before any line is out.
    let run = together(&Sandbox::new(), &["leaky", "leaky"], &["-o", "jsonl"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    let sandbox = Sandbox::new().env("PORTCULLIS_SALT", "0123456789abcdef");
    let run = together(&sandbox, &["leaky", "leaky"], &["--redact"]);
    assert!(run.stderr.contains("both are for the same account"), "{}", run.stderr);
    assert!(!run.stderr.contains("111122223333"), "{}", run.stderr);
    // What does not say whose it is may be anybody's.
    let nobodys = r#"{"AccountAliases": []}"#;
    sandbox.write("a/account-aliases.json", nobodys);
    sandbox.write("b/account-aliases.json", nobodys);
    let run = sandbox.run(["audit", "a", "b", "--as-of", "2026-11-18T12:00:00Z"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("neither says which account it covers"), "{}", run.stderr);
    assert!(run.stderr.contains("caller-identity.json"), "{}", run.stderr);
}

#[test]
fn a_baseline_and_a_diff_of_all_accounts_know_each_of_them() {
    let sandbox = Sandbox::new();
    together(&sandbox, &["leaky", "partial"], &["-o", "json=all.json"]);
    together(&sandbox, &["leaky"], &["-o", "json=one.json"]);
    let known = together(&sandbox, &["leaky", "clean"], &["--baseline", "all.json"]);
    assert_eq!(known.status, 0, "{}", known.stdout);
    let expected =
        "the baseline does not cover account 123456789012; all its findings count as new";
    assert_eq!(known.stderr, format!("warning: {expected}\n"));
    assert!(
        known
            .stdout
            .contains("Baseline  111122223333: as of 2026-11-18 12:00:00 UTC\n")
    );
    assert!(
        known
            .stdout
            .contains("Baseline  123456789012: without the account\n")
    );
    let gone = sandbox.run(["diff", "all.json", "one.json"]);
    assert!(
        gone.stdout
            .contains("NEW does not hold account 777788889999"),
        "{}",
        gone.stdout
    );
    assert!(
        gone.stdout
            .contains("its account was not audited this time"),
        "{}",
        gone.stdout
    );
    // Nothing of an account that is left out is resolved.
    assert_eq!(
        sandbox
            .run(["diff", "all.json", "one.json", "-o", "jsonl"])
            .stdout,
        ""
    );
}
