//! Damages to a JSON document, at each of its paths.

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
}

const FAULTS: [Fault; 6] =
    [Fault::Deleted, Fault::Renamed, Fault::Doubled, Fault::Null, Fault::Emptied, Fault::OtherType];

/// Whatever can happen at each path, but where AWS may answer just so. They are made one by one: all
/// together would fill the memory.
pub(super) fn damages(source: Source, bytes: &[u8]) -> impl Iterator<Item = Damage> + Send + use<> {
    let whole: Json = serde_json::from_slice(bytes).unwrap();
    let mut places = Vec::new();
    collect(&whole, &mut Vec::new(), &mut places);
    places.into_iter().flat_map(move |place| {
        let mut damages = Vec::new();
        for fault in FAULTS.into_iter().filter(|fault| !place.may_be_so(*fault)) {
            let mut json = whole.clone();
            if strike(&mut json, &place.path, fault) {
                damages.push(Damage {
                    source,
                    what: format!("{fault:?} {}", in_words(&place.path)),
                    bytes: json.to_string().into_bytes(),
                    is_foreign: matches!(fault, Fault::Null | Fault::OtherType),
                });
            }
        }
        damages
    })
}

/// Where a value stands, and whether it is a text.
struct Place {
    path: Vec<Step>,
    is_text: bool,
}

/// The places of all values, of lists only the first, the middle and the last.
fn collect(json: &Json, path: &mut Vec<Step>, places: &mut Vec<Place>) {
    let children: Vec<(Step, &Json)> = match json {
        Json::Object(fields) => {
            fields.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect()
        }
        Json::Array(items) => {
            let mut indices = vec![0, items.len() / 2, items.len().saturating_sub(1)];
            indices.dedup();
            indices.retain(|index| *index < items.len());
            indices.into_iter().map(|index| (Step::Index(index), &items[index])).collect()
        }
        _ => Vec::new(),
    };
    for (step, child) in children {
        path.push(step);
        places.push(Place { path: path.clone(), is_text: child.is_string() });
        collect(child, path, places);
        path.pop();
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

/// Damages the value at the path; false: there is no such damage to it.
fn strike(json: &mut Json, path: &[Step], fault: Fault) -> bool {
    let (last, before) = path.split_last().unwrap();
    let mut parent = json;
    for step in before {
        parent = match step {
            Step::Key(key) => &mut parent[key],
            Step::Index(index) => &mut parent[index],
        };
    }
    match (parent, last) {
        (Json::Object(fields), Step::Key(key)) => strike_field(fields, key, fault),
        (Json::Array(items), Step::Index(index)) => strike_item(items, *index, fault),
        _ => unreachable!("the path was made of this document"),
    }
}

fn strike_field(fields: &mut Map<String, Json>, key: &str, fault: Fault) -> bool {
    let value = fields.remove(key).unwrap();
    match fault {
        Fault::Deleted => return true,
        Fault::Renamed => fields.insert(format!("{key}X"), value),
        _ => match struck(&value, fault) {
            Some(value) => fields.insert(key.to_owned(), value),
            None => return false,
        },
    };
    true
}

fn strike_item(items: &mut Vec<Json>, index: usize, fault: Fault) -> bool {
    match fault {
        Fault::Deleted => drop(items.remove(index)),
        Fault::Doubled => items.push(items[index].clone()),
        _ => match struck(&items[index], fault) {
            Some(value) => items[index] = value,
            None => return false,
        },
    }
    true
}

fn struck(value: &Json, fault: Fault) -> Option<Json> {
    let struck = match (fault, value) {
        (Fault::Null, _) => Json::Null,
        (Fault::Emptied, Json::String(_)) => json!(""),
        (Fault::Emptied, Json::Array(_)) | (Fault::OtherType, Json::Object(_)) => json!([]),
        (Fault::Emptied, Json::Object(_)) | (Fault::OtherType, Json::Array(_)) => json!({}),
        (Fault::OtherType, Json::String(_) | Json::Null) => json!(7),
        (Fault::OtherType, Json::Number(_) | Json::Bool(_)) => json!("x"),
        _ => return None,
    };
    (struck != *value).then_some(struck)
}

/// Where a policy document begins: what is in it is what somebody wrote.
const DOCUMENTS: [&str; 3] = ["PolicyDocument", "Document", "AssumeRolePolicyDocument"];
/// The elements that each statement has, so that one without is damaged.
const ELEMENTS: [&str; 5] = ["Statement", "Effect", "Action", "Principal", "Resource"];
/// What may be empty in a document: the console writes empty blocks of conditions.
const MAY_BE_EMPTY: [&str; 3] = ["Condition", "Id", "Sid"];
/// Lists that are as long as it happens to be: nothing else counts what is on them.
const UNCOUNTED: [&str; 12] = [
    "AccessKeyMetadata",
    "AttachedManagedPolicies",
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
            let may_be_empty = last.is_some_and(|last| MAY_BE_EMPTY.contains(&last));
            // Such as the prefix of objects at the top of a bucket.
            let is_compared = keys.contains(&"Condition") && self.is_text;
            let is_element = last.is_some_and(|last| ELEMENTS.contains(&last));
            return if fault == Fault::Emptied { may_be_empty || is_compared } else { !is_element };
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
