//! Findings: the frame of the list that the script fills, and the plain list that stands in for it
//! without JavaScript.

use std::collections::HashSet;

use askama::Template;
use portcullis_model::{Finding, Report, Severity, Status};

use super::index::{Index, Rule, is_work, words};
use super::text::{Text, is_anchor};
use crate::render::remarks;
use crate::words::capitalised;

/// So many findings of a rule are listed in the page itself. The script lists all.
const LISTED: usize = 100;

#[derive(Template)]
#[template(path = "html/findings.html")]
pub(super) struct Findings<'a> {
    total: usize,
    many_accounts: bool,
    groups: Vec<Group<'a>>,
}

/// The findings of a rule.
struct Group<'a> {
    rule: &'a Rule<'a>,
    severity: Severity,
    rows: Vec<FindingRow<'a>>,
    /// How many are not listed.
    more: usize,
}

struct FindingRow<'a> {
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
        let mut anchors = HashSet::new();
        let rules = index.most_severe(is_work).into_iter();
        Findings {
            total: report.findings.len(),
            many_accounts: report.accounts.len() > 1,
            groups: rules.map(|rule| Group::new(rule, &mut anchors)).collect(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.total
    }
}

impl<'a> Group<'a> {
    fn new(rule: &'a Rule<'a>, anchors: &mut HashSet<&'a str>) -> Group<'a> {
        let mut work: Vec<&Finding> =
            rule.findings.iter().copied().filter(|finding| is_work(finding)).collect();
        work.sort_by_key(|finding| (finding.status(), finding.severity));
        Group {
            rule,
            severity: work.iter().map(|f| f.severity).min().unwrap_or(rule.severity),
            more: work.len().saturating_sub(LISTED),
            rows: work.into_iter().take(LISTED).map(|f| FindingRow::new(f, anchors)).collect(),
        }
    }
}

impl<'a> FindingRow<'a> {
    fn new(finding: &'a Finding, anchors: &mut HashSet<&'a str>) -> FindingRow<'a> {
        let fingerprint = finding.fingerprint.as_str();
        // Two resources of one id share a fingerprint.
        let is_free = is_anchor(fingerprint) && anchors.insert(fingerprint);
        FindingRow {
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
