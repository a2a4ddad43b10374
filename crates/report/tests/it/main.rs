//! Reports written, compared, waived and redacted, as the crate's users do it.
#![allow(clippy::needless_pass_by_value, reason = "json! makes values where they are used")]
#![allow(clippy::too_many_lines, reason = "tests may be long tables")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod accounts;
mod asff;
mod baseline;
mod code;
#[path = "../../../../tests/support/committed.rs"]
mod committed;
mod csv;
mod diff;
mod diff_formats;
mod diff_properties;
mod formats;
mod html;
mod json;
mod jsonl;
mod junit;
mod looked_at;
mod markdown;
mod merge;
mod mutations;
mod ocsf;
mod outcome;
mod plan;
mod read;
mod redact;
mod support;
mod table;
mod waivers;
