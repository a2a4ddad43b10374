//! Turns findings and rules into test cases.

use std::collections::HashMap;

use portcullis_model::{Finding, RuleInfo, Status, Tally};
use serde_json::Value as Json;

use crate::defuse;
use crate::render::advice::remediation;
use crate::render::remarks;
use crate::render::view::View;
use crate::words::{counted, shorten, value};

/// The maximum length of a fact, since GitLab accepts files of 30 MB.
const FACT_CHARS: usize = 200;
/// How many facts of a finding are shown.
const FACTS: usize = 20;

/// A test case.
pub(super) struct Case {
    pub class: String,
    pub name: String,
    /// None if the test passed.
    pub mark: Option<Mark>,
}

/// Why a test case did not pass.
pub(super) struct Mark {
    /// `failure`, `error` or `skipped`.
    pub element: &'static str,
    /// The type of a failure or error.
    pub kind: Option<&'static str>,
    /// One sentence.
    pub message: String,
    /// The message and all details, since GitLab shows nothing else.
    pub text: Vec<String>,
}

impl Case {
    pub(super) fn of_finding(view: &View<'_>, finding: &Finding) -> Case {
        let family = view.rule(finding).map_or("", |rule| rule.family.as_str());
        let class = class(&[&finding.account, family, &finding.rule]);
        Case { class, name: token(&finding.resource.id), mark: mark(view, finding) }
    }

    /// A rule without findings; none if it judged nothing, or if findings are not listed.
    pub(super) fn of_rule(suite: &str, rule: &RuleInfo, tally: Tally) -> Option<Case> {
        let class = class(&[suite, &rule.family, &rule.id]);
        let Tally { fail: 0, unknown: 0, pass, not_applicable, .. } = tally else {
            return None;
        };
        let resources = |count: u32| counted(count as usize, "resource");
        let (name, mark) = match (pass, not_applicable) {
            (0, 0) => return None,
            (0, others) => {
                let name = format!("{} to which the rule does not apply", resources(others));
                (name.clone(), Some(Mark::skipped(&name, Vec::new())))
            }
            (1, _) => ("1 resource passes".to_owned(), None),
            (many, _) => (format!("{} pass", resources(many)), None),
        };
        Some(Case { class, name, mark })
    }

    /// Accounts about which nothing is known.
    pub(super) fn of_nothing(suite: &str, message: &str) -> Case {
        Case::of_evidence(suite, Mark::new("error", Some("unknown"), message, Vec::new()))
    }

    /// An account in which there is nothing to judge.
    pub(super) fn to_skip(suite: &str, message: &str) -> Case {
        Case::of_evidence(suite, Mark::skipped(message, Vec::new()))
    }

    fn of_evidence(suite: &str, mark: Mark) -> Case {
        Case { class: class(&[suite, "evidence"]), name: "collected".to_owned(), mark: Some(mark) }
    }
}

impl Mark {
    /// A mark whose text is the message and these lines.
    fn new(
        element: &'static str,
        kind: Option<&'static str>,
        message: &str,
        lines: Vec<String>,
    ) -> Mark {
        let text = [vec![message.to_owned()], lines].concat();
        Mark { element, kind, message: message.to_owned(), text }
    }

    fn skipped(message: &str, lines: Vec<String>) -> Mark {
        Mark::new("skipped", None, message, lines)
    }
}

fn mark(view: &View<'_>, finding: &Finding) -> Option<Mark> {
    let message = &finding.message;
    match finding.status() {
        Status::Open => {
            let kind = finding.severity.word();
            Some(Mark::new("failure", Some(kind), message, details(view, finding)))
        }
        Status::Unknown => {
            Some(Mark::new("error", Some("unknown"), message, details(view, finding)))
        }
        Status::Known | Status::Waived => {
            Some(Mark::skipped(&remarks::remarks(finding).join("; "), vec![message.clone()]))
        }
        Status::NotApplicable => Some(Mark::skipped(message, Vec::new())),
        Status::Pass => None,
    }
}

/// All details for readers who see only the test case.
fn details(view: &View<'_>, finding: &Finding) -> Vec<String> {
    let rule = view.rule(finding);
    let mut lines = remarks::remarks(finding);
    let resource = &finding.resource;
    let region = resource
        .region
        .as_ref()
        .map(|region| format!(" in {region}"))
        .unwrap_or_default();
    let kind = resource.kind.replace('_', " ");
    lines.push(format!("Resource: {kind} {}{region}", resource.name));
    let risk = rule.into_iter().map(|rule| rule.risk.clone());
    section("Why it matters:", risk, &mut lines);
    let advice = remediation(finding);
    let account = view.account_of_commands(finding);
    let place = account
        .map(|account| format!(" in {account}"))
        .unwrap_or_default();
    section(&format!("What to do{place}:"), advice.lines().map(str::to_owned), &mut lines);
    let facts = finding.evidence.facts().into_iter().take(FACTS);
    let evidence =
        facts.map(|(name, fact)| format!("{name}: {}", shorten(&shown(&fact), FACT_CHARS)));
    section("Evidence:", evidence, &mut lines);
    let pages = rule.into_iter().flat_map(|rule| rule.references.clone());
    section("Read more:", pages, &mut lines);
    lines
}

/// A fact in words; records are for programs.
fn shown(fact: &Json) -> String {
    match fact
        .as_array()
        .filter(|list| list.iter().any(Json::is_object))
    {
        Some(records) => format!("{}, in the JSON report", counted(records.len(), "record")),
        None => value(fact),
    }
}

/// Adds a heading and lines, if there are any.
fn section(heading: &str, content: impl Iterator<Item = String>, lines: &mut Vec<String>) {
    let mut content = content.peekable();
    if content.peek().is_some() {
        lines.extend([String::new(), heading.to_owned()]);
        lines.extend(content.map(|line| format!("  {line}")));
    }
}

/// Numbers cases with the same class and name as an earlier one, which GitLab would otherwise drop.
pub(super) fn tell_apart(cases: &mut [Case]) {
    let mut copies: HashMap<(String, String), u32> = HashMap::new();
    for case in cases {
        let name = case.name.clone();
        loop {
            let copy = copies
                .entry((case.class.clone(), case.name.clone()))
                .or_default();
            *copy += 1;
            if *copy == 1 {
                break;
            }
            case.name = format!("{name} ({copy})");
        }
    }
}

/// Joins the parts that are not empty. Jenkins regards all except the last as the package.
fn class(parts: &[&str]) -> String {
    let mut tokens: Vec<String> = parts.iter().map(|part| token(part)).collect();
    tokens.retain(|token| !token.is_empty());
    tokens.join(".")
}

/// Text in the normal form of XML Schema's `token`, which ignores some spaces.
fn token(text: &str) -> String {
    defuse(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
