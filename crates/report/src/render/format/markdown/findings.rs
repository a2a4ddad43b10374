//! What is open, by severity and rule, with what to do about it.

use std::collections::BTreeMap;

use portcullis_model::{Finding, RuleInfo, Severity, Status};

use super::budget::Budget;
use crate::render::advice::what_to_do;
use crate::render::gfm::{code, inline, link, prose};
use crate::render::remarks;
use crate::render::view::View;
use crate::words::{capitalised, counted};

pub(super) fn write(view: &View<'_>, budget: &mut Budget) {
    let mut open: BTreeMap<(Severity, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in view.report.findings.iter().filter(|f| f.status() == Status::Open) {
        open.entry((finding.severity, &finding.rule)).or_default().push(finding);
    }
    let groups: Vec<_> = open.into_iter().map(|((severity, _), found)| (severity, found)).collect();
    for of_severity in groups.chunk_by(|(one, _), (other, _)| one == other) {
        write_severity(view, of_severity, budget);
    }
}

/// The findings of one severity, a group a rule.
fn write_severity(view: &View<'_>, groups: &[(Severity, Vec<&Finding>)], budget: &mut Budget) {
    let count = groups.iter().map(|(_, findings)| findings.len()).sum();
    let mut heading = groups.first().map_or_else(String::new, |(severity, _)| {
        format!("\n## {}: {}\n", capitalised(severity.word()), counted(count, "finding"))
    });
    for (_, findings) in groups {
        if write_rule(view, &heading, findings, budget) {
            heading.clear();
        }
    }
}

/// The findings of one rule, as many as there is room for; whether there was room for any.
fn write_rule(view: &View<'_>, heading: &str, findings: &[&Finding], budget: &mut Budget) -> bool {
    let Some(first) = findings.first() else { return false };
    let rule = view.rule(first);
    let above = format!("{heading}{}", introduction(rule, first));
    let below = advice(rule, findings);
    let space = budget.left().saturating_sub(above.len() + below.len());
    let list = Budget::filled(space, |list| list.add_each(findings.iter().map(|f| entry(f))));
    budget.leave_out(list.left_out());
    !list.text().is_empty() && budget.add(&format!("{above}{}{below}", list.text()))
}

/// The problem, and why it matters.
fn introduction(rule: Option<&RuleInfo>, finding: &Finding) -> String {
    let id = code(&finding.rule);
    rule.map_or_else(
        || format!("\n### {id}\n\n"),
        |rule| format!("\n### {} ({id})\n\n{}\n\n", inline(&rule.title), inline(&rule.risk)),
    )
}

/// A finding as a list item, with what has been decided about it.
pub(super) fn entry(finding: &Finding) -> String {
    let remark = |remark: String| format!("  - {}\n", inline(&remark));
    let remarks: String = remarks::remarks(finding).into_iter().map(remark).collect();
    format!("- {} — {}\n{remarks}", inline(&finding.message), code(&finding.resource.id))
}

/// What to do about all of them, and where to read more.
fn advice(rule: Option<&RuleInfo>, findings: &[&Finding]) -> String {
    let steps = match what_to_do(rule, findings).as_str() {
        "" => String::new(),
        steps => format!("\n**What to do:**\n{}", prose(steps)),
    };
    let references = rule.iter().flat_map(|rule| &rule.references);
    match references.map(|url| link(url)).collect::<Vec<_>>().as_slice() {
        [] => steps,
        links => format!("{steps}\nRead {}\n", links.join(", ")),
    }
}
