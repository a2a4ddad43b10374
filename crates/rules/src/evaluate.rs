//! A snapshot and rules to a report: pure, total, deterministic.

use std::collections::BTreeMap;

use portcullis_model::{
    AccountStatus, AuditedAccount, Fact, Finding, Fingerprint, Gap, Report, ResourceRef, Run,
    RunOptions, SCHEMA, Snapshot, Tally, Tool, Verdict,
};

use crate::judge::{Decision, decide, explain};
use crate::scope::Subject;
use crate::{Rule, RuleSet};

/// Judges the snapshot by the rules.
///
/// The report depends on the arguments alone. `options` say what was chosen, and which verdicts it
/// lists beside `fail` and `unknown`; `tool_version` is the version of the program.
#[must_use]
pub fn evaluate(
    snapshot: &Snapshot,
    rules: &RuleSet,
    options: RunOptions,
    tool_version: &str,
) -> Report {
    let (mut findings, mut tallies) = (Vec::new(), BTreeMap::new());
    let mut subjects = BTreeMap::new();
    for rule in rules.rules() {
        let subjects =
            subjects.entry(rule.scope.name).or_insert_with(|| (rule.scope.subjects)(snapshot));
        let mut tally = Tally::default();
        for subject in subjects {
            let decision = decide(&rule.program, subject);
            tally.count(decision.verdict());
            if listed(decision.verdict(), &options) {
                findings.push(finding(rule, subject, decision, snapshot));
            }
        }
        tallies.insert(rule.id.clone(), tally);
    }
    sort(&mut findings);
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "portcullis".to_owned(),
            version: tool_version.to_owned(),
            ruleset: rules.hash(),
        },
        run: Run {
            as_of: snapshot.as_of,
            collected_from: snapshot.collected_from,
            collected_to: snapshot.collected_to,
            options,
        },
        accounts: vec![account(snapshot)],
        rules: rules.rules().iter().map(Rule::info).collect(),
        findings,
        tallies,
    }
}

fn listed(verdict: Verdict, options: &RunOptions) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Unknown) || options.include.contains(&verdict)
}

fn finding(rule: &Rule, subject: &Subject<'_>, decision: Decision, snapshot: &Snapshot) -> Finding {
    let account = &snapshot.account;
    let judgement = explain(&rule.program, subject, decision, &snapshot.gaps);
    Finding {
        fingerprint: Fingerprint::new(&rule.id, &account.partition, &account.id, &subject.id),
        rule: rule.id.clone(),
        account: account.id.clone(),
        resource: ResourceRef {
            kind: subject.kind.to_owned(),
            id: subject.id.to_string(),
            name: subject.name.to_owned(),
            region: None,
        },
        verdict: judgement.verdict,
        severity: rule.severity,
        message: judgement.message,
        evidence: judgement.evidence,
        missing: judgement.missing,
        remediation: judgement.remediation,
        first_seen: None,
    }
}

/// The gravest first; resources that share an id stay apart and are said to do so, since whatever is
/// decided about one of them by its fingerprint holds for all.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (a.severity, &a.rule, &a.resource.id).cmp(&(b.severity, &b.rule, &b.resource.id))
    });
    for twins in findings.chunk_by_mut(|a, b| a.fingerprint == b.fingerprint) {
        if let count @ 2.. = twins.len() {
            for twin in twins {
                twin.message = format!("{} ({count} resources have this id)", twin.message);
            }
        }
    }
}

fn account(snapshot: &Snapshot) -> AuditedAccount {
    let account = &snapshot.account;
    AuditedAccount {
        id: account.id.clone(),
        alias: account.alias.clone().known().flatten(),
        name: None,
        partition: account.partition.clone(),
        status: status(snapshot),
        caller: account.caller.clone().known(),
        report_generated_at: account.report_generated_at.known(),
        gaps: snapshot.gaps.clone(),
    }
}

/// Calls that were left out on purpose make no account incomplete.
fn status(snapshot: &Snapshot) -> AccountStatus {
    if is_blank(snapshot) {
        AccountStatus::Failed
    } else if snapshot.gaps.iter().all(Gap::is_by_choice) {
        AccountStatus::Complete
    } else {
        AccountStatus::Incomplete
    }
}

/// Whether nothing is known of all that rules judge.
fn is_blank(snapshot: &Snapshot) -> bool {
    let Snapshot { account, root, users, mfa_devices, .. } = snapshot;
    matches!(users, Fact::Missing(_))
        && matches!(mfa_devices, Fact::Missing(_))
        && matches!(account.password_policy, Fact::Missing(_))
        && root.claims.is_empty()
}
