//! Many accounts in one run: each that goes in comes out with a status, whatever happens to the others.

use std::collections::BTreeMap;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use portcullis_model::{AccountStatus, AuditedAccount, Source};
use serde_json::{Value as Json, json};

use crate::emulator::{FLEET, Lane, report};
use crate::support::Run;

const ORG: [&str; 4] = ["--org", "--role-name", "portcullis", "--quick"];
/// See `tests/emulator/fleet.py`.
const SUSPENDED: &str = "777700000002";
const DENIED: &str = "777700000004";
const THROTTLED: &str = "777700000005";
const HANGING: &str = "777700000006";

fn id(number: usize) -> String {
    format!("7777{number:08}")
}

fn run(lane: &Lane, arguments: &[&[&str]]) -> Run {
    lane.run(&arguments.concat())
}

/// The report without what differs from run to run.
fn timeless(text: &str) -> Json {
    let mut report: Json = serde_json::from_str(text).unwrap();
    for account in report["accounts"].as_array_mut().unwrap() {
        let account = account.as_object_mut().unwrap();
        account.retain(|field, _| !field.starts_with("collected_"));
        let id = account["id"].as_str().unwrap();
        // Which of its calls were abandoned at the deadline, and which before.
        let is_cut_short = [THROTTLED, HANGING].contains(&id);
        for gap in account["gaps"].as_array_mut().unwrap() {
            let gap = gap.as_object_mut().unwrap();
            gap.retain(|field, _| field == "source" || !is_cut_short && field != "at");
        }
    }
    for finding in report["findings"].as_array_mut().unwrap() {
        // When each source spoke of root.
        for claim in finding["evidence"]["root.claims"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            claim.as_object_mut().unwrap().remove("at");
        }
    }
    report
}

/// Fails if one is not the other, and shows the first place where they differ.
#[track_caller]
fn assert_same(one: &Json, other: &Json, place: &str) {
    match (one, other) {
        (Json::Object(fields), Json::Object(others)) if fields.keys().eq(others.keys()) => {
            for (name, value) in fields {
                assert_same(value, &others[name], &format!("{place}.{name}"));
            }
        }
        (Json::Array(items), Json::Array(others)) if items.len() == others.len() => {
            for (number, (item, other)) in items.iter().zip(others).enumerate() {
                assert_same(item, other, &format!("{place}[{number}]"));
            }
        }
        _ => assert_eq!(one, other, "{place}"),
    }
}

/// A file that lists those accounts, and its name.
fn list(lane: &Lane, accounts: &[String]) -> String {
    let path = lane.path("accounts.csv");
    let lines: Vec<String> = accounts
        .iter()
        .map(|id| format!("{id},name of {id}\n"))
        .collect();
    let lines = lines.concat();
    fs::write(&path, format!("id,name\n{lines}")).unwrap();
    path
}

/// An audit of the organization by so many jobs. On a busy machine an account that answers may take longer
/// than the deadline; then there is another run with more time.
fn run_in_time(lane: &Lane, jobs: &str) -> Run {
    let lines = format!("jsonl={}", lane.path("lines"));
    let audit = |deadline| {
        let audit = ["audit", "-o", "json", "--as-of", "2030-01-01", "--deadline", deadline];
        run(lane, &[&audit, &ORG, &["--jobs", jobs, "-o", &lines]])
    };
    let cut_short = [AccountStatus::TimedOut, AccountStatus::Incomplete];
    let is_late =
        |account: &AuditedAccount| account.id != HANGING && cut_short.contains(&account.status);
    let quick = audit("15");
    let run = if report(&quick).accounts.iter().any(is_late) {
        audit("120")
    } else {
        quick
    };
    assert_lines(lane, &run);
    run
}

/// The lines that came out one account after the other are those of the report.
#[track_caller]
fn assert_lines(lane: &Lane, run: &Run) {
    let saved = lane.path("report.json");
    fs::write(&saved, &run.stdout).unwrap();
    let at_the_end = lane.run(&["report", &saved, "-o", "jsonl"]).stdout;
    let streamed = fs::read_to_string(lane.path("lines")).unwrap();
    let lines = [at_the_end, streamed];
    let [at_the_end, streamed] = lines.each_ref().map(|text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines
    });
    assert!(at_the_end == streamed && !streamed.is_empty());
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn every_account_has_a_status_and_the_others_are_judged() {
    let lane = Lane::of(FLEET);
    lane.inject(&json!({
        format!("AssumeRole@{DENIED}"): {"kind": "AccessDenied"},
        format!("*@{THROTTLED}"): {"kind": "Throttling"},
        format!("*@{HANGING}"): {"kind": "Hang"},
    }));
    let runs = ["1", "4", "32"].map(|jobs| run_in_time(&lane, jobs));
    let expected = BTreeMap::from([
        (SUSPENDED, AccountStatus::Suspended),
        (DENIED, AccountStatus::Denied),
        (THROTTLED, AccountStatus::Throttled),
        (HANGING, AccountStatus::TimedOut),
    ]);
    for run in &runs {
        assert_eq!(run.status, 1, "{}", run.stderr);
        assert!(
            run.stderr
                .contains("accounts: 46 collected, 1 denied, 1 suspended"),
            "{run:?}"
        );
        let report = report(run);
        assert_eq!(report.accounts.len(), 50);
        for account in &report.accounts {
            match expected.get(account.id.as_str()) {
                Some(status) => {
                    assert_eq!(account.status, *status, "{account:?}");
                    assert!(account.tallies.is_empty() && !account.gaps.is_empty());
                }
                None => assert!(account.status.is_judged(), "{account:?}"),
            }
        }
        assert_eq!(report.accounts[4].name.as_deref(), Some("team-5"));
        let failing = report
            .findings
            .iter()
            .filter(|f| f.rule == "console-user-without-mfa");
        assert_eq!(failing.count(), 46);
        let strangers = report
            .findings
            .iter()
            .find(|f| f.rule.starts_with("foreign-trust"));
        assert_eq!(strangers, None, "accounts of one organization");
    }
    let [one, four, many] = runs.map(|run| timeless(&run.stdout));
    assert_same(&one, &four, "1 or 4 jobs");
    assert_same(&four, &many, "4 or 32 jobs");
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_role_that_cannot_be_assumed_for_now_says_why() {
    let lane = Lane::of(FLEET);
    lane.inject(&json!({
        format!("AssumeRole@{DENIED}"): {"kind": "Throttling", "times": 2},
        format!("AssumeRole@{THROTTLED}"): {"kind": "Throttling"},
        format!("AssumeRole@{HANGING}"): {"kind": "Hang"},
    }));
    let accounts = list(&lane, &[DENIED, THROTTLED, HANGING].map(str::to_owned));
    let audit = ["audit", "-o", "json", "--accounts", &accounts, "--role-name", "portcullis"];
    // Enough for an account that answers, however busy the machine is; the others have limits of their own.
    let all = report(&run(&lane, &[&audit, &["--deadline", "600"]])).accounts;
    let found = all
        .iter()
        .map(|account| (account.status, account.gaps.first().map(|gap| &*gap.code)));
    let expected = [
        // The third attempt is answered.
        (AccountStatus::Complete, None),
        (AccountStatus::Throttled, Some("Throttling")),
        (AccountStatus::TimedOut, Some("Timeout")),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);

    let role = format!("arn:aws:iam::{THROTTLED}:role/portcullis");
    // A busy machine may not answer at all within the seconds that this has.
    let mut runs = (0..10).map(|_| lane.run(&["audit", "--role-arn", &role]));
    let one = runs
        .find(|run| run.stderr.contains(" (Throttling)"))
        .expect("AWS throttles it");
    assert_eq!(one.status, 2);
    let says = one.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(says.contains("try again in a few"), "{one:?}");
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn bundles_of_a_run_are_judged_alike_and_a_run_goes_on_where_it_stopped() {
    let lane = Lane::of(FLEET);
    let ids = [id(1), id(3), id(7), id(8)];
    let listed = list(&lane, &ids);
    let audit = ["audit", "-o", "json", "--accounts", &listed];
    let roles = ["--role-name", "portcullis"];
    let directory = lane.path("bundles");
    lane.fail(&format!("AssumeRole@{}", ids[2]), "AccessDenied");
    let first = run(&lane, &[&audit, &roles, &["--collect-to", &directory]]);
    assert_eq!(first.status, 1, "{}", first.stderr);

    let bundles: Vec<String> = ids.iter().map(|id| format!("{directory}/{id}")).collect();
    let bundles: Vec<&str> = bundles.iter().map(String::as_str).collect();
    let offline = run(&lane, &[&audit, &bundles]);
    for (live, offline) in first.stdout.lines().zip(offline.stdout.lines()) {
        assert_eq!(live, offline);
    }
    assert!((offline.status, offline.stdout) == (first.status, first.stdout));

    lane.inject(&json!({}));
    let before = lane.calls()["sts:AssumeRole"];
    let second = run(&lane, &[&audit, &roles, &["--resume", &directory]]);
    assert_eq!(lane.calls()["sts:AssumeRole"], before + 1, "only the one that was denied");
    assert!(second.stderr.contains("accounts: 4 collected"), "{}", second.stderr);
}

/// The accounts for which a session as root was listed.
fn root_sessions(run: &Run) -> Vec<&str> {
    let lines = run.stderr.lines();
    let mut accounts: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("note: root session in account "))
        .filter_map(|rest| rest.split_once(": access key ASIA"))
        .map(|(account, _)| account)
        .collect();
    accounts.sort_unstable();
    accounts
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn root_of_members_is_looked_at_on_request() {
    let lane = Lane::of(FLEET);
    let ids = [1, 3, 8, 9].map(id);
    let listed = list(&lane, &ids);
    let audit = ["audit", "-o", "json", "--include", "pass", "--accounts", &listed];
    let roles = ["--role-name", "portcullis"];
    run(&lane, &[&audit, &roles]);
    assert!(!lane.calls().contains_key("sts:AssumeRoot"), "it was not requested");

    let directory = lane.path("bundles");
    let live = run(&lane, &[&audit, &roles, &["--assume-root", "--collect-to", &directory, "-v"]]);
    assert!(
        live.stderr
            .starts_with("warning: --assume-root opens a root session"),
        "{live:?}"
    );
    // Not the management account, and not the one whose root has nothing.
    assert_eq!(root_sessions(&live), [&ids[1], &ids[2]], "{}", live.stderr);
    assert_eq!(lane.calls()["sts:AssumeRoot"], 2);
    // The emulator counts attempts, of which a busy machine makes more; the log has a line for each call.
    let asked = live
        .stderr
        .lines()
        .filter(|line| line.contains("GetAccessKeyLastUsed"));
    assert_eq!(asked.count(), 1, "{}", live.stderr);

    let report = report(&live);
    let found = |rule: &str, account: usize| {
        let root = format!("arn:aws:iam::{}:root", ids[account]);
        report
            .findings
            .iter()
            .find(|f| f.rule == rule && f.resource.id == root)
            .unwrap()
    };
    for (account, inferred) in [(0, true), (1, false), (2, false)] {
        let message = &found("root-without-hardware-mfa", account).message;
        assert_eq!(message.contains("inferred"), inferred, "{message}");
    }
    let key = serde_json::to_value(found("root-access-key", 2)).unwrap();
    let key = key["evidence"]["root.access_keys"][0].clone();
    assert_eq!((&key["active"], &key["last_used_service"]), (&json!(true), &json!("s3")));
    let used = &found("root-recent-use", 2).message;
    assert!(used.contains(", access key)"), "{used}");

    let bundles: Vec<String> = ids.iter().map(|id| format!("{directory}/{id}")).collect();
    let bundles: Vec<&str> = bundles.iter().map(String::as_str).collect();
    let offline = run(&lane, &[&audit, &bundles]);
    assert!(offline.stdout == live.stdout);
    for bundle in &bundles {
        assert_eq!(lane.run(&["verify", bundle]).status, 0);
    }
    // The bundles say what was asked for, so that nothing is asked again.
    run(&lane, &[&audit, &roles, &["--assume-root", "--resume", &directory]]);
    assert_eq!(lane.calls()["sts:AssumeRoot"], 2);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn what_keeps_sessions_as_root_out_is_named() {
    let member = id(7);
    let gap = |lane: &Lane| {
        let listed = list(lane, std::slice::from_ref(&member));
        let options = ["--accounts", &listed, "--role-name", "portcullis", "--assume-root"];
        let run = run(lane, &[&["audit", "-o", "json"], &options]);
        let gaps = report(&run).accounts[0].gaps.clone();
        let gap = gaps
            .into_iter()
            .find(|gap| gap.source == Source::RootCredentials)
            .unwrap();
        (run, gap)
    };
    let lane = Lane::of(FLEET);
    lane.fail(&format!("GetUser@{member}"), "DeniedByGuardrail");
    let (run, guardrail) = gap(&lane);
    assert_eq!((&*guardrail.code, &*guardrail.action), ("DeniedToRoot", "iam:GetUser"));
    assert!(
        guardrail
            .message
            .starts_with("a service control policy denies this to root")
    );
    assert_eq!(root_sessions(&run), [&member], "it has left an event behind");

    let lane = Lane::of(FLEET);
    lane.fail("ListOrganizationsFeatures", "ServiceAccessNotEnabledException");
    let (_, off) = gap(&lane);
    assert_eq!(off.code, "RootAccessNotCentralized");
    assert!(!lane.calls().contains_key("sts:AssumeRoot"));

    let lane = Lane::of(FLEET);
    lane.fail(&format!("AssumeRoot@{member}"), "AccessDenied");
    let (run, denied) = gap(&lane);
    assert_eq!((&*denied.code, &*denied.action), ("AccessDenied", "sts:AssumeRoot"));
    assert!(root_sessions(&run).is_empty());
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_interrupted_run_is_resumed() {
    let lane = Lane::of(FLEET);
    let directory = lane.path("bundles");
    lane.fail(&format!("*@{HANGING}"), "Hang");
    let collect = ["collect", "-o", &directory];
    let mut process = lane
        .command(&[&collect[..], &ORG].concat())
        .spawn()
        .unwrap();
    let start = Instant::now();
    // What is being written has another name.
    let is_done = |number| fs::exists(format!("{directory}/{}", id(number))).unwrap();
    while !(1..=50).all(|number| id(number) == HANGING || is_done(number)) {
        assert!(start.elapsed() < Duration::from_mins(2));
        sleep(Duration::from_millis(100));
    }
    process.kill().unwrap();
    process.wait().unwrap();

    lane.inject(&json!({}));
    let before = lane.calls()["sts:AssumeRole"];
    let resumed = run(&lane, &[&collect, &ORG, &["--resume"]]);
    assert_eq!(resumed.status, 0, "{}", resumed.stderr);
    assert_eq!(lane.calls()["sts:AssumeRole"], before + 1);
    assert!(
        resumed
            .stderr
            .contains("accounts: 49 collected, 1 suspended"),
        "{}",
        resumed.stderr
    );
}

/// As the containers of a Kubernetes Indexed Job and of an AWS Batch array job would.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn the_shares_of_several_machines_join_into_the_whole() {
    let lane = Lane::of(FLEET);
    let audit = ["audit", "--as-of", "2030-01-01"];
    let whole = run(&lane, &[&audit, &ORG, &["-o", "json"]]);
    let output = format!("json={}", lane.path("{shard}.json"));
    for variable in ["JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"] {
        for index in ["0", "1", "2"] {
            let share = ["--shards", "3", "--exit-zero", "-o", &output];
            let mut command = lane.command(&[&audit[..], &ORG, &share].concat());
            let run = Run::from(command.env(variable, index).output().unwrap());
            assert_eq!((run.status, &*run.stdout), (0, ""), "{}", run.stderr);
        }
        let reports = [3, 1, 2].map(|share| lane.path(&format!("{share}.json")));
        let [third, first, second] = reports.each_ref().map(String::as_str);
        let joined = lane.run(&["merge", third, first, second]);
        assert_eq!(joined.status, 0, "{}", joined.stderr);
        assert!(timeless(&joined.stdout) == timeless(&whole.stdout), "{variable}");
        for path in &reports {
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn what_cannot_be_meant_is_refused_before_any_account_is_asked() {
    let lane = Lane::of(FLEET);
    let partition = run(&lane, &[&["audit"], &ORG, &["--expect-partition", "aws-us-gov"]]);
    assert_eq!((partition.status, &*partition.stdout), (2, ""));
    assert!(
        partition
            .stderr
            .contains("the credentials belong to the partition aws")
    );
    let share = run(&lane, &[&["audit"], &ORG, &["--shards", "3"]]);
    assert!(
        share
            .stderr
            .contains("nothing says which share --shards should take"),
        "{}",
        share.stderr
    );
    lane.fail("ListAccounts", "AccessDenied");
    let list = run(&lane, &[&["audit"], &ORG]);
    assert_eq!((list.status, &*list.stdout), (2, ""));
    assert!(
        list.stderr
            .contains("the accounts of the organization cannot be listed")
    );
    assert!(!lane.calls().contains_key("sts:AssumeRole"));
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn accounts_of_a_unit_are_asked_and_those_of_others_are_no_strangers() {
    let lane = Lane::of(FLEET);
    let audit = ["audit", "-o", "json", "--ou", "ou-f1ee-00000001"];
    let all = run(&lane, &[&audit, &ORG]);
    let report = report(&all);
    let ids: Vec<&str> = report.accounts.iter().map(|account| &*account.id).collect();
    assert_eq!(ids, [id(10), id(11)], "{}", all.stderr);
    // Each has a role that account 3 may assume, which is in no unit.
    let strangers = report
        .findings
        .iter()
        .find(|f| f.rule.starts_with("foreign-trust"));
    assert_eq!(strangers, None);

    let excluded = format!("{},{}", id(3), id(10));
    let one = run(&lane, &[&audit, &ORG, &["--exclude", &excluded]]);
    assert!(one.stderr.contains("accounts: 1 collected"), "{}", one.stderr);
    let warning = format!("--exclude {}: the account is not listed anyway", id(3));
    assert!(one.stderr.contains(&warning), "{}", one.stderr);

    let none = run(&lane, &[&["audit", "--ou", "ou-f1ee-99999999"], &ORG]);
    assert_eq!(none.status, 2);
    assert!(none.stderr.contains("such as ou-ab12-34cd56ef"), "{}", none.stderr);
}
