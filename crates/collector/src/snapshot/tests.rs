//! Whole bundles, whole snapshots.

mod bundles;
