//! What makes two reports less comparable than they seem.

use portcullis_model::{AccountStatus, Gate, Report};

use crate::decide::comparison::{RuleChanges, is_identified, named, same_account};
use crate::words::time;

pub(super) fn between(old: &Report, new: &Report) -> Vec<String> {
    let order = (old.run.as_of > new.run.as_of).then(|| {
        let (was, is) = (time(old.run.as_of), time(new.run.as_of));
        format!("OLD is of a later time ({was}) than NEW ({is})")
    });
    order
        .into_iter()
        .chain(accounts_missing("NEW", new, old))
        .chain(accounts_missing("OLD", old, new))
        .chain(unidentified(old, new))
        .chain(rules(old, new))
        .chain(gate(&old.run.options.gate, &new.run.options.gate))
        .collect()
}

/// The accounts of which one report says nothing, and the other does.
fn accounts_missing(name: &str, report: &Report, other: &Report) -> Vec<String> {
    let missing = |account| match same_account(account, report) {
        None => Some(format!("{name} does not hold account {}", account.id)),
        Some(held) if held.status == AccountStatus::Failed => {
            Some(format!("in {name}, nothing of account {} could be collected", account.id))
        }
        Some(_) => None,
    };
    other.accounts.iter().filter(|account| is_identified(account)).filter_map(missing).collect()
}

fn unidentified(old: &Report, new: &Report) -> Option<String> {
    let mut accounts = old.accounts.iter().chain(&new.accounts);
    accounts.any(|account| !is_identified(account)).then(|| {
        "an account could not be identified, and may be any; nothing in it counts as fixed"
            .to_owned()
    })
}

fn rules(old: &Report, new: &Report) -> Vec<String> {
    let changes = RuleChanges::between(old, new);
    let worded = old.tool.ruleset != new.tool.ruleset && changes.is_empty();
    let only = |name: &str, rules: &[&str]| {
        named(rules).map(|rules| format!("only {name} judged {rules}"))
    };
    let differ = named(&changes.differ)
        .map(|rules| format!("with another test or other parameters in NEW: {rules}"));
    let worded =
        worded.then(|| "the rules test the same, but differ in severities or words".into());
    [only("OLD", &changes.only_old), only("NEW", &changes.only_new), differ, worded]
        .into_iter()
        .flatten()
        .collect()
}

/// How the gates differ. They decide the exit statuses of the audits, and not what has changed.
fn gate(old: &Gate, new: &Gate) -> Vec<String> {
    let severity = (old.fail_on != new.fail_on).then(|| {
        let (was, is) = (old.fail_on.word(), new.fail_on.word());
        format!("the audits failed at other severities: OLD from {was}, NEW from {is}")
    });
    let unknown = (old.allow_unknown != new.allow_unknown)
        .then(|| "the audits allowed other rules to remain unknown".to_owned());
    severity.into_iter().chain(unknown).collect()
}
