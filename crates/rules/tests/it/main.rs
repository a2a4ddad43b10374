//! The crate from outside: rules are loaded, chosen, judged and documented.
#![allow(clippy::needless_pass_by_value, reason = "json! makes values where they are used")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod activity;
#[path = "../../../../tests/support/committed.rs"]
mod committed;
mod embedded;
mod evaluate;
mod frameworks;
mod hash;
mod load;
mod principals;
mod readme;
mod recorded;
mod select;
mod skeleton;
mod support;
