//! The search for ways.
//!
//! A node that could use a method on others waits for one of them to turn out privileged, in a list
//! by the literal prefix of the resources it may act on. Privileges spread from the administrators,
//! the most certain and closest first, to those that wait for them. A node with a certain way by a
//! method no longer waits for it, so the work grows with the number of principals, not its square.

use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::rc::Rc;

use portcullis_model::PrincipalKind;

use super::changes::POLICY;
use super::edges::Edge;
use super::effective_permissions::{Asked, EffectivePermissions, Index, PermissionsKey, Policies};
use super::methods::{ActionId, Changes, Method, Methods};
use super::nodes::{Cast, Keys, Node, NodeId, NodeKind, policies_of};
use super::reach::{Names, Reached};
use super::step::{Found, Rank, Step};
use super::tags::Tagging;
use super::{Certainty, Judgement, Privileges, sentence};
use crate::account::{Account, Organization, PolicyId, PrincipalId};
use crate::context::Resource;
use crate::policy::Effect;
use crate::probe;
use crate::truth::Lack;
use crate::value::Value;

/// The task policy of AssumeRoot that lets one become root. The others only audit, delete or unlock
/// something.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>
const ROOT_TASK: &str = "root-task/IAMCreateRootUserPassword";

pub(super) struct Search<'a> {
    pub(super) index: Index<'a>,
    pub(super) cast: Cast,
    pub(super) nodes: Vec<Node>,
    pub(super) of_principal: Vec<NodeId>,
    /// By policy: somebody who has nothing else, as a user and as a role.
    pub(super) of_policy: Vec<[NodeId; 2]>,
    pub(super) names: Names<'a>,
    /// The nodes after changes, so that each exists once.
    pub(super) changed: HashMap<PermissionsKey, NodeId>,
    /// Who waits for targets with a certain prefix, by its length.
    pub(super) waiting: HashMap<Road, BTreeMap<usize, HashMap<String, Vec<Wait>>>>,
    /// Those who need no permission to assume a role that admits anyone.
    pub(super) acting: Vec<NodeId>,
    /// Users and roles that do not exist yet.
    pub(super) newcomers: Vec<NodeId>,
    /// By principal: its changed nodes that may differ in which roles admit them.
    pub(super) variants: HashMap<PrincipalId, Vec<NodeId>>,
    /// Principals with other tags than they have now.
    pub(super) retagged: Vec<NodeId>,
    /// The tags that are tried for sessions of roles.
    pub(super) session_tags: Vec<Tagging>,
    /// By changed node: the edges to it, by which others become privileged if it is.
    pub(super) leading_to: HashMap<NodeId, Vec<Edge>>,
    /// By node: the principals that it can become.
    pub(super) becoming: HashMap<NodeId, Rc<[Reached]>>,
    /// Answers that are the same for all who have the same policies: whether they are
    /// administrators, and whether they may use an action on any resource.
    administrators: HashMap<(Policies, Option<PolicyId>), Option<Keys>>,
    useful: HashMap<(Policies, Option<PolicyId>, ActionId), bool>,
    /// By principal: the methods that may control what runs with it.
    pub(super) running: OnceCell<Vec<u128>>,
    /// By node: the methods by which it may pass a role, with the other steps that they take.
    pub(super) passes: RefCell<HashMap<NodeId, Rc<[Passing]>>>,
    pub(super) queue: BinaryHeap<(Rank, Reverse<NodeId>)>,
}

/// A method that passes a role, and the other steps that it takes.
pub(super) type Passing = (Wait, Step);

/// The kind of change by which a method reaches somebody privileged, and the service involved, if
/// any.
pub(super) type Road = (Changes, &'static str);

/// A node that could use a method, if its target is privileged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) node: NodeId,
    pub(super) method: &'static Method,
}

impl Wait {
    /// One for each method.
    pub(super) fn all(node: NodeId) -> impl Iterator<Item = Wait> {
        Methods::all().map(move |method| Wait { node, method })
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(account: &'a Account, generous: bool) -> Search<'a> {
        // As large as the list would become by growing, without the copies in between.
        let known = account.principals.len() + 2 * account.policies.len();
        let nodes = Vec::with_capacity(known.next_power_of_two());
        let mut search = Search {
            index: Index::new(account, generous),
            cast: Cast::new(account),
            nodes,
            of_principal: Vec::new(),
            of_policy: Vec::new(),
            names: Names::new(account),
            changed: HashMap::new(),
            waiting: HashMap::new(),
            acting: Vec::new(),
            newcomers: Vec::new(),
            variants: HashMap::new(),
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
        self.look_beyond_changes(0);
        let looked_at = self.nodes.len();
        self.look_through_others();
        self.look_beyond_changes(looked_at);
        if self.nodes.len() > known {
            // Nodes that were added only now have not been tried on the privileged principals yet.
            for id in &principals {
                self.queue
                    .extend(self.nodes[id.place()].rank.map(|rank| (rank, Reverse(*id))));
            }
        }
        if self.index.generous && !self.account().unlisted.is_empty() {
            self.suppose_unlisted();
        }
        self.spread();
        for id in policies {
            self.suppose(id);
        }
        let principals = self
            .of_principal
            .iter()
            .map(|id| self.privileges(&[*id]))
            .collect();
        let policies = self
            .of_policy
            .iter()
            .map(|ids| self.privileges(ids))
            .collect();
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
            let policies = policies_of(account, principal, unknown);
            let who = EffectivePermissions {
                boundary: principal.boundary,
                groups: if is_group {
                    [id].into()
                } else {
                    principal.groups.as_slice().into()
                },
                ..EffectivePermissions::new(identity, policies)
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
                let who = EffectivePermissions::new(identity, Policies::from([id]));
                self.add(who, NodeKind::Policy, None)
            });
            self.of_policy.push(nodes);
        }
    }

    /// Adds sessions of roles with tags that the caller chooses.
    fn add_sessions(&mut self) {
        if !self.names.tags_matter {
            return;
        }
        let mut roles = Vec::new();
        for id in self.account().principal_ids() {
            let trust = self.account().principal(id).trust.as_ref();
            let mut about = trust
                .into_iter()
                .flat_map(|it| it.document.about("sts:tagsession"));
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

    pub(super) fn add(
        &mut self,
        who: EffectivePermissions,
        kind: NodeKind,
        holder: Option<PrincipalId>,
    ) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        // A policy is searched even so, unless it already allows everything.
        let administrator = match kind {
            NodeKind::Policy => self.index.allows_everything(who.policies[0]).cloned(),
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
            creator: id,
            tries: 0,
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

    /// Whether a node is a certain principal, and not anybody who has certain policies.
    pub(super) fn is_somebody(&self, id: NodeId) -> bool {
        !self.cast.is_nobody(&self.node(id).who.identity)
    }

    /// Whether somebody may use an action on any resource.
    fn may_use(&mut self, who: &EffectivePermissions, action: ActionId) -> bool {
        if !self.index.is_impersonal(who) {
            return self.index.may_use(who, action);
        }
        let key = (Rc::clone(&who.policies), who.boundary, action);
        *self
            .useful
            .entry(key)
            .or_insert_with(|| self.index.may_use(who, action))
    }

    fn administrator(&mut self, who: &EffectivePermissions) -> Option<Keys> {
        if !self.index.is_impersonal(who) {
            return self.index.administrator(who);
        }
        let key = (Rc::clone(&who.policies), who.boundary);
        let shared = self.administrators.entry(key);
        shared
            .or_insert_with(|| self.index.administrator(who))
            .clone()
    }

    /// Whether all of the actions are allowed, each on some resource that it acts on.
    pub(super) fn may_use_all(&mut self, id: NodeId, actions: &[ActionId]) -> bool {
        let who = self.node(id).who.clone();
        actions
            .iter()
            .all(|action| self.index.mentions(&who, *action) && self.may_use(&who, *action))
    }

    /// Looks for methods on others that principals can become once their own permissions are changed.
    fn look_beyond_changes(&mut self, first: usize) {
        let mut place = first;
        while place < self.nodes.len() {
            let node = &self.nodes[place];
            if node.holder.is_some() && !matches!(node.kind, NodeKind::Principal(_)) {
                self.look_beyond(NodeId::new(place));
            }
            place += 1;
        }
    }

    /// Tries what a node can do to itself, and registers what it waits for.
    pub(super) fn look_at(&mut self, id: NodeId) {
        let node = self.node(id);
        if node.is_always_administrator() || node.who.identity.service_linked {
            return;
        }
        let mentioned = self.index.mentioned(&node.who);
        let mut beginnings = HashMap::new();
        for by in Wait::all(id) {
            let method = by.method;
            let is_of_holder = method.changes.alters_reached();
            let needed = if is_of_holder {
                &method.actions[..1]
            } else {
                &method.actions[..]
            };
            if !needed.iter().all(|action| mentioned[usize::from(action.0)]) {
                continue;
            }
            if is_of_holder {
                self.change(&Edge::new(by, id, Step::default()));
            } else {
                self.wait_for_others(by, &mut beginnings);
            }
        }
    }

    /// Registers a node to wait for targets. The prefixes of the resources it may act on are found
    /// once per action.
    pub(super) fn wait_for_others(
        &mut self,
        by: Wait,
        beginnings: &mut HashMap<ActionId, Rc<[String]>>,
    ) {
        let method = by.method;
        let others = match method.changes {
            Changes::Directory | Changes::MemberRoot | Changes::Unseen => {
                return self.act_alone(by);
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
            Rc::clone(
                beginnings
                    .entry(first)
                    .or_insert_with(|| self.index.beginnings(who, first).into()),
            )
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

    /// Tries a method that needs nobody else.
    fn act_alone(&mut self, by: Wait) {
        let method = by.method;
        if !self.may_use_all(by.node, &method.actions)
            || method.changes != Changes::Unseen && !self.is_in_management_account()
        {
            return;
        }
        let limit = match method.changes {
            Changes::Unseen if method.closed.is_none() => {
                Step::limited(Certainty::Possible, "what is in the account besides identities")
            }
            Changes::Directory if !self.names.has_identity_center => {
                Step::limited(Certainty::Conditional, "whether IAM Identity Center is in use")
            }
            _ => Step::default(),
        };
        let task = ("sts:taskpolicyarn", Value::one(self.index.aws_policy(ROOT_TASK)));
        let brings = if method.changes == Changes::MemberRoot {
            &[task][..]
        } else {
            &[]
        };
        let asked = Asked { brings, ..self.node(by.node).who.asks("") };
        if let Some(step) = self.index.uses(&method.actions, asked) {
            let step = step.and(limit).and(method.limit_of_closed());
            self.found(by, None, step, Rank::ADMINISTRATOR);
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

    /// Adds ways for a policy that need a target which does not exist today.
    fn suppose(&mut self, id: NodeId) {
        for by in Wait::all(id) {
            let method = by.method;
            let Some(kind) = method.changes.kind_of_target() else {
                continue;
            };
            let is_of_users = kind == "user" || kind == "group";
            if self.node(id).administrator.is_some()
                || self.node(id).ways.contains_key(&method.number)
                || !self.mentions(by)
                || is_of_users && !self.node(id).is_user()
                || !self.may_use_all(id, &method.actions[1..])
            {
                continue;
            }
            let mut resource = probe::iam_resource(self.account(), kind);
            if kind == "user" {
                // Not the holder itself, which `${aws:username}` stands for.
                resource.push('+');
            }
            let attached = Value::one(self.index.aws_policy("AdministratorAccess"));
            let brings = [(POLICY, attached)];
            let asked = self.node(id).who.asks(&resource);
            let step = self.on_target(by, Asked { about: Resource::Any, brings: &brings, ..asked });
            let rest = self
                .index
                .uses(&method.actions[1..], self.node(id).who.asks(""));
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
                let known = best
                    .entry(Methods::numbered(*number).first)
                    .or_insert(found);
                if known.certainty < found.certainty {
                    *known = found;
                }
            }
        }
        for (number, found) in best {
            privileges
                .ways
                .push(sentence::way(self, Methods::numbered(number), found));
        }
        privileges
    }
}
