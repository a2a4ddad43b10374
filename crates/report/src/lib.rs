//! What becomes of a report: the exit status it means, and the formats it is written in.
//!
//! Names, tags and messages come from whoever could write them: every format defuses them where it
//! writes them, so that no text can pass for anything but itself.

#![warn(clippy::disallowed_methods)]

mod advice;
pub mod baseline;
mod comparison;
mod controls;
mod diff;
mod format;
mod gaps;
mod gfm;
mod json;
mod outcome;
mod page;
mod prose;
mod redact;
mod remarks;
#[cfg(test)]
mod sample;
mod text;
mod view;
pub mod waivers;
mod words;

pub use comparison::Incomparable;
pub use diff::{Change, Diff, DiffFormat, Difference, Entry, Origin, Side, State, render_diff};
pub use format::{Format, UnknownFormat, render};
pub use json::write_json;
pub use outcome::Outcome;
pub use page::{Page, Style, bold, dim, severity_style};
pub use redact::{AlreadyRedacted, Salt, SaltTooShort, redact};
pub use text::defuse;
