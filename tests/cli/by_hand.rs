//! `examples/collect-with-aws-cli.sh`, with a stand-in for the AWS CLI: how it ends.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::{Run, Sandbox, repository};

/// Collects into `by-hand` where the AWS CLI does that.
fn collect(sandbox: &Sandbox, aws: &str, arguments: &[&str]) -> Run {
    let program = sandbox.write("bin/aws", format!("#!/bin/sh\necho \"$*\" >>calls\n{aws}\n"));
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let script = repository("examples/collect-with-aws-cli.sh");
    let mut command = sandbox.command_of("bash", [&*script].iter().chain(arguments));
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).output().unwrap().into()
}

fn calls(sandbox: &Sandbox) -> usize {
    fs::read_to_string(sandbox.path("calls"))
        .unwrap_or_default()
        .lines()
        .count()
}

/// The AWS CLI's words, and its exit status.
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html>
const NO_CREDENTIALS: &str = "echo 'Unable to locate credentials' >&2; exit 253";

#[test]
fn without_credentials_it_stops_after_the_first_call() {
    let sandbox = Sandbox::new();
    let run = collect(&sandbox, NO_CREDENTIALS, &["by-hand"]);
    assert_eq!((run.status, calls(&sandbox)), (2, 1), "{}", run.stderr);
    assert!(run.stderr.contains("Unable to locate credentials"), "{}", run.stderr);
    assert!(!sandbox.path("by-hand").exists());
    sandbox.write("kept/account-aliases.json", "{}");
    assert_eq!(collect(&sandbox, NO_CREDENTIALS, &["kept"]).status, 2);
    assert!(sandbox.path("kept/account-aliases.json").exists());
}

/// An answer without a credential report, whose users nobody can ask about.
#[test]
fn where_something_is_missing_it_says_so_at_the_end() {
    let sandbox = Sandbox::new();
    let denied = "case $* in *credential-report*) echo '(AccessDenied)' >&2; exit 254 ;; *) echo '{}' ;; esac";
    let run = collect(&sandbox, denied, &["by-hand"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(run.stderr.contains("credential-report: not collected"), "{}", run.stderr);
    assert!(sandbox.path("by-hand/account-summary.json").exists());
}

/// The network, such as the policy of a VPC endpoint, may deny who the caller is, and nothing else.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
#[test]
fn a_denied_question_for_the_caller_does_not_stop_it() {
    let sandbox = Sandbox::new();
    let denied = "case $* in sts*) echo '(AccessDenied)' >&2; exit 254 ;; *) echo '{\"Content\": \"\"}' ;; esac";
    let run = collect(&sandbox, denied, &["by-hand"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(calls(&sandbox) > 10, "{}", run.stderr);
}

#[test]
fn where_nothing_is_missing_it_succeeds() {
    let sandbox = Sandbox::new().env("AWS_REGION", "eu-west-1");
    let run = collect(&sandbox, "echo '{\"Content\": \"\"}'", &["by-hand"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn it_says_how_it_is_used() {
    let sandbox = Sandbox::new();
    let help = collect(&sandbox, NO_CREDENTIALS, &["--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (0, ""));
    assert!(
        help.stdout
            .starts_with("usage: collect-with-aws-cli.sh DIR\n"),
        "{}",
        help.stdout
    );
    for arguments in [&[][..], &["--dir"], &[""], &["a", "b"]] {
        let run = collect(&sandbox, NO_CREDENTIALS, arguments);
        assert_eq!((run.status, run.stderr.as_str()), (2, "usage: collect-with-aws-cli.sh DIR\n"));
    }
    assert_eq!(calls(&sandbox), 0);
}
