//! Ways from one account into others of the same owner.

use crate::record::record;
use crate::{Certainty, Fact, PrincipalKind};

record! {
    /// A user or role that may assume roles in other accounts, by itself or as somebody of its account whom it can
    /// become, and is not an administrator in its own. It is known only where several accounts are audited together.
    #[from(AccountAuthorizationDetails)]
    #[resource(id = arn, name = name)]
    pub struct Crossing {
        /// The ARN.
        pub arn: String,
        /// The name.
        pub name: String,
        /// `user` or `role`.
        pub kind: PrincipalKind,
        /// The roles in reach that are administrators of their accounts, or can become one: the
        /// certain ones first, then by ARN.
        #[from(AccountAuthorizationDetails, Organization)]
        pub roles: Fact<Vec<ReachedRole>>,
        /// The ids of the accounts from which something could not be read that would decide whether
        /// there are more roles.
        pub unread_accounts: Vec<String>,
    }
}

record! {
    /// A role that a principal of another account may assume.
    #[from(AccountAuthorizationDetails, Organization)]
    pub struct ReachedRole {
        /// The ARN.
        pub arn: String,
        /// The name.
        pub name: String,
        /// The id of its account.
        pub account: String,
        /// Whether it is an administrator there; false: it can become one.
        pub administrator: bool,
        /// `certain` without conditions; `conditional` on something that the facts do not show.
        pub certainty: Certainty,
        /// The condition keys on which it depends.
        #[shown(Nothing)]
        pub conditions: Vec<String>,
        /// The ARNs of the users and roles that are taken over or assumed before it, in their order.
        pub via: Vec<String>,
        /// All that this takes, as a phrase that completes "it may …".
        #[shown(Nothing)]
        pub way: String,
    }
}
