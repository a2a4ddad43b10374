//! The objects of SARIF, by the sections of the standard, with the properties that are written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// Where the schema of the format is published.
pub(super) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// §3.13 `sarifLog`
#[derive(Serialize)]
pub(super) struct Log<'a> {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: Vec<Run<'a>>,
}

/// §3.14 `run`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'a> {
    pub tool: Tool<'a>,
    pub automation_details: RunAutomationDetails,
    pub invocations: [Invocation; 1],
    pub results: Vec<Result<'a>>,
    pub column_kind: &'static str,
    pub properties: RunProperties,
}

/// §3.8 `propertyBag` of a run: how it was set up, and the counts of its findings.
#[derive(Serialize)]
pub(super) struct RunProperties {
    #[serde(flatten)]
    pub counts: Counts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configuration: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loosened: Vec<String>,
}

/// The number of findings by status, and of results left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    pub open: usize,
    pub known: usize,
    pub waived: usize,
    pub unknown: usize,
    pub left_out: usize,
}

/// §3.17 `runAutomationDetails`
#[derive(Serialize)]
pub(super) struct RunAutomationDetails {
    pub id: String,
}

/// §3.18 `tool`
#[derive(Serialize)]
pub(super) struct Tool<'a> {
    pub driver: Driver<'a>,
}

/// §3.19 `toolComponent`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    pub name: &'static str,
    pub version: &'a str,
    pub semantic_version: &'a str,
    pub rules: Vec<ReportingDescriptor<'a>>,
}

/// §3.49 `reportingDescriptor`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportingDescriptor<'a> {
    pub id: &'a str,
    pub short_description: MultiformatMessageString,
    pub full_description: MultiformatMessageString,
    pub help: MultiformatMessageString,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_uri: Option<&'a str>,
    pub default_configuration: ReportingConfiguration,
    pub properties: RuleProperties,
}

/// §3.50 `reportingConfiguration`
#[derive(Serialize)]
pub(super) struct ReportingConfiguration {
    pub level: Level,
}

/// §3.8 `propertyBag` of a rule, by GitHub's page.
#[derive(Serialize)]
pub(super) struct RuleProperties {
    pub tags: Vec<String>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    pub security_severity: Option<&'static str>,
}

/// §3.12 `multiformatMessageString`
#[derive(Serialize)]
pub(super) struct MultiformatMessageString {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
}

/// §3.11 `message`
#[derive(Serialize)]
pub(super) struct Message {
    pub text: String,
}

/// §3.20 `invocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub execution_successful: bool,
    pub exit_code: u8,
    pub exit_code_description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_utc: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time_utc: Option<Timestamp>,
    pub tool_execution_notifications: Vec<Notification>,
}

/// §3.58 `notification`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification {
    pub descriptor: ReportingDescriptorReference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_rule: Option<ReportingDescriptorReference>,
    pub level: Level,
    pub message: Message,
}

/// §3.52 `reportingDescriptorReference`
#[derive(Serialize)]
pub(super) struct ReportingDescriptorReference {
    pub id: String,
}

/// §3.27 `result`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Result<'a> {
    pub rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_index: Option<usize>,
    pub level: Level,
    pub message: Message,
    pub locations: [Location<'a>; 1],
    pub partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<ResultProvenance>,
    pub properties: ResultProperties,
}

/// §3.27.10 `level`, and §3.58.6 of notifications.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Error,
    Warning,
    Note,
}

/// §3.8 `propertyBag` of a result: what `level` has too few words for.
#[derive(Serialize)]
pub(super) struct ResultProperties {
    pub severity: &'static str,
    pub status: &'static str,
}

/// §3.48 `resultProvenance`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultProvenance {
    pub first_detection_time_utc: Timestamp,
}

/// §3.28 `location`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    pub physical_location: PhysicalLocation,
    pub logical_locations: [LogicalLocation<'a>; 1],
}

/// §3.29 `physicalLocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub artifact_location: ArtifactLocation,
    pub region: Region,
}

/// §3.4 `artifactLocation`
#[derive(Serialize)]
pub(super) struct ArtifactLocation {
    pub uri: String,
}

/// §3.30 `region`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub start_line: u32,
    pub start_column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// §3.33 `logicalLocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation<'a> {
    pub name: String,
    pub fully_qualified_name: String,
    pub kind: &'a str,
}
