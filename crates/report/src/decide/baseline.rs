//! The baseline: an earlier report that says which findings are known, so that only new ones count.
//!
//! A finding is known if the baseline holds it as one that counted there, and as at least as severe.
//! What was waived there is not known: when its waiver ends, it counts. What cannot be judged is never
//! known: an incomplete audit stays incomplete, whatever its baseline.

use std::collections::HashMap;

use portcullis_model::{
    AuditedAccount, Baseline, BaselineState, Finding, Fingerprint, Report, Severity, Status,
    Verdict,
};

use crate::decide::comparison::{
    self, ByFingerprint, Incomparable, RuleChanges, first_seen, same_account,
};
use crate::words::{named, time};

/// Compares the report with an earlier one: each finding that fails is then known or new, and says
/// when it was first seen. The answer is what the reader should know about that comparison.
pub fn apply(report: &mut Report, old: &Report) -> Result<Vec<String>, Incomparable> {
    comparison::check(old, report)?;
    let warnings = warnings(report, old);
    for account in &mut report.accounts {
        let held = same_account(account.account_ref(), old);
        let known = held.filter(|held| held.status.is_judged());
        let as_of = known.map(|known| known.as_of);
        account.baseline = Some(Baseline { as_of, ruleset: old.tool.ruleset.clone() });
    }
    let held = comparison::by_later_fingerprint(old, report);
    let mut allowances = allowances(&held);
    let accounts: HashMap<_, _> =
        report.accounts.iter().map(|account| (account.account_ref(), account)).collect();
    // The most severe first: of several resources with one id, the most severe need the most severe allowance.
    let mut findings: Vec<&mut Finding> = report.findings.iter_mut().collect();
    findings.sort_by_key(|finding| finding.severity);
    for finding in findings {
        let account = accounts.get(&finding.account_ref());
        let now = account.map(|account| account.as_of);
        let before = account.and_then(|account| account.baseline.as_ref()?.as_of);
        // Who could not be identified may be anybody, although the fingerprints are the same.
        let earlier = before.and_then(|_| held.get(&finding.fingerprint));
        let seen = first_seen(earlier.into_iter().flatten().copied(), before)
            .map(|seen| now.map_or(seen, |now| seen.min(now)));
        (finding.baseline, finding.first_seen) = match finding.verdict {
            Verdict::Fail if earlier.is_none() => (Some(BaselineState::New), now),
            Verdict::Fail => (Some(state(finding, &mut allowances)), seen.or(now)),
            Verdict::Unknown => (None, seen),
            Verdict::Pass | Verdict::NotApplicable => (None, None),
        };
    }
    Ok(warnings)
}

/// The severities of the findings that counted in the baseline, the most severe last.
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

/// Known, if the baseline holds one that is as severe; no finding of it makes two of today known.
fn state(finding: &Finding, allowances: &mut Allowances<'_>) -> BaselineState {
    let allowance = allowances.get_mut(&finding.fingerprint);
    // The most severe severity is the least in order.
    match allowance.and_then(|known| known.pop_if(|old| *old <= finding.severity)) {
        Some(_) => BaselineState::Known,
        None => BaselineState::New,
    }
}

/// Why the baseline may say less than it seems to.
fn warnings(report: &Report, old: &Report) -> Vec<String> {
    let accounts = report.accounts.iter();
    let of_accounts = accounts.filter_map(|account| warning(account, report, old));
    let changes = RuleChanges::between(old, report);
    let unjudged = named(&changes.only_new)
        .map(|rules| format!("the baseline did not judge {rules}; their findings count as new"));
    let differ = named(&changes.differ).map(|rules| {
        format!(
            "in the baseline, {rules} tested something else, or with other parameters; what failed \
             there is known nevertheless"
        )
    });
    of_accounts.chain(unjudged).chain(differ).collect()
}

/// Why the baseline says nothing of an account, or something odd.
fn warning(account: &AuditedAccount, report: &Report, old: &Report) -> Option<String> {
    let id = &account.id;
    let Some(held) = same_account(account.account_ref(), old) else {
        return Some(format!(
            "the baseline does not cover account {id}; all its findings count as new"
        ));
    };
    if !held.status.is_judged() {
        return Some(format!(
            "in the baseline, nothing could be collected from account {id}; all its findings count as new"
        ));
    }
    let of = if report.accounts.len() > 1 { format!(" of account {id}") } else { String::new() };
    let (was, is) = (time(held.as_of), time(account.as_of));
    let is_later = held.as_of > account.as_of;
    is_later
        .then(|| format!("the baseline is from a later time ({was}) than this audit{of} ({is})"))
}
