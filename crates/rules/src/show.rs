//! Formats values for people and for machines.

use std::collections::BTreeMap;

use portcullis_model::{Fact, List, Record, Sources, Type, Value, minute};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// Returns the value as shown in a message; "unknown" if it is missing.
pub(crate) fn text(value: Result<Value<'_>, Sources>) -> String {
    match value {
        Err(_) => "unknown".to_owned(),
        Ok(Value::Null) => "none".to_owned(),
        Ok(Value::Bool(bool)) => bool.to_string(),
        Ok(Value::Number(n)) => number(n),
        Ok(Value::Text(text)) => text.to_owned(),
        Ok(Value::Time(time)) => minute(time),
        Ok(Value::List(list)) => elements(list).map(text).collect::<Vec<_>>().join(", "),
        Ok(Value::Record(record)) => json(Value::Record(record)).to_string(),
    }
}

/// Returns a number with at most one decimal, rounded up, so that a number above a limit is never
/// shown as the limit itself.
fn number(number: f64) -> String {
    let exact = number.to_string();
    match exact.split_once('.') {
        Some((_, decimals)) if decimals.len() > 1 => {
            format!("{:.1}", (number * 10.0).ceil() / 10.0)
        }
        _ => exact,
    }
}

/// Returns the value as evidence.
pub(crate) fn json(value: Value<'_>) -> Json {
    serde_json::to_value(Shown(Ok(value))).expect("values are plain data")
}

/// A fact as evidence: its complete and exact value, or the missing sources.
pub(crate) struct Shown<'a>(pub Result<Value<'a>, Sources>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Err(sources) => Fact::<()>::Missing(sources).serialize(serializer),
            Ok(Value::Null) => serializer.serialize_unit(),
            Ok(Value::Bool(bool)) => serializer.serialize_bool(bool),
            Ok(Value::Number(number)) => serialize_number(number, serializer),
            Ok(Value::Text(text)) => serializer.serialize_str(text),
            Ok(Value::Time(time)) => time.serialize(serializer),
            Ok(Value::List(list)) => serializer.collect_seq(elements(list).map(Shown)),
            Ok(Value::Record(record)) => fields(record).serialize(serializer),
        }
    }
}

/// Serializes integers as such: three keys are `3`, not `3.0`.
fn serialize_number<S: Serializer>(number: f64, serializer: S) -> Result<S::Ok, S::Error> {
    match number.to_string().parse() {
        Ok(integer) => serializer.serialize_i64(integer),
        Err(_) => serializer.serialize_f64(number),
    }
}

fn elements(list: &dyn List) -> impl Iterator<Item = Result<Value<'_>, Sources>> {
    (0..list.size()).map(|index| list.element(index))
}

/// Returns the fields by name.
fn fields(record: &dyn Record) -> BTreeMap<&'static str, Shown<'_>> {
    let fields = record.record_type().fields.iter().enumerate();
    fields
        .map(|(index, field)| (field.name, Shown(record.field(index))))
        .collect()
}

/// Returns the type in words, for error messages and documentation.
pub fn type_name(ty: Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Word(words) => format!("one of {}", words.join(", ")),
        Type::Time => "time".to_owned(),
        Type::Optional(ty) => format!("{} or null", type_name(*ty)),
        Type::List(ty) => format!("list of {}", type_name(*ty)),
        Type::Record(record) => record.name.to_owned(),
    }
}

/// Escapes the value for a string of a JSON document that is in single quotes of a shell command.
pub(crate) fn quoted_json(value: &str) -> String {
    let text = Json::from(value).to_string();
    text[1..text.len() - 1].replace('\'', r"'\''")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use portcullis_model::Source;

    use super::*;

    #[test]
    fn numbers_never_hide_that_they_are_over_a_limit() {
        for (value, shown) in
            [(91.0, "91"), (90.5, "90.5"), (90.01, "90.1"), (90.96, "91.0"), (0.0, "0")]
        {
            assert_eq!(text(Ok(Value::Number(value))), shown);
        }
    }

    #[test]
    fn values_read_plainly() {
        let time: Timestamp = "2026-11-01T12:30:00.75Z".parse().unwrap();
        assert_eq!(text(Ok(Value::Time(time))), "2026-11-01 12:30 UTC");
        assert_eq!(text(Ok(Value::Null)), "none");
        assert_eq!(text(Err(Source::AccessKeys.into())), "unknown");
        assert_eq!(text(Ok(Value::List(&vec!["a".to_owned(), "b".to_owned()]))), "a, b");
    }
    #[test]
    fn hostile_names_end_neither_the_text_nor_the_quotes() {
        assert_eq!(quoted_json("it's \"x\"\n"), r#"it'\''s \"x\"\n"#);
    }
}
