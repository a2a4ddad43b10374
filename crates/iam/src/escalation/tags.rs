//! Changes of tags by those who may change some only.

use std::collections::BTreeSet;

use super::effective_permissions::{Asked, EffectivePermissions, Index, surest};
use super::methods::ActionId;
use super::step::Allowed;
use crate::account::Account;
use crate::condition::{Condition, Operator};
use crate::pattern::Pattern;
use crate::policy::{Effect, Selection};
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
        let of_boundary = who.boundary.into_iter().flat_map(|id| self.about(id, action));
        let statements = self.in_force(who, action).map(|(.., statement)| statement);
        let statements = statements.chain(of_boundary.map(|(_, statement)| statement));
        let mut limits = statements.flat_map(|statement| &statement.conditions);
        let any_tag = || self.allowed_bringing(who, action, asked);
        if !limits.any(chooses_tags) {
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
}

/// Whether a condition chooses among the tags that a request sets or removes.
fn chooses_tags(condition: &Condition) -> bool {
    condition.key == "aws:tagkeys" || condition.key.starts_with("aws:requesttag/")
}

/// The tags that policies ask for, with their keys as they and those who limit tags spell them.
fn tags_asked_for(account: &Account) -> BTreeSet<Tag> {
    let policies = account.policies.iter().filter_map(|policy| policy.document.as_ref());
    let trusts = account.principals.iter().filter_map(|it| Some(&it.trust.as_ref()?.document));
    let statements = || policies.clone().chain(trusts.clone()).flat_map(|it| &it.statements);
    let limits = statements().flat_map(|it| &it.conditions).filter(|it| it.key == "aws:tagkeys");
    let spelled: BTreeSet<&str> = limits.flat_map(|it| &it.values).map(Pattern::as_str).collect();
    let mut tags = BTreeSet::new();
    for statement in statements() {
        let resources = statement.resources.iter().flat_map(Selection::patterns);
        let asking = statement.conditions.iter().filter(|condition| !chooses_tags(condition));
        let values = asking.flat_map(|condition| &condition.values);
        if resources.chain(values).any(|it| TAGS.iter().any(|tags| it.has_variable_of(tags))) {
            tags.insert(None);
        }
        for condition in &statement.conditions {
            if !TAGS.iter().any(|tags| condition.key.starts_with(tags)) {
                continue;
            }
            let name = condition.name.split_once('/').map_or("", |(_, name)| name);
            let others = spelled.iter().copied().filter(|it| it.eq_ignore_ascii_case(name));
            let names: BTreeSet<&str> = others.chain([name]).collect();
            let is_exact = condition.demands_value()
                && statement.effect == Effect::Allow
                && matches!(condition.operator, Operator::Equals | Operator::Like);
            for value in &condition.values {
                let only = is_exact && value.is_literal();
                let value = only.then(|| value.as_str().to_owned());
                tags.extend(names.iter().map(|name| Some(((*name).to_owned(), value.clone()))));
            }
        }
    }
    if tags.len() > MANY { BTreeSet::from([None]) } else { tags }
}
