//! What somebody would have after a method changed it.

use portcullis_model::PolicyKind;

use super::authority::{Authority, Index};
use super::methods::{Change, Method};
use super::nodes::{Node, sorted};
use super::step::Target;
use crate::account::{PolicyId, PrincipalKind};
use crate::context::Resource;
use crate::value::Value;

/// A change, and what the first action of its method must be allowed on.
pub(super) struct Effect<'a> {
    pub(super) resource: String,
    /// None: nobody in particular.
    pub(super) target: Option<Target>,
    pub(super) after: Authority<'a>,
    /// The policies that no longer apply.
    pub(super) removed: Vec<PolicyId>,
    /// What the request brings: the policy that is attached or detached, or the new boundary.
    brings: Option<(&'static str, String)>,
}

impl<'a> Effect<'a> {
    fn new(resource: &str, target: Option<Target>, after: Authority<'a>) -> Effect<'a> {
        let resource = resource.to_owned();
        Effect { resource, target, after, removed: Vec::new(), brings: None }
    }

    /// The values that the request brings.
    pub(super) fn brought(&self) -> Vec<(&str, Value<'_>)> {
        let brings = self.brings.iter();
        brings.map(|(key, value)| (*key, Value::one(value.as_str()))).collect()
    }

    /// What the request is about, for the keys that tell of it.
    pub(super) fn about<'r>(&self, node: &Node<'r>) -> Resource<'r> {
        if self.resource == node.who.identity.arn {
            Resource::Principal(node.who.identity)
        } else {
            Resource::Own
        }
    }

    /// Takes in the removal of another policy from the same holder.
    pub(super) fn join(&mut self, other: Effect<'a>) {
        let removed = self.after.removed.iter().chain(&*other.after.removed);
        self.after.removed = sorted(removed.copied().collect());
        self.removed.extend(other.removed);
    }
}

/// The changes that a method can make to what a node has.
pub(super) fn effects<'a>(index: &Index<'a>, node: &Node<'a>, method: &Method) -> Vec<Effect<'a>> {
    let account = index.account;
    let maker = Maker { index, node, method };
    let Some((change, kind)) = method.changes.of_holder() else { return Vec::new() };
    let mut effects = Vec::new();
    match kind {
        None => effects.extend(maker.rewritten_policies(change)),
        Some(PrincipalKind::Group) => {
            for group in &node.groups {
                let principal = account.principal(*group);
                let target = Some(Target::Principal(*group));
                effects.extend(maker.changes(change, target, &principal.arn, &principal.policies));
            }
        }
        Some(kind) if kind == node.who.identity.kind => {
            let identity = node.who.identity;
            let target = node.holder.map(Target::Principal);
            effects.extend(maker.changes(change, target, &identity.arn, &identity.policies));
        }
        Some(_) => {}
    }
    effects
}

struct Maker<'m, 'a> {
    index: &'m Index<'a>,
    node: &'m Node<'a>,
    method: &'m Method,
}

impl<'a> Maker<'_, 'a> {
    fn with_policies(&self, change: impl FnOnce(&mut Vec<PolicyId>)) -> Authority<'a> {
        let mut policies = self.node.who.policies.to_vec();
        change(&mut policies);
        Authority { policies: sorted(policies), ..self.node.who.clone() }
    }

    fn with_everything(&self) -> Authority<'a> {
        self.with_policies(|policies| policies.push(self.index.everything()))
    }

    /// Policies of the account can be rewritten, those of AWS and inline ones not; so can the boundary.
    fn rewritten_policies(&self, change: Change) -> Vec<Effect<'a>> {
        let who = &self.node.who;
        let mut effects = Vec::new();
        for id in who.policies.iter().copied().chain(who.boundary) {
            let Some(policy) = self.index.account.policies.get(id.place()) else { continue };
            if policy.kind != PolicyKind::CustomerManaged {
                continue;
            }
            let target = Some(Target::Policy(id));
            let holds_back = |id: &PolicyId| self.index.holds_back(*id);
            let can_lose_deny = change == Change::Permissions
                || policy.other_versions.iter().any(|version| !holds_back(version));
            if holds_back(&id) && can_lose_deny {
                let mut effect = Effect::new(&policy.id, target.clone(), self.removing(id));
                effect.removed.push(id);
                effects.push(effect);
            }
            let new_texts = match change {
                Change::Permissions => vec![self.index.everything()],
                _ => policy.other_versions.clone(),
            };
            for text in new_texts {
                let after = if who.boundary == Some(id) {
                    Authority { boundary: Some(text), ..who.clone() }
                } else {
                    self.with_policies(|policies| {
                        policies.retain(|other| *other != id);
                        policies.push(text);
                    })
                };
                effects.push(Effect::new(&policy.id, target.clone(), after));
            }
        }
        effects
    }

    fn removing(&self, policy: PolicyId) -> Authority<'a> {
        let who = &self.node.who;
        let removed = sorted(who.removed.iter().copied().chain([policy]).collect());
        Authority { removed, ..who.clone() }
    }

    /// The changes to a user, role or group, which has policies of its own.
    fn changes(
        &self,
        change: Change,
        target: Option<Target>,
        arn: &str,
        policies: &[PolicyId],
    ) -> Vec<Effect<'a>> {
        let account = self.index.account;
        let kind = |id: &PolicyId| account.policy(*id).kind;
        let removable: Vec<PolicyId> = match change {
            Change::Permissions => return self.more(target, arn),
            Change::Boundary => return self.unbound(target, arn).into_iter().collect(),
            Change::Attachment => {
                let attached = policies.iter().filter(|id| kind(id) != PolicyKind::Inline);
                attached.copied().collect()
            }
            Change::Inline => {
                let inline = policies.iter().filter(|id| kind(id) == PolicyKind::Inline);
                inline.copied().collect()
            }
            Change::Membership | Change::Version => policies.to_vec(),
        };
        let mut effects = Vec::new();
        for id in removable {
            let who = &self.node.who;
            let in_force = who.policies.contains(&id) && !who.removed.contains(&id);
            if !in_force || !self.index.holds_back(id) {
                continue;
            }
            let target = match change {
                Change::Membership => target.clone(),
                _ => Some(Target::Policy(id)),
            };
            let mut effect = Effect::new(arn, target, self.removing(id));
            effect.removed.push(id);
            effect.brings = Some(("iam:policyarn", account.policy(id).id.clone()));
            effects.push(effect);
        }
        effects
    }

    /// Any policy is put in; one that is attached must be one that makes a difference: one of AWS, or one that
    /// the permission itself names.
    fn more(&self, target: Option<Target>, arn: &str) -> Vec<Effect<'a>> {
        if !self.first_action().contains(":attach") {
            return vec![Effect::new(arn, target, self.with_everything())];
        }
        let mut effects = Vec::new();
        for name in ["AdministratorAccess", "IAMFullAccess"] {
            let mut effect = Effect::new(arn, target.clone(), self.with_everything());
            effect.brings = Some(("iam:policyarn", self.index.aws_policy(name)));
            effects.push(effect);
        }
        for id in self.index.named_policies(&self.node.who, self.method.actions[0]) {
            let after = self.with_policies(|policies| policies.push(id));
            let mut effect = Effect::new(arn, target.clone(), after);
            effect.brings = Some(("iam:policyarn", self.index.account.policy(id).id.clone()));
            effects.push(effect);
        }
        effects
    }

    fn unbound(&self, target: Option<Target>, arn: &str) -> Option<Effect<'a>> {
        self.node.who.boundary?;
        let after = Authority { boundary: None, ..self.node.who.clone() };
        let mut effect = Effect::new(arn, target, after);
        if self.first_action().contains(":put") {
            effect.brings =
                Some(("iam:permissionsboundary", self.index.aws_policy("AdministratorAccess")));
        }
        Some(effect)
    }

    fn first_action(&self) -> &str {
        &self.index.methods.action(self.method.actions[0]).lower
    }
}
