//! The rules that results of a run break.

use std::collections::HashMap;
use std::iter;

use portcullis_model::{RuleInfo, Severity};

use super::Issue;
use super::log::{
    MultiformatMessageString, ReportingConfiguration, ReportingDescriptor, RuleProperties,
};
use super::message::{markdown, plain};
use super::results::level;
use crate::defuse;
use crate::render::format::security_event::requirements;
use crate::render::view::View;
use crate::text::is_web_page;
use crate::words::shorten;

/// GitHub's limit for a description, in characters.
const DESCRIPTION: usize = 1024;
/// GitHub's limit for the tags of a rule.
const TAGS: usize = 20;

/// Rules, and where each stands among them.
#[derive(Default)]
pub(super) struct Rules<'a> {
    pub descriptors: Vec<ReportingDescriptor<'a>>,
    pub indices: HashMap<&'a str, usize>,
}

/// The rules of the issues, the most severe first.
pub(super) fn broken<'a>(view: &View<'a>, issues: &'a [Issue<'_>]) -> Rules<'a> {
    let mut rules = Rules::default();
    for Issue { finding, .. } in issues {
        if !rules.indices.contains_key(finding.rule.as_str()) {
            rules.indices.insert(&finding.rule, rules.descriptors.len());
            // GitHub takes the severity of an alert from its rule. Issues come the most severe first, so
            // none is shown as less severe than it is.
            let rule = descriptor(&finding.rule, view.rule(finding), finding.severity);
            rules.descriptors.push(rule);
        }
    }
    rules
}

fn descriptor<'a>(
    id: &'a str,
    rule: Option<&'a RuleInfo>,
    severity: Severity,
) -> ReportingDescriptor<'a> {
    let described = |text: Option<&str>| {
        // No description may be empty.
        let text = text
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .unwrap_or(id);
        let text = shorten(&plain(text), DESCRIPTION - 1);
        MultiformatMessageString { text, markdown: None }
    };
    ReportingDescriptor {
        id,
        short_description: described(rule.map(|rule| rule.title.as_str())),
        full_description: described(rule.map(|rule| rule.risk.as_str())),
        help: help(id, rule),
        help_uri: rule
            .and_then(|rule| rule.references.iter().find(|uri| is_web_page(uri)))
            .map(String::as_str),
        default_configuration: ReportingConfiguration { level: level(severity) },
        properties: RuleProperties {
            tags: rule.map(tags).unwrap_or_default(),
            security_severity: security_severity(severity),
        },
    }
}

/// The number from which GitHub derives how severe an alert is: over 9 is critical, from 7 high, from 4
/// medium. There is none for what is just good to know.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

/// Only what is tagged `security` gets a security severity.
fn tags(rule: &RuleInfo) -> Vec<String> {
    let mut tags = vec!["security".to_owned()];
    for tag in iter::once(rule.family.clone()).chain(requirements(rule)) {
        let tag = defuse(&tag).into_owned();
        if !tag.is_empty() && !tags.contains(&tag) && tags.len() < TAGS {
            tags.push(tag);
        }
    }
    tags
}

/// Why it matters, what to do, and where to read on.
fn help(id: &str, rule: Option<&RuleInfo>) -> MultiformatMessageString {
    let Some(rule) = rule else {
        return MultiformatMessageString { text: plain(id), markdown: None };
    };
    let links: Vec<&String> = rule
        .references
        .iter()
        .filter(|uri| is_web_page(uri))
        .collect();
    let list = |head: &str, [open, close]: [&str; 2]| {
        let items = links.iter().map(|link| format!("- {open}{link}{close}\n"));
        let head = (!links.is_empty()).then(|| head.to_owned());
        head.into_iter().chain(items).collect::<String>()
    };
    let text = format!(
        "{}\n\nWhat to do:\n{}\n{}",
        plain(&rule.risk),
        plain(&rule.remediation),
        list("\nRead more:\n", ["", ""])
    );
    let marked = format!(
        "{}\n## What to do\n{}{}",
        markdown(&rule.risk),
        markdown(&rule.remediation),
        list("\n## Read more\n\n", ["<", ">"])
    );
    MultiformatMessageString { text, markdown: Some(marked.trim_start().to_owned()) }
}
