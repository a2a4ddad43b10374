//! Findings: the frame of the list that the script fills, and the plain list that stands in for it
//! without JavaScript.

use std::collections::HashSet;
use std::io;

use askama::Template;
use portcullis_model::{Finding, Severity, Status};

use super::index::{Index, Rule, words};
use super::text::is_anchor;
use crate::render::remarks;
use crate::render::view::{Entry, View, with_status};
use crate::words::capitalised;

/// So many findings of a rule are listed in the page itself. The script lists all.
const LISTED: usize = 100;

#[derive(Template)]
#[template(path = "html/findings.html")]
pub(super) struct Findings<'a> {
    pub(super) total: usize,
    pub(super) open: usize,
    many_accounts: bool,
    groups: Vec<Group<'a>>,
}

/// The findings of a rule.
struct Group<'a> {
    rule: &'a Rule<'a>,
    severity: Severity,
    rows: Vec<FindingRow>,
    /// How many are not listed.
    more: usize,
}

struct FindingRow {
    /// The last part of the id of its element, where the fingerprint can be that.
    anchor: Option<String>,
    status: Status,
    words: &'static str,
    message: String,
    account: String,
    resource: String,
    notes: Vec<String>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(view: &View<'_>, index: &'a Index<'a>) -> io::Result<Findings<'a>> {
        let mut anchors = HashSet::new();
        let mut groups = Vec::new();
        for rule in index.most_severe(Entry::is_work) {
            groups.push(Group::new(rule, view, &mut anchors)?);
        }
        groups.sort_by_key(|group| {
            group
                .rows
                .first()
                .is_some_and(|row| row.status != Status::Open)
        });
        let open = with_status(&view.entries, Status::Open).count();
        let (total, many_accounts) = (view.entries.len(), view.many_accounts());
        Ok(Findings { total, open, many_accounts, groups })
    }
}

impl<'a> Group<'a> {
    fn new(
        rule: &'a Rule<'a>,
        view: &View<'_>,
        anchors: &mut HashSet<String>,
    ) -> io::Result<Group<'a>> {
        let mut work = rule.entries.clone();
        work.retain(Entry::is_work);
        work.sort_by_key(|entry| (entry.status, entry.severity, !entry.urgent));
        let mut rows = Vec::new();
        for finding in view.findings(work.iter().take(LISTED)) {
            rows.push(FindingRow::new(&*finding?, anchors));
        }
        Ok(Group { rule, severity: rule.severity_of(&work), more: work.len() - rows.len(), rows })
    }
}

impl FindingRow {
    fn new(finding: &Finding, anchors: &mut HashSet<String>) -> FindingRow {
        let fingerprint = finding.fingerprint.as_str();
        // Two resources of one id share a fingerprint.
        let is_free = is_anchor(fingerprint) && anchors.insert(fingerprint.to_owned());
        FindingRow {
            anchor: is_free.then(|| fingerprint.to_owned()),
            status: finding.status(),
            words: words(finding.status()),
            message: finding.message.clone(),
            account: finding.account.clone(),
            resource: finding.resource.id.clone(),
            notes: notes(finding),
        }
    }
}

/// What has been decided about a finding, and since when it is there.
pub(super) fn notes(finding: &Finding) -> Vec<String> {
    remarks::remarks(finding)
        .iter()
        .map(|remark| capitalised(remark))
        .collect()
}
