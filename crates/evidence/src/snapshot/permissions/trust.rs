//! The facts about who may assume a role.

use std::collections::BTreeSet;

use portcullis_iam::{Account, Demands, Organization, Owner, Standing, TrustPolicy, Trustee, Who};
use portcullis_model::{AccountId, ExternalAccount, Fact, Source, Sources};

use super::SOURCE;

/// The trustees of a role, as rules query them.
pub(super) struct Trustees<'a> {
    account: &'a Account,
    trust: Option<&'a TrustPolicy>,
    /// None if the trust policy could not be read.
    all: Option<Vec<Trustee>>,
    /// Other accounts of the same owner, none of which is external.
    own_accounts: Option<&'a BTreeSet<AccountId>>,
    /// Whether an account that is trusted may be the organization's management account, which is not known.
    may_be_management: bool,
}

/// The role for the management account that AWS Organizations creates in new accounts.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html>
const MANAGEMENT_ROLE: &str = "OrganizationAccountAccessRole";

type Texts = Fact<Vec<String>>;
type ExternalAccounts = Fact<Vec<ExternalAccount>>;

impl<'a> Trustees<'a> {
    pub(super) fn new(trust: Option<&'a TrustPolicy>, account: &'a Account) -> Trustees<'a> {
        let all = trust.map(|trust| trust.trustees(account));
        Trustees { account, trust, all, own_accounts: None, may_be_management: false }
    }

    /// Adds other accounts of the same owner.
    pub(super) fn known(self, own_accounts: &'a BTreeSet<AccountId>) -> Trustees<'a> {
        Trustees { own_accounts: Some(own_accounts), ..self }
    }

    /// Adds the name of the role.
    pub(super) fn of_role(self, name: &str) -> Trustees<'a> {
        let is_unknown = matches!(self.account.organization, Organization::Unknown);
        Trustees { may_be_management: is_unknown && name == MANAGEMENT_ROLE, ..self }
    }

    /// Whether anybody may assume the role at all.
    pub(super) fn is_usable(&self) -> Fact<bool> {
        self.all
            .as_ref()
            .map_or(Fact::missing(SOURCE), |all| Fact::Known(!all.is_empty()))
    }

    /// Returns the statements that trust anyone.
    pub(super) fn open_statements(&self) -> Texts {
        self.list(|trustee| (trustee.who == Who::Anyone).then(|| trustee.statement.clone()))
    }

    /// Returns external accounts and organizations.
    pub(super) fn external(&self) -> ExternalAccounts {
        self.external_accounts(|trustee| {
            (!trustee.is_of_own_organization(self.account)).then_some(true)
        })
    }

    /// Returns external accounts and organizations without a condition that protects the role.
    pub(super) fn external_unguarded(&self) -> ExternalAccounts {
        self.external_accounts(|trustee| match trustee.is_guarded(self.account) {
            Some(true) => None,
            guarded => Some(guarded.is_some()),
        })
    }

    /// Returns the external accounts and organizations for which `counts` returns whether they
    /// surely count. An account appears once for each organization to which it must belong.
    fn external_accounts(&self, counts: impl Fn(&Trustee) -> Option<bool>) -> ExternalAccounts {
        let external = self.owners(|trustee| {
            let (Who::Owned(owner), Some(is_sure)) = (&trustee.who, counts(trustee)) else {
                return Vec::new();
            };
            let is_sure = is_sure && !self.may_be_management;
            let mut external = Vec::new();
            for organization in &trustee.demands.organizations {
                if organization != owner && organization.standing(self.account) != Standing::Own {
                    external.push((owner, Some(organization.id()), is_sure));
                }
            }
            if external.is_empty() {
                external.push((owner, None, is_sure));
            }
            external
        });
        external.map(|owners| owners.into_iter().map(external_account).collect())
    }

    /// Returns the account's own organization and its management account.
    pub(super) fn of_organization(&self) -> Texts {
        self.list(|trustee| {
            let Who::Owned(owner) = &trustee.who else {
                return None;
            };
            let is_of_organization = match (owner, owner.standing(self.account)) {
                (Owner::Organization(_), standing) => standing == Standing::Own,
                (_, Standing::External) => trustee.is_of_own_organization(self.account),
                (_, standing) => standing == Standing::Management,
            };
            is_of_organization.then(|| owner.id())
        })
    }

    /// Returns services that could name the caller for whom they act but are not required to.
    pub(super) fn unasked_services(&self) -> Texts {
        self.list(|trustee| match &trustee.who {
            Who::Service(name) => trustee.is_confused_deputy().then(|| name.clone()),
            _ => None,
        })
    }

    /// Returns the external accounts and organizations for which services act.
    pub(super) fn external_sources(&self) -> Texts {
        let owners = self.owners(|trustee| match &trustee.who {
            Who::Service(_) => trustee
                .demands
                .sources
                .iter()
                .map(|owner| (owner, None, true))
                .collect(),
            _ => Vec::new(),
        });
        owners.map(|owners| owners.into_iter().map(|(id, _)| id).collect())
    }

    /// Returns shared issuers that are trusted for every tenant.
    pub(super) fn issuers_of_any_tenant(&self) -> Texts {
        self.issuers(|demands| !demands.tenant)
    }

    /// Returns issuers of CI systems that are trusted for one tenant, but for any branch,
    /// environment or the like.
    pub(super) fn issuers_of_any_branch(&self) -> Texts {
        self.issuers(|demands| demands.tenant && !demands.branch)
    }

    /// Returns the statements that trust Cognito users who have not signed in.
    pub(super) fn cognito_guests(&self) -> Texts {
        self.list(|trustee| match &trustee.who {
            Who::Issuer(name) if name.starts_with("cognito-identity") => {
                (!trustee.demands.authenticated).then(|| trustee.statement.clone())
            }
            _ => None,
        })
    }

    /// Returns SAML providers whose assertions for another audience are accepted too.
    pub(super) fn saml_without_audience(&self) -> Texts {
        self.list(|trustee| match &trustee.who {
            Who::Saml(arn) if !trustee.demands.tenant => Some(arn.clone()),
            _ => None,
        })
    }

    /// Returns the unique ids of deleted principals.
    pub(super) fn deleted(&self) -> Texts {
        let Some(trust) = self.trust else {
            return Fact::missing(SOURCE);
        };
        let ids: BTreeSet<&str> = trust.deleted().collect();
        Fact::Known(ids.into_iter().map(str::to_owned).collect())
    }

    /// Returns the statements that trust the whole management account of the organization; missing
    /// if an account is trusted and the organization is not known.
    pub(super) fn management_account(&self) -> Texts {
        let admits_account = |trustee: &Trustee| {
            matches!(trustee.who, Who::Owned(Owner::Account(_))) && !trustee.demands.some_principals
        };
        if matches!(self.account.organization, Organization::Unknown) {
            let mut others = self
                .all
                .iter()
                .flatten()
                .filter(|trustee| admits_account(trustee));
            if others.any(|trustee| trustee.standing(self.account) == Standing::External) {
                return Fact::missing(Source::Organization);
            }
        }
        self.list(|trustee| {
            let admits =
                admits_account(trustee) && trustee.standing(self.account) == Standing::Management;
            admits.then(|| trustee.statement.clone())
        })
    }

    /// Returns the other accounts of the same owner that are trusted, or on whose behalf services may act.
    pub(super) fn of_same_owner(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for trustee in self.all.iter().flatten() {
            let owner = match &trustee.who {
                Who::Owned(owner) => Some(owner),
                _ => None,
            };
            for owner in owner.into_iter().chain(&trustee.demands.sources) {
                let is_external = owner.standing(self.account) == Standing::External;
                if is_external && self.is_of_same_owner(owner) {
                    ids.insert(owner.id());
                }
            }
        }
        ids
    }

    fn is_of_same_owner(&self, owner: &Owner) -> bool {
        let id = AccountId::parse(&owner.id());
        id.zip(self.own_accounts)
            .is_some_and(|(id, own)| own.contains(&id))
    }

    fn issuers(&self, counts: impl Fn(&Demands) -> bool) -> Texts {
        self.list(|trustee| match &trustee.who {
            Who::Issuer(name) => counts(&trustee.demands).then(|| name.clone()),
            _ => None,
        })
    }

    /// Returns the texts that `of` selects, sorted and without duplicates.
    fn list(&self, of: impl Fn(&Trustee) -> Option<String>) -> Texts {
        let Some(all) = &self.all else {
            return Fact::missing(SOURCE);
        };
        let texts: BTreeSet<String> = all.iter().filter_map(of).collect();
        Fact::Known(texts.into_iter().collect())
    }

    /// Returns the ids of external owners that `of` selects, each with an organization; missing if
    /// none surely counts but one might. The third value that `of` returns is whether the owner
    /// surely counts.
    fn owners<'t>(
        &'t self,
        of: impl Fn(&'t Trustee) -> Vec<(&'t Owner, Option<String>, bool)>,
    ) -> Fact<BTreeSet<(String, Option<String>)>> {
        let Some(all) = &self.all else {
            return Fact::missing(SOURCE);
        };
        let mut ids = BTreeSet::new();
        let mut missing = Sources::NONE;
        for (owner, organization, is_sure) in all.iter().flat_map(of) {
            match owner.standing(self.account) {
                Standing::External if self.is_of_same_owner(owner) => {}
                Standing::External if is_sure => {
                    ids.insert((owner.id(), organization));
                }
                Standing::External | Standing::Unknown => missing |= Source::Organization.into(),
                Standing::Own | Standing::Management => {}
            }
        }
        if ids.is_empty() && !missing.is_empty() {
            return Fact::Missing(missing);
        }
        Fact::Known(ids)
    }
}

fn external_account((id, organization): (String, Option<String>)) -> ExternalAccount {
    let is_account = AccountId::parse(&id).is_some();
    ExternalAccount { id, is_account, organization }
}
