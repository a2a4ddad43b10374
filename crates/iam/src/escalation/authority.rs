//! What a principal may do, of the actions that methods need.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::Certainty;
use super::methods::{ActionId, Methods};
use crate::account::{Account, PolicyId, Principal};
use crate::context::{Context, Request, Resource};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, PolicyDocument, Selection, Statement};
use crate::probe;
use crate::truth::{Doubts, Lack, Truth};
use crate::value::Value;

/// All that allows or denies somebody something.
#[derive(Clone, Debug)]
pub(super) struct Authority<'a> {
    /// Whose values condition keys have.
    pub(super) identity: &'a Principal,
    /// The identity policies, those of groups included.
    pub(super) policies: Rc<[PolicyId]>,
    /// The permissions boundary.
    pub(super) boundary: Option<PolicyId>,
    /// Those of the policies that were removed, so that their Denies no longer count; what they allow could be
    /// used before.
    pub(super) removed: Rc<[PolicyId]>,
}

/// A statement that allows an action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Allowed {
    pub(super) action: ActionId,
    pub(super) policy: PolicyId,
    pub(super) statement: usize,
    pub(super) certainty: Certainty,
    pub(super) doubts: Doubts,
}

/// The policies of an account by the actions that methods need.
pub(super) struct Index<'a> {
    pub(super) account: &'a Account,
    pub(super) methods: &'static Methods,
    /// Whether what is not known is taken to allow.
    pub(super) generous: bool,
    /// By policy, sorted: the statements about each action.
    statements: Vec<Vec<(ActionId, u16)>>,
    /// By policy: whether what it says depends on who has it.
    personal: Vec<bool>,
    everything: PolicyDocument,
    /// What was not read and might have decided something.
    pub(super) lacks: RefCell<BTreeSet<Lack>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(account: &'a Account, generous: bool) -> Index<'a> {
        let methods = Methods::get();
        let everything = PolicyDocument::everything();
        let mut statements = Vec::with_capacity(account.policies.len() + 1);
        let mut personal = Vec::with_capacity(account.policies.len() + 1);
        for policy in &account.policies {
            let document = policy.document.as_ref();
            let unread = if generous { Some(&everything) } else { None };
            statements.push(document.or(unread).map_or_else(Vec::new, |it| index(it, methods)));
            personal.push(document.is_some_and(is_personal));
        }
        statements.push(index(&everything, methods));
        personal.push(false);
        let lacks = RefCell::default();
        Index { account, methods, generous, statements, personal, everything, lacks }
    }

    /// The policy of whoever may give itself every permission.
    pub(super) fn everything(&self) -> PolicyId {
        PolicyId::new(self.account.policies.len())
    }

    fn document(&self, policy: PolicyId) -> Option<&PolicyDocument> {
        match self.account.policies.get(policy.place()) {
            Some(known) => known.document.as_ref().or(self.generous.then_some(&self.everything)),
            None => Some(&self.everything),
        }
    }

    /// The statements of a policy about an action, with their places.
    fn about(
        &self,
        policy: PolicyId,
        action: ActionId,
    ) -> impl Iterator<Item = (usize, &Statement)> {
        let all = &self.statements[policy.place()];
        let start = all.partition_point(|(other, _)| *other < action);
        let of_action = all[start..].iter().take_while(move |(other, _)| *other == action);
        let document = self.document(policy);
        of_action.filter_map(move |(_, place)| {
            let place = usize::from(*place);
            Some((place, document?.statements.get(place)?))
        })
    }

    /// Whether the policies say anything about an action.
    pub(super) fn mentions(&self, who: &Authority<'_>, action: ActionId) -> bool {
        who.policies.iter().any(|policy| self.about(*policy, action).next().is_some())
    }

    /// Whether what the policies say is the same for everybody who has them.
    pub(super) fn is_impersonal(&self, who: &Authority<'_>) -> bool {
        let mut policies = who.policies.iter().chain(&who.boundary);
        policies.all(|policy| !self.personal[policy.place()])
    }

    /// Whether a policy has a Deny about an action that methods need.
    pub(super) fn holds_back(&self, policy: PolicyId) -> bool {
        let Some(document) = self.document(policy) else { return false };
        self.statements[policy.place()]
            .iter()
            .any(|(_, place)| document.statements[usize::from(*place)].effect == Effect::Deny)
    }

    fn context<'c>(
        &'c self,
        who: &'c Authority<'_>,
        resource: Resource<'c>,
        brings: &'c [(&'c str, Value<'c>)],
    ) -> Context<'c> {
        Context { account: self.account, principal: Some(who.identity), resource, brings }
    }

    /// The managed policy of AWS that allows everything.
    pub(super) fn administrator_policy(&self) -> String {
        format!("arn:{}:iam::aws:policy/AdministratorAccess", self.account.partition)
    }

    /// How the resources begin on which an action may be allowed.
    pub(super) fn beginnings(&self, who: &Authority<'_>, action: ActionId) -> Vec<String> {
        let context = self.context(who, Resource::Own, &[]);
        let mut beginnings = BTreeSet::new();
        for (_, statement) in who.policies.iter().flat_map(|policy| self.about(*policy, action)) {
            match &statement.resources {
                _ if statement.effect == Effect::Deny => {}
                Some(Selection::Only(patterns)) => {
                    for pattern in patterns {
                        let bound = pattern.resolve(&context);
                        let pattern = bound.as_ref().unwrap_or(pattern);
                        beginnings.insert(probe::beginning(pattern, self.account));
                    }
                }
                _ => {
                    beginnings.insert(String::new());
                }
            }
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

    /// What all policies in force decide.
    fn ask(&self, who: &Authority<'_>, action: ActionId, request: &Request<'_>) -> Decision {
        let own = Decision::by(self.in_force(who, action), request);
        match who.boundary {
            Some(boundary) if own.may_be_allowed() => {
                own.within(self.by(boundary, action, request))
            }
            _ => own,
        }
    }

    /// The statements of identity policies about an action, without the Denies that were removed.
    fn in_force(&self, who: &Authority<'_>, action: ActionId) -> impl Iterator<Item = &Statement> {
        who.policies.iter().flat_map(move |policy| {
            let is_removed = who.removed.contains(policy);
            let about = self.about(*policy, action).map(|(_, statement)| statement);
            about.filter(move |statement| !is_removed || statement.effect == Effect::Allow)
        })
    }

    fn by(&self, policy: PolicyId, action: ActionId, request: &Request<'_>) -> Decision {
        Decision::by(self.about(policy, action).map(|(_, statement)| statement), request)
    }

    /// What is left of the grant of a resource policy: an explicit Deny ends it, and, of a role that is named,
    /// a boundary that does not allow too.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    pub(super) fn left_of_grant(
        &self,
        who: &Authority<'_>,
        action: ActionId,
        target: &Principal,
        within_boundary: bool,
    ) -> Decision {
        let context = self.context(who, Resource::Principal(target), &[]);
        let name = &self.methods.action(action).lower;
        let request = Request { action: name, resource: &target.arn, context: &context };
        let mut deny = Truth::No;
        let of_boundary = who.boundary.into_iter().flat_map(|policy| self.about(policy, action));
        let bounding = of_boundary.map(|(_, statement)| statement);
        for statement in self.in_force(who, action).chain(bounding) {
            if statement.effect == Effect::Deny {
                deny = deny.or(|| statement.applies(&request));
            }
        }
        let granted = Decision::new(Truth::Yes, deny);
        match who.boundary {
            Some(boundary) if within_boundary => {
                granted.within(self.by(boundary, action, &request))
            }
            _ => granted,
        }
    }

    /// How surely a decision allows; what hangs on things that were not read is noted.
    pub(super) fn certainty(&self, decision: &Decision) -> Option<Certainty> {
        match decision {
            Decision::Denied | Decision::Silent => None,
            Decision::Allowed => Some(Certainty::Certain),
            Decision::Conditional(doubts) => {
                self.lacks.borrow_mut().extend(doubts.lacks.iter().copied());
                let counts = self.generous || doubts.lacks.is_empty();
                counts.then_some(Certainty::Conditional)
            }
        }
    }

    /// Whether an action is allowed, and the statement that allows it: of several the surest.
    pub(super) fn allowed(
        &self,
        who: &Authority<'_>,
        action: ActionId,
        resource: &str,
        about: Resource<'_>,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Allowed> {
        let context = self.context(who, about, brings);
        let name = &self.methods.action(action).lower;
        let request = Request { action: name, resource, context: &context };
        let decision = self.ask(who, action, &request);
        let certainty = self.certainty(&decision)?;
        let mut best: Option<(bool, PolicyId, usize)> = None;
        for &policy in &*who.policies {
            for (place, statement) in self.about(policy, action) {
                if statement.effect == Effect::Deny {
                    continue;
                }
                let truth = statement.applies(&request);
                let found = (truth != Truth::Yes, policy, place);
                if truth.is_possible() && best.is_none_or(|best| found < best) {
                    best = Some(found);
                }
            }
        }
        let (_, policy, statement) = best?;
        let doubts = match decision {
            Decision::Conditional(doubts) => doubts,
            _ => Doubts::default(),
        };
        Some(Allowed { action, policy, statement, certainty, doubts })
    }

    /// Whether an action is allowed on anything that it acts on.
    pub(super) fn allowed_somewhere(
        &self,
        who: &Authority<'_>,
        action: ActionId,
    ) -> Option<Allowed> {
        let mut best: Option<Allowed> = None;
        for resource in self.examples(who, action) {
            let allowed = self.allowed(who, action, &resource, Resource::Own, &[]);
            let is_better =
                |new: &Allowed| best.as_ref().is_none_or(|old| new.certainty > old.certainty);
            if let Some(allowed) = allowed.filter(is_better) {
                let is_best = allowed.certainty == Certainty::Certain;
                best = Some(allowed);
                if is_best {
                    break;
                }
            }
        }
        best
    }

    /// Resources to ask about: any of those that the action acts on, and those that the policies name.
    fn examples(&self, who: &Authority<'_>, action: ActionId) -> Vec<String> {
        let account = self.account;
        let known = self.methods.action(action);
        let mut shapes = Vec::new();
        for template in &known.resources {
            let shape = template.replace("{partition}", &account.partition);
            shapes.push(shape.replace("{account}", account.id_text()).replace("{region}", "*"));
        }
        let mut examples: Vec<String> =
            shapes.iter().map(|it| it.replace('*', probe::NAME)).collect();
        if shapes.iter().any(|shape| shape == "*") {
            return vec!["*".to_owned()];
        }
        if shapes.is_empty() {
            examples.extend(probe::resources_of(account, known.service()));
            examples.push("*".to_owned());
        }
        let context = self.context(who, Resource::Own, &[]);
        let allows = who.policies.iter().flat_map(|policy| self.about(*policy, action));
        for (_, statement) in allows.filter(|(_, it)| it.effect == Effect::Allow) {
            let Some(resources) = &statement.resources else { continue };
            for pattern in resources.patterns().iter().filter(|it| !it.is_everything()) {
                let bound = pattern.resolve(&context);
                let example = probe::example(bound.as_ref().unwrap_or(pattern), account);
                let fits = |shape: &String| Pattern::glob(shape).matches(&example);
                let of_service = || probe::is_of(&example, known.service(), account);
                if shapes.iter().any(fits) || (shapes.is_empty() && of_service()) {
                    examples.push(example);
                }
            }
        }
        examples
    }

    /// Whether every IAM action is allowed on every resource of IAM.
    pub(super) fn is_administrator(&self, who: &Authority<'_>) -> bool {
        let context = self.context(who, Resource::Own, &[]);
        let is_allowed = |action: &str, resource: &str| {
            let request = Request { action, resource, context: &context };
            let mut decision = self.decide_unindexed(&who.policies, &who.removed, &request);
            if let Some(boundary) = who.boundary
                && decision.may_be_allowed()
            {
                decision = decision.within(self.decide_unindexed(&[boundary], &[], &request));
            }
            self.certainty(&decision).is_some()
        };
        let documents = who.policies.iter().chain(&who.boundary);
        let documents: Vec<&PolicyDocument> =
            documents.filter_map(|policy| self.document(*policy)).collect();
        let unnamed = [format!("iam:{}", probe::NAME)];
        let own = format!("arn:{}:iam::{}:", self.account.partition, self.account.id_text());
        probe::all_allowed(
            self.account,
            &documents,
            &unnamed,
            &probe::iam_resources(self.account),
            |action| action.starts_with("iam:"),
            |resource| resource.starts_with(&own),
            is_allowed,
        )
    }

    fn decide_unindexed(
        &self,
        policies: &[PolicyId],
        removed: &[PolicyId],
        request: &Request<'_>,
    ) -> Decision {
        let statements = policies.iter().flat_map(|policy| {
            let is_removed = removed.contains(policy);
            let document = self.document(*policy).into_iter();
            let all = document.flat_map(|document| &document.statements);
            all.filter(move |statement| !is_removed || statement.effect == Effect::Allow)
        });
        Decision::by(statements.filter(|it| it.actions.selects(request.action)), request)
    }
}

fn index(document: &PolicyDocument, methods: &Methods) -> Vec<(ActionId, u16)> {
    let mut found = Vec::new();
    for (place, statement) in document.statements.iter().enumerate() {
        let Ok(place) = u16::try_from(place) else { break };
        let patterns = statement.actions.patterns();
        let literal = statement.actions.is_only() && patterns.iter().all(Pattern::is_literal);
        if literal {
            let named = patterns.iter().filter_map(|it| methods.action_named(it.as_str()));
            found.extend(named.map(|action| (action, place)));
            continue;
        }
        for action in methods.action_ids() {
            if statement.actions.selects(&methods.action(action).lower) {
                found.push((action, place));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether what the document says may depend on who has it.
fn is_personal(document: &PolicyDocument) -> bool {
    document.statements.iter().any(|statement| {
        let resources = statement.resources.as_ref();
        let with_variables =
            resources.is_some_and(|it| it.patterns().iter().any(Pattern::has_variables));
        with_variables || !statement.conditions.is_empty()
    })
}
