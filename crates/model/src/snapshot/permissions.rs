//! Groups, roles and policies, and what they permit.

use jiff::Timestamp;

use crate::Fact;
use crate::record::{record, words};

words! {
    /// The kind of a principal.
    pub enum PrincipalKind {
        /// An IAM user.
        User = "user",
        /// An IAM group, which grants its permissions to its users.
        Group = "group",
        /// An IAM role.
        Role = "role",
    }
}

record! {
    /// An IAM group.
    #[from(AccountAuthorizationDetails)]
    #[resource(id = arn, name = name)]
    pub struct Group {
        /// The name.
        pub name: String,
        /// The ARN, with the path.
        pub arn: String,
        /// Which kind of principal it is.
        pub kind: PrincipalKind,
        /// The number of users in it.
        pub user_count: Fact<u32>,
        /// Whether it makes its users administrators.
        pub administrator: Fact<bool>,
        /// The condition keys on which that depends; empty: on none.
        #[shown(Nothing)]
        pub administrator_depends_on: Fact<Vec<String>>,
        /// The ways in which its users can become administrators through it.
        #[from(AccountAuthorizationDetails, Organization)]
        pub escalations: Fact<Vec<Escalation>>,
        /// The ids of its policies with a Deny that prevents an escalation and that its users can
        /// remove.
        #[from(AccountAuthorizationDetails, Organization)]
        pub removable_guards: Fact<Vec<String>>,
        /// The ARNs of attached managed policies.
        pub attached_policies: Fact<Vec<String>>,
        /// The names of inline policies.
        pub inline_policies: Vec<String>,
    }
}

record! {
    /// An IAM role.
    #[from(AccountAuthorizationDetails)]
    #[resource(id = arn, name = name)]
    pub struct Role {
        /// The name.
        pub name: String,
        /// The ARN, with the path.
        pub arn: String,
        /// Which kind of principal it is.
        pub kind: PrincipalKind,
        /// The path, such as `/` or `/service-role/`.
        pub path: String,
        /// When it was created.
        pub created: Fact<Timestamp>,
        /// Days since it was created.
        pub age_days: Fact<f64>,
        /// When it was last used; null: not in the last 400 days.
        pub last_used: Fact<Option<Timestamp>>,
        /// Days since it was last used; null: not in the last 400 days.
        pub idle_days: Fact<Option<f64>>,
        /// Whether an AWS service created it for itself.
        pub service_linked: bool,
        /// Whether IAM Identity Center created it.
        pub sso_reserved: bool,
        /// Whether its policies allow every IAM action on every resource.
        pub administrator: Fact<bool>,
        /// The condition keys on which that depends; empty: on none.
        #[shown(Nothing)]
        pub administrator_depends_on: Fact<Vec<String>>,
        /// The ways in which it can become an administrator if it is not one; none for a
        /// service-linked role, which only its service can use.
        #[from(AccountAuthorizationDetails, Organization)]
        pub escalations: Fact<Vec<Escalation>>,
        /// The ids of policies with a Deny that prevents an escalation and that the role can
        /// remove.
        #[from(AccountAuthorizationDetails, Organization)]
        pub removable_guards: Fact<Vec<String>>,
        /// The ARNs of attached managed policies.
        pub attached_policies: Fact<Vec<String>>,
        /// The names of inline policies.
        pub inline_policies: Vec<String>,
        /// The names of the instance profiles that contain it.
        pub instance_profiles: Vec<String>,
        /// The statements of its trust policy that let anyone assume it, with no condition that
        /// narrows this.
        #[shown(Statement)]
        pub open_statements: Fact<Vec<String>>,
        /// Other accounts and organizations whose principals may assume it; the account's own
        /// organization, its management account, and accounts whose principals must belong to it
        /// are left out.
        #[from(AccountAuthorizationDetails, Organization)]
        pub external_accounts: Fact<Vec<ExternalAccount>>,
        /// Those of them that need no external ID, no MFA and no membership of the account's own
        /// organization.
        #[from(AccountAuthorizationDetails, Organization)]
        pub external_accounts_without_external_id: Fact<Vec<ExternalAccount>>,
        /// The ids of the account's own organization, of its management account, and of accounts
        /// whose principals must belong to it, if these may assume it.
        #[from(AccountAuthorizationDetails, Organization)]
        pub organization_accounts: Fact<Vec<String>>,
        /// The services that may assume it and could say for whom they act, but are not asked to.
        #[shown(Text)]
        pub services_not_asked_for_source: Fact<Vec<String>>,
        /// The ids of other accounts and organizations on whose behalf services may assume it.
        #[from(AccountAuthorizationDetails, Organization)]
        pub external_service_sources: Fact<Vec<String>>,
        /// The shared OIDC issuers any of whose tenants may assume it.
        pub issuers_of_any_tenant: Fact<Vec<String>>,
        /// The OIDC issuers of CI systems for which any branch, tag, environment or workflow of a
        /// project may assume it.
        pub issuers_of_any_branch: Fact<Vec<String>>,
        /// The statements that let users of Cognito identity pools who have not signed in assume
        /// it.
        #[shown(Statement)]
        pub cognito_guest_statements: Fact<Vec<String>>,
        /// The ARNs of SAML providers that may assume it with assertions made for services other
        /// than AWS.
        pub saml_providers_without_audience: Fact<Vec<String>>,
        /// The unique ids of deleted users and roles that its trust policy still names.
        pub deleted_principals: Fact<Vec<String>>,
        /// The statements that let the whole management account of the organization assume it.
        #[from(AccountAuthorizationDetails, Organization)]
        #[shown(Statement)]
        pub management_account_statements: Fact<Vec<String>>,
    }
}

words! {
    /// The kind of a policy.
    pub enum PolicyKind {
        /// A managed policy of the account.
        CustomerManaged = "customer-managed",
        /// A managed policy of AWS.
        AwsManaged = "aws-managed",
        /// A policy embedded in a user, group or role.
        Inline = "inline",
    }
}

words! {
    /// Actions that are dangerous if allowed on every resource.
    pub enum WatchedAction {
        /// Become another role.
        AssumeRole = "sts:AssumeRole",
        /// Stop a trail.
        StopLogging = "cloudtrail:StopLogging",
        /// Delete a trail.
        DeleteTrail = "cloudtrail:DeleteTrail",
        /// Redirect a trail, or make it omit events.
        UpdateTrail = "cloudtrail:UpdateTrail",
        /// Choose what a trail records.
        PutEventSelectors = "cloudtrail:PutEventSelectors",
        /// Decrypt with any key.
        Decrypt = "kms:Decrypt",
        /// Decrypt with any key, and encrypt with your own.
        ReEncryptFrom = "kms:ReEncryptFrom",
        /// Subscribe to products in AWS Marketplace.
        Subscribe = "aws-marketplace:Subscribe",
        /// Sign in to the AWS CLI on another device with `aws login`.
        CreateOAuth2Token = "signin:CreateOAuth2Token",
        /// Get a token that proves the identity to any audience outside AWS.
        GetWebIdentityToken = "sts:GetWebIdentityToken",
    }
}

record! {
    /// A policy: its default version, if it is managed.
    #[from(AccountAuthorizationDetails)]
    #[resource(id = resource_id, name = name)]
    pub struct Policy {
        /// The ARN; for an inline policy, the owner's ARN, `/policy/`, and the name.
        pub resource_id: String,
        /// The name.
        pub name: String,
        /// `customer-managed`, `aws-managed` or `inline`.
        pub kind: PolicyKind,
        /// The ARNs of users, groups and roles that it is attached to or embedded in.
        pub attached_to: Vec<String>,
        /// The same users, groups and roles, by kind and name.
        pub holders: Vec<Holder>,
        /// Whether it is attached to, or embedded in, anything.
        pub attached: bool,
        /// Whether it serves as a permissions boundary and is not attached to anything.
        pub boundary_only: bool,
        /// The id of the version in force; null: it is inline, and has no versions.
        #[shown(Text)]
        pub version: Option<String>,
        /// The ids of its other versions.
        #[shown(Text)]
        pub other_versions: Vec<String>,
        /// Whether it allows every action on every resource.
        pub allows_everything: Fact<bool>,
        /// The condition keys on which `allows_everything` depends; empty: on none.
        #[shown(Nothing)]
        pub everything_depends_on: Fact<Vec<String>>,
        /// The statements that allow every action on every resource, whatever their conditions and
        /// the other statements say.
        #[shown(Statement)]
        pub full_statements: Fact<Vec<String>>,
        /// Of the services that it names, those for which it allows every action on every resource;
        /// and `all services` or `all services except …` where it allows others too, but not everything.
        #[shown(Text)]
        pub service_wildcards: Fact<Vec<String>>,
        /// The services whose actions it allows as `service:*`, on whatever resource.
        #[shown(Text)]
        pub wildcard_services: Fact<Vec<String>>,
        /// The statements that allow with NotAction.
        #[shown(Statement)]
        pub not_action_allows: Fact<Vec<String>>,
        /// The watched actions that it allows on every resource.
        pub actions_on_everything: Fact<Vec<WatchedAction>>,
        /// Those of them that it allows only under conditions which the account does not decide.
        pub conditional_actions: Fact<Vec<ConditionalAction>>,
        /// The `actions_on_everything` that it does not allow on some resources which it names, as in a Deny.
        pub actions_with_exceptions: Fact<Vec<WatchedAction>>,
        /// The statements that allow kms:Decrypt or kms:ReEncryptFrom with any key, whatever their
        /// conditions and the other statements say.
        #[shown(Statement)]
        pub decrypt_any_key_statements: Fact<Vec<String>>,
        /// The statements that allow passing any role to any service.
        #[shown(Statement)]
        pub pass_any_role: Fact<Vec<String>>,
        /// The condition keys on which that depends.
        #[shown(Nothing)]
        pub pass_any_role_depends_on: Fact<Vec<String>>,
        /// Whether it does not allow passing some roles which it names, as in a Deny.
        pub pass_any_role_has_exceptions: Fact<bool>,
        /// The ways to become an administrator that this policy alone grants.
        #[from(AccountAuthorizationDetails, Organization)]
        pub escalations: Fact<Vec<Escalation>>,
        /// The statements with policy variables that are treated as literal text because it lacks Version
        /// 2012-10-17.
        #[shown(Statement)]
        pub ignored_variables: Fact<Vec<String>>,
        /// Those among them that deny, or that allow with NotResource, and so no longer protect.
        #[shown(Statement)]
        pub ignored_protections: Fact<Vec<String>>,
        /// What is left of its document, in Version 2012-10-17, without the statements of `full_statements` and
        /// `not_action_allows`, and without the actions of `service_wildcards`, `actions_on_everything`,
        /// `decrypt_any_key_statements`, `pass_any_role` and `escalations`; null: nothing is left, or AWS maintains the policy.
        #[shown(Nothing)]
        pub reduced_document: Fact<Option<String>>,
    }
}

record! {
    /// An action that is allowed under conditions.
    #[from(AccountAuthorizationDetails)]
    pub struct ConditionalAction {
        /// The action.
        pub action: WatchedAction,
        /// The condition keys on which it depends.
        #[shown(Nothing)]
        pub depends_on: Vec<String>,
    }
}

record! {
    /// A user, group or role that has a policy.
    #[from(AccountAuthorizationDetails)]
    pub struct Holder {
        /// `user`, `group` or `role`.
        pub kind: PrincipalKind,
        /// The name.
        pub name: String,
    }
}

words! {
    /// How certain it is that a way works.
    pub enum Certainty {
        /// It works now and without conditions.
        Certain = "certain",
        /// It depends on something that the facts do not show.
        Conditional = "conditional",
        /// It needs something that does not exist yet.
        Possible = "possible",
    }
}

record! {
    /// Another account or organization.
    #[from(AccountAuthorizationDetails, Organization)]
    pub struct ExternalAccount {
        /// The id of the account or organization, the unique id of a principal, or a network: the
        /// id of a VPC or of an endpoint, or a range of addresses.
        pub id: String,
        /// Whether the id is that of an account.
        pub is_account: bool,
        /// The id of the organization that the principals of the account must belong to; null: any
        /// or none.
        pub organization: Option<String>,
    }
}

record! {
    /// A way to become an administrator.
    #[from(AccountAuthorizationDetails, Organization)]
    pub struct Escalation {
        /// The method's id, such as `assume-role`.
        #[shown(Text)]
        pub method: String,
        /// What it does, in a few words.
        #[shown(Text)]
        pub title: String,
        /// The action on the target, such as `iam:PassRole`.
        #[shown(Text)]
        pub action: String,
        /// How sure it is: `certain` now and without conditions; `conditional` on something that
        /// the facts do not show; `possible` once something exists that does not today.
        pub certainty: Certainty,
        /// The ARN of what it acts on: a principal, a policy or a provider; null: nothing that is
        /// known.
        pub target: Option<String>,
        /// What is done, with target and policies, as a phrase that completes "it may …".
        #[shown(Nothing)]
        pub way: String,
        /// What it depends on: condition keys, or what must exist.
        #[shown(Nothing)]
        pub conditions: Vec<String>,
        /// The statements that grant it, one for each action it needs; if it assumes a role, also
        /// the statement of the trust policy.
        pub grants: Vec<Grant>,
    }
}

record! {
    /// A statement that allows an action.
    #[from(AccountAuthorizationDetails)]
    pub struct Grant {
        /// The action, such as `iam:PassRole`.
        #[shown(Text)]
        pub action: String,
        /// The identity of the policy; see `Policy.resource_id`. For a trust policy, the role's
        /// ARN.
        pub policy: String,
        /// The statement: its number from 1, and its Sid if it has one.
        #[shown(Statement)]
        pub statement: String,
        /// Whether the statement, or the one of the permissions boundary that lets it pass, has
        /// conditions.
        pub conditional: bool,
    }
}
