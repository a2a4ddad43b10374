//! What must be fixed of a condition's value so that it limits who gets in.
//!
//! A wildcard is no harm behind what is fixed: `o-a1b2c3d4e5/*` is one organization, `o-*` is all of
//! them. After AWS's meaning of "public":
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>

use std::net::IpAddr;

use portcullis_model::AccountId;

use super::{Standing, account_of};
use crate::account::{Account, Organization};
use crate::condition::{Condition, Operator};
use crate::pattern::Pattern;

/// Whose requests a condition lets through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Owner {
    /// Those of the role's own account or organization, by a policy variable.
    Own,
    /// Those of an account.
    Account(AccountId),
    /// Those of an organization, by its id.
    Organization(String),
    /// Those of one principal, or of some of one account, by ARN.
    Principal(String),
    /// Those of a principal by its unique id.
    UniqueId(String),
    /// Those about a resource without account in its ARN, such as a bucket.
    Resource(String),
    /// Those from a network.
    Network,
}

/// How much of a value must be fixed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    /// All of it: the id of an organization.
    Organization,
    /// The id of an organization, up to the first slash.
    OrganizationPath,
    /// All of it: the id of an account.
    Account,
    /// The account of an ARN; without account, the resource.
    Arn,
    /// A unique id, with the colon behind that of a role.
    UserId,
    /// All of it: the id of a network.
    Network,
    /// The ranges of addresses together: no more than an IPv4 /8, or an IPv6 /32.
    Addresses,
}

const KEYS: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html";
const PUBLIC: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html";
const DEPUTY: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html";
const UNIQUE_IDS: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html";

/// The keys that tell who asks, or for whom; how much must be fixed; and who says so. Tags of principals
/// are missing, since every account sets its own, and `sts:ExternalId`, which whoever asks chooses.
const TABLE: [(&str, Part, &str); 13] = [
    ("aws:principalaccount", Part::Account, KEYS),
    ("aws:principalarn", Part::Arn, KEYS),
    ("aws:principalorgid", Part::Organization, KEYS),
    ("aws:principalorgpaths", Part::OrganizationPath, KEYS),
    ("aws:sourceaccount", Part::Account, DEPUTY),
    ("aws:sourcearn", Part::Arn, DEPUTY),
    ("aws:sourceip", Part::Addresses, PUBLIC),
    ("aws:sourceorgid", Part::Organization, DEPUTY),
    ("aws:sourceorgpaths", Part::OrganizationPath, DEPUTY),
    ("aws:sourcevpc", Part::Network, PUBLIC),
    ("aws:sourcevpce", Part::Network, PUBLIC),
    ("aws:userid", Part::UserId, UNIQUE_IDS),
    ("aws:vpcsourceip", Part::Addresses, KEYS),
];

/// The owners that a condition leaves, if it demands one of the keys of the table and its values
/// are fixed as far as they must be.
pub(super) fn owners(condition: &Condition, account: &Account) -> Option<Vec<Owner>> {
    let (_, part, _) = TABLE.iter().find(|(key, ..)| *key == condition.key)?;
    if condition.negated || condition.when_absent || condition.operator == Operator::Null {
        return None;
    }
    if *part == Part::Addresses {
        return is_small(&condition.values).then(|| vec![Owner::Network]);
    }
    condition.values.iter().map(|value| part.owner(value, account)).collect()
}

impl Part {
    fn owner(self, value: &Pattern, account: &Account) -> Option<Owner> {
        let variable = value.has_variables().then(|| value.as_str().to_ascii_lowercase());
        match (self, variable.as_deref()) {
            (Part::Account, Some("${aws:resourceaccount}"))
            | (Part::Organization, Some("${aws:resourceorgid}")) => return Some(Owner::Own),
            _ => {}
        }
        let prefix = value.literal_prefix();
        match self {
            Part::Organization => fixed(value).map(|id| Owner::Organization(id.to_owned())),
            Part::OrganizationPath => {
                let (id, _) = prefix.split_once('/')?;
                (!id.is_empty()).then(|| Owner::Organization(id.to_owned()))
            }
            Part::Account => AccountId::parse(fixed(value)?).map(Owner::Account),
            Part::Arn => arn_owner(value, account),
            Part::UserId => {
                let id = prefix.split_once(':').map(|(id, _)| id).or(fixed(value))?;
                (!id.is_empty()).then(|| Owner::UniqueId(id.to_owned()))
            }
            Part::Network => fixed(value).map(|_| Owner::Network),
            Part::Addresses => None,
        }
    }
}

/// The value, if it is one text alone and not empty.
pub(super) fn fixed(value: &Pattern) -> Option<&str> {
    (value.is_literal() && !value.as_str().is_empty()).then(|| value.as_str())
}

fn arn_owner(value: &Pattern, account: &Account) -> Option<Owner> {
    let own =
        value.as_str().to_ascii_lowercase().replace("${aws:resourceaccount}", account.id_text());
    let fields: Vec<&str> = own.splitn(6, ':').collect();
    let ["arn", _, _, _, id, resource] = fields[..] else { return None };
    if value.has_variables() && own.contains("${") {
        return None;
    }
    if AccountId::parse(id).is_some() {
        return Some(if value.has_variables() {
            Owner::Own
        } else {
            Owner::Principal(value.as_str().to_owned())
        });
    }
    // The name of a bucket ends at the slash, and anybody may have one that begins alike.
    let (name, _) = resource.split_once('/').unwrap_or((resource, ""));
    let is_fixed = id.is_empty() && !name.is_empty() && !name.contains(['*', '?']);
    is_fixed.then(|| Owner::Resource(value.as_str().to_owned()))
}

/// Whether the ranges together hold no more addresses than an IPv4 /8, or an IPv6 /32.
fn is_small(ranges: &[Pattern]) -> bool {
    let (mut v4, mut v6) = (0_u128, 0_u128);
    for range in ranges {
        let (address, length) = match range.as_str().split_once('/') {
            Some((address, length)) => (address, length.parse::<u32>().ok()),
            None => (range.as_str(), Some(128)),
        };
        let size =
            |bits: u32| length.and_then(|length| 1_u128.checked_shl(bits.saturating_sub(length)));
        match address.parse() {
            Ok(IpAddr::V4(_)) => v4 = v4.saturating_add(size(32).unwrap_or(u128::MAX)),
            Ok(IpAddr::V6(_)) => v6 = v6.saturating_add(size(128).unwrap_or(u128::MAX)),
            Err(_) => return false,
        }
    }
    !ranges.is_empty() && v4 <= 1 << 24 && v6 <= 1 << 96
}

impl Owner {
    /// The owner that an ARN names: a principal.
    #[must_use]
    pub fn of_arn(arn: &str) -> Owner {
        Owner::Principal(arn.to_owned())
    }

    /// Whose it is.
    #[must_use]
    pub fn standing(&self, account: &Account) -> Standing {
        let of_account = |id: Option<AccountId>| match (id, &account.organization) {
            _ if id == account.id => Standing::Own,
            (Some(id), Organization::Member { management: Some(management), .. })
                if id == *management =>
            {
                Standing::Management
            }
            _ => Standing::External,
        };
        match self {
            Owner::Own | Owner::Network | Owner::Resource(_) => Standing::Own,
            Owner::Account(id) => of_account(Some(*id)),
            Owner::Principal(arn) => of_account(account_of(arn)),
            Owner::Organization(id) => match &account.organization {
                Organization::Unknown => Standing::Unknown,
                Organization::Member { id: own, .. } if own == id => Standing::Own,
                _ => Standing::External,
            },
            Owner::UniqueId(id) => {
                let mut ids = account.principals.iter().filter_map(|it| it.unique_id.as_ref());
                if ids.any(|known| known == id) { Standing::Own } else { Standing::External }
            }
        }
    }

    /// The id of the account or organization, or the principal's own.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Owner::Own | Owner::Network => String::new(),
            Owner::Account(id) => id.to_string(),
            Owner::Principal(arn) => {
                account_of(arn).map_or_else(|| arn.clone(), |id| id.to_string())
            }
            Owner::Organization(id) | Owner::UniqueId(id) | Owner::Resource(id) => id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_has_a_source() {
        assert!(TABLE.is_sorted_by_key(|(key, ..)| *key));
        for (key, _, source) in TABLE {
            assert!(source.starts_with("https://docs.aws.amazon.com/"), "{key}");
        }
    }
}
