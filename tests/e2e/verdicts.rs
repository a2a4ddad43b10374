//! What is found in the emulator's accounts, worked out by hand from `tests/emulator/scenarios`.

use portcullis_model::{Report, Verdict};

use crate::emulator::{COMPANY, Lane, OLD_REPORT, OVER_HTTP};

/// The resources that fail the rule: their ARNs without the account's part, and without the dates
/// that tell keys and certificates of a user apart.
fn failing(report: &Report, rule: &str) -> Vec<String> {
    let account = format!("arn:aws:iam::{}:", report.accounts[0].id);
    let failing = |verdict, id: &str| {
        let id = id.trim_start_matches(&account);
        let dated = ["/access-key/", "/signing-certificate/"];
        let owner = dated
            .iter()
            .find_map(|part| Some(id.split_once(part)?.0))
            .unwrap_or(id);
        (verdict == Verdict::Fail).then(|| owner.to_owned())
    };
    let of_rule = report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule);
    let mut found: Vec<_> = of_rule
        .filter_map(|f| failing(f.verdict, &f.resource.id))
        .collect();
    found.sort();
    found
}

#[track_caller]
fn assert_failing(report: &Report, expected: &[(&str, &[&str])]) {
    for (rule, resources) in expected {
        assert_eq!(failing(report, rule), *resources, "{rule}");
    }
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_company_with_old_keys_and_missing_mfa() {
    let (status, report) = Lane::of(COMPANY).audit(&[]);
    assert_eq!(status, 1);
    assert_failing(
        &report,
        &[
            ("root-without-mfa", &[]),
            ("root-recent-use", &["root"]),
            ("root-without-hardware-mfa", &["root"]),
            ("root-sources-disagree", &[]),
            ("console-user-without-mfa", &["user/dave", "user/erin", "user/people/bob"]),
            ("admin-without-mfa", &["user/dave"]),
            ("half-enrolled-mfa", &["user/erin"]),
            ("unassigned-virtual-mfa", &["mfa/erin", "mfa/left-over"]),
            (
                "single-mfa-device",
                &["user/carol", "user/people/Alice", "user/smith,john+test@example.com"],
            ),
            (
                "user-without-hardware-mfa",
                &["user/people/Alice", "user/smith,john+test@example.com"],
            ),
            ("user-without-mfa", &["user/dave", "user/deploy", "user/erin", "user/people/bob"]),
            ("stale-access-key", &["user/carol", "user/deploy"]),
            ("unused-access-key", &["user/deploy"]),
            ("second-active-access-key", &["user/deploy"]),
            ("retained-inactive-access-key", &["user/backup"]),
            ("console-user-with-access-key", &["user/carol"]),
            ("long-term-service-key", &["user/carol", "user/deploy"]),
            ("unused-password", &["user/carol"]),
            ("stale-password", &[]),
            ("never-used-user", &["user/erin"]),
            ("user-signing-certificate", &["user/smith,john+test@example.com"]),
            ("no-password-policy", &[]),
            ("password-without-number", &[]),
        ],
    );
    for rule in ["short-minimum-password", "password-without-symbol", "password-reuse-allowed"] {
        assert_eq!(failing(&report, rule).len(), 1, "{rule}");
    }
}

/// The report alone knows about passwords, and newcomer is younger than it.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_user_made_after_the_report_is_unknown() {
    let lane = Lane::of(OLD_REPORT);
    lane.fail("GenerateCredentialReport", "AccessDenied");
    let (status, report) = lane.audit(&["--only", "console-user-without-mfa"]);
    let newcomer = report
        .findings
        .iter()
        .find(|each| each.resource.name == "newcomer")
        .unwrap();
    assert_eq!((newcomer.verdict, status), (Verdict::Unknown, 3));
}

#[test]
#[ignore = "needs the emulator; run tests/run"]
fn an_account_filled_through_the_api() {
    let (status, report) = Lane::of(OVER_HTTP).audit(&[]);
    assert_eq!(status, 1);
    assert_failing(
        &report,
        &[
            ("root-without-mfa", &[]),
            ("console-user-without-mfa", &["user/people/half"]),
            ("admin-without-mfa", &[]),
            ("half-enrolled-mfa", &["user/people/half"]),
            ("unassigned-virtual-mfa", &["mfa/half"]),
            ("second-active-access-key", &["user/robot"]),
            ("unused-access-key", &[]),
        ],
    );
    for kind in ["uppercase", "lowercase", "symbol"] {
        assert_eq!(failing(&report, &format!("password-without-{kind}")).len(), 1, "{kind}");
    }
}

/// Activating a key moves the report's date, not that of its creation.
#[test]
#[ignore = "needs the emulator; run tests/run"]
fn a_key_that_was_switched_off_and_on_is_as_old_as_ever() {
    let (_, live) = Lane::of(OVER_HTTP).audit(&[]);
    assert_eq!(failing(&live, "stale-access-key"), ["user/toggled"]);
}
