//! Access keys: the report's slots and the users' own lists.

use portcullis_model::{AccessKey, AgeSource, Fact, Gap, Source, Sources};
use serde_json::{Value as Json, json};

use super::bundles::{CREATED, Fixture, gaps, user};

const OLD: &str = "2024-03-01T00:00:00Z";
const NEW: &str = "2025-10-02T12:00:00Z";
/// An active key in slot 1, made on `NEW`, and an inactive one in slot 2, made on `OLD`.
const TWO: [(&str, &str); 4] = [
    ("access_key_1_active", "true"),
    ("access_key_1_last_rotated", NEW),
    ("access_key_2_active", "false"),
    ("access_key_2_last_rotated", OLD),
];

fn listed(id: &str, status: &str, created: &str) -> Json {
    json!({"UserName": "alice", "AccessKeyId": id, "Status": status, "CreateDate": created})
}

fn keys(fixture: &Fixture) -> Vec<AccessKey> {
    fixture.user().access_keys.known().unwrap()
}

fn ids(keys: &[AccessKey]) -> Vec<&str> {
    keys.iter()
        .map(|key| key.resource_id.rsplit('/').next().unwrap())
        .collect()
}

#[test]
fn the_report_alone() {
    let keys = keys(
        &Fixture::new()
            .alice(&TWO)
            .lacking(Source::AccessKeys, Gap::NOT_REQUESTED),
    );
    assert_eq!(ids(&keys), [OLD, NEW]);
    assert_eq!([&keys[0].name, &keys[1].name], ["key 2", "key 1"]);
    assert_eq!([keys[0].active, keys[1].active], [Fact::Known(false), Fact::Known(true)]);
    assert_eq!(keys[1].age_days, Fact::Known(90.5));
    assert_eq!(keys[1].age_source, Fact::Known(AgeSource::LastRotated));
    assert_eq!(keys[1].idle_days, Fact::Known(90.5), "never used counts from its date");
    assert_eq!(keys[1].created, Fact::missing(Source::AccessKeys));
    assert_eq!(keys[0].seconds_after_user, Fact::Known(60.0 * 86_400.0));
}

#[test]
fn ids_do_not_depend_on_what_was_asked() {
    let quick = Fixture::new().alice(&TWO).without(Source::AccessKeys);
    let live = Fixture::new().alice(&TWO).keys(
        &["alice"],
        &json!([listed("AKIA2", "Inactive", OLD), listed("AKIA1", "Active", NEW)]),
    );
    assert_eq!(ids(&keys(&quick)), ids(&keys(&live)));
    let names: Vec<String> = keys(&live).into_iter().map(|key| key.name).collect();
    assert_eq!(names, ["AKIA2", "AKIA1"]);
}

#[test]
fn equal_dates_are_counted_by_slot() {
    let row = [
        ("access_key_1_active", "true"),
        ("access_key_1_last_rotated", NEW),
        ("access_key_2_active", "true"),
        ("access_key_2_last_rotated", NEW),
    ];
    let second = format!("{NEW}-2");
    assert_eq!(
        ids(&keys(&Fixture::new().alice(&row).without(Source::AccessKeys))),
        [NEW, second.as_str()]
    );
    let one_deleted = Fixture::new()
        .alice(&row)
        .keys(&["alice"], &json!([listed("AKIA1", "Active", NEW)]));
    assert_eq!(ids(&keys(&one_deleted)), [NEW]);
}

#[test]
fn a_key_switched_on_again_keeps_its_true_age() {
    let row = [("access_key_1_active", "true"), ("access_key_1_last_rotated", NEW)];
    let list = json!([listed("AKIA1", "Active", OLD)]);
    let keys = keys(&Fixture::new().alice(&row).keys(&["alice"], &list));
    assert_eq!(ids(&keys), [NEW]);
    assert_eq!(keys[0].age_days, Fact::Known(671.0));
    assert_eq!(keys[0].age_source, Fact::Known(AgeSource::CreateDate));
}

/// Which of the two is in which slot, no date says once both were activated again.
#[test]
fn the_use_of_two_keys_that_were_both_switched_on_again_is_nobodys() {
    let row = |first_used: &str, second_used: &str| {
        [
            ("access_key_1_active", "true"),
            ("access_key_1_last_rotated", "2025-11-01T00:00:00Z"),
            ("access_key_1_last_used_date", first_used),
            ("access_key_2_active", "true"),
            ("access_key_2_last_rotated", "2025-11-02T00:00:00Z"),
            ("access_key_2_last_used_date", second_used),
        ]
        .map(|(column, value)| (column, value.to_owned()))
    };
    let used = |row: &[(&str, String)], created: [&str; 2], statuses: [&str; 2]| {
        let row: Vec<_> = row
            .iter()
            .map(|(column, value)| (*column, value.as_str()))
            .collect();
        let list = [0, 1].map(|i| listed(["AKIA1", "AKIA2"][i], statuses[i], created[i]));
        let fixture = Fixture::new().alice(&row).keys(&["alice"], &json!(list));
        let snapshot = fixture.snapshot();
        let keys = user(&snapshot, "alice")
            .access_keys
            .clone()
            .known()
            .unwrap();
        for key in &keys {
            assert!(key.age_days.known().is_some() && key.active.known().is_some());
        }
        let codes = gaps(&snapshot, Source::CredentialReport, Some("alice"));
        let codes: Vec<String> = codes.into_iter().map(|(code, _)| code).collect();
        (
            keys.iter()
                .map(|key| key.last_used.known().is_some())
                .collect::<Vec<_>>(),
            codes,
        )
    };
    let active = ["Active", "Active"];
    let one_used = row("2025-12-31T00:00:00Z", "N/A");
    let guess = (vec![false, false], vec!["Ambiguous".to_owned()]);
    assert_eq!(used(&one_used, [CREATED, OLD], active), guess);
    let known = (vec![true, true], vec![]);
    assert_eq!(used(&row("N/A", "N/A"), [CREATED, OLD], active), known, "no matter which");
    let second = [CREATED, "2025-11-02T00:00:00Z"];
    assert_eq!(used(&one_used, second, active), known, "the date of one says");
    let late = [CREATED, "2025-11-01T12:00:00Z"];
    assert_eq!(used(&one_used, late, active), known, "one is younger than a slot");
    let mut differ = one_used.clone();
    differ[3].1 = "false".to_owned();
    assert_eq!(used(&differ, [CREATED, OLD], ["Active", "Inactive"]), known, "the status says");
}

/// Activating a key again moves `last_rotated`, but no key was used before it was made.
#[test]
fn a_key_is_as_old_as_its_last_use() {
    let key = |rotated, used| {
        let row = [
            ("access_key_1_active", "true"),
            ("access_key_1_last_rotated", rotated),
            ("access_key_1_last_used_date", used),
        ];
        let fixture = Fixture::new().alice(&row);
        keys(&fixture.lacking(Source::AccessKeys, Gap::NOT_REQUESTED)).remove(0)
    };
    let used_before = key(NEW, OLD);
    assert_eq!(ids(std::slice::from_ref(&used_before)), [NEW], "the identity stays");
    assert_eq!(used_before.age_days, Fact::Known(671.0));
    assert_eq!(used_before.age_source, Fact::Known(AgeSource::LastUsed));
    assert_eq!(used_before.seconds_after_user, Fact::Known(60.0 * 86_400.0));
    for (rotated, used) in [(NEW, NEW), (NEW, "2025-10-02T12:00:01Z"), (NEW, "N/A")] {
        let used_since = key(rotated, used);
        assert_eq!(used_since.age_days, Fact::Known(90.5), "{used}");
        assert_eq!(used_since.age_source, Fact::Known(AgeSource::LastRotated), "{used}");
    }
    let both = Sources::from_iter([Source::CredentialReport, Source::AccessKeys]);
    assert_eq!(key(NEW, "yesterday").age_days, Fact::Missing(both), "it may be older");
    assert_eq!(key("N/A", OLD).age_days, Fact::Missing(both), "it may be older");
}

/// ListAccessKeys, which shows when a key was made, was called in vain: the report's date is the least age.
#[test]
fn a_key_may_be_older_where_its_list_is_lost() {
    let row = [("access_key_1_active", "true"), ("access_key_1_last_rotated", NEW)];
    let made = || Fixture::new().alice(&row);
    let of_alice = Gap::new(Source::AccessKeys, "Throttling", "too many").for_resource("alice");
    let of_bob = Gap::new(Source::AccessKeys, "Throttling", "too many").for_resource("bob");
    for (fixture, expected) in [
        (made().without(Source::AccessKeys), AgeSource::AtLeast),
        (made().keys(&[], &json!([])).gap(of_alice), AgeSource::AtLeast),
        (made().keys(&[], &json!([])).gap(of_bob), AgeSource::LastRotated),
        (made().lacking(Source::AccessKeys, Gap::ABSENT), AgeSource::LastRotated),
    ] {
        let keys = keys(&fixture);
        assert_eq!(keys[0].age_days, Fact::Known(90.5));
        assert_eq!(keys[0].age_source, Fact::Known(expected));
    }
}

#[test]
fn a_key_that_was_used_before_its_creation_is_older() {
    let key = |used| {
        let row = [
            ("access_key_1_active", "true"),
            ("access_key_1_last_rotated", NEW),
            ("access_key_1_last_used_date", used),
        ];
        let list = json!([listed("AKIA1", "Active", NEW)]);
        let snapshot = Fixture::new()
            .alice(&row)
            .keys(&["alice"], &list)
            .snapshot();
        let keys = user(&snapshot, "alice")
            .access_keys
            .as_ref()
            .known()
            .unwrap();
        let gaps = gaps(&snapshot, Source::AccessKeys, Some("alice"));
        (keys[0].created, keys[0].age_days, gaps)
    };
    let message =
        "AKIA1 was used at 2024-03-01 00:00 UTC, before it was created at 2025-10-02 12:00 UTC";
    let gap = ("Contradictory".to_owned(), message.to_owned());
    assert_eq!(key(OLD), (Fact::missing(Source::AccessKeys), Fact::Known(671.0), vec![gap]));
    let created = Fact::Known(NEW.parse().unwrap());
    assert_eq!(key("2025-10-02T11:55:00Z"), (created, Fact::Known(90.5), vec![]));
}

/// Both may be in either slot by their dates, but the younger was not used before it was made.
#[test]
fn a_slot_used_earlier_holds_the_older_key() {
    let row = [
        ("access_key_1_active", "true"),
        ("access_key_1_last_rotated", "2025-11-01T00:00:00Z"),
        ("access_key_1_last_used_date", "2025-01-01T00:00:00Z"),
        ("access_key_2_active", "true"),
        ("access_key_2_last_rotated", "2025-11-02T00:00:00Z"),
        ("access_key_2_last_used_date", "2025-12-01T00:00:00Z"),
    ];
    let list = json!([listed("AKIAOLD", "Active", OLD), listed("AKIANEW", "Active", NEW)]);
    let keys = keys(&Fixture::new().alice(&row).keys(&["alice"], &list));
    assert_eq!(ids(&keys), ["2025-11-01T00:00:00Z", "2025-11-02T00:00:00Z"]);
    assert_eq!([&keys[0].name, &keys[1].name], ["AKIAOLD", "AKIANEW"]);
}

#[test]
fn the_creation_counts_whatever_the_report_says_of_use() {
    let row = [
        ("access_key_1_active", "true"),
        ("access_key_1_last_rotated", NEW),
        ("access_key_1_last_used_date", "2025-09-01T00:00:00Z"),
    ];
    let list = json!([listed("AKIA1", "Active", OLD)]);
    let key = keys(&Fixture::new().alice(&row).keys(&["alice"], &list)).remove(0);
    assert_eq!(key.age_days, Fact::Known(671.0));
    assert_eq!(key.age_source, Fact::Known(AgeSource::CreateDate));
}

#[test]
fn the_live_status_outranks_the_report() {
    let list = json!([listed("AKIA1", "Inactive", NEW), listed("AKIA2", "Expired", OLD)]);
    let fixture = Fixture::new().alice(&TWO).keys(&["alice"], &list);
    assert!(
        keys(&fixture)
            .iter()
            .all(|key| key.active == Fact::Known(false))
    );
    let alice = fixture.user();
    assert_eq!(alice.active_access_key_count, Fact::Known(0));
    assert_eq!(alice.has_active_credential, Fact::Known(false));
}

#[test]
fn a_key_deleted_since_the_report_is_dropped() {
    let list = json!([listed("AKIA2", "Inactive", OLD)]);
    assert_eq!(ids(&keys(&Fixture::new().alice(&TWO).keys(&["alice"], &list))), [OLD]);
    assert_eq!(keys(&Fixture::new().alice(&TWO).keys(&["alice"], &json!([]))), []);
}

#[test]
fn a_list_older_than_the_report_does_not_say_which_keys_there_are() {
    let list = json!([listed("AKIA2", "Active", OLD)]);
    let fixture = Fixture::new().alice(&TWO).keys(&["alice"], &list);
    let keys = keys(&fixture.collected_at(Source::AccessKeys, "2025-12-31T21:00:00Z"));
    assert_eq!(ids(&keys), [OLD, NEW]);
    assert_eq!(keys[0].id, Fact::Known("AKIA2".to_owned()));
    assert_eq!(keys[0].active, Fact::Known(false));
    assert_eq!(keys[1].id, Fact::missing(Source::AccessKeys));
}

/// Nothing says which of the two is newer: no key is taken for deleted, and one that either has in use is.
#[test]
fn an_undated_list_does_not_say_which_keys_there_are() {
    let since = "2025-11-01T00:00:00Z";
    let list = json!([listed("AKIA2", "Active", OLD), listed("AKIA3", "Active", since)]);
    let fixture = Fixture::new()
        .alice(&TWO)
        .keys(&["alice"], &list)
        .undated(Source::AccessKeys);
    let keys = keys(&fixture);
    assert_eq!(ids(&keys), [OLD, NEW, since]);
    assert!(keys.iter().all(|key| key.active == Fact::Known(true)));
    assert_eq!(keys[1].id, Fact::missing(Source::AccessKeys));
    let gaps = gaps(&fixture.snapshot(), Source::AccessKeys, Some("alice"));
    assert_eq!(gaps[0].0, "NotRequested");
}

#[test]
fn a_key_made_since_the_report() {
    let made = "2025-12-31T23:00:00Z";
    let row = [("access_key_1_active", "true"), ("access_key_1_last_rotated", OLD)];
    let list = json!([listed("AKIA9", "Active", made)]);
    let fixture = Fixture::new().alice(&row).keys(&["alice"], &list);
    let keys = keys(&fixture);
    assert_eq!(ids(&keys), [made], "the old one is gone, and is not this one");
    assert_eq!(keys[0].last_rotated, Fact::Known(None));
    assert_eq!(keys[0].last_used, Fact::missing(Source::CredentialReport));
    assert_eq!(keys[0].age_days, Fact::Known(1.0 / 24.0));
}

#[test]
fn an_active_key_without_a_date_exists() {
    let fixture = Fixture::new()
        .alice(&[("access_key_1_active", "true")])
        .without(Source::AccessKeys);
    let keys = keys(&fixture);
    assert_eq!(keys[0].active, Fact::Known(true));
    assert_eq!(keys[0].last_rotated, Fact::missing(Source::CredentialReport));
    let both = Sources::from_iter([Source::CredentialReport, Source::AccessKeys]);
    assert_eq!(keys[0].age_days, Fact::Missing(both));
}

#[test]
fn users_that_were_not_asked_have_unknown_ids_and_a_gap() {
    let snapshot = Fixture::new().alice(&TWO).keys(&[], &json!([])).snapshot();
    let gaps = gaps(&snapshot, Source::AccessKeys, Some("alice"));
    assert_eq!(gaps[0].0, "NotRequested");
    let keys = user(&snapshot, "alice")
        .access_keys
        .as_ref()
        .known()
        .unwrap();
    assert_eq!(keys[0].id, Fact::missing(Source::AccessKeys));
}

#[test]
fn keys_beyond_the_slots_need_the_list() {
    let header = format!("{},additional_credentials_info", super::bundles::HEADER);
    let row = format!("{},1", super::bundles::row("alice", &TWO));
    let fixture = Fixture::new().report_text(&format!("{header}\n{row}"));
    let quick = fixture.keys(&[], &json!([]));
    assert!(matches!(quick.user().access_keys, Fact::Missing(_)));
    assert_eq!(gaps(&quick.snapshot(), Source::CredentialReport, Some("alice"))[0].0, "Incomplete");
    let list = json!([
        listed("AKIA1", "Active", NEW),
        listed("AKIA2", "Inactive", OLD),
        listed("AKIA3", "Active", CREATED),
    ]);
    assert_eq!(ids(&keys(&quick.keys(&["alice"], &list))), [CREATED, OLD, NEW]);
}

#[test]
fn outputs_of_the_aws_cli_may_follow_each_other() {
    let page = |key| json!({"AccessKeyMetadata": [key]}).to_string();
    let bytes =
        page(listed("AKIA1", "Active", NEW)) + "\n" + &page(listed("AKIA2", "Inactive", OLD));
    let fixture = Fixture::new().alice(&TWO);
    let fixture = fixture.bytes(Source::AccessKeys, "access-keys.json", bytes);
    assert_eq!(ids(&keys(&fixture)), [OLD, NEW]);
}

#[test]
fn a_user_of_neither_report_nor_list() {
    let fixture = Fixture::new()
        .without(Source::CredentialReport)
        .without(Source::AccessKeys);
    let both = Sources::from_iter([Source::CredentialReport, Source::AccessKeys]);
    assert_eq!(fixture.user().access_keys, Fact::Missing(both));
}
