//! Describes decisions about a finding, and why it is unknown.

use portcullis_model::{BaselineState, Finding, Verdict};

use crate::decide::waivers::decision_and_reason;
use crate::words::day;

/// Says whether the finding is urgent, and what its waiver and the baseline decide.
pub(crate) fn remarks(finding: &Finding) -> Vec<String> {
    let mut remarks = Vec::new();
    if finding.urgent {
        remarks.push(format!("urgent: CloudTrail recorded {}", recorded(&finding.resource.kind)));
    }
    let waiver = finding
        .waiver
        .as_ref()
        .filter(|_| finding.verdict == Verdict::Fail);
    remarks.extend(waiver.map(decision_and_reason));
    remarks.extend(on_baseline(finding));
    remarks
}

/// What makes findings on that kind of resource urgent: root may have signed in with the password, whatever else the
/// finding is about.
fn recorded(kind: &str) -> &'static str {
    match kind {
        "access_key" => "its use",
        "root" => "activity of root",
        "saml_provider" => "sign-ins through it, or attempts",
        _ => "activity of the user",
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
    let since = finding
        .first_seen
        .map(|moment| format!(", first seen on {}", day(moment)));
    match (finding.verdict, finding.baseline, since) {
        (Verdict::Unknown, _, Some(since)) => Some(format!("failed before{since}")),
        (Verdict::Fail, Some(BaselineState::New), _) => Some("new since the baseline".to_owned()),
        (Verdict::Fail, Some(BaselineState::Known), since) => {
            Some(format!("known from the baseline{}", since.unwrap_or_default()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// A key or certificate of root is not used where root signs in with its password.
    #[test]
    fn an_urgent_finding_says_of_what_there_was_activity() {
        let says = |kind: &str| {
            let mut finding = sample::finding("a-rule", "root", None);
            finding.resource.kind = kind.to_owned();
            finding.urgent = true;
            remarks(&finding).remove(0)
        };
        assert_eq!(says("root"), "urgent: CloudTrail recorded activity of root");
        assert_eq!(says("user"), "urgent: CloudTrail recorded activity of the user");
        assert_eq!(says("access_key"), "urgent: CloudTrail recorded its use");
    }
}
