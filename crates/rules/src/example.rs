//! Examples: each rule's own tests, which document it too.

use std::collections::BTreeMap;
use std::fmt;

use portcullis_model::Verdict;
use serde::Serialize;

use crate::constant::Constant;
use crate::judge::judge;
use crate::problem::Problem;
use crate::read::{Fields, Text};
use crate::rule::{self, Part, Rule};
use crate::sample::{Patch, Sample};
use crate::scope::{PRINCIPAL, Scope, Variable};

const VERDICTS: [Verdict; 4] =
    [Verdict::Pass, Verdict::Fail, Verdict::NotApplicable, Verdict::Unknown];

/// A resource, as a patch on a complete and healthy one, and what the rule must say about it.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// The verdict that the rule must come to.
    pub expect: Verdict,
    /// What the example is about.
    pub name: String,
    /// The patches as they stand in the file, by variable.
    pub given: BTreeMap<&'static str, String>,
    /// Parameters that differ from their defaults.
    pub(crate) params: BTreeMap<String, Constant>,
    /// The exact message, where the example fixes it.
    pub message: Option<String>,
    #[serde(skip)]
    sample: Box<Sample>,
    /// What the sample is judged as.
    #[serde(skip)]
    scope: &'static Scope,
}

/// An example whose rule does not do what the example says.
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

/// Reads one `[[example]]` table; `scopes` are the rule's, and `params` its defaults.
pub(crate) fn read(
    mut fields: Fields<'_>,
    scopes: &[&'static Scope],
    params: &BTreeMap<String, Constant>,
) -> Result<Example, Vec<Problem>> {
    let (expect, name) = (fields.required("expect"), fields.required("name"));
    let expect = expect.and_then(|text| verdict(&mut fields, &text));
    let message = fields.text("message").map(|text| text.value);
    let (scope, patches) = patches(&mut fields, scopes);
    let params = overrides(&mut fields, params);
    let sample = Sample::patched(&patches, &mut fields.problems);
    let source = |patch: &Patch<'_>| fields.source(patch.value.span()).to_owned();
    let given = patches.iter().map(|patch| (patch.variable.name, source(patch))).collect();
    let problems = fields.finish();
    match (expect, name, scope, sample) {
        (Some(expect), Some(name), Some(scope), Some(sample)) if problems.is_empty() => {
            Ok(Example {
                expect,
                name: name.value,
                given,
                params,
                message,
                sample: Box::new(sample),
                scope,
            })
        }
        _ => Err(problems),
    }
}

/// What is patched, and the scope that this makes it an example of. In a rule on several scopes the
/// scope's name says which, and `principal` is the first of them.
fn patches<'t>(
    fields: &mut Fields<'t>,
    scopes: &[&'static Scope],
) -> (Option<&'static Scope>, Vec<Patch<'t>>) {
    let mut patch = |name, variable: &Variable| {
        let value = fields.take(name)?;
        Some(Patch { variable: Variable { name, ..variable.clone() }, value })
    };
    let [first, _, ..] = scopes else {
        let variables = scopes.iter().flat_map(|scope| scope.variables);
        let patches = variables.filter_map(|variable| patch(variable.name, variable)).collect();
        return (scopes.first().copied(), patches);
    };
    let keys = scopes.iter().map(|scope| (scope.name, scope)).chain([(PRINCIPAL, first)]);
    let chosen: Vec<_> = keys
        .filter_map(|(key, &scope)| Some((scope, patch(key, scope.variables.first()?)?)))
        .collect();
    let account = first.variables.last().and_then(|account| patch(account.name, account));
    if let [_, (_, second), ..] = &chosen[..] {
        let problem = Problem::new(second.value.span(), "an example is about one resource");
        fields.problems.push(problem.help("make an example for each"));
    }
    let scope = chosen.first().map_or(*first, |(scope, _)| scope);
    (Some(scope), chosen.into_iter().map(|(_, patch)| patch).chain(account).collect())
}

fn verdict(fields: &mut Fields<'_>, text: &Text) -> Option<Verdict> {
    let word = fields.one_of("expect", text, &VERDICTS.map(Verdict::word))?;
    VERDICTS.into_iter().find(|verdict| verdict.word() == word)
}

fn overrides(
    fields: &mut Fields<'_>,
    defaults: &BTreeMap<String, Constant>,
) -> BTreeMap<String, Constant> {
    let mut params = BTreeMap::new();
    for (name, at, value) in fields.table("params") {
        if !defaults.contains_key(name) {
            let problem = Problem::new(at, format!("there is no parameter `{name}`"));
            fields.problems.push(problem.valid(name, defaults.keys().map(String::as_str)));
            continue;
        }
        match rule::param(name, at, value, defaults.get(name)) {
            Ok(constant) => {
                params.insert(name.to_owned(), constant);
            }
            Err(problem) => fields.problems.push(problem),
        }
    }
    params
}

impl Example {
    /// What differs from what the example says, with the rule's default parameters.
    pub(crate) fn check(&self, rule: &Rule) -> Option<String> {
        let mut params = rule.defaults();
        params.extend(self.params.clone());
        let scopes = rule.each_scope(|scope| scope);
        let parts = match Part::compile(&rule.texts, &scopes, &params) {
            Ok(parts) => parts,
            Err(problems) => return problems.into_iter().next().map(|problem| problem.message),
        };
        let part = parts.iter().find(|part| part.scope.name == self.scope.name)?;
        let subject = (part.scope.sample)(&self.sample);
        let judgement = judge(&part.program, &subject, &[]);
        if judgement.verdict != self.expect {
            let (expected, got) = (self.expect.word(), judgement.verdict.word());
            return Some(format!("expected {expected}, got {got}: {}", judgement.message.text()));
        }
        let message = judgement.message.text();
        let expected = self.message.as_ref().filter(|expected| **expected != message)?;
        Some(format!("expected the message \"{expected}\", got \"{message}\""))
    }
}
