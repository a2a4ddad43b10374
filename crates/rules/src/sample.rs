//! A complete and healthy sample account, which examples patch.

use std::sync::LazyLock;

use jiff::Timestamp;
use portcullis_model::{
    Account, AccountActivity, Period, RecordType, Root, Snapshot, Source, Type,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use toml::de::{DeTable, DeValue};

use crate::expr::Variable;
use crate::problem::Problem;
use crate::read::Placed;
use crate::scope::{self, SCOPES, Scope};
use crate::show::type_name;

/// A sample record of each type, by the type's name.
static RECORDS: LazyLock<Map<String, Json>> =
    LazyLock::new(|| serde_json::from_str(include_str!("sample.json")).unwrap_or_default());

/// An example's changes to the record of a variable.
pub(crate) struct Patch<'t> {
    pub variable: Variable,
    pub value: Placed<'t>,
}

/// The healthy account, with one resource of each scope. An error would mean that `sample.json` is
/// broken, which a test rules out.
static HEALTHY: LazyLock<serde_json::Result<Snapshot>> = LazyLock::new(|| {
    let account = Account::deserialize(&RECORDS["Account"])?;
    let root = Root::deserialize(&RECORDS["Root"])?;
    let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH, account, root);
    snapshot.activity = Some(read_in_whole());
    for scope in &SCOPES {
        if let Some(variable) = scope.given().next() {
            (scope.replace)(&mut snapshot, sample_of(variable.ty).unwrap_or_default())?;
        }
    }
    Ok(snapshot)
});

/// Returns activity of all times, so that no attempt is near an end, and of no region, so that none
/// is missing.
fn read_in_whole() -> AccountActivity {
    AccountActivity::new(Period { from: Timestamp::MIN, to: Timestamp::MAX })
}

/// Returns the healthy account, patched and with one resource of the scope; none if a patch has
/// problems.
pub(crate) fn patched(
    scope: &Scope,
    patches: &[Patch<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Snapshot> {
    let mut snapshot = HEALTHY.as_ref().ok()?.clone();
    let mut whole = true;
    // Owners come first, since they contain what they own.
    let given: Vec<_> = scope.given().collect();
    for (index, Variable { ty, .. }) in given.into_iter().enumerate().rev() {
        let patch = patches.iter().find(|patch| patch.variable.ty == *ty);
        let (json, at) = match patch {
            Some(Patch { value, .. }) => {
                (convert(*ty, sample_of(*ty), value, problems), value.span())
            }
            None if index == 0 => (sample_of(*ty), 0..0),
            None => continue,
        };
        let scope = if index == 0 {
            Some(scope)
        } else {
            scope::of_type(*ty)
        };
        let (Some(json), Some(scope)) = (json, scope) else {
            whole = false;
            continue;
        };
        if let Err(error) = (scope.replace)(&mut snapshot, json) {
            problems.push(Problem::new(at, format!("this does not fit the fact: {error}")));
            whole = false;
        }
    }
    whole.then_some(snapshot)
}

/// Converts a fact in a patch to JSON. A record keeps the fields of `base` that the patch omits.
///
/// `{ missing = ["access-keys"] }` is a missing fact, and `"null"` is null if the fact may be null.
fn convert(
    ty: Type,
    base: Option<Json>,
    patch: Placed<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Json> {
    if let DeValue::Table(table) = patch.get_ref()
        && let Some(sources) = table.get("missing")
    {
        return missing(sources, problems);
    }
    match (ty, patch.get_ref()) {
        (Type::Optional(_), DeValue::String(text)) if text == "null" => Some(Json::Null),
        (Type::Optional(ty), _) => convert(*ty, base, patch, problems),
        (Type::Bool, DeValue::Boolean(bool)) => Some(json!(bool)),
        (Type::Number, DeValue::Integer(integer)) => {
            i64::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .map(Json::from)
        }
        (Type::Number, DeValue::Float(float)) => float.as_str().parse::<f64>().ok().map(Json::from),
        (Type::Text | Type::Time | Type::Word(_), DeValue::String(text)) => Some(json!(text)),
        (Type::Time, DeValue::Datetime(time)) => Some(json!(time.to_string())),
        (Type::List(element), DeValue::Array(elements)) => elements
            .iter()
            .map(|value| convert(*element, sample_of(*element), value, problems))
            .collect(),
        (Type::Record(record), DeValue::Table(fields)) => merge(record, base, fields, problems),
        (ty, _) => {
            let message = format!("{} is needed here", type_name(ty));
            let problem = Problem::new(patch.span(), message);
            problems.push(
                problem.help("a missing fact is `{ missing = [\"SOURCE\"] }`, null is `\"null\"`"),
            );
            None
        }
    }
}

/// Returns the sample of a type, which a patch changes.
fn sample_of(ty: Type) -> Option<Json> {
    match ty {
        Type::Record(record) => RECORDS.get(record.name).cloned(),
        Type::List(element) => Some(sample_of(*element).into_iter().collect()),
        _ => None,
    }
}

fn missing(sources: Placed<'_>, problems: &mut Vec<Problem>) -> Option<Json> {
    let (mut known, mut all_known) = (Vec::new(), true);
    for name in sources.get_ref().as_array().into_iter().flatten() {
        let word = name.get_ref().as_str().unwrap_or_default();
        if let Some(source) = Source::from_name(word) {
            known.push(source);
        } else {
            let problem = Problem::new(name.span(), "no source has this name");
            problems.push(problem.valid(word, Source::every().map(Source::name)));
            all_known = false;
        }
    }
    if known.is_empty() && all_known {
        let problem = Problem::new(sources.span(), "name the missing sources here");
        problems.push(problem.help("write missing = [\"credential-report\"]"));
        return None;
    }
    all_known.then(|| json!({ "missing": known }))
}

fn merge(
    record: &RecordType,
    base: Option<Json>,
    patch: &DeTable<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Json> {
    let mut merged = match base {
        Some(Json::Object(fields)) => fields,
        _ => Map::new(),
    };
    let mut whole = true;
    for (name, value) in patch {
        let name_text: &str = name.get_ref();
        let Some(field) = record.fields.iter().find(|field| field.name == name_text) else {
            let message = format!("{} has no field `{name_text}`", record.name);
            let valid = record.fields.iter().map(|field| field.name);
            problems.push(Problem::new(name.span(), message).valid(name_text, valid));
            whole = false;
            continue;
        };
        match convert(field.ty, merged.remove(field.name), value, problems) {
            Some(json) => drop(merged.insert(field.name.to_owned(), json)),
            None => whole = false,
        }
    }
    whole.then_some(Json::Object(merged))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_sample(ty: Type) {
        match ty {
            Type::Record(record) => {
                assert!(RECORDS.contains_key(record.name), "{} is not in sample.json", record.name);
                record.fields.iter().for_each(|field| has_sample(field.ty));
            }
            Type::Optional(ty) | Type::List(ty) => has_sample(*ty),
            _ => {}
        }
    }

    #[test]
    fn every_record_that_rules_can_read_has_a_sample() {
        HEALTHY.as_ref().unwrap();
        for scope in &SCOPES {
            let patched = patched(scope, &[], &mut Vec::new()).unwrap();
            let expected = usize::from(scope.made_of.is_none());
            assert_eq!((scope.subjects)(&patched).unwrap().count(), expected, "{}", scope.name);
        }
        SCOPES
            .iter()
            .flat_map(|scope| scope.variables)
            .for_each(|variable| has_sample(variable.ty));
    }
}
