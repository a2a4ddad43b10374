//! Users and roles that are yet to be made, and whose maker gives them permissions and becomes them.

use super::Certainty;
use super::authority::{Asked, Authority};
use super::changes::{BOUNDARY, POLICY};
use super::methods::{ActionId, Method};
use super::search::{Search, Wait};
use super::step::{Rank, Step};
use crate::account::{Principal, PrincipalKind};
use crate::context::Resource;
use crate::value::Value;

impl Search<'_> {
    /// Notes how a node makes a user or role by the first action of a method, and gives it everything by
    /// the rest.
    pub(super) fn make(&mut self, by: Wait, method: &Method, kind: PrincipalKind) {
        let who = &self.node(by.node).who;
        if let Some(step) = self.surest_newcomer(who, method, kind) {
            self.found(by, None, step, Rank::ADMINISTRATOR);
        }
    }

    fn surest_newcomer(
        &self,
        who: &Authority<'_>,
        method: &Method,
        kind: PrincipalKind,
    ) -> Option<Step> {
        let mut best: Option<Step> = None;
        for arn in self.index.examples_of_kind(who, &method.actions, kind) {
            if self.names.is_taken(&arn) {
                continue;
            }
            let newcomer = Principal::new(kind, &arn, "");
            let unbounded = self.equip(who, method, &newcomer, &Value::Absent);
            best = best.into_iter().chain(unbounded).max_by_key(Step::certainty);
            for offered in self.index.offered(who, method.actions[0], BOUNDARY) {
                if best.as_ref().map(Step::certainty) == Some(Certainty::Certain) {
                    return best;
                }
                if self.index.allows_everything(offered.policy) {
                    let boundary = Value::one(offered.arn.as_str());
                    let step = self.equip(who, method, &newcomer, &boundary);
                    let step = step.map(|step| offered.before().and(step));
                    best = best.into_iter().chain(step).max_by_key(Step::certainty);
                }
            }
        }
        best
    }

    /// How all actions of a method are allowed on a newcomer with a boundary, and how one becomes it.
    fn equip(
        &self,
        who: &Authority<'_>,
        method: &Method,
        newcomer: &Principal,
        boundary: &Value<'_>,
    ) -> Option<Step> {
        let mut step = Step::default();
        for action in &method.actions {
            step = step.and(self.allowed_on(who, *action, newcomer, boundary)?);
        }
        if newcomer.kind == PrincipalKind::Role {
            // Its trust policy names the maker, who then needs no permission to assume it.
            let is_role = who.identity.kind == PrincipalKind::Role;
            let assume = self.index.methods.assume;
            let certainty = self.index.left_of_grant(who, assume, newcomer, is_role)?;
            if certainty != Certainty::Certain {
                step = step.and(Step::limited(certainty, "whether sts:AssumeRole is denied"));
            }
        }
        Some(step)
    }

    /// How an action is allowed on a newcomer; a policy that it attaches allows everything.
    fn allowed_on(
        &self,
        who: &Authority<'_>,
        action: ActionId,
        newcomer: &Principal,
        boundary: &Value<'_>,
    ) -> Option<Step> {
        let mut best: Option<Step> = None;
        for offered in self.index.offered(who, action, POLICY) {
            let brings = [(BOUNDARY, boundary.clone()), (POLICY, Value::one(offered.arn.as_str()))];
            let about = Resource::Principal(newcomer);
            let asked = Asked { resource: &newcomer.arn, about, brings: &brings };
            if self.index.allows_everything(offered.policy) {
                let allowed = self.index.allowed(who, action, asked);
                let step = allowed.map(|allowed| offered.before().and(Step::new(allowed)));
                best = best.into_iter().chain(step).max_by_key(Step::certainty);
            }
        }
        best
    }
}
