//! A configuration's changes to rules.

use portcullis_model::Severity;

use crate::RuleFile;
use crate::param::{self, ParamSetting};
use crate::read::{Fields, Text};

/// The rule sets, each of which includes those before it.
pub(crate) const RULE_SETS: [&str; 2] = ["default", "strict"];

/// A configuration's changes to rules.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The configuration file, for the positions of mistakes.
    pub file: RuleFile,
    /// The changes to each rule.
    pub rules: Vec<RuleSettings>,
    /// The configuration's declarations about users and the password policy in a stable form, which
    /// becomes part of the hash of rules that read them.
    pub declared: String,
}

/// A configuration's changes to one rule.
#[derive(Clone, Debug)]
pub struct RuleSettings {
    pub(crate) id: Text,
    pub(crate) severity: Option<Severity>,
    pub(crate) params: Vec<ParamSetting>,
}

impl RuleSettings {
    /// Reads the tables `[rules.ID]` of a configuration, and adds their problems to its own.
    pub fn read(file: &mut Fields<'_>) -> Vec<RuleSettings> {
        let mut settings: Vec<RuleSettings> = Vec::new();
        for (mut id, mut fields) in file.named_tables("rules") {
            id.value.make_ascii_lowercase();
            if settings.iter().any(|earlier| earlier.id.value == id.value) {
                file.problems
                    .push(id.problem(format!("`{}` is set twice", id.value)));
            }
            let word = fields.text("severity");
            let severity = word
                .and_then(|word| fields.choose("severity", &word, &Severity::ALL, Severity::word));
            let params = param::read(&mut fields);
            file.problems.extend(fields.finish());
            settings.push(RuleSettings { id, severity, params });
        }
        settings
    }
}
