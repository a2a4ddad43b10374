//! The edges of the graph: changes that turn one node into another.

use std::cmp::Reverse;
use std::rc::Rc;

use super::Certainty;
use super::changes::{Effect, effects};
use super::effective_permissions::{Asked, EffectivePermissions};
use super::methods::{ActionId, Changes, Methods};
use super::nodes::{NodeId, NodeKind};
use super::reach::Reached;
use super::search::{Search, Wait};
use super::step::{Found, Grantor, Rank, Step, Target};
use super::tags::borrowed;
use crate::account::PolicyId;
use crate::policy;
use crate::trust::ASSUME_ROLE;
use crate::truth::{Lack, Truth};
use crate::value::Value;

/// The most statements to look at while following the changes that one node's permissions may go
/// through. Changes can be combined with each other, so a hundred policies have too many
/// combinations to follow.
const BUDGET: usize = 10_000;

/// What a node costs besides its statements: the methods are tried, however few these are.
const NODE_COST: usize = 30;

/// The most changes of changed nodes to try for one node, whether its own, those of others that it
/// can become, or those of new principals that it creates.
const MANY_TRIES: usize = 3_000;

/// Changes to a node that lead to another node.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// Who makes the changes.
    pub(super) by: Wait,
    pub(super) owner: NodeId,
    /// The steps that it takes besides the changes: to become the owner, and to become whoever
    /// makes them.
    pub(super) besides: Step,
    /// For somebody who first becomes whoever makes the changes: the first step there, and its
    /// target.
    pub(super) first: Option<(Wait, Option<Target>)>,
    /// The condition keys that requests about the owner set, besides those of each change.
    pub(super) brings: Vec<(String, Value<'static>)>,
    /// The changes. If there are several, each removes a policy.
    pub(super) changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug)]
pub(super) struct Change {
    target: Option<Target>,
    step: Step,
    /// The policy that it removes because of its Denies.
    removes: Option<PolicyId>,
}

impl Edge {
    /// Creates an edge without changes.
    pub(super) fn new(by: Wait, owner: NodeId, besides: Step) -> Edge {
        Edge { by, owner, besides, first: None, brings: Vec::new(), changes: Vec::new() }
    }

    /// Creates an edge for somebody who first becomes whoever makes the changes.
    pub(super) fn through(reached: &Reached, by: Wait, owner: NodeId) -> Edge {
        let (way, target) = reached.first.clone();
        Edge { first: Some((way, Some(target))), ..Edge::new(by, owner, reached.step.clone()) }
    }

    /// The same edge with one change.
    pub(super) fn with(self, target: Option<Target>, step: Step) -> Edge {
        Edge { changes: vec![Change { target, step, removes: None }], ..self }
    }

    /// Who becomes privileged, and the method that it uses first.
    pub(super) fn way(&self) -> Wait {
        self.first.as_ref().map_or(self.by, |(wait, _)| *wait)
    }

    /// The target of the first step.
    pub(super) fn target(&self, change: &Change) -> Option<Target> {
        self.first
            .as_ref()
            .and_then(|(_, target)| target.as_ref())
            .or(change.target.as_ref())
            .cloned()
    }

    /// All steps that it takes to make the given changes, in the order in which the way takes them.
    pub(super) fn step(&self, changes: &[&Change]) -> Step {
        let mut steps: Vec<&Step> = changes.iter().map(|change| &change.step).collect();
        let first = if self.first.is_some() { 0 } else { steps.len() };
        steps.insert(first, &self.besides);
        steps
            .into_iter()
            .fold(Step::default(), |all, step| all.and(step.clone()))
    }
}

impl Search<'_> {
    /// Tries the method of an edge on its owner. Returns the nodes that the owner can turn into,
    /// each with the steps it takes.
    pub(super) fn change(&mut self, edge: &Edge) -> Vec<(NodeId, Step)> {
        let Edge { by, owner, .. } = *edge;
        let method = by.method;
        if self.node(owner).kind == NodeKind::Changed {
            let creator = self.node(edge.way().node).creator;
            self.nodes[creator.place()].tries += 1;
            if self.node(creator).tries > MANY_TRIES {
                self.give_up(edge.way(), None, edge.besides.clone());
                return Vec::new();
            }
        }
        let actor = self.node(by.node).who.clone();
        // All policies that deny are removed together, each by a request of its own; groups are
        // joined likewise.
        let mut together: Option<(Effect, Edge)> = None;
        let mut alone = Vec::new();
        for effect in effects(self, &actor, self.node(owner), method) {
            let about = effect.about(self.node(owner), self.account());
            let brings = [effect.brought(), borrowed(&edge.brings)].concat();
            let asked = Asked { about, brings: &brings, ..actor.asks(&effect.resource) };
            let Some(step) = self.index.step(method.actions[0], asked) else {
                continue;
            };
            let target = effect.target.clone();
            let room = self
                .index
                .room(&actor, method, &effect.resource, target.as_ref());
            let Some(room) = room else { continue };
            let step = effect.before.clone().and(step).and(room);
            let certainty = step.certainty().min(edge.besides.certainty());
            if effect.removed.is_none() && self.gains_nothing(edge.way(), certainty) {
                continue;
            }
            let goes_together = effect.goes_together
                && (effect.removed.is_some() || step.certainty() == Certainty::Certain);
            let change = Change { target, step, removes: effect.removed };
            match &mut together {
                Some((all, edge)) if goes_together => {
                    all.join(&effect);
                    edge.changes.push(change);
                }
                None if goes_together => {
                    together = Some((effect, Edge { changes: vec![change], ..edge.clone() }));
                }
                _ => alone.push((effect, Edge { changes: vec![change], ..edge.clone() })),
            }
        }
        let mut led = Vec::new();
        for (effect, edge) in together.into_iter().chain(alone) {
            let step = edge.step(&edge.changes.iter().collect::<Vec<_>>());
            let Some(to) = self.lead(edge, effect.after) else {
                continue;
            };
            let is_sure = step.certainty() == Certainty::Certain;
            led.push((to, step));
            // No further policy gives it more.
            if is_sure && method.changes.gives() && self.node(to).is_always_administrator() {
                break;
            }
        }
        led
    }

    /// Notes that a work budget is spent: what follows the step may lead anywhere.
    fn give_up(&mut self, way: Wait, target: Option<Target>, step: Step) {
        self.index.lacks.borrow_mut().insert(Lack::Budget);
        if self.index.generous {
            self.found(way, target, step, Rank::ADMINISTRATOR);
        }
    }

    /// Whether a way with that certainty is of no use. An administrator under conditions gains only
    /// by ways without any.
    pub(super) fn gains_nothing(&self, way: Wait, certainty: Certainty) -> bool {
        self.node(way.node).administrator.is_some() && certainty != Certainty::Certain
    }

    /// Whether a method may be of use to a node, before any target is tried. An administrator under
    /// conditions needs a permission without any but those on the target.
    pub(super) fn may_gain(&self, by: Wait) -> bool {
        let Wait { node, method } = by;
        // A trust policy may admit it without a permission.
        if self.node(node).administrator.is_none() || method.changes == Changes::RoleSession {
            return true;
        }
        let (who, action) = (&self.node(node).who, method.actions[0]);
        let request = self.index.request(&action.get().lower, who.asks(""));
        let is_of_target = |key: &str| key.starts_with("iam:") || key.starts_with("aws:resource");
        self.index.in_force(who, action).any(|(.., statement)| {
            let mut conditions = statement.conditions.iter();
            statement.effect == policy::Effect::Allow
                && conditions.all(|condition| {
                    is_of_target(&condition.key)
                        || condition.holds(&request, policy::Effect::Allow) == Truth::Yes
                })
        })
    }

    /// Records changes that give their owner other permissions, and returns the node it turns into.
    /// If there is too much to follow, they may lead anywhere.
    pub(super) fn lead(&mut self, edge: Edge, after: EffectivePermissions) -> Option<NodeId> {
        let Some(to) = self.changed_node(edge.owner, after) else {
            let change = &edge.changes[0];
            self.give_up(edge.way(), edge.target(change), change.step.clone());
            return None;
        };
        self.lead_to(to, edge);
        Some(to)
    }

    /// Records an edge to a node, which may turn out more privileged later. An edge that removes
    /// something waits until it is known how privileged its owner is without that.
    pub(super) fn lead_to(&mut self, to: NodeId, edge: Edge) {
        let waits = edge.changes.iter().any(|change| change.removes.is_some());
        match self.node(to).rank {
            Some(rank) if waits => self.queue.push((rank, Reverse(to))),
            Some(rank) => self.arrive(&edge, to, rank),
            None => {}
        }
        if waits || !self.node(to).is_sure() {
            self.leading_to.entry(to).or_default().push(edge);
        }
    }

    /// The node for the owner with other permissions; none: its work budget is spent.
    fn changed_node(&mut self, owner: NodeId, after: EffectivePermissions) -> Option<NodeId> {
        let key = after.key();
        if let Some(known) = self.changed.get(&key) {
            return Some(*known);
        }
        let owner = self.node(owner);
        let (holder, origin, generation) = (owner.holder, owner.origin, owner.generation);
        let creator = owner.creator;
        let documents = after
            .policies
            .iter()
            .filter_map(|id| self.index.document(*id));
        let statements = documents.map(|document| document.statements.len());
        let work = self.node(origin).work + NODE_COST + statements.sum::<usize>();
        if work > BUDGET {
            return None;
        }
        let id = self.add(after, NodeKind::Changed, holder);
        self.nodes[id.place()].origin = origin;
        self.nodes[id.place()].generation = generation;
        self.nodes[id.place()].creator = creator;
        self.nodes[origin.place()].work = work;
        self.changed.insert(key, id);
        self.note_variant(id);
        self.look_at(id);
        Some(id)
    }

    /// Records a node that roles may admit now, although they did not before its changes.
    fn note_variant(&mut self, id: NodeId) {
        let (node, assume) = (self.node(id), ActionId::named(ASSUME_ROLE));
        let origin = self.node(node.origin);
        let (before, after) = (&origin.who, &node.who);
        let places = |who| {
            self.index
                .in_force(who, assume)
                .map(|(policy, place, _)| (policy, place))
        };
        let is_as_before = Rc::ptr_eq(&before.identity, &after.identity)
            && before.boundary == after.boundary
            && places(before).eq(places(after));
        if is_as_before || node.is_always_administrator() {
            return;
        }
        let is_newcomer = origin.kind == NodeKind::Changed;
        match node.holder {
            Some(holder) => {
                self.variants.entry(holder).or_default().push(id);
                self.acting.push(id);
            }
            None if is_newcomer => self.newcomers.push(id),
            None => {}
        }
    }

    /// Adds a node for a user or role that does not exist yet and has nothing.
    pub(super) fn newcomer(&mut self, who: EffectivePermissions, creator: NodeId) -> NodeId {
        let key = who.key();
        if let Some(known) = self.changed.get(&key) {
            return *known;
        }
        let id = self.add(who, NodeKind::Changed, None);
        let (generation, creator) = (self.node(creator).generation, self.node(creator).creator);
        self.nodes[id.place()].generation = generation + 1;
        self.nodes[id.place()].creator = creator;
        self.changed.insert(key, id);
        self.newcomers.push(id);
        id
    }

    /// Records a way through a changed node that is privileged, unless the owner is as privileged
    /// without the change.
    pub(super) fn arrive(&mut self, edge: &Edge, to: NodeId, rank: Rank) {
        let changes = edge.by.method.changes;
        let needed = match changes {
            Changes::GroupMembership => self.needed_groups(&edge.changes, to),
            _ => self.needed_removals(edge, to),
        };
        let Some(first) = needed.first() else { return };
        let step = edge.step(&needed);
        let may_gain_nothing =
            first.removes.is_some() || changes.removes() || changes == Changes::GroupMembership;
        if may_gain_nothing && self.node(edge.owner).rank >= Some(rank) {
            return;
        }
        let administrator = self.node(to).is_always_administrator();
        let from = &mut self.nodes[edge.by.node.place()];
        if edge.by.node == edge.owner && first.removes.is_some() {
            from.removable_guards
                .extend(needed.iter().filter_map(|change| change.removes));
            let is_sure = step.certainty() == Certainty::Certain;
            if administrator && is_sure && from.kind != NodeKind::Policy {
                from.administrator = Some(Rc::new([]));
            }
        }
        self.found(edge.way(), edge.target(first), step, rank);
    }

    /// The groups that matter for what a node can do as their member: the first one that makes it
    /// an administrator, or those whose policies it uses or changes.
    fn needed_groups<'e>(&self, changes: &'e [Change], to: NodeId) -> Vec<&'e Change> {
        let group = |change: &Change| change.target.as_ref().and_then(Target::principal);
        let node = self.node(to);
        if node.administrator.is_some() {
            let is_of_administrators = |change: &&Change| {
                group(change).is_some_and(|id| {
                    self.node(self.of_principal[id.place()])
                        .administrator
                        .is_some()
                })
            };
            let first = changes.iter().find(is_of_administrators);
            return first.map_or(changes.iter().collect(), |first| vec![first]);
        }
        let Some((_, way)) = node.ways.iter().max_by_key(|(_, way)| way.certainty) else {
            return changes.iter().collect();
        };
        let is_used = |change: &&Change| {
            let id = group(change);
            let policies = id.map(|id| &self.account().principal(id).policies);
            way.target == change.target
                || way.step.allowed.iter().any(|allowed| match allowed.by {
                    Grantor::Policy(by) => policies.is_some_and(|all| all.contains(&by)),
                    Grantor::Trust(_) => false,
                })
        };
        let needed: Vec<&Change> = changes.iter().filter(is_used).collect();
        if needed.is_empty() {
            changes.iter().collect()
        } else {
            needed
        }
    }

    /// The removals that matter for the next step of a node: those of a Deny on it. If only later
    /// steps are denied, all of them.
    fn needed_removals<'e>(&self, edge: &'e Edge, to: NodeId) -> Vec<&'e Change> {
        let node = self.node(to);
        let all: Vec<&Change> = edge.changes.iter().collect();
        if all.len() == 1 {
            return all;
        }
        let denying = |actions: &[ActionId]| {
            let mut denying = all.clone();
            denying.retain(|change| {
                let denies = |policy| actions.iter().any(|it| self.index.denies(policy, *it));
                change.removes.is_some_and(denies)
            });
            denying
        };
        if node.administrator.is_some() {
            let mut of_iam: Vec<ActionId> = ActionId::all().collect();
            of_iam.retain(|action| action.get().service() == "iam");
            return denying(&of_iam);
        }
        let best = node.ways.values().map(|way| way.certainty).max();
        let mut needed: Option<Vec<&Change>> = None;
        for (number, way) in &node.ways {
            if Some(way.certainty) != best || Methods::numbered(*number).changes.removes() {
                continue;
            }
            let actions: Vec<ActionId> = way.step.allowed.iter().map(|it| it.action).collect();
            let of_way = Some(denying(&actions)).filter(|changes| !changes.is_empty());
            needed = needed
                .into_iter()
                .chain(of_way)
                .max_by_key(|it| edge.step(it).certainty());
        }
        needed.unwrap_or(all)
    }

    pub(super) fn found(&mut self, by: Wait, target: Option<Target>, step: Step, through: Rank) {
        let rank = through.after(&step);
        let certainty = rank.certainty;
        let node = &mut self.nodes[by.node.place()];
        if node
            .ways
            .get(&by.method.number)
            .is_none_or(|known| known.certainty < certainty)
        {
            node.ways
                .insert(by.method.number, Found { certainty, target, step });
        }
        if node.rank < Some(rank) {
            node.rank = Some(rank);
            self.queue.push((rank, Reverse(by.node)));
        }
    }
}
