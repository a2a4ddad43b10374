//! Describes decisions about a finding, and why it is unknown.

use portcullis_model::{BaselineState, Finding, Verdict};

use crate::decide::waivers::decision_and_reason;
use crate::words::day;

/// Says whether the finding is urgent, and what its waiver and the baseline decide.
pub(crate) fn remarks(finding: &Finding) -> Vec<String> {
    let mut remarks = Vec::new();
    if finding.urgent {
        remarks.push("urgent: CloudTrail recorded its use, or attempts".to_owned());
    }
    let waiver = finding.waiver.as_ref().filter(|_| finding.verdict == Verdict::Fail);
    remarks.extend(waiver.map(decision_and_reason));
    remarks.extend(on_baseline(finding));
    remarks
}

/// Why a finding is unknown.
pub(crate) fn on_missing(finding: &Finding) -> String {
    if finding.missing.is_empty() {
        return finding.message.clone();
    }
    let sources: Vec<&str> = finding.missing.iter().map(|source| source.name()).collect();
    format!("needs {}", sources.join(", "))
}

fn on_baseline(finding: &Finding) -> Option<String> {
    let since = finding.first_seen.map(|moment| format!(", first seen on {}", day(moment)));
    match (finding.verdict, finding.baseline, since) {
        (Verdict::Unknown, _, Some(since)) => Some(format!("failed before{since}")),
        (Verdict::Fail, Some(BaselineState::New), _) => Some("new since the baseline".to_owned()),
        (Verdict::Fail, Some(BaselineState::Known), since) => {
            Some(format!("known from the baseline{}", since.unwrap_or_default()))
        }
        _ => None,
    }
}
