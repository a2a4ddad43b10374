//! Collects what AWS says about an account's identities, or reads it from a directory.
//!
//! The only crate that talks to AWS, and it only reads there. Whatever the origin, the outcome is a
//! [`Bundle`] of raw answers, and [`Bundle::snapshot`] is the one path from those to facts.

#![warn(clippy::disallowed_methods)]

mod bundle;
mod classes;
mod collect;
mod guides;
mod shapes;
mod snapshot;

pub use bundle::{Bundle, BundleError, Change, ChangeKind, Document, FileEntry, Manifest, verify};
pub use classes::{ClassConflict, Classes};
pub use collect::{CollectError, Options, Progress, collect};
pub use snapshot::Declarations;
