//! Tests of what no single module holds.

#[path = "../../../tests/support/committed.rs"]
mod committed;
mod framework_schema;
mod schema;
