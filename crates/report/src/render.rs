//! Writes reports and diffs, which already contain all decisions about findings.

pub(crate) mod activity;
pub(crate) mod advice;
pub(crate) mod controls;
pub(crate) mod counts;
pub(crate) mod diff;
pub(crate) mod facts;
pub(crate) mod format;
pub(crate) mod gaps;
pub(crate) mod gfm;
pub(crate) mod json;
pub(crate) mod outline;
pub(crate) mod page;
pub(crate) mod prose;
pub(crate) mod remarks;
pub(crate) mod view;
