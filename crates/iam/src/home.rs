//! Roles of an account that lead out of it, and who of the account may assume them first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use portcullis_model::PrincipalKind;

use crate::account::{Account, Principal, PrincipalId};
use crate::context::{Context, Request, Resource};
use crate::escalation::policies_of;
use crate::policy::{Decision, Effect, PolicyDocument, Statement};
use crate::trust::{ASSUME_ROLE, Chosen, Grant};
use crate::truth::{Doubts, Lack};
use crate::value::Value;

/// Which roles a principal may assume in its own account.
#[derive(Debug, Default)]
pub(crate) struct HomeSteps {
    /// By the role, the condition keys on which that depends.
    pub(crate) roles: BTreeMap<PrincipalId, BTreeSet<String>>,
    /// Whether there may be more, because something could not be read.
    pub(crate) incomplete: bool,
}

/// Of each principal that may assume one of those roles, or a role that may: which. Those that need not be followed,
/// such as administrators, are left out.
pub(crate) fn home_steps(
    account: &Account,
    exits: Vec<PrincipalId>,
    is_followed: impl Fn(PrincipalId) -> bool,
) -> BTreeMap<PrincipalId, HomeSteps> {
    let home = Home::new(account, is_followed);
    let mut steps: BTreeMap<PrincipalId, HomeSteps> = BTreeMap::new();
    let mut known: BTreeSet<PrincipalId> = exits.iter().copied().collect();
    let mut left = exits;
    while let Some(role) = left.pop() {
        for id in home.candidates(role) {
            let decision = home.assume(id, role);
            if !decision.may_be_allowed() {
                continue;
            }
            let own = steps.entry(id).or_default();
            let doubts = decision.doubts();
            if !doubts.lacks.is_empty() {
                own.incomplete = true;
                continue;
            }
            own.roles.insert(role, doubts.keys);
            if account.principal(id).kind == PrincipalKind::Role && known.insert(id) {
                left.push(id);
            }
        }
    }
    steps
}

/// Who of an account may assume its roles.
struct Home<'a> {
    account: &'a Account,
    /// The users and roles.
    all: Vec<PrincipalId>,
    /// Those that have a policy that allows assuming some role.
    permitted: Vec<PrincipalId>,
    by_arn: HashMap<&'a str, PrincipalId>,
    everything: PolicyDocument,
}

impl<'a> Home<'a> {
    fn new(account: &'a Account, is_followed: impl Fn(PrincipalId) -> bool) -> Home<'a> {
        let mut home = Home {
            account,
            all: Vec::new(),
            permitted: Vec::new(),
            by_arn: HashMap::new(),
            everything: PolicyDocument::everything(),
        };
        for id in account.principal_ids() {
            let principal = account.principal(id);
            if principal.kind == PrincipalKind::Group
                || principal.service_linked
                || !is_followed(id)
            {
                continue;
            }
            home.all.push(id);
            home.by_arn.insert(&principal.arn, id);
            if home.statements(principal).iter().any(|it| it.effect == Effect::Allow) {
                home.permitted.push(id);
            }
        }
        home
    }

    /// Those of whom some may assume the role.
    fn candidates(&self, role: PrincipalId) -> Vec<PrincipalId> {
        let Some(trust) = &self.account.principal(role).trust else {
            return self.permitted.clone();
        };
        if trust.must_be_tried_on_all() {
            return self.all.clone();
        }
        let mut candidates = Vec::new();
        if trust.is_open_to_account() {
            candidates.extend(&self.permitted);
        }
        for chosen in trust.chosen() {
            match chosen {
                Chosen::Arn(arn) => candidates.extend(self.by_arn.get(arn)),
                Chosen::Tag(..) | Chosen::Otherwise => return self.all.clone(),
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// What decides whether a principal may assume the role.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
    fn assume(&self, id: PrincipalId, role: PrincipalId) -> Decision {
        let (principal, role) = (self.account.principal(id), self.account.principal(role));
        let brings = ["aws:requesttag/", "aws:tagkeys", "sts:externalid", "sts:sourceidentity"];
        let brings = brings.map(|key| (key, Value::Open));
        let context = Context {
            account: self.account,
            principal: Some(principal),
            resource: Resource::Principal(role),
            brings: &brings,
        };
        let request = Request { action: ASSUME_ROLE, resource: &role.arn, context };
        let (grant, admission) = match &role.trust {
            Some(trust) => match trust.admit(&request, principal.boundary.is_some()) {
                Some(admission) => (admission.grant, admission.decision),
                None => return Decision::Silent,
            },
            None => (Grant::ByPermission, unread()),
        };
        let mut statements = self.statements(principal);
        if grant != Grant::ByPermission {
            // It needs no permission, but nothing may deny it.
            statements.extend(&self.everything.statements);
        }
        let decision = Decision::by(statements, &request).within(admission);
        let Some(boundary) = principal.boundary else { return decision };
        let mut limits: Vec<&Statement> = Vec::new();
        if let Some(document) = &self.account.policy(boundary).document {
            limits.extend(document.about(ASSUME_ROLE));
        }
        if grant == Grant::Whole {
            limits.extend(&self.everything.statements);
        }
        decision.within(Decision::by(limits, &request))
    }

    /// What its policies say about assuming roles.
    fn statements(&self, principal: &Principal) -> Vec<&'a Statement> {
        let mut statements = Vec::new();
        for policy in &*policies_of(self.account, principal, None) {
            if let Some(document) = &self.account.policy(*policy).document {
                statements.extend(document.about(ASSUME_ROLE));
            }
        }
        statements
    }
}

/// What a trust policy decides that was not read.
fn unread() -> Decision {
    Decision::Conditional(Doubts { keys: BTreeSet::new(), lacks: [Lack::Document].into() })
}
