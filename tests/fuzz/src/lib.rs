//! What fuzz targets have in common: from documents to a report, by all rules.

use std::sync::LazyLock;

use jiff::Timestamp;
use portcullis_evidence::{Bundle, Declarations, Document};
use portcullis_model::{Report, RunOptions, Snapshot, Source};
use portcullis_rules::{RuleSet, Selection, Settings, embedded, evaluate};

/// The moment that the examples were collected at.
pub static NOW: LazyLock<Timestamp> =
    LazyLock::new(|| "2026-11-18T12:00:00Z".parse().expect("it is a moment"));

static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let strict = Selection { rule_set: "strict".to_owned(), ..Selection::default() };
    let rules = RuleSet::load(&embedded(), &Settings::default()).expect("they load");
    rules.select(&strict).expect("there are such rules")
});

/// What documents say, each the file of a source in a bundle made by hand.
pub fn snapshot<'d>(documents: impl IntoIterator<Item = (Source, &'d str, Vec<u8>)>) -> Snapshot {
    let mut bundle = Bundle::default();
    for (source, file, bytes) in documents {
        bundle.documents.insert(source, Document { file: file.to_owned(), bytes });
    }
    bundle.snapshot(*NOW, &Declarations::default()).expect("no class is declared")
}

/// The report on a snapshot by all rules on accounts.
pub fn judge(snapshot: &Snapshot) -> Report {
    evaluate(snapshot, &RULES, RunOptions::default(), "fuzz")
}
