//! The archives of a release.

use std::fs;

use crate::Runner;
use crate::support::{Run, repository};

const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// A runner that has built a script in place of the binary, which it runs: it is smaller.
fn runner() -> Runner {
    let script = format!("exec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_portcullis"));
    Runner::new()
        .stand_in("built", &script)
        .env("SOURCE_DATE_EPOCH", "1795000000")
}

fn package(runner: &Runner, target: &str, more: &[&str]) -> Run {
    let script = repository(".github/release/package.py");
    let binary = runner.sandbox.path("bin/built").display().to_string();
    runner.run("python3", &[&[script.as_str(), &binary, target, "dist"], more].concat())
}

#[test]
fn an_archive_holds_what_a_package_installs() {
    let runner = runner();
    let run = package(&runner, "x86_64-unknown-linux-musl", &["--tag", TAG]);
    let name = format!("portcullis-{TAG}-x86_64-unknown-linux-musl");
    assert_eq!((run.status, run.stdout), (0, format!("dist/{name}.tar.gz\n")), "{}", run.stderr);
    let archive = format!("dist/{name}.tar.gz");
    let listed = runner.run("tar", &["-tzf", &archive]).stdout;
    for file in [
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "completions/_portcullis",
        "completions/_portcullis.ps1",
        "completions/portcullis.bash",
        "completions/portcullis.fish",
        "man/man1/portcullis-audit.1",
        "man/man1/portcullis.1",
        "portcullis",
        "schemas/config-v1.schema.json",
        "schemas/framework-v1.schema.json",
        "schemas/rule-v1.schema.json",
    ] {
        assert!(listed.contains(&format!("{name}/{file}\n")), "{file} in {listed}");
    }
    runner.run("tar", &["-xzf", &archive]);
    let version = runner.run(
        &runner
            .sandbox
            .path(&format!("{name}/portcullis"))
            .display()
            .to_string(),
        &["--version"],
    );
    assert_eq!(version.stdout, format!("portcullis {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_same_binary_gives_the_same_bytes() {
    for target in ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"] {
        let archives = [(), ()].map(|()| {
            let runner = runner();
            let run = package(&runner, target, &[]);
            fs::read(runner.sandbox.path(run.stdout.trim_end())).unwrap()
        });
        assert!(archives[0] == archives[1], "{target}");
    }
}

#[test]
fn windows_gets_a_zip() {
    let runner = runner();
    let run = package(&runner, "x86_64-pc-windows-msvc", &[]);
    let name = format!("portcullis-{TAG}-x86_64-pc-windows-msvc");
    assert_eq!(run.stdout, format!("dist/{name}.zip\n"));
    let listed = runner
        .run("python3", &["-m", "zipfile", "--list", run.stdout.trim_end()])
        .stdout;
    assert!(listed.contains(&format!("{name}/portcullis.exe ")), "{listed}");
}

#[test]
fn the_tag_is_the_version() {
    let run = package(&runner(), "x86_64-unknown-linux-musl", &["--tag", "v99.0.0"]);
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.starts_with("error: the tag is v99.0.0, but "), "{}", run.stderr);
}
