//! Many accounts, as far as that can be tried without AWS.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::support::{Run, Sandbox, repository};

const TIME: [&str; 2] = ["--as-of", "2026-11-18T12:00:00Z"];
const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

fn audit(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run([&["audit"], &TIME[..], arguments].concat())
}

/// A bundle whose only role may be assumed by the whole other account, without an external id.
fn with_partner(sandbox: &Sandbox) {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{OTHER}:root")},
    }});
    let role = json!({
        "RoleName": "partner", "RoleId": "AROAEXAMPLE", "Path": "/",
        "Arn": format!("arn:aws:iam::{OWN}:role/partner"),
        "CreateDate": "2026-01-01T00:00:00Z", "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": [], "RolePolicyList": [], "AttachedManagedPolicies": [],
        "Tags": [], "RoleLastUsed": {},
    });
    let details = json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": [],
    });
    let caller = json!({
        "UserId": "AIDAEXAMPLE", "Account": OWN, "Arn": format!("arn:aws:iam::{OWN}:user/audit"),
    });
    let organization = json!({"Organization": null});
    for (name, content) in [
        ("account-authorization-details", details),
        ("caller-identity", caller),
        ("organization", organization),
    ] {
        sandbox.write(&format!("bundle/{name}.json"), content.to_string());
    }
}

#[test]
fn accounts_of_one_owner_are_no_strangers() {
    let sandbox = Sandbox::new();
    with_partner(&sandbox);
    sandbox.write("own.csv", format!("id\n{OTHER}\n"));
    sandbox.write("others.csv", "id\n999988887777\n");
    let rule = ["--only", "foreign-trust-without-external-id", "bundle"];
    let status = |list: &[&str]| audit(&sandbox, &[&rule[..], list].concat()).status;
    assert_eq!(status(&[]), 1);
    assert_eq!(status(&["--accounts", "others.csv"]), 1);
    assert_eq!(status(&["--accounts", "own.csv"]), 0);
    let run = audit(&sandbox, &[&rule[..], &["--accounts", "own.csv"]].concat());
    let note =
        format!("note: 1 listed account ({OTHER}) without a bundle: nothing was judged there");
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    sandbox.write("both.csv", format!("id\n{OWN}\n{OTHER}\n999988887777\n"));
    let run = audit(&sandbox, &[&rule[..], &["--accounts", "both.csv"]].concat());
    let note = format!("2 listed accounts (the first is {OTHER}) without a bundle");
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    sandbox.write("self.csv", format!("id\n{OWN}\n"));
    let run = audit(&sandbox, &[&rule[..], &["--accounts", "self.csv"]].concat());
    assert!(!run.stderr.contains("without a bundle"), "{}", run.stderr);
}

/// A saved report does not hold what a rule would need to judge again.
#[test]
fn joined_reports_say_what_counts_as_external_only_because_they_were_made_apart() {
    let sandbox = Sandbox::new();
    with_partner(&sandbox);
    let caller = json!({
        "UserId": "AIDAEXAMPLE", "Account": OTHER, "Arn": format!("arn:aws:iam::{OTHER}:user/audit"),
    });
    sandbox.write("other/caller-identity.json", caller.to_string());
    sandbox.write("all.csv", format!("id\n{OWN}\n{OTHER}\n"));
    let merged = |options: &[&str]| {
        let rule = ["--only", "foreign-trust-without-external-id"];
        for bundle in ["bundle", "other"] {
            let output = format!("json={bundle}.json");
            audit(&sandbox, &[&rule[..], options, &[bundle, "-o", &output]].concat());
        }
        sandbox.run(["merge", "bundle.json", "other.json"])
    };
    let apart = merged(&[]);
    let words = "warning: 1 finding of foreign-trust-without-external-id treats accounts of these reports as \
                 external, since the reports were made separately";
    assert!(apart.stderr.contains(words), "{}", apart.stderr);
    let shares = merged(&["--accounts", "all.csv"]);
    assert!(!shares.stderr.contains("external"), "{}", shares.stderr);
}

/// Whatever says whose a bundle is: a manifest, the caller, or a credential report.
#[test]
fn accounts_whose_bundles_are_given_together_are_no_strangers() {
    let sandbox = Sandbox::new();
    with_partner(&sandbox);
    let report = |account| crate::credential_report(&[]).replace(OWN, account);
    sandbox.write("report.csv", report(OTHER));
    sandbox.write("unrelated.csv", report("999988887777"));
    let caller = json!({
        "UserId": "AIDAEXAMPLE", "Account": OTHER, "Arn": format!("arn:aws:iam::{OTHER}:user/audit"),
    });
    sandbox.write("other/caller-identity.json", caller.to_string());
    let manifest = json!({
        "schema": "portcullis/bundle/v1", "tool": "portcullis", "account": OTHER,
        "partition": "aws", "caller": null, "unreached": "denied", "files": {}, "gaps": [],
        "collected_from": "2026-11-18T11:00:00Z", "collected_to": "2026-11-18T11:00:00Z",
    });
    sandbox.write("denied/manifest.json", manifest.to_string());
    let fails = |bundles: &[&str]| {
        let rule = ["--only", "foreign-trust-without-external-id", "-o", "json"];
        let run = audit(&sandbox, &[&rule[..], bundles].concat());
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        findings.iter().any(|finding| finding["verdict"] == "fail")
    };
    assert!(fails(&["bundle"]));
    assert!(fails(&["bundle", "unrelated.csv"]));
    for other in ["report.csv", "other", "denied"] {
        assert!(!fails(&["bundle", other]) && !fails(&[other, "bundle"]), "{other}");
    }
}

/// Each format that holds findings alone, from an audit, from a saved report, and where only lines were asked for.
#[test]
fn accounts_that_were_not_judged_are_named_where_the_format_does_not() {
    let sandbox = Sandbox::new();
    let leaky = repository("examples/leaky");
    let ids: Vec<String> = (1..=6)
        .map(|number| format!("22220000000{number}"))
        .collect();
    let mut bundles = vec![leaky.as_str()];
    for (place, id) in ids.iter().enumerate() {
        let status = ["suspended", "denied", "closed"][place % 3];
        let manifest = json!({
            "schema": "portcullis/bundle/v1", "tool": "portcullis", "account": id,
            "partition": "aws", "caller": null, "unreached": status, "files": {}, "gaps": [],
            "collected_from": "2026-11-18T11:00:00Z", "collected_to": "2026-11-18T11:00:00Z",
        });
        sandbox.write(&format!("{id}/manifest.json"), manifest.to_string());
        bundles.push(id);
    }
    let sentence = "warning: 6 accounts were not judged: 222200000001 (suspended), 222200000002 (denied), \
        222200000003 (closed), 222200000004 (suspended), 222200000005 (denied) and 1 more (not shown in ";
    let warned = |arguments: &[&str]| {
        let stderr = sandbox.run(arguments).stderr;
        let found = stderr.lines().find_map(|line| {
            line.strip_prefix(sentence)?
                .strip_suffix(')')
                .map(str::to_owned)
        });
        assert!(found.is_some() || !stderr.contains("not judged"), "{stderr}");
        found
    };
    let audit = [&["audit"], &TIME[..], &bundles].concat();
    for (outputs, silent) in [
        (&["jsonl"][..], Some("jsonl")),
        (&["csv", "jsonl=lines", "json=all.json"], Some("csv, jsonl")),
        (&["ocsf", "gitlab=code", "asff=findings"], Some("ocsf, gitlab, asff")),
        (&["table", "html=page", "markdown=text", "sarif=log", "junit=xml", "github=lines"], None),
    ] {
        let options: Vec<&str> = outputs.iter().flat_map(|output| ["-o", output]).collect();
        assert_eq!(warned(&[&audit[..], &options].concat()).as_deref(), silent);
    }
    assert_eq!(warned(&["report", "all.json", "-o", "csv"]).as_deref(), Some("csv"));
    assert_eq!(warned(&["merge", "all.json", "-o", "jsonl"]).as_deref(), Some("jsonl"));
    let suspended = ["audit", "222200000001", "222200000003", "222200000004"];
    assert_eq!(sandbox.run(suspended).status, 0);
    assert_eq!(
        sandbox
            .run(["audit", "222200000001", "222200000002"])
            .status,
        3
    );
}

/// Also where a share holds several accounts, and where another holds none.
#[test]
fn a_directory_of_reports_joins_into_what_one_audit_would_have_written() {
    let sandbox = Sandbox::new();
    let examples =
        ["leaky", "partial", "clean"].map(|name| repository(&format!("examples/{name}")));
    let [leaky, partial, clean] = examples.each_ref().map(String::as_str);
    fs::create_dir(sandbox.path("reports")).unwrap();
    for (name, bundles) in [("1", vec![leaky, partial]), ("2", vec![clean])] {
        let output = format!("json=reports/{name}.json");
        let run = audit(&sandbox, &[&bundles[..], &["--exit-zero", "-o", &output]].concat());
        assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    }
    let mut none: Json =
        serde_json::from_str(&fs::read_to_string(sandbox.path("reports/2.json")).unwrap()).unwrap();
    none["accounts"] = json!([]);
    none["findings"] = json!([]);
    sandbox.write("reports/3.json", none.to_string());

    let whole = audit(&sandbox, &[clean, partial, leaky, "-o", "json"]);
    for _ in 0..2 {
        let joined = sandbox.run(["merge", "reports", "-o", "json", "-o", "json=reports/all.json"]);
        assert_eq!((joined.status, joined.stderr.as_str()), (0, ""));
        assert_eq!(joined.stdout, whole.stdout);
    }
    assert_eq!(fs::read_to_string(sandbox.path("reports/all.json")).unwrap(), whole.stdout);
}

/// The second account comes on standard input, of which nothing is written before the lines of the first are read.
#[test]
fn the_lines_of_an_account_go_out_before_the_next_is_judged() {
    let sandbox = Sandbox::new();
    let leaky = repository("examples/leaky");
    let bundles = [&leaky, "-"];
    let options = ["-o", "jsonl", "-o", "jsonl=lines", "-o", "json=report.json"];
    let mut command = sandbox.command([&["audit"], &TIME[..], &bundles, &options].concat());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let (read, is_read) = mpsc::channel();
    let second = thread::spawn(move || {
        let is_read = is_read.recv_timeout(Duration::from_mins(1)).is_ok();
        let report = crate::credential_report(&[]).replace(OWN, OTHER);
        stdin.write_all(report.as_bytes()).unwrap();
        is_read
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut all = String::new();
    lines.read_line(&mut all).unwrap();
    let first: Json = serde_json::from_str(&all).unwrap();
    assert_eq!((&first["account"], &first["status"]), (&json!("111122223333"), &json!("open")));
    assert!(!sandbox.path("lines").exists(), "a file is there when it is whole");

    read.send(()).unwrap();
    assert!(second.join().unwrap());
    lines.read_to_string(&mut all).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(fs::read_to_string(sandbox.path("lines")).unwrap(), all);
    let at_the_end = sandbox.run(["report", "report.json", "-o", "jsonl"]).stdout;
    let set = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(set(&all), set(&at_the_end));
    assert_eq!(all.lines().count(), at_the_end.lines().count());
}

#[test]
fn what_stands_in_the_way_of_a_bundle_is_named_before_aws_is_asked() {
    let sandbox = Sandbox::new();
    sandbox.write("list.csv", format!("id\n{OTHER}\n{OWN}\n"));
    sandbox.write(&format!("foreign/{OWN}/notes.txt"), "mine");
    let manifest = json!({
        "schema": "portcullis/bundle/v1", "tool": "portcullis", "account": OTHER,
        "partition": "aws", "caller": null, "files": {}, "gaps": [],
        "collected_from": "2026-11-18T11:00:00Z", "collected_to": "2026-11-18T11:00:00Z",
    });
    sandbox.write(&format!("copied/{OWN}/manifest.json"), manifest.to_string());
    let list = ["--accounts", "list.csv", "--role-name", "audit"];
    for (directory, words) in [
        ("foreign", format!("foreign/{OWN} exists and is neither an empty directory nor")),
        ("copied", format!("copied/{OWN} holds the bundle of account {OTHER}")),
    ] {
        for option in [&["audit", "--collect-to"][..], &["audit", "--resume"], &["collect", "-o"]] {
            let run = sandbox.run([option, &[directory], &list].concat());
            assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{option:?}");
            assert!(run.stderr.contains(&words), "{option:?}: {}", run.stderr);
            assert!(!run.stderr.contains("credentials"), "{option:?}: {}", run.stderr);
        }
        let run = sandbox
            .run([&["audit", "--collect-to", directory, "--exclude", OWN], &list[..]].concat());
        assert!(run.stderr.contains("there are no AWS credentials"), "{}", run.stderr);
    }
}

#[test]
fn a_directory_for_temporary_files_that_is_absent_is_named() {
    let sandbox = Sandbox::new().env("TMPDIR", "/nowhere");
    let [clean, leaky] = ["clean", "leaky"].map(|name| repository(&format!("examples/{name}")));
    let run = audit(&sandbox, &[&clean, &leaky]);
    assert_eq!(run.status, 2);
    let words = "cannot write a temporary file in /nowhere (entity not found); set TMPDIR to";
    assert!(run.stderr.contains(words), "{}", run.stderr);
}

#[test]
fn an_empty_number_of_a_job_counts_as_none() {
    let sandbox = Sandbox::new()
        .env("AWS_BATCH_JOB_ARRAY_INDEX", "")
        .env("JOB_COMPLETION_INDEX", "6");
    let org = ["--org", "--role-name", "audit", "--shards"];
    let run = audit(&sandbox, &[&org[..], &["7"]].concat());
    assert!(run.stderr.contains("there are no AWS credentials"), "{}", run.stderr);
    let run = audit(&sandbox, &[&org[..], &["6"]].concat());
    assert!(run.stderr.contains("JOB_COMPLETION_INDEX is \"6\""), "{}", run.stderr);
}

#[test]
fn what_makes_no_sense_is_refused_before_aws_is_asked() {
    let sandbox = Sandbox::new();
    sandbox.write("broken.csv", "id\n11122223333\n");
    for (arguments, words) in [
        (&["--role-name", "audit"][..], "--accounts"),
        (&["--org", "--shard", "6/5"], "expected a share such as 2/5"),
        (&["--org", "--accounts", "broken.csv"], "cannot be used with"),
        (&["--org", "--exclude", "1"], "expected a 12-digit account id"),
        (
            &["--org", "--role-name", "arn:aws:iam::111122223333:role/x"],
            "expected the name of a role",
        ),
        (&["--org", "--role-name", "a b"], "expected the name of a role"),
        (&["--org", "--role-name", ""], "expected the name of a role"),
        (&["--org", "--role-name", "/path/x"], "expected the name of a role"),
        (&["--ou", "ou-ab12-34cd56ef"], "--org"),
        (&["--org", "--ou", "foo"], "expected the id of an organizational unit, such as"),
        (&["--org"], "--org needs --role-name"),
        (&["bundle", "--org"], "cannot be used with"),
        (&["--accounts", "broken.csv"], "broken.csv:2: expected a 12-digit account id"),
        (&["--accounts", "absent.csv"], "cannot read absent.csv"),
    ] {
        let run = audit(&sandbox, arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
    }
}
