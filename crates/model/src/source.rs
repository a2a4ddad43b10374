//! Where facts come from: one source a bundle file, and sets of them.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the sources: the name of each, and the IAM actions that allow its calls. The first is that
/// of the call which its gaps name.
macro_rules! sources {
    ($( $(#[doc = $doc:literal])+ $source:ident = $name:literal, $($action:literal),+; )+) => {
        /// One part of a bundle: the answer to one AWS call, under the name of its AWS CLI command.
        #[derive(
            Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Source {
            $( $(#[doc = $doc])+ #[serde(rename = $name)] $source, )+
        }

        impl Source {
            /// Every source, in the order in which a bundle lists them.
            pub const ALL: [Source; [$($name),+].len()] = [$(Source::$source),+];

            /// The name in reports, and of the bundle file without its ending: `credential-report`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Source::$source => $name, )+ }
            }

            /// The IAM actions that allow its calls: first `iam:GetCredentialReport`.
            #[must_use]
            pub fn actions(self) -> &'static [&'static str] {
                match self { $( Source::$source => &[$($action),+], )+ }
            }
        }
    };
}

sources! {
    /// Who asks: STS GetCallerIdentity.
    CallerIdentity = "caller-identity", "sts:GetCallerIdentity";
    /// The account's alias: IAM ListAccountAliases.
    AccountAliases = "account-aliases", "iam:ListAccountAliases";
    /// Users' passwords, keys and MFA, up to four hours old: IAM GetCredentialReport.
    CredentialReport =
        "credential-report", "iam:GetCredentialReport", "iam:GenerateCredentialReport";
    /// Counts and root flags: IAM GetAccountSummary.
    AccountSummary = "account-summary", "iam:GetAccountSummary";
    /// The account's own password policy: IAM GetAccountPasswordPolicy.
    AccountPasswordPolicy = "account-password-policy", "iam:GetAccountPasswordPolicy";
    /// Virtual MFA devices, assigned or not: IAM ListVirtualMFADevices.
    VirtualMfaDevices = "virtual-mfa-devices", "iam:ListVirtualMFADevices";
    /// Users, groups, roles and policies: IAM GetAccountAuthorizationDetails.
    AccountAuthorizationDetails =
        "account-authorization-details", "iam:GetAccountAuthorizationDetails";
    /// Key ids and creation dates of single users: IAM ListAccessKeys.
    AccessKeys = "access-keys", "iam:ListAccessKeys";
    /// MFA devices of single users, of every kind: IAM ListMFADevices.
    MfaDevices = "mfa-devices", "iam:ListMFADevices";
    /// Credentials for CodeCommit, Keyspaces, Bedrock and the like: IAM ListServiceSpecificCredentials.
    ServiceSpecificCredentials =
        "service-specific-credentials", "iam:ListServiceSpecificCredentials";
    /// TLS certificates kept in IAM: IAM ListServerCertificates.
    ServerCertificates = "server-certificates", "iam:ListServerCertificates";
    /// SAML providers with their metadata: IAM ListSAMLProviders and GetSAMLProvider.
    SamlProviders = "saml-providers", "iam:ListSAMLProviders", "iam:GetSAMLProvider";
    /// OIDC providers: IAM ListOpenIDConnectProviders and GetOpenIDConnectProvider.
    OpenIdConnectProviders =
        "open-id-connect-providers", "iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider";
    /// Access analyzers of the regions in use: Access Analyzer ListAnalyzers.
    AccessAnalyzers = "access-analyzers", "access-analyzer:ListAnalyzers";
    /// Billing, operations and security contacts: Account Management GetAlternateContact.
    AlternateContacts = "alternate-contacts", "account:GetAlternateContact";
    /// The organization the account is in: Organizations DescribeOrganization.
    Organization = "organization", "organizations:DescribeOrganization";
    /// Centralized root access of the organization: IAM ListOrganizationsFeatures.
    OrganizationsFeatures = "organizations-features", "iam:ListOrganizationsFeatures";
    /// Requests of partners for temporary access: IAM ListDelegationRequests.
    DelegationRequests = "delegation-requests", "iam:ListDelegationRequests";
    /// Whether the account issues tokens for other services: IAM GetOutboundWebIdentityFederationInfo.
    OutboundWebIdentityFederationInfo =
        "outbound-web-identity-federation-info", "iam:GetOutboundWebIdentityFederationInfo";
}

impl Source {
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
}
