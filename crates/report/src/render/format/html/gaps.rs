//! What could not be judged, why, and what would change that: stated before anything else.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use portcullis_model::{AccountStatus, Finding, Gap, Report, Source, Status};

use super::index::Index;
use super::link::RuleLink;
use super::text::Text;
use crate::render::advice::steps;
use crate::render::gaps::descriptions;
use crate::words::{counted, few};

/// More gaps of a source than that mean that one thing is wrong everywhere.
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
    pub(super) fn new(report: &'a Report, index: &'a Index<'a>) -> Gaps<'a> {
        let unknown: Vec<&Finding> =
            report.findings.iter().filter(|f| f.status() == Status::Unknown).collect();
        let by_source = by_source(&unknown);
        let is_missed =
            |gap: &&Gap| !gap.is_by_choice() || by_source.contains_key(&Some(gap.source));
        let missed = report.accounts.iter().flat_map(|account| &account.gaps).filter(is_missed);
        let sources: BTreeSet<Option<Source>> =
            missed.map(|gap| Some(gap.source)).chain(by_source.keys().copied()).collect();
        let missing = |source: Option<Source>| {
            let findings = by_source.get(&source).map_or(&[][..], Vec::as_slice);
            Missing::new(report, index, source, findings)
        };
        let failed = report.accounts.iter().filter(|a| a.status.is_failed());
        let failed: Vec<&str> = failed.map(|account| account.id.as_str()).collect();
        let missing: Vec<Missing<'a>> = sources.into_iter().map(missing).collect();
        let all_there = report.accounts.iter().all(|a| a.status == AccountStatus::Complete);
        Gaps {
            complete: missing.is_empty() && all_there && !report.accounts.is_empty(),
            failed: (!failed.is_empty()).then(|| few(&failed, LISTED_ACCOUNTS).into()),
            count: missing.len().max(failed.len()),
            extent: extent(&unknown),
            missing,
            not_asked: texts(descriptions(report, |gap| !is_missed(&gap))),
            cures: steps(unknown).into_iter().map(Text::from).collect(),
        }
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
        findings: &[&'a Finding],
    ) -> Missing<'a> {
        let mut reasons =
            source.map_or_else(Vec::new, |source| descriptions(report, |gap| gap.source == source));
        let more = reasons.len().saturating_sub(LISTED_REASONS);
        reasons.truncate(LISTED_REASONS);
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in findings {
            *rules.entry(&finding.rule).or_default() += 1;
        }
        let effect = match findings.len() {
            0 => "no verdict depends on it".to_owned(),
            1 => "1 verdict is unknown".to_owned(),
            count => format!("{count} verdicts are unknown"),
        };
        let links = rules.into_iter().map(|(id, count)| RuleLink::find(id, index, |_| count));
        let (source, reasons) = (source.map(Source::name), texts(reasons));
        Missing { source, reasons, more, effect, rules: links.collect() }
    }
}

/// The findings by the sources that they need; a finding may need several, or none that is missing.
fn by_source<'a>(unknown: &[&'a Finding]) -> BTreeMap<Option<Source>, Vec<&'a Finding>> {
    let mut sources: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in unknown {
        if finding.missing.is_empty() {
            sources.entry(None).or_default().push(finding);
        }
        for &source in &finding.missing {
            sources.entry(Some(source)).or_default().push(finding);
        }
    }
    sources
}

fn texts<'a>(sentences: Vec<String>) -> Vec<Text<'a>> {
    sentences.into_iter().map(Text::from).collect()
}

fn extent(unknown: &[&Finding]) -> Option<String> {
    if unknown.is_empty() {
        return None;
    }
    let rules: BTreeSet<&str> = unknown.iter().map(|finding| finding.rule.as_str()).collect();
    let are = if unknown.len() == 1 { "is" } else { "are" };
    let (verdicts, rules) = (counted(unknown.len(), "verdict"), counted(rules.len(), "rule"));
    Some(format!("{verdicts} of {rules} {are} unknown"))
}
