//! The credential report: every kind of value, and everything that can be wrong with it.

use portcullis_model::{Fact, Source, Sources};
use proptest::prelude::*;
use serde_json::json;

use super::bundles::{CREATED, Fixture, HEADER, arn, gaps, root_row, row, time, user};

const REPORT: Source = Source::CredentialReport;

#[test]
fn a_password_in_all_its_states() {
    let none = Fixture::new().alice(&[]).user();
    assert_eq!(none.password_enabled, Fact::Known(false));
    assert_eq!(none.password_last_used, Fact::Known(None));
    assert_eq!(none.password_idle_days, Fact::Known(None));

    let never_used = Fixture::new()
        .alice(&[
            ("password_enabled", "TRUE"),
            ("password_last_used", "no_information"),
            ("password_last_changed", "2025-10-02T12:00:00+00:00"),
        ])
        .user();
    assert_eq!(never_used.password_enabled, Fact::Known(true));
    assert_eq!(never_used.password_last_used, Fact::Known(None));
    assert_eq!(never_used.password_age_days, Fact::Known(Some(90.5)));
    assert_eq!(never_used.password_idle_days, Fact::Known(Some(90.5)));

    let used = Fixture::new()
        .alice(&[
            ("password_enabled", "true"),
            ("password_last_used", "2025-12-31T12:00:00Z"),
            ("password_last_changed", CREATED),
        ])
        .user();
    assert_eq!(used.password_idle_days, Fact::Known(Some(0.5)));
    assert_eq!(used.last_activity, Fact::Known(Some(time("2025-12-31T12:00:00Z"))));
}

#[test]
fn an_emulators_date_without_a_password_is_none() {
    let alice = Fixture::new()
        .alice(&[("password_last_used", "not_supported"), ("password_last_changed", CREATED)])
        .user();
    assert_eq!(alice.password_last_changed, Fact::Known(None));
    assert_eq!(alice.password_last_used, Fact::missing(Source::CredentialReport));
}

/// AWS remembers the last use of a password that is gone, and nothing else of it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
#[test]
fn a_password_that_is_gone_has_no_other_dates() {
    let without = |values: &[(&str, &str)]| {
        let snapshot = Fixture::new().alice(values).snapshot();
        let gaps = gaps(&snapshot, Source::CredentialReport, Some("alice"));
        (user(&snapshot, "alice").password_enabled, gaps)
    };
    for column in ["password_last_changed", "password_next_rotation"] {
        let message = format!("line 3: password_enabled is false, though {column} is a date");
        let contradiction =
            (Fact::missing(Source::CredentialReport), vec![("Malformed".to_owned(), message)]);
        assert_eq!(without(&[(column, CREATED)]), contradiction);
    }
    for fine in [("password_last_used", CREATED), ("password_last_changed", "no_information")] {
        assert_eq!(without(&[fine]), (Fact::Known(false), vec![]));
    }
    // Older reports say little of root.
    let root = root_row(&[("password_enabled", "false"), ("password_last_changed", CREATED)]);
    let snapshot = Fixture::new().report(&[root, row("alice", &[])]).snapshot();
    assert_eq!(gaps(&snapshot, Source::CredentialReport, Some("<root_account>")), []);
}

/// Both are `N/A` in the same cases, while the region may be where the date is not.
#[test]
fn a_key_was_used_with_a_service() {
    let used = |date: &str, service: &str| {
        let key = [
            ("access_key_1_active", "true"),
            ("access_key_1_last_rotated", CREATED),
            ("access_key_1_last_used_date", date),
            ("access_key_1_last_used_service", service),
        ];
        let snapshot = Fixture::new()
            .without(Source::AccessKeys)
            .alice(&key)
            .snapshot();
        let keys = user(&snapshot, "alice")
            .access_keys
            .as_ref()
            .known()
            .unwrap();
        let gaps = gaps(&snapshot, Source::CredentialReport, Some("alice"));
        (keys[0].last_used, keys[0].idle_days, gaps)
    };
    let day = "2025-12-31T00:00:00Z";
    let known = (Fact::Known(Some(time(day))), Fact::Known(1.0), vec![]);
    assert_eq!(used(day, "s3"), known);
    assert_eq!(used(day, "not_supported"), known, "as emulators say");
    assert_eq!(used("N/A", "N/A"), (Fact::Known(None), Fact::Known(731.0), vec![]));
    for (date, service, says) in [
        (day, "N/A", "is a date, though access_key_1_last_used_service is N/A"),
        ("N/A", "s3", "is not a date, though access_key_1_last_used_service is a service"),
    ] {
        let message = format!("line 3: access_key_1_last_used_date {says}");
        let missing = Fact::missing(Source::CredentialReport);
        let gap = ("Malformed".to_owned(), message);
        assert_eq!(
            used(date, service),
            (missing, Fact::missing(Source::CredentialReport), vec![gap])
        );
    }
}

#[test]
fn an_active_key_without_region_is_used_all_the_same() {
    let alice = Fixture::new()
        .without(Source::AccessKeys)
        .alice(&[
            ("access_key_2_active", "true"),
            ("access_key_2_last_rotated", CREATED),
            ("access_key_2_last_used_date", "2025-12-31T00:00:00Z"),
            ("access_key_2_last_used_service", "s3"),
        ])
        .user();
    let Fact::Known(keys) = &alice.access_keys else {
        panic!()
    };
    assert_eq!(keys[0].name, "key 2");
    assert_eq!(keys[0].last_used_region, Fact::Known(None));
    assert_eq!(keys[0].last_used_service, Fact::Known(Some("s3".to_owned())));
    assert_eq!(keys[0].idle_days, Fact::Known(1.0));
}

#[test]
fn certificates_are_read_active_or_not() {
    let alice = Fixture::new()
        .alice(&[
            ("cert_1_active", "true"),
            ("cert_2_active", "false"),
            ("cert_2_last_rotated", CREATED),
        ])
        .user();
    let Fact::Known(certificates) = &alice.signing_certificates else {
        panic!()
    };
    assert_eq!(certificates[0].active, Fact::Known(true));
    assert_eq!(certificates[0].last_rotated, Fact::Known(None));
    assert_eq!(certificates[1].active, Fact::Known(false));
    assert!(
        certificates[1]
            .resource_id
            .ends_with("user/alice/signing-certificate/2024-01-01T00:00:00Z")
    );
    assert_eq!(alice.has_active_credential, Fact::Known(true));
}

#[test]
fn columns_are_found_by_name() {
    let csv = format!(
        "new_column,arn,mfa_active,user\r\nx,{},TRUE,alice\r\ny,{},false,bob\r\n",
        arn("alice"),
        arn("bob")
    );
    let snapshot = Fixture::new()
        .report_text(&csv)
        .without(Source::MfaDevices)
        .snapshot();
    assert_eq!(user(&snapshot, "alice").mfa_active, Fact::Known(true));
    let missing = Fact::missing(REPORT);
    assert_eq!(user(&snapshot, "alice").password_enabled, missing);
    let gap = ("Malformed".to_owned(), "the report has no column password_enabled".to_owned());
    assert!(gaps(&snapshot, REPORT, None).contains(&gap));
    assert_eq!(snapshot.account.console_user_count, Fact::missing(REPORT));
}

#[test]
fn a_missing_column_makes_only_its_facts_missing() {
    let csv = format!("{HEADER}\n{}", row("alice", &[])).replacen("mfa_active", "renamed", 1);
    let snapshot = Fixture::new()
        .report_text(&csv)
        .without(Source::MfaDevices)
        .snapshot();
    let alice = user(&snapshot, "alice");
    assert_eq!(alice.mfa_active, Fact::missing(REPORT));
    assert_eq!(alice.password_enabled, Fact::Known(false));
    assert_eq!(alice.created, Fact::Known(time(CREATED)));
}

#[test]
fn a_repeated_column_is_no_column() {
    let csv = format!("{HEADER},mfa_active\n{},true", row("alice", &[]));
    let snapshot = Fixture::new()
        .report_text(&csv)
        .without(Source::MfaDevices)
        .snapshot();
    assert_eq!(user(&snapshot, "alice").mfa_active, Fact::missing(REPORT));
    let gap = ("Malformed".to_owned(), "the report has more than one column mfa_active".to_owned());
    assert!(gaps(&snapshot, REPORT, None).contains(&gap));
}

#[test]
fn a_bad_value_is_a_gap_that_names_line_and_user() {
    for (column, value, problem) in [
        ("mfa_active", "maybe", "(`maybe`) is neither true nor false"),
        ("mfa_active", "", "is neither true nor false"),
        ("password_enabled", "not_supported", "(`not_supported`) is neither true nor false"),
        ("user_creation_time", "N/A", "(`N/A`) is not a date"),
        ("access_key_1_last_used_date", "yesterday", "(`yesterday`) is not a date"),
        ("cert_1_last_rotated", "2024-13-01T00:00:00Z", "(`2024-13-01T00:00:00Z`) is not a date"),
        ("access_key_1_last_used_region", "", "is empty"),
    ] {
        let snapshot = Fixture::new().alice(&[(column, value)]).snapshot();
        let expected = ("Malformed".to_owned(), format!("line 3: {column} {problem}"));
        assert_eq!(gaps(&snapshot, REPORT, Some("alice")), [expected]);
    }
}

/// Line 1 is the header, and 2 is root's; an empty line counts too.
#[test]
fn lines_are_numbered_whatever_ends_them() {
    let short = &row("carol", &[])[..60];
    let lines = [
        HEADER.to_owned(),
        root_row(&[]),
        row("alice", &[("mfa_active", "maybe")]),
        format!("{},surplus", row("bob", &[])),
        short.to_owned(),
    ];
    for (end, numbers) in [("\n", [3, 4, 5]), ("\r\n", [3, 4, 5]), ("\n\n", [5, 7, 9])] {
        let snapshot = Fixture::new().report_text(&lines.join(end)).snapshot();
        let [bad, nobody, short] = numbers;
        let bad = format!("line {bad}: mfa_active (`maybe`) is neither true nor false");
        assert_eq!(gaps(&snapshot, REPORT, Some("alice"))[0].1, bad, "{end:?}");
        let messages: Vec<_> = gaps(&snapshot, REPORT, None)
            .into_iter()
            .map(|gap| gap.1)
            .collect();
        let nobody = format!("the user and the ARN in line {nobody} do not match");
        assert!(messages.contains(&nobody), "{end:?}: {messages:?}");
        let short = format!("line {short} has too few fields");
        assert_eq!(gaps(&snapshot, REPORT, Some("carol"))[0].1, short, "{end:?}");
    }
}

#[test]
fn an_enabled_password_without_a_date_has_an_unknown_age() {
    let alice = Fixture::new().alice(&[("password_enabled", "true")]).user();
    assert_eq!(alice.password_age_days, Fact::missing(REPORT));
    assert_eq!(alice.password_idle_days, Fact::missing(REPORT));
}

#[test]
fn names_with_commas_quoted_or_not() {
    let name = "doe,jane,x";
    let quoted = row("Q", &[("user", "\"doe,jane,x\""), ("arn", &format!("\"{}\"", arn(name)))]);
    let bare = row(name, &[("mfa_active", "true")]);
    let path = format!("\"{}\"", arn("a,b/doe,jane,x"));
    let bare_name_quoted_arn = row(name, &[("arn", &path)]);
    for line in [quoted, bare, bare_name_quoted_arn] {
        let snapshot = Fixture::new()
            .report(&[root_row(&[]), line.clone(), row("zoe", &[("password_enabled", "false")])])
            .without(Source::AccountAuthorizationDetails)
            .snapshot();
        assert_eq!(user(&snapshot, name).created, Fact::Known(time(CREATED)), "{line}");
        assert_eq!(user(&snapshot, name).password_enabled, Fact::Known(false), "{line}");
        assert_eq!(user(&snapshot, "zoe").password_enabled, Fact::Known(false), "{line}");
    }
}

#[test]
fn a_long_row_that_no_arn_explains_is_of_nobody() {
    let snapshot = Fixture::new()
        .report(&[root_row(&[]), format!("{},surplus", row("bob", &[])), row("alice", &[])])
        .without(Source::AccountAuthorizationDetails)
        .snapshot();
    let message = "the user and the ARN in line 3 do not match".to_owned();
    assert_eq!(gaps(&snapshot, REPORT, None), [("Malformed".to_owned(), message)]);
    let missing = Sources::from_iter([REPORT, Source::AccountAuthorizationDetails]);
    assert_eq!(snapshot.users, Fact::Missing(missing), "bob would be judged nowhere");
}

#[test]
fn a_short_row_has_no_facts() {
    let short = format!("bob,{},{CREATED},true", arn("bob"));
    let snapshot = Fixture::new()
        .report(&[root_row(&[]), short, row("alice", &[])])
        .without(Source::AccountAuthorizationDetails)
        .snapshot();
    assert_eq!(user(&snapshot, "bob").password_enabled, Fact::missing(REPORT));
    assert_eq!(user(&snapshot, "alice").password_enabled, Fact::Known(false));
    let message = "line 3 has too few fields".to_owned();
    assert_eq!(gaps(&snapshot, REPORT, Some("bob")), [("Malformed".to_owned(), message)]);
}

#[test]
fn a_cut_file_does_not_tell_which_users_there_are() {
    let csv = format!("{HEADER}\n{}\n{}", row("alice", &[]), &row("bob", &[])[..60]);
    let fixture = Fixture::new().report_text(&csv);
    let message = "the last line is cut short, so further lines may be lost".to_owned();
    let snapshot = fixture.snapshot();
    assert!(gaps(&snapshot, REPORT, None).contains(&("Incomplete".to_owned(), message)));
    assert_eq!(user(&snapshot, "alice").mfa_active, Fact::Known(false));
    let alone = fixture
        .without(Source::AccountAuthorizationDetails)
        .snapshot();
    assert!(matches!(alone.users, Fact::Missing(_)));
}

/// The last value of a line is a date, N/A, or another word for none:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>.
#[test]
fn a_file_that_is_cut_within_its_last_value_is_cut() {
    let read = |last: &str| {
        let rows = [row("alice", &[]), row("bob", &[("cert_2_last_rotated", last)])];
        let csv = format!("{HEADER}\n{}", rows.join("\n"));
        let snapshot = Fixture::new().report_text(&csv).snapshot();
        gaps(&snapshot, REPORT, None)
            .iter()
            .any(|(_, message)| message.contains("cut short"))
    };
    for whole in ["N/A", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Z"] {
        assert!(!read(whole), "{whole}");
    }
    for cut in
        ["", "N", "N/", "2026-01-01T00:00", "2026-01-01T00:00:00+0", "2026-01-01T00:00:00+00"]
    {
        assert!(read(cut), "{cut}");
    }
}

/// AWS writes root's row first, so a report without it does not tell who else there is.
#[test]
fn a_report_without_roots_row_was_cut() {
    let header = Fixture::new().report(&[]);
    let nobody = header.users(&[]).summary(&json!({"Users": 0})).snapshot();
    assert_eq!(nobody.users, Fact::missing(REPORT));
    assert_eq!(nobody.account.has_console_users, Fact::missing(REPORT));
    assert_eq!(nobody.regions, Fact::missing(REPORT));
    assert_eq!(gaps(&nobody, REPORT, None)[0].0, "Incomplete");
    let listed = Fixture::new().report(&[]).user();
    assert_eq!((listed.deleted, listed.password_enabled), (false, Fact::missing(REPORT)));
    let alone = Fixture::new().report(&[row("alice", &[])]);
    let alone = alone
        .without(Source::AccountAuthorizationDetails)
        .snapshot();
    let both = Sources::from_iter([REPORT, Source::AccountAuthorizationDetails]);
    assert_eq!(alone.users, Fact::Missing(both), "others may be lost");

    let root = Fixture::new().report(&[root_row(&[])]);
    let nobody = root.users(&[]).summary(&json!({"Users": 0})).snapshot();
    assert_eq!(nobody.users, Fact::Known(Vec::new()));
    assert_eq!(nobody.account.has_console_users, Fact::Known(false));
    assert_eq!(gaps(&nobody, REPORT, None), []);
}

#[test]
fn two_rows_of_a_user_cannot_be_told_apart() {
    let rows = [root_row(&[]), row("alice", &[("mfa_active", "true")]), row("Alice", &[])];
    let snapshot = Fixture::new()
        .report(&rows)
        .without(Source::MfaDevices)
        .snapshot();
    assert_eq!(user(&snapshot, "alice").mfa_active, Fact::missing(REPORT));
    let message = "lines 3 and 4 have the same user".to_owned();
    assert_eq!(gaps(&snapshot, REPORT, Some("alice")), [("Malformed".to_owned(), message)]);
}

#[test]
fn a_line_of_another_account_does_not_hide_behind_a_user_of_the_same_name() {
    let own = row("alice", &[]);
    let elsewhere = |there| own.replace(&arn("alice"), there);
    let foreign = elsewhere("arn:aws:iam::999988887777:user/alice");
    let chinese = elsewhere("arn:aws-cn:iam::123456789012:user/alice");
    for lines in [[&own, &foreign], [&foreign, &own], [&own, &chinese], [&chinese, &own]] {
        let lines = lines.map(Clone::clone);
        let snapshot = Fixture::new().report(&lines).snapshot();
        assert_eq!(gaps(&snapshot, REPORT, None)[0].0, "WrongAccount");
        assert!(matches!(snapshot.account.report_generated_at, Fact::Missing(_)));
    }
}

#[test]
fn a_swallowed_line_is_of_nobody() {
    // The open quote takes bob's whole line into alice's last field.
    let alice = row("alice", &[("cert_2_last_rotated", "\"N/A")]);
    let snapshot = Fixture::new()
        .report(&[alice, format!("{}\"", row("bob", &[]))])
        .without(Source::AccountAuthorizationDetails)
        .snapshot();
    assert!(matches!(snapshot.users, Fact::Missing(_)));
}

#[test]
fn what_is_no_report_is_a_gap_of_the_source() {
    let html = "<html>\n<body>no</body></html>";
    for (csv, message) in [
        (html.as_bytes(), "line 1 is not the header of a credential report: it lacks user or arn"),
        (b"", "line 1 is not the header of a credential report: it lacks user or arn"),
        (b"user,arn\n\xff", "the CSV is not UTF-8 after byte 9"),
    ] {
        let snapshot = Fixture::new().csv(csv).snapshot();
        let expected = ("Malformed".to_owned(), format!("credential-report.csv: {message}"));
        assert_eq!(gaps(&snapshot, REPORT, None), [expected]);
        assert_eq!(user(&snapshot, "alice").password_enabled, Fact::missing(REPORT));
    }
}

#[test]
fn a_bare_csv_has_no_date() {
    let csv = format!("\u{feff}{HEADER}\r\n{}\r\n{}", root_row(&[]), row("alice", &[]));
    let snapshot = Fixture::new().csv(csv).snapshot();
    assert_eq!(user(&snapshot, "alice").password_enabled, Fact::Known(false));
    assert_eq!(snapshot.account.report_generated_at, Fact::missing(REPORT));
    assert_eq!(gaps(&snapshot, REPORT, None)[0].0, "Undated");
}

#[test]
fn base64_may_have_line_breaks_and_must_be_base64() {
    let content = "dXNlcixh\r\ncm4K\n";
    let json = json!({"Content": content, "GeneratedTime": "2025-12-31T22:00:00+00:00"});
    let snapshot = Fixture::new().with(REPORT, &json).snapshot();
    assert_eq!(snapshot.account.report_age_hours, Fact::Known(2.0));
    let snapshot = Fixture::new()
        .with(REPORT, &json!({"Content": "!"}))
        .snapshot();
    assert!(
        gaps(&snapshot, REPORT, None)[0]
            .1
            .contains("Content is not base64")
    );
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9+=,.@_-]{1,20}"
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        Fixture::new().csv(bytes).snapshot();
    }

    #[test]
    fn any_text_after_the_header_is_taken(text in "[a-z,\"\r\n:/<>_]{0,200}") {
        Fixture::new().csv(format!("{HEADER}\n{text}")).snapshot();
    }

    #[test]
    fn rows_round_trip(
        names in proptest::collection::btree_set(name(), 1..8),
        crlf in any::<bool>(),
        quoted in any::<bool>(),
        last_line_ends in any::<bool>(),
    ) {
        let quote = if quoted { "\"" } else { "" };
        let line = |name: &String| row(name, &[
            ("user", &format!("{quote}{name}{quote}")),
            ("arn", &format!("{quote}{}{quote}", arn(name))),
        ]);
        let end = if crlf { "\r\n" } else { "\n" };
        let first = [HEADER.to_owned(), root_row(&[])];
        let lines: Vec<String> = first.into_iter().chain(names.iter().map(line)).collect();
        let mut csv = lines.join(end);
        if last_line_ends {
            csv.push_str(end);
        }
        let fixture = Fixture::new().csv(csv).without(Source::AccountAuthorizationDetails);
        let Fact::Known(users) = fixture.snapshot().users else { panic!("users are missing") };
        prop_assert_eq!(users.iter().map(|user| user.name.clone()).collect::<Vec<_>>(),
            names.into_iter().collect::<Vec<_>>());
        prop_assert!(users.iter().all(|user| user.created == Fact::Known(time(CREATED))));
    }
}

/// Its root is one of the lines.
#[test]
fn a_report_of_more_users_than_any_account_has_is_not_read() {
    for (users, is_read) in [(19_999, true), (20_000, false)] {
        let mut lines = vec![root_row(&[])];
        for number in 0..users {
            lines.push(row(&format!("user{number}"), &[]));
        }
        let snapshot = Fixture::new()
            .without(Source::AccountAuthorizationDetails)
            .report(&lines);
        let snapshot = snapshot.snapshot();
        let listed = snapshot.users.as_ref().known();
        assert_eq!(listed.is_some_and(|listed| listed.len() == users), is_read, "{users}");
        let words = "it has more than 20000 lines, and no account has that many users";
        let is_said = gaps(&snapshot, REPORT, None)
            .iter()
            .any(|(_, said)| said.ends_with(words));
        assert_eq!(is_said, !is_read, "{users}");
    }
}
