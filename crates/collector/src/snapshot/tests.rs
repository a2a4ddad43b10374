//! Whole bundles, whole snapshots.

mod account;
mod administrators;
mod bundles;
mod keys;
mod mfa;
mod report;
mod root;
mod users;
