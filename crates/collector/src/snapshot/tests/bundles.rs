//! Bundles for tests, made by hand.
