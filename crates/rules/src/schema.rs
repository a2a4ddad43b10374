//! The facts that rules can read, for documentation.

use std::collections::BTreeMap;

use portcullis_model::{RecordType, Type};
use serde::Serialize;

use crate::scope::SCOPES;
use crate::show::type_name;

/// All that rules can read.
#[derive(Clone, Debug, Serialize)]
pub struct Schema {
    /// The kinds of resource that rules judge.
    pub scopes: Vec<ScopeSchema>,
    /// The records that variables and fields are, sorted by name.
    pub records: Vec<RecordSchema>,
}

/// A kind of resource that rules judge.
#[derive(Clone, Debug, Serialize)]
pub struct ScopeSchema {
    /// The name in rule files.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The variables in reach, the resource first, with the records that they are.
    pub variables: Vec<VariableSchema>,
}

/// A name that stands for a record.
#[derive(Clone, Debug, Serialize)]
pub struct VariableSchema {
    /// The name in expressions.
    pub name: &'static str,
    /// The name of the record.
    pub record: String,
}

/// A record that rules can read.
#[derive(Clone, Debug, Serialize)]
pub struct RecordSchema {
    /// Its name.
    pub name: &'static str,
    /// Its fields, in order.
    pub fields: Vec<FieldSchema>,
}

/// A field of a record.
#[derive(Clone, Debug, Serialize)]
pub struct FieldSchema {
    /// The name in expressions.
    pub name: &'static str,
    /// The type, in words.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it is.
    pub doc: &'static str,
}

/// All that rules can read: scopes, their variables, and the records with their fields.
#[must_use]
pub fn schema() -> Schema {
    let mut records = BTreeMap::new();
    for variable in SCOPES.iter().flat_map(|scope| scope.variables) {
        collect(variable.ty, &mut records);
    }
    let scopes = SCOPES.iter().map(|scope| ScopeSchema {
        name: scope.name,
        doc: scope.doc,
        variables: scope
            .variables
            .iter()
            .map(|variable| VariableSchema { name: variable.name, record: type_name(variable.ty) })
            .collect(),
    });
    Schema { scopes: scopes.collect(), records: records.into_values().map(record).collect() }
}

fn collect(ty: Type, records: &mut BTreeMap<&'static str, &'static RecordType>) {
    match ty {
        Type::Record(record) if records.insert(record.name, record).is_none() => {
            record.fields.iter().for_each(|field| collect(field.ty, records));
        }
        Type::Optional(ty) | Type::List(ty) => collect(*ty, records),
        _ => {}
    }
}

fn record(record: &'static RecordType) -> RecordSchema {
    let fields = record.fields.iter().map(|field| FieldSchema {
        name: field.name,
        ty: type_name(field.ty),
        doc: field.doc,
    });
    RecordSchema { name: record.name, fields: fields.collect() }
}
