//! What a configuration changes about rules.

use portcullis_model::Severity;

use crate::RuleFile;
use crate::param::{self, ParamSetting};
use crate::read::{Fields, Text};

/// The rule sets, the smallest first; each holds those before it.
pub(crate) const RULE_SETS: [&str; 2] = ["default", "strict"];

/// What a configuration changes about rules.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The file that says so, for the places of mistakes.
    pub file: RuleFile,
    /// The changes to each rule.
    pub rules: Vec<RuleSettings>,
    /// What the configuration declares of users and of the password policy, in any form that stays
    /// the same: rules that read it test something else where that differs.
    pub declared: String,
}

/// What a configuration changes about one rule.
#[derive(Clone, Debug)]
pub struct RuleSettings {
    pub(crate) id: Text,
    pub(crate) severity: Option<Severity>,
    pub(crate) params: Vec<ParamSetting>,
}

impl RuleSettings {
    /// Reads the tables `[rules.ID]` of a configuration, and adds what is wrong to its problems.
    pub fn read(file: &mut Fields<'_>) -> Vec<RuleSettings> {
        let mut all: Vec<RuleSettings> = Vec::new();
        for (mut id, mut fields) in file.named_tables("rules") {
            id.value.make_ascii_lowercase();
            if all.iter().any(|earlier| earlier.id.value == id.value) {
                file.problems.push(id.problem(format!("`{}` is set twice", id.value)));
            }
            let word = fields.text("severity");
            let severity = word
                .and_then(|word| fields.choose("severity", &word, &Severity::ALL, Severity::word));
            let params = param::read(&mut fields);
            file.problems.extend(fields.finish());
            all.push(RuleSettings { id, severity, params });
        }
        all
    }
}
