//! The script of the GitLab example.

use std::fs;

use crate::Runner;
use crate::support::{Run, repository};

/// The lines of the job's `script`, without their indentation.
fn script() -> String {
    let example = fs::read_to_string(repository("examples/ci/gitlab.yml")).unwrap();
    let (_, rest) = example.split_once("  script:\n    - |\n").unwrap();
    let lines = rest.lines().map_while(|line| line.strip_prefix("      "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs it with an audit that ends so.
fn run(status: u8, accept: &str) -> (Runner, Run) {
    let audit = format!("echo \"$*\" >asked; echo '{{}}' >report.json; exit {status}\n");
    let runner = Runner::new()
        .stand_in("portcullis", &audit)
        .env("PORTCULLIS_ACCEPT", accept);
    let run = runner.run("sh", &["-eu", "-c", &script()]);
    (runner, run)
}

#[test]
fn what_passes_or_is_accepted_becomes_the_baseline() {
    for (status, accept, ends, saved) in [
        (0, "", 0, true),
        (1, "", 1, false),
        (1, "true", 0, true),
        (3, "", 3, false),
        (2, "true", 2, false),
    ] {
        let (runner, run) = run(status, accept);
        assert_eq!((run.status, run.stderr.as_str()), (ends, ""), "{status} {accept}");
        let baseline = runner.sandbox.path("portcullis-baseline/report.json");
        assert_eq!(baseline.exists(), saved, "{status} {accept}");
        assert!(!runner.read("asked").contains("--baseline"));
    }
}

#[test]
fn a_baseline_is_used() {
    let (runner, _) = run(0, "");
    runner.run("sh", &["-eu", "-c", &script()]);
    let asked = runner.read("asked");
    assert!(asked.ends_with("--baseline portcullis-baseline/report.json\n"), "{asked}");
}
