//! Decides about the findings of a report, and writes it in many formats.
//!
//! Attackers may choose names, tags and messages, so every format defuses them when it writes them.

#![warn(clippy::disallowed_methods)]

mod decide;
mod numbers;
mod read;
mod render;
mod rows;
#[cfg(test)]
mod sample;
mod text;
mod words;

pub use decide::baseline::EarlierReport;
pub use decide::comparison::Incomparable;
pub use decide::diff::{
    Action, Change, Diff, Difference, Entry, Origin, OriginAccount, Reason, Side, State, Step,
    ticket_steps,
};
pub use decide::merge::{Conflict, Join, Unmergeable, merge};
pub use decide::outcome::Outcome;
pub use decide::redact::{AlreadyRedacted, Salt, SaltTooShort, redact};
pub use decide::{loosened, waivers};
pub use numbers::Numbers;
pub use read::{Keep, Line, ReportPart, read_report};
pub use render::diff::{DiffFormat, render_diff};
pub use render::format::json::write_report;
pub use render::format::{Format, UnknownFormat, render, render_apart};
pub use render::json::write_json;
pub use render::page::{Detail, Page, Style, bold, dim, severity_style};
pub use rows::Rows;
pub use text::defuse;
pub use words::{counted, few, nonzero, unjudged};
