//! What is open, by severity and rule, with what to do about it, folded.

use portcullis_model::Finding;

use super::budget::Budget;
use super::fold;
use crate::render::advice::what_to_do;
use crate::render::gfm::{code, inline, link, prose};
use crate::render::outline::{Group, Outline, Section};
use crate::render::remarks;

pub(super) fn write(outline: &Outline<'_>, budget: &mut Budget) {
    for Section { title, groups, .. } in &outline.open {
        let mut heading = format!("\n## {title}\n");
        for group in groups {
            if write_group(group, &heading, budget) {
                heading.clear();
            }
        }
    }
}

/// The findings of one rule, as many as there is room for; whether there was room for any.
fn write_group(group: &Group<'_>, heading: &str, budget: &mut Budget) -> bool {
    let above = format!("{heading}\n### {}\n\n", title(group));
    let below = advice(group);
    let space = budget.left().saturating_sub(above.len() + below.len());
    let list = Budget::filled(space, |list| {
        list.add_each(group.findings.iter().map(|finding| entry(finding)));
    });
    budget.leave_out(list.left_out());
    !list.text().is_empty() && budget.add(&format!("{above}{}{below}", list.text()))
}

/// The problem, and the rule that found it.
pub(super) fn title(group: &Group<'_>) -> String {
    let id = code(group.id);
    group.rule.map_or_else(|| id.clone(), |rule| format!("{} ({id})", inline(&rule.title)))
}

/// A finding as a list item, with what has been decided about it.
fn entry(finding: &Finding) -> String {
    let says = format!("- {} — {}\n", inline(&finding.message), code(&finding.resource.id));
    let mut lines = vec![says];
    for remark in remarks::remarks(finding) {
        lines.push(format!("  - {}\n", inline(&remark)));
    }
    lines.concat()
}

/// Why it matters, what to do, and where to read more.
fn advice(group: &Group<'_>) -> String {
    let mut parts = vec![prose(&what_to_do(group.rule, &group.findings))];
    if let Some(rule) = group.rule {
        parts.insert(0, format!("{}\n", inline(&rule.risk)));
        let links: Vec<String> = rule.references.iter().map(|url| link(url)).collect();
        if !links.is_empty() {
            parts.push(format!("\nRead {}\n", links.join(", ")));
        }
    }
    fold("Why it matters, and what to do", &parts.concat())
}
