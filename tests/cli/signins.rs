//! Sign-ins: what is printed, and what the exit status says.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;

use crate::support::{Run, Sandbox, repository};

fn signins(arguments: &[&str]) -> Run {
    let logs = repository("examples/trail/logs");
    Sandbox::new().run(["signins", &logs].iter().chain(arguments))
}

#[test]
fn the_example_shows_who_needs_help() {
    let run = signins(&[]);
    assert_eq!((run.status, run.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(run.stdout);
}

/// Root's sign-in is one finding though a trail delivers it once per file, and its typing error is none.
#[test]
fn the_example_is_judged() {
    let run = signins(&["-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["schema"], "portcullis/report/v1");
    let mut failed: Vec<String> = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        if finding["verdict"] == "fail" {
            let (rule, name) = (&finding["rule"], &finding["resource"]["name"]);
            failed.push(format!("{} {}", rule.as_str().unwrap(), name.as_str().unwrap()));
        }
    }
    failed.sort();
    assert_eq!(
        failed,
        [
            "root-console-sign-in root",
            "root-sign-in-without-mfa root",
            "second-factor-refused hana.sato@example.com",
            "user-sign-in-without-mfa bilal.haddad",
        ]
    );
}

/// The logs of eu-north-1 and ap-southeast-2 have no digests, where root does not sign in but users may.
#[test]
fn a_rule_passes_only_where_its_regions_were_read() {
    let verdict = |rule: &str| {
        let run = signins(&["--only", rule, "--include", "pass", "-o", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let of_account: Vec<String> = findings
            .iter()
            .filter(|finding| finding["resource"]["kind"] == "account")
            .map(|finding| format!("{} {}", finding["verdict"], finding["message"]))
            .collect();
        (run.status, of_account.join("|"))
    };
    let (status, root) = verdict("root-password-recovery");
    assert_eq!(status, 0);
    assert!(root.starts_with("\"pass\" \"no such activity was recorded in us-east-1,"), "{root}");
    let (status, users) = verdict("password-spraying");
    assert_eq!(status, 3);
    assert!(users.contains("ap-southeast-2 was not read"), "{users}");
}

#[test]
fn what_is_accepted_and_what_is_new_is_told_apart() {
    let sandbox = Sandbox::new();
    let logs = repository("examples/trail/logs");
    let only = "root-console-sign-in";
    sandbox.write(
        "portcullis.toml",
        format!(
            "[[waiver]]\nrule = \"{only}\"\nresource = \"root\"\naccount = \"*\"\nreason = \"a planned task\"\n\
             owner = \"ana\"\nexpires = 2026-12-31\n"
        ),
    );
    let waived = sandbox.run(["signins", &logs, "--only", only]);
    assert_eq!(waived.status, 0, "{}", waived.stderr);
    let other = Sandbox::new();
    let saved = other.run(["signins", &logs, "--only", only, "-o", "json=old.json"]);
    assert_eq!(saved.status, 1, "{}", saved.stderr);
    let known = other.run(["signins", &logs, "--only", only, "--baseline", "old.json"]);
    assert_eq!(known.status, 0, "{}", known.stdout);
    let critical = other.run(["signins", &logs, "--only", only, "--fail-on", "critical"]);
    assert_eq!(critical.status, 0);
}

#[test]
fn every_format_writes_it_and_redaction_leaves_no_name() {
    let sandbox = Sandbox::new();
    sandbox.write("salt", "b7e0c1d2a394f5566778899aabbccdde\n");
    let logs = repository("examples/trail/logs");
    for format in
        "table html markdown json jsonl csv sarif junit github gitlab ocsf asff".split(' ')
    {
        let redact = ["--redact", "--salt-file", "salt", "-o", format];
        let run = sandbox.run(["signins", &logs].iter().chain(&redact));
        assert_eq!((run.status, run.stderr.as_str()), (1, ""), "{format}");
        let is_for_people = ["table", "markdown"].contains(&format);
        assert!(!is_for_people || !run.stdout.contains("\"withheld"), "{format}");
        for name in
            ["bilal", "hana.sato", "farid", "203.0.113", "198.51.100", "111122223333", "ReadOnly"]
        {
            assert!(!run.stdout.contains(name), "{format}: {name}");
        }
    }
}

#[test]
fn one_person_has_a_timeline_and_a_text_for_the_ticket() {
    let run = signins(&["--user", "bilal.haddad"]);
    assert_eq!((run.status, run.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(run.stdout);
    for other in ["farid", "carla", "203.0.113"] {
        assert!(!run.stdout.contains(other), "{other}");
    }
}

/// The ARN is in the console, in findings and in every message of AWS; root's name is that of the report.
#[test]
fn the_arn_of_a_user_names_the_person() {
    let by_name = signins(&["--user", "farid.nasser"]);
    assert!(by_name.stdout.contains("TIMELINE: 6 events"), "{}", by_name.stdout);
    let by_arn = signins(&["--user", "arn:aws:iam::111122223333:user/farid.nasser"]);
    assert_eq!(by_arn.stdout, by_name.stdout);
    let root = signins(&["--user", "root"]);
    assert_eq!(signins(&["--user", "<root_account>"]).stdout, root.stdout);
    let session = signins(&["--user", "arn:aws:sts::111122223333:assumed-role/Auditor/ana"]);
    assert_eq!(session.status, 2, "{}", session.stdout);
    assert!(session.stderr.contains("give that of the session: ana"), "{}", session.stderr);
}

/// Where each of these follows the one before in the text; none: not so.
fn in_order<'a>(text: &'a str, parts: &[&str]) -> Option<&'a str> {
    let mut rest = text;
    for part in parts {
        rest = rest.split_once(part)?.1;
    }
    Some(rest)
}

/// Markdown is read beside the outcome of a job; the page is opened to see who could not get in.
#[test]
fn what_people_read_has_its_parts_in_order() {
    let read = ["3 log files, 3 digests", "signed in without MFA"];
    let locked_out = [
        "Could not get in: 1 person, 1 still out",
        "aws iam delete-virtual-mfa-device --serial-number arn:aws:iam::111122223333:mfa/bilal.haddad",
    ];
    let rest = [
        "Signed in: 1 person",
        "1 sign-in, at 2026-11-18 08:10:30 UTC, from",
        "Timeline: 3 events",
        "For the ticket",
        "tried to enrol an MFA device 2 times",
    ];
    for (format, heading) in [("markdown", "## "), ("html", "<h2 id=\"people-1-title\">")] {
        let text = signins(&["--user", "bilal.haddad", "-o", format]).stdout;
        let first = if format == "html" {
            [locked_out, read]
        } else {
            [read, locked_out]
        };
        let parts = [&first.concat()[..], &rest].concat();
        assert!(in_order(&text, &parts).is_some(), "{format}: {text}");
        assert!(text.contains(&format!("{heading}Could not get in: 1 person")), "{format}");
        for other in ["farid", "carla"] {
            assert!(!text.contains(other), "{format}: {other}");
        }
    }
}

#[test]
fn an_audit_says_nothing_of_sign_ins() {
    let leaky = repository("examples/leaky");
    for format in ["markdown", "html"] {
        let text = Sandbox::new().run(["audit", &leaky, "-o", format]).stdout;
        assert!(!text.contains("ould not get in") && !text.contains("id=\"coverage\""), "{format}");
    }
}

/// The logs of examples/trail are of 111122223333, from 08:00 to 09:00 on 2026-11-18.
#[test]
fn what_the_logs_do_not_hold_is_said_beside_what_they_hold() {
    let says = |arguments: &[&str]| {
        let run = signins(arguments);
        assert_eq!(run.status, 3, "{}", run.stderr);
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let clean = repository("examples/clean");
    for (arguments, missing) in [
        (
            ["--account", "999999999999"],
            "nothing for account 999999999999; they contain 111122223333",
        ),
        (
            ["--bundle", clean.as_str()],
            "nothing for account 123456789012; they contain 111122223333",
        ),
        (
            ["--region", "ap-south-1"],
            "nothing for region ap-south-1; they contain eu-north-1, us-east-1, us-east-2, us-west-2",
        ),
        (
            ["--from", "2026-11-19"],
            "nothing for the period requested; they cover 2026-11-18 08:00:00 UTC to 2026-11-18 09:00:00 UTC",
        ),
    ] {
        let text = says(&arguments);
        assert!(text.contains(&format!("Gaps the logs contain {missing}")), "{text}");
        assert!(text.contains("24 records: 0 judged, 20 not requested, 3 not relevant,"), "{text}");
        assert!(!text.contains("CSV"), "{text}");
        assert!(text.contains("As of 2026-11-18 09:00:"), "{text}");
    }
    let sandbox = Sandbox::new().env("PORTCULLIS_SALT", "b7e0c1d2a394f5566778899aabbccdde");
    let logs = repository("examples/trail/logs");
    let redacted = sandbox.run(["signins", &logs, "--account", "999999999999", "--redact"]);
    assert_eq!(redacted.status, 3, "{}", redacted.stderr);
    let redacted = redacted.stdout;
    assert!(redacted.contains("the logs contain nothing for account "), "{redacted}");
    assert!(!redacted.contains("999999999999") && !redacted.contains("111122223333"), "{redacted}");
    assert!(!signins(&[]).stdout.contains("the logs contain nothing"));
}

/// The rules of examples/trail need two regions that this one file is not from.
#[test]
fn regions_that_were_not_read_count_for_one_person_too() {
    let folder = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/18";
    let file = format!(
        "examples/trail/logs/{folder}/111122223333_CloudTrail_us-east-1_20261118T0855Z_Jw4Pq9Ns6Yb3Hc5E.json"
    );
    let run = Sandbox::new().run(["signins", &repository(&file), "--user", "farid.nasser"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(
        run.stdout
            .contains("us-east-2, us-west-2, eu-north-1, ap-southeast-2 were not read"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("every rule was judged"), "{}", run.stdout);
}

#[test]
fn what_is_not_a_log_is_passed_over_aloud() {
    let sandbox = Sandbox::new();
    let logs = repository("examples/trail/logs");
    sandbox.write("own/README.md", "# Logs\n");
    let plain = sandbox.run(["signins", &logs, "--only", "root-console-sign-in"]);
    let run = sandbox.run(["signins", &logs, "own", "--only", "root-console-sign-in"]);
    assert_eq!((run.status, &run.stdout), (plain.status, &plain.stdout));
    let says = "note: own/README.md does not look like a CloudTrail log, so it was not read\n";
    assert_eq!(run.stderr, format!("{says}{}", plain.stderr));
    let alone = sandbox.run(["signins", "own/README.md"]);
    assert_eq!(alone.status, 2, "{}", alone.stdout);
}

/// Records that somebody has anonymised have ids that no account has.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html>
#[test]
fn an_id_that_no_account_has_is_named() {
    let event = serde_json::json!({
        "eventVersion": "1.08", "eventTime": "2026-11-18T08:00:00Z", "eventName": "ConsoleLogin",
        "eventSource": "signin.amazonaws.com", "awsRegion": "us-east-1",
        "eventID": "3f1c0d52-7a40-4c8e-9b1d-00000000ab01", "sourceIPAddress": "203.0.113.10",
        "recipientAccountId": "123456789", "userIdentity": {"type": "IAMUser", "userName": "ana"},
        "responseElements": {"ConsoleLogin": "Success"}
    });
    let sandbox = Sandbox::new();
    sandbox.write("event.json", event.to_string());
    let text = sandbox.run(["signins", "event.json"]).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("123456789: not an account id, which has 12 digits"), "{text}");
}

/// Of roles that programs assume only the refusals are kept, so nobody is called still out.
#[test]
fn whether_somebody_got_in_after_a_refusal_by_sts_is_not_claimed() {
    let event = serde_json::json!({
        "eventVersion": "1.08", "eventTime": "2026-11-18T08:00:00Z", "eventName": "AssumeRoleWithSAML",
        "eventSource": "sts.amazonaws.com", "eventType": "AwsApiCall", "awsRegion": "us-east-1",
        "eventID": "3f1c0d52-7a40-4c8e-9b1d-00000000ab01", "sourceIPAddress": "203.0.113.10",
        "recipientAccountId": "111122223333", "errorCode": "AccessDenied",
        "userIdentity": {"type": "SAMLUser", "userName": "ana"},
        "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/ops"}
    });
    let sandbox = Sandbox::new();
    sandbox.write("event.json", event.to_string());
    let text = sandbox
        .run(["signins", "event.json", "--user", "ana"])
        .stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("COULD NOT GET IN: 1 person, 0 still out"), "{text}");
    let read = "hether they got in later is not known: only refused AssumeRole and AssumeRoleWithSAML calls are read";
    assert!(text.contains(&format!("; w{read}")), "{text}");
    assert!(text.contains(&format!(". W{read}. Events: ")), "{text}");
    assert!(!text.contains("till out."), "{text}");
}

#[test]
fn somebody_of_whom_nothing_is_recorded_gets_a_list_to_check() {
    let run = signins(&["--user", "nobody.here"]);
    // Not all regions were read.
    assert_eq!(run.status, 3);
    assert!(run.stdout.contains("COULD NOT GET IN: nobody"), "{}", run.stdout);
    assert!(run.stdout.contains("do not mention this person"), "{}", run.stdout);
    assert!(!run.stdout.contains("did you mean"), "{}", run.stdout);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let searched = "Searched from 2026-11-18 08:00:00 UTC to 2026-11-18 09:00:00 UTC: 111122223333 \
                    eu-north-1, 111122223333 us-east-1, 111122223333 us-east-2, 111122223333 us-west-2. \
                    Events of 111122223333 eu-north-1 may be missing.";
    assert!(text.contains(searched), "{text}");
}

#[test]
fn a_name_that_is_almost_right_is_suggested() {
    for (given, meant) in [("farid", "farid.nasser"), ("bilal.hadad", "bilal.haddad")] {
        let run = signins(&["--user", given]);
        let says = format!("the records read do not mention this name; did you mean `{meant}`?");
        assert!(run.stdout.contains("COULD NOT GET IN: nobody"), "{}", run.stdout);
        assert!(run.stdout.contains(&says), "{}", run.stdout);
    }
}

/// Beside a bundle, one person's findings are shown alone, and a diff does not take the others for fixed.
#[test]
fn a_bundle_is_judged_for_one_person_alone() {
    let leaky = repository("examples/leaky");
    let one = json(&signins(&["--bundle", &leaky, "--user", "bilal.haddad", "-o", "json"]));
    let about: Vec<Json> = findings(&one)
        .iter()
        .filter(|finding| finding["verdict"] == "fail")
        .map(|finding| finding["rule"].clone())
        .collect();
    assert!(about.contains(&"half-enrolled-mfa".into()), "{about:?}");
    assert!(about.contains(&"user-sign-in-without-mfa".into()), "{about:?}");
    for finding in findings(&one) {
        let is_unknown = finding["verdict"] == "unknown";
        assert!(is_unknown || finding.to_string().contains("bilal.haddad"), "{finding}");
    }
    let sandbox = Sandbox::new();
    let logs = repository("examples/trail/logs");
    let fixed = ["signins", &logs, "--bundle", &leaky, "-o"];
    sandbox.run([&fixed[..], &["json=all.json"]].concat());
    sandbox.run([&fixed[..], &["json=one.json", "--user", "bilal.haddad"]].concat());
    let diff = json(&sandbox.run(["diff", "all.json", "one.json", "-o", "json"]));
    assert_eq!(diff["counts"]["fixed"], 0, "{}", diff["counts"]);
}

#[test]
fn filters_narrow_what_is_shown() {
    let run = signins(&["--region", "eu-north-1", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["schema"], "portcullis/report/v1");
    let regions: Vec<_> = report["activity"][0]["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["region"])
        .collect();
    assert_eq!(regions, ["eu-north-1"; 3]);
    let run = signins(&["--from", "2026-11-18T09:00:00Z"]);
    assert!(run.stdout.contains("SIGNED IN: nobody"), "{}", run.stdout);
}

/// IAM lets a user be called root, whose device is not the root user's own.
#[test]
fn root_acts_on_itself_only_under_its_own_name() {
    for (target, verdict) in [("root", "fail"), ("AWS ROOT USER", "not_applicable")] {
        let event = serde_json::json!({
            "eventSource": "iam.amazonaws.com", "eventName": "DeactivateMFADevice", "eventID": "a",
            "eventTime": "2026-11-18T08:00:00Z", "awsRegion": "us-east-1",
            "recipientAccountId": "111122223333", "sourceIPAddress": "192.0.2.1",
            "userIdentity": { "type": "Root", "accountId": "111122223333" },
            "requestParameters": { "userName": target },
        });
        let sandbox = Sandbox::new();
        sandbox.write("events.json", event.to_string());
        let only = ["--only", "mfa-device-deactivated", "--include", "not_applicable"];
        let run = sandbox.run(["signins", "events.json", "-o", "json"].iter().chain(&only));
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let mut verdicts = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["verdict"]);
        assert!(verdicts.any(|it| it == verdict), "{target}: {}", run.stdout);
    }
}

/// IAM lets a user be called root: their timeline shows which of the two acted.
#[test]
fn a_user_called_root_is_told_from_root() {
    let timeline = |kinds: &[&str]| {
        let mut records = Vec::new();
        for (index, kind) in kinds.iter().enumerate() {
            records.push(serde_json::json!({
                "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin",
                "eventID": format!("00000000-0000-4000-8000-{index:012}"),
                "eventTime": format!("2026-11-18T08:0{index}:00Z"), "awsRegion": "us-east-1",
                "recipientAccountId": "111122223333", "sourceIPAddress": "192.0.2.1",
                "userIdentity": {"type": kind, "userName": "root"},
                "responseElements": {"ConsoleLogin": "Success"},
                "additionalEventData": {"MFAUsed": "Yes"}
            }));
        }
        let sandbox = Sandbox::new();
        sandbox.write("log.json", serde_json::json!({"Records": records}).to_string());
        let run = sandbox.run(["signins", "log.json", "--user", "root"]);
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let both = timeline(&["Root", "IAMUser"]);
    for says in ["success, by the root user,", "success, by an IAM user,"] {
        assert!(both.contains(says), "{both}");
    }
    let one = timeline(&["Root", "Root"]);
    assert!(!one.contains("by the root user"), "{one}");
}

#[test]
fn a_period_ends_after_it_begins() {
    for arguments in [["--last", "0d"], ["--user", ""]] {
        let run = signins(&arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}");
    }
    for from in ["2026-11-19", "2026-11-18"] {
        let run = signins(&["--from", from, "--to", "2026-11-18"]);
        assert_eq!(run.status, 2);
        assert!(
            run.stderr
                .contains("--to (2026-11-18 00:00 UTC) is not after --from"),
            "{}",
            run.stderr
        );
    }
    let run = signins(&["--last", "18h", "--to", "2026-11-19"]);
    assert!(!run.stdout.contains("SIGNED IN: nobody"), "it counts back from --to: {}", run.stdout);
}

#[test]
fn standard_input_is_read_as_files_are() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["signins", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"{\"Records\": [")
        .unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.status, 3);
    assert!(
        run.stdout
            .contains("standard input: the input ends in the middle"),
        "{}",
        run.stdout
    );
}

#[test]
fn hostile_names_stay_on_their_line() {
    let sandbox = Sandbox::new();
    let event = r#"{"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventID": "a",
        "eventTime": "2026-11-18T08:00:00Z", "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333", "responseElements": {"ConsoleLogin": "Failure"},
        "errorMessage": "x\u001b[2J\nSIGNED IN: 9 people",
        "userIdentity": {"type": "IAMUser", "userName": "ana\u202enimda"}}"#;
    sandbox.write("event.json", event);
    let run = sandbox.run(["signins", "event.json"]);
    // One event of one region proves nothing.
    assert_eq!(run.status, 3);
    assert!(run.stdout.contains(r"ana\u{202e}nimda"), "{}", run.stdout);
    assert_eq!(run.stdout.matches("\nSIGNED IN").count(), 1);
    let event = event.replace("\\u202e", "<b>");
    sandbox.write("event.json", event);
    let html = sandbox.run(["signins", "event.json", "-o", "html"]).stdout;
    assert!(html.contains("ana&#60;b&#62;nimda") && !html.contains("ana<b>"), "{html}");
}

/// What cannot be read says so for itself, and where to go.
#[test]
fn every_unreadable_file_has_its_own_cause() {
    let sandbox = Sandbox::new();
    sandbox.write("logs/cut.json", "{\"Records\": [");
    sandbox.write("logs/odd.csv", "Event ID,Event name\na\n");
    let run = sandbox.run(["signins", "logs", "--only", "root-console-sign-in"]);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("logs that could not be read: logs/"), "{text}");
    assert!(text.contains("logs/cut.json (the input ends in the middle"), "{text}");
    assert!(text.contains("logs/odd.csv (a row is not valid CSV"), "{text}");
    assert!(text.contains("Fetch the unreadable files again."), "{text}");
    assert!(!text.contains("ollect cloudtrail"), "{text}");
}

/// The CSV of the event history has no outcomes, in whichever copy.
#[test]
fn of_a_csv_the_form_is_named_that_has_outcomes() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "history.csv",
        "Event ID,Event name,Event time,Event source,AWS region,User name,Recipient Account Id\n\
         a,ConsoleLogin,2026-11-18T08:00:00Z,signin.amazonaws.com,us-east-1,root,111122223333\n",
    );
    let run = sandbox.run(["signins", "history.csv", "--only", "root-console-sign-in"]);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("CSV does not say how sign-ins ended: save the event history as JSON"),
        "{text}"
    );
    assert!(!text.contains("ollect cloudtrail"), "{text}");
}

#[test]
fn lookups_prove_what_they_read() {
    let sandbox = Sandbox::new();
    let lookup = r#"{"Events": [], "Lookups": [{"Account": "111122223333", "Region": "us-east-1",
        "From": "2026-11-18T00:00:00Z", "To": "2026-11-19T00:00:00Z"}]}"#;
    sandbox.write("history.json", lookup);
    let text = sandbox.run(["signins", "history.json"]).stdout;
    assert!(text.contains("lookups prove 2026-11-18 00:00:00"), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lacks = "refused AssumeRole and AssumeRoleWithSAML calls: not looked up, since CloudTrail cannot search by error";
    assert!(words.contains(lacks), "{text}");
    let of_one = sandbox
        .run(["signins", "history.json", "--user", "ana"])
        .stdout;
    let words = of_one.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("us-east-1. Lookups do not return refused AssumeRole calls."),
        "{of_one}"
    );
    assert!(!text.contains("digests prove 2026"), "{text}");
}

/// What `collect --signins` writes has a manifest, by which no file of it is a broken log.
#[test]
fn a_collected_directory_is_read_as_a_bundle() {
    let history = r#"{"Events": [], "Lookups": [{"Account": "111122223333", "Region": "us-east-1", "From": "2026-10-25T00:00:00Z", "To": "2026-11-01T00:00:00Z"}]}"#;
    let sandbox = crate::sandbox();
    sandbox.write("bundle/cloudtrail.json", history);
    let manifest = serde_json::json!({
        "schema": "portcullis/bundle/v1", "tool": "portcullis", "account": "111122223333",
        "partition": "aws", "collected_from": "2026-11-01T00:00:00Z",
        "collected_to": "2026-11-01T00:00:00Z", "gaps": [],
        "files": { "cloudtrail.json": {
            "sha256": "d6f931e530115e378b1a4350ebe2d4f401c8ee408ba9c22e5fc02d24fe0fc9c8",
            "collected_at": "2026-11-01T00:00:00Z",
        }},
    });
    sandbox.write("bundle/manifest.json", manifest.to_string());
    let only = ["--only", "root-console-sign-in", "-o", "json"];
    let path = sandbox.run(["signins", "bundle"].iter().chain(&only));
    let option = sandbox.run(["signins", "--bundle", "bundle"].iter().chain(&only));
    assert_eq!((path.status, &path.stdout), (option.status, &option.stdout), "{}", path.stderr);
    let coverage = &json(&path)["activity"][0]["coverage"];
    assert_eq!(coverage["gaps"], serde_json::json!([]));
    assert_eq!(coverage["regions"][0]["proved"][0]["from"], "2026-10-25T00:00:00Z");
    let shared = ["--shard", "1/2", "--from", "2026-10-01", "--to", "2026-11-01"];
    let run = sandbox.run(["signins", "bundle"].iter().chain(&shared));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("pass it with --bundle"), "{}", run.stderr);
}

/// What is not of CloudTrail is a mistake, not a time in which nobody signed in.
#[test]
fn a_wrong_path_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("empty.json", "");
    sandbox.write("notes.txt", "mine");
    sandbox.write("report.json", "{\"schema\": \"portcullis/report/v1\"}");
    std::fs::create_dir(sandbox.path("directory")).unwrap();
    for path in ["empty.json", "notes.txt", "report.json", "directory"] {
        let run = sandbox.run(["signins", path]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{path}");
        let says = format!("error: there is no CloudTrail event in {path}");
        assert!(run.stderr.starts_with(&says), "{}", run.stderr);
    }
    for (file, quiet) in [("none.json", "[]"), ("page.json", "{\"Events\": []}")] {
        sandbox.write(file, quiet);
        assert_eq!(sandbox.run(["signins", file]).status, 3, "{file}");
    }
}

#[test]
fn a_path_that_is_not_there_is_refused() {
    let run = Sandbox::new().run(["signins", "nowhere"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("cannot read nowhere"), "{}", run.stderr);
}

fn json(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
}

fn findings(report: &Json) -> Vec<Json> {
    report["findings"].as_array().unwrap().clone()
}

/// The verdicts by fingerprint, with the hash of the rule.
fn verdicts(report: &Json) -> BTreeMap<String, (Json, Json)> {
    let rules = report["rules"].as_array().unwrap();
    let hash = |id: &Json| rules.iter().find(|rule| rule["id"] == *id).unwrap()["hash"].clone();
    let verdict = |finding: &Json| {
        let id = finding["fingerprint"].as_str().unwrap().to_owned();
        (id, (finding["verdict"].clone(), hash(&finding["rule"])))
    };
    findings(report).iter().map(verdict).collect()
}

#[test]
fn posture_and_activity_are_judged_together() {
    let (leaky, logs) = (repository("examples/leaky"), repository("examples/trail/logs"));
    let sandbox = Sandbox::new();
    let alone = sandbox.run(["audit", &leaky, "-o", "json"]);
    let audit = sandbox.run(["audit", &leaky, "--trail", &logs, "-o", "json"]);
    let signins = sandbox.run(["signins", &logs, "--bundle", &leaky, "-o", "json"]);
    assert_eq!((alone.status, audit.status), (1, 1));
    assert_eq!(audit.stdout, signins.stdout);
    let report = json(&audit);
    let (before, after) = (verdicts(&json(&alone)), verdicts(&report));
    for (fingerprint, verdict) in &before {
        assert_eq!(after.get(fingerprint), Some(verdict));
    }
    let messages: Vec<String> = findings(&report)
        .iter()
        .map(|finding| format!("{} {}", finding["rule"], finding["message"]))
        .collect();
    for expected in [
        "\"half-enrolled-mfa\" \"user bilal.haddad",
        "last at 2026-11-18 08:13 UTC, from 192.0.2.23, error AccessDenied, EntityAlreadyExists\"",
        "\"root-recent-use\" \"root was used 1 hour ago (2026-11-18 08:20 UTC, password)",
        "\"root-sign-in-without-mfa\" ",
    ] {
        assert!(messages.iter().any(|message| message.contains(expected)), "{expected}");
    }
}

/// What root's key signs is a use of root, too.
#[test]
fn a_call_of_root_counts_as_use() {
    for (service, name) in [("iam", "CreateAccessKey"), ("ec2", "RunInstances")] {
        let run = audit_of_root_call(service, name, "");
        assert_eq!(run.status, 1, "{service}");
        let says = "root was used 12 hours ago (2026-10-31 12:00 UTC, access key)";
        assert!(run.stdout.contains(says), "{}", run.stdout);
        // A service that root had set to work acts for it.
        let run =
            audit_of_root_call(service, name, r#", "invokedBy": "autoscaling.amazonaws.com""#);
        assert_eq!(run.status, 0, "{service}");
    }
}

/// Judges an account in which root made that call; `identity` ends what is recorded of it.
fn audit_of_root_call(service: &str, name: &str, identity: &str) -> Run {
    let sandbox = crate::sandbox();
    let event = format!(
        r#"{{"eventSource": "{service}.amazonaws.com", "eventName": "{name}", "eventID": "a",
        "eventTime": "2026-10-31T12:00:00Z", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1",
        "recipientAccountId": "111122223333",
        "userIdentity": {{"type": "Root", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"{identity}}}}}"#
    );
    sandbox.write("bundle/cloudtrail.json", format!("{{\"Records\": [{event}]}}"));
    sandbox.run(crate::audit(&["--only", "root-recent-use"]))
}

/// An account or a region that was asked for and is nowhere in the logs leaves rules open.
#[test]
fn what_is_asked_for_and_not_read_is_said() {
    let logs = repository("examples/trail/logs");
    let sandbox = Sandbox::new();
    let known = ["--account", "111122223333"];
    for (asked, named) in
        [(["--account", "999988887777"], "999988887777"), (["--region", "us-east-9"], "us-east-9")]
    {
        let arguments = [&["signins", logs.as_str()][..], &known, &asked].concat();
        let run = sandbox.run([&arguments[..], &["--region", "us-east-1"]].concat());
        assert!(run.stdout.contains(named), "{}", run.stdout);
    }
}

/// A bundle of alice and bob in which root was never used, with a sign-in of root.
fn bundle_with_history(outcome: &str) -> Sandbox {
    let sandbox = crate::sandbox();
    let event = r#"{"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventID": "a",
        "eventTime": "2026-10-31T12:00:00Z", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1",
        "recipientAccountId": "111122223333", "responseElements": {"ConsoleLogin": "OUTCOME"},
        "userIdentity": {"type": "Root"}, "additionalEventData": {"MFAUsed": "Yes"}}"#;
    let event = event.replace("OUTCOME", outcome);
    sandbox.write("bundle/cloudtrail.json", format!("{{\"Records\": [{event}]}}"));
    sandbox
}

#[test]
fn what_root_did_counts_against_root_alone() {
    let used = |sandbox: &Sandbox| {
        let run = sandbox.run(crate::audit(&["--only", "root-recent-use"]));
        (run.status, run.stdout)
    };
    assert_eq!(used(&crate::sandbox()).0, 0, "no log was read");
    assert_eq!(used(&bundle_with_history("Failure")).0, 0, "root did not get in");
    let (status, table) = used(&bundle_with_history("Success"));
    assert_eq!(status, 1);
    assert!(
        table.contains("root was used 12 hours ago (2026-10-31 12:00 UTC, password)"),
        "{table}"
    );
    // Nobody else has used their password since.
    let run = bundle_with_history("Success").run(crate::audit(&["--only", "unused-password"]));
    assert_eq!(run.status, 0, "{}", run.stdout);
}

#[test]
fn a_history_that_cannot_be_read_leaves_its_rules_unknown() {
    let sandbox = crate::sandbox();
    sandbox.write("bundle/cloudtrail.json", "");
    let run = sandbox.run(crate::audit(&["--only", "root-console-sign-in"]));
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert!(run.stdout.contains("cloudtrail.json is empty"), "{}", run.stdout);
}

#[test]
fn logs_of_other_accounts_are_not_judged_by_this_bundle() {
    let sandbox = bundle_with_history("Success");
    let other = r#"{"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventID": "b",
        "eventTime": "2026-10-31T12:00:00Z", "awsRegion": "us-east-1",
        "recipientAccountId": "444455556666", "responseElements": {"ConsoleLogin": "Success"},
        "userIdentity": {"type": "Root"}}"#;
    sandbox.write("other.json", other);
    let run = sandbox.run(crate::audit(&["--trail", "other.json", "-o", "json"]));
    assert!(run.stderr.contains("of 1 other account was not judged"), "{}", run.stderr);
    assert!(
        findings(&json(&run))
            .iter()
            .all(|finding| finding["account"] == "111122223333")
    );
    let report = json(&sandbox.run(["signins", "other.json", "--bundle", "bundle", "-o", "json"]));
    assert_eq!(report["activity"][0]["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(report["accounts"].as_array().unwrap().len(), 1);
}

/// Root signed in at 08:20 and bilal at 08:10; nothing of that is undone by looking later.
#[test]
fn an_old_sign_in_is_gone_and_not_fixed() {
    let (logs, sandbox) = (repository("examples/trail/logs"), Sandbox::new());
    let read = |name: &str, more: &[&str]| {
        let rules = ["--only", "root-console-sign-in,user-sign-in-without-mfa"];
        let output = ["-o", &format!("json={name}")];
        let run = sandbox.run(
            ["signins", &logs]
                .iter()
                .chain(&rules)
                .chain(more)
                .chain(&output),
        );
        assert_ne!(run.status, 2, "{}", run.stderr);
    };
    read("all.json", &[]);
    read("later.json", &["--from", "2026-11-18T08:15:00Z"]);
    read("ana.json", &["--user", "ana.silva"]);
    read("north.json", &["--region", "eu-north-1"]);
    let changes = |new: &str| -> Vec<String> {
        let run = sandbox.run(["diff", "all.json", new, "-o", "json", "-o", "jsonl=steps"]);
        let steps = std::fs::read_to_string(sandbox.path("steps")).unwrap();
        assert_eq!(steps, "", "no ticket is resolved");
        let diff = json(&run);
        let entries = diff["entries"].as_array().unwrap();
        entries
            .iter()
            .filter(|it| it["resource"]["kind"] != "account")
            .map(|it| format!("{} {} {}", it["rule"], it["change"], it["reason"]))
            .collect()
    };
    let why = "\"gone\" \"the records read do not show it this time\"";
    assert_eq!(changes("later.json"), [format!("\"user-sign-in-without-mfa\" {why}")]);
    let both = ["root-console-sign-in", "user-sign-in-without-mfa"];
    for narrowed in ["ana.json", "north.json"] {
        assert_eq!(changes(narrowed), both.map(|rule| format!("\"{rule}\" {why}")));
    }
    assert_eq!(changes("all.json"), [""; 0]);
}

/// What `examples/trail/athena.sql` writes: fields that are null or not asked for, keys in another order, and
/// of an answer nothing but the outcome.
#[test]
fn lines_of_athena_are_read() {
    let lines = [
        r#"{"additionalEventData":{"LoginTo":"https://console.aws.amazon.com/","MFAUsed":"No","MobileVersion":"No"},"awsRegion":"us-east-1","errorCode":null,"errorMessage":null,"eventCategory":"Management","eventID":"00000000-0000-4000-8000-000000000001","eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","eventTime":"2026-11-18T08:20:00Z","eventType":"AwsConsoleSignIn","recipientAccountId":"111122223333","requestParameters":null,"responseElements":{"ConsoleLogin":"Success"},"serviceEventDetails":null,"sourceIPAddress":"192.0.2.1","userAgent":"Mozilla/5.0","userIdentity":{"accessKeyId":"","accountId":"111122223333","arn":"arn:aws:iam::111122223333:root","onBehalfOf":{"userId":null},"principalId":"111122223333","type":"Root","userName":null}}"#,
        r#"{"additionalEventData":null,"awsRegion":"us-east-1","errorCode":"EntityAlreadyExistsException","errorMessage":"MFADevice entity at the same path and name already exists.","eventCategory":"Management","eventID":"00000000-0000-4000-8000-000000000002","eventName":"CreateVirtualMFADevice","eventSource":"iam.amazonaws.com","eventTime":"2026-11-18T08:21:00Z","eventType":"AwsApiCall","recipientAccountId":"111122223333","requestParameters":{"path":"/","virtualMFADeviceName":"ana"},"responseElements":{"CreateVirtualMFADevice":null},"serviceEventDetails":null,"sourceIPAddress":"192.0.2.1","userAgent":"Mozilla/5.0","userIdentity":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/ana","onBehalfOf":{"userId":null},"principalId":"AIDACKCEVSQ6C2EXAMPLE","type":"IAMUser","userName":"ana"}}"#,
    ];
    let sandbox = Sandbox::new();
    sandbox.write("part", lines.join("\n"));
    let report = json(&sandbox.run(["signins", "part", "-o", "json"]));
    let attempts = report["activity"][0]["attempts"].as_array().unwrap();
    let said: Vec<String> = attempts
        .iter()
        .map(|it| format!("{} {} {}", it["purpose"], it["outcome"], it["mfa"]))
        .collect();
    assert_eq!(said, [r#""sign_in" "success" "not_used""#, r#""mfa_enrolment" "failure" null"#]);
    let failed: Vec<Json> = findings(&report)
        .iter()
        .filter(|finding| finding["verdict"] == "fail")
        .map(|finding| finding["rule"].clone())
        .collect();
    assert_eq!(failed, ["root-sign-in-without-mfa", "root-console-sign-in"]);
    // That nothing else was recorded proves nothing.
    assert!(
        findings(&report)
            .iter()
            .any(|finding| finding["verdict"] == "unknown")
    );
}

/// Whatever the reader takes of a service, the query asks for.
#[test]
fn the_query_for_athena_asks_for_every_service() {
    let query = std::fs::read_to_string(repository("examples/trail/athena.sql")).unwrap();
    for service in ["signin", "sso", "sso-directory", "iam", "account", "sts"] {
        assert!(query.contains(&format!("'{service}.amazonaws.com'")), "{service}");
    }
}

/// A log file of a day on which root signed in, and somebody failed to, in that account.
fn day_of(account: &str) -> String {
    let event = |id: &str, minute: u32, kind: &str, outcome: &str| {
        format!(
            r#"{{"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin",
            "eventID": "{account}-{id}", "eventTime": "2026-11-18T08:{minute:02}:00Z",
            "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1",
            "recipientAccountId": "{account}", "responseElements": {{"ConsoleLogin": "{outcome}"}},
            "userIdentity": {{"type": "{kind}", "userName": "ana"}},
            "additionalEventData": {{"MFAUsed": "No"}}}}"#
        )
    };
    let mut events = vec![event("root", 0, "Root", "Success")];
    // As many as `sign-in-attempts-many` takes for an attack, in two files.
    events.extend((1..12).map(|minute| event(&minute.to_string(), minute, "IAMUser", "Failure")));
    format!("{{\"Records\": [{}]}}", events.join(","))
}

#[test]
fn shares_join_to_what_one_run_finds() {
    let sandbox = Sandbox::new();
    for account in ["111122223333", "444455556666", "777788889999"] {
        let name = format!("logs/{account}/{account}_CloudTrail_us-east-1_20261118T0900Z_a.json");
        sandbox.write(&name, day_of(account));
    }
    let period = ["--from", "2026-11-18", "--to", "2026-11-19"];
    let run = |more: &[&str]| {
        let run = sandbox.run(["signins", "logs"].iter().chain(&period).chain(more));
        assert_ne!(run.status, 2, "{}", run.stderr);
        run
    };
    let whole = json(&run(&["-o", "json"]));
    let shares = ["1/4", "2/4", "3/4", "4/4"];
    for share in shares {
        run(&["--shard", share, "-o", "json=share-{shard}.json"]);
    }
    let files = ["1", "2", "3", "4"].map(|index| format!("share-{index}.json"));
    let lacking = sandbox.run(["merge", "share-1.json", "share-4.json"]);
    assert_eq!(lacking.status, 3);
    let warning = "warning: reports for some shares of the accounts are missing: 2/4, 3/4\n";
    assert_eq!(lacking.stderr, warning);
    sandbox.write("lacking.json", &lacking.stdout);
    for command in ["merge", "report"] {
        let formats =
            ["-o", "csv", "-o", "jsonl=lines", "-o", "gitlab=code", "-o", "asff=findings"];
        let told = sandbox.run([&[command, "lacking.json"], &formats[..]].concat());
        assert_eq!(told.stderr, warning, "{command}");
        assert_eq!(told.status, if command == "merge" { 3 } else { 0 });
    }
    let loosened = &json(&lacking)["run"]["loosened"][0];
    assert_eq!(loosened["kind"], "missing_shares");
    let day = ["signins", "logs", "--from", "2026-11-18", "--to", "2026-11-20", "--shard", "4/4"];
    sandbox.run(day.iter().chain(&["-o", "json=other.json"]));
    let differing =
        sandbox.run(["merge", "share-1.json", "share-2.json", "share-3.json", "other.json"]);
    let warning = "warning: the shares of the accounts cover different periods\n";
    assert_eq!((differing.status, differing.stderr.as_str()), (3, warning));
    let merged = sandbox.run(["merge".to_owned()].iter().chain(&files));
    assert_eq!((merged.status, merged.stderr.as_str()), (0, ""));
    let merged = json(&merged);
    assert_eq!(merged["run"], whole["run"]);
    for part in ["accounts", "findings", "rules", "options", "tool"] {
        assert_eq!(merged[part], whole[part], "{part}");
    }
    let attempts = |report: &Json| -> usize {
        let runs = report["activity"].as_array().unwrap();
        runs.iter()
            .map(|run| run["attempts"].as_array().unwrap().len())
            .sum()
    };
    assert_eq!((attempts(&merged), attempts(&whole)), (36, 36));
    assert!(
        whole["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["rule"] == "sign-in-attempts-many")
    );
}

#[test]
fn a_share_is_chosen_by_the_number_of_the_job() {
    let sandbox = Sandbox::new();
    for account in ["111122223333", "111122223334"] {
        let name = format!("logs/{account}_CloudTrail_us-east-1_20261118T0900Z_a.json");
        sandbox.write(&name, day_of(account));
    }
    let arguments =
        "signins logs --from 2026-11-18 --to 2026-11-19 --shards 2 -o json=of-{shard}.json";
    for variable in ["AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"] {
        let mut command = sandbox.command(arguments.split(' '));
        let run = Run::from(command.env(variable, "1").output().unwrap());
        assert_eq!(run.status, 1, "{}", run.stderr);
        // The second of two shares has the odd ids.
        let text = std::fs::read_to_string(sandbox.path("of-2.json")).unwrap();
        let report: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(report["accounts"].as_array().unwrap().len(), 1);
        assert_eq!(report["accounts"][0]["id"], "111122223333");
    }
    let run = sandbox.run(arguments.split(' '));
    assert_eq!(run.status, 2);
    assert!(
        run.stderr
            .contains("nothing says which share --shards should take"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_share_needs_names_and_a_period() {
    let sandbox = Sandbox::new();
    sandbox.write("logs/saved.json", day_of("111122223333"));
    let period = ["--from", "2026-11-18", "--to", "2026-11-19"];
    let run = sandbox.run(["signins", "logs", "--shard", "1/2"].iter().chain(&period));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("saved.json does not begin with the id"), "{}", run.stderr);
    let run = sandbox.run(["signins", "logs", "--shard", "1/2"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("--from"), "{}", run.stderr);
}

/// Alice and bob have a password, bob also MFA; carl has none, and dora has a newer one than at her attempt.
fn bundle_of_four(sandbox: &Sandbox, made: &str) {
    let carl = crate::user("carl", false)
        .replace(",true,2026-10-30T00:00:00Z,2026-01-01T00:00:00Z", ",false,N/A,N/A");
    let dora = crate::user("dora", false).replace(
        "2026-10-30T00:00:00Z,2026-01-01T00:00:00Z",
        "2026-10-30T00:00:00Z,2026-10-31T13:00:00Z",
    );
    let (alice, bob) = (crate::user("alice", false), crate::user("bob", true));
    let content = BASE64_STANDARD.encode(crate::credential_report(&[&alice, &bob, &carl, &dora]));
    let report = serde_json::json!({"Content": content, "GeneratedTime": made});
    sandbox.write("bundle/credential-report.json", report.to_string());
}

/// That the console refused the user's password, with other facts.
fn refused_password(user: &str, more: &Json) -> Json {
    let mut event = serde_json::json!({
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "eventID": user,
        "eventTime": "2026-10-31T12:00:00Z", "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333", "sourceIPAddress": "192.0.2.10",
        "responseElements": {"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication",
        "additionalEventData": {"MFAUsed": "No"},
        "userIdentity": {"type": "IAMUser", "userName": user},
    });
    for (field, value) in more.as_object().unwrap() {
        event[field] = value.clone();
    }
    event
}

/// When something of no interest happened, so that the log reaches from the first to the last.
const READ: [&str; 4] = [
    "2026-10-30T11:30:00Z",
    "2026-10-31T11:00:00Z",
    "2026-11-01T11:00:00Z",
    "2026-11-01T12:30:00Z",
];

/// The likelihood and cause of each person's failures, by name, where that region was read throughout.
fn causes_where(
    sandbox: &Sandbox,
    region: &str,
    records: &[Json],
    arguments: &[&str],
) -> BTreeMap<String, String> {
    let mut records = records.to_vec();
    for time in READ {
        let other = serde_json::json!({
            "eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "eventID": time,
            "eventTime": time, "awsRegion": region, "recipientAccountId": "111122223333",
        });
        records.push(other);
    }
    sandbox.write("log.json", serde_json::json!({ "Records": records }).to_string());
    let report = json(&sandbox.run(arguments.iter().chain(&["-o", "json"])));
    let mut causes = BTreeMap::new();
    for row in report["activity"][0]["locked_out"].as_array().unwrap() {
        let name = row["person"]["name"].as_str().unwrap().to_owned();
        let words = ["likelihood", "cause"].map(|key| row["diagnosis"][key].as_str().unwrap());
        causes.insert(name, words.join(": "));
    }
    causes
}

fn causes(sandbox: &Sandbox, records: &[Json], arguments: &[&str]) -> BTreeMap<String, String> {
    causes_where(sandbox, "us-east-1", records, arguments)
}

/// A wrong password is certain of a user who has one and nothing else, as the bundle says.
#[test]
fn a_bundle_makes_surer_why_a_password_was_refused() {
    let sandbox = Sandbox::new();
    bundle_of_four(&sandbox, "2026-10-31T13:00:00Z");
    let tries =
        ["Alice", "bob", "carl", "dora"].map(|user| refused_password(user, &serde_json::json!({})));
    let wrong = "The password was wrong. No second factor was asked for";
    let expected = [
        ("Alice", format!("certain: {wrong}, and the user had none as of 2026-10-31.")),
        ("bob", format!("likely: {wrong}.")),
        (
            "carl",
            "likely: The user had no console password as of 2026-10-31, so no password can work."
                .to_owned(),
        ),
        ("dora", format!("likely: {wrong}. The password has been changed since.")),
    ];
    let expected = BTreeMap::from(expected.map(|(name, says)| (name.to_owned(), says)));
    let signins = ["signins", "log.json", "--bundle", "bundle"];
    assert_eq!(causes(&sandbox, &tries, &signins), expected);
    let audit = ["audit", "bundle", "--trail", "log.json"];
    assert_eq!(causes(&sandbox, &tries, &audit), expected);
    let policy = r#"{"PasswordPolicy": {"MinimumPasswordLength": 14, "RequireSymbols": true,
        "RequireNumbers": true, "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true,
        "AllowUsersToChangePassword": true, "ExpirePasswords": true, "MaxPasswordAge": 90,
        "HardExpiry": true}}"#;
    sandbox.write("bundle/account-password-policy.json", policy);
    let alice = &causes(&sandbox, &tries, &signins)["Alice"];
    assert!(alice.starts_with("likely: The password has expired, and as of 2026-10-31"), "{alice}");
}

/// What a bundle shows holds for its date.
#[test]
fn a_bundle_of_another_time_makes_nothing_certain() {
    let sandbox = Sandbox::new();
    let alice = |made: &str, events: &[Json]| {
        bundle_of_four(&sandbox, made);
        let tried = refused_password("alice", &serde_json::json!({}));
        let records = [&[tried], events].concat();
        let found = causes(&sandbox, &records, &["signins", "log.json", "--bundle", "bundle"]);
        found["alice"].clone()
    };
    let wrong = "The password was wrong. No second factor was asked for";
    for (made, likelihood) in [
        ("2026-11-01T12:30:00Z", "certain"),
        ("2026-11-01T12:30:01Z", "likely"),
        ("2026-10-30T11:30:00Z", "certain"),
        ("2026-10-30T11:29:59Z", "likely"),
    ] {
        let day = &made[..10];
        let expected = format!("{likelihood}: {wrong}, and the user had none as of {day}.");
        assert_eq!(alice(made, &[]), expected);
    }
    let event = |name: &str, time: &str, more: &Json| {
        let mut event = serde_json::json!({
            "eventSource": "iam.amazonaws.com", "eventName": name, "eventTime": time,
            "eventID": "changed", "errorMessage": null, "requestParameters": {"userName": "Alice"},
        });
        for (field, value) in more.as_object().unwrap() {
            event[field] = value.clone();
        }
        refused_password("bob", &event)
    };
    let nothing = serde_json::json!({});
    let (before, after) = ("2026-10-31T11:00:00Z", "2026-10-31T13:00:00Z");
    // She may have had a device when she tried, or at other times than the bundle.
    for (made, name, time) in [
        (after, "DeactivateMFADevice", "2026-10-31T12:30:00Z"),
        (before, "EnableMFADevice", "2026-10-31T11:30:00Z"),
    ] {
        let changed = event(name, time, &nothing);
        assert_eq!(alice(made, &[changed]), format!("likely: {wrong}."));
        let by_ben =
            event(name, time, &serde_json::json!({"requestParameters": {"userName": "ben"}}));
        assert!(alice(made, &[by_ben]).starts_with("certain"));
        let refused = event(name, time, &serde_json::json!({"errorCode": "AccessDenied"}));
        assert!(alice(made, &[refused]).starts_with("certain"));
    }
    let later = event("DeactivateMFADevice", "2026-10-31T13:30:00Z", &nothing);
    assert!(alice(after, &[later]).starts_with("certain"), "the bundle is older");
}

/// IAM records changes of users in one region, in whichever people sign in.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>
#[test]
fn what_iam_may_have_changed_unseen_makes_nothing_certain() {
    let sandbox = Sandbox::new();
    bundle_of_four(&sandbox, "2026-10-31T13:00:00Z");
    let tried = refused_password("alice", &serde_json::json!({"awsRegion": "eu-north-1"}));
    let signins = ["signins", "log.json", "--bundle", "bundle"];
    let until_noon = [&signins[..], &["--to", "2026-10-31T12:30:00Z"]].concat();
    for (region, arguments, likelihood) in [
        ("us-east-1", &signins[..], "certain"),
        ("eu-north-1", &signins, "likely"),
        ("us-east-1", &until_noon, "likely"),
    ] {
        let causes = causes_where(&sandbox, region, std::slice::from_ref(&tried), arguments);
        assert!(causes["alice"].starts_with(likelihood), "{region}: {}", causes["alice"]);
    }
}

/// Of several devices, nothing says which one showed the code.
#[test]
fn commands_name_the_only_device_that_the_bundle_shows() {
    let sandbox = Sandbox::new();
    bundle_of_four(&sandbox, "2026-10-31T13:00:00Z");
    let more = serde_json::json!({"additionalEventData": {"MFAUsed": "Yes"}});
    let log = serde_json::json!({"Records": [refused_password("bob", &more)]});
    sandbox.write("log.json", log.to_string());
    for (names, serial) in [
        (&["bob"][..], "arn:aws:iam::111122223333:mfa/bob "),
        (&["bob", "phones/bob"], "DEVICE-ARN "),
    ] {
        let mut devices = Vec::new();
        for name in names {
            devices.push(serde_json::json!({
                "UserName": "bob", "EnableDate": "2026-02-01T00:00:00Z",
                "SerialNumber": format!("arn:aws:iam::111122223333:mfa/{name}"),
            }));
        }
        let listed = serde_json::json!({"MFADevices": devices, "Users": ["bob"]});
        sandbox.write("bundle/mfa-devices.json", listed.to_string());
        let text = sandbox
            .run(["signins", "log.json", "--bundle", "bundle"])
            .stdout;
        assert!(text.contains(&format!("--user-name bob --serial-number {serial}")), "{text}");
    }
}

/// The report has no ids, but the list of users has: a namesake has another password.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
#[test]
fn a_bundle_says_nothing_of_an_earlier_user_of_the_name() {
    let sandbox = Sandbox::new();
    bundle_of_four(&sandbox, "2026-10-31T13:00:00Z");
    let users = ["alice", "bob", "carl", "dora"].map(|name| {
        serde_json::json!({
            "UserName": name, "UserId": format!("AIDAEXAMPLE{}", name.to_uppercase()), "Path": "/",
            "Arn": format!("arn:aws:iam::111122223333:user/{name}"),
            "CreateDate": "2026-01-01T00:00:00Z",
            "GroupList": [], "AttachedManagedPolicies": [],
        })
    });
    let details = serde_json::json!({
        "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": [],
    });
    sandbox.write("bundle/account-authorization-details.json", details.to_string());
    let cause = |id: &str| {
        let identity = serde_json::json!({"userIdentity": {
            "type": "IAMUser", "userName": "alice", "principalId": id,
        }});
        let tried = refused_password("alice", &identity);
        causes(&sandbox, &[tried], &["signins", "log.json", "--bundle", "bundle"])["alice"].clone()
    };
    assert!(cause("AIDAEXAMPLEALICE").starts_with("certain"));
    assert_eq!(
        cause("AIDAEXAMPLEEARLIER"),
        "likely: The password was wrong. No second factor was asked for."
    );
}
