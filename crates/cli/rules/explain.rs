//! Explains a rule as text.

use std::io;

use portcullis_report::{Page, bold, severity_style};
use portcullis_rules::{Explanation, FactDoc, Rule};

/// Writes everything about a rule and, if requested, all facts that it could read.
pub(super) fn write(rule: &Rule, facts: bool, page: &mut Page<'_>) -> io::Result<()> {
    let all = portcullis_rules::explain(rule);
    page.painted_item(severity_style(all.severity), "", &format!("{} ({})", all.title, all.id))?;
    page.blank()?;
    page.item("  severity  ", &severity(&all))?;
    page.item("  rule set  ", all.rule_set)?;
    page.item("  judges    ", &all.judges)?;
    let needs: Vec<_> = all.sources.iter().map(|source| source.name()).collect();
    page.item("  needs     ", &needs.join(", "))?;
    page.item("  file      ", all.path)?;
    section(page, "WHY IT MATTERS")?;
    page.prose(2, all.why)?;
    section(page, "WHAT TO DO")?;
    page.prose(2, all.what_to_do)?;
    section(page, "HOW IT JUDGES")?;
    write_judgement(&all, page)?;
    if let Some(text) = all.false_positives {
        section(page, "WHEN A FINDING IS NOT A PROBLEM")?;
        page.prose(2, text)?;
    }
    write_params(rule, page)?;
    section(page, "FACTS IT READS")?;
    write_facts(&all.facts, page)?;
    if !all.frameworks.is_empty() {
        section(page, "CONTROLS IT TESTS")?;
        for (framework, controls) in all.frameworks {
            page.item("  - ", &format!("{framework}: {}", controls.join(", ")))?;
        }
    }
    section(page, "EXAMPLES")?;
    for example in all.examples {
        page.item("  - ", &format!("{}: {}", example.expect.word(), example.name))?;
    }
    section(page, "READ MORE")?;
    all.references
        .iter()
        .try_for_each(|url| page.item("  ", url))?;
    let several = all.scope.contains(',');
    let this = if several {
        "these scopes"
    } else {
        "this scope"
    };
    if facts {
        section(page, &format!("ALL FACTS A RULE ON {} CAN READ", this.to_uppercase()))?;
        return write_facts(&all.facts_in_reach, page);
    }
    page.blank()?;
    let count = all.facts_in_reach.len();
    page.item("", &format!("--facts lists the {count} facts that a rule on {this} can read."))
}

/// Writes what the rule judges, and when it applies and passes.
fn write_judgement(all: &Explanation<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if let Some(windows) = &all.windows {
        page.item("  attempts:     ", windows.filter.unwrap_or("all"))?;
        page.item("  in common:    ", &windows.group_by.join(", "))?;
        page.item("  apart:        ", &format!("at most {}", windows.within))?;
        if windows.until_success {
            page.item("  until:        ", "the person gets in")?;
        }
    }
    if !all.regions.is_empty() {
        page.item("  regions:      ", &all.regions.join(", "))?;
    }
    if all.read_only {
        page.item("  events:       ", "read-only ones, which a trail may leave out")?;
    }
    page.item("  applies if:   ", all.when.unwrap_or("always"))?;
    page.item("  passes if:    ", all.assert)?;
    page.item("  else it says: ", all.message)
}

fn write_facts(facts: &[FactDoc], page: &mut Page<'_>) -> io::Result<()> {
    for FactDoc { path, ty, doc, .. } in facts {
        page.item("  - ", &format!("{path} ({ty}): {doc}"))?;
    }
    Ok(())
}

/// The severity, and others with their conditions.
fn severity(all: &Explanation<'_>) -> String {
    let mut text = all.severity.word().to_owned();
    for other in &all.severities {
        text = format!("{text}; {} if {}", other.severity.word(), other.when);
    }
    text
}

fn section(page: &mut Page<'_>, title: &str) -> io::Result<()> {
    page.blank()?;
    page.line(bold(), title)
}

fn write_params(rule: &Rule, page: &mut Page<'_>) -> io::Result<()> {
    let params = rule.info().params;
    if params.is_empty() {
        return Ok(());
    }
    section(page, "PARAMETERS")?;
    params
        .iter()
        .try_for_each(|(name, value)| page.item("  ", &format!("{name} = {value}")))
}
