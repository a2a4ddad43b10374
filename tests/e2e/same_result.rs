//! Live, collected, quick, from a bare report, by the AWS CLI: one account, one result.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{Fingerprint, Report, Verdict};
use serde_json::Value as Json;

use crate::emulator::{COMPANY, Lane, OVER_HTTP, python, report};
use crate::support::{Run, repository};

/// The exit status, and the report as JSON and as a table.
fn judge(lane: &Lane, arguments: &[&str]) -> (i32, String) {
    let table = lane.path("table");
    let output = format!("table={table}");
    let run = lane.run(&[&["audit", "-o", "json", "-o", &output], arguments].concat());
    (run.status, without_clock(&run.stdout) + &fs::read_to_string(table).unwrap())
}

/// Two runs collect at different moments, so their clocks' times are left out. They alone have
/// fractions of seconds: those of AWS are whole.
fn without_clock(json: &str) -> String {
    let is_clock = |text: &str| {
        let time = text.parse::<Timestamp>();
        time.is_ok_and(|time| time.subsec_nanosecond() != 0)
    };
    let tokens = json
        .split('"')
        .map(|token| if is_clock(token) { "TIME" } else { token });
    tokens.collect::<Vec<_>>().join("\"")
}

/// Collects into a directory of the lane's own.
fn collect(lane: &Lane, options: &[&str]) -> String {
    let bundle = lane.path("bundle");
    let run = lane.run(&[&["collect", "-o", &bundle], options].concat());
    assert_eq!((run.status, &*run.stdout), (0, ""), "{}", run.stderr);
    bundle
}

/// A moment that the times of collecting are not equal to: a second after the report was made, since at its own date
/// a report has no age.
fn as_of(lane: &Lane, bundle: &str) -> String {
    let report = report(&lane.run(&["audit", bundle, "-o", "json"]));
    let made = report.accounts[0].report_generated_at.unwrap();
    (made + SignedDuration::from_secs(1)).to_string()
}

#[track_caller]
fn assert_same_bytes(account: &'static str, live_options: &[&str], options: &[&str]) {
    let lane = Lane::of(account);
    let bundle = collect(&lane, live_options);
    let as_of = as_of(&lane, &bundle);
    let options = [&["--as-of", &as_of], options].concat();
    let live = judge(&lane, &[&*options, live_options].concat());
    let offline = judge(&lane, &[&*options, &[&*bundle]].concat());
    assert_eq!(live.0, offline.0);
    for (live, offline) in live.1.lines().zip(offline.1.lines()) {
        assert_eq!(live, offline);
    }
    assert!(live.1 == offline.1, "the reports differ in length");
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn live_and_offline_audits_are_the_same_bytes() {
    assert_same_bytes(COMPANY, &[], &[]);
    assert_same_bytes(COMPANY, &[], &["--rule-set", "strict", "--include", "pass,not_applicable"]);
    assert_same_bytes(OVER_HTTP, &[], &["--rule-set", "strict"]);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn quick_live_and_offline_audits_are_the_same_bytes() {
    assert_same_bytes(COMPANY, &["--quick"], &[]);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn two_offline_audits_are_the_same_bytes() {
    let lane = Lane::of(COMPANY);
    let bundle = collect(&lane, &[]);
    let calls = lane.calls();
    let runs = [(); 2].map(|()| lane.run(&["audit", &bundle, "-o", "json"]).stdout);
    assert_eq!(runs[0], runs[1]);
    assert_eq!(lane.calls(), calls, "an offline audit calls nobody");
}

/// The emulator lists the seeds of virtual MFA devices, which AWS does not: none may be kept.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn no_secret_is_collected() {
    let lane = Lane::of(COMPANY);
    let bundle = collect(&lane, &[]);
    let files = fs::read_dir(bundle).unwrap();
    let text: String = files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(text.contains("SerialNumber"));
    let environment = lane.environment();
    for secret in
        ["Seed", "QRCode", &environment["AWS_SECRET_ACCESS_KEY"], &environment["AWS_SESSION_TOKEN"]]
    {
        assert!(!text.contains(secret), "{secret}");
    }
}

/// The fingerprints of all verdicts on a kind of resource, whatever the verdicts.
fn fingerprints(report: &Report, kind: &str) -> BTreeSet<Fingerprint> {
    let judged = report
        .findings
        .iter()
        .filter(|finding| finding.resource.kind == kind);
    judged.map(|finding| finding.fingerprint.clone()).collect()
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn fingerprints_agree_between_live_quick_and_bare_report() {
    let lane = Lane::of(COMPANY);
    let bare = format!("{}/credential-report.json", collect(&lane, &[]));
    let (_, live) = lane.audit(&[]);
    let (_, quick) = lane.audit(&["--quick"]);
    let (_, report_only) = lane.audit(&[&bare]);
    for kind in ["root", "user", "access_key", "signing_certificate"] {
        let expected = fingerprints(&live, kind);
        assert!(!expected.is_empty(), "{kind}");
        assert_eq!(fingerprints(&quick, kind), expected, "{kind}, quick");
        assert_eq!(fingerprints(&report_only, kind), expected, "{kind}, report only");
    }
}

/// What fails or is unknown.
fn problems(report: &Report) -> BTreeSet<(String, String, Verdict)> {
    let findings = report.findings.iter();
    findings
        .map(|f| (f.rule.clone(), f.resource.id.clone(), f.verdict))
        .collect()
}

/// The script asks about every user with MFA, so more may pass; nothing else may fail.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn the_aws_cli_collects_the_same_problems() {
    let lane = Lane::of(COMPANY);
    let directory = lane.path("by-hand");
    let tools = python().parent().unwrap().display().to_string();
    let run: Run = Command::new("bash")
        .args([&repository("examples/collect-with-aws-cli.sh"), &directory])
        .env_clear()
        .envs(lane.environment())
        .env("AWS_DEFAULT_REGION", &lane.environment()["AWS_REGION"]) // version 1 reads no other
        .env("PATH", format!("{tools}:{}", std::env::var("PATH").unwrap()))
        .output()
        .unwrap()
        .into();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let as_of = as_of(&lane, &collect(&lane, &[]));
    let audit = ["audit", "-o", "json", "--as-of", &as_of];
    let live = lane.run(&audit);
    let by_hand = lane.run(&[&audit[..], &[&*directory]].concat());
    assert_eq!(problems(&report(&by_hand)), problems(&report(&live)));
    assert_eq!(by_hand.status, live.status);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_role_in_another_account_is_assumed() {
    let lane = Lane::of(COMPANY);
    let role = format!("arn:aws:iam::{OVER_HTTP}:role/auditor");
    let (_, report) = lane.audit(&["--role-arn", &role, "--external-id", "example"]);
    assert_eq!(report.accounts[0].id, OVER_HTTP);
    let caller = report.accounts[0].caller.as_deref().unwrap();
    assert_eq!(caller, format!("arn:aws:sts::{OVER_HTTP}:assumed-role/auditor"));
    assert_eq!(lane.calls()["sts:AssumeRole"], 1);
}

/// A poorer bundle stays out of the way of a richer one.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn what_could_not_be_collected_is_named_and_replaces_nothing() {
    let lane = Lane::of(COMPANY);
    let whole = collect(&lane, &[]);
    let summary = format!("{whole}/account-summary.json");
    lane.fail("GetAccountSummary", "AccessDenied");

    let run = lane.run(&["collect", "-o", &whole]);
    assert_eq!((run.status, &*run.stdout), (2, ""), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("this run could not collect: account-summary"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("help: nothing was written"), "{}", run.stderr);
    assert!(fs::exists(&summary).unwrap());

    let run = lane.run(&["collect", "-o", &whole, "--force"]);
    assert_eq!((run.status, &*run.stdout), (3, ""), "{}", run.stderr);
    let named = "warning: account-summary is missing (iam:GetAccountSummary): access denied: ";
    assert!(run.stderr.contains(named), "{}", run.stderr);
    assert!(!fs::exists(&summary).unwrap());
}

/// What is looked up is what `collect --signins` saves.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn sign_ins_are_the_same_live_and_collected() {
    let lane = Lane::of(COMPANY);
    let locked_out = |arguments: &[&str]| {
        let run = lane.run(&[&["signins", "-o=json"], arguments].concat());
        let report: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
        report["activity"][0]["locked_out"].clone()
    };
    let live = locked_out(&[]);
    assert!(live.to_string().contains("bob"), "{live}");
    let bundle = lane.path("with-signins");
    let collected = lane.run(&["collect", "--signins", "-o", &bundle]);
    assert_eq!(collected.status, 0, "{}", collected.stderr);
    assert_eq!(locked_out(&[&format!("{bundle}/cloudtrail.json")]), live);
    assert_eq!(lane.run(&["verify", &bundle]).status, 0);
    let again = lane.run(&["collect", "-o", &bundle, "--force"]);
    assert_eq!(again.status, 0, "it is a bundle still: {}", again.stderr);
}
