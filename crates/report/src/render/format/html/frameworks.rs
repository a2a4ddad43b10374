//! Frameworks, control by control, over all accounts.

use std::collections::BTreeSet;

use askama::Template;
use portcullis_model::{
    AuditedAccount, ControlCounts, ControlOutcome, ControlStatus, FrameworkOutcome, Report,
};

use super::bar::Bar;
use super::data::control_name;
use super::index::{Index, Rule, RuleLink};
use super::text::to_filter;
use crate::render::controls::waived;
use crate::words::{few, nonzero};

/// So many different reasons for the state of a control are given.
const REASONS: usize = 3;

#[derive(Template)]
#[template(path = "html/frameworks.html")]
pub(super) struct Frameworks<'a> {
    pub(super) frameworks: Vec<Framework<'a>>,
    accounts: usize,
}

pub(super) struct Framework<'a> {
    outcome: &'a FrameworkOutcome,
    bar: Bar,
    score: String,
    /// How many controls have which status, those without any left out.
    counts: Vec<(&'static str, &'static str, u32)>,
    controls: Vec<Control<'a>>,
}

struct Control<'a> {
    outcome: &'a ControlOutcome,
    /// Where its findings are.
    link: String,
    /// Its statuses; with how many accounts have each, where there are several accounts.
    statuses: Vec<(&'static str, String)>,
    reason: Option<String>,
    /// How many of the findings that fail it are accepted.
    waived: u64,
    rules: Vec<RuleLink>,
}

/// The same framework or control of several accounts.
type Shared<'a, T> = Vec<(&'a AuditedAccount, &'a T)>;

impl<'a> Frameworks<'a> {
    pub(super) fn new(report: &'a Report, index: &Index<'_>) -> Frameworks<'a> {
        let of_accounts = report
            .accounts
            .iter()
            .flat_map(|account| account.frameworks.iter().map(move |f| (account, f)));
        let shared = by_id(of_accounts, |framework| &framework.id);
        Frameworks {
            frameworks: shared
                .iter()
                .map(|outcomes| Framework::new(outcomes, index))
                .collect(),
            accounts: report.accounts.len(),
        }
    }
}

impl<'a> Framework<'a> {
    fn new(outcomes: &Shared<'a, FrameworkOutcome>, index: &Index<'_>) -> Framework<'a> {
        let (_, framework) = outcomes[0];
        let controls = outcomes
            .iter()
            .flat_map(|&(account, f)| f.controls.iter().map(move |control| (account, control)));
        let counts = count(controls.clone().map(|(_, control)| control));
        let shared = by_id(controls, |control| &control.id);
        let of_status = ControlStatus::ALL.map(|status| (status, counts.with_status(status)));
        let bar = of_status.map(|(status, count)| (class(status), count as usize));
        let some = of_status.into_iter().filter(|(_, count)| *count > 0);
        Framework {
            outcome: framework,
            bar: Bar::new(&bar, bar.iter().map(|(_, count)| count).sum()),
            score: score(counts),
            counts: some
                .map(|(status, count)| (class(status), status.words(), count))
                .collect(),
            controls: shared
                .iter()
                .map(|control| Control::new(control, framework, index))
                .collect(),
        }
    }
}

impl<'a> Control<'a> {
    fn new(
        outcomes: &Shared<'a, ControlOutcome>,
        framework: &FrameworkOutcome,
        index: &Index<'_>,
    ) -> Control<'a> {
        let (_, control) = outcomes[0];
        let counts = count(outcomes.iter().map(|&(_, control)| control));
        let mut statuses = Vec::new();
        for status in ControlStatus::ALL
            .into_iter()
            .filter(|&s| counts.with_status(s) > 0)
        {
            let words = match outcomes.len() {
                1 => status.words().to_owned(),
                _ => format!("{} {}", counts.with_status(status), status.words()),
            };
            statuses.push((class(status), words));
        }
        let reasons: BTreeSet<&str> = outcomes
            .iter()
            .filter_map(|(_, control)| control.reason.as_deref())
            .collect();
        Control {
            outcome: control,
            link: to_filter("control", &control_name(&framework.id, &control.id)),
            statuses,
            reason: (!reasons.is_empty()).then(|| few(&reasons, REASONS)),
            waived: outcomes
                .iter()
                .map(|(account, control)| waived(control, account))
                .sum(),
            rules: control
                .rules
                .iter()
                .map(|id| index.link(id, Rule::work))
                .collect(),
        }
    }
}

/// What accounts have in common by its id, in the order in which it comes.
fn by_id<'a, T>(
    all: impl Iterator<Item = (&'a AuditedAccount, &'a T)>,
    id: fn(&T) -> &str,
) -> Vec<Shared<'a, T>> {
    let mut shared: Vec<Shared<'a, T>> = Vec::new();
    for (account, item) in all {
        match shared.iter_mut().find(|same| id(same[0].1) == id(item)) {
            Some(same) => same.push((account, item)),
            None => shared.push(vec![(account, item)]),
        }
    }
    shared
}

/// How many controls have which status. A file may say anything of its counts; the controls are what
/// is shown.
fn count<'a>(controls: impl IntoIterator<Item = &'a ControlOutcome>) -> ControlCounts {
    let mut counts = ControlCounts::default();
    controls
        .into_iter()
        .for_each(|control| counts.count(control.status));
    counts
}

/// The part of the judged controls that pass, rounded down, and how many are unknown: `72% (3 unknown)`.
pub(super) fn percent(controls: &[ControlOutcome]) -> String {
    let ControlCounts { pass, fail, unknown, .. } = count(controls);
    match percentage(pass, fail) {
        Some(percent) if unknown == 0 => format!("{percent}%"),
        Some(percent) => format!("{percent}% ({unknown} unknown)"),
        None => "not judged".to_owned(),
    }
}

fn percentage(pass: u32, fail: u32) -> Option<u32> {
    (pass * 100).checked_div(pass + fail)
}

/// `72% of the judged controls pass (18 of 25). This leaves out 12 manual, 3 unknown.`
fn score(counts: ControlCounts) -> String {
    let ControlCounts { pass, fail, .. } = counts;
    let mut unjudged = ControlStatus::ALL.to_vec();
    unjudged.retain(|status| !matches!(status, ControlStatus::Pass | ControlStatus::Fail));
    let left_out = nonzero(
        unjudged
            .into_iter()
            .map(|status| (counts.with_status(status), status.words())),
    );
    let judged = match percentage(pass, fail) {
        Some(percent) => {
            format!("{percent}% of the judged controls pass ({pass} of {}).", pass + fail)
        }
        None => "No control was judged.".to_owned(),
    };
    if left_out.is_empty() {
        return judged;
    }
    format!("{judged} Not counted: {}.", left_out.join(", "))
}

fn class(status: ControlStatus) -> &'static str {
    match status {
        ControlStatus::Fail => "open",
        _ => status.word(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_say_what_they_leave_out() {
        let judged = ControlCounts { pass: 2, fail: 1, ..ControlCounts::default() };
        assert_eq!(score(judged), "66% of the judged controls pass (2 of 3).");
        let partly = ControlCounts { manual: 4, unknown: 1, ..judged };
        assert!(score(partly).ends_with("(2 of 3). Not counted: 1 unknown, 4 manual."));
        let nothing = ControlCounts { manual: 4, ..ControlCounts::default() };
        assert_eq!(score(nothing), "No control was judged. Not counted: 4 manual.");
        let almost = ControlCounts { pass: 999, fail: 1, ..ControlCounts::default() };
        assert!(score(almost).starts_with("99% "), "a rest is never rounded away");
    }
}
