//! Principals that were not listed.

use std::collections::HashSet;

use portcullis_model::PrincipalKind;

use super::Certainty;
use super::methods::{ActionId, Changes};
use super::nodes::NodeId;
use super::search::{Search, Wait};
use super::step::{Rank, Step};
use crate::account::Principal;
use crate::probe;
use crate::trust::ASSUME_ROLE;

/// The kind of a principal, as in ARNs, and its name, which is unique regardless of the path.
type Name<'a> = (&'static str, &'a str);

impl Search<'_> {
    /// Adds ways by methods that principals which were not listed may serve for.
    pub(super) fn suppose_unlisted(&mut self) {
        let listed: HashSet<Name<'_>> = self
            .account()
            .principals
            .iter()
            .map(|it| (it.kind.word(), it.name.as_str()))
            .collect();
        let policies = self.of_policy.concat();
        for id in [self.of_principal.clone(), policies].concat() {
            for by in Wait::all(id) {
                if self.may_serve(by, &listed) {
                    let step = Step::limited(Certainty::Possible, "principals that are not listed");
                    self.found(by, None, step, Rank::ADMINISTRATOR);
                }
            }
        }
    }

    /// Whether a method may act on an unlisted principal, or on what such a principal has or
    /// trusts.
    fn may_serve(&mut self, by: Wait, listed: &HashSet<Name<'_>>) -> bool {
        let Wait { node: id, method } = by;
        let Some(kind) = method.changes.kind_of_target() else {
            return false;
        };
        let unlisted = self
            .account()
            .unlisted
            .iter()
            .any(|unlisted| unlisted.word() == kind);
        let is_of_principals = !["policy", "saml-provider", "oidc-provider"].contains(&kind);
        if (is_of_principals && !unlisted) || !self.may_use_all(id, &method.actions[1..]) {
            return false;
        }
        let who = &self.node(id).who;
        let mut examples = self.index.examples_of_kind(who, &method.actions[..1], kind);
        examples.retain(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            !listed.contains(&(kind, name))
        });
        let first = method.actions[0];
        let is_allowed = |arn: &String| self.index.allowed(first, who.asks(arn)).is_some();
        examples.iter().any(is_allowed)
            || method.changes == Changes::RoleSession && self.may_be_named(id)
    }

    /// Whether a role may admit a node that needs no permission.
    fn may_be_named(&self, id: NodeId) -> bool {
        let (node, assume) = (self.node(id), ActionId::named(ASSUME_ROLE));
        let arn = probe::iam_resource(self.account(), PrincipalKind::Role.word());
        let role = Principal::new(PrincipalKind::Role, &arn, probe::NAME);
        let left = self.index.left_of_grant(&node.who, assume, &role, false);
        self.is_somebody(id) && left.is_some()
    }
}
