//! Parameters of rules.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::constant::Constant;
use crate::problem::Problem;
use crate::read::{Fields, Placed};
use crate::show;

/// A parameter of a rule: a non-negative number, a boolean, a string or a list of strings.
#[derive(Clone, Debug, Serialize)]
pub struct Param {
    pub(crate) default: Constant,
    pub(crate) value: Constant,
}

impl Param {
    /// Creates a parameter with its default value.
    pub(crate) fn new(default: Constant) -> Param {
        Param { value: default.clone(), default }
    }
}

/// An entry of a table of parameters.
#[derive(Clone, Debug)]
pub(crate) struct ParamSetting {
    pub name: String,
    pub name_at: Range<usize>,
    pub value: Constant,
    value_at: Range<usize>,
}

/// Reads the table `params`.
pub(crate) fn read(fields: &mut Fields<'_>) -> Vec<ParamSetting> {
    let mut settings = Vec::new();
    for (name, name_at, value) in fields.table("params") {
        let value_at = value.span();
        match constant(name, &name_at, value) {
            Ok(value) => {
                settings.push(ParamSetting { name: name.to_owned(), name_at, value, value_at });
            }
            Err(problem) => fields.problems.push(problem),
        }
    }
    settings
}

fn constant(name: &str, at: &Range<usize>, value: Placed<'_>) -> Result<Constant, Problem> {
    if !name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        let message = format!("`{name}` is not a name for a parameter");
        return Err(Problem::new(at.clone(), message).help("use lowercase letters, digits and `_`"));
    }
    let deserializer = toml::de::ValueDeserializer::from(value.clone());
    let constant = toml::Value::deserialize(deserializer)
        .ok()
        .as_ref()
        .and_then(Constant::from_toml);
    match constant {
        Some(Constant::Number(number)) if number < 0.0 => {}
        Some(constant) => return Ok(constant),
        None => {}
    }
    let message = "a parameter must be a number that is not negative, a boolean, a string or a list of strings";
    Err(Problem::new(value.span(), message))
}

impl ParamSetting {
    /// Returns the value, if there is a parameter of this name and type.
    pub(crate) fn of(&self, defaults: &BTreeMap<String, Constant>) -> Result<Constant, Problem> {
        let Some(default) = defaults.get(&self.name) else {
            return Err(absent(&self.name, &self.name_at, defaults));
        };
        if self.value.ty() == default.ty() {
            return Ok(self.value.clone());
        }
        let needed = default.ty().map(show::type_name).unwrap_or_default();
        Err(Problem::new(self.value_at.clone(), format!("this parameter must be a {needed}")))
    }
}

/// Returns the problem that no parameter has this name.
pub(crate) fn absent(
    name: &str,
    at: &Range<usize>,
    params: &BTreeMap<String, Constant>,
) -> Problem {
    let problem = Problem::new(at.clone(), format!("there is no parameter `{name}`"));
    problem.valid(name, params.keys().map(String::as_str))
}
