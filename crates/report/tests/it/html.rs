//! The page, as far as its text tells; `tests/validation` has the validators and the browser.

use std::collections::BTreeMap;

use crate::support::{HOSTILE, decided, finding, hostile, of_size, rendered};
use portcullis_model::{
    AccountStatus, Evidence, Fingerprint, Gap, Report, Severity, Source, Verdict,
};
use portcullis_report::Format;
use serde_json::{Value, json};

fn page(report: &Report) -> String {
    rendered(report, Format::Html)
}

/// The data of the script.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The part of the page with that id, up to the next of its kind.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<section id=\"{id}\"")).unwrap();
    rest.split_once("<section id=").map_or(rest, |(section, _)| section)
}

#[test]
fn no_name_becomes_an_element_or_ends_one() {
    let report = hostile();
    let page = page(&report);
    for (element, count) in
        [("<script", 2), ("</script", 2), ("<img", 0), ("<!--", 0), ("<style", 1)]
    {
        assert_eq!(page.matches(element).count(), count, "{element}");
    }
    let shown = page.matches("&#60;script&#62;alert(1)&#60;/script&#62;").count();
    assert!(shown > report.accounts.len(), "{shown}");
}

#[test]
fn the_data_hold_every_finding_defused() {
    let report = hostile();
    let data = data(&page(&report));
    let findings = data["findings"].as_array().unwrap();
    assert_eq!(findings.len(), report.findings.len());
    let last = findings.last().unwrap();
    assert_eq!(last["name"], "\u{e000}\\u{9} \\u{2028}");
    for (shown, name) in findings.iter().step_by(report.findings.len() / HOSTILE.len()).zip(HOSTILE)
    {
        assert_eq!(shown["name"], portcullis_report::defuse(name).as_ref());
    }
}

#[test]
fn what_repeats_is_written_once() {
    let data = data(&page(&of_size(1000)));
    assert_eq!(data["parts"], json!([{ "paragraph": "Make a new key." }]));
    let sources = "Ages count to 2026-11-02 10:00:00 UTC; the credential report was made at \
                   2026-11-02 07:00:00 UTC; the rest was collected by 2026-11-02 10:00:00 UTC.";
    assert_eq!(data["texts"], json!(["user", "user.name", sources]));
    assert_eq!(data["findings"][999]["evidence"], json!([[1, "user-999"]]));
}

#[test]
fn commands_can_be_copied_whole() {
    let data = data(&page(&decided()));
    let command = "aws iam update-access-key --user-name alice --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive";
    let parts = data["parts"].as_array().unwrap();
    assert!(parts.contains(&json!({ "command": [command] })), "{parts:?}");
}

#[test]
fn the_page_lists_some_findings_and_counts_the_rest() {
    let page = page(&of_size(101));
    let findings = section(&page, "findings");
    assert_eq!(findings.matches("<tr id=\"finding-").count(), 100);
    assert!(findings.contains("<strong>1 more</strong> are not listed here"));
    assert!(!section(&self::page(&of_size(100)), "findings").contains("are not listed here"));
}

#[test]
fn a_control_tells_how_much_of_what_fails_it_is_waived() {
    let mut report = decided();
    // The first control fails by this rule, one of whose findings is waived.
    assert_eq!(report.accounts[0].frameworks[0].controls[0].rules, ["old-key"]);
    let waived = "of these, 1 waived";
    assert_eq!(section(&page(&report), "frameworks").matches(waived).count(), 1);
    report.accounts[0].tallies.get_mut("old-key").unwrap().waived = 0;
    assert!(!page(&report).contains(waived));
}

#[test]
fn decisions_stand_at_their_findings_and_at_the_waivers() {
    let page = page(&decided());
    let says = "Replaced when the new build system is there (PLAT-12)";
    let findings = section(&page, "findings");
    for shown in [
        &format!("Waiver of platform@example.com expired on 2026-11-01: {says}"),
        &format!("Waived until 2026-11-10 by platform@example.com: {says}"),
        "Known from the baseline, first seen on 2026-10-01",
        "New since the baseline",
    ] {
        assert!(findings.contains(shown), "{shown}");
    }
    let waivers = section(&page, "waivers");
    for state in ["expired", "about to expire", "unmatched"] {
        assert!(waivers.contains(&format!("\">{state}</span>")), "{state}");
    }
}

#[test]
fn gaps_are_told_with_what_hangs_on_them() {
    let page = page(&decided());
    let gaps = section(&page, "gaps");
    for shown in [
        "An unknown is no pass. 6 verdicts of 2 rules are unknown",
        "<span class=\"code\">access-keys</span>: 6 verdicts are unknown",
        "access-keys (ListAccessKeys) for carol, dave, erin and 2 more: access denied",
        "Left out on purpose, and not missed by any rule",
        "Allow iam:ListAccessKeys for the collecting role and collect again.",
    ] {
        assert!(gaps.contains(shown), "{shown} in {gaps}");
    }
    assert!(!gaps.contains("Nothing: all evidence was there"));
}

#[test]
fn a_choice_that_is_missed_is_a_gap() {
    let mut report = decided();
    report.accounts[0].gaps = vec![Gap::new(Source::AccessKeys, Gap::NOT_REQUESTED, "quick")];
    let page = page(&report);
    let gaps = section(&page, "gaps");
    assert!(gaps.contains("access-keys (ListAccessKeys): not requested: quick"), "{gaps}");
    assert!(!gaps.contains("Left out on purpose"));
}

#[test]
fn only_complete_evidence_is_called_complete() {
    let complete = "Nothing: all evidence was there";
    let mut report = of_size(0);
    report.accounts[0].gaps.clear();
    assert!(!page(&report).contains(complete), "the account is incomplete");
    report.accounts[0].status = AccountStatus::Complete;
    assert!(page(&report).contains(complete));
    report.accounts[0].status = AccountStatus::Failed;
    assert!(page(&report).contains("nothing at all could be collected"));
    report.accounts.clear();
    assert!(!page(&report).contains(complete), "there is no account");
}

#[test]
fn an_unknown_without_a_gap_is_called_a_defect() {
    let mut report = of_size(0);
    report.findings =
        vec![finding("old-key", Severity::Low, Verdict::Unknown, "x", "not judged", "")];
    let page = page(&report);
    let gaps = section(&page, "gaps");
    assert!(gaps.contains("No source is missing: 1 verdict is unknown"), "{gaps}");
    assert!(gaps.contains("a defect in the rule, or in Portcullis"));
}

#[test]
fn reports_that_were_tampered_with_are_shown_as_they_are() {
    let mut report = decided();
    report.rules.remove(1);
    report.rules.push(report.rules[0].clone());
    report.accounts[0].tallies.clear();
    report.accounts[0].id = "444455556666".to_owned();
    report.rules[0].references = vec!["javascript:alert(1)".to_owned()];
    report.accounts[0].frameworks[0].controls[0].rules.push("\"><b>".to_owned());
    for (finding, id) in report.findings.iter_mut().zip(["main", "a b", "", "\"onclick=\"x"]) {
        finding.fingerprint = serde_json::from_value::<Fingerprint>(json!(id)).unwrap();
        let facts = BTreeMap::from([("__proto__", json!({ "missing": 1 }))]);
        finding.evidence = Evidence::new(&facts);
    }
    let page = page(&report);
    assert!(page.contains("<li>javascript:alert(1)</li>"));
    assert!(page.contains("&#34;&#62;&#60;b&#62; (not judged)"));
    assert!(page.contains("<tr id=\"finding-main\">"));
    let findings = section(&page, "findings");
    assert!(!findings.contains("finding-a b") && !findings.contains("finding-\""));
    assert_eq!(data(&page)["rules"].as_array().unwrap().len(), 4);
}
