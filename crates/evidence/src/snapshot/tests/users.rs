//! Users, reconciled between the report and the live list.

use std::collections::BTreeMap;

use portcullis_model::{Fact, Source, Sources, UserClass};
use serde_json::json;

use super::bundles::{CREATED, Fixture, arn, detail, gaps, root_row, row, time, user};
use crate::classes::{Classes, Patterns, glob};

const REPORT: Source = Source::CredentialReport;
const DETAILS: Source = Source::AccountAuthorizationDetails;

#[test]
fn created_since_the_report() {
    let mut new = detail("bob");
    new["CreateDate"] = json!("2025-12-31T23:00:00Z");
    let snapshot = Fixture::new().users(&[detail("alice"), new]).snapshot();
    let bob = user(&snapshot, "bob");
    assert!(!bob.deleted);
    assert_eq!(bob.password_enabled, Fact::missing(REPORT));
    assert_eq!(bob.created, Fact::Known(time("2025-12-31T23:00:00Z")));
    assert_eq!(bob.groups, Fact::Known(vec![]));
    let both = Sources::from_iter([REPORT, Source::AccessKeys]);
    assert_eq!(bob.access_keys, Fact::Missing(both));
    let message = "created 2025-12-31 23:00 UTC, after the report of 2025-12-31 22:00 UTC";
    let expected = ("NotInReport".to_owned(), message.to_owned());
    assert_eq!(gaps(&snapshot, REPORT, Some("bob")), [expected]);
    assert_eq!(snapshot.account.user_count, Fact::Known(2));
    assert_eq!(snapshot.account.console_user_count, Fact::missing(REPORT));
    assert_eq!(snapshot.account.has_console_users, Fact::missing(REPORT));
}

#[test]
fn one_console_user_is_enough_to_tell_that_there_are_some() {
    let fixture = Fixture::new().alice(&[("password_enabled", "true")]);
    let snapshot = fixture.users(&[detail("alice"), detail("bob")]).snapshot();
    assert_eq!(user(&snapshot, "bob").password_enabled, Fact::missing(REPORT));
    assert_eq!(snapshot.account.has_console_users, Fact::Known(true));
}

#[test]
fn older_than_the_report_and_yet_not_in_it() {
    let snapshot = Fixture::new()
        .users(&[detail("alice"), detail("bob")])
        .snapshot();
    assert_eq!(user(&snapshot, "bob").mfa_active, Fact::missing(REPORT));
    assert!(
        gaps(&snapshot, REPORT, Some("bob"))[0]
            .1
            .contains("yet not in the report")
    );
}

#[test]
fn deleted_since_the_report() {
    let rows = [root_row(&[]), row("alice", &[]), row("bob", &[("password_enabled", "true")])];
    let snapshot = Fixture::new().report(&rows).snapshot();
    assert!(user(&snapshot, "bob").deleted);
    assert_eq!(snapshot.account.user_count, Fact::Known(1));
    assert_eq!(snapshot.account.console_user_count, Fact::Known(0));
}

#[test]
fn not_in_a_live_list_that_is_older_than_the_report() {
    let rows = [root_row(&[]), row("alice", &[]), row("bob", &[])];
    let fixture = Fixture::new()
        .report(&rows)
        .collected_at(DETAILS, "2025-12-31T21:00:00Z");
    let snapshot = fixture.snapshot();
    assert!(!user(&snapshot, "bob").deleted);
    assert_eq!(user(&snapshot, "bob").administrator, Fact::missing(DETAILS));
    assert_eq!(gaps(&snapshot, DETAILS, Some("bob"))[0].0, "NotListed");
}

/// The report's date and the manifest's are of two clocks.
#[test]
fn not_in_a_list_of_almost_the_same_moment_is_not_deleted() {
    let rows = [root_row(&[]), row("alice", &[]), row("bob", &[])];
    for (at, deleted) in [
        ("2025-12-31T21:55:00Z", false),
        ("2025-12-31T22:05:00Z", false),
        ("2025-12-31T22:05:01Z", true),
        ("2026-01-01T00:05:00Z", true),
        ("2026-01-01T00:05:01Z", false),
    ] {
        let snapshot = Fixture::new()
            .report(&rows)
            .collected_at(DETAILS, at)
            .snapshot();
        assert_eq!(user(&snapshot, "bob").deleted, deleted, "{at}");
    }
}

/// Without a count the list may be cut.
#[test]
fn not_in_a_list_that_nothing_counts_is_not_deleted() {
    let rows = [root_row(&[]), row("alice", &[]), row("bob", &[])];
    let snapshot = Fixture::new()
        .report(&rows)
        .without(Source::AccountSummary)
        .snapshot();
    assert!(!user(&snapshot, "bob").deleted);
    assert_eq!(gaps(&snapshot, DETAILS, Some("bob"))[0].0, "NotListed");
}

/// AWS answers "NoSuchEntity" about a user who was deleted.
#[test]
fn whoever_has_an_access_key_or_a_device_is_not_deleted() {
    let rows = [root_row(&[]), row("alice", &[]), row("bob", &[("access_key_1_active", "true")])];
    let fixture = || Fixture::new().report(&rows);
    let key = json!([{
        "UserName": "bob", "AccessKeyId": "AKIABOB", "Status": "Active", "CreateDate": CREATED,
    }]);
    let serial = "arn:aws:iam::123456789012:mfa/phone";
    let own = json!([{"UserName": "bob", "SerialNumber": serial, "EnableDate": CREATED}]);
    let assigned =
        json!([{"SerialNumber": serial, "User": {"Arn": arn("bob")}, "EnableDate": CREATED}]);
    for fixture in [
        fixture().keys(&["alice", "bob"], &key),
        fixture().devices(&assigned).mfa(&["alice", "bob"], &own),
        fixture().devices(&assigned),
    ] {
        let snapshot = fixture.snapshot();
        assert!(!user(&snapshot, "bob").deleted);
        assert_eq!(gaps(&snapshot, DETAILS, Some("bob"))[0].0, "NotListed");
    }
    // The keys were listed before the users, so bob was deleted in between.
    let earlier = fixture().keys(&["alice", "bob"], &key);
    let earlier = earlier.collected_at(Source::AccessKeys, "2025-12-31T22:30:00Z");
    assert!(user(&earlier.snapshot(), "bob").deleted);
}

/// As where files of two days lie in one directory.
#[test]
fn not_in_an_undated_list_is_not_deleted() {
    let rows = [root_row(&[]), row("alice", &[]), row("bob", &[("password_enabled", "true")])];
    let fixture = Fixture::new().report(&rows).undated(DETAILS);
    let snapshot = fixture.snapshot();
    assert!(!user(&snapshot, "bob").deleted);
    assert_eq!(user(&snapshot, "bob").password_enabled, Fact::Known(true));
    assert_eq!(user(&snapshot, "bob").groups, Fact::missing(DETAILS));
    let message = "in the credential report, but not in this list, and nothing says which is newer";
    let expected = ("NotListed".to_owned(), message.to_owned());
    assert_eq!(gaps(&snapshot, DETAILS, Some("bob")), [expected]);

    // No list is older than what it holds.
    let mut new = detail("carol");
    new["CreateDate"] = json!("2025-12-31T22:00:00Z");
    let dated = fixture
        .users(&[detail("alice"), new])
        .summary(&json!({"Users": 2}));
    assert!(user(&dated.undated(DETAILS).snapshot(), "bob").deleted);
}

/// A date that cannot be right says nothing about the age of the list that holds it.
#[test]
fn a_date_ahead_does_not_make_a_list_newer() {
    let rows = [root_row(&[]), row("alice", &[]), row("bob", &[])];
    for (date, deleted) in [("2026-01-01T00:05:00Z", true), ("2026-01-01T00:05:01Z", false)] {
        let mut new = detail("carol");
        new["CreateDate"] = json!(date);
        let fixture = Fixture::new().report(&rows).users(&[detail("alice"), new]);
        let fixture = fixture.summary(&json!({"Users": 2})).undated(DETAILS);
        assert_eq!(user(&fixture.snapshot(), "bob").deleted, deleted, "{date}");
    }
}

#[test]
fn a_user_made_again_under_the_same_name_is_not_that_of_the_report() {
    let mut again = detail("alice");
    again["CreateDate"] = json!("2025-12-31T23:00:00Z");
    let alice = Fixture::new().users(&[again]).user();
    assert_eq!(alice.password_enabled, Fact::missing(REPORT));
    assert_eq!(alice.created, Fact::Known(time("2025-12-31T23:00:00Z")));
}

#[test]
fn a_user_moved_to_another_path_is_the_same() {
    let mut moved = detail("Alice");
    moved["Arn"] = json!(arn("staff/Alice"));
    let snapshot = Fixture::new().users(&[moved]).snapshot();
    let Fact::Known(users) = &snapshot.users else {
        panic!()
    };
    assert_eq!(users.len(), 1);
    assert_eq!((users[0].name.as_str(), users[0].path.as_str()), ("Alice", "/staff/"));
    assert_eq!(users[0].password_enabled, Fact::Known(false));
}

#[test]
fn either_list_alone_gives_the_users() {
    let live = Fixture::new().without(REPORT).user();
    assert_eq!(live.password_enabled, Fact::missing(REPORT));
    assert_eq!(live.created, Fact::Known(time(CREATED)));
    let report = Fixture::new().without(DETAILS).user();
    assert!(!report.deleted);
    assert_eq!(report.password_enabled, Fact::Known(false));
    assert_eq!(report.groups, Fact::missing(DETAILS));
    assert_eq!(report.administrator, Fact::missing(DETAILS));
}

#[test]
fn no_list_of_users_at_all() {
    let snapshot = Fixture::new().without(REPORT).without(DETAILS).snapshot();
    let both = Sources::from_iter([REPORT, DETAILS]);
    assert_eq!(snapshot.users, Fact::Missing(both));
    assert_eq!(snapshot.account.user_count, Fact::Known(1), "the summary counts them");
    assert_eq!(snapshot.account.console_user_count, Fact::Missing(both));
}

/// The report is up to four hours old, and the summary is as live as the list: if they count more than
/// it holds, the list is short, and nobody is gone because of it.
#[test]
fn nobody_is_deleted_on_the_strength_of_a_short_list() {
    let console = |name| row(name, &[("password_enabled", "true")]);
    let rows = [root_row(&[]), console("alice"), console("bob"), console("carol")];
    let fixture = |counted: u32| {
        Fixture::new()
            .report(&rows)
            .summary(&json!({"Users": counted}))
    };
    let short = fixture(3).snapshot();
    assert!(!user(&short, "bob").deleted);
    assert_eq!(user(&short, "bob").password_enabled, Fact::Known(true));
    assert_eq!(user(&short, "bob").groups, Fact::missing(DETAILS));
    assert_eq!(user(&short, "alice").groups, Fact::Known(vec![]));
    assert!(!short.short_lists.users, "the report has all three");
    assert_eq!(short.account.user_count, Fact::Known(3));
    assert_eq!(short.account.console_user_count, Fact::Known(3));
    let message = "holds fewer than the account summary counts: 1 of 3 Users".to_owned();
    assert_eq!(gaps(&short, DETAILS, None), [("Incomplete".to_owned(), message)]);

    let whole = fixture(1).snapshot();
    assert!(user(&whole, "bob").deleted && user(&whole, "carol").deleted);
    assert_eq!(whole.account.user_count, Fact::Known(1));
    assert!(!whole.short_lists.users);
    assert_eq!(gaps(&whole, DETAILS, None), []);
}

#[test]
fn users_that_only_the_summary_counts_are_not_known() {
    for (password, any) in [("false", Fact::missing(DETAILS)), ("true", Fact::Known(true))] {
        let fixture = Fixture::new().alice(&[("password_enabled", password)]);
        let snapshot = fixture.summary(&json!({"Users": 5})).snapshot();
        assert!(!user(&snapshot, "alice").deleted && snapshot.short_lists.users);
        assert_eq!(snapshot.account.user_count, Fact::Known(5), "the summary counts them");
        assert_eq!(snapshot.account.console_user_count, Fact::missing(DETAILS));
        assert_eq!(snapshot.account.has_console_users, any);
    }
    let denied = Fixture::new()
        .summary(&json!({"Users": 2}))
        .without(DETAILS)
        .snapshot();
    assert!(denied.short_lists.users, "one was made since the report");
    assert_eq!(denied.account.user_count, Fact::Known(2));
}

/// What the report lost may be what the list lacks, however many it still has.
#[test]
fn two_parts_are_no_whole() {
    let rows =
        [root_row(&[]), row("alice", &[]), row("bob", &[]), row("dora", &[])[..60].to_owned()];
    let snapshot = Fixture::new()
        .report(&rows)
        .summary(&json!({"Users": 2}))
        .snapshot();
    assert!(!user(&snapshot, "bob").deleted && snapshot.short_lists.users);
    let none = Fixture::new()
        .without(REPORT)
        .users(&[])
        .summary(&json!({"Users": 2}))
        .snapshot();
    assert_eq!(none.users, Fact::Known(vec![]));
    assert!(none.short_lists.users);
}

#[test]
fn an_empty_live_list_is_believed_only_with_the_summary() {
    let filtered = Fixture::new().users(&[]).snapshot();
    assert!(!user(&filtered, "alice").deleted);
    assert_eq!(user(&filtered, "alice").groups, Fact::missing(DETAILS));
    let empty = Fixture::new()
        .users(&[])
        .summary(&json!({"Users": 0}))
        .snapshot();
    assert!(user(&empty, "alice").deleted);
}

#[test]
fn classes_by_tag_need_the_tags() {
    let names = vec![glob("svc-*").unwrap()];
    let tags = BTreeMap::from([("kind".to_owned(), "service".to_owned())]);
    let service = Patterns { names, tags, ..Patterns::default() };
    let classes = Classes { service, ..Classes::default() };
    let mut tagged = detail("alice");
    tagged["Tags"] = json!([{"Key": "kind", "Value": "service"}]);
    let fixture = Fixture::new().users(&[tagged]);
    let class = |fixture: &Fixture| user(&fixture.classified(&classes), "alice").class;
    assert_eq!(class(&fixture), Fact::Known(UserClass::Service));
    assert_eq!(class(&fixture.without(DETAILS)), Fact::missing(DETAILS));
}
