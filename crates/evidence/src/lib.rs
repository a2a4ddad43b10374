//! What AWS answered about an account's identities: kept as a bundle, read as facts.
//!
//! A [`Bundle`] holds raw answers, in the [shapes] that the AWS CLI prints, whether they were
//! collected just now or saved by hand long ago. [`Bundle::snapshot`] is the one path from those to
//! facts, and [`Guides`] says whom and where to ask next while a bundle is collected.

#![warn(clippy::disallowed_methods)]
#![cfg_attr(test, allow(clippy::too_many_lines, reason = "tests may be long tables"))]

mod bundle;
mod classes;
mod crossings;
mod file;
mod guides;
mod json_object;
pub mod shapes;
mod snapshot;

pub use bundle::{
    Bundle, BundleError, Change, ChangeKind, Document, Draft, FileEntry, Manifest, to_json, verify,
};
pub use classes::{ClassConflict, Classes, Patterns, glob};
pub use crossings::crossings;
pub use file::{open_file, read_file, read_text, read_text_in, to_utf8};
pub use guides::{Guides, NoUsers, Users};
pub use snapshot::Declarations;
