//! Everything about a rule that a user may want to know.

use std::collections::BTreeMap;

use portcullis_model::{Severity, Source, Type};
use serde::Serialize;

use crate::expr::Variable;
use crate::scope::Scope;
use crate::show::type_name;
use crate::{Example, Param, Rule};

/// Everything about a rule that a user may want to know.
#[derive(Debug, Serialize)]
pub struct Explanation<'r> {
    /// The stable id.
    pub id: &'r str,
    /// The problem in a few words.
    pub title: &'r str,
    /// The severity of a finding.
    pub severity: Severity,
    /// Conditions with another severity; the first one met applies.
    pub severities: Vec<ConditionalSeverity<'r>>,
    /// The kind of resource it judges, or several: `user, group, role`.
    pub scope: String,
    /// A description of that kind.
    pub judges: String,
    /// `default` or `strict`.
    pub rule_set: &'static str,
    /// The directory of the file.
    pub family: &'r str,
    /// The file.
    pub path: &'r str,
    /// Why the problem matters.
    pub why: &'r str,
    /// The remediation, with placeholders such as `USER-NAME` for a finding's own values.
    pub what_to_do: &'r str,
    /// The parameters, with defaults and values.
    pub params: &'r BTreeMap<String, Param>,
    /// How attempts are grouped into windows; none if the rule does not judge windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<WindowsDoc<'r>>,
    /// The regions that a rule on CloudTrail events needs in order to pass.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub regions: &'r [String],
    /// Whether CloudTrail counts what it judges as read-only, which a trail may leave out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// The condition under which the rule applies; none if it always does.
    pub when: Option<&'r str>,
    /// The condition under which it passes.
    pub assert: &'r str,
    /// The message of a finding, with `{placeholders}`.
    pub message: &'r str,
    /// The facts it reads.
    pub facts: Vec<FactDoc>,
    /// The facts that a rule on its scope may read.
    pub facts_in_reach: Vec<FactDoc>,
    /// The sources it needs.
    pub sources: Vec<Source>,
    /// When a finding is not a problem, if that can happen.
    pub false_positives: Option<&'r str>,
    /// The rule's own tests.
    pub examples: &'r [Example],
    /// The ids of the controls it tests, by framework.
    pub frameworks: &'r BTreeMap<String, Vec<String>>,
    /// Pages to read.
    pub references: &'r [String],
}

/// How a rule groups attempts into windows.
#[derive(Debug, Serialize)]
pub struct WindowsDoc<'r> {
    /// The facts that all attempts of a window share.
    pub group_by: Vec<&'r str>,
    /// The longest time between two successive attempts.
    pub within: &'r str,
    /// The condition for attempts that count; none if all do.
    #[serde(rename = "where")]
    pub filter: Option<&'r str>,
    /// Whether a successful sign-in ends a window.
    pub until_success: bool,
}

/// A severity that applies under a condition.
#[derive(Debug, Serialize)]
pub struct ConditionalSeverity<'r> {
    /// The condition.
    pub when: &'r str,
    /// The severity of a finding then.
    pub severity: Severity,
}

/// A fact, described for readers and authors of rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactDoc {
    /// The whole path, such as `account.user_count`; `user.access_keys[].active` is a field of each
    /// element of a list.
    pub path: String,
    /// The type in words.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it may be null, which means "there is none".
    pub nullable: bool,
    /// The description; one per scope if a rule's scopes differ in it.
    pub doc: String,
}

impl FactDoc {
    fn new(path: &str, ty: Type, doc: &'static str) -> FactDoc {
        let nullable = matches!(ty, Type::Optional(_));
        FactDoc { path: path.to_owned(), ty: type_name(ty), nullable, doc: doc.to_owned() }
    }
}

/// Returns the facts that a rule on this kind of resource may read.
pub fn facts_in_reach(scope: &Scope) -> Vec<FactDoc> {
    facts_of_all(scope.variables)
}

fn facts_of_all(variables: &[Variable]) -> Vec<FactDoc> {
    let mut facts = Vec::new();
    for variable in variables {
        add_facts(variable.name, variable.ty, &mut facts);
    }
    facts
}

/// Adds the fields of a record, or of each record in a list, and recursively the fields of these.
fn add_facts(path: &str, ty: Type, facts: &mut Vec<FactDoc>) {
    match ty {
        Type::Record(record) => {
            for field in record.fields {
                let path = format!("{path}.{}", field.name);
                facts.push(FactDoc::new(&path, field.ty, field.doc));
                add_facts(&path, field.ty, facts);
            }
        }
        Type::List(element) => add_facts(&format!("{path}[]"), *element, facts),
        Type::Optional(ty) => add_facts(path, *ty, facts),
        Type::Bool | Type::Number | Type::Text | Type::Word(_) | Type::Time => {}
    }
}

/// Returns the facts that a rule may read: those that all of its scopes have.
fn shared_facts(rule: &Rule) -> Vec<FactDoc> {
    let several = rule.parts.len() > 1;
    let mut by_scope = Vec::new();
    for part in &rule.parts {
        by_scope.push((part.scope.name, facts_of_all(&part.scope.variables_of(several))));
    }
    let mut facts = by_scope
        .first()
        .map(|(_, facts)| facts.clone())
        .unwrap_or_default();
    facts.retain_mut(|fact| {
        let (mut docs, mut differ) = (Vec::new(), false);
        for (scope, others) in &by_scope {
            if let Some(other) = others.iter().find(|other| other.path == fact.path) {
                differ |= other.doc != fact.doc;
                docs.push(format!("{scope}: {}", other.doc));
            }
        }
        if differ {
            fact.doc = docs.join(" ");
        }
        docs.len() == by_scope.len()
    });
    facts
}

/// Describes a rule.
pub fn explain(rule: &Rule) -> Explanation<'_> {
    let facts_in_reach = shared_facts(rule);
    let mut facts = Vec::new();
    for (path, read) in rule
        .parts
        .iter()
        .take(1)
        .flat_map(|part| &part.program.evidence)
    {
        if !path.starts_with("params.") {
            let shared = facts_in_reach
                .iter()
                .find(|fact| fact.path == *path)
                .cloned();
            facts.push(shared.unwrap_or_else(|| FactDoc::new(path, read.ty, read.doc)));
        }
    }
    let mut severities = Vec::new();
    for (when, severity) in &rule.texts.severities {
        severities.push(ConditionalSeverity { when: when.value.trim(), severity: *severity });
    }
    Explanation {
        id: &rule.id,
        title: &rule.title,
        severity: rule.severity,
        severities,
        scope: rule.scope(),
        judges: rule.each_scope(|scope| scope.doc).join(" "),
        rule_set: rule.rule_set,
        family: &rule.family,
        path: &rule.path,
        why: &rule.risk,
        what_to_do: &rule.remediation,
        params: &rule.params,
        windows: rule.texts.grouping.as_ref().map(|grouping| WindowsDoc {
            group_by: grouping
                .group_by
                .iter()
                .map(|text| text.value.as_str())
                .collect(),
            within: &grouping.within.value,
            filter: grouping.filter.as_ref().map(|text| text.value.trim()),
            until_success: grouping.until_success,
        }),
        regions: &rule.regions,
        read_only: rule.read_only,
        when: rule.texts.when.as_ref().map(|text| text.value.trim()),
        assert: rule.texts.assert.value.trim(),
        message: rule.texts.message.value.trim(),
        facts,
        facts_in_reach,
        sources: rule.sources().iter().collect(),
        false_positives: rule.false_positives.as_deref(),
        examples: &rule.examples,
        frameworks: &rule.frameworks,
        references: &rule.references,
    }
}
