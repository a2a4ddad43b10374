//! What could not be judged, a line for each rule and reason, and how to close the gaps.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Finding, Report, Status};

use super::inline::{code, inline};
use super::room::Room;
use crate::words::{counted, shorten};

/// So many resources that a rule could not judge are named.
const NAMED_RESOURCES: usize = 3;
/// Room for a reason or a name that no list should be drowned by.
const TEXT_CHARS: usize = 300;

pub(super) fn write(report: &Report, room: &mut Room) {
    let all = report.findings.iter().filter(|finding| finding.status() == Status::Unknown);
    let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in all {
        let group = (finding.severity, finding.rule.as_str(), reason(finding));
        groups.entry(group).or_default().push(finding);
    }
    if groups.is_empty() {
        return;
    }
    let count = groups.values().map(Vec::len).sum();
    room.add(&format!("\n## Not judged: {}\n\n", counted(count, "finding")));
    for ((severity, rule, reason), findings) in &groups {
        let about = format!("{}, {}: {}", severity.word(), code(rule), names(findings));
        if !room.add(&format!("- {about}; {reason}\n")) {
            room.leave_out(findings.len());
        }
    }
    write_steps(groups.values().flatten(), room);
}

/// Why a finding is unknown.
fn reason(finding: &Finding) -> String {
    if finding.missing.is_empty() {
        return inline(&shorten(&finding.message, TEXT_CHARS));
    }
    let sources: Vec<&str> = finding.missing.iter().map(|source| source.name()).collect();
    format!("needs {}", sources.join(", "))
}

/// The resources by name, or their number.
fn names(findings: &[&Finding]) -> String {
    if findings.len() > NAMED_RESOURCES {
        return counted(findings.len(), "resource");
    }
    let name = |finding: &&Finding| inline(&shorten(&finding.resource.name, TEXT_CHARS));
    findings.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// How to close the gaps: each step once.
fn write_steps<'a>(unknown: impl Iterator<Item = &'a &'a Finding>, room: &mut Room) {
    // A finding's advice has a sentence for each source, and many findings share a source.
    let sentences = unknown.flat_map(|finding| finding.remediation.split_inclusive(". "));
    let steps: BTreeSet<&str> = sentences.map(str::trim).filter(|step| !step.is_empty()).collect();
    if !steps.is_empty() {
        room.add("\n**What to do:**\n\n");
    }
    for step in steps {
        room.add(&format!("- {}\n", inline(&shorten(step, TEXT_CHARS))));
    }
}
