//! The forms that events come in, and inputs that are broken.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_model::{ActorKind, Form, Outcome};
use portcullis_trail::{ActivityReader, Filter, summarise};
use serde_json::{Value, json};

use crate::{gaps, log_file, other, read, read_all, record};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn sign_in(id: u32) -> Value {
    record(json!({"eventID": format!("00000000-0000-4000-8000-{id:012}")}))
}

/// Reads one input that holds that many sign-ins, and nothing that is not read.
fn reads(bytes: impl AsRef<[u8]>, form: Form, sign_ins: usize) {
    let activity = read(bytes);
    assert_eq!(gaps(&activity), [""; 0]);
    assert_eq!(activity.coverage.inputs.keys().copied().collect::<Vec<_>>(), [form]);
    assert_eq!(activity.events.len(), sign_ins);
}

#[test]
fn log_files() {
    let file = log_file(&[sign_in(1), other("x"), sign_in(2)]);
    reads(&file, Form::LogFile, 2);
    reads(gzip(&file), Form::LogFile, 2);
    reads(
        serde_json::to_string_pretty(&json!({"Records": [sign_in(1)]})).unwrap(),
        Form::LogFile,
        1,
    );
    reads(log_file(&[]), Form::LogFile, 0);
    let marked = ["\u{feff}".as_bytes(), &file].concat();
    reads(marked, Form::LogFile, 2);
}

/// `>` of Windows PowerShell writes UTF-16.
/// <https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_character_encoding>
#[test]
fn utf_16() {
    let text = String::from_utf8(log_file(&[sign_in(1), sign_in(2)])).unwrap();
    let text = format!("\u{feff}{}", text.replace("Mozilla", "M\u{fc}\u{1f600}"));
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [&little, &gzip(&big)] {
        reads(bytes, Form::LogFile, 2);
        assert_eq!(read(bytes).events[0].agent.as_deref(), Some("M\u{fc}\u{1f600}/5.0"));
    }
    breaks(&little[..little.len() - 3], "ends in the middle", 2);
}

#[test]
fn gzip_of_several_members() {
    let members = [gzip(b"{\"Records\": ["), gzip(sign_in(1).to_string().as_bytes()), gzip(b"]}")];
    reads(members.concat(), Form::LogFile, 1);
}

#[test]
fn lists_lines_and_single_events() {
    reads(json!([sign_in(1), sign_in(2)]).to_string(), Form::List, 2);
    reads(sign_in(1).to_string(), Form::Lines, 1);
    reads(format!("{}\n{}\n", sign_in(1), sign_in(2)), Form::Lines, 2);
    reads(format!("{}{}", sign_in(1), sign_in(2)), Form::Lines, 2);
    reads("", Form::Empty, 0);
    reads("[]", Form::List, 0);
}

#[test]
fn cloudwatch_lines_begin_with_their_time() {
    let line = |id| format!("2026-11-02T08:00:01.123Z {}\n", sign_in(id));
    reads(line(1) + &line(2), Form::Lines, 2);
}

#[test]
fn eventbridge_holds_the_event_as_its_detail() {
    let envelope = json!({
        "version": "0",
        "id": "6f87d04b-9f74-4f04-a780-7acf4b0a9b38",
        "detail-type": "AWS Console Sign In via CloudTrail",
        "source": "aws.signin",
        "account": "111122223333",
        "detail": sign_in(1)
    });
    reads(envelope.to_string(), Form::Lines, 1);
}

fn lookup(record: &Value) -> Value {
    json!({
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventTime": 1_793_606_400.0,
        "Username": "ana.silva",
        "Resources": [],
        "CloudTrailEvent": record.to_string()
    })
}

#[test]
fn lookup_events_holds_the_event_as_a_text() {
    let page = json!({"Events": [lookup(&sign_in(1)), lookup(&other("x")), lookup(&sign_in(2))]});
    reads(page.to_string(), Form::LookupEvents, 2);
}

#[test]
fn a_page_that_is_not_the_last_is_a_gap() {
    let page = json!({"Events": [lookup(&sign_in(1))], "NextToken": "abc"});
    let activity = read(page.to_string());
    assert_eq!(activity.events.len(), 1);
    assert_eq!(gaps(&activity), ["its NextToken shows that it is only one page of several"]);
}

/// The header is that of the console in 2021 and 2024.
const CSV_HEADER: &str = "User name,AWS access key,Event time,Event source,Event name,AWS region,\
    Source IP address,User agent,Error code,Resources,Request ID,Event ID,Read-only,Event type,\
    Recipient Account Id,Event category";

fn csv_row(user: &str, event: &str, source: &str, id: &str) -> String {
    format!(
        "{user},,2026-11-02T08:00:00Z,{source},{event},us-east-1,192.0.2.10,\"Mozilla, 5.0\",,[],,{id},\
        false,AwsConsoleSignIn,111122223333,Management"
    )
}

#[test]
fn the_csv_of_the_console_says_of_no_sign_in_how_it_ended() {
    let hidden = "HIDDEN_DUE_TO_SECURITY_REASONS";
    let rows = [
        CSV_HEADER.to_owned(),
        csv_row("ana.silva", "ConsoleLogin", "signin.amazonaws.com", "a"),
        csv_row(hidden, "ConsoleLogin", "signin.amazonaws.com", "b"),
        csv_row("root", "EnableMFADevice", "iam.amazonaws.com", "c"),
        csv_row("ana.silva", "DescribeInstances", "ec2.amazonaws.com", "d"),
    ];
    let activity = read(rows.join("\n"));
    let outcomes: Vec<_> = activity.events.iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::Failure, Outcome::Success]);
    assert_eq!(activity.coverage.records.of_no_interest, 1);
    assert_eq!(activity.coverage.inputs[&Form::Csv], 1);
}

/// A spreadsheet saves it with semicolons where the comma is the decimal separator, and then quotes no comma.
#[test]
fn the_csv_of_the_console_may_have_semicolons() {
    let row = csv_row("ana.silva", "ConsoleLogin", "signin.amazonaws.com", "a");
    let row = row
        .replace("\"Mozilla, 5.0\"", "Mozilla 5.0")
        .replace(',', ";");
    let text = format!(
        "{}\n{}\n",
        CSV_HEADER.replace(',', ";"),
        row.replace("Mozilla 5.0", "Mozilla, 5.0")
    );
    for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
        let activity = read(bytes);
        assert_eq!(gaps(&activity), [""; 0]);
        let event = &activity.events[0];
        assert_eq!((event.id.to_string(), event.outcome), ("a".to_owned(), Outcome::Unknown));
        assert_eq!(event.agent.as_deref(), Some("Mozilla, 5.0"));
    }
    // One that has commas as well is separated by these.
    breaks(
        "Event ID;Event name,Event time\na;ConsoleLogin,b\n",
        "it is not a CloudTrail log file",
        0,
    );
}

/// The sessions of an instance's role are named after it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
/// Root may have made a key for itself or for anybody.
#[test]
fn the_csv_of_the_console_does_not_say_whom_an_event_acts_on() {
    let rows = [
        csv_row("root", "CreateAccessKey", "iam.amazonaws.com", "a"),
        csv_row("ana.silva", "DeactivateMFADevice", "iam.amazonaws.com", "b"),
    ];
    let csv = format!("{CSV_HEADER}\n{}\n", rows.join("\n"));
    let (_, accounts) = summarise(read(csv), &Filter::default());
    for event in &accounts["111122223333"].credential_events {
        assert_eq!(event.target.as_ref().known(), None, "{}", event.name);
        assert_eq!(event.by_self.known(), None, "{}", event.name);
        assert_eq!(event.minutes_to_new_mfa.known(), None, "{}", event.name);
    }
    let of_root = record(json!({
        "userIdentity": {"type": "Root"}, "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey", "requestParameters": null,
    }));
    let (_, accounts) = summarise(read(log_file(&[of_root])), &Filter::default());
    assert!(
        accounts["111122223333"].credential_events[0]
            .by_self
            .known()
            == Some(true)
    );
}

#[test]
fn a_row_of_a_csv_without_a_user_is_of_nobody_in_particular() {
    let row = csv_row("", "ConsoleLogin", "signin.amazonaws.com", "a");
    let activity = read(format!("{CSV_HEADER}\n{row}\n"));
    assert_eq!(
        (activity.events[0].actor.kind, &activity.events[0].actor.name),
        (ActorKind::Other, &None)
    );
}

/// A few bytes of gzip can hold a cell of any length, and one whose quotes never end is as long as the rest.
#[test]
fn a_row_of_a_csv_without_end_is_a_gap() {
    let row = csv_row("ana.silva", "ConsoleLogin", "signin.amazonaws.com", "a");
    let activity = read(format!("{CSV_HEADER}\n{row}\n\"{}", "a".repeat(3 << 20)));
    assert_eq!(activity.events.len(), 1);
    assert_eq!(
        gaps(&activity),
        ["a record is longer than an event can be (1 MiB); the rest was not read"]
    );
}

#[test]
fn the_csv_of_the_console_shows_an_instance_by_its_name() {
    let row = csv_row("i-0abcdef1234567890", "GetSigninToken", "signin.amazonaws.com", "a");
    let activity = read(format!("{CSV_HEADER}\n{row}\n"));
    let event = &activity.events[0];
    assert_eq!((event.actor.kind, event.outcome), (ActorKind::Instance, Outcome::Unknown));
    assert_eq!(event.actor.name.as_deref(), Some("i-0abcdef1234567890"));
}

#[test]
fn an_event_outranks_its_row_in_a_csv() {
    let id = "00000000-0000-4000-8000-000000000001";
    let row = csv_row("ana.silva", "ConsoleLogin", "signin.amazonaws.com", id);
    let csv = format!("{CSV_HEADER}\n{row}\n");
    let file = log_file(&[sign_in(1)]);
    for inputs in [[csv.as_bytes(), &file], [&file, csv.as_bytes()]] {
        let activity = read_all(&[("a", inputs[0]), ("b", inputs[1])]);
        assert_eq!(activity.events.len(), 1);
        assert_eq!(activity.events[0].outcome, Outcome::Success);
        assert_eq!(activity.coverage.records.duplicates, 1);
    }
}

#[test]
fn other_logs_are_passed_over_and_counted() {
    let insight = record(json!({
        "eventType": "AwsCloudTrailInsight", "eventCategory": "Insight",
        "eventSource": null, "eventName": null, "insightDetails": {"state": "Start"}
    }));
    let aggregated = record(json!({"eventType": "AwsAggregatedEvent"}));
    let network = record(json!({"eventCategory": "NetworkActivity"}));
    let activity = read(log_file(&[insight, aggregated, network, sign_in(1)]));
    assert_eq!(gaps(&activity), [""; 0]);
    assert_eq!(activity.events.len(), 1);
    let records = activity.coverage.records;
    assert_eq!((records.of_no_interest, records.other_logs), (3, 3));
}

/// A gap, whatever could be read before it.
fn breaks(bytes: impl AsRef<[u8]>, says: &str, sign_ins: usize) {
    let activity = read(bytes);
    let gaps = gaps(&activity);
    assert!(gaps.iter().any(|gap| gap.contains(says)), "{gaps:?}");
    assert_eq!(activity.events.len(), sign_ins);
    assert_eq!(activity.coverage.gaps[0].input, "input.json");
}

#[test]
fn what_is_cut_is_a_gap() {
    let file = log_file(&[sign_in(1), sign_in(2)]);
    breaks(&file[..file.len() - 40], "in the middle of a record", 1);
    breaks(&file[..file.len() - 1], "in the middle of a record", 2);
    let packed = gzip(&file);
    // Length and checksum are the last eight bytes.
    breaks(&packed[..packed.len() - 4], "cannot be read to its end", 2);
    breaks(&packed[..20], "cannot be read to its end", 0);
    breaks([packed.as_slice(), b"trailing"].concat(), "cannot be read to its end", 2);
    let mut wrong_checksum = packed.clone();
    let at = packed.len() - 6;
    wrong_checksum[at] ^= 1;
    breaks(wrong_checksum, "cannot be read to its end", 2);
}

#[test]
fn what_is_not_json_is_a_gap() {
    breaks("{\"eventSource\": nonsense}", "a record is not valid JSON", 0);
    breaks("{\"Records\": [,]x}", "list of records is not valid JSON", 0);
    breaks("[1, 2]", "list of records is not valid JSON", 0);
    breaks(format!("{} and {}", sign_in(1), sign_in(2)), "there is text between the records", 2);
    breaks(format!("{}}}", sign_in(1)), "list of records is not valid JSON", 1);
    breaks("{\"name\": \"package\"}", "it holds an object that is not a CloudTrail event", 0);
    breaks("A text", "it is not a CloudTrail log file", 0);
    breaks(b"\x00\xff{}", "it is not a CloudTrail log file", 0);
    breaks(json!({"Events": [{"CloudTrailEvent": "{"}]}).to_string(), "CloudTrailEvent is not", 0);
}

/// Nobody knows which of the two counts.
#[test]
fn a_record_that_names_a_key_twice_is_a_gap() {
    let says = "a record names a key twice";
    let text = sign_in(1).to_string();
    for (before, after) in [
        ("{", r#"{"eventName":"CheckMfa","#),
        (r#""ConsoleLogin":"Success""#, r#""ConsoleLogin":"Success","ConsoleLogin":"Failure""#),
    ] {
        breaks(text.replacen(before, after, 1), says, 0);
    }
    let of_no_interest = r#"{"eventSource":"ec2.amazonaws.com","#;
    breaks(text.replacen('{', of_no_interest, 1), says, 0);
    let event = text.replacen('{', r#"{"eventName":"CheckMfa","#, 1);
    let page = json!({"Events": [{ "CloudTrailEvent": event }]}).to_string();
    breaks(page, "a CloudTrailEvent names a key twice", 0);
}

#[test]
fn text_that_is_not_utf8_is_a_gap_in_an_event_of_interest() {
    let mut bytes = record(json!({"userAgent": "#"})).to_string().into_bytes();
    let at = bytes.iter().position(|&byte| byte == b'#').unwrap();
    bytes[at] = 0xff;
    breaks(bytes, "a record is not valid JSON", 0);
}

#[test]
fn an_event_without_time_name_account_or_region_is_a_gap() {
    for (key, says) in [
        ("eventTime", "has no time"),
        ("eventName", "has no name"),
        ("recipientAccountId", "names no account"),
        ("awsRegion", "names no region"),
    ] {
        let mut event = sign_in(1);
        event[key] = Value::Null;
        event["userIdentity"]["accountId"] = Value::Null;
        breaks(log_file(&[event]), says, 0);
    }
}

/// The event is kept: the account may have been replaced before the log was shared.
#[test]
fn an_account_that_is_no_account_id_is_a_gap() {
    for account in ["x", "1111", "11112222333a", "1111222233334"] {
        let mut event = sign_in(1);
        event["recipientAccountId"] = json!(account);
        breaks(log_file(&[event]), "the account of an event is not an account id", 1);
    }
}

/// It may be any event of its service; those of other services are of no interest in any case.
#[test]
fn an_event_without_a_name_is_a_gap_where_it_may_matter() {
    for name in
        [None, Some(Value::Null), Some(json!("")), Some(json!(7)), Some(json!(["CreateUser"]))]
    {
        let event = |source: &str| {
            let mut event = record(json!({"eventSource": source}));
            match &name {
                Some(name) => event["eventName"] = name.clone(),
                None => drop(event.as_object_mut().unwrap().remove("eventName")),
            }
            log_file(&[event])
        };
        for service in ["iam", "sts", "sso", "sso-directory", "signin", "account"] {
            breaks(event(&format!("{service}.amazonaws.com")), "an event has no name", 0);
        }
        assert_eq!(gaps(&read(event("ec2.amazonaws.com"))), [""; 0], "{name:?}");
    }
}

/// Parameters of another form do not say whom a call acts on; a call without any acts on the caller.
#[test]
fn parameters_that_cannot_be_read_name_nobody() {
    let target = |parameters: Value| {
        let event = record(json!({
            "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
            "requestParameters": parameters
        }));
        let (_, accounts) = summarise(read(log_file(&[event])), &Filter::default());
        let event = &accounts["111122223333"].credential_events[0];
        (event.by_self.known(), event.target.as_ref().known().is_some())
    };
    assert_eq!(target(Value::Null), (Some(true), true));
    assert_eq!(target(json!({})), (Some(true), true));
    assert_eq!(target(json!({"userName": "ben"})), (Some(false), true));
    for other in [json!(["ben"]), json!("ben"), json!(7)] {
        assert_eq!(target(other), (None, false));
    }
}

#[test]
fn a_time_in_another_form_is_named() {
    let mut event = sign_in(1);
    event["eventTime"] = json!("2026-11-02 08:00:00");
    breaks(log_file(&[event]), "is not written as CloudTrail writes it", 0);
}

#[test]
fn a_time_that_is_not_one_is_a_gap_in_any_record() {
    let mut wrong = other("b");
    wrong["eventTime"] = json!("2026-13-02T08:00:00Z");
    breaks(log_file(&[sign_in(1), wrong]), "the time of a record is not a time", 1);
}

/// It may have been root. What AWS does by itself has no identity.
#[test]
fn a_sign_in_of_nobody_is_a_gap() {
    let mut event = sign_in(1);
    event["userIdentity"] = Value::Null;
    breaks(log_file(&[event.clone()]), "does not say who acted", 0);
    event["eventType"] = "AwsServiceEvent".into();
    assert_eq!(read(log_file(&[event])).events.len(), 1);
    let token = record(json!({
        "eventSource": "sts.amazonaws.com", "eventName": "GetSessionToken", "userIdentity": null
    }));
    breaks(log_file(&[token]), "does not say who acted", 0);
}

/// Every event has a source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.
#[test]
fn an_event_of_no_service_is_a_gap() {
    let nameless = record(json!({"eventSource": ""}));
    let activity = read(log_file(&[nameless]));
    assert_eq!(activity.coverage.records.unreadable, 1);
}

#[test]
fn a_record_that_is_too_long_is_skipped() {
    let mut long = sign_in(1);
    long["userAgent"] = "x".repeat(1 << 20).into();
    breaks(log_file(&[long, sign_in(2)]), "longer than an event can be", 1);
}

#[test]
fn deep_nesting_is_a_gap_and_no_panic() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let text = sign_in(1)
        .to_string()
        .replace("\"MobileVersion\":\"No\"", &format!("\"x\":{deep}"));
    breaks(text, "a record is not valid JSON", 0);
    breaks("[".repeat(1 << 20), "in the middle of a record", 0);
}

#[test]
fn a_stream_may_come_a_byte_at_a_time() {
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }
    let mut reader = ActivityReader::default();
    reader.read_stream("slow", Slow(&gzip(&log_file(&[sign_in(1)]))));
    reader.read_stream("slow", Slow(&log_file(&[sign_in(2)])));
    let activity = reader.finish();
    assert_eq!((activity.events.len(), gaps(&activity).len()), (2, 0));
}
