//! A complete, healthy account, and patches on it: the resources of examples.

use std::sync::{Arc, LazyLock};

use portcullis_model::{
    AccessKey, Account, Group, MfaDevice, OidcProvider, Policy, RecordType, Region, Role, Root,
    SamlProvider, ServerCertificate, ServiceCredential, SigningCertificate, Source, Type, Typed,
    User,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problem;
use crate::scope::Variable;
use crate::show::type_name;

/// One record of each type, by the type's name.
static RECORDS: LazyLock<Map<String, Json>> =
    LazyLock::new(|| serde_json::from_str(include_str!("sample.json")).unwrap_or_default());

/// The sample without any patch; none if `sample.json` were broken, which a test rules out.
static HEALTHY: LazyLock<serde_json::Result<Sample>> =
    LazyLock::new(|| Sample::from_records(&RECORDS));

/// A TOML value with its place.
pub(crate) type Placed<'t> = &'t Spanned<DeValue<'t>>;

/// What an example changes about the record that a variable stands for.
pub(crate) struct Patch<'t> {
    pub variable: Variable,
    pub value: Placed<'t>,
}

/// Declares the sample: one resource of each kind, and their owners.
macro_rules! sample {
    ($($field:ident: $ty:ident,)*) => {
        /// One resource of each kind, and their owners; shared between examples until patched.
        #[derive(Clone, Debug)]
        pub(crate) struct Sample {
            $( pub $field: Arc<$ty>, )*
        }

        impl Sample {
            fn from_records(records: &Map<String, Json>) -> serde_json::Result<Sample> {
                Ok(Sample { $( $field: record(records.get(stringify!($ty)).cloned())?, )* })
            }

            /// Puts a record in the place of the one of its type.
            fn set(&mut self, ty: Type, json: Json) -> serde_json::Result<()> {
                $( if ty == <$ty as Typed>::TYPE {
                    self.$field = record(Some(json))?;
                    return Ok(());
                } )*
                Ok(())
            }
        }
    };
}

sample! {
    account: Account,
    root: Root,
    user: User,
    key: AccessKey,
    signing_certificate: SigningCertificate,
    service_credential: ServiceCredential,
    device: MfaDevice,
    group: Group,
    role: Role,
    policy: Policy,
    saml_provider: SamlProvider,
    oidc_provider: OidcProvider,
    server_certificate: ServerCertificate,
    region: Region,
}

fn record<T: DeserializeOwned>(json: Option<Json>) -> serde_json::Result<Arc<T>> {
    serde_json::from_value(json.unwrap_or_default()).map(Arc::new)
}

impl Sample {
    /// The healthy sample with patches; none if a patch has problems.
    pub(crate) fn patched(patches: &[Patch<'_>], problems: &mut Vec<Problem>) -> Option<Sample> {
        let mut sample = HEALTHY.as_ref().ok()?.clone();
        let mut whole = true;
        for Patch { variable, value } in patches {
            let Some(json) = convert(variable.ty, sample_of(variable.ty), value, problems) else {
                whole = false;
                continue;
            };
            if let Err(error) = sample.set(variable.ty, json) {
                let message = format!("the patch does not fit: {error}");
                problems.push(Problem::new(value.span(), message));
                whole = false;
            }
        }
        whole.then_some(sample)
    }
}

/// The JSON form of a fact as a patch gives it; a record keeps of `base` what the patch leaves out.
///
/// `{ missing = ["access-keys"] }` is a missing fact, `"null"` is null where there may be none.
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
                problem.help("a missing fact is `{ missing = [\"SOURCE\"] }`, null is `\"null\"`"),
            );
            None
        }
    }
}

/// What a record keeps where its patch says nothing.
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
    use crate::scope::SCOPES;

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
        SCOPES
            .iter()
            .flat_map(|scope| scope.variables)
            .for_each(|variable| has_sample(variable.ty));
    }
}
