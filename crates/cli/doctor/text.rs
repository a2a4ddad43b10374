//! What `doctor` prints for people, and other commands where they cannot ask AWS.

use std::io;

use jiff::Timestamp;
use portcullis_collector::{Findings, LookResult};
use portcullis_report::{Page, bold};

use super::permissions::{self, Access};
use super::{CLOCK_TOLERANCE, Examination, Service};

/// Writes what was found; what was not looked at is left out.
pub(crate) fn write(examination: &Examination, page: &mut Page<'_>) -> io::Result<()> {
    let Examination { findings, caller, services, sign_in_domains, permissions, fixes, .. } =
        examination;
    page.line(bold(), "CREDENTIALS")?;
    describe_looks(findings).iter().try_for_each(|line| page.item("  ", line))?;
    let expiry = findings.expiry.map_or("none is known".to_owned(), moment);
    page.item("  ", &format!("expiry     {expiry}"))?;
    if let Some(caller) = caller {
        let alias = caller.alias.as_ref().map_or(String::new(), |alias| format!(" ({alias})"));
        page.item("  ", &format!("caller     {}", caller.arn))?;
        page.item("  ", &format!("account    {}{alias}", caller.account))?;
        page.item("  ", &format!("partition  {}", caller.partition))?;
    }
    let region = findings.region.as_deref().unwrap_or("none is known");
    page.item("  ", &format!("region     {region}"))?;
    page.item("  ", &format!("clock      {}", clock(findings.clock_ahead)))?;

    if !services.is_empty() {
        page.blank()?;
        page.line(bold(), "SERVICES")?;
    }
    for Service { endpoint, .. } in services {
        let url = endpoint.url.as_deref().unwrap_or("no host");
        let origin = if endpoint.is_custom { " (set by environment or profile)" } else { "" };
        let words = endpoint.reason.as_deref().unwrap_or("answers");
        page.item("  ", &format!("{:<16} {url}{origin}: {words}", endpoint.service))?;
    }
    if !sign_in_domains.is_empty() {
        page.blank()?;
        page.line(bold(), "SIGN-IN DOMAINS (looked up by name only)")?;
        for domain in sign_in_domains {
            let words = domain.reason.as_deref().unwrap_or("found");
            page.item("  ", &format!("{}: {words}", domain.name))?;
        }
        if findings.portal.is_none() {
            let why = "not looked up, since the profile names no access portal";
            page.item("  ", &format!("*.awsapps.com: {why}"))?;
        }
    }

    if !permissions.is_empty() {
        page.blank()?;
        let [allowed, denied, unknown] = [Access::Allowed, Access::Denied, Access::Unknown]
            .map(|access| examination.count(access));
        let heading = format!("PERMISSIONS: {allowed} allowed, {denied} denied, {unknown} unknown");
        page.line(bold(), &heading)?;
    }
    for (access, word) in [(Access::Denied, "denied "), (Access::Unknown, "unknown")] {
        for (reason, actions) in permissions::by_reason(permissions, access) {
            page.item(&format!("  {word}  "), &format!("{reason}: {}", actions.join(", ")))?;
        }
    }

    page.blank()?;
    if fixes.is_empty() {
        return page.line(bold(), "Nothing to fix.");
    }
    page.line(bold(), "FIX FIRST")?;
    (1..).zip(fixes).try_for_each(|(number, fix)| page.item(&format!("  {number}. "), fix))
}

/// Where credentials were looked for, and what was there, a line each.
fn describe_looks(findings: &Findings) -> Vec<String> {
    let mut lines = Vec::new();
    for look in &findings.looks {
        let words = match look.result {
            LookResult::Used => "used",
            LookResult::PassedOver => "skipped",
            LookResult::Failed => "failed",
        };
        let profile = findings.profile.as_deref().filter(|_| look.place == "profile");
        let name = profile.map_or(String::new(), |name| format!(" {name}"));
        let reason = if look.reason.is_empty() { "" } else { ": " };
        lines.push(format!("{words:<10} {}{name}{reason}{}", look.place, look.reason));
    }
    lines
}

/// How far the clock is off.
fn clock(ahead: Option<i64>) -> String {
    match ahead {
        None => "not known: no answer showed AWS's time".to_owned(),
        Some(seconds) if seconds.abs() <= CLOCK_TOLERANCE => "agrees with AWS's".to_owned(),
        Some(seconds) if seconds > 0 => format!("{seconds} seconds ahead of AWS's"),
        Some(seconds) => format!("{} seconds behind AWS's", -seconds),
    }
}

fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
