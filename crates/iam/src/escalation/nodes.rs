//! The nodes of the graph: principals, holders of a single policy, and both as they would be after
//! a change.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use portcullis_model::PrincipalKind;

use super::Certainty;
use super::effective_permissions::EffectivePermissions;
use super::step::{Found, Rank};
use crate::account::{Account, ChosenTags, PolicyId, Principal, PrincipalId, id};
use crate::probe;

/// Condition keys, as the policies spell them.
pub(super) type Keys = Rc<[String]>;

id!(pub(super) NodeId, "a node in the search");

/// Somebody with permissions.
pub(super) struct Node {
    pub(super) who: EffectivePermissions,
    pub(super) kind: NodeKind,
    /// The user or role that it is; none: the users of a group, or the holders of a policy.
    pub(super) holder: Option<PrincipalId>,
    /// If it is an administrator: the condition keys on which that depends.
    pub(super) administrator: Option<Keys>,
    /// How privileged it is; none: not at all.
    pub(super) rank: Option<Rank>,
    /// The best way by each method, by the method's index.
    pub(super) ways: BTreeMap<u16, Found>,
    pub(super) removable_guards: BTreeSet<PolicyId>,
    /// What a changed node was before any change; otherwise the node itself.
    pub(super) origin: NodeId,
    /// The number of statements in all nodes that result from changes to this one.
    pub(super) work: usize,
    /// Who created a new principal, or the one that created it; otherwise what the node was before
    /// any change.
    pub(super) creator: NodeId,
    /// The number of changes of changed nodes that were tried for this node.
    pub(super) tries: usize,
    /// For a new principal: its place in the chain of new principals that created each other, from
    /// 1.
    pub(super) generation: u8,
}

/// Whose privileges a node holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NodeKind {
    /// A user, a role, or the users of a group.
    Principal(PrincipalId),
    /// A role whose session has tags chosen by the caller: the index of the tagging.
    Session(PrincipalId, usize),
    /// Somebody who has one policy and nothing else.
    Policy,
    /// One of them as it would be after a change.
    Changed,
}

impl Node {
    pub(super) fn is_user(&self) -> bool {
        self.who.identity.kind == PrincipalKind::User
    }

    /// Whether it is an administrator in every request.
    pub(super) fn is_always_administrator(&self) -> bool {
        self.administrator
            .as_ref()
            .is_some_and(|keys| keys.is_empty())
    }

    /// Whether it is privileged for certain.
    pub(super) fn is_sure(&self) -> bool {
        self.rank
            .is_some_and(|rank| rank.certainty == Certainty::Certain)
    }
}

/// The identities that nodes act as: the principals as they are, and with other tags.
pub(super) struct Cast {
    /// A user and a role that stand for the users of a group, or for the holders of a policy.
    pub(super) nobody: [Rc<Principal>; 2],
    /// By ARN: the principal as it is, and with other tags.
    versions: RefCell<HashMap<String, Vec<Rc<Principal>>>>,
}

/// The most versions of one principal to distinguish; any further ones count as one that chooses
/// its tags.
const MANY_VERSIONS: usize = 30;

impl Cast {
    pub(super) fn new(account: &Account) -> Cast {
        let nobody = [PrincipalKind::User, PrincipalKind::Role].map(|kind| {
            let arn = probe::iam_resource(account, kind.word());
            Rc::new(Principal::new(kind, &arn, probe::NAME))
        });
        Cast { nobody, versions: RefCell::default() }
    }

    /// Whether an identity stands for nobody in particular.
    pub(super) fn is_nobody(&self, identity: &Rc<Principal>) -> bool {
        self.nobody
            .iter()
            .any(|nobody| Rc::ptr_eq(nobody, identity))
    }

    /// The identity of a principal with its tags, shared by all nodes that have it.
    pub(super) fn version(&self, mut principal: Principal) -> Rc<Principal> {
        let mut versions = self.versions.borrow_mut();
        let known = versions.entry(principal.arn.clone()).or_default();
        if known.len() > MANY_VERSIONS {
            principal.chosen_tags = ChosenTags::All;
        }
        for version in &*known {
            if version.tags == principal.tags && version.chosen_tags == principal.chosen_tags {
                return Rc::clone(version);
            }
        }
        known.push(Rc::new(principal));
        Rc::clone(&known[known.len() - 1])
    }
}

/// All policies of a principal, including those of its groups, and `unknown` if it has more than
/// are known.
pub(crate) fn policies_of(
    account: &Account,
    principal: &Principal,
    unknown: Option<PolicyId>,
) -> Rc<[PolicyId]> {
    let mut policies = principal.policies.clone();
    for group in &principal.groups {
        policies.extend(&account.principal(*group).policies);
    }
    policies.extend(unknown.filter(|_| principal.incomplete));
    sorted(policies)
}

/// Sorts ids and removes duplicates.
pub(super) fn sorted<T: Ord>(places: impl IntoIterator<Item = T>) -> Rc<[T]> {
    let mut places: Vec<T> = places.into_iter().collect();
    places.sort_unstable();
    places.dedup();
    places.into()
}
