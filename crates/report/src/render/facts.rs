//! Describes what was audited, how, and with which evidence.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use portcullis_model::{AuditedAccount, Gap, Report, RunOptions, Source};

use crate::decide::loosened;
use crate::words::{self, counted, time, truncated};

/// How many accounts, baselines or loosenings are listed.
const LISTED: usize = 20;

/// A label and a text.
pub(crate) type Fact = (&'static str, String);

/// The facts about a report. A repeated label means a list.
pub(crate) fn facts(report: &Report) -> Vec<Fact> {
    let common = common_as_of(report);
    let mut facts = accounts(report, common.is_none());
    facts.extend(common.map(|as_of| ("As of", time(as_of))));
    facts.push(("Rules", rules(report)));
    let compared = report.accounts.iter().filter_map(|account| {
        let baseline = words::baseline(account, report)?;
        Some(("Baseline", format!("{}{baseline}", words::lead(account, report))))
    });
    facts.extend(compared.take(LISTED));
    if report.options.redacted {
        facts.push(("Redacted", "names, ids and ARNs are pseudonyms".to_owned()));
    }
    facts.extend(loosened(report));
    facts.extend(not_asked(report).map(|sources| ("Not asked", sources)));
    facts.extend(gaps(report).map(|gaps| ("Gaps", gaps)));
    facts
}

/// The configuration, and what makes the run laxer than one with the defaults.
fn loosened(report: &Report) -> Vec<Fact> {
    let mut facts = Vec::new();
    for file in report.run.configuration.iter().take(LISTED) {
        facts.push(("Config", file.clone()));
    }
    for phrase in truncated(loosened::describe(report), LISTED) {
        facts.push(("Loosened", phrase));
    }
    facts
}

/// The time to which the ages of all accounts count, if it is the same.
fn common_as_of(report: &Report) -> Option<Timestamp> {
    let as_of = report.as_of()?;
    report
        .accounts
        .iter()
        .all(|account| account.as_of == as_of)
        .then_some(as_of)
}

/// One account in several lines, or several in one line each, with their own times if these differ.
fn accounts(report: &Report, at_own_time: bool) -> Vec<Fact> {
    match report.accounts.as_slice() {
        [] => vec![("Account", "none".to_owned())],
        [account] => {
            let caller = account.caller.clone().map(|caller| ("Caller", caller));
            let mut facts = vec![("Account", name(account))];
            facts.extend(caller);
            facts.push(("Evidence", words::evidence(account, report)));
            facts
        }
        all => {
            let mut texts = Vec::new();
            for account in all {
                let mut text = name(account);
                if at_own_time {
                    text = format!("{text}, as of {}", time(account.as_of));
                }
                texts.push(format!("{text}: {}", words::evidence(account, report)));
            }
            let texts = truncated(texts, LISTED).into_iter();
            texts.map(|text| ("Account", text)).collect()
        }
    }
}

/// The account's id, names and partition.
fn name(account: &AuditedAccount) -> String {
    let AuditedAccount { id, alias, name, partition, .. } = account;
    let named = match (alias, name) {
        (Some(alias), Some(name)) => format!(" ({alias}, {name})"),
        (Some(name), None) | (None, Some(name)) => format!(" ({name})"),
        (None, None) => String::new(),
    };
    format!("{id}{named}, partition {partition}")
}

/// How many rules were judged, and how they were chosen.
fn rules(report: &Report) -> String {
    let RunOptions { rule_set, only, skip, frameworks, .. } = &report.options;
    let chosen = match (only.as_slice(), frameworks.as_slice()) {
        ([], []) => format!("of the {rule_set} set"),
        ([], frameworks) => format!("of {}", frameworks.join(", ")),
        _ => "chosen by id".to_owned(),
    };
    let skipped = if skip.is_empty() {
        ""
    } else {
        ", without those left out by id"
    };
    format!("{} {chosen}{skipped}", report.rules.len())
}

/// The calls that were deliberately not made.
fn not_asked(report: &Report) -> Option<String> {
    let mut sources: BTreeMap<_, usize> = BTreeMap::new();
    let all = report.accounts.iter().flat_map(|account| &account.gaps);
    for gap in all.filter(|gap| gap.is_by_choice()) {
        *sources.entry(gap.source).or_default() += usize::from(gap.resource.is_some());
    }
    let mut texts = Vec::new();
    for (source, users) in sources {
        texts.push(match users {
            0 => source.to_string(),
            users => format!("{source} of {}", counted(users, "user")),
        });
    }
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// The number of sources that failed. The coverage shows what is missing from logs.
fn gaps(report: &Report) -> Option<String> {
    let (mut missing, mut is_outdated) = (BTreeSet::new(), false);
    for gap in report.accounts.iter().flat_map(|account| &account.gaps) {
        match gap.code.as_str() {
            Gap::UNDATED | Gap::AGELESS => {}
            Gap::OUTDATED => is_outdated = true,
            _ if gap.is_by_choice() => {}
            _ => {
                missing.insert(gap.source);
            }
        }
    }
    match missing.len() {
        0 if is_outdated => Some("credential report too old; see below".to_owned()),
        0 if report.activity.is_empty() => Some("none".to_owned()),
        _ if missing.iter().all(|source| *source == Source::CloudTrail) => None,
        count => Some(format!("{} missing; see below", counted(count, "source"))),
    }
}
