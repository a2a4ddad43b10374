//! Everything about a rule that a person may ask.

use std::collections::BTreeMap;

use portcullis_model::{Severity, Source, Type};
use serde::Serialize;

use crate::expr::Variable;
use crate::scope::Scope;
use crate::show::type_name;
use crate::{Example, Param, Rule};

/// Everything about a rule that a person may ask.
#[derive(Debug, Serialize)]
pub struct Explanation<'r> {
    /// The stable id.
    pub id: &'r str,
    /// The problem, in a few words.
    pub title: &'r str,
    /// How severe it is.
    pub severity: Severity,
    /// Where it is more or less severe; the first that is met holds.
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
    /// What to do about it, with capitals such as `USER-NAME` where a finding has its own values.
    pub what_to_do: &'r str,
    /// The parameters, with defaults and values.
    pub params: &'r BTreeMap<String, Param>,
    /// How attempts are grouped into windows; none: it judges no windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<WindowsDoc<'r>>,
    /// The regions without which a rule on what CloudTrail recorded cannot pass.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub regions: &'r [String],
    /// The condition under which it applies; none: always.
    pub when: Option<&'r str>,
    /// The condition under which it passes.
    pub assert: &'r str,
    /// What a finding says, with `{placeholders}`.
    pub message: &'r str,
    /// The facts it reads.
    pub facts: Vec<FactDoc>,
    /// The facts that a rule on its scope may read.
    pub facts_in_reach: Vec<FactDoc>,
    /// The sources that it needs.
    pub sources: Vec<Source>,
    /// When a finding is not a problem, where that can be.
    pub false_positives: Option<&'r str>,
    /// Its own tests.
    pub examples: &'r [Example],
    /// The controls that it tests, by the framework's id.
    pub frameworks: &'r BTreeMap<String, Vec<String>>,
    /// Pages to read.
    pub references: &'r [String],
}

/// How a rule puts attempts together to windows.
#[derive(Debug, Serialize)]
pub struct WindowsDoc<'r> {
    /// The facts that the attempts of one have in common.
    pub group_by: Vec<&'r str>,
    /// How soon one of them follows the other.
    pub within: &'r str,
    /// The attempts that count; none: all.
    #[serde(rename = "where")]
    pub filter: Option<&'r str>,
    /// Whether one ends where the person gets in.
    pub until_success: bool,
}

/// A severity that holds on a condition.
#[derive(Debug, Serialize)]
pub struct ConditionalSeverity<'r> {
    /// The condition.
    pub when: &'r str,
    /// How severe a finding is then.
    pub severity: Severity,
}

/// A fact, for people who read and write rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactDoc {
    /// The whole path, such as `account.user_count`; `user.access_keys[].active` is a field of each
    /// element of a list.
    pub path: String,
    /// The type, in words.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it may be null, which means that there is none.
    pub nullable: bool,
    /// What it is; where a rule has several scopes that differ in it, for each of them.
    pub doc: String,
}

impl FactDoc {
    fn new(path: &str, ty: Type, doc: &'static str) -> FactDoc {
        let nullable = matches!(ty, Type::Optional(_));
        FactDoc { path: path.to_owned(), ty: type_name(ty), nullable, doc: doc.to_owned() }
    }
}

/// The facts that a rule on this kind of resource may read.
#[must_use]
pub fn facts_in_reach(scope: &Scope) -> Vec<FactDoc> {
    below_all(scope.variables)
}

fn below_all(variables: &[Variable]) -> Vec<FactDoc> {
    let mut facts = Vec::new();
    for variable in variables {
        below(variable.name, variable.ty, &mut facts);
    }
    facts
}

/// Adds the fields of a record, or of each record in a list, and what is below these.
fn below(path: &str, ty: Type, facts: &mut Vec<FactDoc>) {
    match ty {
        Type::Record(record) => {
            for field in record.fields {
                let path = format!("{path}.{}", field.name);
                facts.push(FactDoc::new(&path, field.ty, field.doc));
                below(&path, field.ty, facts);
            }
        }
        Type::List(element) => below(&format!("{path}[]"), *element, facts),
        Type::Optional(ty) => below(path, *ty, facts),
        Type::Bool | Type::Number | Type::Text | Type::Word(_) | Type::Time => {}
    }
}

/// The facts that a rule may read: those that all of its scopes have.
fn in_reach(rule: &Rule) -> Vec<FactDoc> {
    let several = rule.parts.len() > 1;
    let mut of_scopes = Vec::new();
    for part in &rule.parts {
        of_scopes.push((part.scope.name, below_all(&part.scope.variables_of(several))));
    }
    let mut facts = of_scopes.first().map(|(_, facts)| facts.clone()).unwrap_or_default();
    facts.retain_mut(|fact| {
        let mut docs = Vec::new();
        for (scope, others) in &of_scopes {
            let other = others.iter().find(|other| other.path == fact.path);
            docs.extend(other.map(|other| (scope, &other.doc)));
        }
        if docs.iter().any(|(_, doc)| **doc != fact.doc) {
            let of_each: Vec<_> =
                docs.iter().map(|(scope, doc)| format!("{scope}: {doc}")).collect();
            fact.doc = of_each.join(" ");
        }
        docs.len() == of_scopes.len()
    });
    facts
}

/// Everything about a rule that a person may ask.
#[must_use]
pub fn explain(rule: &Rule) -> Explanation<'_> {
    let facts_in_reach = in_reach(rule);
    let mut facts = Vec::new();
    for (path, read) in rule.parts.iter().take(1).flat_map(|part| &part.program.evidence) {
        if !path.starts_with("params.") {
            let of_all = facts_in_reach.iter().find(|fact| fact.path == *path).cloned();
            facts.push(of_all.unwrap_or_else(|| FactDoc::new(path, read.ty, read.doc)));
        }
    }
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
        windows: rule.texts.grouping.as_ref().map(|grouping| WindowsDoc {
            group_by: grouping.group_by.iter().map(|text| text.value.as_str()).collect(),
            within: &grouping.within.value,
            filter: grouping.filter.as_ref().map(|text| text.value.trim()),
            until_success: grouping.until_success,
        }),
        regions: &rule.regions,
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
