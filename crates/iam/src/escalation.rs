//! Who is an administrator, and how others can become one.
//!
//! A way counts if it changes what a principal has. Each is tried on a real target: a role that admits the
//! principal, a policy that it has, a group that it is in. What a step leads to is a principal again,
//! with other permissions perhaps, so ways form a graph, and [`judge`] spreads privileges through it from
//! the administrators.

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
mod unlisted;

use std::collections::BTreeSet;

pub(crate) use self::nodes::policies_of;
use self::search::Search;
use crate::account::{Account, PolicyId};
use crate::truth::Lack;

/// How sure it is that a way can be gone.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Certainty {
    /// It needs something that is not there yet.
    Possible,
    /// It hangs on something that the account does not tell.
    Conditional,
    /// It can be gone now.
    Certain,
}

/// What a principal, or whoever has a policy, can do and become.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Privileges {
    /// Whether every IAM action is allowed on every resource, once its holder has removed the Denies that
    /// it may remove.
    pub administrator: bool,
    /// The condition keys on which that depends, as the policies write them; none: it is so in any case.
    pub administrator_depends_on: Vec<String>,
    /// The ways to become an administrator, or somebody who can: one for each method. Of whoever is one
    /// under conditions, those that need none.
    pub ways: Vec<Way>,
    /// The policies with a Deny that alone holds an escalation back, and that their holder may remove.
    pub removable_guards: Vec<PolicyId>,
}

/// A way to become an administrator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Way {
    /// The id of the method, as `data/escalations.toml` has it.
    pub method: &'static str,
    /// What the method does in general.
    pub title: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// The ARN of what it acts on; none: of nothing that is known.
    pub target: Option<String>,
    /// The way as a phrase that completes "it may …".
    pub sentence: String,
    /// What it hangs on: condition keys, or what must be there.
    pub conditions: Vec<String>,
    /// The statements that allow it, one for each action; for a role that is assumed, that of its trust
    /// policy too.
    pub grants: Vec<GrantedAction>,
}

/// A statement that allows an action of a way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrantedAction {
    /// The action, such as `iam:PassRole`.
    pub action: &'static str,
    /// The id of the policy; of a trust policy the role's ARN.
    pub policy: String,
    /// The statement: its number from 1, and its Sid if it has one.
    pub statement: String,
    /// Whether it hangs on conditions.
    pub conditional: bool,
}

/// The privileges of all principals and policies of an account.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// By the place of the principal; those of a group are those that it gives to its users.
    pub principals: Vec<Privileges>,
    /// By the place of the policy: what it gives to whoever has it and nothing else.
    pub policies: Vec<Privileges>,
    /// What was not read, and might have decided something.
    pub lacks: BTreeSet<Lack>,
}

/// Judges all principals and policies. What was not read is taken to say nothing, or to allow everything
/// if `generous`: what both say alike is certain.
#[must_use]
pub fn judge(account: &Account, generous: bool) -> Judgement {
    Search::new(account, generous).run()
}
