//! Results: the findings that fail and are not waived, and those that could not be judged.

use std::collections::{BTreeMap, HashMap};

use portcullis_model::{Finding, Severity};

use super::Issue;
use super::log::{
    ArtifactLocation, Level, Location, LogicalLocation, Message, PhysicalLocation, Region, Result,
    ResultProperties, ResultProvenance,
};
use super::message::plain;
use crate::defuse;
use crate::render::format::code_quality::{self, is_unjudged};

/// All of an artifact that has no lines; GitHub wants each of them.
const REGION: Region = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

pub(super) fn result<'a>(issue: &'a Issue<'_>, rules: &HashMap<&str, usize>) -> Result<'a> {
    let finding = &*issue.finding;
    Result {
        rule_id: &finding.rule,
        rule_index: rules.get(finding.rule.as_str()).copied(),
        level: if is_unjudged(finding) {
            Level::Note
        } else {
            level(finding.severity)
        },
        message: Message { text: plain(&code_quality::text(finding)) },
        locations: [location(finding)],
        partial_fingerprints: BTreeMap::from([
            // The one that GitHub goes by, in its form: a hash and a number.
            ("primaryLocationLineHash", issue.id.clone()),
            ("portcullis/v1", finding.fingerprint.as_str().to_owned()),
        ]),
        provenance: finding
            .first_seen
            .map(|moment| ResultProvenance { first_detection_time_utc: moment }),
        properties: ResultProperties {
            severity: finding.severity.word(),
            status: finding.status().word(),
        },
    }
}

fn location(finding: &Finding) -> Location<'_> {
    let resource = &finding.resource;
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: code_quality::path(finding) },
            region: REGION,
        },
        logical_locations: [LogicalLocation {
            name: defuse(&resource.name).into_owned(),
            fully_qualified_name: defuse(&resource.id).into_owned(),
            kind: &resource.kind,
        }],
    }
}

pub(super) fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Note,
    }
}
