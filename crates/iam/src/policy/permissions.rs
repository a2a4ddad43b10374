//! What the policies of a principal, its permissions boundary and a resource policy decide together.

use super::{Decision, Effect, Statement};
use crate::context::Request;
use crate::trust::Grant;
use crate::truth::Truth;

/// From this many statements on, their conditions are not compared with those of others.
const MANY: usize = 8;

/// The statements about one action that decide what a principal may do.
pub(crate) struct Permissions<'a> {
    /// Those of its policies.
    pub(crate) own: Vec<&'a Statement>,
    /// Those of its permissions boundary; none: it has no boundary.
    pub(crate) boundary: Option<Vec<&'a Statement>>,
}

impl Permissions<'_> {
    /// The decision about a request, given what a resource policy of the account grants. A grant needs
    /// no permission, but nothing may deny it.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
    pub(crate) fn decide(&self, request: &Request<'_>, grant: Grant) -> Decision {
        if grant == Grant::ByPermission {
            return self.limit(Decision::by(self.own.iter().copied(), request), request);
        }
        let granted = all_but_denied(&self.own, request);
        match &self.boundary {
            Some(boundary) if grant == Grant::Whole => {
                granted.within(all_but_denied(boundary, request))
            }
            Some(boundary) => granted.within(Decision::by(boundary.iter().copied(), request)),
            None => granted,
        }
    }

    /// The decision of its policies within its permissions boundary. Where the conditions of each Allow
    /// exclude those of each Allow of the boundary, no request is allowed.
    pub(crate) fn limit(&self, decision: Decision, request: &Request<'_>) -> Decision {
        let Some(boundary) = &self.boundary else {
            return decision;
        };
        let decision = decision.within(Decision::by(boundary.iter().copied(), request));
        if !matches!(decision, Decision::Conditional(_)) {
            return decision;
        }
        let (own, bounding) = (allowing(&self.own, request), allowing(boundary, request));
        let excludes_all = |one: &&Statement| bounding.iter().all(|it| one.excludes(it, request));
        let is_known = own.len() < MANY && bounding.len() < MANY;
        if is_known && own.iter().all(excludes_all) {
            return Decision::Silent;
        }
        decision
    }
}

/// The first Allows that may apply.
fn allowing<'a>(statements: &[&'a Statement], request: &Request<'_>) -> Vec<&'a Statement> {
    let allows = statements.iter().copied().filter(|statement| {
        statement.effect == Effect::Allow && statement.applies(request).is_possible()
    });
    allows.take(MANY).collect()
}

/// The decision of statements to which one is added that allows everything.
fn all_but_denied(statements: &[&Statement], request: &Request<'_>) -> Decision {
    let denies = statements
        .iter()
        .filter(|statement| statement.effect == Effect::Deny);
    Decision::new(Truth::Yes, Truth::any(denies, |statement| statement.applies(request)))
}
