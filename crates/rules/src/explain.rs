//! Everything about a rule that a person may ask.

use std::collections::BTreeMap;

use portcullis_model::{Severity, Source};
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
    /// Where it is more or less grave; the first that is met holds.
    pub severities: Vec<ConditionalSeverity<'r>>,
    /// The kind of resource it judges, or several: `user, group, role`.
    pub scope: String,
    /// What that kind is.
    pub judges: String,
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
    /// The sources that it needs.
    pub sources: Vec<Source>,
    /// When a finding is no problem, where that can be.
    pub false_positives: Option<&'r str>,
    /// Its own tests.
    pub examples: &'r [Example],
    /// The controls that it tests, by the framework's id.
    pub frameworks: &'r BTreeMap<String, Vec<String>>,
    /// Pages to read.
    pub references: &'r [String],
}

/// A severity that holds on a condition.
#[derive(Debug, Serialize)]
pub struct ConditionalSeverity<'r> {
    /// The condition.
    pub when: &'r str,
    /// How grave a finding is then.
    pub severity: Severity,
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
    let read = rule.parts.iter().take(1).flat_map(|part| &part.program.evidence);
    let facts = read.filter(|(path, _)| !path.starts_with("params."));
    let facts = facts.map(|(path, read)| FactRead { path, ty: type_name(read.ty), doc: read.doc });
    let severities = rule.texts.severities.iter();
    let severities = severities.map(|(when, severity)| ConditionalSeverity {
        when: when.value.trim(),
        severity: *severity,
    });
    Explanation {
        id: &rule.id,
        title: &rule.title,
        severity: rule.severity,
        severities: severities.collect(),
        scope: rule.scope(),
        judges: rule.each_scope(|scope| scope.doc).join(" "),
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
        sources: rule.sources().iter().collect(),
        false_positives: rule.false_positives.as_deref(),
        examples: &rule.examples,
        frameworks: &rule.frameworks,
        references: &rule.references,
    }
}
