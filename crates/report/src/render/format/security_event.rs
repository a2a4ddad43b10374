//! What the formats for security event stores, OCSF and ASFF, say alike.

use portcullis_model::{Finding, RuleInfo, Source};
use serde_json::Value as Json;

/// The controls that a rule tests: `cis-aws-7.0/2.12`.
pub(super) fn requirements(rule: &RuleInfo) -> Vec<String> {
    let mut requirements = Vec::new();
    for (framework, controls) in &rule.frameworks {
        for control in controls {
            requirements.push(format!("{framework}/{control}"));
        }
    }
    requirements
}

/// The names of the sources that would have told.
pub(super) fn missing(finding: &Finding) -> impl Iterator<Item = &'static str> {
    finding.missing.iter().map(|source: &Source| source.name())
}

/// A value as text: a text as it is, all else as JSON.
pub(super) fn shown(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
