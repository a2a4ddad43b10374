//! A complete, healthy account, and patches on it: the resources of examples.

use std::sync::LazyLock;

use portcullis_model::{
    AccessKey, Account, MfaDevice, RecordType, Root, SigningCertificate, Source, Type, User,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problem;
use crate::scope::Scope;
use crate::show::type_name;

/// One record of each type, by the type's name.
static RECORDS: LazyLock<Map<String, Json>> =
    LazyLock::new(|| serde_json::from_str(include_str!("sample.json")).unwrap_or_default());

/// One resource of each kind, and their owners.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub account: Account,
    pub root: Root,
    pub user: User,
    pub key: AccessKey,
    pub certificate: SigningCertificate,
    pub device: MfaDevice,
}

/// A TOML value with its place.
pub(crate) type Placed<'t> = &'t Spanned<DeValue<'t>>;

impl Sample {
    /// The healthy sample with patches on the variables of a scope, by their names.
    pub(crate) fn patched(
        scope: &Scope,
        patches: &[(&'static str, Placed<'_>)],
        problems: &mut Vec<Problem>,
    ) -> Option<Sample> {
        let mut records = RECORDS.clone();
        for variable in scope.variables {
            let patch = patches.iter().find(|(name, _)| *name == variable.name);
            if let (Some((_, patch)), Type::Record(record)) = (patch, variable.ty) {
                let base = records.get(record.name).cloned();
                records
                    .insert(record.name.to_owned(), convert(variable.ty, base, patch, problems)?);
            }
        }
        let place = patches.first().map_or(0..0, |(_, patch)| patch.span());
        match Sample::from_records(&records) {
            Ok(sample) => Some(sample),
            Err(error) => {
                problems.push(Problem::new(place, format!("the patch does not fit: {error}")));
                None
            }
        }
    }

    fn from_records(records: &Map<String, Json>) -> serde_json::Result<Sample> {
        Ok(Sample {
            account: record(records, "Account")?,
            root: record(records, "Root")?,
            user: record(records, "User")?,
            key: record(records, "AccessKey")?,
            certificate: record(records, "SigningCertificate")?,
            device: record(records, "MfaDevice")?,
        })
    }
}

fn record<T: DeserializeOwned>(records: &Map<String, Json>, name: &str) -> serde_json::Result<T> {
    serde_json::from_value(records.get(name).cloned().unwrap_or_default())
}

/// The JSON form of a fact as a patch gives it; a record keeps of `base` what the patch leaves out.
///
/// `{ missing = ["access-keys"] }` is a missing fact, `{ none = true }` is null.
fn convert(
    ty: Type,
    base: Option<Json>,
    patch: Placed<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Json> {
    if let DeValue::Table(table) = patch.get_ref() {
        if let Some(sources) = table.get("missing") {
            return missing(sources, problems);
        }
        if table.contains_key("none") && matches!(ty, Type::Optional(_)) {
            return Some(Json::Null);
        }
    }
    match (ty, patch.get_ref()) {
        (Type::Optional(ty), _) => convert(*ty, base, patch, problems),
        (Type::Bool, DeValue::Boolean(bool)) => Some(json!(bool)),
        (Type::Number, DeValue::Integer(integer)) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(Json::from)
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
                problem.help(
                    "a missing fact is `{ missing = [\"SOURCE\"] }`, null is `{ none = true }`",
                ),
            );
            None
        }
    }
}

/// What the element of a list keeps where its patch says nothing.
fn sample_of(ty: Type) -> Option<Json> {
    match ty {
        Type::Record(record) => RECORDS.get(record.name).cloned(),
        _ => None,
    }
}

fn missing(sources: Placed<'_>, problems: &mut Vec<Problem>) -> Option<Json> {
    let names = sources.get_ref().as_array().into_iter().flatten();
    let known = names.map(|name| {
        let word = name.get_ref().as_str().unwrap_or_default();
        if Source::from_name(word).is_none() {
            let problem = Problem::new(name.span(), "no source has this name");
            problems.push(problem.valid(word, Source::ALL.map(Source::name)));
        }
        Source::from_name(word)
    });
    let known: Vec<_> = known.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?;
    if known.is_empty() {
        let problem = Problem::new(sources.span(), "the sources that are missing are needed here");
        problems.push(problem.help("write missing = [\"credential-report\"]"));
        return None;
    }
    Some(json!({ "missing": known }))
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
    use crate::schema::schema;

    #[test]
    fn every_record_that_rules_can_read_has_a_sample() {
        Sample::from_records(&RECORDS).unwrap();
        for record in schema().records {
            assert!(RECORDS.contains_key(record.name), "{} is not in sample.json", record.name);
        }
    }
}
