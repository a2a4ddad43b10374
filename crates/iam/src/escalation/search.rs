//! The search for ways.
//!
//! Whoever could use a method on somebody else waits for that one to turn out privileged, in a list
//! by the literal beginning of what it may act on. Privileges spread from the administrators in order, the
//! surest and closest first, each to those that wait for it; who has found a method waits for it no
//! more. So the work grows with principals, and not with their square.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::rc::Rc;

use super::authority::{Asked, Authority, Index, Policies};
use super::changes::{Effect, effects};
use super::methods::{ActionId, Changes, Method, Methods};
use super::nodes::{Node, NodeId, Subject, policies_of};
use super::reach::Names;
use super::step::{Found, Rank, Step, Target};
use super::{Certainty, Judgement, Privileges, sentence};
use crate::account::{Account, Organization, PolicyId, Principal, PrincipalId, PrincipalKind};
use crate::context::Resource;
use crate::probe;
use crate::trust::{TrustPolicy, is_saml};
use crate::truth::Lack;
use crate::value::Value;

pub(super) struct Search<'a> {
    pub(super) index: Index<'a>,
    /// A user and a role who are nobody in particular.
    nobody: &'a [Principal; 2],
    nodes: Vec<Node<'a>>,
    pub(super) of_principal: Vec<NodeId>,
    /// Whoever has a policy alone, as a user and as a role.
    of_policy: Vec<[NodeId; 2]>,
    pub(super) names: Names<'a>,
    /// Nodes as they would be after a change, so that each is made once.
    changed: HashMap<(*const Principal, Policies, Option<PolicyId>, Policies), NodeId>,
    /// Who waits for what begins so, by the length of the beginning.
    waiting: HashMap<Road, BTreeMap<usize, HashMap<String, Vec<Wait>>>>,
    /// Those who need no permission to assume a role that lets in anyone.
    acting: Vec<NodeId>,
    /// Who becomes privileged if a changed node is.
    leading_to: HashMap<NodeId, Vec<Edge>>,
    /// What is the same for all who have the same policies: whether they are administrators or, of an action,
    /// whether they may use it on anything.
    shared: HashMap<(Policies, Option<PolicyId>, Option<ActionId>), Option<Certainty>>,
    queue: BinaryHeap<(Rank, Reverse<NodeId>)>,
}

/// How a method reaches somebody privileged, and the service that takes part, if any.
type Road = (Changes, &'static str);

/// Somebody who could use a method on somebody privileged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) node: NodeId,
    pub(super) method: u16,
}

/// A change that leads from one node to another.
#[derive(Clone, Debug)]
struct Edge {
    by: Wait,
    target: Option<Target>,
    step: Step,
    /// The policies that it removes because of their Denies.
    removed: Vec<PolicyId>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        account: &'a Account,
        nobody: &'a [Principal; 2],
        generous: bool,
    ) -> Search<'a> {
        let mut search = Search {
            index: Index::new(account, generous),
            nobody,
            nodes: Vec::new(),
            of_principal: Vec::new(),
            of_policy: Vec::new(),
            names: Names::new(account),
            changed: HashMap::new(),
            waiting: HashMap::new(),
            acting: Vec::new(),
            leading_to: HashMap::new(),
            shared: HashMap::new(),
            queue: BinaryHeap::new(),
        };
        search.add_principals();
        search.add_policies();
        search
    }

    pub(super) fn run(mut self) -> Judgement {
        for place in 0..self.nodes.len() {
            self.look_at(NodeId::new(place));
        }
        self.spread();
        let (principals, policies) = (self.of_principal.clone(), self.of_policy.concat());
        for id in principals.iter().chain(&policies) {
            self.look_beyond(*id);
        }
        if self.index.generous && !self.account().complete {
            for id in principals {
                self.suppose_unlisted(id);
            }
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
            let who = Authority {
                identity: if is_group { &self.nobody[0] } else { principal },
                policies: policies_of(account, principal, unknown),
                boundary: principal.boundary,
                removed: Rc::new([]),
            };
            let groups = if is_group { vec![id] } else { principal.groups.clone() };
            let holder = (!is_group).then_some(id);
            let node = self.add(who, Subject::Principal(id), holder, groups);
            self.of_principal.push(node);
            self.acting.extend(holder.map(|_| node));
        }
    }

    fn add_policies(&mut self) {
        for id in self.account().policy_ids() {
            let nodes = [0, 1].map(|kind| {
                let (identity, policies) = (&self.nobody[kind], Policies::from([id]));
                let who = Authority { identity, policies, boundary: None, removed: Rc::new([]) };
                self.add(who, Subject::Policy, None, Vec::new())
            });
            self.of_policy.push(nodes);
        }
    }

    fn add(
        &mut self,
        who: Authority<'a>,
        subject: Subject,
        holder: Option<PrincipalId>,
        groups: Vec<PrincipalId>,
    ) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        // A policy is judged all the same, unless it leaves nothing to become.
        let administrator = match subject {
            Subject::Policy => self.index.allows_everything(who.policies[0]),
            _ => self.is_administrator(&who),
        };
        let rank = administrator.then_some(Rank::ADMINISTRATOR);
        self.queue.extend(rank.map(|rank| (rank, Reverse(id))));
        let (ways, removable_guards) = (BTreeMap::new(), BTreeSet::new());
        let node =
            Node { who, subject, holder, groups, administrator, rank, ways, removable_guards };
        self.nodes.push(node);
        id
    }

    pub(super) fn account(&self) -> &'a Account {
        self.index.account
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.place()]
    }

    pub(super) fn method(&self, number: u16) -> &'static Method {
        &self.index.methods.all[usize::from(number)]
    }

    /// What is asked once of all who have the same policies.
    fn shared(
        &mut self,
        who: &Authority<'a>,
        action: Option<ActionId>,
        ask: impl Fn(&Index<'a>) -> Option<Certainty>,
    ) -> Option<Certainty> {
        if !self.index.is_impersonal(who) {
            return ask(&self.index);
        }
        let key = (Rc::clone(&who.policies), who.boundary, action);
        *self.shared.entry(key).or_insert_with(|| ask(&self.index))
    }

    fn is_administrator(&mut self, who: &Authority<'a>) -> bool {
        let ask = |index: &Index<'a>| index.is_administrator(who).then_some(Certainty::Certain);
        self.shared(who, None, ask).is_some()
    }

    /// Whether actions are allowed, each on anything that it acts on.
    fn may_use_all(&mut self, id: NodeId, actions: &[ActionId]) -> bool {
        let who = self.node(id).who.clone();
        actions.iter().all(|action| {
            let ask = |index: &Index<'a>| Some(index.allowed_somewhere(&who, *action)?.certainty);
            self.index.mentions(&who, *action) && self.shared(&who, Some(*action), ask).is_some()
        })
    }

    /// What a node can do with itself, and whom it waits for.
    fn look_at(&mut self, id: NodeId) {
        let node = self.node(id);
        if node.administrator || node.who.identity.service_linked {
            return;
        }
        let mut beginnings = HashMap::new();
        for (number, method) in Methods::numbered() {
            let by = Wait { node: id, method: number };
            if method.changes.is_of_holder() {
                self.change(by, id, &Step::default());
            } else {
                self.wait_for_others(by, method, &mut beginnings);
            }
        }
    }

    /// Tries a method on what the owner has, whom the actor is or can become.
    pub(super) fn change(&mut self, by: Wait, owner: NodeId, become_owner: &Step) {
        let method = self.method(by.method);
        if !self.index.mentions(&self.node(by.node).who, method.actions[0]) {
            return;
        }
        let mut changes: Vec<(Effect<'a>, Step)> = Vec::new();
        let actor = &self.node(by.node).who;
        for effect in effects(&self.index, actor, self.node(owner), method) {
            let about = effect.about(self.node(owner));
            let asked = Asked { resource: &effect.resource, about, brings: &effect.brought() };
            let allowed = self.index.allowed(actor, method.actions[0], asked);
            let Some(allowed) = allowed else { continue };
            match changes.first_mut() {
                // All policies that stand in the way are removed, each by a request of its own.
                Some((together, _)) if method.changes.removes() => together.join(effect),
                _ => {
                    let step = effect.before.clone().and(Step::new(allowed));
                    changes.push((effect, step.and(become_owner.clone())));
                }
            }
        }
        for (Effect { target, after, removed, .. }, step) in changes {
            let to = self.changed_node(owner, after);
            self.lead(Edge { by, target, step, removed }, to);
        }
    }

    /// Notes a step after which a node may give itself everything, within its boundary.
    pub(super) fn gain_everything(&mut self, by: Wait, target: Target, step: Step) {
        let after = self.node(by.node).who.with(self.index.everything());
        let to = self.changed_node(by.node, after);
        self.lead(Edge { by, target: Some(target), step, removed: Vec::new() }, to);
    }

    fn lead(&mut self, edge: Edge, to: NodeId) {
        match self.node(to).rank {
            Some(rank) => self.arrive(&edge, to, rank),
            None => self.leading_to.entry(to).or_default().push(edge),
        }
    }

    fn changed_node(&mut self, owner: NodeId, after: Authority<'a>) -> NodeId {
        let (policies, removed) = (Rc::clone(&after.policies), Rc::clone(&after.removed));
        let key = (std::ptr::from_ref(after.identity), policies, after.boundary, removed);
        if let Some(known) = self.changed.get(&key) {
            return *known;
        }
        let owner = self.node(owner);
        let (holder, groups) = (owner.holder, owner.groups.clone());
        let id = self.add(after, Subject::Changed, holder, groups);
        self.changed.insert(key, id);
        self.look_at(id);
        id
    }

    /// Notes a way to a changed node that is privileged.
    fn arrive(&mut self, edge: &Edge, to: NodeId, rank: Rank) {
        let (identity, administrator) = (self.node(to).who.identity, self.node(to).administrator);
        let from = &mut self.nodes[edge.by.node.place()];
        if std::ptr::eq(from.who.identity, identity) && !edge.removed.is_empty() {
            from.removable_guards.extend(&edge.removed);
            from.administrator |= administrator && from.subject != Subject::Policy;
        }
        self.found(edge.by, edge.target.clone(), edge.step.clone(), rank);
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
        let node = self.node(by.node);
        let others = match method.changes {
            Changes::Directory | Changes::MemberRoot | Changes::Unseen => {
                return self.act_alone(by, method);
            }
            Changes::NewUser => return self.make(by, method, PrincipalKind::User),
            Changes::NewRole => return self.make(by, method, PrincipalKind::Role),
            Changes::GroupMembership if !node.is_user() => return,
            Changes::RunningRole => &method.actions[..],
            _ if !self.index.mentions(&node.who, method.actions[0]) => return,
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
        if let Some(step) = self.uses(by.node, &method.actions) {
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
            if let Subject::Principal(target) = self.node(id).subject {
                for (road, resource, target) in self.roads_to(target) {
                    self.spread_on(road, &resource, id, &target, rank);
                }
                self.spread_by_trust(id, target, rank);
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
    fn spread_by_trust(&mut self, to: NodeId, role: PrincipalId, rank: Rank) {
        let principal = self.account().principal(role);
        let trust = principal.trust.as_ref();
        let target = Target::Principal(role);
        let Some(method) = Methods::number_of(Changes::RoleSession) else { return };
        for chosen in trust.map(|trust| self.names.chosen(trust)).unwrap_or_default() {
            let wait = Wait { node: self.of_principal[chosen.place()], method };
            self.try_one(wait, &principal.arn, to, &target, rank);
        }
        let is_role = principal.kind == PrincipalKind::Role;
        if is_role && trust.map_or(self.index.generous, TrustPolicy::must_be_tried_on_all) {
            let mut acting = std::mem::take(&mut self.acting);
            acting.retain(|node| {
                let wait = Wait { node: *node, method };
                !self.try_one(wait, &principal.arn, to, &target, rank)
            });
            self.acting = acting;
        }
    }

    /// Tries a method on somebody who is privileged; whether it need not be tried again on others.
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
        if node.administrator || known >= Some(rank.certainty) || node.rank > Some(rank) {
            return true;
        }
        let identity = node.who.identity;
        if std::ptr::eq(identity, self.node(to).who.identity) || identity.service_linked {
            return false;
        }
        let Some(step) = self.attempt(by, resource, target) else { return false };
        self.found(by, Some(target.clone()), step, rank);
        true
    }

    /// How others reach somebody who is privileged, and what they act on.
    fn roads_to(&self, id: PrincipalId) -> Vec<(Road, String, Target)> {
        let principal = self.account().principal(id);
        let arn = || principal.arn.clone();
        let mut roads = Vec::new();
        let changes = match principal.kind {
            PrincipalKind::User => Changes::UserCredentials,
            PrincipalKind::Group => Changes::GroupMembership,
            PrincipalKind::Role => Changes::RoleTrust,
        };
        if !principal.service_linked {
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
            if admits(&|trust| trust.admits_provider(service)) {
                roads.push(((Changes::PassedRole, service), arn(), Target::Principal(id)));
                roads.push(((Changes::RunningRole, service), String::new(), Target::Principal(id)));
            }
        }
        for provider in principal.trust.iter().flat_map(TrustPolicy::federated) {
            let changes =
                if is_saml(provider) { Changes::SamlProvider } else { Changes::OidcProvider };
            let target = Target::Provider(provider.to_owned());
            roads.push(((changes, ""), provider.to_owned(), target));
        }
        roads
    }

    /// Ways of whoever has a policy that nobody serves for today, but somebody may.
    fn suppose(&mut self, id: NodeId) {
        for (number, method) in Methods::numbered() {
            let by = Wait { node: id, method: number };
            let Some(kind) = method.changes.kind_of_target() else { continue };
            let is_of_users = kind == "user" || kind == "group";
            if self.node(id).administrator
                || self.node(id).ways.contains_key(&number)
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

    /// Principals that AWS did not list may serve for any method that has a target.
    fn suppose_unlisted(&mut self, id: NodeId) {
        for (number, method) in Methods::numbered() {
            let has_target = method.changes.kind_of_target().is_some();
            if has_target && self.may_use_all(id, &method.actions) {
                let step = Step::limited(Certainty::Possible, "principals that are not listed");
                let by = Wait { node: id, method: number };
                self.found(by, None, step, Rank::ADMINISTRATOR);
            }
        }
    }

    fn privileges(&self, ids: &[NodeId]) -> Privileges {
        let mut privileges = Privileges::default();
        let mut best: BTreeMap<u16, &Found> = BTreeMap::new();
        for id in ids {
            let node = self.node(*id);
            privileges.administrator |= node.administrator;
            privileges.removable_guards.extend(&node.removable_guards);
            for (number, found) in &node.ways {
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
