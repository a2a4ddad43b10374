//! The text that `doctor` prints, and other commands that cannot reach AWS.

use std::io;

use portcullis_collector::{Findings, LookResult};
use portcullis_model::minute;
use portcullis_report::{Page, bold};

use super::permissions::{self, Access};
use super::{CLOCK_TOLERANCE, Examination, Service};

/// Writes what was found, without sections that were not examined.
pub(crate) fn write(examination: &Examination, page: &mut Page<'_>) -> io::Result<()> {
    write_credentials(examination, page)?;
    if !examination.services.is_empty() {
        write_services(examination, page)?;
    }
    if !examination.sign_in_domains.is_empty() {
        write_sign_in_domains(examination, page)?;
    }
    if !examination.permissions.is_empty() {
        write_permissions(examination, page)?;
    }

    page.blank()?;
    if examination.fixes.is_empty() {
        return page.line(bold(), "Nothing to fix.");
    }
    page.line(bold(), "FIX FIRST")?;
    for (number, fix) in (1..).zip(&examination.fixes) {
        page.item(&format!("  {number}. "), fix)?;
    }
    Ok(())
}

fn write_credentials(examination: &Examination, page: &mut Page<'_>) -> io::Result<()> {
    let findings = &examination.findings;
    page.line(bold(), "CREDENTIALS")?;
    for (result, found) in describe_looks(findings) {
        page.item(&format!("  {result:<9}  "), &found)?;
    }
    if findings.names_mfa_device {
        let words = "the profile names a device, but Portcullis does not ask for its code";
        page.item("  MFA        ", words)?;
    }
    let expiry = findings.expiry.map_or("not known".to_owned(), minute);
    page.item("  expiry     ", &expiry)?;
    if let Some(caller) = &examination.caller {
        let alias = caller
            .alias
            .as_ref()
            .map_or(String::new(), |alias| format!(" ({alias})"));
        page.item("  caller     ", &caller.arn)?;
        page.item("  account    ", &format!("{}{alias}", caller.account))?;
        page.item("  partition  ", &caller.partition)?;
    }
    page.item("  region     ", findings.region.as_deref().unwrap_or("not known"))?;
    page.item("  clock      ", &clock(findings.clock_ahead))
}

fn write_services(examination: &Examination, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.line(bold(), "SERVICES")?;
    for Service { endpoint, .. } in &examination.services {
        let url = endpoint.url.as_deref().unwrap_or("no host");
        let origin = if endpoint.is_custom {
            " (set by environment or profile)"
        } else {
            ""
        };
        let words = endpoint.reason.as_deref().unwrap_or("answers");
        let label = format!("  {:<16} ", endpoint.service);
        page.item(&label, &format!("{url}{origin}: {words}"))?;
    }
    Ok(())
}

fn write_sign_in_domains(examination: &Examination, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.line(bold(), "SIGN-IN DOMAINS (looked up by name only)")?;
    for domain in &examination.sign_in_domains {
        let words = domain.reason.as_deref().unwrap_or("found");
        page.item("  ", &format!("{}: {words}", domain.name))?;
    }
    if examination.findings.portal.is_none() {
        let why = "not looked up, because the profile does not name an access portal";
        page.item("  ", &format!("*.awsapps.com: {why}"))?;
    }
    Ok(())
}

fn write_permissions(examination: &Examination, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    let [allowed, denied, unknown] =
        [Access::Allowed, Access::Denied, Access::Unknown].map(|access| examination.count(access));
    let heading = format!("PERMISSIONS: {allowed} allowed, {denied} denied, {unknown} unknown");
    page.line(bold(), &heading)?;
    for (access, word) in [(Access::Denied, "denied "), (Access::Unknown, "unknown")] {
        for (reason, actions) in permissions::by_reason(&examination.permissions, access) {
            page.item(&format!("  {word}  "), &format!("{reason}: {}", actions.join(", ")))?;
        }
    }
    Ok(())
}

/// The result of each place where credentials were looked for, and a description of it.
fn describe_looks(findings: &Findings) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for look in &findings.looks {
        let words = match look.result {
            LookResult::Used => "used",
            LookResult::PassedOver => "skipped",
            LookResult::Failed => "failed",
        };
        let profile = findings
            .profile
            .as_deref()
            .filter(|_| look.place == "profile");
        let name = profile.map_or(String::new(), |name| format!(" {name}"));
        let reason = if look.reason.is_empty() { "" } else { ": " };
        lines.push((words, format!("{}{name}{reason}{}", look.place, look.reason)));
    }
    lines
}

/// Says how far the clock is off.
fn clock(ahead: Option<i64>) -> String {
    match ahead {
        None => "not known: no answer showed AWS's time".to_owned(),
        Some(seconds) if seconds.abs() <= CLOCK_TOLERANCE => "agrees with AWS's".to_owned(),
        Some(seconds) if seconds > 0 => format!("{seconds} seconds ahead of AWS's"),
        Some(seconds) => format!("{} seconds behind AWS's", -seconds),
    }
}
