//! A rule: what its file says, and the program made from it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use portcullis_model::{RuleInfo, Severity, Sources};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::constant::Constant;
use crate::example::Example;
use crate::expr::{Expression, Names, Path, Read, Template};
use crate::hash;
use crate::problem::Problem;
use crate::read::Text;
use crate::sample::Placed;
use crate::scope::{Scope, Variable};
use crate::show;

/// A rule, checked and ready to judge.
#[derive(Clone)]
pub struct Rule {
    /// The stable id, which is the file's name without `.toml`.
    pub id: String,
    /// The problem, in a few words.
    pub title: String,
    /// How grave it is, as the file or the settings say, but where `severities` say otherwise.
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
    /// The controls that it tests, by the framework's id.
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// The rule's own tests.
    pub examples: Vec<Example>,
    /// One part a scope, never none.
    pub(crate) parts: Vec<Part>,
    pub(crate) texts: Texts,
    /// The whole file.
    pub(crate) source: String,
    /// [`Settings::declared`](crate::Settings).
    pub(crate) declared: String,
}

/// One of the scopes of a rule, with what the rule does there.
#[derive(Clone)]
pub(crate) struct Part {
    pub scope: &'static Scope,
    pub program: Program,
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
    /// The kind of resource that it judges, such as `access_key`, or several: `user, group, role`.
    #[must_use]
    pub fn scope(&self) -> String {
        self.each_scope(|scope| scope.name).join(", ")
    }

    /// What it says about each of its scopes.
    pub(crate) fn each_scope<T>(&self, tell: impl Fn(&'static Scope) -> T) -> Vec<T> {
        self.parts.iter().map(|part| tell(part.scope)).collect()
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
        let value =
            |(name, param): (&String, &Param)| (name.clone(), show::json(param.value.value()));
        self.params.iter().map(value).collect()
    }

    /// A hash of what it tests: the same for two versions of a rule that differ in words only.
    fn hash(&self) -> String {
        let Texts { when, assert, .. } = &self.texts;
        let when = when.as_ref().map_or("true", |when| &when.value);
        let mut reads = self.parts.iter().flat_map(|part| part.program.evidence.keys());
        let declared = if reads.any(|path| is_declared(path)) { &self.declared } else { "" };
        let params = json!(self.params_as_json()).to_string();
        hash::of([&self.scope(), when, &assert.value, &params, declared])
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

/// The expressions and templates of a rule file.
#[derive(Clone)]
pub(crate) struct Texts {
    /// Severities that hold on a condition, the first of them that is met.
    pub severities: Vec<(Text, Severity)>,
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
    pub severities: Vec<(Expression, Severity)>,
    /// The facts and parameters to show: those that the conditions and `message` read, and more.
    pub evidence: BTreeMap<String, Read>,
    /// Where all facts that any part reads come from.
    pub sources: Sources,
}

impl Part {
    /// Checks the texts for every scope, by the facts of each; the problems' places are those in the
    /// file.
    pub(crate) fn compile(
        texts: &Texts,
        scopes: &[&'static Scope],
        params: &BTreeMap<String, Constant>,
    ) -> Result<Vec<Part>, Vec<Problem>> {
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for scope in scopes {
            match Program::compile(texts, &scope.variables_of(scopes.len() > 1), params) {
                Ok(program) => parts.push(Part { scope, program }),
                Err(mut more) => problems.append(&mut more),
            }
        }
        if problems.is_empty() { Ok(parts) } else { Err(problems) }
    }
}

impl Program {
    /// Checks the texts; the problems' places are those in the file.
    fn compile(
        texts: &Texts,
        variables: &[Variable],
        params: &BTreeMap<String, Constant>,
    ) -> Result<Program, Vec<Problem>> {
        let mut problems = Vec::new();
        let always = Names { variables, params, present: &[] };
        let when = texts.when.as_ref().and_then(|when| condition(when, always, &mut problems));
        let applies: Vec<Path> = when.iter().flat_map(|when| when.node.proves(true)).collect();
        let judged = Names { present: &applies, ..always };
        let assert = condition(&texts.assert, judged, &mut problems);
        let proved = |truth: bool| {
            let mut proved = applies.clone();
            proved.extend(assert.iter().flat_map(|assert| assert.node.proves(truth)));
            proved
        };
        let passes = Names { present: &proved(true), ..always };
        let fails = Names { present: &proved(false), ..always };
        let message = template(&texts.message, fails, &mut problems);
        let remediation = template(&texts.remediation, fails, &mut problems);
        let mut severities = Vec::new();
        for (when, severity) in &texts.severities {
            severities.extend(condition(when, fails, &mut problems).zip(Some(*severity)));
        }
        let pass = texts.pass.as_ref().and_then(|text| template(text, passes, &mut problems));
        let not_applicable = texts.not_applicable.as_ref();
        let not_applicable = not_applicable.and_then(|text| template(text, always, &mut problems));
        let mut extra = Vec::new();
        for text in &texts.evidence {
            extra.extend(keep(text, fact(text, always), &mut problems));
        }
        let (Some(message), Some(remediation), Some(assert)) = (message, remediation, assert)
        else {
            return Err(problems);
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut program = Program {
            when,
            assert,
            message,
            pass,
            not_applicable,
            remediation,
            severities,
            evidence: BTreeMap::new(),
            sources: Sources::NONE,
        };
        program.note_what_it_reads(&extra);
        Ok(program)
    }

    fn note_what_it_reads(&mut self, extra: &[Expression]) {
        let (mut evidence, mut sources) = (BTreeMap::new(), Sources::NONE);
        let severities = self.severities.iter().map(|(when, _)| when);
        for expression in self.when.iter().chain([&self.assert]).chain(severities).chain(extra) {
            evidence.extend(expression.reads.clone());
            sources |= expression.sources;
        }
        for reads in self.message.reads() {
            evidence.extend(reads.clone());
        }
        for template in self.templates() {
            sources |= template.sources();
        }
        (self.evidence, self.sources) = (evidence, sources);
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        [Some(&self.message), Some(&self.remediation)]
            .into_iter()
            .chain([self.pass.as_ref(), self.not_applicable.as_ref()])
            .flatten()
    }

    /// Whether any part reads the parameter.
    fn uses(&self, param: &str) -> bool {
        let path = format!("params.{param}");
        self.evidence.contains_key(&path)
            || self.templates().any(|t| t.reads().any(|reads| reads.contains_key(&path)))
    }

    /// The parameters that no part reads.
    pub(crate) fn unused<'p>(&self, params: impl Iterator<Item = &'p str>) -> Vec<&'p str> {
        params.filter(|param| !self.uses(param)).collect()
    }
}

fn condition(text: &Text, names: Names<'_>, problems: &mut Vec<Problem>) -> Option<Expression> {
    keep(text, Expression::condition(&text.value, names), problems)
}

fn template(text: &Text, names: Names<'_>, problems: &mut Vec<Problem>) -> Option<Template> {
    keep(text, Template::compile(&text.value, names), problems)
}

fn keep<T>(text: &Text, result: Result<T, Vec<Problem>>, all: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problems| all.extend(text.place(problems))).ok()
}

/// Checks an entry of `evidence`, which must be a fact and no computation.
fn fact(text: &Text, names: Names<'_>) -> Result<Expression, Vec<Problem>> {
    let expression = Expression::compile(&text.value, names)?;
    if expression.reads.len() == 1 && expression.reads.contains_key(&text.value) {
        return Ok(expression);
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
