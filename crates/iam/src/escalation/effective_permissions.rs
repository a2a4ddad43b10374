//! What somebody may do, of the actions that methods need.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use portcullis_model::Arn;

use super::Certainty;
use super::methods::{ActionId, Methods};
use super::nodes::{Keys, sorted};
use super::offers::managed_policies;
use super::step::{Allowed, Grantor, Step};
use super::tags::AskedTags;
use crate::account::{Account, PolicyId, Principal, PrincipalId, PrincipalKind};
use crate::condition::Condition;
use crate::context::{Context, Request, Resource};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, PolicyDocument, Selection, Statement};
use crate::probe;
use crate::truth::{Lack, Truth};
use crate::value::Value;

/// Policies by their places, sorted, each once.
pub(super) type Policies = Rc<[PolicyId]>;

/// All that allows or denies somebody something.
#[derive(Clone, Debug)]
pub(super) struct EffectivePermissions {
    /// Whose values condition keys have.
    pub(super) identity: Rc<Principal>,
    /// The identity policies, those of groups included.
    pub(super) policies: Policies,
    /// The groups that these are of.
    pub(super) groups: Rc<[PrincipalId]>,
    /// The permissions boundary.
    pub(super) boundary: Option<PolicyId>,
    /// Those of the policies that were removed: they decide nothing any more, but can still be rewritten.
    pub(super) removed: Policies,
}

/// All that [`EffectivePermissions`] hold.
pub(super) type PermissionsKey =
    (*const Principal, Policies, Rc<[PrincipalId]>, Option<PolicyId>, Policies);

/// What a request is about, beside its action.
#[derive(Clone, Copy)]
pub(super) struct Asked<'q> {
    pub(super) resource: &'q str,
    pub(super) about: Resource<'q>,
    pub(super) brings: &'q [(&'q str, Value<'q>)],
}

/// The policies of an account by the actions that methods need.
pub(super) struct Index<'a> {
    pub(super) account: &'a Account,
    pub(super) methods: &'static Methods,
    /// Whether what is not known is taken to allow.
    pub(super) generous: bool,
    /// By policy: the actions that methods need, sorted, each with the place of a statement about it. A
    /// list, since thousands of policies have a few statements each.
    statements: Vec<Box<[(ActionId, u16)]>>,
    /// By policy: whether what it says depends on who has it.
    personal: Vec<bool>,
    /// By policy: whether it allows some request for an action of IAM that nobody can have meant.
    sweeping: Vec<bool>,
    /// By policy: the condition keys on which it depends whether it allows everything, if it does or may.
    pub(super) whole: Vec<Option<Keys>>,
    /// The managed policies by ARN, and those of them that allow everything.
    pub(super) managed: BTreeMap<&'a str, PolicyId>,
    pub(super) wide: Vec<PolicyId>,
    all: PolicyDocument,
    /// The tags that policies ask for, found when somebody may change some tags only.
    pub(super) asked_tags: OnceCell<AskedTags>,
    /// What was not read, and might have decided something.
    pub(super) lacks: RefCell<BTreeSet<Lack>>,
}

impl EffectivePermissions {
    pub(super) fn key(&self) -> PermissionsKey {
        let EffectivePermissions { identity, policies, groups, boundary, removed } = self.clone();
        (Rc::as_ptr(&identity), policies, groups, boundary, removed)
    }

    /// The same with another policy.
    pub(super) fn with(&self, policy: PolicyId) -> Self {
        let policies = self.policies.iter().copied().chain([policy]).collect();
        EffectivePermissions { policies: sorted(policies), ..self.clone() }
    }

    /// The same as a member of another group.
    pub(super) fn joining(&self, id: PrincipalId, group: &Principal) -> Self {
        let policies = self.policies.iter().chain(&group.policies).copied();
        let groups = self.groups.iter().copied().chain([id]);
        EffectivePermissions {
            policies: sorted(policies.collect()),
            groups: sorted(groups.collect()),
            ..self.clone()
        }
    }
}

impl<'q> Asked<'q> {
    pub(super) fn own(resource: &'q str) -> Asked<'q> {
        Asked { resource, about: Resource::Own, brings: &[] }
    }

    pub(super) fn about(principal: &'q Principal) -> Asked<'q> {
        Asked { resource: &principal.arn, about: Resource::Principal(principal), brings: &[] }
    }
}

impl<'a> Index<'a> {
    pub(super) fn new(account: &'a Account, generous: bool) -> Index<'a> {
        let mut index = Index {
            account,
            methods: Methods::get(),
            generous,
            statements: Vec::new(),
            personal: Vec::new(),
            sweeping: Vec::new(),
            whole: Vec::new(),
            managed: managed_policies(account),
            wide: Vec::new(),
            all: PolicyDocument::everything(),
            asked_tags: OnceCell::new(),
            lacks: RefCell::default(),
        };
        for place in 0..=account.policies.len() {
            let document = index.document(PolicyId::new(place));
            let statements = document.map(|document| by_action(document, index.methods));
            let personal = document.is_some_and(is_personal);
            let decision = document.map(|document| document.decide_everything(account));
            let whole = decision.and_then(|decision| index.keys_of_everything(decision));
            let sweeping =
                document.is_some_and(|document| probe::may_allow_all(document, probe::IAM_ACTION));
            index.statements.push(statements.unwrap_or_default());
            index.personal.push(personal);
            index.sweeping.push(sweeping);
            index.whole.push(whole);
        }
        let managed = index.managed.values().copied();
        index.wide = managed.filter(|policy| index.allows_everything(*policy)).collect();
        index
    }

    /// The policy of whoever may give itself every permission.
    pub(super) fn everything(&self) -> PolicyId {
        PolicyId::new(self.account.policies.len())
    }

    /// A managed policy of AWS.
    pub(super) fn aws_policy(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.account.partition)
    }

    pub(super) fn document(&self, policy: PolicyId) -> Option<&PolicyDocument> {
        match self.account.policies.get(policy.place()) {
            Some(known) => known.document.as_ref().or(self.generous.then_some(&self.all)),
            None => Some(&self.all),
        }
    }

    /// The statements of a policy about an action, with their places.
    pub(super) fn about(
        &self,
        policy: PolicyId,
        action: ActionId,
    ) -> impl Iterator<Item = (usize, &Statement)> {
        let statements = &self.statements[policy.place()];
        let start = statements.partition_point(|(other, _)| *other < action);
        let document = self.document(policy);
        let about = statements[start..].iter().take_while(move |(other, _)| *other == action);
        about.filter_map(move |(_, place)| {
            let place = usize::from(*place);
            Some((place, document?.statements.get(place)?))
        })
    }

    /// The statements about an action that are in force, without those of the boundary.
    pub(super) fn in_force(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = (PolicyId, usize, &Statement)> {
        let left = who.policies.iter().filter(|policy| !who.removed.contains(policy));
        left.flat_map(move |policy| {
            let about = self.about(*policy, action);
            about.map(|(place, statement)| (*policy, place, statement))
        })
    }

    /// The statements about an action that are in force, with those of the boundary.
    pub(super) fn deciding(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = &Statement> {
        let own = self.in_force(who, action).map(|(.., statement)| statement);
        let of_boundary = who.boundary.into_iter().flat_map(move |id| self.about(id, action));
        own.chain(of_boundary.map(|(_, statement)| statement))
    }

    /// The conditions of these statements.
    pub(super) fn conditions(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
    ) -> Vec<&Condition> {
        self.deciding(who, action).flat_map(|statement| &statement.conditions).collect()
    }

    /// Whether the policies allow the action in any statement.
    pub(super) fn mentions(&self, who: &EffectivePermissions, action: ActionId) -> bool {
        self.in_force(who, action).any(|(.., statement)| statement.effect == Effect::Allow)
    }

    /// By action: whether the policies allow it in any statement.
    pub(super) fn mentioned(&self, who: &EffectivePermissions) -> Vec<bool> {
        let mut mentioned = vec![false; self.methods.actions.len()];
        for policy in who.policies.iter().filter(|policy| !who.removed.contains(policy)) {
            let Some(document) = self.document(*policy) else { continue };
            for (action, place) in &self.statements[policy.place()] {
                if document.statements[usize::from(*place)].effect == Effect::Allow {
                    mentioned[usize::from(action.0)] = true;
                }
            }
        }
        mentioned
    }

    /// Whether what the policies say is the same for everybody who has them.
    pub(super) fn is_impersonal(&self, who: &EffectivePermissions) -> bool {
        let mut policies = who.policies.iter().chain(&who.boundary);
        who.removed.is_empty() && policies.all(|policy| !self.personal[policy.place()])
    }

    /// Whether a policy has a Deny about the action.
    pub(super) fn denies(&self, policy: PolicyId, action: ActionId) -> bool {
        self.about(policy, action).any(|(_, statement)| statement.effect == Effect::Deny)
    }

    /// Whether a policy has a statement of that effect about an action that methods need.
    pub(super) fn has(&self, policy: PolicyId, effect: Effect) -> bool {
        let Some(document) = self.document(policy) else { return false };
        let mut statements = self.statements[policy.place()].iter();
        statements.any(|(_, place)| document.statements[usize::from(*place)].effect == effect)
    }

    pub(super) fn request<'c>(
        &'c self,
        who: &'c EffectivePermissions,
        action: &'c str,
        asked: Asked<'c>,
    ) -> Request<'c> {
        let Asked { resource, about, brings } = asked;
        let principal = Some(&*who.identity);
        let context = Context { account: self.account, principal, resource: about, brings };
        Request { action, resource, context }
    }

    /// How surely a decision allows; what hangs on things that were not read is noted.
    pub(super) fn certainty(&self, decision: &Decision) -> Option<Certainty> {
        match decision {
            Decision::Denied | Decision::Silent => None,
            Decision::Allowed => Some(Certainty::Certain),
            Decision::Conditional(doubts) => {
                self.lacks.borrow_mut().extend(&doubts.lacks);
                let counts = self.generous || doubts.lacks.is_empty();
                counts.then_some(Certainty::Conditional)
            }
        }
    }

    /// Whether an action is allowed, and the statement that allows it: of several the surest.
    pub(super) fn allowed(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        asked: Asked<'_>,
    ) -> Option<Allowed> {
        let request = self.request(who, &self.methods.action(action).lower, asked);
        let (mut allow, mut deny) = (Truth::No, Truth::No);
        let mut best: Option<(bool, PolicyId, usize)> = None;
        for (policy, place, statement) in self.in_force(who, action) {
            let applies = statement.applies(&request);
            if statement.effect == Effect::Deny {
                deny = deny.or(|| applies);
                continue;
            }
            let found = (applies != Truth::Yes, policy, place);
            if applies.is_possible() && best.is_none_or(|best| found < best) {
                best = Some(found);
            }
            allow = allow.or(|| applies);
        }
        let (_, policy, statement) = best?;
        let own = Decision::new(allow, deny);
        let decision = own.within(self.by_boundary(who, action, &request));
        let certainty = self.certainty(&decision)?;
        let keys = decision.doubts().keys;
        Some(Allowed { action, by: Grantor::Policy(policy), statement, certainty, keys })
    }

    /// How an action is allowed; if need be once the tags of whom it is about are changed.
    pub(super) fn step(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        asked: Asked<'_>,
    ) -> Option<Step> {
        if let Some(allowed) = self.allowed(who, action, asked) {
            return Some(Step::new(allowed));
        }
        let Resource::Principal(target) = asked.about else { return None };
        let names = match target.kind {
            PrincipalKind::User => ["iam:taguser", "iam:untaguser"],
            PrincipalKind::Role if !target.is_protected() => ["iam:tagrole", "iam:untagrole"],
            PrincipalKind::Role | PrincipalKind::Group => return None,
        };
        for name in names {
            let tag = self.methods.known(name);
            for (tagging, change) in self.taggings(who, tag, Asked::about(target), None) {
                let retagged = tagging.apply(target);
                let about = Resource::Principal(&retagged);
                if let Some(allowed) = self.allowed(who, action, Asked { about, ..asked }) {
                    return Some(Step { allowed: vec![change, allowed], limit: None });
                }
            }
        }
        None
    }

    fn by_boundary(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        request: &Request<'_>,
    ) -> Decision {
        let Some(boundary) = who.boundary else { return Decision::Allowed };
        Decision::by(self.about(boundary, action).map(|(_, statement)| statement), request)
    }

    /// How sure a grant of a resource policy is: an explicit Deny ends it and, of a role that is named, a
    /// boundary that does not allow too.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    pub(super) fn left_of_grant(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        target: &Principal,
        within_boundary: bool,
    ) -> Option<Certainty> {
        let name = &self.methods.action(action).lower;
        let request = self.request(who, name, Asked::about(target));
        let mut deny = Truth::No;
        for (.., statement) in self.in_force(who, action) {
            if statement.effect == Effect::Deny {
                deny = deny.or(|| statement.applies(&request));
            }
        }
        let mut left = Decision::new(Truth::Yes, deny);
        let bounded = self.by_boundary(who, action, &request);
        if within_boundary || bounded == Decision::Denied {
            left = left.within(bounded);
        }
        self.certainty(&left)
    }

    /// Whether an action is allowed on anything that it acts on.
    pub(super) fn may_use(&self, who: &EffectivePermissions, action: ActionId) -> bool {
        let mut examples = self.examples(who, action);
        examples.any(|resource| self.allowed(who, action, Asked::own(&resource)).is_some())
    }

    /// How an action is allowed on anything that it acts on: where it is surest.
    fn allowed_somewhere(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Allowed> {
        let examples = self.examples(who, action);
        let allowed = examples.filter_map(|resource| {
            self.allowed(who, action, Asked { brings, ..Asked::own(&resource) })
        });
        let allowed = surest(allowed, |allowed| Some(allowed.certainty))?;
        self.besides(who, allowed, brings)
    }

    /// An action that is allowed on the first resource that it needs, if it is on the others too.
    pub(super) fn besides(
        &self,
        who: &EffectivePermissions,
        mut allowed: Allowed,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Allowed> {
        let action = allowed.action;
        for template in &self.methods.action(action).besides {
            let also = self.allowed_on(who, action, template, brings)?;
            allowed.certainty = allowed.certainty.min(also.certainty);
            allowed.keys.extend(also.keys);
        }
        Some(allowed)
    }

    /// How an action is allowed on a resource that fits a pattern of the data: where it is surest.
    pub(super) fn allowed_on(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        template: &str,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Allowed> {
        let shape = self.shape(template);
        let mut resources = BTreeSet::from([shape.replace('*', probe::NAME)]);
        for pattern in self.resources(who, action).flatten().chain(self.spared(who, action)) {
            let common = pattern.common_arn(&Pattern::glob(&shape));
            resources.extend(common.map(|it| it.as_str().replace('*', probe::NAME)));
        }
        let allowed = resources.iter().filter_map(|resource| {
            self.allowed(who, action, Asked { brings, ..Asked::own(resource) })
        });
        surest(allowed, |allowed| Some(allowed.certainty))
    }

    /// How actions of one service are allowed: all on one resource, or on resources that need not be the same.
    pub(super) fn allowed_together(
        &self,
        who: &EffectivePermissions,
        actions: &[ActionId],
        brings: &[(&str, Value<'_>)],
    ) -> Option<Vec<Allowed>> {
        if let [action] = actions {
            return Some(vec![self.allowed_somewhere(who, *action, brings)?]);
        }
        let examples: BTreeSet<String> =
            actions.iter().flat_map(|action| self.examples(who, *action)).collect();
        let mut allowed: Vec<Vec<(&String, Allowed)>> = Vec::new();
        for action in actions {
            let acted_on = examples.iter().filter(|resource| self.acts_on(*action, resource));
            let of_action = acted_on.filter_map(|resource| {
                let asked = Asked { brings, ..Asked::own(resource) };
                Some((resource, self.allowed(who, *action, asked)?))
            });
            allowed.push(of_action.collect());
        }
        let (first, rest) = allowed.split_first()?;
        let together = first.iter().rev().filter_map(|first| {
            let mut chosen = vec![first];
            for of_action in rest {
                let fitting = of_action
                    .iter()
                    .rev()
                    .filter(|(other, _)| chosen.iter().all(|(one, _)| go_together(one, other)));
                chosen.push(surest(fitting, |(_, allowed)| Some(allowed.certainty))?);
            }
            Some(chosen)
        });
        let chosen = surest(together, |chosen: &Vec<&(&String, Allowed)>| {
            chosen.iter().map(|(_, allowed)| allowed.certainty).min()
        });
        let allowed = chosen?.into_iter().map(|(_, allowed)| allowed.clone());
        allowed.map(|allowed| self.besides(who, allowed, brings)).collect()
    }

    /// Patterns for names of resources of IAM of a kind on which all of the actions may be allowed, and those of
    /// them on which helpful ones may be allowed too; and whether these are all.
    pub(super) fn names_for(
        &self,
        who: &EffectivePermissions,
        actions: &[ActionId],
        helpful: &[ActionId],
        kind: &str,
    ) -> (Vec<Pattern>, bool) {
        let (partition, id) = (&self.account.partition, self.account.id_text());
        let mut names = vec![Pattern::glob(&format!("arn:{partition}:iam::{id}:{kind}/*"))];
        let mut is_all = true;
        for action in actions {
            for limit in self.limits(who, *action) {
                names = common_to(&names, &limit, &mut is_all);
            }
        }
        for action in helpful {
            let mut narrower = names.clone();
            for limit in self.limits(who, *action) {
                narrower = common_to(&narrower, &limit, &mut is_all);
            }
            add_new(&mut names, narrower, &mut is_all);
        }
        (names, is_all)
    }

    /// The resources within which alone an action may be allowed: those of the Allows, those of the boundary's Allows,
    /// and those that each Deny leaves out.
    fn limits(&self, who: &EffectivePermissions, action: ActionId) -> Vec<Vec<Pattern>> {
        let request = self.request(who, &self.methods.action(action).lower, Asked::own(""));
        let own = self.in_force(who, action).map(|(.., statement)| statement).collect();
        let mut layers: Vec<Vec<&Statement>> = vec![own];
        if let Some(boundary) = who.boundary {
            layers.push(self.about(boundary, action).map(|(_, statement)| statement).collect());
        }
        let mut limits = Vec::new();
        for statements in layers {
            let mut allowed = Vec::new();
            for statement in statements {
                match (statement.effect, &statement.resources) {
                    (Effect::Allow, Some(Selection::Only(patterns))) => {
                        allowed.extend(patterns.iter().map(|it| it.resolve(&request)));
                    }
                    (Effect::Allow, _) => allowed.push(Pattern::glob("*")),
                    (Effect::Deny, Some(Selection::AllBut(patterns))) => {
                        limits.push(patterns.iter().map(|it| it.resolve(&request)).collect());
                    }
                    (Effect::Deny, _) => {}
                }
            }
            limits.push(allowed);
        }
        limits
    }

    /// The ARNs of resources of IAM of a kind that actions name, and one that they cannot have meant.
    pub(super) fn examples_of_kind(
        &self,
        who: &EffectivePermissions,
        actions: &[ActionId],
        kind: &str,
    ) -> BTreeSet<String> {
        let mut examples = BTreeSet::from([probe::iam_resource(self.account, kind)]);
        let infix = format!(":{kind}/");
        for pattern in actions.iter().flat_map(|action| self.resources(who, *action)).flatten() {
            let example = probe::example(&pattern, self.account);
            if probe::is_of(&example, "iam", self.account) && example.contains(&infix) {
                examples.insert(example);
            }
        }
        examples
    }

    /// Resources to ask about: any of those that the action acts on, and those that the policies name. An action
    /// that names no resource is allowed by what covers `*` alone.
    fn examples<'c>(
        &'c self,
        who: &'c EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = String> {
        let known = self.methods.action(action);
        let mut any = Vec::new();
        for shape in self.shapes(action) {
            any.push(if shape == "*" { shape } else { shape.replace('*', probe::NAME) });
        }
        if any.is_empty() {
            any.extend(probe::resources_of(self.account, known.service()));
            any.push("*".to_owned());
        }
        let named = self.resources(who, action).flatten().chain(self.spared(who, action));
        any.into_iter().chain(named.flat_map(move |pattern| self.acted_on(action, &pattern)))
    }

    /// Resources that an action acts on and that a pattern matches.
    fn acted_on(&self, action: ActionId, pattern: &Pattern) -> Vec<String> {
        let mut examples = vec![probe::example(pattern, self.account)];
        for shape in self.shapes(action) {
            let common = pattern.common_arn(&Pattern::glob(&shape));
            examples.extend(common.map(|it| it.as_str().replace('*', probe::NAME)));
        }
        examples.retain(|it| it != "*" && self.acts_on(action, it));
        examples
    }

    /// The resources that Denies of an action leave out.
    fn spared(&self, who: &EffectivePermissions, action: ActionId) -> Vec<Pattern> {
        let request = self.request(who, &self.methods.action(action).lower, Asked::own(""));
        let mut spared = Vec::new();
        for (.., statement) in self.in_force(who, action) {
            if statement.effect == Effect::Deny
                && let Some(Selection::AllBut(patterns)) = &statement.resources
            {
                spared.extend(patterns.iter().map(|pattern| pattern.resolve(&request)));
            }
        }
        spared
    }

    /// What an action acts on, as patterns; none: anything of its service.
    fn shapes(&self, action: ActionId) -> impl Iterator<Item = String> {
        self.methods.action(action).resources.iter().map(|template| self.shape(template))
    }

    /// The pattern that stands in the data with placeholders.
    pub(super) fn shape(&self, template: &str) -> String {
        let shape = template.replace("{partition}", &self.account.partition);
        shape.replace("{account}", self.account.id_text()).replace("{region}", "*")
    }

    fn acts_on(&self, action: ActionId, resource: &str) -> bool {
        let known = self.methods.action(action);
        if known.resources.is_empty() {
            return resource == "*" || probe::is_of(resource, known.service(), self.account);
        }
        let mut shapes = self.shapes(action);
        shapes.any(|shape| {
            if shape == "*" { resource == "*" } else { Pattern::glob(&shape).matches(resource) }
        })
    }

    /// How the resources begin on which an action may be allowed.
    pub(super) fn beginnings(&self, who: &EffectivePermissions, action: ActionId) -> Vec<String> {
        let mut beginnings = BTreeSet::new();
        for pattern in self.resources(who, action) {
            let beginning = pattern.map(|pattern| probe::beginning(&pattern, self.account));
            beginnings.insert(beginning.unwrap_or_default());
        }
        let mut shortest: Vec<String> = Vec::new();
        for beginning in beginnings {
            // They are sorted, so that what a shorter one covers comes right after it.
            if shortest.last().is_none_or(|last| !beginning.starts_with(last.as_str())) {
                shortest.push(beginning);
            }
        }
        shortest
    }

    /// The resources that Allows of an action name; none: all but some.
    pub(super) fn resources<'c>(
        &'c self,
        who: &'c EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = Option<Pattern>> {
        let request = self.request(who, &self.methods.action(action).lower, Asked::own(""));
        let statements = self.in_force(who, action).map(|(.., statement)| statement);
        let allows = statements.filter(|statement| statement.effect == Effect::Allow);
        allows.flat_map(move |statement| match &statement.resources {
            Some(Selection::Only(patterns)) => {
                patterns.iter().map(|it| Some(it.resolve(&request))).collect()
            }
            _ => vec![None],
        })
    }

    /// Whether every IAM action is allowed on every resource of IAM: the condition keys on which it depends, if
    /// it is or may be.
    pub(super) fn administrator(&self, who: &EffectivePermissions) -> Option<Keys> {
        let in_force = who.policies.iter().filter(|policy| !who.removed.contains(policy));
        // Few have a policy that could make them administrators.
        if !in_force.clone().any(|policy| self.sweeping[policy.place()]) {
            return None;
        }
        let boundary = match who.boundary {
            Some(policy) => Some(self.document(policy)?),
            None => None,
        };
        let own_arns = format!("arn:{}:iam::{}:*", self.account.partition, self.account.id_text());
        let question = probe::Question {
            documents: in_force.filter_map(|policy| self.document(*policy)).collect(),
            boundary,
            context: self.request(who, "", Asked::own("")).context,
            actions: vec![probe::IAM_ACTION.to_owned()],
            resources: probe::iam_resources(self.account),
            all_actions: Pattern::glob("iam:*"),
            all_resources: Pattern::glob(&own_arns),
        };
        self.keys_of_everything(question.decide_all())
    }

    /// Whether a policy allows everything, or may.
    pub(super) fn allows_everything(&self, policy: PolicyId) -> bool {
        self.whole[policy.place()].is_some()
    }

    /// What a decision about everything depends on, if it allows. What a single request is about is no
    /// condition of that: it leaves out some of everything.
    fn keys_of_everything(&self, decision: Decision) -> Option<Keys> {
        self.certainty(&decision)?;
        let keys = decision.doubts().keys.into_iter();
        Some(keys.filter(|key| !is_of_one_request(&key.to_lowercase())).collect())
    }
}

/// Whether the value of a condition key, in lower case, differs among the requests of one session.
fn is_of_one_request(key: &str) -> bool {
    key.starts_with("iam:") || key.starts_with("aws:resourcetag/")
}

/// The actions that methods need, sorted, each with the place of a statement about it.
fn by_action(document: &PolicyDocument, methods: &Methods) -> Box<[(ActionId, u16)]> {
    let mut found = Vec::new();
    for (place, statement) in (0_u16..).zip(&document.statements) {
        let patterns = statement.actions.patterns();
        let is_literal = statement.actions.is_only() && patterns.iter().all(Pattern::is_literal);
        if is_literal {
            let named = patterns.iter().filter_map(|it| methods.action_named(it.as_str()));
            found.extend(named.map(|action| (action, place)));
        } else {
            let selects = |id: &ActionId| statement.actions.selects(&methods.action(*id).lower);
            found.extend(methods.action_ids().filter(selects).map(|action| (action, place)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_boxed_slice()
}

/// The first of the surest; what comes after one that is certain is not looked at.
pub(super) fn surest<T>(
    items: impl Iterator<Item = T>,
    certainty: impl Fn(&T) -> Option<Certainty>,
) -> Option<T> {
    let mut best: Option<T> = None;
    for item in items {
        if best.as_ref().is_none_or(|best| certainty(best) < certainty(&item)) {
            best = Some(item);
        }
        if best.as_ref().and_then(&certainty) == Some(Certainty::Certain) {
            break;
        }
    }
    best
}

/// How many patterns for names are followed, at most, so that many that overlap do not multiply.
const MANY: usize = 30;

/// The patterns for what matches one of some patterns and one of others, and whether these are all.
pub(super) fn common_to(some: &[Pattern], others: &[Pattern], is_all: &mut bool) -> Vec<Pattern> {
    let mut common = Vec::new();
    for one in some {
        for other in others.iter().filter(|other| one.may_overlap(other)) {
            add_new(&mut common, one.common_arn(other), is_all);
            if common.len() == MANY {
                *is_all = false;
                return common;
            }
        }
    }
    common
}

/// Adds more patterns, as far as there is room.
fn add_new(
    patterns: &mut Vec<Pattern>,
    more: impl IntoIterator<Item = Pattern>,
    is_all: &mut bool,
) {
    for pattern in more {
        if patterns.iter().any(|it| it.as_str() == pattern.as_str()) {
            continue;
        }
        if patterns.len() == MANY {
            *is_all = false;
            return;
        }
        patterns.push(pattern);
    }
}

/// Whether two resources may be the same, or are of kinds that a method needs both of: names that stand
/// for wildcards may be the same.
fn go_together(one: &str, other: &str) -> bool {
    let (Some(first), Some(second)) = (Arn::parse(one), Arn::parse(other)) else { return true };
    let [first_kind, second_kind] =
        [first, second].map(|arn| arn.resource.split([':', '/']).next());
    if one == other || first_kind != second_kind {
        return true;
    }
    let [one, other] = [one, other].map(|arn| Pattern::glob(&arn.replace(probe::NAME, "*")));
    one.common_arn(&other).is_some()
}

/// Whether what the document says may depend on who has it.
fn is_personal(document: &PolicyDocument) -> bool {
    document.statements.iter().any(|statement| {
        let mut resources = statement.resources.iter().flat_map(Selection::patterns);
        !statement.conditions.is_empty() || resources.any(Pattern::has_variables)
    })
}
