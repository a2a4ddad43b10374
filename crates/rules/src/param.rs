//! Parameters of rules.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::constant::Constant;
use crate::problem::Problem;
use crate::read::Placed;
use crate::show;

/// A parameter of a rule: a number, a bool, a text or a list of texts.
#[derive(Clone, Debug, Serialize)]
pub struct Param {
    pub(crate) default: Constant,
    pub(crate) value: Constant,
}

/// Reads the value of a parameter, which must be of the kind that the default is.
pub(crate) fn read(
    name: &str,
    at: Range<usize>,
    value: Placed<'_>,
    default: Option<&Constant>,
) -> Result<Constant, Problem> {
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        let message = format!("`{name}` is no name for a parameter");
        return Err(Problem::new(at, message).help("use lowercase letters, digits and `_`"));
    }
    let deserializer = toml::de::ValueDeserializer::from(value.clone());
    let value_read = toml::Value::deserialize(deserializer).ok();
    kind(value_read.as_ref(), default).map_err(|message| Problem::new(value.span(), message))
}

/// The value as a parameter of the same kind as its default.
pub(crate) fn kind(
    value: Option<&toml::Value>,
    default: Option<&Constant>,
) -> Result<Constant, String> {
    let constant = value.and_then(Constant::from_toml);
    let constant = constant.ok_or("a parameter is a number, a bool, a text or a list of texts")?;
    match default {
        Some(default) if default.ty() != constant.ty() => {
            let needed = default.ty().map(show::type_name).unwrap_or_default();
            Err(format!("this parameter is a {needed}"))
        }
        _ => Ok(constant),
    }
}
