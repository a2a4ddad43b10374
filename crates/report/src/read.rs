//! Reads a large report part by part, and writes its parts as lines.

use std::fmt;
use std::io::{self, BufReader, Read};

use portcullis_model::{AuditedAccount, Finding, Report};
use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

/// Large enough that few calls read a report.
const BUFFER: usize = 1 << 16;

/// The parts that make a report large.
pub enum ReportPart {
    /// One of its accounts.
    Account(AuditedAccount),
    /// One of its findings.
    Finding(Finding),
}

/// An account or a finding as a line of JSON. Both implementations are here, since generic code would be compiled in the
/// command line, which is built without optimisation.
pub trait Line: Sized {
    /// Returns the line without a newline.
    fn to_line(&self) -> serde_json::Result<Vec<u8>>;

    /// Parses a line.
    fn from_line(line: &str) -> serde_json::Result<Self>;
}

impl Line for AuditedAccount {
    fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    fn from_line(line: &str) -> serde_json::Result<AuditedAccount> {
        serde_json::from_str(line)
    }
}

impl Line for Finding {
    fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    fn from_line(line: &str) -> serde_json::Result<Finding> {
        serde_json::from_str(line)
    }
}

/// Reads the JSON of a report, passes its accounts and findings to `keep` one by one, and returns the rest. An error of
/// `keep` ends the reading.
pub fn read_report(input: &mut dyn Read, keep: Keep<'_>) -> serde_json::Result<Report> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER, input));
    let report = json.deserialize_map(Fields { keep })?;
    json.end()?;
    Ok(report)
}

/// Keeps a part of a report.
pub type Keep<'k> = &'k mut dyn FnMut(ReportPart) -> io::Result<()>;

/// The fields of a report.
struct Fields<'k> {
    keep: Keep<'k>,
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Report;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Report, A::Error> {
        let mut rest = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = match name.as_str() {
                "accounts" => fields
                    .next_value_seed(List { wrap: ReportPart::Account, keep: &mut *self.keep }),
                "findings" => fields
                    .next_value_seed(List { wrap: ReportPart::Finding, keep: &mut *self.keep }),
                _ => fields.next_value(),
            }?;
            if rest.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
        }
        Report::deserialize(Json::Object(rest)).map_err(A::Error::custom)
    }
}

/// A list whose values are passed on, and which is read as an empty one.
struct List<'k, T> {
    wrap: fn(T) -> ReportPart,
    keep: Keep<'k>,
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for List<'_, T> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for List<'_, T> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        while let Some(value) = list.next_element()? {
            (self.keep)((self.wrap)(value)).map_err(A::Error::custom)?;
        }
        Ok(Json::Array(Vec::new()))
    }
}
