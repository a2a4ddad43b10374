//! Damages to a JSON document, at each of its paths.

use std::ops::Range;
use std::sync::Arc;

use portcullis_model::Source;
use serde_json::{Map, Value as Json, json};

use super::Damage;

/// One step of a path.
#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Step {
    fn key(&self) -> Option<&str> {
        match self {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        }
    }
}

/// What can happen to a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    Deleted,
    Renamed,
    Doubled,
    Null,
    Emptied,
    OtherType,
    /// Once more in its list, with another text.
    Contradicted,
    /// Of another account.
    Foreign,
    Negative,
}

const FAULTS: [Fault; 9] = [
    Fault::Deleted,
    Fault::Renamed,
    Fault::Doubled,
    Fault::Null,
    Fault::Emptied,
    Fault::OtherType,
    Fault::Contradicted,
    Fault::Foreign,
    Fault::Negative,
];

/// The accounts of the examples, and another one.
const OWN_ACCOUNTS: [&str; 2] = ["111122223333", "123456789012"];
const OTHER_ACCOUNT: &str = "444455556666";
/// How the keys end whose values say which thing it is.
const IDS: [&str; 5] = ["Name", "Number", "Id", "Arn", "Key"];

/// Whatever can happen at each path, but where AWS may answer just so.
pub(super) fn damages(source: Source, bytes: &[u8]) -> Vec<Damage> {
    let whole: Json = serde_json::from_slice(bytes).unwrap();
    let mut document = Text::default();
    document.write(&Arc::new(whole), &mut Vec::new());
    let (text, mut damages) = (Arc::new(document.text), Vec::new());
    let cut = text
        .replacen('{', r#"{"IsTruncated":true,"#, 1)
        .into_bytes();
    damages.push(Damage {
        source,
        what: "says that more follows".to_owned(),
        bytes: Box::new(move || cut.clone()),
        is_foreign: false,
    });
    for place in document.places {
        for fault in FAULTS.into_iter().filter(|fault| !place.may_be_so(*fault)) {
            let mut parent = place.parent.as_ref().clone();
            strike(&mut parent, place.path.last().unwrap(), fault);
            if parent == *place.parent {
                continue;
            }
            let parent = parent.to_string().replace(AGAIN_ESCAPED, "");
            // Made when it is its turn: all together would fill the memory.
            let (text, within) = (Arc::clone(&text), place.within.clone());
            damages.push(Damage {
                source,
                what: format!("{fault:?} {}", in_words(&place.path)),
                bytes: Box::new(move || {
                    let (before, after) = (&text[..within.start], &text[within.end..]);
                    [before, &parent, after].concat().into_bytes()
                }),
                is_foreign: matches!(fault, Fault::Null | Fault::OtherType | Fault::Negative),
            });
        }
    }
    damages
}

/// Where a value stands.
struct Place {
    path: Vec<Step>,
    is_text: bool,
    /// The object or list that holds it, and where that is in the text.
    parent: Arc<Json>,
    within: Range<usize>,
}

/// A document as text, and the places of all values.
#[derive(Default)]
struct Text {
    text: String,
    places: Vec<Place>,
}

impl Text {
    fn write(&mut self, json: &Arc<Json>, path: &mut Vec<Step>) {
        let children: Vec<(Step, &Json)> = match &**json {
            Json::Object(fields) => fields
                .iter()
                .map(|(key, value)| (Step::Key(key.clone()), value))
                .collect(),
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (Step::Index(index), item))
                .collect(),
            _ => Vec::new(),
        };
        let whole = json.to_string();
        let start = self.text.len();
        let within = start..start + whole.len();
        if children.is_empty() {
            self.text.push_str(&whole);
            return;
        }
        self.text.push_str(&whole[..1]);
        for (step, child) in children {
            if self.text.len() > start + 1 {
                self.text.push(',');
            }
            if let Step::Key(key) = &step {
                self.text.push_str(&json!(key).to_string());
                self.text.push(':');
            }
            path.push(step);
            self.places.push(Place {
                path: path.clone(),
                is_text: child.is_string(),
                parent: Arc::clone(json),
                within: within.clone(),
            });
            self.write(&Arc::new(child.clone()), path);
            path.pop();
        }
        self.text.push_str(&whole[whole.len() - 1..]);
        assert_eq!(self.text[within], whole);
    }
}

fn in_words(path: &[Step]) -> String {
    let mut words = String::new();
    for step in path {
        match step {
            Step::Key(key) => words = format!("{words}.{key}"),
            Step::Index(index) => words = format!("{words}[{index}]"),
        }
    }
    words
}

/// Ends a key that is to stand there twice: a map holds each key once, and the text of it need not.
const AGAIN: char = '\u{1}';
const AGAIN_ESCAPED: &str = "\\u0001";

/// Damages a value in an object or a list, if there is such a damage to it.
fn strike(parent: &mut Json, place: &Step, fault: Fault) {
    match (parent, place) {
        (Json::Object(fields), Step::Key(key)) => strike_field(fields, key, fault),
        (Json::Array(items), Step::Index(index)) => strike_item(items, *index, fault),
        _ => unreachable!("the path was made of this document"),
    }
}

fn strike_field(fields: &mut Map<String, Json>, key: &str, fault: Fault) {
    let value = fields.remove(key).unwrap();
    match fault {
        Fault::Deleted => {}
        Fault::Renamed => _ = fields.insert(format!("{key}X"), value),
        Fault::Doubled => {
            let other = struck(&value, Fault::OtherType);
            fields.insert(format!("{key}{AGAIN}"), other);
            fields.insert(key.to_owned(), value);
        }
        _ => _ = fields.insert(key.to_owned(), struck(&value, fault)),
    }
}

fn strike_item(items: &mut Vec<Json>, index: usize, fault: Fault) {
    match fault {
        Fault::Deleted => drop(items.remove(index)),
        Fault::Doubled => items.push(items[index].clone()),
        Fault::Contradicted => {
            let mut other = items[index].clone();
            let Json::Object(fields) = &mut other else {
                return;
            };
            // Another id would make it another thing.
            let is_id = |key: &str| IDS.iter().any(|id| key.ends_with(id));
            let texts = fields.iter_mut().filter(|(key, _)| !is_id(key));
            let mut others = texts.filter(|(_, value)| value.is_string() || value.is_boolean());
            let Some((_, value)) = others.next_back() else {
                return;
            };
            *value = json!("other");
            items.push(other);
        }
        Fault::Renamed => {}
        _ => items[index] = struck(&items[index], fault),
    }
}

fn struck(value: &Json, fault: Fault) -> Json {
    match (fault, value) {
        (Fault::Null, _) => Json::Null,
        (Fault::Emptied, Json::String(_)) => json!(""),
        (Fault::Emptied, Json::Array(_)) | (Fault::OtherType, Json::Object(_)) => json!([]),
        (Fault::Emptied, Json::Object(_)) | (Fault::OtherType, Json::Array(_)) => json!({}),
        (Fault::OtherType, Json::String(_) | Json::Null) => json!(7),
        (Fault::OtherType, Json::Number(_) | Json::Bool(_)) => json!("x"),
        (Fault::Foreign, Json::String(text)) => {
            let [one, other] = OWN_ACCOUNTS;
            json!(
                text.replace(one, OTHER_ACCOUNT)
                    .replace(other, OTHER_ACCOUNT)
            )
        }
        (Fault::Negative, Json::Number(_)) => json!(-1),
        _ => value.clone(),
    }
}

/// Where a policy document begins: what is in it is what somebody wrote.
const DOCUMENTS: [&str; 3] = ["PolicyDocument", "Document", "AssumeRolePolicyDocument"];
/// The elements that each statement has, so that one without is damaged.
const ELEMENTS: [&str; 5] = ["Statement", "Effect", "Action", "Principal", "Resource"];
/// What may be empty in a document, as an operator of a condition may: the console writes empty blocks.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>
const MAY_BE_EMPTY: [&str; 3] = ["Condition", "Id", "Sid"];
/// Lists that are as long as it happens to be: nothing else counts what is on them.
const UNCOUNTED: [&str; 11] = [
    "AccessKeyMetadata",
    "DelegationRequests",
    "GroupList",
    "GroupPolicyList",
    "InstanceProfileList",
    "MFADevices",
    "RolePolicyList",
    "ServiceSpecificCredentials",
    "UserPolicyList",
    "analyzers",
    "Regions",
];
/// What AWS, or the collector, says by null: there is none.
const NULLABLE: [&str; 7] = [
    "PasswordPolicy",
    "BILLING",
    "OPERATIONS",
    "SECURITY",
    "Organization",
    "EnabledFeatures",
    "IssuerIdentifier",
];

impl Place {
    /// Whether AWS may answer so: with another policy of a customer, or in its own way to say "none".
    fn may_be_so(&self, fault: Fault) -> bool {
        let path = self.path.as_slice();
        let keys: Vec<&str> = path.iter().filter_map(Step::key).collect();
        let last = path.last().and_then(Step::key);
        if keys.iter().any(|key| DOCUMENTS.contains(key))
            && !DOCUMENTS.contains(keys.last().unwrap())
        {
            let is_operator = keys.iter().rev().nth(1) == Some(&"Condition");
            let may_be_empty = is_operator || last.is_some_and(|last| MAY_BE_EMPTY.contains(&last));
            // Such as the prefix of objects at the top of a bucket.
            let is_compared = keys.contains(&"Condition") && self.is_text;
            let is_element = last.is_some_and(|last| ELEMENTS.contains(&last));
            if matches!(fault, Fault::Contradicted | Fault::Foreign | Fault::Negative) {
                return true;
            }
            return if fault == Fault::Emptied {
                may_be_empty || is_compared
            } else {
                !is_element
            };
        }
        // AWS leaves it out where nobody has set it.
        if last == Some("HardExpiry") {
            return fault != Fault::OtherType;
        }
        let shortened = match path {
            [.., Step::Key(key), Step::Index(_)] if fault == Fault::Deleted => Some(key.as_str()),
            [.., Step::Key(key)] if fault == Fault::Emptied => Some(key.as_str()),
            _ => None,
        };
        shortened.is_some_and(|key| UNCOUNTED.contains(&key))
            || fault == Fault::Null && last.is_some_and(|last| NULLABLE.contains(&last))
    }
}
