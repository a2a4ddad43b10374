//! The commands that findings print run as printed, and solve what they are printed for.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use portcullis_model::{Finding, Report, Verdict};
use serde_json::Value;

use crate::emulator::{Lane, python, report};
use crate::support::{Run, Sandbox, repository};

/// The rule whose example of a boundary is to be completed by the statements of policies that can be removed.
const TO_BE_COMPLETED: &str = "removable-guard";
/// What the emulator cannot do: a second account that manages an organization, a policy of version 2008-10-17,
/// and outbound federation.
const BEYOND_THE_EMULATOR: [&str; 4] = [
    "invite-account-to-organization",
    "accept-handshake",
    "create-policy --policy-name home-folder",
    "disable-outbound-web-identity-federation",
];
/// What the AWS CLI says where it does not even ask.
const NOT_PARSED: [&str; 2] = ["usage:", "validation failed"];

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn commands_printed_for_leaky_solve_its_problems() {
    assert_commands_solve("leaky");
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn commands_printed_for_leaky_defaults_solve_its_problems() {
    assert_commands_solve("leaky-defaults");
}

/// Runs the commands of every rule on the account of the example, as it was, and audits it again.
fn assert_commands_solve(example: &str) {
    let directory = repository(&format!("examples/{example}"));
    let lane = Lane::of_bundle(&directory);
    std::fs::copy(repository("tests/e2e/metadata.xml"), lane.path("metadata.xml")).unwrap();
    let found = report(&Sandbox::new().run(["audit", &directory, "-o=json", "--rule-set=strict"]));
    let rules: BTreeSet<&str> = failing(&found, None)
        .map(|finding| &*finding.rule)
        .collect();
    let mut problems = Vec::new();
    for rule in rules {
        lane.refill();
        let mut solved = Vec::new();
        for finding in failing(&found, Some(rule)) {
            let Some(mut script) = script(finding) else {
                continue;
            };
            if rule == TO_BE_COMPLETED {
                script = completed(&script, finding, &directory);
            }
            // A command may go on in the next line.
            let commands = script.replace("\\\n", " ");
            for command in commands.lines() {
                let run = shell(&lane, command);
                let is_wrong = if is_beyond(command) {
                    NOT_PARSED.iter().any(|words| run.stderr.contains(words))
                } else {
                    run.status != 0
                };
                if is_wrong {
                    problems.push(format!("{rule}: {command}\n{}", run.stderr));
                }
            }
            if changes(&script) && !is_beyond(&script) {
                solved.push(&finding.resource.id);
            }
        }
        if !solved.is_empty() {
            let left =
                report(&lane.run(&["audit", "-o=json", "--rule-set=strict", "--only", rule]));
            let after = left
                .findings
                .iter()
                .filter(|finding| solved.contains(&&finding.resource.id));
            problems.extend(after.map(|finding| format!("left of {rule}: {}", finding.message)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// What fails: by that rule, or by any.
fn failing<'a>(report: &'a Report, rule: Option<&str>) -> impl Iterator<Item = &'a Finding> {
    let failing = report
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Fail);
    failing.filter(move |finding| rule.is_none_or(|rule| rule == finding.rule))
}

/// The commands of the finding's remediation, which are indented; none if it has none.
fn script(finding: &Finding) -> Option<String> {
    let lines = finding
        .remediation
        .lines()
        .filter_map(|line| line.strip_prefix("  "));
    let lines: Vec<&str> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn is_beyond(script: &str) -> bool {
    BEYOND_THE_EMULATOR
        .iter()
        .any(|command| script.contains(command))
}

/// The script with the Deny statements of the policies that can be removed, as its text asks for.
fn completed(script: &str, finding: &Finding, directory: &str) -> String {
    let path = Path::new(directory).join("account-authorization-details.json");
    let details: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut denies = Vec::new();
    for policy in details["Policies"].as_array().unwrap() {
        if finding.message.contains(policy["Arn"].as_str().unwrap()) {
            for statement in policy["PolicyVersionList"][0]["Document"]["Statement"]
                .as_array()
                .unwrap()
            {
                denies.push(statement.to_string());
            }
        }
    }
    assert!(!denies.is_empty(), "{}", finding.message);
    script.replacen("\"Statement\": [", &format!("\"Statement\": [{}, ", denies.join(", ")), 1)
}

/// Whether a command does more than look.
fn changes(script: &str) -> bool {
    let looks = ["get-", "list-", "lookup-", "simulate-"];
    let mut operations = script
        .split("aws ")
        .skip(1)
        .filter_map(|command| command.split_whitespace().nth(1));
    operations.any(|operation| !looks.iter().any(|verb| operation.starts_with(verb)))
}

/// Runs the script in a shell, with the AWS CLI of the emulator.
fn shell(lane: &Lane, script: &str) -> Run {
    let tools = python().parent().map(Path::to_owned).unwrap();
    let output = Command::new("bash")
        .args(["-e", "-c", script])
        .current_dir(lane.path(""))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
        .envs(lane.environment())
        .env("AWS_DEFAULT_REGION", &lane.environment()["AWS_REGION"]) // version 1 of the CLI
        .output();
    Run::from(output.unwrap())
}
