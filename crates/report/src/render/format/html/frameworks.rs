//! Frameworks, control by control.

use askama::Template;
use portcullis_model::{
    AuditedAccount, ControlOutcome, ControlStatus, FrameworkOutcome, Report, Status,
};

use super::bar::Bar;
use super::index::{Index, Rule};
use super::link::{RuleLink, WebLink};
use super::text::Text;
use crate::render::controls::{self, waived};

#[derive(Template)]
#[template(path = "html/frameworks.html")]
pub(super) struct Frameworks<'a> {
    frameworks: Vec<Framework<'a>>,
}

struct Framework<'a> {
    /// What names the account, where there are several.
    lead: Text<'a>,
    id: Text<'a>,
    title: Text<'a>,
    version: Text<'a>,
    note: Option<Text<'a>>,
    references: Vec<WebLink<'a>>,
    bar: Bar,
    /// How many controls have which status, those without any left out.
    counts: Vec<(&'static str, &'static str, usize)>,
    controls: Vec<Control<'a>>,
}

struct Control<'a> {
    id: Text<'a>,
    title: Text<'a>,
    class: &'static str,
    words: &'static str,
    reason: Option<Text<'a>>,
    /// How many of the findings that fail it are accepted.
    waived: u64,
    rules: Vec<RuleLink<'a>>,
}

impl<'a> Frameworks<'a> {
    pub(super) fn new(report: &'a Report, index: &'a Index<'a>) -> Frameworks<'a> {
        let frameworks = controls::of_accounts(report).map(|(lead, account, framework)| {
            Framework::new(framework, account, lead.into(), index)
        });
        Frameworks { frameworks: frameworks.collect() }
    }

    /// How many there are, for the navigation.
    pub(super) fn count(&self) -> usize {
        self.frameworks.len()
    }
}

impl<'a> Framework<'a> {
    fn new(
        framework: &'a FrameworkOutcome,
        account: &AuditedAccount,
        lead: Text<'a>,
        index: &'a Index<'a>,
    ) -> Framework<'a> {
        // A file may say anything of its counts; the controls are what is shown.
        let count = |status| framework.controls.iter().filter(|c| c.status == status).count();
        let counts = ControlStatus::ALL.map(|status| (status, count(status)));
        let bar: Vec<_> = counts.iter().map(|&(status, count)| (class(status), count)).collect();
        let some = counts.into_iter().filter(|(_, count)| *count > 0);
        Framework {
            lead,
            id: (&framework.id).into(),
            title: (&framework.title).into(),
            version: (&framework.version).into(),
            note: framework.note.as_ref().map(Text::from),
            references: framework.references.iter().map(|page| WebLink::new(page)).collect(),
            bar: Bar::new(&bar, framework.controls.len()),
            counts: some.map(|(status, count)| (class(status), status.words(), count)).collect(),
            controls: framework.controls.iter().map(|c| Control::new(c, account, index)).collect(),
        }
    }
}

impl<'a> Control<'a> {
    fn new(
        control: &'a ControlOutcome,
        account: &AuditedAccount,
        index: &'a Index<'a>,
    ) -> Control<'a> {
        let link = |id: &'a String| RuleLink::find(id, index, work);
        Control {
            id: (&control.id).into(),
            title: (&control.title).into(),
            class: class(control.status),
            words: control.status.words(),
            reason: control.reason.as_ref().map(Text::from),
            waived: waived(control, account),
            rules: control.rules.iter().map(link).collect(),
        }
    }
}

/// How many findings of a rule a control depends on.
fn work(rule: &Rule<'_>) -> usize {
    [Status::Open, Status::Unknown, Status::Known, Status::Waived]
        .map(|s| rule.count(s))
        .iter()
        .sum()
}

fn class(status: ControlStatus) -> &'static str {
    match status {
        ControlStatus::Pass => "pass",
        ControlStatus::Fail => "open",
        ControlStatus::Unknown => "unknown",
        ControlStatus::Manual => "manual",
        ControlStatus::NotClaimed => "not_claimed",
        ControlStatus::NotApplicable => "not_applicable",
    }
}
