//! The waivers that somebody has to look at.

use portcullis_model::Report;

use super::budget::Budget;
use crate::decide::waivers::warnings;
use crate::render::gfm::inline;
use crate::words::shorten;

/// Room for a warning that no list should be drowned by.
const WARNING_CHARS: usize = 500;

pub(super) fn write(report: &Report, budget: &mut Budget) {
    let warnings = warnings(report);
    if warnings.is_empty() {
        return;
    }
    let all = report.waivers.len();
    budget.add(&format!("\n## Waivers: {} of {all} to look at\n\n", warnings.len()));
    let item = |warning: String| format!("- {}\n", inline(&shorten(&warning, WARNING_CHARS)));
    budget.add_each(warnings.into_iter().map(item));
}
