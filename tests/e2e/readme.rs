//! The README's examples do what it shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::emulator::{COMPANY, Lane, python};
use crate::support::{Run, Sandbox, repository};

const PORTCULLIS: &str = env!("CARGO_BIN_EXE_portcullis");

/// A command of a `console` block and the output that stands under it.
#[derive(Debug, PartialEq)]
struct Shown<'a> {
    command: &'a str,
    output: Vec<&'a str>,
}

/// The commands of the blocks that begin with that line.
fn shown<'a>(readme: &'a str, fence: &str) -> Vec<Shown<'a>> {
    let mut all: Vec<Shown<'_>> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line == fence,
            (true, _) if line == "```" => inside = false,
            (true, Some(command)) => all.push(Shown { command, output: Vec::new() }),
            (true, None) => all.last_mut().unwrap().output.push(line),
        }
    }
    assert!(!all.is_empty());
    all
}

/// Whether the output is what is shown, where `...` ends a line or stands for one or more lines.
fn fits(shown: &[&str], output: &[&str]) -> bool {
    match (shown, output) {
        ([], rest) => rest.is_empty(),
        (["...", shown @ ..], _) => {
            (1..=output.len()).any(|left_out| fits(shown, &output[left_out..]))
        }
        ([expected, shown @ ..], [line, output @ ..]) => {
            let same = match expected.strip_suffix("...") {
                Some(start) => line.starts_with(start),
                None => line == expected,
            };
            same && fits(shown, output)
        }
        _ => false,
    }
}

/// A shell for a reader's command, in a directory with the examples, with these programs on the path.
fn shell(directory: &Path, command: &str, programs: &[&Path]) -> Command {
    let path = std::env::var("PATH").unwrap();
    let directories = programs
        .iter()
        .map(|program| program.parent().unwrap().to_str().unwrap());
    let path: Vec<_> = directories.chain([path.as_str()]).collect();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(directory);
    shell.env("PATH", path.join(":")).env("COLUMNS", "80");
    shell
}

fn link_examples(directory: &Path) {
    std::os::unix::fs::symlink(repository("examples"), directory.join("examples")).unwrap();
}

fn readme() -> String {
    fs::read_to_string(repository("README.md")).unwrap()
}

#[test]
fn offline_examples_print_what_is_shown() {
    let sandbox = Sandbox::new();
    link_examples(&sandbox.path(""));
    for shown in shown(&readme(), "```console") {
        let mut shell = shell(&sandbox.path(""), shown.command, &[Path::new(PORTCULLIS)]);
        let run: Run = shell.output().unwrap().into();
        let output: Vec<_> = run.stdout.lines().collect();
        assert!(fits(&shown.output, &output), "{}\n{}", shown.command, run.stdout);
        assert_eq!(run.stderr, "", "{}", shown.command);
    }
}

/// The company has problems, so audits end with 1; the other commands with 0.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn live_examples_work() {
    let lane = Lane::of(COMPANY);
    let directory = lane.path("");
    link_examples(Path::new(&directory));
    for shown in shown(&readme(), "```console live") {
        let programs = [Path::new(PORTCULLIS), &python()];
        let mut shell = shell(Path::new(&directory), shown.command, &programs);
        shell
            .envs(lane.environment())
            .env("AWS_DEFAULT_REGION", &lane.environment()["AWS_REGION"]);
        let run: Run = shell.output().unwrap().into();
        let status = i32::from(shown.command.starts_with("portcullis audit"));
        assert_eq!(run.status, status, "{}\n{}", shown.command, run.stderr);
    }
}

#[test]
fn lines_may_be_left_out_but_not_differ() {
    assert!(fits(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(fits(&["a", "b..."], &["a", "bcd"]));
    assert!(fits(&["..."], &["a"]) && fits(&[], &[]));
    assert!(!fits(&["a"], &["b"]) && !fits(&["a"], &["a", "b"]) && !fits(&["...", "d"], &["d"]));
}
