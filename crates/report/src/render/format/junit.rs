//! Writes test results for JUnit, valid under the schemas of Jenkins (`junit-10.xsd` of its xUnit plugin) and Apache Ant
//! (`JUnit.xsd`).
//!
//! An account is a suite and a finding is a test case. GitLab and Jenkins recognise a test case by class and name: the
//! class is account, family and rule, and the name is the resource's id. A rule without findings is also a test case, so
//! that a clean report shows what was judged. What could not be judged is an error, not a passed test.

mod case;
mod xml;

use std::collections::HashSet;
use std::io::{self, Write};

use jiff::Timestamp;

use self::case::Case;
use crate::decide::loosened;
use crate::render::gaps::{self, Cause};
use crate::render::view::{AccountPart, View, by_account};
use crate::words::not_collected;

/// The suite for what does not concern a single account.
const ALL_ACCOUNTS: &str = "all accounts";

/// Test cases, and information about their account.
#[derive(Default)]
struct Suite<'a> {
    /// An account's id, or [`ALL_ACCOUNTS`].
    name: &'a str,
    /// The time to which ages count.
    as_of: Timestamp,
    properties: Vec<(&'static str, &'a str)>,
    cases: Vec<Case>,
    /// What could not be collected, and why.
    gaps: Vec<String>,
}

/// Writes a suite for each account. There is at least one, since no tests at all would look like a success.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let parts = by_account(view);
    xml::write(out, |xml| {
        for (number, (id, part)) in parts.iter().enumerate() {
            xml::write_suite(view, number, &Suite::new(view, id, part)?, xml)?;
        }
        let mut cases: Vec<Case> = loosened::wrong_shares(view.report)
            .map(|shares| Case::of_nothing(ALL_ACCOUNTS, &shares))
            .collect();
        if view.report.accounts.is_empty() {
            cases.push(match view.outcome.exit_status() {
                0 => Case::to_skip(ALL_ACCOUNTS, "the share holds no account"),
                _ => Case::of_nothing(ALL_ACCOUNTS, "no account was audited"),
            });
        }
        if !cases.is_empty() {
            case::tell_apart(&mut cases);
            let suite = Suite { name: ALL_ACCOUNTS, cases, ..Suite::default() };
            xml::write_suite(view, parts.len(), &suite, xml)?;
        }
        Ok(())
    })
}

impl<'a> Suite<'a> {
    /// The accounts with this id, their findings, and the rules without findings.
    fn new(view: &View<'_>, id: &'a str, part: &AccountPart<'a>) -> io::Result<Suite<'a>> {
        let AccountPart { accounts, entries } = part;
        let mut properties = Vec::new();
        let mut cases = Vec::new();
        for account in accounts {
            properties.extend(account.alias.as_deref().map(|alias| ("alias", alias)));
            properties.extend(account.name.as_deref().map(|name| ("name", name)));
            properties.push(("partition", account.partition.as_str()));
            if account.status.is_failed() {
                cases.push(Case::of_nothing(id, "nothing could be collected"));
            } else if !account.status.is_judged() {
                cases.push(Case::to_skip(id, not_collected(account)));
            }
        }
        for finding in view.findings(entries) {
            let finding = finding?;
            cases.push(Case::of_finding(view, &finding));
        }
        cases.extend(silent(view, id, part));
        case::tell_apart(&mut cases);
        let gaps = accounts.iter().flat_map(|account| &account.gaps);
        let unwanted = gaps.filter(|gap| !gap.is_by_choice());
        Ok(Suite {
            name: id,
            as_of: accounts
                .iter()
                .map(|account| account.as_of)
                .max()
                .unwrap_or_default(),
            properties,
            cases,
            gaps: gaps::causes(unwanted, usize::MAX)
                .iter()
                .map(Cause::sentences)
                .collect(),
        })
    }
}

/// The rules without findings in the accounts with this id.
fn silent(view: &View<'_>, id: &str, part: &AccountPart<'_>) -> Vec<Case> {
    let listed: HashSet<&str> = part
        .entries
        .iter()
        .map(|entry| view.rule_id(entry))
        .collect();
    let mut cases = Vec::new();
    for rule in view
        .report
        .rules
        .iter()
        .filter(|rule| !listed.contains(rule.id.as_str()))
    {
        let tallies = part
            .accounts
            .iter()
            .filter_map(|account| account.tallies.get(&rule.id));
        cases.extend(Case::of_rule(id, rule, tallies.copied().sum()));
    }
    cases
}
