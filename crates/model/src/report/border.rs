//! What an account shows to the others of its owner: who may leave it, and who may enter it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::PrincipalKind;
use crate::record::words;

/// What decides who of an account may assume roles in others, and who of others may assume roles in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Border {
    /// Whether it is known which organization the account is in.
    pub organization_known: bool,
    /// The id of the organization; none: it is in none, or that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Whether the account may have roles for others that are not listed here, because something could not be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// The policy documents, each once, without what is not about sts:AssumeRole.
    pub documents: Vec<Json>,
    /// The users and roles that may leave the account, and the roles that let in others.
    pub principals: Vec<BorderPrincipal>,
    /// Roles of the account that lead out of it, as some of the principals may assume them: each set of roles once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub home_steps: Vec<Vec<HomeStep>>,
}

/// A user or role that may assume roles in other accounts, or a role that lets in others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BorderPrincipal {
    /// `user` or `role`.
    pub kind: PrincipalKind,
    /// The ARN.
    pub arn: String,
    /// The unique id, such as `AROA…`, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<String>,
    /// The tags; none: they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// The places of its identity policies among the documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<usize>,
    /// The place of its permissions boundary; none: it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<usize>,
    /// The place of its trust policy, if that lets in others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<usize>,
    /// The place among the home steps of those that it may take; none: there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_steps: Option<usize>,
    /// What it is in its own account.
    pub rank: BorderRank,
    /// The condition keys on which that depends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Whether it has policies that could not be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// A role of its own account that a principal may assume.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HomeStep {
    /// The place of the role among the principals.
    pub role: usize,
    /// The condition keys on which that depends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
}

words! {
    /// What a user or role is in its own account.
    pub enum BorderRank {
        /// It may use every IAM action on every IAM resource.
        Administrator = "administrator",
        /// It can become an administrator without conditions.
        Escalating = "escalating",
        /// Neither, as far as is known.
        Other = "other",
    }
}
