//! What could not be judged, why, and what would change that: stated before anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use askama::Template;
use portcullis_model::{AccountStatus, Gap, Report, Source, Status};

use super::index::Index;
use super::link::RuleLink;
use super::text::Text;
use crate::render::advice::steps;
use crate::render::findings::with_status;
use crate::render::gaps::descriptions;
use crate::render::view::View;
use crate::words::{counted, few};

/// With more gaps of a source than this, a single cause affects everything.
const LISTED_REASONS: usize = 20;

/// So many accounts are named of which nothing was collected; the table of accounts has all.
const LISTED_ACCOUNTS: usize = 10;

#[derive(Template)]
#[template(path = "html/gaps.html")]
pub(super) struct Gaps<'a> {
    /// Whether all evidence was there and every rule was judged.
    complete: bool,
    /// Accounts of which there is no evidence at all, the first by their ids.
    failed: Option<Text<'a>>,
    /// How many things are missing, of the kind of which there is more.
    count: usize,
    /// `6 verdicts of 2 rules are unknown`; none if none is.
    extent: Option<String>,
    missing: Vec<Missing<'a>>,
    /// Calls that nobody missed.
    not_asked: Vec<Text<'a>>,
    cures: Vec<Text<'a>>,
}

/// A source that is missing, wholly or in part.
struct Missing<'a> {
    /// None: no source is missing, and yet something was not judged.
    source: Option<&'static str>,
    reasons: Vec<Text<'a>>,
    /// How many reasons are not listed.
    more: usize,
    /// `6 verdicts were not judged`.
    effect: String,
    rules: Vec<RuleLink<'a>>,
}

impl<'a> Gaps<'a> {
    pub(super) fn new(view: &'a View<'_>, index: &'a Index<'a>) -> io::Result<Gaps<'a>> {
        let report = view.report;
        let Unknown { count, by_source, rules, steps } = Unknown::read(view)?;
        let is_missed =
            |gap: &&Gap| !gap.is_by_choice() || by_source.contains_key(&Some(gap.source));
        let missed = report.accounts.iter().flat_map(|account| &account.gaps).filter(is_missed);
        let sources: BTreeSet<Option<Source>> =
            missed.map(|gap| Some(gap.source)).chain(by_source.keys().copied()).collect();
        let missing = |source: Option<Source>| {
            let rules = by_source.get(&source).cloned().unwrap_or_default();
            Missing::new(report, index, source, &rules)
        };
        let failed = report.accounts.iter().filter(|a| a.status.is_failed());
        let failed: Vec<&str> = failed.map(|account| account.id.as_str()).collect();
        let missing: Vec<Missing<'a>> = sources.into_iter().map(missing).collect();
        let all_there = report.accounts.iter().all(|a| a.status == AccountStatus::Complete);
        Ok(Gaps {
            complete: missing.is_empty() && all_there && !report.accounts.is_empty(),
            failed: (!failed.is_empty()).then(|| few(&failed, LISTED_ACCOUNTS).into()),
            count: missing.len().max(failed.len()),
            extent: extent(count, rules.len()),
            missing,
            not_asked: texts(descriptions(report, |gap| !is_missed(&gap))),
            cures: steps.into_iter().map(Text::from).collect(),
        })
    }

    /// How much could not be judged.
    pub(super) fn extent(&self) -> Option<String> {
        self.extent.clone()
    }

    /// How many kinds of evidence are missing, for the navigation.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

impl<'a> Missing<'a> {
    fn new(
        report: &'a Report,
        index: &'a Index<'a>,
        source: Option<Source>,
        findings: &BTreeMap<String, usize>,
    ) -> Missing<'a> {
        let mut reasons =
            source.map_or_else(Vec::new, |source| descriptions(report, |gap| gap.source == source));
        let more = reasons.len().saturating_sub(LISTED_REASONS);
        reasons.truncate(LISTED_REASONS);
        let effect = match findings.values().sum::<usize>() {
            0 => "no verdict depends on it".to_owned(),
            1 => "1 verdict is unknown".to_owned(),
            count => format!("{count} verdicts are unknown"),
        };
        let mut rules = Vec::new();
        for (id, &count) in findings {
            rules.push(RuleLink::find(id, index, |_| count));
        }
        Missing { source: source.map(Source::name), reasons: texts(reasons), more, effect, rules }
    }
}

/// What could not be judged.
#[derive(Default)]
struct Unknown {
    /// How many findings.
    count: usize,
    /// How many of each rule need a source; a finding may need several, or none that is missing.
    by_source: BTreeMap<Option<Source>, BTreeMap<String, usize>>,
    rules: BTreeSet<u32>,
    /// What to do.
    steps: BTreeSet<String>,
}

impl Unknown {
    fn read(view: &View<'_>) -> io::Result<Unknown> {
        let mut unknown = Unknown::default();
        for entry in with_status(&view.entries, Status::Unknown) {
            let finding = view.finding(entry)?;
            unknown.count += 1;
            unknown.rules.insert(entry.rule);
            if finding.missing.is_empty() {
                unknown.add(None, &finding.rule);
            }
            for &source in &finding.missing {
                unknown.add(Some(source), &finding.rule);
            }
            for step in steps(&finding) {
                if !unknown.steps.contains(step) {
                    unknown.steps.insert(step.to_owned());
                }
            }
        }
        Ok(unknown)
    }

    fn add(&mut self, source: Option<Source>, rule: &str) {
        let rules = self.by_source.entry(source).or_default();
        match rules.get_mut(rule) {
            Some(count) => *count += 1,
            None => drop(rules.insert(rule.to_owned(), 1)),
        }
    }
}

fn texts<'a>(sentences: Vec<String>) -> Vec<Text<'a>> {
    sentences.into_iter().map(Text::from).collect()
}

fn extent(verdicts: usize, rules: usize) -> Option<String> {
    let are = if verdicts == 1 { "is" } else { "are" };
    let (of_all, of_rules) = (counted(verdicts, "verdict"), counted(rules, "rule"));
    (verdicts > 0).then(|| format!("{of_all} of {of_rules} {are} unknown"))
}
