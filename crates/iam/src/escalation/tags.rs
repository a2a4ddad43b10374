//! Changes of tags by those who may change some only.

use std::collections::BTreeSet;

use super::effective_permissions::{Asked, EffectivePermissions, Index, surest};
use super::methods::ActionId;
use super::step::Allowed;
use crate::account::Account;
use crate::condition::{Condition, Operator};
use crate::pattern::Pattern;
use crate::policy::{Effect, Selection, Statement};
use crate::value::Value;

/// The key of a tag, and its value if only one serves; none: any tag.
pub(super) type Tag = Option<(String, Option<String>)>;

/// The keys of tags of principals and resources begin so.
const TAGS: [&str; 3] = ["aws:principaltag/", "aws:resourcetag/", "iam:resourcetag/"];

const CHOSEN: Value<'static> = Value::Chosen { optional: false };

/// How many tags are tried, at most, so that thousands who may change some do not meet thousands of values.
const MANY: usize = 100;

impl Index<'_> {
    /// Whether an action that sets or removes tags is allowed for a tag that a policy asks for.
    pub(super) fn allowed_to_retag(
        &self,
        who: &EffectivePermissions<'_>,
        action: ActionId,
        asked: Asked<'_>,
    ) -> Option<Allowed> {
        let any_tag = || self.allowed_bringing(who, action, asked);
        if !self.limits_tags(who, action) {
            return any_tag();
        }
        let tags = self.tags.get_or_init(|| tags_asked_for(self.account));
        let allowed = tags.iter().filter_map(|tag| {
            let Some((name, value)) = tag else { return any_tag() };
            let key = format!("aws:requesttag/{}", name.to_lowercase());
            let brings = [
                ("aws:tagkeys", Value::Many(vec![name.clone()])),
                (key.as_str(), value.as_ref().map_or(CHOSEN, |value| Value::one(value.as_str()))),
                ("aws:requesttag/", Value::Absent),
            ];
            self.allowed_bringing(who, action, Asked { brings: &brings, ..asked })
        });
        surest(allowed, |allowed| Some(allowed.certainty))
    }

    /// Whether a policy or the boundary allows or denies an action for some tags only.
    fn limits_tags(&self, who: &EffectivePermissions<'_>, action: ActionId) -> bool {
        let mut limits = false;
        for (.., statement) in self.in_force(who, action) {
            limits |= statement.conditions.iter().any(chooses_tags);
        }
        if let Some(boundary) = who.boundary {
            for (_, statement) in self.about(boundary, action) {
                limits |= statement.conditions.iter().any(chooses_tags);
            }
        }
        limits
    }
}

/// Whether a condition chooses among the tags that a request sets or removes.
fn chooses_tags(condition: &Condition) -> bool {
    condition.key == "aws:tagkeys" || condition.key.starts_with("aws:requesttag/")
}

/// The tags that policies ask for, with their keys as they and those who limit tags spell them.
fn tags_asked_for(account: &Account) -> BTreeSet<Tag> {
    let statements = statements(account);
    let limited = limited_names(&statements);
    let mut tags = BTreeSet::new();
    for statement in statements {
        if takes_tag_as_variable(statement) {
            tags.insert(None);
        }
        for condition in &statement.conditions {
            if !TAGS.iter().any(|tags| condition.key.starts_with(tags)) {
                continue;
            }
            let (_, name) = condition.name.split_once('/').unwrap_or_default();
            let mut names = limited.clone();
            names.retain(|other| other.eq_ignore_ascii_case(name));
            names.insert(name);
            for value in values_that_serve(statement, condition) {
                tags.extend(names.iter().map(|name| Some(((*name).to_owned(), value.clone()))));
            }
        }
    }
    if tags.len() > MANY { BTreeSet::from([None]) } else { tags }
}

/// All statements of policies and trust policies.
fn statements(account: &Account) -> Vec<&Statement> {
    let mut statements = Vec::new();
    for policy in &account.policies {
        statements.extend(policy.document.iter().flat_map(|document| &document.statements));
    }
    for principal in &account.principals {
        statements.extend(principal.trust.iter().flat_map(|trust| &trust.document.statements));
    }
    statements
}

/// The names of tags that requests are limited to.
fn limited_names<'a>(statements: &[&'a Statement]) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for condition in statements.iter().flat_map(|statement| &statement.conditions) {
        if condition.key == "aws:tagkeys" {
            names.extend(condition.values.iter().map(Pattern::as_str));
        }
    }
    names
}

/// Whether a tag stands as a variable in the resources or in the values of conditions.
fn takes_tag_as_variable(statement: &Statement) -> bool {
    let mut patterns: Vec<&Pattern> =
        statement.resources.iter().flat_map(Selection::patterns).collect();
    for condition in &statement.conditions {
        if !chooses_tags(condition) {
            patterns.extend(&condition.values);
        }
    }
    patterns.iter().any(|pattern| TAGS.iter().any(|tags| pattern.has_variable_of(tags)))
}

/// The values that a condition asks of its tag; none among them: others serve too.
fn values_that_serve(statement: &Statement, condition: &Condition) -> BTreeSet<Option<String>> {
    let is_exact = statement.effect == Effect::Allow
        && condition.demands_value()
        && matches!(condition.operator, Operator::Equals | Operator::Like);
    let mut values = BTreeSet::new();
    for value in &condition.values {
        let only = is_exact && value.is_literal();
        values.insert(only.then(|| value.as_str().to_owned()));
    }
    values
}
