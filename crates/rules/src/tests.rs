//! Tests of what no single module holds.

mod schema;
