//! AWS's names: account ids, ARNs, partitions and regions.
//!
//! Facts keep names as AWS wrote them. Only this module parses or validates them.

use std::fmt;
use std::ops::RangeInclusive;

/// The id of an account: 12 digits.
///
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html>
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// Parses an account id; none if the text is anything but 12 digits.
    pub fn parse(text: &str) -> Option<AccountId> {
        let digits: [u8; 12] = text.as_bytes().try_into().ok()?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(AccountId(digits))
    }

    /// Returns the 12 digits.
    pub fn as_str(&self) -> &str {
        // Digits are always valid UTF-8.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}

/// The parts of an ARN, `arn:partition:service:region:account:resource`.
///
/// Parsing only checks that the parts exist: any of them may be a pattern or invalid.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arn<'a> {
    /// Never empty; see [`is_partition`].
    pub partition: &'a str,
    /// Such as `iam`.
    pub service: &'a str,
    /// Empty for services without regions, such as IAM; see [`is_region`].
    pub region: &'a str,
    /// Empty or a word such as `aws` if the resource belongs to no account; see
    /// [`Arn::account_id`].
    pub account: &'a str,
    /// Everything after the fifth colon. Never empty.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Parses an ARN; none if one of the six parts is missing, or the partition or resource is
    /// empty.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        // In texts as short as this, a list of characters is searched faster than for one.
        let mut parts = text.strip_prefix("arn:")?.splitn(5, [':']);
        let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (account, resource) = (parts.next()?, parts.next()?);
        let is_complete = !partition.is_empty() && !resource.is_empty();
        is_complete.then_some(Arn { partition, service, region, account, resource })
    }

    /// Returns the account that the resource belongs to.
    pub fn account_id(self) -> Option<AccountId> {
        AccountId::parse(self.account)
    }

    /// Returns the path, such as `/` or `/engineering/`, and the name, if this is the ARN of a
    /// user.
    pub fn user(self) -> Option<(&'a str, &'a str)> {
        self.path_and_name("user")
    }

    /// Returns the path and the name, if this is the ARN of a role.
    pub fn role(self) -> Option<(&'a str, &'a str)> {
        self.path_and_name("role")
    }

    /// Returns the path and the name, if this is the ARN of a resource of this kind.
    pub fn path_and_name(self, kind: &str) -> Option<(&'a str, &'a str)> {
        let rest = self
            .resource
            .strip_prefix(kind)
            .filter(|rest| rest.starts_with('/'))?;
        let (path, name) = rest.split_at(rest.rfind('/')? + 1);
        (!name.is_empty()).then_some((path, name))
    }

    /// Whether this is the ARN of the root user, unlike that of a user named `groot`.
    pub fn is_root(self) -> bool {
        self.resource == "root"
    }

    /// Whether the resource is AWS's own for all accounts, such as an AWS-managed policy.
    pub fn is_aws_managed(self) -> bool {
        self.account == "aws"
    }
}

/// Whether accounts of the partition have a root user. In other partitions, all users are IAM
/// users, and the credential report has no row for root.
///
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html>,
/// <https://github.com/hashicorp/terraform-provider-aws/issues/18889>
pub fn has_root_user(partition: &str) -> bool {
    !["aws-cn", "aws-iso-b"].contains(&partition)
}

/// Whether the root user can sign in to the console. In AWS GovCloud (US) it has access keys at most.
///
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-iam.html>
pub fn has_root_console(partition: &str) -> bool {
    has_root_user(partition) && partition != "aws-us-gov"
}

/// Whether the text has the form of a partition's name: `aws`, `aws-cn`, `aws-us-gov`.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
pub fn is_partition(text: &str) -> bool {
    text == "aws"
        || text.starts_with("aws-")
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The directions in the names of regions.
const DIRECTIONS: &str = "central east north northeast northwest south southeast southwest west";

/// Whether the text has the form of a region's name: one or two short words for the area, a
/// direction and a number, as in `eu-north-1`, `us-gov-west-1` or `eusc-de-east-1`.
///
/// AWS may also give `N/A` or `global` as a region. Since a region becomes part of a host name and
/// remains in redacted reports, a name such as `acme-prod-1` must not be taken for one.
///
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area @ .., direction, number] = parts.as_slice() else {
        return false;
    };
    (1..=2).contains(&area.len())
        && area
            .iter()
            .all(|word| consists_of(word, 2..=4, u8::is_ascii_lowercase))
        && DIRECTIONS.split(' ').any(|known| known == *direction)
        && consists_of(number, 1..=2, u8::is_ascii_digit)
}

/// The partitions other than `aws`, with the prefix of their regions' names and all of their
/// regions. The first region is that of global services: `implicitGlobalRegion` in the SDK's table
/// of partitions.
///
/// <https://docs.aws.amazon.com/general/latest/gr/cloudtrail-service.html>
const PARTITIONS: [(&str, &str, &[&str]); 7] = [
    ("cn-", "aws-cn", &["cn-northwest-1", "cn-north-1"]),
    ("us-gov-", "aws-us-gov", &["us-gov-west-1", "us-gov-east-1"]),
    ("us-iso-", "aws-iso", &["us-iso-east-1", "us-iso-west-1"]),
    ("us-isob-", "aws-iso-b", &["us-isob-east-1", "us-isob-west-1"]),
    ("eu-isoe-", "aws-iso-e", &["eu-isoe-west-1"]),
    ("us-isof-", "aws-iso-f", &["us-isof-south-1", "us-isof-east-1"]),
    ("eusc-", "aws-eusc", &["eusc-de-east-1"]),
];

/// Returns the partition of a region.
pub fn partition_of(region: &str) -> &'static str {
    let found = PARTITIONS
        .iter()
        .find(|(prefix, ..)| region.starts_with(prefix));
    found.map_or("aws", |(_, partition, _)| partition)
}

/// The regions of the partition `aws` that record sign-ins of root and of IAM users, except those
/// on a region's own sign-in page.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
pub const SIGN_IN_REGIONS: [&str; 5] =
    ["ap-southeast-2", "eu-north-1", "us-east-1", "us-east-2", "us-west-2"];

/// The regions of the partition `aws` that record sign-ins of root.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
pub const ROOT_SIGN_IN_REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

/// The regions of the partition `aws` that are enabled in every account.
///
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>
pub const DEFAULT_REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The regions of the partition `aws` that an account has to enable.
///
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>
const OPT_IN_REGIONS: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// Returns the known regions of all partitions, to suggest the one that is meant; AWS adds others.
pub fn known_regions() -> impl Iterator<Item = &'static str> {
    let others = PARTITIONS.iter().flat_map(|(.., regions)| *regions);
    DEFAULT_REGIONS
        .iter()
        .chain(&OPT_IN_REGIONS)
        .chain(others)
        .copied()
}

/// Returns all regions of a partition other than `aws`; none for `aws` itself, which has many.
pub fn regions_of(partition: &str) -> Option<&'static [&'static str]> {
    PARTITIONS
        .iter()
        .find(|(_, name, _)| *name == partition)
        .map(|(.., regions)| *regions)
}

/// Returns the region of the partition's global services.
pub fn global_region(partition: &str) -> &'static str {
    regions_of(partition).map_or("us-east-1", |regions| regions[0])
}

/// Removes the names of sessions, which often are names of people, from ARNs in a text.
pub fn without_session_names(text: &str) -> String {
    const KIND: &str = ":assumed-role/";
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let mut parts = text.split(KIND);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str(KIND);
        match part.split_once('/') {
            Some((role, rest)) if role.chars().all(is_name_char) => {
                shown.push_str(role);
                shown.push_str(rest.trim_start_matches(is_name_char));
            }
            _ => shown.push_str(part),
        }
    }
    shown
}

/// Whether the text has this length, and all its bytes are allowed.
fn consists_of(text: &str, length: RangeInclusive<usize>, allowed: fn(&u8) -> bool) -> bool {
    length.contains(&text.len()) && text.as_bytes().iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_twelve_digits() {
        let id = AccountId::parse("012345678901").unwrap();
        assert_eq!(id.as_str(), "012345678901");
        assert_eq!(format!("{id} {id:?}"), "012345678901 AccountId(012345678901)");
        for other in ["", "01234567890", "0123456789012", "01234567890x", "*", "٠١٢٣٤٥"] {
            assert_eq!(AccountId::parse(other), None, "{other}");
        }
    }

    /// The words are those of
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.
    #[test]
    fn no_name_of_a_session_is_left_in_a_text() {
        let session = "arn:aws:sts::123456789012:assumed-role/audit";
        let because = "because no identity-based policy allows the action";
        for (text, shown) in [
            (format!("{session}/ann@example.com"), session.to_owned()),
            (
                format!(
                    "User: {session}/ann is not authorized to perform: iam:X on {session}/b {because}"
                ),
                format!(
                    "User: {session} is not authorized to perform: iam:X on {session} {because}"
                ),
            ),
            (session.to_owned(), session.to_owned()),
            (
                "arn:aws:iam::123456789012:user/x/ann".to_owned(),
                "arn:aws:iam::123456789012:user/x/ann".to_owned(),
            ),
        ] {
            assert_eq!(without_session_names(&text), shown);
        }
    }

    #[test]
    fn arns_have_six_parts() {
        let arn = Arn::parse("arn:aws-cn:sqs:cn-north-1:123456789012:jobs:a/b").unwrap();
        let Arn { partition, service, region, account, resource } = arn;
        assert_eq!([partition, service, region], ["aws-cn", "sqs", "cn-north-1"]);
        assert_eq!([account, resource], ["123456789012", "jobs:a/b"]);
        assert_eq!(arn.account_id(), AccountId::parse("123456789012"));
        for other in [
            "",
            "arn:",
            "user/alice",
            "arn:aws:iam::1",
            "arn:aws:iam::1:",
            "arn::iam::1:root",
            "ARN:aws:iam::1:root",
        ] {
            assert_eq!(Arn::parse(other), None, "{other}");
        }
    }

    #[test]
    fn users_and_roles_have_a_path_and_a_name() {
        let user = |text| Arn::parse(text).and_then(Arn::user);
        assert_eq!(user("arn:aws:iam::123456789012:user/alice"), Some(("/", "alice")));
        assert_eq!(user("arn:aws-cn:iam::123456789012:user/a/b/c"), Some(("/a/b/", "c")));
        assert_eq!(user("arn:aws:iam::123456789012:user/"), None);
        assert_eq!(user("arn:aws:iam::123456789012:username/x"), None);
        assert_eq!(user("arn:aws:iam::123456789012:role/x"), None);
        let role = Arn::parse("arn:aws:iam::123456789012:role/a/x").unwrap();
        assert_eq!((role.user(), role.role()), (None, Some(("/a/", "x"))));
    }

    #[test]
    fn root_and_aws_are_exact() {
        let root = |text| Arn::parse(text).is_some_and(Arn::is_root);
        assert!(root("arn:aws:iam::123456789012:root"));
        assert!(!root("arn:aws:iam::123456789012:user/groot"));
        assert!(!root("arn:aws:iam::123456789012:user/x:root"));
        let managed = |text| Arn::parse(text).is_some_and(Arn::is_aws_managed);
        assert!(managed("arn:aws:iam::aws:policy/ReadOnlyAccess"));
        assert!(!managed("arn:aws:iam::123456789012:policy/aws"));
    }

    #[test]
    fn partitions_begin_with_aws() {
        for name in ["aws", "aws-cn", "aws-us-gov", "aws-iso-b", "aws-eusc"] {
            assert!(is_partition(name), "{name}");
        }
        for other in ["", "unknown", "*", "acme", "awsacme", "aws-CN", "aws-1", "aws-*"] {
            assert!(!is_partition(other), "{other}");
        }
    }

    /// <https://docs.aws.amazon.com/general/latest/gr/ao.html>, and for China
    /// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Ningxia.html>
    #[test]
    fn one_region_answers_for_a_partition() {
        for (partition, region) in
            [("aws", "us-east-1"), ("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-west-1")]
        {
            assert_eq!(global_region(partition), region);
        }
    }

    #[test]
    fn regions_belong_to_a_partition() {
        for (region, partition) in [
            ("eu-north-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition_of(region), partition);
        }
        assert_eq!(regions_of("aws"), None);
        for (prefix, partition, regions) in PARTITIONS {
            assert!(is_partition(partition));
            for region in regions {
                assert!(is_region(region) && region.starts_with(prefix), "{region}");
            }
        }
    }

    #[test]
    fn regions_have_an_area_a_direction_and_a_number() {
        assert!(known_regions().all(is_region));
        for name in [
            "ap-southeast-2",
            "cn-north-1",
            "eusc-de-east-1",
            "mx-central-1",
            "us-gov-west-1",
            "us-iso-east-1",
            "us-isob-east-1",
        ] {
            assert!(is_region(name), "{name}");
        }
        for other in [
            "",
            "-",
            "N/A",
            "global",
            "aws-global",
            "us-1",
            "east-1",
            "eu-north",
            "eu-north-",
            "eu-north-111122223333",
            "eu--north-1",
            "eu-North-1",
            "é-north-1",
            "acme-prod-1",
            "acmes-north-1",
            "us-west-2-lax-1",
            "evil.example/eu-west-1",
        ] {
            assert!(!is_region(other), "{other}");
        }
    }
}
