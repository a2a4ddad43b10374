//! What is decided about the findings of a report: which are accepted, were known before or have changed, and the exit
//! status that follows. Nothing here depends on how a report is written.

pub(crate) mod baseline;
pub(crate) mod comparison;
pub(crate) mod diff;
pub mod loosened;
pub(crate) mod merge;
pub(crate) mod outcome;
pub(crate) mod redact;
pub mod waivers;
