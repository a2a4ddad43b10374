//! What is audited, and the moment that ages count to.

use std::fs;

use crate::support::{Run, Sandbox};
use crate::{BY_HAND, FAILING, PASSING, UNKNOWN, audit, sandbox};

#[test]
fn ages_count_to_now_with_a_note_if_nothing_tells_the_time() {
    let run = sandbox().run(["audit", "report.csv"]);
    assert!(run.stderr.starts_with("note: "), "{}", run.stderr);
    assert!(run.stderr.contains("--as-of"), "{}", run.stderr);
}

#[test]
fn a_bare_credential_report_is_evidence() {
    let arguments = ["audit", "report.csv", "--as-of", "2026-11-01", "--only"];
    for (rule, status) in [(PASSING, 0), (FAILING, 1), (UNKNOWN, 3)] {
        let run = sandbox().run(arguments.iter().chain([&rule]));
        assert_eq!(run.status, status, "{rule}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn nothing_collected_is_never_clean() {
    let sandbox = Sandbox::new();
    sandbox.write("bundle/credential-report.json", "");
    let run = sandbox.run(["audit", "bundle", "--as-of", "2026-11-01", "--only", PASSING]);
    assert_eq!(run.status, 3, "{}", run.stdout);
}

#[test]
fn the_same_evidence_and_date_give_the_same_bytes() {
    let report = |zone: &str| {
        let run = sandbox()
            .env("TZ", zone)
            .env("LC_ALL", zone)
            .run(audit(&["-o", "json"]));
        assert_eq!(run.stderr, BY_HAND);
        run.stdout
    };
    assert_eq!(report("Asia/Tokyo"), report("America/New_York"));
}

#[test]
fn facts_are_json_that_names_what_is_missing() {
    let run = sandbox().run(["facts", "report.csv", "--as-of", "2026-11-01"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let facts: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(facts["as_of"], "2026-11-01T00:00:00Z");
    assert_eq!(facts["users"][0]["name"], "alice");
    let missing = serde_json::json!({ "missing": ["account-password-policy"] });
    assert_eq!(facts["account"]["password_policy"], missing);
}

#[test]
fn without_credentials_a_live_audit_fails_fast_and_says_so() {
    let begin = std::time::Instant::now();
    let sandbox = Sandbox::new().env("AWS_REGION", "eu-central-1");
    let Run { status, stdout, stderr } = sandbox.run(["audit"]);
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert!(stderr.starts_with("error: ") && stderr.contains("credentials"), "{stderr}");
    assert!(stderr.contains("\nFIX FIRST\n"), "{stderr}");
    assert!(begin.elapsed().as_secs() < 5);
    assert!(sandbox.run(["collect", "-o", "bundle"]).status == 2);
    assert!(!sandbox.path("bundle").exists());
}

#[test]
fn a_bundle_is_never_collected_for_an_occupied_directory() {
    let sandbox = Sandbox::new();
    sandbox.write("occupied/thesis.txt", "");
    // Without a region, any call would be another error.
    let run = sandbox.run(["collect", "-o", "occupied"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("occupied exists and is neither"), "{}", run.stderr);
}

#[test]
fn verify_names_each_file_that_changed() {
    let sandbox = Sandbox::new();
    for entry in fs::read_dir(crate::support::repository("examples/clean")).unwrap() {
        let path = entry.unwrap().path();
        sandbox.write(
            &format!("bundle/{}", path.file_name().unwrap().display()),
            fs::read(path).unwrap(),
        );
    }
    let run = sandbox.run(["verify", "bundle"]);
    assert_eq!((run.status, run.stdout.as_str()), (0, "Every file is as it was collected.\n"));
    sandbox.write("bundle/access-keys.json", "{}");
    sandbox.write("bundle/stray.json", "{}");
    fs::remove_file(sandbox.path("bundle/mfa-devices.json")).unwrap();
    let run = sandbox.run(["verify", "bundle"]);
    let named = "modified  access-keys.json\nmissing   mfa-devices.json\nadded     stray.json\n";
    assert_eq!((run.status, run.stdout.as_str()), (1, named));
    let run = sandbox.run(["verify", "bundle/manifest.json"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("is a file: verify the directory"), "{}", run.stderr);
    let run = sandbox.run(["verify", "missing"]);
    assert_eq!(
        (run.status, run.stderr.as_str()),
        (2, "error: cannot read the bundle missing: it does not exist\n")
    );
}

/// What is not evidence is a mistake, not an account without evidence.
#[test]
fn a_wrong_file_is_named_as_what_it_is() {
    let sandbox = sandbox();
    sandbox.run(audit(&["-o", "json=report.json"]));
    sandbox.write("notes.txt", "mine");
    sandbox.write("groups.json", "{\"Groups\": []}");
    sandbox.write("cut.json", "{\"Content\": \"dXN");
    sandbox.write("empty.csv", "");
    sandbox.write("people.csv", "Name,Mail\nann,ann@example.com\n");
    for (file, says) in [
        ("report.json", "report.json is a saved report: use `portcullis report`"),
        ("cut.json", "cut.json is not valid JSON: it may be cut short"),
        ("groups.json", "groups.json is JSON, but not a credential report"),
        ("notes.txt", "notes.txt is neither a bundle nor a credential report"),
        ("empty.csv", "empty.csv is empty"),
        ("people.csv", "people.csv is not a credential report: its first line lacks the columns"),
    ] {
        let run = sandbox.run(["audit", file]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

/// As Windows PowerShell and spreadsheets save it: UTF-16, CRLF, semicolons.
#[test]
fn a_report_counts_however_it_was_saved() {
    let sandbox = sandbox();
    let report = std::fs::read_to_string(sandbox.path("report.csv")).unwrap();
    let verdicts = |file: &str| {
        let run = sandbox.run(["audit", file, "--as-of", "2026-11-01", "-o", "csv"]);
        assert_eq!(run.status, 1, "{}", run.stderr);
        run.stdout
    };
    let expected = verdicts("report.csv");
    let crlf = report.replace('\n', "\r\n");
    let marked = [0xff, 0xfe]
        .into_iter()
        .chain(crlf.encode_utf16().flat_map(u16::to_le_bytes));
    sandbox.write("utf-16.csv", marked.collect::<Vec<u8>>());
    sandbox.write("semicolons.csv", report.replace(',', ";"));
    assert_eq!(verdicts("utf-16.csv"), expected);
    assert_eq!(verdicts("semicolons.csv"), expected);
}

/// A pipe gives what a file gives.
#[test]
fn a_report_counts_from_standard_input_too() {
    let sandbox = sandbox();
    let piped = |arguments: &[&str]| -> Run {
        let mut command = sandbox.command(arguments);
        let report = fs::File::open(sandbox.path("report.csv")).unwrap();
        command.stdin(report).output().unwrap().into()
    };
    for arguments in [["audit", "-o", "json"].as_slice(), &["facts"]] {
        let [file, stream] = ["report.csv", "-"].map(|input| {
            let dated = [arguments, &["--as-of", "2026-11-01", input]].concat();
            piped(&dated).stdout
        });
        assert!(file.contains("alice"), "{file}");
        assert_eq!(file, stream);
    }
    let run = piped(&["audit", "-", "--trail", "-"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr
            .contains("only one of the inputs can be standard input"),
        "{}",
        run.stderr
    );
    let run = piped(&["report", "-"]);
    assert!(
        run.stderr
            .contains("standard input is a credential report: "),
        "{}",
        run.stderr
    );
}
