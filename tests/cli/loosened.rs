//! What makes a run laxer than by default is shown, with where it was chosen.

use serde_json::{Value as Json, json};

use crate::support::{Run, Sandbox};
use crate::{BY_HAND, FAILING, PASSING, UNKNOWN, audit, sandbox};

/// What loosened the run, as its JSON has it, but for the bundle that was made by hand.
fn loosened(run: &Run) -> Vec<Json> {
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let mut loosened = report["run"]["loosened"].as_array().unwrap().clone();
    loosened.retain(|entry| entry["kind"] != "unverified");
    loosened
}

fn with_config(text: &str) -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("portcullis.toml", text);
    sandbox
}

#[test]
fn a_plain_run_is_not_loosened() {
    let run = sandbox().run(["audit", "bundle", "--as-of", "2026-11-01", "-o", "json"]);
    assert_eq!(loosened(&run), [] as [Json; 0]);
    assert_eq!(run.stderr, BY_HAND);
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["run"]["configuration"], json!([]));
}

#[test]
fn the_configuration_is_named_even_if_it_loosens_nothing() {
    let sandbox = with_config("rule_set = 'strict'");
    let run = sandbox.run(audit(&["-o", "json"]));
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["run"]["configuration"], json!(["portcullis.toml"]));
    assert_eq!((loosened(&run), run.stderr.as_str()), (vec![], BY_HAND));
    assert!(
        sandbox
            .run(audit(&[]))
            .stdout
            .contains("\nConfig    portcullis.toml\n")
    );
}

#[test]
fn each_choice_stands_with_its_origin() {
    let file = format!(
        "skip = ['{PASSING}']\nallow_unknown = ['{UNKNOWN}']\nfail_on = 'high'\n\
         password_policy_changed = 2026-01-31\n\
         [rules.{FAILING}]\nseverity = 'info'\n\
         [rules.stale-access-key.params]\nmax_age_days = 400\n\
         [classes.service]\nnames = ['svc-*']\ntags = {{ kind = 'service' }}"
    );
    let sandbox = with_config(&file);
    let arguments = ["audit", "bundle", "--as-of", "2026-11-01", "-o", "json"];
    let of_file = |entry: Json| {
        let mut entry = entry;
        entry["origin"] = json!("portcullis.toml");
        entry
    };
    // Severity, default and parameter as the rules' own files have them.
    let expected = [
        json!({"kind": "skip", "rule": PASSING}),
        json!({"kind": "severity", "rule": FAILING, "default": "high", "value": "info"}),
        json!({
            "kind": "parameter", "rule": "stale-access-key", "name": "max_age_days",
            "default": 90, "value": 400,
        }),
        json!({
            "kind": "class", "class": "service",
            "patterns": ["names \"svc-*\"", "tags kind = \"service\""],
        }),
        json!({"kind": "password_policy_changed", "value": "2026-01-31T00:00:00Z"}),
        json!({"kind": "allow_unknown", "rule": UNKNOWN, "unknown": 1}),
        json!({"kind": "fail_on", "value": "high"}),
    ];
    assert_eq!(loosened(&sandbox.run(arguments)), expected.map(of_file));
}

#[test]
fn an_option_is_named_where_it_outranks_the_file() {
    let sandbox = with_config(&format!("skip = ['{PASSING}']\nfail_on = 'critical'"));
    let run = sandbox.run([
        "audit",
        "bundle",
        "--as-of",
        "2026-11-01",
        "-o",
        "json",
        "--skip",
        FAILING,
        "--fail-on",
        "medium",
        "--allow-unknown",
        UNKNOWN,
    ]);
    assert_eq!(
        loosened(&run),
        [
            json!({"origin": "--skip", "kind": "skip", "rule": FAILING}),
            json!({
                "origin": "--allow-unknown", "kind": "allow_unknown", "rule": UNKNOWN, "unknown": 1,
            }),
            json!({"origin": "--fail-on", "kind": "fail_on", "value": "medium"}),
        ]
    );
}

/// `low` is the default; what is tighter does not loosen.
#[test]
fn what_is_tighter_than_the_default_is_not_told() {
    let sandbox =
        with_config(&format!("fail_on = 'info'\n[rules.{FAILING}]\nseverity = 'critical'"));
    let run = sandbox.run(audit(&["-o", "json"]));
    assert_eq!((loosened(&run), run.stderr.as_str()), (vec![], BY_HAND));
}

#[test]
fn a_short_list_of_the_file_is_told_but_not_that_of_the_command_line() {
    let run = with_config(&format!("only = ['{FAILING}']")).run([
        "audit",
        "bundle",
        "--as-of",
        "2026-11-01",
        "-o",
        "json",
    ]);
    let only = json!({"origin": "portcullis.toml", "kind": "only", "rules": [FAILING]});
    assert_eq!(loosened(&run), [only]);
    assert_eq!(loosened(&sandbox().run(audit(&["-o", "json"]))), [] as [Json; 0]);
}

#[test]
fn it_shows_in_every_format_for_people_and_in_sarif() {
    let sandbox = with_config(&format!("[rules.{FAILING}]\nseverity = 'info'"));
    let told = format!("{FAILING} is info instead of high (portcullis.toml)");
    let by_hand = "the evidence has no manifest, so it is not verified";
    let run = sandbox.run(audit(&[]));
    let told_in_note = format!(
        "note: this run may report less than a run with the default settings: {told}\n{BY_HAND}"
    );
    assert_eq!(run.stderr, told_in_note);
    let table = format!("\nConfig    portcullis.toml\nLoosened  {told}\nLoosened  {by_hand}\n");
    assert!(run.stdout.contains(&table), "{}", run.stdout);
    let html = sandbox.run(audit(&["-o", "html"])).stdout;
    assert!(html.contains(&format!("<li>{told}</li>\n      <li>{by_hand}</li>")), "{html}");
    assert!(html.contains("<dt>Configuration</dt><dd>portcullis.toml</dd>"), "{html}");
    let markdown = sandbox.run(audit(&["-o", "markdown"])).stdout;
    let lines = format!("- Config: portcullis.toml\n- Loosened: {told}\n- Loosened: {by_hand}\n");
    assert!(markdown.contains(&lines), "{markdown}");
    let sarif: Json = serde_json::from_str(&sandbox.run(audit(&["-o", "sarif"])).stdout).unwrap();
    let properties = &sarif["runs"][0]["properties"];
    assert_eq!(properties["configuration"], json!(["portcullis.toml"]));
    assert_eq!(properties["loosened"], json!([told, by_hand]));
}

#[test]
fn a_long_list_is_cut_in_the_note() {
    let run = sandbox().run([
        "audit",
        "bundle",
        "--as-of",
        "2026-11-01",
        "--skip",
        &format!("{PASSING},{FAILING},{UNKNOWN},stale-access-key"),
    ]);
    assert!(run.stderr.contains("; and 1 more\n"), "{}", run.stderr);
}

#[test]
fn none_reads_no_configuration() {
    let sandbox = with_config("fail_on = 'critical'");
    assert_eq!(sandbox.run(audit(&[])).status, 0);
    let run = sandbox.run(audit(&["--config", "none", "-o", "json"]));
    assert_eq!((run.status, loosened(&run)), (1, vec![]));
    sandbox.write("none", "fail_on = 'critical'");
    assert_eq!(sandbox.run(audit(&["--config", "none"])).status, 1);
    assert_eq!(sandbox.run(audit(&["--config", "./none"])).status, 0);
}

#[test]
fn paths_and_patterns_become_pseudonyms() {
    let sandbox = with_config("[classes.service]\nnames = ['svc-lindgren']");
    sandbox.write("salt", "0123456789abcdef0123456789abcdef");
    let run = sandbox.run(audit(&["--redact", "--salt-file", "salt", "-o", "json"]));
    assert!(!run.stdout.contains("lindgren") && !run.stderr.contains("lindgren"), "{}", run.stderr);
    let [class] = loosened(&run).try_into().unwrap();
    assert_eq!(class["class"], "service");
}

#[test]
fn joined_reports_have_each_choice_once_and_count_what_it_covers() {
    let sandbox = sandbox();
    let report = std::fs::read_to_string(sandbox.path("report.csv")).unwrap();
    sandbox.write("other/credential-report.csv", report.replace("111122223333", "444455556666"));
    let run = sandbox.run([
        "audit",
        "bundle",
        "other",
        "--as-of",
        "2026-11-01",
        "--allow-unknown",
        UNKNOWN,
        "-o",
        "json",
    ]);
    let allowed = json!({
        "origin": "--allow-unknown", "kind": "allow_unknown", "rule": UNKNOWN, "unknown": 2,
    });
    assert_eq!(loosened(&run), [allowed]);
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let unverified =
        |account: &str| json!({"origin": null, "kind": "unverified", "account": account});
    let all = report["run"]["loosened"].as_array().unwrap();
    assert_eq!(all[1..], [unverified("111122223333"), unverified("444455556666")]);
}

/// Without a manifest, nothing says when the answers beside the credential report were collected.
#[test]
fn that_ages_count_to_the_date_of_the_report_is_said() {
    let sandbox = Sandbox::new();
    let report = include_str!("../../examples/clean/credential-report.json");
    sandbox.write("bundle/credential-report.json", report);
    let said = |more: &[&str]| {
        let fixed = ["audit", "bundle", "--only", FAILING, "-o", "json"];
        let arguments: Vec<&str> = fixed.iter().chain(more).copied().collect();
        let run = sandbox.run(arguments);
        let note = "note: ages are measured at the date of the credential report";
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let moment = report["accounts"][0]["as_of"].as_str().unwrap().to_owned();
        (run.stderr.contains(note), loosened(&run), moment)
    };
    let (noted, change, moment) = said(&[]);
    assert_eq!((noted, moment.as_str()), (true, "2026-11-18T08:12:40Z"));
    let expected = json!({"origin": null, "kind": "report_date", "account": "123456789012"});
    assert_eq!(change, [expected]);
    for moment in ["now", "2026-12-01"] {
        let (noted, change, as_of) = said(&["--as-of", moment]);
        assert_eq!((noted, change), (false, vec![]), "{moment}");
        assert_ne!(as_of, "2026-11-18T08:12:40Z");
    }
}

#[test]
fn a_sealed_bundle_is_verified_and_names_a_foreign_endpoint() {
    let manifest = |endpoints: &str| {
        format!(
            r#"{{"schema": "portcullis/bundle/v1", "tool": "t", "account": "111122223333",
            "partition": "aws", "caller": null, {endpoints} "collected_from": "2026-11-01T00:00:00Z",
            "collected_to": "2026-11-01T00:00:00Z", "files": {{}}, "gaps": []}}"#
        )
    };
    let sandbox = Sandbox::new();
    sandbox.write("bundle/manifest.json", manifest(""));
    let run = sandbox.run(audit(&["-o", "json"]));
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["run"]["loosened"], json!([]), "{}", run.stderr);
    sandbox.write("bundle/manifest.json", manifest(r#""endpoints": ["http://localhost:4566"],"#));
    let run = sandbox.run(audit(&["-o", "json"]));
    let endpoint = json!({
        "origin": null, "kind": "endpoint", "account": "111122223333",
        "url": "http://localhost:4566",
    });
    assert_eq!(loosened(&run), [endpoint]);
    let told = "http://localhost:4566 answered instead of AWS's own endpoint";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}
