//! Compares a failing finding with the same finding in an earlier report.

use portcullis_model::{Finding, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::side::Side;
use crate::decide::waivers::state;
use crate::text::is_time;

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
    let mut failures = side.findings.clone();
    failures.retain(|finding| finding.verdict == Verdict::Fail);
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
    let [was, is] = [old, new].map(|finding| finding.waiver.as_ref().map_or("none", state));
    if was != is {
        differences.push(difference("waiver", json!(was), json!(is)));
    }
    differences.extend(of_evidence(old, new));
    differences
}

/// The differences in facts that both have, since another version of a rule may show other facts.
fn of_evidence(old: &Finding, new: &Finding) -> Vec<Difference> {
    let (old, mut new) = (old.evidence.facts(), new.evidence.facts());
    let is_listed_once = is_listed_once(old.get("key.created"), new.get("key.created"));
    let mut differences = Vec::new();
    for (name, old) in old {
        if let Some(new) = new.remove(&name)
            && !(is_listed_once && is_of_listed_key(&name))
            && !is_steady(&name, &old, &new)
        {
            differences.push(difference(&name, old, new));
        }
    }
    differences
}

/// What differs about an access key if only one of two reports has listed the user's keys: its name, which is the id or
/// the place in the credential report, and where its age is from.
const OF_LISTED_KEY: [&str; 2] = ["name", "age_source"];

fn is_of_listed_key(name: &str) -> bool {
    name.strip_prefix("key.")
        .is_some_and(|field| OF_LISTED_KEY.contains(&field))
}

/// Whether only one of two reports has listed an access key, by what they hold of its creation.
fn is_listed_once(old: Option<&Json>, new: Option<&Json>) -> bool {
    old.is_some_and(Json::is_string) != new.is_some_and(Json::is_string)
}

/// Whether two values of that name are the same except for numbers such as ages, times, and facts that one lacks.
fn is_steady(name: &str, old: &Json, new: &Json) -> bool {
    match (old, new) {
        _ if is_missing(old) || is_missing(new) => true,
        (Json::Number(old), Json::Number(new)) => old == new || is_of_run(name),
        (Json::String(old), Json::String(new)) => old == new || (is_time(old) && is_time(new)),
        (Json::Array(old), Json::Array(new)) => {
            let mut pairs = old.iter().zip(new);
            old.len() == new.len() && pairs.all(|(old, new)| is_steady(name, old, new))
        }
        (Json::Object(old), Json::Object(new)) => is_steady_record(name, old, new),
        (old, new) => old == new,
    }
}

/// Whether two records of that name, such as access keys, are the same in this sense.
fn is_steady_record(name: &str, old: &Map<String, Json>, new: &Map<String, Json>) -> bool {
    let has_same_id = old.get("id").is_some_and(Json::is_string) && old.get("id") == new.get("id");
    let is_listed_once = is_listed_once(old.get("created"), new.get("created"));
    let is_steady_field = |(field, old): (&String, &Json)| {
        let Some(new) = new.get(field) else {
            return false;
        };
        match field.as_str() {
            // It has a date, which moves when the key is activated again.
            "resource_id" if has_same_id => true,
            field if is_listed_once && OF_LISTED_KEY.contains(&field) => true,
            field => is_steady(&format!("{name}.{field}"), old, new),
        }
    };
    old.len() == new.len() && old.iter().all(is_steady_field)
}

/// Whether a number of that name depends on the run: on its time, its parameters, or what it read of CloudTrail. How old
/// passwords may become does not.
fn is_of_run(name: &str) -> bool {
    const UNITS: [&str; 5] = ["age", "days", "hours", "minutes", "seconds"];
    let field = name.rsplit_once('.').map_or(name, |(_, field)| field);
    let words: Vec<&str> = field.split('_').collect();
    let is_age = words.iter().any(|word| UNITS.contains(word)) && !words.contains(&"max");
    is_age || name.starts_with("params.") || name.starts_with("activity.")
}

/// Whether evidence only names the sources that are missing.
fn is_missing(value: &Json) -> bool {
    value
        .as_object()
        .is_some_and(|fields| fields.len() == 1 && fields.contains_key("missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_times_and_gaps_are_no_change() {
        let missing = json!({ "missing": ["access-keys"] });
        for (name, old, new) in [
            ("key.age_days", json!(90.5), json!(91)),
            ("account.report_age_hours", json!(1), json!(2)),
            ("window.minutes", json!(1), json!(2)),
            ("key.seconds_after_user", json!(1), json!(2)),
            ("params.min_length", json!(8), json!(14)),
            ("activity.sign_ins", json!({ "count": 1 }), json!({ "count": 3 })),
            ("key.created", json!("2026-11-02T10:00:00Z"), json!("2026-11-03T10:00:00.5Z")),
            (
                "user.access_keys",
                json!([{ "age_days": 1, "name": "a" }]),
                json!([{ "age_days": 2, "name": "a" }]),
            ),
            ("user.groups", json!(["a"]), missing.clone()),
            ("user.access_keys", json!([{ "a": missing }]), json!([{ "a": true }])),
            (
                "user.access_keys",
                json!({ "id": "AKIA1", "resource_id": "alice/2026-01-01T00:00:00Z" }),
                json!({ "id": "AKIA1", "resource_id": "alice/2026-02-01T00:00:00Z" }),
            ),
            (
                "user.access_keys",
                json!({ "created": "2026-01-01T00:00:00Z", "id": "AKIA1", "name": "AKIA1" }),
                json!({ "created": missing, "id": missing, "name": "key 1" }),
            ),
        ] {
            let is_no_change = is_steady(name, &old, &new) && is_steady(name, &new, &old);
            assert!(is_no_change, "{name}: {old} and {new}");
        }
    }

    #[test]
    fn facts_that_people_change_are_changes() {
        let missing = json!({ "missing": ["access-keys"] });
        for (name, old, new) in [
            ("user.mfa_active", json!(true), json!(false)),
            ("user.class", json!("human"), json!("service")),
            ("key.last_used", json!(null), json!("2026-11-02T10:00:00Z")),
            ("key.last_used", json!("never"), json!("2026-11-02T10:00:00Z")),
            ("user.groups", json!(["a"]), json!(["a", "b"])),
            ("user.access_keys", json!({ "a": true }), json!({ "b": true })),
            (
                "user.access_keys",
                json!({ "id": "AKIA1", "resource_id": "alice/1" }),
                json!({ "id": "AKIA2", "resource_id": "alice/1" }),
            ),
            (
                "user.access_keys",
                json!({ "created": missing, "name": "key 1" }),
                json!({ "created": missing, "name": "key 2" }),
            ),
            (
                "user.access_keys",
                json!({ "created": missing, "active": true }),
                json!({ "created": "2026-01-01T00:00:00Z", "active": false }),
            ),
            ("numbers", json!([1]), json!(1)),
            ("account.password_policy.min_length", json!(8), json!(6)),
            ("account.password_policy.max_age_days", json!(90), json!(120)),
            ("account.console_user_count", json!(2), json!(3)),
            ("window.count", json!(12), json!(13)),
            ("account.password_policy", json!({ "min_length": 8 }), json!({ "min_length": 6 })),
        ] {
            let is_change = !is_steady(name, &old, &new) && !is_steady(name, &new, &old);
            assert!(is_change, "{name}: {old} and {new}");
        }
    }
}
