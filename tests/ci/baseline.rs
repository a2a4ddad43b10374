//! The step of the action that fetches the baseline.

use serde_json::{Value as Json, json};

use crate::Runner;
use crate::support::{Run, repository};

/// Answers from files; a missing one is a failed call.
const GH: &str = r#"
case "$*" in
    "api repos/freight/infrastructure") cat repository.json ;;
    "api repos/freight/infrastructure/actions/artifacts "*"name=kept & safe"*) cat artifacts.json ;;
    "run download "*) echo "$*" >asked && echo '{}' >"$9/report.json" ;;
    *) exit 1 ;;
esac
"#;

/// An artifact as the API lists it: <https://docs.github.com/en/rest/actions/artifacts>.
fn artifact(run: u32, day: u8, branch: &str, from: u32, expired: bool) -> Json {
    json!({
        "name": "kept & safe",
        "expired": expired,
        "created_at": format!("2026-11-{day:02}T04:17:00Z"),
        "workflow_run": {
            "id": run, "head_branch": branch, "repository_id": 7, "head_repository_id": from
        }
    })
}

fn runner(artifacts: &Json) -> Runner {
    let runner = Runner::new()
        .stand_in("gh", GH)
        .env("PORTCULLIS_ARTIFACT", "kept & safe")
        .env("PORTCULLIS_BASELINE", "");
    runner
        .sandbox
        .write("repository.json", r#"{"default_branch": "trunk"}"#);
    runner
        .sandbox
        .write("artifacts.json", json!({ "artifacts": artifacts }).to_string());
    runner
}

fn fetch(runner: &Runner) -> Run {
    runner.run("python3", &[&repository(".github/action/baseline.py")])
}

#[test]
fn it_is_the_newest_of_the_default_branch() {
    let runner = runner(&json!([
        artifact(5, 20, "trunk", 8, false),   // a fork's
        artifact(4, 19, "feature", 7, false), // another branch's
        artifact(3, 18, "trunk", 7, true),    // gone
        artifact(1, 16, "trunk", 7, false),
        artifact(2, 17, "trunk", 7, false),
    ]));
    let run = fetch(&runner);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(
        run.stdout
            .contains("that run 2 saved on 2026-11-17T04:17:00Z"),
        "{}",
        run.stdout
    );
    let asked = runner.read("asked");
    let expected = "run download 2 --repo freight/infrastructure --name kept & safe --dir ";
    assert!(asked.starts_with(expected), "{asked}");
    assert_eq!(runner.outputs()["default-branch"], "trunk");
    assert!(runner.output_path("report").is_file());
}

#[test]
fn none_yet_is_told() {
    let runner = runner(&json!([artifact(1, 16, "trunk", 8, false)]));
    let run = fetch(&runner);
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains("every finding counts"), "{}", run.stdout);
    assert!(!runner.outputs().contains_key("report"));
}

#[test]
fn a_refusal_is_no_missing_baseline() {
    let runner = runner(&json!([])).stand_in("gh", "exit 1\n");
    let run = fetch(&runner);
    assert_eq!((run.status, runner.outputs().len()), (1, 0));
    assert!(run.stderr.contains("`actions: read`"), "{}", run.stderr);
}

#[test]
fn two_baselines_are_refused() {
    let run = fetch(&runner(&json!([])).env("PORTCULLIS_BASELINE", "old.json"));
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("not both"), "{}", run.stderr);
}
