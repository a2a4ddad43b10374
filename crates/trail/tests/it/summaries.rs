//! Who signed in, the filters, and the JSON that says it all.

use jiff::SignedDuration;
use portcullis_model::{ActivitySummary, Fact, Mfa, Source};
use portcullis_trail::{Filter, summarise};
use serde_json::{Value, json};

use crate::{Story, log_file, read, record, summary};

fn story() -> Story {
    Story::new()
        .sign_in("08:00:00", "ana.silva")
        .check_mfa("09:00:00", "ana.silva")
        .from("198.51.100.7")
        .sign_in("09:30:00", "bilal.haddad")
        .sign_in("10:00:00", "ana.silva")
}

#[test]
fn sign_ins_are_counted_by_person() {
    let rows = summary(story(), &Filter::default()).signed_in;
    let [ana, bilal] = rows.as_slice() else {
        panic!("two people")
    };
    assert_eq!((ana.sign_ins, ana.unknown, ana.mfa[&Mfa::Used]), (2, 0, 2));
    assert_eq!(ana.first.to_string(), "2026-11-02T08:00:00Z");
    assert_eq!(ana.last.to_string(), "2026-11-02T10:00:00Z");
    assert_eq!(ana.sources.iter().collect::<Vec<_>>(), ["192.0.2.10", "198.51.100.7"]);
    assert_eq!(bilal.person.account.as_deref(), Some("111122223333"));
}

/// A sign-in that waits for its code may outlast others.
#[test]
fn sign_ins_count_by_when_they_ended() {
    let story = Story::new()
        .check_mfa("08:00:00", "ana.silva")
        .from("198.51.100.7")
        .sign_in("08:01:00", "ana.silva")
        .from("198.51.100.8")
        .refused("08:05:00", "ana.silva")
        .from("192.0.2.10")
        .sign_in("08:09:00", "ana.silva");
    let all = summary(story, &Filter::default());
    let [row] = all.signed_in.as_slice() else {
        panic!("one person")
    };
    assert_eq!(row.first.to_string(), "2026-11-02T08:01:00Z");
    assert_eq!(row.last.to_string(), "2026-11-02T08:09:00Z");
    let [row] = all.locked_out.as_slice() else {
        panic!("one person")
    };
    assert_eq!(row.in_since.map(|at| at.to_string()).as_deref(), Some("2026-11-02T08:09:00Z"));
}

/// Another user of the name gets in with another password.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
#[test]
fn whoever_is_made_again_does_not_get_in_for_the_user_before() {
    let by = |story: Story, time: &str, id: &str, outcome: &str| {
        let message = if outcome == "Failure" {
            json!("Failed authentication")
        } else {
            json!(null)
        };
        story.event(
            time,
            json!({
                "userIdentity": {"type": "IAMUser", "userName": "kim", "principalId": id},
                "responseElements": {"ConsoleLogin": outcome},
                "errorMessage": message
            }),
        )
    };
    let (old, new) = ("AIDACKCEVSQ6C2EXAMPLE", "AIDAQ3EGRIYQ4EXAMPLE2");
    let in_since = |id: &str| {
        let story = by(Story::new(), "08:00:00", old, "Failure");
        let story = by(story.from("198.51.100.7"), "09:00:00", id, "Success");
        let [row] = <[_; 1]>::try_from(summary(story, &Filter::default()).locked_out).unwrap();
        row.in_since.is_some()
    };
    assert!(in_since(old));
    assert!(!in_since(new));
}

#[test]
fn filters_leave_out_the_rest() {
    let attempts = |filter: Filter| summary(story(), &filter).attempts.len();
    let time = |text: &str| Some(format!("2026-11-02T{text}Z").parse().unwrap());
    assert_eq!(attempts(Filter::default()), 4);
    assert_eq!(attempts(Filter { from: time("09:30:00"), ..Filter::default() }), 2);
    assert_eq!(attempts(Filter { to: time("09:30:00"), ..Filter::default() }), 2);
    let accounts = |id: &str| Filter { accounts: vec![id.to_owned()], ..Filter::default() };
    assert_eq!(attempts(accounts("111122223333")), 4);
    assert_eq!(attempts(accounts("444455556666")), 0);
    let regions = vec!["us-east-1".to_owned(), "eu-north-1".to_owned()];
    assert_eq!(attempts(Filter { regions, ..Filter::default() }), 4);
}

/// What was asked for in vain is named beside what there is, and only what is judged counts as that.
#[test]
fn what_the_logs_do_not_hold_is_named() {
    let all = summary(story(), &Filter::default());
    assert_eq!((all.absent, all.coverage.records.not_requested), (None, 0));
    let judged = all.coverage.records.judged;
    let found = |filter: Filter| {
        let summary = summary(story(), &filter);
        let records = summary.coverage.records;
        assert_eq!(records.judged + records.not_requested, judged);
        assert_eq!(records.total(), all.coverage.records.total());
        let absent = summary.absent.unwrap_or_default();
        (records.judged, absent.accounts.len(), absent.regions.len(), absent.period)
    };
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
    let accounts = |names: &[&str]| Filter { accounts: ids(names), ..Filter::default() };
    let regions = |names: &[&str]| Filter { regions: ids(names), ..Filter::default() };
    assert_eq!(found(accounts(&["111122223333"])), (judged, 0, 0, false));
    assert_eq!(found(accounts(&["111122223333", "444455556666"])), (judged, 1, 0, false));
    assert_eq!(found(accounts(&["444455556666"])), (0, 1, 0, false));
    assert_eq!(found(regions(&["us-east-1"])), (judged, 0, 0, false));
    assert_eq!(found(regions(&["ap-south-1"])), (0, 0, 1, false));
    let time = |text: &str| Some(format!("2026-11-{text}Z").parse().unwrap());
    assert!(!found(Filter { from: time("02T10:00:00"), ..Filter::default() }).3);
    let later = Filter { from: time("02T10:00:01"), ..Filter::default() };
    assert_eq!(found(later.clone()), (0, 0, 0, true));
    assert_eq!(found(Filter { to: time("02T08:00:00"), ..Filter::default() }), (0, 0, 0, true));
    let absent = summary(story(), &later).absent.unwrap();
    assert_eq!(absent.read_accounts.into_iter().collect::<Vec<_>>(), ["111122223333"]);
    assert_eq!(absent.read_regions.into_iter().collect::<Vec<_>>(), ["us-east-1"]);
    assert_eq!(absent.read_period.unwrap().to.to_string(), "2026-11-02T10:00:00Z");
}

/// A region that was not read belongs to the accounts that were.
#[test]
fn a_region_that_was_not_read_has_the_period_of_the_others() {
    let filter = Filter { regions: vec!["ap-south-1".to_owned()], ..Filter::default() };
    let (summary, accounts) = summarise(read(log_file(&story().records)), &filter);
    assert_eq!(summary.period.unwrap().to.to_string(), "2026-11-02T10:00:00Z");
    let [region] = accounts["111122223333"].regions.as_slice() else {
        panic!("one region")
    };
    assert_eq!((&*region.region, region.records), ("ap-south-1", 0));
}

#[test]
fn the_period_is_what_was_asked_for_and_else_what_was_read() {
    let period = |filter: Filter| summary(story(), &filter).period;
    let read = period(Filter::default()).unwrap();
    assert_eq!(read.from.to_string(), "2026-11-02T08:00:00Z");
    assert_eq!(read.to.to_string(), "2026-11-02T10:00:00Z");
    let before = read.from - SignedDuration::from_hours(24);
    let longer = period(Filter { from: Some(before), ..Filter::default() }).unwrap();
    assert_eq!((longer.from, longer.to), (before, read.to));
    let after = read.to + SignedDuration::from_secs(1);
    assert_eq!(period(Filter { from: Some(after), ..Filter::default() }), None);
}

/// Before version 1.02, records do not say who receives them.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[test]
fn a_record_that_does_not_name_its_account_belongs_to_that_of_the_user() {
    let mut event = record(json!({}));
    event.as_object_mut().unwrap().remove("recipientAccountId");
    let (_, accounts) = summarise(read(log_file(&[event])), &Filter::default());
    assert_eq!(accounts["111122223333"].sign_ins.len(), 1);
    assert_eq!(accounts["111122223333"].regions[0].region, "us-east-1");
}

#[test]
fn one_person_is_shown_without_the_others() {
    let filter = Filter { user: Some("ANA.silva".to_owned()), ..Filter::default() };
    let summary = summary(story(), &filter);
    assert_eq!((summary.attempts.len(), summary.timeline.len()), (3, 3));
    assert!(!serde_json::to_string(&summary).unwrap().contains("bilal"));
}

#[test]
fn json_follows_the_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(ActivitySummary)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let summary = summary(story().refused("11:00:00", "chen.wei"), &Filter::default());
    let value = serde_json::to_value(&summary).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
}

/// IAM finds a user whatever the case of the name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[test]
fn a_name_is_the_same_in_any_case() {
    for (target, is_own) in [("Ana.Silva", true), ("bilal.haddad", false)] {
        let event = record(json!({
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateAccessKey",
            "requestParameters": { "userName": target },
        }));
        let (_, accounts) = summarise(read(log_file(&[event])), &Filter::default());
        let [event] = accounts["111122223333"].credential_events.as_slice() else {
            panic!("one event")
        };
        assert_eq!(event.by_self, Fact::Known(is_own), "{target}");
    }
}

/// Many enable the new device first, which is another one, and soon before.
#[test]
fn a_device_is_replaced_by_one_that_was_enabled_just_before() {
    let minutes = |enabled_at: &str, enabled: &str| {
        let event = |story: Story, time: &str, name: &str, device: &str| {
            story.event(
                time,
                json!({
                    "eventSource": "iam.amazonaws.com", "eventName": name, "responseElements": null,
                    "requestParameters": {
                        "userName": "ana.silva",
                        "serialNumber": format!("arn:aws:iam::111122223333:mfa/{device}")
                    }
                }),
            )
        };
        let story = event(Story::new(), enabled_at, "EnableMFADevice", enabled);
        let story = event(story, "08:00:00", "DeactivateMFADevice", "old");
        let (_, accounts) = summarise(read(log_file(&story.records)), &Filter::default());
        let events = &accounts["111122223333"].credential_events;
        events
            .iter()
            .find(|event| event.name == "DeactivateMFADevice")
            .unwrap()
            .minutes_to_new_mfa
    };
    assert_eq!(minutes("07:58:00", "new"), Fact::Known(Some(2.0)));
    assert_eq!(
        minutes("07:58:00", "old"),
        Fact::Known(None),
        "that is the one that was deactivated"
    );
    assert_eq!(minutes("06:59:59", "new"), Fact::Known(None));
    assert_eq!(minutes("08:05:00", "old"), Fact::Known(Some(5.0)));
}

/// Users sign in to the portal in the region of Identity Center, and to consoles in any.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
#[test]
fn the_region_of_identity_center_is_known_by_its_sign_ins() {
    let story = Story::new()
        .event(
            "08:00:00",
            json!({
                "eventName": "UserAuthentication",
                "awsRegion": "eu-west-1",
                "userIdentity": {
                    "type": "IdentityCenterUser",
                    "onBehalfOf": { "userId": "94d8b448-7011-70e8-5c2f-93e2e1b1fd4c" },
                },
                "serviceEventDetails": { "UserAuthentication": "Success" },
            }),
        )
        .event(
            "08:00:05",
            json!({
                "awsRegion": "us-east-2",
                "userIdentity": {
                    "type": "AssumedRole",
                    "arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ReadOnly_0123456789abcdef/ana",
                },
            }),
        );
    let of_another = Filter { user: Some("bilal.haddad".to_owned()), ..Filter::default() };
    for filter in [Filter::default(), of_another] {
        let (_, accounts) = summarise(read(log_file(&story.records)), &filter);
        let portals = &accounts["111122223333"].portal_regions;
        assert_eq!(portals.iter().collect::<Vec<_>>(), ["eu-west-1"]);
    }
}

/// Users of Identity Center sign in to a web app of Transfer Family at its own page, in the region of the web app.
#[test]
fn the_region_of_a_web_app_is_not_that_of_the_portal() {
    let step = |name: &str, time: &str, page: &str| {
        record(json!({
            "eventID": time, "eventTime": format!("2026-11-02T{time}Z"),
            "eventName": name, "awsRegion": "eu-central-1", "responseElements": null,
            "userIdentity": {
                "type": "IdentityCenterUser",
                "onBehalfOf": { "userId": "94d8b448-7011-70e8-5c2f-93e2e1b1fd4c" },
            },
            "serviceEventDetails": { name: "Success" },
            "additionalEventData": { "AuthWorkflowID": "w-1", "LoginTo": page },
        }))
    };
    let portals = |page: &str| {
        let steps = [
            step("CredentialVerification", "08:00:00", ""),
            step("UserAuthentication", "08:00:01", page),
        ];
        let (_, accounts) = summarise(read(log_file(&steps)), &Filter::default());
        accounts["111122223333"].portal_regions.len()
    };
    assert_eq!(portals("https://webapp-0123456789abcdef0.transfer-webapp.eu-central-1.on.aws/"), 0);
    assert_eq!(portals("https://d-1234567890.awsapps.com/start/"), 1);
}

/// IAM deletes only users without devices, so their devices go first.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>
#[test]
fn how_soon_the_user_was_deleted_is_known() {
    let minutes = |user: &str, deleted_at: &str| {
        let call = |story: Story, time: &str, name: &str, user: &str| {
            story.event(
                time,
                json!({
                    "eventSource": "iam.amazonaws.com", "eventName": name,
                    "requestParameters": {"userName": user}
                }),
            )
        };
        let story = call(Story::new(), "08:00:00", "DeactivateMFADevice", "ben");
        let story = call(story, deleted_at, "DeleteUser", user);
        let (_, accounts) = summarise(read(log_file(&story.records)), &Filter::default());
        let events = &accounts["111122223333"].credential_events;
        let event = events
            .iter()
            .find(|event| event.name == "DeactivateMFADevice")
            .unwrap();
        event.minutes_to_deletion
    };
    assert_eq!(minutes("Ben", "08:02:00"), Fact::Known(Some(2.0)));
    assert_eq!(minutes("ben", "07:59:00"), Fact::Known(None), "another user of that name");
    assert_eq!(minutes("eva", "08:02:00"), Fact::Known(None));
}

/// One who tries many people may try each in an account of their own.
#[test]
fn the_account_that_an_address_tried_first_knows_what_it_tried_elsewhere() {
    let elsewhere = |minute: u32| {
        let refused = |story: Story, time: &str, account: &str, outcome: &str| {
            story.event(
                time,
                json!({
                    "recipientAccountId": account,
                    "userIdentity": {"type": "IAMUser", "userName": "ana"},
                    "responseElements": {"ConsoleLogin": outcome}
                }),
            )
        };
        let story = refused(Story::new(), "08:00:00", "111122223333", "Failure");
        let time = format!("08:{minute:02}:00");
        let story = refused(story, &time, "444455556666", "Failure");
        let story = refused(story, &time, "777788889999", "Success");
        let (_, accounts) = summarise(read(log_file(&story.records)), &Filter::default());
        accounts
            .into_values()
            .map(|activity| activity.elsewhere.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(elsewhere(10), [1, 0, 0]);
    assert_eq!(elsewhere(11), [0, 0, 0]);
}

/// What a record does not show of the factors is missing, so that no rule takes it for a success.
#[test]
fn factors_that_a_record_does_not_show_are_missing() {
    let verified = json!({
        "eventName": "CredentialVerification",
        "userIdentity": {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}},
        "responseElements": null,
        "serviceEventDetails": {"CredentialVerification": "Failure"},
        "additionalEventData": {"AuthWorkflowID": "w-1", "CredentialType": "TOTP"}
    });
    let refused = |path: &str, value: Value| {
        let mut event = verified.clone();
        if let Some(field) = event.pointer_mut(path) {
            *field = value;
        }
        let activity = read(log_file(&Story::new().event("08:00:00", event).records));
        let (_, facts) = summarise(activity, &Filter::default());
        facts["111122223333"].sign_ins[0]
            .refused_factors
            .clone()
            .map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(refused("", verified.clone()), Fact::Known(vec!["TOTP".to_owned()]));
    let damages = [
        ("/serviceEventDetails/CredentialVerification", json!("Maybe")),
        ("/serviceEventDetails", Value::Null),
        ("/additionalEventData/CredentialType", json!(7)),
        ("/additionalEventData/AuthWorkflowID", Value::Null),
    ];
    for (path, damage) in damages {
        assert_eq!(refused(path, damage), Fact::missing(Source::CloudTrail), "{path}");
    }
}
