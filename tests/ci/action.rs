//! The step of the action that audits.

use std::fs;

use crate::Runner;
use crate::support::{Sandbox, repository};

/// Prints its arguments, one a line, and ends as the variable says.
const ECHO: &str = "printf '%s\\n' \"$@\" >arguments\nexit 2\n";

fn auditing(example: &str) -> Runner {
    Runner::new()
        .env("PORTCULLIS_BUNDLE", repository(&format!("examples/{example}")))
        .env("PORTCULLIS_SUMMARY", "true")
}

/// What `report` prints of the report in a format.
fn rendered(runner: &Runner, format: &str) -> String {
    let report = runner.output_path("report");
    Sandbox::new()
        .run(["report".as_ref(), report.as_os_str(), "-o".as_ref(), format.as_ref()])
        .stdout
}

#[test]
fn findings_are_shown_everywhere_and_end_the_job_only_later() {
    let runner = auditing("leaky");
    let run = runner.script("audit.sh");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(runner.outputs()["status"], "1");
    assert_eq!(runner.read("summary"), rendered(&runner, "markdown"));
    assert!(run.stdout.ends_with(&rendered(&runner, "github")), "{}", run.stdout);
    let mut kept: Vec<_> = fs::read_dir(runner.output_path("directory"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ["report.html", "report.json", "report.sarif", "report.txt"]);
    let sarif = fs::read_to_string(runner.output_path("sarif")).unwrap();
    assert_eq!(sarif, rendered(&runner, "sarif"));
}

#[test]
fn the_status_is_that_of_the_audit() {
    for (example, status) in [("clean", "0"), ("leaky", "1"), ("partial", "3")] {
        let runner = auditing(example);
        assert_eq!(runner.script("audit.sh").status, 0, "{example}");
        assert_eq!(runner.outputs()["status"], status, "{example}");
    }
}

#[test]
fn what_could_not_be_listed_is_not_uploaded() {
    let uploaded = |example| {
        let runner = auditing(example).env("PORTCULLIS_SARIF", "true");
        let told = runner
            .script("audit.sh")
            .stdout
            .contains("so the results are not uploaded");
        let outputs = runner.outputs();
        assert!(outputs.contains_key("sarif") && outputs.contains_key("directory"), "{example}");
        (outputs.contains_key("upload"), told)
    };
    assert_eq!(uploaded("leaky"), (true, false));
    assert_eq!(uploaded("partial"), (false, true));
    let unasked = auditing("leaky");
    unasked.script("audit.sh");
    assert!(!unasked.outputs().contains_key("upload"));
}

#[test]
fn what_the_baseline_has_does_not_count() {
    let first = auditing("leaky");
    first.script("audit.sh");
    let baseline = first.outputs()["report"].clone();
    let second = auditing("leaky").env("PORTCULLIS_BASELINE", baseline);
    second.script("audit.sh");
    assert_eq!(second.outputs()["status"], "0");
}

#[test]
fn a_failed_audit_leaves_no_report() {
    let runner = auditing("leaky").env("PORTCULLIS_FAIL_ON", "hihg");
    let run = runner.script("audit.sh");
    assert_eq!((run.status, runner.read("summary").as_str()), (0, ""));
    assert_eq!(Vec::from_iter(runner.outputs()), [("status".to_owned(), "2".to_owned())]);
    assert!(run.stdout.contains("invalid value 'hihg'"), "{}", run.stdout);
    assert!(
        run.stdout
            .ends_with("with exit status 2; the log says why.\n"),
        "{}",
        run.stdout
    );
}

/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands>
#[test]
fn no_command_is_taken_from_names() {
    let runner = auditing("leaky").stand_in("talker", "echo '::error::from a name'; exit 2\n");
    let talker = runner.sandbox.path("bin/talker").display().to_string();
    let run = runner.env("PORTCULLIS", talker).script("audit.sh");
    let lines: Vec<&str> = run.stdout.lines().collect();
    let token = lines[0].strip_prefix("::stop-commands::").unwrap();
    assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    assert_eq!(lines[1..3], ["::error::from a name", &format!("::{token}::")]);
}

#[test]
fn inputs_are_values_and_nothing_else() {
    let runner = Runner::new()
        .stand_in("portcullis", ECHO)
        .env("PORTCULLIS", "portcullis")
        .env("PORTCULLIS_BUNDLE", "--quick")
        .env("PORTCULLIS_CONFIG", "a b.toml")
        .env("PORTCULLIS_FAIL_ON", "high --quick")
        .env("PORTCULLIS_BASELINE", "$(touch pwned)")
        .env("PORTCULLIS_ARGS", "--skip=a,b\n\n--as-of=2026-11-01T00:00:00Z; touch pwned\n");
    runner.script("audit.sh");
    let arguments = runner.read("arguments");
    let given: Vec<&str> = arguments
        .lines()
        .skip_while(|line| *line != "table")
        .skip(1)
        .collect();
    assert_eq!(
        given,
        [
            "--baseline=$(touch pwned)",
            "--config=a b.toml",
            "--fail-on=high --quick",
            "--skip=a,b",
            "--as-of=2026-11-01T00:00:00Z; touch pwned",
            "--",
            "--quick",
        ]
    );
    assert!(!runner.sandbox.path("pwned").exists());
}
