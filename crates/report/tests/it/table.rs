//! The table, as a person sees it.

use crate::support::{activity, decided, finding, of_size, report};
use portcullis_model::{Gap, Report, Severity, Source, Tally, Verdict};
use portcullis_report::{Detail, Format, Style, render};
use serde_json::json;

fn table(report: &Report, style: Style) -> String {
    let mut out = Vec::new();
    render(report, Format::Table, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const PLAIN: Style = Style { width: 80, color: false, detail: Detail::Usual };
const BRIEF: Style = Style { detail: Detail::Brief, ..PLAIN };
const ALL: Style = Style { detail: Detail::All, ..PLAIN };

#[test]
fn every_part_is_shown() {
    insta::assert_snapshot!(table(&report(), PLAIN));
}

#[test]
fn a_clean_report_is_short() {
    let mut report = report();
    report.findings.clear();
    report.accounts[0]
        .tallies
        .values_mut()
        .for_each(|tally| *tally = Tally::default());
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
    report.accounts[0].gaps[0].message = "denied\r\nExit status 0".into();
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
    report.accounts[0].gaps[0].code = "Odd".into();
    let table = table(&report, PLAIN);
    for shown in [
        r"x\u{1b}[2J",
        r"denied\u{d}\u{a}Exit status 0",
        r"user eve\u{a}CRITICAL is bad",
        r"Delete '\u{a}aws iam",
    ] {
        assert!(table.contains(shown), "{shown} in {table}");
    }
    assert!(!table.contains(['\u{1b}', '\r', '\u{202e}']));
}

#[test]
fn thousands_of_unknowns_take_a_line_for_each_cause() {
    let mut report = report();
    let one = report
        .findings
        .iter()
        .find(|f| f.rule == "idle-user")
        .unwrap()
        .clone();
    report.findings = vec![one; 5000];
    report.accounts[0].frameworks.clear();
    let usual = table(&report, PLAIN);
    assert!(
        usual.contains("NOT JUDGED: 1 rule\n  - AWS denied access to access-keys for"),
        "{usual}"
    );
    assert_eq!(usual.matches("(idle-user)").count(), 1, "{usual}");
    let all = table(&report, ALL);
    assert_eq!(
        all.lines()
            .filter(|line| line.starts_with("  - idle-user: a, a, a"))
            .count(),
        1
    );
}

#[test]
fn ten_findings_of_a_rule_are_shown_and_the_others_counted() {
    for (count, more) in [(10, None), (11, Some("and 1 more, which `--all` lists"))] {
        let usual = table(&of_size(count), PLAIN);
        assert_eq!(usual.matches("access key of user-").count(), 1, "they say the same: {usual}");
        assert_eq!(usual.matches("user-").count(), 10, "{usual}");
        assert_eq!(usual.contains("more, which"), more.is_some(), "{usual}");
        assert!(more.is_none_or(|more| usual.contains(more)), "{usual}");
        assert_eq!(table(&of_size(count), ALL).matches("user-").count(), count);
    }
}

#[test]
fn the_worst_rules_say_what_to_do() {
    let mut report = report();
    report.findings.clear();
    for n in 0..8 {
        let severity = if n < 6 {
            Severity::High
        } else {
            Severity::Medium
        };
        let (rule, name) = (format!("rule-{n}"), format!("user-{n}"));
        let cure = format!("Do it.\naws iam x --user-name {name}");
        let says = format!("{name} is bad");
        report
            .findings
            .push(finding(&rule, severity, Verdict::Fail, &name, &says, &cure));
    }
    assert_eq!(table(&report, PLAIN).matches("aws iam x").count(), 6, "all that is high");
    assert!(table(&report, PLAIN).contains("  - rule-7: user-7\n"));
    assert!(
        table(&report, PLAIN).contains("`--all` shows the findings of the other 2 rules in full")
    );
    assert_eq!(table(&report, ALL).matches("aws iam x").count(), 8);
    assert!(!table(&report, ALL).contains("`--all`"));
    report
        .findings
        .iter_mut()
        .for_each(|finding| finding.severity = Severity::Medium);
    assert_eq!(table(&report, PLAIN).matches("aws iam x").count(), 4, "else the worst four");
}

#[test]
fn commands_that_several_rules_share_are_shown_once() {
    let mut report = report();
    let cure = |text: &str| format!("{text}\naws iam update-account-password-policy");
    report.findings = ["short", "long"]
        .map(|rule| finding(rule, Severity::High, Verdict::Fail, rule, "is bad", &cure(rule)))
        .to_vec();
    let table = table(&report, PLAIN);
    assert_eq!(table.matches("aws iam update").count(), 1, "{table}");
    assert!(table.contains("    short\n    The commands are those of long.\n"), "{table}");
}

#[test]
fn brief_is_a_line_for_each_open_finding_and_the_outcome() {
    let brief = table(&decided(), BRIEF);
    let lines: Vec<&str> = brief.lines().collect();
    let [finding, outcome] = lines.as_slice() else {
        panic!("{brief}")
    };
    assert_eq!(*finding, "critical  root has a password and no MFA device (root-without-lock)");
    assert!(outcome.starts_with("Exit status 1: "), "{outcome}");
    assert_eq!(table(&of_size(1000), BRIEF).lines().count(), 1001);
}

#[test]
fn a_bare_credential_report_is_one_cause() {
    let mut report = report();
    let bare = format!("x.json is missing: {}", Gap::BARE_REPORT);
    let absent = |source: &Source| *source != Source::CredentialReport;
    let absent = Source::ALL.into_iter().filter(absent);
    report.accounts[0].gaps = absent
        .map(|s| Gap::new(s, Gap::ABSENT, bare.as_str()))
        .collect();
    let count = Source::ALL.len() - 1;
    let shown = format!("  - {count} sources are absent: only a credential report was given.");
    let table = table(&report, PLAIN);
    assert!(table.contains(&shown), "{table}");
    assert_eq!(table.matches("absent").count(), 1, "{table}");
}

#[test]
fn denied_calls_are_answered_together() {
    let mut report = report();
    report.accounts[0].gaps = [Source::AccessKeys, Source::MfaDevices]
        .map(|source| Gap::new(source, "AccessDenied", "User: x is not authorized"))
        .to_vec();
    let table = table(&report, PLAIN)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let shown = "- AWS denied access to access-keys, mfa-devices. Not judged: 2 rules (old-key, \
                 idle-user). Grant iam:ListAccessKeys, iam:ListMFADevices to the auditing \
                 identity and collect again; `portcullis permissions` prints the policy.";
    assert!(table.contains(shown), "{table}");
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
    let words = table(&report, PLAIN)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(words.contains("- root has a password and no MFA device (eu-north-1)"), "{words}");
    report.findings[0].message = "root of eu-north-1 is open".to_owned();
    assert!(table(&report, PLAIN).contains("  - root of eu-north-1 is open (root-without-lock)\n"));
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
    assert!(table.contains("WAIVERS: 1000 of 1000 need attention\n"), "{table}");
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
        "Baseline  as of 2026-10-01 08:00:00 UTC, with other rules or settings\n",
        "Redacted  names, ids and ARNs are pseudonyms\n",
    ] {
        assert!(table.contains(shown), "{shown} in {table}");
    }
}

#[test]
fn a_break_in_what_was_read_is_shown() {
    let coverage = |seen| {
        let region = json!({
            "account": "111122223333", "region": "us-east-1", "records": 3, "seen": seen, "proved": []
        });
        let mut report = report();
        report.activity = vec![activity(json!({ "coverage": {
            "inputs": {}, "regions": [region], "gaps": [], "records": {
                "judged": 3, "of_no_interest": 0, "duplicates": 0, "unreadable": 0, "other_logs": 0
            }
        } }))];
        table(&report, PLAIN)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let days = |from: &str, to: &str| json!({ "from": format!("{from}T08:00:00Z"), "to": format!("{to}T08:00:00Z") });
    let ends = "3 records, 2026-11-02 08:00:00 UTC to 2026-11-09 08:00:00 UTC";
    let whole = coverage(json!([days("2026-11-02", "2026-11-09")]));
    assert!(whole.contains(&format!("{ends}; files may be missing")), "{whole}");
    let broken = [days("2026-11-02", "2026-11-03"), days("2026-11-06", "2026-11-09")];
    let broken = coverage(json!(broken));
    let says = format!("{ends} with 1 break longer than a day; files may be missing");
    assert!(broken.contains(&says), "{broken}");
}
