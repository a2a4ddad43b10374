//! JUnit: test results, valid under the schemas of Jenkins (`junit-10.xsd` of its xUnit plugin) and
//! of Apache Ant (`JUnit.xsd`).
//!
//! An account is a suite and a finding a test case. GitLab and Jenkins follow a test case from run to
//! run by class and name: the class is account, family and rule, and the name is the resource's id.
//! A rule without findings is a test case too, so that a clean report shows what was judged. What
//! could not be judged is an error, never a test that passed.

mod case;
mod xml;

use std::collections::HashSet;
use std::io::{self, Write};

use portcullis_model::{AccountStatus, Gap, Report};

use self::case::Case;
use crate::render::gaps;
use crate::render::view::{Part, View, by_account};

/// The suite of what a report tells of its accounts together.
const ALL_ACCOUNTS: &str = "all accounts";

/// Test cases, with what there is to know about where they come from.
#[derive(Default)]
struct Suite<'a> {
    /// An account's id, or [`ALL_ACCOUNTS`].
    name: &'a str,
    properties: Vec<(&'static str, &'a str)>,
    cases: Vec<Case>,
    /// What could not be collected, and why.
    gaps: Vec<String>,
}

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suites = suites(view);
    for suite in &mut suites {
        case::tell_apart(&mut suite.cases);
    }
    xml::write(view, &suites, out)
}

/// A suite an account, and one for the rules without findings where they cannot be told by account.
fn suites<'a>(view: &View<'a>) -> Vec<Suite<'a>> {
    let mut suites: Vec<Suite<'a>> =
        by_account(view.report).into_iter().map(|(id, part)| Suite::of(view, id, &part)).collect();
    let Report { rules, tallies, findings, accounts, .. } = view.report;
    let listed: HashSet<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    let silent = rules.iter().filter(|rule| !listed.contains(rule.id.as_str()));
    let told = |name| -> Vec<Case> {
        let tallied = silent.clone().filter_map(|rule| Some((rule, tallies.get(&rule.id)?)));
        tallied.filter_map(|(rule, tally)| Case::of_rule(name, rule, *tally)).collect()
    };
    if let [suite] = suites.as_mut_slice() {
        suite.cases.extend(told(suite.name));
        return suites;
    }
    let mut cases = told(ALL_ACCOUNTS);
    if accounts.is_empty() {
        cases.push(Case::of_nothing(ALL_ACCOUNTS, "no account was audited"));
    }
    if !cases.is_empty() {
        suites.push(Suite { name: ALL_ACCOUNTS, cases, ..Suite::default() });
    }
    suites
}

impl<'a> Suite<'a> {
    /// What there is to know of the accounts of that id, and their findings.
    fn of(view: &View<'a>, id: &'a str, part: &Part<'a>) -> Suite<'a> {
        let Part { accounts, findings } = part;
        let properties = accounts.iter().flat_map(|account| {
            let names = [("alias", account.alias.as_deref()), ("name", account.name.as_deref())];
            let known = names.into_iter().filter_map(|(key, value)| Some((key, value?)));
            known.chain([("partition", account.partition.as_str())])
        });
        let failed = accounts.iter().filter(|account| account.status == AccountStatus::Failed);
        let failures = failed.map(|_| Case::of_nothing(id, "nothing could be collected"));
        let verdicts = findings.iter().map(|f| Case::of_finding(view.rule(f), f));
        let gaps = accounts.iter().flat_map(|account| &account.gaps);
        let gaps: Vec<&Gap> = gaps.filter(|gap| !gap.is_by_choice()).collect();
        Suite {
            name: id,
            properties: properties.collect(),
            cases: failures.chain(verdicts).collect(),
            gaps: gaps::folded(&gaps),
        }
    }
}
