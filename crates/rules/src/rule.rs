//! A rule, as loaded from its file and described in reports.

use std::collections::BTreeMap;
use std::fmt;

use portcullis_model::{RuleInfo, Severity, Sources, digest};
use serde_json::{Value as Json, json};

use crate::constant::Constant;
use crate::example::Example;
use crate::param::Param;
use crate::problem::{Problem, similar};
use crate::program::{ScopedProgram, Texts};
use crate::scope::{CROSSING, GroupingTexts, Scope};
use crate::show;

/// A rule, compiled and ready to judge.
#[derive(Clone)]
pub struct Rule {
    /// The stable id, which is the file's name without `.toml`.
    pub id: String,
    /// The problem in a few words.
    pub title: String,
    /// The severity, from the file or the settings, unless one of `severities` applies.
    pub severity: Severity,
    /// The highest severity in the file, if the settings lower it.
    pub(crate) lowered_from: Option<Severity>,
    /// `default`, or `strict` for a rule that is off unless selected.
    pub rule_set: &'static str,
    /// The directory of the file, such as `credentials`.
    pub family: String,
    /// The file, as shown in diagnostics.
    pub path: String,
    /// Why the problem matters.
    pub risk: String,
    /// The remediation, with placeholders such as `USER-NAME` for a finding's own values.
    pub remediation: String,
    /// When a finding is not a problem, if that can happen.
    pub false_positives: Option<String>,
    /// Pages to read.
    pub references: Vec<String>,
    /// The regions of CloudTrail in the partition `aws` that it needs in order to pass.
    pub regions: Vec<String>,
    /// Whether CloudTrail counts what it judges as read-only, which a trail may leave out.
    pub read_only: bool,
    /// The parameters, with defaults and values.
    pub params: BTreeMap<String, Param>,
    /// The ids of the controls it tests, by framework.
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// The rule's own tests.
    pub examples: Vec<Example>,
    /// One part per scope; never empty.
    pub(crate) parts: Vec<ScopedProgram>,
    pub(crate) texts: Texts,
    /// The whole file.
    pub(crate) source: String,
    /// [`Settings::declared`](crate::Settings).
    pub(crate) declared: String,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Rule {
    /// Returns the kind of resource it judges, such as `access_key`, or several: `user, group,
    /// role`.
    pub fn scope(&self) -> String {
        self.each_scope(|scope| scope.name).join(", ")
    }

    /// Maps each of its scopes.
    pub(crate) fn each_scope<T>(&self, map: impl Fn(&'static Scope) -> T) -> Vec<T> {
        self.parts.iter().map(|part| map(part.scope)).collect()
    }

    /// Whether it judges CloudTrail events rather than the account's configuration.
    pub fn is_on_activity(&self) -> bool {
        self.parts.iter().any(|part| part.scope.is_activity())
    }

    /// Whether it judges ways from one account into others.
    pub fn is_on_crossings(&self) -> bool {
        self.parts.iter().any(|part| part.scope.name == CROSSING)
    }

    /// Whether it reads facts whose names begin like that.
    pub(crate) fn reads(&self, beginning: &str) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| {
            let mut paths = part.program.evidence.keys();
            paths.any(|path| path.starts_with(beginning))
        })
    }

    /// Returns the sources it needs: those of the facts it reads, and of its list of resources.
    pub fn sources(&self) -> Sources {
        let mut sources = Sources::NONE;
        for part in &self.parts {
            sources |= part.scope.sources() | part.program.sources;
        }
        sources
    }

    /// Returns the rule's entry in reports.
    pub fn info(&self) -> RuleInfo {
        RuleInfo {
            id: self.id.clone(),
            family: self.family.clone(),
            hash: self.hash(),
            title: self.title.clone(),
            severity: self.severity,
            scope: self.scope(),
            risk: self.risk.clone(),
            remediation: self.remediation.clone(),
            references: self.references.clone(),
            params: self.params_as_json(),
            frameworks: self.frameworks.clone(),
        }
    }

    /// Returns the current parameters, for reports.
    pub(crate) fn params_as_json(&self) -> BTreeMap<String, Json> {
        let mut values = BTreeMap::new();
        for (name, param) in &self.params {
            values.insert(name.clone(), show::json(param.value.value()));
        }
        values
    }

    /// Returns a hash of what it tests, which does not change if only its wording does.
    fn hash(&self) -> String {
        let Texts { when, assert, .. } = &self.texts;
        let when = when.as_ref().map_or("true", |when| &when.value);
        let mut reads = self
            .parts
            .iter()
            .flat_map(|part| part.program.evidence.keys());
        let declared = if reads.any(|path| is_declared(path)) {
            &self.declared
        } else {
            ""
        };
        let (scope, params) = (self.scope(), json!(self.params_as_json()).to_string());
        let mut parts = vec![scope.as_str(), when, &assert.value, &params, declared];
        parts.extend(self.texts.grouping.iter().flat_map(GroupingTexts::all));
        parts.extend(self.regions.iter().map(String::as_str));
        parts.extend(self.read_only.then_some("read_only"));
        short_hash(&parts)
    }

    /// Sets the severity in every case; takes effect when the rule is compiled again.
    pub(crate) fn set_severity(&mut self, severity: Severity) {
        self.severity = severity;
        self.texts.severities.clear();
    }

    /// Compiles its texts again after they or its parameters have changed.
    pub(crate) fn compile(&mut self) -> Result<(), Vec<Problem>> {
        let scopes = self.each_scope(|scope| scope);
        self.parts = ScopedProgram::compile(&self.texts, &scopes, &self.values())?;
        Ok(())
    }

    /// Returns the current parameters.
    pub(crate) fn values(&self) -> BTreeMap<String, Constant> {
        self.params
            .iter()
            .map(|(name, param)| (name.clone(), param.value.clone()))
            .collect()
    }

    /// Returns the parameters as set in the file.
    pub(crate) fn defaults(&self) -> BTreeMap<String, Constant> {
        self.params
            .iter()
            .map(|(name, param)| (name.clone(), param.default.clone()))
            .collect()
    }
}

/// Whether the fact comes from the configuration rather than from a source.
fn is_declared(path: &str) -> bool {
    [".class", ".password_policy.changed"]
        .iter()
        .any(|suffix| path.ends_with(suffix))
}

/// Returns help for an unknown rule id: the id probably meant, or how to list the rules.
pub(crate) fn meant_rule(id: &str, rules: &[Rule]) -> String {
    match similar(id, rules.iter().map(|rule| rule.id.as_str())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`portcullis rules list` shows all rules".to_owned(),
    }
}

/// Returns a hash of the parts in order: 16 hexadecimal digits.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    format!("{:016x}", digest(parts) >> 64)
}
