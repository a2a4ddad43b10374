//! From the bytes of a bundle file to the shapes of AWS's answers.

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

/// Which pages of an answer must be complete.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Pages {
    /// One listing in several pages: the last must say that nothing follows.
    OneListing,
    /// Listings of several users, one after the other: none may be cut, as the next is another's.
    ListingPerUser,
}

/// A document that cannot be used: a gap's code and message.
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn malformed(message: impl Into<String>) -> Problem {
        Problem { code: "Malformed", message: message.into() }
    }
}

/// The documents of a bundle, and the gaps of those that cannot be used.
pub(super) struct Documents<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) gaps: &'a mut Gaps,
}

impl Documents<'_> {
    /// The content of a source's document; if absent or unusable, missing with a gap.
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
                self.gaps.push(Gap::new(source, code, format!("{}: {message}", document.file)));
                Fact::missing(source)
            }
        }
    }

    /// The items on all pages of a call that lists, each once by its id.
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

    /// When the last answer in each source's document arrived, where the manifest says.
    pub(super) fn collected(&self) -> HashMap<Source, Timestamp> {
        let Some(manifest) = &self.bundle.manifest else { return HashMap::new() };
        let mut collected = HashMap::new();
        for (&source, document) in &self.bundle.documents {
            if let Some(entry) = manifest.files.get(&document.file) {
                collected.insert(source, entry.collected_at);
            }
        }
        collected
    }
}

/// The one answer of a call that is not a list.
pub(super) fn one<T: DeserializeOwned>(document: &Document) -> Result<T, Problem> {
    let mut answers = decode(&document.bytes)?;
    match (answers.pop(), answers.len()) {
        (Some(answer), 0) => Ok(answer),
        (_, more) => Err(Problem::malformed(format!("holds {} answers instead of one", more + 1))),
    }
}

/// All pages of a call that lists.
pub(super) fn all<T: DeserializeOwned>(
    document: &Document,
    pages: Pages,
) -> Result<Vec<T>, Problem> {
    let marks: Vec<Page> = decode(&document.bytes)?;
    let must_be_complete = match pages {
        Pages::OneListing => marks.len() - 1,
        Pages::ListingPerUser => 0,
    };
    if let Some(cut) = marks.iter().skip(must_be_complete).position(Page::has_more) {
        let message = format!("answer {} says that more follow", must_be_complete + cut + 1);
        return Err(Problem { code: "Incomplete", message });
    }
    decode(&document.bytes)
}

/// Leaves each item once. Outputs that were appended to a file may hold one twice; two that differ
/// contradict each other.
pub(super) fn each_once<T: Serialize>(
    items: &mut Vec<T>,
    id: impl Fn(&T) -> &str,
) -> Result<(), Problem> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut once: Vec<T> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        if id(&item).is_empty() {
            return Err(Problem::malformed("holds something without an id"));
        }
        match places.entry(name_key(id(&item))) {
            Entry::Vacant(free) => {
                free.insert(once.len());
                once.push(item);
            }
            Entry::Occupied(place) if is_same(&once[*place.get()], &item) => {}
            Entry::Occupied(_) => {
                let message = format!("holds {} twice, with different contents", id(&item));
                return Err(Problem { code: "Contradictory", message });
            }
        }
    }
    *items = once;
    Ok(())
}

fn is_same<T: Serialize>(one: &T, other: &T) -> bool {
    let json = serde_json::to_vec::<T>;
    json(one).ok() == json(other).ok()
}

/// What the AWS CLI and the API say about further pages.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    // In lower case: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListDelegationRequests.html>.
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

/// A stream of at least one JSON object: several outputs of the AWS CLI may be in one file.
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, Problem> {
    let bytes = &*to_utf8(bytes);
    let mut stream = Deserializer::from_slice(bytes).into_iter::<T>();
    let mut answers = Vec::new();
    loop {
        let rest = bytes[stream.byte_offset()..].trim_ascii_start();
        match rest.first() {
            // Else serde would take a list for an object without names.
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

/// The error without the values that serde quotes, which may be long.
fn position_and_cause(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let (line, column) = (error.line(), error.column());
    let cause = match error.classify() {
        Category::Eof => "the JSON ends too early".to_owned(),
        Category::Data => wrong_shape(&error.to_string()),
        Category::Syntax | Category::Io => "not JSON".to_owned(),
    };
    format!("{cause}, at line {line} column {column}")
}

/// Which field is absent or stands there twice; serde's other errors quote values.
fn wrong_shape(error: &str) -> String {
    let named = |problem: &str| error.strip_prefix(problem)?.split('`').next();
    if let Some(field) = named("duplicate field `") {
        return format!("an object names {field} twice");
    }
    let lacks = named("missing field `").map(|field| format!(", which has {field}"));
    format!("not the shape that AWS answers in{}", lacks.unwrap_or_default())
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
        let absent = "not the shape that AWS answers in, which has AccountAliases";
        check("{}", "Malformed", &format!("{absent}, at line 1 column 2"));
        check("null", "Malformed", "not the shape that AWS answers in, at line 1 column 4");
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
        assert_eq!(read(&token).err().unwrap().message, "answer 1 says that more follow");
    }

    #[test]
    fn no_page_of_a_listing_per_user_may_be_cut() {
        let text = r#"{"AccessKeyMetadata": [], "IsTruncated": true} {"AccessKeyMetadata": []}"#;
        let problem = all::<AccessKeys>(&document(text), Pages::ListingPerUser).err().unwrap();
        assert_eq!(problem.code, "Incomplete");
    }
}
