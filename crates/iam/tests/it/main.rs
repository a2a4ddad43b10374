//! IAM as a library, from outside: each kind of fault on both sides of the line, and properties.
#![allow(clippy::needless_pass_by_value)] // JSON made in place reads best.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod account;
mod crossings;
mod documents;
mod hostile;
mod properties;
mod requests;
mod trust;
mod ways;
