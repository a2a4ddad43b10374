//! Findings: the controls of the list that the script fills, and the findings by rule that stand in
//! for it on paper and without JavaScript.

use std::collections::{BTreeSet, HashSet};

use askama::Template;
use portcullis_model::{Finding, Report, Severity, Status};

use super::index::{Index, Rule, is_work, words};
use super::prose::{Part, parts};
use super::text::{Text, is_anchor};
use crate::render::advice::what_to_do;
use crate::render::remarks;
use crate::words::capitalised;

/// So many findings of a rule are listed in the page itself. The script lists all.
const LISTED: usize = 100;

#[derive(Template)]
#[template(path = "html/findings.html")]
pub(super) struct Findings<'a> {
    total: usize,
    many_accounts: bool,
    severities: Vec<Choice>,
    statuses: Vec<Choice>,
    rules: Vec<(usize, &'a Text<'a>, usize)>,
    accounts: Vec<Text<'a>>,
    families: Vec<&'a str>,
    groups: Vec<Group<'a>>,
}

/// A severity or status to filter by.
struct Choice {
    value: &'static str,
    words: &'static str,
    count: usize,
    /// Whether it is chosen from the start.
    chosen: bool,
}

/// The findings of a rule.
struct Group<'a> {
    rule: &'a Rule<'a>,
    severity: Severity,
    counts: Vec<(&'static str, &'static str, usize)>,
    risk: Option<Text<'a>>,
    remediation: Vec<Part<'a>>,
    rows: Vec<Row<'a>>,
    /// How many are not listed.
    more: usize,
}

struct Row<'a> {
    /// The last part of the id of its element, where the fingerprint can be that.
    anchor: Option<&'a str>,
    status: Status,
    words: &'static str,
    message: Text<'a>,
    account: Text<'a>,
    resource: Text<'a>,
    notes: Vec<Text<'a>>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(report: &'a Report, index: &'a Index<'a>) -> Findings<'a> {
        let listed = index.rules.iter().filter(|rule| !rule.findings.is_empty());
        let accounts: BTreeSet<&str> = report.findings.iter().map(|f| f.account.as_str()).collect();
        let families: BTreeSet<&str> = listed.clone().map(|rule| rule.family.as_str()).collect();
        Findings {
            total: report.findings.len(),
            many_accounts: accounts.len() > 1,
            severities: severities(report),
            statuses: statuses(report),
            rules: listed.map(|rule| (rule.number, &rule.id, rule.findings.len())).collect(),
            accounts: accounts.into_iter().map(Text::from).collect(),
            families: families.into_iter().filter(|family| !family.is_empty()).collect(),
            groups: groups(index),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.total
    }
}

/// The findings that ask for work by rule, the most severe rule first.
fn groups<'a>(index: &'a Index<'a>) -> Vec<Group<'a>> {
    let mut anchors = HashSet::new();
    let rules = index.most_severe(is_work).into_iter();
    rules.map(|rule| Group::new(rule, &mut anchors)).collect()
}

fn severities(report: &Report) -> Vec<Choice> {
    let choice = |severity: Severity| {
        let count = report.findings.iter().filter(|f| f.severity == severity).count();
        Choice { value: severity.word(), words: severity.word(), count, chosen: false }
    };
    Severity::ALL.map(choice).into_iter().filter(|choice| choice.count > 0).collect()
}

/// The statuses that there are. Where passes are listed, what asks for work is chosen first.
fn statuses(report: &Report) -> Vec<Choice> {
    let some_pass = !report.findings.iter().all(is_work);
    let choice = |status: Status| {
        let count = report.findings.iter().filter(|f| f.status() == status).count();
        let chosen = some_pass && !matches!(status, Status::Pass | Status::NotApplicable);
        Choice { value: status.word(), words: words(status), count, chosen }
    };
    Status::ALL.map(choice).into_iter().filter(|choice| choice.count > 0).collect()
}

impl<'a> Group<'a> {
    fn new(rule: &'a Rule<'a>, anchors: &mut HashSet<&'a str>) -> Group<'a> {
        let mut work: Vec<&Finding> =
            rule.findings.iter().copied().filter(|finding| is_work(finding)).collect();
        work.sort_by_key(|finding| (finding.status(), finding.severity));
        let statuses = Status::ALL.map(|status| (status.word(), words(status), rule.count(status)));
        // Advice on what fails; what to do about gaps stands with the gaps.
        let fails = |finding: &&Finding| finding.status() != Status::Unknown;
        let failed: Vec<&Finding> = work.iter().copied().filter(fails).collect();
        let advice = if failed.is_empty() { String::new() } else { what_to_do(rule.info, &failed) };
        Group {
            rule,
            severity: work.iter().map(|f| f.severity).min().unwrap_or(rule.severity),
            counts: statuses.into_iter().filter(|(_, _, count)| *count > 0).collect(),
            risk: rule.info.map(|info| Text::from(&info.risk)),
            remediation: parts(&advice),
            more: work.len().saturating_sub(LISTED),
            rows: work.into_iter().take(LISTED).map(|f| Row::new(f, anchors)).collect(),
        }
    }
}

impl<'a> Row<'a> {
    fn new(finding: &'a Finding, anchors: &mut HashSet<&'a str>) -> Row<'a> {
        let fingerprint = finding.fingerprint.as_str();
        // Two resources of one id share a fingerprint.
        let is_free = is_anchor(fingerprint) && anchors.insert(fingerprint);
        Row {
            anchor: is_free.then_some(fingerprint),
            status: finding.status(),
            words: words(finding.status()),
            message: (&finding.message).into(),
            account: (&finding.account).into(),
            resource: (&finding.resource.id).into(),
            notes: notes(finding),
        }
    }
}

/// What has been decided about a finding, and since when it is there.
pub(super) fn notes(finding: &Finding) -> Vec<Text<'static>> {
    remarks::remarks(finding).iter().map(|remark| Text::from(capitalised(remark))).collect()
}
