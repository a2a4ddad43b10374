//! The installers of a release.

use crate::Runner;
use crate::support::{Run, repository};

const ARCHIVE: &str = "portcullis-v1.2.3-x86_64-unknown-linux-musl";

/// A machine with a home, and a release whose archive has the checksum that it lists.
fn released() -> Runner {
    let runner = Runner::new().stand_in("uname", "[ $1 = -s ] && echo Linux || echo x86_64\n");
    let home = runner.sandbox.path("home").display().to_string();
    let runner = runner.env("HOME", home);
    let binary = format!("release/{ARCHIVE}/portcullis");
    runner
        .sandbox
        .write(&binary, "#!/bin/sh\necho portcullis 1.2.3\n");
    let pack = format!(
        "cd release && chmod +x */portcullis && tar -czf {ARCHIVE}.tar.gz {ARCHIVE} \
        && {{ sha256sum *.gz || shasum -a 256 *.gz; }} >SHA256SUMS"
    );
    assert_eq!(runner.run("bash", &["-c", &pack]).status, 0);

    let release = format!("file://{}", runner.sandbox.path("release").display());
    let script = repository(".github/release/installers");
    let written = runner.run(&script, &["v1.2.3", &release, "installers"]);
    assert_eq!(written.status, 0, "{written:?}");
    runner
}

fn install(runner: &Runner) -> Run {
    runner.run("sh", &["installers/portcullis-installer.sh"])
}

fn installed(runner: &Runner) -> bool {
    runner.sandbox.path("home/.local/bin/portcullis").exists()
}

#[test]
fn the_binary_is_installed_for_the_user() {
    let runner = released();
    let run = install(&runner);
    let directory = runner.sandbox.path("home/.local/bin").display().to_string();
    let expected = format!(
        "Installed portcullis 1.2.3 as {directory}/portcullis.\n\
        Add {directory} to PATH to run it as portcullis.\n"
    );
    assert_eq!((run.status, run.stdout, run.stderr), (0, expected, String::new()));
    assert_eq!(install(&runner).status, 0, "an update");
}

#[test]
fn the_user_chooses_the_directory() {
    let runner = released();
    let directory = runner.sandbox.path("bin").display().to_string(); // it is on the path
    let runner = runner.env("PORTCULLIS_INSTALL_DIR", &directory);
    let expected = format!("Installed portcullis 1.2.3 as {directory}/portcullis.\n");
    assert_eq!(install(&runner).stdout, expected);
    assert!(!installed(&runner));
}

#[test]
fn what_was_tampered_with_is_not_installed() {
    let runner = released();
    let archive = runner.sandbox.path(&format!("release/{ARCHIVE}.tar.gz"));
    let mut content = std::fs::read(&archive).unwrap();
    content.push(0);
    std::fs::write(&archive, content).unwrap();
    let run = install(&runner);
    assert_eq!(run.status, 1, "{run:?}");
    let expected = format!("error: {ARCHIVE}.tar.gz does not have the checksum of the release\n");
    assert!(run.stderr.ends_with(&expected), "{}", run.stderr);
    assert!(!installed(&runner));
}

#[test]
fn a_missing_file_is_named() {
    for file in ["SHA256SUMS", &format!("{ARCHIVE}.tar.gz")] {
        let runner = released();
        std::fs::remove_file(runner.sandbox.path(&format!("release/{file}"))).unwrap();
        let run = install(&runner);
        assert_eq!(run.status, 1, "{run:?}");
        assert!(run.stderr.contains("error: could not download file://"), "{}", run.stderr);
        assert!(run.stderr.ends_with(&format!("/{file}\n")), "{}", run.stderr);
        assert!(!installed(&runner));
    }
}

#[test]
fn a_machine_without_a_release_is_named() {
    let runner = released().stand_in("uname", "[ $1 = -s ] && echo FreeBSD || echo amd64\n");
    let run = install(&runner);
    let expected =
        "error: there is no release for FreeBSD on amd64; build it: cargo install --path .\n";
    assert_eq!((run.status, run.stderr.as_str()), (1, expected));
}

#[test]
fn a_script_that_was_cut_off_does_nothing() {
    let runner = released();
    let script = runner.read("installers/portcullis-installer.sh");
    let (cut, _) = script.trim_end().rsplit_once('\n').unwrap();
    runner
        .sandbox
        .write("installers/portcullis-installer.sh", cut);
    let run = install(&runner);
    assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{run:?}");
    assert!(!installed(&runner));
}
