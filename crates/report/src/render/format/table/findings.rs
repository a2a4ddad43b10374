//! Writes open findings by severity and rule, with what to do about the worst.

use std::borrow::Cow;
use std::io;

use anstyle::Style as Paint;
use portcullis_model::{Finding, Severity};

use crate::decide::waivers::decision_and_reason;
use crate::render::advice::{before_commands, what_to_do};
use crate::render::outline::{Group, Outline, Section};
use crate::render::view::{Entry, View};
use crate::words::counted;
use crate::{Page, bold, severity_style};

/// How many findings of a rule are shown.
const SHOWN: usize = 10;
/// How many rules, the worst first, are shown with what to do, in addition to all that are critical or high.
const EXPLAINED: usize = 4;

/// Writes one line per finding, without wrapping.
pub(super) fn write_lines(
    view: &View<'_>,
    outline: &Outline<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    for Section { severity, groups, .. } in &outline.open {
        for finding in view.findings(groups.iter().flat_map(|group| &group.entries)) {
            let finding = finding?;
            let says = view.describe(&finding);
            let line = format!("{:<8}  {says} ({})", severity.word(), finding.rule);
            page.line(Paint::new(), &line)?;
        }
    }
    Ok(())
}

pub(super) fn write(view: &View<'_>, outline: &Outline<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let (mut rules, mut unexplained) = (0, 0);
    for Section { severity, title, groups } in &outline.open {
        page.blank()?;
        page.title(severity_style(*severity), title)?;
        for group in groups {
            rules += 1;
            if *severity <= Severity::High || rules <= view.at_most(EXPLAINED) {
                write_in_full(view, group, page)?;
            } else {
                unexplained += 1;
                let names = view.names(&group.entries, SHOWN)?;
                page.item("  - ", &format!("{}: {names}", group.title()))?;
            }
        }
    }
    if unexplained == 0 {
        return Ok(());
    }
    let rules = counted(unexplained, "rule");
    let hint = format!(
        "`--all` shows the findings of the other {rules} in full, with what to do; `portcullis rules \
         explain RULE` explains a rule."
    );
    page.blank()?;
    page.item("", &hint)
}

fn write_in_full(view: &View<'_>, group: &Group<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let most = view.at_most(SHOWN);
    let shown = &group.entries[..group.entries.len().min(most)];
    write_group(view, group, shown, page)?;
    if let Some(rule) = group.same_as {
        for finding in view.findings(&shown[..1]) {
            page.prose(4, before_commands(&finding?.remediation))?;
        }
        return page.item("    ", &format!("The commands are those of {rule}."));
    }
    let account = |finding: &Finding| view.account_of_commands(finding);
    page.prose(4, &what_to_do(view.findings(shown), most, account)?)
}

/// A single finding is its own heading; several share one.
fn write_group(
    view: &View<'_>,
    group: &Group<'_>,
    shown: &[Entry],
    page: &mut Page<'_>,
) -> io::Result<()> {
    if let [only] = shown {
        let finding = view.finding(only)?;
        let heading = format!("{} ({})", view.describe(&finding), group.id);
        page.painted_item(bold(), "  - ", &heading)?;
        return write_waiver(&finding, page);
    }
    page.painted_item(bold(), "  - ", &group.title())?;
    let mut alike: Vec<Cow<'_, Finding>> = Vec::new();
    for finding in view.findings(shown) {
        let finding = finding?;
        if alike
            .last()
            .is_some_and(|last| !are_alike(view, last, &finding))
        {
            write_alike(view, &alike, page)?;
            alike.clear();
        }
        alike.push(finding);
    }
    write_alike(view, &alike, page)?;
    match group.entries.len() - shown.len() {
        0 => Ok(()),
        more => page.item("    - ", &format!("and {more} more, which `--all` lists")),
    }
}

/// Findings that say the same, in one item.
fn write_alike(
    view: &View<'_>,
    findings: &[Cow<'_, Finding>],
    page: &mut Page<'_>,
) -> io::Result<()> {
    let [first, others @ ..] = findings else {
        return Ok(());
    };
    let names: Vec<&str> = others.iter().map(|f| f.resource.name.as_str()).collect();
    let others = if names.is_empty() {
        ""
    } else {
        "; the same for "
    };
    page.item("    - ", &format!("{}{others}{}", view.describe(first), names.join(", ")))?;
    write_waiver(first, page)
}

/// Whether two findings of a rule say the same of two resources of an account.
fn are_alike(view: &View<'_>, a: &Finding, b: &Finding) -> bool {
    let says = |finding: &Finding| view.describe(finding).replace(&finding.resource.name, "\0");
    a.account == b.account && a.waiver.is_none() && b.waiver.is_none() && says(a) == says(b)
}

fn write_waiver(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    let waiver = finding.waiver.iter();
    waiver
        .map(decision_and_reason)
        .try_for_each(|says| page.item("    ", &says))
}
