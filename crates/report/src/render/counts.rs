//! Counts verdicts by severity, account and status.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Severity, Status, Tally};

use crate::render::view::{self, Entry, View};
use crate::words::{counted, nonzero};

/// The number of verdicts by status.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts([u64; Status::ALL.len()]);

impl Counts {
    pub(crate) fn with_status(self, status: Status) -> u64 {
        self.0[status as usize]
    }

    /// Counts a finding, unless it passes or does not apply: a report lists such findings only on request, and tallies
    /// have all.
    fn add(&mut self, entry: &Entry) {
        if entry.is_work() {
            self.0[entry.status as usize] += 1;
        }
    }

    /// Counts resources that pass, or to which the rule does not apply.
    fn add_tally(&mut self, tally: Tally) {
        self.0[Status::Pass as usize] += u64::from(tally.pass);
        self.0[Status::NotApplicable as usize] += u64::from(tally.not_applicable);
    }
}

/// The verdicts of the whole report.
pub(crate) fn total(view: &View<'_>) -> Counts {
    let mut counts = Counts::default();
    for entry in &view.entries {
        counts.add(entry);
    }
    for tally in view
        .report
        .accounts
        .iter()
        .flat_map(|account| account.tallies.values())
    {
        counts.add_tally(*tally);
    }
    counts
}

/// The outcome of the audit in numbers: `83 open findings: 4 critical, 79 low`.
pub(crate) fn headline(view: &View<'_>) -> String {
    let accounts = match view.report.accounts.len() {
        0 | 1 => String::new(),
        count => format!(" in {count} accounts"),
    };
    let found = open(view, &accounts).unwrap_or_else(|| {
        let total = total(view);
        let accepted = [Status::Known, Status::Waived]
            .map(|status| (total.with_status(status), status.word()));
        let accepted = nonzero(accepted);
        let but = if accepted.is_empty() { "" } else { ", but " };
        format!("No open findings{accounts}{but}{}", accepted.join(" and "))
    });
    let all = counted(view.report.rules.len(), "rule");
    match unjudged(view) {
        0 if view.outcome.is_empty() => format!("{found}; nothing judged"),
        0 => format!("{found}; {all} judged"),
        some => format!("{found}; {some} of {all} not fully judged"),
    }
}

/// The number of rules that could not be judged for some resource.
pub(crate) fn unjudged(view: &View<'_>) -> usize {
    let unknown = view::with_status(&view.entries, Status::Unknown);
    let rules: BTreeSet<u32> = unknown.map(|entry| entry.rule).collect();
    rules.len()
}

/// The number of open findings, in total and by severity; none if there are none.
pub(crate) fn open(view: &View<'_>, place: &str) -> Option<String> {
    let by_severity = by_severity(view).into_iter();
    let open = by_severity.map(|(of, counts)| (counts.with_status(Status::Open), of.word()));
    let severities = nonzero(open).join(", ");
    match total(view).with_status(Status::Open) {
        0 => None,
        count => Some(format!("{}{place}: {severities}", counted(count, "open finding"))),
    }
}

/// `clean`, or findings that do not count: `passed: 1 finding below high; 83 known, 4 critical`.
pub(crate) fn passed(view: &View<'_>) -> String {
    let (total, by_severity) = (total(view), by_severity(view));
    let critical = by_severity
        .get(&Severity::Critical)
        .copied()
        .unwrap_or_default();
    let mut there_is = Vec::new();
    if let open @ 1.. = total.with_status(Status::Open) {
        let fail_on = view.report.options.gate.fail_on.word();
        there_is.push(format!("{} below {fail_on}", counted(open, "finding")));
    }
    for status in [Status::Known, Status::Waived] {
        let word = status.word();
        match (total.with_status(status), critical.with_status(status)) {
            (0, _) => {}
            (count, 0) => there_is.push(format!("{count} {word}")),
            (count, critical) => there_is.push(format!("{count} {word}, {critical} critical")),
        }
    }
    if there_is.is_empty() {
        return "clean".to_owned();
    }
    format!("passed: {}", there_is.join("; "))
}

/// The verdicts by severity, the most severe first.
pub(crate) fn by_severity(view: &View<'_>) -> BTreeMap<Severity, Counts> {
    let mut counts: BTreeMap<Severity, Counts> = BTreeMap::new();
    for entry in view.entries.iter().filter(|entry| entry.is_work()) {
        counts.entry(entry.severity).or_default().add(entry);
    }
    for rule in &view.report.rules {
        counts
            .entry(rule.severity)
            .or_default()
            .add_tally(view.report.tally(&rule.id));
    }
    counts
}

/// The verdicts by account id; empty unless there are several accounts.
pub(crate) fn by_account<'a>(view: &'a View<'_>) -> BTreeMap<&'a str, Counts> {
    let mut parts = view::by_account(view);
    if view.report.accounts.len() < 2 {
        parts.clear();
    }
    let mut by_account = BTreeMap::new();
    for (id, part) in parts {
        let mut counts = Counts::default();
        for entry in &part.entries {
            counts.add(entry);
        }
        for tally in part
            .accounts
            .iter()
            .flat_map(|account| account.tallies.values())
        {
            counts.add_tally(*tally);
        }
        by_account.insert(id, counts);
    }
    by_account
}
