//! Reads sign-in activity and its coverage from bytes of CloudTrail.
//!
//! This crate does not use AWS calls, rules or the clock. Whatever the bytes are, the result is events and gaps, and
//! nothing is lost silently.

#![warn(clippy::disallowed_methods)]

mod actor;
mod attempt;
mod block;
mod csv;
mod diagnosis;
mod digest;
mod event;
mod facts;
mod header;
mod input;
mod interest;
mod join;
mod pattern;
mod pool;
mod read;
mod root;
mod selection;
mod split;
mod summary;
mod tree;

pub use interest::IAM as IAM_EVENTS;
pub use join::{add_to, explain_refusals};
pub use read::ActivityReader;
pub use summary::{Filter, summarise};
