//! Collects what AWS says about an account's identities, or reads it from a directory.
//!
//! The only crate that talks to AWS, and it only reads there. Whatever the origin, the outcome is a
//! [`Bundle`] of raw answers, and [`Bundle::snapshot`] is the one path from those to facts.

mod bundle;
mod shapes;

pub use bundle::{Bundle, Document, Manifest};
