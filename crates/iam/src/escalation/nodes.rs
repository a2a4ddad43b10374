//! Those whose privileges are searched: principals, holders of one policy, and principals as they would
//! be after a change.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Certainty;
use super::authority::{Allowed, Authority};
use crate::account::{Account, PolicyId, Principal, PrincipalId, PrincipalKind};
use crate::probe;
use crate::trust::Grant;

/// The place of a node in the search.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct NodeId(u32);

/// Somebody with permissions.
pub(super) struct Node<'a> {
    pub(super) who: Authority<'a>,
    pub(super) subject: Subject,
    /// The user or role that it is; none: the users of a group, or the holders of a policy.
    pub(super) holder: Option<PrincipalId>,
    /// The groups whose policies it has.
    pub(super) groups: Vec<PrincipalId>,
    pub(super) administrator: bool,
    /// How privileged it is; none: it is not.
    pub(super) rank: Option<Rank>,
    /// The best way of each method, by the method's place.
    pub(super) ways: BTreeMap<u16, Found>,
    pub(super) removable_guards: BTreeSet<PolicyId>,
}

/// Whose privileges a node holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Subject {
    /// A user, a role, or the users of a group.
    Principal(PrincipalId),
    /// Whoever has a policy alone.
    Policy,
    /// One of them as it would be after a change.
    Changed,
}

/// How privileged a node is: the surest first, then the closest to an administrator.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Rank {
    pub(super) certainty: Certainty,
    /// The number of steps, negated so that fewer are more.
    pub(super) closeness: i32,
}

/// A step that was found to be possible.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) allowed: Vec<Allowed>,
    pub(super) admission: Option<Admitted>,
    /// What it hangs on beside condition keys.
    pub(super) needs: Vec<&'static str>,
    /// How sure it can be at most.
    pub(super) at_most: Option<Certainty>,
}

/// That a role's trust policy admits somebody.
#[derive(Clone, Debug)]
pub(super) struct Admitted {
    pub(super) role: PrincipalId,
    pub(super) statement: String,
    pub(super) certainty: Certainty,
    pub(super) keys: BTreeSet<String>,
    pub(super) grant: Grant,
}

/// A way that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) certainty: Certainty,
    pub(super) target: Option<Target>,
    pub(super) step: Step,
}

/// What a way acts on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    Principal(PrincipalId),
    Policy(PolicyId),
    /// A provider, by ARN.
    Provider(String),
}

impl Rank {
    pub(super) const ADMINISTRATOR: Rank = Rank { certainty: Certainty::Certain, closeness: 0 };
}

impl Step {
    /// How sure the step itself is.
    pub(super) fn certainty(&self) -> Certainty {
        let allowed = self.allowed.iter().map(|allowed| allowed.certainty);
        let admitted = self.admission.iter().map(|admitted| admitted.certainty);
        let all = allowed.chain(admitted).chain(self.at_most);
        all.min().unwrap_or(Certainty::Certain)
    }

    /// Limits how sure the step is, because of what it needs.
    pub(super) fn limit(&mut self, at_most: Certainty, need: &'static str) {
        self.at_most = self.at_most.into_iter().chain([at_most]).min();
        self.needs.push(need);
    }

    /// This step and another that it needs.
    pub(super) fn and(mut self, other: Step) -> Step {
        self.allowed.extend(other.allowed);
        self.admission = self.admission.or(other.admission);
        self.needs.extend(other.needs);
        self.at_most = self.at_most.into_iter().chain(other.at_most).min();
        self
    }
}

impl Node<'_> {
    pub(super) fn is_user(&self) -> bool {
        self.who.identity.kind == PrincipalKind::User
    }
}

impl NodeId {
    pub(super) fn new(place: usize) -> NodeId {
        NodeId(u32::try_from(place).expect("there are few changes of each principal"))
    }

    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}

/// Nobody in particular, in whose place a group's users or the holders of a policy stand.
pub(super) fn nobody(account: &Account, kind: PrincipalKind) -> Principal {
    let word = if kind == PrincipalKind::User { "user" } else { "role" };
    Principal::new(kind, &probe::iam_resource(account, word), probe::NAME)
}

/// All policies that a principal has, those of its groups included.
pub(super) fn policies_of(
    account: &Account,
    principal: &Principal,
    unknown: Option<PolicyId>,
) -> Rc<[PolicyId]> {
    let mut policies = principal.policies.clone();
    for group in &principal.groups {
        policies.extend(&account.principal(*group).policies);
    }
    policies.extend(unknown.filter(|_| principal.incomplete));
    policies.sort_unstable();
    policies.dedup();
    policies.into()
}
