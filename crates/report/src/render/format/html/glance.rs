//! The posture at a glance: counts and charts.

use std::collections::BTreeMap;

use askama::Template;
use portcullis_model::{Finding, Report, Severity, Status};

use super::bar::Bar;
use super::index::{Index, is_work, words};
use super::text::Text;
use crate::render::counts;

/// What the charts show, from left to right.
const SHOWN: [Status; 4] = [Status::Open, Status::Unknown, Status::Known, Status::Waived];

#[derive(Template)]
#[template(path = "html/glance.html")]
pub(super) struct Glance<'a> {
    tiles: Vec<Tile>,
    charts: Vec<Chart<'a>>,
}

/// A number to see from afar.
struct Tile {
    class: &'static str,
    words: &'static str,
    count: u64,
    /// Whether the list of findings holds them.
    listed: bool,
}

/// A table with a bar in each row.
struct Chart<'a> {
    id: &'static str,
    title: &'static str,
    /// The statuses that there are, with their words.
    columns: Vec<(&'static str, &'static str)>,
    rows: Vec<BarRow<'a>>,
}

struct BarRow<'a> {
    label: Text<'a>,
    bar: Bar,
    counts: Vec<(&'static str, usize)>,
}

impl<'a> Glance<'a> {
    pub(super) fn new(report: &'a Report, index: &'a Index<'a>) -> Glance<'a> {
        Glance { tiles: tiles(report), charts: vec![by_severity(report), by_family(index)] }
    }
}

fn tiles(report: &Report) -> Vec<Tile> {
    let counts = counts::total(report);
    let tile = |status| {
        // What passes is counted, whether or not it is listed.
        let listed = report.findings.iter().any(|finding| finding.status() == status);
        Tile {
            class: status.word(),
            words: words(status),
            count: counts.with_status(status),
            listed,
        }
    };
    Status::ALL.map(tile).into()
}

fn by_severity(report: &Report) -> Chart<'_> {
    let of_it = |severity: Severity| {
        let findings = report.findings.iter().filter(|f| f.severity == severity);
        (Text::from(severity.word()), findings.collect())
    };
    Chart::new("by-severity", "By severity", Severity::ALL.map(of_it).into())
}

fn by_family<'a>(index: &'a Index<'a>) -> Chart<'a> {
    let mut families: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for rule in &index.rules {
        families.entry(rule.family.as_str()).or_default().extend(&rule.findings);
    }
    let label = |name: &'a str| Text::from(if name.is_empty() { "other" } else { name });
    let rows = families.into_iter().map(|(name, findings)| (label(name), findings)).collect();
    Chart::new("by-family", "By family", rows)
}

impl<'a> Chart<'a> {
    fn new(
        id: &'static str,
        title: &'static str,
        rows: Vec<(Text<'a>, Vec<&Finding>)>,
    ) -> Chart<'a> {
        let count = |findings: &[&Finding], status| {
            findings.iter().filter(|finding| finding.status() == status).count()
        };
        let is_there = |status: &Status| rows.iter().any(|(_, all)| count(all, *status) > 0);
        let shown: Vec<Status> = SHOWN
            .into_iter()
            .filter(|status| *status == Status::Open || is_there(status))
            .collect();
        let work =
            |findings: &[&Finding]| findings.iter().filter(|finding| is_work(finding)).count();
        let most = rows.iter().map(|(_, findings)| work(findings)).max().unwrap_or_default();
        let row = |(label, findings): (Text<'a>, Vec<&Finding>)| {
            let counts: Vec<_> =
                shown.iter().map(|&status| (status.word(), count(&findings, status))).collect();
            BarRow { label, bar: bar(&findings, most), counts }
        };
        let columns = shown.iter().map(|&status| (status.word(), words(status))).collect();
        Chart { id, title, columns, rows: rows.into_iter().map(row).collect() }
    }
}

/// What is open by severity, then the rest by status.
fn bar(findings: &[&Finding], most: usize) -> Bar {
    let count = |status, severity: Option<Severity>| {
        let is_it = |finding: &&&Finding| {
            finding.status() == status && severity.is_none_or(|s| finding.severity == s)
        };
        findings.iter().filter(is_it).count()
    };
    let open = Severity::ALL.map(|s| (s.word(), count(Status::Open, Some(s))));
    let rest = SHOWN[1..].iter().map(|&status| (status.word(), count(status, None)));
    Bar::new(&open.into_iter().chain(rest).collect::<Vec<_>>(), most)
}
