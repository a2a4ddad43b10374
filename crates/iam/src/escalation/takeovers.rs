//! Finds who in an account can certainly become whom, privileged or not, by methods other than
//! assuming a role.
//!
//! Most principals differ in nothing that matters for that, so one of them is tried for all.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use portcullis_model::PrincipalKind;

use super::Certainty;
use super::edges::Edge;
use super::methods::{ActionId, Changes, Method};
use super::nodes::NodeId;
use super::search::{Search, Wait};
use super::step::{Step, Target};
use crate::account::{Account, PolicyId, PrincipalId};
use crate::numbered::Numbered;
use crate::policy::{PolicyDocument, Statement};
use crate::trust::depends_on_principal;

/// The search for those who may act as somebody else of their account.
pub(crate) struct Takeovers<'a> {
    search: Search<'a>,
    classes: Vec<Class>,
    class_of: HashMap<NodeId, usize>,
    /// The principals that are followed, as they are and after changes to themselves.
    actors: BTreeMap<NodeId, Actor>,
    /// Phrases that complete "it may …", with `{target}` for the name of whom one becomes.
    ways: Numbered<String>,
}

/// A principal as it is, or after a change to itself.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Actor {
    pub(crate) id: PrincipalId,
    /// The change, as a phrase that completes "it may …", and a number; none: it is as it is today.
    pub(crate) change: Option<(String, usize)>,
}

impl Actor {
    /// A principal as it is today.
    pub(crate) fn new(id: PrincipalId) -> Actor {
        Actor { id, change: None }
    }
}

/// Whom each actor can become.
#[derive(Default)]
pub(crate) struct Taken {
    /// The index of each actor's list.
    pub(crate) actors: BTreeMap<Actor, usize>,
    /// Principals with the index of the way. Actors that can become the same principals share a
    /// list.
    pub(crate) lists: Vec<Vec<(PrincipalId, usize)>>,
}

/// Actors with the same decisions.
#[derive(Default)]
struct Class {
    members: Vec<NodeId>,
    taken: Vec<(PrincipalId, usize)>,
}

/// The key of a class of actors.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Kinship {
    kind: PrincipalKind,
    /// The excerpts of their policies.
    documents: BTreeSet<usize>,
    /// The excerpt of their boundary; none: they have none.
    boundary: Option<usize>,
    /// Whether they changed themselves: only then assuming roles is tried as well.
    is_changed: bool,
    /// The node, if it is the only one of its class because its policies depend on who has them.
    only: Option<NodeId>,
}

/// The statements of policies about the actions of methods, without duplicates, and whether their
/// meaning depends on who has the policy.
#[derive(Default)]
struct Excerpts {
    documents: Numbered<Vec<Statement>>,
    by_policy: HashMap<PolicyId, (usize, bool)>,
}

impl<'a> Takeovers<'a> {
    /// Creates the search for the principals that are followed.
    pub(crate) fn new(
        account: &'a Account,
        is_followed: impl Fn(PrincipalId) -> bool,
    ) -> Takeovers<'a> {
        let mut takeovers = Takeovers {
            search: Search::new(account, false),
            classes: Vec::new(),
            class_of: HashMap::new(),
            actors: BTreeMap::new(),
            ways: Numbered::default(),
        };
        let mut excerpts = Excerpts::default();
        let mut classes = Numbered::default();
        for id in account.actor_ids().filter(|id| is_followed(*id)) {
            let node = takeovers.search.of_principal[id.place()];
            takeovers.actors.insert(node, Actor::new(id));
            if takeovers.classify(node, &mut classes, &mut excerpts) {
                takeovers.search.wait_for_takeovers(node);
            }
        }
        let principals: Vec<NodeId> = takeovers.actors.keys().copied().collect();
        for node in principals {
            takeovers.search.change_itself(node);
        }
        for (node, actor) in takeovers.changed() {
            takeovers.actors.insert(node, actor);
            takeovers.classify(node, &mut classes, &mut excerpts);
        }
        takeovers
    }

    /// Puts a node in its class. Returns whether it is the first one there.
    fn classify(
        &mut self,
        node: NodeId,
        known: &mut Numbered<Kinship>,
        excerpts: &mut Excerpts,
    ) -> bool {
        let is_changed = self.actors[&node].change.is_some();
        let kinship = excerpts.kinship(&self.search, node, is_changed);
        let (class, is_new) = known.number(kinship);
        if is_new {
            self.classes.push(Class::default());
        }
        self.classes[class].members.push(node);
        self.class_of.insert(node, class);
        is_new
    }

    /// The principals after certain changes to themselves.
    fn changed(&self) -> Vec<(NodeId, Actor)> {
        let mut next: HashMap<NodeId, Vec<(NodeId, String)>> = HashMap::new();
        for (to, edges) in &self.search.leading_to {
            for edge in edges {
                if let Some(text) = self.search.describe_change(edge) {
                    next.entry(edge.owner).or_default().push((*to, text));
                }
            }
        }
        let (mut changed, mut seen) = (Vec::new(), BTreeSet::new());
        let mut left: VecDeque<(NodeId, Actor)> = VecDeque::new();
        left.extend(
            self.actors
                .iter()
                .map(|(node, actor)| (*node, actor.clone())),
        );
        while let Some((node, actor)) = left.pop_front() {
            let mut after = next.remove(&node).unwrap_or_default();
            after.sort();
            for (to, text) in after {
                if seen.insert(to) {
                    let before = actor.change.iter().map(|(text, _)| text.clone());
                    let text = before.chain([text]).collect::<Vec<_>>().join(", then ");
                    let actor = Actor { id: actor.id, change: Some((text, to.place())) };
                    changed.push((to, actor.clone()));
                    left.push_back((to, actor));
                }
            }
        }
        changed
    }

    /// The actors after changes, with their policies and boundary.
    pub(crate) fn changed_actors(
        &self,
    ) -> impl Iterator<Item = (&Actor, Vec<&PolicyDocument>, Option<&PolicyDocument>)> {
        let changed = self
            .actors
            .iter()
            .filter(|(_, actor)| actor.change.is_some());
        changed.map(|(node, actor)| {
            let who = &self.search.node(*node).who;
            let in_force = who
                .policies
                .iter()
                .filter(|policy| !who.removed.contains(policy));
            let documents = in_force.filter_map(|policy| self.search.index.document(*policy));
            let boundary = who
                .boundary
                .and_then(|policy| self.search.index.document(policy));
            (actor, documents.collect(), boundary)
        })
    }

    /// Finds out who can become a principal. Returns those that were not known to be able to become
    /// anybody.
    pub(crate) fn enter(&mut self, id: PrincipalId) -> Vec<PrincipalId> {
        let mut known: BTreeMap<usize, usize> = BTreeMap::new();
        for (road, resource, target) in self.search.roads_to(id) {
            if road.0 == Changes::RunningRole {
                continue;
            }
            for (length, of_length) in self.search.waiting.get(&road).into_iter().flatten() {
                let beginning = resource.get(..*length);
                let waits = beginning.and_then(|beginning| of_length.get(beginning));
                for wait in waits.into_iter().flatten() {
                    let Some(class) = self.class_of.get(&wait.node) else {
                        continue;
                    };
                    if known.contains_key(class) {
                        continue;
                    }
                    let mut members = self.classes[*class].members.iter();
                    let Some(node) = members.find(|node| self.actors[*node].id != id) else {
                        continue;
                    };
                    let by = Wait { node: *node, ..*wait };
                    let step = self.search.attempt(by, &resource, &target);
                    if step.is_some_and(|step| step.certainty() == Certainty::Certain) {
                        let (way, _) = self.ways.number(describe(by.method, &target));
                        known.insert(*class, way);
                    }
                }
            }
        }
        let mut entering = Vec::new();
        for (class, way) in known {
            let Class { members, taken } = &mut self.classes[class];
            if taken.is_empty() {
                entering.extend(members.iter().map(|node| self.actors[node].id));
            }
            taken.push((id, way));
        }
        entering
    }

    /// The results, and the ways that they refer to.
    pub(crate) fn finish(self) -> (Taken, Vec<String>) {
        let mut all = Taken::default();
        for Class { members, mut taken } in self.classes {
            if taken.is_empty() {
                continue;
            }
            for node in members {
                all.actors
                    .insert(self.actors[&node].clone(), all.lists.len());
            }
            taken.sort_unstable();
            all.lists.push(taken);
        }
        (all, self.ways.into_items())
    }
}

/// How a method lets one become whom the target leads to.
fn describe(method: &Method, target: &Target) -> String {
    let way = method.way.as_ref().unwrap_or(&method.title);
    let Target::Provider(arn, _) = target else {
        return way.clone();
    };
    let name = arn.split_once('/').map_or(arn.as_str(), |(_, name)| name);
    format!("{}, such as role {{target}}", way.replace("{target}", name))
}

impl Excerpts {
    /// The class key of a node.
    fn kinship(&mut self, search: &Search<'_>, node: NodeId, is_changed: bool) -> Kinship {
        let who = &search.node(node).who;
        let (mut documents, mut is_personal) = (BTreeSet::new(), false);
        for policy in who
            .policies
            .iter()
            .filter(|policy| !who.removed.contains(policy))
        {
            let (document, depends) = self.number(search, *policy);
            documents.insert(document);
            is_personal |= depends;
        }
        let boundary = who.boundary.map(|policy| self.number(search, policy));
        is_personal |= boundary.is_some_and(|(_, depends)| depends);
        Kinship {
            kind: who.identity.kind,
            documents,
            boundary: boundary.map(|(document, _)| document),
            is_changed,
            only: is_personal.then_some(node),
        }
    }

    /// The index of a policy's excerpt, and whether its meaning depends on who has it.
    fn number(&mut self, search: &Search<'_>, policy: PolicyId) -> (usize, bool) {
        if let Some(known) = self.by_policy.get(&policy) {
            return *known;
        }
        let statements: Vec<Statement> = search
            .index
            .about_methods(policy)
            .into_iter()
            .cloned()
            .collect();
        let depends = statements.iter().any(depends_on_principal);
        let (number, _) = self.documents.number(statements);
        self.by_policy.insert(policy, (number, depends));
        (number, depends)
    }
}

impl Search<'_> {
    /// Registers whom a node could become by other methods than assuming a role.
    fn wait_for_takeovers(&mut self, id: NodeId) {
        let mentioned = self.index.mentioned(&self.node(id).who);
        let mut beginnings = HashMap::new();
        for by in Wait::all(id) {
            let changes = by.method.changes;
            let mut actions = by.method.actions.iter();
            let is_takeover = changes.becomes().is_some() && changes != Changes::RoleSession
                || changes.is_of_provider();
            if is_takeover && actions.all(|action: &ActionId| mentioned[usize::from(action.0)]) {
                self.wait_for_others(by, &mut beginnings);
            }
        }
    }

    /// Looks for what a principal may be after it changed itself.
    fn change_itself(&mut self, id: NodeId) {
        for by in Wait::all(id) {
            if by.method.changes.alters_reached() && self.mentions(by) {
                self.change(&Edge::new(by, id, Step::default()));
            }
        }
    }

    /// How an owner changes itself; none: not for certain.
    fn describe_change(&self, edge: &Edge) -> Option<String> {
        let changes: Vec<_> = edge.changes.iter().collect();
        let is_own = edge.by.node == edge.owner && edge.first.is_none();
        if !is_own || edge.step(&changes).certainty() != Certainty::Certain {
            return None;
        }
        let method = edge.by.method;
        let target = match &*changes {
            [change] => edge.target(change),
            _ => None,
        };
        Some(match (&method.way, target) {
            (Some(way), Some(target)) => way.replace("{target}", &self.named(&target).1),
            _ => method.title.clone(),
        })
    }
}
