//! What failed and counts, by severity and rule, with what to do about it.

use std::io;

use portcullis_model::{Finding, Report, RuleInfo, Severity, Status};

use super::{counted, grouped, waived};
use crate::{Page, bold, defuse, severity_style};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for severity in Severity::ALL {
        let of_it = grouped(report, |f| f.status() == Status::Open && f.severity == severity);
        let count: usize = of_it.iter().map(|(_, findings)| findings.len()).sum();
        if count == 0 {
            continue;
        }
        let heading = format!("{}: {}", severity.word().to_uppercase(), counted(count, "finding"));
        page.blank()?;
        page.line(severity_style(severity), &heading)?;
        for (rule, findings) in of_it {
            write_rule(report, rule, &findings, page)?;
        }
    }
    Ok(())
}

fn write_rule(
    report: &Report,
    rule: &RuleInfo,
    findings: &[&Finding],
    page: &mut Page<'_>,
) -> io::Result<()> {
    page.blank()?;
    page.painted_item(bold(), "  ", &format!("{} ({})", rule.title, rule.id))?;
    for finding in findings {
        page.item("  - ", &describe(finding, report.accounts.len() > 1))?;
        finding.waiver.iter().try_for_each(|waiver| waived::write_expiry(waiver, page))?;
    }
    page.item("    ", "What to do:")?;
    page.prose(6, &what_to_do(rule, findings))
}

/// The message, led by what it is about where it does not say so itself.
pub(super) fn describe(finding: &Finding, many_accounts: bool) -> String {
    let Finding { account, resource, message, .. } = finding;
    let account = if many_accounts { format!("[{account}] ") } else { String::new() };
    let says_what = resource.kind == "account" || message.contains(&resource.name);
    let name = if says_what { String::new() } else { format!("{}: ", resource.name) };
    let told = format!("{name}{message}");
    match &resource.region {
        Some(region) if !told.contains(region) => format!("{account}{region}, {told}"),
        _ => format!("{account}{told}"),
    }
}

/// What to do about all of them: the finding's own text if they agree, else the rule's template.
fn what_to_do(rule: &RuleInfo, findings: &[&Finding]) -> String {
    match findings {
        [first, rest @ ..] if rest.iter().all(|other| other.remediation == first.remediation) => {
            // A line that the template lacks was smuggled in by a name, to pass for advice.
            let honest = first.remediation.lines().count() == rule.remediation.lines().count();
            let own = &first.remediation;
            if honest { own.clone() } else { defuse(own).into_owned() }
        }
        _ => placeholders(&rule.remediation),
    }
}

/// The template with `{user.name}` as `<user.name>`, and `{{` as `{`.
fn placeholders(template: &str) -> String {
    const OPEN: &str = "\u{0}";
    const CLOSE: &str = "\u{1}";
    template
        .replace("{{", OPEN)
        .replace("}}", CLOSE)
        .replace('{', "<")
        .replace('}', ">")
        .replace(OPEN, "{")
        .replace(CLOSE, "}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_shown_in_angle_brackets() {
        assert_eq!(
            placeholders("aws iam x --user-name {user.name} --tags '{{}}'"),
            "aws iam x --user-name <user.name> --tags '{}'"
        );
    }
}
