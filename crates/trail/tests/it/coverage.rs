//! What was read, how far it reaches, and that each event counts once.

use std::fs;
use std::io::Write;
use std::slice::from_ref;

use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_model::{Activity, Form, Outcome, Period};
use portcullis_trail::ActivityReader;
use serde_json::{Value, json};

use crate::{gaps, log_file, other, read, read_all, record};

fn period(from: &str, to: &str) -> Period {
    Period { from: from.parse().unwrap(), to: to.parse().unwrap() }
}

#[test]
fn every_record_is_accounted_for() {
    let file =
        log_file(&[record(json!({})), other("a"), other("b"), record(json!({"eventTime": 1}))]);
    let again = log_file(&[record(json!({}))]);
    let activity = read_all(&[("a.json", &file), ("b.json", &again)]);
    let records = activity.coverage.records;
    let counts = [records.judged, records.of_no_interest, records.duplicates, records.unreadable];
    assert_eq!((counts, records.total()), ([1, 2, 1, 1], 5));
    assert_eq!(activity.coverage.inputs[&Form::LogFile], 2);
}

#[test]
fn a_region_is_seen_from_its_first_record_to_its_last() {
    let activity = read(log_file(&[
        record(json!({"eventTime": "2026-11-02T10:00:00Z"})),
        other("a"),
        record(
            json!({"eventID": "b", "awsRegion": "eu-west-2r", "eventTime": "2026-11-01T00:00:00Z"}),
        ),
    ]));
    let [eu, us] = activity.coverage.regions.as_slice() else {
        panic!("two regions")
    };
    assert_eq!((eu.region.as_str(), eu.records), ("eu-west-2r", 1));
    assert_eq!(eu.seen, [period("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z")]);
    assert_eq!(
        (us.account.as_str(), us.region.as_str(), us.records),
        ("111122223333", "us-east-1", 2)
    );
    assert_eq!(us.seen, [period("2026-11-02T09:30:00Z", "2026-11-02T10:00:00Z")]);
    assert_eq!(us.proved, []);
}

/// Without an event, no file is written, so that a day without one shows nothing.
#[test]
fn a_region_is_not_seen_while_it_records_nothing_for_more_than_a_day() {
    let at = |time: &str| record(json!({"eventID": time, "eventTime": time}));
    let [one, next, later] =
        ["2026-11-02T10:00:00Z", "2026-11-03T10:00:00Z", "2026-11-04T10:00:01Z"].map(at);
    let files = [[next, one.clone()], [later, one]].map(|it| log_file(&it));
    let days = period("2026-11-02T10:00:00Z", "2026-11-03T10:00:00Z");
    assert_eq!(read(&files[0]).coverage.regions[0].seen, [days]);
    let before = period("2026-11-02T10:00:00Z", "2026-11-02T10:00:00Z");
    let after = period("2026-11-04T10:00:01Z", "2026-11-04T10:00:01Z");
    assert_eq!(read(&files[1]).coverage.regions[0].seen, [before, after]);
    let both = read_all(&[("b.json", &files[1]), ("a.json", &files[0])]);
    assert_eq!(both.coverage.regions[0].seen, [days, after]);
}

/// A trail may record data events alone, and Insights and network activity have files of their own.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[test]
fn only_management_events_show_that_a_region_was_read() {
    let seen = |category: &str| {
        let mut event = other("a");
        event["eventCategory"] = category.into();
        let region = read(log_file(&[event])).coverage.regions.remove(0);
        assert_eq!(region.records, 1, "{category}");
        region.seen
    };
    assert_eq!(seen("Management"), [period("2026-11-02T09:30:00Z", "2026-11-02T09:30:00Z")]);
    for category in ["Data", "Insight", "NetworkActivity"] {
        assert_eq!(seen(category), [], "{category}");
    }
}

#[test]
fn events_are_ordered_by_time_and_id() {
    let event = |id: &str, time: &str| record(json!({"eventID": id, "eventTime": time}));
    let late = "2026-11-02T10:00:00Z";
    let early = "2026-11-02T09:00:00Z";
    let activity = read(log_file(&[event("b", late), event("a", late), event("c", early)]));
    let ids: Vec<_> = activity
        .events
        .iter()
        .map(|event| event.id.to_string())
        .collect();
    assert_eq!(ids, ["c", "a", "b"]);
}

/// <https://www.rfc-editor.org/rfc/rfc9562.html#section-4>
#[test]
fn an_event_counts_once_whatever_the_case_of_its_id() {
    let lower = record(json!({"eventID": "3fa85f64-5717-4562-b3fc-2c963f66afa6"}));
    let upper = record(json!({"eventID": "3FA85F64-5717-4562-B3FC-2C963F66AFA6"}));
    let activity = read(log_file(&[upper, lower]));
    assert_eq!(activity.events.len(), 1);
    assert_eq!(activity.events[0].id.to_string(), "3fa85f64-5717-4562-b3fc-2c963f66afa6");
    assert_eq!(activity.coverage.records.duplicates, 1);
}

/// An addendum corrects an event that was delivered before.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[test]
fn a_correction_replaces_the_event_wherever_it_stands() {
    let first = record(json!({"eventID": "a", "responseElements": null}));
    let correction = record(json!({
        "eventID": "b",
        "addendum": {
            "reason": "UPDATED_DATA", "updatedFields": "responseElements",
            "originalRequestID": "r", "originalEventID": "a"
        }
    }));
    for records in [[first.clone(), correction.clone()], [correction, first]] {
        let activity = read(log_file(&records));
        assert_eq!(activity.events.len(), 1);
        assert_eq!(activity.events[0].id.to_string(), "a");
        assert_eq!(activity.events[0].outcome, Outcome::Success);
        assert_eq!(activity.coverage.records.duplicates, 1);
    }
}

/// The order of files is that of their delivery, and not that in which they are read.
#[test]
fn the_last_correction_counts() {
    let correction = |id: &str, outcome: &str| {
        record(json!({
            "eventID": id,
            "responseElements": {"ConsoleLogin": outcome},
            "addendum": {
                "reason": "UPDATED_DATA", "updatedFields": "responseElements",
                "originalRequestID": "r", "originalEventID": "a"
            }
        }))
    };
    let directory = tempfile::tempdir().unwrap();
    let file = |time: &str, outcome: &str| {
        let path = directory
            .path()
            .join(format!("111122223333_CloudTrail_us-east-1_{time}_x.json"));
        fs::write(&path, log_file(&[correction(time, outcome)])).unwrap();
        path
    };
    let (early, late) = (file("20261102T1005Z", "Failure"), file("20261102T1010Z", "Success"));
    for paths in [[&early, &late], [&late, &early]] {
        let mut reader = ActivityReader::default();
        for path in paths {
            reader.read_path(path).unwrap();
        }
        let [event] = &reader.finish().events[..] else {
            panic!()
        };
        assert_eq!(event.outcome, Outcome::Success);
    }
    let both = [correction("b", "Failure"), correction("c", "Success")];
    assert_eq!(read(log_file(&both)).events[0].outcome, Outcome::Success);
}

#[test]
fn what_does_not_look_like_a_log_is_passed_over_in_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("README.md"), "# Logs\n\nFetched with `aws s3 sync`.\n").unwrap();
    fs::write(path("log"), log_file(&[record(json!({}))])).unwrap();
    let mut reader = ActivityReader::default();
    reader.read_path(directory.path()).unwrap();
    assert_eq!(reader.passed_over(), [path("README.md")]);
    let activity = reader.finish();
    assert_eq!((activity.events.len(), gaps(&activity).len()), (1, 0));
    // What is named like a log, or named by the caller, must be one.
    fs::write(path("damaged.json.gz"), "# Logs").unwrap();
    let mut reader = ActivityReader::default();
    reader.read_path(directory.path()).unwrap();
    assert_eq!(gaps(&reader.finish()).len(), 1);
    let mut reader = ActivityReader::default();
    reader.read_path(&path("README.md")).unwrap();
    assert_eq!(gaps(&reader.finish()).len(), 1);
}

/// A trail may record read-only management events alone, or all others: then its files hold only these.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html>
#[test]
fn a_trail_may_leave_out_what_it_never_holds() {
    let event = |id: &str, read_only: Value| {
        record(json!({"eventID": id, "eventSource": "ec2.amazonaws.com", "readOnly": read_only}))
    };
    let (reads, writes) = (event("a", json!(true)), event("b", json!(false)));
    let data = record(json!({"eventID": "c", "eventCategory": "Data", "readOnly": false}));
    let left_out = |name: &str, records: &[Value], beside: (&str, &Value)| {
        let beside = (beside.0, log_file(from_ref(beside.1)));
        let activity = read_all(&[(name, &log_file(records)), (beside.0, &beside.1)]);
        let left_out = activity
            .left_out
            .get("111122223333")
            .copied()
            .unwrap_or_default();
        (left_out.reads, left_out.writes)
    };
    let elsewhere = record(json!({"recipientAccountId": "444455556666", "readOnly": false}));
    let none = ("b.json", &elsewhere);
    for (records, expected) in [
        (vec![reads.clone()], (false, true)),
        (vec![reads.clone(), data], (false, true)),
        (vec![writes.clone()], (true, false)),
        (vec![reads.clone(), writes.clone()], (false, false)),
        // One that does not say what it is may be either.
        (vec![reads.clone(), record(json!({}))], (false, false)),
        (vec![record(json!({}))], (false, false)),
    ] {
        assert_eq!(left_out("a.json", &records, none), expected, "{records:?}");
    }
    // A trail records the same in all its regions and, if it belongs to an organization, in all accounts.
    let mut west = writes.clone();
    west["awsRegion"] = json!("us-west-2");
    assert_eq!(left_out("a.json", from_ref(&reads), ("b.json", &west)), (false, false));
    let of = |organization: &str| format!("AWSLogs/{organization}/log.json");
    for (organization, expected) in [("o-aa111bb222", (false, false)), ("o-other", (false, true))] {
        let other = of(organization);
        let found = left_out(&of("o-aa111bb222"), from_ref(&reads), (&other, &elsewhere));
        assert_eq!(found, expected, "{organization}");
    }
    // Whoever saves a lookup chooses its events.
    let lookup = json!({"Events": [{"CloudTrailEvent": writes.to_string()}]});
    assert!(read(lookup.to_string()).left_out.is_empty());
}

/// An export of CloudWatch Logs is packed, and its files are called 000000.gz; who unpacks it loses the ending.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html>
#[test]
fn what_may_hold_logs_is_read_whatever_its_name_is() {
    let record = record(json!({}));
    for (bytes, events, gap) in [
        (format!("2026-11-02T08:00:01.123Z {record}\n").into_bytes(), 1, None),
        (b"PK\x03\x04\x14\0\0\0".to_vec(), 0, Some("zip")),
        (b"\x28\xb5\x2f\xfd\x24".to_vec(), 0, Some("zstd")),
        (b"\xfd7zXZ\0\0".to_vec(), 0, Some("xz")),
        (b"BZh91AY&SY\x02".to_vec(), 0, Some("bzip2")),
    ] {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("000000"), bytes).unwrap();
        let mut reader = ActivityReader::default();
        reader.read_path(directory.path()).unwrap();
        assert!(reader.passed_over().is_empty(), "{gap:?}");
        let activity = reader.finish();
        assert_eq!(activity.events.len(), events);
        let says = gap.map(|name| {
            format!("it is compressed with {name}: decompress it, since only gzip can be read")
        });
        assert_eq!(gaps(&activity), says.iter().collect::<Vec<_>>());
        assert_eq!(activity.coverage.unplaced.len(), says.iter().len());
    }
    // Texts of other programs may begin with a time, too.
    for text in ["2026-11-02T08:00:01.123Z started\n", "2026 {\n", "BZh is a file format\n"] {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("000000"), text).unwrap();
        let mut reader = ActivityReader::default();
        reader.read_path(directory.path()).unwrap();
        assert_eq!(reader.passed_over().len(), 1, "{text}");
    }
}

/// An event an hour later, in another form than a log file.
fn later() -> Value {
    record(json!({"eventID": "later", "eventTime": "2026-11-02T10:30:00Z"}))
}

/// An answer to a lookup, a CSV or an event that somebody saved is a choice of events: it shows nothing of the
/// time before and after, and takes nothing from the log files beside it.
#[test]
fn a_choice_of_events_neither_adds_to_log_files_nor_takes_from_them() {
    let log = log_file(&[record(json!({})), other("a")]);
    let lookup = json!({"Events": [{"CloudTrailEvent": later().to_string()}]}).to_string();
    let page = json!({"Events": [{"CloudTrailEvent": later().to_string()}], "NextToken": "n"});
    let csv = "Event ID,Event name,Event source,Event time,AWS region,Recipient Account Id\n\
               later,ConsoleLogin,signin.amazonaws.com,2026-11-02T10:30:00Z,us-east-1,111122223333\n";
    let broken_lines = format!("{}\n{{\"eventID\": }}\n", later());
    for choice in [
        lookup,
        page.to_string(),
        csv.to_owned(),
        later().to_string(),
        json!([later()]).to_string(),
        broken_lines,
        json!({"name": "a file of another program"}).to_string(),
    ] {
        let activity = read_all(&[("log.json", &log), ("choice", choice.as_bytes())]);
        let region = &activity.coverage.regions[0];
        let logged = period("2026-11-02T08:00:00Z", "2026-11-02T09:30:00Z");
        assert_eq!(region.logged, [logged], "{choice}");
    }
    // A digest, too, proves what it did.
    let activity = read_files(&[("1.json", &digest(8, &[])), ("2.json", b"[{}]")]);
    let proved = period("2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z");
    assert_eq!(activity.coverage.regions[0].proved, [proved]);
}

/// The regions that a damaged file leaves as they are, and the times that it takes from others.
fn beside_damaged(name: &str, damaged: &[u8]) -> (Vec<String>, Vec<(String, Period)>, usize) {
    let west = record(json!({"eventID": "b", "awsRegion": "us-west-2"}));
    let [east, west] = [record(json!({})), west].map(|it| log_file(&[it]));
    let Activity { coverage, .. } =
        read_all(&[("a.json", &east), ("b.json", &west), (name, damaged)]);
    assert_eq!(coverage.gaps.len(), 1, "{name}");
    let (mut logged, mut holes) = (Vec::new(), Vec::new());
    for region in coverage.regions {
        holes.extend(
            region
                .incomplete
                .iter()
                .map(|hole| (region.region.clone(), *hole)),
        );
        if !region.logged.is_empty() {
            logged.push(region.region);
        }
    }
    (logged, holes, coverage.unplaced.len())
}

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html>
#[test]
fn a_damaged_log_file_takes_from_the_region_and_time_that_it_is_named_after() {
    let west = log_file(&[record(json!({"awsRegion": "us-west-2"}))]);
    let name = "logs/111122223333_CloudTrail_us-west-2_20261105T0810Z_a1b2c3d4e5f6a7b8.json.gz";
    let elsewhere = name.replace("1111", "9999");
    let both = ["us-east-1", "us-west-2"].map(str::to_owned);
    let around = period("2026-11-05T07:10:00Z", "2026-11-05T09:10:00Z");
    for cut in [&west[..west.len() - 9], &west[..8]] {
        let hole = ("us-west-2".to_owned(), around);
        assert_eq!(beside_damaged(name, cut), (both.to_vec(), vec![hole], 0));
        assert_eq!(beside_damaged(&elsewhere, cut), (both.to_vec(), Vec::new(), 0));
        assert_eq!(beside_damaged(name, b"").1, [("us-west-2".to_owned(), around)]);
        // Nothing says where it is from.
        assert_eq!(beside_damaged("cut.json", cut), (Vec::new(), Vec::new(), 1));
    }
}

/// CloudTrail writes a file for each account and region.
#[test]
fn what_can_be_read_of_a_damaged_log_file_shows_where_it_is_from() {
    let event = |id: &str, region: &str, time: &str| {
        record(json!({"eventID": id, "awsRegion": region, "eventTime": time}))
    };
    let early = event("c", "us-west-2", "2026-11-05T08:00:00Z");
    let late = event("d", "us-west-2", "2026-11-05T08:04:00Z");
    let east = event("e", "us-east-1", "2026-11-05T08:04:00Z");
    let cut = |records: &[Value]| {
        let file = log_file(records);
        file[..file.len() - 9].to_vec()
    };
    let (logged, holes, unplaced) =
        beside_damaged("renamed.json", &cut(&[late.clone(), early.clone(), late.clone()]));
    assert_eq!((logged.len(), unplaced), (2, 0));
    let around = period("2026-11-05T07:00:00Z", "2026-11-05T09:04:00Z");
    assert_eq!(holes, [("us-west-2".to_owned(), around)]);
    // Files that somebody joined may have lost events of any region.
    let (logged, holes, unplaced) = beside_damaged("joined.json", &cut(&[late, east, early]));
    assert_eq!((logged.len(), holes.len(), unplaced), (0, 0, 1));
}

/// A broken copy takes nothing from what digests prove.
#[test]
fn digests_outweigh_a_damaged_file() {
    let name = "111122223333_CloudTrail_us-east-1_20261102T0900Z_a1b2c3d4e5f6a7b8.json";
    let activity = read_files(&[("1.json", &digest(8, &[])), (name, b"{")]);
    let late = period("2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z");
    assert_eq!(activity.coverage.regions[0].incomplete, [late]);
}

/// Digests name the files that were delivered in their hour:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>.
#[test]
fn digests_say_nothing_of_a_file_that_was_delivered_later() {
    let name = "111122223333_CloudTrail_us-east-1_20261102T0905Z_a1b2c3d4e5f6a7b8.json";
    let activity = read_files(&[("1.json", &digest(8, &[])), (name, b"{")]);
    let both = period("2026-11-02T08:05:00Z", "2026-11-02T10:05:00Z");
    assert_eq!(activity.coverage.regions[0].incomplete, [both]);
}

/// The log file that the digests name.
const LOG: &str = r#"{"Records":[]}"#;
/// Its SHA-256, made with `sha256sum`.
const LOG_SHA256: &str = "26a792db36a3afba23b1dd277fcc9f15a7313c4a92e4e4cc0494846af345ecff";

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>
fn digest(hour: u32, files: &[&str]) -> Vec<u8> {
    let folder = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/02";
    let files: Vec<Value> = files
        .iter()
        .map(|file| {
            json!({
                "s3Bucket": "acme-logs",
                "s3Object": format!("{folder}/{file}"),
                "hashValue": LOG_SHA256,
                "hashAlgorithm": "SHA-256"
            })
        })
        .collect();
    json!({
        "awsAccountId": "111122223333",
        "digestStartTime": format!("2026-11-02T{hour:02}:00:00Z"),
        "digestEndTime": format!("2026-11-02T{:02}:00:00Z", hour + 1),
        "digestS3Bucket": "acme-logs",
        "digestS3Object":
            "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/02/111122223333_CloudTrail-\
            Digest_us-east-1_acme_us-east-1_20261102T090000Z.json.gz",
        "newestEventTime": null,
        "previousDigestS3Bucket": "acme-logs",
        "logFiles": files
    })
    .to_string()
    .into_bytes()
}

/// Reads a directory of such files.
fn read_files(files: &[(&str, &[u8])]) -> Activity {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    let mut reader = ActivityReader::default();
    reader.read_path(directory.path()).unwrap();
    reader.finish()
}

/// The hash is of the log file once decompressed.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html>
#[test]
fn digests_prove_that_nothing_is_missing() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(LOG.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    for (name, log) in [("a.json", LOG.as_bytes()), ("a.json.gz", &packed)] {
        let activity = read_files(&[
            ("1.json", &digest(9, &[])),
            ("2.json", &digest(8, &["a.json.gz"])),
            ("3.json", &digest(11, &[])),
            (name, log),
        ]);
        assert_eq!(gaps(&activity), [""; 0]);
        assert_eq!(activity.coverage.inputs[&Form::Digest], 3);
        let [region] = activity.coverage.regions.as_slice() else {
            panic!("one region")
        };
        let whole = period("2026-11-02T08:00:00Z", "2026-11-02T10:00:00Z");
        let late = period("2026-11-02T11:00:00Z", "2026-11-02T12:00:00Z");
        assert_eq!(region.proved, [whole, late]);
    }
}

#[test]
fn a_digest_whose_files_are_missing_broken_or_different_proves_nothing() {
    let cut = &log_file(&[record(json!({}))])[..99];
    let digest = digest(8, &["a.json"]);
    let missing = "it names log files that were not read in full: 1, first a.json";
    let different =
        "it names log files that differ from what CloudTrail delivered: 1, first a.json";
    for (files, gap) in [
        (&[("1.json", digest.as_slice())][..], missing),
        (&[("1.json", &digest), ("a.json", cut)], missing),
        (&[("1.json", &digest), ("a.json", br#"{"Records": []}"#)], different),
    ] {
        let activity = read_files(files);
        assert_eq!(gaps(&activity)[0], gap);
        let region = &activity.coverage.regions[0];
        assert_eq!(region.proved, []);
        assert_eq!(region.incomplete, [period("2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z")]);
    }
}

/// The file that `portcullis collect --signins` writes.
#[test]
fn look_ups_prove_that_nothing_is_missing() {
    let event =
        json!({"EventId": "a", "CloudTrailEvent": record(json!({"eventID": "a"})).to_string()});
    let lookup = |region: &str| {
        json!({
            "Account": "111122223333", "Region": region,
            "From": "2026-11-01T00:00:00Z", "To": "2026-11-08T00:00:00Z"
        })
    };
    let mut denied = lookup("us-east-2");
    denied["From"] = json!(null);
    denied["Missing"] = json!("LookupEvents of EventSource signin.amazonaws.com: AccessDenied: no");
    let history = json!({"Events": [event], "Lookups": [lookup("us-east-1"), denied]});
    for text in [history.to_string(), serde_json::to_string_pretty(&history).unwrap()] {
        let activity = read(text);
        assert_eq!(activity.events.len(), 1);
        assert_eq!(activity.coverage.inputs[&Form::LookupEvents], 1);
        let [region] = activity.coverage.regions.as_slice() else {
            panic!("one region")
        };
        assert_eq!(region.proved, [period("2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z")]);
        let gap = "us-east-2: LookupEvents of EventSource signin.amazonaws.com: AccessDenied: no";
        assert_eq!(gaps(&activity), [gap]);
    }
    // Whoever cannot read an event does not know of what it is.
    let damaged =
        json!({"EventId": "a", "CloudTrailEvent": record(json!({"eventTime": null})).to_string()});
    let part = read(json!({"Events": [damaged], "Lookups": [lookup("us-east-1")]}).to_string());
    assert_eq!(part.coverage.records.unreadable, 1);
    assert_eq!(part.coverage.regions[0].proved, []);
    let nothing = read(json!({"Events": [], "Lookups": [lookup("us-east-1")]}).to_string());
    assert_eq!(gaps(&nothing), [""; 0]);
    assert_eq!(nothing.coverage.regions[0].proved.len(), 1, "no event is evidence too");
}

#[test]
fn directories_are_read_in_the_order_of_their_names() {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &str, records: &[Value]| {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, log_file(records)).unwrap();
    };
    for number in 0..20 {
        let id = format!("{number:02}");
        write(&format!("us-east-1/{id}.json"), &[record(json!({"eventID": id})), other("x")]);
    }
    write("broken/a.json", &[]);
    fs::write(directory.path().join("broken/b.json"), "{").unwrap();
    let mut reader = ActivityReader::default();
    reader.read_path(directory.path()).unwrap();
    let activity = reader.finish();
    assert_eq!((activity.events.len(), activity.coverage.records.of_no_interest), (20, 20));
    assert_eq!(activity.coverage.gaps.len(), 1);
    assert!(activity.coverage.gaps[0].input.ends_with("b.json"));
    assert!(
        ActivityReader::default()
            .read_path(&directory.path().join("nowhere"))
            .is_err()
    );
}

#[cfg(unix)]
#[test]
fn a_link_is_a_gap() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.json"), log_file(&[record(json!({}))])).unwrap();
    std::os::unix::fs::symlink("a.json", directory.path().join("b.json")).unwrap();
    let mut reader = ActivityReader::default();
    reader.read_path(directory.path()).unwrap();
    let activity = reader.finish();
    assert_eq!(gaps(&activity), ["it is a link, which is not followed"]);
    let mut reader = ActivityReader::default();
    reader.read_path(&directory.path().join("b.json")).unwrap();
    assert_eq!(reader.finish().events.len(), 1);
}

/// A socket stands for all that is neither file nor directory; a pipe would be waited for.
#[cfg(unix)]
#[test]
fn what_is_not_a_file_is_a_gap() {
    let directory = tempfile::tempdir().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("a")).unwrap();
    let mut reader = ActivityReader::default();
    reader.read_path(directory.path()).unwrap();
    assert_eq!(gaps(&reader.finish()), ["it cannot be opened: it is not a regular file"]);
    assert!(
        ActivityReader::default()
            .read_path(&directory.path().join("a"))
            .is_err()
    );
}
