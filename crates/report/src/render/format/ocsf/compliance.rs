//! The object `compliance`: which rule was judged, for which controls, and what it came to.
//!
//! <https://schema.ocsf.io/1.6.0/objects/compliance>

use portcullis_model::{Finding, RuleInfo};
use serde::Serialize;

use super::attributes::{Enum, compliance_status};
use crate::render::format::security_event::{missing, requirements, shown};

#[derive(Serialize)]
pub(super) struct Compliance<'a> {
    status_id: u8,
    status: &'static str,
    /// Our own word for the verdict.
    status_code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status_details: Vec<String>,
    /// The rule's id.
    control: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    control_parameters: Vec<Parameter<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    standards: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check<'a>>,
}

/// A parameter of the rule; OCSF knows texts only.
#[derive(Serialize)]
struct Parameter<'a> {
    name: &'a str,
    value: String,
}

/// The rule as it was judged; its hash is the version.
#[derive(Serialize)]
struct Check<'a> {
    uid: &'a str,
    name: &'a str,
    desc: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
}

impl<'a> Compliance<'a> {
    pub(super) fn new(finding: &'a Finding, rule: Option<&'a RuleInfo>) -> Compliance<'a> {
        let Enum(status_id, status) = compliance_status(finding.verdict);
        let mut control_parameters = Vec::new();
        for (name, value) in rule.iter().flat_map(|rule| &rule.params) {
            control_parameters.push(Parameter { name, value: shown(value) });
        }
        Compliance {
            status_id,
            status,
            status_code: finding.verdict.word(),
            status_details: missing(finding)
                .map(|name| format!("{name} is missing"))
                .collect(),
            control: &finding.rule,
            control_parameters,
            standards: rule
                .iter()
                .flat_map(|r| r.frameworks.keys())
                .map(String::as_str)
                .collect(),
            requirements: rule.map(requirements).unwrap_or_default(),
            checks: rule.map(Check::new).into_iter().collect(),
        }
    }
}

impl<'a> Check<'a> {
    fn new(rule: &'a RuleInfo) -> Check<'a> {
        Check { uid: &rule.id, name: &rule.title, desc: &rule.risk, version: &rule.hash }
    }
}
