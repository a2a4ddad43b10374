//! `diff` and `audit --baseline`: what is new, and what only looks fixed.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Run, Sandbox, repository};
use crate::{FAILING, audit, credential_report, user};

/// A rule that the leaky account fails by more than one resource, by a parameter.
const AGED: &str = "stale-access-key";

/// A sandbox with the leaky account's bundle, and the report on it.
fn leaky() -> Sandbox {
    let sandbox = example("leaky");
    report(&sandbox, "old.json", &[]);
    sandbox
}

/// A sandbox with the bundle of an example.
fn example(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    for entry in fs::read_dir(repository(&format!("examples/{name}"))).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name != "portcullis.toml" {
            sandbox.write(&format!("bundle/{name}"), fs::read(&path).unwrap());
        }
    }
    sandbox
}

/// The same without a manifest, so that its files may change.
fn example_by_hand(name: &str) -> Sandbox {
    let sandbox = example(name);
    fs::remove_file(sandbox.path("bundle/manifest.json")).unwrap();
    sandbox
}

const MOMENT: [&str; 2] = ["--as-of", "2026-11-18T09:00:21Z"];

/// Audits the bundle into a report.
fn report(sandbox: &Sandbox, name: &str, more: &[&str]) -> Run {
    let output = format!("json={name}");
    let fixed = ["audit", "bundle", "-o", &output];
    let run = sandbox.run(fixed.iter().chain(more));
    assert_ne!(run.status, 2, "{}", run.stderr);
    run
}

/// The diff of `old.json` and `new.json`, as JSON.
fn diff(sandbox: &Sandbox) -> Value {
    let run = sandbox.run(["diff", "old.json", "new.json", "-o", "json"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    serde_json::from_str(&run.stdout).unwrap()
}

/// The counts that are not zero, and the rules and reasons of the entries, each once.
fn told(diff: &Value) -> (Vec<String>, Vec<(String, String)>) {
    let counts = diff["counts"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, count)| **count != 0);
    let entries = diff["entries"].as_array().unwrap().iter();
    let mut reasons: Vec<_> = entries
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            (text("rule"), text("reason"))
        })
        .collect();
    reasons.sort();
    reasons.dedup();
    (counts.map(|(name, _)| name.clone()).collect(), reasons)
}

fn notes(diff: &Value) -> String {
    diff["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note.as_str().unwrap())
        .collect()
}

#[test]
fn the_same_account_later_has_only_aged() {
    let sandbox = leaky();
    report(&sandbox, "new.json", &["--as-of", "2026-11-30"]);
    let diff = diff(&sandbox);
    let (counts, _) = told(&diff);
    assert_eq!(counts, ["new", "unchanged"]);
    let aged = |entry: &&Value| entry["rule"] == AGED;
    assert_eq!(
        diff["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(aged)
            .count(),
        2
    );
    let same = sandbox.run(["diff", "old.json", "old.json"]);
    assert!(
        same.stdout
            .ends_with("\nIn all: nothing has changed (83 unchanged)\n"),
        "{}",
        same.stdout
    );
}

#[test]
fn what_was_left_out_is_gone() {
    let sandbox = leaky();
    for choice in [["--skip", AGED], ["--only", FAILING]] {
        report(&sandbox, "new.json", &choice);
        let diff = diff(&sandbox);
        let (counts, reasons) = told(&diff);
        assert_eq!(counts, ["gone", "unchanged"], "{choice:?}");
        let left_out = "its rule was not judged this time";
        assert!(reasons.iter().all(|(_, reason)| reason == left_out), "{reasons:?}");
        assert!(notes(&diff).contains("only OLD judged "), "{diff}");
    }
}

#[test]
fn what_a_looser_parameter_lets_pass_is_gone() {
    let sandbox = leaky();
    sandbox.write("loose.toml", format!("[rules.{AGED}]\nparams.max_age_days = 3000"));
    report(&sandbox, "new.json", &["--config", "loose.toml"]);
    let diff = diff(&sandbox);
    let (counts, reasons) = told(&diff);
    assert_eq!(counts, ["gone", "unchanged"]);
    let differs = "its rule had a different test or other parameters this time";
    assert_eq!(reasons, [(AGED.to_owned(), differs.to_owned())]);
    assert!(notes(&diff).contains(AGED), "{diff}");
}

#[test]
fn what_was_not_collected_is_unknown_and_resolves_no_ticket() {
    let sandbox = leaky();
    for file in ["account-authorization-details.json", "credential-report.json"] {
        fs::remove_file(sandbox.path("bundle").join(file)).unwrap();
        report(&sandbox, "new.json", &[]);
        let (counts, _) = told(&diff(&sandbox));
        assert!(counts.contains(&"unknown".to_owned()), "{file}: {counts:?}");
        assert!(!counts.contains(&"fixed".to_owned()), "{file}: {counts:?}");
        let lines = sandbox
            .run(["diff", "old.json", "new.json", "-o", "jsonl"])
            .stdout;
        assert!(!lines.contains("\"resolve\""), "{file}: {lines}");
    }
}

/// A user gets MFA: that is fixed, and its ticket resolved.
#[test]
fn what_is_shown_to_be_fixed_is_resolved() {
    let sandbox = crate::sandbox();
    sandbox.run(audit(&["-o", "json=old.json"]));
    let report = credential_report(&[&user("alice", true), &user("bob", true)]);
    sandbox.write("bundle/credential-report.csv", &report);
    sandbox.run(audit(&["-o", "json=new.json"]));
    let run = sandbox.run(["diff", "old.json", "new.json", "-o", "jsonl"]);
    let record: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&record["action"], &record["reason"]), (&"resolve".into(), &"fixed".into()));
    assert_eq!(record["resource"]["name"], "alice");
    let back = sandbox.run(["diff", "new.json", "old.json", "-o", "jsonl"]);
    assert_eq!(serde_json::from_str::<Value>(&back.stdout).unwrap()["action"], "open");
}

#[test]
fn forms_go_to_files_and_one_report_may_come_from_standard_input() {
    let sandbox = leaky();
    report(&sandbox, "new.json", &["--skip", AGED]);
    let alone = sandbox.run(["diff", "old.json", "new.json"]).stdout;
    let mut child = sandbox
        .command([
            "diff",
            "old.json",
            "-",
            "-o",
            "text",
            "-o",
            "markdown=out.md",
            "-o",
            "jsonl=out.jsonl",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let new = fs::read(sandbox.path("new.json")).unwrap();
    child.stdin.take().unwrap().write_all(&new).unwrap();
    let run: Run = child.wait_with_output().unwrap().into();
    assert_eq!((run.status, run.stdout), (0, alone));
    let markdown = fs::read_to_string(sandbox.path("out.md")).unwrap();
    assert!(markdown.starts_with("## Portcullis: 1 gone, "), "{markdown}");
    assert_eq!(fs::read_to_string(sandbox.path("out.jsonl")).unwrap(), "");
}

#[test]
fn wrong_usage_is_told() {
    let sandbox = crate::sandbox();
    sandbox.run(audit(&["-o", "json=old.json"]));
    let open = fs::read_to_string(sandbox.path("old.json")).unwrap();
    sandbox.write("redacted.json", open.replace("\"redacted\": false", "\"redacted\": true"));
    let cases: [(&[&str], &str); 6] = [
        (&["-", "-"], "only one of the inputs can be standard input"),
        (&["old.json", "nowhere.json"], "cannot read nowhere.json"),
        (&["bundle/credential-report.csv", "old.json"], "is a credential report: "),
        (&["old.json", "redacted.json"], "redact both with the same salt, or none"),
        (&["old.json", "old.json", "-o", "tetx"], "unknown format; did you mean `text`?"),
        (&["old.json", "old.json", "-o", "sarif"], "there are: text, json, markdown, jsonl"),
    ];
    for (arguments, says) in cases {
        let run = sandbox.run(["diff"].iter().chain(arguments));
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn only_what_is_new_counts_against_a_baseline() {
    let sandbox = leaky();
    let known = report(&sandbox, "new.json", &["--baseline", "old.json"]);
    assert_eq!((known.status, known.stderr.as_str()), (0, ""));
    let later = ["--as-of", "2026-11-30", "--baseline", "old.json"];
    assert_eq!(report(&sandbox, "later.json", &later).status, 1);
    let later: Value =
        serde_json::from_slice(&fs::read(sandbox.path("later.json")).unwrap()).unwrap();
    let state = |state: &str| {
        let findings = later["findings"].as_array().unwrap().iter();
        let of_state = findings.filter(|finding| finding["baseline"] == state);
        let mut seen: Vec<_> = of_state
            .map(|f| f["first_seen"].as_str().unwrap())
            .collect();
        (seen.len(), {
            seen.dedup();
            seen
        })
    };
    assert_eq!(state("new"), (3, vec!["2026-11-30T00:00:00Z"]));
    assert_eq!(state("known"), (83, vec!["2026-11-18T09:00:21Z"]));
    assert_eq!(later["accounts"][0]["baseline"]["as_of"], "2026-11-18T09:00:21Z");
}

#[test]
fn no_baseline_makes_an_incomplete_audit_complete() {
    let sandbox = leaky();
    fs::remove_file(sandbox.path("bundle/account-authorization-details.json")).unwrap();
    report(&sandbox, "dark.json", &[]);
    for baseline in ["old.json", "dark.json"] {
        let run = report(&sandbox, "new.json", &["--baseline", baseline]);
        assert_eq!(run.status, 3, "{baseline}");
    }
}

#[test]
fn a_baseline_that_does_not_fit_is_told_before_the_audit_or_warned_about() {
    let sandbox = leaky();
    let missing = sandbox.run(["audit", "bundle", "--baseline", "nowhere.json"]);
    assert_eq!((missing.status, missing.stdout.as_str()), (2, ""));
    assert!(missing.stderr.contains("cannot read nowhere.json"), "{}", missing.stderr);
    let clean = repository("examples/clean");
    sandbox.run(["audit", &clean, "-o", "json=other.json"]);
    let other = report(&sandbox, "new.json", &["--baseline", "other.json"]);
    assert_eq!(other.status, 1);
    let says = "warning: the baseline does not cover account 111122223333";
    assert!(other.stderr.contains(says), "{}", other.stderr);
}

#[test]
fn who_is_declared_a_service_is_not_fixed() {
    let sandbox = leaky();
    let everybody = "[classes.service]\nnames = [\"*\"]\n";
    sandbox.write("services.toml", everybody);
    report(&sandbox, "new.json", &["--config", "services.toml"]);
    let (counts, reasons) = told(&diff(&sandbox));
    // The class is evidence of some that fail still.
    assert_eq!(counts, ["changed", "gone", "unchanged"]);
    let differs = "its rule had a different test or other parameters this time";
    assert!(reasons.iter().any(|(_, reason)| reason == differs), "{reasons:?}");
    let records = sandbox.run(["diff", "old.json", "new.json", "-o", "jsonl"]);
    assert!(!records.stdout.contains("\"resolve\""), "{}", records.stdout);
    // The layout of the file declares nothing.
    sandbox.write("again.toml", format!("# Everybody.\nfail_on = \"high\"\n\n{everybody}"));
    fs::rename(sandbox.path("new.json"), sandbox.path("old.json")).unwrap();
    report(&sandbox, "new.json", &["--config", "again.toml"]);
    assert_eq!(told(&diff(&sandbox)).0, ["unchanged"]);
}

#[test]
fn an_older_report_resolves_no_ticket() {
    let sandbox = leaky();
    report(&sandbox, "new.json", &["--as-of", "2026-11-30"]);
    let swapped = sandbox.run(["diff", "new.json", "old.json", "-o", "jsonl"]);
    assert_eq!((swapped.status, swapped.stdout.as_str()), (0, ""));
    let warning = "warning: OLD is from a later time (2026-11-30 00:00:00 UTC) than NEW (2026-11-18 \
                   09:00:21 UTC); name the older report first\n";
    assert_eq!(swapped.stderr, warning);
    let text = sandbox.run(["diff", "new.json", "old.json"]);
    assert_eq!(text.stderr, warning);
    let right = sandbox.run(["diff", "old.json", "new.json", "-o", "jsonl"]);
    assert_eq!(right.stderr, "");
}

/// Actions, reasons and rules of the steps from `old.json` to `new.json`.
fn steps(sandbox: &Sandbox) -> Vec<[String; 3]> {
    let run = sandbox.run(["diff", "old.json", "new.json", "-o", "jsonl"]);
    assert_ne!(run.status, 2, "{}", run.stderr);
    let lines = run.stdout.lines();
    lines
        .map(|line| {
            let step: Value = serde_json::from_str(line).unwrap();
            ["action", "reason", "rule"].map(|name| step[name].as_str().unwrap().to_owned())
        })
        .collect()
}

/// The region of another session was asked for its analyzers, but no key or role was used there.
#[test]
fn a_region_that_was_not_asked_again_resolves_no_ticket() {
    const RULE: &str = "no-external-access-analyzer";
    let sandbox = example_by_hand("clean");
    let path = sandbox.path("bundle/access-analyzers.json");
    let asked: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut elsewhere = asked.clone();
    let regions = elsewhere["Regions"].as_array_mut().unwrap();
    regions.push("eu-west-1".into());
    fs::write(&path, elsewhere.to_string()).unwrap();
    report(&sandbox, "old.json", &MOMENT);
    fs::write(&path, asked.to_string()).unwrap();
    report(&sandbox, "new.json", &MOMENT);
    let (counts, reasons) = told(&diff(&sandbox));
    assert_eq!(counts, ["gone"]);
    let reason = "its region was not looked at this time";
    assert_eq!(reasons, [(RULE.to_owned(), reason.to_owned())]);
    assert_eq!(steps(&sandbox), [[""; 3]; 0]);
    // Asked again, it has an analyzer.
    let analyzer = elsewhere["analyzers"][0].clone();
    let mut analyzer: Value =
        serde_json::from_str(&analyzer.to_string().replace("us-east-1", "eu-west-1")).unwrap();
    analyzer["status"] = "ACTIVE".into();
    elsewhere["analyzers"]
        .as_array_mut()
        .unwrap()
        .push(analyzer);
    fs::write(&path, elsewhere.to_string()).unwrap();
    report(&sandbox, "new.json", &MOMENT);
    assert_eq!(steps(&sandbox), [["resolve", "fixed", RULE]]);
}

/// Neither a line in a list of accounts nor another bundle shows that trust in an account has ended.
#[test]
fn an_account_that_counts_as_ones_own_resolves_no_ticket() {
    let sandbox = leaky();
    sandbox.write("own.csv", "id\n111122223333\n999988887777\n");
    let vendor = r#"{"Account": "999988887777", "Arn": "arn:aws:iam::999988887777:user/audit", "UserId": "AIDAEXAMPLE"}"#;
    sandbox.write("vendor/caller-identity.json", vendor);
    for own in [&["--accounts", "own.csv"][..], &["vendor"]] {
        report(&sandbox, "new.json", own);
        let (counts, reasons) = told(&diff(&sandbox));
        assert!(!counts.contains(&"fixed".to_owned()), "{own:?}: {counts:?}");
        let reason = "an account that it names counted as one's own this time".to_owned();
        for rule in ["foreign-read-only-access", "foreign-trust-without-external-id"] {
            assert!(reasons.contains(&(rule.to_owned(), reason.clone())), "{own:?}: {reasons:?}");
        }
        assert!(
            steps(&sandbox)
                .iter()
                .all(|[action, ..]| action != "resolve"),
            "{own:?}"
        );
    }
    // The trust itself ends.
    let sandbox = example_by_hand("leaky");
    report(&sandbox, "old.json", &MOMENT);
    let path = sandbox.path("bundle/account-authorization-details.json");
    let ended = fs::read_to_string(&path)
        .unwrap()
        .replace("999988887777", "111122223333");
    fs::write(&path, ended).unwrap();
    sandbox.write("own.csv", "id\n111122223333\n999988887777\n");
    report(&sandbox, "new.json", &[&MOMENT[..], &["--accounts", "own.csv"]].concat());
    let resolved = |rule: &str| ["resolve", "fixed", rule].map(str::to_owned);
    for rule in ["foreign-read-only-access", "foreign-trust-without-external-id"] {
        assert!(steps(&sandbox).contains(&resolved(rule)), "{:?}", steps(&sandbox));
    }
}

/// The account summary contradicts the credential report about root's MFA: without it, less fails.
#[test]
fn what_the_account_summary_showed_is_unknown_without_it() {
    const RULE: &str = "root-without-mfa";
    let sandbox = example_by_hand("leaky");
    report(&sandbox, "old.json", &MOMENT);
    fs::remove_file(sandbox.path("bundle/account-summary.json")).unwrap();
    report(&sandbox, "new.json", &MOMENT);
    let diff = diff(&sandbox);
    let entries = diff["entries"].as_array().unwrap();
    let root = entries.iter().find(|entry| entry["rule"] == RULE).unwrap();
    assert_eq!(
        (&root["change"], &root["reason"]),
        (&"unknown".into(), &"what showed it was not read this time".into())
    );
    assert!(
        steps(&sandbox)
            .iter()
            .all(|[action, ..]| action != "resolve")
    );
}

/// Whether keys were listed changes the name of a key, and where its age is from.
#[test]
fn keys_that_were_not_listed_this_time_change_no_ticket() {
    let sandbox = example_by_hand("leaky");
    report(&sandbox, "old.json", &MOMENT);
    fs::remove_file(sandbox.path("bundle/access-keys.json")).unwrap();
    report(&sandbox, "new.json", &MOMENT);
    let changed = |sandbox: &Sandbox| diff(sandbox)["counts"]["changed"].clone();
    assert_eq!(changed(&sandbox), 0);
    fs::rename(sandbox.path("new.json"), sandbox.path("listed.json")).unwrap();
    fs::rename(sandbox.path("old.json"), sandbox.path("new.json")).unwrap();
    fs::rename(sandbox.path("listed.json"), sandbox.path("old.json")).unwrap();
    assert_eq!(changed(&sandbox), 0);
}

/// The date moves when a key is activated again, and a credential report shows nothing else of it.
#[test]
fn a_key_that_only_a_credential_report_shows_is_never_fixed_by_another_date() {
    let sandbox = crate::sandbox();
    let judge = |rotated: &str, name: &str| {
        let no_key = "false,N/A,N/A,N/A,N/A,false,N/A";
        let key = format!("true,{rotated},2026-10-30T00:00:00Z,eu-west-1,s3,false,N/A");
        let row = user("alice", true).replacen(no_key, &key, 1);
        sandbox.write("bundle/credential-report.csv", credential_report(&[&row]));
        let output = format!("json={name}");
        sandbox.run(audit(&["--only", AGED, "-o", &output])).status
    };
    assert_eq!(judge("2026-01-01T00:00:00Z", "old.json"), 1);
    judge("2026-10-30T00:00:00Z", "new.json");
    assert_eq!(told(&diff(&sandbox)).0, ["unknown"]);
    assert_eq!(steps(&sandbox), [[""; 3]; 0]);
}

/// A ticket of an earlier report may be open.
#[test]
fn what_is_judged_again_and_passes_resolves_its_ticket() {
    let sandbox = leaky();
    let removed = sandbox.path("bundle/mfa-devices.json");
    let devices = fs::read(&removed).unwrap();
    fs::remove_file(&removed).unwrap();
    report(&sandbox, "old.json", &[]);
    fs::write(&removed, devices).unwrap();
    report(&sandbox, "new.json", &[]);
    let steps = steps(&sandbox);
    let of = |action: &str, reason: &str| [action, reason, "sms-mfa"].map(str::to_owned);
    assert!(steps.contains(&of("open", "new")), "{steps:?}");
    assert!(steps.contains(&of("resolve", "cleared")), "{steps:?}");
}

#[test]
fn a_shorter_minimum_of_passwords_changes_its_ticket() {
    let sandbox = example_by_hand("leaky");
    report(&sandbox, "old.json", &MOMENT);
    let path = sandbox.path("bundle/account-password-policy.json");
    let mut policy: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(policy["PasswordPolicy"]["MinimumPasswordLength"], 8);
    policy["PasswordPolicy"]["MinimumPasswordLength"] = 6.into();
    fs::write(&path, policy.to_string()).unwrap();
    report(&sandbox, "new.json", &MOMENT);
    assert_eq!(steps(&sandbox), [["update", "changed", "short-minimum-password"]]);
}

#[test]
fn reports_under_different_salts_are_refused() {
    let sandbox = leaky();
    sandbox.write("one.salt", "a salt for tests, known to all");
    sandbox.write("two.salt", "another salt for tests, also known");
    for (name, salt) in
        [("old.json", "one.salt"), ("new.json", "two.salt"), ("same.json", "one.salt")]
    {
        report(&sandbox, name, &["--redact", "--salt-file", salt]);
    }
    let refused = sandbox.run(["diff", "old.json", "new.json"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.contains("redact both with the same salt"), "{}", refused.stderr);
    assert_eq!(sandbox.run(["diff", "old.json", "same.json"]).status, 0);
}
