//! The account, and answers that are absent, broken or of another account.

use portcullis_model::{Fact, Gap, Source};
use serde_json::json;

use super::bundles::{Fixture, REPORT_AT, gaps, time};

#[test]
fn a_healthy_account_has_no_gap() {
    let snapshot = Fixture::new().snapshot();
    assert_eq!(snapshot.gaps, []);
    let account = snapshot.account;
    assert_eq!((account.id.as_str(), account.partition.as_str()), ("123456789012", "aws"));
    assert_eq!(account.alias, Fact::Known(Some("example".to_owned())));
    assert_eq!(account.report_generated_at, Fact::Known(time(REPORT_AT)));
    assert_eq!(account.report_age_hours, Fact::Known(2.0));
    assert_eq!(account.user_count, Fact::Known(1));
    assert_eq!(account.console_user_count, Fact::Known(0));
}

#[test]
fn the_identity_is_found_in_any_answer() {
    let snapshot = Fixture::new().without(Source::CallerIdentity).snapshot();
    assert_eq!(snapshot.account.id, "123456789012");
    assert_eq!(snapshot.root.arn, "arn:aws:iam::123456789012:root");
    let nothing = Source::ALL
        .into_iter()
        .fold(Fixture::new(), Fixture::without)
        .snapshot();
    assert_eq!(
        (nothing.account.id.as_str(), nothing.account.partition.as_str()),
        ("unknown", "unknown")
    );
}

#[test]
fn answers_of_another_account_are_not_used() {
    let device = json!([{"SerialNumber": "arn:aws:iam::999999999999:mfa/x"}]);
    let snapshot = Fixture::new().devices(&device).snapshot();
    assert_eq!(snapshot.mfa_devices, Fact::missing(Source::VirtualMfaDevices));
    let gap = &gaps(&snapshot, Source::VirtualMfaDevices, None)[0];
    assert_eq!(gap.0, "WrongAccount");
    assert!(gap.1.contains("999999999999") && gap.1.contains("123456789012"));
}

#[test]
fn a_source_without_document_or_gap_gets_one() {
    let empty = crate::bundle::Bundle::default();
    let snapshot = empty
        .snapshot(time(REPORT_AT), &crate::Declarations::default())
        .unwrap();
    let absent: Vec<Source> = snapshot
        .gaps
        .iter()
        .filter(|gap| gap.code == "Absent")
        .map(|gap| gap.source)
        .collect();
    for source in Source::ALL {
        assert!(absent.contains(&source), "{source}");
    }
}

#[test]
fn gaps_are_sorted_and_each_once() {
    let gap = || Gap::new(Source::MfaDevices, "NoSuchEntity", "gone").for_resource("alice");
    let snapshot = Fixture::new()
        .gap(gap())
        .without(Source::CallerIdentity)
        .gap(gap())
        .snapshot();
    let sources: Vec<Source> = snapshot.gaps.iter().map(|gap| gap.source).collect();
    assert_eq!(sources, [Source::CallerIdentity, Source::MfaDevices]);
}

/// Every source, broken in every way: never a panic, and never a missing fact without a gap.
#[test]
fn broken_documents_are_gaps() {
    let whole = Fixture::new();
    for source in Source::ALL {
        let bytes = whole.document(source);
        let half = &bytes[..bytes.len() / 2];
        for broken in [&b""[..], b"{", b"[]", b"null", b"{}", b"<html></html>", b"\xff\xfe", half] {
            let file = format!("{source}.json");
            let snapshot = Fixture::new().bytes(source, &file, broken).snapshot();
            let gaps = gaps(&snapshot, source, None);
            assert!(["Malformed", "Empty"].contains(&gaps[0].0.as_str()), "{source} {broken:?}");
        }
    }
}
