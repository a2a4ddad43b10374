//! The facts about policies, each judged by its own document.

use portcullis_iam::{Account, Anywhere, Decision, PolicyDocument};
use portcullis_model::{
    Arn, ConditionalAction, Fact, Holder, Policy, PrincipalKind, WatchedAction,
};

use super::read::PolicyUse;
use super::{Privileges, SOURCE};
use crate::snapshot::facts::known_or;

const ROLE: &str = "arn:{partition}:iam::{account}:role/{any}";
const TRAIL: &str = "arn:{partition}:cloudtrail:{any}:{account}:trail/{any}";
const KEY: &str = "arn:{partition}:kms:{any}:{account}:key/{any}";
const KEY_BY_ID: &str = "arn:{partition}:kms:{any}:{account}:key/{key_id}";
const PRODUCT: &str = "arn:{partition}:aws-marketplace:{any}:{account}:{any}";
const REMOTE_CLIENT: &str = "arn:{partition}:signin:{any}:{account}:oauth2/public-client/remote";

/// For each watched action, the resources on which it acts, whether these include other accounts,
/// and condition keys that are left open. Of several rows for one action, one suffices.
const WATCHED: [(WatchedAction, &str, bool, &[&str]); 12] = [
    (WatchedAction::AssumeRole, ROLE, true, &[]),
    (WatchedAction::StopLogging, TRAIL, false, &[]),
    (WatchedAction::DeleteTrail, TRAIL, false, &[]),
    (WatchedAction::UpdateTrail, TRAIL, false, &[]),
    (WatchedAction::PutEventSelectors, TRAIL, false, &[]),
    (WatchedAction::Decrypt, KEY, false, &[]),
    (WatchedAction::Decrypt, KEY_BY_ID, false, &[]),
    (WatchedAction::ReEncryptFrom, KEY, false, &[]),
    (WatchedAction::ReEncryptFrom, KEY_BY_ID, false, &[]),
    (WatchedAction::Subscribe, PRODUCT, false, &["aws-marketplace:productid"]),
    (WatchedAction::CreateOAuth2Token, REMOTE_CLIENT, false, &[]),
    (WatchedAction::GetWebIdentityToken, "*", false, &["sts:identitytokenaudience"]),
];

/// Whether any role may be passed to any service.
const PASS_ROLE: Anywhere<'static> = Anywhere {
    action: "iam:passrole",
    resource: ROLE,
    in_any_account: false,
    unnamed: &["iam:passedtoservice"],
    at_times_unnamed: &["iam:associatedresourcearn"],
};

/// Returns the facts about one policy.
pub(super) fn policy(used: &PolicyUse, account: &Account, privileges: Privileges) -> Policy {
    let policy = account.policy(used.id);
    let document = policy.document.as_ref();
    let everything = fact(document, |document| document.decide_everything(account));
    let watched = fact(document, |document| watched_actions(document, account));
    let pass_any_role = fact(document, |document| document.allows_anywhere(account, &PASS_ROLE));
    let mut attached_to = used.attached_to.clone();
    attached_to.sort();
    let attached = used.counted_as_attached || !attached_to.is_empty();
    Policy {
        resource_id: policy.id.clone(),
        name: policy.name.clone(),
        kind: policy.kind,
        holders: attached_to.iter().filter_map(|arn| holder(arn)).collect(),
        attached_to,
        attached,
        boundary_only: used.is_boundary && !attached,
        version: used.version.clone(),
        other_versions: used.other_versions.clone(),
        allows_everything: everything.as_ref().map(Decision::may_be_allowed),
        everything_depends_on: everything
            .map(|decision| decision.doubts().keys.into_iter().collect()),
        full_statements: fact(document, PolicyDocument::full_statements),
        service_wildcards: fact(document, |document| document.whole_services(account)),
        wildcard_services: fact(document, PolicyDocument::wildcard_services),
        not_action_allows: fact(document, |document| document.not_action_allows(account)),
        actions_on_everything: watched
            .as_ref()
            .map(|watched| watched.iter().map(|found| found.action).collect()),
        conditional_actions: watched.map(|mut watched| {
            watched.retain(|found| !found.depends_on.is_empty());
            watched
        }),
        pass_any_role: pass_any_role.as_ref().map(|found| found.statements.clone()),
        pass_any_role_depends_on: pass_any_role.map(|found| found.depends_on),
        escalations: privileges.escalations,
        ignored_variables: fact(document, |document| document.ignored_variables(false)),
        ignored_protections: fact(document, |document| document.ignored_variables(true)),
    }
}

/// Parses an ARN such as `arn:aws:iam::111122223333:user/path/name`.
fn holder(arn: &str) -> Option<Holder> {
    let (kind, path) = Arn::parse(arn)?.resource.split_once('/')?;
    let kind = PrincipalKind::ALL.into_iter().find(|known| known.word() == kind)?;
    let name = path.rsplit('/').next()?.to_owned();
    Some(Holder { kind, name })
}

fn fact<T>(document: Option<&PolicyDocument>, make: impl FnOnce(&PolicyDocument) -> T) -> Fact<T> {
    known_or(document, SOURCE).map(make)
}

/// Returns the watched actions that the document allows on every resource, each with the condition
/// keys on which it depends.
fn watched_actions(document: &PolicyDocument, account: &Account) -> Vec<ConditionalAction> {
    let mut allowed: Vec<ConditionalAction> = Vec::new();
    for (action, resource, in_any_account, unnamed) in WATCHED {
        let name = action.word().to_ascii_lowercase();
        // Most KMS keys have an alias, so a condition that any alias meets excludes hardly any key.
        let at_times_unnamed = &["kms:requestalias", "kms:resourcealiases"];
        let question =
            Anywhere { action: &name, resource, in_any_account, unnamed, at_times_unnamed };
        let found = document.allows_anywhere(account, &question);
        if !found.statements.is_empty() && allowed.iter().all(|other| other.action != action) {
            allowed.push(ConditionalAction { action, depends_on: found.depends_on });
        }
    }
    allowed
}
