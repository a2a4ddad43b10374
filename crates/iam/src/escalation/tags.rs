//! Changes of tags, by those who may set any tags and those who may set only some.

use std::collections::{BTreeMap, BTreeSet};

use super::effective_permissions::{Asked, EffectivePermissions, Index};
use super::methods::ActionId;
use super::step::Allowed;
use crate::account::{Account, ChosenTags, Principal};
use crate::condition::Condition;
use crate::context::{Context, Request};
use crate::pattern::Pattern;
use crate::policy::Statement;
use crate::probe;
use crate::trust::PRINCIPAL_TAG;
use crate::value::Value;

/// The prefixes of condition keys for tags of principals and resources.
const TAGS: [&str; 3] = [PRINCIPAL_TAG, "aws:resourcetag/", "iam:resourcetag/"];

/// The prefix of condition keys for tags that a request sets.
const SET: &str = "aws:requesttag/";

/// The most changes of tags to try, so that thousands who may set some tags do not meet thousands
/// of values. Beyond that, whoever may set some tags is taken to set any.
const MANY: usize = 100;

/// The most sessions of roles with certain tags to distinguish.
const MANY_SESSIONS: usize = 1_000;

/// The most values of all principals together to distinguish.
const MANY_TOGETHER: usize = 20_000;

/// A change of the tags of a principal or a session.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Tagging {
    /// Any are set to any values.
    Any,
    /// These are set, to any chosen value where none is given.
    Set(BTreeMap<String, Option<String>>),
    /// All are removed.
    NoneLeft,
    /// These are removed.
    Without(BTreeSet<String>),
}

impl Tagging {
    /// The principal with its new tags.
    pub(super) fn apply(&self, principal: &Principal) -> Principal {
        let mut changed = principal.clone();
        match self {
            Tagging::Any => changed.chosen_tags = ChosenTags::All,
            Tagging::NoneLeft => changed.tags = Some(BTreeMap::new()),
            Tagging::Without(names) => {
                for name in names {
                    changed.remove_tag(name);
                }
            }
            Tagging::Set(values) => {
                for (name, value) in values {
                    match value {
                        None => changed.chosen_tags.add(name),
                        Some(value) => {
                            changed.remove_tag(name);
                            if let Some(tags) = &mut changed.tags {
                                tags.insert(name.clone(), value.clone());
                            }
                        }
                    }
                }
            }
        }
        changed
    }

    /// The condition keys that a request for it sets.
    pub(super) fn brought(&self) -> Vec<(String, Value<'static>)> {
        let (names, set): (Vec<String>, _) = match self {
            Tagging::Any | Tagging::NoneLeft => return Vec::new(),
            Tagging::Without(names) => (names.iter().cloned().collect(), None),
            Tagging::Set(values) => (values.keys().cloned().collect(), Some(values)),
        };
        let mut brought = vec![("aws:tagkeys".to_owned(), Value::Many(names))];
        for (name, value) in set.into_iter().flatten() {
            let value = value
                .clone()
                .map_or(Value::Chosen { optional: false }, Value::one);
            brought.push((format!("{SET}{}", name.to_lowercase()), value));
        }
        brought.push((SET.to_owned(), Value::Absent));
        brought
    }
}

/// Borrows the values for a request.
pub(super) fn borrowed<'b>(brought: &'b [(String, Value<'static>)]) -> Vec<(&'b str, Value<'b>)> {
    brought
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect()
}

/// The tags that policies test.
pub(super) struct AskedTags {
    /// The tag keys in each statement, as it spells them.
    together: BTreeSet<BTreeSet<String>>,
    /// By tag key in lower case: the patterns that values are compared with, by their text.
    values: BTreeMap<String, BTreeMap<String, Pattern>>,
    /// The tag keys, in lower case, that are used as variables.
    variables: BTreeSet<String>,
    /// Whether there are few enough of them, for few enough principals, to distinguish them.
    are_few: bool,
}

impl AskedTags {
    pub(super) fn new(account: &Account) -> AskedTags {
        let mut asked = AskedTags {
            together: BTreeSet::new(),
            values: BTreeMap::new(),
            variables: BTreeSet::new(),
            are_few: true,
        };
        for statement in account.statements() {
            asked.add(statement);
        }
        let values: usize = asked.values.values().map(BTreeMap::len).sum();
        asked.are_few = values * account.principals.len() <= MANY_TOGETHER;
        asked
    }

    fn add(&mut self, statement: &Statement) {
        let mut names = BTreeSet::new();
        let mut patterns: Vec<&Pattern> = statement.resource_patterns().collect();
        for condition in &statement.conditions {
            patterns.extend(condition.values.iter().filter(|_| !limits_tags(condition)));
            if TAGS.iter().any(|tags| condition.key.starts_with(tags)) {
                let name = name_of(&condition.name);
                let values = self.values.entry(name.to_lowercase()).or_default();
                for value in &condition.values {
                    values
                        .entry(value.as_str().to_owned())
                        .or_insert_with(|| value.clone());
                }
                names.insert(name.to_owned());
            }
        }
        for key in patterns.iter().flat_map(|pattern| pattern.variables()) {
            if TAGS.iter().any(|tags| key.starts_with(tags)) {
                self.variables.insert(name_of(key).to_owned());
                names.insert(name_of(key).to_owned());
            }
        }
        if !names.is_empty() {
            self.together.insert(names);
        }
    }

    /// The sets of tag keys to try under conditions that limit them: those that are tested together
    /// or at all, those that the conditions name, and those that they leave, in both spellings.
    fn names_within(&self, limits: &[&Condition]) -> BTreeSet<BTreeSet<String>> {
        let all: BTreeSet<String> = self.together.iter().flatten().cloned().collect();
        let mut limited = BTreeSet::new();
        let mut sets = self.together.clone();
        for condition in limits {
            let named: BTreeSet<String> = match condition.key.strip_prefix(SET) {
                Some(_) => [name_of(&condition.name).to_owned()].into(),
                None => condition
                    .values
                    .iter()
                    .map(|it| it.example(probe::NAME))
                    .collect(),
            };
            let fits = |name: &String| match condition.key.strip_prefix(SET) {
                Some(limited) => limited == name.to_lowercase(),
                None => condition
                    .values
                    .iter()
                    .any(|it| it.to_lowercase().matches(&name.to_lowercase())),
            };
            let (inside, outside): (BTreeSet<_>, _) = all.iter().cloned().partition(fits);
            sets.extend([inside, outside]);
            limited.extend(named);
        }
        sets.insert(all);
        let mut spelled = BTreeSet::new();
        for names in sets {
            let as_limited = |name: &String| {
                let same = limited.iter().find(|it| it.eq_ignore_ascii_case(name));
                same.unwrap_or(name).clone()
            };
            let renamed: BTreeSet<String> = names.iter().map(as_limited).collect();
            spelled.insert(renamed.union(&limited).cloned().collect());
            spelled.extend([names, renamed]);
        }
        spelled.remove(&BTreeSet::new());
        spelled
    }

    /// The values to try for a tag: those that it is compared with, and another; none: any value.
    fn values_within(
        &self,
        name: &str,
        limits: &[&Condition],
        request: &Request<'_>,
    ) -> BTreeSet<Option<String>> {
        let lower = name.to_lowercase();
        let mut patterns = Vec::new();
        for condition in limits
            .iter()
            .filter(|it| it.key.strip_prefix(SET) == Some(&lower))
        {
            patterns.extend(condition.values.iter().map(|value| value.resolve(request)));
        }
        if patterns.is_empty() {
            return [None].into();
        }
        let is_free = self.variables.contains(&lower) && !patterns.iter().all(Pattern::is_literal);
        for value in self
            .values
            .get(&lower)
            .into_iter()
            .flat_map(BTreeMap::values)
        {
            patterns.push(value.resolve(request));
        }
        let mut values: BTreeSet<_> = values_among(&patterns).into_iter().map(Some).collect();
        values.extend(is_free.then_some(None));
        values
    }

    /// The changes to try under conditions that limit tags; none: there are too many.
    pub(super) fn taggings(
        &self,
        limits: &[&Condition],
        removes: bool,
        request: &Request<'_>,
    ) -> Option<BTreeSet<Tagging>> {
        if !self.are_few {
            return None;
        }
        let mut taggings = BTreeSet::new();
        for names in self.names_within(limits) {
            if removes {
                taggings.insert(Tagging::Without(names));
                continue;
            }
            let mut all = vec![BTreeMap::new()];
            for name in &names {
                let mut more = Vec::new();
                for value in self.values_within(name, limits, request) {
                    for mut tags in all.clone() {
                        tags.insert(name.clone(), value.clone());
                        more.push(tags);
                    }
                }
                all = more;
                if all.len() > MANY {
                    return None;
                }
            }
            taggings.extend(all.into_iter().map(Tagging::Set));
        }
        (taggings.len() <= MANY).then_some(taggings)
    }
}

impl Index<'_> {
    fn asked_tags(&self) -> &AskedTags {
        self.asked_tags.get_or_init(|| AskedTags::new(self.account))
    }

    /// The changes of tags that an action may make and that make a difference; with
    /// `together_with`, only those for which that action can be allowed too.
    pub(super) fn taggings(
        &self,
        action: ActionId,
        asked: Asked<'_>,
        together_with: Option<ActionId>,
    ) -> Vec<(Tagging, Allowed)> {
        let who = asked.who;
        if !self.mentions(who, action) {
            return Vec::new();
        }
        let name = &action.get().lower;
        let removes = name.contains(":untag");
        let mut taggings = None;
        if !self.tag_limits(who, action).is_empty() {
            let mut limits = self.tag_limits(who, action);
            limits.extend(
                together_with
                    .iter()
                    .flat_map(|action| self.tag_limits(who, *action)),
            );
            let request = self.request(name, asked);
            taggings = self.asked_tags().taggings(&limits, removes, &request);
        }
        let any = if removes {
            Tagging::NoneLeft
        } else {
            Tagging::Any
        };
        let mut allowed = Vec::new();
        for tagging in taggings.unwrap_or_else(|| [any].into()) {
            let brought = tagging.brought();
            let asked = Asked { brings: &borrowed(&brought), ..asked };
            allowed.extend(self.allowed(action, asked).map(|it| (tagging, it)));
        }
        allowed
    }

    /// The conditions that limit an action to some tags.
    pub(super) fn tag_limits(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
    ) -> Vec<&Condition> {
        let mut conditions = self.conditions(who, action);
        conditions.retain(|condition| limits_tags(condition));
        conditions
    }

    /// The taggings to try for sessions, given the number of roles: any tags and, where somebody
    /// limits these, some.
    pub(super) fn taggings_of_sessions(&self, roles: usize) -> Vec<Tagging> {
        let mut limits = Vec::new();
        for statement in self.account.statements() {
            if statement.actions.selects("sts:tagsession") {
                limits.extend(statement.conditions.iter().filter(|it| limits_tags(it)));
            }
        }
        let mut taggings = vec![Tagging::Any];
        if !limits.is_empty() {
            let context = Context::new(self.account, &[]);
            let request = Request { action: "sts:tagsession", resource: "*", context };
            if let Some(some) = self.asked_tags().taggings(&limits, false, &request)
                && some.len() * roles <= MANY_SESSIONS
            {
                taggings.extend(some);
            }
        }
        taggings
    }
}

/// Whether a condition limits the tags that a request sets or removes.
pub(super) fn limits_tags(condition: &Condition) -> bool {
    condition.key == "aws:tagkeys" || condition.key.starts_with(SET)
}

/// The values to try for patterns: one for each pattern and pair of patterns, and another.
pub(super) fn values_among(patterns: &[Pattern]) -> BTreeSet<String> {
    let mut values = BTreeSet::from([probe::NAME.to_owned()]);
    let (literal, open): (Vec<&Pattern>, Vec<_>) = patterns.iter().partition(|it| it.is_literal());
    values.extend(literal.into_iter().map(|it| it.as_str().to_owned()));
    for one in &open {
        for other in open.iter().take(MANY) {
            values.extend(one.common(other).map(|it| it.example(probe::NAME)));
        }
    }
    values
}

/// Whether a condition key, in lower case, is about tags of the request or its resource.
pub(super) fn is_of_tags(key: &str) -> bool {
    key == "aws:tagkeys" || key.starts_with(SET) || TAGS.iter().any(|tags| key.starts_with(tags))
}

/// The tag key in a condition key.
fn name_of(key: &str) -> &str {
    key.split_once('/').map_or("", |(_, name)| name)
}
