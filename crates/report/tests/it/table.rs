//! The table, as a person sees it.

use crate::support::{decided, finding, report};
use portcullis_model::{Report, Severity, Tally, Verdict};
use portcullis_report::{Format, Style, render};

fn table(report: &Report, style: Style) -> String {
    let mut out = Vec::new();
    render(report, Format::Table, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const PLAIN: Style = Style { width: 80, color: false };

#[test]
fn every_part_is_shown() {
    insta::assert_snapshot!(table(&report(), PLAIN));
}

#[test]
fn a_clean_report_is_short() {
    let mut report = report();
    report.findings.clear();
    report.accounts[0].tallies.values_mut().for_each(|tally| *tally = Tally::default());
    report.accounts[0].gaps.clear();
    report.accounts[0].frameworks.clear();
    insta::assert_snapshot!(table(&report, PLAIN));
}

#[test]
fn only_commands_and_long_words_pass_the_edge() {
    for line in table(&report(), PLAIN).lines() {
        assert!(line.chars().count() <= 80 || line.trim().starts_with("aws "), "{line}");
    }
}

#[test]
fn colour_adds_nothing_but_escapes() {
    let colored = table(&report(), Style { color: true, ..PLAIN });
    assert!(colored.contains("\u{1b}[1m\u{1b}[91mCRITICAL: 1 finding\u{1b}[0m"));
    let plain: String = colored
        .split('\u{1b}')
        .enumerate()
        .map(|(i, part)| match (i, part.split_once('m')) {
            (1.., Some((_, rest))) => rest,
            _ => part,
        })
        .collect();
    assert_eq!(plain, table(&report(), PLAIN));
}

#[test]
fn hostile_text_stays_on_its_line_and_is_seen() {
    let mut report = report();
    report.accounts[0].alias = Some("x\u{1b}[2J".to_owned());
    report.accounts[0].gaps[0].message = "denied\r\nExit status 0".to_owned();
    report.rules[2].title = "a\u{202e}b".to_owned();
    let name = "eve\nCRITICAL";
    report.findings = vec![finding(
        "root-without-lock",
        Severity::Critical,
        Verdict::Fail,
        name,
        &format!("user {name} is bad"),
        "Delete '\naws iam delete-user --user-name alice'",
    )];
    let table = table(&report, PLAIN);
    for shown in [
        r"x\u{1b}[2J",
        r"denied\u{d}\u{a}Exit status 0",
        r"a\u{202e}b",
        r"user eve\u{a}CRITICAL is bad",
        r"Delete '\u{a}aws iam",
    ] {
        assert!(table.contains(shown), "{shown} in {table}");
    }
    assert!(!table.contains(['\u{1b}', '\r', '\u{202e}']));
}

#[test]
fn thousands_of_unknowns_take_a_line_a_rule() {
    let mut report = report();
    let one = report.findings.iter().find(|finding| finding.rule == "idle-user").unwrap().clone();
    report.findings = vec![one; 5000];
    assert!(table(&report, PLAIN).contains("  - idle-user: 5000 resources; needs access-keys\n"));
}

#[test]
fn a_finding_counts_by_its_own_severity() {
    let mut report = report();
    report.findings[1].severity = Severity::High;
    let table = table(&report, PLAIN);
    for shown in ["HIGH: 1 finding\n", "MEDIUM: 1 finding\n", "  high            1        0 "] {
        assert!(table.contains(shown), "{shown} in {table}");
    }
}

#[test]
fn a_finding_in_a_region_names_it() {
    let mut report = report();
    report.findings[0].resource.region = Some("eu-north-1".to_owned());
    assert!(table(&report, PLAIN).contains("  - eu-north-1, root has a password"));
    report.findings[0].message = "root of eu-north-1 is open".to_owned();
    assert!(table(&report, PLAIN).contains("  - root of eu-north-1 is open\n"));
}

#[test]
fn the_rules_of_frameworks_are_named_by_them() {
    let mut report = report();
    report.options.frameworks = vec!["cis-aws-7.0".to_owned(), "soc2".to_owned()];
    assert!(table(&report, PLAIN).contains("Rules     3 of cis-aws-7.0, soc2\n"));
}

#[test]
fn what_is_known_takes_a_line_a_rule() {
    let mut report = decided();
    let one = report.findings[2].clone();
    report.findings = vec![one; 5000];
    let table = table(&report, PLAIN);
    assert!(table.contains("KNOWN: 5000 findings, in the baseline of 2026-10-01\n"), "{table}");
    let words: Vec<&str> = table.split_whitespace().collect();
    assert!(words.join(" ").contains("key 1, key 1 and 4990 more"), "{table}");
    assert!(!table.contains("MEDIUM: "), "{table}");
}

#[test]
fn warnings_are_bounded() {
    let mut report = decided();
    report.waivers = vec![report.waivers[2].clone(); 1000];
    let table = table(&report, PLAIN);
    assert!(table.contains("WAIVERS: 1000 of 1000 to look at\n"), "{table}");
    assert!(table.contains("  - and 980 more\n"), "{table}");
    report.waivers.truncate(1);
    report.waivers[0].judged = false;
    assert!(!self::table(&report, PLAIN).contains("WAIVERS"));
}

#[test]
fn a_baseline_of_other_rules_and_pseudonyms_are_told() {
    let mut report = decided();
    report.options.redacted = true;
    report.accounts[0].baseline.as_mut().unwrap().ruleset = "other".to_owned();
    let table = table(&report, PLAIN);
    for shown in [
        "Baseline  as of 2026-10-01 08:00:00 UTC, by other rules or settings\n",
        "Redacted  names, ids and ARNs are pseudonyms\n",
    ] {
        assert!(table.contains(shown), "{shown} in {table}");
    }
}
