//! Conditions on one key that must hold together.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Condition, Operator, Quantifier, moment};
use crate::context::{Context, Request};
use crate::pattern::Pattern;
use crate::policy::Effect;
use crate::value::Value;

/// The suffixes of the keys that have several values in one request.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const SEVERAL: [&str; 5] = [":amr", ":calledvia", "nameslist", "orgpaths", "tagkeys"];

/// Whether a request may have several values of the key.
fn may_have_several(key: &str) -> bool {
    SEVERAL.iter().any(|end| key.ends_with(end))
}

/// Whether no request meets all of the conditions, which are sorted by key, because of those on one
/// key. Where a request may have several values of the key, as of some keys of services, each condition
/// may be met by another.
pub(crate) fn contradict(conditions: &[Condition], request: &Request<'_>) -> bool {
    conditions
        .chunk_by(|one, other| one.key == other.key)
        .filter(|about| about.len() > 1)
        .any(|about| {
            let key = about[0].key.as_str();
            let mut single = ["aws:", "iam:", "sts:"].iter();
            let is_single = single.any(|of| key.starts_with(of)) && !may_have_several(key);
            is_single
                && !listed(key, about, about, request)
                    .iter()
                    .any(|value| may_all_hold(about, value, request))
        })
}

impl Condition {
    /// Whether the condition lists all values that the key may have where it is present.
    pub(crate) fn lists_values(&self) -> bool {
        let is_exact = matches!(
            self.operator,
            Operator::Equals | Operator::Like | Operator::Arn | Operator::Bool
        );
        is_exact
            && !self.negated
            && (self.quantifier == Quantifier::One || !may_have_several(&self.key))
            && self.values.iter().all(Pattern::is_literal)
    }

    /// Whether the condition may hold for a value of its key.
    pub(crate) fn may_hold(&self, value: &Value<'_>, request: &Request<'_>) -> bool {
        let value = match value {
            // A key with any value is present.
            Value::Open if self.operator == Operator::Null => Value::one(""),
            value => value.clone(),
        };
        let mut brings = vec![(self.key.as_str(), value)];
        brings.extend(request.context.brings.iter().cloned());
        let context = Context { brings: &brings, ..request.context };
        self.holds(&Request { context, ..*request }, Effect::Allow)
            .is_possible()
    }
}

/// The values that a key may have where the given conditions hold: those that one of them lists, else
/// any value, and none if the key may be absent. `about` are all conditions on the key.
pub(crate) fn values_under(
    key: &str,
    conditions: &[Condition],
    about: &[Condition],
    request: &Request<'_>,
) -> Vec<Value<'static>> {
    let mut values = listed(key, conditions, about, request);
    values.retain(|value| may_all_hold(conditions, value, request));
    values
}

fn may_all_hold(conditions: &[Condition], value: &Value<'_>, request: &Request<'_>) -> bool {
    conditions
        .iter()
        .all(|condition| condition.may_hold(value, request))
}

/// The values to try, of which some may not hold.
fn listed(
    key: &str,
    conditions: &[Condition],
    about: &[Condition],
    request: &Request<'_>,
) -> Vec<Value<'static>> {
    let known = request.value(key);
    let is_compared = about
        .iter()
        .all(|other| matches!(other.operator, Operator::Compare(_)));
    let list = conditions.iter().find(|condition| condition.lists_values());
    let mut values = match (&known, list) {
        (Value::From(now), _) if is_compared => moments(*now, about),
        (_, Some(list)) => on_all_lists(list, conditions),
        _ => vec![Value::Open],
    };
    if !matches!(known, Value::One(_) | Value::Beginning(_) | Value::From(_)) {
        values.push(Value::Absent);
    }
    values
}

/// The values on a list that are on the lists of the other conditions too, which may be long. Only
/// operators that compare every letter are looked at.
fn on_all_lists(list: &Condition, conditions: &[Condition]) -> Vec<Value<'static>> {
    let is_exact = |it: &Condition| matches!(it.operator, Operator::Equals | Operator::Like);
    let mut common: BTreeSet<&str> = list.values.iter().map(Pattern::as_str).collect();
    for other in conditions {
        if is_exact(list) && is_exact(other) && other.lists_values() {
            let others: BTreeSet<&str> = other.values.iter().map(Pattern::as_str).collect();
            common.retain(|value| others.contains(value));
        }
    }
    common
        .into_iter()
        .map(|value| Value::one(value.to_owned()))
        .collect()
}

/// Now, each later moment that the conditions name, and the second after it.
fn moments(now: Timestamp, conditions: &[Condition]) -> Vec<Value<'static>> {
    let mut moments = vec![now];
    for value in conditions.iter().flat_map(|condition| &condition.values) {
        if let Some(moment) = moment(value.as_str()).filter(|moment| *moment > now) {
            moments.push(moment);
            moments.extend(moment.checked_add(SignedDuration::from_secs(1)).ok());
        }
    }
    moments
        .into_iter()
        .map(|moment| Value::one(moment.to_string()))
        .collect()
}
