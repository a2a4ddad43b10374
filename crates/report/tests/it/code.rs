//! Findings as problems in code: SARIF, GitLab's code quality, GitHub's workflow commands.

use crate::support::{decided, of_size, rendered, report};
use portcullis_model::{
    AccountStatus, AuditedAccount, Loosening, LooseningChange, Report, Severity, Share,
};
use portcullis_report::Format;
use serde_json::{Value, json};

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&rendered(report, Format::Sarif)).unwrap()
}

/// The ids of the notifications of a run.
fn notes(run: &Value) -> Vec<&str> {
    let notes = run["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap();
    notes
        .iter()
        .map(|note| note["descriptor"]["id"].as_str().unwrap())
        .collect()
}

/// A report on that many accounts, each with one more finding than the one before it.
fn of_accounts(count: usize) -> Report {
    let mut report = of_size(count * (count - 1) / 2);
    let accounts = (0..count).map(|index| format!("{index:012}"));
    report.accounts = accounts
        .map(|id| portcullis_model::AuditedAccount { id, ..report.accounts[0].clone() })
        .collect();
    let owners = report
        .accounts
        .iter()
        .enumerate()
        .flat_map(|(index, a)| vec![&a.id; index]);
    for (finding, owner) in report.findings.iter_mut().zip(owners) {
        finding.account.clone_from(owner);
    }
    report
}

#[test]
fn sarif_has_a_run_an_account_and_drops_the_least_grave() {
    let log = sarif(&of_accounts(21));
    let runs = log["runs"].as_array().unwrap();
    let ids: Vec<&Value> = runs
        .iter()
        .map(|run| &run["automationDetails"]["id"])
        .collect();
    assert_eq!(ids.len(), 20);
    assert_eq!(ids[0], "portcullis/000000000001/");
    assert_eq!(ids[19], "portcullis/000000000020/");
    assert!(notes(&runs[0]).contains(&"accounts-left-out"));
    assert!(!notes(&runs[1]).contains(&"accounts-left-out"));
}

#[test]
fn sarif_keeps_the_gravest_results_and_counts_the_others() {
    let mut report = of_size(25_002);
    report.findings.last_mut().unwrap().severity = Severity::High;
    let run = &sarif(&report)["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert_eq!(results[0]["properties"]["severity"], "high");
    assert_eq!(run["properties"]["leftOut"], 2);
    assert!(notes(run).contains(&"results-left-out"));
    // A rule is as grave as the gravest of its results.
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["properties"]["security-severity"], "8.0");
}

#[test]
fn a_log_of_an_audit_that_failed_does_not_look_clean() {
    let mut failed = of_size(0);
    failed.accounts[0].status = AccountStatus::Failed;
    let mut nothing = of_size(0);
    nothing.accounts.clear();
    for report in [failed, nothing] {
        let run = &sarif(&report)["runs"][0];
        assert_eq!(run["results"], json!([]));
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        assert_eq!(run["invocations"][0]["exitCode"], 3);
        assert_eq!(notes(run)[0], "nothing-collected");
    }
    let mut suspended = of_size(0);
    suspended.accounts[0].status = AccountStatus::Suspended;
    let run = &sarif(&suspended)["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true, "there is nothing to judge");
}

/// GitHub accepts at most 20 runs in a file:
/// <https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning>.
#[test]
fn what_has_no_run_is_counted() {
    let left_out = |accounts: usize| {
        let report = of_accounts(accounts);
        Format::Sarif.left_out(&report, &report.findings).unwrap()
    };
    assert_eq!(left_out(20), None);
    assert_eq!(left_out(21), None, "the account without findings");
    let three = left_out(23).unwrap();
    assert!(three.starts_with("3 findings: GitHub accepts at most 20 accounts"), "{three}");
}

#[test]
fn reports_edited_by_hand_are_written() {
    let mut report = decided();
    report.rules.clear();
    report.accounts[0].tallies.clear();
    report.findings[0].account = "a/../b".to_owned();
    "no arn".clone_into(&mut report.findings[0].resource.id);
    let log = sarif(&report);
    let run = &log["runs"][1];
    assert_eq!(run["automationDetails"]["id"], "portcullis/a%2F..%2Fb/");
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["help"], json!({ "text": "root-without-lock" }));
    let place = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "other/a%2F..%2Fb/global/user/no%20arn");
}

/// GitHub closes the alert of what has no result in a run that succeeded.
#[test]
fn no_alert_is_closed_for_what_could_not_be_judged() {
    let mut report = report();
    let since = "2026-10-01T08:00:00Z".parse().unwrap();
    report.findings[3].first_seen = Some(since);
    let run = &sarif(&report)["runs"][0];
    let unjudged = &run["results"][3];
    assert_eq!(unjudged["level"], "note");
    assert_eq!(unjudged["properties"]["status"], "unknown");
    let says =
        "carol: not judged: access-keys is missing. Failed before, first seen on 2026-10-01.";
    assert_eq!(unjudged["message"]["text"], says);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);

    // The rule is on users: what it says of the account stands for a list that is missing.
    "account".clone_into(&mut report.findings[3].resource.kind);
    let succeeds =
        |report: &Report| sarif(report)["runs"][0]["invocations"][0]["executionSuccessful"].clone();
    assert_eq!(succeeds(&report), json!(false));
    report.options.gate.allow_unknown = vec![report.findings[3].rule.clone()];
    assert_eq!(succeeds(&report), json!(true));
}

#[test]
fn gitlab_has_an_entry_for_each_finding_that_is_not_waived() {
    let entries: Vec<Value> = serde_json::from_str(&rendered(&decided(), Format::Gitlab)).unwrap();
    let problems: Vec<_> = entries
        .iter()
        .map(|entry| (entry["check_name"].as_str().unwrap(), entry["severity"].as_str().unwrap()))
        .collect();
    let (key, user) = (("old-key", "info"), ("idle-user", "info"));
    let fails = [("root-without-lock", "blocker"), ("old-key", "major")];
    assert_eq!(problems[..2], fails);
    assert_eq!(problems[2..], [key, key, user, user, user, user], "what could not be judged");
    assert_eq!(rendered(&of_size(0), Format::Gitlab), "[]\n");
}

#[test]
fn github_shows_ten_of_a_level_and_counts_the_others() {
    let mut report = of_size(40);
    for (index, finding) in report.findings.iter_mut().enumerate() {
        finding.severity = [Severity::Low, Severity::Medium][index % 2];
    }
    let text = rendered(&report, Format::Github);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[..10]
            .iter()
            .all(|line| line.starts_with("::warning title="))
    );
    assert!(
        lines[10..]
            .iter()
            .all(|line| line.starts_with("::notice title="))
    );
    assert_eq!(
        lines[19..],
        ["::notice title=Portcullis::Exit status 1: 40 findings have severity low or above.\
            %0ANot annotated: 21 open."]
    );
}

#[test]
fn github_has_the_outcome_alone_where_nothing_is_open() {
    assert_eq!(
        rendered(&of_size(0), Format::Github),
        "::notice title=Portcullis::Exit status 0: nothing failed at severity low or above, and every \
        rule was judged.\n"
    );
    let mut unjudged = report();
    unjudged.findings.drain(..3);
    let text = rendered(&unjudged, Format::Github);
    assert!(text.starts_with("::warning title=Portcullis::Exit status 3: "), "{text}");
    assert!(text.ends_with("%0ANot annotated: 6 not judged.\n"), "{text}");
}

#[test]
fn the_last_command_of_github_names_what_was_not_judged_at_all() {
    let mut report = of_size(1);
    for (id, status) in
        [("222233334444", AccountStatus::TimedOut), ("333344445555", AccountStatus::Suspended)]
    {
        let account = AuditedAccount { id: id.to_owned(), status, ..report.accounts[0].clone() };
        report.accounts.push(account);
    }
    let change = LooseningChange::MissingShares { shares: vec![Share { count: 5, index: 2 }] };
    for change in [change, LooseningChange::DifferentPeriods] {
        report.run.loosened.push(Loosening { origin: None, change });
    }
    let text = rendered(&report, Format::Github);
    let end = "%0A2 accounts were not judged: 222233334444 (timed out), 333344445555 (suspended).\
        %0AReports for some shares of the accounts are missing: 2/5.\
        %0AThe shares of the accounts cover different periods.\n";
    assert!(text.ends_with(end), "{text}");
    let junit = rendered(&report, Format::Junit);
    for wrong in [
        "reports for some shares of the accounts are missing: 2/5",
        "the shares of the accounts cover different periods",
    ] {
        let error = format!(r#"<error type="unknown" message="{wrong}">"#);
        assert!(junit.contains(&error), "{junit}");
    }
}
