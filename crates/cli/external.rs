//! Finds accounts that are external to one report, and reported in another that is joined with it.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Finding, Verdict};
use portcullis_report::counted;
use serde_json::Value as Json;

use crate::terminal;

/// The prefix of the facts that name external accounts.
const EXTERNAL: &str = "external_";
const HELP: &str = "\
since the reports were made separately; audit them together, or each with the same --accounts FILE that \
lists all of them";

/// The external accounts in the findings of several reports.
#[derive(Default)]
pub(crate) struct ExternalAccounts {
    /// The ids of the reported accounts.
    reported: BTreeSet<String>,
    /// For each failing finding that names external accounts, its rule and their ids.
    findings: Vec<(String, BTreeSet<String>)>,
}

impl ExternalAccounts {
    pub(crate) fn add_account(&mut self, id: &str) {
        self.reported.insert(id.to_owned());
    }

    pub(crate) fn add_finding(&mut self, finding: &Finding) {
        if finding.verdict != Verdict::Fail || finding.resource.kind != "role" {
            return;
        }
        let mut named = BTreeSet::new();
        for (name, fact) in finding.evidence.facts() {
            if name
                .split('.')
                .next_back()
                .is_some_and(|field| field.starts_with(EXTERNAL))
            {
                named.extend(fact.as_array().into_iter().flatten().filter_map(id));
            }
        }
        if !named.is_empty() {
            self.findings.push((finding.rule.clone(), named));
        }
    }

    /// Warns of findings that would differ in a single audit of all accounts.
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

/// The id of an account, which is a text or a field of a record.
fn id(account: &Json) -> Option<String> {
    account
        .as_str()
        .or(account["id"].as_str())
        .map(str::to_owned)
}
