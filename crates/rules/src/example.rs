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

const VERDICTS: [Verdict; 4] =
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
