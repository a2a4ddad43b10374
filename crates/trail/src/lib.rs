//! Bytes of CloudTrail, read as sign-in activity with how far they reach.
//!
//! Knows nothing about AWS calls, rules and the clock. Whatever the bytes are, reading ends with events
//! and gaps: nothing is lost in silence.

#![warn(clippy::disallowed_methods)]

mod actor;
mod csv;
mod digest;
mod event;
mod header;
mod input;
mod interest;
mod read;
mod split;

pub use read::Reader;
