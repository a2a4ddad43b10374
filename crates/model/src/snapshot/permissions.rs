//! Groups, roles and policies: who may do what.

use jiff::Timestamp;

use crate::Fact;
use crate::record::{record, words};

record! {
    /// An IAM group.
    #[from(AccountAuthorizationDetails)]
    pub struct Group {
        /// The name.
        pub name: String,
        /// The ARN, with the path.
        pub arn: String,
        /// The number of users in it.
        pub user_count: Fact<u32>,
        /// Whether it makes its users administrators.
        pub administrator: Fact<bool>,
        /// The ways in which its users can become administrators by it.
        pub escalations: Fact<Vec<Escalation>>,
        /// The ARNs of attached managed policies.
        pub attached_policies: Vec<String>,
        /// The names of inline policies.
        pub inline_policies: Vec<String>,
    }
}

record! {
    /// An IAM role.
    #[from(AccountAuthorizationDetails)]
    pub struct Role {
        /// The name.
        pub name: String,
        /// The ARN, with the path.
        pub arn: String,
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
        /// Whether an AWS service made it for itself.
        pub service_linked: bool,
        /// Whether IAM Identity Center made it.
        pub sso_reserved: bool,
        /// Whether its policies allow every action on every resource.
        pub administrator: Fact<bool>,
        /// The ways in which it can become an administrator without being one; none for a
        /// service-linked role, which only its service can use.
        pub escalations: Fact<Vec<Escalation>>,
        /// The ARNs of attached managed policies.
        pub attached_policies: Vec<String>,
        /// The names of inline policies.
        pub inline_policies: Vec<String>,
        /// The statements of its trust policy that let anyone assume it, with no condition that narrows this.
        pub open_statements: Fact<Vec<String>>,
        /// The other accounts that may assume it, or whose principals may.
        pub foreign_accounts: Fact<Vec<String>>,
        /// Those of them that need no external id, no MFA and no membership of an organization.
        pub unguarded_foreign_accounts: Fact<Vec<String>>,
        /// The services that may assume it, could say for whom they act, and are not asked.
        pub unguarded_services: Fact<Vec<String>>,
        /// The shared OIDC issuers that may assume it without the claim that tells their tenants apart.
        pub unguarded_oidc_issuers: Fact<Vec<String>>,
    }
}

words! {
    /// Where a policy document lives.
    pub enum PolicyKind {
        /// A managed policy of the account.
        CustomerManaged = "customer-managed",
        /// A managed policy of AWS.
        AwsManaged = "aws-managed",
        /// A policy inside a user, group or role.
        Inline = "inline",
    }
}

words! {
    /// Actions that do harm when they are allowed on every resource.
    pub enum WatchedAction {
        /// Become another role.
        AssumeRole = "sts:AssumeRole",
        /// Decrypt with any key.
        Decrypt = "kms:Decrypt",
        /// Decrypt with any key and encrypt with one's own.
        ReEncryptFrom = "kms:ReEncryptFrom",
        /// Buy in the Marketplace.
        Subscribe = "aws-marketplace:Subscribe",
    }
}

record! {
    /// A policy: its default version, if it is managed.
    #[from(AccountAuthorizationDetails)]
    pub struct Policy {
        /// The ARN; of an inline policy the owner's ARN, `/policy/`, and the name.
        pub resource_id: String,
        /// The name.
        pub name: String,
        /// `customer-managed`, `aws-managed` or `inline`.
        pub kind: PolicyKind,
        /// The ARNs of users, groups and roles that it is attached to or inside of.
        pub attached_to: Vec<String>,
        /// Whether it is attached to anything, or inside of it.
        pub attached: bool,
        /// Whether it serves as a permissions boundary and is not attached to anything.
        pub boundary_only: bool,
        /// Whether it allows every action on every resource.
        pub allows_everything: Fact<bool>,
        /// The services of which it allows every action on every resource by a `service:*` of its own,
        /// or `all but …` where it does so by a NotAction of one.
        pub service_wildcards: Fact<Vec<String>>,
        /// The services of which it allows every action on some resource by a `service:*` of its own.
        pub full_services: Fact<Vec<String>>,
        /// The statements that allow by NotAction.
        pub not_action_allows: Fact<Vec<String>>,
        /// The watched actions that it allows on every resource.
        pub actions_on_everything: Fact<Vec<WatchedAction>>,
        /// The statements that allow to pass any role to any service.
        pub pass_any_role: Fact<Vec<String>>,
        /// The ways to become an administrator that this policy alone grants, without allowing everything.
        pub escalations: Fact<Vec<Escalation>>,
        /// The statements with policy variables that are literals, for want of version 2012-10-17.
        pub ignored_variables: Fact<Vec<String>>,
        /// Those of them that deny, or that allow by NotResource, so that they stop protecting.
        pub ignored_protections: Fact<Vec<String>>,
    }
}

record! {
    /// A way to become an administrator.
    #[from(AccountAuthorizationDetails)]
    pub struct Escalation {
        /// The method's id, as `rules/escalations.toml` has it.
        pub method: String,
        /// What it does, in a few words.
        pub title: String,
        /// The ARN of the principal that it leads through, an administrator or on the way to become
        /// one; null: it needs none, or may choose among many.
        pub target: Option<String>,
        /// The statements that grant it, one for each action it needs; where it assumes a role, the
        /// statement of the trust policy too.
        pub grants: Vec<Grant>,
    }
}

record! {
    /// A statement that allows an action.
    #[from(AccountAuthorizationDetails)]
    pub struct Grant {
        /// The action, such as `iam:PassRole`.
        pub action: String,
        /// The identity of the policy; see `Policy.resource_id`. Of a trust policy: the role's ARN.
        pub policy: String,
        /// The statement: its number from 1, and its Sid if it has one.
        pub statement: String,
        /// Whether the statement has conditions, or that of the permissions boundary which lets it pass.
        pub conditional: bool,
    }
}
