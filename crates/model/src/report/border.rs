//! The border of an account: which principals may assume roles across it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::PrincipalKind;
use crate::record::words;

/// What decides which principals of an account may assume roles in other accounts, and the reverse.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Border {
    /// Whether the account's organization is known.
    pub organization_known: bool,
    /// The id of the organization; none if the account belongs to none, or that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Whether unreadable evidence may hide roles that other accounts may assume.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// The distinct policy documents, reduced to statements about sts:AssumeRole.
    pub documents: Vec<Json>,
    /// The users and roles that may assume roles in other accounts, and the roles that trust
    /// others.
    pub principals: Vec<BorderPrincipal>,
    /// Users and roles of the account that lead out of it, as some of the principals can become them: each set of
    /// steps once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub home_steps: Vec<Vec<HomeStep>>,
    /// What these steps take, as phrases that complete "it may …", with `{target}` for the name of whom one becomes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<String>,
}

/// A user or role that may assume roles in other accounts, or a role that trusts others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BorderPrincipal {
    /// `user` or `role`.
    pub kind: PrincipalKind,
    /// The ARN.
    pub arn: String,
    /// How the principal of that ARN changes what it has, to be as it is described here; none: it is so today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// The unique id, such as `AROA…`, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<String>,
    /// The tags; none if they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// The indices of its identity policies in `documents`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<usize>,
    /// The index of its permissions boundary in `documents`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<usize>,
    /// The index of its trust policy in `documents`, if that trusts others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<usize>,
    /// The index, among the home steps, of the roles that it may assume; none: there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_steps: Option<usize>,
    /// The same for those whom it can become in other ways.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeovers: Option<usize>,
    /// How it can become an administrator of its own account without conditions, as a phrase that completes "it may …".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalates_by: Option<String>,
    /// What it is in its own account.
    pub rank: BorderRank,
    /// The condition keys on which the rank depends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Whether it has policies that could not be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// A user or role of its own account that a principal can become.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HomeStep {
    /// Its place among the principals.
    pub principal: usize,
    /// The condition keys on which that depends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The index, among the ways, of what it takes; none: to assume the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<usize>,
}

words! {
    /// The rank of a user or role in its own account.
    pub enum BorderRank {
        /// It may use every IAM action on every IAM resource.
        Administrator = "administrator",
        /// It can become an administrator without conditions.
        Escalating = "escalating",
        /// Neither, as far as is known.
        Other = "other",
    }
}
