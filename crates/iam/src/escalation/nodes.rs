//! Those whose privileges are searched: principals, holders of one policy, and both as they would be after
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

/// Condition keys, as the policies write them.
pub(super) type Keys = Rc<[String]>;

id!(pub(super) NodeId, "a node in the search");

/// Somebody with permissions.
pub(super) struct Node {
    pub(super) who: EffectivePermissions,
    pub(super) kind: NodeKind,
    /// The user or role that it is; none: the users of a group, or the holders of a policy.
    pub(super) holder: Option<PrincipalId>,
    /// The condition keys on which it depends that it is an administrator; none: it is not.
    pub(super) administrator: Option<Keys>,
    /// How privileged it is; none: it is not.
    pub(super) rank: Option<Rank>,
    /// The best way of each method, by the method's place.
    pub(super) ways: BTreeMap<u16, Found>,
    pub(super) removable_guards: BTreeSet<PolicyId>,
    /// Of a changed node: what it was before any change; else the node itself.
    pub(super) origin: NodeId,
    /// The statements of all nodes that are this one after changes.
    pub(super) work: usize,
    /// Of a newcomer: how many newcomers made each other before it, itself included.
    pub(super) generation: u8,
}

/// Whose privileges a node holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NodeKind {
    /// A user, a role, or the users of a group.
    Principal(PrincipalId),
    /// A role with tags by whoever assumes it, which are in that place of those that are tried.
    Session(PrincipalId, usize),
    /// Whoever has a policy alone.
    Policy,
    /// One of them as it would be after a change.
    Changed,
}

impl Node {
    pub(super) fn is_user(&self) -> bool {
        self.who.identity.kind == PrincipalKind::User
    }

    /// Whether it is an administrator whatever a request says.
    pub(super) fn is_always_administrator(&self) -> bool {
        self.administrator.as_ref().is_some_and(|keys| keys.is_empty())
    }

    /// Whether it is privileged for certain.
    pub(super) fn is_sure(&self) -> bool {
        self.rank.is_some_and(|rank| rank.certainty == Certainty::Certain)
    }
}

/// Those who act: the principals, as they are and with other tags.
pub(super) struct Cast {
    /// A user and a role who are nobody in particular, in whose place the users of a group or the holders of
    /// a policy stand.
    pub(super) nobody: [Rc<Principal>; 2],
    /// By ARN: each principal as it is, and with other tags.
    versions: RefCell<HashMap<String, Vec<Rc<Principal>>>>,
}

/// How many versions of one principal are told apart; any others stand for one that chooses its tags.
const MANY_VERSIONS: usize = 30;

impl Cast {
    pub(super) fn new(account: &Account) -> Cast {
        let nobody = [PrincipalKind::User, PrincipalKind::Role].map(|kind| {
            let arn = probe::iam_resource(account, kind.word());
            Rc::new(Principal::new(kind, &arn, probe::NAME))
        });
        Cast { nobody, versions: RefCell::default() }
    }

    /// Whether a principal is nobody in particular.
    pub(super) fn is_nobody(&self, identity: &Rc<Principal>) -> bool {
        self.nobody.iter().any(|nobody| Rc::ptr_eq(nobody, identity))
    }

    /// A principal with its tags, made once.
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

/// All policies that a principal has, those of its groups included, and further ones that are not known.
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

/// Policies or groups by their places, each once.
pub(super) fn sorted<T: Ord>(places: impl IntoIterator<Item = T>) -> Rc<[T]> {
    let mut places: Vec<T> = places.into_iter().collect();
    places.sort_unstable();
    places.dedup();
    places.into()
}
