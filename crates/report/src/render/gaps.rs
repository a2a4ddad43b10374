//! Gaps in words, for people.

use std::collections::BTreeMap;

use portcullis_model::{Gap, Report};

use crate::words::{few, lead, shorten};

/// Room for AWS's sentence on who may not do what on which ARN.
const MESSAGE_CHARS: usize = 300;
/// So many resources of gaps of one kind are named.
const NAMED_RESOURCES: usize = 3;

/// The gaps of that kind in a sentence each, led by their account where there are several.
pub(crate) fn told(report: &Report, is_it: impl Fn(&Gap) -> bool) -> Vec<String> {
    let mut sentences = Vec::new();
    for account in &report.accounts {
        let gaps: Vec<&Gap> = account.gaps.iter().filter(|gap| is_it(gap)).collect();
        let lead = lead(account, report);
        sentences.extend(folded(&gaps).into_iter().map(|gap| format!("{lead}{gap}")));
    }
    sentences
}

/// The gaps in a sentence each, folded by all that they have in common but the resource.
pub(crate) fn folded(gaps: &[&Gap]) -> Vec<String> {
    let mut kinds: BTreeMap<_, Vec<&Gap>> = BTreeMap::new();
    for &gap in gaps {
        let kind = (gap.source, &gap.operation, &gap.code, gap.resource.is_some());
        kinds.entry(kind).or_default().push(gap);
    }
    kinds.values().map(|same| describe(same)).collect()
}

/// Gaps of one kind in one sentence, with the message of the first.
fn describe(same: &[&Gap]) -> String {
    let Some(first) = same.first() else { return String::new() };
    let resources: Vec<&str> = same.iter().filter_map(|gap| gap.resource.as_deref()).collect();
    let of = if resources.is_empty() {
        String::new()
    } else {
        format!(" for {}", few(&resources, NAMED_RESOURCES))
    };
    let Gap { source, operation, code, message, .. } = first;
    format!("{source} ({operation}){of}: {code}: {}", shorten(message, MESSAGE_CHARS))
}
