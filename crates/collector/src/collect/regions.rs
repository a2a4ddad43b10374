//! The regions to ask: where an account's keys and roles were last used, and that of the session.

use std::collections::BTreeSet;

use portcullis_model::is_region;

use crate::shapes::AuthorizationDetails;
use crate::snapshot::credential_report::Report;

/// The names of the regions in use, sorted, as far as the answers tell.
pub(crate) fn regions_in_use(
    own: Option<String>,
    report: Option<&Report>,
    details: Option<&AuthorizationDetails>,
) -> Vec<String> {
    let mut names = BTreeSet::new();
    for key in report.into_iter().flat_map(Report::rows).flat_map(|row| &row.keys) {
        names.extend(key.last_used_region.as_ref().known().cloned().flatten());
    }
    for role in details.into_iter().flat_map(|details| &details.role_detail_list) {
        names.extend(role.role_last_used.as_ref().and_then(|used| used.region.clone()));
    }
    names.retain(|name| is_region(name));
    names.extend(own);
    names.into_iter().collect()
}
