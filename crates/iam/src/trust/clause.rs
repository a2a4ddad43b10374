//! What the conditions of a trust policy demand of one way in.
//!
//! An Allow applies if all its conditions hold, so each is a demand. A Deny applies if all its conditions
//! hold, so what it demands is that one of them does not. Both are the same then: a demand is a list
//! of conditions, of which one must hold.

use super::fixed::{self, Owner};
use super::issuers::Issuer;
use super::{Operation, Standing, Who};
use crate::account::Account;
use crate::condition::{Comparison, Condition, Operator};
use crate::pattern::Pattern;
use crate::policy::{Effect, PolicyDocument, PrincipalElement, Principals, Statement};

/// The demands on one principal that uses one operation, by one Allow.
pub(super) struct Clauses(Vec<Vec<Condition>>);

/// The keys that say for whom a service acts.
const SOURCE: [&str; 4] =
    ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];
const ORGANIZATION: [&str; 2] = ["aws:principalorgid", "aws:principalorgpaths"];

/// Whether the statement denies the principal, whatever the request.
pub(super) fn denies_always(statement: &Statement, element: &PrincipalElement) -> bool {
    demand_of_deny(statement, element).is_some_and(|demand| demand.is_empty())
}

/// What a statement demands by denying all else; none: it does not deny the principal.
fn demand_of_deny(statement: &Statement, element: &PrincipalElement) -> Option<Vec<Condition>> {
    if statement.effect == Effect::Allow {
        return None;
    }
    let mut demand = match statement.principals.as_ref()? {
        Principals::Only(list) => {
            list.iter().any(|denied| denied.includes(element)).then(Vec::new)?
        }
        Principals::AllBut(list) => {
            if list.iter().any(|spared| spared.includes(element)) {
                return None;
            }
            list.iter().filter(|spared| element.includes(spared)).filter_map(is_principal).collect()
        }
    };
    for condition in &statement.conditions {
        let of_service = matches!(element, PrincipalElement::Service(_));
        let holds = condition.values.iter().any(|value| value.as_str() == of_service.to_string());
        match condition.key.as_str() {
            "aws:principalisawsservice" if holds != condition.negated => {}
            "aws:principalisawsservice" => return None,
            _ => demand.push(condition.negate()),
        }
    }
    Some(demand)
}

/// The condition that a request is by the principal.
fn is_principal(element: &PrincipalElement) -> Option<Condition> {
    match element {
        PrincipalElement::Account(id) => {
            Some(Condition::new("StringEquals", "aws:PrincipalAccount", &[id.to_string()], false))
        }
        PrincipalElement::Arn(arn) => {
            Some(Condition::new("ArnEquals", "aws:PrincipalArn", std::slice::from_ref(arn), false))
        }
        _ => None,
    }
}

impl Clauses {
    /// The demands on a principal that an Allow names; none: it is denied always.
    pub(super) fn new(
        document: &PolicyDocument,
        allow: &Statement,
        operation: Operation,
        element: &PrincipalElement,
    ) -> Option<Clauses> {
        let mut clauses: Vec<Vec<Condition>> =
            allow.conditions.iter().map(|condition| vec![condition.clone()]).collect();
        for statement in &document.statements {
            if statement.actions.selects(operation.action())
                && let Some(demand) = demand_of_deny(statement, element)
            {
                clauses.push(demand);
            }
        }
        let impossible = clauses.iter().any(|demand| demand.iter().all(never_holds));
        (!impossible).then_some(Clauses(clauses))
    }

    /// Whether one of the demands can be met only by conditions of that kind.
    fn demand(&self, is_of_kind: impl Fn(&Condition) -> bool) -> bool {
        self.0.iter().any(|demand| demand.iter().all(&is_of_kind))
    }

    /// The owners that each demand leaves, of those that leave certain owners by certain keys.
    fn owners(&self, account: &Account, is_key: impl Fn(&str) -> bool) -> Vec<Vec<Owner>> {
        let leaves = |demand: &Vec<Condition>| {
            let mut owners = Vec::new();
            for condition in demand {
                if !is_key(&condition.key) {
                    return None;
                }
                owners.extend(fixed::owners(condition, account)?);
            }
            Some(owners)
        };
        self.0.iter().filter_map(leaves).collect()
    }

    pub(super) fn demand_external_id(&self) -> bool {
        self.demand(|it| it.key == "sts:externalid" && demands_fixed(it))
    }

    pub(super) fn demand_mfa(&self) -> bool {
        self.demand(|condition| match (condition.key.as_str(), condition.operator) {
            _ if condition.when_absent => false,
            ("aws:multifactorauthpresent", Operator::Bool) => {
                let wanted = if condition.negated { "false" } else { "true" };
                condition.values.iter().all(|value| value.as_str() == wanted)
            }
            ("aws:multifactorauthage", Operator::Compare(comparison)) => {
                let is_limit = matches!(comparison, Comparison::Less | Comparison::AtMost);
                is_limit != condition.negated
            }
            _ => false,
        })
    }

    pub(super) fn organizations(&self, account: &Account) -> Vec<Owner> {
        best(self.owners(account, |key| ORGANIZATION.contains(&key)), account).unwrap_or_default()
    }

    pub(super) fn sources(&self, account: &Account) -> Vec<Owner> {
        best(self.owners(account, |key| SOURCE.contains(&key)), account).unwrap_or_default()
    }

    /// Who of anyone is left.
    pub(super) fn narrow_anyone(&self, account: &Account) -> Vec<Who> {
        let Some(owners) = best(self.owners(account, |_| true), account) else {
            return vec![Who::Anyone];
        };
        let who = |owner| match owner {
            Owner::Network | Owner::Resource(_) => Who::Network,
            owner => Who::Owned(owner),
        };
        owners.into_iter().map(who).collect()
    }

    pub(super) fn fix_tenant(&self, issuer: &Issuer) -> bool {
        self.demand(|condition| issuer.tells_tenant(condition))
    }

    pub(super) fn fix_branch(&self, issuer: &Issuer) -> bool {
        !issuer.tells_branches() || self.demand(|condition| issuer.tells_branch(condition))
    }

    pub(super) fn fix_saml_audience(&self) -> bool {
        self.demand(|condition| condition.key == "saml:aud" && demands_fixed(condition))
    }

    pub(super) fn demand_authenticated(&self) -> bool {
        self.demand(|condition| {
            let authenticated =
                |value: &Pattern| value.literal_prefix().starts_with("authenticated");
            condition.key == "cognito-identity.amazonaws.com:amr"
                && demands(condition)
                && condition.values.iter().all(authenticated)
        })
    }
}

/// The owners of the demand that leaves the fewest strangers: the account's own, else somebody's by name.
fn best(demands: Vec<Vec<Owner>>, account: &Account) -> Option<Vec<Owner>> {
    let rank = |owners: &Vec<Owner>| {
        let named = |owner: &Owner| !matches!(owner, Owner::Network | Owner::Resource(_));
        let own = |owner: &Owner| owner.standing(account) == Standing::Own;
        (!(owners.iter().all(own) && owners.iter().all(named)), !owners.iter().all(named))
    };
    demands.into_iter().min_by_key(rank)
}

/// Whether a request must have the key, with one of the values.
fn demands(condition: &Condition) -> bool {
    !condition.negated && !condition.when_absent && condition.operator != Operator::Null
}

fn demands_fixed(condition: &Condition) -> bool {
    demands(condition) && condition.values.iter().all(|value| fixed::fixed(value).is_some())
}

/// Nothing fits an empty list of values.
fn never_holds(condition: &Condition) -> bool {
    condition.values.is_empty() && !condition.negated && !condition.when_absent
}
