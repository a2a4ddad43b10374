//! A rule: what its file says, and the program made from it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use portcullis_model::{RuleInfo, Severity};
use serde::{Deserialize, Serialize};

use crate::constant::Constant;
use crate::example::Example;
use crate::expr::{Expression, Names, Read, Template};
use crate::problem::Problem;
use crate::read::Text;
use crate::sample::Placed;
use crate::scope::Scope;
use crate::show;

/// A rule, checked and ready to judge.
#[derive(Clone)]
pub struct Rule {
    /// The stable id, which is the file's name without `.toml`.
    pub id: String,
    /// The problem, in a few words.
    pub title: String,
    /// How grave it is, as the file or the settings say.
    pub severity: Severity,
    /// `default`, or `strict` for a rule that is off unless chosen.
    pub rule_set: &'static str,
    /// The directory that holds the file, such as `credentials`.
    pub family: String,
    /// The file, as diagnostics show it.
    pub path: String,
    /// Why it matters.
    pub risk: String,
    /// What to do about it, with `{placeholders}`.
    pub remediation: String,
    /// When the finding is no problem, where that can be.
    pub false_positives: Option<String>,
    /// Pages to read.
    pub references: Vec<String>,
    /// The parameters, with defaults and values.
    pub params: BTreeMap<String, Param>,
    /// The rule's own tests.
    pub examples: Vec<Example>,
    pub(crate) scope: &'static Scope,
    pub(crate) texts: Texts,
    pub(crate) program: Program,
    /// The whole file.
    pub(crate) source: String,
}

/// A parameter of a rule: a number, a bool, a text or a list of texts.
#[derive(Clone, Debug, Serialize)]
pub struct Param {
    pub(crate) default: Constant,
    pub(crate) value: Constant,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Rule {
    /// The kind of resource that it judges, such as `access_key`.
    #[must_use]
    pub fn scope(&self) -> &'static str {
        self.scope.name
    }

    /// What reports say about the rule.
    #[must_use]
    pub fn info(&self) -> RuleInfo {
        let value =
            |(name, param): (&String, &Param)| (name.clone(), show::json(param.value.value()));
        RuleInfo {
            id: self.id.clone(),
            title: self.title.clone(),
            severity: self.severity,
            scope: self.scope.name.to_owned(),
            risk: self.risk.clone(),
            remediation: self.remediation.clone(),
            references: self.references.clone(),
            params: self.params.iter().map(value).collect(),
            frameworks: BTreeMap::new(),
        }
    }

    /// The parameters as the file sets them.
    pub(crate) fn defaults(&self) -> BTreeMap<String, Constant> {
        self.params.iter().map(|(name, param)| (name.clone(), param.default.clone())).collect()
    }
}

/// The expressions and templates of a rule file.
#[derive(Clone)]
pub(crate) struct Texts {
    pub when: Option<Text>,
    pub assert: Text,
    pub message: Text,
    pub pass: Option<Text>,
    pub not_applicable: Option<Text>,
    pub remediation: Text,
    pub evidence: Vec<Text>,
}

/// The expressions and templates, checked with certain values of the parameters.
#[derive(Clone)]
pub(crate) struct Program {
    pub when: Option<Expression>,
    pub assert: Expression,
    pub message: Template,
    pub pass: Option<Template>,
    pub not_applicable: Option<Template>,
    pub remediation: Template,
    /// The facts and parameters to show: those that `when`, `assert` and `message` read, and more.
    pub evidence: BTreeMap<String, Read>,
}

impl Program {
    /// Checks the texts; the problems' places are those in the file.
    pub(crate) fn compile(
        texts: &Texts,
        scope: &'static Scope,
        params: &BTreeMap<String, Constant>,
    ) -> Result<Program, Vec<Problem>> {
        let names = Names { variables: scope.variables, params };
        let mut problems = Vec::new();
        let mut template =
            |text: &Text| keep(text, Template::compile(&text.value, names), &mut problems);
        let (message, remediation) = (template(&texts.message), template(&texts.remediation));
        let pass = texts.pass.as_ref().map(&mut template);
        let not_applicable = texts.not_applicable.as_ref().map(&mut template);
        let mut condition =
            |text: &Text| keep(text, Expression::condition(&text.value, names), &mut problems);
        let (when, assert) = (texts.when.as_ref().map(&mut condition), condition(&texts.assert));
        let extra = texts.evidence.iter().map(|text| keep(text, fact(text, names), &mut problems));
        let extra: Vec<_> = extra.collect();
        let (Some(message), Some(remediation), Some(assert)) = (message, remediation, assert)
        else {
            return Err(problems);
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let when = when.flatten();
        let read = when.iter().chain([&assert]).map(|expression| &expression.reads);
        let read = read.chain(message.reads()).chain(extra.iter().flatten());
        let evidence = read.flatten().map(|(path, read)| (path.clone(), read.clone())).collect();
        Ok(Program {
            when,
            assert,
            message,
            pass: pass.flatten(),
            not_applicable: not_applicable.flatten(),
            remediation,
            evidence,
        })
    }

    /// Whether any part reads the parameter.
    fn uses(&self, param: &str) -> bool {
        let path = format!("params.{param}");
        let templates = [Some(&self.remediation), self.pass.as_ref(), self.not_applicable.as_ref()];
        self.evidence.contains_key(&path)
            || templates
                .into_iter()
                .flatten()
                .any(|t| t.reads().any(|reads| reads.contains_key(&path)))
    }

    /// The parameters that no part reads.
    pub(crate) fn unused<'p>(&self, params: impl Iterator<Item = &'p str>) -> Vec<&'p str> {
        params.filter(|param| !self.uses(param)).collect()
    }
}

fn keep<T>(text: &Text, result: Result<T, Vec<Problem>>, all: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problems| all.extend(text.place(problems))).ok()
}

/// Checks an entry of `evidence`, which must be a fact and no computation.
fn fact(text: &Text, names: Names<'_>) -> Result<BTreeMap<String, Read>, Vec<Problem>> {
    let expression = Expression::compile(&text.value, names)?;
    if expression.reads.len() == 1 && expression.reads.contains_key(&text.value) {
        return Ok(expression.reads);
    }
    let problem = Problem::new(0..text.value.len(), "evidence names facts");
    Err(vec![problem.help("write the path of a fact, such as account.id")])
}

/// Reads the value of a parameter, which must be of the kind that the default is.
pub(crate) fn param(
    name: &str,
    at: Range<usize>,
    value: Placed<'_>,
    default: Option<&Constant>,
) -> Result<Constant, Problem> {
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        let message = format!("`{name}` is no name for a parameter");
        return Err(Problem::new(at, message).help("use lowercase letters, digits and `_`"));
    }
    let deserializer = toml::de::ValueDeserializer::from(value.clone());
    let value_read = toml::Value::deserialize(deserializer).ok();
    kind(value_read.as_ref(), default).map_err(|message| Problem::new(value.span(), message))
}

/// The value as a parameter of the same kind as its default.
pub(crate) fn kind(
    value: Option<&toml::Value>,
    default: Option<&Constant>,
) -> Result<Constant, String> {
    let constant = value.and_then(Constant::from_toml);
    let constant = constant.ok_or("a parameter is a number, a bool, a text or a list of texts")?;
    match default {
        Some(default) if default.ty() != constant.ty() => {
            let needed = default.ty().map(show::type_name).unwrap_or_default();
            Err(format!("this parameter is a {needed}"))
        }
        _ => Ok(constant),
    }
}
