//! Bytes of CloudTrail, read as sign-in activity with how far they reach.
//!
//! Knows nothing about AWS calls, rules and the clock. Whatever the bytes are, reading ends with events
//! and gaps: nothing is lost in silence.

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
mod split;
mod summary;
mod tree;

pub use interest::IAM as IAM_EVENTS;
pub use join::{add_to, explain_refusals};
pub use read::ActivityReader;
pub use summary::{Filter, summarise};
