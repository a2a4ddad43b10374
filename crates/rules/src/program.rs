//! A rule's expressions and templates, compiled for each of its scopes.

use std::collections::BTreeMap;

use portcullis_model::{EVENT_TIMES, Severity, Sources};

use crate::constant::Constant;
use crate::expr::{Expression, Names, Read, Template, Variable};
use crate::problem::Problem;
use crate::read::Text;
use crate::scope::{Grouping, GroupingTexts, Scope};
use crate::shared::Remediation;

/// One of a rule's scopes, with the program for it.
#[derive(Clone)]
pub(crate) struct ScopedProgram {
    pub scope: &'static Scope,
    pub program: Program,
}

/// The expressions and templates of a rule file.
#[derive(Clone)]
pub(crate) struct Texts {
    /// Conditions with a severity; the first one met applies.
    pub severities: Vec<(Text, Severity)>,
    pub when: Option<Text>,
    pub assert: Text,
    pub message: Text,
    pub pass: Option<Text>,
    pub not_applicable: Option<Text>,
    pub remediation: Remediation,
    pub evidence: Vec<Text>,
    /// For rules on windows.
    pub grouping: Option<GroupingTexts>,
}

/// The expressions and templates, compiled with the values of the parameters.
#[derive(Clone)]
pub(crate) struct Program {
    pub when: Option<Expression>,
    pub assert: Expression,
    pub message: Template,
    pub pass: Option<Template>,
    pub not_applicable: Option<Template>,
    pub remediation: Template,
    pub severities: Vec<(Expression, Severity)>,
    /// How attempts are grouped into windows; none if the rule does not judge windows.
    pub grouping: Option<Grouping>,
    /// The facts and parameters to show: those in the conditions, in `message` and in `evidence`.
    pub evidence: BTreeMap<String, Read>,
    /// The sources of all facts that any part reads.
    pub sources: Sources,
}

impl ScopedProgram {
    /// Compiles the texts for each scope. Problems have positions in the file.
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
        if problems.is_empty() {
            Ok(parts)
        } else {
            Err(problems)
        }
    }
}

impl Program {
    /// Compiles the texts. Problems have positions in the file.
    fn compile(
        texts: &Texts,
        variables: &[Variable],
        params: &BTreeMap<String, Constant>,
    ) -> Result<Program, Vec<Problem>> {
        let mut problems = Vec::new();
        let always = Names { variables, params, present: &[] };
        let when = texts.when.as_ref();
        let when = when.and_then(|when| condition(when, always, &mut problems));
        let (mut if_applies, mut known) = (Vec::new(), Vec::new());
        if let Some(when) = &when {
            if_applies.extend(when.node.proves(true));
            known.extend(when.node.comparisons());
        }
        let applies = Names { present: &if_applies, ..always };
        let assert = condition(&texts.assert, applies, &mut problems);
        let (mut if_passes, mut if_fails) = (if_applies.clone(), if_applies.clone());
        if let Some(assert) = &assert {
            if_passes.extend(assert.node.proves(true));
            if_fails.extend(assert.node.proves(false));
        }
        let passes = Names { present: &if_passes, ..always };
        let fails = Names { present: &if_fails, ..always };
        let message = template(&texts.message, fails, &mut problems);
        let remediation = or_note(texts.remediation.compile(fails), &mut problems)
            .map(|template| template.given(&known));
        let mut severities = Vec::new();
        for (when, severity) in &texts.severities {
            severities.extend(condition(when, fails, &mut problems).zip(Some(*severity)));
        }
        let pass = texts.pass.as_ref();
        let pass = pass.and_then(|text| template(text, passes, &mut problems));
        let not_applicable = texts.not_applicable.as_ref();
        let not_applicable = not_applicable.and_then(|text| template(text, always, &mut problems));
        let grouping = texts.grouping.as_ref();
        let grouping = grouping.and_then(|texts| or_note(texts.compile(params), &mut problems));
        let extra = extra_evidence(texts, always, &mut problems);
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
        for expression in self
            .when
            .iter()
            .chain([&self.assert])
            .chain(severities)
            .chain(extra)
        {
            evidence.extend(expression.reads.clone());
            sources |= expression.sources;
        }
        // A finding about a window can show parameters, but not the facts of single attempts.
        for filter in self.grouping.iter().filter_map(Grouping::filter) {
            let params = filter
                .reads
                .iter()
                .filter(|(path, _)| path.starts_with("params."));
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
            || self
                .templates()
                .any(|t| t.reads().any(|reads| reads.contains_key(&path)))
    }
}

fn condition(text: &Text, names: Names<'_>, problems: &mut Vec<Problem>) -> Option<Expression> {
    keep(text, Expression::condition(&text.value, names), problems)
}

fn template(text: &Text, names: Names<'_>, problems: &mut Vec<Problem>) -> Option<Template> {
    keep(text, Template::compile(&text.value, names), problems)
}

fn keep<T>(text: &Text, result: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    or_note(result.map_err(|found| text.place(found)), problems)
}

/// Returns what was compiled, or adds the problems that it has.
fn or_note<T>(result: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|found| problems.extend(found)).ok()
}

/// Compiles what a finding shows besides the facts of the conditions and of `message`.
fn extra_evidence(texts: &Texts, names: Names<'_>, problems: &mut Vec<Problem>) -> Vec<Expression> {
    let mut extra = Vec::new();
    for text in &texts.evidence {
        extra.extend(keep(text, fact(text, names), problems));
    }
    // A diff needs the time of an event to know whether a later report could show it.
    let resource = names.variables.first().map(|resource| resource.name);
    for time in EVENT_TIMES {
        if time.split('.').next() == resource {
            extra.extend(Expression::compile(time, names).ok());
        }
    }
    extra
}

/// Compiles an entry of `evidence`, which must be a fact rather than a computation.
fn fact(text: &Text, names: Names<'_>) -> Result<Expression, Vec<Problem>> {
    let expression = Expression::compile(&text.value, names)?;
    if expression.reads.len() == 1 && expression.reads.contains_key(&text.value) {
        return Ok(expression);
    }
    let problem = Problem::new(0..text.value.len(), "evidence names facts");
    Err(vec![problem.help("write the path of a fact, such as account.id")])
}
