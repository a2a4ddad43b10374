//! The resources on which an action may be allowed.

use std::collections::BTreeSet;

use portcullis_model::Arn;

use super::Certainty;
use super::effective_permissions::{Asked, EffectivePermissions, Index, surest};
use super::methods::ActionId;
use super::step::{Allowed, Step};
use crate::pattern::Pattern;
use crate::policy::{Effect, Selection, Statement};
use crate::probe;
use crate::truth::Lack;

/// The most name patterns to follow, so that many overlapping ones do not multiply.
const MANY: usize = 30;

impl Index<'_> {
    /// Whether an action is allowed on any resource that it acts on.
    pub(super) fn may_use(&self, who: &EffectivePermissions, action: ActionId) -> bool {
        let mut examples = self.examples(who, action);
        examples.any(|resource| self.allowed(action, who.asks(&resource)).is_some())
    }

    /// How an action is allowed on some resource that it acts on, where it is most certain.
    fn allowed_somewhere(&self, action: ActionId, asked: Asked<'_>) -> Option<Allowed> {
        let examples = self.examples(asked.who, action);
        let allowed = examples
            .filter_map(|resource| self.allowed(action, Asked { resource: &resource, ..asked }));
        self.besides(surest(allowed, |allowed| allowed.certainty)?, asked)
    }

    /// The given permission for an action, if the action is allowed on the other resources that it
    /// needs too.
    pub(super) fn besides(&self, mut allowed: Allowed, asked: Asked<'_>) -> Option<Allowed> {
        let action = allowed.action;
        for template in &action.get().besides {
            let also = self.allowed_on(action, template, asked)?;
            allowed.certainty = allowed.certainty.min(also.certainty);
            allowed.keys.extend(also.keys);
        }
        Some(allowed)
    }

    /// How an action is allowed on some resource that matches a pattern of the data file, where it
    /// is most certain.
    pub(super) fn allowed_on(
        &self,
        action: ActionId,
        template: &str,
        asked: Asked<'_>,
    ) -> Option<Allowed> {
        let (who, shape) = (asked.who, self.shape(template));
        let mut resources = BTreeSet::from([shape.replace('*', probe::NAME)]);
        for pattern in self
            .resources(who, action)
            .flatten()
            .chain(self.spared(who, action))
        {
            let common = pattern.common_arn(&Pattern::glob(&shape));
            resources.extend(common.map(|it| it.as_str().replace('*', probe::NAME)));
        }
        resources.extend(self.examples_within(who, &[action], &[Pattern::glob(&shape)]));
        let allowed = resources
            .iter()
            .filter_map(|resource| self.allowed(action, Asked { resource, ..asked }));
        surest(allowed, |allowed| allowed.certainty)
    }

    /// How actions are allowed on some resources that they act on; several of one service on the
    /// same resource.
    pub(super) fn uses(&self, actions: &[ActionId], asked: Asked<'_>) -> Option<Step> {
        let service = |action: &ActionId| action.get().service();
        let mut step = Step::default();
        for actions in actions.chunk_by(|one, other| service(one) == service(other)) {
            step.allowed.extend(self.allowed_together(actions, asked)?);
        }
        Some(step)
    }

    /// How the actions of one service are allowed: all on one resource, or on several if these need
    /// not be the same.
    fn allowed_together(&self, actions: &[ActionId], asked: Asked<'_>) -> Option<Vec<Allowed>> {
        if let [action] = actions {
            return Some(vec![self.allowed_somewhere(*action, asked)?]);
        }
        let mut examples: BTreeSet<String> = actions
            .iter()
            .flat_map(|action| self.examples(asked.who, *action))
            .collect();
        examples.extend(self.examples_within(asked.who, actions, &self.acted_on_by(actions[0])));
        let mut allowed: Vec<Vec<(&String, Allowed)>> = Vec::new();
        for action in actions {
            let acted_on = examples
                .iter()
                .filter(|resource| self.acts_on(*action, resource));
            let of_action = acted_on.filter_map(|resource| {
                Some((resource, self.allowed(*action, Asked { resource, ..asked })?))
            });
            allowed.push(of_action.collect());
        }
        let (first, rest) = allowed.split_first()?;
        let together = first.iter().rev().filter_map(|first| {
            let mut chosen = vec![first];
            for of_action in rest {
                let fitting = of_action
                    .iter()
                    .rev()
                    .filter(|(other, _)| chosen.iter().all(|(one, _)| go_together(one, other)));
                chosen.push(surest(fitting, |(_, allowed)| allowed.certainty)?);
            }
            Some(chosen)
        });
        let chosen = surest(together, |chosen: &Vec<&(&String, Allowed)>| {
            let certainties = chosen.iter().map(|(_, allowed)| allowed.certainty);
            certainties.min().unwrap_or(Certainty::Certain)
        });
        let allowed = chosen?.into_iter().map(|(_, allowed)| allowed.clone());
        allowed
            .map(|allowed| self.besides(allowed, asked))
            .collect()
    }

    /// Patterns for names of a kind of IAM resource on which all of the actions may be allowed,
    /// preferably the helpful ones too; and whether these are all.
    pub(super) fn names_for(
        &self,
        who: &EffectivePermissions,
        actions: &[ActionId],
        helpful: &[ActionId],
        kind: &str,
    ) -> (Vec<Pattern>, bool) {
        let (partition, id) = (&self.account.partition, self.account.id_text());
        let all = Pattern::glob(&format!("arn:{partition}:iam::{id}:{kind}/*"));
        let mut is_all = true;
        let mut names = self.within_limits(who, actions, &[all], &mut is_all);
        for action in helpful {
            let limits = self.limits(who, *action);
            let mut narrower = names.clone();
            narrower.retain(|name| {
                let mut limits = limits.iter();
                !limits.all(|limit| limit.iter().any(|it| it.covers(name)))
            });
            for limit in limits {
                narrower = common_to(&narrower, &limit, &mut is_all);
            }
            add_new(&mut names, narrower, &mut is_all);
        }
        (names, is_all)
    }

    /// Patterns for what matches one of those given, and on which all of the actions may be allowed.
    fn within_limits(
        &self,
        who: &EffectivePermissions,
        actions: &[ActionId],
        patterns: &[Pattern],
        is_all: &mut bool,
    ) -> Vec<Pattern> {
        let mut within = patterns.to_vec();
        for action in actions {
            for limit in self.limits(who, *action) {
                within = common_to(&within, &limit, is_all);
            }
        }
        within
    }

    /// Examples of what matches one of the patterns, and on which all of the actions may be allowed.
    fn examples_within(
        &self,
        who: &EffectivePermissions,
        actions: &[ActionId],
        patterns: &[Pattern],
    ) -> Vec<String> {
        let spares = |action: &ActionId| {
            let mut denies = self.in_force(who, *action).map(|(.., statement)| statement);
            denies.any(|it| matches!(it.resources, Some(Selection::AllBut(_))))
        };
        // Otherwise the resources that the policies name are examples enough.
        let has_several_limits =
            actions.len() > 1 || who.boundary.is_some() || actions.iter().any(spares);
        if !has_several_limits {
            return Vec::new();
        }
        // An action that accepts only * is allowed on that alone, whatever matches it.
        let mut patterns = patterns.to_vec();
        patterns.retain(|pattern| pattern.as_str() != "*");
        let mut is_all = true;
        let within = self.within_limits(who, actions, &patterns, &mut is_all);
        if !is_all {
            self.lacks.borrow_mut().insert(Lack::Budget);
        }
        within
            .iter()
            .map(|it| probe::example(it, self.account))
            .collect()
    }

    /// Patterns for what an action acts on.
    fn acted_on_by(&self, action: ActionId) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = self
            .shapes(action)
            .map(|shape| Pattern::glob(&shape))
            .collect();
        if patterns.is_empty() {
            let (partition, id) = (&self.account.partition, self.account.id_text());
            let service = action.get().service();
            patterns.push(Pattern::glob(&format!("arn:{partition}:{service}:*:{id}:*")));
            patterns.push(Pattern::glob(&format!("arn:{partition}:{service}:*::*")));
        }
        patterns
    }

    /// The lists of resources that limit an action: those of the Allows, those of the boundary's
    /// Allows, and those that each Deny leaves out. Statements whose conditions never hold are left out.
    fn limits(&self, who: &EffectivePermissions, action: ActionId) -> Vec<Vec<Pattern>> {
        let request = self.request(&action.get().lower, who.asks(""));
        let own: Vec<&Statement> = self.in_force(who, action).map(|(.., it)| it).collect();
        let bounding = who
            .boundary
            .map(|id| self.about(id, action).map(|(_, it)| it).collect());
        let mut limits = Vec::new();
        for statements in [Some(own), bounding].into_iter().flatten() {
            let mut allowed = Vec::new();
            for statement in statements {
                let effect = statement.effect;
                let mut conditions = statement.conditions.iter();
                if !conditions.all(|it| it.holds(&request, effect).is_possible()) {
                    continue;
                }
                match (effect, &statement.resources) {
                    (Effect::Allow, Some(Selection::Only(patterns))) => {
                        allowed.extend(patterns.iter().map(|it| it.resolve(&request)));
                    }
                    (Effect::Allow, _) => allowed.push(Pattern::glob("*")),
                    (Effect::Deny, Some(Selection::AllBut(patterns))) => {
                        limits.push(patterns.iter().map(|it| it.resolve(&request)).collect());
                    }
                    (Effect::Deny, _) => {}
                }
            }
            limits.push(allowed);
        }
        limits
    }

    /// The ARNs of a kind of IAM resource that statements about the actions name, and one that they
    /// cannot have meant.
    pub(super) fn examples_of_kind(
        &self,
        who: &EffectivePermissions,
        actions: &[ActionId],
        kind: &str,
    ) -> BTreeSet<String> {
        let mut examples = BTreeSet::from([probe::iam_resource(self.account, kind)]);
        let infix = format!(":{kind}/");
        for pattern in actions
            .iter()
            .flat_map(|action| self.resources(who, *action))
            .flatten()
        {
            let example = probe::example(&pattern, self.account);
            if probe::is_of(&example, "iam", self.account) && example.contains(&infix) {
                examples.insert(example);
            }
        }
        examples
    }

    /// The resources to ask about: examples of those that the action acts on, and those that the
    /// policies name. An action without resources is allowed only by statements on `*`.
    fn examples<'c>(
        &'c self,
        who: &'c EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = String> {
        let known = action.get();
        let mut any = Vec::new();
        for shape in self.shapes(action) {
            any.push(if shape == "*" {
                shape
            } else {
                shape.replace('*', probe::NAME)
            });
        }
        if any.is_empty() {
            any.extend(probe::resources_of(self.account, known.service()));
            any.push("*".to_owned());
        }
        let named = self
            .resources(who, action)
            .flatten()
            .chain(self.spared(who, action));
        let within = self.examples_within(who, &[action], &self.acted_on_by(action));
        any.into_iter()
            .chain(within)
            .chain(named.flat_map(move |pattern| self.acted_on(action, &pattern)))
    }

    /// Examples of resources that an action acts on and that match a pattern.
    fn acted_on(&self, action: ActionId, pattern: &Pattern) -> Vec<String> {
        let mut examples = vec![probe::example(pattern, self.account)];
        for shape in self.shapes(action) {
            let common = pattern.common_arn(&Pattern::glob(&shape));
            examples.extend(common.map(|it| it.as_str().replace('*', probe::NAME)));
        }
        examples.retain(|it| it != "*" && self.acts_on(action, it));
        examples
    }

    /// The resources that Denies of the action leave out.
    fn spared(&self, who: &EffectivePermissions, action: ActionId) -> Vec<Pattern> {
        let request = self.request(&action.get().lower, who.asks(""));
        let mut spared = Vec::new();
        for (.., statement) in self.in_force(who, action) {
            if statement.effect == Effect::Deny
                && let Some(Selection::AllBut(patterns)) = &statement.resources
            {
                spared.extend(patterns.iter().map(|pattern| pattern.resolve(&request)));
            }
        }
        spared
    }

    /// The patterns for the ARNs that an action acts on; empty: any of its service.
    fn shapes(&self, action: ActionId) -> impl Iterator<Item = String> {
        action
            .get()
            .resources
            .iter()
            .map(|template| self.shape(template))
    }

    /// Fills in the placeholders of a pattern in the data file.
    pub(super) fn shape(&self, template: &str) -> String {
        let shape = template.replace("{partition}", &self.account.partition);
        shape
            .replace("{account}", self.account.id_text())
            .replace("{region}", "*")
    }

    fn acts_on(&self, action: ActionId, resource: &str) -> bool {
        let known = action.get();
        if known.resources.is_empty() {
            return resource == "*" || probe::is_of(resource, known.service(), self.account);
        }
        let mut shapes = self.shapes(action);
        shapes.any(|shape| {
            if shape == "*" {
                resource == "*"
            } else {
                Pattern::glob(&shape).matches(resource)
            }
        })
    }

    /// The prefixes of the resources on which an action may be allowed.
    pub(super) fn beginnings(&self, who: &EffectivePermissions, action: ActionId) -> Vec<String> {
        let mut beginnings = BTreeSet::new();
        for pattern in self.resources(who, action) {
            let beginning = pattern.map(|pattern| probe::beginning(&pattern, self.account));
            beginnings.insert(beginning.unwrap_or_default());
        }
        let mut shortest: Vec<String> = Vec::new();
        for beginning in beginnings {
            // They are sorted, so those that a shorter prefix covers follow right after it.
            if shortest
                .last()
                .is_none_or(|last| !beginning.starts_with(last.as_str()))
            {
                shortest.push(beginning);
            }
        }
        shortest
    }

    /// The resources that Allows of the action name; none: all but some.
    pub(super) fn resources<'c>(
        &'c self,
        who: &'c EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = Option<Pattern>> {
        let request = self.request(&action.get().lower, who.asks(""));
        let statements = self.in_force(who, action).map(|(.., statement)| statement);
        let allows = statements.filter(|statement| statement.effect == Effect::Allow);
        allows.flat_map(move |statement| match &statement.resources {
            Some(Selection::Only(patterns)) => patterns
                .iter()
                .map(|it| Some(it.resolve(&request)))
                .collect(),
            _ => vec![None],
        })
    }
}

/// Patterns for what matches both lists of patterns, and whether these are all.
pub(super) fn common_to(some: &[Pattern], others: &[Pattern], is_all: &mut bool) -> Vec<Pattern> {
    let mut common = Vec::new();
    for one in some {
        for other in others.iter().filter(|other| one.may_overlap(other)) {
            add_new(&mut common, one.common_arn(other), is_all);
            if common.len() == MANY {
                keep_widest(&mut common);
            }
            if common.len() == MANY {
                *is_all = false;
                return common;
            }
        }
    }
    common
}

/// Drops patterns that others cover.
fn keep_widest(patterns: &mut Vec<Pattern>) {
    let mut widest: Vec<Pattern> = Vec::new();
    for pattern in patterns.drain(..) {
        if !widest.iter().any(|it| it.covers(&pattern)) {
            widest.retain(|it| !pattern.covers(it));
            widest.push(pattern);
        }
    }
    *patterns = widest;
}

/// Adds patterns up to the limit.
fn add_new(
    patterns: &mut Vec<Pattern>,
    more: impl IntoIterator<Item = Pattern>,
    is_all: &mut bool,
) {
    for pattern in more {
        if patterns.iter().any(|it| it.as_str() == pattern.as_str()) {
            continue;
        }
        if patterns.len() == MANY {
            *is_all = false;
            return;
        }
        patterns.push(pattern);
    }
}

/// Whether two resources may be the same, or are of different kinds that a method needs both of.
/// Names that stand for wildcards may be the same.
fn go_together(one: &str, other: &str) -> bool {
    let (Some(first), Some(second)) = (Arn::parse(one), Arn::parse(other)) else {
        return true;
    };
    let [first_kind, second_kind] =
        [first, second].map(|arn| arn.resource.split([':', '/']).next());
    if one == other || first_kind != second_kind {
        return true;
    }
    let [one, other] = [one, other].map(|arn| Pattern::glob(&arn.replace(probe::NAME, "*")));
    one.common_arn(&other).is_some()
}
