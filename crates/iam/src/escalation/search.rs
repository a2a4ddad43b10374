//! The search for ways.
//!
//! Whoever could use a method on somebody else waits for that one to turn out privileged, in a list
//! by the literal beginning of what it may act on. Privileges spread from the administrators in order, the
//! surest and closest first, each to those that wait for it; who is surely privileged waits no
//! more for a method that it has found. So the work grows with principals, and not with their square.

use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::rc::Rc;

use super::attempt::providers_of;
use super::changes::{self, effects};
use super::effective_permissions::{Asked, EffectivePermissions, Index, PermissionsKey, Policies};
use super::methods::{ActionId, Changes, Method, Methods};
use super::nodes::{Cast, Keys, Node, NodeId, NodeKind, policies_of};
use super::reach::{Names, Reached, asks_for_tags};
use super::step::{Found, Grantor, Rank, Step, Target};
use super::tags::{Tagging, borrowed};
use super::{Certainty, Judgement, Privileges, sentence};
use crate::account::{Account, Organization, PolicyId, PrincipalId, PrincipalKind};
use crate::context::Resource;
use crate::policy::Effect;
use crate::probe;
use crate::trust::TrustPolicy;
use crate::truth::Lack;
use crate::value::Value;

/// The task of a session as root that lets one become root; others only audit, delete or unlock something.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>
const ROOT_TASK: &str = "root-task/IAMCreateRootUserPassword";

/// How many statements are looked at, at most, to follow the changes that somebody's permissions may go
/// through. Each change may be combined with each other, so that a hundred policies have more combinations
/// than anybody can follow.
const BUDGET: usize = 10_000;

pub(super) struct Search<'a> {
    pub(super) index: Index<'a>,
    pub(super) cast: Cast,
    nodes: Vec<Node>,
    pub(super) of_principal: Vec<NodeId>,
    /// Whoever has a policy alone, as a user and as a role.
    pub(super) of_policy: Vec<[NodeId; 2]>,
    pub(super) names: Names<'a>,
    /// Nodes as they would be after a change, so that each is made once.
    changed: HashMap<PermissionsKey, NodeId>,
    /// Who waits for what begins so, by the length of the beginning.
    waiting: HashMap<Road, BTreeMap<usize, HashMap<String, Vec<Wait>>>>,
    /// Those who need no permission to assume a role that lets in anyone.
    acting: Vec<NodeId>,
    /// Users and roles that are yet to be made.
    newcomers: Vec<NodeId>,
    /// Principals with other tags than they have.
    retagged: Vec<NodeId>,
    /// The tags that are tried for sessions of roles.
    pub(super) session_tags: Vec<Tagging>,
    /// Who becomes privileged if a changed node is.
    leading_to: HashMap<NodeId, Vec<Edge>>,
    /// Whom a node can become, and how.
    pub(super) becoming: HashMap<NodeId, Rc<[Reached]>>,
    /// What is the same for all who have the same policies: whether they are administrators, and whether they
    /// may use an action on anything.
    administrators: HashMap<(Policies, Option<PolicyId>), Option<Keys>>,
    useful: HashMap<(Policies, Option<PolicyId>, ActionId), bool>,
    /// By the place of the principal: the methods that may control what runs with it.
    pub(super) running: OnceCell<Vec<u128>>,
    /// The methods by which a node may pass a role, with what they take beside that.
    pub(super) passes: RefCell<HashMap<NodeId, Rc<[Passing]>>>,
    queue: BinaryHeap<(Rank, Reverse<NodeId>)>,
}

/// The number of a method that passes a role, and what it takes beside that.
pub(super) type Passing = (u16, Step);

/// How a method reaches somebody privileged, and the service that takes part, if any.
type Road = (Changes, &'static str);

/// Somebody who could use a method on somebody privileged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) node: NodeId,
    pub(super) method: u16,
}

/// Changes to what a node has that lead to another.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// Who makes the changes.
    pub(super) by: Wait,
    pub(super) owner: NodeId,
    /// What it takes beside the changes: to become the owner, and whoever makes them.
    pub(super) besides: Step,
    /// Of somebody who becomes whoever makes the changes: the first step there, and whom it leads to.
    pub(super) first: Option<(Wait, Option<Target>)>,
    /// What requests about the owner bring beside what each change brings.
    pub(super) brings: Vec<(String, Value<'static>)>,
    /// Of several, each removes a policy.
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
    /// No changes yet.
    pub(super) fn new(by: Wait, owner: NodeId, besides: Step) -> Edge {
        Edge { by, owner, besides, first: None, brings: Vec::new(), changes: Vec::new() }
    }

    /// Who profits, and the method that it uses first.
    pub(super) fn way(&self) -> Wait {
        self.first.as_ref().map_or(self.by, |(wait, _)| *wait)
    }

    /// What the first step acts on.
    fn target(&self, change: &Change) -> Option<Target> {
        self.first
            .as_ref()
            .and_then(|(_, target)| target.as_ref())
            .or(change.target.as_ref())
            .cloned()
    }

    /// All that it takes to make those of the changes; what the way begins with comes first.
    fn step(&self, changes: &[&Change]) -> Step {
        let mut steps: Vec<&Step> = changes.iter().map(|change| &change.step).collect();
        let first = if self.first.is_some() { 0 } else { steps.len() };
        steps.insert(first, &self.besides);
        steps.into_iter().fold(Step::default(), |all, step| all.and(step.clone()))
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(account: &'a Account, generous: bool) -> Search<'a> {
        let mut search = Search {
            index: Index::new(account, generous),
            cast: Cast::new(account),
            nodes: Vec::new(),
            of_principal: Vec::new(),
            of_policy: Vec::new(),
            names: Names::new(account),
            changed: HashMap::new(),
            waiting: HashMap::new(),
            acting: Vec::new(),
            newcomers: Vec::new(),
            retagged: Vec::new(),
            session_tags: Vec::new(),
            leading_to: HashMap::new(),
            becoming: HashMap::new(),
            administrators: HashMap::new(),
            useful: HashMap::new(),
            running: OnceCell::new(),
            passes: RefCell::default(),
            queue: BinaryHeap::new(),
        };
        search.add_principals();
        search.add_policies();
        search.add_sessions();
        search
    }

    pub(super) fn run(mut self) -> Judgement {
        for place in 0..self.nodes.len() {
            self.look_at(NodeId::new(place));
        }
        self.spread();
        let (principals, policies) = (self.of_principal.clone(), self.of_policy.concat());
        let known = self.nodes.len();
        for id in principals.iter().chain(&policies) {
            self.look_beyond(*id);
        }
        self.look_through_others();
        if self.nodes.len() > known {
            // Who came into view only now has not met those who are privileged.
            for id in &principals {
                self.queue.extend(self.nodes[id.place()].rank.map(|rank| (rank, Reverse(*id))));
            }
        }
        if self.index.generous && !self.account().unlisted.is_empty() {
            self.suppose_unlisted();
        }
        self.spread();
        for id in policies {
            self.suppose(id);
        }
        let principals = self.of_principal.iter().map(|id| self.privileges(&[*id])).collect();
        let policies = self.of_policy.iter().map(|ids| self.privileges(ids)).collect();
        Judgement { principals, policies, lacks: self.index.lacks.take() }
    }

    fn add_principals(&mut self) {
        let account = self.account();
        let unknown = self.index.generous.then(|| self.index.everything());
        for id in account.principal_ids() {
            let principal = account.principal(id);
            let is_group = principal.kind == PrincipalKind::Group;
            let identity = if is_group {
                Rc::clone(&self.cast.nobody[0])
            } else {
                self.cast.version(principal.clone())
            };
            let who = EffectivePermissions {
                identity,
                policies: policies_of(account, principal, unknown),
                boundary: principal.boundary,
                groups: if is_group { [id].into() } else { principal.groups.as_slice().into() },
                removed: Rc::new([]),
            };
            let holder = (!is_group).then_some(id);
            let node = self.add(who, NodeKind::Principal(id), holder);
            self.of_principal.push(node);
            self.acting.extend(holder.map(|_| node));
        }
    }

    fn add_policies(&mut self) {
        for id in self.account().policy_ids() {
            let nodes = [0, 1].map(|kind| {
                let identity = Rc::clone(&self.cast.nobody[kind]);
                let policies = Policies::from([id]);
                let who = EffectivePermissions {
                    identity,
                    policies,
                    groups: Rc::new([]),
                    boundary: None,
                    removed: Rc::new([]),
                };
                self.add(who, NodeKind::Policy, None)
            });
            self.of_policy.push(nodes);
        }
    }

    /// Adds roles as those act who assume them with tags of their choice.
    fn add_sessions(&mut self) {
        if !self.names.tags_matter {
            return;
        }
        let mut roles = Vec::new();
        for id in self.account().principal_ids() {
            let trust = self.account().principal(id).trust.as_ref();
            let mut about = trust.into_iter().flat_map(|it| it.document.about("sts:tagsession"));
            let node = self.node(self.of_principal[id.place()]);
            if !node.is_always_administrator() && about.any(|it| it.effect == Effect::Allow) {
                roles.push(id);
            }
        }
        self.session_tags = self.index.taggings_of_sessions(roles.len());
        for id in roles {
            let role = self.account().principal(id);
            for place in 0..self.session_tags.len() {
                let identity = self.cast.version(self.session_tags[place].apply(role));
                let who = self.node(self.of_principal[id.place()]).who.clone();
                if !Rc::ptr_eq(&identity, &who.identity) {
                    let who = EffectivePermissions { identity, ..who };
                    self.add(who, NodeKind::Session(id, place), Some(id));
                }
            }
        }
    }

    fn add(
        &mut self,
        who: EffectivePermissions,
        kind: NodeKind,
        holder: Option<PrincipalId>,
    ) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        // A policy is judged all the same, unless it leaves nothing to become.
        let administrator = match kind {
            NodeKind::Policy => self.index.whole[who.policies[0].place()].clone(),
            _ => self.administrator(&who),
        };
        if let Some(holder) = holder
            && let Some(own) = self.of_principal.get(holder.place())
            && !Rc::ptr_eq(&self.node(*own).who.identity, &who.identity)
        {
            self.retagged.push(id);
        }
        let rank = administrator.as_deref().map(Rank::of_administrator);
        self.queue.extend(rank.map(|rank| (rank, Reverse(id))));
        let (ways, removable_guards) = (BTreeMap::new(), BTreeSet::new());
        self.nodes.push(Node {
            who,
            kind,
            holder,
            administrator,
            rank,
            ways,
            removable_guards,
            origin: id,
            work: 0,
            generation: 0,
        });
        id
    }

    pub(super) fn account(&self) -> &'a Account {
        self.index.account
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.place()]
    }

    /// Whether a node is a principal, and not whoever has certain policies.
    pub(super) fn is_somebody(&self, id: NodeId) -> bool {
        !self.cast.is_nobody(&self.node(id).who.identity)
    }

    pub(super) fn method(&self, number: u16) -> &'static Method {
        &self.index.methods.all[usize::from(number)]
    }

    /// Whether somebody may use an action on anything.
    fn may_use(&mut self, who: &EffectivePermissions, action: ActionId) -> bool {
        if !self.index.is_impersonal(who) {
            return self.index.may_use(who, action);
        }
        let key = (Rc::clone(&who.policies), who.boundary, action);
        *self.useful.entry(key).or_insert_with(|| self.index.may_use(who, action))
    }

    fn administrator(&mut self, who: &EffectivePermissions) -> Option<Keys> {
        if !self.index.is_impersonal(who) {
            return self.index.administrator(who);
        }
        let key = (Rc::clone(&who.policies), who.boundary);
        let shared = self.administrators.entry(key);
        shared.or_insert_with(|| self.index.administrator(who)).clone()
    }

    /// Whether actions are allowed, each on anything that it acts on.
    pub(super) fn may_use_all(&mut self, id: NodeId, actions: &[ActionId]) -> bool {
        let who = self.node(id).who.clone();
        actions
            .iter()
            .all(|action| self.index.mentions(&who, *action) && self.may_use(&who, *action))
    }

    /// What a node can do with itself, and whom it waits for.
    fn look_at(&mut self, id: NodeId) {
        let node = self.node(id);
        if node.is_always_administrator() || node.who.identity.service_linked {
            return;
        }
        let mentioned = self.index.mentioned(&node.who);
        let mut beginnings = HashMap::new();
        for (number, method) in Methods::numbered() {
            let by = Wait { node: id, method: number };
            let is_of_holder = method.changes.alters_reached();
            let needed = if is_of_holder { &method.actions[..1] } else { &method.actions[..] };
            if !needed.iter().all(|action| mentioned[usize::from(action.0)]) {
                continue;
            }
            if is_of_holder {
                self.change(&Edge::new(by, id, Step::default()));
            } else {
                self.wait_for_others(by, method, &mut beginnings);
            }
        }
    }

    /// Tries the method of an edge on what its owner has; what the owner may be then, with all that it takes.
    pub(super) fn change(&mut self, edge: &Edge) -> Vec<(NodeId, Step)> {
        let Edge { by, owner, .. } = *edge;
        let method = self.method(by.method);
        let actor = self.node(by.node).who.clone();
        // All policies that stand in the way are removed, each by a request of its own; likewise groups are joined.
        let mut together: Option<(changes::Effect, Edge)> = None;
        let mut alone = Vec::new();
        for effect in effects(self, &actor, self.node(owner), method) {
            let about = effect.about(self.node(owner));
            let brings = [effect.brought(), borrowed(&edge.brings)].concat();
            let asked = Asked { resource: &effect.resource, about, brings: &brings };
            let Some(step) = self.index.step(&actor, method.actions[0], asked) else { continue };
            let target = effect.target.clone();
            let room = self.index.room(&actor, method, &effect.resource, target.as_ref());
            let Some(room) = room else { continue };
            let step = effect.before.clone().and(step).and(room);
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
            let Some(to) = self.lead(edge, effect.after) else { continue };
            let is_sure = step.certainty() == Certainty::Certain;
            led.push((to, step));
            // Any further policy that it may be given gives it no more.
            if is_sure && method.changes.gives() && self.node(to).is_always_administrator() {
                break;
            }
        }
        led
    }

    /// Notes a step after which the owner of an edge may be given everything, within its boundary.
    pub(super) fn gain_everything(&mut self, edge: &Edge, target: Target, step: Step) {
        let after = self.node(edge.owner).who.with(self.index.everything());
        let change = Change { target: Some(target), step, removes: None };
        self.lead(Edge { changes: vec![change], ..edge.clone() }, after);
    }

    /// Notes a step on a principal after which the owner of an edge has what that principal has.
    pub(super) fn lead_on(&mut self, edge: Edge, to: PrincipalId, step: Step) {
        let change = Change { target: Some(Target::Principal(to)), step, removes: None };
        self.lead_to(self.of_principal[to.place()], Edge { changes: vec![change], ..edge });
    }

    /// Notes that whoever made a newcomer acts as it.
    pub(super) fn become_newcomer(&mut self, edge: Edge) {
        let change = Change { target: None, step: Step::default(), removes: None };
        self.lead_to(edge.owner, Edge { changes: vec![change], ..edge });
    }

    /// Notes changes after which their owner has other permissions: who it is then. What is too much to follow
    /// may lead anywhere.
    fn lead(&mut self, edge: Edge, after: EffectivePermissions) -> Option<NodeId> {
        let Some(to) = self.changed_node(edge.owner, after) else {
            self.index.lacks.borrow_mut().insert(Lack::Budget);
            if self.index.generous {
                let change = &edge.changes[0];
                let (target, step) = (edge.target(change), change.step.clone());
                self.found(edge.way(), target, step, Rank::ADMINISTRATOR);
            }
            return None;
        };
        self.lead_to(to, edge);
        Some(to)
    }

    /// Notes what leads to a node, which may turn out more privileged later.
    fn lead_to(&mut self, to: NodeId, edge: Edge) {
        if let Some(rank) = self.node(to).rank {
            self.arrive(&edge, to, rank);
        }
        if !self.node(to).is_sure() {
            self.leading_to.entry(to).or_default().push(edge);
        }
    }

    /// The owner with other permissions; none: more has been asked of its changes than can be answered.
    fn changed_node(&mut self, owner: NodeId, after: EffectivePermissions) -> Option<NodeId> {
        let key = after.key();
        if let Some(known) = self.changed.get(&key) {
            return Some(*known);
        }
        let owner = self.node(owner);
        let (holder, origin, generation) = (owner.holder, owner.origin, owner.generation);
        let documents = after.policies.iter().filter_map(|id| self.index.document(*id));
        let statements = documents.map(|document| document.statements.len());
        let work = self.node(origin).work + statements.sum::<usize>();
        if work > BUDGET {
            return None;
        }
        let id = self.add(after, NodeKind::Changed, holder);
        self.nodes[id.place()].origin = origin;
        self.nodes[id.place()].generation = generation;
        self.nodes[origin.place()].work = work;
        self.changed.insert(key, id);
        self.look_at(id);
        Some(id)
    }

    /// A user or role that is yet to be made, and has nothing.
    pub(super) fn newcomer(&mut self, who: EffectivePermissions, generation: u8) -> NodeId {
        let key = who.key();
        if let Some(known) = self.changed.get(&key) {
            return *known;
        }
        let id = self.add(who, NodeKind::Changed, None);
        self.nodes[id.place()].generation = generation;
        self.changed.insert(key, id);
        self.newcomers.push(id);
        id
    }

    /// Notes a way to a changed node that is privileged, unless the owner is as privileged without the change.
    fn arrive(&mut self, edge: &Edge, to: NodeId, rank: Rank) {
        let changes = self.method(edge.by.method).changes;
        let needed = match changes {
            Changes::GroupMembership => self.needed_groups(&edge.changes, to),
            _ => edge.changes.iter().filter(|change| self.is_needed(change, to)).collect(),
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
            from.removable_guards.extend(needed.iter().filter_map(|change| change.removes));
            let is_sure = step.certainty() == Certainty::Certain;
            if administrator && is_sure && from.kind != NodeKind::Policy {
                from.administrator = Some(Rc::new([]));
            }
        }
        self.found(edge.way(), edge.target(first), step, rank);
    }

    /// The groups that matter to what a node can do as a member of all of them: the first that makes it an
    /// administrator, or those of which it uses policies or that it changes.
    fn needed_groups<'e>(&self, changes: &'e [Change], to: NodeId) -> Vec<&'e Change> {
        let group = |change: &Change| change.target.as_ref().and_then(Target::principal);
        let node = self.node(to);
        if node.administrator.is_some() {
            let is_of_administrators = |change: &&Change| {
                group(change).is_some_and(|id| {
                    self.node(self.of_principal[id.place()]).administrator.is_some()
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
        if needed.is_empty() { changes.iter().collect() } else { needed }
    }

    /// Whether a change matters to what a node can do after it: a Deny that is removed, to what is done next.
    fn is_needed(&self, change: &Change, to: NodeId) -> bool {
        let (Some(policy), node) = (change.removes, self.node(to)) else { return true };
        let mut actions = self.index.methods.action_ids();
        if node.administrator.is_some() {
            return actions.any(|action| {
                let is_of_iam = self.index.methods.action(action).service() == "iam";
                is_of_iam && self.index.denies(policy, action)
            });
        }
        let best = node.ways.iter().max_by_key(|(_, way)| way.certainty);
        best.is_none_or(|(number, way)| {
            let mut allowed = way.step.allowed.iter();
            self.method(*number).changes.removes()
                || allowed.any(|it| self.index.denies(policy, it.action))
        })
    }

    pub(super) fn found(&mut self, by: Wait, target: Option<Target>, step: Step, through: Rank) {
        let rank = through.after(&step);
        let certainty = rank.certainty;
        let node = &mut self.nodes[by.node.place()];
        if node.ways.get(&by.method).is_none_or(|known| known.certainty < certainty) {
            node.ways.insert(by.method, Found { certainty, target, step });
        }
        if node.rank < Some(rank) {
            node.rank = Some(rank);
            self.queue.push((rank, Reverse(by.node)));
        }
    }

    /// Notes that a node waits for others; how what it may act on begins is found once for each action.
    fn wait_for_others(
        &mut self,
        by: Wait,
        method: &'static Method,
        beginnings: &mut HashMap<ActionId, Rc<[String]>>,
    ) {
        let others = match method.changes {
            Changes::Directory | Changes::MemberRoot | Changes::Unseen => {
                return self.act_alone(by, method);
            }
            Changes::NewUser | Changes::NewRole | Changes::NewMember => return self.make(by),
            Changes::RunningRole => &method.actions[..],
            _ => &method.actions[1..],
        };
        if !self.may_use_all(by.node, others) {
            return;
        }
        let beginnings = if method.changes == Changes::RunningRole {
            Rc::from([String::new()])
        } else {
            let who = &self.node(by.node).who;
            let first = method.actions[0];
            let found = || self.index.beginnings(who, first).into();
            Rc::clone(beginnings.entry(first).or_insert_with(found))
        };
        for service in method.services_or_none() {
            let road = (method.changes, service);
            for beginning in &*beginnings {
                let of_road = self.waiting.entry(road).or_default();
                let of_length = of_road.entry(beginning.len()).or_default();
                of_length.entry(beginning.clone()).or_default().push(by);
            }
        }
    }

    /// A method that needs nobody else.
    fn act_alone(&mut self, by: Wait, method: &'static Method) {
        if !self.may_use_all(by.node, &method.actions)
            || method.account.is_some() && !self.is_in_management_account()
        {
            return;
        }
        let limit = match method.changes {
            Changes::Unseen => {
                Step::limited(Certainty::Possible, "what is in the account beside identities")
            }
            Changes::Directory if !self.names.has_identity_center => {
                Step::limited(Certainty::Conditional, "whether IAM Identity Center is in use")
            }
            _ => Step::default(),
        };
        let task = ("sts:taskpolicyarn", Value::one(self.index.aws_policy(ROOT_TASK)));
        let brings = if method.changes == Changes::MemberRoot { &[task][..] } else { &[] };
        if let Some(step) = self.uses_bringing(by.node, &method.actions, brings) {
            self.found(by, None, step.and(limit), Rank::ADMINISTRATOR);
        }
    }

    fn is_in_management_account(&self) -> bool {
        match &self.account().organization {
            Organization::None => false,
            Organization::Member { management: Some(id), .. } => Some(*id) == self.account().id,
            Organization::Member { management: None, .. } | Organization::Unknown => {
                self.index.lacks.borrow_mut().insert(Lack::Organization);
                self.index.generous
            }
        }
    }

    fn spread(&mut self) {
        while let Some((rank, Reverse(id))) = self.queue.pop() {
            // What was pushed before it turned out to be more privileged has been dealt with.
            if self.node(id).rank != Some(rank) {
                continue;
            }
            for edge in self.leading_to.get(&id).cloned().unwrap_or_default() {
                self.arrive(&edge, id, rank);
            }
            match self.node(id).kind {
                NodeKind::Principal(principal) => {
                    for (road, resource, target) in self.roads_to(principal) {
                        self.spread_on(road, &resource, id, &target, rank);
                    }
                    self.spread_by_trust(id, &Target::Principal(principal), rank);
                }
                NodeKind::Session(role, tags) => {
                    let (road, target) = ((Changes::RoleSession, ""), Target::Session(role, tags));
                    let arn = &self.account().principal(role).arn;
                    self.spread_on(road, arn, id, &target, rank);
                    self.spread_by_trust(id, &target, rank);
                }
                NodeKind::Policy | NodeKind::Changed => {}
            }
        }
    }

    /// Tries those who wait for what they may act on, and keeps those for whom it was of no use.
    fn spread_on(&mut self, road: Road, resource: &str, to: NodeId, target: &Target, rank: Rank) {
        let mut of_road = self.waiting.remove(&road).unwrap_or_default();
        for (length, of_length) in &mut of_road {
            let beginning = resource.get(..*length);
            if let Some(waits) = beginning.and_then(|beginning| of_length.get_mut(beginning)) {
                waits.retain(|wait| !self.try_one(*wait, resource, to, target, rank));
            }
        }
        self.waiting.insert(road, of_road);
    }

    /// Those who need no permission to assume a role: it chooses them, or lets in anyone.
    fn spread_by_trust(&mut self, to: NodeId, target: &Target, rank: Rank) {
        let Some(id) = target.principal() else { return };
        let principal = self.account().principal(id);
        let trust = principal.trust.as_ref();
        let Some(method) = Methods::number_of(Changes::RoleSession) else { return };
        for chosen in trust.map(|trust| self.names.chosen(trust)).unwrap_or_default() {
            let wait = Wait { node: self.of_principal[chosen.place()], method };
            self.try_one(wait, &principal.arn, to, target, rank);
        }
        let is_role = principal.kind == PrincipalKind::Role;
        if is_role && trust.map_or(self.index.generous, TrustPolicy::must_be_tried_on_all) {
            self.try_all(|search| &mut search.acting, to, target, rank);
        }
        if trust.is_some_and(|trust| asks_for_tags(&trust.document)) {
            self.try_all(|search| &mut search.retagged, to, target, rank);
        }
        if trust.is_some_and(|trust| self.names.lets_in_newcomers(trust, self.account())) {
            self.try_all(|search| &mut search.newcomers, to, target, rank);
        }
    }

    /// Lets all on a list assume a role, and keeps those for whom it was of no use.
    fn try_all(
        &mut self,
        list: fn(&mut Self) -> &mut Vec<NodeId>,
        to: NodeId,
        target: &Target,
        rank: Rank,
    ) {
        if let (Some(method), Some(id)) =
            (Methods::number_of(Changes::RoleSession), target.principal())
        {
            let arn = &self.account().principal(id).arn;
            let mut nodes = std::mem::take(list(self));
            nodes.retain(|node| !self.try_one(Wait { node: *node, method }, arn, to, target, rank));
            *list(self) = nodes;
        }
    }

    /// Tries a method on somebody who is privileged; whether it need not be tried again on others. Somebody surer
    /// may come into view later, so that only who is sure already need not.
    fn try_one(
        &mut self,
        by: Wait,
        resource: &str,
        to: NodeId,
        target: &Target,
        rank: Rank,
    ) -> bool {
        let node = self.node(by.node);
        let known = node.ways.get(&by.method).map(|way| way.certainty);
        // Whoever is more privileged than the target may be what makes the target privileged.
        if node.is_always_administrator() || known >= Some(rank.certainty) || node.rank > Some(rank)
        {
            return node.is_sure();
        }
        let is_itself = node.holder.is_some_and(|id| *target == Target::Principal(id));
        if is_itself || by.node == to || node.who.identity.service_linked {
            return false;
        }
        let Some(step) = self.attempt(by, resource, target) else { return false };
        self.found(by, Some(target.clone()), step, rank);
        self.node(by.node).is_sure()
    }

    /// How others reach somebody who is privileged, and what they act on.
    fn roads_to(&self, id: PrincipalId) -> Vec<(Road, String, Target)> {
        let principal = self.account().principal(id);
        let arn = || principal.arn.clone();
        let mut roads = Vec::new();
        let changes = match principal.kind {
            PrincipalKind::User => Changes::UserCredentials,
            PrincipalKind::Group => return roads,
            PrincipalKind::Role => Changes::RoleTrust,
        };
        if !principal.is_protected() {
            roads.push(((changes, ""), arn(), Target::Principal(id)));
        }
        if principal.kind != PrincipalKind::Role {
            return roads;
        }
        // What was not read may admit.
        let admits = |how: &dyn Fn(&TrustPolicy) -> bool| {
            principal.trust.as_ref().map_or(self.index.generous, how)
        };
        if admits(&TrustPolicy::is_open_to_account) {
            roads.push(((Changes::RoleSession, ""), arn(), Target::Principal(id)));
        }
        for service in self.index.methods.services() {
            if admits(&|trust| trust.admits_provider(service, self.account())) {
                roads.push(((Changes::PassedRole, service), arn(), Target::Principal(id)));
                roads.push(((Changes::RunningRole, service), String::new(), Target::Principal(id)));
            }
        }
        for (changes, provider) in providers_of(principal, self.account()) {
            let target = Target::Provider(provider.to_owned());
            roads.push(((changes, ""), provider.to_owned(), target));
        }
        roads
    }

    /// Who could use a method that lets one become a principal, and on what.
    pub(super) fn candidates(&self, id: PrincipalId) -> Vec<(Wait, String, Target)> {
        let mut candidates = Vec::new();
        for (road, resource, target) in self.roads_to(id) {
            for (length, of_length) in self.waiting.get(&road).into_iter().flatten() {
                let beginning = resource.get(..*length);
                let waits = beginning.and_then(|beginning| of_length.get(beginning));
                let waits = waits.into_iter().flatten();
                let acting = waits.filter(|it| self.method(it.method).changes.acts_as_other());
                candidates.extend(acting.map(|wait| (*wait, resource.clone(), target.clone())));
            }
        }
        let principal = self.account().principal(id);
        let trust = principal.trust.as_ref();
        let Some(method) = Methods::number_of(Changes::RoleSession) else { return candidates };
        let chosen = trust.map(|trust| self.names.chosen(trust)).unwrap_or_default();
        let mut nodes: Vec<NodeId> =
            chosen.iter().map(|id| self.of_principal[id.place()]).collect();
        if trust.is_some_and(TrustPolicy::must_be_tried_on_all) {
            nodes.extend(&self.acting);
        }
        for node in nodes {
            let target = Target::Principal(id);
            candidates.push((Wait { node, method }, principal.arn.clone(), target));
        }
        candidates
    }

    /// Ways of whoever has a policy that nobody serves for today, but somebody may.
    fn suppose(&mut self, id: NodeId) {
        for (number, method) in Methods::numbered() {
            let by = Wait { node: id, method: number };
            let Some(kind) = method.changes.kind_of_target() else { continue };
            let is_of_users = kind == "user" || kind == "group";
            if self.node(id).administrator.is_some()
                || self.node(id).ways.contains_key(&number)
                || !self.mentions(id, method)
                || is_of_users && !self.node(id).is_user()
                || !self.may_use_all(id, &method.actions[1..])
            {
                continue;
            }
            let resource = probe::iam_resource(self.account(), kind);
            let attached =
                ("iam:policyarn", Value::one(self.index.aws_policy("AdministratorAccess")));
            let step = self.on_target(by, &resource, Resource::Any, Some(&attached));
            let rest = self.uses(id, &method.actions[1..]);
            if let (Some(step), Some(rest)) = (step, rest) {
                let limit = Step::limited(Certainty::Possible, "what its wildcard will match");
                self.found(by, None, step.and(rest).and(limit), Rank::ADMINISTRATOR);
            }
        }
    }

    fn privileges(&self, ids: &[NodeId]) -> Privileges {
        let mut privileges = Privileges::default();
        let mut best: BTreeMap<u16, &Found> = BTreeMap::new();
        for id in ids {
            let node = self.node(*id);
            if let Some(keys) = node.administrator.as_deref()
                && (keys.is_empty() || !privileges.administrator)
            {
                privileges.administrator = true;
                privileges.administrator_depends_on = keys.to_vec();
            }
            privileges.removable_guards.extend(&node.removable_guards);
            for (number, found) in &node.ways {
                if node.administrator.is_some() && found.certainty != Certainty::Certain {
                    continue;
                }
                let known = best.entry(*number).or_insert(found);
                if known.certainty < found.certainty {
                    *known = found;
                }
            }
        }
        for (number, found) in best {
            privileges.ways.push(sentence::way(self, self.method(number), found));
        }
        privileges
    }
}
