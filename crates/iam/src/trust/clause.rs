//! What the conditions of a trust policy demand of one way in.
//!
//! An Allow applies if all its conditions hold, so each is a demand. A Deny applies if all its conditions
//! hold, so what it demands is that one of them does not. Both are the same then: a demand is a list
//! of conditions, of which one must hold.
//!
//! What cannot hold is dropped: by what is known of the principal and of time, and by what other demands say
//! of the same key. A demand of which nothing is left lets nobody in.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use portcullis_model::Arn;

use super::admission::{names_principal, session_of};
use super::fixed::{self, Owner};
use super::issuers::{self, Issuer};
use super::{ASSUME_ROLE, Demands, SESSION, Standing, WITH_SAML, is_saml};
use crate::account::Account;
use crate::condition::{Condition, Operator, Quantifier, moment};
use crate::context::{Context, OF_SERVICES, Request};
use crate::pattern::{Pattern, Syntax};
use crate::policy::{Effect, PolicyDocument, PrincipalElement, Selection, Statement};
use crate::truth::Truth;
use crate::value::Value;

/// The demands on one principal that uses one action, by one Allow.
pub(super) struct Clauses(Vec<Vec<Condition>>);

/// The keys that say for whom a service acts.
const SOURCE: [&str; 4] =
    ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

/// How the hosts end where AWS takes SAML assertions, before which the region may stand. Those of the isolated
/// partitions and of the sovereign one are in the endpoint rules of AWS's SDKs for AWS Sign-In.
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

/// The keys that say from which network a request comes.
const NETWORK: [&str; 3] = ["aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"];

const IS_SERVICE: &str = "aws:principalisawsservice";

/// Whether the statement is about the principal.
fn is_about(statement: &Statement, element: &PrincipalElement) -> bool {
    match &statement.principals {
        Some(Selection::Only(list)) => list.iter().any(|it| it.includes(element)),
        Some(Selection::AllBut(list)) => !element.is_spared_by(list),
        None => false,
    }
}

/// Whether the statement is about the principal, or about somebody for whom that stands.
fn is_about_some(statement: &Statement, element: &PrincipalElement) -> bool {
    let listed = match &statement.principals {
        Some(Selection::Only(list)) => &list[..],
        _ => &[],
    };
    is_about(statement, element) || listed.iter().any(|it| element.includes(it))
}

/// What a statement demands by denying all else; none: it does not deny the principal.
fn demand_of_deny(statement: &Statement, element: &PrincipalElement) -> Option<Vec<Condition>> {
    if statement.effect == Effect::Allow || !is_about(statement, element) {
        return None;
    }
    let mut demand = Vec::new();
    if let Some(Selection::AllBut(spared)) = &statement.principals {
        let some = spared.iter().filter(|it| element.includes(it) && it.is_spared_by(spared));
        demand.extend(some.filter_map(is_principal));
    }
    for condition in &statement.conditions {
        let of_service = matches!(element, PrincipalElement::Service(_));
        let holds = condition.values.iter().any(|value| value.as_str() == of_service.to_string());
        match condition.key.as_str() {
            IS_SERVICE if holds != condition.negated => {}
            IS_SERVICE => return None,
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

/// Keys that tell who asks; who may ask need not be of the account.
const PRINCIPAL: [&str; 4] =
    ["aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"];

/// Those that only members of an organization have.
const ORGANIZATION: [&str; 2] = ["aws:principalorgid", "aws:principalorgpaths"];

const MFA: [&str; 2] = ["aws:multifactorauthage", "aws:multifactorauthpresent"];

/// What is known of the requests of a principal. Whoever brings a token or an assertion has no identity in AWS yet; services
/// are in no organization, and only they act for somebody.
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
        let mut about = document.about(action);
        if !about.any(|it| it.effect == Effect::Allow && is_about_some(it, element)) {
            known.extend(keys.iter().map(|key| (*key, Value::Absent)));
        }
    }
    if let PrincipalElement::Federated(provider) = element {
        for condition in document.statements.iter().flat_map(|it| &it.conditions) {
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
    known.extend(absent.iter().copied().flatten().map(|key| (*key, Value::Absent)));
    known.extend(PRINCIPAL.map(|key| (key, Value::Open)));
    known
}

/// The value of a key that is there, and of which no more is known.
fn whatever<'a>() -> Value<'a> {
    Value::Beginning(String::new())
}

/// What the ARN of a principal says of its requests.
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

/// Puts the account and the organization of the role in place of variables. A condition that compares these
/// with a variable is turned round: `aws:ResourceOrgID` with `${aws:PrincipalOrgID}`.
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
    condition.values.retain(|it| it.truth_in(&request, |_| Truth::Yes).is_possible());
    for value in &mut condition.values {
        *value = value.resolve(&request);
    }
}

/// Drops the values that no request has.
fn drop_impossible(condition: &mut Condition) {
    let is_of_text = matches!(
        condition.operator,
        Operator::Equals | Operator::EqualsIgnoreCase | Operator::Like | Operator::Arn
    );
    if is_of_text {
        condition.values.retain(|value| fixed::may_have(&condition.key, value));
    }
}

/// How the keys end that have several values in one request.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const SEVERAL: [&str; 5] = [":amr", ":calledvia", "nameslist", "orgpaths", "tagkeys"];

/// Whether the condition lists all values that the key may have, if it is there.
fn lists_values(condition: &Condition) -> bool {
    let is_exact = matches!(
        condition.operator,
        Operator::Equals | Operator::Like | Operator::Arn | Operator::Bool
    );
    let has_several = SEVERAL.iter().any(|end| condition.key.ends_with(end));
    is_exact
        && !condition.negated
        && (condition.quantifier == Quantifier::One || !has_several)
        && condition.values.iter().all(Pattern::is_literal)
}

/// The values that a key, about which there are conditions, may have under those that must hold: those that one lists,
/// else any, and none if it may be absent.
fn values_under(
    key: &str,
    conditions: &[Condition],
    about: &[Condition],
    request: &Request<'_>,
) -> Vec<Value<'static>> {
    let known = request.value(key);
    let is_compared = about.iter().all(|it| matches!(it.operator, Operator::Compare(_)));
    let list = conditions.iter().find(|condition| lists_values(condition));
    let mut values = match (&known, list) {
        (Value::From(now), _) if is_compared => moments(*now, about),
        (_, Some(list)) => {
            list.values.iter().map(|it| Value::one(it.as_str().to_owned())).collect()
        }
        _ => vec![Value::Open],
    };
    if !matches!(known, Value::One(_) | Value::Beginning(_) | Value::From(_)) {
        values.push(Value::Absent);
    }
    values.retain(|value| conditions.iter().all(|it| may_hold(it, value, request)));
    values
}

/// Now, each later moment that conditions name, and the second after it.
fn moments(now: Timestamp, conditions: &[Condition]) -> Vec<Value<'static>> {
    let mut moments = vec![now];
    for value in conditions.iter().flat_map(|condition| &condition.values) {
        if let Some(moment) = moment(value.as_str()).filter(|moment| *moment > now) {
            moments.push(moment);
            moments.extend(moment.checked_add(SignedDuration::from_secs(1)).ok());
        }
    }
    moments.into_iter().map(|moment| Value::one(moment.to_string())).collect()
}

/// Whether the condition may hold for a value of its key.
fn may_hold(condition: &Condition, value: &Value<'_>, request: &Request<'_>) -> bool {
    let value = match value {
        // A key with whatever value is there.
        Value::Open if condition.operator == Operator::Null => Value::one(""),
        value => value.clone(),
    };
    let mut brings = vec![(condition.key.as_str(), value)];
    brings.extend(request.context.brings.iter().cloned());
    let context = Context { brings: &brings, ..request.context };
    condition.holds(&Request { context, ..*request }, Effect::Allow).is_possible()
}

impl Clauses {
    /// The demands on a principal that an Allow names; none: nobody can meet them.
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
            demand.retain(|it| it.holds(&request, Effect::Allow).is_possible());
        }
        for key in keys {
            clauses.combine(&key, &request);
        }
        clauses.assume_mfa(&request);
        let is_possible = clauses.0.iter().all(|demand| !demand.is_empty());
        is_possible.then_some(clauses)
    }

    /// Drops conditions on a key, and values, that are ruled out by the demands that nothing but this key meets.
    fn combine(&mut self, key: &str, request: &Request<'_>) {
        let (mut only, mut about) = (Vec::new(), Vec::new());
        for demand in &self.0 {
            about.extend(demand.iter().filter(|it| it.key == key).cloned());
            if let [condition] = &demand[..]
                && condition.key == key
            {
                only.push(condition.clone());
            }
        }
        let values = values_under(key, &only, &about, request);
        for demand in &mut self.0 {
            demand.retain(|it| {
                let may_hold = || values.iter().any(|value| may_hold(it, value, request));
                it.key != key || !only.contains(&it.negate()) && may_hold()
            });
            for condition in demand.iter_mut().filter(|it| it.key == key) {
                condition.when_absent &= values.contains(&Value::Absent);
                if lists_values(condition) && !values.contains(&Value::Open) {
                    condition.values.retain(|it| values.contains(&Value::one(it.as_str())));
                }
            }
        }
    }

    /// Drops what does not hold of a request with MFA, if a demand can be met with it alone.
    fn assume_mfa(&mut self, request: &Request<'_>) {
        if !self.demand(|it| demands_mfa(it, request)) {
            return;
        }
        for demand in &mut self.0 {
            demand.retain(|it| match it.key.as_str() {
                "aws:multifactorauthage" => may_hold(it, &Value::Open, request),
                "aws:multifactorauthpresent" => may_hold(it, &Value::one("true"), request),
                _ => true,
            });
        }
    }

    /// Whether one of the demands can be met only by conditions of that kind.
    fn demand(&self, is_of_kind: impl Fn(&Condition) -> bool) -> bool {
        self.0.iter().any(|demand| demand.iter().all(&is_of_kind))
    }

    /// Whether one of the demands fixes the value of a key.
    pub(super) fn demand_fixed(&self, key: &str) -> bool {
        self.demand(|it| demands_fixed(it, key))
    }

    /// The owners that certain keys leave: by the demand that leaves the least strange, else somebody by name.
    pub(super) fn owners(
        &self,
        account: &Account,
        is_key: impl Fn(&str) -> bool,
    ) -> Option<Vec<Owner>> {
        let mut left = Vec::new();
        for demand in &self.0 {
            let owners = demand.iter().map(|condition| {
                is_key(&condition.key).then(|| fixed::owners(condition)).flatten()
            });
            left.extend(owners.collect::<Option<Vec<_>>>().map(|owners| owners.concat()));
        }
        left.into_iter().min_by_key(|owners| {
            let is_unnamed = |it: &Owner| matches!(it, Owner::Network(_) | Owner::Unnamed);
            let standing = owners.iter().map(|owner| owner.standing(account)).max();
            (standing, owners.iter().any(is_unnamed))
        })
    }

    /// For whom a service acts; none: for anybody. What has no account in its ARN, such as a bucket, can be
    /// deleted and made again by a stranger.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
    fn sources(&self, account: &Account) -> Vec<Owner> {
        let mut owners = self.owners(account, |key| SOURCE.contains(&key)).unwrap_or_default();
        if owners.contains(&Owner::Unnamed) {
            owners.clear();
        }
        owners
    }

    /// Whether a service may act for the account itself, as far as the demands say for whom.
    pub(super) fn serve(&self, account: &Account) -> bool {
        let sources = self.sources(account);
        sources.is_empty() || sources.iter().any(|it| it.standing(account) != Standing::External)
    }

    /// Whether all demands hold of an assertion that says whatever they ask for.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml>
    pub(super) fn hold_for_vouched(&self, account: &Account) -> Truth {
        let context = Context::new(account, &[]);
        let request = Request { action: WITH_SAML, resource: "*", context };
        let holds = |condition: &Condition| {
            let is_asserted = condition.key.starts_with("saml:");
            if is_asserted { Truth::Yes } else { condition.holds(&request, Effect::Allow) }
        };
        !Truth::any(&self.0, |demand| !Truth::any(demand, holds))
    }

    /// All that is demanded of the principal.
    pub(super) fn demands(&self, element: &PrincipalElement, account: &Account) -> Demands {
        let context = Context::new(account, &[]);
        let request = Request { action: ASSUME_ROLE, resource: "*", context };
        let demands_mfa = |it: &Condition| demands_mfa(it, &request);
        let mut demands = Demands {
            external_id: self.demand(|it| demands_fixed(it, "sts:externalid") || demands_mfa(it)),
            mfa: self.demand(demands_mfa),
            organizations: self
                .owners(account, |key| key.starts_with("aws:principalorg"))
                .unwrap_or_default(),
            sources: self.sources(account),
            some_principals: self.demand(names_some_principals),
            tenant: true,
            authenticated: self.demand(|it| demands_authenticated(it, &request)),
            branch: true,
        };
        if let PrincipalElement::Federated(provider) = element {
            if is_saml(provider) {
                demands.tenant = self.demand(demands_endpoint);
            } else if let Some(issuer) = Issuer::of_provider(provider) {
                let is_of_tenant = self.demand(|it| issuer.tells_tenant(it));
                let is_of_network = self.owners(account, |key| NETWORK.contains(&key)).is_some();
                demands.tenant = is_of_tenant || is_of_network;
                demands.branch = !is_of_tenant
                    || !issuer.tells_branches()
                    || self.demand(|it| issuer.tells_branch(it));
            }
        }
        demands
    }
}

/// Whether not all principals of an account meet the condition.
fn names_some_principals(condition: &Condition) -> bool {
    names_principal(&condition.key)
        && condition.demands_value()
        && condition.values.iter().all(|value| match condition.key.as_str() {
            "aws:principalarn" => fixed::has_name(value),
            "aws:userid" => fixed::unique_id(value).is_some(),
            _ => !value.is_everything(),
        })
}

fn demands_fixed(condition: &Condition, key: &str) -> bool {
    condition.key == key
        && condition.demands_value()
        && condition.values.iter().all(|value| fixed::fixed(value).is_some())
}

/// Whether only assertions for the endpoints of one host meet the condition, or of AWS in any region.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html>
fn demands_endpoint(condition: &Condition) -> bool {
    condition.key == "saml:aud"
        && condition.demands_value()
        && condition.values.iter().all(|value| {
            let url = value.as_str().strip_prefix("https://");
            let host = url.and_then(|url| url.split_once('/')).map(|(host, _)| host);
            let is_one = |host: &str| !host.contains(['*', '?', '$']);
            let is_of_aws = |host: &str| SIGN_IN.iter().any(|domain| host.ends_with(domain));
            fixed::fixed(value).is_some() || host.is_some_and(|it| is_one(it) || is_of_aws(it))
        })
}

/// Whether no request without MFA meets the condition: such a request has no age of it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn demands_mfa(condition: &Condition, request: &Request<'_>) -> bool {
    let mut without = vec![Value::Absent];
    match condition.key.as_str() {
        "aws:multifactorauthage" => {}
        "aws:multifactorauthpresent" => without.push(Value::one("false")),
        _ => return false,
    }
    !without.iter().any(|value| may_hold(condition, value, request))
}

/// Whether guests do not meet the condition on Cognito's tokens.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html>
fn demands_authenticated(condition: &Condition, request: &Request<'_>) -> bool {
    let is_amr = condition.key.starts_with("cognito-identity") && condition.key.ends_with(":amr");
    let of_guests = Value::Many(vec!["unauthenticated".to_owned()]);
    is_amr && !may_hold(condition, &of_guests, request)
}
