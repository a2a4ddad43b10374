//! Access that somebody has given to partners for a while.

use jiff::Timestamp;
use portcullis_model::{Arn, DelegationState, Fact, PartnerDelegation, Source};

use super::answers::Identity;
use super::documents::Documents;
use super::facts::if_complete;
use crate::shapes::{DelegationRequest, DelegationRequests};

const SOURCE: Source = Source::DelegationRequests;

/// The requests that are approved and not expired, sorted by id; missing if one has a state that AWS
/// does not document.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/temporary-delegation-building-integration.html>
pub(super) fn open(
    documents: &mut Documents<'_>,
    identity: &Identity,
    as_of: Timestamp,
) -> Fact<Vec<PartnerDelegation>> {
    let requests = documents.list(
        SOURCE,
        |page: DelegationRequests| page.delegation_requests,
        |request| &request.delegation_request_id,
    );
    requests.and_then(|requests| {
        let mut open = Vec::new();
        let mut are_known = true;
        for request in &requests {
            let id = &request.delegation_request_id;
            let state = match request.state.as_str() {
                "ACCEPTED" => DelegationState::Accepted,
                "FINALIZED" => DelegationState::Finalized,
                "UNASSIGNED" | "ASSIGNED" | "PENDING_APPROVAL" | "REJECTED" | "EXPIRED" => continue,
                other => {
                    let message = format!("has the unknown state {other:?}");
                    documents.gaps.note(SOURCE, id, "Malformed", message);
                    are_known = false;
                    continue;
                }
            };
            // Somebody of the account approves.
            let approver = request
                .approver_id
                .as_deref()
                .filter(|id| Arn::parse(id).is_some());
            if let Some(Err(problem)) = approver.map(|approver| identity.check(approver)) {
                documents
                    .gaps
                    .note(SOURCE, id, problem.code, problem.message);
                are_known = false;
            } else if request.expiration_time.is_none_or(|end| end > as_of) {
                open.push(delegation(request, state));
            }
        }
        open.sort_by(|a, b| a.id.cmp(&b.id));
        if_complete(open, are_known, SOURCE)
    })
}

fn delegation(request: &DelegationRequest, state: DelegationState) -> PartnerDelegation {
    let requestor = request
        .requestor_name
        .as_ref()
        .or(request.requestor_id.as_ref());
    PartnerDelegation {
        id: request.delegation_request_id.clone(),
        requestor: requestor.unwrap_or(&request.delegation_request_id).clone(),
        approver: request.approver_id.clone(),
        state,
        expires: request.expiration_time,
    }
}
