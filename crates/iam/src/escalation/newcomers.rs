//! New users and roles: nodes that somebody can create, act as, and change.

use std::rc::Rc;

use portcullis_model::{PolicyKind, PrincipalKind};

use super::Certainty;
use super::changes::{BOUNDARY, POLICY};
use super::edges::Edge;
use super::effective_permissions::{Asked, EffectivePermissions, Index};
use super::methods::{ActionId, Changes, Method, Methods};
use super::nodes::NodeId;
use super::offers::Offered;
use super::reach::Explored;
use super::resources::common_to;
use super::search::{Passing, Search, Wait};
use super::step::{Rank, Step, Target};
use super::tags::{Tagging, borrowed, is_of_tags};
use crate::account::Principal;
use crate::probe;
use crate::trust::ASSUME_ROLE;
use crate::truth::Lack;
use crate::value::Value;

/// The keys that a request without tags lacks.
const UNTAGGED: [&str; 2] = ["aws:requesttag/", "aws:tagkeys"];

/// Actions that help to act as a new principal.
const HELPFUL: [&str; 7] = [
    "iam:deleterolepermissionsboundary",
    "iam:deleteuserpermissionsboundary",
    "iam:passrole",
    "iam:putrolepermissionsboundary",
    "iam:putuserpermissionsboundary",
    "iam:tagrole",
    "iam:taguser",
];

/// How many generations of new principals that create each other are followed.
const MANY_GENERATIONS: u8 = 2;

/// A user or role that can be created.
struct Newcomer {
    identity: Principal,
    boundary: Option<Offered>,
    /// How it is created, and how its creator acts as it.
    step: Step,
}

impl Search<'_> {
    /// Creates users or roles by a method, with what the method gives them. One that is given
    /// nothing is useful where a trust policy admits it.
    pub(super) fn make(&mut self, by: Wait) {
        let giving = Methods::all().filter(|it| {
            let mut actions = it.actions.iter();
            it.changes.gives() && actions.all(|action| by.method.actions.contains(action))
        });
        let giving = giving.max_by_key(|it| it.actions.len());
        let is_last = self.node(by.node).generation == MANY_GENERATIONS;
        if is_last || giving.is_none() && !self.names.let_in_newcomers {
            return;
        }
        let (names, is_all) = Maker::new(self, by, giving).names();
        for arn in names {
            for newcomer in Maker::new(self, by, giving).newcomers(&arn) {
                if self.is_settled(by) {
                    return;
                }
                if !self.gains_nothing(by, newcomer.step.certainty()) {
                    self.equip(by, giving, newcomer);
                }
            }
        }
        if !is_all {
            self.index.lacks.borrow_mut().insert(Lack::Budget);
            if self.index.generous {
                let untried = Step::limited(Certainty::Conditional, "names that were not tried");
                self.found(by, None, untried, Rank::ADMINISTRATOR);
            }
        }
    }

    /// Gives a new principal something by a method, or nothing.
    fn equip(&mut self, way: Wait, giving: Option<&'static Method>, newcomer: Newcomer) {
        let Newcomer { identity, boundary, step } = newcomer;
        let mut brings = Vec::new();
        if let Some(boundary) = &boundary {
            brings.push((BOUNDARY.to_owned(), Value::one(boundary.arn.clone())));
        }
        let who = EffectivePermissions {
            boundary: boundary.map(|boundary| boundary.policy),
            ..EffectivePermissions::new(self.cast.version(identity), Rc::new([]))
        };
        let owner = self.newcomer(who, way.node);
        let by = Wait { method: giving.unwrap_or(way.method), ..way };
        let edge = Edge { first: Some((way, None)), brings, ..Edge::new(by, owner, step) };
        match giving {
            Some(_) => self.change_other(&edge, &mut Explored::new()),
            None => self.lead_to(owner, edge.with(None, Step::default())),
        }
    }

    /// Tries what another node may change about the one that created or changed it.
    pub(super) fn change_maker(&mut self, edge: &Edge, other: NodeId, step: &Step) {
        let (way, holder) = (edge.way(), self.node(other).holder);
        if holder.is_some() && holder == self.node(way.node).holder || self.is_settled(way) {
            return;
        }
        let target = holder.map(Target::Principal);
        let first = edge.first.clone().or(Some((way, target)));
        for by in Wait::all(other) {
            if by.method.changes.alters_reached() && self.mentions(by) {
                let edge = Edge::new(by, way.node, step.clone());
                self.change(&Edge { first: first.clone(), ..edge });
            }
        }
    }

    /// How one acts as a role whose trust policy one writes. The policy names the session that
    /// wrote it, which then needs no permission to assume the role, or a service that the role is
    /// passed to.
    pub(super) fn use_own(&self, id: NodeId, role: &Principal) -> Step {
        let assume = ActionId::named(ASSUME_ROLE);
        let mut best = match self
            .index
            .left_of_grant(&self.node(id).who, assume, role, false)
        {
            Some(Certainty::Certain) => return Step::default(),
            Some(certainty) => Step::limited(certainty, "whether sts:AssumeRole is denied"),
            // No Deny of the node binds an account of its own.
            None => Step::limited(Certainty::Conditional, "an account outside to let in"),
        };
        for (by, uses) in &*self.passes(id) {
            let used = self.pass(*by, role).map(|passed| passed.and(uses.clone()));
            best = used
                .filter(|used| used.certainty() > best.certainty())
                .unwrap_or(best);
            if best.certainty() == Certainty::Certain {
                break;
            }
        }
        best
    }

    /// The methods by which a node may pass a role, with the other steps that they take; found
    /// once.
    fn passes(&self, id: NodeId) -> Rc<[Passing]> {
        if let Some(known) = self.passes.borrow().get(&id) {
            return Rc::clone(known);
        }
        let mut passes = Vec::new();
        for by in Wait::all(id) {
            let method = by.method;
            let is_passing = method.changes == Changes::PassedRole && method.closed.is_none();
            if is_passing && self.mentions(by) {
                let uses = self
                    .index
                    .uses(&by.method.actions[1..], self.node(id).who.asks(""));
                passes.extend(uses.map(|uses| (by, uses)));
            }
        }
        let passes: Rc<[_]> = passes.into();
        self.passes.borrow_mut().insert(id, Rc::clone(&passes));
        passes
    }
}

/// Somebody who creates a principal by certain actions.
struct Maker<'m, 'a> {
    index: &'m Index<'a>,
    search: &'m Search<'a>,
    by: NodeId,
    who: &'m EffectivePermissions,
    kind: PrincipalKind,
    create: ActionId,
    /// The actions on the new principal.
    actions: Vec<ActionId>,
    /// The one of them that gives something.
    giving: Option<ActionId>,
}

impl<'m, 'a> Maker<'m, 'a> {
    fn new(search: &'m Search<'a>, by: Wait, giving: Option<&Method>) -> Maker<'m, 'a> {
        let method = by.method;
        let (kind, create) = match method.changes {
            Changes::NewRole => (PrincipalKind::Role, "iam:createrole"),
            _ => (PrincipalKind::User, "iam:createuser"),
        };
        let mut actions = method.actions.clone();
        let joining = giving.filter(|it| it.changes.joins());
        actions.retain(|action| !joining.is_some_and(|it| it.actions.contains(action)));
        Maker {
            index: &search.index,
            search,
            by: by.node,
            who: &search.node(by.node).who,
            kind,
            create: ActionId::named(create),
            actions,
            giving: giving
                .filter(|it| !it.changes.joins())
                .map(|it| it.actions[0]),
        }
    }

    /// The principals with the ARN that the actions can create, without the one that gives them
    /// something.
    fn newcomers(&self, arn: &str) -> Vec<Newcomer> {
        let mut newcomers = Vec::new();
        let Some(before) = self.free_name(arn) else {
            return newcomers;
        };
        let name = arn.rsplit('/').next().unwrap_or_default();
        let identity = Principal::new(self.kind, arn, name);
        let mut taggings = vec![(Tagging::NoneLeft, Step::default())];
        taggings.extend(self.taggings(&identity));
        let boundaries = self.boundaries();
        for (tagging, tag) in taggings {
            let identity = tagging.apply(&identity);
            for boundary in &boundaries {
                let Some(step) = self.create(&identity, &tagging, boundary.as_ref()) else {
                    continue;
                };
                let step = before.clone().and(tag.clone()).and(step);
                let (identity, boundary) = (identity.clone(), boundary.clone());
                newcomers.push(Newcomer { identity, boundary, step });
            }
        }
        newcomers
    }

    /// The ARNs to try: those that all steps may share, those that one of the steps names, and
    /// those that trust policies admit; and whether these are all.
    fn names(&self) -> (Vec<String>, bool) {
        let mut actions = self.actions.clone();
        let helpful = HELPFUL.map(ActionId::named);
        let (mut patterns, mut is_all) =
            self.index
                .names_for(self.who, &actions, &helpful, self.kind.word());
        if self.giving.is_none() {
            patterns.extend(common_to(&patterns, &self.search.names.let_in, &mut is_all));
        }
        let mut names: Vec<String> = Vec::new();
        actions.push(ActionId::named("iam:passrole"));
        let examples = self
            .index
            .examples_of_kind(self.who, &actions, self.kind.word());
        for name in patterns
            .iter()
            .map(|it| it.example(probe::NAME))
            .chain(examples)
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (names, is_all)
    }

    /// Whether one of the actions depends on a condition key of that kind.
    fn depends_on(&self, is_key: impl Fn(&str) -> bool) -> bool {
        let mut actions = self.actions.iter();
        actions.any(|action| {
            let conditions = self.index.conditions(self.who, *action);
            conditions.iter().any(|condition| is_key(&condition.key))
        })
    }

    /// The tags that the new principal can be given.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html>
    fn taggings(&self, newcomer: &Principal) -> Vec<(Tagging, Step)> {
        if !self.search.names.tags_matter && !self.depends_on(is_of_tags) {
            return Vec::new();
        }
        let name = if self.kind == PrincipalKind::Role {
            "iam:tagrole"
        } else {
            "iam:taguser"
        };
        let tag = ActionId::named(name);
        let create = Some(self.create);
        let taggings = self
            .index
            .taggings(tag, self.who.asks_about(newcomer), create);
        taggings
            .into_iter()
            .map(|(tagging, allowed)| (tagging, Step::new(allowed)))
            .collect()
    }

    /// The boundaries that the new principal can be created with; one of them may be no boundary.
    fn boundaries(&self) -> Vec<Option<Offered>> {
        let mut boundaries = vec![None];
        if self.depends_on(|key| key == BOUNDARY) {
            let offered = self
                .index
                .offered(self.who, self.create, BOUNDARY)
                .into_iter();
            let chosen = self.index.chosen(self.who, self.create, BOUNDARY);
            boundaries.extend(offered.chain(chosen).map(Some));
        }
        boundaries
    }

    /// How the name of the new principal is freed: it is free, or the role that has it is deleted
    /// after its policies.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
    fn free_name(&self, arn: &str) -> Option<Step> {
        let Some(id) = self.search.names.taken_by(self.kind, arn) else {
            return Some(Step::default());
        };
        let (role, node) = (self.search.account().principal(id), self.search.node(self.by));
        if role.kind != PrincipalKind::Role || role.is_protected() || node.holder == Some(id) {
            return None;
        }
        let mut step = Step::default();
        for id in &role.policies {
            let policy = self.search.account().policy(*id);
            let remove = match policy.kind {
                PolicyKind::Inline => "iam:deleterolepolicy",
                _ => "iam:detachrolepolicy",
            };
            let brings = [(POLICY, Value::one(policy.id.as_str()))];
            let asked = Asked { brings: &brings, ..node.who.asks_about(role) };
            step.allowed
                .push(self.index.allowed(ActionId::named(remove), asked)?);
        }
        if !role.instance_profiles.is_empty() {
            let remove = [ActionId::named("iam:removerolefrominstanceprofile")];
            step = step.and(self.index.uses(&remove, node.who.asks(""))?);
        }
        let delete = ActionId::named("iam:deleterole");
        step.allowed
            .push(self.index.allowed(delete, node.who.asks_about(role))?);
        Some(step)
    }

    /// How the principal is created, and how its creator acts as it. It gets its tags on creation,
    /// or later.
    fn create(
        &self,
        newcomer: &Principal,
        tagging: &Tagging,
        boundary: Option<&Offered>,
    ) -> Option<Step> {
        let before = boundary.map(|it| it.before.clone()).unwrap_or_default();
        let boundary = (BOUNDARY, Value::maybe(boundary.map(|it| it.arn.as_str())));
        let allowed = |action: ActionId, brings: &[(&str, Value<'_>)]| {
            let brings = [std::slice::from_ref(&boundary), brings].concat();
            let asked = Asked { brings: &brings, ..self.who.asks_about(newcomer) };
            self.index.allowed(action, asked).map(Step::new)
        };
        let mut created = allowed(self.create, &UNTAGGED.map(|key| (key, Value::Absent)));
        if created.is_none() && *tagging != Tagging::NoneLeft {
            created = allowed(self.create, &borrowed(&tagging.brought()));
        }
        let mut step = before.and(created?);
        for action in &self.actions {
            if *action != self.create && Some(*action) != self.giving {
                step = step.and(allowed(*action, &[])?);
            }
        }
        match self.kind {
            PrincipalKind::Role => Some(step.and(self.search.use_own(self.by, newcomer))),
            _ => Some(step),
        }
    }
}
