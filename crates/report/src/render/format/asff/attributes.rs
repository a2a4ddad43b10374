//! Attributes of a finding by Security Hub's words and within its limits.
//!
//! <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html>

use portcullis_model::{Finding, RuleInfo, Severity as Grade, Status, Verdict};
use serde::Serialize;

use crate::render::format::security_event::requirements;
use crate::text::defuse;

/// What all findings are, in Security Hub's taxonomy.
///
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html#Types>
pub(super) const TYPES: [&str; 1] =
    ["Software and Configuration Checks/AWS Security Best Practices"];

/// The text, defused and cut to a length in UTF-16 units, which is at least that in characters.
pub(super) fn clip(text: &str, most: usize) -> String {
    let text = defuse(text);
    if text.encode_utf16().count() <= most {
        return text.into_owned();
    }
    let mut left = most.saturating_sub(1);
    let mut clipped = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.len_utf16()) else {
            break;
        };
        left = rest;
        clipped.push(c);
    }
    clipped + "…"
}

/// Severity, also under `FindingProviderFields`: the one place where a later import may change it.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Severity {
    label: &'static str,
    original: &'static str,
}

impl Severity {
    /// Where there is no problem, that is what Security Hub means by informational.
    pub(super) fn from_finding(finding: &Finding) -> Severity {
        let label = match (finding.verdict, finding.severity) {
            (Verdict::Pass | Verdict::NotApplicable, _) | (_, Grade::Info) => "INFORMATIONAL",
            (_, Grade::Low) => "LOW",
            (_, Grade::Medium) => "MEDIUM",
            (_, Grade::High) => "HIGH",
            (_, Grade::Critical) => "CRITICAL",
        };
        Severity { label, original: finding.severity.word() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProviderFields {
    pub(super) severity: Severity,
    pub(super) types: [&'static str; 1],
}

/// What the check came to, and which controls it tests: the first 32 that are short enough.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Compliance {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_requirements: Vec<String>,
}

impl Compliance {
    pub(super) fn new(finding: &Finding, rule: Option<&RuleInfo>) -> Compliance {
        let requirements = rule.map(requirements).unwrap_or_default();
        let short = requirements.into_iter().filter(|text| text.len() <= 64);
        Compliance {
            status: compliance_status(finding.verdict),
            related_requirements: short.take(32).collect(),
        }
    }
}

/// The words by their definitions: a warning is missing information, and what does not apply is not
/// available.
///
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Compliance.html>
fn compliance_status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "FAILED",
        Verdict::Unknown => "WARNING",
        Verdict::Pass => "PASSED",
        Verdict::NotApplicable => "NOT_AVAILABLE",
    }
}

/// Whether the finding asks for work.
pub(super) fn record_state(status: Status) -> &'static str {
    match status {
        Status::Open | Status::Known | Status::Unknown => "ACTIVE",
        Status::Waived | Status::Pass | Status::NotApplicable => "ARCHIVED",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Remediation {
    recommendation: Recommendation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recommendation {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl Remediation {
    /// What to do, on one line, and the first page to read; none where nothing is to be done.
    pub(super) fn from_finding(finding: &Finding, rule: Option<&RuleInfo>) -> Option<Remediation> {
        let text = first_lines(&finding.remediation, 512);
        let pages = rule.map_or(&[][..], |rule| &rule.references);
        let url = pages.iter().find(|page| page.starts_with("https://"));
        (!text.is_empty())
            .then(|| Remediation { recommendation: Recommendation { text, url: url.cloned() } })
    }
}

/// As many lines as fit into so many UTF-16 units, on one line: a command that is cut would be another.
fn first_lines(text: &str, most: usize) -> String {
    let mut kept = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if kept.is_empty() {
            kept = clip(line, most);
            continue;
        }
        let longer = format!("{kept} {}", defuse(line));
        // Two units are left for the ellipsis that follows if the next line does not fit.
        if longer.encode_utf16().count() > most - 2 {
            return clip(&format!("{kept} …"), most);
        }
        kept = longer;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character_and_says_so() {
        for (text, most, expected) in [
            ("four", 4, "four"),
            ("fours", 4, "fou…"),
            // A key is two UTF-16 units, so only one fits beside the ellipsis.
            ("🔑🔑🔑", 4, "🔑…"),
            ("🔑🔑", 4, "🔑🔑"),
            ("a\u{1b}b", 8, r"a\u{1b}b"),
            ("a\u{1b}bc", 8, r"a\u{1b}…"),
            ("", 4, ""),
        ] {
            assert_eq!(clip(text, most), expected);
        }
    }

    #[test]
    fn no_command_is_cut_unless_it_is_longer_than_everything() {
        for (text, expected) in [
            ("First:\n  aws a\n\n  aws b", "First: aws a aws b"),
            ("First:\n  aws a\n  aws b c d", "First: aws a …"),
            ("12345678901234567890\naws a", "12345678901234567890 …"),
            ("123456789012345678901234\naws a", "123456789012345678901…"),
            ("", ""),
        ] {
            assert_eq!(first_lines(text, 22), expected);
        }
    }
}
