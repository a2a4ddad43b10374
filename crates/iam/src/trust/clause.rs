//! What the conditions of a trust policy demand of one way in.
//!
//! An Allow applies if all its conditions hold, so each is a demand. A Deny applies if all its conditions
//! hold, so what it demands is that one of them does not. Both are the same then: a demand is a list
//! of conditions, of which one must hold.

use std::cmp::Ordering;

use super::fixed::{self, Owner};
use super::issuers::Issuer;
use super::{Demands, Standing, is_saml};
use crate::account::Account;
use crate::condition::{Condition, Operator};
use crate::policy::{Effect, PolicyDocument, PrincipalElement, Selection, Statement};

/// The demands on one principal that uses one action, by one Allow.
pub(super) struct Clauses(Vec<Vec<Condition>>);

/// The keys that say for whom a service acts.
const SOURCE: [&str; 4] =
    ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

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
        Selection::Only(list) => {
            list.iter().any(|denied| denied.includes(element)).then(Vec::new)?
        }
        Selection::AllBut(list) => {
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
        action: &str,
        element: &PrincipalElement,
    ) -> Option<Clauses> {
        let mut clauses = Vec::new();
        for condition in &allow.conditions {
            clauses.push(vec![condition.clone()]);
        }
        for statement in document.about(action) {
            clauses.extend(demand_of_deny(statement, element));
        }
        let impossible = clauses.iter().any(|demand| demand.iter().all(Condition::never_holds));
        (!impossible).then_some(Clauses(clauses))
    }

    /// Whether one of the demands can be met only by conditions of that kind.
    fn demand(&self, is_of_kind: impl Fn(&Condition) -> bool) -> bool {
        self.0.iter().any(|demand| demand.iter().all(&is_of_kind))
    }

    /// The owners that certain keys leave: by the demand that leaves the fewest strangers, which is the
    /// account's own, else somebody by name.
    pub(super) fn owners(
        &self,
        account: &Account,
        is_key: impl Fn(&str) -> bool,
    ) -> Option<Vec<Owner>> {
        let mut left = Vec::new();
        for demand in &self.0 {
            let owners = demand.iter().map(|condition| {
                is_key(&condition.key).then(|| fixed::owners(condition, account)).flatten()
            });
            left.extend(owners.collect::<Option<Vec<_>>>().map(|owners| owners.concat()));
        }
        left.into_iter().min_by_key(|owners| {
            let is_named = owners.iter().all(|owner| *owner != Owner::Unnamed);
            let is_own = owners.iter().all(|owner| owner.standing(account) == Standing::Own);
            (!(is_own && is_named), !is_named)
        })
    }

    /// All that is demanded of the principal.
    pub(super) fn demands(&self, element: &PrincipalElement, account: &Account) -> Demands {
        let mut demands = Demands {
            external_id: self.demand(|it| demands_fixed(it, "sts:externalid")),
            mfa: self.demand(demands_mfa),
            organizations: self
                .owners(account, |key| key.starts_with("aws:principalorg"))
                .unwrap_or_default(),
            sources: self.owners(account, |key| SOURCE.contains(&key)).unwrap_or_default(),
            tenant: true,
            authenticated: self.demand(demands_authenticated),
            branch: true,
        };
        if let PrincipalElement::Federated(provider) = element {
            if is_saml(provider) {
                demands.tenant = self.demand(|it| demands_fixed(it, "saml:aud"));
            } else if let Some(issuer) = Issuer::of_provider(provider) {
                demands.tenant = self.demand(|it| issuer.tells_tenant(it));
                demands.branch =
                    !issuer.tells_branches() || self.demand(|it| issuer.tells_branch(it));
            }
        }
        demands
    }
}

fn demands_fixed(condition: &Condition, key: &str) -> bool {
    condition.key == key
        && condition.demands_value()
        && condition.values.iter().all(|value| fixed::fixed(value).is_some())
}

fn demands_mfa(condition: &Condition) -> bool {
    match (condition.key.as_str(), condition.operator) {
        // Requests without MFA have no age of it.
        ("aws:multifactorauthage", Operator::Null) => {
            let wanted = if condition.negated { "true" } else { "false" };
            condition.values.iter().all(|value| value.as_str() == wanted)
        }
        _ if condition.when_absent => false,
        ("aws:multifactorauthpresent", Operator::Bool) => {
            let wanted = if condition.negated { "false" } else { "true" };
            condition.values.iter().all(|value| value.as_str() == wanted)
        }
        ("aws:multifactorauthage", Operator::Compare(orders)) => {
            orders.contains(&Ordering::Less) != condition.negated
        }
        _ => false,
    }
}

/// Whether guests, whose `amr` is `unauthenticated`, do not meet the condition on Cognito's tokens.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html>
fn demands_authenticated(condition: &Condition) -> bool {
    let is_amr = condition.key.starts_with("cognito-identity") && condition.key.ends_with(":amr");
    let fits_guests = condition.values.iter().any(|value| value.matches("unauthenticated"));
    is_amr
        && condition.operator != Operator::Null
        && !condition.values.is_empty()
        && fits_guests == condition.negated
}
