//! What becomes of a report: the exit status it means, and the formats it is written in.
//!
//! Names, tags and messages come from whoever could write them: every format defuses them where it
//! writes them, so that no text can pass for anything but itself.

mod advice;
mod format;
mod gaps;
mod json;
mod outcome;
mod page;
mod prose;
mod text;
mod view;
pub mod waivers;
mod words;

pub use format::{Format, UnknownFormat, render};
pub use json::write_json;
pub use outcome::Outcome;
pub use page::{Page, Style, bold, dim, severity_style};
pub use text::defuse;
