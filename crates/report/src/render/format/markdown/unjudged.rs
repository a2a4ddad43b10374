//! What could not be judged, a line for each rule and reason, and how to close the gaps.

use std::collections::BTreeMap;

use portcullis_model::{Finding, Report, Status};

use super::budget::Budget;
use crate::render::advice::steps;
use crate::render::gfm::{code, inline};
use crate::render::remarks;
use crate::words::{self, counted, shorten};

/// So many resources that a rule could not judge are named.
const NAMED_RESOURCES: usize = 3;
/// Room for a reason or a name that no list should be drowned by.
const TEXT_CHARS: usize = 300;

pub(super) fn write(report: &Report, budget: &mut Budget) {
    let all = report.findings.iter().filter(|finding| finding.status() == Status::Unknown);
    let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in all {
        let why = inline(&shorten(&remarks::on_missing(finding), TEXT_CHARS));
        let group = (finding.severity, finding.rule.as_str(), why);
        groups.entry(group).or_default().push(finding);
    }
    if groups.is_empty() {
        return;
    }
    let count = groups.values().map(Vec::len).sum();
    budget.add(&format!("\n## Not judged: {}\n\n", counted(count, "finding")));
    for ((severity, rule, reason), findings) in &groups {
        let about = format!("{}, {}: {}", severity.word(), code(rule), names(findings, report));
        if !budget.add(&format!("- {about}; {reason}\n")) {
            budget.leave_out(findings.len());
        }
    }
    write_steps(groups.values().flatten().copied(), budget);
}

/// The resources by name, or their number.
fn names(findings: &[&Finding], report: &Report) -> String {
    if findings.len() > NAMED_RESOURCES {
        return counted(findings.len(), "resource");
    }
    let many_accounts = report.accounts.len() > 1;
    let name = |f: &&Finding| inline(&shorten(&words::name(f, many_accounts), TEXT_CHARS));
    findings.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// How to close the gaps: each step once.
fn write_steps<'a>(unknown: impl Iterator<Item = &'a Finding>, budget: &mut Budget) {
    let steps = steps(unknown);
    if !steps.is_empty() {
        budget.add("\n**What to do:**\n\n");
    }
    for step in steps {
        budget.add(&format!("- {}\n", inline(&shorten(step, TEXT_CHARS))));
    }
}
