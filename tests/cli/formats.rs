//! What holds for every format alike, on the real binary.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Run, Sandbox, repository};
use crate::{BY_HAND, FAILING, PASSING, UNKNOWN, audit, sandbox};

/// The name of every format, as the binary lists them.
pub(crate) fn formats() -> Vec<String> {
    let run = Sandbox::new().run(["report", "-", "-o", "?"]);
    let names = run
        .stderr
        .split("there are: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let names: Vec<String> = names.split(", ").map(str::to_owned).collect();
    assert!(names.contains(&"table".to_owned()) && names.len() > 10, "{names:?}");
    names
}

/// `-o FORMAT=NAME` for each format, with the format as the name.
fn to_files(names: &[String]) -> Vec<String> {
    names
        .iter()
        .flat_map(|name| ["-o".to_owned(), format!("{name}={name}.out")])
        .collect()
}

/// Audits an example that has findings, with more arguments.
fn audit_leaky(sandbox: &Sandbox, more: &[String]) -> Run {
    let bundle = repository("examples/leaky");
    sandbox.run(
        ["audit", &bundle]
            .into_iter()
            .chain(more.iter().map(String::as_str)),
    )
}

/// A sandbox with a report of some findings in `report.json`.
fn saved() -> Sandbox {
    let sandbox = sandbox();
    let run = sandbox.run(audit(&["-o", "json=report.json"]));
    assert_eq!(run.status, 1, "{}", run.stderr);
    sandbox
}

fn read(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    fs::read(sandbox.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_exit_status_is_the_same_in_every_format() {
    let sandbox = sandbox();
    for (rule, status) in [(PASSING, 0), (FAILING, 1), (UNKNOWN, 3)] {
        for format in formats() {
            let run = sandbox.run(audit(&["--only", rule, "-o", &format]));
            assert_eq!((run.status, run.stderr.as_str()), (status, BY_HAND), "{rule} as {format}");
        }
    }
}

#[test]
fn what_is_waived_counts_in_no_format() {
    let sandbox = sandbox();
    let waiver = format!(
        "[[waiver]]\nrule = '{FAILING}'\nresource = 'alice'\naccount = '111122223333'\n\
         reason = 'moves to federation'\nowner = 'platform'\nexpires = 2026-11-20\n"
    );
    sandbox.write("portcullis.toml", waiver);
    for format in formats() {
        let run = sandbox.run(audit(&["-o", &format]));
        assert_eq!(run.status, 0, "{format}: {}", run.stderr);
    }
}

#[test]
fn formats_together_are_what_each_is_alone() {
    let (together, alone) = (Sandbox::new(), Sandbox::new());
    let names = formats();
    let mut all = to_files(&names);
    all.extend(["-o".to_owned(), "table".to_owned()]);
    let table = audit_leaky(&together, &all);
    assert_eq!(table.status, 1, "{}", table.stderr);
    for name in &names {
        let one = ["-o".to_owned(), name.clone()];
        let run = audit_leaky(&alone, &one);
        assert_eq!(run.status, 1, "{name}: {}", run.stderr);
        let file = format!("{name}.out");
        assert!(read(&together, &file) == run.stdout.as_bytes(), "{name}");
        audit_leaky(&alone, &to_files(std::slice::from_ref(name)));
        assert!(read(&together, &file) == read(&alone, &file), "{name}");
    }
    assert!(table.stdout.as_bytes() == read(&together, "table.out"));
}

fn sort_lines(text: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    *text = lines.concat();
}

#[test]
fn a_saved_report_is_written_as_the_audit_wrote_it() {
    let names = formats();
    let files = to_files(&names);
    // The findings of one account are held in memory, and those of two wait in a file.
    for others in [vec![], vec![repository("examples/partial")]] {
        let (audited, again) = (Sandbox::new(), Sandbox::new());
        assert_eq!(audit_leaky(&audited, &[others, files.clone()].concat()).status, 1);
        let report = audited
            .path("json.out")
            .into_os_string()
            .into_string()
            .unwrap();
        let arguments = ["report", &report]
            .into_iter()
            .chain(files.iter().map(String::as_str));
        let run = again.run(arguments);
        assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
        for name in &names {
            let file = format!("{name}.out");
            let mut texts = [&audited, &again].map(|sandbox| read(sandbox, &file));
            if name == "jsonl" {
                // The audit wrote them in the order of the accounts.
                for text in &mut texts {
                    sort_lines(text);
                }
            }
            assert!(texts[0] == texts[1], "{name}");
        }
        let piped = again
            .command(["report", "-", "-o", "json"])
            .stdin(fs::File::open(report).unwrap())
            .output()
            .unwrap();
        assert!(piped.stdout == read(&audited, "json.out"));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_in_any_format() {
    // More than any buffer holds, so that formats notice while they write.
    let sandbox = saved();
    sandbox.write("large.json", large(&read(&sandbox, "report.json"), 500));
    for format in formats() {
        let run = sandbox.run_unread(["report", "large.json", "-o", &format]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_in_every_format() {
    let sandbox = saved();
    for format in formats() {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut command = sandbox.command(["report", "report.json", "-o", &format]);
        let run: Run = command
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap()
            .into();
        assert_eq!(run.status, 2, "{format}");
        assert!(run.stderr.contains("cannot write to standard output: "), "{}", run.stderr);
        let run = sandbox.run(["report", "report.json", "-o", &format!("{format}=/dev/full")]);
        assert_eq!(run.status, 2, "{format}");
        assert!(run.stderr.contains("cannot write /dev/full: "), "{}", run.stderr);
    }
}

#[test]
fn what_is_no_report_is_refused_and_nothing_is_written() {
    let sandbox = saved();
    let report = read(&sandbox, "report.json");
    let other = String::from_utf8(report.clone())
        .unwrap()
        .replace("report/v1", "report/v9");
    sandbox.write("bad/empty", "");
    sandbox.write("bad/truncated", &report[..report.len() / 2]);
    sandbox.write("bad/other-schema", other);
    sandbox.write("bad/other-tool", r#"{"version": "2.1.0", "runs": []}"#);
    sandbox.write("bad/not-utf-8", [b"{\"schema\": \"\xff\"}".as_slice(), &report].concat());
    sandbox.write("bad/directory/file", "");
    let asked = to_files(&formats());
    for (name, says) in [
        ("missing", "cannot read bad/missing: "),
        ("empty", "bad/empty is empty\n"),
        ("truncated", "bad/truncated is not valid JSON: "),
        ("other-schema", "has the schema portcullis/report/v9, not portcullis/report/v1"),
        ("other-tool", "bad/other-tool is not a Portcullis report"),
        ("not-utf-8", "bad/not-utf-8 is not valid JSON: "),
        (
            "directory",
            "bad/directory is a directory: `portcullis audit bad/directory` audits a bundle\n",
        ),
    ] {
        let before = entries(&sandbox.path("."));
        let path = format!("bad/{name}");
        let run = sandbox.run(
            ["report", &path]
                .into_iter()
                .chain(asked.iter().map(String::as_str)),
        );
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{name}");
        assert!(run.stderr.contains(says), "{name}: {}", run.stderr);
        assert_eq!(entries(&sandbox.path(".")), before, "{name}");
    }
}

/// The names in a directory, sorted.
fn entries(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A run is killed at moments that are spread over its whole time, and whenever it is seen to write.
#[test]
fn a_run_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let sandbox = saved();
    sandbox.write("large.json", large(&read(&sandbox, "report.json"), 5_000));
    let run = sandbox.run(["report", "large.json", "-o", "json=out/new.json"]);
    assert_eq!(run.status, 2, "there is no such directory yet: {}", run.stderr);
    sandbox.write("out/new.json", "old");
    let run = sandbox.run(["report", "large.json", "-o", "json=out/new.json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let new = read(&sandbox, "out/new.json");
    let mut cut_short = 0;
    for delay in 0..8 {
        sandbox.write("out/new.json", "old");
        let command = ["report", "large.json", "-o", "json=out/new.json"];
        let mut child = sandbox.command(command).spawn().unwrap();
        wait_for_part(&mut child, &sandbox.path("out"));
        thread::sleep(Duration::from_millis(delay * 3));
        child.kill().unwrap();
        child.wait().unwrap();
        let left = read(&sandbox, "out/new.json");
        assert!(left == b"old" || left == new, "{} of {} bytes", left.len(), new.len());
        cut_short += usize::from(left == b"old");
        for name in entries(&sandbox.path("out")) {
            assert!(name == "new.json" || name.starts_with(".portcullis-"), "{name}");
            if name != "new.json" {
                fs::remove_file(sandbox.path("out").join(name)).unwrap();
            }
        }
    }
    assert!(cut_short > 0, "no run was killed while it wrote");
}

/// Waits until a file beside the one that is to be written has some of the bytes, or the run is over.
fn wait_for_part(child: &mut Child, directory: &Path) {
    while child.try_wait().unwrap().is_none() {
        let parts = fs::read_dir(directory).unwrap().filter_map(Result::ok);
        let sizes = parts
            .filter(|part| part.file_name() != "new.json")
            .map(|part| part.metadata());
        if sizes
            .filter_map(Result::ok)
            .any(|metadata| metadata.len() > 0)
        {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The report with its first finding so many times over.
fn large(report: &[u8], times: usize) -> Vec<u8> {
    let mut report: Value = serde_json::from_slice(report).unwrap();
    let finding = report["findings"][0].clone();
    report["findings"] = json!(vec![finding; times]);
    serde_json::to_vec(&report).unwrap()
}

/// Its import needs the account's id.
#[test]
fn what_security_hub_does_not_take_is_counted() {
    let sandbox = sandbox();
    sandbox.write("nobody/account-aliases.json", r#"{"AccountAliases": []}"#);
    let run = sandbox.run(["audit", "nobody", "-o", "asff", "-o", "json=report.json"]);
    assert_eq!(run.stdout, "[]\n");
    assert!(run.stderr.contains("warning: asff leaves out "), "{}", run.stderr);
    let run = sandbox.run(["report", "report.json", "-o", "asff"]);
    assert!(run.stderr.contains("warning: asff leaves out "), "{}", run.stderr);
    let run = sandbox.run(audit(&["-o", "asff"]));
    assert_eq!((run.stdout == "[]\n", run.stderr.as_str()), (false, BY_HAND));
}
