//! Effective permissions, for the actions that methods need.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use portcullis_model::PrincipalKind;

use super::Certainty;
use super::methods::ActionId;
use super::nodes::{Keys, sorted};
use super::offers::managed_policies;
use super::step::{Allowed, Grantor, Step};
use super::tags::AskedTags;
use crate::account::{Account, PolicyId, Principal, PrincipalId};
use crate::condition::Condition;
use crate::context::{Context, Request, Resource};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, Permissions, PolicyDocument, Statement};
use crate::probe;
use crate::trust::Grant;
use crate::truth::{Lack, Truth};
use crate::value::Value;

/// Policies, sorted and without duplicates.
pub(super) type Policies = Rc<[PolicyId]>;

/// Everything that decides what somebody may do.
#[derive(Clone, Debug)]
pub(super) struct EffectivePermissions {
    /// The principal that condition keys such as `aws:username` describe.
    pub(super) identity: Rc<Principal>,
    /// The identity policies, those of groups included.
    pub(super) policies: Policies,
    /// The groups that some of them come from.
    pub(super) groups: Rc<[PrincipalId]>,
    /// The permissions boundary.
    pub(super) boundary: Option<PolicyId>,
    /// The policies that were removed: they no longer apply, but can still be rewritten.
    pub(super) removed: Policies,
}

/// The contents of [`EffectivePermissions`], as a key.
pub(super) type PermissionsKey =
    (*const Principal, Policies, Rc<[PrincipalId]>, Option<PolicyId>, Policies);

/// A request without its action.
#[derive(Clone, Copy)]
pub(super) struct Asked<'q> {
    pub(super) who: &'q EffectivePermissions,
    pub(super) resource: &'q str,
    pub(super) about: Resource<'q>,
    pub(super) brings: &'q [(&'q str, Value<'q>)],
}

/// What a policy says about the actions that methods need.
#[derive(Default)]
struct IndexedPolicy {
    /// The actions that methods need, sorted, each with the index of a statement about it. A list
    /// rather than a map, since thousands of policies have a few statements each.
    statements: Box<[(ActionId, u16)]>,
    /// Whether its meaning depends on who has it.
    personal: bool,
    /// Whether it allows an IAM action that no policy can have meant, on some resource.
    sweeping: bool,
    /// If it allows everything, or may: the condition keys on which that depends.
    whole: Option<Keys>,
}

/// The policies of an account, indexed by the actions that methods need.
pub(super) struct Index<'a> {
    pub(super) account: &'a Account,
    /// Whether unread policies are taken to allow everything.
    pub(super) generous: bool,
    policies: Vec<IndexedPolicy>,
    /// The managed policies by ARN; `wide` are those that allow everything.
    pub(super) managed: BTreeMap<&'a str, PolicyId>,
    pub(super) wide: Vec<PolicyId>,
    all: PolicyDocument,
    /// The tags that policies test; found once somebody may change only some tags.
    pub(super) asked_tags: OnceCell<AskedTags>,
    /// What was not read, but would have decided something.
    pub(super) lacks: RefCell<BTreeSet<Lack>>,
}

impl EffectivePermissions {
    /// Creates those of somebody in no group and without a boundary.
    pub(super) fn new(identity: Rc<Principal>, policies: Policies) -> EffectivePermissions {
        let (groups, removed) = (Rc::new([]), Rc::new([]));
        EffectivePermissions { identity, policies, groups, boundary: None, removed }
    }

    pub(super) fn key(&self) -> PermissionsKey {
        let EffectivePermissions { identity, policies, groups, boundary, removed } = self.clone();
        (Rc::as_ptr(&identity), policies, groups, boundary, removed)
    }

    /// A request about some resource of the account.
    pub(super) fn asks<'q>(&'q self, resource: &'q str) -> Asked<'q> {
        Asked { who: self, resource, about: Resource::Own, brings: &[] }
    }

    /// A request about a principal.
    pub(super) fn asks_about<'q>(&'q self, principal: &'q Principal) -> Asked<'q> {
        Asked { about: Resource::Principal(principal), ..self.asks(&principal.arn) }
    }

    /// The same permissions with another policy.
    pub(super) fn with(&self, policy: PolicyId) -> Self {
        let policies = sorted(self.policies.iter().copied().chain([policy]));
        EffectivePermissions { policies, ..self.clone() }
    }

    /// The same permissions as a member of another group.
    pub(super) fn joining(&self, id: PrincipalId, group: &Principal) -> Self {
        let policies = sorted(self.policies.iter().chain(&group.policies).copied());
        let groups = sorted(self.groups.iter().copied().chain([id]));
        EffectivePermissions { policies, groups, ..self.clone() }
    }
}

impl<'a> Index<'a> {
    pub(super) fn new(account: &'a Account, generous: bool) -> Index<'a> {
        let mut index = Index {
            account,
            generous,
            policies: Vec::new(),
            managed: managed_policies(account),
            wide: Vec::new(),
            all: PolicyDocument::everything(),
            asked_tags: OnceCell::new(),
            lacks: RefCell::default(),
        };
        for place in 0..=account.policies.len() {
            let document = index.document(PolicyId::new(place));
            let indexed = document.map(|document| index.read(document));
            index.policies.push(indexed.unwrap_or_default());
        }
        let managed = index.managed.values().copied();
        index.wide = managed
            .filter(|policy| index.allows_everything(*policy).is_some())
            .collect();
        index
    }

    fn read(&self, document: &PolicyDocument) -> IndexedPolicy {
        IndexedPolicy {
            statements: by_action(document),
            personal: is_personal(document),
            sweeping: probe::may_allow_all(document, probe::IAM_ACTION),
            whole: self.keys_of_everything(document.decide_everything(self.account)),
        }
    }

    /// A policy that allows everything, for whoever can give itself one.
    pub(super) fn everything(&self) -> PolicyId {
        PolicyId::new(self.account.policies.len())
    }

    /// The ARN of an AWS managed policy.
    pub(super) fn aws_policy(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.account.partition)
    }

    pub(super) fn document(&self, policy: PolicyId) -> Option<&PolicyDocument> {
        match self.account.policies.get(policy.place()) {
            Some(known) => known
                .document
                .as_ref()
                .or(self.generous.then_some(&self.all)),
            None => Some(&self.all),
        }
    }

    /// The statements of a policy about an action, with their indexes.
    pub(super) fn about(
        &self,
        policy: PolicyId,
        action: ActionId,
    ) -> impl Iterator<Item = (usize, &Statement)> {
        let statements = &self.policies[policy.place()].statements;
        let start = statements.partition_point(|(other, _)| *other < action);
        let document = self.document(policy);
        let about = statements[start..]
            .iter()
            .take_while(move |(other, _)| *other == action);
        about.filter_map(move |(_, place)| {
            let place = usize::from(*place);
            Some((place, document?.statements.get(place)?))
        })
    }

    /// The statements of a policy about the actions that methods need.
    pub(super) fn about_methods(&self, policy: PolicyId) -> Vec<&Statement> {
        let statements = self.policies[policy.place()].statements.iter();
        let places: BTreeSet<u16> = statements.map(|(_, place)| *place).collect();
        let document = self.document(policy).into_iter();
        document
            .flat_map(|document| &document.statements)
            .zip(0..)
            .filter_map(|(statement, place)| places.contains(&place).then_some(statement))
            .collect()
    }

    /// The statements in force about an action, without those of the boundary.
    pub(super) fn in_force(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = (PolicyId, usize, &Statement)> {
        let left = who
            .policies
            .iter()
            .filter(|policy| !who.removed.contains(policy));
        left.flat_map(move |policy| {
            let about = self.about(*policy, action);
            about.map(|(place, statement)| (*policy, place, statement))
        })
    }

    /// The statements in force about an action, with those of the boundary.
    pub(super) fn deciding(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
    ) -> impl Iterator<Item = &Statement> {
        let own = self.in_force(who, action).map(|(.., statement)| statement);
        let of_boundary = who
            .boundary
            .into_iter()
            .flat_map(move |id| self.about(id, action));
        own.chain(of_boundary.map(|(_, statement)| statement))
    }

    /// The statements that decide whether somebody may use an action.
    fn permissions(&self, who: &EffectivePermissions, action: ActionId) -> Permissions<'_> {
        let own = self.in_force(who, action).map(|(.., statement)| statement);
        let boundary = who.boundary.map(|boundary| self.about(boundary, action));
        Permissions {
            own: own.collect(),
            boundary: boundary.map(|about| about.map(|(_, statement)| statement).collect()),
        }
    }

    /// The conditions of these statements.
    pub(super) fn conditions(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
    ) -> Vec<&Condition> {
        self.deciding(who, action)
            .flat_map(|statement| &statement.conditions)
            .collect()
    }

    /// Whether any statement in force allows the action.
    pub(super) fn mentions(&self, who: &EffectivePermissions, action: ActionId) -> bool {
        self.in_force(who, action)
            .any(|(.., statement)| statement.effect == Effect::Allow)
    }

    /// By action: whether any statement in force allows it.
    pub(super) fn mentioned(&self, who: &EffectivePermissions) -> Vec<bool> {
        let mut mentioned = vec![false; ActionId::all().count()];
        for policy in who
            .policies
            .iter()
            .filter(|policy| !who.removed.contains(policy))
        {
            let Some(document) = self.document(*policy) else {
                continue;
            };
            for (action, place) in &self.policies[policy.place()].statements {
                if document.statements[usize::from(*place)].effect == Effect::Allow {
                    mentioned[usize::from(action.0)] = true;
                }
            }
        }
        mentioned
    }

    /// Whether the policies mean the same for everybody who has them.
    pub(super) fn is_impersonal(&self, who: &EffectivePermissions) -> bool {
        let mut policies = who.policies.iter().chain(&who.boundary);
        who.removed.is_empty() && policies.all(|policy| !self.policies[policy.place()].personal)
    }

    /// Whether a policy has a Deny about the action.
    pub(super) fn denies(&self, policy: PolicyId, action: ActionId) -> bool {
        self.about(policy, action)
            .any(|(_, statement)| statement.effect == Effect::Deny)
    }

    /// Whether a policy has a statement with the effect about any action that methods need.
    pub(super) fn has(&self, policy: PolicyId, effect: Effect) -> bool {
        let Some(document) = self.document(policy) else {
            return false;
        };
        let mut statements = self.policies[policy.place()].statements.iter();
        statements.any(|(_, place)| document.statements[usize::from(*place)].effect == effect)
    }

    pub(super) fn request<'c>(&'c self, action: &'c str, asked: Asked<'c>) -> Request<'c> {
        let Asked { who, resource, about, brings } = asked;
        let principal = Some(&*who.identity);
        let context = Context { account: self.account, principal, resource: about, brings };
        Request { action, resource, context }
    }

    /// How certainly a decision allows; none: it does not. Records what was not read.
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

    /// The statement that allows an action, the most certain one of several; none: it is not
    /// allowed.
    pub(super) fn allowed(&self, action: ActionId, asked: Asked<'_>) -> Option<Allowed> {
        let who = asked.who;
        let request = self.request(&action.get().lower, asked);
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
        let mut decision = Decision::new(allow, deny);
        if who.boundary.is_some() {
            decision = self.permissions(who, action).limit(decision, &request);
        }
        let certainty = self.certainty(&decision)?;
        let keys = decision.doubts().keys;
        Some(Allowed { action, by: Grantor::Policy(policy), statement, certainty, keys })
    }

    /// How an action is allowed, if necessary after changing the tags of the principal it is about.
    pub(super) fn step(&self, action: ActionId, asked: Asked<'_>) -> Option<Step> {
        if let Some(allowed) = self.allowed(action, asked) {
            return Some(Step::new(allowed));
        }
        let Resource::Principal(target) = asked.about else {
            return None;
        };
        self.retagged(asked.who, target)
            .find_map(|(retagged, change)| {
                let about = Resource::Principal(&retagged);
                let allowed = self.allowed(action, Asked { about, ..asked })?;
                Some(Step { allowed: vec![change, allowed], limit: None })
            })
    }

    /// A principal with the tags that somebody may give it, each with the permission to do so.
    pub(super) fn retagged<'c>(
        &'c self,
        who: &'c EffectivePermissions,
        target: &'c Principal,
    ) -> impl Iterator<Item = (Principal, Allowed)> {
        let names: &[&str] = match target.kind {
            PrincipalKind::User => &["iam:taguser", "iam:untaguser"],
            PrincipalKind::Role if !target.is_protected() => &["iam:tagrole", "iam:untagrole"],
            PrincipalKind::Role | PrincipalKind::Group => &[],
        };
        names.iter().flat_map(move |name| {
            let taggings = self.taggings(ActionId::named(name), who.asks_about(target), None);
            taggings
                .into_iter()
                .map(move |(tagging, change)| (tagging.apply(target), change))
        })
    }

    /// How certain a grant of a resource policy is: an explicit Deny overrides it and, if it names
    /// a role, so does a boundary that does not allow it.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    pub(super) fn left_of_grant(
        &self,
        who: &EffectivePermissions,
        action: ActionId,
        target: &Principal,
        within_boundary: bool,
    ) -> Option<Certainty> {
        let name = &action.get().lower;
        let request = self.request(name, who.asks_about(target));
        let grant = if within_boundary {
            Grant::WithinBoundary
        } else {
            Grant::Whole
        };
        self.certainty(&self.permissions(who, action).decide(&request, grant))
    }

    /// If every IAM action is allowed on every IAM resource, or may be: the condition keys on which
    /// that depends.
    pub(super) fn administrator(&self, who: &EffectivePermissions) -> Option<Keys> {
        let in_force = who
            .policies
            .iter()
            .filter(|policy| !who.removed.contains(policy));
        // Few principals have a policy that could make them administrators.
        if !in_force
            .clone()
            .any(|policy| self.policies[policy.place()].sweeping)
        {
            return None;
        }
        let boundary = match who.boundary {
            Some(policy) => Some(self.document(policy)?),
            None => None,
        };
        let question = probe::Question {
            documents: in_force
                .filter_map(|policy| self.document(*policy))
                .collect(),
            boundary,
            context: self.request("", who.asks("")).context,
            actions: vec![probe::IAM_ACTION.to_owned()],
            resources: probe::iam_resources(self.account),
            all_actions: Pattern::glob("iam:*"),
            all_resources: Pattern::glob(&self.account.iam_arn("*")),
        };
        self.keys_of_everything(question.decide_all())
    }

    /// If a policy allows everything, or may: the condition keys on which that depends.
    pub(super) fn allows_everything(&self, policy: PolicyId) -> Option<&Keys> {
        self.policies[policy.place()].whole.as_ref()
    }

    /// If a decision about everything allows it: the condition keys on which that depends. Keys
    /// that describe the target of a request only exclude some of everything, so they do not count.
    fn keys_of_everything(&self, decision: Decision) -> Option<Keys> {
        self.certainty(&decision)?;
        let keys = decision.doubts().keys.into_iter();
        Some(
            keys.filter(|key| !key.to_lowercase().starts_with("iam:"))
                .collect(),
        )
    }
}

/// The actions that methods need, sorted, each with the index of a statement about it.
fn by_action(document: &PolicyDocument) -> Box<[(ActionId, u16)]> {
    let mut found = Vec::new();
    for (place, statement) in (0_u16..).zip(&document.statements) {
        let patterns = statement.actions.items();
        let is_literal = statement.actions.is_only() && patterns.iter().all(Pattern::is_literal);
        if is_literal {
            let named = patterns.iter().filter_map(|it| ActionId::find(it.as_str()));
            found.extend(named.map(|action| (action, place)));
        } else {
            let selects = |id: &ActionId| statement.actions.selects(&id.get().lower);
            found.extend(
                ActionId::all()
                    .filter(selects)
                    .map(|action| (action, place)),
            );
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_boxed_slice()
}

/// The first of the most certain items. Stops at the first item that is certain.
pub(super) fn surest<T>(
    items: impl Iterator<Item = T>,
    certainty: impl Fn(&T) -> Certainty,
) -> Option<T> {
    let mut best: Option<T> = None;
    for item in items {
        if best.as_ref().map(&certainty) < Some(certainty(&item)) {
            best = Some(item);
        }
        if best.as_ref().map(&certainty) == Some(Certainty::Certain) {
            break;
        }
    }
    best
}

/// Whether the meaning of the document may depend on who has it.
fn is_personal(document: &PolicyDocument) -> bool {
    document.statements.iter().any(|statement| {
        let mut resources = statement.resource_patterns();
        !statement.conditions.is_empty() || resources.any(Pattern::has_variables)
    })
}
