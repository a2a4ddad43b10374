//! The step of the action that gets the program.

use std::process::Command;

use crate::Runner;

const ARCHIVE: &str = "portcullis-v1.2.3-x86_64-unknown-linux-musl.tar.gz";

/// A runner whose GitHub CLI has that release: its archive, and a checksum of the archive or not.
fn released(genuine: bool, attested: bool) -> Runner {
    let runner = Runner::new()
        .env("PORTCULLIS_REPOSITORY", "gate/portcullis")
        .env("PORTCULLIS_VERSION", "v1.2.3")
        .stand_in("gh", GH)
        .env("ATTESTED", if attested { "0" } else { "1" });
    let directory = format!("release/{}", ARCHIVE.trim_end_matches(".tar.gz"));
    runner
        .sandbox
        .write(&format!("{directory}/portcullis"), "#!/bin/sh\necho portcullis 1.2.3\n");
    let script = format!(
        "cd release && chmod +x */portcullis && tar -czf {ARCHIVE} portcullis-v1.2.3-* \
        && {{ sha256sum {ARCHIVE} || shasum -a 256 {ARCHIVE}; }} >SHA256SUMS && echo {} >>{ARCHIVE}",
        if genuine { "-n" } else { "more" }
    );
    let packed = Command::new("bash")
        .args(["-c", &script])
        .current_dir(runner.sandbox.path(""))
        .status();
    assert!(packed.unwrap().success());
    runner
}

/// Downloads from `release`, attests as the variable says, and logs what it was asked.
const GH: &str = r#"
echo "$*" >>asked
case $1 in
    release) cp release/*.tar.gz release/SHA256SUMS "$RUNNER_TEMP/portcullis" ;;
    attestation) exit "$ATTESTED" ;;
esac
"#;

#[test]
fn a_release_is_downloaded_and_checked() {
    let runner = released(true, true);
    let run = runner.script("install.sh");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.ends_with("portcullis 1.2.3\n"), "{}", run.stdout);
    assert!(
        runner
            .output_path("portcullis")
            .starts_with(runner.sandbox.path("temp"))
    );
    let asked = runner.read("asked");
    let (download, attestation) = asked.trim_end().split_once('\n').unwrap();
    assert!(download.starts_with("release download v1.2.3 --repo gate/portcullis "), "{download}");
    assert!(attestation.ends_with(
        "--repo gate/portcullis --signer-workflow gate/portcullis/.github/workflows/release.yml"
    ));
}

#[test]
fn nothing_runs_that_was_tampered_with() {
    for (genuine, attested) in [(false, true), (true, false)] {
        let runner = released(genuine, attested);
        assert_ne!(runner.script("install.sh").status, 0, "{genuine} {attested}");
        assert!(runner.outputs().is_empty());
        assert!(!runner.sandbox.path("temp/portcullis/bin").exists());
    }
}

#[test]
fn a_platform_without_release_is_told() {
    let run = released(true, true)
        .env("RUNNER_ARCH", "RISCV64")
        .script("install.sh");
    assert_eq!(run.status, 1);
    assert!(
        run.stderr
            .starts_with("::error title=Portcullis::There is no release for Linux on ")
    );
}

#[test]
fn without_a_version_the_actions_own_sources_are_built() {
    let cargo = r#"
echo "$PWD: $*" >"$RUNNER_TEMP/asked"
mkdir "$RUNNER_TEMP/portcullis/bin"
printf '#!/bin/sh\n' >"$RUNNER_TEMP/portcullis/bin/portcullis"
chmod +x "$RUNNER_TEMP/portcullis/bin/portcullis"
"#;
    let runner = Runner::new().stand_in("cargo", cargo);
    let run = runner.script("install.sh");
    assert_eq!(run.status, 0, "{run:?}");
    let root = runner.sandbox.path("temp/portcullis").display().to_string();
    let sources = crate::repository("").trim_end_matches('/').to_owned();
    let expected = format!("{sources}: install --locked --path . --root {root}\n");
    assert_eq!(runner.read("temp/asked"), expected);
    assert_eq!(runner.outputs()["portcullis"], format!("{root}/bin/portcullis"));
}
