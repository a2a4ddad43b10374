//! Who may assume a role: its trust policy.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html>

mod admission;
mod clause;
mod fixed;
mod issuers;
mod services;

pub(crate) use admission::{
    Admission, Chosen, Grant, PRINCIPAL_TAG, depends_on_principal, is_session_of, names_principal,
    session_of,
};
pub use fixed::Owner;

use std::iter;

use portcullis_model::{AccountId, Arn};

use self::clause::Clauses;
use crate::account::{Account, Organization};
use crate::context::{Context, Request};
use crate::policy::{Decision, Effect, PolicyDocument, PrincipalElement, Selection, Statement};
use crate::probe;
use crate::truth::Truth;
use crate::value::Value;

/// The trust policy of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustPolicy {
    /// The document.
    pub document: PolicyDocument,
}

/// The action that AWS principals and services use.
pub(crate) const ASSUME_ROLE: &str = "sts:assumerole";
/// The action that takes a token of an OIDC issuer.
const WITH_WEB_IDENTITY: &str = "sts:assumerolewithwebidentity";
/// The action that takes an assertion of a SAML provider.
const WITH_SAML: &str = "sts:assumerolewithsaml";
const ACTIONS: [&str; 3] = [ASSUME_ROLE, WITH_WEB_IDENTITY, WITH_SAML];

/// The actions that let the caller choose condition keys of a session, with these keys.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
pub(crate) const SESSION: [(&str, &[&str]); 2] = [
    ("sts:tagsession", &["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]),
    ("sts:setsourceidentity", &["sts:sourceidentity"]),
];

/// The condition keys of a request to assume a role whose values the caller chooses.
pub(crate) fn brought_by_requests() -> Vec<(&'static str, Value<'static>)> {
    let of_sessions = SESSION.into_iter().flat_map(|(_, keys)| keys);
    iter::once(&"sts:externalid")
        .chain(of_sessions)
        .map(|key| (*key, Value::Open))
        .collect()
}

/// Somebody whom one statement lets assume a role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trustee {
    /// Who.
    pub who: Who,
    /// The statement: its number from 1, and its Sid if it has one.
    pub statement: String,
    /// What the conditions of the statement, and of the Denies that apply, demand.
    pub demands: Demands,
}

/// Who may assume a role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Who {
    /// Anyone in the world.
    Anyone,
    /// The principals of an account or an organization, one principal, or anyone in a network.
    Owned(Owner),
    /// An AWS service: its name without a region.
    Service(String),
    /// Users of an OIDC issuer: the issuer's name.
    Issuer(String),
    /// Users of a SAML provider: the provider's ARN.
    Saml(String),
}

/// What is demanded of a trustee.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Demands {
    /// An external id, or MFA instead.
    pub external_id: bool,
    /// MFA.
    pub mfa: bool,
    /// That it is one of certain principals of its account, by name, id or tag.
    pub some_principals: bool,
    /// Membership in one of these organizations; empty: not demanded.
    pub organizations: Vec<Owner>,
    /// That a service acts on behalf of one of these; empty: not demanded.
    pub sources: Vec<Owner>,
    /// That a token belongs to one tenant of the issuer, or that an assertion is made for AWS.
    pub tenant: bool,
    /// That a token belongs to an authenticated user of a Cognito identity pool.
    pub authenticated: bool,
    /// That a token belongs to one branch, environment or workspace.
    pub branch: bool,
}

/// Whom something belongs to, from the account itself to a stranger.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Standing {
    /// The account's own, or its organization's.
    Own,
    /// The management account of the account's own organization.
    Management,
    /// It depends on the organization, which is not known.
    Unknown,
    /// Somebody else's.
    External,
}

impl TrustPolicy {
    /// Everybody who may assume the role according to the trust policy. The account's own principals may
    /// need a permission besides.
    pub fn trustees(&self, account: &Account) -> Vec<Trustee> {
        let mut trustees = Vec::new();
        for (index, statement, element) in self.admitting() {
            for clauses in self.ways_in(statement, element, account) {
                let demands = clauses.demands(element, account);
                let mut all = who(element, &clauses, account);
                all.retain(|who| {
                    let is_by_condition = *element == PrincipalElement::Anyone;
                    !is_by_condition || self.admits_named(statement, who, &clauses, account)
                });
                for who in all {
                    let (statement, demands) = (statement.label(index), demands.clone());
                    trustees.push(Trustee { who, statement, demands });
                }
            }
        }
        trustees
    }

    /// Whether a trustee whom conditions single out of everybody is admitted if it is named: a Deny may
    /// name it.
    fn admits_named(
        &self,
        allow: &Statement,
        who: &Who,
        clauses: &Clauses,
        account: &Account,
    ) -> bool {
        let Who::Owned(owner) = who else { return true };
        let named = match owner {
            Owner::Account(id) => PrincipalElement::Account(*id),
            Owner::Principal(arn) => match account_of(arn) {
                Some(id) if arn.contains(['*', '?', '$']) => PrincipalElement::Account(id),
                _ => PrincipalElement::Arn(arn.clone()),
            },
            _ => return true,
        };
        let by_principal = clauses.owners(account, |key| key.starts_with("aws:principal"));
        let is_principal = by_principal.is_some_and(|owners| owners.contains(owner));
        !is_principal || self.ways_in(allow, &named, account).next().is_some()
    }

    /// Whether the role admits a federated provider, or a service that acts on the account's behalf.
    pub fn admits_provider(&self, name: &str, account: &Account) -> bool {
        let is_provider = |element: &PrincipalElement| match element {
            PrincipalElement::Service(service) => services::is_same(service, name),
            PrincipalElement::Federated(provider) => provider == name,
            _ => false,
        };
        self.ways_by(is_provider, account)
            .any(|(_, way_in)| way_in.serve(account))
    }

    /// Whether it admits a service that acts for a new resource of the given shape, an ARN with wildcards,
    /// whose name no policy can have meant.
    pub(crate) fn admits_new(&self, shape: &str, account: &Account) -> bool {
        let mut sources = vec![shape.replace('*', probe::NAME)];
        let conditions = self
            .document
            .statements
            .iter()
            .flat_map(|it| &it.conditions);
        for condition in conditions.filter(|condition| condition.key == "aws:sourcearn") {
            for value in &condition.values {
                // The resource may be created in the region that the condition names.
                if let Some(region) = value.arn_fields().get(3) {
                    let region = format!(":{}:", region.example(probe::NAME));
                    sources.push(shape.replacen(":*:", &region, 1).replace('*', probe::NAME));
                }
            }
        }
        sources.iter().any(|source| {
            let brings = [("aws:sourcearn", Value::one(source.as_str()))];
            let context = Context::new(account, &brings);
            let request = Request { action: ASSUME_ROLE, resource: "*", context };
            let mut admitting = self.admitting();
            admitting.any(|(_, statement, element)| {
                matches!(element, PrincipalElement::Service(_))
                    && statement.actions.selects(ASSUME_ROLE)
                    && statement.applies(&request).is_possible()
            })
        })
    }

    /// The federated providers that it admits.
    pub fn federated(&self, account: &Account) -> impl Iterator<Item = &str> {
        // Such a provider can use one action only.
        let is_federated = |it: &PrincipalElement| matches!(it, PrincipalElement::Federated(_));
        self.ways_by(is_federated, account)
            .filter_map(|(element, _)| match element {
                PrincipalElement::Federated(provider) => Some(provider.as_str()),
                _ => None,
            })
    }

    /// What it decides about users of a SAML provider that asserts whatever attributes are demanded.
    pub(crate) fn decide_vouched(&self, provider: &str, account: &Account) -> Decision {
        let provider = PrincipalElement::Federated(provider.to_owned());
        let ways_in = self.ways_by(|element| *element == provider, account);
        let admitted = Truth::any(ways_in, |(_, way_in)| way_in.hold_for_vouched(account));
        Decision::new(admitted, Truth::No)
    }

    /// The unique ids of deleted users and roles that statements name, Denies included.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>
    pub fn deleted(&self) -> impl Iterator<Item = &str> {
        let elements = self
            .document
            .statements
            .iter()
            .filter_map(|it| it.principals.as_ref());
        elements
            .flat_map(Selection::items)
            .filter_map(|element| match element {
                PrincipalElement::Deleted(id) => Some(id.as_str()),
                _ => None,
            })
    }

    /// Whether it admits tokens of an OIDC provider for any audience.
    pub(crate) fn takes_any_audience(&self, provider: &str, account: &Account) -> bool {
        let key = format!("{}:aud", issuers::name_of(provider)).to_ascii_lowercase();
        let provider = PrincipalElement::Federated(provider.to_owned());
        self.ways_by(|element| *element == provider, account)
            .any(|(_, way_in)| !way_in.demand_fixed(&key))
    }

    /// The principals of that kind that Allows name, with what is demanded of each for each action that
    /// admits it.
    fn ways_by(
        &self,
        is_it: impl Fn(&PrincipalElement) -> bool,
        account: &Account,
    ) -> impl Iterator<Item = (&PrincipalElement, Clauses)> {
        self.admitting()
            .filter(move |(.., element)| is_it(element))
            .flat_map(move |(_, statement, element)| {
                let ways_in = self.ways_in(statement, element, account);
                ways_in.map(move |way_in| (element, way_in))
            })
    }

    /// What is demanded of a principal that an Allow names, for each action that admits it.
    fn ways_in(
        &self,
        allow: &Statement,
        element: &PrincipalElement,
        account: &Account,
    ) -> impl Iterator<Item = Clauses> {
        ACTIONS.into_iter().filter_map(|action| {
            let is_usable = is_for(action, element) && allow.actions.selects(action);
            is_usable.then(|| Clauses::new(&self.document, allow, action, element, account))?
        })
    }

    /// Each principal of each Allow statement, with the statement and its index. NotPrincipal admits
    /// anyone, since anyone may be whom it does not list.
    pub(crate) fn admitting(&self) -> impl Iterator<Item = (usize, &Statement, &PrincipalElement)> {
        let statements = self.document.statements.iter().enumerate();
        let allows = statements.filter(|(_, statement)| statement.effect == Effect::Allow);
        allows.flat_map(|(index, statement)| {
            let listed: &[PrincipalElement] = match &statement.principals {
                Some(Selection::Only(list)) => list,
                Some(Selection::AllBut(_)) => &[PrincipalElement::Anyone],
                None => &[],
            };
            listed
                .iter()
                .map(move |element| (index, statement, element))
        })
    }
}

/// Whether a principal can use the action to assume a role.
fn is_for(action: &str, element: &PrincipalElement) -> bool {
    match element {
        PrincipalElement::Anyone => true,
        PrincipalElement::Federated(provider) if is_saml(provider) => action == WITH_SAML,
        PrincipalElement::Federated(_) => action == WITH_WEB_IDENTITY,
        _ => action == ASSUME_ROLE,
    }
}

/// Whether a federated provider is a SAML provider.
pub(crate) fn is_saml(provider: &str) -> bool {
    provider.contains(":saml-provider/")
}

fn who(element: &PrincipalElement, clauses: &Clauses, account: &Account) -> Vec<Who> {
    let who = match element {
        PrincipalElement::Anyone => {
            let Some(owners) = clauses.owners(account, |_| true) else {
                return vec![Who::Anyone];
            };
            return owners.into_iter().map(Who::Owned).collect();
        }
        PrincipalElement::Account(id) => Who::Owned(Owner::Account(*id)),
        PrincipalElement::Arn(arn) => Who::Owned(Owner::Principal(arn.clone())),
        PrincipalElement::Service(name) => Who::Service(services::without_region(name)),
        PrincipalElement::Federated(provider) if is_saml(provider) => Who::Saml(provider.clone()),
        PrincipalElement::Federated(provider) => Who::Issuer(issuers::name_of(provider).to_owned()),
        PrincipalElement::Deleted(_) | PrincipalElement::CanonicalUser(_) => return Vec::new(),
    };
    vec![who]
}

impl Standing {
    /// The standing of an account.
    fn new(id: Option<AccountId>, account: &Account) -> Standing {
        match &account.organization {
            _ if id == account.id => Standing::Own,
            Organization::Member { management, .. } if id.is_some() && id == *management => {
                Standing::Management
            }
            _ => Standing::External,
        }
    }
}

impl Trustee {
    /// Whom the trustee belongs to.
    pub fn standing(&self, account: &Account) -> Standing {
        match &self.who {
            Who::Owned(owner) => owner.standing(account),
            Who::Anyone => Standing::External,
            _ => Standing::Own,
        }
    }

    /// Whether a condition limits it to the account's own organization.
    pub fn is_of_own_organization(&self, account: &Account) -> bool {
        let organizations = &self.demands.organizations;
        !organizations.is_empty()
            && organizations
                .iter()
                .all(|owner| owner.standing(account) == Standing::Own)
    }

    /// Whether more is demanded of an outsider than a permission of its own account: an external id, MFA,
    /// or membership in the account's organization; none: that organization is not known.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
    pub fn is_guarded(&self, account: &Account) -> Option<bool> {
        let Demands { external_id, mfa, organizations, .. } = &self.demands;
        if *mfa || (*external_id && self.who != Who::Anyone) {
            return Some(true);
        }
        let has = |standing| {
            organizations
                .iter()
                .any(|it| it.standing(account) == standing)
        };
        if organizations.is_empty() || has(Standing::External) {
            return Some(false);
        }
        (!has(Standing::Unknown)).then_some(true)
    }

    /// Whether it is a service that could say on whose behalf it acts, but that the policy does not ask.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
    pub fn is_confused_deputy(&self) -> bool {
        matches!(&self.who, Who::Service(name) if services::is_deputy(name))
            && self.demands.sources.is_empty()
    }
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<AccountId> {
    Arn::parse(arn)?.account_id()
}
