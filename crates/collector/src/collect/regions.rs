//! The regions to ask: where an account's keys and roles were last used, and that of the session.

use std::collections::BTreeSet;

use portcullis_model::is_region;

use super::per_user::rows;
use crate::shapes::{AuthorizationDetails, CredentialReport};

/// The names of the regions in use, sorted, as far as the answers tell.
pub(crate) fn regions_in_use(
    own: Option<String>,
    report: Option<&CredentialReport>,
    details: Option<&AuthorizationDetails>,
) -> Vec<String> {
    let rows = report.and_then(|report| rows(report).ok()).unwrap_or_default();
    let of_keys = rows.into_iter().flat_map(|row| row.key_regions);
    let roles = details.map_or(&[][..], |details| &details.role_detail_list);
    let of_roles = roles.iter().filter_map(|role| role.role_last_used.as_ref()?.region.clone());
    let named = of_keys.chain(of_roles).filter(|name| is_region(name));
    named.chain(own).collect::<BTreeSet<_>>().into_iter().collect()
}
