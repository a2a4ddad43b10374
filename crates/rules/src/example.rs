//! Examples: each rule's own tests, which also document it.

use std::collections::BTreeMap;

use portcullis_model::{Snapshot, Verdict};
use serde::Serialize;

use crate::constant::Constant;
use crate::expr::Variable;
use crate::param;
use crate::problem::Problem;
use crate::read::Fields;
use crate::sample::{Patch, patched};
use crate::scope::{PRINCIPAL, Scope};

/// What an example may expect.
pub(crate) const VERDICTS: [Verdict; 4] =
    [Verdict::Pass, Verdict::Fail, Verdict::NotApplicable, Verdict::Unknown];

/// A resource, given as a patch of a complete and healthy one, and the expected verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// The expected verdict.
    pub expect: Verdict,
    /// What the example is about.
    pub name: String,
    /// The text of the patches by variable.
    pub given: BTreeMap<&'static str, String>,
    /// Parameters that differ from their defaults.
    pub(crate) params: BTreeMap<String, Constant>,
    /// The exact message, if the example gives one.
    pub message: Option<String>,
    #[serde(skip)]
    pub(crate) sample: Box<Snapshot>,
    /// The scope of the resource.
    #[serde(skip)]
    pub(crate) scope: &'static Scope,
}

/// Reads one `[[example]]` table; `scopes` are the rule's, and `params` its defaults.
pub(crate) fn read(
    mut fields: Fields<'_>,
    scopes: &[&'static Scope],
    params: &BTreeMap<String, Constant>,
) -> Result<Example, Vec<Problem>> {
    let (expect, name) = (fields.required("expect"), fields.required("name"));
    let expect = expect.and_then(|text| fields.choose("expect", &text, &VERDICTS, Verdict::word));
    let message = fields.text("message").map(|text| text.value);
    let (scope, patches) = patches(&mut fields, scopes);
    let params = overrides(&mut fields, params);
    let sample = scope.and_then(|scope| patched(scope, &patches, &mut fields.problems));
    let mut given = BTreeMap::new();
    for patch in &patches {
        given.insert(patch.variable.name, fields.source(patch.value.span()).to_owned());
    }
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

/// Reads the patches, and the scope of the example. In a rule on several scopes, the key is the
/// name of a scope, or `principal` for the first scope.
fn patches<'t>(
    fields: &mut Fields<'t>,
    scopes: &[&'static Scope],
) -> (Option<&'static Scope>, Vec<Patch<'t>>) {
    let mut patch = |name, variable: &Variable| {
        let value = fields.take(name)?;
        Some(Patch { variable: Variable { name, ..variable.clone() }, value })
    };
    let [first, _, ..] = scopes else {
        let variables = scopes.iter().flat_map(|scope| scope.given());
        let patches = variables
            .filter_map(|variable| patch(variable.name, variable))
            .collect();
        return (scopes.first().copied(), patches);
    };
    let (mut chosen, mut patches) = (Vec::new(), Vec::new());
    for (key, &scope) in scopes
        .iter()
        .map(|scope| (scope.name, scope))
        .chain([(PRINCIPAL, first)])
    {
        if let Some(patch) = scope
            .variables
            .first()
            .and_then(|resource| patch(key, resource))
        {
            chosen.push(scope);
            patches.push(patch);
        }
    }
    let second = patches.get(1).map(|patch| patch.value.span());
    patches.extend(
        first
            .variables
            .last()
            .and_then(|account| patch(account.name, account)),
    );
    if let Some(at) = second {
        let problem = Problem::new(at, "an example is about one resource");
        fields
            .problems
            .push(problem.help("make an example for each"));
    }
    (Some(chosen.first().copied().unwrap_or(*first)), patches)
}

fn overrides(
    fields: &mut Fields<'_>,
    defaults: &BTreeMap<String, Constant>,
) -> BTreeMap<String, Constant> {
    let mut params = BTreeMap::new();
    for setting in param::read(fields) {
        match setting.of(defaults) {
            Ok(value) => _ = params.insert(setting.name, value),
            Err(problem) => fields.problems.push(problem),
        }
    }
    params
}
