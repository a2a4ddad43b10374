//! Finds out from the calls themselves which of the needed actions are allowed.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_evidence::Bundle;
use portcullis_model::Sources;
use serde::Serialize;

/// An IAM action that an audit needs.
#[derive(Debug, Serialize)]
pub(super) struct Permission {
    /// Such as `iam:GetAccountSummary`.
    pub(super) action: &'static str,
    pub(super) access: Access,
    /// Why it is not allowed, or not known.
    pub(super) reason: Option<String>,
}

/// AWS's answer to an action.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    Allowed,
    Denied,
    /// It was not called, or the answer says nothing about permissions.
    Unknown,
}

/// The kinds of policies that AWS names when it denies access.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const POLICIES: [&str; 7] = [
    "service control policy",
    "resource control policy",
    "permissions boundary",
    "session policy",
    "VPC endpoint policy",
    "resource-based policy",
    "identity-based policy",
];

/// The reason for an unknown action if the first call failed.
const NOT_ASKED: &str = "AWS could not be reached";
/// The reason for an unknown action if the account has nothing to call it for.
const NOT_CALLED: &str = "not called: nothing in this account needed it";

/// The actions that the sources need, judged by the bundle and the operations that were called.
pub(super) fn judge(
    bundle: Option<&Bundle>,
    needed: Sources,
    called: &BTreeSet<&str>,
) -> Vec<Permission> {
    let mut permissions = Vec::new();
    for action in needed.actions(false) {
        let operation = action
            .split_once(':')
            .map_or(action, |(_, operation)| operation);
        let mut gaps = bundle.iter().flat_map(|bundle| &bundle.gaps);
        let gap = gaps.find(|gap| gap.action == action && !gap.is_by_choice());
        let (access, reason) = match gap {
            Some(gap) if gap.is_denied() => (Access::Denied, Some(why(&gap.message))),
            Some(gap) => (Access::Unknown, Some(gap.explanation())),
            None if bundle.is_none() => (Access::Unknown, Some(NOT_ASKED.to_owned())),
            None if called.contains(operation) => (Access::Allowed, None),
            None => (Access::Unknown, Some(NOT_CALLED.to_owned())),
        };
        permissions.push(Permission { action, access, reason });
    }
    permissions
}

/// Says which policy denies access, according to AWS's message.
fn why(message: &str) -> String {
    let Some(policy) = POLICIES.iter().find(|policy| message.contains(*policy)) else {
        return "AWS does not say which policy denies it".to_owned();
    };
    if message.contains("explicit deny") {
        let article = if policy.starts_with('i') { "an" } else { "a" };
        format!("{article} {policy} denies it")
    } else {
        format!("no {policy} allows it")
    }
}

/// The actions with that answer, by reason.
pub(super) fn by_reason(
    permissions: &[Permission],
    access: Access,
) -> BTreeMap<&str, Vec<&'static str>> {
    let mut reasons: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for permission in permissions.iter().filter(|each| each.access == access) {
        let reason = permission.reason.as_deref().unwrap_or_default();
        reasons.entry(reason).or_default().push(permission.action);
    }
    reasons
}

/// The actions whose calls failed though the caller may be allowed to make them, by reason.
pub(super) fn in_vain(permissions: &[Permission]) -> BTreeMap<&str, Vec<&'static str>> {
    let mut reasons = by_reason(permissions, Access::Unknown);
    reasons.retain(|reason, _| ![NOT_ASKED, NOT_CALLED].contains(reason));
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentences are those of the documentation named at [`POLICIES`].
    #[test]
    fn the_message_names_the_kind_of_policy() {
        let lead = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: \
            iam:GetAccountSummary on resource: *";
        for (end, reason) in [
            (
                " because no identity-based policy allows the iam:GetAccountSummary action",
                "no identity-based policy allows it",
            ),
            (
                " with an explicit deny in an identity-based policy",
                "an identity-based policy denies it",
            ),
            (
                " with an explicit deny in a service control policy",
                "a service control policy denies it",
            ),
            (
                " because no permissions boundary allows the iam:GetAccountSummary action",
                "no permissions boundary allows it",
            ),
            (
                " because no session policy allows the iam:GetAccountSummary action",
                "no session policy allows it",
            ),
            ("", "AWS does not say which policy denies it"),
        ] {
            assert_eq!(why(&format!("{lead}{end}")), reason);
        }
    }
}
