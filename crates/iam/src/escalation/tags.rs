//! Changes of tags, by those who may set any and by those who may set some only.

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

/// The keys of tags of principals and resources begin so.
const TAGS: [&str; 3] = [PRINCIPAL_TAG, "aws:resourcetag/", "iam:resourcetag/"];

/// The keys of tags that a request sets begin so.
const SET: &str = "aws:requesttag/";

/// How many changes are tried, at most, so that thousands who may set some tags do not meet thousands of values.
/// Where there are more, whoever may set some is taken to set any.
const MANY: usize = 100;

/// How many sessions of roles with certain tags are told apart.
const MANY_SESSIONS: usize = 1_000;

/// How many values of all principals together are told apart.
const MANY_TOGETHER: usize = 20_000;

/// What becomes of the tags of a principal or a session.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Tagging {
    /// Any are set to any values.
    Any,
    /// These are set: to a value that is chosen, where none is given.
    Set(BTreeMap<String, Option<String>>),
    /// None is left.
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

    /// The values of condition keys that a request for it brings.
    pub(super) fn brought(&self) -> Vec<(String, Value<'static>)> {
        let (names, set): (Vec<String>, _) = match self {
            Tagging::Any | Tagging::NoneLeft => return Vec::new(),
            Tagging::Without(names) => (names.iter().cloned().collect(), None),
            Tagging::Set(values) => (values.keys().cloned().collect(), Some(values)),
        };
        let mut brought = vec![("aws:tagkeys".to_owned(), Value::Many(names))];
        for (name, value) in set.into_iter().flatten() {
            let value = value.clone().map_or(Value::Chosen { optional: false }, Value::one);
            brought.push((format!("{SET}{}", name.to_lowercase()), value));
        }
        brought.push((SET.to_owned(), Value::Absent));
        brought
    }
}

/// The values as requests have them.
pub(super) fn borrowed<'b>(brought: &'b [(String, Value<'static>)]) -> Vec<(&'b str, Value<'b>)> {
    brought.iter().map(|(key, value)| (key.as_str(), value.clone())).collect()
}

/// The tags that policies ask for.
pub(super) struct AskedTags {
    /// The names in each statement, as it has them.
    together: BTreeSet<BTreeSet<String>>,
    /// By name in lower case: what the values are compared with, by its text.
    values: BTreeMap<String, BTreeMap<String, Pattern>>,
    /// The names, in lower case, that stand as variables.
    variables: BTreeSet<String>,
    /// Whether so few are asked for, of so few, that they are told apart.
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
                    values.entry(value.as_str().to_owned()).or_insert_with(|| value.clone());
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

    /// The sets of names to try for those whom conditions limit: those that are asked for together or at all, that the
    /// conditions name, and that they leave, each as it is asked for and as the conditions spell it.
    fn names_within(&self, limits: &[&Condition]) -> BTreeSet<BTreeSet<String>> {
        let all: BTreeSet<String> = self.together.iter().flatten().cloned().collect();
        let mut limited = BTreeSet::new();
        let mut sets = self.together.clone();
        for condition in limits {
            let named: BTreeSet<String> = match condition.key.strip_prefix(SET) {
                Some(_) => [name_of(&condition.name).to_owned()].into(),
                None => condition.values.iter().map(|it| it.example(probe::NAME)).collect(),
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

    /// The values to try for a tag: those that it is compared with, and another; none: whichever is chosen.
    fn values_within(
        &self,
        name: &str,
        limits: &[&Condition],
        request: &Request<'_>,
    ) -> BTreeSet<Option<String>> {
        let lower = name.to_lowercase();
        let mut patterns = Vec::new();
        for condition in limits.iter().filter(|it| it.key.strip_prefix(SET) == Some(&lower)) {
            patterns.extend(condition.values.iter().map(|value| value.resolve(request)));
        }
        if patterns.is_empty() {
            return [None].into();
        }
        let is_free = self.variables.contains(&lower) && !patterns.iter().all(Pattern::is_literal);
        for value in self.values.get(&lower).into_iter().flat_map(BTreeMap::values) {
            patterns.push(value.resolve(request));
        }
        let mut values: BTreeSet<_> = values_among(&patterns).into_iter().map(Some).collect();
        values.extend(is_free.then_some(None));
        values
    }

    /// The tags to set, or to remove, that are tried for those whom conditions limit; none: there are too many.
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

    /// The changes of tags that an action is allowed to make, of those that make a difference. Conditions of
    /// another action, that is to be allowed with the same tags, are thought of.
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
            limits.extend(together_with.iter().flat_map(|action| self.tag_limits(who, *action)));
            let request = self.request(name, asked);
            taggings = self.asked_tags().taggings(&limits, removes, &request);
        }
        let any = if removes { Tagging::NoneLeft } else { Tagging::Any };
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

    /// The tags that are tried for the sessions of so many roles: any, and where somebody limits these, some.
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
            let some = self.asked_tags().taggings(&limits, false, &request);
            let some = some.filter(|some| some.len() * roles <= MANY_SESSIONS);
            taggings.extend(some.into_iter().flatten());
        }
        taggings
    }
}

/// Whether a condition chooses among the tags that a request sets or removes.
pub(super) fn limits_tags(condition: &Condition) -> bool {
    condition.key == "aws:tagkeys" || condition.key.starts_with(SET)
}

/// The values to try where some are asked for by patterns: what fits one or two of them, and another.
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

/// Whether a condition key, in lower case, is about tags of a request or of what it is about.
pub(super) fn is_of_tags(key: &str) -> bool {
    key == "aws:tagkeys" || key.starts_with(SET) || TAGS.iter().any(|tags| key.starts_with(tags))
}

/// The name of the tag in a key.
fn name_of(key: &str) -> &str {
    key.split_once('/').map_or("", |(_, name)| name)
}
