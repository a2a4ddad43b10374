//! What somebody may do, of the actions that methods need.

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
use crate::policy::{Decision, Effect, PolicyDocument, Statement};
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

/// Who asks about what: a request without its action.
#[derive(Clone, Copy)]
pub(super) struct Asked<'q> {
    pub(super) who: &'q EffectivePermissions,
    pub(super) resource: &'q str,
    pub(super) about: Resource<'q>,
    pub(super) brings: &'q [(&'q str, Value<'q>)],
}

/// What a policy says of the actions that methods need.
#[derive(Default)]
struct IndexedPolicy {
    /// The actions that methods need, sorted, each with the place of a statement about it. A list, since
    /// thousands of policies have a few statements each.
    statements: Box<[(ActionId, u16)]>,
    /// Whether what it says depends on who has it.
    personal: bool,
    /// Whether it allows some request for an action of IAM that nobody can have meant.
    sweeping: bool,
    /// The condition keys on which it depends whether it allows everything, if it does or may.
    whole: Option<Keys>,
}

/// The policies of an account by the actions that methods need.
pub(super) struct Index<'a> {
    pub(super) account: &'a Account,
    /// Whether what is not known is taken to allow.
    pub(super) generous: bool,
    policies: Vec<IndexedPolicy>,
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
    /// Of somebody in no group and without a boundary.
    pub(super) fn new(identity: Rc<Principal>, policies: Policies) -> EffectivePermissions {
        let (groups, removed) = (Rc::new([]), Rc::new([]));
        EffectivePermissions { identity, policies, groups, boundary: None, removed }
    }

    pub(super) fn key(&self) -> PermissionsKey {
        let EffectivePermissions { identity, policies, groups, boundary, removed } = self.clone();
        (Rc::as_ptr(&identity), policies, groups, boundary, removed)
    }

    /// This one asks about something of the account of which no more is known.
    pub(super) fn asks<'q>(&'q self, resource: &'q str) -> Asked<'q> {
        Asked { who: self, resource, about: Resource::Own, brings: &[] }
    }

    /// This one asks about a principal.
    pub(super) fn asks_about<'q>(&'q self, principal: &'q Principal) -> Asked<'q> {
        Asked { about: Resource::Principal(principal), ..self.asks(&principal.arn) }
    }

    /// The same with another policy.
    pub(super) fn with(&self, policy: PolicyId) -> Self {
        let policies = sorted(self.policies.iter().copied().chain([policy]));
        EffectivePermissions { policies, ..self.clone() }
    }

    /// The same as a member of another group.
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
        index.wide = managed.filter(|policy| index.allows_everything(*policy).is_some()).collect();
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
        let statements = &self.policies[policy.place()].statements;
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
        let mut mentioned = vec![false; ActionId::all().count()];
        for policy in who.policies.iter().filter(|policy| !who.removed.contains(policy)) {
            let Some(document) = self.document(*policy) else { continue };
            for (action, place) in &self.policies[policy.place()].statements {
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
        who.removed.is_empty() && policies.all(|policy| !self.policies[policy.place()].personal)
    }

    /// Whether a policy has a Deny about the action.
    pub(super) fn denies(&self, policy: PolicyId, action: ActionId) -> bool {
        self.about(policy, action).any(|(_, statement)| statement.effect == Effect::Deny)
    }

    /// Whether a policy has a statement of that effect about an action that methods need.
    pub(super) fn has(&self, policy: PolicyId, effect: Effect) -> bool {
        let Some(document) = self.document(policy) else { return false };
        let mut statements = self.policies[policy.place()].statements.iter();
        statements.any(|(_, place)| document.statements[usize::from(*place)].effect == effect)
    }

    pub(super) fn request<'c>(&'c self, action: &'c str, asked: Asked<'c>) -> Request<'c> {
        let Asked { who, resource, about, brings } = asked;
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
        let own = Decision::new(allow, deny);
        let decision = own.within(self.by_boundary(who, action, &request));
        let certainty = self.certainty(&decision)?;
        let keys = decision.doubts().keys;
        Some(Allowed { action, by: Grantor::Policy(policy), statement, certainty, keys })
    }

    /// How an action is allowed; if need be once the tags of whom it is about are changed.
    pub(super) fn step(&self, action: ActionId, asked: Asked<'_>) -> Option<Step> {
        if let Some(allowed) = self.allowed(action, asked) {
            return Some(Step::new(allowed));
        }
        let Resource::Principal(target) = asked.about else { return None };
        let names = match target.kind {
            PrincipalKind::User => ["iam:taguser", "iam:untaguser"],
            PrincipalKind::Role if !target.is_protected() => ["iam:tagrole", "iam:untagrole"],
            PrincipalKind::Role | PrincipalKind::Group => return None,
        };
        for name in names {
            let tag = ActionId::named(name);
            for (tagging, change) in self.taggings(tag, asked.who.asks_about(target), None) {
                let retagged = tagging.apply(target);
                let about = Resource::Principal(&retagged);
                if let Some(allowed) = self.allowed(action, Asked { about, ..asked }) {
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
        let name = &action.get().lower;
        let request = self.request(name, who.asks_about(target));
        let in_force = self.in_force(who, action).map(|(.., statement)| statement);
        let denies = in_force.filter(|statement| statement.effect == Effect::Deny);
        let deny = Truth::any(denies, |statement| statement.applies(&request));
        let mut left = Decision::new(Truth::Yes, deny);
        let bounded = self.by_boundary(who, action, &request);
        if within_boundary || bounded == Decision::Denied {
            left = left.within(bounded);
        }
        self.certainty(&left)
    }

    /// Whether every IAM action is allowed on every resource of IAM: the condition keys on which it depends, if
    /// it is or may be.
    pub(super) fn administrator(&self, who: &EffectivePermissions) -> Option<Keys> {
        let in_force = who.policies.iter().filter(|policy| !who.removed.contains(policy));
        // Few have a policy that could make them administrators.
        if !in_force.clone().any(|policy| self.policies[policy.place()].sweeping) {
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
            context: self.request("", who.asks("")).context,
            actions: vec![probe::IAM_ACTION.to_owned()],
            resources: probe::iam_resources(self.account),
            all_actions: Pattern::glob("iam:*"),
            all_resources: Pattern::glob(&own_arns),
        };
        self.keys_of_everything(question.decide_all())
    }

    /// The condition keys on which it depends whether a policy allows everything, if it does or may.
    pub(super) fn allows_everything(&self, policy: PolicyId) -> Option<&Keys> {
        self.policies[policy.place()].whole.as_ref()
    }

    /// What a decision about everything depends on, if it allows. What a single request is about is no
    /// condition of that: it leaves out some of everything.
    fn keys_of_everything(&self, decision: Decision) -> Option<Keys> {
        self.certainty(&decision)?;
        let keys = decision.doubts().keys.into_iter();
        Some(keys.filter(|key| !key.to_lowercase().starts_with("iam:")).collect())
    }
}

/// The actions that methods need, sorted, each with the place of a statement about it.
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
            found.extend(ActionId::all().filter(selects).map(|action| (action, place)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_boxed_slice()
}

/// The first of the surest; what comes after one that is certain is not looked at.
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

/// Whether what the document says may depend on who has it.
fn is_personal(document: &PolicyDocument) -> bool {
    document.statements.iter().any(|statement| {
        let mut resources = statement.resource_patterns();
        !statement.conditions.is_empty() || resources.any(Pattern::has_variables)
    })
}
