//! The findings for the script: a block of JSON, in which what repeats stands once. That of a large report
//! is packed, since browsers take seconds to read so much of a page.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::io::{self, BufWriter, Write};

use base64::prelude::BASE64_STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_model::{AuditedAccount, Finding, Report, Severity, Status};
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::ser::{Formatter, Serializer};

use super::findings::notes;
use super::index::{Index, words};
use super::prose::{Instruction, instructions};
use super::text::{Text, defused};
use crate::render::advice::remediation;
use crate::render::view::View;
use crate::words::time;

/// All that the script is given. Numbers in findings refer to the lists.
#[derive(Serialize)]
struct Data<'a, 'd> {
    rules: Vec<Rule<'a>>,
    /// The severities, and the statuses with their words for people, in the order in which they are
    /// shown.
    severities: [&'static str; 5],
    statuses: [(&'static str, &'static str); 6],
    /// They fill the lists below, so they are written first.
    findings: FindingRecords<'a, 'd>,
    texts: &'d RefCell<Pool<Text<'a>>>,
    instructions: &'d RefCell<Pool<Instruction<'a>>>,
}

/// The findings, each made when it is written: all at once they would take several times the memory.
struct FindingRecords<'a, 'd> {
    view: &'d View<'a>,
    index: &'d Index<'a>,
    texts: &'d RefCell<Pool<Text<'a>>>,
    instructions: &'d RefCell<Pool<Instruction<'a>>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    id: &'a Text<'a>,
    title: &'a Text<'a>,
    family: &'a Text<'a>,
    severity: &'static str,
    /// What it tests, such as `cis-aws-7.0 2.12`.
    controls: Vec<Text<'a>>,
}

#[derive(Serialize)]
struct FindingRecord<'a> {
    fingerprint: Text<'a>,
    rule: usize,
    account: Text<'a>,
    kind: usize,
    name: Text<'a>,
    resource: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Text<'a>>,
    status: &'static str,
    severity: &'static str,
    message: Text<'a>,
    /// The names of facts, and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<(usize, Json)>,
    /// Where they come from.
    sources: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remediation: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<usize>,
}

/// The data of so many findings, a few megabytes, can be read by people too.
const PLAIN_FINDINGS: usize = 5_000;

/// As many bytes are packed in one go.
const PACKED_AT_ONCE: usize = 1 << 16;

/// What the block holds: JSON, or the Base64 of it in gzip.
pub(super) fn media_type(report: &Report) -> &'static str {
    if is_packed(report) { "application/gzip" } else { "application/json" }
}

fn is_packed(report: &Report) -> bool {
    report.findings.len() > PLAIN_FINDINGS
}

/// Writes the data as the content of a script element.
pub(super) fn write<'a>(
    view: &View<'a>,
    index: &'a Index<'a>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (texts, instructions) = (RefCell::default(), RefCell::default());
    let data = Data {
        rules: index.rules.iter().map(Rule::new).collect(),
        severities: Severity::ALL.map(Severity::word),
        statuses: Status::ALL.map(|status| (status.word(), words(status))),
        findings: FindingRecords { view, index, texts: &texts, instructions: &instructions },
        texts: &texts,
        instructions: &instructions,
    };
    if !is_packed(view.report) {
        data.serialize(&mut Serializer::with_formatter(out, InScript))?;
        return Ok(());
    }
    let packed = GzEncoder::new(EncoderWriter::new(out, &BASE64_STANDARD), Compression::fast());
    let mut packed = BufWriter::with_capacity(PACKED_AT_ONCE, packed);
    data.serialize(&mut Serializer::with_formatter(&mut packed, InScript))?;
    packed.into_inner()?.finish()?.finish()?;
    Ok(())
}

/// JSON of which nothing can end a script element, or open a comment within it.
struct InScript;

impl Formatter for InScript {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut pieces = fragment.split('<');
        out.write_all(pieces.next().unwrap_or_default().as_bytes())?;
        for piece in pieces {
            write!(out, "\\u003c{piece}")?;
        }
        Ok(())
    }
}

impl Serialize for FindingRecords<'_, '_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.view.report.findings.iter().map(|finding| self.row(finding)))
    }
}

impl<'a> Rule<'a> {
    fn new(rule: &'a super::index::Rule<'a>) -> Rule<'a> {
        let mut controls = Vec::new();
        for (framework, ids) in rule.info.iter().flat_map(|info| &info.frameworks) {
            controls.extend(ids.iter().map(|id| control_name(framework, id)));
        }
        Rule {
            id: &rule.id,
            title: &rule.title,
            family: &rule.family,
            severity: rule.severity.word(),
            controls,
        }
    }
}

impl<'a> FindingRecords<'a, '_> {
    fn row(&self, finding: &'a Finding) -> FindingRecord<'a> {
        let mut texts = self.texts.borrow_mut();
        let mut all_instructions = self.instructions.borrow_mut();
        // The index has every rule that a finding names.
        let rule = self.index.number(&finding.rule).unwrap_or_default();
        let advice = remediation(finding);
        let facts = finding.evidence.facts().into_iter();
        FindingRecord {
            fingerprint: finding.fingerprint.as_str().into(),
            rule,
            account: (&finding.account).into(),
            kind: texts.number(Text::from(finding.resource.kind.replace('_', " "))),
            name: (&finding.resource.name).into(),
            resource: (&finding.resource.id).into(),
            region: finding.resource.region.as_ref().map(Text::from),
            status: finding.status().word(),
            severity: finding.severity.word(),
            message: (&finding.message).into(),
            evidence: facts
                .map(|(name, value)| (texts.number(name.into()), defused(&value)))
                .collect(),
            sources: self.view.account(finding).map(|account| texts.number(sources(account))),
            missing: finding.missing.iter().map(|source| source.name()).collect(),
            remediation: instructions(&advice)
                .into_iter()
                .map(|instruction| all_instructions.number(instruction))
                .collect(),
            notes: notes(finding).into_iter().map(|note| texts.number(note)).collect(),
        }
    }
}

/// A control by its framework's id and its own: the value to filter by.
pub(super) fn control_name(framework: &str, id: &str) -> Text<'static> {
    format!("{framework} {id}").into()
}

/// Where and when the facts of an account were collected.
fn sources<'a>(account: &AuditedAccount) -> Text<'a> {
    let made = account.report_generated_at.map_or_else(
        || "the credential report is missing or undated".to_owned(),
        |made| format!("the credential report was made at {}", time(made)),
    );
    let collected = match (account.collected_from, account.collected_to) {
        (_, Some(at)) | (Some(at), None) => format!("; the rest was collected by {}", time(at)),
        (None, None) => String::new(),
    };
    format!("Ages count to {}; {made}{collected}.", time(account.as_of)).into()
}

/// Things that repeat, each once, in the order in which they came.
#[derive(Serialize)]
#[serde(transparent)]
struct Pool<T> {
    items: Vec<T>,
    #[serde(skip)]
    numbers: HashMap<T, usize>,
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { items: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Pool<T> {
    fn number(&mut self, item: T) -> usize {
        if let Some(&number) = self.numbers.get(&item) {
            return number;
        }
        let number = self.items.len();
        self.items.push(item.clone());
        self.numbers.insert(item, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_stands_once() {
        let mut pool = Pool::default();
        assert_eq!(["a", "b", "a"].map(|item| pool.number(item)), [0, 1, 0]);
        assert_eq!(pool.items, ["a", "b"]);
    }
}
