//! Reports of different accounts that were judged alike, joined into one.

use std::error::Error;
use std::fmt;

use portcullis_model::{AuditedAccount, Report, Waiver, WaiverOutcome};

use crate::decide::loosened;
use crate::decide::waivers::{self, ANY_ACCOUNT};

/// Reports that cannot be joined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unmergeable {
    /// There is none.
    Nothing,
    /// Two of them do not go together.
    Pair {
        /// The places of the two among the reports, from 0.
        places: [usize; 2],
        /// Why not.
        conflict: Conflict,
    },
}

/// Why two reports do not go together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Conflict {
    /// Both are of the account of that id.
    SameAccount(String),
    /// Neither says which account it is of, so both may be of the same one.
    Unidentified,
    /// Only one of them is redacted.
    Redaction,
    /// Different versions of Portcullis made them.
    Version,
    /// Different rules or parameters, or pseudonyms under different salts.
    Rules,
    /// Different options.
    Options,
}

impl Error for Conflict {}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Conflict::SameAccount(id) => return write!(f, "both are of account {id}"),
            Conflict::Unidentified => {
                "neither says which account it is of, so both may be of the same one"
            }
            Conflict::Redaction => "one is redacted and the other is not",
            Conflict::Version => "different versions of Portcullis made them",
            Conflict::Rules => {
                "they were judged by different rules or parameters, or redacted with different salts"
            }
            Conflict::Options => "they were made with different options",
        })
    }
}

/// The report of all accounts: as if one audit had judged them.
pub fn merge(reports: Vec<Report>) -> Result<Report, Unmergeable> {
    check(&reports)?;
    let waivers = join_waivers(&reports);
    let run = loosened::join(&reports);
    let mut reports = reports.into_iter();
    let mut joined = reports.next().ok_or(Unmergeable::Nothing)?;
    for report in reports {
        joined.accounts.extend(report.accounts);
        joined.findings.extend(report.findings);
    }
    joined.accounts.sort_by(|a, b| a.account_ref().cmp(&b.account_ref()));
    joined.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    joined.waivers = waivers;
    joined.run = run;
    loosened::count(&mut joined);
    Ok(joined)
}

fn check(reports: &[Report]) -> Result<(), Unmergeable> {
    for (second, report) in reports.iter().enumerate() {
        for (first, earlier) in reports[..second].iter().enumerate() {
            // What the first two have in common, the first and the third need not be asked about again.
            let difference = if first == 0 { difference(earlier, report) } else { None };
            let conflict = difference.or_else(|| common_account(earlier, report));
            if let Some(conflict) = conflict {
                return Err(Unmergeable::Pair { places: [first, second], conflict });
            }
        }
    }
    Ok(())
}

/// What two reports must have in common, and have not.
fn difference(a: &Report, b: &Report) -> Option<Conflict> {
    if a.options.redacted != b.options.redacted {
        Some(Conflict::Redaction)
    } else if (&a.tool.name, &a.tool.version) != (&b.tool.name, &b.tool.version) {
        Some(Conflict::Version)
    } else if a.tool.ruleset != b.tool.ruleset || a.rules != b.rules {
        Some(Conflict::Rules)
    } else {
        (a.options != b.options).then_some(Conflict::Options)
    }
}

/// An account that is in both, as far as is known.
fn common_account(a: &Report, b: &Report) -> Option<Conflict> {
    let is_in_b = |account: &&AuditedAccount| {
        let account = account.account_ref();
        b.accounts.iter().any(|other| other.account_ref() == account)
    };
    let account = a.accounts.iter().find(is_in_b)?;
    Some(if account.account_ref().is_identified() {
        Conflict::SameAccount(account.id.clone())
    } else {
        Conflict::Unidentified
    })
}

/// The waivers of all reports, each once, with what it matches in all of them.
fn join_waivers(reports: &[Report]) -> Vec<WaiverOutcome> {
    let mut outcomes: Vec<(&WaiverOutcome, bool)> = Vec::new();
    for report in reports {
        for outcome in &report.waivers {
            outcomes.push((outcome, concerns(&outcome.waiver, report)));
        }
    }
    outcomes.sort_by(|(a, _), (b, _)| waivers::order(&a.waiver).cmp(&waivers::order(&b.waiver)));
    let same_waiver =
        |(a, _): &(&WaiverOutcome, _), (b, _): &(&WaiverOutcome, _)| a.waiver == b.waiver;
    outcomes.chunk_by(same_waiver).filter_map(join_outcomes).collect()
}

/// What became of one waiver, by the outcomes in several reports and whether it concerns these.
fn join_outcomes(outcomes: &[(&WaiverOutcome, bool)]) -> Option<WaiverOutcome> {
    let ((first, _), others) = outcomes.split_first()?;
    let mut joined = WaiverOutcome::clone(first);
    for (outcome, _) in others {
        joined.days_left = joined.days_left.min(outcome.days_left);
        joined.fails = joined.fails.saturating_add(outcome.fails);
        joined.unknown = joined.unknown.saturating_add(outcome.unknown);
    }
    // An account that was not judged in whole may hold what the waiver is for.
    joined.judged = outcomes.iter().any(|(outcome, _)| outcome.judged)
        && outcomes.iter().all(|(outcome, concerns)| outcome.judged || !concerns);
    Some(joined)
}

/// Whether the report is of an account in which the waiver holds.
fn concerns(waiver: &Waiver, report: &Report) -> bool {
    let mut accounts = report.accounts.iter();
    waiver.account == ANY_ACCOUNT || accounts.any(|account| account.id == waiver.account)
}
