//! Finds the users and roles that lead out of an account, and who in the account may become them
//! first: by assuming a role, which is decided here, or in other ways.
//!
//! Most principals differ in nothing that matters for that, so one of them is tried for all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use portcullis_model::PrincipalKind;

use crate::account::{Account, PolicyId, Principal, PrincipalId};
use crate::border::about_assuming;
use crate::condition::{Condition, Operator};
use crate::context::{Context, Request, Resource};
use crate::escalation::{Taken, Takeovers, policies_of};
use crate::numbered::Numbered;
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, Permissions, PolicyDocument, PrincipalElement, Selection};
use crate::trust::{
    ASSUME_ROLE, Admission, Chosen, Grant, TrustPolicy, brought_by_requests, depends_on_principal,
    names_principal, session_of,
};
use crate::truth::{Doubts, Lack};

/// The roles that a principal may assume in its own account.
#[derive(Debug, Default)]
pub(crate) struct HomeSteps {
    /// By role: the condition keys on which that depends.
    pub(crate) roles: BTreeMap<PrincipalId, BTreeSet<String>>,
    /// Whether there may be more, because something could not be read.
    pub(crate) incomplete: bool,
}

/// Who can become one of the principals that lead out of an account, directly or through others.
#[derive(Default)]
pub(crate) struct WaysHome {
    /// The index of the steps of each principal.
    pub(crate) principals: BTreeMap<PrincipalId, usize>,
    /// The roles that principals may assume. Those that may assume the same roles share a list.
    pub(crate) steps: Vec<HomeSteps>,
    /// Whom each principal can become in other ways.
    pub(crate) taken: Taken,
    /// The steps that it takes, as phrases that complete "it may …".
    pub(crate) ways: Vec<String>,
}

/// Finds out who can become the given principals. Principals that need not be followed, such as
/// administrators, are left out.
pub(crate) fn ways_home(
    account: &Account,
    exits: Vec<PrincipalId>,
    mut takeovers: Takeovers<'_>,
    is_followed: impl Fn(PrincipalId) -> bool,
) -> WaysHome {
    if exits.is_empty() {
        return WaysHome::default();
    }
    let mut home = Home::new(account, is_followed);
    let mut known: BTreeSet<PrincipalId> = exits.iter().copied().collect();
    let mut left = exits;
    while let Some(id) = left.pop() {
        let mut entering = takeovers.enter(id);
        if account.principal(id).kind == PrincipalKind::Role {
            entering.extend(home.enter(id));
        }
        entering.retain(|id| known.insert(*id));
        left.extend(entering);
    }
    let (taken, ways) = takeovers.finish();
    let (principals, steps) = home.finish();
    WaysHome { principals, steps, taken, ways }
}

/// Whether somebody may assume a role.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    /// Yes, depending on these condition keys.
    Allowed(BTreeSet<String>),
    /// It depends on something that could not be read.
    Unread,
    /// No.
    Refused,
}

/// By role.
type Steps = BTreeMap<PrincipalId, Step>;

/// The key of a class of principals.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Kinship {
    kind: PrincipalKind,
    /// The excerpts of their policies.
    documents: BTreeSet<usize>,
    is_bounded: bool,
    /// The excerpt of their boundary, if they have one that was read.
    boundary: Option<usize>,
    /// The principal, if it is the only one of its class because its policies depend on who has
    /// them.
    only: Option<PrincipalId>,
}

/// Users and roles with the same decisions, unless a trust policy distinguishes them.
struct Class {
    members: Vec<PrincipalId>,
    /// Whether a policy allows assuming some role.
    is_permitted: bool,
    /// Whether all of them may assume some role.
    has_entered: bool,
    steps: Steps,
}

/// The statements of a policy about assuming roles.
struct Excerpt {
    /// Whether their meaning depends on who has the policy.
    is_personal: bool,
    is_allowing: bool,
    /// The roles that they may allow assuming; none: they do not list them one by one.
    roles: Option<Vec<String>>,
}

/// The excerpts of policies, without duplicates.
#[derive(Default)]
struct Excerpts {
    all: Vec<Excerpt>,
    documents: Numbered<PolicyDocument>,
    by_policy: HashMap<PolicyId, Option<usize>>,
}

/// The search for who may assume roles of their own account.
struct Home<'a> {
    account: &'a Account,
    classes: Vec<Class>,
    class_of: HashMap<PrincipalId, usize>,
    /// By ARN of a role: the classes that may be allowed to assume it; and those that may be
    /// allowed to assume any role.
    by_role: HashMap<String, Vec<usize>>,
    by_any_role: Vec<usize>,
    by_arn: BTreeMap<&'a str, PrincipalId>,
    role_by_name: HashMap<&'a str, PrincipalId>,
    /// The steps of principals that differ from their class, or whose class is not decided.
    own: BTreeMap<PrincipalId, Steps>,
}

/// The principals to try on a role.
#[derive(Default)]
struct Trial {
    /// The classes of which one principal is tried for all, except those below.
    classes: Vec<usize>,
    /// The principals to try one by one, and whether that is necessary.
    single: BTreeMap<PrincipalId, bool>,
}

impl<'a> Home<'a> {
    fn new(account: &'a Account, is_followed: impl Fn(PrincipalId) -> bool) -> Home<'a> {
        let mut home = Home {
            account,
            classes: Vec::new(),
            class_of: HashMap::new(),
            by_role: HashMap::new(),
            by_any_role: Vec::new(),
            by_arn: BTreeMap::new(),
            role_by_name: HashMap::new(),
            own: BTreeMap::new(),
        };
        let mut excerpts = Excerpts::default();
        let mut known = Numbered::default();
        for id in account.actor_ids().filter(|id| is_followed(*id)) {
            let principal = account.principal(id);
            home.by_arn.insert(&principal.arn, id);
            if principal.kind == PrincipalKind::Role {
                home.role_by_name.insert(&principal.name, id);
            }
            let kinship = excerpts.kinship(account, id);
            let (class, is_new) = known.number(kinship.clone());
            if is_new {
                home.add_class(&kinship, &excerpts);
            }
            home.classes[class].members.push(id);
            home.class_of.insert(id, class);
        }
        home
    }

    fn add_class(&mut self, kinship: &Kinship, excerpts: &Excerpts) {
        let class = self.classes.len();
        let allowing: Vec<&Excerpt> = kinship
            .documents
            .iter()
            .map(|document| &excerpts.all[*document])
            .filter(|excerpt| excerpt.is_allowing)
            .collect();
        let is_permitted = !allowing.is_empty();
        let (members, steps) = (Vec::new(), Steps::new());
        self.classes
            .push(Class { members, is_permitted, has_entered: false, steps });
        if allowing.iter().any(|it| it.roles.is_none()) {
            self.by_any_role.push(class);
            return;
        }
        for role in allowing.iter().filter_map(|it| it.roles.as_ref()).flatten() {
            let classes = self.by_role.entry(role.clone()).or_default();
            if classes.last() != Some(&class) {
                classes.push(class);
            }
        }
    }

    /// Finds out who may assume the role. Returns those that were not known to be able to assume
    /// any.
    fn enter(&mut self, role: PrincipalId) -> Vec<PrincipalId> {
        let Trial { classes, single } = self.trial(role);
        let mut entering = Vec::new();
        for class in classes {
            let members = &self.classes[class].members;
            let mut others = members
                .iter()
                .copied()
                .filter(|id| !single.contains_key(id));
            let Some(first) = others.next() else { continue };
            let step = self.assume(first, role).into();
            match step {
                Step::Refused => continue,
                Step::Unread => {}
                Step::Allowed(_) if self.classes[class].has_entered => {}
                Step::Allowed(_) => {
                    entering.push(first);
                    entering.extend(others);
                    self.classes[class].has_entered = single.is_empty();
                }
            }
            self.classes[class].steps.insert(role, step);
        }
        for (id, is_tried) in single {
            let step = if is_tried {
                self.assume(id, role).into()
            } else {
                Step::Refused
            };
            if matches!(step, Step::Allowed(_)) {
                entering.push(id);
            }
            let of_class = self.classes[self.class_of[&id]].steps.get(&role);
            if *of_class.unwrap_or(&Step::Refused) != step {
                self.own.entry(id).or_default().insert(role, step);
            }
        }
        entering
    }

    /// The principals to try on the role.
    fn trial(&self, role: PrincipalId) -> Trial {
        let role = self.account.principal(role);
        let Some(trust) = &role.trust else {
            return Trial { classes: self.permitted(&role.arn), ..Trial::default() };
        };
        if trust.document.statements.iter().any(depends_on_principal) {
            let mut single = BTreeMap::new();
            for id in self.candidates(trust, &role.arn) {
                single.insert(id, true);
            }
            return Trial { single, ..Trial::default() };
        }
        let chosen: Vec<Chosen<'_>> = trust.chosen().collect();
        let is_by_trial = trust.must_be_tried_on_all();
        let is_candidate = |id: PrincipalId| {
            let is_permitted = self.classes[self.class_of[&id]].is_permitted;
            let arn = self.account.principal(id).arn.as_str();
            is_by_trial
                || (is_permitted && trust.is_open_to_account())
                || chosen.contains(&Chosen::Arn(arn))
        };
        let single = self
            .named(trust)
            .into_iter()
            .map(|id| (id, is_candidate(id)))
            .collect();
        let classes = if is_by_trial {
            (0..self.classes.len()).collect()
        } else if trust.is_open_to_account() {
            self.permitted(&role.arn)
        } else {
            Vec::new()
        };
        Trial { classes, single }
    }

    /// The principals that a trust policy may let in, which depends on who they are.
    fn candidates(&self, trust: &TrustPolicy, role: &str) -> BTreeSet<PrincipalId> {
        let mut candidates = self.named(trust);
        for (_, statement, element) in trust.admitting() {
            if !matches!(element, PrincipalElement::Anyone | PrincipalElement::Account(_)) {
                continue;
            }
            let mut demands = statement.conditions.iter().filter(|it| !it.negated);
            let demand = demands.find(|it| names_principal(&it.key));
            match demand.map(|demand| self.demanded(demand)) {
                Some(Some(found)) => candidates.extend(found),
                None if *element != PrincipalElement::Anyone => {
                    for class in self.permitted(role) {
                        candidates.extend(&self.classes[class].members);
                    }
                }
                _ => return self.class_of.keys().copied().collect(),
            }
        }
        candidates
    }

    /// The principals that a condition may hold for; none: that must be tried.
    fn demanded(&self, demand: &Condition) -> Option<Vec<PrincipalId>> {
        let is_by_text =
            matches!(demand.operator, Operator::Equals | Operator::Like | Operator::Arn);
        let is_by_arn = demand.key == "aws:principalarn";
        if !is_by_text || !is_by_arn || demand.when_absent {
            return None;
        }
        let mut found = Vec::new();
        for value in &demand.values {
            let beginning = value.literal_prefix();
            let after = self.by_arn.range(beginning..);
            let within = after.take_while(|(arn, _)| arn.starts_with(beginning));
            found.extend(within.map(|(_, id)| *id));
        }
        Some(found)
    }

    /// The classes whose policies may allow assuming the role.
    fn permitted(&self, arn: &str) -> Vec<usize> {
        let listing = self.by_role.get(arn).into_iter().flatten();
        listing.chain(&self.by_any_role).copied().collect()
    }

    /// The principals that a trust policy distinguishes from others.
    fn named(&self, trust: &TrustPolicy) -> BTreeSet<PrincipalId> {
        let mut named = BTreeSet::new();
        for statement in &trust.document.statements {
            for element in statement.principals.iter().flat_map(Selection::items) {
                let PrincipalElement::Arn(arn) = element else {
                    continue;
                };
                named.extend(self.by_arn.get(arn.as_str()));
                let role = session_of(arn).and_then(|(_, name)| self.role_by_name.get(name));
                named.extend(role);
            }
        }
        named
    }

    /// The decision whether a principal may assume the role.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
    fn assume(&self, id: PrincipalId, role: PrincipalId) -> Decision {
        let (principal, role) = (self.account.principal(id), self.account.principal(role));
        let brings = brought_by_requests();
        let context = Context {
            account: self.account,
            principal: Some(principal),
            resource: Resource::Principal(role),
            brings: &brings,
        };
        let request = Request { action: ASSUME_ROLE, resource: &role.arn, context };
        let permissions = self.permissions(principal);
        let Some(trust) = &role.trust else {
            return permissions
                .decide(&request, Grant::ByPermission)
                .within(unread());
        };
        let admissions = trust.admit(&request, principal.boundary.is_some());
        let mut decisions = Vec::new();
        for Admission { grant, decision, .. } in admissions {
            decisions.push(permissions.decide(&request, grant).within(decision));
        }
        Decision::most_allowing(decisions.into_iter())
    }

    /// The statements about assuming roles that decide what it may do.
    fn permissions(&self, principal: &Principal) -> Permissions<'a> {
        let about = |policy| {
            let document = self.account.policy(policy).document.iter();
            document.flat_map(|document| document.about(ASSUME_ROLE))
        };
        let policies = policies_of(self.account, principal, None);
        Permissions {
            own: policies.iter().flat_map(|policy| about(*policy)).collect(),
            boundary: principal.boundary.map(|policy| about(policy).collect()),
        }
    }

    /// The index of each principal's steps, and the steps.
    fn finish(self) -> (BTreeMap<PrincipalId, usize>, Vec<HomeSteps>) {
        let (mut principals, mut all) = (BTreeMap::new(), Vec::new());
        for Class { members, steps, .. } in self.classes {
            let shared = all.len();
            all.push(HomeSteps::new(&steps));
            for id in members {
                let mut index = shared;
                if let Some(own) = self.own.get(&id) {
                    let mut steps = steps.clone();
                    steps.extend(own.clone());
                    index = all.len();
                    all.push(HomeSteps::new(&steps));
                }
                if all[index].incomplete || !all[index].roles.is_empty() {
                    principals.insert(id, index);
                }
            }
        }
        (principals, all)
    }
}

impl Excerpts {
    /// The class key of a principal.
    fn kinship(&mut self, account: &Account, id: PrincipalId) -> Kinship {
        let principal = account.principal(id);
        let mut documents = BTreeSet::new();
        for policy in &*policies_of(account, principal, None) {
            documents.extend(self.number(account, *policy));
        }
        let boundary = principal
            .boundary
            .and_then(|boundary| self.number(account, boundary));
        let mut read = documents.iter().chain(&boundary);
        let is_personal = read.any(|document| self.all[*document].is_personal);
        Kinship {
            kind: principal.kind,
            documents,
            is_bounded: principal.boundary.is_some(),
            boundary,
            only: is_personal.then_some(id),
        }
    }

    /// The index of a policy's excerpt; none: it was not read.
    fn number(&mut self, account: &Account, policy: PolicyId) -> Option<usize> {
        if let Some(known) = self.by_policy.get(&policy) {
            return *known;
        }
        let document = account.policy(policy).document.as_ref().map(about_assuming);
        let number = document.map(|document| {
            let excerpt = Excerpt::new(&document);
            let (number, is_new) = self.documents.number(document);
            if is_new {
                self.all.push(excerpt);
            }
            number
        });
        self.by_policy.insert(policy, number);
        number
    }
}

impl Excerpt {
    fn new(document: &PolicyDocument) -> Excerpt {
        let mut roles = Some(Vec::new());
        for statement in document
            .statements
            .iter()
            .filter(|it| it.effect == Effect::Allow)
        {
            match &statement.resources {
                Some(Selection::Only(patterns)) if patterns.iter().all(Pattern::is_literal) => {
                    if let Some(roles) = &mut roles {
                        roles.extend(patterns.iter().map(|pattern| pattern.as_str().to_owned()));
                    }
                }
                _ => roles = None,
            }
        }
        Excerpt {
            is_personal: document.statements.iter().any(depends_on_principal),
            is_allowing: document.may_allow(ASSUME_ROLE),
            roles,
        }
    }
}

impl HomeSteps {
    fn new(steps: &Steps) -> HomeSteps {
        let mut home = HomeSteps::default();
        for (role, step) in steps {
            match step {
                Step::Allowed(keys) => {
                    home.roles.insert(*role, keys.clone());
                }
                Step::Unread => home.incomplete = true,
                Step::Refused => {}
            }
        }
        home
    }
}

impl From<Decision> for Step {
    fn from(decision: Decision) -> Step {
        if !decision.may_be_allowed() {
            return Step::Refused;
        }
        let doubts = decision.doubts();
        if doubts.lacks.is_empty() {
            Step::Allowed(doubts.keys)
        } else {
            Step::Unread
        }
    }
}

/// The decision of a trust policy that was not read.
fn unread() -> Decision {
    Decision::Conditional(Doubts { keys: BTreeSet::new(), lacks: [Lack::Document].into() })
}
