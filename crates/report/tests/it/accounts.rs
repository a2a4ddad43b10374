//! Reports on several accounts, some of which share an id or are not known.

use crate::support::{moved, rendered, report};
use portcullis_model::{
    AccountStatus, AuditedAccount, Gap, Loosening, LooseningChange, Report, Source, Verdict,
};
use portcullis_report::{Detail, Format, Style, loosened, merge, render};
use serde_json::Value;

/// Two accounts of one id in two partitions, and another, of which nothing was collected. The first
/// finding is of the second account.
fn several() -> Report {
    let mut report = report();
    let first = report.accounts[0].clone();
    let china = AuditedAccount {
        partition: "aws-cn".to_owned(),
        region: Some("cn-north-1".to_owned()),
        gaps: Vec::new(),
        status: AccountStatus::Complete,
        ..first.clone()
    };
    let failed = AuditedAccount {
        id: "unknown".to_owned(),
        status: AccountStatus::Failed,
        gaps: vec![Gap::new(Source::CallerIdentity, "ExpiredToken", "the token has expired")],
        ..first
    };
    report.accounts.extend([china, failed]);
    "aws-cn".clone_into(&mut report.findings[0].partition);
    "arn:aws-cn:iam::111122223333:root".clone_into(&mut report.findings[0].resource.id);
    report
}

fn json(report: &Report, format: Format) -> Value {
    serde_json::from_str(&rendered(report, format)).unwrap()
}

#[test]
fn a_finding_is_of_the_account_in_its_partition() {
    let findings = json(&several(), Format::Asff);
    let arns = [0, 1].map(|index| findings[index]["ProductArn"].as_str().unwrap().to_owned());
    assert_eq!(
        arns,
        [
            "arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default",
            "arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default",
        ]
    );
    let events = json(&several(), Format::Ocsf);
    assert_eq!(events[0]["cloud"]["cloud_partition"], "aws-cn");
    assert_eq!(events[1]["cloud"]["cloud_partition"], "aws");
}

#[test]
fn accounts_that_share_an_id_share_a_run_and_a_suite_and_none_is_forgotten() {
    let mut report = several();
    let mut twin = report.accounts[2].clone();
    twin.gaps = vec![Gap::new(Source::CallerIdentity, "Throttling", "slow down")];
    report.accounts.push(twin);
    report.accounts[3].status = AccountStatus::Incomplete;
    let log = json(&report, Format::Sarif);
    let runs = log["runs"].as_array().unwrap();
    let ids: Vec<&Value> = runs
        .iter()
        .map(|run| &run["automationDetails"]["id"])
        .collect();
    assert_eq!(ids, ["portcullis/111122223333/", "portcullis/unknown/"]);
    let invocation = &runs[1]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = invocation["toolExecutionNotifications"].to_string();
    assert!(told.contains("expired token") && told.contains("throttling"), "{told}");

    report.accounts[3].status = AccountStatus::Failed;
    let xml = rendered(&report, Format::Junit);
    assert_eq!(xml.matches("<testsuite name=").count(), 2, "{xml}");
    for name in ["collected", "collected (2)"] {
        let case = format!(r#"classname="unknown.evidence" name="{name}""#);
        assert_eq!(xml.matches(&case).count(), 1, "{case}");
    }
    // Each of the two rows has the number of open findings of one id.
    let html = rendered(&report, Format::Html);
    let table = html
        .split(r#"id="accounts""#)
        .nth(1)
        .unwrap()
        .split("</table>")
        .next()
        .unwrap();
    assert_eq!(
        table
            .matches(r#"<span class="code">111122223333</span>"#)
            .count(),
        1
    );
    assert_eq!(
        table
            .matches(r#"<span class="code">unknown</span>"#)
            .count(),
        1
    );
}

#[test]
fn text_tells_which_account_lacks_what() {
    let mut report = several();
    report.findings[0].account = "unknown".to_owned();
    let gap = "unknown: caller-identity (GetCallerIdentity): expired token: the token has expired";
    // However it wraps.
    let table = rendered(&report, Format::Table);
    let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(table.contains(&format!("- {gap}. ")), "{table}");
    assert!(table.contains("partition aws: nothing could be collected "), "{table}");
    assert!(!table.contains("Gaps none"), "{table}");
    let named = "old-key: carol in 111122223333, dave in 111122223333; needs access-keys";
    assert!(in_full(&report).contains(named));
    let markdown = rendered(&report, Format::Markdown);
    assert!(markdown.contains("unknown: caller-identity (GetCallerIdentity)"), "{markdown}");
    assert!(markdown.contains("partition aws: nothing could be collected\n"), "{markdown}");
    let named = "carol in `111122223333`, dave in `111122223333`; needs access-keys";
    assert!(markdown.contains(named), "{markdown}");
}

/// The table with all of its parts, however it wraps.
fn in_full(report: &Report) -> String {
    let style = Style { width: 80, color: false, detail: Detail::All };
    let mut out = Vec::new();
    render(report, Format::Table, style, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_table_without_accounts_says_so() {
    let mut report = report();
    report.accounts.clear();
    assert!(rendered(&report, Format::Table).contains("\nAccount   none\n"));
}

#[test]
fn a_finding_whose_rule_is_not_told_is_in_every_format() {
    let mut report = report();
    for finding in &mut report.findings {
        if finding.verdict == Verdict::Fail {
            finding.rule = "rule-of-tomorrow".to_owned();
        }
    }
    report.rules.retain(|rule| rule.id != "idle-user");
    for &format in Format::ALL {
        let text = rendered(&report, format);
        assert!(text.contains("rule-of-tomorrow"), "{}", format.name());
        let of_work = !matches!(format, Format::Github);
        assert!(!of_work || text.contains("idle-user"), "{}", format.name());
    }
}

/// Two accounts that were audited at different times.
fn at_two_times() -> Report {
    let mut second = moved(report(), "aws", "444455556666");
    second.accounts[0].as_of = "2026-11-03T10:00:00Z".parse().unwrap();
    second.accounts[0].collected_from = Some("2026-11-03T09:00:00Z".parse().unwrap());
    second.findings.truncate(1);
    merge(vec![report(), second]).unwrap()
}

#[test]
fn each_account_has_its_own_time_in_every_format() {
    let report = at_two_times();
    let of_first = |finding: &Value| finding["account"] == "111122223333";
    let lines = rendered(&report, Format::Jsonl);
    for line in lines.lines() {
        let finding: Value = serde_json::from_str(line).unwrap();
        let day = if of_first(&finding) {
            "2026-11-02"
        } else {
            "2026-11-03"
        };
        assert_eq!(finding["as_of"], format!("{day}T10:00:00Z"));
    }
    let table = rendered(&report, Format::Table);
    let markdown = rendered(&report, Format::Markdown);
    let html = rendered(&report, Format::Html);
    for day in ["2026-11-02", "2026-11-03"] {
        let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            table
                .matches(&format!(", as of {day} 10:00:00 UTC: "))
                .count(),
            1
        );
        assert_eq!(
            markdown
                .matches(&format!(", as of {day} 10:00:00 UTC: "))
                .count(),
            1
        );
        let card = format!("<dt>As of</dt><dd>{day} 10:00:00 UTC</dd>");
        assert_eq!(html.matches(&card).count(), 1);
    }
    let log = json(&report, Format::Sarif);
    let starts = [0, 1].map(|run| &log["runs"][run]["invocations"][0]["startTimeUtc"]);
    assert_eq!(starts, ["2026-11-02T09:59:00Z", "2026-11-03T09:00:00Z"]);
    let xml = rendered(&report, Format::Junit);
    assert!(xml.contains(r#"timestamp="2026-11-03T10:00:00""#), "{xml}");
    let updated = json(&report, Format::Asff);
    let days = [0, 1].map(|at| &updated[at]["UpdatedAt"]);
    assert_eq!(days, ["2026-11-02T10:00:00Z", "2026-11-03T10:00:00Z"]);
}

#[test]
fn text_counts_by_account_and_names_whose_controls_are_meant() {
    let report = at_two_times();
    let table = rendered(&report, Format::Table);
    let counts = "\
ACCOUNTS          fail  unknown     pass  not applicable
  111122223333       3        6        1               1
  444455556666       1        0        1               1
";
    assert!(table.contains(counts), "{table}");
    let markdown = rendered(&report, Format::Markdown);
    assert!(markdown.contains("| `111122223333` | 3 | 6 | 0 | 0 | 1 | 1 |\n"), "{markdown}");
    assert!(markdown.contains("| `444455556666` | 1 | 0 | 0 | 0 | 1 | 1 |\n"), "{markdown}");
    for id in ["111122223333", "444455556666"] {
        assert!(table.contains(&format!("\n{id}: Test Benchmark 1.0.0 (test-1.0)\n")), "{table}");
        let heading = format!("\n## `{id}`: Test Benchmark 1.0.0 (`test-1.0`)\n");
        assert!(markdown.contains(&heading), "{markdown}");
    }
}

#[test]
fn what_is_the_same_of_many_accounts_stands_once() {
    let mut report = report();
    let first = report.accounts[0].clone();
    let ids = ["111122223333", "222233334444", "333344445555", "444455556666", "555566667777"];
    let account = |id: &str| AuditedAccount { id: id.to_owned(), ..first.clone() };
    let unverified = |id: &str| Loosening {
        origin: None,
        change: LooseningChange::Unverified { account: id.to_owned() },
    };
    report.accounts = ids.map(account).to_vec();
    report.run.loosened = ids.map(unverified).to_vec();
    let says = "the evidence has no manifest, so it is not verified";
    assert_eq!(loosened::describe(&report), [format!("every account: {says}")]);
    let page = rendered(&report, Format::Html);
    let gap = &first.gaps[0];
    assert_eq!(
        page.matches(&format!("every account: {} (", gap.source))
            .count(),
        1,
        "{page}"
    );
    report.run.loosened.pop();
    let some = format!("111122223333, 222233334444, 333344445555 and 1 more: {says}");
    assert_eq!(loosened::describe(&report), [some]);
}
