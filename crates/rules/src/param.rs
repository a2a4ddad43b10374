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
        let message = format!("`{name}` is not a name for a parameter");
        return Err(Problem::new(at, message).help("use lowercase letters, digits and `_`"));
    }
    let deserializer = toml::de::ValueDeserializer::from(value.clone());
    let constant = toml::Value::deserialize(deserializer)
        .ok()
        .and_then(|value| Constant::from_toml(&value))
        .ok_or("a parameter is a number, a boolean, a string or a list of strings".to_owned());
    constant
        .and_then(|constant| match default {
            Some(default) => of_kind(constant, default),
            None => Ok(constant),
        })
        .map_err(|message| Problem::new(value.span(), message))
}

/// The value, if it is of the kind that the default is.
pub(crate) fn of_kind(value: Constant, default: &Constant) -> Result<Constant, String> {
    if value.ty() == default.ty() {
        return Ok(value);
    }
    let needed = default.ty().map(show::type_name).unwrap_or_default();
    Err(format!("this parameter is a {needed}"))
}
