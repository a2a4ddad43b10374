//! Everything about a rule that a person may ask.

use std::collections::BTreeMap;

use portcullis_model::Severity;
use serde::Serialize;

use crate::show::type_name;
use crate::{Example, Param, Rule};

/// Everything about a rule that a person may ask.
#[derive(Debug, Serialize)]
pub struct Explanation<'r> {
    /// The stable id.
    pub id: &'r str,
    /// The problem, in a few words.
    pub title: &'r str,
    /// How grave it is.
    pub severity: Severity,
    /// The kind of resource it judges.
    pub scope: &'static str,
    /// What that kind is.
    pub judges: &'static str,
    /// `default` or `strict`.
    pub rule_set: &'static str,
    /// The directory that holds the file.
    pub family: &'r str,
    /// The file.
    pub path: &'r str,
    /// Why it matters.
    pub why: &'r str,
    /// What to do about it, with `{placeholders}`.
    pub what_to_do: &'r str,
    /// The parameters, with defaults and values.
    pub params: &'r BTreeMap<String, Param>,
    /// The condition under which it applies; none: always.
    pub when: Option<&'r str>,
    /// The condition under which it passes.
    pub assert: &'r str,
    /// What a finding says, with `{placeholders}`.
    pub message: &'r str,
    /// The facts it reads.
    pub facts: Vec<FactRead<'r>>,
    /// When a finding is no problem, where that can be.
    pub false_positives: Option<&'r str>,
    /// Its own tests.
    pub examples: &'r [Example],
    /// Pages to read.
    pub references: &'r [String],
}

/// A fact that a rule reads.
#[derive(Debug, Serialize)]
pub struct FactRead<'r> {
    /// The whole path, such as `account.user_count`.
    pub path: &'r str,
    /// The type, in words.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it is.
    pub doc: &'static str,
}

/// Everything about a rule that a person may ask.
#[must_use]
pub fn explain(rule: &Rule) -> Explanation<'_> {
    let facts = rule.program.evidence.iter().filter(|(path, _)| !path.starts_with("params."));
    let facts = facts.map(|(path, read)| FactRead { path, ty: type_name(read.ty), doc: read.doc });
    Explanation {
        id: &rule.id,
        title: &rule.title,
        severity: rule.severity,
        scope: rule.scope.name,
        judges: rule.scope.doc,
        rule_set: rule.rule_set,
        family: &rule.family,
        path: &rule.path,
        why: &rule.risk,
        what_to_do: &rule.remediation,
        params: &rule.params,
        when: rule.texts.when.as_ref().map(|text| text.value.trim()),
        assert: rule.texts.assert.value.trim(),
        message: rule.texts.message.value.trim(),
        facts: facts.collect(),
        false_positives: rule.false_positives.as_deref(),
        examples: &rule.examples,
        references: &rule.references,
    }
}
