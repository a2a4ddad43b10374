//! What somebody would have after a method changed it.

use super::authority::{Authority, Index};
use super::methods::{Changes, Method};
use super::nodes::{Node, Target};
use crate::account::{PolicyId, PrincipalId};
use crate::context::Resource;
use crate::value::Value;
use portcullis_model::PolicyKind;

/// A change, and what its method must be allowed on.
pub(super) struct Effect<'a> {
    /// The ARN that the first action of the method acts on.
    pub(super) resource: String,
    pub(super) target: Target,
    pub(super) after: Authority<'a>,
    /// The policies that no longer apply.
    pub(super) removed: Vec<PolicyId>,
    /// What the request brings: the policy that is attached or detached, or the new boundary.
    pub(super) brings: Vec<(&'static str, String)>,
}

impl Changes {
    /// Whether a method changes what somebody in reach has.
    pub(super) fn is_of_holders(self) -> bool {
        matches!(
            self,
            Changes::PolicyText
                | Changes::PolicyVersion
                | Changes::UserPermissions
                | Changes::GroupPermissions
                | Changes::RolePermissions
                | Changes::UserBoundary
                | Changes::RoleBoundary
        ) || self.removes_guards()
    }

    /// Whether a method removes policies, whose Denies may stand in the way.
    pub(super) fn removes_guards(self) -> bool {
        matches!(
            self,
            Changes::UserAttachment
                | Changes::UserInline
                | Changes::RoleAttachment
                | Changes::RoleInline
                | Changes::GroupAttachment
                | Changes::GroupInline
                | Changes::GroupLeave
        )
    }
}

/// The changes that a method can make to what a node has.
pub(super) fn effects<'a>(index: &Index<'a>, node: &Node<'a>, method: &Method) -> Vec<Effect<'a>> {
    let identity = node.who.identity;
    let is_user = node.is_user();
    let holder = node.holder;
    let maker = Maker { index, node, holder, method };
    match method.changes {
        Changes::PolicyText => maker.new_texts(),
        Changes::PolicyVersion => maker.other_versions(),
        Changes::UserPermissions if is_user => maker.more_on(&identity.arn, holder),
        Changes::RolePermissions if !is_user => maker.more_on(&identity.arn, holder),
        Changes::GroupPermissions => {
            let groups = node.groups.iter();
            let effects = groups
                .map(|group| maker.more_on(&index.account.principal(*group).arn, Some(*group)));
            effects.flatten().collect()
        }
        Changes::UserBoundary if is_user => maker.no_boundary(),
        Changes::RoleBoundary if !is_user => maker.no_boundary(),
        Changes::UserAttachment if is_user => {
            maker.without(holder, &identity.policies, |kind| kind != PolicyKind::Inline)
        }
        Changes::RoleAttachment if !is_user => {
            maker.without(holder, &identity.policies, |kind| kind != PolicyKind::Inline)
        }
        Changes::UserInline if is_user => {
            maker.without(holder, &identity.policies, |kind| kind == PolicyKind::Inline)
        }
        Changes::RoleInline if !is_user => {
            maker.without(holder, &identity.policies, |kind| kind == PolicyKind::Inline)
        }
        Changes::GroupAttachment => maker.without_of_groups(|kind| kind != PolicyKind::Inline),
        Changes::GroupInline => maker.without_of_groups(|kind| kind == PolicyKind::Inline),
        Changes::GroupLeave => maker.without_of_groups(|_| true),
        _ => Vec::new(),
    }
}

struct Maker<'m, 'a> {
    index: &'m Index<'a>,
    node: &'m Node<'a>,
    /// Whom the node stands for; none: nobody in particular.
    holder: Option<PrincipalId>,
    method: &'m Method,
}

impl<'a> Maker<'_, 'a> {
    fn effect(&self, resource: &str, target: Target, after: Authority<'a>) -> Effect<'a> {
        Effect {
            resource: resource.to_owned(),
            target,
            after,
            removed: Vec::new(),
            brings: Vec::new(),
        }
    }

    fn with_policies(&self, change: impl FnOnce(&mut Vec<PolicyId>)) -> Authority<'a> {
        let mut policies = self.node.who.policies.to_vec();
        change(&mut policies);
        policies.sort_unstable();
        policies.dedup();
        Authority { policies: policies.into(), ..self.node.who.clone() }
    }

    fn without_denies_of(&self, policies: &[PolicyId]) -> Authority<'a> {
        let mut removed: Vec<PolicyId> =
            self.node.who.removed.iter().chain(policies).copied().collect();
        removed.sort_unstable();
        removed.dedup();
        Authority { removed: removed.into(), ..self.node.who.clone() }
    }

    fn with_everything(&self) -> Authority<'a> {
        self.with_policies(|policies| policies.push(self.index.everything()))
    }

    /// Policies of the account can be rewritten, those of AWS and inline ones not.
    fn own_policies(&self) -> impl Iterator<Item = PolicyId> {
        let account = self.index.account;
        let known = self.node.who.policies.iter().filter(|id| id.place() < account.policies.len());
        known.copied().filter(|id| account.policy(*id).kind == PolicyKind::CustomerManaged)
    }

    fn new_texts(&self) -> Vec<Effect<'a>> {
        let effect = |id| {
            let arn = &self.index.account.policy(id).id;
            self.effect(arn, Target::Policy(id), self.with_everything())
        };
        self.own_policies().map(effect).collect()
    }

    fn other_versions(&self) -> Vec<Effect<'a>> {
        let mut effects = Vec::new();
        for id in self.own_policies() {
            let policy = self.index.account.policy(id);
            for version in &policy.other_versions {
                let after = self.with_policies(|policies| {
                    policies.retain(|other| *other != id);
                    policies.push(*version);
                });
                effects.push(self.effect(&policy.id, Target::Policy(id), after));
            }
        }
        effects
    }

    /// Any policy is put in; to attach one, it must be a policy that makes a difference.
    fn more_on(&self, arn: &str, changed: Option<PrincipalId>) -> Vec<Effect<'a>> {
        let target = changed.or(self.holder).map(Target::Principal);
        let Some(target) = target.or_else(|| self.stand_in()) else { return Vec::new() };
        let action = &self.index.methods.action(self.method.actions[0]).lower;
        let mut effect = self.effect(arn, target, self.with_everything());
        if action.contains(":attach") {
            effect.brings.push(("iam:policyarn", self.index.administrator_policy()));
        }
        vec![effect]
    }

    /// What a way of nobody in particular acts on: the policy that it has.
    fn stand_in(&self) -> Option<Target> {
        self.node.who.policies.first().map(|policy| Target::Policy(*policy))
    }

    fn no_boundary(&self) -> Vec<Effect<'a>> {
        let (Some(_), Some(holder)) = (self.node.who.boundary, self.holder) else {
            return Vec::new();
        };
        let after = Authority { boundary: None, ..self.node.who.clone() };
        let action = &self.index.methods.action(self.method.actions[0]).lower;
        let mut effect = self.effect(&self.node.who.identity.arn, Target::Principal(holder), after);
        if action.contains(":put") {
            effect.brings.push(("iam:permissionsboundary", self.index.administrator_policy()));
        }
        vec![effect]
    }

    /// Each policy that holds the node back is removed, each by a request of its own.
    fn without(
        &self,
        changed: Option<PrincipalId>,
        policies: &[PolicyId],
        is_kind: impl Fn(PolicyKind) -> bool,
    ) -> Vec<Effect<'a>> {
        let Some(changed) = changed else { return Vec::new() };
        let account = self.index.account;
        let who = &self.node.who;
        let in_force = |id: &&PolicyId| who.policies.contains(id) && !who.removed.contains(id);
        let mut effects = Vec::new();
        for id in policies.iter().filter(in_force) {
            let policy = account.policy(*id);
            if !is_kind(policy.kind) || !self.index.holds_back(*id) {
                continue;
            }
            let after = self.without_denies_of(&[*id]);
            let arn = &account.principal(changed).arn;
            let mut effect = self.effect(arn, Target::Policy(*id), after);
            effect.removed.push(*id);
            effect.brings.push(("iam:policyarn", policy.id.clone()));
            effects.push(effect);
        }
        effects
    }

    fn without_of_groups(&self, is_kind: impl Fn(PolicyKind) -> bool) -> Vec<Effect<'a>> {
        let mut effects = Vec::new();
        for group in &self.node.groups {
            let policies = &self.index.account.principal(*group).policies;
            if self.method.changes == Changes::GroupLeave {
                effects.extend(self.left(*group, policies));
            } else {
                effects.extend(self.without(Some(*group), policies, &is_kind));
            }
        }
        effects
    }

    fn left(&self, group: PrincipalId, policies: &[PolicyId]) -> Option<Effect<'a>> {
        let in_force = |id: &PolicyId| !self.node.who.removed.contains(id);
        let guards = policies.iter().copied().filter(|id| self.index.holds_back(*id));
        let removed: Vec<PolicyId> = guards.filter(in_force).collect();
        if removed.is_empty() || self.holder.is_none() {
            return None;
        }
        let after = self.without_denies_of(&removed);
        let arn = &self.index.account.principal(group).arn;
        Some(Effect { removed, ..self.effect(arn, Target::Principal(group), after) })
    }
}

impl Effect<'_> {
    /// Takes in the removal of another policy from the same holder.
    pub(super) fn join(&mut self, other: Self) {
        let mut removed: Vec<PolicyId> =
            self.after.removed.iter().chain(&*other.after.removed).copied().collect();
        removed.sort_unstable();
        removed.dedup();
        self.after.removed = removed.into();
        self.removed.extend(other.removed);
    }

    /// The values that the request brings.
    pub(super) fn brought(&self) -> Vec<(&str, Value<'_>)> {
        self.brings.iter().map(|(key, value)| (*key, Value::one(value.as_str()))).collect()
    }

    /// What the request is about, for the keys that tell of it.
    pub(super) fn about<'r>(&self, node: &Node<'r>) -> Resource<'r> {
        if self.resource == node.who.identity.arn {
            Resource::Principal(node.who.identity)
        } else {
            Resource::Own
        }
    }
}
