//! MFA of users.

use portcullis_model::{Fact, MfaKind, Source};
use serde_json::{Value as Json, json};

use super::bundles::{AS_OF, Fixture, arn, detail, gaps, root_row, user};

const ACTIVE: [(&str, &str); 1] = [("mfa_active", "true")];

fn serial(name: &str) -> String {
    format!("arn:aws:iam::123456789012:mfa/{name}")
}

fn assigned(name: &str, owner: &str, enabled: &str) -> Json {
    json!({"SerialNumber": serial(name), "User": {"Arn": arn(owner)}, "EnableDate": enabled})
}

fn quick() -> Fixture {
    Fixture::new().without(Source::MfaDevices)
}

#[test]
fn a_device_enabled_since_the_report_outranks_it() {
    let alice = quick()
        .devices(&json!([assigned("phone", "alice", AS_OF)]))
        .user();
    assert_eq!(alice.mfa_active, Fact::Known(true));
    assert_eq!(alice.mfa_source, Fact::Known("virtual-mfa-devices".to_owned()));
    assert_eq!(alice.mfa_devices, Fact::missing(Source::MfaDevices), "there may be others");
}

#[test]
fn an_undated_list_with_an_older_device_does_not() {
    let old = "2025-01-01T00:00:00Z";
    let fixture = quick().devices(&json!([assigned("phone", "alice", old)]));
    let alice = fixture.undated(Source::VirtualMfaDevices).user();
    assert_eq!(alice.mfa_active, Fact::Known(false));
    assert_eq!(alice.mfa_source, Fact::Known("credential-report".to_owned()));
}

/// Nothing says which of the two is newer, so that MFA is active only if both say so.
#[test]
fn an_undated_list_proves_no_mfa_that_the_report_does_not_have() {
    for (report, listed, expected) in [
        (
            "false",
            json!([{"UserName": "alice", "SerialNumber": "GAHT1", "EnableDate": "2025-01-01T00:00:00Z"}]),
            "credential-report",
        ),
        ("true", json!([]), "mfa-devices"),
    ] {
        let fixture = Fixture::new()
            .alice(&[("mfa_active", report)])
            .mfa(&["alice"], &listed);
        let snapshot = fixture.undated(Source::MfaDevices).snapshot();
        let alice = user(&snapshot, "alice");
        assert_eq!(alice.mfa_active, Fact::Known(false), "{report}");
        assert_eq!(alice.mfa_source, Fact::Known(expected.to_owned()));
        assert_eq!(alice.mfa_devices, Fact::missing(Source::MfaDevices));
        assert_ne!(gaps(&snapshot, Source::MfaDevices, Some("alice")), []);
    }
}

/// The report of that time would have it.
#[test]
fn a_device_enabled_before_a_report_without_mfa_proves_nothing() {
    const EVE: &str = "2025-12-31T21:54:59Z";
    let one = |enabled: &str| assigned("phone", "alice", enabled);
    let check = |fixture: &Fixture, source: Source, gap: Option<&str>| {
        let snapshot = fixture.snapshot();
        let active = if gap.is_some() {
            Fact::missing(source)
        } else {
            Fact::Known(true)
        };
        assert_eq!(user(&snapshot, "alice").mfa_active, active);
        let gap = gap.map(|gap| ("Contradictory".to_owned(), format!("{} {gap}", serial("phone"))));
        let found = gaps(&snapshot, source, Some("alice"));
        assert_eq!(found.into_iter().next(), gap);
    };
    let shows_none = "was enabled 2025-12-31 21:54 UTC, but the credential report of 2025-12-31 22:00 UTC shows no MFA";
    let future = "was enabled 2026-01-01 00:05 UTC, which is later than 2026-01-01 00:00 UTC";
    for (enabled, gap) in [
        (EVE, Some(shows_none)),
        // AWS needs a while before all of its answers show what was made.
        ("2025-12-31T21:55:00Z", None),
        ("2026-01-01T00:05:00Z", None),
        ("2026-01-01T00:05:01Z", Some(future)),
    ] {
        check(&quick().devices(&json!([one(enabled)])), Source::VirtualMfaDevices, gap);
        let own =
            json!([{"UserName": "alice", "SerialNumber": serial("phone"), "EnableDate": enabled}]);
        let listed = Fixture::new()
            .devices(&json!([one(enabled)]))
            .mfa(&["alice"], &own);
        check(&listed, Source::MfaDevices, gap);
    }
    let both = json!([one(EVE), assigned("tablet", "alice", AS_OF)]);
    check(&quick().devices(&both), Source::VirtualMfaDevices, None);
    let older = quick().alice(&ACTIVE).devices(&json!([one(EVE)]));
    check(&older, Source::VirtualMfaDevices, None);
}

/// The user's own list holds devices of every kind.
#[test]
fn an_own_list_without_a_virtual_device_is_cut() {
    let fixture = |enabled: &str| {
        let own = json!([{"UserName": "alice", "SerialNumber": "GAHT1", "EnableDate": "2025-01-01T00:00:00Z"}]);
        let fixture = Fixture::new().alice(&ACTIVE).mfa(&["alice"], &own);
        fixture
            .devices(&json!([assigned("phone", "alice", enabled)]))
            .snapshot()
    };
    let cut = fixture("2025-12-31T23:24:59Z");
    assert_eq!(user(&cut, "alice").mfa_devices, Fact::missing(Source::MfaDevices));
    let message = format!("lacks {}, which is on the list of virtual devices", serial("phone"));
    let gap = ("Contradictory".to_owned(), message);
    assert_eq!(gaps(&cut, Source::MfaDevices, Some("alice")), [gap]);
    let since = fixture("2025-12-31T23:25:00Z");
    assert!(user(&since, "alice").mfa_devices.as_ref().known().is_some());
    assert_eq!(since.gaps, []);
}

/// An earlier user of that name had the device.
#[test]
fn a_device_older_than_its_user_proves_nothing() {
    for (enabled, active) in [
        ("2023-12-31T23:54:59Z", Fact::missing(Source::VirtualMfaDevices)),
        ("2023-12-31T23:55:00Z", Fact::Known(true)),
    ] {
        let devices = json!([assigned("phone", "alice", enabled)]);
        // So that the device alone says it.
        let fixture = quick().report(&[root_row(&[])]).devices(&devices);
        assert_eq!(fixture.user().mfa_active, active, "{enabled}");
    }
    let owner = |id: &str| {
        let device =
            json!([{"SerialNumber": serial("phone"), "User": {"Arn": arn("alice"), "UserId": id}}]);
        let mut alice = detail("alice");
        alice["UserId"] = json!("AIDA1");
        let snapshot = quick().users(&[alice]).devices(&device).snapshot();
        gaps(&snapshot, Source::VirtualMfaDevices, None)
            .into_iter()
            .map(|(code, _)| code)
            .next()
    };
    assert_eq!(owner("AIDA2"), Some("UnknownUser".to_owned()));
    assert_eq!(owner("AIDA1"), None);
}

/// Another device shows that MFA is active, but not how many there are.
#[test]
fn a_virtual_device_of_the_user_alone_is_no_second_one() {
    let own = |name: &str| json!({"UserName": "alice", "SerialNumber": name, "EnableDate": "2025-01-01T00:00:00Z"});
    let own = json!([own("GAHT1"), own(&serial("ghost"))]);
    let snapshot = Fixture::new()
        .alice(&ACTIVE)
        .mfa(&["alice"], &own)
        .snapshot();
    let alice = user(&snapshot, "alice");
    assert_eq!(alice.mfa_active, Fact::Known(true));
    assert_eq!(alice.mfa_devices, Fact::missing(Source::MfaDevices));
    let message =
        format!("the list of virtual devices does not show {} as the user's", serial("ghost"));
    let gap = ("Contradictory".to_owned(), message);
    assert_eq!(gaps(&snapshot, Source::MfaDevices, Some("alice")), [gap]);
}

/// Both lists hold each virtual device.
#[test]
fn a_virtual_device_of_the_user_alone_proves_nothing() {
    let active = |devices: &Json, enabled: &str, name: &str| {
        let own = json!([{"UserName": "alice", "SerialNumber": name, "EnableDate": enabled}]);
        let fixture = Fixture::new()
            .alice(&ACTIVE)
            .devices(devices)
            .mfa(&["alice"], &own);
        let snapshot = fixture.users(&[detail("alice"), detail("bob")]).snapshot();
        let found = gaps(&snapshot, Source::MfaDevices, Some("alice"));
        (user(&snapshot, "alice").mfa_active, found.into_iter().next().map(|(code, _)| code))
    };
    let (old, phone) = ("2025-01-01T00:00:00Z", &*serial("phone"));
    let contradictory = (Fact::missing(Source::MfaDevices), Some("Contradictory".to_owned()));
    assert_eq!(active(&json!([]), old, phone), contradictory);
    let of_bob = json!([assigned("phone", "bob", old)]);
    assert_eq!(active(&of_bob, old, phone), contradictory);
    let of_alice = json!([assigned("phone", "alice", old)]);
    let fine = (Fact::Known(true), None);
    assert_eq!(active(&of_alice, old, phone), fine);
    assert_eq!(active(&json!([]), AS_OF, phone), fine, "enabled since the list was made");
    assert_eq!(active(&json!([]), old, "GAHT12345678"), fine, "not a virtual device");
}

#[test]
fn an_empty_list_of_the_user_outranks_the_report() {
    let alice = Fixture::new().alice(&ACTIVE).user();
    assert_eq!(alice.mfa_active, Fact::Known(false));
    assert_eq!(alice.mfa_source, Fact::Known("mfa-devices".to_owned()));
    assert_eq!(alice.mfa_devices, Fact::Known(vec![]));
}

/// MFA may have been set up since, with devices that the list does not have.
#[test]
fn an_undated_or_older_empty_list_says_nothing_of_the_devices_in_the_report() {
    let made = |active: &str| Fixture::new().alice(&[("mfa_active", active)]);
    let undated = made("true").undated(Source::MfaDevices);
    let older = made("true").collected_at(Source::MfaDevices, "2025-01-01T00:00:00Z");
    for fixture in [undated, older] {
        let snapshot = fixture.snapshot();
        let alice = user(&snapshot, "alice");
        assert_eq!(alice.mfa_devices, Fact::missing(Source::MfaDevices));
        assert_eq!(gaps(&snapshot, Source::MfaDevices, Some("alice"))[0].0, "NotListed");
    }
    let inactive = made("false").undated(Source::MfaDevices).user();
    assert_eq!(inactive.mfa_devices, Fact::Known(vec![]));
}

#[test]
fn a_device_of_the_future_is_a_gap_whoever_has_it() {
    let gaps_of = |fixture: Fixture| {
        gaps(&fixture.snapshot(), Source::VirtualMfaDevices, Some(&serial("phone")))
    };
    for owner in [arn("alice"), "arn:aws:iam::123456789012:root".to_owned()] {
        let with = |enabled: &str| {
            let device = json!([{"SerialNumber": serial("phone"), "User": {"Arn": owner}, "EnableDate": enabled}]);
            Fixture::new().alice(&ACTIVE).devices(&device)
        };
        assert_eq!(gaps_of(with("2026-01-01T00:05:00Z")), []);
        let message = format!(
            "{} was enabled 2026-01-01 00:05 UTC, which is later than 2026-01-01 00:00 UTC",
            serial("phone")
        );
        assert_eq!(gaps_of(with("2026-01-01T00:05:01Z")), [("Future".to_owned(), message)]);
    }
}

/// AWS always sends it: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html>.
#[test]
fn a_device_of_a_user_has_a_date() {
    let undated = json!([{"UserName": "alice", "SerialNumber": "GAHT12345678"}]);
    let snapshot = Fixture::new()
        .alice(&ACTIVE)
        .mfa(&["alice"], &undated)
        .snapshot();
    assert_eq!(gaps(&snapshot, Source::MfaDevices, None)[0].0, "Malformed");
    assert_eq!(user(&snapshot, "alice").mfa_devices, Fact::missing(Source::MfaDevices));
}

#[test]
fn kinds_follow_the_serial_number() {
    let device =
        |serial: &str| json!({"UserName": "alice", "SerialNumber": serial, "EnableDate": AS_OF});
    let serials = [
        "GAHT12345678",
        "arn:aws:iam::123456789012:mfa/path/phone",
        "arn:aws:iam::123456789012:sms-mfa/alice",
        "arn:aws:iam::123456789012:u2f/user/alice/key-ABC",
    ];
    let list = json!(serials.map(device));
    let devices = Fixture::new()
        .mfa(&["alice"], &list)
        .user()
        .mfa_devices
        .known()
        .unwrap();
    let kinds: Vec<MfaKind> = devices.iter().map(|device| device.kind).collect();
    assert_eq!(kinds, [MfaKind::HardwareToken, MfaKind::Virtual, MfaKind::Sms, MfaKind::Fido]);
    let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
    assert_eq!(names, ["GAHT12345678", "phone", "alice", "key-ABC"]);
}

/// Serial numbers have letters, digits and `_+=,.@:/-`:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html>.
#[test]
fn a_damaged_serial_number_proves_no_kind_of_device() {
    let devices = |serial: &str| {
        let list = json!([{"UserName": "alice", "SerialNumber": serial, "EnableDate": AS_OF}]);
        Fixture::new()
            .alice(&ACTIVE)
            .mfa(&["alice"], &list)
            .user()
            .mfa_devices
    };
    for damaged in ["", "GAHT 12345678", "ARN:aws:iam::123456789012:sms-mfa/alice"] {
        assert_eq!(devices(damaged), Fact::missing(Source::MfaDevices), "{damaged}");
    }
    for sound in ["GAHT12345", "token:12345", "7777777"] {
        assert_eq!(devices(sound).known().unwrap().len(), 1, "{sound}");
    }
}

#[test]
fn devices_are_unknown_where_mfa_is_active_and_nothing_explains_it() {
    let hardware = quick().alice(&ACTIVE).user();
    assert_eq!(hardware.mfa_active, Fact::Known(true));
    assert_eq!(hardware.mfa_devices, Fact::missing(Source::MfaDevices));
    let nothing = quick()
        .alice(&ACTIVE)
        .without(Source::VirtualMfaDevices)
        .user();
    assert_eq!(nothing.mfa_devices, Fact::missing(Source::MfaDevices));
    let inactive = quick().user();
    assert_eq!(inactive.mfa_devices, Fact::Known(vec![]));
    let not_asked = Fixture::new().alice(&ACTIVE).mfa(&[], &json!([])).user();
    assert_eq!(not_asked.mfa_devices, Fact::missing(Source::MfaDevices));
}

#[test]
fn without_the_report_live_answers_tell_or_nothing_does() {
    let none = Fixture::new().without(Source::CredentialReport);
    assert_eq!(none.user().mfa_active, Fact::Known(false), "her own list is empty");
    let none = none.without(Source::MfaDevices);
    assert_eq!(none.user().mfa_active, Fact::missing(Source::CredentialReport));
    let device = none.devices(&json!([assigned("phone", "alice", AS_OF)]));
    assert_eq!(device.user().mfa_active, Fact::Known(true));
}

#[test]
fn an_unassigned_device_named_after_the_user_is_abandoned() {
    let abandoned = |name: &str| {
        let device = json!([{"SerialNumber": serial(name)}]);
        Fixture::new().devices(&device).user().unassigned_mfa_device
    };
    assert_eq!(abandoned("Alice"), Fact::Known(Some(serial("Alice"))));
    assert_eq!(abandoned("path/alice"), Fact::Known(Some(serial("path/alice"))));
    assert_eq!(abandoned("malice"), Fact::Known(None));
    let assigned = Fixture::new()
        .devices(&json!([assigned("alice", "alice", AS_OF)]))
        .user();
    assert_eq!(assigned.unassigned_mfa_device, Fact::Known(None));
    let unknown = Fixture::new().without(Source::VirtualMfaDevices).user();
    assert_eq!(unknown.unassigned_mfa_device, Fact::missing(Source::VirtualMfaDevices));
}
