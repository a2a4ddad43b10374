//! What is open, by severity and rule, with what to do about it, folded.

use std::io;

use portcullis_model::Finding;

use super::budget::Budget;
use super::fold;
use crate::render::advice::what_to_do;
use crate::render::gfm::{code, inline, link, prose};
use crate::render::outline::{Group, Outline, Section};
use crate::render::remarks;
use crate::render::view::View;

/// So many findings of a rule have their commands shown together.
const COMMANDS: usize = 20;

pub(super) fn write(view: &View<'_>, outline: &Outline<'_>, budget: &mut Budget) -> io::Result<()> {
    for Section { title, groups, .. } in &outline.open {
        let mut heading = format!("\n## {title}\n");
        for group in groups {
            if write_group(view, group, &heading, budget)? {
                heading.clear();
            }
        }
    }
    Ok(())
}

/// The findings of one rule, as many as there is room for; whether there was room for any.
fn write_group(
    view: &View<'_>,
    group: &Group<'_>,
    heading: &str,
    budget: &mut Budget,
) -> io::Result<bool> {
    let above = format!("{heading}\n### {}\n\n", title(group));
    let below = advice(view, group)?;
    let space = budget.left().saturating_sub(above.len() + below.len());
    let mut list = Budget::new(space);
    for finding in view.findings(&group.entries) {
        list.add_each([entry(&*finding?)]);
    }
    budget.left_out += list.left_out;
    Ok(!list.text.is_empty() && budget.add(&format!("{above}{}{below}", list.text)))
}

/// The problem, and the rule that found it.
pub(super) fn title(group: &Group<'_>) -> String {
    let id = code(group.id);
    group
        .rule
        .map_or_else(|| id.clone(), |rule| format!("{} ({id})", inline(&rule.title)))
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
fn advice(view: &View<'_>, group: &Group<'_>) -> io::Result<String> {
    let account = |finding: &Finding| view.account_of_commands(finding);
    let mut parts = vec![prose(&what_to_do(view.findings(&group.entries), COMMANDS, account)?)];
    if let Some(rule) = group.rule {
        parts.insert(0, format!("{}\n", inline(&rule.risk)));
        let links: Vec<String> = rule.references.iter().map(|url| link(url)).collect();
        if !links.is_empty() {
            parts.push(format!("\nRead {}\n", links.join(", ")));
        }
    }
    Ok(fold("Why it matters, and what to do", &parts.concat()))
}
