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
    /// The distinct sets of the account's own roles that principals may assume on the way to other
    /// accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub home_steps: Vec<Vec<HomeStep>>,
}

/// A user or role that may assume roles in other accounts, or a role that trusts others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BorderPrincipal {
    /// `user` or `role`.
    pub kind: PrincipalKind,
    /// The ARN.
    pub arn: String,
    /// The unique id, such as `AROA…`, if known.
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
    /// The index in `home_steps` of the roles it may assume, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_steps: Option<usize>,
    /// Its rank in its own account.
    pub rank: BorderRank,
    /// The condition keys on which the rank depends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Whether it has policies that could not be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// A role of a principal's own account that it may assume.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HomeStep {
    /// The index of the role in `principals`.
    pub role: usize,
    /// The condition keys on which this depends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
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
