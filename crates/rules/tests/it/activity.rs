//! Rules over what CloudTrail recorded: what a window is, and when that nothing was recorded is a pass.

use portcullis_model::{Finding, Report, Verdict};
use serde_json::{Value as Json, json};

use crate::support::{account, judge, load};

const EVERY: [Verdict; 2] = [Verdict::Pass, Verdict::NotApplicable];

/// A rule on runs of failures, which needs two regions.
const WINDOWS: &str = r#"id          = "test-rule"
title       = "Test"
severity    = "medium"
scope       = "window"
group_by    = ["user"]
within      = "10m"
where       = "signin.outcome == 'failure'"
regions     = ["us-east-1", "us-west-2"]
risk        = "None."
remediation = "Ask {window.name}."
references  = []
params.most = 2
assert      = "window.count <= params.most"
message     = "{window.name} {window.count} {window.minutes} {window.minutes_to_success} {window.minutes_to_success_from_same_source}"

[[example]]
expect  = "pass"
name    = "one"
signins = [{ outcome = "failure" }]

[[example]]
expect  = "fail"
name    = "two"
params  = { most = 1 }
signins = [{ outcome = "failure" }, { outcome = "failure" }]
"#;

/// An attempt of a user at that time of the day; `with` are its other facts.
fn sign_in(user: &str, time: &str, with: &Json) -> Json {
    let samples: Json = serde_json::from_str(include_str!("../../src/sample.json")).unwrap();
    let mut sign_in = samples["SignIn"].clone();
    sign_in["user"] = json!(user);
    sign_in["at"] = json!(format!("2026-11-18T{time}Z"));
    sign_in["resource_id"] =
        json!(format!("arn:aws:cloudtrail:us-east-1:111122223333:event/{user}-{time}"));
    for (field, value) in with.as_object().unwrap() {
        sign_in[field] = value.clone();
    }
    sign_in
}

fn failure(user: &str, time: &str) -> Json {
    sign_in(user, time, &json!({ "outcome": "failure", "pattern": "wrong_password" }))
}

/// A region of which digests prove that time of the day.
fn proved(region: &str, from: &str, to: &str) -> Json {
    let period = json!([{ "from": at(from), "to": at(to) }]);
    json!({
        "account": "111122223333", "region": region, "records": 0,
        "seen": [], "proved": period
    })
}

/// A region of which log files were read at that time of the day.
fn seen(region: &str, from: &str, to: &str) -> Json {
    let period = json!([{ "from": at(from), "to": at(to) }]);
    json!({
        "account": "111122223333", "region": region, "records": 2,
        "seen": period, "logged": period, "proved": []
    })
}

fn at(time: &str) -> String {
    if time.contains('T') {
        time.to_owned()
    } else {
        format!("2026-11-18T{time}Z")
    }
}

/// The report of a rule on a morning, from 07:00 to 12:00.
fn report(rule: &str, sign_ins: &[Json], regions: &[Json]) -> Report {
    let activity = json!({
        "period": { "from": at("07:00:00"), "to": at("12:00:00") },
        "regions": regions,
        "sign_ins": sign_ins,
        "credential_events": [],
    });
    report_of(rule, activity)
}

/// The same of that activity, where nothing else is known of the account.
fn report_of(rule: &str, activity: Json) -> Report {
    let mut snapshot = account();
    snapshot["users"] = json!({ "missing": ["account-authorization-details"] });
    snapshot["activity"] = activity;
    judge(&load(rule).unwrap_or_else(|errors| panic!("{errors}")), &snapshot, &EVERY)
}

fn covered() -> Vec<Json> {
    vec![proved("us-east-1", "07:00:00", "12:00:00"), proved("us-west-2", "07:00:00", "12:00:00")]
}

fn line(finding: &Finding) -> String {
    format!("{} {}", finding.verdict.word(), finding.message)
}

fn lines(report: &Report) -> Vec<String> {
    report.findings.iter().map(line).collect()
}

/// IAM lets a user be called root, who has another password than the root user. From one address, though,
/// both are tried by the same hand.
#[test]
fn a_user_called_root_shares_no_window_with_root() {
    let mut attempts = Vec::new();
    for (time, actor) in [("08:00:00", "root"), ("08:01:00", "user"), ("08:02:00", "root")] {
        attempts.push(sign_in("root", time, &json!({ "outcome": "failure", "actor": actor })));
    }
    let judged = report(WINDOWS, &attempts, &covered());
    let windows = lines(&judged)
        .into_iter()
        .filter(|line| line == "pass no problem found");
    assert_eq!(windows.count(), 2);
    let by_address = WINDOWS.replace(r#"["user"]"#, r#"["source"]"#);
    let judged = report(&by_address, &attempts, &covered());
    assert_eq!(lines(&judged), ["fail 203.0.113.10 3 2 none none"]);
}

#[test]
fn a_window_ends_where_nothing_follows_soon() {
    let attempts = vec![
        failure("ana", "08:00:00"),
        failure("ben", "08:05:00"),
        failure("ana", "08:10:00"),
        failure("ana", "08:20:00"),
        failure("ana", "08:30:01"),
    ];
    let report = report(WINDOWS, &attempts, &covered());
    let mut messages = lines(&report);
    messages.sort();
    assert_eq!(
        messages,
        ["fail ana 3 20 none none", "pass no problem found", "pass no problem found",]
    );
    let failed = &report.findings[0];
    assert_eq!(failed.resource.id, "arn:aws:cloudtrail:us-east-1:111122223333:event/ana-08:00:00");
    assert_eq!(failed.resource.name, "ana");
}

#[test]
fn a_success_counts_by_person_and_address() {
    let mut attempts: Vec<Json> = (0..3)
        .map(|minute| failure("ana", &format!("08:0{minute}:00")))
        .collect();
    attempts.push(sign_in("ben", "08:03:00", &json!({})));
    attempts.push(sign_in("ana", "08:04:00", &json!({ "source": "198.51.100.23" })));
    attempts.push(sign_in("ana", "08:05:30", &json!({})));
    let report = report(WINDOWS, &attempts, &covered());
    assert_eq!(lines(&report), ["fail ana 3 2 2 3.5"]);
}

/// A user who is deleted and made again under the name has another id, and another password.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
#[test]
fn two_users_of_one_name_are_two_people() {
    let by = |id: Json, time: &str, outcome: &str| {
        sign_in("kim", time, &json!({ "outcome": outcome, "principal_id": id }))
    };
    let verdict = |ids: [Json; 4]| {
        let [first, second, third, success] = ids;
        let attempts = [
            by(first, "08:00:00", "failure"),
            by(second, "08:01:00", "failure"),
            by(third, "08:02:00", "failure"),
            by(success, "08:03:00", "success"),
        ];
        lines(&report(WINDOWS, &attempts, &covered())).join("|")
    };
    let (old, new) = (json!("AIDACKCEVSQ6C2EXAMPLE"), json!("AIDAQ3EGRIYQ4EXAMPLE2"));
    let one = "fail kim 3 2 1 1";
    assert_eq!(verdict([&old, &old, &old, &old].map(Json::clone)), one);
    // An event may lack the id.
    assert_eq!(verdict([old.clone(), Json::Null, old.clone(), Json::Null]), one);
    assert_eq!(verdict([Json::Null, Json::Null, old.clone(), old.clone()]), one);
    assert_eq!(verdict([&old, &old, &old, &new].map(Json::clone)), "fail kim 3 2 none none");
    let two = verdict([old.clone(), old, new.clone(), new]);
    assert!(two.starts_with("pass no problem found|pass no problem found|pass no such"), "{two}");
}

#[test]
fn every_address_must_get_in() {
    let attempts = [
        failure("ana", "08:00:00"),
        failure("ana", "08:01:00"),
        sign_in("ana", "08:02:00", &json!({ "outcome": "failure", "source": "198.51.100.23" })),
        sign_in("ana", "08:03:30", &json!({})),
    ];
    assert_eq!(lines(&report(WINDOWS, &attempts, &covered())), ["fail ana 3 2 1.5 none"]);
    let later = sign_in("ana", "08:06:00", &json!({ "source": "198.51.100.23" }));
    let attempts = [attempts.as_slice(), &[later]].concat();
    assert_eq!(lines(&report(WINDOWS, &attempts, &covered())), ["fail ana 3 2 1.5 4"]);
}

#[test]
fn a_window_may_end_where_the_person_gets_in() {
    let attempts: Vec<Json> = vec![
        failure("ana", "08:00:00"),
        failure("ana", "08:01:00"),
        failure("ana", "08:02:00"),
        sign_in("ben", "08:02:10", &json!({})),
        sign_in("ana", "08:02:30", &json!({})),
        failure("ana", "08:03:00"),
    ];
    assert_eq!(lines(&report(WINDOWS, &attempts, &covered())), ["fail ana 4 3 none none"]);
    let until = WINDOWS.replace("within  ", "until_success = true\nwithin  ");
    let report = report(&until, &attempts, &covered());
    assert_eq!(lines(&report), ["fail ana 3 2 0.5 0.5", "pass no problem found"]);
}

/// The period begins at 07:00, and what happened up to ten minutes before may belong to the same run.
#[test]
fn a_window_says_if_the_period_begins_within_it() {
    let cut = "; the period read begins within this episode, so there may have been more before it";
    let attempts: Vec<Json> = ["07:10:00", "07:11:00", "07:12:00"]
        .map(|time| failure("ana", time))
        .into();
    let judged = report(WINDOWS, &attempts, &covered());
    assert_eq!(lines(&judged), [format!("fail ana 3 2 none none{cut}")]);
    let judged = report(WINDOWS, &attempts[..1], &covered());
    assert_eq!(lines(&judged)[0], format!("pass no problem found{cut}"));
    let attempts: Vec<Json> = ["07:10:01", "07:11:00", "07:12:01"]
        .map(|time| failure("ana", time))
        .into();
    assert_eq!(lines(&report(WINDOWS, &attempts, &covered())), ["fail ana 3 2 none none"]);
}

/// Within ten minutes of the end, as many more may follow: of the period, or of what was read of the region.
#[test]
fn a_window_says_if_what_was_read_ends_within_it() {
    let cut = "; the period read ends within this episode, so there may have been more after it";
    let run = |times: [&str; 3]| times.map(|time| failure("ana", time)).to_vec();
    let late = run(["11:48:00", "11:49:00", "11:50:00"]);
    assert_eq!(
        lines(&report(WINDOWS, &late, &covered())),
        [format!("fail ana 3 2 none none{cut}")]
    );
    let before = run(["11:47:59", "11:48:59", "11:49:59"]);
    assert_eq!(lines(&report(WINDOWS, &before, &covered())), ["fail ana 3 2 none none"]);
    let short = [seen("us-east-1", "07:00:00", "11:52:00")];
    let message = &report(WINDOWS, &before, &short).findings[0].message;
    assert_eq!(*message, format!("ana 3 2 none none{cut}"));
    let mut region = short[0].clone();
    region["proved"] = covered()[0]["proved"].clone();
    assert_eq!(report(WINDOWS, &before, &[region]).findings[0].message, "ana 3 2 none none");
    // Whoever got in ends the window, if the rule says so.
    let until = WINDOWS.replace("within  ", "until_success = true\nwithin  ");
    let success = [late, vec![sign_in("ana", "11:51:00", &json!({}))]].concat();
    assert_eq!(lines(&report(&until, &success, &covered())), ["fail ana 3 2 1 1"]);
}

#[test]
fn a_window_that_begins_after_a_success_is_whole() {
    let until = WINDOWS.replace("within  ", "until_success = true\nwithin  ");
    let failures = ["07:05:00", "07:06:00", "07:07:00"].map(|time| failure("ana", time));
    let success = |user: &str| vec![sign_in(user, "07:04:00", &json!({}))];
    let judged = |before: Vec<Json>, rule: &str| {
        lines(&report(rule, &[before, failures.to_vec()].concat(), &covered()))
    };
    assert_eq!(judged(success("ana"), &until), ["fail ana 3 2 none none"]);
    for whole in [judged(success("ben"), &until), judged(success("ana"), WINDOWS)] {
        assert!(whole[0].ends_with("there may have been more before it"), "{whole:?}");
    }
}

/// A later run reads more of the same log: what was found before keeps its identity, and the next run of
/// failures has its own.
#[test]
fn findings_are_known_by_their_first_event() {
    let run = |user: &str, hour: usize| -> Vec<Json> {
        (0..3)
            .map(|minute| failure(user, &format!("{hour:02}:0{minute}:00")))
            .collect()
    };
    let fingerprints = |attempts: Vec<Json>| -> Vec<String> {
        let report = report(WINDOWS, &attempts, &covered());
        report
            .findings
            .iter()
            .map(|it| it.fingerprint.as_str().to_owned())
            .collect()
    };
    let monday = fingerprints(run("ana", 8));
    let tuesday = fingerprints([run("ana", 8), run("ana", 10)].concat());
    assert_eq!((monday.len(), tuesday.len()), (1, 2));
    assert!(tuesday.contains(&monday[0]) && tuesday[0] != tuesday[1]);
}

#[test]
fn nothing_is_a_pass_only_where_every_region_was_read() {
    let verdict = |regions: Vec<Json>| lines(&report(WINDOWS, &[], &regions)).join("|");
    let pass = "pass no such activity was recorded in us-east-1, us-west-2 from 2026-11-18 07:00 UTC to 2026-11-18 12:00 UTC";
    assert_eq!(verdict(covered()), pass);
    let short = "pass no such activity was recorded in us-east-1, us-west-2 from 2026-11-18 08:15 UTC to 2026-11-18 10:45 UTC";
    let nothing = |from: &str, to: &str| {
        format!(
            "unknown not judged: nothing was read for us-west-2 from 2026-11-18 {from} UTC to 2026-11-18 {to} UTC"
        )
    };
    let west = |seen: Json, proved: Json, incomplete: Json| {
        let period = |it: &Json| json!({ "from": at(it[0].as_str().unwrap()), "to": at(it[1].as_str().unwrap()) });
        let periods = |all: Json| {
            all.as_array()
                .unwrap()
                .iter()
                .map(period)
                .collect::<Vec<_>>()
        };
        json!({
            "account": "111122223333", "region": "us-west-2", "records": 0,
            "seen": periods(seen.clone()), "logged": periods(seen), "proved": periods(proved), "incomplete": periods(incomplete),
        })
    };
    for stretches in [|it| (json!([]), it), |it| (it, json!([]))] {
        for (read, expected) in [
            // A digest is made once an hour, whenever that is, and a region may be quiet.
            (json!([["08:15:00", "10:45:00"]]), short.to_owned()),
            (json!([["08:15:01", "12:00:00"]]), nothing("07:00", "08:15")),
            (json!([["07:00:00", "10:44:59"]]), nothing("10:44", "12:00")),
            // That something before and after was read says nothing.
            (
                json!([["05:00:00", "06:59:59"], ["12:00:01", "13:00:00"]]),
                nothing("07:00", "12:00"),
            ),
        ] {
            let (seen, proved) = stretches(read);
            let regions = vec![covered()[0].clone(), west(seen, proved, json!([]))];
            assert_eq!(verdict(regions), expected);
        }
    }
    for (seen, proved, incomplete, expected) in [
        // There are digests of quiet hours, too.
        (json!([]), json!([["07:00:00", "09:00:00"], ["09:30:00", "12:00:00"]]), json!([]), nothing("09:00", "09:30")),
        (
            json!([["08:30:00", "10:00:00"]]),
            json!([["07:00:00", "09:00:00"], ["09:30:00", "12:00:00"]]),
            json!([]),
            pass.to_owned(),
        ),
        // The latest have no digest yet.
        (json!([["08:30:00", "12:00:00"]]), json!([["07:00:00", "08:00:00"]]), json!([]), pass.to_owned()),
        // Of the first hour, a log file is known to be missing.
        (
            json!([]),
            json!([["08:00:00", "12:00:00"]]),
            json!([["07:00:00", "08:00:00"]]),
            "unknown not judged: us-west-2 was not read completely from 2026-11-18 07:00 UTC to 2026-11-18 08:00 UTC".to_owned(),
        ),
        (json!([]), json!([]), json!([]), "unknown not judged: no management event was read for us-west-2".to_owned()),
    ] {
        let regions = vec![covered()[0].clone(), west(seen, proved, incomplete)];
        assert_eq!(verdict(regions), expected);
    }
    let regions = vec![covered()[0].clone()];
    assert_eq!(verdict(regions), "unknown not judged: us-west-2 was not read");
}

/// Without an event there is no file, so days without one may be days that were not fetched.
#[test]
fn days_of_which_nothing_was_read_need_a_digest() {
    let verdict = |from: &str, digests: Json| {
        let west = json!({
            "account": "111122223333", "region": "us-west-2", "records": 4, "proved": digests,
            "seen": [],
            "logged": [
                { "from": "2026-11-11T07:00:00Z", "to": "2026-11-13T09:00:00Z" },
                { "from": "2026-11-16T10:00:00Z", "to": "2026-11-18T11:30:00Z" },
            ],
        });
        let activity = json!({
            "period": { "from": from, "to": at("12:00:00") },
            "regions": [proved("us-east-1", "2026-11-11T07:00:00Z", "12:00:00"), west],
            "sign_ins": [],
            "credential_events": [],
        });
        lines(&report_of(WINDOWS, activity)).join("|")
    };
    let week = "2026-11-11T07:00:00Z";
    let hole = |until: &str| {
        format!(
            "unknown not judged: nothing was read for us-west-2 from 2026-11-13 09:00 UTC to {until} 10:00 UTC"
        )
    };
    assert_eq!(verdict(week, json!([])), hole("2026-11-16"));
    assert!(verdict("2026-11-16T10:00:00Z", json!([])).starts_with("pass no such activity"));
    let digests = |from: &str| json!([{ "from": from, "to": "2026-11-16T00:00:00Z" }]);
    assert_eq!(verdict(week, digests("2026-11-14T10:00:00Z")), hole("2026-11-14"));
    assert!(verdict(week, digests("2026-11-14T09:00:00Z")).starts_with("pass no such activity"));
}

#[test]
fn what_may_be_a_choice_of_events_is_no_proof() {
    let activity = |is_log: bool, unplaced: Json| {
        let mut east = seen("us-east-1", "07:00:00", "12:00:00");
        if !is_log {
            east["logged"] = json!([]);
        }
        json!({
            "period": { "from": at("07:00:00"), "to": at("12:00:00") },
            "regions": [east, covered()[1]],
            "unplaced": unplaced,
            "sign_ins": [failure("ana", "08:00:00")],
            "credential_events": [],
        })
    };
    let whole = lines(&report_of(WINDOWS, activity(true, json!([]))));
    assert_eq!(whole[0], "pass no problem found");
    assert!(whole[1].starts_with("pass no such activity was recorded in us-east-1"), "{whole:?}");
    let choice = lines(&report_of(WINDOWS, activity(false, json!([]))));
    let unread = "us-east-1 may not have been read completely from 2026-11-18 07:00 UTC to 2026-11-18 12:00 UTC";
    assert_eq!(choice[1], format!("unknown not judged: {unread}"));
    // The file to blame is named.
    let damaged = report_of(WINDOWS, activity(false, json!(["logs/cut.json", "logs/b.json"])));
    let expected = format!(
        "unknown not judged: logs/cut.json and 1 more (damaged) may cover any region and time: fetch it again, or \
         leave it out if it is not a log file; {unread}"
    );
    assert_eq!(lines(&damaged)[1], expected);
    // What was read counts.
    assert_eq!(lines(&damaged)[0], whole[0]);
}

/// What was read of one person says nothing of others, and so nothing of the account.
#[test]
fn of_one_person_only_what_is_about_them_counts() {
    let mut snapshot = account();
    snapshot["person"] = json!("Ana");
    snapshot["activity"] = json!({
        "period": { "from": at("07:00:00"), "to": at("12:00:00") },
        "regions": covered(),
        "sign_ins": [failure("ana", "08:00:00")],
        "credential_events": [],
    });
    let report = judge(&load(WINDOWS).unwrap(), &snapshot, &EVERY);
    assert_eq!(lines(&report), ["pass no problem found"]);
    let tally = report.accounts[0].tallies.values().next().unwrap();
    assert_eq!((tally.pass, tally.unknown), (1, 0));
}

#[test]
fn an_attempt_of_unknown_outcome_leaves_the_rule_open() {
    let unknown = json!({ "missing": ["cloudtrail"] });
    let csv = sign_in("ana", "08:00:00", &json!({ "outcome": unknown }));
    let report = report(WINDOWS, &[csv], &covered());
    let expected =
        "unknown not judged: the records read do not say enough about 1 of the attempts".to_owned();
    assert_eq!(lines(&report), [expected]);
    assert_eq!(report.findings[0].missing.len(), 1);
}

/// Who came from where cannot be told from an attempt whose address is not recorded.
#[test]
fn an_attempt_without_an_address_leaves_a_rule_about_addresses_open() {
    let by_address = WINDOWS.replace("[\"user\"]", "[\"source\"]");
    assert_ne!(by_address, WINDOWS);
    let attempt = |source: Json| {
        let with = json!({ "outcome": "failure", "pattern": "wrong_password", "source": source });
        sign_in("ana", "08:00:00", &with)
    };
    let open =
        "unknown not judged: the records read do not say enough about 1 of the attempts".to_owned();
    let known = report(&by_address, &[attempt(json!("192.0.2.10"))], &covered());
    assert!(!lines(&known).contains(&open), "{:?}", lines(&known));
    let hidden = report(&by_address, &[attempt(Json::Null)], &covered());
    assert_eq!(lines(&hidden), [open]);
}

/// Root's regions are those of the partition `aws`; China has two, and both count.
#[test]
fn other_partitions_have_other_regions() {
    let mut snapshot = account();
    snapshot["account"]["partition"] = json!("aws-cn");
    let mut verdict = |regions: Json| {
        snapshot["activity"] = json!({
            "period": { "from": at("07:00:00"), "to": at("12:00:00") },
            "regions": regions,
            "sign_ins": [],
            "credential_events": [],
        });
        lines(&judge(&load(WINDOWS).unwrap(), &snapshot, &EVERY)).join("|")
    };
    let beijing = proved("cn-north-1", "07:00:00", "12:00:00");
    assert_eq!(verdict(json!([beijing])), "unknown not judged: cn-northwest-1 was not read");
    let ningxia = proved("cn-northwest-1", "07:00:00", "12:00:00");
    assert!(
        verdict(json!([beijing, ningxia]))
            .starts_with("pass no such activity was recorded in cn-northwest-1")
    );
}

/// China has no root user, and root of AWS GovCloud (US) has no console.
///
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-iam.html>
#[test]
fn root_signs_in_where_it_can() {
    let rule = WINDOWS.replace(r#"["us-east-1", "us-west-2"]"#, r#""root""#);
    let verdict = |partition: &str, regions: &[&str], sign_ins: &[Json]| {
        let mut snapshot = account();
        snapshot["account"]["partition"] = json!(partition);
        snapshot["activity"] = json!({
            "period": { "from": at("07:00:00"), "to": at("12:00:00") },
            "regions": regions.iter().map(|it| whole(it)).collect::<Vec<_>>(),
            "sign_ins": sign_ins,
            "credential_events": [],
        });
        lines(&judge(&load(&rule).unwrap(), &snapshot, &EVERY)).join("|")
    };
    let absent = "not_applicable nobody can sign in to the console as root in this partition";
    for (partition, region) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        assert_eq!(verdict(partition, &[region], &[]), absent);
    }
    assert_eq!(verdict("aws-us-gov", &["us-gov-west-1", "us-gov-east-1"], &[]), absent);
    let european = verdict("aws-eusc", &["eusc-de-east-1"], &[]);
    assert!(
        european.starts_with("pass no such activity was recorded in eusc-de-east-1"),
        "{european}"
    );
    let all = ["us-east-1", "us-east-2", "us-west-2"];
    let pass = "pass no such activity was recorded in us-east-1, us-east-2, us-west-2 from";
    assert!(verdict("aws", &all, &[]).starts_with(pass));
    assert_eq!(verdict("aws", &all[..2], &[]), "unknown not judged: us-west-2 was not read");
    // What is recorded all the same counts.
    let three = ["08:00:00", "08:01:00", "08:02:00"].map(|time| failure("root", time));
    let recorded = verdict("aws-us-gov", &["us-gov-west-1"], &three);
    assert!(recorded.contains("fail root 3"), "{recorded}");
}

/// The finding of a rule on sign-ins through Identity Center, of which none was recorded: the account has these
/// roles, or nothing is known of it but what was recorded.
fn of_identity_center(regions: Vec<Json>, portals: &[&str], roles: Option<&[&str]>) -> String {
    of_regions(r#""identity_center""#, regions, portals, roles)
}

/// The same of a rule that needs these regions.
fn of_regions(
    needed: &str,
    regions: Vec<Json>,
    portals: &[&str],
    roles: Option<&[&str]>,
) -> String {
    let rule = WINDOWS.replace(r#"["us-east-1", "us-west-2"]"#, needed);
    let mut snapshot = account();
    let template = snapshot["roles"][0].clone();
    let missing = json!({ "missing": ["account-authorization-details"] });
    snapshot["roles"] = roles.map_or(missing.clone(), |arns| {
        let with_arn = |arn: &&str| {
            let mut listed = template.clone();
            listed["arn"] = json!(format!("arn:aws:iam::111122223333:role/{arn}"));
            listed
        };
        arns.iter().map(with_arn).collect()
    });
    snapshot["account"]["identity_center"] =
        roles.map_or(missing, |arns| json!(arns.iter().any(|arn| arn.starts_with("aws-reserved"))));
    snapshot["activity"] = json!({
        "period": { "from": at("07:00:00"), "to": at("12:00:00") },
        "regions": regions,
        "portal_regions": portals,
        "sign_ins": [],
        "credential_events": [],
    });
    lines(&judge(&load(&rule).unwrap(), &snapshot, &EVERY)).join("|")
}

fn whole(region: &str) -> Json {
    proved(region, "07:00:00", "12:00:00")
}

const UNKNOWN_PORTAL: &str = "unknown not judged: the region of IAM Identity Center is not known: no sign-in to its \
                              portal was read, and not all regions were read";

/// Identity Center records sign-ins in its own region, which may be any.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html>
#[test]
fn identity_center_may_be_where_nothing_was_read() {
    let verdict = |regions: Vec<Json>, portals: &[&str]| of_identity_center(regions, portals, None);
    assert!(verdict(covered(), &[]).starts_with(UNKNOWN_PORTAL));
    let pass = "pass no such activity was recorded in eu-west-1 from 2026-11-18 07:00 UTC to 2026-11-18 12:00 UTC";
    assert_eq!(verdict(vec![whole("eu-west-1")], &["eu-west-1"]), pass);
    let short = proved("eu-west-1", "07:00:00", "10:00:00");
    let unread = "unknown not judged: nothing was read for eu-west-1 from 2026-11-18 10:00 UTC to 2026-11-18 12:00 UTC";
    assert_eq!(verdict(vec![short], &["eu-west-1"]), unread);
    let all = portcullis_model::DEFAULT_REGIONS.map(whole);
    assert!(verdict(all.to_vec(), &[]).starts_with("pass no such activity was recorded in ap-"));
}

/// Its portal may be in any region, so what was read where others sign in says nothing about it.
#[test]
fn without_a_bundle_identity_center_may_be_in_use_elsewhere() {
    let regions =
        ["ap-southeast-2", "eu-north-1", "us-east-1", "us-east-2", "us-west-2"].map(whole);
    let hint = "; a bundle of the account (--bundle) shows whether it is in use";
    let unknown = format!("{UNKNOWN_PORTAL}{hint}");
    assert_eq!(of_identity_center(regions.to_vec(), &[], None), unknown);
    let elsewhere = of_identity_center(regions.to_vec(), &["eu-west-1"], None);
    assert_eq!(elsewhere, "unknown not judged: eu-west-1 was not read");
    let absent = of_identity_center(regions.to_vec(), &[], Some(&["ops"]));
    assert_eq!(absent, "not_applicable IAM Identity Center has no role in the account");
}

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
#[test]
fn the_roles_of_identity_center_say_where_it_is() {
    let verdict = |regions: &[&str], roles: &[&str]| {
        of_identity_center(regions.iter().map(|it| whole(it)).collect(), &[], Some(roles))
    };
    let ireland = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Audit_0123456789abcdef";
    let virginia = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Audit_0123456789abcdef";
    assert!(verdict(&["eu-west-1"], &[ireland]).starts_with("pass"));
    let unread = "unknown not judged: eu-west-1 was not read";
    assert_eq!(verdict(&["us-east-1"], &[ireland]), unread);
    assert!(verdict(&["us-east-1"], &[virginia]).starts_with("pass"));
    assert_eq!(
        verdict(&["us-east-1"], &["ops"]),
        "not_applicable IAM Identity Center has no role in the account"
    );
    // It is in use, and may be anywhere.
    let linked = "aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO";
    assert_eq!(verdict(&["us-east-1"], &[linked]), UNKNOWN_PORTAL);
}

/// A rule on sign-ins of any kind also needs the region of Identity Center, unless that is not in use.
#[test]
fn a_rule_may_need_other_regions_beside_that_of_identity_center() {
    let verdict = |regions: &[&str], portals: &[&str], roles: Option<&[&str]>| {
        let read = regions.iter().map(|it| whole(it)).collect();
        of_regions(r#"["us-east-1", "identity_center"]"#, read, portals, roles)
    };
    let ireland = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Audit_0123456789abcdef";
    let virginia = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Audit_0123456789abcdef";
    let pass = |regions: &str| {
        format!(
            "pass no such activity was recorded in {regions} from 2026-11-18 07:00 UTC to 2026-11-18 12:00 UTC"
        )
    };
    let both = ["us-east-1", "eu-west-1"];
    for (portals, roles) in [(&[][..], Some(&[ireland][..])), (&["eu-west-1"][..], None)] {
        assert_eq!(verdict(&both, portals, roles), pass("us-east-1, eu-west-1"));
        let unread = "unknown not judged: eu-west-1 was not read";
        assert_eq!(verdict(&["us-east-1"], portals, roles), unread);
    }
    assert_eq!(verdict(&["us-east-1"], &[], Some(&[virginia])), pass("us-east-1"));
    assert_eq!(verdict(&["us-east-1"], &[], Some(&["ops"])), pass("us-east-1"));
    assert!(verdict(&["us-east-1"], &[], None).starts_with(UNKNOWN_PORTAL));
    let neither = verdict(&["eu-north-1"], &[], None);
    assert!(neither.ends_with("; us-east-1 was not read"), "{neither}");
}

/// A trail of read-only events has no sign-in, and one of all others has no `aws login`.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html>
#[test]
fn a_rule_passes_only_where_its_events_may_be_recorded() {
    let read_only = WINDOWS.replace("within  ", "read_only = true\nwithin  ");
    let verdict = |rule: &str, reads: bool, writes: bool| {
        let activity = json!({
            "period": { "from": at("07:00:00"), "to": at("12:00:00") },
            "regions": covered(),
            "left_out": { "reads": reads, "writes": writes },
            "sign_ins": [],
            "credential_events": [],
        });
        lines(&report_of(rule, activity)).join("|")
    };
    for (rule, reads, writes) in [(WINDOWS, true, false), (read_only.as_str(), false, true)] {
        assert!(verdict(rule, false, false).starts_with("pass no such activity"));
        assert!(verdict(rule, reads, writes).starts_with("pass no such activity"));
        let unknown = verdict(rule, writes, reads);
        assert!(
            unknown.starts_with("unknown not judged: no log file of the account holds a"),
            "{unknown}"
        );
    }
}

#[test]
fn without_a_log_nothing_is_judged() {
    let report = judge(&load(WINDOWS).unwrap(), &account(), &EVERY);
    assert_eq!(lines(&report), ["unknown not judged: cloudtrail is missing"]);
}

#[test]
fn mistakes_in_windows_are_found_where_they_are() {
    let errors = |old: &str, new: &str| {
        assert!(WINDOWS.contains(old), "{old}");
        let errors = load(&WINDOWS.replace(old, new)).unwrap_err().0;
        errors
            .into_iter()
            .map(|error| error.message)
            .collect::<Vec<_>>()
            .join("|")
    };
    assert_eq!(errors("[\"user\"]", "[\"usr\"]"), "attempts cannot be grouped by `usr`");
    assert_eq!(errors("[\"user\"]", "[\"at\"]"), "attempts cannot be grouped by `at`");
    assert_eq!(errors("10m", "often"), "this is not a length of time such as `10m` or `1h`");
    assert_eq!(
        errors("'failure'\"", "'failed'\"")
            .matches("failed")
            .count(),
        1
    );
    assert_eq!(errors("us-west-2", "the west"), "this is not the name of a region");
    assert_eq!(errors("[\"us-east-1\", \"us-west-2\"]", "[]"), "`regions` is empty");
    assert_eq!(errors("within      = \"10m\"\n", ""), "`within` is missing");
    let until = "until_success = 1\nwithin  ";
    assert_eq!(errors("within  ", until), "`until_success` must be true or false");
    let on_users = crate::support::RULE.replace("when  ", "regions = []\nwhen  ");
    assert_eq!(load(&on_users).unwrap_err().0[0].message, "`regions` is not known here");
}

/// What an address went on to try in another account counts where it began, and only there.
#[test]
fn an_address_has_one_window_in_several_accounts() {
    let other = |user: &str, time: &str| {
        let mut other = failure(user, time);
        other["resource_id"] =
            json!(format!("arn:aws:cloudtrail:us-east-1:444455556666:event/{user}-{time}"));
        other
    };
    let judged = |rule: &str, own: &[Json]| {
        let activity = json!({
            "period": { "from": at("07:00:00"), "to": at("12:00:00") },
            "regions": covered(),
            "sign_ins": own,
            "elsewhere": [other("eva", "08:02:00"), other("ida", "08:03:00"), other("eva", "11:00:00")],
            "credential_events": [],
        });
        lines(&report_of(rule, activity))
    };
    let by_address = WINDOWS.replace(r#"["user"]"#, r#"["source"]"#);
    let failed = ["fail 203.0.113.10 3 3 none none"];
    assert_eq!(judged(&by_address, &[failure("ana", "08:00:00")]), failed);
    assert!(
        !judged(WINDOWS, &[failure("ana", "08:00:00")])
            .join(" ")
            .contains("fail")
    );
}
