//! The hooks for pre-commit.

use std::fs;

use crate::support::{Sandbox, repository};

/// The commands that the hooks run.
fn entries() -> Vec<String> {
    let hooks = fs::read_to_string(repository(".pre-commit-hooks.yaml")).unwrap();
    let entries = hooks
        .lines()
        .filter_map(|line| line.strip_prefix("  entry: portcullis "));
    entries.map(str::to_owned).collect()
}

#[test]
fn hooks_run_commands_that_there_are() {
    assert_eq!(entries().len(), 2);
    for entry in entries() {
        let run = Sandbox::new().run(entry.split(' ').chain(["--help"]));
        assert_eq!(run.status, 0, "{entry}: {}", run.stderr);
    }
}

#[test]
fn a_hook_tells_of_a_broken_rule_and_a_broken_configuration() {
    let sandbox = Sandbox::new();
    sandbox.write("rules/broken.toml", "id = 'broken'");
    sandbox.write("portcullis.toml", "fial_on = 'high'");
    for entry in entries() {
        let directory = entry.starts_with("rules").then_some("rules");
        let run = sandbox.run(entry.split(' ').chain(directory));
        assert_eq!(run.status, 2, "{entry}: {}", run.stderr);
    }
}
