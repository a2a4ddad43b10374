//! Which part of a condition's value must be fixed for the condition to limit who is admitted.
//!
//! A wildcard does no harm after the fixed part: `o-a1b2c3d4e5/*` is one organization, `o-*` is all of
//! them. This follows AWS's definition of "public":
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>

use std::net::IpAddr;

use portcullis_model::{AccountId, Arn};

use super::{Standing, account_of};
use crate::account::{Account, Organization};
use crate::condition::{Condition, Operator};
use crate::pattern::Pattern;
use crate::value::may_be;

/// Whose requests a condition admits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Owner {
    /// Those of the role's own account or organization, named by a policy variable.
    Own,
    /// Those of an account.
    Account(AccountId),
    /// Those of an organization, by its id.
    Organization(String),
    /// Those of one principal, or of some principals of one account: an ARN, or a pattern for ARNs.
    Principal(String),
    /// Those of the principal with this unique id.
    UniqueId(String),
    /// Those from a network: the id of a VPC or a VPC endpoint, or a range of addresses.
    Network(String),
    /// Those about a resource whose ARN holds no account, such as a bucket.
    Unnamed,
}

/// The owners that a condition admits; none: it is not about who makes the request, or on whose behalf,
/// or one of its values is not fixed.
pub(super) fn owners(condition: &Condition) -> Option<Vec<Owner>> {
    if !condition.demands_value() {
        return None;
    }
    let (key, values) = (condition.key.as_str(), &condition.values);
    // Not aws:VpcSourceIp: any VPC may have private addresses, so AWS says to demand the VPC as well.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    if key == "aws:sourceip" {
        let networks = values
            .iter()
            .map(|range| Owner::Network(range.as_str().to_owned()));
        return is_small(values).then(|| networks.collect());
    }
    values.iter().map(|value| owner(condition, value)).collect()
}

/// The owner that the value of a key names. Principal tags do not count, since every account sets its own,
/// nor does `sts:ExternalId`, which the caller chooses.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
fn owner(condition: &Condition, value: &Pattern) -> Option<Owner> {
    match membership(&condition.key) {
        "orgid" | "orgpaths" if is_of_own_organization(value) => return Some(Owner::Own),
        // An id has 12 digits, so a wildcard after them matches nothing.
        "account" => return AccountId::parse(value.literal_prefix()).map(Owner::Account),
        "orgid" => return fixed(value).map(|id| Owner::Organization(id.to_owned())),
        "orgpaths" => {
            let (id, _) = value.literal_prefix().split_once('/')?;
            return (!id.is_empty()).then(|| Owner::Organization(id.to_owned()));
        }
        _ => {}
    }
    match condition.key.as_str() {
        // An IAM path may contain colons, so a wildcard outside an ARN operator may span several fields.
        "aws:principalarn" if condition.operator != Operator::Arn => {
            arn_owner(value.literal_prefix(), value)
        }
        "aws:principalarn"
        | "aws:sourcearn"
        | "aws:federatedprovider"
        | "aws:sourcevpcarn"
        | "ec2:sourceinstancearn"
        | "lambda:sourcefunctionarn"
        | "ssm:sourceinstancearn" => arn_owner(value.as_str(), value),
        // The id of root, and the first part of a federated user's, is the account id.
        "aws:userid" => unique_id(value).map(|id| match AccountId::parse(id) {
            Some(account) => Owner::Account(account),
            None => Owner::UniqueId(id.to_owned()),
        }),
        "aws:ec2instancesourcevpc" | "aws:sourcevpc" | "aws:sourcevpce" => {
            fixed(value).map(|id| Owner::Network(id.to_owned()))
        }
        _ => None,
    }
}

/// What a key says about the principal, the source of a service's request, or a VPC endpoint: `account`,
/// `orgid`, `orgpaths`, or anything else.
fn membership(key: &str) -> &str {
    let mut prefixes = ["aws:principal", "aws:source", "aws:vpce"].iter();
    prefixes
        .find_map(|prefix| key.strip_prefix(prefix))
        .unwrap_or_default()
}

/// Whether a request can have the key with that value: `ACCOUNT_ID` is never the id of an account, and no
/// id or name contains `*`, which is plain text to `StringEquals`.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
pub(super) fn may_have(key: &str, value: &Pattern) -> bool {
    let text = value.as_str();
    match key {
        // The value is the role's ARN in every session.
        "aws:principalarn" if text.contains(":assumed-role/") => false,
        _ if !value.is_literal() => true,
        _ if !may_be(key, text) => false,
        _ if membership(key) == "account" => AccountId::parse(text).is_some(),
        _ if membership(key) == "orgid" => is_organization_id(text),
        _ if membership(key) == "orgpaths" => {
            let id = text.split_once('/').map(|(id, _)| id);
            id.is_some_and(is_organization_id) && !has_wildcard(text)
        }
        "aws:principalarn" => {
            let name = text.rsplit('/').next().unwrap_or_default();
            account_of(text).is_some() && !has_wildcard(name)
        }
        "aws:sourcearn" => Arn::parse(text).is_some_and(|arn| !has_wildcard(arn.account)),
        key if key == "aws:userid" || key.ends_with(":sub") => {
            !text.is_empty() && !has_wildcard(text)
        }
        _ => true,
    }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn is_organization_id(text: &str) -> bool {
    let id = text.strip_prefix("o-").unwrap_or_default();
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a value begins with the variable for the role's organization, which stays a variable where the
/// organization is not known.
fn is_of_own_organization(value: &Pattern) -> bool {
    let text = value.as_str().to_ascii_lowercase();
    let rest = text.strip_prefix("${aws:resourceorgid}");
    value.has_variables() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The value, if it matches one text only and is not empty.
pub(super) fn fixed(value: &Pattern) -> Option<&str> {
    (value.is_literal() && !value.as_str().is_empty()).then(|| value.as_str())
}

/// The unique id in a value of `aws:userid`. In that of a role session, a colon and the session's name
/// follow it:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(super) fn unique_id(value: &Pattern) -> Option<&str> {
    let id = value
        .literal_prefix()
        .split_once(':')
        .map(|(id, _)| id)
        .or(fixed(value))?;
    (!id.is_empty()).then_some(id)
}

/// Whether an ARN says more about a principal than its account and its kind.
pub(super) fn has_name(arn: &Pattern) -> bool {
    let resource = arn.as_str().splitn(6, ':').nth(5);
    let name = resource.and_then(|resource| resource.split_once('/'));
    name.is_some_and(|(_, name)| name.contains(char::is_alphanumeric))
}

/// The owner that an ARN names. `text` is the part of the value that is fixed, or compared field by field.
fn arn_owner(text: &str, value: &Pattern) -> Option<Owner> {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, _, _, id, rest @ ..] = &fields[..] else {
        return None;
    };
    if let Some(id) = AccountId::parse(id) {
        return Some(if has_name(value) {
            Owner::Principal(value.as_str().to_owned())
        } else {
            Owner::Account(id)
        });
    }
    // A bucket's name ends at the slash, and anybody may own a bucket whose name has the same prefix.
    let name = rest.first()?.split('/').next()?;
    let is_fixed = id.is_empty() && !name.is_empty() && !name.contains(['*', '?', '$']);
    is_fixed.then_some(Owner::Unnamed)
}

/// Whether the text is an address or a range of addresses.
pub(super) fn is_range(text: &str) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<IpAddr>().is_ok() && length.parse::<u8>().is_ok()
}

/// Whether the ranges together contain no more addresses than an IPv4 /8, or an IPv6 /32.
fn is_small(ranges: &[Pattern]) -> bool {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for range in ranges {
        let (address, length) = range
            .as_str()
            .split_once('/')
            .unwrap_or((range.as_str(), "128"));
        let (of_version, bits, first) = match address.parse() {
            Ok(IpAddr::V4(address)) => (&mut v4, 32_u32, u128::from(address.to_bits())),
            Ok(IpAddr::V6(address)) => (&mut v6, 128, address.to_bits()),
            Err(_) => return false,
        };
        let length = length.parse().unwrap_or(0);
        let others = u128::MAX
            .checked_shr(128 - bits.saturating_sub(length))
            .unwrap_or(0);
        of_version.push((first & !others, first | others));
    }
    !ranges.is_empty() && count(v4) <= 1 << 24 && count(v6) <= 1 << 96
}

/// How many addresses the ranges contain, each given by its first and last.
fn count(mut ranges: Vec<(u128, u128)>) -> u128 {
    ranges.sort_unstable();
    let mut total: u128 = 0;
    let mut next = 0;
    for (first, last) in ranges {
        let first = first.max(next);
        if first <= last {
            total = total.saturating_add((last - first).saturating_add(1));
            next = last.saturating_add(1);
        }
    }
    total
}

impl Owner {
    /// Whom it belongs to. From any network, credentials of any account may be used.
    pub fn standing(&self, account: &Account) -> Standing {
        let is_own = match self {
            Owner::Own => true,
            Owner::Network(_) | Owner::Unnamed => false,
            Owner::Account(id) => return Standing::new(Some(*id), account),
            Owner::Principal(arn) => return Standing::new(account_of(arn), account),
            Owner::Organization(id) => match &account.organization {
                Organization::Unknown => return Standing::Unknown,
                Organization::Member { id: own, .. } => own == id,
                Organization::None => false,
            },
            Owner::UniqueId(id) => account
                .principals
                .iter()
                .any(|it| it.unique_id.as_ref() == Some(id)),
        };
        if is_own {
            Standing::Own
        } else {
            Standing::External
        }
    }

    /// The id of the account, organization or network, or the principal's own.
    pub fn id(&self) -> String {
        match self {
            Owner::Own | Owner::Unnamed => String::new(),
            Owner::Account(id) => id.to_string(),
            Owner::Principal(arn) => {
                account_of(arn).map_or_else(|| arn.clone(), |id| id.to_string())
            }
            Owner::Organization(id) | Owner::UniqueId(id) | Owner::Network(id) => id.clone(),
        }
    }
}
