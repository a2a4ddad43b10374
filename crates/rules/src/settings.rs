//! What a configuration changes about rules.

use std::collections::BTreeMap;

use portcullis_model::Severity;
use serde::Deserialize;

/// The rule sets, the smallest first; each holds those before it.
pub(crate) const RULE_SETS: [&str; 2] = ["default", "strict"];

/// What a configuration changes about rules.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The changes by rule id.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleSettings>,
    /// What the configuration declares of users and of the password policy, in any form that stays
    /// the same: rules that read it test something else where that differs.
    #[serde(skip)]
    pub declared: String,
}

/// What a configuration changes about one rule.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// Another severity.
    pub severity: Option<Severity>,
    /// Other values of parameters.
    #[serde(default)]
    pub params: BTreeMap<String, toml::Value>,
}
