//! What has been decided about a finding, and why one is unknown, in words.

use portcullis_model::{AppliedWaiver, BaselineState, Finding, Verdict};

use crate::words::day;

/// What its waiver and the baseline say.
pub(crate) fn of(finding: &Finding) -> Vec<String> {
    if finding.verdict != Verdict::Fail {
        return Vec::new();
    }
    finding.waiver.as_ref().map(on_waiver).into_iter().chain(on_baseline(finding)).collect()
}

/// Who accepts a finding, until when and why; or that nobody does any more.
pub(crate) fn on_waiver(waiver: &AppliedWaiver) -> String {
    let AppliedWaiver { reason, owner, expires, expired } = waiver;
    if *expired {
        format!("waiver of {owner} expired on {expires}: {reason}")
    } else {
        format!("waived until {expires} by {owner}: {reason}")
    }
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
    match finding.baseline? {
        BaselineState::New => Some("new since the baseline".to_owned()),
        BaselineState::Known => {
            Some(format!("known from the baseline{}", since.unwrap_or_default()))
        }
    }
}
