//! Without working credentials an audit ends at once, says what to do, and asks nothing further.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::emulator::{COMPANY, Lane};
use crate::support::Run;

/// Five seconds, and as many for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(10);

#[track_caller]
fn assert_ends_at_once(command: &mut Command, words: &[&str]) {
    let start = Instant::now();
    let run = Run::from(command.output().unwrap());
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    assert_eq!((run.status, &*run.stdout), (2, ""), "{}", run.stderr);
    for word in [&["FIX FIRST"], words].concat() {
        assert!(run.stderr.contains(word), "no {word:?} in: {}", run.stderr);
    }
}

/// What was called with credentials: whether a service can be reached is tried without.
fn signed_calls(lane: &Lane) -> Vec<String> {
    lane.calls()
        .into_keys()
        .filter(|call| !call.starts_with("unsigned:"))
        .collect()
}

/// The command for a live audit without the credentials of the lane.
fn without_credentials(lane: &Lane) -> Command {
    let mut command = lane.command(&["audit"]);
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(variable);
    }
    command
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn refused_credentials() {
    for (error, word) in [
        ("ExpiredToken", "expired"),
        ("InvalidClientTokenId", "InvalidClientTokenId"),
        ("SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    ] {
        let lane = Lane::of(COMPANY);
        lane.fail("GetCallerIdentity", error);
        assert_ends_at_once(&mut lane.command(&["audit"]), &[word]);
        assert_eq!(signed_calls(&lane), ["sts:GetCallerIdentity"], "{error}");
    }
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn no_credentials() {
    let lane = Lane::of(COMPANY);
    assert_ends_at_once(&mut without_credentials(&lane), &["credentials"]);
    assert!(signed_calls(&lane).is_empty());
}

/// The instance metadata service is asked too; where nobody answers, that must not take long.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn no_credentials_and_no_metadata_service() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let lane = Lane::of(COMPANY);
    let mut command = without_credentials(&lane);
    command
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
    assert_ends_at_once(&mut command, &["credentials"]);
    assert!(signed_calls(&lane).is_empty());
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_unknown_profile() {
    let lane = Lane::of(COMPANY);
    let mut command = lane.command(&["audit", "--profile", "no-such-profile"]);
    let run = Run::from(command.output().unwrap());
    assert_eq!((run.status, &*run.stdout), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains("no AWS profile \"no-such-profile\""), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("`portcullis doctor` shows what else needs fixing"),
        "{}",
        run.stderr
    );
    assert!(signed_calls(&lane).is_empty());
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn without_a_region_that_of_the_partition_is_called() {
    let lane = Lane::of(COMPANY);
    let mut command = lane.command(&["collect", "-o", "bundle"]);
    let run = Run::from(command.env_remove("AWS_REGION").output().unwrap());
    assert!(!run.stderr.contains("error:"), "{}", run.stderr);
    let manifest = std::fs::read_to_string(lane.path("bundle/manifest.json")).unwrap();
    assert!(manifest.contains("\"region\": \"us-east-1\""), "{manifest}");
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_endpoint_where_nobody_listens() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let lane = Lane::of(COMPANY);
    let mut command = lane.command(&["audit"]);
    assert_ends_at_once(command.env("AWS_ENDPOINT_URL", format!("http://{closed}")), &[]);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_endpoint_that_never_answers() {
    let lane = Lane::of(COMPANY);
    lane.fail("GetCallerIdentity", "Hang");
    assert_ends_at_once(&mut lane.command(&["audit"]), &[]);
    assert_eq!(signed_calls(&lane), ["sts:GetCallerIdentity"]);
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_role_that_may_not_be_assumed() {
    let lane = Lane::of(COMPANY);
    lane.fail("AssumeRole", "AccessDenied");
    let role = "arn:aws:iam::222233334444:role/auditor";
    assert_ends_at_once(&mut lane.command(&["audit", "--role-arn", role]), &[role]);
    assert!(
        signed_calls(&lane)
            .iter()
            .all(|call| call.starts_with("sts:"))
    );
}
