//! A rule: what its file says, and what reports say about it.

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

/// A rule, checked and ready to judge.
#[derive(Clone)]
pub struct Rule {
    /// The stable id, which is the file's name without `.toml`.
    pub id: String,
    /// The problem, in a few words.
    pub title: String,
    /// How severe it is, as the file or the settings say, but where `severities` say otherwise.
    pub severity: Severity,
    /// The highest severity that the file names, if the settings lower that.
    pub(crate) lowered_from: Option<Severity>,
    /// `default`, or `strict` for a rule that is off unless chosen.
    pub rule_set: &'static str,
    /// The directory that holds the file, such as `credentials`.
    pub family: String,
    /// The file, as diagnostics show it.
    pub path: String,
    /// Why it matters.
    pub risk: String,
    /// What to do about it, with capitals such as `USER-NAME` where a finding has its own values.
    pub remediation: String,
    /// When the finding is not a problem, where that can be.
    pub false_positives: Option<String>,
    /// Pages to read.
    pub references: Vec<String>,
    /// The regions without which it cannot pass, of what CloudTrail recorded in the partition `aws`.
    pub regions: Vec<String>,
    /// The parameters, with defaults and values.
    pub params: BTreeMap<String, Param>,
    /// The controls that it tests, by the framework's id.
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// The rule's own tests.
    pub examples: Vec<Example>,
    /// One part a scope, never none.
    pub(crate) parts: Vec<ScopedProgram>,
    pub(crate) texts: Texts,
    /// The whole file.
    pub(crate) source: String,
    /// [`Settings::declared`](crate::Settings).
    pub(crate) declared: String,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Rule {
    /// The kind of resource that it judges, such as `access_key`, or several: `user, group, role`.
    #[must_use]
    pub fn scope(&self) -> String {
        self.each_scope(|scope| scope.name).join(", ")
    }

    /// What it says about each of its scopes.
    pub(crate) fn each_scope<T>(&self, tell: impl Fn(&'static Scope) -> T) -> Vec<T> {
        self.parts.iter().map(|part| tell(part.scope)).collect()
    }

    /// Whether it judges what CloudTrail recorded, and not how the account is set up.
    #[must_use]
    pub fn is_on_activity(&self) -> bool {
        self.parts.iter().any(|part| part.scope.is_activity())
    }

    /// Whether it judges ways from one account into others.
    #[must_use]
    pub fn is_on_crossings(&self) -> bool {
        self.parts.iter().any(|part| part.scope.name == CROSSING)
    }

    /// The sources that it needs: those of the facts it reads, and of the list of its resources.
    #[must_use]
    pub fn sources(&self) -> Sources {
        self.parts.iter().fold(Sources::NONE, |sources, part| {
            sources | part.scope.sources() | part.program.sources
        })
    }

    /// What reports say about the rule.
    #[must_use]
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

    /// The parameters as they are, for reports.
    pub(crate) fn params_as_json(&self) -> BTreeMap<String, Json> {
        let mut values = BTreeMap::new();
        for (name, param) in &self.params {
            values.insert(name.clone(), show::json(param.value.value()));
        }
        values
    }

    /// A hash of what it tests: the same for two versions of a rule that differ in words only.
    fn hash(&self) -> String {
        let Texts { when, assert, .. } = &self.texts;
        let when = when.as_ref().map_or("true", |when| &when.value);
        let mut reads = self.parts.iter().flat_map(|part| part.program.evidence.keys());
        let declared = if reads.any(|path| is_declared(path)) { &self.declared } else { "" };
        let (scope, params) = (self.scope(), json!(self.params_as_json()).to_string());
        let mut parts = vec![scope.as_str(), when, &assert.value, &params, declared];
        parts.extend(self.texts.grouping.iter().flat_map(GroupingTexts::all));
        parts.extend(self.regions.iter().map(String::as_str));
        short_hash(&parts)
    }

    /// Makes it as severe as that in every case, once it is compiled again.
    pub(crate) fn set_severity(&mut self, severity: Severity) {
        self.severity = severity;
        self.texts.severities.clear();
    }

    /// Checks its texts again, now that they or its parameters have changed.
    pub(crate) fn compile(&mut self) -> Result<(), Vec<Problem>> {
        let scopes = self.each_scope(|scope| scope);
        self.parts = ScopedProgram::compile(&self.texts, &scopes, &self.values())?;
        Ok(())
    }

    /// The parameters as they are.
    pub(crate) fn values(&self) -> BTreeMap<String, Constant> {
        self.params.iter().map(|(name, param)| (name.clone(), param.value.clone())).collect()
    }

    /// The parameters as the file sets them.
    pub(crate) fn defaults(&self) -> BTreeMap<String, Constant> {
        self.params.iter().map(|(name, param)| (name.clone(), param.default.clone())).collect()
    }
}

/// Whether the configuration says it, and no source.
fn is_declared(path: &str) -> bool {
    [".class", ".password_policy.changed"].iter().any(|end| path.ends_with(end))
}

/// Help out of an id that no rule has: the one that was probably meant, or how to find it.
pub(crate) fn meant_rule(id: &str, rules: &[Rule]) -> String {
    match similar(id, rules.iter().map(|rule| rule.id.as_str())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`portcullis rules list` shows all rules".to_owned(),
    }
}

/// A hash of the parts, in their order: 16 hexadecimal digits.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    format!("{:016x}", digest(parts) >> 64)
}
