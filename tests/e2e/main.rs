//! End to end: the real binary against an emulator of AWS, over HTTP.
//!
//! `tests/run` installs the emulator and runs these. What is expected comes from AWS's documentation;
//! where the emulator differs from it, `tests/emulator/aws_answers.py` makes it answer as AWS does.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panicking")]

mod call_counts;
mod commands;
mod credentials;
mod doctor;
mod emulator;
mod faults;
mod fleet;
mod permissions;
mod readme;
mod report_acquisition;
mod same_result;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;
