//! Bytes of CloudTrail, and what is read from them.
//!
//! Records are written by hand after AWS's examples and reference; names and addresses are invented.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html>
#![allow(clippy::needless_pass_by_value, reason = "json! makes values where they are used")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod attempts;
mod coverage;
mod differential;
mod forms;
mod outcomes;
mod patterns;
mod root;
mod summaries;

use portcullis_model::{Activity, ActivitySummary};
use portcullis_trail::{ActivityReader, Filter, summarise};
use serde_json::{Value, json};

/// Reads one input.
fn read(bytes: impl AsRef<[u8]>) -> Activity {
    read_all(&[("input.json", bytes.as_ref())])
}

fn read_all(inputs: &[(&str, &[u8])]) -> Activity {
    let mut reader = ActivityReader::default();
    for (name, bytes) in inputs {
        reader.read_stream(name, *bytes);
    }
    let activity = reader.finish();
    let records = activity.coverage.records;
    assert_eq!(records.judged, activity.events.len() as u64);
    activity
}

/// An event with the fields that every event has, and those given in place of them.
fn record(fields: Value) -> Value {
    let mut record = json!({
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDACKCEVSQ6C2EXAMPLE",
            "accountId": "111122223333",
            "userName": "ana.silva"
        },
        "eventTime": "2026-11-02T08:00:00Z",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "Mozilla/5.0",
        "requestParameters": null,
        "responseElements": { "ConsoleLogin": "Success" },
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home?state=secret-state",
            "MobileVersion": "No",
            "MFAUsed": "No"
        },
        "eventID": "00000000-0000-4000-8000-000000000001",
        "eventType": "AwsConsoleSignIn",
        "recipientAccountId": "111122223333"
    });
    for (key, value) in fields.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

/// An event of no interest.
fn other(id: &str) -> Value {
    record(json!({
        "eventID": id,
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "eventTime": "2026-11-02T09:30:00Z"
    }))
}

/// A log file of a trail.
fn log_file(records: &[Value]) -> Vec<u8> {
    json!({ "Records": records }).to_string().into_bytes()
}

/// What could not be read.
fn gaps(activity: &Activity) -> Vec<&str> {
    activity
        .coverage
        .gaps
        .iter()
        .map(|gap| gap.what.as_str())
        .collect()
}

/// Events of one day, told one after another.
struct Story {
    records: Vec<Value>,
    source: &'static str,
}

impl Story {
    fn new() -> Story {
        Story { records: Vec::new(), source: "192.0.2.10" }
    }

    /// All that follows comes from that address.
    fn from(mut self, source: &'static str) -> Story {
        self.source = source;
        self
    }

    fn event(mut self, time: &str, fields: Value) -> Story {
        let mut event = record(fields);
        event["eventTime"] = format!("2026-11-02T{time}Z").into();
        event["sourceIPAddress"] = self.source.into();
        event["eventID"] = format!("00000000-0000-4000-8000-{:012}", self.records.len()).into();
        self.records.push(event);
        self
    }

    /// The password page asks for a code.
    fn check_mfa(self, time: &str, user: &str) -> Story {
        self.event(
            time,
            json!({
                "eventName": "CheckMfa",
                "userIdentity": {"type": "IAMUser", "userName": user, "accessKeyId": ""},
                "responseElements": {"CheckMfa": "Success"},
                "additionalEventData": {"MfaType": "Virtual MFA"}
            }),
        )
    }

    fn console(self, time: &str, user: &str, outcome: &str, mfa: &str, message: Value) -> Story {
        self.event(
            time,
            json!({
                "userIdentity": {"type": "IAMUser", "userName": user},
                "responseElements": {"ConsoleLogin": outcome},
                "errorMessage": message,
                "additionalEventData": {"MFAUsed": mfa}
            }),
        )
    }

    fn sign_in(self, time: &str, user: &str) -> Story {
        self.console(time, user, "Success", "Yes", Value::Null)
    }

    fn refused(self, time: &str, user: &str) -> Story {
        self.console(time, user, "Failure", "No", json!("Failed authentication"))
    }

    fn refused_with_mfa(self, time: &str, user: &str) -> Story {
        self.console(time, user, "Failure", "Yes", json!("Failed authentication"))
    }

    fn unknown(self, time: &str) -> Story {
        let message = json!("No username found in supplied account");
        self.console(time, "HIDDEN_DUE_TO_SECURITY_REASONS", "Failure", "No", message)
    }

    /// A call of IAM by ana.silva.
    fn call(self, time: &str, name: &str, code: Value) -> Story {
        self.event(
            time,
            json!({
                "eventSource": "iam.amazonaws.com",
                "eventName": name,
                "errorCode": code,
                "responseElements": null
            }),
        )
    }
}

fn summary(story: Story, filter: &Filter) -> ActivitySummary {
    let activity = read(log_file(&story.records));
    assert_eq!(gaps(&activity), [""; 0]);
    summarise(activity, filter).0
}
