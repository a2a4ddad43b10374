//! What a node would have after a method changed it.

use std::rc::Rc;

use portcullis_model::{PolicyKind, PrincipalKind};

use super::effective_permissions::{EffectivePermissions, Index};
use super::methods::{ActionId, Changes, Method};
use super::nodes::{Node, sorted};
use super::offers::Offered;
use super::search::Search;
use super::step::{Step, Target};
use super::tags::borrowed;
use crate::account::{Account, PolicyId, Principal, PrincipalId};
use crate::context::Resource;
use crate::policy;
use crate::probe;
use crate::truth::Lack;
use crate::value::Value;

/// The condition key for the policy that is attached or detached.
pub(super) const POLICY: &str = "iam:policyarn";
/// The condition key for the permissions boundary.
pub(super) const BOUNDARY: &str = "iam:permissionsboundary";

/// The most groups with a Deny for which joining two of them is tried.
const MANY_GUARDED: usize = 5;

/// The actions after which a group that allowed nothing allows something: its policies are
/// rewritten, or another is attached. Whoever can attach one from the start is handled by
/// `change_joined_groups`.
const REWRITING: [&str; 2] = ["iam:createpolicyversion", "iam:setdefaultpolicyversion"];
const FILLING: [&str; 2] = ["iam:attachgrouppolicy", "iam:putgrouppolicy"];

/// A change, and what the first action of the method must be allowed on.
pub(super) struct Effect {
    pub(super) resource: String,
    /// None: nobody in particular.
    pub(super) target: Option<Target>,
    pub(super) after: EffectivePermissions,
    /// The policy that is removed because of its Deny.
    pub(super) removed: Option<PolicyId>,
    /// Whether such changes of one method can be combined, since none undoes another.
    pub(super) goes_together: bool,
    /// What the request sets: the policy that is attached or detached, the new boundary, or tags.
    brings: Vec<(String, Value<'static>)>,
    /// What must be done first.
    pub(super) before: Step,
}

impl Effect {
    fn new(resource: &str, target: Option<Target>, after: EffectivePermissions) -> Effect {
        let resource = resource.to_owned();
        let before = Step::default();
        let (removed, goes_together, brings) = (None, false, Vec::new());
        Effect { resource, target, after, removed, goes_together, brings, before }
    }

    fn bringing(mut self, key: &'static str, value: String) -> Effect {
        self.brings = vec![(key.to_owned(), Value::one(value))];
        self
    }

    fn offering(self, key: &'static str, offered: Offered) -> Effect {
        Effect { before: offered.before, ..self.bringing(key, offered.arn) }
    }

    /// The condition keys that the request sets.
    pub(super) fn brought(&self) -> Vec<(&str, Value<'_>)> {
        borrowed(&self.brings)
    }

    /// The resource of the request, about a node or a group in the account.
    pub(super) fn about<'r>(&'r self, node: &'r Node, account: &'r Account) -> Resource<'r> {
        if self.resource == node.who.identity.arn {
            return Resource::Principal(&node.who.identity);
        }
        match self.target.as_ref().and_then(Target::principal) {
            Some(id) if account.principal(id).kind == PrincipalKind::Group => {
                Resource::Principal(account.principal(id))
            }
            _ => Resource::Own,
        }
    }

    /// Combines it with another change to the same holder.
    pub(super) fn join(&mut self, other: &Effect) {
        let (mine, others) = (&mut self.after, &other.after);
        mine.removed = sorted(mine.removed.iter().chain(&*others.removed).copied());
        mine.policies = sorted(mine.policies.iter().chain(&*others.policies).copied());
        mine.groups = sorted(mine.groups.iter().chain(&*others.groups).copied());
    }
}

/// The changes that a method can make to what a node has.
pub(super) fn effects(
    search: &Search<'_>,
    by: &EffectivePermissions,
    node: &Node,
    method: &Method,
) -> Vec<Effect> {
    let index = &search.index;
    let maker = Maker { search, index, by, node, method };
    match method.changes.kind_of_holder() {
        None if method.changes == Changes::GroupMembership && node.is_user() => maker.memberships(),
        None if method.changes == Changes::GroupMembership => Vec::new(),
        None => maker.rewritten_policies(),
        Some(PrincipalKind::Group) => {
            let mut effects = Vec::new();
            for id in &*node.who.groups {
                let group = index.account.principal(*id);
                effects.extend(maker.changes(group, Some(&Target::Principal(*id))));
            }
            effects
        }
        Some(kind) if kind == node.who.identity.kind && !node.who.identity.is_protected() => {
            maker.changes(&node.who.identity, node.holder.map(Target::Principal).as_ref())
        }
        Some(_) => Vec::new(),
    }
}

struct Maker<'m, 'a> {
    search: &'m Search<'a>,
    index: &'m Index<'a>,
    by: &'m EffectivePermissions,
    node: &'m Node,
    method: &'m Method,
}

impl Maker<'_, '_> {
    fn removal(&self, resource: &str, target: Option<Target>, policy: PolicyId) -> Effect {
        let who = &self.node.who;
        let removed = sorted(who.removed.iter().copied().chain([policy]));
        let mut effect =
            Effect::new(resource, target, EffectivePermissions { removed, ..who.clone() });
        effect.removed = Some(policy);
        effect.goes_together = self.method.changes.removes();
        effect
    }

    /// The groups to add a user to: those that allow something or can be made to, alone or after
    /// some that deny something.
    fn memberships(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let origin = &self.search.node(self.node.origin).who;
        let denies = |id: PrincipalId| {
            let mut policies = self.index.account.principal(id).policies.iter();
            policies.any(|policy| self.index.has(*policy, policy::Effect::Deny))
        };
        let mut joined = self
            .node
            .who
            .groups
            .iter()
            .filter(|id| !origin.groups.contains(id));
        let may_join_guarded = match (joined.next(), joined.next()) {
            (None, _) => true,
            (Some(first), None) => denies(*first) && self.search.names.guarded <= MANY_GUARDED,
            _ => false,
        };
        let mentions = |who: &EffectivePermissions, actions: &[&str]| {
            actions
                .iter()
                .any(|name| self.index.mentions(who, ActionId::named(name)))
        };
        let may =
            |actions: &[&str]| mentions(self.by, actions) || mentions(&self.node.who, actions);
        let rewrites = may(&REWRITING);
        let fills = may(&FILLING) && !mentions(origin, &FILLING);
        let is_of_use = |policy: &PolicyId| {
            let is_own = self.index.account.policy(*policy).kind == PolicyKind::CustomerManaged;
            rewrites && is_own || self.index.has(*policy, policy::Effect::Allow)
        };
        for id in self.index.account.principal_ids() {
            let group = self.index.account.principal(id);
            if group.kind == PrincipalKind::Group
                && !self.node.who.groups.contains(&id)
                && (fills || group.policies.iter().any(is_of_use))
            {
                let after = self.node.who.joining(id, group);
                let mut effect = Effect::new(&group.arn, Some(Target::Principal(id)), after);
                effect.goes_together = !denies(id);
                if !effect.goes_together && !may_join_guarded {
                    self.index.lacks.borrow_mut().insert(Lack::Budget);
                    if !self.index.generous {
                        continue;
                    }
                    effect.after = self.node.who.with(self.index.everything());
                }
                effects.push(effect);
            }
        }
        effects
    }

    /// The customer managed policies to rewrite; those of AWS and inline policies cannot be. The
    /// boundary may be one of them.
    fn rewritten_policies(&self) -> Vec<Effect> {
        let who = &self.node.who;
        let mut effects = Vec::new();
        for id in who.policies.iter().copied().chain(who.boundary) {
            let Some(policy) = self.index.account.policies.get(id.place()) else {
                continue;
            };
            if policy.kind != PolicyKind::CustomerManaged {
                continue;
            }
            let target = Some(Target::Policy(id));
            let new_texts = match self.method.changes {
                Changes::PolicyText => &vec![self.index.everything()],
                _ => &policy.other_versions,
            };
            let can_lose_deny = new_texts
                .iter()
                .any(|text| !self.index.has(*text, policy::Effect::Deny));
            if self.index.has(id, policy::Effect::Deny) && can_lose_deny {
                effects.push(self.removal(&policy.id, target.clone(), id));
            }
            for text in new_texts {
                let mut after = who.clone();
                if who.boundary == Some(id) {
                    after.boundary = Some(*text);
                } else {
                    let others = who.policies.iter().copied().filter(|other| *other != id);
                    after.policies = sorted(others.chain([*text]));
                }
                effects.push(Effect::new(&policy.id, target.clone(), after));
            }
        }
        effects
    }

    /// The changes to a user, role or group that has policies of its own.
    fn changes(&self, holder: &Principal, target: Option<&Target>) -> Vec<Effect> {
        match self.method.changes {
            Changes::Permissions(_) => return self.more(&holder.arn, target),
            Changes::Boundary(_) => return self.unbound(holder, target),
            Changes::NewGroup => return self.new_groups(target),
            Changes::Tags(_) => return self.retagged(holder, target),
            _ => {}
        }
        let who = &self.node.who;
        let mut effects = Vec::new();
        for id in &holder.policies {
            let policy = self.index.account.policy(*id);
            let is_inline = policy.kind == PolicyKind::Inline;
            let (can_go, target) = match self.method.changes {
                Changes::GroupLeave => (true, target.cloned()),
                Changes::Inline(_) => (is_inline, Some(Target::Policy(*id))),
                _ => (!is_inline, Some(Target::Policy(*id))),
            };
            let in_force = who.policies.contains(id) && !who.removed.contains(id);
            if can_go && in_force && self.index.has(*id, policy::Effect::Deny) {
                let effect = self.removal(&holder.arn, target, *id);
                effects.push(effect.bringing(POLICY, policy.id.clone()));
            }
        }
        effects
    }

    /// The policies to add: any inline policy, and the managed policies that make a difference.
    fn more(&self, resource: &str, target: Option<&Target>) -> Vec<Effect> {
        let who = &self.node.who;
        if !self.first_action().contains(":attach") {
            return vec![Effect::new(resource, target.cloned(), who.with(self.index.everything()))];
        }
        let mut effects = Vec::new();
        for offered in self.index.offered(self.by, self.method.actions[0], POLICY) {
            let effect = Effect::new(resource, target.cloned(), who.with(offered.policy));
            effects.push(effect.offering(POLICY, offered));
        }
        for chosen in self.index.chosen(self.by, self.method.actions[0], POLICY) {
            let is_new = !who.policies.contains(&chosen.policy);
            let mut versions = vec![chosen.policy];
            versions.extend(&self.index.account.policy(chosen.policy).other_versions);
            if is_new
                && versions
                    .iter()
                    .any(|id| self.index.has(*id, policy::Effect::Allow))
            {
                let effect = Effect::new(resource, target.cloned(), who.with(chosen.policy));
                effects.push(effect.offering(POLICY, chosen));
            }
        }
        effects
    }

    /// A new group to add a user to, with any policy.
    fn new_groups(&self, target: Option<&Target>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let (index, [give, others @ ..]) = (self.index, &self.method.actions[..]) else {
            return effects;
        };
        let (mut patterns, is_all) = index.names_for(self.by, &self.method.actions, &[], "group");
        if !is_all {
            index.lacks.borrow_mut().insert(Lack::Budget);
            if index.generous {
                patterns.extend(index.names_for(self.by, &[*give], &[], "group").0);
            }
        }
        for pattern in patterns {
            let arn = pattern.example(probe::NAME);
            if self
                .search
                .names
                .taken_by(PrincipalKind::Group, &arn)
                .is_some()
            {
                continue;
            }
            let allowed = others
                .iter()
                .map(|it| index.allowed(*it, self.by.asks(&arn)));
            let allowed = match allowed.collect::<Option<Vec<_>>>() {
                Some(allowed) => allowed,
                None if index.generous && !is_all => Vec::new(),
                None => continue,
            };
            for mut effect in self.more(&arn, target) {
                effect.before.allowed.extend(allowed.clone());
                effects.push(effect);
            }
        }
        effects
    }

    fn unbound(&self, holder: &Principal, target: Option<&Target>) -> Vec<Effect> {
        let who = &self.node.who;
        if who.boundary.is_none() {
            return Vec::new();
        }
        let without = |boundary| {
            let after = EffectivePermissions { boundary, ..who.clone() };
            Effect::new(&holder.arn, target.cloned(), after)
        };
        if !self.first_action().contains(":put") {
            return vec![without(None)];
        }
        let mut effects = Vec::new();
        let action = self.method.actions[0];
        let offered = self.index.offered(self.by, action, BOUNDARY).into_iter();
        for offered in offered.chain(self.index.chosen(self.by, action, BOUNDARY)) {
            if who.boundary != Some(offered.policy) {
                effects.push(without(Some(offered.policy)).offering(BOUNDARY, offered));
            }
        }
        effects
    }

    fn retagged(&self, holder: &Principal, target: Option<&Target>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let identity = &self.node.who.identity;
        if !self.search.names.tags_matter || self.search.cast.is_nobody(identity) {
            return effects;
        }
        let asked = self.by.asks_about(identity);
        let taggings = self.index.taggings(self.method.actions[0], asked, None);
        for (tagging, _) in taggings {
            let retagged = self.search.cast.version(tagging.apply(holder));
            if !Rc::ptr_eq(&retagged, identity) {
                let after = EffectivePermissions { identity: retagged, ..self.node.who.clone() };
                let mut effect = Effect::new(&holder.arn, target.cloned(), after);
                effect.brings = tagging.brought();
                effects.push(effect);
            }
        }
        effects
    }

    fn first_action(&self) -> &str {
        &self.method.actions[0].get().lower
    }
}
