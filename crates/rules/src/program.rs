//! The expressions of a rule, checked for each of its scopes.

use std::collections::BTreeMap;

use portcullis_model::{EVENT_TIMES, Severity, Sources};

use crate::constant::Constant;
use crate::expr::{Expression, Names, Path, Read, Template, Variable};
use crate::problem::Problem;
use crate::read::Text;
use crate::scope::{Grouping, GroupingTexts, Scope};

/// One of the scopes of a rule, with what the rule does there.
#[derive(Clone)]
pub(crate) struct ScopedProgram {
    pub scope: &'static Scope,
    pub program: Program,
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
    /// For rules on windows.
    pub grouping: Option<GroupingTexts>,
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
    /// How its windows are made; none: it judges no windows.
    pub grouping: Option<Grouping>,
    /// The facts and parameters to show: those that the conditions and `message` read, and more.
    pub evidence: BTreeMap<String, Read>,
    /// Where all facts that any part reads come from.
    pub sources: Sources,
}

impl ScopedProgram {
    /// Checks the texts for every scope, by the facts of each; the problems' places are those in the
    /// file.
    pub(crate) fn compile(
        texts: &Texts,
        scopes: &[&'static Scope],
        params: &BTreeMap<String, Constant>,
    ) -> Result<Vec<ScopedProgram>, Vec<Problem>> {
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for scope in scopes {
            match Program::compile(texts, &scope.variables_of(scopes.len() > 1), params) {
                Ok(program) => parts.push(ScopedProgram { scope, program }),
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
        let grouping = texts
            .grouping
            .as_ref()
            .and_then(|texts| texts.compile(params).map_err(|found| problems.extend(found)).ok());
        let mut extra = Vec::new();
        for text in &texts.evidence {
            extra.extend(keep(text, fact(text, always), &mut problems));
        }
        // By its time, a diff knows whether a later report would show an event at all.
        let is_its_time = |path: &&str| {
            let variable = path.split('.').next();
            variables.first().is_some_and(|resource| variable == Some(resource.name))
        };
        for time in EVENT_TIMES.into_iter().filter(is_its_time) {
            extra.extend(Expression::compile(time, always).ok());
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
            grouping,
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
        // Attempts are not at hand where a window is shown, but parameters are.
        for filter in self.grouping.iter().filter_map(Grouping::filter) {
            let params = filter.reads.iter().filter(|(path, _)| path.starts_with("params."));
            evidence.extend(params.map(|(path, read)| (path.clone(), read.clone())));
            sources |= filter.sources;
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
    pub(crate) fn uses(&self, param: &str) -> bool {
        let path = format!("params.{param}");
        self.evidence.contains_key(&path)
            || self.templates().any(|t| t.reads().any(|reads| reads.contains_key(&path)))
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
