//! What a trust policy demands of one principal that uses one action.
//!
//! An Allow applies if all its conditions hold, so each of them is a demand. A Deny applies if all its
//! conditions hold, so it demands that one of them does not. Both have the same form: a demand is a list
//! of conditions, one of which must hold.
//!
//! Conditions that cannot hold are dropped, given what is known of the principal and the time, and what
//! other demands say about the same key. A demand without any condition left admits nobody.

use std::collections::BTreeSet;

use portcullis_model::Arn;

use super::admission::{names_principal, session_of};
use super::fixed::{self, Owner};
use super::issuers::{self, Issuer};
use super::{ASSUME_ROLE, Demands, SESSION, Standing, WITH_SAML, is_saml};
use crate::account::Account;
use crate::condition::{Condition, Operator, values_under};
use crate::context::{Context, OF_SERVICES, Request};
use crate::pattern::{Pattern, Syntax};
use crate::policy::{Effect, PolicyDocument, PrincipalElement, Selection, Statement};
use crate::truth::Truth;
use crate::value::Value;

/// The demands on one principal that uses one action, under one Allow statement.
pub(super) struct Clauses(Vec<Vec<Condition>>);

/// The keys that say on whose behalf a service acts.
const SOURCE: [&str; 4] =
    ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

/// The suffixes of the hosts that accept SAML assertions for AWS; a region may precede them. Those of the
/// isolated partitions and of the European Sovereign Cloud come from the endpoint rules of AWS's SDKs.
///
/// <https://docs.aws.amazon.com/general/latest/gr/signin-service.html>
/// <https://github.com/boto/botocore/tree/develop/botocore/data/signin>
const SIGN_IN: [&str; 8] = [
    ".signin.amazonaws-eusc.eu",
    ".signin.amazonaws-us-gov.com",
    ".signin.amazonaws.cn",
    ".signin.aws.amazon.com",
    ".signin.c2shome.ic.gov",
    ".signin.csphome.adc-e.uk",
    ".signin.csphome.hci.ic.gov",
    ".signin.sc2shome.sgov.gov",
];

/// The keys that name the network a request comes from.
const NETWORK: [&str; 6] = [
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];

const IS_SERVICE: &str = "aws:principalisawsservice";

/// Whether the statement applies to the principal.
fn is_about(statement: &Statement, element: &PrincipalElement) -> bool {
    match &statement.principals {
        Some(Selection::Only(list)) => list.iter().any(|listed| listed.includes(element)),
        Some(Selection::AllBut(list)) => !element.is_spared_by(list),
        None => false,
    }
}

/// Whether the statement applies to the principal, or to some of those that the element stands for.
fn is_about_some(statement: &Statement, element: &PrincipalElement) -> bool {
    let listed = match &statement.principals {
        Some(Selection::Only(list)) => &list[..],
        _ => &[],
    };
    is_about(statement, element) || listed.iter().any(|listed| element.includes(listed))
}

/// What a Deny demands, since it excludes everything else; none: it does not apply to the principal.
fn demand_of_deny(statement: &Statement, element: &PrincipalElement) -> Option<Vec<Condition>> {
    if statement.effect == Effect::Allow || !is_about(statement, element) {
        return None;
    }
    let mut demand = Vec::new();
    if let Some(Selection::AllBut(spared)) = &statement.principals {
        let some = spared
            .iter()
            .filter(|it| element.includes(it) && it.is_spared_by(spared));
        demand.extend(some.filter_map(is_principal));
    }
    for condition in &statement.conditions {
        let of_service = matches!(element, PrincipalElement::Service(_));
        let holds = condition
            .values
            .iter()
            .any(|value| value.as_str() == of_service.to_string());
        match condition.key.as_str() {
            IS_SERVICE if holds != condition.negated => {}
            IS_SERVICE => return None,
            _ => demand.push(condition.negate()),
        }
    }
    Some(demand)
}

/// The condition that the principal makes the request.
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

/// The keys that identify the caller, who may belong to another account.
const PRINCIPAL: [&str; 4] =
    ["aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"];

/// The keys that only callers from an organization have.
const ORGANIZATION: [&str; 2] = ["aws:principalorgid", "aws:principalorgpaths"];

const MFA: [&str; 2] = ["aws:multifactorauthage", "aws:multifactorauthpresent"];

/// The condition keys whose values are known for every request of a principal. Callers with a token or
/// an assertion do not have an identity in AWS yet. Services belong to no organization, and only they
/// act on somebody's behalf.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_vpc_endpoint_policies.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn known_values<'a>(
    document: &'a PolicyDocument,
    element: &'a PrincipalElement,
    action: &str,
    account: &Account,
) -> Vec<(&'a str, Value<'a>)> {
    let mut known = Vec::new();
    for (action, keys) in SESSION {
        let mut statements = document.about(action);
        let is_allowed = statements.any(|statement| {
            statement.effect == Effect::Allow && is_about_some(statement, element)
        });
        if !is_allowed {
            known.extend(keys.iter().map(|key| (*key, Value::Absent)));
        }
    }
    if let PrincipalElement::Federated(provider) = element {
        for condition in document
            .statements
            .iter()
            .flat_map(|statement| &statement.conditions)
        {
            let key = condition.key.as_str();
            if issuers::is_key_of_another(key, provider) {
                known.push((key, Value::Absent));
            } else if issuers::is_key_of_all(key) {
                known.push((key, whatever()));
            }
        }
    }
    if let Some(id) = element.account() {
        let arn = match element {
            PrincipalElement::Arn(arn) if session_of(arn).is_none() => Value::one(arn.as_str()),
            _ => Value::Beginning(format!("arn:{}:iam::{id}:", account.partition)),
        };
        known.push(("aws:principalarn", arn));
        known.push(("aws:principalaccount", Value::one(id.to_string())));
    } else if *element == PrincipalElement::Anyone && action == ASSUME_ROLE {
        known.push(("aws:principalarn", whatever()));
        known.push(("aws:principalaccount", whatever()));
    }
    if let PrincipalElement::Arn(arn) = element {
        known.extend(known_of_arn(arn));
    }
    known.push(match element {
        PrincipalElement::Anyone => (IS_SERVICE, Value::Open),
        PrincipalElement::Service(_) => (IS_SERVICE, Value::one("true")),
        _ => (IS_SERVICE, Value::one("false")),
    });
    let absent: &[&[&str]] = match element {
        PrincipalElement::Anyone if action == ASSUME_ROLE => &[],
        PrincipalElement::Service(_) => &[&ORGANIZATION, &MFA],
        PrincipalElement::Anyone | PrincipalElement::Federated(_) => {
            &[&PRINCIPAL, &MFA, &OF_SERVICES]
        }
        _ => &[&OF_SERVICES],
    };
    known.extend(
        absent
            .iter()
            .copied()
            .flatten()
            .map(|key| (*key, Value::Absent)),
    );
    known.extend(PRINCIPAL.map(|key| (key, Value::Open)));
    known
}

/// The value of a key that is present, but whose content is unknown.
fn whatever<'a>() -> Value<'a> {
    Value::Beginning(String::new())
}

/// The condition keys whose values follow from a principal's ARN.
fn known_of_arn(arn: &str) -> Vec<(&str, Value<'_>)> {
    let parsed = Arn::parse(arn);
    if let Some((_, name)) = parsed.and_then(Arn::user) {
        return vec![("aws:principaltype", Value::one("User")), ("aws:username", Value::one(name))];
    }
    if session_of(arn).is_some() || parsed.and_then(Arn::role).is_some() {
        let of_role = Value::one("AssumedRole");
        return vec![("aws:principaltype", of_role), ("aws:username", Value::Absent)];
    }
    Vec::new()
}

/// Replaces variables that stand for the role's account and organization. A condition on one of these
/// whose value is a variable is turned round: `aws:ResourceOrgID` with `${aws:PrincipalOrgID}`.
fn resolve(condition: &mut Condition, account: &Account) {
    let brings = PRINCIPAL.map(|key| (key, Value::Open));
    let context = Context::new(account, &brings);
    let request = Request { action: ASSUME_ROLE, resource: "*", context };
    let is_of_role = ["aws:resourceaccount", "aws:resourceorgid"].contains(&condition.key.as_str());
    if let [value] = &condition.values[..]
        && let Some(key) = value.variable()
        && is_of_role
    {
        let key = key.to_owned();
        let value = format!("${{{}}}", condition.key);
        condition.values = vec![Pattern::new(&value, Syntax { wildcards: false, variables: true })];
        condition.key = key;
        condition.when_absent = condition.negated;
    }
    // A variable that no request has matches nothing.
    condition
        .values
        .retain(|value| value.truth_in(&request, |_| Truth::Yes).is_possible());
    for value in &mut condition.values {
        *value = value.resolve(&request);
    }
}

/// Drops the values that no request can have.
fn drop_impossible(condition: &mut Condition) {
    let is_of_text = matches!(
        condition.operator,
        Operator::Equals | Operator::EqualsIgnoreCase | Operator::Like | Operator::Arn
    );
    if is_of_text {
        condition
            .values
            .retain(|value| fixed::may_have(&condition.key, value));
    } else if condition.operator == Operator::Ip {
        condition
            .values
            .retain(|value| value.has_variables() || fixed::is_range(value.as_str()));
    }
}

impl Clauses {
    /// The demands on a principal that an Allow names; none: they cannot be met.
    pub(super) fn new(
        document: &PolicyDocument,
        allow: &Statement,
        action: &str,
        element: &PrincipalElement,
        account: &Account,
    ) -> Option<Clauses> {
        let known = known_values(document, element, action, account);
        let context = Context::new(account, &known);
        let request = Request { action, resource: "*", context };
        let mut clauses = Clauses(Vec::new());
        for condition in &allow.conditions {
            clauses.0.push(vec![condition.clone()]);
        }
        for statement in document.about(action) {
            clauses.0.extend(demand_of_deny(statement, element));
        }
        let mut keys = BTreeSet::new();
        for demand in &mut clauses.0 {
            for condition in &mut *demand {
                resolve(condition, account);
                drop_impossible(condition);
                keys.insert(condition.key.clone());
            }
            demand.retain(|condition| condition.holds(&request, Effect::Allow).is_possible());
        }
        for key in keys {
            clauses.combine(&key, &request);
        }
        clauses.assume_mfa(&request);
        let is_possible = clauses.0.iter().all(|demand| !demand.is_empty());
        is_possible.then_some(clauses)
    }

    /// Drops conditions on a key, and values of them, that the demands on this key alone rule out.
    fn combine(&mut self, key: &str, request: &Request<'_>) {
        let (mut required, mut about) = (Vec::new(), Vec::new());
        for demand in &self.0 {
            about.extend(
                demand
                    .iter()
                    .filter(|condition| condition.key == key)
                    .cloned(),
            );
            if let [condition] = &demand[..]
                && condition.key == key
            {
                required.push(condition.clone());
            }
        }
        let values = values_under(key, &required, &about, request);
        for demand in &mut self.0 {
            demand.retain(|condition| {
                condition.key != key
                    || !required.contains(&condition.negate())
                        && values
                            .iter()
                            .any(|value| condition.may_hold(value, request))
            });
            for condition in demand.iter_mut().filter(|condition| condition.key == key) {
                condition.when_absent &= values.contains(&Value::Absent);
                if condition.lists_values() && !values.contains(&Value::Open) {
                    condition
                        .values
                        .retain(|value| values.contains(&Value::one(value.as_str())));
                }
            }
        }
    }

    /// Drops conditions that do not hold for a request with MFA, if a demand requires MFA.
    fn assume_mfa(&mut self, request: &Request<'_>) {
        if !self.demand(|condition| demands_mfa(condition, request)) {
            return;
        }
        for demand in &mut self.0 {
            demand.retain(|condition| match condition.key.as_str() {
                "aws:multifactorauthage" => condition.may_hold(&Value::Open, request),
                "aws:multifactorauthpresent" => condition.may_hold(&Value::one("true"), request),
                _ => true,
            });
        }
    }

    /// Whether one of the demands consists of conditions of that kind only.
    fn demand(&self, is_of_kind: impl Fn(&Condition) -> bool) -> bool {
        self.0.iter().any(|demand| demand.iter().all(&is_of_kind))
    }

    /// Whether one of the demands fixes the value of a key.
    pub(super) fn demand_fixed(&self, key: &str) -> bool {
        self.demand(|condition| demands_fixed(condition, key))
    }

    /// The owners that the conditions on certain keys admit. Of several demands, the one whose owners are
    /// closest to the account counts, and then one that names them.
    pub(super) fn owners(
        &self,
        account: &Account,
        is_key: impl Fn(&str) -> bool,
    ) -> Option<Vec<Owner>> {
        let mut left = Vec::new();
        for demand in &self.0 {
            let owners = demand.iter().map(|condition| {
                is_key(&condition.key)
                    .then(|| fixed::owners(condition))
                    .flatten()
            });
            left.extend(
                owners
                    .collect::<Option<Vec<_>>>()
                    .map(|owners| owners.concat()),
            );
        }
        left.into_iter().min_by_key(|owners| {
            let standing = owners.iter().map(|owner| owner.standing(account)).max();
            let mut owners = owners.iter();
            (standing, owners.any(|owner| matches!(owner, Owner::Network(_) | Owner::Unnamed)))
        })
    }

    /// On whose behalf a service acts; empty: anybody's. A resource without an account in its ARN, such as
    /// a bucket, does not limit this: once deleted, a stranger can create it again.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
    fn sources(&self, account: &Account) -> Vec<Owner> {
        let mut owners = self
            .owners(account, |key| SOURCE.contains(&key))
            .unwrap_or_default();
        if owners.contains(&Owner::Unnamed) {
            owners.clear();
        }
        owners
    }

    /// Whether a service may act on the account's own behalf.
    pub(super) fn serve(&self, account: &Account) -> bool {
        let sources = self.sources(account);
        let mut standings = sources.iter().map(|source| source.standing(account));
        sources.is_empty() || standings.any(|standing| standing != Standing::External)
    }

    /// Whether all demands hold for a SAML assertion that has whatever attributes they require.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml>
    pub(super) fn hold_for_vouched(&self, account: &Account) -> Truth {
        let context = Context::new(account, &[]);
        let request = Request { action: WITH_SAML, resource: "*", context };
        let holds = |condition: &Condition| {
            let is_asserted = condition.key.starts_with("saml:");
            if is_asserted {
                Truth::Yes
            } else {
                condition.holds(&request, Effect::Allow)
            }
        };
        !Truth::any(&self.0, |demand| !Truth::any(demand, holds))
    }

    /// A summary of what is demanded of the principal.
    pub(super) fn demands(&self, element: &PrincipalElement, account: &Account) -> Demands {
        let context = Context::new(account, &[]);
        let request = Request { action: ASSUME_ROLE, resource: "*", context };
        let mfa = |condition: &Condition| demands_mfa(condition, &request);
        let external_id = |condition: &Condition| demands_fixed(condition, "sts:externalid");
        let mut demands = Demands {
            external_id: self.demand(|condition| external_id(condition) || mfa(condition)),
            mfa: self.demand(mfa),
            organizations: self
                .owners(account, |key| key.starts_with("aws:principalorg"))
                .unwrap_or_default(),
            sources: self.sources(account),
            some_principals: self.demand(names_some_principals),
            tenant: true,
            authenticated: self.demand(|condition| demands_authenticated(condition, &request)),
            branch: true,
        };
        if let PrincipalElement::Federated(provider) = element {
            if is_saml(provider) {
                demands.tenant = self.demand(demands_endpoint);
            } else if let Some(issuer) = Issuer::of_provider(provider) {
                let is_of_tenant = self.demand(|condition| issuer.tells_tenant(condition));
                let is_of_network = self.owners(account, |key| NETWORK.contains(&key)).is_some();
                demands.tenant = is_of_tenant || is_of_network;
                demands.branch = !is_of_tenant
                    || !issuer.tells_branches()
                    || self.demand(|condition| issuer.tells_branch(condition));
            }
        }
        demands
    }
}

/// Whether the condition singles out some principals of an account, by name, id or tag.
pub(super) fn names_some_principals(condition: &Condition) -> bool {
    names_principal(&condition.key)
        && condition.demands_only(|value| match condition.key.as_str() {
            "aws:principalarn" => fixed::has_name(value),
            "aws:userid" => fixed::unique_id(value).is_some(),
            _ => !value.is_everything(),
        })
}

fn demands_fixed(condition: &Condition, key: &str) -> bool {
    condition.key == key && condition.demands_only(|value| fixed::fixed(value).is_some())
}

/// Whether the condition admits only assertions for the endpoints of one host, or of AWS in any region.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html>
fn demands_endpoint(condition: &Condition) -> bool {
    condition.key == "saml:aud"
        && condition.demands_only(|value| {
            let url = value.as_str().strip_prefix("https://");
            let host = url
                .and_then(|url| url.split_once('/'))
                .map(|(host, _)| host);
            let is_one = |host: &str| !host.contains(['*', '?', '$']);
            let is_of_aws = |host: &str| SIGN_IN.iter().any(|domain| host.ends_with(domain));
            fixed::fixed(value).is_some()
                || host.is_some_and(|host| is_one(host) || is_of_aws(host))
        })
}

/// Whether only requests with MFA meet the condition. A request without MFA has no MFA age.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn demands_mfa(condition: &Condition, request: &Request<'_>) -> bool {
    let mut without = vec![Value::Absent];
    match condition.key.as_str() {
        "aws:multifactorauthage" => {}
        "aws:multifactorauthpresent" => without.push(Value::one("false")),
        _ => return false,
    }
    !without
        .iter()
        .any(|value| condition.may_hold(value, request))
}

/// Whether a condition on Cognito's tokens excludes unauthenticated guests.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html>
fn demands_authenticated(condition: &Condition, request: &Request<'_>) -> bool {
    let is_amr = condition.key.starts_with("cognito-identity") && condition.key.ends_with(":amr");
    let of_guests = Value::Many(vec!["unauthenticated".to_owned()]);
    is_amr && !condition.may_hold(&of_guests, request)
}
