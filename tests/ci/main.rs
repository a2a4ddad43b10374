//! What runs Portcullis elsewhere: the action, the CI examples, the release and the roles.
//!
//! The scripts run as they are, on the real binary, with the runner's variables and stand-ins for
//! what a runner has and a test has not: the GitHub CLI, Cargo.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod action;
mod baseline;
mod gitlab;
mod install;
mod installer;
mod packages;
mod pre_commit;
mod release;
mod roles;
mod texts;

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use support::{Run, Sandbox, repository};

/// A runner of GitHub's, as far as the scripts see it.
struct Runner {
    sandbox: Sandbox,
    environment: BTreeMap<&'static str, String>,
}

impl Runner {
    fn new() -> Runner {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("bin")).unwrap();
        fs::create_dir(sandbox.path("temp")).unwrap();
        let path = |name: &str| sandbox.path(name).display().to_string();
        let environment = BTreeMap::from([
            ("GITHUB_ACTION_PATH", repository("")),
            ("GITHUB_OUTPUT", path("output")),
            ("GITHUB_REPOSITORY", "freight/infrastructure".to_owned()),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("PATH", format!("{}:{}", path("bin"), env::var("PATH").unwrap())),
            ("PORTCULLIS", env!("CARGO_BIN_EXE_portcullis").to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_TEMP", path("temp")),
        ]);
        Runner { sandbox, environment }
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Runner {
        self.environment.insert(name, value.into());
        self
    }

    /// Puts a shell script onto the path.
    fn stand_in(self, name: &str, script: &str) -> Runner {
        let path = self
            .sandbox
            .write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Runs a program of the path or the repository.
    fn run(&self, program: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.sandbox.path(""))
            .envs(&self.environment);
        command.output().unwrap().into()
    }

    /// Runs a script of the action.
    fn script(&self, name: &str) -> Run {
        self.run(&repository(&format!(".github/action/{name}")), &[])
    }

    /// A file in the sandbox; empty if there is none.
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.sandbox.path(name)).unwrap_or_default()
    }

    /// What a step told the following ones.
    fn outputs(&self) -> BTreeMap<String, String> {
        let output = self.read("output");
        let pairs = output.lines().map(|line| line.split_once('=').unwrap());
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The path in an output.
    fn output_path(&self, name: &str) -> PathBuf {
        self.outputs()[name].clone().into()
    }
}
