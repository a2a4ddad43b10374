//! Compares a failing finding with the same finding in an earlier report.

use jiff::Timestamp;
use portcullis_model::{Finding, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::side::Side;

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    /// What differs: `severity`, `urgent`, `waiver`, `resources` (how many of them with that id fail), or a fact
    /// of the evidence, such as `user.groups`.
    pub what: String,
    /// What it was.
    pub old: Json,
    /// What it is.
    pub new: Json,
}

/// The differences, if both sides have failures.
pub(super) fn between(old: &Side<'_>, new: &Side<'_>) -> Vec<Difference> {
    let (was, is) = (failures(old), failures(new));
    if was.is_empty() || is.is_empty() {
        return Vec::new();
    }
    let mut differences = Vec::new();
    if was.len() != is.len() {
        differences.push(difference("resources", json!(was.len()), json!(is.len())));
    }
    for (old, new) in was.into_iter().zip(is) {
        differences.extend(of_pair(old, new));
    }
    differences
}

fn difference(what: &str, old: Json, new: Json) -> Difference {
    Difference { what: what.to_owned(), old, new }
}

/// The failures, in an order that pairs resources with the same id in both reports.
fn failures<'a>(side: &Side<'a>) -> Vec<&'a Finding> {
    let all = side.findings.iter().copied();
    let mut failures: Vec<_> = all
        .filter(|finding| finding.verdict == Verdict::Fail)
        .collect();
    failures.sort_by_cached_key(|f| {
        (f.resource.name.clone(), f.severity, json!(f.evidence).to_string())
    });
    failures
}

fn of_pair(old: &Finding, new: &Finding) -> Vec<Difference> {
    let mut differences = Vec::new();
    if old.severity != new.severity {
        let (was, is) = (old.severity.word(), new.severity.word());
        differences.push(difference("severity", json!(was), json!(is)));
    }
    // A run without CloudTrail finds nothing urgent, so only new urgency is a change.
    if !old.urgent && new.urgent {
        differences.push(difference("urgent", json!(false), json!(true)));
    }
    let (was, is) = (waiver_state(old), waiver_state(new));
    if was != is {
        differences.push(difference("waiver", json!(was), json!(is)));
    }
    differences.extend(of_evidence(old, new));
    differences
}

/// The state of a finding's waiver, in a word.
fn waiver_state(finding: &Finding) -> &'static str {
    match &finding.waiver {
        None => "none",
        Some(waiver) if waiver.expired => "expired",
        Some(_) => "in force",
    }
}

/// The differences in facts that both have, since another version of a rule may show other facts.
fn of_evidence(old: &Finding, new: &Finding) -> Vec<Difference> {
    let mut new = new.evidence.facts();
    let mut differences = Vec::new();
    for (name, old) in old.evidence.facts() {
        if let Some(new) = new.remove(&name)
            && !is_steady(&old, &new)
        {
            differences.push(difference(&name, old, new));
        }
    }
    differences
}

/// Whether two values are the same except for numbers such as ages, times, and facts that one lacks.
fn is_steady(old: &Json, new: &Json) -> bool {
    match (old, new) {
        _ if is_missing(old) || is_missing(new) => true,
        (Json::Number(_), Json::Number(_)) => true,
        (Json::String(old), Json::String(new)) => old == new || (is_time(old) && is_time(new)),
        (Json::Array(old), Json::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_steady(old, new))
        }
        (Json::Object(old), Json::Object(new)) => {
            // The resource id of an access key has a date, which moves when the key is activated again.
            let is_same =
                old.get("id").is_some_and(Json::is_string) && old.get("id") == new.get("id");
            old.len() == new.len()
                && old.iter().all(|(name, old)| {
                    let is_identity = is_same && name == "resource_id";
                    new.get(name)
                        .is_some_and(|new| is_identity || is_steady(old, new))
                })
        }
        (old, new) => old == new,
    }
}

/// Whether evidence only names the sources that are missing.
fn is_missing(value: &Json) -> bool {
    value
        .as_object()
        .is_some_and(|fields| fields.len() == 1 && fields.contains_key("missing"))
}

fn is_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_times_and_gaps_are_no_change() {
        let missing = json!({ "missing": ["access-keys"] });
        for (old, new) in [
            (json!(90.5), json!(91)),
            (json!("2026-11-02T10:00:00Z"), json!("2026-11-03T10:00:00.5Z")),
            (json!([{ "age": 1, "name": "a" }]), json!([{ "age": 2, "name": "a" }])),
            (json!(["a"]), missing.clone()),
            (json!([{ "a": missing }]), json!([{ "a": true }])),
            (
                json!({ "id": "AKIA1", "resource_id": "alice/2026-01-01T00:00:00Z" }),
                json!({ "id": "AKIA1", "resource_id": "alice/2026-02-01T00:00:00Z" }),
            ),
        ] {
            assert!(is_steady(&old, &new) && is_steady(&new, &old), "{old} and {new}");
        }
    }

    #[test]
    fn facts_that_people_change_are_changes() {
        for (old, new) in [
            (json!(true), json!(false)),
            (json!("human"), json!("service")),
            (json!(null), json!("2026-11-02T10:00:00Z")),
            (json!("never"), json!("2026-11-02T10:00:00Z")),
            (json!(["a"]), json!(["a", "b"])),
            (json!({ "a": true }), json!({ "b": true })),
            (
                json!({ "id": "AKIA1", "resource_id": "alice/1" }),
                json!({ "id": "AKIA2", "resource_id": "alice/1" }),
            ),
            (json!([1]), json!(1)),
        ] {
            assert!(!is_steady(&old, &new) && !is_steady(&new, &old), "{old} and {new}");
        }
    }
}
