//! The page, as far as its text tells; `tests/validation` has the validators and the browser.

use std::collections::BTreeMap;

use crate::support::{HOSTILE, decided, finding, hostile, moved, of_size, rendered};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use portcullis_model::{
    AccountStatus, BaselineState, ControlStatus, Evidence, Fingerprint, Gap, Report, Severity,
    Source, Verdict,
};
use portcullis_report::{Format, merge};
use serde_json::{Value, json};

fn page(report: &Report) -> String {
    rendered(report, Format::Html)
}

/// The data of the script.
fn data(page: &str) -> Value {
    let (_, rest) = page
        .split_once("<script type=\"application/json\" id=\"data\">")
        .unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The same of a large report.
fn unpacked(page: &str) -> Value {
    let (_, rest) = page
        .split_once("<script type=\"application/gzip\" id=\"data\">")
        .unwrap();
    let packed = BASE64_STANDARD
        .decode(rest.split_once("</script>").unwrap().0)
        .unwrap();
    serde_json::from_reader(GzDecoder::new(packed.as_slice())).unwrap()
}

/// The part of the page with that id, up to the next of its kind.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<section id=\"{id}\"")).unwrap();
    rest.split_once("<section id=")
        .map_or(rest, |(section, _)| section)
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
    let shown = page
        .matches("&#60;script&#62;alert(1)&#60;/script&#62;")
        .count();
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
    for (shown, name) in findings
        .iter()
        .step_by(report.findings.len() / HOSTILE.len())
        .zip(HOSTILE)
    {
        assert_eq!(shown["name"], portcullis_report::defuse(name).as_ref());
    }
}

#[test]
fn the_headline_counts_by_severity_and_names_what_is_critical() {
    let mut report = decided();
    let page = self::page(&report);
    assert!(page.contains(">1 open finding: 1 critical</h2>"), "{page}");
    assert!(page.contains("<strong>1 critical: root has a password and no MFA device</strong>"));
    assert!(!page.contains("Also critical"));

    let root = report.findings[0].clone();
    for count in [2, 3] {
        report.findings.insert(0, root.clone());
        let page = self::page(&report);
        assert!(page.contains(&format!(">{count} open findings: {count} critical</h2>")));
        assert_eq!(page.contains(&format!("<strong>{count} critical: ")), count == 2);
    }
}

#[test]
fn critical_findings_that_do_not_count_are_named_too() {
    let mut report = decided();
    report.findings[0].waiver = None;
    report.findings[0].baseline = Some(BaselineState::Known);
    let known = self::page(&report);
    assert!(known.contains("No open findings, but not everything could be judged"));
    assert!(known.contains("Also critical, but accepted: 1 known</a>"));
    report.findings[1].severity = Severity::Critical;
    assert!(self::page(&report).contains("Also critical, but accepted: 1 known and 1 waived</a>"));
}

#[test]
fn a_report_without_open_findings_says_what_was_judged() {
    let mut report = of_size(0);
    assert!(page(&report).contains("No open findings: all 3 rules judged"));
    report.findings = vec![finding("old-key", Severity::Low, Verdict::Unknown, "x", "x", "")];
    assert!(!page(&report).contains("No open findings: all"));
}

#[test]
fn accounts_come_with_the_worst_first() {
    let mut reports = Vec::new();
    for (id, severity) in [
        ("111111111111", Severity::Low),
        ("222222222222", Severity::Critical),
        ("333333333333", Severity::High),
    ] {
        let mut report = moved(of_size(2), "aws", id);
        report
            .findings
            .truncate(if severity == Severity::Low { 2 } else { 1 });
        report.findings[0].severity = severity;
        reports.push(report);
    }
    let page = page(&merge(reports).unwrap());
    let accounts = section(&page, "accounts");
    let places = ["222222222222", "333333333333", "111111111111"].map(|id| {
        accounts
            .find(&format!("<a href=\"#account={id}&#38;status=open\">"))
            .unwrap()
    });
    assert!(places.is_sorted(), "{places:?}");
    assert!(accounts.contains("status=open\">2 open</a>"), "{accounts}");
}

#[test]
fn a_framework_of_several_accounts_stands_once() {
    let reports = ["111111111111", "222222222222"].map(|id| moved(decided(), "aws", id));
    let mut both = merge(reports.into()).unwrap();
    both.accounts[1].frameworks[0].controls[0].status = ControlStatus::Pass;
    let page = page(&both);
    let frameworks = section(&page, "frameworks");
    assert_eq!(
        frameworks
            .matches("<details class=\"card framework\"")
            .count(),
        1
    );
    assert!(frameworks.contains(">1 fail</span> <span class=\"status pass\">1 pass</span>"));
    assert!(frameworks.contains(">2 manual</span>"));
}

#[test]
fn the_data_name_the_controls_that_a_rule_tests() {
    let mut report = of_size(1);
    let controls = vec!["1.14".to_owned(), "2.1".to_owned()];
    report.rules[1].frameworks = BTreeMap::from([("cis-aws-7.0".to_owned(), controls)]);
    let data = data(&page(&report));
    assert_eq!(data["rules"][1]["controls"], json!(["cis-aws-7.0 1.14", "cis-aws-7.0 2.1"]));
}

#[test]
fn what_repeats_is_written_once() {
    let data = data(&page(&of_size(1000)));
    let [first, .., last] = data["findings"].as_array().unwrap().as_slice() else {
        panic!()
    };
    assert_eq!(first["remediation"], json!([{ "paragraph": "Make a new key." }]));
    let sources = "Ages are measured at 2026-11-02 10:00:00 UTC; the credential report was made at \
                   2026-11-02 07:00:00 UTC; the rest was collected by 2026-11-02 10:00:00 UTC.";
    assert_eq!([&first["kind"], &first["sources"]], ["user", sources]);
    assert_eq!(first["evidence"], json!([["user.name", "user-0"]]));
    assert_eq!(last["evidence"], json!([[1, "user-999"]]));
    assert_eq!(
        [&last["kind"], &last["sources"], &last["remediation"]],
        [&json!(0), &json!(2), &json!([0])]
    );
}

#[test]
fn the_data_of_a_large_report_are_packed() {
    let (few, many) = (of_size(5000), of_size(5001));
    assert_eq!(data(&page(&few))["findings"].as_array().unwrap().len(), 5000);
    let page = page(&many);
    let data = unpacked(&page);
    assert_eq!(data["findings"].as_array().unwrap().len(), 5001);
    assert_eq!(data["findings"][5000]["evidence"], json!([[1, "user-5000"]]));
    assert!(!page.contains("user-5000"), "the list for those without JavaScript is short");
}

#[test]
fn commands_can_be_copied_whole() {
    let data = data(&page(&decided()));
    let command = "aws iam update-access-key --user-name alice --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive";
    let mut instructions = data["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|f| f["remediation"].as_array())
        .flatten();
    assert!(instructions.any(|step| *step == json!({ "command": [command] })), "{data}");
}

#[test]
fn the_page_lists_some_findings_and_counts_the_rest() {
    let page = page(&of_size(101));
    let findings = section(&page, "findings");
    assert_eq!(findings.matches("<tr id=\"finding-").count(), 100);
    assert!(findings.contains("<strong>1 more</strong> are not listed here"));
    assert!(!section(&self::page(&of_size(100)), "findings").contains("are not listed here"));
}

/// However severe what could not be judged may be.
#[test]
fn rules_with_open_findings_come_before_those_that_were_not_judged() {
    let mut report = decided();
    for finding in &mut report.findings {
        let is_unknown = finding.verdict == Verdict::Unknown;
        finding.severity = if is_unknown {
            Severity::Critical
        } else {
            Severity::Low
        };
    }
    let page = page(&report);
    let findings = section(&page, "findings");
    let groups = findings.split("<tbody").skip(1);
    let are_open: Vec<bool> = groups.map(|g| g.contains("status open")).collect();
    assert!(are_open.contains(&false), "{findings}");
    assert!(are_open.is_sorted_by_key(|open| !open), "{findings}");
}

#[test]
fn a_control_tells_how_much_of_what_fails_it_is_waived() {
    let mut report = decided();
    // The first control fails by this rule, one of whose findings is waived.
    assert_eq!(report.accounts[0].frameworks[0].controls[0].rules, ["old-key"]);
    let waived = "of these, 1 waived";
    assert_eq!(
        section(&page(&report), "frameworks")
            .matches(waived)
            .count(),
        1
    );
    report.accounts[0]
        .tallies
        .get_mut("old-key")
        .unwrap()
        .waived = 0;
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

/// As in an audit of nothing but a credential report.
#[test]
fn sources_that_share_a_cause_are_one_card() {
    let mut report = decided();
    report.accounts[0].gaps.clear();
    let absent =
        [Source::AccessKeys, Source::MfaDevices, Source::Organization, Source::SamlProviders];
    for source in absent {
        let message = format!("{source}.json is missing: {}", Gap::BARE_REPORT);
        report.accounts[0]
            .gaps
            .push(Gap::new(source, Gap::ABSENT, message));
    }
    let page = page(&report);
    let gaps = section(&page, "gaps");
    assert_eq!(gaps.matches("class=\"card gap\"").count(), 1, "{gaps}");
    assert!(gaps.contains("<h3>4 sources: "), "{gaps}");
    assert!(gaps.contains("4 sources are absent: only a credential report was given"), "{gaps}");
    assert!(gaps.contains("organization.json is missing"), "{gaps}");
    let place = |id: &str| page.find(&format!("<section id=\"{id}\"")).unwrap();
    assert!(place("findings") < place("gaps"));
}

#[test]
fn gaps_are_told_with_what_hangs_on_them() {
    let page = page(&decided());
    let gaps = section(&page, "gaps");
    for shown in [
        "An unknown verdict is not a pass. 6 verdicts of 2 rules are unknown",
        "<span class=\"code\">access-keys</span>: 6 verdicts are unknown",
        "access-keys (ListAccessKeys) for carol, dave, erin and 2 more: access denied",
        "Left out on purpose, and needed by no rule",
        "Grant iam:ListAccessKeys to the auditing identity and collect again;",
    ] {
        assert!(gaps.contains(shown), "{shown} in {gaps}");
    }
    assert!(!gaps.contains("Nothing: every rule was judged"));
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
    let complete = "Nothing: every rule was judged";
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
    assert!(gaps.contains("a defect in the rule or in Portcullis"));
}

#[test]
fn reports_that_were_tampered_with_are_shown_as_they_are() {
    let mut report = decided();
    report.rules.remove(1);
    report.rules.push(report.rules[0].clone());
    report.accounts[0].tallies.clear();
    report.accounts[0].id = "444455556666".to_owned();
    report.rules[0].references = vec!["javascript:alert(1)".to_owned()];
    report.accounts[0].frameworks[0].controls[0]
        .rules
        .push("\"><b>".to_owned());
    for (finding, id) in report
        .findings
        .iter_mut()
        .zip(["main", "a b", "", "\"onclick=\"x"])
    {
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
