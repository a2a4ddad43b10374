//! `--framework`: the account, control by control.

use serde_json::Value;

use crate::sandbox;
use crate::support::{Run, Sandbox, repository};

/// Audits an example of the repository by a framework.
fn by_framework(example: &str, id: &str, more: &[&str]) -> Run {
    let bundle = repository(&format!("examples/{example}"));
    let fixed = ["audit", &bundle, "--framework", id];
    Sandbox::new().run(fixed.iter().chain(more))
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr))
}

/// The control of that number in the only framework of a report.
fn control<'r>(report: &'r Value, id: &str) -> &'r Value {
    let controls = report["accounts"][0]["frameworks"][0]["controls"]
        .as_array()
        .unwrap();
    controls.iter().find(|control| control["id"] == id).unwrap()
}

#[test]
fn each_control_has_a_status_and_they_are_counted() {
    let leaky = report(&by_framework("leaky", "cis-aws-7.0", &["-o", "json"]));
    let framework = &leaky["accounts"][0]["frameworks"][0];
    assert_eq!((&framework["id"], &framework["version"]), (&"cis-aws-7.0".into(), &"7.0.0".into()));
    let mfa = control(&leaky, "2.5");
    assert_eq!((&mfa["kind"], &mfa["status"]), (&"automated".into(), &"fail".into()));
    assert_eq!(mfa["reason"], "root-without-mfa: 1 failed");
    let contacts = control(&leaky, "2.2");
    assert_eq!((&contacts["kind"], &contacts["status"]), (&"manual".into(), &"manual".into()));
    let counts = framework["counts"].as_object().unwrap();
    let counted: u64 = counts.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, framework["controls"].as_array().unwrap().len() as u64);
}

#[test]
fn the_rules_of_a_framework_are_judged_whatever_their_set() {
    let leaky = report(&by_framework("leaky", "cis-aws-7.0", &["-o", "json"]));
    let rules = leaky["rules"].as_array().unwrap();
    let strict = rules
        .iter()
        .find(|rule| rule["id"] == "admin-role")
        .unwrap();
    assert_eq!(strict["frameworks"]["cis-aws-7.0"][0], "2.14");
    assert!(
        rules
            .iter()
            .all(|rule| rule["frameworks"].get("cis-aws-7.0").is_some())
    );
    assert_eq!(leaky["options"]["frameworks"][0], "cis-aws-7.0");
}

#[test]
fn what_is_not_known_is_no_pass_of_a_control() {
    let partial = report(&by_framework("partial", "cis-aws-7.0", &["-o", "json"]));
    let counts = &partial["accounts"][0]["frameworks"][0]["counts"];
    assert!(counts["unknown"].as_u64().unwrap() > 0, "{counts}");
    assert_eq!(by_framework("clean", "cis-aws-7.0", &[]).status, 0);
    assert_eq!(by_framework("partial", "cis-aws-7.0", &[]).status, 3);
}

#[test]
fn the_table_has_a_section_a_framework() {
    let both = by_framework("clean", "cis-aws-1.4,soc2", &[]).stdout;
    for shown in
        ["Benchmark 1.4.0 (cis-aws-1.4)\n", "(soc2)\n", "\n  1.5   pass            Root has MFA\n"]
    {
        assert!(both.contains(shown), "{shown} in {both}");
    }
    assert!(both.lines().all(|line| line.chars().count() <= 80), "{both}");
}

#[test]
fn a_looser_setting_drops_the_claim() {
    let sandbox = Sandbox::new();
    sandbox.write("portcullis.toml", "[rules.stale-access-key.params]\nmax_age_days = 180");
    let bundle = repository("examples/clean");
    let run = sandbox.run(["audit", &bundle, "--framework", "cis-aws-7.0", "-o", "json"]);
    let report = report(&run);
    let rotation = control(&report, "2.12");
    assert_eq!(rotation["status"], "not_claimed");
    let reason = rotation["reason"].as_str().unwrap();
    assert!(reason.contains("max_age_days = 180"), "{reason}");
    assert_eq!(run.status, 0, "findings decide the exit status, and there are none");
}

#[test]
fn a_rule_left_out_drops_the_claim() {
    let run = by_framework("clean", "cis-aws-7.0", &["--skip", "stale-access-key", "-o", "json"]);
    let report = report(&run);
    assert_eq!(control(&report, "2.12")["reason"], "stale-access-key was left out");
}

#[test]
fn a_misspelt_framework_is_corrected() {
    for arguments in [
        &["audit", "bundle", "--framework", "cis-aws-7.1"][..],
        &["rules", "list", "--framework", "cis-aws-7.1"],
    ] {
        let run = sandbox().run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.contains("did you mean `cis-aws-7.0`?"), "{}", run.stderr);
    }
    let run = sandbox().run(["audit", "bundle", "--framework", "hipaa"]);
    assert!(run.stderr.contains("there are: aws-fsbp, cis-aws-1.4"), "{}", run.stderr);
    let run = sandbox().run(["audit", "bundle", "--framework", "soc2", "--only", "x"]);
    assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
}

#[test]
fn the_rules_of_a_framework_are_listed() {
    let run = Sandbox::new().run(["rules", "list", "--framework", "cis-aws-5.0"]);
    assert!(run.stdout.contains("\ncloudshell-full-access "), "{}", run.stdout);
    assert!(!run.stdout.contains("root-credentials-unmanaged"), "{}", run.stdout);
}

#[test]
fn a_framework_is_explained_control_by_control() {
    let text = sandbox()
        .run(["frameworks", "explain", "CIS-AWS-7.0"])
        .stdout;
    for shown in [
        "Benchmark 7.0.0 (cis-aws-7.0)\n",
        "\n2.2  ",
        "\n  manual: ",
        "\n2.12  Access keys are rotated every 90 days",
        "\n  - stale-access-key: ",
    ] {
        assert!(text.contains(shown), "{shown} in {text}");
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("; needs params.max_age_days <= 90 "), "{text}");
    let json = sandbox().run(["frameworks", "explain", "cis-aws-7.0", "-o", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let controls = json["controls"].as_array().unwrap();
    let rotation = controls
        .iter()
        .find(|control| control["id"] == "2.12")
        .unwrap();
    assert_eq!((&rotation["kind"], &rotation["reason"]), (&"automated".into(), &Value::Null));
    assert!(rotation["rules"][0]["title"].is_string(), "{rotation}");
    assert_eq!(rotation["rules"][0]["requires"], "params.max_age_days <= 90");
    let unconditional = controls
        .iter()
        .find(|control| control["id"] == "2.4")
        .unwrap();
    assert_eq!(unconditional["rules"][0]["requires"], Value::Null);
    let run = sandbox().run(["frameworks", "explain", "soc3"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("there is no framework `soc3`"), "{}", run.stderr);
}

const OWN: &str = r#"
id      = "house"
title   = "House rules"
version = "3"

[[control]]
id    = "H1"
title = "Console users have MFA"
rules = ["console-user-without-mfa"]
"#;

#[test]
fn frameworks_of_your_own_stand_beside_rules_of_your_own() {
    let sandbox = sandbox();
    sandbox.write("own/frameworks/house.toml", OWN);
    let audit = ["audit", "bundle", "--as-of", "2026-11-01", "--rules", "own"];
    let run = sandbox.run(audit.iter().chain(&["--framework", "house"]));
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("\nHouse rules 3 (house)\n"), "{}", run.stdout);
    sandbox.write("own/frameworks/house.toml", OWN.replace("[\"console-user", "[\"console-usr"));
    let run = sandbox.run(["rules", "check", "own"]);
    assert_eq!(run.status, 2);
    for words in ["house.toml:9:10", "did you mean `console-user-without-mfa`?"] {
        assert!(run.stderr.contains(words), "{words} in {}", run.stderr);
    }
}

#[test]
fn an_unknown_version_leads_to_the_latest_of_its_family() {
    for (asked, meant) in
        [("cis-aws-8", "cis-aws-7.0"), ("CIS-AWS-6.1", "cis-aws-7.0"), ("cis", "cis-aws-7.0")]
    {
        let sandbox = sandbox();
        let run = sandbox.run(["audit", "bundle", "--framework", asked]);
        let help = format!("help: did you mean `{meant}`?");
        assert_eq!((run.status, run.stderr.contains(&help)), (2, true), "{}", run.stderr);
        sandbox.write("portcullis.toml", format!("framework = ['{asked}']"));
        let run = sandbox.run(["audit", "bundle"]);
        assert_eq!((run.status, run.stderr.contains(&help)), (2, true), "{}", run.stderr);
    }
}
