//! What to do about findings.

use std::collections::BTreeSet;

use portcullis_model::{Finding, RuleInfo};

use crate::defuse;
use crate::words::placeholders;

/// What to do about a finding; lines that a name smuggled in are no lines.
pub(crate) fn remediation(rule: Option<&RuleInfo>, finding: &Finding) -> String {
    let own = &finding.remediation;
    // A line that the template lacks was smuggled in by a name, to pass for advice.
    let template = rule.map_or(1, |rule| rule.remediation.lines().count());
    let lines = own.lines().count();
    let honest = lines <= 1 || lines == template;
    if honest { own.clone() } else { defuse(own).into_owned() }
}

/// What to do about all of a rule's findings: their own text if they agree, else the rule's
/// template.
pub(crate) fn what_to_do(rule: Option<&RuleInfo>, findings: &[&Finding]) -> String {
    match (findings, rule) {
        ([first, rest @ ..], _) if rest.iter().all(|f| f.remediation == first.remediation) => {
            remediation(rule, first)
        }
        (_, Some(rule)) => placeholders(&rule.remediation),
        _ => String::new(),
    }
}

/// How to close the gaps that left findings unknown: each step once.
pub(crate) fn steps<'a>(unknown: impl IntoIterator<Item = &'a Finding>) -> BTreeSet<&'a str> {
    // A finding's advice has a sentence for each source, and many findings share a source.
    let advice = unknown.into_iter().map(|finding| finding.remediation.as_str());
    let sentences = advice.flat_map(|advice| advice.split_inclusive(". ")).map(str::trim);
    sentences.filter(|sentence| !sentence.is_empty()).collect()
}
