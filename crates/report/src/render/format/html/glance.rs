//! The posture at a glance: counts and charts.

use std::collections::BTreeMap;

use askama::Template;
use portcullis_model::{Severity, Status};

use super::bar::Bar;
use super::index::{Index, words};
use crate::render::counts;
use crate::render::view::{Entry, View, with_status};

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
    label: &'a str,
    bar: Bar,
    counts: Vec<(&'static str, usize)>,
}

impl<'a> Glance<'a> {
    pub(super) fn new(view: &View<'_>, index: &'a Index<'a>) -> Glance<'a> {
        Glance { tiles: tiles(view), charts: vec![by_severity(view), by_family(index)] }
    }
}

fn tiles(view: &View<'_>) -> Vec<Tile> {
    let counts = counts::total(view);
    let mut tiles = Vec::new();
    for status in Status::ALL {
        tiles.push(Tile {
            class: status.word(),
            words: words(status),
            count: counts.with_status(status),
            // What passes is counted, whether or not it is listed.
            listed: with_status(&view.entries, status).next().is_some(),
        });
    }
    tiles
}

fn by_severity(view: &View<'_>) -> Chart<'static> {
    let mut rows = Vec::new();
    for severity in Severity::ALL {
        let entries = view
            .entries
            .iter()
            .filter(|entry| entry.severity == severity);
        rows.push((severity.word(), entries.copied().collect()));
    }
    Chart::new("by-severity", "By severity", rows)
}

fn by_family<'a>(index: &'a Index<'a>) -> Chart<'a> {
    let mut families: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
    for rule in &index.rules {
        families
            .entry(rule.family)
            .or_default()
            .extend(&rule.entries);
    }
    let mut rows = Vec::new();
    for (name, entries) in families {
        let label = if name.is_empty() { "other" } else { name };
        rows.push((label, entries));
    }
    Chart::new("by-family", "By family", rows)
}

impl<'a> Chart<'a> {
    fn new(id: &'static str, title: &'static str, rows: Vec<(&'a str, Vec<Entry>)>) -> Chart<'a> {
        let mut shown = SHOWN.to_vec();
        shown.retain(|status| {
            *status == Status::Open
                || rows
                    .iter()
                    .any(|(_, all)| with_status(all, *status).next().is_some())
        });
        let work = rows
            .iter()
            .map(|(_, all)| all.iter().filter(|entry| entry.is_work()).count());
        let most = work.max().unwrap_or_default();
        let columns = shown
            .iter()
            .map(|&status| (status.word(), words(status)))
            .collect();
        let mut bars = Vec::new();
        for (label, entries) in rows {
            let mut counts = Vec::new();
            for status in &shown {
                counts.push((status.word(), with_status(&entries, *status).count()));
            }
            bars.push(BarRow { label, bar: bar(&entries, most), counts });
        }
        Chart { id, title, columns, rows: bars }
    }
}

/// What is open by severity, then the rest by status.
fn bar(entries: &[Entry], most: usize) -> Bar {
    let mut segments = Vec::new();
    for severity in Severity::ALL {
        let open = with_status(entries, Status::Open).filter(|entry| entry.severity == severity);
        segments.push((severity.word(), open.count()));
    }
    for status in &SHOWN[1..] {
        segments.push((status.word(), with_status(entries, *status).count()));
    }
    Bar::new(&segments, most)
}
