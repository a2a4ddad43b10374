//! Policies that AWS counts more or fewer uses of than it lists.

use std::collections::{HashMap, HashSet};

use portcullis_iam::{PolicyId, Principal};
use portcullis_model::Gap;

use super::SOURCE;
use super::read::PolicyUse;
use crate::shapes::AuthorizationDetails;
use crate::snapshot::gaps::Gaps;

/// A managed policy attached to another number of principals than AWS counts.
pub(super) struct Miscounted {
    pub(super) id: PolicyId,
    /// Whether AWS counts more, so that any principal may have it.
    pub(super) is_unplaced: bool,
}

/// What AWS counts, and what was found on its lists.
pub(super) struct Counts<'a> {
    pub(super) details: &'a AuthorizationDetails,
    /// The managed policies by ARN, as places in `uses`.
    pub(super) managed: &'a HashMap<&'a str, usize>,
    pub(super) uses: &'a [PolicyUse],
    pub(super) principals: &'a [Principal],
    pub(super) gaps: &'a mut Gaps,
}

impl Counts<'_> {
    /// The policies whose AttachmentCount is not the number of those that list them, each with a gap.
    pub(super) fn miscounted(&mut self) -> Vec<Miscounted> {
        let mut miscounted = Vec::new();
        for policy in &self.details.policies {
            let Some(place) = self.managed.get(policy.arn.as_str()) else { continue };
            let used = &self.uses[*place];
            let holders: HashSet<&String> = used.attached_to.iter().collect();
            let listed = i32::try_from(holders.len()).unwrap_or(i32::MAX);
            let counted = policy.attachment_count;
            if listed == counted {
                continue;
            }
            let arn = &policy.arn;
            let message =
                format!("AWS counts {counted} attachments of the policy {arn}, but lists {listed}");
            self.gaps.push(Gap::new(SOURCE, "Contradictory", message).for_resource(arn));
            miscounted.push(Miscounted { id: used.id, is_unplaced: listed < counted });
        }
        miscounted
    }

    /// The policies that more principals list as their boundary than AWS counts, each with a gap.
    pub(super) fn doubtful_boundaries(&mut self) -> Vec<PolicyId> {
        let mut listed: HashMap<PolicyId, i32> = HashMap::new();
        for boundary in self.principals.iter().filter_map(|principal| principal.boundary) {
            *listed.entry(boundary).or_default() += 1;
        }
        let mut doubtful = Vec::new();
        for policy in &self.details.policies {
            let (arn, counted) = (&policy.arn, policy.permissions_boundary_usage_count);
            let Some(place) = self.managed.get(arn.as_str()) else { continue };
            let id = self.uses[*place].id;
            let listed = listed.get(&id).copied().unwrap_or(0);
            if let Some(counted) = counted.filter(|counted| *counted < listed) {
                let message = format!(
                    "AWS counts {counted} uses of the policy {arn} as a boundary, but lists {listed}"
                );
                self.gaps.push(Gap::new(SOURCE, "Contradictory", message).for_resource(arn));
                doubtful.push(id);
            }
        }
        doubtful
    }
}
