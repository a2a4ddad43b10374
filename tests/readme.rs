//! The README's examples do what it shows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;

use support::{Run, Sandbox, repository};

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

/// Runs a command as a reader would, with `portcullis` on the path.
fn run(sandbox: &Sandbox, command: &str) -> Run {
    let binary = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = std::process::Command::new("sh");
    let model = sandbox.command(["--version"]);
    shell.args(["-c", command]).env("PATH", path).env("COLUMNS", "80");
    shell.current_dir(model.get_current_dir().unwrap()).output().unwrap().into()
}

#[test]
fn offline_examples_print_what_is_shown() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(repository("examples"), sandbox.path("examples")).unwrap();
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    for shown in shown(&readme, "```console") {
        let run = run(&sandbox, shown.command);
        let output: Vec<_> = run.stdout.lines().collect();
        assert!(fits(&shown.output, &output), "{}\n{}", shown.command, run.stdout);
        assert_eq!(run.stderr, "", "{}", shown.command);
    }
}

#[test]
fn lines_may_be_left_out_but_not_differ() {
    assert!(fits(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(fits(&["a", "b..."], &["a", "bcd"]));
    assert!(fits(&["..."], &["a"]) && fits(&[], &[]));
    assert!(!fits(&["a"], &["b"]) && !fits(&["a"], &["a", "b"]) && !fits(&["...", "d"], &["d"]));
}
