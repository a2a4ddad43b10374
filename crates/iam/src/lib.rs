//! AWS IAM as a library: what policies say, who may assume a role, what a principal may do, and how
//! it can become an administrator.
//!
//! Everything is pure: an [`Account`] goes in, answers come out. Requests are decided as AWS documents
//! it (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>);
//! what the account does not show makes an answer [conditional](Decision::Conditional), and names
//! the condition keys, or what was not read.

#![warn(clippy::disallowed_methods)]

// Small accounts for tests are made as from outside.
#[cfg(test)]
extern crate self as portcullis_iam;

mod account;
mod border;
mod condition;
mod context;
mod crossing;
mod escalation;
mod home;
mod numbered;
mod pattern;
mod policy;
mod probe;
mod questions;
#[cfg(test)]
#[path = "../tests/it/account.rs"]
#[allow(clippy::needless_pass_by_value)] // JSON made in place reads best.
mod sample;
mod trust;
mod truth;
mod value;

pub use account::{Account, ChosenTags, Organization, Policy, PolicyId, Principal, PrincipalId};
pub use border::{Rank, border};
pub use condition::{Condition, Operator, Quantifier};
pub use context::{Context, Request, Resource};
pub use crossing::{Crossing, Neighbours, Party, ReachedRole};
pub use escalation::{Certainty, GrantedAction, Judgement, Privileges, Way, judge};
pub use pattern::{Pattern, Syntax};
pub use policy::{
    Decision, DocumentJson, Effect, Excess, ParsePolicyError, PolicyDocument, PrincipalElement,
    Selection, Statement,
};
pub use portcullis_model::PrincipalKind;
pub use questions::{AllowedAnywhere, Anywhere};
pub use trust::{Demands, Owner, Standing, TrustPolicy, Trustee, Who};
pub use truth::{Doubts, Lack, Truth};
pub use value::Value;
