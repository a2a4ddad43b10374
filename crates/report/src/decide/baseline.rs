//! The baseline: an earlier report that says which findings are known, so that only new ones count.
//!
//! A finding is known if the baseline holds it as one that counted there, and as at least as grave.
//! What was waived there is not known: when its waiver ends, it counts. What cannot be judged is never
//! known: an incomplete audit stays incomplete, whatever its baseline.

use std::collections::{BTreeSet, HashMap};

use portcullis_model::{
    AccountStatus, AuditedAccount, Baseline, BaselineState, Finding, Fingerprint, Report, Severity,
    Status, Verdict,
};

use crate::decide::comparison::{
    self, ByFingerprint, Incomparable, RuleChanges, first_seen, named, same_account,
};
use crate::words::time;

/// Compares the report with an earlier one: each finding that fails is then known or new, and says
/// when it was first seen. The answer is what the reader should know about that comparison.
pub fn apply(report: &mut Report, old: &Report) -> Result<Vec<String>, Incomparable> {
    comparison::check(old, report)?;
    let mut held = comparison::by_later_fingerprint(old, report);
    // Who could not be identified may be anybody, although the fingerprints are the same.
    let strange: BTreeSet<&str> = strangers(report, old).map(|(id, _)| id).collect();
    held.retain(|_, findings| findings.iter().all(|f| !strange.contains(f.account.as_str())));
    let mut allowances = allowances(&held);
    let as_of = report.run.as_of;
    // The gravest first: of several resources with one id, the gravest need the gravest allowance.
    let mut findings: Vec<&mut Finding> = report.findings.iter_mut().collect();
    findings.sort_by_key(|finding| finding.severity);
    for finding in findings {
        let old_findings = held.get(&finding.fingerprint).into_iter().flatten().copied();
        let seen = first_seen(old_findings, old.run.as_of).map(|seen| seen.min(as_of));
        (finding.baseline, finding.first_seen) = match finding.verdict {
            Verdict::Fail => (Some(state(finding, &mut allowances)), Some(seen.unwrap_or(as_of))),
            Verdict::Unknown => (None, seen),
            Verdict::Pass | Verdict::NotApplicable => (None, None),
        };
    }
    report.run.baseline =
        Some(Baseline { as_of: old.run.as_of, ruleset: old.tool.ruleset.clone() });
    Ok(warnings(report, old))
}

/// The severities of the findings that counted in the baseline, the gravest last.
type Allowances<'a> = HashMap<&'a Fingerprint, Vec<Severity>>;

fn allowances<'a>(held: &'a ByFingerprint<'_>) -> Allowances<'a> {
    let mut allowances = Allowances::new();
    for (fingerprint, findings) in held {
        let counted =
            findings.iter().filter(|f| matches!(f.status(), Status::Open | Status::Known));
        let mut severities: Vec<_> = counted.map(|finding| finding.severity).collect();
        severities.sort_by(|a, b| b.cmp(a));
        allowances.insert(fingerprint, severities);
    }
    allowances
}

/// Known, if the baseline holds one that is as grave; no finding of it makes two of today known.
fn state(finding: &Finding, allowances: &mut Allowances<'_>) -> BaselineState {
    // The gravest severity is the least in order.
    let as_grave = |old: &mut Severity| *old <= finding.severity;
    let allowance = allowances.get_mut(&finding.fingerprint);
    match allowance.and_then(|severities| severities.pop_if(as_grave)) {
        Some(_) => BaselineState::Known,
        None => BaselineState::New,
    }
}

/// Why the baseline may say less than it seems to.
fn warnings(report: &Report, old: &Report) -> Vec<String> {
    let later = (old.run.as_of > report.run.as_of).then(|| {
        let (old, own) = (time(old.run.as_of), time(report.run.as_of));
        format!("the baseline is of a later time ({old}) than this audit ({own})")
    });
    let accounts = strangers(report, old).map(|(_, why)| why);
    let changes = RuleChanges::between(old, report);
    let unjudged = named(&changes.only_new).map(|rules| {
        format!("the baseline did not judge {rules}; what such rules find counts as new")
    });
    let differ = named(&changes.differ).map(|rules| {
        format!(
            "in the baseline, {rules} tested something else or by other parameters; what failed \
             there is known nevertheless"
        )
    });
    later.into_iter().chain(accounts).chain(unjudged).chain(differ).collect()
}

/// The accounts of which the baseline says nothing, and why.
fn strangers<'r>(report: &'r Report, old: &Report) -> impl Iterator<Item = (&'r str, String)> {
    report.accounts.iter().filter_map(|account| Some((account.id.as_str(), unheld(account, old)?)))
}

fn unheld(account: &AuditedAccount, old: &Report) -> Option<String> {
    let id = &account.id;
    match same_account(account, old) {
        None => {
            Some(format!("the baseline does not hold account {id}; all it finds counts as new"))
        }
        Some(held) if held.status == AccountStatus::Failed => Some(format!(
            "in the baseline, nothing of account {id} could be collected; all it finds counts as new"
        )),
        Some(_) => None,
    }
}
