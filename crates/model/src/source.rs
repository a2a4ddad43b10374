//! Where facts come from: one source a bundle file, and sets of them.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One part of a bundle: the answer to one AWS call, under the name of its AWS CLI command.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Who asks: STS GetCallerIdentity.
    CallerIdentity,
    /// The account's alias: IAM ListAccountAliases.
    AccountAliases,
    /// Users' passwords, keys and MFA, up to four hours old: IAM GetCredentialReport.
    CredentialReport,
    /// Counts and root flags: IAM GetAccountSummary.
    AccountSummary,
    /// The account's own password policy: IAM GetAccountPasswordPolicy.
    AccountPasswordPolicy,
    /// Virtual MFA devices, assigned or not: IAM ListVirtualMFADevices.
    VirtualMfaDevices,
    /// Users, groups, roles and policies: IAM GetAccountAuthorizationDetails.
    AccountAuthorizationDetails,
    /// Key ids and creation dates of single users: IAM ListAccessKeys.
    AccessKeys,
    /// MFA devices of single users, of every kind: IAM ListMFADevices.
    MfaDevices,
    /// Credentials for CodeCommit, Keyspaces, Bedrock and the like: IAM ListServiceSpecificCredentials.
    ServiceSpecificCredentials,
    /// TLS certificates kept in IAM: IAM ListServerCertificates.
    ServerCertificates,
    /// SAML providers with their metadata: IAM ListSAMLProviders and GetSAMLProvider.
    SamlProviders,
    /// OIDC providers: IAM ListOpenIDConnectProviders and GetOpenIDConnectProvider.
    OpenIdConnectProviders,
    /// Access analyzers of the regions in use: Access Analyzer ListAnalyzers.
    AccessAnalyzers,
    /// Billing, operations and security contacts: Account Management GetAlternateContact.
    AlternateContacts,
    /// The organization the account is in: Organizations DescribeOrganization.
    Organization,
    /// Centralized root access of the organization: IAM ListOrganizationsFeatures.
    OrganizationsFeatures,
    /// Requests of partners for temporary access: IAM ListDelegationRequests.
    DelegationRequests,
    /// Whether the account issues tokens for other services: IAM GetOutboundWebIdentityFederationInfo.
    OutboundWebIdentityFederationInfo,
}

impl Source {
    /// Every source, in the order in which a bundle lists them.
    pub const ALL: [Source; 19] = [
        Source::CallerIdentity,
        Source::AccountAliases,
        Source::CredentialReport,
        Source::AccountSummary,
        Source::AccountPasswordPolicy,
        Source::VirtualMfaDevices,
        Source::AccountAuthorizationDetails,
        Source::AccessKeys,
        Source::MfaDevices,
        Source::ServiceSpecificCredentials,
        Source::ServerCertificates,
        Source::SamlProviders,
        Source::OpenIdConnectProviders,
        Source::AccessAnalyzers,
        Source::AlternateContacts,
        Source::Organization,
        Source::OrganizationsFeatures,
        Source::DelegationRequests,
        Source::OutboundWebIdentityFederationInfo,
    ];

    /// The name in reports, and of the bundle file without its ending: `credential-report`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Source::CallerIdentity => "caller-identity",
            Source::AccountAliases => "account-aliases",
            Source::CredentialReport => "credential-report",
            Source::AccountSummary => "account-summary",
            Source::AccountPasswordPolicy => "account-password-policy",
            Source::VirtualMfaDevices => "virtual-mfa-devices",
            Source::AccountAuthorizationDetails => "account-authorization-details",
            Source::AccessKeys => "access-keys",
            Source::MfaDevices => "mfa-devices",
            Source::ServiceSpecificCredentials => "service-specific-credentials",
            Source::ServerCertificates => "server-certificates",
            Source::SamlProviders => "saml-providers",
            Source::OpenIdConnectProviders => "open-id-connect-providers",
            Source::AccessAnalyzers => "access-analyzers",
            Source::AlternateContacts => "alternate-contacts",
            Source::Organization => "organization",
            Source::OrganizationsFeatures => "organizations-features",
            Source::DelegationRequests => "delegation-requests",
            Source::OutboundWebIdentityFederationInfo => "outbound-web-identity-federation-info",
        }
    }

    /// The API operation that answers it: `GetCredentialReport`.
    #[must_use]
    pub fn operation(self) -> &'static str {
        match self {
            Source::CallerIdentity => "GetCallerIdentity",
            Source::AccountAliases => "ListAccountAliases",
            Source::CredentialReport => "GetCredentialReport",
            Source::AccountSummary => "GetAccountSummary",
            Source::AccountPasswordPolicy => "GetAccountPasswordPolicy",
            Source::VirtualMfaDevices => "ListVirtualMFADevices",
            Source::AccountAuthorizationDetails => "GetAccountAuthorizationDetails",
            Source::AccessKeys => "ListAccessKeys",
            Source::MfaDevices => "ListMFADevices",
            Source::ServiceSpecificCredentials => "ListServiceSpecificCredentials",
            Source::ServerCertificates => "ListServerCertificates",
            Source::SamlProviders => "ListSAMLProviders",
            Source::OpenIdConnectProviders => "ListOpenIDConnectProviders",
            Source::AccessAnalyzers => "ListAnalyzers",
            Source::AlternateContacts => "GetAlternateContact",
            Source::Organization => "DescribeOrganization",
            Source::OrganizationsFeatures => "ListOrganizationsFeatures",
            Source::DelegationRequests => "ListDelegationRequests",
            Source::OutboundWebIdentityFederationInfo => "GetOutboundWebIdentityFederationInfo",
        }
    }

    /// The service prefix of its actions in IAM policies: `iam`.
    #[must_use]
    pub fn service(self) -> &'static str {
        match self {
            Source::CallerIdentity => "sts",
            Source::AccessAnalyzers => "access-analyzer",
            Source::AlternateContacts => "account",
            Source::Organization => "organizations",
            _ => "iam",
        }
    }

    /// The IAM action that allows the operation: `iam:GetCredentialReport`.
    #[must_use]
    pub fn action(self) -> String {
        format!("{}:{}", self.service(), self.operation())
    }

    /// The source of that [name](Source::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.name() == name)
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
pub struct Sources(u32);

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

    /// The sources, in the order of [`Source::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Source> {
        Source::ALL.into_iter().filter(move |&source| self.contains(source))
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
    fn sets_hold_what_was_put_in() {
        let set = Sources::from_iter([Source::MfaDevices, Source::CredentialReport]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Source::CredentialReport, Source::MfaDevices]);
        assert!(Sources::NONE.is_empty() && !set.is_empty());
    }
}
