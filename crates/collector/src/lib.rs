//! Queries AWS about an account's identities and stores the answers as a bundle.
//!
//! This is the only crate that talks to AWS, and it only reads. It does not interpret the answers:
//! it converts them to the shapes that the AWS CLI prints, and records why answers are missing.

#![warn(clippy::disallowed_methods)]
#![cfg_attr(test, allow(clippy::too_many_lines, reason = "tests may be long tables"))]

mod account;
mod answer;
mod attempts;
mod calls;
mod collection;
mod convert;
mod credential_process;
mod diagnosis;
mod endpoint;
mod error;
mod failure;
mod federation;
mod fleet;
mod http;
mod iam;
mod json_services;
mod lookup;
mod pace;
mod reach;
mod report_acquisition;
mod role;
mod root;
mod session;
mod whole;

pub use attempts::Call;
pub use collection::{Options, Progress, collect};
pub use diagnosis::{Diagnosis, Findings, Look, LookResult};
pub use error::CollectError;
pub use fleet::{Fleet, FleetAccount};
pub use lookup::{EventHistory, Lookup, LookupRequest, look_up};
pub use reach::{Endpoint, reach};
pub use report_acquisition::MAX_REPORT_AGE;
