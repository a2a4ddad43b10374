//! Small reports to compare: each finding in a line.

use std::collections::BTreeMap;

use portcullis_model::{
    AppliedWaiver, Evidence, Finding, Report, RuleInfo, Severity, Tally, Verdict,
};

use super::{finding, report, told};

pub(crate) const OLD: &str = "2026-11-02T10:00:00Z";
pub(crate) const NEW: &str = "2026-11-03T10:00:00Z";

/// A report of that moment with those findings, of rules that judge users and access keys.
pub(crate) fn at(as_of: &str, findings: impl IntoIterator<Item = Finding>) -> Report {
    let mut report = report();
    report.accounts[0].as_of = as_of.parse().unwrap();
    report.findings = findings.into_iter().collect();
    report.accounts[0].gaps.clear();
    report.rules = vec![rule("idle-user", "user"), rule("old-key", "access_key")];
    report.accounts[0]
        .tallies
        .values_mut()
        .for_each(|tally| *tally = Tally::default());
    report
}

pub(crate) fn rule(id: &str, scope: &str) -> RuleInfo {
    let any = report().rules.remove(0);
    RuleInfo { id: id.to_owned(), scope: scope.to_owned(), title: format!("Title of {id}"), ..any }
}

/// A user that fails, of medium severity.
pub(crate) fn fails(name: &str) -> Finding {
    user(name, Verdict::Fail, &format!("{name} is idle"))
}

/// A user that could not be judged.
pub(crate) fn unknown(name: &str) -> Finding {
    user(name, Verdict::Unknown, "not judged: access-keys is missing (access denied)")
}

pub(crate) fn user(name: &str, verdict: Verdict, message: &str) -> Finding {
    finding("idle-user", Severity::Medium, verdict, &format!("user/{name}"), message, "Look.")
}

/// An access key of a user, that fails.
pub(crate) fn key(owner: &str, key: &str) -> Finding {
    let path = format!("user/{owner}/access-key/{key}");
    let message = format!("{path} is old");
    let mut finding =
        finding("old-key", Severity::Medium, Verdict::Fail, &path, &message, "Rotate it.");
    "access_key".clone_into(&mut finding.resource.kind);
    finding
}

/// An access key of that id and creation, that fails; `rotated` is the report's date, of which its
/// identity is made, with `-2` behind it for the second one of that date.
pub(crate) fn listed_key(owner: &str, id: &str, created: &str, rotated: &str) -> Finding {
    let date = rotated.strip_suffix("-2").unwrap_or(rotated);
    let mut finding = key(owner, rotated);
    id.clone_into(&mut finding.resource.name);
    finding.message = format!("access key of {owner} ({id}) is old");
    finding.message_facts = Some(told(&finding.message, &[("user.name", owner), ("key.name", id)]));
    let facts = BTreeMap::from([("key.created", created), ("key.last_rotated", date)]);
    finding.evidence = Evidence::new(&facts);
    finding
}

/// The list of a user's access keys, that was not collected.
pub(crate) fn keys_of(owner: &str) -> Finding {
    let says = "not judged: access-keys is missing (access denied)";
    let path = format!("user/{owner}");
    finding("old-key", Severity::Medium, Verdict::Unknown, &path, says, "Allow it.")
}

/// The list of that rule's resources in the whole account, that was not collected.
pub(crate) fn list_of(rule: &str) -> Finding {
    let says = "not judged: credential-report is missing (access denied)";
    let mut finding =
        finding(rule, Severity::Medium, Verdict::Unknown, "account", says, "Allow it.");
    "account".clone_into(&mut finding.resource.kind);
    finding
}

/// The same finding, of that severity.
pub(crate) fn of_severity(severity: Severity, finding: Finding) -> Finding {
    Finding { severity, ..finding }
}

/// The same finding, waived: in force or expired.
pub(crate) fn waived(expired: bool, finding: Finding) -> Finding {
    let waiver = AppliedWaiver {
        reason: "PLAT-12".to_owned(),
        owner: "platform".to_owned(),
        expires: "2026-11-02".parse().unwrap(),
        expired,
    };
    Finding { waiver: Some(waiver), ..finding }
}

/// The same finding, first seen at that moment.
pub(crate) fn seen(moment: &str, finding: Finding) -> Finding {
    Finding { first_seen: Some(moment.parse().unwrap()), ..finding }
}
