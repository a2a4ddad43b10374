//! What makes two reports less comparable than they seem.

use portcullis_model::{Gate, Report};

use crate::decide::comparison::{RuleChanges, same_account};
use crate::words::{named, time};

pub(super) fn between(old: &Report, new: &Report) -> Vec<String> {
    backwards(old, new)
        .into_iter()
        .chain(accounts_missing("NEW", new, old))
        .chain(accounts_missing("OLD", old, new))
        .chain(unidentified(old, new))
        .chain(rules(old, new))
        .chain(gate(&old.options.gate, &new.options.gate))
        .collect()
}

/// The accounts of which the older report is the newer one.
fn backwards(old: &Report, new: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    for account in &new.accounts {
        let was = same_account(account.account_ref(), old).map(|held| held.as_of);
        let Some(was) = was.filter(|was| *was > account.as_of) else { continue };
        let of =
            if new.accounts.len() > 1 { format!("for {}, ", account.id) } else { String::new() };
        let (was, is) = (time(was), time(account.as_of));
        notes.push(format!("{of}OLD is from a later time ({was}) than NEW ({is})"));
    }
    notes
}

/// The accounts of which one report says nothing, and the other does.
fn accounts_missing(name: &str, report: &Report, other: &Report) -> Vec<String> {
    let mut missing = Vec::new();
    for account in other.accounts.iter().filter(|it| it.account_ref().is_identified()) {
        match same_account(account.account_ref(), report) {
            None => missing.push(format!("{name} does not hold account {}", account.id)),
            Some(held) if !held.status.is_judged() => {
                let id = &account.id;
                missing.push(format!("in {name}, nothing could be collected from account {id}"));
            }
            Some(_) => {}
        }
    }
    missing
}

fn unidentified(old: &Report, new: &Report) -> Option<String> {
    let mut accounts = old.accounts.iter().chain(&new.accounts);
    accounts.any(|account| !account.account_ref().is_identified()).then(|| {
        "an account could not be identified, and may be any; nothing in it counts as fixed"
            .to_owned()
    })
}

fn rules(old: &Report, new: &Report) -> Vec<String> {
    let changes = RuleChanges::between(&old.rules, &new.rules);
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
