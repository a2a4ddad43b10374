//! Indexes rules and their findings for all sections of the page.

use std::cmp::Reverse;
use std::collections::HashMap;

use portcullis_model::{RuleInfo, Severity, Status};

use super::text::is_anchor;
use crate::render::view::{Entry, View};

/// The rules of a report, followed by those that only findings name, in a report that was tampered with.
pub(super) struct Index<'a> {
    pub(super) rules: Vec<Rule<'a>>,
    by_id: HashMap<&'a str, usize>,
}

/// A rule and what it found.
pub(super) struct Rule<'a> {
    /// Its place in [`Index::rules`].
    pub(super) number: usize,
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) family: &'a str,
    pub(super) severity: Severity,
    /// None if the rule was not judged.
    pub(super) info: Option<&'a RuleInfo>,
    pub(super) entries: Vec<Entry>,
    /// The last part of the ids of its elements in the page.
    pub(super) anchor: String,
}

impl<'a> Index<'a> {
    pub(super) fn new(view: &'a View<'_>) -> Index<'a> {
        let mut index = Index { rules: Vec::new(), by_id: HashMap::new() };
        for info in &view.report.rules {
            index.add(&info.id, Some(info));
        }
        for entry in &view.entries {
            let id = view.rule_id(entry);
            let number = index.number(id).unwrap_or_else(|| index.add(id, None));
            index.rules[number].entries.push(*entry);
        }
        index
    }

    fn add(&mut self, id: &'a str, info: Option<&'a RuleInfo>) -> usize {
        let number = self.rules.len();
        let is_first = self.by_id.insert(id, number).is_none();
        let anchor = if is_first && is_anchor(id) {
            id.to_owned()
        } else {
            number.to_string()
        };
        self.rules.push(Rule {
            number,
            id,
            title: info.map_or(id, |info| &info.title),
            family: info.map_or("", |info| &info.family),
            severity: info.map_or(Severity::Info, |info| info.severity),
            info,
            entries: Vec::new(),
            anchor,
        });
        number
    }

    /// The number of the rule with this id.
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The link to the rule with this id, if there is one.
    pub(super) fn link(&self, id: &str, count: impl Fn(&Rule<'a>) -> usize) -> RuleLink {
        match self.number(id).map(|number| &self.rules[number]) {
            Some(rule) => rule.link(count(rule)),
            None => RuleLink { id: id.to_owned(), target: None, count: 0 },
        }
    }

    /// The rules with some of the findings, ordered by the most severe one, by whether it is urgent, and by the number.
    pub(super) fn most_severe(&self, is_it: impl Fn(&Entry) -> bool) -> Vec<&Rule<'a>> {
        let mut ranked = Vec::new();
        for rule in &self.rules {
            let some = rule.entries.iter().filter(|entry| is_it(entry));
            let ranks = some.clone().map(|entry| (entry.severity, !entry.urgent));
            if let Some(most_severe) = ranks.min() {
                ranked.push(((most_severe, Reverse(some.count())), rule));
            }
        }
        ranked.sort_by_key(|(rank, rule)| (*rank, rule.id));
        ranked.into_iter().map(|(_, rule)| rule).collect()
    }
}

/// A link to the findings of a rule.
pub(super) struct RuleLink {
    pub(super) id: String,
    /// The id of the element to go to; none for a rule that was not judged.
    pub(super) target: Option<String>,
    /// How many findings the reader will see.
    pub(super) count: usize,
}

impl Rule<'_> {
    pub(super) fn link(&self, count: usize) -> RuleLink {
        // A rule without findings is only in the catalogue.
        let section = if self.work() > 0 { "rule" } else { "about" };
        let target = Some(format!("{section}-{}", self.anchor));
        RuleLink { id: self.id.to_owned(), target, count }
    }

    /// The severity of the most severe of these findings of the rule.
    pub(super) fn severity_of(&self, entries: &[Entry]) -> Severity {
        let severities = entries.iter().map(|entry| entry.severity);
        severities.min().unwrap_or(self.severity)
    }

    /// The number of its findings that need work.
    pub(super) fn work(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_work()).count()
    }
}

/// The status in words for people.
pub(super) fn words(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Unknown => "not judged",
        Status::Known => "known",
        Status::Waived => "waived",
        Status::Pass => "passed",
        Status::NotApplicable => "not applicable",
    }
}
