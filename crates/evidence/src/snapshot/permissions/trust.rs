//! The facts about who may assume a role.

use std::collections::BTreeSet;

use portcullis_iam::{Account, Organization, Owner, Standing, TrustPolicy, Trustee, Who};
use portcullis_model::{Fact, Source, Sources};

use super::SOURCE;

/// Everybody who may assume a role, as rules ask about them.
pub(super) struct Trustees<'a> {
    account: &'a Account,
    /// None: the trust policy could not be read.
    all: Option<Vec<Trustee>>,
}

type Texts = Fact<Vec<String>>;

impl<'a> Trustees<'a> {
    pub(super) fn new(trust: Option<&TrustPolicy>, account: &'a Account) -> Trustees<'a> {
        Trustees { account, all: trust.map(|trust| trust.trustees(account)) }
    }

    /// Whether anybody may assume the role at all.
    pub(super) fn is_usable(&self) -> Fact<bool> {
        let usable = |all: &Vec<Trustee>| all.iter().any(|it| !matches!(it.who, Who::Deleted(_)));
        self.all.as_ref().map_or(Fact::missing(SOURCE), |all| Fact::Known(usable(all)))
    }

    /// The statements that let anyone in.
    pub(super) fn open_statements(&self) -> Texts {
        self.list(|it| (it.who == Who::Anyone).then(|| it.statement.clone()))
    }

    /// Other accounts and organizations.
    pub(super) fn external(&self) -> Texts {
        self.owners(|it| match &it.who {
            Who::Owned(owner) if !it.is_of_own_organization(self.account) => vec![(owner, true)],
            _ => Vec::new(),
        })
    }

    /// Those of them of whom nothing else is asked.
    pub(super) fn external_unguarded(&self) -> Texts {
        self.owners(|it| match (&it.who, it.is_guarded(self.account)) {
            (_, Some(true)) => Vec::new(),
            (Who::Owned(owner), guarded) => vec![(owner, guarded.is_some())],
            _ => Vec::new(),
        })
    }

    /// The own organization, and its management account.
    pub(super) fn of_organization(&self) -> Texts {
        self.list(|it| match &it.who {
            Who::Owned(owner @ Owner::Organization(_)) => {
                (owner.standing(self.account) == Standing::Own).then(|| owner.id())
            }
            Who::Owned(owner) => {
                let standing = owner.standing(self.account);
                let is_within =
                    standing == Standing::External && it.is_of_own_organization(self.account);
                (standing == Standing::Management || is_within).then(|| owner.id())
            }
            _ => None,
        })
    }

    /// Services that could say for whom they act, and are not asked.
    pub(super) fn unasked_services(&self) -> Texts {
        self.list(|it| match &it.who {
            Who::Service(name) if it.is_confused_deputy() => Some(name.clone()),
            _ => None,
        })
    }

    /// Other accounts and organizations for which services act.
    pub(super) fn external_sources(&self) -> Texts {
        self.owners(|it| match &it.who {
            Who::Service(_) => it.demands.sources.iter().map(|owner| (owner, true)).collect(),
            _ => Vec::new(),
        })
    }

    /// Shared issuers of which every tenant gets in.
    pub(super) fn issuers_of_any_tenant(&self) -> Texts {
        self.list(|it| match &it.who {
            Who::Issuer(name) if !it.demands.tenant => Some(name.clone()),
            _ => None,
        })
    }

    /// Issuers of CI systems of whose tenant any branch, environment or the like gets in.
    pub(super) fn issuers_of_any_branch(&self) -> Texts {
        self.list(|it| match &it.who {
            Who::Issuer(name) if it.demands.tenant && !it.demands.branch => Some(name.clone()),
            _ => None,
        })
    }

    /// The statements that let in users of Cognito who have not signed in.
    pub(super) fn cognito_guests(&self) -> Texts {
        self.list(|it| match &it.who {
            Who::Issuer(name)
                if name.starts_with("cognito-identity") && !it.demands.authenticated =>
            {
                Some(it.statement.clone())
            }
            _ => None,
        })
    }

    /// SAML providers whose assertions for others are taken too.
    pub(super) fn saml_without_audience(&self) -> Texts {
        self.list(|it| match &it.who {
            Who::Saml(arn) if !it.demands.tenant => Some(arn.clone()),
            _ => None,
        })
    }

    /// The unique ids of deleted principals.
    pub(super) fn deleted(&self) -> Texts {
        self.list(|it| match &it.who {
            Who::Deleted(id) => Some(id.clone()),
            _ => None,
        })
    }

    /// The statements that let in the whole management account of the organization; missing if an
    /// account is let in, and the organization is not known.
    pub(super) fn management_account(&self) -> Texts {
        let admits_account = |it: &Trustee| matches!(it.who, Who::Owned(Owner::Account(_)));
        let is_unknown = matches!(self.account.organization, Organization::Unknown);
        let mut others = self.all.iter().flat_map(|all| all.iter()).filter(|it| admits_account(it));
        if is_unknown && others.any(|it| it.standing(self.account) == Standing::External) {
            return Fact::missing(Source::Organization);
        }
        self.list(|it| {
            let admits = admits_account(it) && it.standing(self.account) == Standing::Management;
            admits.then(|| it.statement.clone())
        })
    }

    fn list(&self, of: impl Fn(&Trustee) -> Option<String>) -> Texts {
        let Some(all) = &self.all else { return Fact::missing(SOURCE) };
        let texts: BTreeSet<String> = all.iter().filter_map(of).collect();
        Fact::Known(texts.into_iter().collect())
    }

    /// The ids of owners that are somebody else's; with each whether it surely counts. Missing if none
    /// surely counts, and one might.
    fn owners<'t>(&'t self, of: impl Fn(&'t Trustee) -> Vec<(&'t Owner, bool)>) -> Texts {
        let Some(all) = &self.all else { return Fact::missing(SOURCE) };
        let mut ids = BTreeSet::new();
        let mut missing = Sources::NONE;
        for (owner, is_sure) in all.iter().flat_map(of) {
            match owner.standing(self.account) {
                Standing::External if is_sure => {
                    ids.insert(owner.id());
                }
                Standing::External | Standing::Unknown => missing |= Source::Organization.into(),
                Standing::Own | Standing::Management => {}
            }
        }
        if ids.is_empty() && !missing.is_empty() {
            return Fact::Missing(missing);
        }
        Fact::Known(ids.into_iter().collect())
    }
}
