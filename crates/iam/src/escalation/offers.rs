//! The policies that somebody may attach or set as a boundary, and what makes room for a method.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::PolicyKind;

use super::Certainty;
use super::effective_permissions::{Asked, EffectivePermissions, Index};
use super::methods::{ActionId, Changes, Method, Methods};
use super::resources::common_to;
use super::step::{Step, Target};
use crate::account::{Account, PolicyId};
use crate::context::Resource;
use crate::pattern::Pattern;
use crate::policy::Effect;
use crate::probe;
use crate::truth::Lack;

/// A policy that somebody may attach or set as a boundary.
#[derive(Clone)]
pub(super) struct Offered {
    pub(super) arn: String,
    pub(super) policy: PolicyId,
    /// How it is created, or rewritten to allow everything.
    pub(super) before: Step,
}

impl Offered {
    fn new(arn: String, policy: PolicyId) -> Offered {
        Offered { arn, policy, before: Step::default() }
    }
}

impl Index<'_> {
    /// The policies that allow everything and that an action may use: AWS's own and, where a
    /// statement selects policies by the condition key, those of the account and those that can be
    /// created or rewritten.
    pub(super) fn offered(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        key: &str,
    ) -> Vec<Offered> {
        let mut offered = Vec::new();
        for name in ["AdministratorAccess", "IAMFullAccess"] {
            offered.push(Offered::new(self.aws_policy(name), self.everything()));
        }
        let named = self.named(who, action, key);
        if named.is_empty() {
            return offered;
        }
        for id in &self.wide {
            offered.push(Offered::new(self.account.policy(*id).id.clone(), *id));
        }
        offered.extend(self.created(who, &named));
        offered.extend(self.rewritten(who, action, key));
        offered
    }

    /// The other managed policies that statements about an action select by the condition key.
    pub(super) fn chosen(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        key: &str,
    ) -> Vec<Offered> {
        let mut chosen = Vec::new();
        for (arn, id) in self.selected(who, action, key) {
            if self.allows_everything(id).is_none() {
                chosen.push(Offered::new(arn.to_owned(), id));
            }
        }
        chosen
    }

    /// The managed policies that statements about an action select by the condition key.
    fn selected(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        key: &str,
    ) -> Vec<(&str, PolicyId)> {
        let named = self.named(who, action, key);
        let leaves_out = self.deciding(who, action).any(|statement| {
            let is_allow = statement.effect == Effect::Allow;
            statement
                .conditions
                .iter()
                .any(|it| it.key == key && it.negated == is_allow)
        });
        let mut selected = Vec::new();
        for (arn, id) in &self.managed {
            if leaves_out || named.iter().any(|pattern| pattern.matches(arn)) {
                selected.push((*arn, *id));
            }
        }
        selected
    }

    /// The patterns in conditions on the key, in statements about an action.
    fn named(&self, who: &EffectivePermissions, action: ActionId, key: &str) -> Vec<Pattern> {
        let request = self.request("", who.asks(""));
        let mut named = Vec::new();
        for condition in self
            .conditions(who, action)
            .iter()
            .filter(|it| it.key == key)
        {
            named.extend(condition.values.iter().map(|value| value.resolve(&request)));
        }
        named
    }

    /// Policies of the account that can be rewritten to allow everything.
    fn rewritten(&self, who: &EffectivePermissions, action: ActionId, key: &str) -> Vec<Offered> {
        let method = Methods::first(Changes::PolicyText);
        let rewrite = method.actions[0];
        let mut rewritten = Vec::new();
        if !self.mentions(who, rewrite) {
            return rewritten;
        }
        for (arn, id) in self.selected(who, action, key) {
            if self.account.policy(id).kind == PolicyKind::CustomerManaged
                && let Some(room) = self.room(who, method, arn, Some(&Target::Policy(id)))
                && let Some(step) = self.step(rewrite, who.asks(arn))
            {
                let (arn, policy) = (arn.to_owned(), self.everything());
                rewritten.push(Offered { arn, policy, before: room.and(step) });
            }
        }
        rewritten
    }

    /// Policies that can be created.
    fn created(&self, who: &EffectivePermissions, named: &[Pattern]) -> Vec<Offered> {
        let action = ActionId::named("iam:createpolicy");
        let (makable, mut is_all) = self.names_for(who, &[action], &[], "policy");
        let mut patterns = common_to(&makable, named, &mut is_all);
        patterns.extend(common_to(&patterns, named, &mut is_all));
        patterns.extend(makable);
        let arns: BTreeSet<String> = patterns.iter().map(|it| it.example(probe::NAME)).collect();
        let mut made = Vec::new();
        if !is_all {
            self.lacks.borrow_mut().insert(Lack::Budget);
            let any = named.first().filter(|_| self.generous);
            made.extend(any.map(|it| Offered::new(it.example(probe::NAME), self.everything())));
        }
        for arn in arns {
            if !self.managed.contains_key(arn.as_str())
                && let Some(before) = self.step(action, who.asks(&arn))
            {
                made.push(Offered { arn, policy: self.everything(), before });
            }
        }
        made
    }

    /// Whether a policy has the five versions that IAM keeps at most.
    fn is_full(&self, policy: PolicyId) -> bool {
        self.account.policy(policy).other_versions.len() >= 4
    }

    /// The steps that make IAM accept the first action of a method on its target; empty if it does
    /// now. Whoever signs in with a password is asked for MFA if the user has a device.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub(super) fn room(
        &self,
        who: &EffectivePermissions,
        method: &Method,
        resource: &str,
        target: Option<&Target>,
    ) -> Option<Step> {
        let account = self.account;
        let user = target
            .and_then(Target::principal)
            .map(|id| account.principal(id));
        let about = user.map_or(Resource::Own, Resource::Principal);
        let asked = Asked { about, ..who.asks(resource) };
        let action = &*method.actions[0].get().lower;
        let is_full = match (action, user, target) {
            ("iam:createaccesskey", Some(user), _) => user.access_keys >= Some(2),
            ("iam:createloginprofile", Some(user), _) => user.has_password == Some(true),
            ("iam:updateloginprofile", Some(user), _) => user.has_password == Some(false),
            ("iam:createpolicyversion", _, Some(Target::Policy(id))) => self.is_full(*id),
            _ => false,
        };
        let mut step = Step::default();
        if is_full {
            step = self.step(method.makes_room?, asked)?;
        }
        let by_password = action.ends_with("loginprofile");
        if by_password && user.is_some_and(|user| user.has_mfa == Some(true)) {
            let deactivate = ActionId::named("iam:deactivatemfadevice");
            let without = self.step(deactivate, asked);
            let limit = Step::limited(Certainty::Conditional, "the MFA device of the user");
            step = step.and(without.unwrap_or(limit));
        }
        Some(step)
    }
}

/// The managed policies by ARN, each in its default version.
pub(super) fn managed_policies(account: &Account) -> BTreeMap<&str, PolicyId> {
    let old: BTreeSet<_> = account
        .policies
        .iter()
        .flat_map(|it| &it.other_versions)
        .collect();
    let current = account.policy_ids().filter(|id| !old.contains(id));
    let managed = current.filter(|id| account.policy(*id).kind != PolicyKind::Inline);
    managed
        .map(|id| (account.policy(id).id.as_str(), id))
        .collect()
}
