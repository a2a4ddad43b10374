//! Finds policies whose uses AWS counts differently than it lists them.

use std::collections::{HashMap, HashSet};

use portcullis_iam::{PolicyId, Principal};

use super::SOURCE;
use super::read::PolicyUse;
use crate::shapes::AuthorizationDetails;
use crate::snapshot::gaps::Gaps;

/// A managed policy whose attachments AWS counts differently than it lists them.
pub(super) struct Miscounted {
    pub(super) id: PolicyId,
    /// Whether AWS counts more attachments, so that any principal may have the policy.
    pub(super) is_unplaced: bool,
}

/// Returns the policies whose AttachmentCount differs from the number of principals that list them,
/// and adds a gap for each. `managed` has the indices in `uses` of managed policies, by ARN.
pub(super) fn miscounted(
    details: &AuthorizationDetails,
    managed: &HashMap<&str, usize>,
    uses: &[PolicyUse<'_>],
    gaps: &mut Gaps,
) -> Vec<Miscounted> {
    let mut miscounted = Vec::new();
    for policy in &details.policies {
        let Some(index) = managed.get(policy.arn.as_str()) else {
            continue;
        };
        let listing = &uses[*index];
        let holders: HashSet<&String> = listing.attached_to.iter().collect();
        let listed = i32::try_from(holders.len()).unwrap_or(i32::MAX);
        let counted = policy.attachment_count;
        if listed == counted {
            continue;
        }
        let arn = &policy.arn;
        let message =
            format!("AWS counts {counted} attachments of the policy {arn}, but lists {listed}");
        gaps.note(SOURCE, arn, "Contradictory", message);
        miscounted.push(Miscounted { id: listing.id, is_unplaced: listed < counted });
    }
    miscounted
}

/// Returns the policies that more principals list as their boundary than AWS counts, and adds a gap
/// for each.
pub(super) fn doubtful_boundaries(
    details: &AuthorizationDetails,
    managed: &HashMap<&str, usize>,
    uses: &[PolicyUse<'_>],
    principals: &[Principal],
    gaps: &mut Gaps,
) -> Vec<PolicyId> {
    let mut boundaries: HashMap<PolicyId, i32> = HashMap::new();
    for boundary in principals.iter().filter_map(|principal| principal.boundary) {
        *boundaries.entry(boundary).or_default() += 1;
    }
    let mut doubtful = Vec::new();
    for policy in &details.policies {
        let (arn, counted) = (&policy.arn, policy.permissions_boundary_usage_count);
        let Some(index) = managed.get(arn.as_str()) else {
            continue;
        };
        let id = uses[*index].id;
        let listed = boundaries.get(&id).copied().unwrap_or(0);
        if let Some(counted) = counted.filter(|counted| *counted < listed) {
            let message = format!(
                "AWS counts {counted} uses of the policy {arn} as a boundary, but lists {listed}"
            );
            gaps.note(SOURCE, arn, "Contradictory", message);
            doubtful.push(id);
        }
    }
    doubtful
}
