//! Tests rules by their own examples.

use std::fmt;

use crate::judge::{Gaps, decide, explain};
use crate::program::ScopedProgram;
use crate::scope::{Needs, rest};
use crate::{Example, Rule, RuleSet};

/// An example that its rule does not meet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExampleFailure {
    /// The rule.
    pub rule: String,
    /// The file.
    pub path: String,
    /// The example's name.
    pub example: String,
    /// What differs.
    pub difference: String,
}

impl fmt::Display for ExampleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExampleFailure { rule, path, example, difference } = self;
        write!(f, "{path}: {rule}: example \"{example}\": {difference}")
    }
}

impl RuleSet {
    /// Returns the examples that their rules do not meet with the parameters' defaults.
    pub fn check_examples(&self) -> Vec<ExampleFailure> {
        let mut failures = Vec::new();
        for rule in self.rules() {
            for example in &rule.examples {
                failures.extend(difference(example, rule).map(|difference| ExampleFailure {
                    rule: rule.id.clone(),
                    path: rule.path.clone(),
                    example: example.name.clone(),
                    difference,
                }));
            }
        }
        failures
    }
}

/// Returns how the rule, with its default parameters, differs from the example.
fn difference(example: &Example, rule: &Rule) -> Option<String> {
    let mut params = rule.defaults();
    params.extend(example.params.clone());
    let scopes = rule.each_scope(|scope| scope);
    let parts = match ScopedProgram::compile(&rule.texts, &scopes, &params) {
        Ok(parts) => parts,
        Err(problems) => return problems.into_iter().next().map(|problem| problem.message),
    };
    let part = parts
        .iter()
        .find(|part| part.scope.name == example.scope.name)?;
    let sample = &example.sample;
    let windows = part
        .program
        .grouping
        .as_ref()
        .map(|grouping| grouping.windows(sample));
    let subjects = match &windows {
        Some(windows) => {
            let mut subjects = windows.subjects(&sample.account);
            let needs = Needs { regions: &[], read_only: false };
            subjects.extend(rest(sample, needs, !subjects.is_empty(), windows.undecided));
            subjects
        }
        None => (part.scope.subjects)(sample)
            .map(Iterator::collect)
            .unwrap_or_default(),
    };
    let judgements = subjects.iter().map(|subject| {
        let decision = decide(&part.program, subject);
        explain(&part.program, subject, decision, &Gaps::new(&[]))
    });
    // In the order of verdicts, fail comes first, then unknown.
    let Some(judgement) = judgements.min_by_key(|judgement| judgement.verdict) else {
        return Some("there is nothing to judge".to_owned());
    };
    if judgement.verdict != example.expect {
        let (expected, got) = (example.expect.word(), judgement.verdict.word());
        return Some(format!("expected {expected}, got {got}: {}", judgement.message));
    }
    let message = judgement.message.to_string();
    let expected = example
        .message
        .as_ref()
        .filter(|expected| **expected != message)?;
    Some(format!("expected the message \"{expected}\", got \"{message}\""))
}
