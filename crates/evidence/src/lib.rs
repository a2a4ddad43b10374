//! AWS's answers about an account's identities: stored as a bundle, read as facts.
//!
//! A [`Bundle`] holds raw answers in the [shapes] that the AWS CLI prints, whether collected just
//! now or saved by hand long ago. [`Bundle::snapshot`] is the only way to turn them into facts.
//! While a bundle is being collected, [`Guides`] says which users and regions to query next.

#![warn(clippy::disallowed_methods)]
#![cfg_attr(test, allow(clippy::too_many_lines, reason = "tests may be long tables"))]

mod bundle;
mod classes;
mod crossings;
mod file;
mod guides;
mod json_object;
mod shape_error;
pub mod shapes;
mod snapshot;

pub use bundle::{
    Bundle, BundleError, Change, ChangeKind, Document, Draft, FileEntry, Manifest, to_json, verify,
};
pub use classes::{ClassConflict, Classes, Patterns, glob};
pub use crossings::crossings;
pub use file::{open_file, read_file, read_text, read_text_in, to_utf8};
pub use guides::{Guides, NoUsers, Users};
pub use shape_error::ShapeError;
pub use snapshot::Declarations;
