//! What holds for the diff of any two reports, sound or tampered with.

use std::collections::BTreeMap;

use crate::support::history::{at, rule, seen, waived};
use crate::support::{compare, report};
use portcullis_model::{
    AccountStatus, AuditedAccount, Evidence, Finding, Fingerprint, Report, ResourceRef, Severity,
    Verdict,
};
use portcullis_report::{Change, Detail, Diff, DiffFormat, Entry, State, Style, render_diff};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "unknown"];
const RULES: [(&str, &str); 3] =
    [("idle-user", "user"), ("old-key", "access_key"), ("strong", "user, role")];
/// Kinds and the ends of ids: some own others, one stands for the account.
const RESOURCES: [(&str, &str); 6] = [
    ("account", "account"),
    ("user", "user/ann"),
    ("access_key", "user/ann/access-key/1"),
    ("user", "user/anna"),
    ("access_key", "user/anna/access-key/1"),
    ("role", "role/ann"),
];
const MOMENTS: [&str; 3] = ["2026-01-01T00:00:00Z", "2026-11-02T10:00:00Z", "2026-11-03T10:00:00Z"];

fn a_finding() -> impl Strategy<Value = Finding> {
    let verdict = select(vec![Verdict::Fail, Verdict::Fail, Verdict::Unknown, Verdict::Pass]);
    let place = (select(&ACCOUNTS), select(&RULES), select(&RESOURCES));
    let waiver = proptest::option::weighted(0.3, any::<bool>());
    let first_seen = proptest::option::weighted(0.3, select(&MOMENTS));
    let severity = select(vec![Severity::High, Severity::Low]);
    (verdict, place, severity, waiver, first_seen, any::<bool>()).prop_map(
        |(verdict, (account, (rule, _), (kind, path)), severity, waiver, first_seen, fact)| {
            let id = format!("arn:aws:iam::{account}:{path}");
            let mut finding = Finding {
                fingerprint: Fingerprint::new(rule, "aws", account, &id),
                rule: rule.to_owned(),
                account: account.to_owned(),
                resource: ResourceRef {
                    kind: kind.to_owned(),
                    id,
                    name: path.to_owned(),
                    region: None,
                },
                verdict,
                severity,
                evidence: Evidence::new(&BTreeMap::from([("fact", fact)])),
                ..report().findings.remove(0)
            };
            finding = waiver.map_or(finding.clone(), |expired| waived(expired, finding));
            first_seen.map_or(finding.clone(), |moment| seen(moment, finding))
        },
    )
}

fn an_account(id: &str) -> impl Strategy<Value = AuditedAccount> {
    let account = AuditedAccount { id: id.to_owned(), ..report().accounts.remove(0) };
    let status =
        select(vec![AccountStatus::Complete, AccountStatus::Complete, AccountStatus::Failed]);
    let partition = select(vec!["aws", "aws", "aws", "aws-cn"]);
    (status, partition).prop_map(move |(status, partition)| AuditedAccount {
        status,
        partition: partition.to_owned(),
        ..account.clone()
    })
}

/// Any report; its rules and accounts need not be those of its findings.
fn a_report() -> impl Strategy<Value = Report> {
    let mostly = |strategy| proptest::option::weighted(0.8, strategy);
    let accounts = ACCOUNTS.map(|id| proptest::option::weighted(0.8, an_account(id)));
    let hashes = [(); 3].map(|()| mostly(select(vec!["one", "one", "one", "two", ""])));
    let limits = proptest::collection::vec(select(vec![30, 90]), 3);
    let findings = proptest::collection::vec(a_finding(), 0..12);
    (select(&MOMENTS), accounts, hashes, limits, findings).prop_map(
        |(as_of, accounts, hashes, limits, findings)| {
            let mut report = at(as_of, findings);
            report.accounts = accounts.into_iter().flatten().collect();
            let rules = RULES.into_iter().zip(hashes).zip(limits);
            let made = rules.filter_map(|(((id, scope), hash), limit)| {
                let mut rule = rule(id, scope);
                hash?.clone_into(&mut rule.hash);
                rule.params.insert("limit".to_owned(), json!(limit));
                Some(rule)
            });
            report.rules = made.collect();
            report
        },
    )
}

/// Whether the report shows by itself that the entry's finding does not fail: written another way
/// than the diff's own.
fn shows_clear(report: &Report, other: &Report, entry: &Entry<'_>) -> bool {
    let audited = |report: &Report| {
        let same = |a: &&AuditedAccount| {
            a.id == entry.account && a.partition == entry.partition && a.id != "unknown"
        };
        report
            .accounts
            .iter()
            .find(same)
            .map(|a| (a.partition.clone(), a.status))
    };
    let rule = |report: &Report| {
        report
            .rules
            .iter()
            .find(|rule| rule.id == entry.rule)
            .cloned()
    };
    let (Some((partition, status)), Some((other_partition, _))) = (audited(report), audited(other))
    else {
        return false;
    };
    let (Some(own), Some(others)) = (rule(report), rule(other)) else {
        return false;
    };
    let same_test = match (own.hash.as_str(), others.hash.as_str()) {
        ("", _) => false,
        (a, b) => a == b,
    };
    let of_rule = |f: &&Finding| f.rule == entry.rule && f.account == entry.account;
    let mut unknowns = report
        .findings
        .iter()
        .filter(of_rule)
        .filter(|f| f.verdict == Verdict::Unknown);
    // What is of no kind that the rule judges stands for a list: the account's, or a user's.
    let may_hide = |f: &Finding| {
        let owned = format!("{}/", f.resource.id);
        !own.scope.contains(&f.resource.kind)
            && (f.resource.kind == "account" || entry.resource.id.starts_with(&owned))
    };
    let own_findings: Vec<_> = report
        .findings
        .iter()
        .filter(|f| f.fingerprint == *entry.fingerprint)
        .collect();
    let passes =
        !own_findings.is_empty() && own_findings.iter().all(|f| f.verdict == Verdict::Pass);
    partition == other_partition
        && status != AccountStatus::Failed
        && same_test
        && (passes || own_findings.is_empty() && !unknowns.any(may_hide))
}

/// What the change is, seen the other way round.
fn mirrored(entry: &Entry<'_>) -> Vec<Change> {
    let failed = matches!(entry.old.state, State::Fails | State::Waived);
    match (entry.change, entry.old.state) {
        (Change::New, State::Clear) => vec![Change::Fixed],
        (Change::New, State::Unknown | State::NotListed) => vec![Change::Unknown],
        (Change::Changed, _) => vec![Change::Changed],
        (Change::Unknown | Change::Gone | Change::Fixed, _) if failed => vec![Change::New],
        (Change::Unknown, State::Clear) => vec![Change::Gone, Change::Fixed],
        (Change::New | Change::Unknown, _) => vec![Change::Gone],
        (Change::Gone | Change::Fixed, _) => vec![Change::Unknown],
        (Change::Unchanged | Change::StillUnknown, _) => vec![],
    }
}

proptest! {
    #[test]
    fn a_report_does_not_differ_from_itself(report in a_report()) {
        let diff = Diff::between(&report, &report).unwrap();
        prop_assert_eq!(&diff.entries, &[]);
    }

    #[test]
    fn the_other_way_round_is_the_mirror(a in a_report(), b in a_report()) {
        let (there, back) = (Diff::between(&a, &b).unwrap(), Diff::between(&b, &a).unwrap());
        let back_by_id: BTreeMap<_, _> = back.entries.iter().map(|e| (e.fingerprint, e)).collect();
        prop_assert_eq!(there.entries.len(), back_by_id.len());
        for entry in &there.entries {
            let mirror = back_by_id[entry.fingerprint];
            prop_assert_eq!((&entry.old, &entry.new), (&mirror.new, &mirror.old));
            prop_assert!(mirrored(entry).contains(&mirror.change), "{:?} and {:?}", entry, mirror);
            let swapped: Vec<_> =
                mirror.differences.iter().map(|d| (&d.what, &d.new, &d.old)).collect();
            let own: Vec<_> = entry.differences.iter().map(|d| (&d.what, &d.old, &d.new)).collect();
            prop_assert_eq!(own, swapped);
        }
        for change in [Change::Unchanged, Change::StillUnknown, Change::Changed] {
            prop_assert_eq!(there.count(change), back.count(change));
        }
    }

    #[test]
    fn what_is_fixed_is_shown_to_be(a in a_report(), b in a_report()) {
        let diff = Diff::between(&a, &b).unwrap();
        for entry in &diff.entries {
            let was = entry.old.findings.iter().any(|f| f.verdict == Verdict::Fail);
            let clear = shows_clear(&b, &a, entry);
            if entry.change == Change::Fixed {
                prop_assert!(clear, "{:?}", entry);
            }
            prop_assert_eq!(was && clear, was && entry.change == Change::Fixed, "{:?}", entry);
        }
    }

    #[test]
    fn every_problem_is_counted_once(a in a_report(), b in a_report()) {
        let diff = Diff::between(&a, &b).unwrap();
        let problems = a.findings.iter().chain(&b.findings);
        let problems = problems.filter(|f| matches!(f.verdict, Verdict::Fail | Verdict::Unknown));
        let ids: std::collections::BTreeSet<_> = problems.map(|f| &f.fingerprint).collect();
        prop_assert_eq!(diff.counts.values().sum::<usize>(), ids.len());
        let listed = diff.counts.iter().filter(|(change, _)| change.is_listed());
        prop_assert_eq!(listed.map(|(_, count)| count).sum::<usize>(), diff.entries.len());
    }

    #[test]
    fn tickets_are_resolved_by_evidence_or_decision_alone(a in a_report(), b in a_report()) {
        let diff = Diff::between(&a, &b).unwrap();
        let mut out = Vec::new();
        render_diff(&diff, DiffFormat::Jsonl, Style { width: 80, color: false, detail: Detail::Usual }, &mut out).unwrap();
        let entries: BTreeMap<_, _> =
            diff.entries.iter().map(|e| (e.fingerprint.as_str(), e)).collect();
        for line in String::from_utf8(out).unwrap().lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let entry = entries[record["fingerprint"].as_str().unwrap()];
            let state = entry.new.state;
            if record["action"] == "resolve" {
                prop_assert!(matches!(state, State::Clear | State::Waived));
            } else {
                prop_assert_eq!(state, State::Fails);
            }
        }
    }

    #[test]
    fn a_baseline_makes_no_more_known_than_it_counted(a in a_report(), b in a_report()) {
        let mut today = b.clone();
        compare(&mut today, &a);
        let counted = a.findings.iter().filter(|f| {
            f.verdict == Verdict::Fail && f.waiver.as_ref().is_none_or(|waiver| waiver.expired)
        });
        let known = |f: &&Finding| f.baseline == Some(portcullis_model::BaselineState::Known);
        prop_assert!(today.findings.iter().filter(known).count() <= counted.count());
        for (finding, before) in today.findings.iter().zip(&b.findings) {
            prop_assert_eq!(finding.baseline.is_some(), finding.verdict == Verdict::Fail);
            prop_assert!(finding.first_seen.is_none_or(|seen| seen <= b.accounts[0].as_of));
            let same = Finding { baseline: None, first_seen: before.first_seen, ..finding.clone() };
            prop_assert_eq!(&same, before);
        }
    }
}
