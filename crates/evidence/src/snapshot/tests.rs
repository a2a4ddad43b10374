//! Whole bundles, whole snapshots.

mod account;
mod administrators;
mod bundles;
mod contradictions;
mod delegations;
mod federation;
mod keys;
mod mfa;
mod organization;
mod permissions;
mod report;
mod root;
mod users;
mod verdicts;
