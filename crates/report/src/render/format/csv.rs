//! Writes CSV: one row per finding, for spreadsheets, according to RFC 4180.
//!
//! The columns are stable, and new ones go last. Cells that a spreadsheet would interpret as formulas begin with `'`, as
//! <https://owasp.org/www-community/attacks/CSV_Injection> advises.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};
use portcullis_model::{AppliedWaiver, BaselineState, Evidence, Finding};

use crate::decide::waivers;
use crate::defuse;
use crate::render::advice::remediation;
use crate::render::json::write_json_line;
use crate::render::view::View;
use crate::text::defuse_lines;

/// A finding, and the view with its rule and account.
type CsvRow<'a> = (&'a View<'a>, &'a Finding);

/// A column's name, and the text of its cells.
type Column = (&'static str, fn(CsvRow<'_>) -> String);

/// The columns: first what to do, then why, then what machines need.
const COLUMNS: &[Column] = &[
    ("severity", |(_, f)| f.severity.word().to_owned()),
    ("status", |(_, f)| f.status().word().to_owned()),
    ("account", |(_, f)| f.account.clone()),
    ("rule", |(_, f)| f.rule.clone()),
    ("title", |(view, f)| {
        view.rule(f)
            .map(|rule| rule.title.clone())
            .unwrap_or_default()
    }),
    ("resource_kind", |(_, f)| f.resource.kind.clone()),
    ("resource_name", |(_, f)| f.resource.name.clone()),
    ("region", |(_, f)| f.resource.region.clone().unwrap_or_default()),
    ("message", |(_, f)| f.message.clone()),
    (REMEDIATION, |(_, f)| remediation(f)),
    ("waiver", |(_, f)| of_waiver(f, |waiver| waivers::state(waiver).to_owned())),
    ("waiver_reason", |(_, f)| of_waiver(f, |waiver| waiver.reason.clone())),
    ("waiver_owner", |(_, f)| of_waiver(f, |waiver| waiver.owner.clone())),
    ("waiver_expires", |(_, f)| of_waiver(f, |waiver| waiver.expires.to_string())),
    ("baseline", |(_, f)| {
        f.baseline
            .map(BaselineState::word)
            .unwrap_or_default()
            .to_owned()
    }),
    ("first_seen", |(_, f)| {
        f.first_seen
            .map(|moment| moment.to_string())
            .unwrap_or_default()
    }),
    ("verdict", |(_, f)| f.verdict.word().to_owned()),
    ("missing", |(_, f)| joined(f.missing.iter().map(|source| source.name()))),
    ("evidence", |(_, f)| compact(&f.evidence)),
    ("resource_id", |(_, f)| f.resource.id.clone()),
    ("fingerprint", |(_, f)| f.fingerprint.as_str().to_owned()),
    ("as_of", |(view, f)| {
        view.as_of(f)
            .map(|moment| moment.to_string())
            .unwrap_or_default()
    }),
    ("references", |(view, f)| {
        joined(
            view.rule(f)
                .iter()
                .flat_map(|rule| &rule.references)
                .map(String::as_str),
        )
    }),
    ("partition", |(_, f)| f.partition.clone()),
    ("urgent", |(_, f)| f.urgent.to_string()),
];

/// The only column whose cells may have several lines, since commands are copied line by line.
const REMEDIATION: &str = "remediation";

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    csv.write_record(COLUMNS.iter().map(|(name, _)| name))
        .map_err(of_writer)?;
    for finding in view.findings(&view.entries) {
        let finding = finding?;
        let cells = COLUMNS.iter().map(|(name, cell)| {
            let text = cell((view, &finding));
            if *name == REMEDIATION {
                lines(&text)
            } else {
                line(&text)
            }
        });
        csv.write_record(cells).map_err(of_writer)?;
    }
    csv.flush()
}

/// The underlying error, whose kind distinguishes a closed pipe from a full disk.
fn of_writer(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        // All records have as many cells as there are columns.
        kind => io::Error::other(format!("{kind:?}")),
    }
}

fn of_waiver(finding: &Finding, field: impl Fn(&AppliedWaiver) -> String) -> String {
    finding.waiver.as_ref().map(field).unwrap_or_default()
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(" ")
}

/// The facts as a JSON object.
fn compact(evidence: &Evidence) -> String {
    let mut json = Vec::new();
    // Neither writing to memory nor facts can fail.
    let _ = write_json_line(evidence, &mut json);
    String::from_utf8_lossy(&json).trim_end().to_owned()
}

/// A cell of one line.
fn line(text: &str) -> String {
    literal(defuse(text).into_owned())
}

/// A cell with the lines of the text.
fn lines(text: &str) -> String {
    literal(defuse_lines(text))
}

/// Makes sure that the text is not a formula. Tabs and carriage returns, which may also begin one, are defused before.
fn literal(text: String) -> String {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    if text.trim_start().starts_with(SIGNS) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(1)", "'@SUM(1)"),
            ("  =1", "'  =1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\t=1", r"\u{9}=1"),
            ("\r=1", r"\u{d}=1"),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
            ("", ""),
        ] {
            assert_eq!(line(text), cell);
            assert!(!lines(text).starts_with('='), "{text}");
        }
    }

    #[test]
    fn only_the_advice_has_several_lines() {
        assert_eq!(line("a\nb"), r"a\u{a}b");
        assert_eq!(lines("a\r\n=b\tc\n"), "a\n=b\\u{9}c");
    }

    #[test]
    fn evidence_stays_json() {
        let evidence = Evidence::new(&BTreeMap::from([("a", "\u{202e}\n\"")]));
        assert_eq!(compact(&evidence), r#"{"a":"\u202e\n\""}"#);
    }
}
