//! The account as a whole, and its regions.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::record::{record, words};
use crate::{Fact, Resource};

record! {
    /// The account as a whole.
    #[from(CallerIdentity)]
    pub struct Account {
        /// The account's 12-digit id, or `unknown`.
        pub id: String,
        /// The partition from the caller's ARN: `aws`, `aws-cn`, `aws-us-gov`, or `unknown`.
        #[shown(Text)]
        pub partition: String,
        /// The account alias; null if it has none.
        #[from(AccountAliases)]
        pub alias: Fact<Option<String>>,
        /// The ARN of the identity that collected the facts.
        pub caller: Fact<String>,
        /// When AWS made the credential report that the facts come from.
        #[from(CredentialReport)]
        pub report_generated_at: Fact<Timestamp>,
        /// The age of the credential report, in hours.
        #[from(CredentialReport)]
        pub report_age_hours: Fact<f64>,
        /// The number of IAM users.
        #[from(CredentialReport, AccountAuthorizationDetails)]
        pub user_count: Fact<u32>,
        /// The number of IAM users with a console password.
        #[from(CredentialReport, AccountAuthorizationDetails)]
        pub console_user_count: Fact<u32>,
        /// Whether any IAM user has a console password.
        #[from(CredentialReport, AccountAuthorizationDetails)]
        pub has_console_users: Fact<bool>,
        /// The password policy in force: the account's own, or AWS's default.
        #[from(AccountPasswordPolicy)]
        pub password_policy: Fact<PasswordPolicy>,
        /// The version of the tokens that the global STS endpoint issues: 1 or 2; null: the
        /// partition has no global endpoint.
        #[from(AccountSummary)]
        pub sts_token_version: Fact<Option<u32>>,
        /// The kinds of alternate contacts that are set: `billing`, `operations`, `security`, if
        /// all were requested; null: AWS does not offer them in the partition.
        #[from(AlternateContacts)]
        #[shown(Text)]
        pub alternate_contacts: Fact<Option<Vec<String>>>,
        /// Whether there is an alternate contact for security; null: AWS does not offer them.
        #[from(AlternateContacts)]
        pub has_security_contact: Fact<Option<bool>>,
        /// Whether all three kinds are set, each with an email address of its own; null: AWS does
        /// not offer them.
        #[from(AlternateContacts)]
        pub has_separate_contacts: Fact<Option<bool>>,
        /// The id of the organization; null: the account belongs to none.
        #[from(Organization)]
        pub organization_id: Fact<Option<String>>,
        /// Whether it is the management account of an organization.
        #[from(Organization)]
        pub is_management_account: Fact<bool>,
        /// Whether root credentials of member accounts are managed centrally; null: only the
        /// management account and the delegated administrator for IAM can see this, and this account is
        /// neither.
        #[from(OrganizationsFeatures)]
        pub root_credentials_managed: Fact<Option<bool>>,
        /// The delegation requests of partners that were approved and have not expired, sorted by
        /// id.
        #[from(DelegationRequests)]
        pub open_partner_delegations: Fact<Vec<PartnerDelegation>>,
        /// The URL under which the account issues tokens for services outside AWS; null: it issues
        /// none.
        #[from(OutboundWebIdentityFederationInfo)]
        pub web_identity_issuer: Fact<Option<String>>,
        /// The number of SAML providers.
        #[from(SamlProviders)]
        pub saml_provider_count: Fact<u32>,
        /// Whether people can come in through a SAML provider: one whose metadata has not expired.
        #[from(SamlProviders)]
        pub saml_federation: Fact<bool>,
        /// The number of OIDC providers.
        #[from(OpenIdConnectProviders)]
        pub oidc_provider_count: Fact<u32>,
        /// Whether IAM Identity Center has created a role in the account.
        #[from(AccountAuthorizationDetails)]
        pub identity_center: Fact<bool>,
        /// The ARNs of roles, users, and groups with users that AWSSupportAccess is attached to.
        #[from(AccountAuthorizationDetails)]
        pub support_principals: Fact<Vec<String>>,
        /// The ARNs of roles that SecurityAudit is attached to.
        #[from(AccountAuthorizationDetails)]
        pub security_audit_roles: Fact<Vec<String>>,
    }
}

words! {
    /// The state of an approved delegation request.
    pub enum DelegationState {
        /// It is approved; the partner has no token yet.
        Accepted = "accepted",
        /// The partner has been given the token.
        Finalized = "finalized",
    }
}

impl Resource for Account {
    /// Returns an ARN-shaped id, which cannot be the ARN of a resource: AWS has no ARN for an
    /// account itself.
    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(format!("arn:{}:iam::{}:account", self.partition, self.id))
    }

    fn name(&self) -> &str {
        match &self.alias {
            Fact::Known(Some(alias)) => alias,
            _ => &self.id,
        }
    }
}

record! {
    /// An approved request of an AWS partner for temporary access to the account.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html>
    #[from(DelegationRequests)]
    pub struct PartnerDelegation {
        /// The id that AWS gave it.
        pub id: String,
        /// The partner's name; where AWS gives none, the id of its account.
        pub requestor: String,
        /// The ARN of the approver; null: AWS does not say.
        pub approver: Option<String>,
        /// `accepted`, or `finalized` once the partner has been given the token.
        pub state: DelegationState,
        /// When it expires; null: AWS does not say.
        pub expires: Option<Timestamp>,
    }
}

record! {
    /// The password policy in force for IAM users.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
    #[from(AccountPasswordPolicy)]
    pub struct PasswordPolicy {
        /// Whether the account has a policy of its own; false: AWS's default policy is in force.
        pub custom: bool,
        /// The minimum number of characters; 8 in AWS's default.
        pub min_length: u32,
        /// Whether every password needs an uppercase letter. AWS's default requires any three of
        /// the four kinds.
        pub require_uppercase: bool,
        /// Whether every password needs a lowercase letter.
        pub require_lowercase: bool,
        /// Whether every password needs a digit.
        pub require_numbers: bool,
        /// Whether every password needs a symbol.
        pub require_symbols: bool,
        /// Whether users may change their own password; null in AWS's default, which does not say.
        pub users_may_change: Option<bool>,
        /// The number of days after which passwords expire; null: never.
        pub max_age_days: Option<u32>,
        /// How many previous passwords cannot be reused; 0: none.
        pub reuse_prevention: u32,
        /// Whether an expired password must be reset by an administrator.
        pub hard_expiry: bool,
        /// When the policy was last changed, if the configuration says so; no AWS call does.
        pub changed: Option<Timestamp>,
    }
}

record! {
    /// A region in use: the one that was called, or one where a key or a role was last used.
    #[from(AccessAnalyzers, CredentialReport, AccountAuthorizationDetails)]
    #[resource(id = resource_id, name = name, region = name)]
    pub struct Region {
        /// ARN-shaped identity: AWS has no ARN for a region of an account.
        pub resource_id: String,
        /// The name, such as `eu-central-1`.
        #[shown(Text)]
        pub name: String,
        /// The names of active external access analyzers, including those of the organization;
        /// null: AWS does not offer any in the partition.
        #[from(AccessAnalyzers)]
        pub external_access_analyzers: Fact<Option<Vec<String>>>,
    }
}
