//! Those whose privileges are searched: principals, holders of one policy, and both as they would be after
//! a change.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Certainty;
use super::effective_permissions::{EffectivePermissions, Policies};
use super::step::{Found, Rank};
use crate::account::{Account, ChosenTags, PolicyId, Principal, PrincipalId, PrincipalKind};
use crate::probe;

/// Condition keys, as the policies write them.
pub(super) type Keys = Rc<[String]>;

/// The place of a node in the search.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct NodeId(u32);

/// Somebody with permissions.
pub(super) struct Node<'a> {
    pub(super) who: EffectivePermissions<'a>,
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

impl Node<'_> {
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

impl NodeId {
    pub(super) fn new(place: usize) -> NodeId {
        NodeId(u32::try_from(place).expect("there are few changes of each principal"))
    }

    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}

/// Those who act, beside the principals as they are.
pub(super) struct Cast {
    /// A user and a role who are nobody in particular, in whose place the users of a group or the holders of
    /// a policy stand.
    pub(super) nobody: [Principal; 2],
    /// By the place of the principal: as it is with other tags.
    retagged: Vec<Versions>,
}

/// A principal with other tags, and again with others.
type Versions = OnceCell<Box<(Principal, VersionsAfter)>>;

#[derive(Clone, Default)]
struct VersionsAfter(Versions);

/// How many versions of one principal are told apart; any others stand for one that chooses its tags.
const MANY_VERSIONS: usize = 30;

impl Cast {
    pub(super) fn new(account: &Account) -> Cast {
        let nobody = [PrincipalKind::User, PrincipalKind::Role].map(|kind| {
            Principal::new(kind, &probe::iam_resource(account, kind.word()), probe::NAME)
        });
        Cast { nobody, retagged: vec![Versions::new(); account.principals.len()] }
    }

    /// A principal with other tags, made once.
    pub(super) fn retagged<'c>(
        &'c self,
        account: &'c Account,
        id: PrincipalId,
        mut changed: Principal,
    ) -> &'c Principal {
        let mut known = account.principal(id);
        let mut versions = &self.retagged[id.place()];
        let mut count = 0;
        while known.tags != changed.tags || known.chosen_tags != changed.chosen_tags {
            count += 1;
            if count == MANY_VERSIONS {
                changed.chosen_tags = ChosenTags::All;
            }
            let version =
                versions.get_or_init(|| Box::new((changed.clone(), VersionsAfter::default())));
            known = &version.0;
            versions = &version.1.0;
        }
        known
    }
}

/// All policies that a principal has, those of its groups included, and further ones that are not known.
pub(super) fn policies_of(
    account: &Account,
    principal: &Principal,
    unknown: Option<PolicyId>,
) -> Policies {
    let mut policies = principal.policies.clone();
    for group in &principal.groups {
        policies.extend(&account.principal(*group).policies);
    }
    policies.extend(unknown.filter(|_| principal.incomplete));
    sorted(policies)
}

/// Policies or groups by their places, each once.
pub(super) fn sorted<T: Ord>(mut places: Vec<T>) -> Rc<[T]> {
    places.sort_unstable();
    places.dedup();
    places.into()
}
