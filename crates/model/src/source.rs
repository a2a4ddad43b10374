//! Where facts come from: one source per bundle file, and sets of sources.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked for a source, and how.
struct Definition {
    /// The IAM actions that allow its calls. The first is that of the call which its gaps name.
    actions: &'static [&'static str],
    /// The sources that name whom or where to ask, or that its answer cannot be read without.
    guides: &'static [Source],
    /// Whether a call is made for each user.
    per_user: bool,
    /// The partitions where AWS does not offer it.
    not_in: &'static [&'static str],
}

/// One call, the same in every partition.
const DEFAULTS: Definition = Definition { actions: &[], guides: &[], per_user: false, not_in: &[] };

/// Declares the sources: those of every bundle, and those that are there on request. Of each, its name, and
/// what differs from [`DEFAULTS`].
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
            /// Every source of a bundle, in the order in which it lists them.
            pub const ALL: [Source; [$($name),+].len()] = [$(Source::$source),+];
            /// Those that are in a bundle only if they were asked for, and whose absence is not a gap.
            pub const ON_REQUEST: [Source; [$($title),+].len()] = [$(Source::$other),+];

            /// The name in reports, and of the bundle file without its ending: `credential-report`.
            #[must_use]
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
    /// Who asks: STS GetCallerIdentity.
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
    /// Key ids and creation dates of single users: IAM ListAccessKeys.
    AccessKeys = "access-keys" {
        actions: &["iam:ListAccessKeys"],
        guides: &[Source::CredentialReport], // the users with keys
        per_user: true,
    }
    /// MFA devices of single users, of every kind: IAM ListMFADevices.
    MfaDevices = "mfa-devices" {
        actions: &["iam:ListMFADevices"],
        // The users with MFA, and those with a virtual device since the report.
        guides: &[Source::CredentialReport, Source::VirtualMfaDevices],
        per_user: true,
    }
    /// Credentials for CodeCommit, Keyspaces, Bedrock and the like: IAM ListServiceSpecificCredentials.
    ServiceSpecificCredentials = "service-specific-credentials" {
        actions: &["iam:ListServiceSpecificCredentials"],
        // The paths of the users, which belong to the identity of their credentials.
        guides: &[Source::AccountAuthorizationDetails],
    }
    /// TLS certificates kept in IAM: IAM ListServerCertificates.
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
    /// Requests of partners for temporary access: IAM ListDelegationRequests.
    DelegationRequests = "delegation-requests" { actions: &["iam:ListDelegationRequests"] }
    /// Whether the account issues tokens for other services: IAM GetOutboundWebIdentityFederationInfo.
    OutboundWebIdentityFederationInfo = "outbound-web-identity-federation-info" {
        actions: &["iam:GetOutboundWebIdentityFederationInfo"],
    }

    on request:
    /// What root of a member account signs in with, seen in a session as root: STS AssumeRoot.
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
    /// Events of sign-ins and credentials: CloudTrail's logs, and its LookupEvents.
    CloudTrail = "cloudtrail" { actions: &["cloudtrail:LookupEvents"] }
}

impl Source {
    /// Every source: those of every bundle, then those on request.
    pub fn every() -> impl Iterator<Item = Source> {
        Source::ALL.into_iter().chain(Source::ON_REQUEST)
    }

    /// The IAM actions that allow its calls: first `iam:GetCredentialReport`.
    #[must_use]
    pub fn actions(self) -> &'static [&'static str] {
        self.definition().actions
    }

    /// The IAM action that allows the operation: `iam:GetCredentialReport`.
    #[must_use]
    pub fn action(self) -> &'static str {
        self.actions()[0]
    }

    /// The API operation that answers it: `GetCredentialReport`.
    #[must_use]
    pub fn operation(self) -> &'static str {
        self.action().split_once(':').map_or("", |(_, operation)| operation)
    }

    /// The service prefix of its actions in IAM policies: `iam`.
    #[must_use]
    pub fn service(self) -> &'static str {
        self.action().split_once(':').map_or("", |(service, _)| service)
    }

    /// The sources that are asked first: they name whom or where to ask, or its answer cannot be read
    /// without them.
    #[must_use]
    pub fn guides(self) -> &'static [Source] {
        self.definition().guides
    }

    /// Whether AWS answers the call in that partition. One that is not known has every call.
    #[must_use]
    pub fn is_offered_in(self, partition: &str) -> bool {
        !self.definition().not_in.contains(&partition)
    }

    /// The source of that [name](Source::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Source> {
        Source::every().find(|source| source.name() == name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of sources: what a missing fact or an unknown verdict would have needed.
///
/// The empty set stands for a defect: something has no value though nothing was missing.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Sources(u128);

impl Sources {
    /// No source: see the type's own words on what that means for an unknown.
    pub const NONE: Sources = Sources(0);

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set holds that source.
    #[must_use]
    pub fn contains(self, source: Source) -> bool {
        self.0 & Sources::from(source).0 != 0
    }

    /// The same, but for that source.
    #[must_use]
    pub fn without(self, source: Source) -> Sources {
        Sources(self.0 & !Sources::from(source).0)
    }

    /// The sources that are asked for in order to have these: who asks and which account it is, which
    /// every report names, and what guides the calls. A quick run makes no call per user.
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

    /// The IAM actions that collecting these sources [needs](Sources::needed), sorted: a policy that
    /// allows them on every resource is the least that leaves no gap.
    ///
    /// GetCallerIdentity needs none: AWS answers it whatever a policy says, even a denying one.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    #[must_use]
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

    /// The sources, in the order of [`Source::every`].
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
        sources.into_iter().fold(Sources::NONE, |set, source| set | source.into())
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
