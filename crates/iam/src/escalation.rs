//! Who is an administrator, and how others can become one.
//!
//! A way counts if it gives a principal more than it has. Each is tried on a real target: a role that
//! admits the principal, a policy that it has, a group that it is in. A step leads to a principal again,
//! perhaps with other permissions, so ways form a graph, and [`judge`] spreads privileges through it
//! from the administrators.

mod attempt;
mod changes;
mod edges;
mod effective_permissions;
mod methods;
mod newcomers;
mod nodes;
mod offers;
mod others;
mod reach;
mod resources;
mod running;
mod search;
mod sentence;
mod spread;
mod step;
mod tags;
mod takeovers;
#[cfg(test)]
#[allow(clippy::needless_pass_by_value)] // JSON made in place reads best.
mod tests;
mod unlisted;

use std::collections::BTreeSet;

pub(crate) use self::nodes::policies_of;
use self::search::Search;
pub(crate) use self::takeovers::{Actor, Taken, Takeovers};
use crate::account::{Account, PolicyId};
use crate::truth::Lack;

/// How certain it is that a way works.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Certainty {
    /// It needs something that does not exist yet.
    Possible,
    /// It depends on something that the account's data does not show.
    Conditional,
    /// It works now.
    Certain,
}

/// The privileges of a principal, or of whoever has a policy.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Privileges {
    /// Whether every IAM action is allowed on every resource, after removing the Denies that the
    /// holder may remove.
    pub administrator: bool,
    /// The condition keys on which that depends, as the policies spell them; empty: none.
    pub administrator_depends_on: Vec<String>,
    /// The ways to become an administrator, directly or through others: one per method. For a
    /// conditional administrator, only those that do not depend on the condition.
    pub ways: Vec<Way>,
    /// The policies whose Deny is all that prevents an escalation, and that their holder may
    /// remove.
    pub removable_guards: Vec<PolicyId>,
}

/// A way to become an administrator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Way {
    /// The id of the method, as `data/escalations.toml` has it.
    pub method: &'static str,
    /// The method in general.
    pub title: &'static str,
    /// How certain it is.
    pub certainty: Certainty,
    /// The ARN of its target; none: no known one.
    pub target: Option<String>,
    /// The way as a phrase that completes "it may …".
    pub sentence: String,
    /// What it depends on: condition keys, or what must exist.
    pub conditions: Vec<String>,
    /// The statements that allow it, one per action. For a role that is assumed, the statement of
    /// its trust policy is included.
    pub grants: Vec<GrantedAction>,
}

/// A statement that allows an action of a way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrantedAction {
    /// The action, such as `iam:PassRole`.
    pub action: &'static str,
    /// The id of the policy; for a trust policy the role's ARN.
    pub policy: String,
    /// The statement: its number from 1, and its Sid if it has one.
    pub statement: String,
    /// Whether it depends on conditions.
    pub conditional: bool,
}

/// The privileges of all principals and policies of an account.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// By principal, in the account's order; those of a group are what it gives its users.
    pub principals: Vec<Privileges>,
    /// By policy, in the account's order: what it gives to somebody who has nothing else.
    pub policies: Vec<Privileges>,
    /// What was not read, but would have decided something.
    pub lacks: BTreeSet<Lack>,
}

/// Judges all principals and policies. Unread policies are taken to say nothing, or to allow
/// everything if `generous`: what both judgements have in common is certain.
pub fn judge(account: &Account, generous: bool) -> Judgement {
    Search::new(account, generous).run()
}
