//! The search for ways.
//!
//! Whoever could use a method on somebody else waits for that one to turn out privileged, in a list
//! by the literal beginning of what it may act on. Privileges spread from the administrators in order, the
//! surest and closest first, each to those that wait for it; who has found a method waits for it no
//! more. So the work grows with principals, and not with their square.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::rc::Rc;

use super::authority::{Authority, Index};
use super::changes::{Effect, effects};
use super::methods::{ActionId, Changes, Method, Methods};
use super::nodes::{Admitted, Found, Node, NodeId, Rank, Step, Subject, Target, policies_of};
use super::{Certainty, Judgement, Privileges, sentence};
use crate::account::{Account, Organization, PolicyId, Principal, PrincipalId, PrincipalKind};
use crate::context::{Context, Resource};
use crate::policy::Decision;
use crate::probe;
use crate::trust::{Chosen, Grant, TrustPolicy};
use crate::truth::Lack;
use crate::value::Value;

pub(super) struct Search<'a> {
    account: &'a Account,
    index: Index<'a>,
    methods: &'static Methods,
    /// A user and a role who are nobody in particular.
    nobody: &'a [Principal; 2],
    nodes: Vec<Node<'a>>,
    of_principal: Vec<NodeId>,
    /// Whoever has a policy alone, as a user and as a role.
    of_policy: Vec<[NodeId; 2]>,
    by_arn: HashMap<&'a str, PrincipalId>,
    /// The users and roles with a tag, by its key in lower case and its value.
    by_tag: HashMap<String, HashMap<&'a str, Vec<PrincipalId>>>,
    /// The roles whose trust policies choose a principal.
    chosen_by: HashMap<PrincipalId, Vec<PrincipalId>>,
    /// All that changes act on, sorted by ARN, with the users and roles that it is or that have it.
    holders: Vec<(&'a str, Rc<[PrincipalId]>)>,
    /// Nodes as they would be after a change, so that each is made once.
    changed: HashMap<(*const Principal, Policies, Option<PolicyId>, Policies), NodeId>,
    /// Who waits for what begins so.
    waiting: HashMap<(Road, String), Vec<Wait>>,
    /// How long the beginnings are that something waits for, by road.
    lengths: HashMap<Road, BTreeSet<usize>>,
    /// Those who need no permission to assume a role that lets in anyone.
    acting: Vec<NodeId>,
    /// Who becomes privileged if a changed node is.
    leading_to: HashMap<NodeId, Vec<Edge>>,
    somewhere: HashMap<(Policies, Option<PolicyId>, ActionId), Option<Certainty>>,
    administrators: HashMap<(Policies, Option<PolicyId>), bool>,
    queue: BinaryHeap<(Rank, Reverse<NodeId>)>,
}

type Policies = Rc<[PolicyId]>;

/// How a method reaches a privileged principal.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Road {
    changes: Changes,
    /// The service that a role is passed to, or that runs with it.
    service: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    node: NodeId,
    method: u16,
}

/// A change that leads from one node to another.
#[derive(Clone, Debug)]
struct Edge {
    from: NodeId,
    method: u16,
    target: Target,
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
            account,
            index: Index::new(account, generous),
            methods: Methods::get(),
            nobody,
            nodes: Vec::new(),
            of_principal: Vec::new(),
            of_policy: Vec::new(),
            by_arn: HashMap::new(),
            by_tag: HashMap::new(),
            chosen_by: HashMap::new(),
            holders: Vec::new(),
            changed: HashMap::new(),
            waiting: HashMap::new(),
            lengths: HashMap::new(),
            acting: Vec::new(),
            leading_to: HashMap::new(),
            somewhere: HashMap::new(),
            administrators: HashMap::new(),
            queue: BinaryHeap::new(),
        };
        search.add_principals();
        search.add_policies();
        search.add_names();
        search
    }

    pub(super) fn run(mut self) -> Judgement {
        for place in 0..self.nodes.len() {
            self.look_at(NodeId::new(place));
        }
        self.spread();
        for id in self.of_principal.clone() {
            self.look_beyond(id);
        }
        self.spread();
        for [as_user, as_role] in self.of_policy.clone() {
            self.suppose(as_user);
            self.suppose(as_role);
        }
        if self.index.generous && !self.account.complete {
            for id in self.of_principal.clone() {
                self.suppose_unlisted(id);
            }
            self.spread();
        }
        let principals = self.of_principal.iter().map(|id| self.privileges(&[*id])).collect();
        let policies = self.of_policy.iter().map(|ids| self.privileges(ids)).collect();
        Judgement { principals, policies, lacks: self.index.lacks.take() }
    }

    fn add_principals(&mut self) {
        let unknown = self.index.generous.then(|| self.index.everything());
        for id in self.account.principal_ids() {
            let principal = self.account.principal(id);
            let is_group = principal.kind == PrincipalKind::Group;
            let who = Authority {
                identity: if is_group { &self.nobody[0] } else { principal },
                policies: policies_of(self.account, principal, unknown),
                boundary: principal.boundary,
                removed: Rc::new([]),
            };
            let groups = if is_group { vec![id] } else { principal.groups.clone() };
            let holder = (!is_group).then_some(id);
            let node = self.add(who, Subject::Principal(id), holder, groups);
            self.of_principal.push(node);
            if !is_group {
                self.acting.push(node);
            }
        }
    }

    fn add_names(&mut self) {
        let account = self.account;
        let mut holders: BTreeMap<&str, Vec<PrincipalId>> = BTreeMap::new();
        for id in account.principal_ids() {
            let principal = account.principal(id);
            self.by_arn.insert(&principal.arn, id);
            holders.entry(&principal.arn).or_default();
            for (key, value) in principal.tags.iter().flatten() {
                let of_key = self.by_tag.entry(key.to_ascii_lowercase()).or_default();
                of_key.entry(value).or_default().push(id);
            }
            if principal.kind == PrincipalKind::Group {
                continue;
            }
            holders.entry(&principal.arn).or_default().push(id);
            for group in &principal.groups {
                holders.entry(&account.principal(*group).arn).or_default().push(id);
            }
            for policy in policies_of(account, principal, None).iter() {
                holders.entry(&account.policy(*policy).id).or_default().push(id);
            }
        }
        self.holders = holders.into_iter().map(|(arn, ids)| (arn, ids.into())).collect();
        for role in account.principal_ids() {
            for chosen in account.principal(role).trust.iter().flat_map(TrustPolicy::chosen) {
                for principal in self.chosen(chosen) {
                    self.chosen_by.entry(principal).or_default().push(role);
                }
            }
        }
    }

    fn chosen(&self, chosen: Chosen<'_>) -> Vec<PrincipalId> {
        match chosen {
            Chosen::Arn(arn) => self.by_arn.get(arn).copied().into_iter().collect(),
            Chosen::Tag(key, value) => {
                let of_key = self.by_tag.get(key);
                of_key.and_then(|values| values.get(value)).cloned().unwrap_or_default()
            }
        }
    }

    fn add_policies(&mut self) {
        for id in self.account.policy_ids() {
            let nodes = [0, 1].map(|kind| {
                let identity = &self.nobody[kind];
                let who = Authority {
                    identity,
                    policies: Rc::new([id]),
                    boundary: None,
                    removed: Rc::new([]),
                };
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
        // A policy of an administrator is judged all the same.
        let administrator = subject != Subject::Policy && self.is_administrator(&who);
        let rank = administrator.then_some(Rank::ADMINISTRATOR);
        if let Some(rank) = rank {
            self.queue.push((rank, Reverse(id)));
        }
        self.nodes.push(Node {
            who,
            subject,
            holder,
            groups,
            administrator,
            rank,
            ways: BTreeMap::new(),
            removable_guards: BTreeSet::new(),
        });
        id
    }

    fn is_administrator(&mut self, who: &Authority<'a>) -> bool {
        if !self.index.is_impersonal(who) || !who.removed.is_empty() {
            return self.index.is_administrator(who);
        }
        let key = (Rc::clone(&who.policies), who.boundary);
        if let Some(known) = self.administrators.get(&key) {
            return *known;
        }
        let administrator = self.index.is_administrator(who);
        self.administrators.insert(key, administrator);
        administrator
    }

    fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.place()]
    }

    fn method(&self, number: u16) -> &'static Method {
        &self.methods.all[usize::from(number)]
    }

    fn numbered_methods(&self) -> impl Iterator<Item = (u16, &'static Method)> + use<> {
        (0..).zip(&self.methods.all)
    }

    /// What a node can do with itself, and whom it waits for.
    fn look_at(&mut self, id: NodeId) {
        let node = self.node(id);
        if node.administrator || node.who.identity.service_linked {
            return;
        }
        for (number, method) in self.numbered_methods() {
            if method.changes.is_of_holders() {
                self.change(id, id, number, method, &Step::default());
            } else {
                self.wait_for_others(id, number, method);
            }
        }
    }

    /// Tries a method with which the actor changes what the owner, whom it can become, has.
    fn change(
        &mut self,
        actor: NodeId,
        owner: NodeId,
        number: u16,
        method: &Method,
        become_owner: &Step,
    ) {
        if !self.index.mentions(&self.node(actor).who, method.actions[0]) {
            return;
        }
        let mut changes: Vec<(Effect<'a>, Step)> = Vec::new();
        for effect in effects(&self.index, self.node(owner), method) {
            let about = effect.about(self.node(owner));
            let who = &self.node(actor).who;
            let brought = effect.brought();
            let allowed =
                self.index.allowed(who, method.actions[0], &effect.resource, about, &brought);
            let Some(allowed) = allowed else { continue };
            let step = Step { allowed: vec![allowed], ..Step::default() }.and(become_owner.clone());
            match changes.first_mut() {
                // All policies that stand in the way are removed, each by a request of its own.
                Some((together, _)) if method.changes.removes_guards() => together.join(effect),
                _ => changes.push((effect, step)),
            }
        }
        for (effect, step) in changes {
            let to = self.changed_node(owner, effect.after);
            let edge = Edge {
                from: actor,
                method: number,
                target: effect.target,
                step,
                removed: effect.removed,
            };
            match self.node(to).rank {
                Some(rank) => self.arrive(&edge, to, rank),
                None => self.leading_to.entry(to).or_default().push(edge),
            }
        }
    }

    fn changed_node(&mut self, owner: NodeId, after: Authority<'a>) -> NodeId {
        let removed = Rc::clone(&after.removed);
        let key = (
            std::ptr::from_ref(after.identity),
            Rc::clone(&after.policies),
            after.boundary,
            removed,
        );
        if let Some(known) = self.changed.get(&key) {
            return *known;
        }
        let (holder, groups) = (self.node(owner).holder, self.node(owner).groups.clone());
        let id = self.add(after, Subject::Changed, holder, groups);
        self.changed.insert(key, id);
        self.look_at(id);
        id
    }

    /// Notes a way to a changed node that is privileged.
    fn arrive(&mut self, edge: &Edge, to: NodeId, rank: Rank) {
        let removes_guards = !edge.removed.is_empty();
        let administrator = self.node(to).administrator;
        let from = &mut self.nodes[edge.from.place()];
        if removes_guards && std::ptr::eq(from.who.identity, self.nodes[to.place()].who.identity) {
            let from = &mut self.nodes[edge.from.place()];
            from.removable_guards.extend(edge.removed.iter().copied());
            from.administrator |= administrator && from.subject != Subject::Policy;
        }
        self.found(edge.from, edge.method, Some(edge.target.clone()), edge.step.clone(), rank);
    }

    fn found(
        &mut self,
        id: NodeId,
        number: u16,
        target: Option<Target>,
        step: Step,
        through: Rank,
    ) {
        let certainty = step.certainty().min(through.certainty);
        let rank = Rank { certainty, closeness: through.closeness - 1 };
        let node = &mut self.nodes[id.place()];
        let is_better = node.ways.get(&number).is_none_or(|known| known.certainty < certainty);
        if is_better {
            node.ways.insert(number, Found { certainty, target, step });
        }
        if node.rank < Some(rank) {
            node.rank = Some(rank);
            self.queue.push((rank, Reverse(id)));
        }
    }

    /// Whether an action is allowed on anything; asked once of all who have the same policies.
    fn somewhere(&mut self, id: NodeId, action: ActionId) -> Option<Certainty> {
        let who = &self.nodes[id.place()].who;
        if !self.index.mentions(who, action) {
            return None;
        }
        if !self.index.is_impersonal(who) || !who.removed.is_empty() {
            return self.index.allowed_somewhere(who, action).map(|allowed| allowed.certainty);
        }
        let key = (Rc::clone(&who.policies), who.boundary, action);
        if let Some(known) = self.somewhere.get(&key) {
            return *known;
        }
        let allowed = self.index.allowed_somewhere(who, action).map(|allowed| allowed.certainty);
        self.somewhere.insert(key, allowed);
        allowed
    }

    fn all_somewhere(&mut self, id: NodeId, actions: &[ActionId]) -> bool {
        actions.iter().all(|action| self.somewhere(id, *action).is_some())
    }

    /// The statements that allow actions on anything.
    fn step_of(&self, id: NodeId, actions: &[ActionId]) -> Option<Step> {
        let who = &self.node(id).who;
        let allowed = actions.iter().map(|action| self.index.allowed_somewhere(who, *action));
        Some(Step { allowed: allowed.collect::<Option<_>>()?, ..Step::default() })
    }

    fn wait_for_others(&mut self, id: NodeId, number: u16, method: &'static Method) {
        let of_users = matches!(method.changes, Changes::GroupMembership);
        if of_users && !self.node(id).is_user() {
            return;
        }
        match method.changes {
            Changes::Directory | Changes::MemberRoot | Changes::Unseen => {
                self.act_alone(id, number, method);
            }
            Changes::RunningRole => {
                if self.all_somewhere(id, &method.actions) {
                    for service in &method.services {
                        self.wait(id, number, Road::of(method, service), String::new());
                    }
                }
            }
            _ => {
                let mentioned = self.index.mentions(&self.node(id).who, method.actions[0]);
                if mentioned && self.all_somewhere(id, &method.actions[1..]) {
                    for beginning in self.index.beginnings(&self.node(id).who, method.actions[0]) {
                        for road in Road::all_of(method) {
                            self.wait(id, number, road, beginning.clone());
                        }
                    }
                }
            }
        }
    }

    /// A method that needs nobody else.
    fn act_alone(&mut self, id: NodeId, number: u16, method: &'static Method) {
        if !self.all_somewhere(id, &method.actions) {
            return;
        }
        if method.from_management && !self.is_in_management_account() {
            return;
        }
        let Some(mut step) = self.step_of(id, &method.actions) else { return };
        if method.changes == Changes::Unseen {
            step.limit(Certainty::Possible, "what is in the account beside identities");
        } else if method.changes == Changes::Directory && !self.has_identity_center() {
            step.limit(Certainty::Conditional, "IAM Identity Center being in use");
        }
        self.found(id, number, None, step, Rank::ADMINISTRATOR);
    }

    fn is_in_management_account(&self) -> bool {
        match &self.account.organization {
            Organization::None => false,
            Organization::Member { management: Some(id), .. } => Some(*id) == self.account.id,
            Organization::Member { management: None, .. } | Organization::Unknown => {
                self.index.lacks.borrow_mut().insert(Lack::Organization);
                self.index.generous
            }
        }
    }

    fn has_identity_center(&self) -> bool {
        self.account
            .principals
            .iter()
            .any(|it| it.arn.contains(":role/aws-reserved/sso.amazonaws.com/"))
    }

    fn wait(&mut self, node: NodeId, method: u16, road: Road, beginning: String) {
        self.lengths.entry(road).or_default().insert(beginning.len());
        self.waiting.entry((road, beginning)).or_default().push(Wait { node, method });
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
            let Subject::Principal(target) = self.node(id).subject else { continue };
            for (road, resource, target) in self.roads_to(target) {
                self.spread_on(road, &resource, id, &target, rank);
            }
            self.spread_by_trust(id, target, rank);
        }
    }

    /// Tells those who wait for what they may act on, and keeps those for whom it was of no use.
    fn spread_on(&mut self, road: Road, resource: &str, to: NodeId, target: &Target, rank: Rank) {
        let lengths = self.lengths.get(&road).cloned().unwrap_or_default();
        for length in lengths.into_iter().filter(|length| *length <= resource.len()) {
            let key = (road, resource[..length].to_owned());
            let Some(mut waits) = self.waiting.remove(&key) else { continue };
            waits.retain(|wait| !self.try_one(*wait, resource, to, target, rank));
            if !waits.is_empty() {
                self.waiting.entry(key).or_default().extend(waits);
            }
        }
    }

    /// Those who need no permission to assume a role: it names them, or lets in anyone.
    fn spread_by_trust(&mut self, to: NodeId, role: PrincipalId, rank: Rank) {
        let account = self.account;
        let principal = account.principal(role);
        let Some(trust) = &principal.trust else { return };
        let Some((method, _)) =
            self.numbered_methods().find(|(_, it)| it.changes == Changes::RoleSession)
        else {
            return;
        };
        let target = Target::Principal(role);
        for chosen in trust.chosen().flat_map(|chosen| self.chosen(chosen)).collect::<Vec<_>>() {
            let wait = Wait { node: self.of_principal[chosen.place()], method };
            self.try_one(wait, &principal.arn, to, &target, rank);
        }
        if trust.is_open_to_anyone() {
            let mut acting = std::mem::take(&mut self.acting);
            acting.retain(|node| {
                !self.try_one(Wait { node: *node, method }, &principal.arn, to, &target, rank)
            });
            self.acting = acting;
        }
    }

    /// Tries a method on somebody who is privileged; whether it need not be tried again on others.
    fn try_one(
        &mut self,
        wait: Wait,
        resource: &str,
        to: NodeId,
        target: &Target,
        rank: Rank,
    ) -> bool {
        let node = self.node(wait.node);
        let is_known =
            node.ways.get(&wait.method).is_some_and(|way| way.certainty >= rank.certainty);
        // Whoever is more privileged than the target may be what makes the target privileged.
        if node.administrator || is_known || node.rank > Some(rank) {
            return true;
        }
        if std::ptr::eq(node.who.identity, self.node(to).who.identity)
            || node.who.identity.service_linked
        {
            return false;
        }
        let Some(step) = self.attempt(wait, resource, target) else { return false };
        self.found(wait.node, wait.method, Some(target.clone()), step, rank);
        true
    }

    /// The statements by which a node can use a method on a target, if it can.
    fn attempt(&self, wait: Wait, resource: &str, target: &Target) -> Option<Step> {
        let method = self.method(wait.method);
        let node = self.node(wait.node);
        let account = self.account;
        let principal = match target {
            Target::Principal(id) => Some((*id, account.principal(*id))),
            Target::Policy(_) | Target::Provider(_) => None,
        };
        let first = method.actions[0];
        let about =
            principal.map_or(Resource::Own, |(_, principal)| Resource::Principal(principal));
        let allowed = |brings: &[(&str, Value<'_>)]| {
            let allowed = self.index.allowed(&node.who, first, resource, about, brings)?;
            Some(Step { allowed: vec![allowed], ..Step::default() })
        };
        let (step, rest) = match (method.changes, principal) {
            (Changes::RoleSession, Some((id, role))) => {
                (self.assume(wait.node, id, role)?, &method.actions[1..])
            }
            (Changes::RoleTrust, Some((_, role))) => {
                let grant =
                    self.index.left_of_grant(&node.who, self.methods.assume, role, !node.is_user());
                self.index.certainty(&grant)?;
                (allowed(&[])?, &method.actions[1..])
            }
            (Changes::PassedRole, Some(_)) => {
                let created =
                    method.actions.get(1).map_or("", |it| self.methods.action(*it).service());
                let passed = method.services.iter().filter_map(|service| {
                    allowed(&[
                        ("iam:passedtoservice", Value::one(self.in_partition(service))),
                        ("iam:associatedresourcearn", Value::ChosenIn(created)),
                    ])
                });
                (passed.max_by_key(Step::certainty)?, &method.actions[1..])
            }
            (Changes::RunningRole, Some((_, role))) => {
                let mut step = Step::default();
                let hidden = "whether anything runs with the role";
                let on_ec2 = method.services.iter().all(|service| service == "ec2.amazonaws.com");
                let exists = !on_ec2 || role.has_instance_profile;
                step.limit(
                    if exists { Certainty::Conditional } else { Certainty::Possible },
                    hidden,
                );
                (step, &method.actions[..])
            }
            (Changes::OidcProvider, _) => {
                let mut step = allowed(&[])?;
                step.limit(Certainty::Conditional, "the tokens that the issuer signs");
                (step, &method.actions[1..])
            }
            _ => (allowed(&[])?, &method.actions[1..]),
        };
        Some(step.and(self.step_of(wait.node, rest)?))
    }

    /// The name of a service in requests of the partition.
    fn in_partition(&self, service: &str) -> String {
        let is_regional = self.account.partition == "aws-cn" && service == "ec2.amazonaws.com";
        if is_regional { format!("{service}.cn") } else { service.to_owned() }
    }

    /// How a node assumes a role.
    ///
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    fn assume(&self, id: NodeId, role_id: PrincipalId, role: &'a Principal) -> Option<Step> {
        let node = self.node(id);
        let assume = self.methods.assume;
        let own =
            || self.index.allowed(&node.who, assume, &role.arn, Resource::Principal(role), &[]);
        let Some(trust) = &role.trust else {
            // What was not read may admit.
            self.index.generous.then_some(())?;
            return Some(Step { allowed: vec![own()?], ..Step::default() });
        };
        let context = Context {
            account: self.account,
            principal: Some(node.who.identity),
            resource: Resource::Principal(role),
            brings: &[],
        };
        let admission = trust.admit(node.who.identity, &context)?;
        let certainty = self.index.certainty(&admission.decision)?;
        let keys = match admission.decision {
            Decision::Conditional(doubts) => doubts.keys,
            _ => BTreeSet::new(),
        };
        let admission = Admitted {
            role: role_id,
            statement: admission.statement,
            certainty,
            keys,
            grant: admission.grant,
        };
        let own = own();
        let allowed = match (own, node.holder.is_some(), admission.grant) {
            (Some(allowed), ..) => vec![allowed],
            (None, true, Grant::Whole | Grant::WithinBoundary) => {
                let within = admission.grant == Grant::WithinBoundary;
                let left = self.index.left_of_grant(&node.who, assume, role, within);
                self.index.certainty(&left)?;
                Vec::new()
            }
            _ => return None,
        };
        Some(Step { allowed, admission: Some(admission), ..Step::default() })
    }

    /// How others reach a principal that is privileged, and what they act on.
    fn roads_to(&self, id: PrincipalId) -> Vec<(Road, String, Target)> {
        let principal = self.account.principal(id);
        let mut roads = Vec::new();
        let mut by = |changes: Changes, service: &'static str| {
            let resource =
                if changes == Changes::RunningRole { "" } else { principal.arn.as_str() };
            roads.push((Road { changes, service }, resource.to_owned(), Target::Principal(id)));
        };
        match principal.kind {
            PrincipalKind::User => by(Changes::UserCredentials, ""),
            PrincipalKind::Group => by(Changes::GroupMembership, ""),
            PrincipalKind::Role => {
                if !principal.service_linked {
                    by(Changes::RoleTrust, "");
                }
                let open = principal
                    .trust
                    .as_ref()
                    .map_or(self.index.generous, TrustPolicy::is_open_to_account);
                if open {
                    by(Changes::RoleSession, "");
                }
                for service in self.methods.services() {
                    let admitted = principal
                        .trust
                        .as_ref()
                        .map_or(self.index.generous, |trust| trust.admits_provider(service));
                    if admitted {
                        by(Changes::PassedRole, service);
                        by(Changes::RunningRole, service);
                    }
                }
                for provider in principal.trust.iter().flat_map(TrustPolicy::federated) {
                    let changes = if provider.contains(":saml-provider/") {
                        Changes::SamlProvider
                    } else {
                        Changes::OidcProvider
                    };
                    let target = Target::Provider(provider.to_owned());
                    roads.push((Road { changes, service: "" }, provider.to_owned(), target));
                }
            }
        }
        roads
    }

    /// Changes to somebody else whom a principal can become.
    fn look_beyond(&mut self, id: NodeId) {
        let node = self.node(id);
        let is_sure = node.rank.is_some_and(|rank| rank.certainty == Certainty::Certain);
        if is_sure || node.who.identity.service_linked {
            return;
        }
        let mut reach = None;
        for (number, method) in self.numbered_methods() {
            if !method.changes.is_of_holders() {
                continue;
            }
            let targets = self.in_range(id, method.actions[0]);
            let holders: usize = targets.iter().map(|(_, holders)| holders.len()).sum();
            if holders == 0 {
                continue;
            }
            // Of two ways to look, the one with fewer to look at.
            let reach = reach.get_or_insert_with(|| self.reach(id)).clone();
            if reach.len() <= holders {
                self.change_others(id, number, method, &reach);
                continue;
            }
            for (arn, holders) in targets {
                let who = &self.node(id).who;
                let brings =
                    [("iam:policyarn", Value::Chosen), ("iam:permissionsboundary", Value::Chosen)];
                let allowed =
                    self.index.allowed(who, method.actions[0], arn, Resource::Own, &brings);
                if allowed.is_some() {
                    self.change_others(id, number, method, &holders);
                }
            }
        }
    }

    fn change_others(&mut self, id: NodeId, number: u16, method: &Method, others: &[PrincipalId]) {
        for other in others {
            if self.node(id).ways.contains_key(&number) {
                return;
            }
            if let Some(step) = self.become_other(id, *other) {
                self.change(id, self.of_principal[other.place()], number, method, &step);
            }
        }
    }

    /// What an action may be allowed on, with those who have it.
    fn in_range(&self, id: NodeId, action: ActionId) -> Vec<(&'a str, Rc<[PrincipalId]>)> {
        let mut targets = Vec::new();
        for beginning in self.index.beginnings(&self.node(id).who, action) {
            let first = self.holders.partition_point(|(arn, _)| *arn < beginning.as_str());
            let within =
                self.holders[first..].iter().take_while(|(arn, _)| arn.starts_with(&beginning));
            targets.extend(within.map(|(arn, holders)| (*arn, Rc::clone(holders))));
        }
        targets
    }

    /// The users and roles that a principal might become.
    fn reach(&self, id: NodeId) -> Vec<PrincipalId> {
        let Some(holder) = self.node(id).holder else { return Vec::new() };
        let mut reach = self.chosen_by.get(&holder).cloned().unwrap_or_default();
        for method in &self.methods.all {
            if matches!(method.changes, Changes::RoleSession | Changes::UserCredentials) {
                let targets = self.in_range(id, method.actions[0]);
                reach.extend(targets.iter().filter_map(|(arn, _)| self.by_arn.get(arn)));
            }
        }
        reach.sort_unstable();
        reach.dedup();
        reach.retain(|other| self.account.principal(*other).kind != PrincipalKind::Group);
        reach
    }

    fn become_other(&self, id: NodeId, target: PrincipalId) -> Option<Step> {
        let principal = self.account.principal(target);
        if self.node(id).holder == Some(target) || principal.service_linked {
            return None;
        }
        let to = Target::Principal(target);
        let becoming = |method: &&(u16, &Method)| match method.1.changes {
            Changes::RoleSession => principal.kind == PrincipalKind::Role,
            Changes::UserCredentials => principal.kind == PrincipalKind::User,
            _ => false,
        };
        let methods: Vec<(u16, &Method)> = self.numbered_methods().collect();
        let steps = methods.iter().filter(becoming).filter_map(|(method, _)| {
            self.attempt(Wait { node: id, method: *method }, &principal.arn, &to)
        });
        steps.max_by_key(Step::certainty)
    }

    /// Ways of whoever has a policy that nobody serves for today, but somebody or something may.
    fn suppose(&mut self, id: NodeId) {
        for (number, method) in self.numbered_methods() {
            let Some(kind) = method.changes.kind_of_target() else { continue };
            if method.changes.removes() {
                continue;
            }
            let node = self.node(id);
            if node.ways.contains_key(&number)
                || (kind == "user" || kind == "group") && !node.is_user()
            {
                continue;
            }
            if !self.index.mentions(&node.who, method.actions[0])
                || !self.all_somewhere(id, &method.actions[1..])
            {
                continue;
            }
            let resource = probe::iam_resource(self.account, kind);
            let who = &self.node(id).who;
            let created = method.actions.get(1).map_or("", |it| self.methods.action(*it).service());
            let services = method
                .services
                .iter()
                .map(String::as_str)
                .chain(method.services.is_empty().then_some(""));
            let allowed = services.filter_map(|service| {
                let brings = [
                    ("iam:passedtoservice", Value::one(self.in_partition(service))),
                    ("iam:associatedresourcearn", Value::ChosenIn(created)),
                    ("iam:policyarn", Value::one(self.index.administrator_policy())),
                ];
                self.index.allowed(who, method.actions[0], &resource, Resource::Any, &brings)
            });
            let Some(allowed) = allowed.max_by_key(|allowed| allowed.certainty) else { continue };
            let mut step = Step { allowed: vec![allowed], ..Step::default() };
            let Some(rest) = self.step_of(id, &method.actions[1..]) else { continue };
            step = step.and(rest);
            step.limit(Certainty::Possible, "what its wildcard will match");
            self.found(id, number, None, step, Rank::ADMINISTRATOR);
        }
    }

    /// Principals that AWS did not list may serve for any method that has a target.
    fn suppose_unlisted(&mut self, id: NodeId) {
        for (number, method) in self.numbered_methods() {
            let has_target = method.changes.kind_of_target().is_some() && !method.changes.removes();
            if has_target && self.all_somewhere(id, &method.actions) {
                let mut step = Step::default();
                step.limit(Certainty::Possible, "principals that are not listed");
                self.found(id, number, None, step, Rank::ADMINISTRATOR);
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

    pub(super) fn account(&self) -> &'a Account {
        self.account
    }

    pub(super) fn action_name(&self, action: ActionId) -> &'static str {
        &self.methods.action(action).name
    }

    /// Whether a principal is an administrator, and not only able to become one.
    pub(super) fn is_administrator_by_now(&self, id: PrincipalId) -> bool {
        self.node(self.of_principal[id.place()]).administrator
    }
}

impl Road {
    fn of(method: &'static Method, service: &'static str) -> Road {
        Road { changes: method.changes, service }
    }

    fn all_of(method: &'static Method) -> Vec<Road> {
        if method.services.is_empty() {
            return vec![Road::of(method, "")];
        }
        method.services.iter().map(|service| Road::of(method, service)).collect()
    }
}
