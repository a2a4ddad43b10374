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
    let mut tiles = Vec::new();
    for status in Status::ALL {
        tiles.push(Tile {
            class: status.word(),
            words: words(status),
            count: counts.with_status(status),
            // What passes is counted, whether or not it is listed.
            listed: report.findings.iter().any(|finding| finding.status() == status),
        });
    }
    tiles
}

fn by_severity(report: &Report) -> Chart<'_> {
    let mut rows = Vec::new();
    for severity in Severity::ALL {
        let findings = report.findings.iter().filter(|finding| finding.severity == severity);
        rows.push((Text::from(severity.word()), findings.collect()));
    }
    Chart::new("by-severity", "By severity", rows)
}

fn by_family<'a>(index: &'a Index<'a>) -> Chart<'a> {
    let mut families: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for rule in &index.rules {
        families.entry(rule.family.as_str()).or_default().extend(&rule.findings);
    }
    let mut rows = Vec::new();
    for (name, findings) in families {
        let label = if name.is_empty() { "other" } else { name };
        rows.push((Text::from(label), findings));
    }
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
        let mut shown = SHOWN.to_vec();
        shown.retain(|status| {
            *status == Status::Open || rows.iter().any(|(_, all)| count(all, *status) > 0)
        });
        let work = rows.iter().map(|(_, all)| all.iter().filter(|it| is_work(it)).count());
        let most = work.max().unwrap_or_default();
        let columns = shown.iter().map(|&status| (status.word(), words(status))).collect();
        let mut bars = Vec::new();
        for (label, findings) in rows {
            let counts = shown.iter().map(|&status| (status.word(), count(&findings, status)));
            let counts = counts.collect();
            bars.push(BarRow { label, bar: bar(&findings, most), counts });
        }
        Chart { id, title, columns, rows: bars }
    }
}

/// What is open by severity, then the rest by status.
fn bar(findings: &[&Finding], most: usize) -> Bar {
    let count = |status, severity: Option<Severity>| {
        let with_status = findings.iter().filter(|finding| finding.status() == status);
        with_status.filter(|it| severity.is_none_or(|severity| it.severity == severity)).count()
    };
    let open = Severity::ALL.map(|s| (s.word(), count(Status::Open, Some(s))));
    let rest = SHOWN[1..].iter().map(|&status| (status.word(), count(status, None)));
    Bar::new(&open.into_iter().chain(rest).collect::<Vec<_>>(), most)
}
