//! Who may assume a role: its trust policy.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html>

mod admission;
mod clause;
mod fixed;
mod issuers;
mod services;

pub(crate) use admission::{
    Chosen, Grant, PRINCIPAL_TAG, is_session_of, names_principal, session_of,
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

/// The action of AWS principals and services.
pub(crate) const ASSUME_ROLE: &str = "sts:assumerole";
/// The action with a token of an OIDC issuer.
const WITH_WEB_IDENTITY: &str = "sts:assumerolewithwebidentity";
/// The action with an assertion of a SAML provider.
const WITH_SAML: &str = "sts:assumerolewithsaml";
const ACTIONS: [&str; 3] = [ASSUME_ROLE, WITH_WEB_IDENTITY, WITH_SAML];

/// The actions that let whoever assumes a role choose keys of the request.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
pub(crate) const SESSION: [(&str, &[&str]); 2] = [
    ("sts:tagsession", &["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]),
    ("sts:setsourceidentity", &["sts:sourceidentity"]),
];

/// The keys of a request to assume a role whose values whoever asks may choose.
pub(crate) fn brought_by_requests() -> Vec<(&'static str, Value<'static>)> {
    let of_sessions = SESSION.into_iter().flat_map(|(_, keys)| keys);
    iter::once(&"sts:externalid").chain(of_sessions).map(|key| (*key, Value::Open)).collect()
}

/// Somebody who may assume a role, by one statement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trustee {
    /// Who.
    pub who: Who,
    /// The statement: its number from 1, and its Sid if it has one.
    pub statement: String,
    /// What its conditions, and those of the Denies that apply, demand.
    pub demands: Demands,
}

/// Who may assume a role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Who {
    /// Anyone in the world.
    Anyone,
    /// The principals of an account or an organization, one principal, or anyone from a network.
    Owned(Owner),
    /// A service of AWS, by its name without region.
    Service(String),
    /// Users of an OIDC issuer, by its name.
    Issuer(String),
    /// Users of a SAML provider, by its ARN.
    Saml(String),
}

/// What is demanded of a trustee.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Demands {
    /// An external id, or MFA in its place.
    pub external_id: bool,
    /// MFA.
    pub mfa: bool,
    /// That it is one of some principals of its account, by name, id or tag.
    pub some_principals: bool,
    /// Membership of these organizations; empty: of none in particular.
    pub organizations: Vec<Owner>,
    /// That a service acts for one of these; empty: for no one in particular.
    pub sources: Vec<Owner>,
    /// That a token is of one tenant of the issuer, or an assertion made for AWS.
    pub tenant: bool,
    /// That a token is of an authenticated user of a Cognito identity pool.
    pub authenticated: bool,
    /// That a token is of one branch, environment or workspace.
    pub branch: bool,
}

/// Whose something is, from the account's own to a stranger's.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Standing {
    /// The account's own, or its organization's.
    Own,
    /// The management account of the own organization.
    Management,
    /// It hangs on the organization, which is not known.
    Unknown,
    /// Somebody else's.
    External,
}

impl TrustPolicy {
    /// Everybody who may assume the role, as the trust policy says it; whether the account's own
    /// principals may, hangs on their permissions too.
    #[must_use]
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

    /// Whether those get in whom conditions single out of everybody, as if they were named: a Deny may name them.
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

    /// Whether a service, on behalf of the account, or a federated provider may assume the role.
    #[must_use]
    pub fn admits_provider(&self, name: &str, account: &Account) -> bool {
        self.admitting().any(|(_, statement, element)| {
            let is_provider = match element {
                PrincipalElement::Service(service) => services::is_same(service, name),
                PrincipalElement::Federated(provider) => provider == name,
                _ => false,
            };
            is_provider && self.ways_in(statement, element, account).any(|it| it.serve(account))
        })
    }

    /// Whether it lets in a service on behalf of something new that the pattern matches, whose name nobody can have
    /// meant.
    pub(crate) fn admits_new(&self, shape: &str, account: &Account) -> bool {
        let mut sources = vec![shape.replace('*', probe::NAME)];
        for condition in self.document.statements.iter().flat_map(|it| &it.conditions) {
            for value in condition.values.iter().filter(|_| condition.key == "aws:sourcearn") {
                // In the region that is asked for.
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

    /// The federated providers that it lets in.
    pub fn federated(&self, account: &Account) -> impl Iterator<Item = &str> {
        self.admitting().filter_map(|(_, statement, element)| match element {
            PrincipalElement::Federated(provider) => {
                self.ways_in(statement, element, account).next().map(|_| provider.as_str())
            }
            _ => None,
        })
    }

    /// What it decides about whomever a SAML provider vouches for, if that asserts what is demanded.
    pub(crate) fn decide_vouched(&self, provider: &str, account: &Account) -> Decision {
        let provider = PrincipalElement::Federated(provider.to_owned());
        let admitting = self.admitting().filter(|(.., element)| **element == provider);
        let ways_in = admitting.flat_map(|(_, it, element)| self.ways_in(it, element, account));
        let admitted = Truth::any(ways_in, |clauses| clauses.hold_for_vouched(account));
        Decision::new(admitted, Truth::No)
    }

    /// The unique ids of deleted users and roles that any statement names, also one that denies.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>
    pub fn deleted(&self) -> impl Iterator<Item = &str> {
        let named = self.document.statements.iter().filter_map(|it| it.principals.as_ref());
        named.flat_map(Selection::items).filter_map(|element| match element {
            PrincipalElement::Deleted(id) => Some(id.as_str()),
            _ => None,
        })
    }

    /// Whether it lets in tokens of an OIDC provider for any audience.
    pub(crate) fn takes_any_audience(&self, provider: &str, account: &Account) -> bool {
        let key = format!("{}:aud", issuers::name_of(provider)).to_ascii_lowercase();
        self.admitting().any(|(_, statement, element)| {
            *element == PrincipalElement::Federated(provider.to_owned())
                && self.ways_in(statement, element, account).any(|it| !it.demand_fixed(&key))
        })
    }

    /// What is demanded of a principal that an Allow names, by each action with which it gets in.
    fn ways_in(
        &self,
        allow: &Statement,
        element: &PrincipalElement,
        account: &Account,
    ) -> impl Iterator<Item = Clauses> {
        let actions = ACTIONS.into_iter();
        let usable = actions.filter(|it| is_for(it, element) && allow.actions.selects(it));
        usable.filter_map(|it| Clauses::new(&self.document, allow, it, element, account))
    }

    /// The Allow statements by their places, each with each of its principals; one with NotPrincipal is
    /// for anyone, since whoever is not in the list is anyone.
    pub(crate) fn admitting(&self) -> impl Iterator<Item = (usize, &Statement, &PrincipalElement)> {
        let statements = self.document.statements.iter().enumerate();
        let allows = statements.filter(|(_, statement)| statement.effect == Effect::Allow);
        allows.flat_map(|(index, statement)| {
            let listed: &[PrincipalElement] = match &statement.principals {
                Some(Selection::Only(list)) => list,
                Some(Selection::AllBut(_)) => &[PrincipalElement::Anyone],
                None => &[],
            };
            listed.iter().map(move |element| (index, statement, element))
        })
    }
}

/// Whether a principal can use the action.
fn is_for(action: &str, element: &PrincipalElement) -> bool {
    match element {
        PrincipalElement::Anyone => true,
        PrincipalElement::Federated(provider) if is_saml(provider) => action == WITH_SAML,
        PrincipalElement::Federated(_) => action == WITH_WEB_IDENTITY,
        _ => action == ASSUME_ROLE,
    }
}

/// Whether a federated provider is of SAML.
pub(crate) fn is_saml(provider: &str) -> bool {
    provider.contains(":saml-provider/")
}

fn who(element: &PrincipalElement, clauses: &Clauses, account: &Account) -> Vec<Who> {
    let who = match element {
        PrincipalElement::Anyone => {
            let Some(owners) = clauses.owners(account, |_| true) else { return vec![Who::Anyone] };
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
    /// That of an account.
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
    /// Whose the trustee is.
    #[must_use]
    pub fn standing(&self, account: &Account) -> Standing {
        match &self.who {
            Who::Owned(owner) => owner.standing(account),
            Who::Anyone => Standing::External,
            _ => Standing::Own,
        }
    }

    /// Whether a condition limits it to the own organization.
    #[must_use]
    pub fn is_of_own_organization(&self, account: &Account) -> bool {
        let organizations = &self.demands.organizations;
        !organizations.is_empty()
            && organizations.iter().all(|owner| owner.standing(account) == Standing::Own)
    }

    /// Whether something is asked of an outsider beyond the permission of its own account: a secret,
    /// MFA, or membership of the own organization; not known where that is not.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
    #[must_use]
    pub fn is_guarded(&self, account: &Account) -> Option<bool> {
        let Demands { external_id, mfa, organizations, .. } = &self.demands;
        if *mfa || (*external_id && self.who != Who::Anyone) {
            return Some(true);
        }
        let has = |standing| organizations.iter().any(|it| it.standing(account) == standing);
        if organizations.is_empty() || has(Standing::External) {
            return Some(false);
        }
        (!has(Standing::Unknown)).then_some(true)
    }

    /// Whether it is a service that could say for whom it acts, and is not asked.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
    #[must_use]
    pub fn is_confused_deputy(&self) -> bool {
        matches!(&self.who, Who::Service(name) if services::is_deputy(name))
            && self.demands.sources.is_empty()
    }
}

/// The account of a role, by its ARN.
fn account_of(arn: &str) -> Option<AccountId> {
    Arn::parse(arn)?.account_id()
}
