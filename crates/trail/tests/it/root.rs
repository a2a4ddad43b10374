//! What root's own credentials were used for.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>

use portcullis_trail::{Filter, summarise};
use serde_json::{Value, json};

use crate::{gaps, log_file, read, record};

/// A call of EC2 by root's access key, with these fields in place of its own.
fn call(fields: Value) -> Value {
    let mut call = record(json!({
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "eventType": "AwsApiCall",
        "userIdentity": {
            "type": "Root",
            "arn": "arn:aws:iam::111122223333:root",
            "accountId": "111122223333",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE"
        }
    }));
    for (key, value) in fields.as_object().unwrap() {
        call[key] = value.clone();
    }
    call
}

/// When root was used by these records, and whether by an access key.
fn used(records: &[Value]) -> Vec<(String, bool)> {
    let activity = read(log_file(records));
    assert_eq!(gaps(&activity), [""; 0]);
    let calls = activity.root_calls.iter();
    calls
        .map(|call| (call.at.to_string(), call.by_access_key))
        .collect()
}

#[test]
fn root_is_used_by_a_call_of_any_service() {
    let at = "2026-11-02T08:00:00Z".to_owned();
    for (source, name) in [
        ("ec2.amazonaws.com", "RunInstances"),
        ("s3.amazonaws.com", "DeleteBucket"),
        ("sts.amazonaws.com", "GetCallerIdentity"),
        ("iam.amazonaws.com", "CreateUser"),
        ("iam.amazonaws.com", "ListUsers"),
    ] {
        let by_key = call(json!({"eventSource": source, "eventName": name}));
        assert_eq!(used(&[by_key]), [(at.clone(), true)], "{source} {name}");
    }
    let session = json!({"userIdentity": {
        "type": "Root",
        "accountId": "111122223333",
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "invokedBy": "signin.amazonaws.com",
        "sessionContext": {"attributes": {"mfaAuthenticated": "true"}}
    }});
    assert_eq!(used(&[call(session)]), [(at, false)]);
}

/// Sessions of `sts:AssumeRoot`, services that act for root, and root of another account use no credentials of root.
#[test]
fn nothing_else_is_a_use_of_root() {
    let by = |identity: Value| {
        let mut own = json!({"type": "Root", "accountId": "111122223333"});
        for (key, value) in identity.as_object().unwrap() {
            own[key] = value.clone();
        }
        call(json!({"userIdentity": own}))
    };
    for record in [
        by(json!({"sessionContext": {"assumedRoot": "true"}})),
        by(json!({"invokedBy": "autoscaling.amazonaws.com"})),
        by(json!({"invokedBy": "AWS Internal"})),
        by(json!({"accountId": "444455556666"})),
        by(json!({"type": "IAMUser", "userName": "Root"})),
        call(json!({"eventType": "AwsServiceEvent"})),
        call(json!({"sourceIPAddress": "autoscaling.amazonaws.com"})),
        call(json!({"eventCategory": "NetworkActivity"})),
        call(json!({"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"})),
    ] {
        assert_eq!(used(std::slice::from_ref(&record)), [], "{record}");
    }
}

#[test]
fn a_call_of_root_counts_once_and_in_its_period_alone() {
    let later = json!({"eventTime": "2026-11-02T09:00:00Z", "eventID": "b"});
    let records = [call(json!({})), call(json!({})), call(later)];
    assert_eq!(used(&records).len(), 2);
    let counts = |filter: Filter| {
        let (_, accounts) = summarise(read(log_file(&records)), &filter);
        accounts["111122223333"].root_calls.len()
    };
    assert_eq!(counts(Filter::default()), 2);
    let to = Some("2026-11-02T09:00:00Z".parse().unwrap());
    assert_eq!(counts(Filter { to, ..Filter::default() }), 1);
    for (user, calls) in [("root", 2), ("ana.silva", 0)] {
        assert_eq!(counts(Filter { user: Some(user.to_owned()), ..Filter::default() }), calls);
    }
}

/// The record must be read, so it is a gap if it cannot be.
#[test]
fn a_call_of_root_without_time_is_a_gap() {
    let activity = read(log_file(&[call(json!({"eventTime": null}))]));
    assert_eq!(gaps(&activity), ["an event has no time"]);
}
