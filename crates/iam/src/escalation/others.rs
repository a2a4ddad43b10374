//! Changes that a node makes as somebody else: to itself, or to a third party that only the other
//! can become.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use portcullis_model::PrincipalKind;

use super::Certainty;
use super::edges::Edge;
use super::methods::Changes;
use super::nodes::{NodeId, NodeKind};
use super::reach::{Explored, Reached};
use super::search::{Search, Wait};
use super::step::Step;
use crate::account::PrincipalId;

/// Who can become somebody, and how.
type Becoming = BTreeMap<NodeId, Reached>;

/// What nodes have made of others as an actor, by node and other.
type Made = HashMap<(NodeId, NodeId), Explored>;

/// By principal: who can become it in one step; found once.
type Direct = HashMap<PrincipalId, Rc<Becoming>>;

impl Search<'_> {
    /// Looks for methods that nodes can use as somebody else, on targets that this one cannot
    /// become.
    pub(super) fn look_through_others(&mut self) {
        let mut direct = Direct::new();
        for actor in self.account().principal_ids() {
            let node = self.of_principal[actor.place()];
            if self.account().principal(actor).kind == PrincipalKind::Group || !self.is_open(node) {
                continue;
            }
            if Wait::all(node).any(|by| self.is_of_use(by)) {
                let becoming = self.becoming(actor, &mut direct);
                self.look_through(actor, &becoming, &mut direct);
            }
        }
    }

    /// Whether a method may change something about others.
    fn is_of_use(&self, by: Wait) -> bool {
        let method = by.method;
        if method.changes == Changes::RoleTrust {
            return self.rewrites_for_others(by);
        }
        method.changes.alters_reached()
            && self.mentions(by)
            && match method.changes {
                Changes::NewGroup => {
                    let who = &self.node(by.node).who;
                    method
                        .actions
                        .iter()
                        .all(|action| self.index.mentions(who, *action))
                }
                _ => !self.in_range(by.node, method.actions[0]).is_empty(),
            }
    }

    /// Tries the methods of an actor on those who can become it, and on whom they can become.
    fn look_through(&mut self, actor: PrincipalId, becoming: &Becoming, direct: &mut Direct) {
        if becoming.is_empty() {
            return;
        }
        let mut made = Made::new();
        let mut owners = HashMap::new();
        for by in Wait::all(self.of_principal[actor.place()]) {
            if !self.is_of_use(by) {
                continue;
            }
            if by.method.changes == Changes::RoleTrust {
                self.let_in_those(by, becoming);
            } else {
                self.change_those(by, becoming, &mut made);
                self.change_thirds(by, (actor, becoming), &mut owners, direct, &mut made);
            }
        }
    }

    /// Tries to rewrite trust policies for those who can become the one that rewrites them.
    fn let_in_those(&mut self, by: Wait, becoming: &Becoming) {
        for (role, step) in self.opened_for_others(by) {
            let to = self.of_principal[role.place()];
            for (id, reached) in becoming {
                if *id != to && self.may_be_let_in(*id, role) {
                    let edge = Edge::through(reached, by, *id);
                    self.lead_to(to, edge.with(None, step.clone()));
                }
            }
        }
    }

    /// Tries a method on those who can become the one that uses it.
    fn change_those(&mut self, by: Wait, becoming: &Becoming, made: &mut Made) {
        for (id, reached) in becoming {
            if self.is_as_powerful(*id, by.node) {
                continue;
            }
            let edge = Edge::through(reached, by, *id);
            if by.method.changes == Changes::Permissions(PrincipalKind::Group) {
                self.change_joined_groups(&edge);
            }
            self.change_other(&edge, made.entry((*id, *id)).or_default());
        }
    }

    /// Tries a method of an actor on third parties that those who can become the actor can become
    /// too.
    fn change_thirds(
        &mut self,
        by: Wait,
        (actor, becoming): (PrincipalId, &Becoming),
        owners: &mut HashMap<PrincipalId, Becoming>,
        direct: &mut Direct,
        made: &mut Made,
    ) {
        for third in self.others(by, actor) {
            if self.directly(third, direct).contains_key(&by.node) {
                continue;
            }
            let owners = owners
                .entry(third)
                .or_insert_with(|| self.becoming(third, direct));
            if owners.contains_key(&by.node) {
                continue;
            }
            let node = self.of_principal[third.place()];
            for (id, reached) in owners.iter() {
                let Some(to_actor) = becoming.get(id) else {
                    continue;
                };
                let mut edge = Edge::through(to_actor, by, node);
                edge.besides = edge.besides.and(reached.step.clone());
                self.change_other(&edge, made.entry((*id, node)).or_default());
            }
        }
    }

    /// The others whose permissions a method may change.
    fn others(&self, by: Wait, actor: PrincipalId) -> BTreeSet<PrincipalId> {
        let mut others = BTreeSet::new();
        if by.method.changes.joins() {
            let is_user =
                |id: &PrincipalId| self.account().principal(*id).kind == PrincipalKind::User;
            others.extend(self.account().principal_ids().filter(is_user));
        } else {
            let targets = self.in_range(by.node, by.method.actions[0]);
            others.extend(targets.iter().flat_map(|(_, holders)| &**holders));
        }
        others.remove(&actor);
        others
    }

    /// Whether a node may still become privileged for certain.
    fn is_open(&self, id: NodeId) -> bool {
        let node = self.node(id);
        !node.is_sure() && !node.who.identity.service_linked
    }

    /// All who can become a principal, directly or through others, by the most certain path.
    fn becoming(&self, id: PrincipalId, direct: &mut Direct) -> Becoming {
        let mut becoming = Becoming::new();
        let mut left = VecDeque::from([(id, Step::default())]);
        while let Some((to, rest)) = left.pop_front() {
            let before = self.directly(to, direct);
            let from_there = rest.certainty();
            for (node, reached) in &*before {
                let known = becoming.get(node).map(|it| it.step.certainty());
                let certainty = from_there.min(reached.step.certainty());
                if known >= Some(certainty) || *node == self.of_principal[id.place()] {
                    continue;
                }
                let step = reached.step.clone().and(rest.clone());
                if let NodeKind::Principal(before) = self.node(*node).kind {
                    left.push_back((before, step.clone()));
                }
                becoming.insert(*node, Reached { id, first: reached.first.clone(), step });
            }
        }
        becoming
    }

    /// Whether a node may do by itself whatever another may, since they have the same policies.
    fn is_as_powerful(&self, id: NodeId, other: NodeId) -> bool {
        let (who, other) = (&self.node(id).who, &self.node(other).who);
        who.policies == other.policies
            && who.boundary == other.boundary
            && self.index.is_impersonal(who)
            && self.index.is_impersonal(other)
    }

    /// Who can become a principal in one step, found once.
    fn directly(&self, id: PrincipalId, direct: &mut Direct) -> Rc<Becoming> {
        let known = direct
            .entry(id)
            .or_insert_with(|| Rc::new(self.becoming_directly(id)));
        Rc::clone(known)
    }

    /// Who can become a principal in one step.
    fn becoming_directly(&self, id: PrincipalId) -> Becoming {
        let mut becoming = Becoming::new();
        for (wait, resource, target) in self.candidates(id) {
            let known = becoming
                .get(&wait.node)
                .map(|it: &Reached| it.step.certainty());
            if known == Some(Certainty::Certain) || !self.is_open(wait.node) || !self.may_gain(wait)
            {
                continue;
            }
            if let Some(step) = self.attempt(wait, &resource, &target)
                && known < Some(step.certainty())
                && !self.gains_nothing(wait, step.certainty())
            {
                becoming.insert(wait.node, Reached { id, first: (wait, target), step });
            }
        }
        becoming
    }
}
