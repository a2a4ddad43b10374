//! Parses bundle files into the shapes of AWS's answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use portcullis_model::{Fact, Gap, Source};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Deserializer;

use super::gaps::Gaps;
use super::names::name_key;
use crate::bundle::{Bundle, Document};
use crate::file::to_utf8;
use crate::shape_error::ShapeError;

/// Which pages of an answer may say that more follow.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Pages {
    /// The pages of one listing: all but the last.
    OneListing,
    /// The listings of several users: none, since the next page belongs to another user.
    ListingPerUser,
}

/// Why a document cannot be used: the code and message of a gap.
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn malformed(message: impl Into<String>) -> Problem {
        Problem { code: "Malformed", message: message.into() }
    }
}

/// The documents of a bundle, and the gaps found while reading them.
pub(super) struct Documents<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) gaps: &'a mut Gaps,
}

impl Documents<'_> {
    /// Returns the content of a source's document; missing, with a gap, if absent or unusable.
    pub(super) fn read<T>(
        &mut self,
        source: Source,
        parse: impl FnOnce(&Document) -> Result<T, Problem>,
    ) -> Fact<T> {
        let Some(document) = self.bundle.documents.get(&source) else {
            if !self.gaps.has(source) {
                let message = format!("{source} is not in the bundle");
                self.gaps.push(Gap::new(source, Gap::ABSENT, message));
            }
            return Fact::missing(source);
        };
        match parse(document) {
            Ok(content) => Fact::Known(content),
            Err(Problem { code, message }) => {
                self.gaps
                    .push(Gap::new(source, code, format!("{}: {message}", document.file)));
                Fact::missing(source)
            }
        }
    }

    /// Returns the items on all pages of a listing, without duplicates by id.
    pub(super) fn list<P: DeserializeOwned, T: Serialize>(
        &mut self,
        source: Source,
        items: fn(P) -> Vec<T>,
        id: fn(&T) -> &str,
    ) -> Fact<Vec<T>> {
        self.read(source, |document| {
            let pages = all(document, Pages::OneListing)?;
            let mut items: Vec<T> = pages.into_iter().flat_map(items).collect();
            each_once(&mut items, id)?;
            Ok(items)
        })
    }

    /// Returns when the last answer of each source arrived, if the manifest says.
    pub(super) fn collected(&self) -> HashMap<Source, Timestamp> {
        let Some(manifest) = &self.bundle.manifest else {
            return HashMap::new();
        };
        let mut collected = HashMap::new();
        for (&source, document) in &self.bundle.documents {
            if let Some(entry) = manifest.files.get(&document.file) {
                collected.insert(source, entry.collected_at);
            }
        }
        collected
    }
}

/// Parses the only answer of a call that does not list.
pub(super) fn one<T: DeserializeOwned>(document: &Document) -> Result<T, Problem> {
    let mut answers = decode(&document.bytes)?;
    match (answers.pop(), answers.len()) {
        (Some(answer), 0) => Ok(answer),
        (_, rest) => Err(Problem::malformed(format!("holds {} answers instead of one", rest + 1))),
    }
}

/// Parses all pages of a listing.
pub(super) fn all<T: DeserializeOwned>(
    document: &Document,
    pages: Pages,
) -> Result<Vec<T>, Problem> {
    let markers: Vec<Page> = decode(&document.bytes)?;
    let may_continue = match pages {
        Pages::OneListing => markers.len() - 1,
        Pages::ListingPerUser => 0,
    };
    for (index, page) in markers.iter().enumerate() {
        if index >= may_continue && page.has_more() {
            let message = format!("answer {} says that more follows", index + 1);
            return Err(Problem { code: "Incomplete", message });
        }
    }
    decode(&document.bytes)
}

/// Removes duplicates by id, which occur in outputs appended to one file. Items with the same id
/// but different content are an error.
pub(super) fn each_once<T: Serialize>(
    items: &mut Vec<T>,
    id: impl Fn(&T) -> &str,
) -> Result<(), Problem> {
    let mut indices: HashMap<String, usize> = HashMap::new();
    let mut unique: Vec<T> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        if id(&item).is_empty() {
            return Err(Problem::malformed("holds something without an id"));
        }
        match indices.entry(name_key(id(&item))) {
            Entry::Vacant(entry) => {
                entry.insert(unique.len());
                unique.push(item);
            }
            Entry::Occupied(index) if is_same(&unique[*index.get()], &item) => {}
            Entry::Occupied(_) => {
                let message = format!("holds {} twice, with different contents", id(&item));
                return Err(Problem { code: "Contradictory", message });
            }
        }
    }
    *items = unique;
    Ok(())
}

fn is_same<T: Serialize>(one: &T, other: &T) -> bool {
    let json = serde_json::to_vec::<T>;
    json(one).ok() == json(other).ok()
}

/// The fields in which the AWS CLI and the API announce further pages.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    // Lower case:
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListDelegationRequests.html>.
    #[serde(alias = "isTruncated")]
    is_truncated: Option<bool>,
    marker: Option<IgnoredAny>,
    #[serde(alias = "nextToken")]
    next_token: Option<IgnoredAny>,
}

impl Page {
    fn has_more(&self) -> bool {
        self.is_truncated == Some(true) || self.marker.is_some() || self.next_token.is_some()
    }
}

/// Parses one or more JSON objects, since a file may contain several outputs of the AWS CLI.
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, Problem> {
    let bytes = &*to_utf8(bytes);
    let mut stream = Deserializer::from_slice(bytes).into_iter::<T>();
    let mut answers = Vec::new();
    loop {
        let rest = bytes[stream.byte_offset()..].trim_ascii_start();
        match rest.first() {
            // Serde would read a list as the fields of an object in order.
            Some(b'[') => return Err(Problem::malformed("holds a list instead of an object")),
            Some(_) => {}
            None if answers.is_empty() => {
                return Err(Problem { code: "Empty", message: "holds nothing".to_owned() });
            }
            None => return Ok(answers),
        }
        match stream.next() {
            Some(Ok(answer)) => answers.push(answer),
            Some(Err(error)) => return Err(Problem::malformed(position_and_cause(&error))),
            None => return Ok(answers),
        }
    }
}

/// Returns the error's position and cause, without the values that serde quotes, which may be long.
fn position_and_cause(error: &serde_json::Error) -> String {
    let cause = match ShapeError::new(error) {
        Some(ShapeError::DuplicateField(field)) => format!("an object names {field} twice"),
        Some(ShapeError::MissingField(field)) => {
            format!("not in the form of AWS's answers, which have {field}")
        }
        Some(ShapeError::Other) => "not in the form of AWS's answers".to_owned(),
        None if error.is_eof() => "the JSON ends too early".to_owned(),
        None => "not JSON".to_owned(),
    };
    format!("{cause}, at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{AccessKeys, AccountAliases, VirtualMfaDevices};

    fn document(text: &str) -> Document {
        Document { file: "account-aliases.json".to_owned(), bytes: text.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(text: &str, code: &str, message: &str) {
        let problem = one::<AccountAliases>(&document(text)).err().unwrap();
        assert_eq!((problem.code, problem.message.as_str()), (code, message), "{text}");
    }

    #[test]
    fn what_is_no_answer_is_named_with_its_place() {
        check("", "Empty", "holds nothing");
        check(" \n", "Empty", "holds nothing");
        check("[]", "Malformed", "holds a list instead of an object");
        check("<html>", "Malformed", "not JSON, at line 1 column 1");
        check("{\n\"Account", "Malformed", "the JSON ends too early, at line 2 column 8");
        let absent = "not in the form of AWS's answers, which have AccountAliases";
        check("{}", "Malformed", &format!("{absent}, at line 1 column 2"));
        check("null", "Malformed", "not in the form of AWS's answers, at line 1 column 4");
        let twice = r#"{"AccountAliases": []} {"AccountAliases": []}"#;
        check(twice, "Malformed", "holds 2 answers instead of one");
        let garbage_after = "{\"AccountAliases\": []}\nx";
        check(garbage_after, "Malformed", "not JSON, at line 2 column 1");
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert!(one::<AccountAliases>(&document("\u{feff}{\"AccountAliases\": []}")).is_ok());
    }

    #[test]
    fn only_the_last_page_of_one_listing_must_be_complete() {
        let read = |text: &str| all::<VirtualMfaDevices>(&document(text), Pages::OneListing);
        let page = |more: &str| format!(r#"{{"VirtualMFADevices": [] {more}}}"#);
        let cut = page(r#", "IsTruncated": true, "Marker": "x""#);
        let last = page(r#", "IsTruncated": false"#);
        assert_eq!(read(&format!("{cut}{last}")).ok().unwrap().len(), 2);
        assert_eq!(read(&format!("{last}{cut}")).err().unwrap().code, "Incomplete");
        let token = page(r#", "NextToken": "x""#);
        assert_eq!(read(&token).err().unwrap().message, "answer 1 says that more follows");
    }

    #[test]
    fn no_page_of_a_listing_per_user_may_be_cut() {
        let text = r#"{"AccessKeyMetadata": [], "IsTruncated": true} {"AccessKeyMetadata": []}"#;
        let problem = all::<AccessKeys>(&document(text), Pages::ListingPerUser)
            .err()
            .unwrap();
        assert_eq!(problem.code, "Incomplete");
    }
}
