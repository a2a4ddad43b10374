//! Where results go: whole files, standard output, and nothing else.

use std::fs;
#[cfg(unix)]
use std::process::Command;
#[cfg(unix)]
use std::time::Duration;

use serde_json::Value;

use crate::support::{Run, repository};
use crate::{BY_HAND, FAILING, PASSING, UNKNOWN, audit, sandbox};

#[test]
fn the_exit_status_follows_from_the_verdicts() {
    for (rule, status) in [(PASSING, 0), (FAILING, 1), (UNKNOWN, 3)] {
        for format in ["table", "json"] {
            let run = sandbox().run(audit(&["--only", rule, "-o", format]));
            assert_eq!(run.status, status, "{rule} as {format}: {}", run.stderr);
        }
    }
}

#[test]
fn the_last_line_of_the_table_explains_the_exit_status() {
    let run = sandbox().run(audit(&[]));
    let says = "Exit status 1: 1 finding has severity low or above.\n";
    assert!(run.stdout.ends_with(says), "{}", run.stdout);
}

#[test]
fn files_and_standard_output_hold_the_same_report() {
    let sandbox = sandbox();
    let run = sandbox.run(audit(&["-o", "json=out.json", "-o", "table=out.txt", "-o", "json"]));
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert_eq!(fs::read_to_string(sandbox.path("out.json")).unwrap(), run.stdout);
    let table = sandbox.run(audit(&[]));
    assert_eq!(fs::read_to_string(sandbox.path("out.txt")).unwrap(), table.stdout);
}

#[test]
fn json_follows_the_published_schema() {
    let schema = fs::read_to_string(repository("schemas/report-v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for example in ["leaky", "clean", "partial"] {
        let bundle = repository(&format!("examples/{example}"));
        let run =
            sandbox().run(["audit", &bundle, "-o", "json", "--include", "pass,not_applicable"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{example}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_has_the_mode_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox();
    sandbox.run(audit(&["-o", "json=out.json"]));
    let usual = sandbox.write("usual", "");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(sandbox.path("out.json")), mode(usual));
}

#[cfg(unix)]
#[test]
fn a_private_report_stays_private() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox();
    let old = sandbox.write("out.json", "old");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.run(audit(&["-o", "json=out.json"]));
    assert_ne!(fs::read(&old).unwrap(), b"old");
    assert_eq!(fs::metadata(&old).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn standard_output_that_appends_is_not_replaced() {
    let sandbox = sandbox();
    let log = sandbox.write("log", "before\n");
    let append = fs::OpenOptions::new().append(true).open(&log).unwrap();
    let arguments = audit(&["-o", "table=/dev/stdout"]);
    sandbox.command(arguments).stdout(append).status().unwrap();
    let text = fs::read_to_string(log).unwrap();
    assert!(text.starts_with("before\n") && text.len() > "before\n".len(), "{text}");
}

#[test]
fn a_file_that_cannot_be_written_is_a_failure_and_leaves_nothing() {
    let sandbox = sandbox();
    let run = sandbox.run(audit(&["-o", "json=nowhere/out.json"]));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("cannot write nowhere/out.json"), "{}", run.stderr);
    let run = sandbox.run(audit(&["--only", "nosuch", "-o", "json=out.json"]));
    assert_eq!(run.status, 2);
    assert!(!sandbox.path("out.json").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_not_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox();
    let path = sandbox.path("out.json");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    // Root may write any file.
    let is_root = fs::OpenOptions::new().write(true).open(&path).is_ok();
    let run = sandbox.run(audit(&["-o", "json=out.json", "-o", "table=out.txt"]));
    assert_eq!(run.status, if is_root { 1 } else { 2 }, "{}", run.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap() == "old", !is_root);
    assert!(sandbox.path("out.txt").exists());
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_one_to_nothing_is_not_written() {
    use std::os::unix::fs::symlink;
    let sandbox = sandbox();
    sandbox.write("old.json", "old");
    symlink("old.json", sandbox.path("link.json")).unwrap();
    assert_eq!(sandbox.run(audit(&["-o", "json=link.json"])).status, 1);
    assert_ne!(fs::read_to_string(sandbox.path("old.json")).unwrap(), "old");
    assert!(sandbox.path("link.json").is_symlink());

    symlink("nowhere.json", sandbox.path("dangling.json")).unwrap();
    let run = sandbox.run(audit(&["-o", "json=dangling.json"]));
    let error =
        "error: cannot write dangling.json: it is a link to nowhere.json, which does not exist";
    assert_eq!((run.status, run.stderr.trim_end()), (2, error));
    assert!(sandbox.path("dangling.json").is_symlink());
    assert!(!sandbox.path("nowhere.json").exists());
}

#[test]
fn an_output_that_is_an_input_is_refused_before_anything_is_read() {
    let sandbox = sandbox();
    for name in ["a.json", "b.json", "portcullis.salt"] {
        sandbox.write(name, name);
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.json", sandbox.path("link.json")).unwrap();
    #[cfg(not(unix))]
    sandbox.write("link.json", "");
    let salted = ["--redact", "--salt-file", "portcullis.salt", "-o", "json=portcullis.salt"];
    let mut refused: Vec<(Vec<&str>, &str)> = vec![
        (vec!["merge", "a.json", "b.json", "-o", "json=b.json"], "b.json"),
        (vec!["merge", "a.json", "b.json", "-o", "json=bundle/../b.json"], "b.json"),
        (vec!["report", "a.json", "-o", "html=./a.json"], "a.json"),
        (vec!["report", "link.json", "-o", "csv", "-o", "html=a.json"], "link.json"),
        (vec!["diff", "a.json", "b.json", "-o", "jsonl=link.json"], "a.json"),
        (audit(&["-o", "json=bundle/credential-report.csv"]), "bundle"),
        (audit(&["--baseline", "a.json", "-o", "json=a.json"]), "a.json"),
        (vec!["signins", "a.json", "-o", "json=link.json"], "a.json"),
    ];
    refused.push(([&["report", "a.json"], &salted[..]].concat(), "portcullis.salt"));
    for (arguments, input) in refused {
        let run = sandbox.run(&arguments);
        let words = format!(" would overwrite the input {input}\n");
        assert!(run.status == 2 && run.stderr.contains(&words), "{arguments:?}: {}", run.stderr);
    }
    assert_eq!(fs::read_to_string(sandbox.path("a.json")).unwrap(), "a.json");
    // What lies beside the files of a bundle is none of its own.
    for _ in 0..2 {
        assert_eq!(
            sandbox
                .run(audit(&["-o", "json=bundle/report.json"]))
                .status,
            1
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let run = sandbox().run_unread(["rules", "list"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(sandbox().run_unread(audit(&["-o", "json"])).status, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    for arguments in [audit(&[]), vec!["--help"], vec!["audit", "--help"], vec!["--version"]] {
        let full = full.try_clone().unwrap();
        let run: Run = sandbox()
            .command(&arguments)
            .stdout(full)
            .output()
            .unwrap()
            .into();
        assert_eq!(run.status, 2, "{arguments:?}");
        let starts = "error: cannot write to standard output: ";
        let stderr = run.stderr.replace(BY_HAND, "");
        assert!(stderr.starts_with(starts), "{arguments:?}: {stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn one_output_that_fails_leaves_the_others() {
    let sandbox = sandbox();
    let run = sandbox.run(audit(&["-o", "json=/dev/full", "-o", "html=out.html", "-o", "table"]));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("cannot write /dev/full"), "{}", run.stderr);
    assert!(run.stdout.contains(FAILING), "{}", run.stdout);
    assert!(sandbox.path("out.html").exists());
}

/// The signal comes at another moment each time: before, while and after files are written.
#[cfg(unix)]
#[test]
fn a_signal_leaves_whole_files_and_no_other() {
    let formats = ["html", "json", "sarif", "ocsf", "asff", "csv", "markdown", "junit"];
    let outputs = formats.map(|format| format!("--output={format}=out.{format}"));
    let leaky = repository("examples/leaky");
    for moment in 0..20 {
        let sandbox = sandbox();
        let mut command = sandbox.command(["audit", &leaky]);
        let mut child = command.args(&outputs).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(4 * moment));
        Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap();
        child.wait().unwrap();
        for entry in fs::read_dir(sandbox.path("")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with(".portcullis-"), "{name} after {moment}");
        }
        if let Ok(json) = fs::read(sandbox.path("out.json")) {
            serde_json::from_slice::<Value>(&json).unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    let run = sandbox().run(audit(&["-o", "json=/dev/null"]));
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let colored = |arguments: &[&str]| {
        let run = sandbox().env("NO_COLOR", "1").run(audit(arguments));
        run.stdout.contains('\u{1b}')
    };
    assert!(!colored(&[]));
    assert!(!colored(&["--color", "never"]));
    assert!(colored(&["--color", "always"]));
    assert!(!sandbox().run(audit(&[])).stdout.contains('\u{1b}'));
    let forced = sandbox()
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .run(audit(&[]));
    assert!(!forced.stdout.contains('\u{1b}'), "NO_COLOR outranks all but --color");
}

#[test]
fn included_verdicts_are_listed() {
    let run = sandbox().run(audit(&["--include", "pass,not_applicable"]));
    assert!(run.stdout.contains("PASSED: 1 resource\n"), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("- {FAILING}: bob\n")), "{}", run.stdout);
}
