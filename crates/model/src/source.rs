//! The sources of facts, one per bundle file, and sets of sources.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a source is collected.
struct Definition {
    /// The IAM actions that allow its calls, the first of which appears in its gaps.
    actions: &'static [&'static str],
    /// The sources that decide which users or regions to query, or that are needed to read its
    /// answer.
    guides: &'static [Source],
    /// Whether a call is made for each user.
    per_user: bool,
    /// The partitions in which AWS does not offer it.
    not_in: &'static [&'static str],
}

/// A single call that every partition offers.
const DEFAULTS: Definition = Definition { actions: &[], guides: &[], per_user: false, not_in: &[] };

/// Declares the sources of every bundle, and those collected on request: the name of each, and how
/// it differs from [`DEFAULTS`].
macro_rules! sources {
    (
        $( $(#[doc = $doc:literal])+ $source:ident = $name:literal { $($what:ident: $value:expr),+ $(,)? } )+
        on request:
        $( $(#[doc = $also:literal])+ $other:ident = $title:literal { $($field:ident: $is:expr),+ $(,)? } )+
    ) => {
        /// One part of a bundle: the answer to one AWS call, under the name of its AWS CLI command.
        #[derive(
            Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Source {
            $( $(#[doc = $doc])+ #[serde(rename = $name)] $source, )+
            $( $(#[doc = $also])+ #[serde(rename = $title)] $other, )+
        }

        impl Source {
            /// The sources of every bundle, in order.
            pub const ALL: [Source; [$($name),+].len()] = [$(Source::$source),+];
            /// The sources that are collected only on request, and whose absence is not a gap.
            pub const ON_REQUEST: [Source; [$($title),+].len()] = [$(Source::$other),+];

            /// Returns the name in reports, which is the bundle file's name without its extension:
            /// `credential-report`.
            pub fn name(self) -> &'static str {
                match self { $( Source::$source => $name, )+ $( Source::$other => $title, )+ }
            }

            fn definition(self) -> &'static Definition {
                match self {
                    $( Source::$source => &Definition { $($what: $value,)+ ..DEFAULTS }, )+
                    $( Source::$other => &Definition { $($field: $is,)+ ..DEFAULTS }, )+
                }
            }
        }
    };
}

sources! {
    /// The caller: STS GetCallerIdentity.
    CallerIdentity = "caller-identity" { actions: &["sts:GetCallerIdentity"] }
    /// The account's alias: IAM ListAccountAliases.
    AccountAliases = "account-aliases" { actions: &["iam:ListAccountAliases"] }
    /// Users' passwords, keys and MFA, up to four hours old: IAM GetCredentialReport.
    CredentialReport = "credential-report" {
        actions: &["iam:GetCredentialReport", "iam:GenerateCredentialReport"],
    }
    /// Counts and root flags: IAM GetAccountSummary.
    AccountSummary = "account-summary" { actions: &["iam:GetAccountSummary"] }
    /// The account's own password policy: IAM GetAccountPasswordPolicy.
    AccountPasswordPolicy = "account-password-policy" {
        actions: &["iam:GetAccountPasswordPolicy"],
    }
    /// Virtual MFA devices, assigned or not: IAM ListVirtualMFADevices.
    VirtualMfaDevices = "virtual-mfa-devices" { actions: &["iam:ListVirtualMFADevices"] }
    /// Users, groups, roles and policies: IAM GetAccountAuthorizationDetails.
    AccountAuthorizationDetails = "account-authorization-details" {
        actions: &["iam:GetAccountAuthorizationDetails"],
    }
    /// Ids and creation dates of a user's access keys: IAM ListAccessKeys.
    AccessKeys = "access-keys" {
        actions: &["iam:ListAccessKeys"],
        guides: &[Source::CredentialReport], // the users with keys
        per_user: true,
    }
    /// A user's MFA devices of every kind: IAM ListMFADevices.
    MfaDevices = "mfa-devices" {
        actions: &["iam:ListMFADevices"],
        // The users with MFA, and those with a virtual device since the report.
        guides: &[Source::CredentialReport, Source::VirtualMfaDevices],
        per_user: true,
    }
    /// Credentials for CodeCommit, Keyspaces, Bedrock and the like: IAM
    /// ListServiceSpecificCredentials.
    ServiceSpecificCredentials = "service-specific-credentials" {
        actions: &["iam:ListServiceSpecificCredentials"],
        // The paths of the users, which belong to the identity of their credentials.
        guides: &[Source::AccountAuthorizationDetails],
    }
    /// TLS certificates stored in IAM: IAM ListServerCertificates.
    ServerCertificates = "server-certificates" { actions: &["iam:ListServerCertificates"] }
    /// SAML providers with their metadata: IAM ListSAMLProviders and GetSAMLProvider.
    SamlProviders = "saml-providers" {
        actions: &["iam:ListSAMLProviders", "iam:GetSAMLProvider"],
    }
    /// OIDC providers: IAM ListOpenIDConnectProviders and GetOpenIDConnectProvider.
    OpenIdConnectProviders = "open-id-connect-providers" {
        actions: &["iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider"],
    }
    /// Access analyzers of the regions in use: Access Analyzer ListAnalyzers.
    AccessAnalyzers = "access-analyzers" {
        actions: &["access-analyzer:ListAnalyzers"],
        guides: &[Source::CredentialReport, Source::AccountAuthorizationDetails],
        // https://docs.aws.amazon.com/general/latest/gr/access-analyzer.html
        not_in: &["aws-iso", "aws-iso-b"],
    }
    /// Billing, operations and security contacts: Account Management GetAlternateContact.
    AlternateContacts = "alternate-contacts" {
        actions: &["account:GetAlternateContact"],
        // https://docs.aws.amazon.com/general/latest/gr/account-service.html
        not_in: &["aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"],
    }
    /// The organization the account is in: Organizations DescribeOrganization.
    Organization = "organization" { actions: &["organizations:DescribeOrganization"] }
    /// Centralized root access of the organization: IAM ListOrganizationsFeatures.
    OrganizationsFeatures = "organizations-features" {
        actions: &["iam:ListOrganizationsFeatures"],
    }
    /// Partners' requests for temporary access: IAM ListDelegationRequests.
    DelegationRequests = "delegation-requests" { actions: &["iam:ListDelegationRequests"] }
    /// Whether the account issues tokens for other services: IAM
    /// GetOutboundWebIdentityFederationInfo.
    OutboundWebIdentityFederationInfo = "outbound-web-identity-federation-info" {
        actions: &["iam:GetOutboundWebIdentityFederationInfo"],
    }

    on request:
    /// The root credentials of a member account, listed in a root session: STS AssumeRoot.
    RootCredentials = "root-credentials" {
        actions: &[
            "sts:AssumeRoot",
            "iam:GetAccessKeyLastUsed",
            "iam:GetLoginProfile",
            "iam:GetUser",
            "iam:ListAccessKeys",
            "iam:ListMFADevices",
            "iam:ListSigningCertificates",
        ],
        guides: &[Source::AccountSummary], // whether root has any credential
    }
    /// Events about sign-ins and credentials: CloudTrail's log files, and its LookupEvents.
    CloudTrail = "cloudtrail" { actions: &["cloudtrail:LookupEvents"] }
}

impl Source {
    /// Returns all sources, those collected on request last.
    pub fn every() -> impl Iterator<Item = Source> {
        Source::ALL.into_iter().chain(Source::ON_REQUEST)
    }

    /// Returns the IAM actions that allow its calls, beginning with `iam:GetCredentialReport`.
    pub fn actions(self) -> &'static [&'static str] {
        self.definition().actions
    }

    /// Returns the IAM action that allows its operation: `iam:GetCredentialReport`.
    pub fn action(self) -> &'static str {
        self.actions()[0]
    }

    /// Returns its API operation: `GetCredentialReport`.
    pub fn operation(self) -> &'static str {
        self.action()
            .split_once(':')
            .map_or("", |(_, operation)| operation)
    }

    /// Returns the service prefix of its actions in IAM policies: `iam`.
    pub fn service(self) -> &'static str {
        self.action()
            .split_once(':')
            .map_or("", |(service, _)| service)
    }

    /// Returns the sources to collect before it: they decide which users or regions to query, or
    /// are needed to read its answer.
    pub fn guides(self) -> &'static [Source] {
        self.definition().guides
    }

    /// Whether AWS offers it in a partition; an unknown partition counts as offering every source.
    pub fn is_offered_in(self, partition: &str) -> bool {
        !self.definition().not_in.contains(&partition)
    }

    /// Returns the source with this [name](Source::name).
    pub fn from_name(name: &str) -> Option<Source> {
        Source::every().find(|source| source.name() == name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of sources that a missing fact or an unknown verdict needs.
///
/// An empty set means a defect: something has no value although no source is missing.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Sources(u128);

impl Sources {
    /// The empty set.
    pub const NONE: Sources = Sources(0);

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set contains the source.
    pub fn contains(self, source: Source) -> bool {
        self.0 & Sources::from(source).0 != 0
    }

    /// Returns the set without the source.
    #[must_use]
    pub fn without(self, source: Source) -> Sources {
        Sources(self.0 & !Sources::from(source).0)
    }

    /// Returns the sources to collect for these: the caller and the account's alias, which every
    /// report shows, and the sources that guide others. A quick run makes no calls per user.
    #[must_use]
    pub fn needed(self, quick: bool) -> Sources {
        let mut needed = Sources::from_iter([Source::CallerIdentity, Source::AccountAliases]);
        for source in self.iter() {
            if !(quick && source.definition().per_user) {
                needed |= source.into();
                needed |= source.guides().iter().copied().collect();
            }
        }
        needed
    }

    /// Returns the IAM actions that collecting these sources [needs](Sources::needed), sorted. A
    /// policy that allows them on every resource is the smallest that leaves no gap.
    ///
    /// GetCallerIdentity needs no permission: AWS answers it even if a policy denies it.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    pub fn actions(self, quick: bool) -> Vec<&'static str> {
        let mut actions = Vec::new();
        for source in self.needed(quick).iter() {
            if source != Source::CallerIdentity {
                actions.extend(source.actions());
            }
        }
        actions.sort_unstable();
        actions
    }

    /// Returns the sources in the order of [`Source::every`].
    pub fn iter(self) -> impl Iterator<Item = Source> {
        Source::every().filter(move |&source| self.contains(source))
    }
}

impl From<Source> for Sources {
    fn from(source: Source) -> Sources {
        Sources(1 << source as u32)
    }
}

impl BitOr for Sources {
    type Output = Sources;
    fn bitor(self, other: Sources) -> Sources {
        Sources(self.0 | other.0)
    }
}

impl BitOrAssign for Sources {
    fn bitor_assign(&mut self, other: Sources) {
        *self = *self | other;
    }
}

impl FromIterator<Source> for Sources {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Sources {
        sources
            .into_iter()
            .fold(Sources::NONE, |set, source| set | source.into())
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serialised_form() {
        for source in Source::ALL {
            assert_eq!(serde_json::to_value(source).unwrap(), source.name());
            assert_eq!(Source::from_name(source.name()), Some(source));
        }
    }

    #[test]
    fn an_action_is_a_service_and_an_operation() {
        let source = Source::AccessAnalyzers;
        assert_eq!(source.action(), "access-analyzer:ListAnalyzers");
        assert_eq!((source.service(), source.operation()), ("access-analyzer", "ListAnalyzers"));
        for source in Source::ALL {
            assert!(!source.service().is_empty() && !source.operation().is_empty(), "{source}");
        }
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let set = Sources::from_iter([Source::MfaDevices, Source::CredentialReport]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Source::CredentialReport, Source::MfaDevices]);
        assert!(Sources::NONE.is_empty() && !set.is_empty());
    }

    #[test]
    fn sources_come_with_those_that_guide_them() {
        let keys = Sources::from(Source::AccessKeys);
        let expected = [
            "iam:GenerateCredentialReport",
            "iam:GetCredentialReport",
            "iam:ListAccessKeys",
            "iam:ListAccountAliases",
        ];
        assert_eq!(keys.actions(false), expected);
        assert_eq!(keys.actions(true), ["iam:ListAccountAliases"]);
        let devices = Sources::from(Source::MfaDevices).needed(false);
        assert!(devices.contains(Source::VirtualMfaDevices));
    }

    #[test]
    fn no_action_is_given_twice() {
        let all = Sources::from_iter(Source::ALL).actions(false);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
        assert_eq!(all.len(), 21);
    }

    /// As botocore's list of endpoints has them, and
    /// <https://docs.aws.amazon.com/general/latest/gr/account-service.html>.
    #[test]
    fn not_every_partition_has_every_endpoint() {
        for (partition, contacts, analyzers) in [
            ("aws", true, true),
            ("aws-cn", true, true),
            ("aws-us-gov", false, true),
            ("aws-iso", false, false),
            ("aws-iso-b", false, false),
            ("aws-iso-e", false, true),
            ("aws-iso-f", false, true),
            ("aws-eusc", false, true),
            ("aws-new", true, true),
            ("", true, true),
        ] {
            let offered = |source: Source| source.is_offered_in(partition);
            assert_eq!(offered(Source::AlternateContacts), contacts, "{partition}");
            assert_eq!(offered(Source::AccessAnalyzers), analyzers, "{partition}");
            assert!(offered(Source::Organization), "{partition}");
        }
    }
}
