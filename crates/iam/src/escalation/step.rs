//! Steps from one principal to another, and the ways that are made of them.

use std::collections::BTreeSet;

use super::Certainty;
use super::methods::ActionId;
use crate::account::{PolicyId, PrincipalId};

/// How privileged somebody is: the surest first, then the closest to an administrator.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Rank {
    pub(super) certainty: Certainty,
    /// The number of steps, negated so that fewer are more.
    pub(super) closeness: i32,
}

/// A statement that allows an action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Allowed {
    pub(super) action: ActionId,
    pub(super) by: Grantor,
    /// The place of the statement.
    pub(super) statement: usize,
    pub(super) certainty: Certainty,
    /// The condition keys that it hangs on.
    pub(super) keys: BTreeSet<String>,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Grantor {
    Policy(PolicyId),
    /// The trust policy of a role.
    Trust(PrincipalId),
}

/// A step that was found to be possible.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) allowed: Vec<Allowed>,
    /// How sure it can be at most, and because of what.
    pub(super) limit: Option<(Certainty, &'static str)>,
}

/// A way that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) certainty: Certainty,
    /// None: nothing that is known.
    pub(super) target: Option<Target>,
    pub(super) step: Step,
}

/// What a way acts on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    Principal(PrincipalId),
    /// A role with tags by whoever assumes it, which are in that place of those that are tried.
    Session(PrincipalId, usize),
    Policy(PolicyId),
    /// A provider, by ARN, and a role that trusts it.
    Provider(String, PrincipalId),
}

impl Target {
    pub(super) fn principal(&self) -> Option<PrincipalId> {
        match self {
            Target::Principal(id) | Target::Session(id, _) => Some(*id),
            Target::Policy(_) | Target::Provider(..) => None,
        }
    }
}

impl Rank {
    pub(super) const ADMINISTRATOR: Rank = Rank { certainty: Certainty::Certain, closeness: 0 };

    /// The rank of an administrator, by the condition keys on which that depends.
    pub(super) fn of_administrator(keys: &[String]) -> Rank {
        let certainty = if keys.is_empty() { Certainty::Certain } else { Certainty::Conditional };
        Rank { certainty, ..Rank::ADMINISTRATOR }
    }

    /// The rank of whoever takes a step to somebody of this rank.
    pub(super) fn after(self, step: &Step) -> Rank {
        Rank { certainty: self.certainty.min(step.certainty()), closeness: self.closeness - 1 }
    }
}

impl Step {
    pub(super) fn new(allowed: Allowed) -> Step {
        Step { allowed: vec![allowed], limit: None }
    }

    /// A step that hangs on something that the account does not tell.
    pub(super) fn limited(certainty: Certainty, need: &'static str) -> Step {
        Step { allowed: Vec::new(), limit: Some((certainty, need)) }
    }

    /// How sure the step itself is.
    pub(super) fn certainty(&self) -> Certainty {
        let allowed = self.allowed.iter().map(|allowed| allowed.certainty);
        let limit = self.limit.map(|(certainty, _)| certainty);
        allowed.chain(limit).min().unwrap_or(Certainty::Certain)
    }

    /// This step and another that it needs.
    pub(super) fn and(mut self, other: Step) -> Step {
        self.allowed.extend(other.allowed);
        self.limit = self.limit.into_iter().chain(other.limit).min();
        self
    }
}
