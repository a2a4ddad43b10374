//! Writes a line of JSON for each of the [`ticket_steps`], which say what a ticket system should do.

use std::io::{self, Write};

use jiff::Timestamp;
use portcullis_model::{Fingerprint, ResourceRef, Severity};
use serde::Serialize;

use crate::decide::diff::{Action, Diff, Difference, Reason, Step, ticket_steps};
use crate::render::advice::commands;
use crate::render::json::write_json_line;

pub(super) fn write(diff: &Diff<'_>, out: &mut dyn Write) -> io::Result<()> {
    for step in ticket_steps(diff) {
        write_json_line(&Ticket::new(step), out)?;
    }
    Ok(())
}

/// A step, with all that its ticket needs.
#[derive(Serialize)]
struct Ticket<'d> {
    action: Action,
    reason: Reason,
    fingerprint: &'d Fingerprint,
    /// The fingerprint that the ticket had until now, if it moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<&'d Fingerprint>,
    partition: &'d str,
    account: &'d str,
    account_alias: Option<&'d str>,
    rule: &'d str,
    title: &'d str,
    risk: Option<&'d str>,
    severity: Severity,
    urgent: bool,
    resource: &'d ResourceRef,
    message: &'d str,
    remediation: &'d str,
    references: &'d [String],
    note: Option<&'d str>,
    differences: &'d [Difference],
    first_seen: Option<Timestamp>,
    as_of: Option<Timestamp>,
    commands: Vec<String>,
}

impl<'d> Ticket<'d> {
    fn new(Step { action, reason, entry }: Step<'d>) -> Ticket<'d> {
        let finding = entry.finding;
        Ticket {
            action,
            reason,
            fingerprint: entry.fingerprint,
            replaces: entry.replaces().filter(|_| reason == Reason::Moved),
            partition: entry.partition,
            account: entry.account,
            account_alias: entry.account_alias,
            rule: entry.rule,
            title: entry.title,
            risk: entry.rule_info.map(|rule| rule.risk.as_str()),
            severity: entry.severity,
            urgent: finding.urgent,
            resource: entry.resource,
            message: &finding.message,
            remediation: &finding.remediation,
            references: entry.rule_info.map_or(&[], |rule| &rule.references),
            note: entry.reason.as_deref(),
            differences: &entry.differences,
            first_seen: entry.first_seen,
            as_of: entry.new.as_of,
            commands: commands(&finding.remediation),
        }
    }
}
