//! Accounts that are external to a report, and are in another of the reports that are joined with it.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Finding, Verdict};
use portcullis_report::counted;
use serde_json::Value as Json;

use crate::terminal;

/// The facts that name external accounts begin so.
const EXTERNAL: &str = "external_";
const HELP: &str = "\
since their reports were made without each other; audit them together, or each with the same --accounts FILE that \
lists all of them";

/// What the reports say of external accounts.
#[derive(Default)]
pub(crate) struct ExternalAccounts {
    /// The ids of the accounts that the reports are about.
    reported: BTreeSet<String>,
    /// Of each finding that fails and names external accounts: its rule, and these.
    findings: Vec<(String, BTreeSet<String>)>,
}

impl ExternalAccounts {
    /// Adds an account of a report.
    pub(crate) fn add_account(&mut self, id: &str) {
        self.reported.insert(id.to_owned());
    }

    /// Adds a finding of a report.
    pub(crate) fn add_finding(&mut self, finding: &Finding) {
        if finding.verdict != Verdict::Fail || finding.resource.kind != "role" {
            return;
        }
        let mut named = BTreeSet::new();
        for (name, fact) in finding.evidence.facts() {
            if name.split('.').next_back().is_some_and(|field| field.starts_with(EXTERNAL)) {
                named.extend(fact.as_array().into_iter().flatten().filter_map(id));
            }
        }
        if !named.is_empty() {
            self.findings.push((finding.rule.clone(), named));
        }
    }

    /// Warns of findings that one audit of all the accounts would not have, or not so.
    pub(crate) fn warn(&self) {
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        for (rule, named) in &self.findings {
            if !named.is_disjoint(&self.reported) {
                *rules.entry(rule).or_default() += 1;
            }
        }
        for (rule, count) in rules {
            let findings = counted(count, "finding");
            let treat = if count == 1 { "treats" } else { "treat" };
            terminal::warn(&format!(
                "{findings} of {rule} {treat} accounts of these reports as external, {HELP}"
            ));
        }
    }
}

/// The id of an account, alone or in a record.
fn id(account: &Json) -> Option<String> {
    account.as_str().or(account["id"].as_str()).map(str::to_owned)
}
