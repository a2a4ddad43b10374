//! Collects many accounts, each entered with a role of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use portcullis_evidence::{Bundle, Draft};
use portcullis_model::{AccountId, AccountStatus, Arn, Gap, Source};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::Options;
use crate::account::ORGANIZATIONS;
use crate::calls::Calls;
use crate::collection::Collection;
use crate::error::CollectError;
use crate::failure::{Failure, is_denied};
use crate::json_services::{JsonServices, Request};
use crate::root::{AccountRoot, RootAccess};
use crate::session::{Base, Session};

/// How long assuming a role and the first call may take: two attempts without an answer.
const ENTER_LIMIT: Duration = Duration::from_secs(20);
/// The largest page size of Organizations.
const PAGE_SIZE: u8 = 20;

/// One of several accounts to collect.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FleetAccount {
    /// The id.
    pub id: AccountId,
    /// The name in its organization or list.
    pub name: Option<String>,
    /// The ARN of the role to assume there; if none, the fleet's role name applies.
    pub role_arn: Option<String>,
    /// The external id that the role requires; if none, that of the options applies.
    pub external_id: Option<String>,
    /// The state in Organizations, such as `ACTIVE` or `SUSPENDED`, if it was queried.
    pub state: Option<String>,
}

impl FleetAccount {
    /// Returns the status of an account that AWS says is not active.
    ///
    /// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
    fn inactivity(&self) -> Option<AccountStatus> {
        match self.state.as_deref()? {
            "SUSPENDED" | "PENDING_ACTIVATION" => Some(AccountStatus::Suspended),
            "PENDING_CLOSURE" | "CLOSED" => Some(AccountStatus::Closed),
            _ => None,
        }
    }
}

/// Several accounts that are entered with the same credentials.
pub struct Fleet {
    options: Options,
    /// The name and path of the role to assume in accounts without a role of their own.
    role_name: Option<String>,
    base: Base,
    caller: Caller,
    /// How to open root sessions, if requested.
    root: Option<RootAccess>,
}

/// The owner of the credentials with which all accounts are entered.
struct Caller {
    partition: String,
    account: AccountId,
}

impl Fleet {
    /// Loads the credentials of the options and tests them.
    ///
    /// # Errors
    /// As for [`collect`](crate::collect); if AWS does not identify the caller, from whom the ARNs of roles
    /// are derived.
    pub async fn open(options: Options, role_name: Option<String>) -> Result<Fleet, CollectError> {
        let base = Base::load(&options).await?;
        let calls = Calls::new(&options);
        let session = base.enter(&options, &calls, Base::LIMIT).await?;
        let unknown = |why: String| CollectError::UnknownCaller(why);
        let identity = match &session.caller {
            Ok(identity) => identity,
            Err(failure) => return Err(unknown(failure.explanation())),
        };
        let arn = Arn::parse(&identity.arn);
        let parts = arn.and_then(|arn| Some((arn.partition.to_owned(), arn.account_id()?)));
        let Some((partition, account)) = parts else {
            return Err(unknown("AWS returned something that is not an ARN".to_owned()));
        };
        let mut root = None;
        if options.sources.contains(Source::RootCredentials) {
            root = Some(RootAccess::open(&session.config, &partition, &calls).await);
        }
        let base = base.with_credentials_of(&session);
        Ok(Fleet { options, role_name, base, caller: Caller { partition, account }, root })
    }

    /// Returns the partition of the caller, such as `aws`.
    pub fn partition(&self) -> &str {
        &self.caller.partition
    }

    /// Returns the accounts of the caller's organization, or those below some of its units, in any
    /// state.
    ///
    /// # Errors
    /// If Organizations does not answer with the complete list.
    pub async fn organization(&self, units: &[String]) -> Result<Vec<FleetAccount>, CollectError> {
        let calls = Calls::new(&self.options);
        let services = JsonServices::new(self.base.config().clone(), self.partition(), &calls);
        let accounts = if units.is_empty() {
            services.accounts(None).await
        } else {
            services.accounts_below(units).await
        };
        accounts.map_err(|failure| CollectError::OrganizationNotListed {
            reason: failure.explanation(),
            code: failure.code,
        })
    }

    /// Collects one account, as [`collect`](crate::collect) does. If it cannot be entered or does
    /// not answer, the bundle's manifest says why.
    pub async fn collect(&self, account: &FleetAccount) -> Bundle {
        let from = (self.options.clock)();
        let calls = Calls::new(&self.options);
        let mut bundle = match self.enter(account, &calls).await {
            Ok(session) => {
                let Session { config, caller } = session;
                let root = self.root.as_ref().map(|access| AccountRoot {
                    access,
                    account: account.id,
                    config: config.clone(),
                    calls: &calls,
                    diagnosis: &self.options.diagnosis,
                });
                let collection = Collection::new(&self.options, config, caller, root, &calls);
                // Boxed: the futures of many accounts at once are large.
                unreached_if_blank(Box::pin(collection.run(from)).await)
            }
            Err((status, failure)) => self.unreached(status, failure),
        };
        if let Some(manifest) = &mut bundle.manifest {
            manifest.name.clone_from(&account.name);
            // Its role identifies the account, even if AWS does not identify the caller.
            manifest
                .account
                .get_or_insert_with(|| account.id.to_string());
            manifest
                .partition
                .get_or_insert_with(|| self.caller.partition.clone());
        }
        bundle
    }

    /// Opens a session in the account, or returns why that fails.
    async fn enter(
        &self,
        account: &FleetAccount,
        calls: &Calls,
    ) -> Result<Session, (AccountStatus, Failure)> {
        if let Some((status, state)) = account.inactivity().zip(account.state.as_deref()) {
            let message = format!("Organizations says that the account is {state}");
            return Err((status, Failure::new(Gap::NOT_ACTIVE, &message)));
        }
        let role_arn = self.role_of(account);
        if role_arn.is_none() && account.id != self.caller.account {
            let message =
                "no role is named for this account; pass --role-name or give its role_arn";
            return Err((AccountStatus::Failed, Failure::new("NoRole", message)));
        }
        let external_id = account
            .external_id
            .clone()
            .or(self.options.external_id.clone());
        let options = Options { role_arn, external_id, ..self.options.clone() };
        let limit = ENTER_LIMIT.min(options.deadline);
        let session = self
            .base
            .enter(&options, calls, limit)
            .await
            .map_err(|error| {
                let (status, code) = reason(&error);
                let operation = match error {
                    CollectError::Late { .. } => Source::CallerIdentity.operation(),
                    _ => "AssumeRole",
                };
                (status, Failure::new(&code, &error.to_string()).during(operation))
            })?;
        match &session.caller {
            Ok(caller) if caller.account != account.id.as_str() => {
                let message = format!("its role belongs to account {}", caller.account);
                Err((AccountStatus::Failed, Failure::new("OtherAccount", &message)))
            }
            _ => Ok(session),
        }
    }

    /// Returns the role to assume; none for the caller's own account, unless it has a role of its
    /// own.
    fn role_of(&self, account: &FleetAccount) -> Option<String> {
        if account.role_arn.is_some() {
            return account.role_arn.clone();
        }
        let name = self
            .role_name
            .as_ref()
            .filter(|_| account.id != self.caller.account)?;
        Some(format!("arn:{}:iam::{}:role/{name}", self.caller.partition, account.id))
    }

    /// Returns the bundle of an account that could not be entered.
    fn unreached(&self, status: AccountStatus, failure: Failure) -> Bundle {
        let now = (self.options.clock)();
        let mut draft = Draft::new(&self.options.tool, now);
        draft.add_gap(failure.gap(Source::CallerIdentity, now));
        draft.manifest.unreached = Some(status);
        draft.finish(now)
    }
}

/// Returns the status and code of an account that could not be entered.
fn reason(error: &CollectError) -> (AccountStatus, String) {
    match error {
        CollectError::RoleNotAssumed { code, .. } => (status(code), code.clone()),
        CollectError::Expired { code, .. } | CollectError::Invalid(code) => {
            (AccountStatus::Failed, code.clone())
        }
        // The caller's credentials worked, so those of the role came too late.
        CollectError::NoCredentials(_) | CollectError::Late { .. } => {
            (AccountStatus::TimedOut, Failure::TIMEOUT.to_owned())
        }
        _ => (AccountStatus::Failed, "ConnectionError".to_owned()),
    }
}

/// Returns the status of an account whose calls all failed with this code.
fn status(code: &str) -> AccountStatus {
    if is_denied(code) {
        AccountStatus::Denied
    } else if Failure::new(code, "").is_throttled() {
        AccountStatus::Throttled
    } else if [Failure::TIMEOUT, Failure::DEADLINE].contains(&code) {
        AccountStatus::TimedOut
    } else {
        AccountStatus::Failed
    }
}

/// Marks a bundle in which at most the caller is known with the status of its failed calls.
fn unreached_if_blank(mut bundle: Bundle) -> Bundle {
    if bundle
        .documents
        .keys()
        .any(|source| *source != Source::CallerIdentity)
    {
        return bundle;
    }
    let mut statuses = BTreeSet::new();
    for gap in &bundle.gaps {
        if !gap.is_by_choice() && !Failure::UNGUIDED.contains(&gap.code.as_str()) {
            statuses.insert(status(&gap.code));
        }
    }
    // A call that fails for another reason may also run out of time.
    if statuses.len() > 1 {
        statuses.remove(&AccountStatus::TimedOut);
    }
    let common = statuses.pop_first().filter(|_| statuses.is_empty());
    if let Some(manifest) = &mut bundle.manifest {
        manifest.unreached = Some(common.unwrap_or(AccountStatus::Failed));
    }
    bundle
}

/// A page of ListAccounts or ListAccountsForParent.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountsPage {
    accounts: Vec<OrganizationAccount>,
    next_token: Option<String>,
}

/// An account as Organizations lists it. `State` replaces `Status`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationAccount {
    id: String,
    name: Option<String>,
    state: Option<String>,
    status: Option<String>,
}

/// A page of ListOrganizationalUnitsForParent.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListOrganizationalUnitsForParent.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UnitsPage {
    organizational_units: Vec<Unit>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unit {
    id: String,
}

impl JsonServices<'_> {
    /// Lists the accounts directly below a root or unit; without one, those of the organization.
    pub(crate) async fn accounts(
        &self,
        parent: Option<&str>,
    ) -> Result<Vec<FleetAccount>, Failure> {
        let operation = if parent.is_some() {
            "ListAccountsForParent"
        } else {
            "ListAccounts"
        };
        let parts = |page: AccountsPage| (page.accounts, page.next_token);
        let accounts = self.of_organization(operation, parent, parts).await?;
        accounts.into_iter().map(FleetAccount::try_from).collect()
    }

    /// Lists the accounts below these roots or units at any depth, without duplicates.
    pub(crate) async fn accounts_below(
        &self,
        units: &[String],
    ) -> Result<Vec<FleetAccount>, Failure> {
        let mut accounts: Vec<FleetAccount> = Vec::new();
        let mut pending = units.to_vec();
        let mut seen = Vec::new();
        while let Some(unit) = pending.pop() {
            if seen.contains(&unit) {
                continue;
            }
            accounts.extend(self.accounts(Some(&unit)).await?);
            let parts = |page: UnitsPage| (page.organizational_units, page.next_token);
            let operation = "ListOrganizationalUnitsForParent";
            let below = self.of_organization(operation, Some(&unit), parts).await?;
            pending.extend(below.into_iter().map(|unit| unit.id));
            seen.push(unit);
        }
        accounts.sort_by_key(|account| account.id);
        accounts.dedup_by_key(|account| account.id);
        Ok(accounts)
    }

    /// Lists items directly below a root or unit, or in the whole organization.
    async fn of_organization<P: DeserializeOwned, T>(
        &self,
        operation: &'static str,
        parent: Option<&str>,
        parts: fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Failure> {
        let request = |token: Option<&str>| {
            let mut body = json!({ "MaxResults": PAGE_SIZE });
            if let Some(parent) = parent {
                body["ParentId"] = parent.into();
            }
            if let Some(token) = token {
                body["NextToken"] = token.into();
            }
            Request::of_organizations(operation, body)
        };
        self.list(&ORGANIZATIONS, self.global_region, operation, request, parts)
            .await
    }
}

impl TryFrom<OrganizationAccount> for FleetAccount {
    type Error = Failure;

    fn try_from(account: OrganizationAccount) -> Result<FleetAccount, Failure> {
        let OrganizationAccount { id, name, state, status } = account;
        let id = AccountId::parse(&id)
            .ok_or_else(|| Failure::malformed("an account's id is not 12 digits"))?;
        let state = state.or(status);
        Ok(FleetAccount { id, name, role_arn: None, external_id: None, state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: serde_json::Value) -> Result<FleetAccount, Failure> {
        serde_json::from_value::<OrganizationAccount>(json)
            .unwrap()
            .try_into()
    }

    /// The states are those of
    /// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>.
    #[test]
    fn accounts_that_are_not_active_are_not_asked() {
        for (state, inactivity) in [
            ("ACTIVE", None),
            ("SUSPENDED", Some(AccountStatus::Suspended)),
            ("PENDING_ACTIVATION", Some(AccountStatus::Suspended)),
            ("PENDING_CLOSURE", Some(AccountStatus::Closed)),
            ("CLOSED", Some(AccountStatus::Closed)),
        ] {
            for field in ["State", "Status"] {
                let account = listed(json!({"Id": "111122223333", field: state})).unwrap();
                assert_eq!(account.inactivity(), inactivity, "{field} {state}");
            }
        }
        let both = json!({"Id": "111122223333", "State": "CLOSED", "Status": "SUSPENDED"});
        assert_eq!(listed(both).unwrap().inactivity(), Some(AccountStatus::Closed));
        assert_eq!(listed(json!({"Id": "1"})).unwrap_err().code, "MalformedResponse");
    }

    fn blank(codes: &[&str]) -> Option<AccountStatus> {
        let mut draft = Draft::new("portcullis", jiff::Timestamp::UNIX_EPOCH);
        for code in codes {
            draft.add_gap(Gap::new(Source::AccountSummary, *code, ""));
        }
        let bundle = unreached_if_blank(draft.finish(jiff::Timestamp::UNIX_EPOCH));
        bundle.manifest.and_then(|manifest| manifest.unreached)
    }

    #[test]
    fn an_account_of_which_nothing_is_known_says_why() {
        for (codes, status) in [
            (
                &["AccessDenied", "AccessDeniedException", Gap::NOT_REQUESTED][..],
                AccountStatus::Denied,
            ),
            (&["Throttling", "DeadlineExceeded"], AccountStatus::Throttled),
            (&["Throttling", "NoCredentialReport", "NoAccountSummary"], AccountStatus::Throttled),
            (&["AccessDenied", "NoCredentialReport"], AccountStatus::Denied),
            (&["Timeout", "DeadlineExceeded"], AccountStatus::TimedOut),
            (&["AccessDenied", "Throttling"], AccountStatus::Failed),
            (&["ServiceFailure"], AccountStatus::Failed),
            (&[], AccountStatus::Failed),
        ] {
            assert_eq!(blank(codes), Some(status), "{codes:?}");
        }
    }

    #[test]
    fn a_bundle_that_holds_something_was_reached() {
        let mut draft = Draft::new("portcullis", jiff::Timestamp::UNIX_EPOCH);
        draft.add(Source::AccountSummary, b"{}".to_vec(), jiff::Timestamp::UNIX_EPOCH);
        let bundle = unreached_if_blank(draft.finish(jiff::Timestamp::UNIX_EPOCH));
        assert_eq!(bundle.manifest.unwrap().unreached, None);
    }
}
