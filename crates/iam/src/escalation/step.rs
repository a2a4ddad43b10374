//! Steps from one node to another, and the ways that consist of them.

use std::collections::BTreeSet;

use super::Certainty;
use super::methods::ActionId;
use crate::account::{PolicyId, PrincipalId};

/// How privileged somebody is: by certainty first, then by closeness to an administrator.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Rank {
    pub(super) certainty: Certainty,
    /// The number of steps, negated so that fewer steps rank higher.
    pub(super) closeness: i32,
}

/// A statement that allows an action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Allowed {
    pub(super) action: ActionId,
    pub(super) by: Grantor,
    /// The index of the statement.
    pub(super) statement: usize,
    pub(super) certainty: Certainty,
    /// The condition keys that it depends on.
    pub(super) keys: BTreeSet<String>,
}

/// The policy that contains a statement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Grantor {
    Policy(PolicyId),
    /// The trust policy of a role.
    Trust(PrincipalId),
}

/// A possible step.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) allowed: Vec<Allowed>,
    /// The highest certainty that it can have, and the reason.
    pub(super) limit: Option<(Certainty, &'static str)>,
}

/// A way that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) certainty: Certainty,
    /// None: no known one.
    pub(super) target: Option<Target>,
    pub(super) step: Step,
}

/// The target of a way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    Principal(PrincipalId),
    /// A role whose session has tags chosen by the caller: the index of the tagging.
    Session(PrincipalId, usize),
    Policy(PolicyId),
    /// The ARN of a provider, and a role that trusts it.
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

    /// The rank of an administrator, given the condition keys on which that depends.
    pub(super) fn of_administrator(keys: &[String]) -> Rank {
        let certainty = if keys.is_empty() {
            Certainty::Certain
        } else {
            Certainty::Conditional
        };
        Rank { certainty, ..Rank::ADMINISTRATOR }
    }

    /// The rank of whoever takes a step to somebody with this rank.
    pub(super) fn after(self, step: &Step) -> Rank {
        Rank { certainty: self.certainty.min(step.certainty()), closeness: self.closeness - 1 }
    }
}

impl Step {
    pub(super) fn new(allowed: Allowed) -> Step {
        Step { allowed: vec![allowed], limit: None }
    }

    /// A step that depends on something that the account's data does not show.
    pub(super) fn limited(certainty: Certainty, need: &'static str) -> Step {
        Step { allowed: Vec::new(), limit: Some((certainty, need)) }
    }

    /// How certain the step is.
    pub(super) fn certainty(&self) -> Certainty {
        let allowed = self.allowed.iter().map(|allowed| allowed.certainty);
        let limit = self.limit.map(|(certainty, _)| certainty);
        allowed.chain(limit).min().unwrap_or(Certainty::Certain)
    }

    /// This step together with another that it needs.
    pub(super) fn and(mut self, other: Step) -> Step {
        self.allowed.extend(other.allowed);
        self.limit = self.limit.into_iter().chain(other.limit).min();
        self
    }
}
