//! The table: the report as text for a person at a terminal.

mod findings;
mod folded;
mod frameworks;
mod header;
mod summary;
mod waived;

use std::collections::BTreeMap;
use std::io::{self, Write};

use portcullis_model::{Finding, RuleInfo, Severity, Verdict};

use crate::render::view::View;
use crate::words::{counted, few};
use crate::{Page, bold, words};

/// Writes the whole report; its last line explains the exit status.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (report, page) = (view.report, &mut Page::new(out, view.style));
    header::write(report, page)?;
    findings::write(view, page)?;
    folded::write_unknown(view, page)?;
    waived::write_known(view, page)?;
    waived::write_waived(view, page)?;
    waived::write_warnings(report, page)?;
    folded::write_listed(view, Verdict::Pass, "PASSED", page)?;
    folded::write_listed(view, Verdict::NotApplicable, "NOT APPLICABLE", page)?;
    frameworks::write(report, page)?;
    summary::write(report, page)?;
    page.blank()?;
    page.painted_item(bold(), "", &view.outcome.to_string())
}

/// Some of the findings of a rule.
struct Group<'a> {
    /// The rule's id.
    id: &'a str,
    /// None only in a report that was tampered with.
    rule: Option<&'a RuleInfo>,
    findings: Vec<&'a Finding>,
}

impl Group<'_> {
    fn title(&self) -> String {
        self.rule.map_or_else(|| self.id.to_owned(), |rule| format!("{} ({})", rule.title, rule.id))
    }
}

/// Some of the findings by rule, the most severe rule first.
fn grouped<'a>(view: &View<'a>, some: impl Fn(&Finding) -> bool) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(Severity, &str), Group<'a>> = BTreeMap::new();
    for finding in view.report.findings.iter().filter(|finding| some(finding)) {
        let (id, rule) = (finding.rule.as_str(), view.rule(finding));
        let severity = rule.map_or(finding.severity, |rule| rule.severity);
        let group = || Group { id, rule, findings: Vec::new() };
        groups.entry((severity, id)).or_insert_with(group).findings.push(finding);
    }
    groups.into_values().collect()
}

/// Whether names need their account beside them.
fn many_accounts(view: &View<'_>) -> bool {
    view.report.accounts.len() > 1
}

/// The message, with the account where there are several.
fn describe(view: &View<'_>, finding: &Finding) -> String {
    let account = many_accounts(view).then_some(finding.account.as_str());
    words::describe(account, &finding.resource, &finding.message)
}

/// The names of what findings are about.
fn names(view: &View<'_>, findings: &[&Finding]) -> Vec<String> {
    findings.iter().map(|finding| words::name(finding, many_accounts(view))).collect()
}
