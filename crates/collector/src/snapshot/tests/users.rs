//! Users, reconciled between the report and the live list.

use portcullis_model::{Fact, Source, Sources, UserClass};
use serde_json::json;

use super::bundles::{CREATED, Fixture, arn, detail, gaps, root_row, row, time, user};
use crate::classes::Classes;

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
    let message = "created 2025-12-31T23:00:00Z, after the report of 2025-12-31T22:00:00Z";
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
    let snapshot = Fixture::new().users(&[detail("alice"), detail("bob")]).snapshot();
    assert_eq!(user(&snapshot, "bob").mfa_active, Fact::missing(REPORT));
    assert!(gaps(&snapshot, REPORT, Some("bob"))[0].1.contains("yet not in the report"));
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
    let fixture = Fixture::new().report(&rows).collected_at(DETAILS, "2025-12-31T21:00:00Z");
    let snapshot = fixture.snapshot();
    assert!(!user(&snapshot, "bob").deleted);
    assert_eq!(user(&snapshot, "bob").administrator, Fact::missing(DETAILS));
    assert_eq!(gaps(&snapshot, DETAILS, Some("bob"))[0].0, "NotInList");
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
    let Fact::Known(users) = &snapshot.users else { panic!() };
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

#[test]
fn an_empty_live_list_is_believed_only_with_the_summary() {
    let filtered = Fixture::new().users(&[]).snapshot();
    assert!(!user(&filtered, "alice").deleted);
    assert_eq!(user(&filtered, "alice").groups, Fact::missing(DETAILS));
    let empty = Fixture::new().users(&[]).summary(&json!({"Users": 0})).snapshot();
    assert!(user(&empty, "alice").deleted);
}

#[test]
fn classes_by_tag_need_the_tags() {
    let json = json!({"service": {"names": ["svc-*"], "tags": {"kind": "service"}}});
    let classes: Classes = serde_json::from_value(json).unwrap();
    let mut tagged = detail("alice");
    tagged["Tags"] = json!([{"Key": "kind", "Value": "service"}]);
    let fixture = Fixture::new().users(&[tagged]);
    let class = |fixture: &Fixture| user(&fixture.classified(&classes), "alice").class;
    assert_eq!(class(&fixture), Fact::Known(UserClass::Service));
    assert_eq!(class(&fixture.without(DETAILS)), Fact::missing(DETAILS));
}
