//! The real binary, run where nothing of the developer's machine leaks in.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A directory of its own to run in, and the environment of the runs.
pub(crate) struct Sandbox {
    directory: TempDir,
    environment: BTreeMap<String, String>,
}

/// What a run printed, and its exit status.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// An empty directory; no credentials, no configuration, no metadata service.
    pub(crate) fn new() -> Sandbox {
        let environment = [("AWS_EC2_METADATA_DISABLED", "true"), ("LC_ALL", "C")];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Sandbox {
            directory: tempfile::tempdir().unwrap(),
            environment: environment.into_iter().map(own).collect(),
        }
    }

    /// Sets a variable for all runs.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Sandbox {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The path of something in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file, with the directories on its way.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// A run that is not started yet.
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_portcullis"), arguments)
    }

    /// A run of another program that is not started yet.
    pub(crate) fn command_of<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("HOME", self.directory.path())
            .envs(&self.environment)
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end with nobody to read what it prints.
    pub(crate) fn run_unread<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let mut command = self.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait_with_output().unwrap().into()
    }

    /// Runs to the end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.command(arguments).output().unwrap().into()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            // No status: killed by a signal, which no test expects.
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A path in the repository.
pub(crate) fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(path)
        .to_str()
        .unwrap()
        .to_owned()
}
