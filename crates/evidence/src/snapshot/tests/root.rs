//! Root, decided from three sources.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portcullis_model::{Fact, Gap, MfaKind, Root, Source, Sources};
use serde_json::{Value as Json, json};

use super::bundles::{
    AS_OF, CREATED, Fixture, HEADER, REPORT_AT, arn, detail, gaps, root_row, row, time,
};

const ROOT: &str = "arn:aws:iam::123456789012:root";

fn with_row(values: &[(&str, &str)]) -> Fixture {
    Fixture::new().report(&[root_row(values), row("alice", &[])])
}

fn root(fixture: &Fixture) -> Root {
    fixture.snapshot().root
}

fn device(owner: &str) -> Json {
    let serial = "arn:aws:iam::123456789012:mfa/any-name";
    json!([{"SerialNumber": serial, "User": {"Arn": owner}, "EnableDate": AS_OF}])
}

#[test]
fn sources_that_agree() {
    let root = root(&Fixture::new());
    assert_eq!(root.arn, ROOT);
    assert_eq!(root.password_enabled, Fact::Known(true));
    assert_eq!(root.has_access_key, Fact::Known(false));
    assert_eq!(root.mfa_active, Fact::Known(true));
    assert_eq!(root.disagreements, Fact::Known(vec![]));
    assert_eq!(root.claims.len(), 3);
    assert_eq!(root.claims[0].at, Some(time(REPORT_AT)));
    assert_eq!(root.claims[2].mfa, None, "that none is virtual does not prove that there is none");
}

#[test]
fn the_live_summary_outranks_the_report_and_the_contradiction_is_listed() {
    let root = root(&Fixture::new().summary(&json!({
        "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 2,
        "AccountSigningCertificatesPresent": 1, "AccountPasswordPresent": 1,
    })));
    assert_eq!(root.mfa_active, Fact::Known(false));
    assert_eq!(root.has_access_key, Fact::Known(true));
    assert_eq!(root.has_signing_certificate, Fact::Known(true));
    let expected = [
        "access key: credential-report says no, account-summary says yes",
        "signing certificate: credential-report says no, account-summary says yes",
        "MFA: credential-report says yes, account-summary says no",
    ];
    assert_eq!(root.disagreements, Fact::Known(expected.map(str::to_owned).to_vec()));
}

#[test]
fn no_contradiction_is_known_before_every_source_has_spoken() {
    let sources = [Source::CredentialReport, Source::AccountSummary, Source::VirtualMfaDevices];
    for source in sources {
        let root = root(&Fixture::new().without(source));
        assert_eq!(root.disagreements, Fact::missing(source));
    }
    let differing = Fixture::new().summary(&json!({"AccountMFAEnabled": 0}));
    let found = root(&differing.without(Source::VirtualMfaDevices)).disagreements;
    assert!(found.known().is_some_and(|found| found.len() == 1), "one is enough to tell");
}

#[test]
fn a_summary_older_than_the_report_does_not_outrank_it() {
    let summary = json!({"AccountMFAEnabled": 0});
    let fixture = Fixture::new().summary(&summary);
    let root = root(&fixture.collected_at(Source::AccountSummary, "2025-12-31T21:00:00Z"));
    assert_eq!(root.mfa_active, Fact::Known(true));
}

#[test]
fn an_assigned_virtual_device_proves_mfa() {
    let summary = json!({"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0});
    let root = root(&Fixture::new().summary(&summary).devices(&device(ROOT)));
    assert_eq!(root.mfa_active, Fact::Known(true));
    assert_eq!(root.virtual_mfa_devices.as_ref().known().unwrap()[0].name, "any-name");
    let expected = "MFA: credential-report says yes, account-summary says no, \
                    virtual-mfa-devices says yes";
    assert_eq!(root.disagreements, Fact::Known(vec![expected.to_owned()]));
}

/// The summary was asked for since the device was enabled, and counts no MFA.
#[test]
fn a_virtual_device_that_the_summary_contradicts_proves_nothing() {
    let enabled = |mfa: u8, date: Option<&str>| {
        let mut devices = device(ROOT);
        devices[0]["EnableDate"] = json!(date);
        let summary = json!({"AccountMFAEnabled": mfa, "AccountAccessKeysPresent": 0});
        Fixture::new().summary(&summary).devices(&devices)
    };
    let serial = "arn:aws:iam::123456789012:mfa/any-name";
    let (old, future) = ("2025-12-31T23:24:59Z", "2026-01-01T00:05:01Z");
    for (fixture, says) in [
        (
            enabled(0, Some(old)),
            "is assigned to root, but AccountMFAEnabled is 0 in the account summary",
        ),
        (
            enabled(0, None),
            "is assigned to root, but AccountMFAEnabled is 0 in the account summary",
        ),
        (
            enabled(0, Some(future)),
            "was enabled 2026-01-01 00:05 UTC, which is later than 2026-01-01 00:00 UTC",
        ),
    ] {
        let snapshot = fixture.snapshot();
        let source = Source::VirtualMfaDevices;
        assert_eq!(snapshot.root.mfa_active, Fact::missing(source));
        let gap = ("Contradictory".to_owned(), format!("{serial} {says}"));
        assert_eq!(gaps(&snapshot, source, Some("<root_account>")), [gap]);
    }
    for fine in
        [enabled(0, Some("2025-12-31T23:25:00Z")), enabled(1, Some(old)), enabled(1, Some(future))]
    {
        assert_eq!(root(&fine).mfa_active, Fact::Known(true));
    }
    // Without the report nothing says that the summary is older.
    let undated = enabled(0, Some(old)).undated(Source::AccountSummary);
    assert_eq!(root(&undated).mfa_active, Fact::Known(false), "what is wrong by either is wrong");
    let alone = root(&undated.without(Source::CredentialReport));
    assert_eq!(alone.mfa_active, Fact::missing(Source::VirtualMfaDevices));
}

#[test]
fn a_user_named_groot_is_not_root() {
    for name in ["groot", "root", "x/root"] {
        let last = name.rsplit('/').next().unwrap();
        let fixture = Fixture::new().users(&[detail("alice"), detail(last)]);
        let root = root(&fixture.devices(&device(&arn(name))));
        assert_eq!(root.virtual_mfa_devices, Fact::Known(vec![]), "{name}");
    }
}

#[test]
fn an_older_report_says_nothing_of_the_password() {
    let silent = with_row(&[("password_enabled", "not_supported")]);
    assert_eq!(root(&silent).password_enabled, Fact::Known(true), "the summary tells");
    let summary = json!({"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0});
    let root = root(&silent.summary(&summary));
    let both = Sources::from_iter([Source::CredentialReport, Source::AccountSummary]);
    assert_eq!(root.password_enabled, Fact::Missing(both));
    assert_eq!(root.has_credential, Fact::Missing(both));
}

/// Root of GovCloud cannot sign in to the console, but it may have access keys:
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-account-root-user.html>.
#[test]
fn root_of_govcloud_has_no_password_to_use() {
    let mute = ["password_enabled", "password_last_used", "password_last_changed"];
    let mute = mute.map(|column| (column, "not_supported"));
    let summary = json!({
        "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0,
        "AccountSigningCertificatesPresent": 0,
    });
    let fixture = |partition| with_row(&mute).summary(&summary).in_partition(partition);
    let govcloud = root(&fixture("aws-us-gov"));
    assert_eq!(govcloud.password_enabled, Fact::Known(false));
    assert_eq!(govcloud.has_credential, Fact::Known(false));
    assert_eq!(govcloud.last_used, Fact::Known(None));
    let both = Sources::from_iter([Source::CredentialReport, Source::AccountSummary]);
    assert_eq!(root(&fixture("aws")).has_credential, Fact::Missing(both), "nothing tells");

    let key = [("access_key_1_active", "true"), ("access_key_1_last_used_date", CREATED)];
    let with_key: Vec<_> = mute.into_iter().chain(key).collect();
    let with_key = with_row(&with_key).summary(&json!({"AccountAccessKeysPresent": 1}));
    let govcloud = root(&with_key.in_partition("aws-us-gov"));
    assert_eq!(govcloud.has_credential, Fact::Known(true));
    assert_eq!(govcloud.last_used, Fact::Known(Some(time(CREATED))));
    let told = root(&Fixture::new().in_partition("aws-us-gov"));
    assert_eq!(told.password_enabled, Fact::Known(true), "what a source says counts");
}

/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html>: "there is no concept of the root user".
#[test]
fn some_partitions_have_no_root_user() {
    let summary = json!({
        "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0,
        "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 0,
    });
    let without_row = || {
        Fixture::new()
            .report(&[row("alice", &[])])
            .summary(&summary)
    };
    for (partition, exists) in [
        ("aws", true),
        ("aws-cn", false),
        ("aws-us-gov", true),
        ("aws-iso", true),
        ("aws-iso-b", false),
        ("aws-iso-e", true),
        ("aws-iso-f", true),
        ("aws-eusc", true),
    ] {
        let snapshot = without_row().in_partition(partition).snapshot();
        assert_eq!(snapshot.root.exists, exists, "{partition}");
        let is_whole = gaps(&snapshot, Source::CredentialReport, None).is_empty();
        assert_eq!(is_whole, !exists, "{partition}");
        let missing = Fact::missing(Source::CredentialReport);
        let none = if exists { missing } else { Fact::Known(None) };
        assert_eq!(snapshot.root.last_used, none, "{partition}");
        assert!(root(&Fixture::new().in_partition(partition)).exists, "a row for root counts");
    }
    let nothing = Fixture::new()
        .without(Source::CredentialReport)
        .without(Source::AccountSummary);
    let china = root(&nothing.in_partition("aws-cn"));
    assert_eq!((china.exists, china.has_credential), (false, Fact::Known(false)));
    let key = Fixture::new().report(&[row("alice", &[])]);
    let key = key
        .summary(&json!({"AccountAccessKeysPresent": 1}))
        .in_partition("aws-cn");
    assert_eq!(root(&key).has_access_key, Fact::Known(true), "what a source says counts");
}

/// Nothing says what root did since the report was made, and a bare report is known to be no older than what it shows.
#[test]
fn a_report_does_not_show_later_use() {
    let made = |at: Option<&str>| {
        let content = STANDARD.encode(format!("{HEADER}\n{}", root_row(&[])));
        let json = json!({"Content": content, "GeneratedTime": at});
        Fixture::new().with(Source::CredentialReport, &json)
    };
    let missing = Fact::missing(Source::CredentialReport);
    let facts = |fixture: &Fixture| {
        let snapshot = fixture.snapshot();
        let gaps = gaps(&snapshot, Source::CredentialReport, Some("<root_account>"));
        let Root { unseen_days, used_since_report, .. } = snapshot.root;
        (unseen_days, used_since_report, gaps)
    };
    let old = made(Some("2025-12-24T12:00:00Z"));
    assert_eq!(facts(&made(Some(AS_OF))), (Fact::Known(0.0), Fact::Known(false), vec![]));
    let week = made(Some("2025-12-25T00:00:00Z"));
    assert_eq!(facts(&week), (Fact::Known(7.0), Fact::Known(false), vec![]));
    let message = "does not show the use of root in the last 7.5 days".to_owned();
    let gap = ("Outdated".to_owned(), message);
    assert_eq!(facts(&old), (Fact::Known(7.5), missing, vec![gap]));
    let undated = facts(&made(None));
    assert_eq!((undated.0, undated.1), (Fact::missing(Source::CredentialReport), missing));
    let bare = |used: &str| {
        let root = root_row(&[("password_last_used", used)]);
        facts(&Fixture::new().csv(format!("{HEADER}\n{root}")))
    };
    assert_eq!(bare("2025-12-31T00:00:00Z"), (Fact::Known(1.0), Fact::Known(false), vec![]));
    let gap =
        ("Outdated".to_owned(), "does not show the use of root in the last 31.0 days".to_owned());
    assert_eq!(bare("2025-12-01T00:00:00Z"), (Fact::Known(31.0), missing, vec![gap]));
    let live = old.with(Source::RootCredentials, &session());
    assert_eq!(facts(&live), (Fact::Known(0.0), Fact::Known(false), vec![]));
}

#[test]
fn no_credential_at_all_is_known() {
    let summary = json!({
        "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0,
        "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 0,
    });
    let row = with_row(&[("password_enabled", "false"), ("mfa_active", "false")]);
    assert_eq!(root(&row.summary(&summary)).has_credential, Fact::Known(false));
}

#[test]
fn one_credential_decides_whatever_is_missing() {
    let summary = json!({"AccountAccessKeysPresent": 1});
    let fixture = Fixture::new()
        .without(Source::CredentialReport)
        .summary(&summary);
    let root = root(&fixture);
    assert_eq!(root.has_credential, Fact::Known(true));
    assert!(matches!(root.password_enabled, Fact::Missing(_)));
}

#[test]
fn an_inactive_key_is_no_access_key_and_no_contradiction() {
    let row = [("access_key_1_last_rotated", CREATED)];
    let report_alone = with_row(&row).lacking(Source::AccountSummary, Gap::ABSENT);
    assert_eq!(root(&report_alone).has_access_key, Fact::Known(false));
    let summary = json!({
        "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 1,
        "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 1,
    });
    let root = root(&with_row(&row).summary(&summary));
    assert_eq!(root.has_access_key, Fact::Known(true));
    assert_eq!(root.disagreements, Fact::Known(vec![]));
}

/// The report may be older than what happened since: where the live answer is lost, it can still
/// prove a problem, but not that there is none.
#[test]
fn a_lost_summary_leaves_only_what_is_wrong() {
    let unknown = Fact::missing(Source::AccountSummary);
    let sound = root(&with_row(&[("mfa_active", "true")]).without(Source::AccountSummary));
    assert_eq!((sound.mfa_active, sound.has_access_key), (unknown, unknown));
    let bad = [("mfa_active", "false"), ("access_key_1_active", "true")];
    let bad = root(&with_row(&bad).without(Source::AccountSummary));
    assert_eq!((bad.mfa_active, bad.has_access_key), (Fact::Known(false), Fact::Known(true)));
    for never_asked in [Gap::ABSENT, Gap::NOT_REQUESTED] {
        let fixture = with_row(&[("mfa_active", "true")]);
        let root = root(&fixture.lacking(Source::AccountSummary, never_asked));
        assert_eq!(root.mfa_active, Fact::Known(true), "{never_asked}");
        assert_eq!(root.has_access_key, Fact::Known(false), "{never_asked}");
    }
}

/// AWS always sends all flags: what the summary does not say any more was lost, and the older report does
/// not make up for it.
#[test]
fn a_summary_without_a_flag_does_not_leave_it_to_the_report() {
    let unknown = Fact::missing(Source::AccountSummary);
    for summary in [json!({}), json!({"AccountPasswordPresent": 1})] {
        let fixture = with_row(&[("password_enabled", "false")]).summary(&summary);
        let root = root(&fixture);
        assert_eq!((root.mfa_active, root.has_access_key), (unknown, unknown), "{summary}");
        assert_eq!(root.has_signing_certificate, unknown, "{summary}");
        let gap = &gaps(&fixture.snapshot(), Source::AccountSummary, Some("<root_account>"))[0];
        assert_eq!(gap.0, "NotReported");
    }
    let silent = root(&with_row(&[("password_enabled", "false")]).summary(&json!({})));
    assert_eq!(silent.password_enabled, unknown);
    let bad = [("mfa_active", "false"), ("access_key_1_active", "true")];
    let bad = root(&with_row(&bad).summary(&json!({})));
    assert_eq!((bad.mfa_active, bad.has_access_key), (Fact::Known(false), Fact::Known(true)));
}

/// That sources agree is known only where each has spoken on each point.
#[test]
fn one_cell_or_flag_that_is_lost_leaves_the_agreement_open() {
    for column in ["password_enabled", "mfa_active", "access_key_2_active", "cert_1_active"] {
        let root = root(&with_row(&[(column, "maybe")]));
        assert_eq!(root.disagreements, Fact::missing(Source::CredentialReport), "{column}");
    }
    let whole = json!({
        "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0,
        "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 1,
    });
    for flag in whole.as_object().unwrap().keys() {
        let mut summary = whole.clone();
        summary.as_object_mut().unwrap().remove(flag);
        let root = root(&Fixture::new().summary(&summary));
        assert_eq!(root.disagreements, Fact::missing(Source::AccountSummary), "{flag}");
    }
    let older = root(&with_row(&[("password_enabled", "not_supported")]));
    assert_eq!(older.disagreements, Fact::Known(vec![]), "the report rightly says nothing");
}

/// Nothing says which of the two is newer, so that what is wrong by either is wrong.
#[test]
fn an_undated_summary_proves_nothing_sound_against_the_report() {
    let summary = |mfa: u8, keys: u8| {
        let flags = json!({"AccountMFAEnabled": mfa, "AccountAccessKeysPresent": keys});
        with_row(&[("mfa_active", "false"), ("access_key_1_active", "true")])
            .summary(&flags)
            .undated(Source::AccountSummary)
    };
    for (mfa, keys) in [(1, 0), (0, 1)] {
        let root = root(&summary(mfa, keys));
        assert_eq!((root.mfa_active, root.has_access_key), (Fact::Known(false), Fact::Known(true)));
    }
    let dated = root(&summary(1, 0).collected_at(Source::AccountSummary, AS_OF));
    assert_eq!((dated.mfa_active, dated.has_access_key), (Fact::Known(true), Fact::Known(false)));
}

#[test]
fn a_report_without_a_root_row_leaves_the_summary() {
    let fixture = Fixture::new().report(&[row("alice", &[])]);
    let root = root(&fixture);
    assert_eq!(root.mfa_active, Fact::Known(true));
    assert_eq!(root.last_used, Fact::missing(Source::CredentialReport));
    assert_eq!(root.disagreements, Fact::missing(Source::CredentialReport));
    let gaps = gaps(&fixture.snapshot(), Source::CredentialReport, None);
    let message = "there is no row for root, which AWS always writes: the download was cut, or \
                   lines were removed from it";
    assert_eq!(gaps, [("Incomplete".to_owned(), message.to_owned())]);
}

#[test]
fn neither_report_nor_summary() {
    let fixture = Fixture::new()
        .without(Source::CredentialReport)
        .without(Source::AccountSummary);
    let root = root(&fixture);
    let both = Sources::from_iter([Source::CredentialReport, Source::AccountSummary]);
    assert_eq!(root.mfa_active, Fact::Missing(both));
    assert_eq!(root.has_access_key, Fact::Missing(both));
    assert_eq!(root.disagreements, Fact::Missing(both));
}

#[test]
fn last_use_is_the_latest_of_password_and_keys() {
    let root_of = |values: &[(&str, &str)]| root(&with_row(values));
    let newer_key = root_of(&[
        ("password_last_used", "2024-06-01T00:00:00Z"),
        ("access_key_2_last_used_date", "2025-12-31T00:00:00Z"),
    ]);
    assert_eq!(newer_key.last_used, Fact::Known(Some(time("2025-12-31T00:00:00Z"))));
    assert_eq!(newer_key.last_used_credential, Fact::Known(Some("access key 2".to_owned())));
    assert_eq!(newer_key.idle_days, Fact::Known(Some(1.0)));
    let silent = root_of(&[("password_last_used", "not_supported")]);
    assert_eq!(silent.last_used, Fact::missing(Source::CredentialReport));
    for never in ["N/A", "no_information"] {
        let unused = root_of(&[("password_last_used", never)]);
        assert_eq!(unused.last_used, Fact::Known(None), "{never}");
        assert_eq!(unused.idle_days, Fact::Known(None), "{never}");
    }
    let bad = root_of(&[("password_last_used", "?"), ("access_key_1_last_used_date", CREATED)]);
    assert_eq!(bad.last_used, Fact::missing(Source::CredentialReport));
}

/// What a session as root shows, in the shapes of the API references of GetUser, GetLoginProfile,
/// ListAccessKeys, GetAccessKeyLastUsed, ListMFADevices and ListSigningCertificates.
fn session() -> Json {
    json!({
        "Session": "ASIAIOSFODNN7EXAMPLE",
        "User": {"Arn": ROOT, "CreateDate": CREATED, "PasswordLastUsed": "2025-12-20T00:00:00Z"},
        "LoginProfile": {"CreateDate": CREATED},
        "AccessKeys": [{
            "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive", "CreateDate": CREATED,
            "AccessKeyLastUsed": {
                "LastUsedDate": "2025-12-30T00:00:00Z", "ServiceName": "s3", "Region": "N/A",
            },
        }],
        "MFADevices": [
            {"SerialNumber": "arn:aws:iam::123456789012:u2f/root-account/key", "EnableDate": AS_OF},
            {"SerialNumber": "GAHT12345678", "EnableDate": AS_OF},
        ],
        "Certificates": [{"CertificateId": "C1", "Status": "Active", "UploadDate": CREATED}],
    })
}

#[test]
fn a_session_as_root_outranks_what_others_say_of_it() {
    let flags = json!({
        "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1,
        "AccountSigningCertificatesPresent": 0, "AccountPasswordPresent": 0,
    });
    let fixture = Fixture::new()
        .summary(&flags)
        .with(Source::RootCredentials, &session());
    let root = root(&fixture);
    assert_eq!(root.password_enabled, Fact::Known(true));
    assert_eq!(root.has_access_key, Fact::Known(true), "the summary counts an inactive one");
    assert_eq!(root.has_signing_certificate, Fact::Known(true));
    assert_eq!(root.mfa_active, Fact::Known(true));
    let devices = root.mfa_devices.known().unwrap().unwrap();
    assert_eq!(
        devices.iter().map(|d| d.kind).collect::<Vec<_>>(),
        [MfaKind::Fido, MfaKind::HardwareToken]
    );
    let keys = root.access_keys.known().unwrap().unwrap();
    assert_eq!((keys[0].active, keys[0].last_used_region.as_deref()), (false, None));
    assert_eq!(keys[0].last_used_service.as_deref(), Some("s3"));
    assert_eq!(root.last_used_credential, Fact::Known(Some("access key".to_owned())));
    assert_eq!(root.idle_days, Fact::Known(Some(2.0)));
    let disagreements = root.disagreements.known().unwrap();
    // Whether the summary counts an inactive key is not documented, so the session is silent on that.
    let of_key = "access key: credential-report says no, account-summary says yes";
    assert_eq!(disagreements[1], of_key);
    assert!(disagreements.contains(
        &"signing certificate: credential-report says no, account-summary says no, root-credentials says yes"
            .to_owned()
    ));
}

#[test]
fn a_session_as_root_shows_its_last_use_where_the_report_does_not() {
    let last_used = |session: &Json| {
        let fixture = Fixture::new().without(Source::CredentialReport);
        root(&fixture.with(Source::RootCredentials, session)).last_used
    };
    assert_eq!(last_used(&session()), Fact::Known(Some(time("2025-12-30T00:00:00Z"))));
    for lost in ["/User", "/AccessKeys/0/AccessKeyLastUsed"] {
        let mut session = session();
        *session.pointer_mut(lost).unwrap() = Json::Null;
        assert_eq!(last_used(&session), Fact::missing(Source::CredentialReport), "{lost}");
    }
}

/// A key or password that the account summary counts may be one that the session did not show.
#[test]
fn a_session_that_shows_less_than_the_summary_counts_is_in_doubt() {
    let with = |count: i64, profile: Json| {
        let flags = json!({"AccountPasswordPresent": count, "AccountAccessKeysPresent": 0});
        let mut session = session();
        session["LoginProfile"] = profile;
        root(
            &Fixture::new()
                .summary(&flags)
                .with(Source::RootCredentials, &session),
        )
    };
    let doubtful = with(1, Json::Null);
    assert_eq!(doubtful.password_enabled, Fact::missing(Source::RootCredentials));
    assert_eq!(doubtful.has_access_key, Fact::Known(false), "the summary counts none either");
    assert_eq!(with(0, Json::Null).password_enabled, Fact::Known(false));
    assert_eq!(with(0, json!({"CreateDate": CREATED})).password_enabled, Fact::Known(true));
}

/// `Active`, `Inactive` and `Expired` are all there is; what else is said does not make a key harmless.
#[test]
fn only_what_is_said_to_be_unusable_is_not_used() {
    for (status, expected) in [
        ("Active", true),
        ("active", true),
        ("Other", true),
        ("Inactive", false),
        ("inactive", false),
        ("Expired", false),
    ] {
        let mut session = session();
        session["AccessKeys"][0]["Status"] = json!(status);
        session["Certificates"][0]["Status"] = json!(status);
        let root = root(&Fixture::new().with(Source::RootCredentials, &session));
        assert_eq!(root.has_access_key, Fact::Known(expected), "{status}");
        assert_eq!(root.has_signing_certificate, Fact::Known(expected), "{status}");
        assert_eq!(root.access_keys.known().unwrap().unwrap()[0].active, expected, "{status}");
    }
}

#[test]
fn a_device_of_the_future_is_not_mfa_of_root() {
    let with = |first: &str, second: &str| {
        let mut session = session();
        session["MFADevices"][0]["EnableDate"] = json!(first);
        session["MFADevices"][1]["EnableDate"] = json!(second);
        root(&Fixture::new().with(Source::RootCredentials, &session)).mfa_active
    };
    let tomorrow = "2026-01-02T00:00:00Z";
    assert_eq!(with(tomorrow, tomorrow), Fact::missing(Source::RootCredentials));
    assert_eq!(with(tomorrow, AS_OF), Fact::Known(true), "one is enough");
}

#[test]
fn a_session_before_the_account_summary_is_of_another_run() {
    let flags = json!({"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1});
    let with = |at: &str| {
        let fixture = Fixture::new()
            .summary(&flags)
            .with(Source::RootCredentials, &session());
        let fixture = fixture.collected_at(Source::AccountSummary, "2025-12-31T23:30:00Z");
        fixture.collected_at(Source::RootCredentials, at)
    };
    let earlier = with("2025-12-31T23:29:59Z");
    assert_eq!(root(&earlier).mfa_active, Fact::Known(false));
    assert_eq!(root(&earlier).has_access_key, Fact::Known(true));
    assert_eq!(root(&earlier).mfa_devices, Fact::missing(Source::RootCredentials));
    let found = gaps(&earlier.snapshot(), Source::RootCredentials, None);
    assert_eq!(found[0].0, "Contradictory");
    assert_eq!(root(&with("2025-12-31T23:30:00Z")).mfa_active, Fact::Known(true));
}

/// The column counts keys and certificates that have no column of their own.
#[test]
fn what_the_report_does_not_show_of_root_may_be_active() {
    let with = |more: &str| {
        let header = format!("{HEADER},additional_credentials_info");
        let root = format!("{},{more}", root_row(&[]));
        let alice = format!("{},0", row("alice", &[]));
        let fixture = Fixture::new().without(Source::AccountSummary);
        fixture.report_text(&format!("{header}\n{root}\n{alice}"))
    };
    let gap = |fixture: &Fixture| {
        gaps(&fixture.snapshot(), Source::CredentialReport, Some("<root_account>"))
    };
    let one = root(&with("1"));
    for fact in [one.has_access_key, one.has_signing_certificate] {
        let Fact::Missing(sources) = fact else {
            panic!("{fact:?}")
        };
        assert!(sources.contains(Source::CredentialReport));
    }
    assert_eq!(gap(&with("1")).len(), 1);
    assert_eq!(gap(&with("0")), []);
    let none = root(&with("0"));
    assert_eq!(none.has_access_key, Fact::missing(Source::AccountSummary), "the summary is newer");
}

#[test]
fn a_later_use_in_the_report_counts_too() {
    let used = [("password_last_used", "2025-12-31T00:00:00Z")];
    let root = root(&with_row(&used).with(Source::RootCredentials, &session()));
    assert_eq!(root.last_used_credential, Fact::Known(Some("password".to_owned())));
    assert_eq!(root.idle_days, Fact::Known(Some(1.0)));
}

#[test]
fn no_session_leaves_root_to_the_other_sources() {
    let unasked = root(&Fixture::new());
    assert_eq!((unasked.mfa_devices, unasked.access_keys), (Fact::Known(None), Fact::Known(None)));
    // The account summary showed that there was nothing to look at.
    let nothing = json!({
        "Session": null, "LoginProfile": null, "AccessKeys": [], "MFADevices": [],
        "Certificates": [],
    });
    let empty = root(&Fixture::new().with(Source::RootCredentials, &nothing));
    assert_eq!((empty.mfa_devices, empty.access_keys), (Fact::Known(None), Fact::Known(None)));
    assert_eq!(empty.mfa_active, Fact::Known(true), "which the summary decides");
    assert_eq!(empty.claims.len(), 3);
    let denied = root(&Fixture::new().lacking(Source::RootCredentials, "DeniedToRoot"));
    assert_eq!(denied.mfa_devices, Fact::missing(Source::RootCredentials));
    assert_eq!(denied.mfa_active, Fact::Known(true));
}

#[test]
fn a_session_of_another_account_does_not_count() {
    let mut foreign = session();
    foreign["User"]["Arn"] = json!("arn:aws:iam::999999999999:root");
    let fixture = Fixture::new().with(Source::RootCredentials, &foreign);
    assert_eq!(root(&fixture).mfa_devices, Fact::missing(Source::RootCredentials));
    let gaps = gaps(&fixture.snapshot(), Source::RootCredentials, None);
    assert_eq!(gaps[0].0, "WrongAccount");
}
