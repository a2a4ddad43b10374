//! Values written in rule files: literals and parameters.

use portcullis_model::{List, Sources, Type, Value};
use serde::{Serialize, Serializer};

use crate::show::Shown;

/// A literal or the value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Texts(Texts),
}

/// A list of texts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Texts(pub Vec<String>);

impl List for Texts {
    fn size(&self) -> usize {
        self.0.len()
    }
    fn element(&self, index: usize) -> Result<Value<'_>, Sources> {
        self.0
            .get(index)
            .map(|text| Value::Text(text))
            .ok_or(Sources::NONE)
    }
}

impl Constant {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Constant::Null => Value::Null,
            Constant::Bool(bool) => Value::Bool(*bool),
            Constant::Number(number) => Value::Number(*number),
            Constant::Text(text) => Value::Text(text),
            Constant::Texts(texts) => Value::List(texts),
        }
    }

    /// Returns the type; none for null.
    pub(crate) fn ty(&self) -> Option<Type> {
        Some(match self {
            Constant::Null => return None,
            Constant::Bool(_) => Type::Bool,
            Constant::Number(_) => Type::Number,
            Constant::Text(_) => Type::Text,
            Constant::Texts(_) => Type::List(&Type::Text),
        })
    }

    /// Reads the value of a parameter: a number, a boolean, a string or a list of strings.
    pub(crate) fn from_toml(value: &toml::Value) -> Option<Constant> {
        Some(match value {
            toml::Value::Boolean(bool) => Constant::Bool(*bool),
            toml::Value::Integer(integer) => Constant::Number(exact(*integer)?),
            toml::Value::Float(float) if float.is_finite() => Constant::Number(*float),
            toml::Value::String(text) => Constant::Text(text.clone()),
            toml::Value::Array(values) => Constant::Texts(Texts(
                values
                    .iter()
                    .map(|v| v.as_str().map(str::to_owned))
                    .collect::<Option<_>>()?,
            )),
            _ => return None,
        })
    }
}

impl Serialize for Constant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown(Ok(self.value())).serialize(serializer)
    }
}

/// Returns the integer as a float, if that is exact.
#[allow(clippy::cast_precision_loss, reason = "refused beyond 53 bits")]
pub(crate) fn exact(integer: i64) -> Option<f64> {
    (integer.unsigned_abs() <= 1 << 53).then_some(integer as f64)
}
