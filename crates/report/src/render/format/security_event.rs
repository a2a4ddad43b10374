//! What OCSF and ASFF, the formats for security event stores, have in common, some of it with SARIF.

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

/// The names of the missing sources.
pub(super) fn missing(finding: &Finding) -> impl Iterator<Item = &'static str> {
    finding.missing.iter().map(|source: &Source| source.name())
}

/// A text unchanged, and any other value as JSON.
pub(super) fn shown(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
