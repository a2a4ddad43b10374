//! Who may assume a role: its trust policy.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html>

mod admission;
mod clause;
mod fixed;
mod issuers;
mod services;

pub use admission::{Admission, Chosen, Grant};
pub use fixed::Owner;

use portcullis_model::{AccountId, Arn};

use self::clause::Clauses;
use self::issuers::Issuer;
use crate::account::Account;
use crate::policy::{Effect, PolicyDocument, PrincipalElement, Principals, Statement};

/// The trust policy of a role.
#[derive(Clone, Debug)]
pub struct TrustPolicy {
    /// The document.
    pub document: PolicyDocument,
}

/// An operation by which a role is assumed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operation {
    /// `AssumeRole`, of AWS principals and services.
    AssumeRole,
    /// `AssumeRoleWithWebIdentity`, with a token of an OIDC issuer.
    WebIdentity,
    /// `AssumeRoleWithSAML`, with an assertion of a SAML provider.
    Saml,
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
    /// Anyone, but from certain networks only.
    Network,
    /// The principals of an account or an organization, or one principal.
    Owned(Owner),
    /// A service of AWS, by its name without region.
    Service(String),
    /// Users of an OIDC issuer, by its name.
    Issuer(String),
    /// Users of a SAML provider, by its ARN.
    Saml(String),
    /// A user or role that was deleted, by its unique id: nobody.
    Deleted(String),
}

/// What is demanded of a trustee.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Demands {
    /// An external id.
    pub external_id: bool,
    /// MFA.
    pub mfa: bool,
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

/// Whose something is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// The account's own, or its organization's.
    Own,
    /// The management account of the own organization.
    Management,
    /// Somebody else's.
    External,
    /// It hangs on the organization, which is not known.
    Unknown,
}

const OPERATIONS: [Operation; 3] = [Operation::AssumeRole, Operation::WebIdentity, Operation::Saml];

impl Operation {
    /// The action, in lower case.
    fn action(self) -> &'static str {
        match self {
            Operation::AssumeRole => "sts:assumerole",
            Operation::WebIdentity => "sts:assumerolewithwebidentity",
            Operation::Saml => "sts:assumerolewithsaml",
        }
    }

    /// Whether a principal can use it.
    fn is_for(self, who: &PrincipalElement) -> bool {
        match who {
            PrincipalElement::Anyone => true,
            PrincipalElement::Federated(provider) => match self {
                Operation::AssumeRole => false,
                Operation::Saml => provider.contains(":saml-provider/"),
                Operation::WebIdentity => !provider.contains(":saml-provider/"),
            },
            _ => self == Operation::AssumeRole,
        }
    }
}

impl TrustPolicy {
    /// Everybody who may assume the role, as the trust policy says it; whether the account's own
    /// principals may, hangs on their permissions too.
    #[must_use]
    pub fn trustees(&self, account: &Account) -> Vec<Trustee> {
        let mut trustees = Vec::new();
        for (index, statement) in self.document.statements.iter().enumerate() {
            let Some(principals) = &statement.principals else { continue };
            if statement.effect == Effect::Deny {
                continue;
            }
            let anyone = [PrincipalElement::Anyone];
            let listed = match principals {
                Principals::Only(list) => list.as_slice(),
                // Whoever is not in the list of a NotPrincipal is anyone.
                Principals::AllBut(_) => &anyone,
            };
            for operation in
                OPERATIONS.into_iter().filter(|it| statement.actions.selects(it.action()))
            {
                for element in listed.iter().filter(|element| operation.is_for(element)) {
                    let clauses = Clauses::new(&self.document, statement, operation, element);
                    let Some(clauses) = clauses else { continue };
                    let label = statement.label(index);
                    trustees.extend(trustees_of(account, operation, element, &clauses, &label));
                }
            }
        }
        trustees
    }

    /// Whether a service, or a federated provider, may assume the role.
    #[must_use]
    pub fn admits_provider(&self, name: &str) -> bool {
        OPERATIONS.iter().any(|operation| {
            let selects = |it: &&Statement| it.actions.selects(operation.action());
            let statements = || self.document.statements.iter().filter(selects);
            let allowed = statements().any(|it| it.effect == Effect::Allow && lists(it, name));
            let element = PrincipalElement::Service(name.to_owned());
            allowed && !statements().any(|it| clause::denies_always(it, &element))
        })
    }
}

fn lists(statement: &Statement, name: &str) -> bool {
    let Some(Principals::Only(list)) = &statement.principals else { return false };
    list.iter().any(|element| match element {
        PrincipalElement::Service(service) => services::is_same(service, name),
        PrincipalElement::Federated(provider) => provider == name,
        _ => false,
    })
}

fn trustees_of(
    account: &Account,
    operation: Operation,
    element: &PrincipalElement,
    clauses: &Clauses,
    statement: &str,
) -> Vec<Trustee> {
    let issuer = match element {
        PrincipalElement::Federated(provider) => Issuer::of_provider(provider),
        _ => None,
    };
    let demands = Demands {
        external_id: clauses.demand_external_id(),
        mfa: clauses.demand_mfa(),
        organizations: clauses.organizations(account),
        sources: clauses.sources(account),
        tenant: match (operation, &issuer) {
            (Operation::Saml, _) => clauses.fix_saml_audience(),
            (_, Some(issuer)) => clauses.fix_tenant(issuer),
            (_, None) => true,
        },
        authenticated: clauses.demand_authenticated(),
        branch: issuer.is_none_or(|issuer| clauses.fix_branch(&issuer)),
    };
    let whos = match element {
        PrincipalElement::Anyone => clauses.narrow_anyone(account),
        PrincipalElement::Account(id) => vec![Who::Owned(Owner::Account(*id))],
        PrincipalElement::Arn(arn) => vec![Who::Owned(Owner::of_arn(arn))],
        PrincipalElement::Deleted(id) => vec![Who::Deleted(id.clone())],
        PrincipalElement::Service(name) => vec![Who::Service(services::without_region(name))],
        PrincipalElement::Federated(provider) if operation == Operation::Saml => {
            vec![Who::Saml(provider.clone())]
        }
        PrincipalElement::Federated(provider) => {
            vec![Who::Issuer(issuers::name_of(provider).to_owned())]
        }
        PrincipalElement::CanonicalUser(_) => Vec::new(),
    };
    let trustee = |who| Trustee { who, statement: statement.to_owned(), demands: demands.clone() };
    whos.into_iter().map(trustee).collect()
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
        let mut organizations = self.demands.organizations.iter();
        !self.demands.organizations.is_empty()
            && organizations.all(|owner| owner.standing(account) == Standing::Own)
    }

    /// Whether something is asked of an outsider beyond the permission of its own account: a secret,
    /// MFA, or membership of the own organization; not known where that is not.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
    #[must_use]
    pub fn is_guarded(&self, account: &Account) -> Option<bool> {
        let Demands { external_id, mfa, organizations, .. } = &self.demands;
        let anyone = matches!(self.who, Who::Anyone);
        if *mfa || (*external_id && !anyone) {
            return Some(true);
        }
        let standings: Vec<Standing> =
            organizations.iter().map(|owner| owner.standing(account)).collect();
        if standings.contains(&Standing::External) || standings.is_empty() {
            return Some(false);
        }
        (!standings.contains(&Standing::Unknown)).then_some(true)
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
