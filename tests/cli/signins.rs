//! Sign-ins: what is printed, and what the exit status says.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Run, Sandbox, repository};

fn signins(arguments: &[&str]) -> Run {
    let logs = repository("examples/trail/logs");
    Sandbox::new().run(["signins", &logs].iter().chain(arguments))
}

#[test]
fn the_example_shows_who_needs_help() {
    let run = signins(&[]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn one_person_has_a_timeline_and_a_text_for_the_ticket() {
    let run = signins(&["--user", "bilal.haddad"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout);
    for other in ["farid", "carla", "203.0.113"] {
        assert!(!run.stdout.contains(other), "{other}");
    }
}

#[test]
fn somebody_of_whom_nothing_is_recorded_gets_a_list_to_check() {
    let run = signins(&["--user", "nobody.here"]);
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains("COULD NOT GET IN: 1 person, 1 still out"), "{}", run.stdout);
    assert!(run.stdout.contains("Nothing of this person"), "{}", run.stdout);
}

#[test]
fn filters_narrow_what_is_shown() {
    let run = signins(&["--region", "eu-north-1", "-o", "json"]);
    let summary: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(summary["schema"], "portcullis/signins/v1");
    let regions: Vec<_> =
        summary["attempts"].as_array().unwrap().iter().map(|it| &it["region"]).collect();
    assert_eq!(regions, ["eu-north-1"; 3]);
    let run = signins(&["--from", "2026-11-18T09:00:00Z"]);
    assert!(run.stdout.contains("SIGNED IN: nobody"), "{}", run.stdout);
}

#[test]
fn standard_input_is_read_as_files_are() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["signins", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"Records\": [").unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.status, 3);
    assert!(run.stdout.contains("standard input: the input ends in the middle"), "{}", run.stdout);
}

#[test]
fn hostile_names_stay_on_their_line() {
    let sandbox = Sandbox::new();
    let event = r#"{"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventID": "a",
        "eventTime": "2026-11-18T08:00:00Z", "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333", "responseElements": {"ConsoleLogin": "Failure"},
        "errorMessage": "x\u001b[2J\nSIGNED IN: 9 people",
        "userIdentity": {"type": "IAMUser", "userName": "ana\u202enimda"}}"#;
    sandbox.write("event.json", event);
    let run = sandbox.run(["signins", "event.json"]);
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains(r"ana\u{202e}nimda"), "{}", run.stdout);
    assert_eq!(run.stdout.matches("\nSIGNED IN").count(), 1);
}

#[test]
fn a_path_that_is_not_there_is_refused() {
    let run = Sandbox::new().run(["signins", "nowhere"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("cannot read nowhere"), "{}", run.stderr);
}
