//! Notes what makes two reports less comparable than they seem.

use portcullis_model::{Gate, Report};

use crate::decide::comparison::{RuleChanges, same_account};
use crate::words::{named, time};

pub(super) fn between(old: &Report, new: &Report) -> Vec<String> {
    let mut notes = backwards(old, new);
    notes.extend(accounts_missing("NEW", new, old));
    notes.extend(accounts_missing("OLD", old, new));
    notes.extend(unidentified(old, new));
    notes.extend(rules(old, new));
    notes.extend(gate(&old.options.gate, &new.options.gate));
    notes
}

/// The accounts of which the older report is the newer one.
pub(super) fn backwards(old: &Report, new: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    for account in &new.accounts {
        if let Some(held) = same_account(account.account_ref(), old)
            && held.as_of > account.as_of
        {
            let lead = match new.accounts.len() {
                1 => String::new(),
                _ => format!("for {}, ", account.id),
            };
            let (was, is) = (time(held.as_of), time(account.as_of));
            notes.push(format!("{lead}OLD is from a later time ({was}) than NEW ({is})"));
        }
    }
    notes
}

/// The accounts that only the other report is about.
fn accounts_missing(name: &str, report: &Report, other: &Report) -> Vec<String> {
    let mut missing = Vec::new();
    let mut accounts: Vec<_> = other.accounts.iter().collect();
    accounts.retain(|account| account.account_ref().is_identified());
    for account in accounts {
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
    accounts
        .any(|account| !account.account_ref().is_identified())
        .then(|| {
            "one account could not be identified and may be any of them; none of its findings counts as fixed"
                .to_owned()
        })
}

fn rules(old: &Report, new: &Report) -> Vec<String> {
    let changes = RuleChanges::between(&old.rules, &new.rules);
    let mut notes = Vec::new();
    for (name, rules) in [("OLD", &changes.only_old), ("NEW", &changes.only_new)] {
        notes.extend(named(rules).map(|rules| format!("only {name} judged {rules}")));
    }
    if let Some(rules) = named(&changes.differ) {
        notes.push(format!("with a different test or other parameters in NEW: {rules}"));
    }
    if old.tool.ruleset != new.tool.ruleset && changes.is_empty() {
        notes.push("the rules have the same tests but differ in severity or wording".to_owned());
    }
    notes
}

/// The differences of the gates, which affect the exit statuses of the audits but not the diff.
fn gate(old: &Gate, new: &Gate) -> Vec<String> {
    let mut notes = Vec::new();
    if old.fail_on != new.fail_on {
        let (was, is) = (old.fail_on.word(), new.fail_on.word());
        notes.push(format!("the audits used different --fail-on severities: OLD {was}, NEW {is}"));
    }
    if old.allow_unknown != new.allow_unknown {
        notes.push("the audits allowed different rules to stay unknown".to_owned());
    }
    notes
}
