//! Changes to others that a node can become.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use portcullis_model::PrincipalKind;

use super::Certainty;
use super::attempt::providers_of;
use super::changes::{BOUNDARY, POLICY};
use super::edges::Edge;
use super::effective_permissions::Asked;
use super::methods::{ActionId, Changes, Methods};
use super::nodes::{NodeId, policies_of};
use super::search::{Search, Wait};
use super::step::{Step, Target};
use crate::account::{Account, PrincipalId};
use crate::pattern::Pattern;
use crate::policy::{Effect, Statement};
use crate::trust::{ASSUME_ROLE, Chosen, PRINCIPAL_TAG, TrustPolicy, session_of};
use crate::value::Value;

type Holders = Rc<[PrincipalId]>;

/// The nodes that changes have already led to, and how certainly. Each is explored once, or again
/// by a more certain path.
pub(super) type Explored = HashMap<NodeId, Certainty>;

/// By principal: how a node becomes it and what it has made of it; none: it cannot.
type Owners = HashMap<PrincipalId, Option<(Step, Explored)>>;

/// A principal that a node can become.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    pub(super) id: PrincipalId,
    /// The first method on the path, and its target.
    pub(super) first: (Wait, Target),
    /// All steps of the path.
    pub(super) step: Step,
}

/// Lookups of principals by name, tag, trust and what they have.
#[derive(Default)]
pub(super) struct Names<'a> {
    by_arn: HashMap<&'a str, PrincipalId>,
    /// The users and roles by tag: the key in lower case, then the value.
    by_tag: HashMap<String, HashMap<&'a str, Vec<PrincipalId>>>,
    /// The principals by kind and name in lower case, which is unique regardless of the path.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>
    by_name: HashMap<(PrincipalKind, String), PrincipalId>,
    /// The roles by name.
    roles: HashMap<&'a str, PrincipalId>,
    /// By principal: the roles whose trust policies single it out.
    choosing: HashMap<PrincipalId, Vec<PrincipalId>>,
    /// The roles whose trust policies admit principals that can only be found by trying each.
    untold: Vec<PrincipalId>,
    /// Whether a trust policy admits new principals that have no permission.
    pub(super) let_in_newcomers: bool,
    /// The patterns for ARNs that conditions of trust policies admit by name.
    pub(super) let_in: Vec<Pattern>,
    /// By ARN of a federated provider: the roles that trust it; found once somebody may change one.
    trusting: OnceCell<BTreeMap<&'a str, Vec<PrincipalId>>>,
    /// By ARN, sorted: the users and roles that are, or have, what a change acts on.
    holders: Vec<(&'a str, Holders)>,
    /// The number of groups with a Deny in their policies.
    pub(super) guarded: usize,
    /// Whether policies test the tags of principals.
    pub(super) tags_matter: bool,
    /// Whether IAM Identity Center created a role.
    pub(super) has_identity_center: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(account: &'a Account) -> Names<'a> {
        let tags_matter = account.statements().any(asks_for_tags);
        let mut names = Names { tags_matter, ..Names::default() };
        let mut holders: BTreeMap<&str, Vec<PrincipalId>> = BTreeMap::new();
        for id in account.principal_ids() {
            let principal = account.principal(id);
            names.by_arn.insert(&principal.arn, id);
            holders.entry(&principal.arn).or_default();
            names
                .by_name
                .insert((principal.kind, principal.name.to_lowercase()), id);
            if principal.kind == PrincipalKind::Role {
                names.roles.insert(&principal.name, id);
            }
            let mut documents = principal
                .policies
                .iter()
                .filter_map(|id| account.policy(*id).document.as_ref());
            let is_guarded =
                documents.any(|it| it.statements.iter().any(|it| it.effect == Effect::Deny));
            names.guarded += usize::from(is_guarded && principal.kind == PrincipalKind::Group);
            names.has_identity_center |= principal.is_of_identity_center();
            for (key, value) in principal.tags.iter().flatten() {
                let of_key = names.by_tag.entry(key.to_ascii_lowercase()).or_default();
                of_key.entry(value).or_default().push(id);
            }
            if principal.kind != PrincipalKind::Group {
                let mut has = vec![&principal.arn];
                has.extend(
                    principal
                        .groups
                        .iter()
                        .map(|group| &account.principal(*group).arn),
                );
                let policies = policies_of(account, principal, None);
                let managed = policies.iter().chain(&principal.boundary);
                has.extend(managed.map(|policy| &account.policy(*policy).id));
                for arn in has {
                    holders.entry(arn).or_default().push(id);
                }
            }
        }
        names.holders = holders
            .into_iter()
            .map(|(arn, ids)| (arn, ids.into()))
            .collect();
        for role in account.principal_ids() {
            let Some(trust) = &account.principal(role).trust else {
                continue;
            };
            names
                .untold
                .extend(trust.must_be_tried_on_all().then_some(role));
            names.let_in_newcomers |= names.lets_in_newcomers(trust, account);
            names.let_in.extend(names.new_names(trust, account));
            for principal in names.chosen(trust) {
                names.choosing.entry(principal).or_default().push(role);
            }
        }
        names
    }

    /// The principal of the kind that has the name in an ARN.
    pub(super) fn taken_by(&self, kind: PrincipalKind, arn: &str) -> Option<PrincipalId> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        self.by_name.get(&(kind, name.to_lowercase())).copied()
    }

    /// Whether a trust policy may admit new principals that have no permission.
    pub(super) fn lets_in_newcomers(&self, trust: &TrustPolicy, account: &Account) -> bool {
        trust.must_be_tried_on_all()
            || trust.document.statements.iter().any(asks_for_tags)
            || !self.new_names(trust, account).is_empty()
    }

    /// The patterns for ARNs that a trust policy admits by name and that nobody has.
    fn new_names(&self, trust: &TrustPolicy, account: &Account) -> Vec<Pattern> {
        let mut names = trust.named(account);
        names.retain(|name| !self.by_arn.contains_key(name.as_str()));
        names
    }

    /// The principals of the account that a trust policy singles out.
    pub(super) fn chosen(&self, trust: &TrustPolicy) -> Vec<PrincipalId> {
        let mut chosen = Vec::new();
        for choice in trust.chosen() {
            match choice {
                Chosen::Arn(arn) => {
                    chosen.extend(self.by_arn.get(arn));
                    // Sessions of other accounts' roles are excluded when the role is tried.
                    let session = session_of(arn).and_then(|(_, role)| self.roles.get(role));
                    chosen.extend(session);
                }
                Chosen::Otherwise => {}
                Chosen::Tag(key, value) => {
                    let holders = self.by_tag.get(key).and_then(|values| values.get(value));
                    chosen.extend(holders.into_iter().flatten());
                }
            }
        }
        chosen
    }
}

fn trusting(account: &Account) -> BTreeMap<&str, Vec<PrincipalId>> {
    let mut trusting: BTreeMap<&str, Vec<PrincipalId>> = BTreeMap::new();
    for id in account.principal_ids() {
        for (_, provider) in providers_of(account.principal(id), account) {
            trusting.entry(provider).or_default().push(id);
        }
    }
    trusting
}

/// Whether a statement tests tags of principals.
pub(super) fn asks_for_tags(statement: &Statement) -> bool {
    tests_key(statement, &[PRINCIPAL_TAG])
}

/// Whether a statement tests a condition key that begins so, or uses it as a variable.
pub(super) fn tests_key(statement: &Statement, beginnings: &[&str]) -> bool {
    let keys = statement
        .conditions
        .iter()
        .map(|condition| condition.key.as_str());
    let variables = statement.patterns().flat_map(Pattern::variables);
    keys.chain(variables).any(|key| {
        beginnings
            .iter()
            .any(|beginning| key.starts_with(beginning))
    })
}

impl<'a> Search<'a> {
    /// Looks for methods on others that a node can become.
    pub(super) fn look_beyond(&mut self, id: NodeId) {
        let node = self.node(id);
        if node.is_sure() || node.who.identity.service_linked || self.has_nothing_to_gain(id) {
            return;
        }
        let mut reach = None;
        let mut owners = Owners::new();
        for by in Wait::all(id) {
            let method = by.method;
            if !method.changes.alters_reached() || !self.may_gain(by) {
                continue;
            }
            let targets = self.in_range(id, method.actions[0]);
            let holders: usize = targets.iter().map(|(_, holders)| holders.len()).sum();
            if method.changes == Changes::Permissions(PrincipalKind::Group) {
                self.change_joined_groups(&Edge::new(by, id, Step::default()));
            }
            let joins = method.changes.joins();
            let makes = method.changes == Changes::NewGroup;
            if makes && !self.may_use_all(id, &method.actions)
                || !makes && (targets.is_empty() || holders == 0 && !joins)
            {
                continue;
            }
            // Goes through whichever list is shorter.
            let reach: Rc<[_]> = Rc::clone(reach.get_or_insert_with(|| self.reach(id).into()));
            if joins || reach.len() <= holders {
                self.change_others(by, &reach, &mut owners);
                continue;
            }
            for (arn, holders) in targets {
                if self.may_change(by, arn) {
                    self.change_others(by, &holders, &mut owners);
                }
            }
        }
        if reach.is_some() && !self.node(id).is_sure() {
            self.look_further(id);
        }
        if !self.node(id).is_sure() {
            self.look_at_running(id);
            self.let_in_others(id);
        }
    }

    /// Whether a node is an administrator under conditions on which all of its permissions depend.
    fn has_nothing_to_gain(&self, id: NodeId) -> bool {
        let mut others = Wait::all(id).filter(|by| by.method.changes != Changes::RoleSession);
        self.node(id).administrator.is_some() && !others.any(|by| self.may_gain(by))
    }

    /// Looks for roles that a node may not assume itself, but whose trust policies it can rewrite
    /// to admit somebody it can become.
    fn let_in_others(&mut self, id: NodeId) {
        let by = Wait { node: id, method: Methods::first(Changes::RoleTrust) };
        if !self.rewrites_for_others(by) {
            return;
        }
        let reached = self.reached(id);
        for (role, step) in self.opened_for_others(by) {
            let mut best: Option<Step> = None;
            for other in &reached {
                let node = self.of_principal[other.id.place()];
                if other.id != role && self.may_be_let_in(node, role) {
                    let step = other.step.clone();
                    best = best.into_iter().chain([step]).max_by_key(Step::certainty);
                }
            }
            if let Some(besides) = best {
                let edge = Edge::new(by, id, besides);
                let target = Some(Target::Principal(role));
                self.lead_to(self.of_principal[role.place()], edge.with(target, step));
            }
        }
    }

    /// Whether a node may rewrite trust policies, but is denied sts:AssumeRole on some role.
    pub(super) fn rewrites_for_others(&self, by: Wait) -> bool {
        let who = &self.node(by.node).who;
        let mut policies = who.policies.iter().chain(&who.boundary);
        self.mentions(by)
            && policies.any(|policy| self.index.denies(*policy, ActionId::named(ASSUME_ROLE)))
    }

    /// The roles that a node may not assume itself, but whose trust policies it can rewrite, with
    /// the steps.
    pub(super) fn opened_for_others(&self, by: Wait) -> Vec<(PrincipalId, Step)> {
        let mut opened = Vec::new();
        for (arn, _) in self.in_range(by.node, by.method.actions[0]) {
            let Some(id) = self.names.by_arn.get(arn).copied() else {
                continue;
            };
            let role = self.account().principal(id);
            if role.kind == PrincipalKind::Role
                && !role.is_protected()
                && !self.may_be_let_in(by.node, id)
            {
                let step = self.on_target(by, self.node(by.node).who.asks_about(role));
                opened.extend(step.map(|step| (id, step)));
            }
        }
        opened
    }

    /// Whether a node may assume the role once its trust policy names the node.
    pub(super) fn may_be_let_in(&self, id: NodeId, role: PrincipalId) -> bool {
        let (who, role) = (&self.node(id).who, self.account().principal(role));
        let left = self
            .index
            .left_of_grant(who, ActionId::named(ASSUME_ROLE), role, false);
        left == Some(Certainty::Certain)
    }

    /// Whether the first action of a method may be allowed on the ARN.
    pub(super) fn may_change(&self, by: Wait, arn: &str) -> bool {
        let chosen = Value::Chosen { optional: true };
        let brings = [(POLICY, chosen.clone()), (BOUNDARY, chosen)];
        let asked = Asked { brings: &brings, ..self.node(by.node).who.asks(arn) };
        self.index.allowed(by.method.actions[0], asked).is_some()
    }

    /// Looks for methods on others that a node can become through somebody else.
    fn look_further(&mut self, id: NodeId) {
        let mut others = self.reached(id);
        others.retain(|other| other.first.1 != Target::Principal(other.id));
        for other in &others {
            let owner = self.of_principal[other.id.place()];
            let mut explored = Explored::new();
            for by in Wait::all(id) {
                if by.method.changes.alters_reached() && self.mentions(by) {
                    self.change_other(&Edge::new(by, owner, other.step.clone()), &mut explored);
                }
            }
        }
    }

    /// All principals that a node can become, directly or through others. One may occur again with
    /// a more certain path.
    fn reached(&mut self, id: NodeId) -> Vec<Reached> {
        let mut reached: Vec<Reached> = Vec::new();
        let mut known: HashMap<PrincipalId, Certainty> = HashMap::new();
        known.extend(
            self.node(id)
                .holder
                .map(|holder| (holder, Certainty::Certain)),
        );
        for one in &*self.becomes(id) {
            let certainty = one.step.certainty();
            if known.get(&one.id) < Some(&certainty) {
                known.insert(one.id, certainty);
                reached.push(one.clone());
            }
        }
        let mut place = 0;
        while place < reached.len() {
            let one = reached[place].clone();
            let so_far = one.step.certainty();
            for next in &*self.becomes(self.of_principal[one.id.place()]) {
                let certainty = so_far.min(next.step.certainty());
                if known.get(&next.id) < Some(&certainty) {
                    known.insert(next.id, certainty);
                    let step = one.step.clone().and(next.step.clone());
                    reached.push(Reached { id: next.id, first: one.first.clone(), step });
                }
            }
            place += 1;
        }
        reached
    }

    /// The principals that a node can become in one step; found once.
    fn becomes(&mut self, id: NodeId) -> Rc<[Reached]> {
        if let Some(known) = self.becoming.get(&id) {
            return Rc::clone(known);
        }
        let reach = self.reach(id).into_iter();
        let becomes: Rc<[_]> = reach
            .filter_map(|other| self.become_other(id, other))
            .collect();
        self.becoming.insert(id, Rc::clone(&becomes));
        becomes
    }

    /// Whether any statement allows the node the first action of the method.
    pub(super) fn mentions(&self, by: Wait) -> bool {
        self.index
            .mentions(&self.node(by.node).who, by.method.actions[0])
    }

    /// Tries the method of an edge on groups that its owner, a user, can be added to.
    pub(super) fn change_joined_groups(&mut self, edge: &Edge) {
        let join = Methods::first(Changes::GroupMembership);
        if !self.node(edge.owner).is_user() {
            return;
        }
        let action = edge.by.method.actions[0];
        for (arn, _) in self.in_range(edge.by.node, action) {
            let Some(id) = self.names.by_arn.get(arn).copied() else {
                continue;
            };
            if self.account().principal(id).kind != PrincipalKind::Group {
                continue;
            }
            let (who, target) = (&self.node(edge.by.node).who, Target::Principal(id));
            let change = self.index.allowed(action, who.asks(arn)).map(Step::new);
            let join = self.attempt(Wait { method: join, ..edge.by }, arn, &target);
            if let (Some(change), Some(join)) = (change, join) {
                let after = self.node(edge.owner).who.with(self.index.everything());
                self.lead(edge.clone().with(Some(target), join.and(change)), after);
                return;
            }
        }
    }

    /// Tries a method on what others have. How the node becomes each of them is found once.
    fn change_others(&mut self, by: Wait, others: &[PrincipalId], owners: &mut Owners) {
        for other in others {
            if self.is_settled(by) {
                return;
            }
            let owner = owners.entry(*other).or_insert_with(|| {
                let reached = self.become_other(by.node, *other)?;
                Some((reached.step, Explored::new()))
            });
            if let Some((step, explored)) = owner {
                let owner = self.of_principal[other.place()];
                self.change_other(&Edge::new(by, owner, step.clone()), explored);
            }
        }
    }

    /// Whether a certain way by this method is known.
    pub(super) fn is_settled(&self, way: Wait) -> bool {
        let known = self.node(way.node).ways.get(&way.method.number);
        known.is_some_and(|way| way.certainty == Certainty::Certain)
    }

    /// Tries the method of an edge on its owner, unless a certain way is known, and explores what
    /// that leads to.
    pub(super) fn change_other(&mut self, edge: &Edge, explored: &mut Explored) {
        if self.is_settled(edge.way()) {
            return;
        }
        // A new principal is given something once, so that not every set of policies is tried on
        // everyone who can be created.
        let is_newcomer = matches!(edge.first, Some((_, None)));
        let mut further: Vec<Wait> = Wait::all(edge.by.node).collect();
        further.retain(|by| {
            let changes = by.method.changes;
            let is_tried = changes.alters_reached() && !(is_newcomer && changes.gives());
            is_tried && self.mentions(*by)
        });
        explored.insert(edge.owner, Certainty::Certain);
        let mut left = vec![edge.clone()];
        while let Some(edge) = left.pop() {
            for (to, step) in self.change(&edge) {
                if self.node(to).is_always_administrator() {
                    continue;
                }
                self.change_maker(&edge, to, &step);
                let certainty = step.certainty();
                if explored.get(&to) >= Some(&certainty) {
                    continue;
                }
                explored.insert(to, certainty);
                for by in &further {
                    let besides = step.clone();
                    left.push(Edge { by: *by, owner: to, besides, ..edge.clone() });
                }
            }
        }
    }

    /// The ARNs that an action may be allowed on, with those who have them.
    pub(super) fn in_range(&self, id: NodeId, action: ActionId) -> Vec<(&'a str, Holders)> {
        let all = &self.names.holders;
        let mut targets = Vec::new();
        for beginning in self.index.beginnings(&self.node(id).who, action) {
            let first = all.partition_point(|(arn, _)| *arn < beginning.as_str());
            let within = all[first..]
                .iter()
                .take_while(|(arn, _)| arn.starts_with(&beginning));
            targets.extend(within.map(|(arn, holders)| (*arn, Rc::clone(holders))));
        }
        targets
    }

    /// The users and roles that a node might become.
    fn reach(&self, id: NodeId) -> Vec<PrincipalId> {
        let holder = self.node(id).holder;
        let choosing = holder.and_then(|holder| self.names.choosing.get(&holder));
        let mut reach = choosing.cloned().unwrap_or_default();
        reach.extend(&self.names.untold);
        let becoming = Methods::all().filter(|method| method.changes.becomes().is_some());
        let actions: BTreeSet<ActionId> = becoming.map(|method| method.actions[0]).collect();
        for action in actions {
            let targets = self.in_range(id, action);
            reach.extend(
                targets
                    .iter()
                    .filter_map(|(arn, _)| self.names.by_arn.get(arn)),
            );
        }
        for by in Wait::all(id) {
            if by.method.changes.is_of_provider() && self.mentions(by) {
                reach.extend(self.trusting(id, by.method.actions[0]));
            }
        }
        reach.sort_unstable();
        reach.dedup();
        reach
    }

    /// The roles that trust a federated provider on which an action may be allowed.
    fn trusting(&self, id: NodeId, action: ActionId) -> Vec<PrincipalId> {
        let trusting = self.names.trusting.get_or_init(|| trusting(self.account()));
        let mut roles = Vec::new();
        for beginning in self.index.beginnings(&self.node(id).who, action) {
            let after = trusting.range(beginning.as_str()..);
            let within = after.take_while(|(provider, _)| provider.starts_with(&beginning));
            roles.extend(within.flat_map(|(_, roles)| roles));
        }
        roles
    }
}
