//! JUnit: what becomes of rules without findings, accounts and names; `tests/validate` has the
//! schemas.

use crate::support::{of_size, rendered, report};
use portcullis_model::{AccountStatus, Report, Tally};
use portcullis_report::Format;

/// The report without findings, where one rule passed, one did not apply and one judged nothing.
fn clean() -> Report {
    let mut report = of_size(0);
    report.accounts[0].gaps.clear();
    report.accounts[0].tallies.get_mut("old-key").unwrap().pass = 12;
    *report.accounts[0].tallies.get_mut("idle-user").unwrap() =
        Tally { not_applicable: 1, ..Tally::default() };
    report
}

fn junit(report: &Report) -> String {
    rendered(report, Format::Junit)
}

#[test]
fn a_rule_without_findings_is_a_test_case() {
    let text = junit(&clean());
    assert!(text.contains(r#"tests="2" failures="0" errors="0" skipped="1""#), "{text}");
    let passed = r#"<testcase classname="111122223333.credentials.old-key" name="12 resources pass" time="0"/>"#;
    assert!(text.contains(passed), "{text}");
    assert!(text.contains(r#"name="1 resource to which the rule does not apply""#), "{text}");
    assert!(!text.contains("root-without-lock"), "{text}");
}

#[test]
fn a_tally_is_no_pass_if_it_counts_more_than_is_listed() {
    let mut report = clean();
    report.accounts[0]
        .tallies
        .get_mut("old-key")
        .unwrap()
        .unknown = 1;
    assert!(!junit(&report).contains("pass"));
}

#[test]
fn a_rule_without_findings_is_a_test_case_of_each_account() {
    let mut report = clean();
    report.accounts.push(report.accounts[0].clone());
    report.accounts[1].id = "444455556666".to_owned();
    let text = junit(&report);
    assert!(
        text.contains(r#"<testsuite name="444455556666" package="portcullis" id="1""#),
        "{text}"
    );
    for id in ["111122223333", "444455556666"] {
        let passed = format!(r#"classname="{id}.credentials.old-key" name="12 resources pass""#);
        assert_eq!(text.matches(&passed).count(), 1, "{text}");
    }
}

#[test]
fn advice_names_its_account_where_there_are_several() {
    let mut report = of_size(1);
    let open = |report: &Report| junit(report).contains("\nWhat to do:\n");
    assert!(open(&report), "{}", junit(&report));
    report.accounts.push(report.accounts[0].clone());
    report.accounts[1].id = "444455556666".to_owned();
    assert!(!open(&report));
    assert!(junit(&report).contains("\nWhat to do in account 111122223333"), "{}", junit(&report));
}

#[test]
fn nothing_collected_is_an_error() {
    let mut failed = clean();
    failed.accounts[0].status = AccountStatus::Failed;
    let mut nobody = clean();
    nobody.accounts.clear();
    for report in [failed, nobody] {
        let text = junit(&report);
        assert!(text.contains(r#"errors="1""#), "{text}");
        assert!(text.contains(r#"<error type="unknown" message="no"#), "{text}");
    }
}

#[test]
fn the_same_resource_twice_is_two_test_cases() {
    let mut report = of_size(2);
    report.findings[1].resource.id = report.findings[0].resource.id.clone();
    report.findings.push(report.findings[1].clone());
    report.findings[2].resource.id.push_str(" (2)");
    let text = junit(&report);
    for name in ["user-0", "user-0 (2)", "user-0 (2) (2)"] {
        assert!(text.contains(&format!(r#"name="arn:aws:iam::111122223333:{name}""#)), "{text}");
    }
}

#[test]
fn a_report_that_was_tampered_with_loses_nothing() {
    let mut report = report();
    report.findings[0].rule = "no-such-rule".to_owned();
    report.findings[0].account = "000000000000".to_owned();
    let text = junit(&report);
    // Suites come in the order of their accounts' ids.
    assert!(
        text.contains(r#"<testsuite name="000000000000" package="portcullis" id="0""#),
        "{text}"
    );
    assert!(text.contains(r#"classname="000000000000.no-such-rule""#), "{text}");
}

#[test]
fn advice_has_no_lines_that_a_name_added() {
    let mut report = of_size(1);
    report.findings[0].remediation = "Look at 'a\nb':\naws iam x".to_owned();
    let text = junit(&report);
    assert!(text.contains("  Look at &apos;a\\u{a}b&apos;:\n  aws iam x\n"), "{text}");
}
