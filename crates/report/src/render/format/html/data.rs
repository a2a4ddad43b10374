//! The findings for the script: a block of JSON, in which what repeats stands where it comes first. That of a large
//! report is packed, since browsers take seconds to read so much of a page.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::{self, BufWriter, Write};

use base64::prelude::BASE64_STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_model::{AuditedAccount, Finding, Severity, Status};
use serde::Serialize;
use serde::ser::{Error as _, SerializeSeq};
use serde_json::Value as Json;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::findings::notes;
use super::index::{Index, words};
use super::prose::{Instruction, instructions};
use crate::defuse;
use crate::render::advice::{above_commands, remediation};
use crate::render::view::View;
use crate::words::{time, without_age};

/// All that the script is given.
#[derive(Serialize)]
struct Data<'a> {
    rules: Vec<Rule<'a>>,
    /// The severities, and the statuses with their words for people, in the order in which they are
    /// shown.
    severities: [&'static str; 5],
    statuses: [(&'static str, &'static str); 6],
    findings: FindingRecords<'a>,
}

/// The findings, each read and made when it is written.
struct FindingRecords<'a> {
    view: &'a View<'a>,
    index: &'a Index<'a>,
}

/// What repeats in the findings so far.
#[derive(Default)]
struct Repeated {
    texts: Pool<String>,
    instructions: Pool<Instruction>,
}

#[derive(Serialize)]
struct Rule<'a> {
    id: &'a str,
    title: &'a str,
    family: &'a str,
    severity: &'static str,
    /// What it tests, such as `cis-aws-7.0 2.12`.
    controls: Vec<String>,
}

#[derive(Serialize)]
struct FindingRecord<'a> {
    fingerprint: &'a str,
    /// Its place in the list of rules.
    rule: usize,
    account: &'a str,
    kind: Pooled<String>,
    name: &'a str,
    resource: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    status: &'static str,
    severity: &'static str,
    message: &'a str,
    /// The names of facts, and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<(Pooled<String>, Json)>,
    /// Where they come from.
    sources: Option<Pooled<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remediation: Vec<Pooled<Instruction>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Pooled<String>>,
}

/// The data of so many findings, a few megabytes, can be read by people too.
const PLAIN_FINDINGS: usize = 5_000;

/// As many bytes are packed in one go.
const PACKED_AT_ONCE: usize = 1 << 16;

/// What the block holds: JSON, or the Base64 of it in gzip.
pub(super) fn media_type(view: &View<'_>) -> &'static str {
    if is_packed(view) {
        "application/gzip"
    } else {
        "application/json"
    }
}

fn is_packed(view: &View<'_>) -> bool {
    view.entries.len() > PLAIN_FINDINGS
}

/// Writes the data as the content of a script element.
pub(super) fn write(view: &View<'_>, index: &Index<'_>, out: &mut dyn Write) -> io::Result<()> {
    let data = Data {
        rules: index.rules.iter().map(Rule::new).collect(),
        severities: Severity::ALL.map(Severity::word),
        statuses: Status::ALL.map(|status| (status.word(), words(status))),
        findings: FindingRecords { view, index },
    };
    if !is_packed(view) {
        data.serialize(&mut Serializer::with_formatter(out, InScript))?;
        return Ok(());
    }
    let packed = GzEncoder::new(EncoderWriter::new(out, &BASE64_STANDARD), Compression::fast());
    let mut packed = BufWriter::with_capacity(PACKED_AT_ONCE, packed);
    data.serialize(&mut Serializer::with_formatter(&mut packed, InScript))?;
    packed.into_inner()?.finish()?.finish()?;
    Ok(())
}

/// JSON whose texts are defused, and of which nothing can end a script element, or open a comment within it.
struct InScript;

impl Formatter for InScript {
    /// Writes a part of a text that JSON itself would leave as it is.
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let defused = defuse(fragment).replace('\\', r"\\");
        out.write_all(defused.replace('<', r"\u003c").as_bytes())
    }

    fn write_char_escape<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let control = match escape {
            CharEscape::Quote => return out.write_all(br#"\""#),
            CharEscape::ReverseSolidus => return out.write_all(br"\\"),
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => b'\x08',
            CharEscape::FormFeed => b'\x0c',
            CharEscape::LineFeed => b'\n',
            CharEscape::CarriageReturn => b'\r',
            CharEscape::Tab => b'\t',
            CharEscape::AsciiControl(control) => control,
        };
        self.write_string_fragment(out, char::from(control).encode_utf8(&mut [0; 4]))
    }
}

impl Serialize for FindingRecords<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut repeated = Repeated::default();
        let mut list = serializer.serialize_seq(Some(self.view.entries.len()))?;
        for finding in self.view.findings(&self.view.entries) {
            let finding = finding.map_err(S::Error::custom)?;
            list.serialize_element(&self.record(&finding, &mut repeated))?;
        }
        list.end()
    }
}

impl<'a> Rule<'a> {
    fn new(rule: &'a super::index::Rule<'a>) -> Rule<'a> {
        let mut controls = Vec::new();
        for (framework, ids) in rule.info.iter().flat_map(|info| &info.frameworks) {
            controls.extend(ids.iter().map(|id| control_name(framework, id)));
        }
        let super::index::Rule { id, title, family, severity, .. } = *rule;
        Rule { id, title, family, severity: severity.word(), controls }
    }
}

impl FindingRecords<'_> {
    fn record<'f>(&self, finding: &'f Finding, repeated: &mut Repeated) -> FindingRecord<'f> {
        let Repeated { texts, instructions: all_instructions } = repeated;
        // The index has every rule that a finding names.
        let rule = self.index.number(&finding.rule).unwrap_or_default();
        let mut advice = remediation(finding);
        if let Some(account) = self.view.account_of_commands(finding) {
            advice = above_commands(&advice, &format!("\nIn {account}:"));
        }
        let facts = finding.evidence.facts().into_iter();
        FindingRecord {
            fingerprint: finding.fingerprint.as_str(),
            rule,
            account: &finding.account,
            kind: texts.add(finding.resource.kind.replace('_', " ")),
            name: &finding.resource.name,
            resource: &finding.resource.id,
            region: finding.resource.region.as_deref(),
            status: finding.status().word(),
            severity: finding.severity.word(),
            message: &finding.message,
            evidence: facts
                .map(|(name, value)| (texts.add(name), value))
                .collect(),
            sources: self
                .view
                .account(finding)
                .map(|account| texts.add(sources(account))),
            missing: finding.missing.iter().map(|source| source.name()).collect(),
            remediation: instructions(&advice)
                .into_iter()
                .map(|instruction| all_instructions.add(instruction))
                .collect(),
            notes: notes(finding)
                .into_iter()
                .map(|note| texts.add(note))
                .collect(),
        }
    }
}

/// A control by its framework's id and its own: the value to filter by.
pub(super) fn control_name(framework: &str, id: &str) -> String {
    format!("{framework} {id}")
}

/// Where and when the facts of an account were collected.
fn sources(account: &AuditedAccount) -> String {
    let made = account.report_generated_at.map_or_else(
        || format!("the credential report is {}", without_age(account)),
        |made| format!("the credential report was made at {}", time(made)),
    );
    let collected = match (account.collected_from, account.collected_to) {
        (_, Some(at)) | (Some(at), None) => format!("; the rest was collected by {}", time(at)),
        (None, None) => String::new(),
    };
    format!("Ages are measured at {}; {made}{collected}.", time(account.as_of))
}

/// So many things are remembered, and then forgotten all at once: in a report of many accounts most commands come
/// only once.
const REMEMBERED: usize = 10_000;

/// Things that repeat.
struct Pool<T> {
    numbers: HashMap<T, usize>,
    /// How many were new.
    count: usize,
}

/// A thing where it is new; and where it comes again, its number among those that were new.
#[derive(Debug, Eq, PartialEq, Serialize)]
#[serde(untagged)]
enum Pooled<T> {
    New(T),
    Again(usize),
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { numbers: HashMap::new(), count: 0 }
    }
}

impl<T: Clone + Eq + Hash> Pool<T> {
    fn add(&mut self, thing: T) -> Pooled<T> {
        if let Some(&number) = self.numbers.get(&thing) {
            return Pooled::Again(number);
        }
        if self.numbers.len() == REMEMBERED {
            self.numbers.clear();
        }
        self.numbers.insert(thing.clone(), self.count);
        self.count += 1;
        Pooled::New(thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_defused_to_their_depths_and_end_no_element() {
        let hostile = json!([{ "a\u{202e}": ["\u{1b}[m\n", "\"</script>\\", 1, null, true] }]);
        let mut written = Vec::new();
        hostile
            .serialize(&mut Serializer::with_formatter(&mut written, InScript))
            .unwrap();
        let expected = r#"[{"a\\u{202e}":["\\u{1b}[m\\u{a}","\"\u003c/script>\\",1,null,true]}]"#;
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn what_repeats_is_written_where_it_comes_first() {
        let mut pool = Pool::default();
        let pooled = ["a", "b", "a"].map(|text| pool.add(text));
        assert_eq!(pooled, [Pooled::New("a"), Pooled::New("b"), Pooled::Again(0)]);
    }

    #[test]
    fn what_was_forgotten_is_new_under_a_new_number() {
        let mut pool = Pool::default();
        for thing in 0..=REMEMBERED {
            assert_eq!(pool.add(thing), Pooled::New(thing));
        }
        assert_eq!(pool.add(0), Pooled::New(0));
        assert_eq!(pool.add(0), Pooled::Again(REMEMBERED + 1));
    }
}
