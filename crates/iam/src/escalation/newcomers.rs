//! Users and roles that are yet to be made, and whose maker gives them permissions and becomes them.

use std::rc::Rc;

use portcullis_model::PolicyKind;

use super::Certainty;
use super::changes::{BOUNDARY, POLICY};
use super::effective_permissions::{Asked, EffectivePermissions, Index};
use super::methods::{ActionId, Changes, Method, Methods};
use super::nodes::NodeId;
use super::offers::Offered;
use super::search::{Passing, Search, Wait};
use super::step::{Rank, Step};
use super::tags::{Tagging, borrowed, is_of_tags};
use crate::account::{Principal, PrincipalKind};
use crate::context::Resource;
use crate::probe;
use crate::truth::Lack;
use crate::value::Value;

/// The keys that a request without tags lacks.
const UNTAGGED: [&str; 2] = ["aws:requesttag/", "aws:tagkeys"];

/// Actions that help to use who is made.
const HELPFUL: [&str; 7] = [
    "iam:deleterolepermissionsboundary",
    "iam:deleteuserpermissionsboundary",
    "iam:passrole",
    "iam:putrolepermissionsboundary",
    "iam:putuserpermissionsboundary",
    "iam:tagrole",
    "iam:taguser",
];

impl Search<'_> {
    /// Notes how a node makes a user or role by the first action of a method, and gives it everything by
    /// the rest.
    pub(super) fn make(&mut self, by: Wait, method: &Method, kind: PrincipalKind) {
        if let Some(step) = self.make_by(by.node, &method.actions, kind) {
            self.found(by, None, step, Rank::ADMINISTRATOR);
        }
    }

    /// How a node makes a user or role by the first of some actions, and is allowed the rest on it.
    pub(super) fn make_by(
        &self,
        by: NodeId,
        actions: &[ActionId],
        kind: PrincipalKind,
    ) -> Option<Step> {
        Maker { search: self, by, actions }.surest(kind)
    }

    /// How one acts with a role whose trust policy one writes: it names the session that wrote it, which then needs no
    /// permission to assume it, or a service that the role is passed to.
    pub(super) fn use_own(&self, id: NodeId, role: &Principal) -> Option<Step> {
        let assume = self.index.methods.assume;
        let mut best = match self.index.left_of_grant(&self.node(id).who, assume, role, false) {
            Some(Certainty::Certain) => return Some(Step::default()),
            Some(certainty) => Some(Step::limited(certainty, "whether sts:AssumeRole is denied")),
            None => None,
        };
        for (method, uses) in &*self.passes(id) {
            let by = Wait { node: id, method: *method };
            let used = self.pass(by, role).map(|passed| passed.and(uses.clone()));
            best = best.into_iter().chain(used).max_by_key(Step::certainty);
            if best.as_ref().map(Step::certainty) == Some(Certainty::Certain) {
                break;
            }
        }
        best
    }

    /// The methods by which a node may pass a role, with what they take beside that; found once.
    fn passes(&self, id: NodeId) -> Rc<[Passing]> {
        if let Some(known) = self.passes.borrow().get(&id) {
            return Rc::clone(known);
        }
        let mut passes = Vec::new();
        for (number, method) in Methods::numbered() {
            if method.changes == Changes::PassedRole && self.mentions(id, method) {
                let uses = self.uses(id, &method.actions[1..]);
                passes.extend(uses.map(|uses| (number, uses)));
            }
        }
        let passes: Rc<[_]> = passes.into();
        self.passes.borrow_mut().insert(id, Rc::clone(&passes));
        passes
    }
}

/// Who makes somebody by some actions.
struct Maker<'m, 'a> {
    search: &'m Search<'a>,
    by: NodeId,
    actions: &'m [ActionId],
}

impl<'a> Maker<'_, 'a> {
    fn index(&self) -> &Index<'a> {
        &self.search.index
    }

    fn who(&self) -> &EffectivePermissions<'a> {
        &self.search.node(self.by).who
    }

    fn surest(&self, kind: PrincipalKind) -> Option<Step> {
        let mut best: Option<Step> = None;
        let (names, is_all) = self.names(kind);
        for arn in names {
            let Some(before) = self.free_name(&arn) else { continue };
            let newcomer = Principal::new(kind, &arn, "");
            let untagged = vec![(Tagging::NoneLeft, Step::default())];
            let taggings = || self.taggings(&newcomer);
            for (tagging, tag) in
                untagged.into_iter().chain(std::iter::once_with(taggings).flatten())
            {
                let newcomer = tagging.apply(&newcomer);
                let step = self.equip_within(&newcomer, &tagging);
                let step = step.map(|step| before.clone().and(tag).and(step));
                best = best.into_iter().chain(step).max_by_key(Step::certainty);
                if best.as_ref().map(Step::certainty) == Some(Certainty::Certain) {
                    return best;
                }
            }
        }
        if best.is_none() && !is_all {
            self.index().lacks.borrow_mut().insert(Lack::Budget);
            let untried = Step::limited(Certainty::Conditional, "names that were not tried");
            return self.index().generous.then_some(untried);
        }
        best
    }

    /// The ARNs to try: those that all steps may have in common, and those that one of them names; and whether these are
    /// all.
    fn names(&self, kind: PrincipalKind) -> (Vec<String>, bool) {
        let mut actions = self.actions.to_vec();
        let helpful = HELPFUL.map(|name| self.index().methods.known(name));
        let (patterns, is_all) =
            self.index().names_for(self.who(), &actions, &helpful, kind.word());
        let mut names: Vec<String> = patterns.iter().map(|it| it.example(probe::NAME)).collect();
        actions.push(self.index().methods.known("iam:passrole"));
        for name in self.index().examples_of_kind(self.who(), &actions, kind.word()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (names, is_all)
    }

    /// Whether one of the actions depends on such a condition key.
    fn depends_on(&self, is_key: impl Fn(&str) -> bool) -> bool {
        let mut actions = self.actions.iter();
        actions.any(|action| {
            let conditions = self.index().conditions(self.who(), *action);
            conditions.iter().any(|condition| is_key(&condition.key))
        })
    }

    /// The tags that a newcomer can be given.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html>
    fn taggings(&self, newcomer: &Principal) -> Vec<(Tagging, Step)> {
        if !self.depends_on(is_of_tags) {
            return Vec::new();
        }
        let name = if newcomer.kind == PrincipalKind::Role { "iam:tagrole" } else { "iam:taguser" };
        let (tag, create) = (self.index().methods.known(name), self.actions[0]);
        let taggings = self.index().taggings(self.who(), tag, Asked::about(newcomer), Some(create));
        taggings.into_iter().map(|(tagging, allowed)| (tagging, Step::new(allowed))).collect()
    }

    /// How a newcomer with tags is made and equipped, without a boundary or with one that does not hold it back.
    fn equip_within(&self, newcomer: &Principal, tagging: &Tagging) -> Option<Step> {
        let mut best = self.equip(newcomer, tagging, &Value::Absent);
        if !self.depends_on(|key| key == BOUNDARY) {
            return best;
        }
        let create = self.actions[0];
        let offered = self.index().offered(self.who(), create, BOUNDARY).into_iter();
        for offered in offered.chain(self.index().chosen(self.who(), create, BOUNDARY)) {
            if best.as_ref().map(Step::certainty) == Some(Certainty::Certain) {
                return best;
            }
            let boundary = Value::one(offered.arn.as_str());
            let Some(free) = self.free(newcomer, &offered) else { continue };
            let step = self.equip(newcomer, tagging, &boundary);
            let step = step.map(|step| offered.before().and(step).and(free));
            best = best.into_iter().chain(step).max_by_key(Step::certainty);
        }
        best
    }

    /// How the name of a newcomer is made free: at once, or by deleting the role that has it, with its policies
    /// before.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
    fn free_name(&self, arn: &str) -> Option<Step> {
        let Some(id) = self.search.names.taken_by(arn) else { return Some(Step::default()) };
        let (role, node) = (self.search.account().principal(id), self.search.node(self.by));
        if role.kind != PrincipalKind::Role || role.is_protected() || node.holder == Some(id) {
            return None;
        }
        let known = |name| self.index().methods.known(name);
        let mut step = Step::default();
        for id in &role.policies {
            let policy = self.search.account().policy(*id);
            let remove = match policy.kind {
                PolicyKind::Inline => "iam:deleterolepolicy",
                _ => "iam:detachrolepolicy",
            };
            let brings = [(POLICY, Value::one(policy.id.as_str()))];
            let asked = Asked { brings: &brings, ..Asked::about(role) };
            step.allowed.push(self.index().allowed(&node.who, known(remove), asked)?);
        }
        if !role.instance_profiles.is_empty() {
            let remove = [known("iam:removerolefrominstanceprofile")];
            step = step.and(self.search.uses(self.by, &remove)?);
        }
        let delete = known("iam:deleterole");
        step.allowed.push(self.index().allowed(&node.who, delete, Asked::about(role))?);
        Some(step)
    }

    /// How a newcomer with a boundary is not held back by it.
    fn free(&self, newcomer: &Principal, boundary: &Offered) -> Option<Step> {
        if self.index().allows_everything(boundary.policy) {
            return Some(Step::default());
        }
        let actions = match newcomer.kind {
            PrincipalKind::Role => {
                ["iam:deleterolepermissionsboundary", "iam:putrolepermissionsboundary"]
            }
            _ => ["iam:deleteuserpermissionsboundary", "iam:putuserpermissionsboundary"],
        };
        let [delete, put] = actions.map(|name| self.index().methods.known(name));
        let about = Resource::Principal(newcomer);
        let brings = [(BOUNDARY, Value::one(boundary.arn.as_str()))];
        let asked = Asked { resource: &newcomer.arn, about, brings: &brings };
        let deleted = self.index().allowed(self.who(), delete, asked).map(Step::new);
        let replaced = self.allowed_with(put, newcomer, BOUNDARY, &[]);
        deleted.into_iter().chain(replaced).max_by_key(Step::certainty)
    }

    /// How all the actions are allowed on a newcomer with a boundary, and how one becomes it.
    fn equip(&self, newcomer: &Principal, tagging: &Tagging, boundary: &Value<'_>) -> Option<Step> {
        let actions = self.actions;
        let used = match newcomer.kind {
            PrincipalKind::Role => self.search.use_own(self.by, newcomer)?,
            _ => Step::default(),
        };
        // It gets its tags when it is made, or later.
        let brought = tagging.brought();
        let tagged = [&[(BOUNDARY, boundary.clone())], &borrowed(&brought)[..]].concat();
        let untagged = UNTAGGED.map(|key| (key, Value::Absent));
        let untagged = [&[(BOUNDARY, boundary.clone())], &untagged[..]].concat();
        let create = |brings| self.allowed_with(actions[0], newcomer, POLICY, brings);
        let later = create(&untagged);
        let mut step =
            if *tagging == Tagging::NoneLeft { later } else { later.or_else(|| create(&tagged)) }?;
        for action in &actions[1..] {
            let boundary = [(BOUNDARY, boundary.clone())];
            step = step.and(self.allowed_with(*action, newcomer, POLICY, &boundary)?);
        }
        Some(step.and(used))
    }

    /// How an action is allowed on a newcomer with a policy that allows everything as the value of a key.
    fn allowed_with(
        &self,
        action: ActionId,
        newcomer: &Principal,
        key: &str,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Step> {
        let mut best: Option<Step> = None;
        for offered in self.index().offered(self.who(), action, key) {
            let mut all = vec![(key, Value::one(offered.arn.as_str()))];
            all.extend_from_slice(brings);
            let about = Resource::Principal(newcomer);
            let asked = Asked { resource: &newcomer.arn, about, brings: &all };
            let allowed = self.index().allowed(self.who(), action, asked);
            let step = allowed.map(|allowed| offered.before().and(Step::new(allowed)));
            best = best.into_iter().chain(step).max_by_key(Step::certainty);
        }
        best
    }
}
