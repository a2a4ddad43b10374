//! The facts about policies, each judged by its own document.

use portcullis_iam::{Account, AllowedAnywhere, Anywhere, Decision, Excess, PolicyDocument};
use portcullis_model::{
    Arn, ConditionalAction, Fact, Holder, Policy, PolicyKind, PrincipalKind, WatchedAction,
};

use super::read::PolicyUse;
use super::{Privileges, SOURCE};
use crate::snapshot::facts::known_or;

const ROLE: &str = "arn:{partition}:iam::{account}:role/{any}";
const TRAIL: &str = "arn:{partition}:cloudtrail:{any}:{account}:trail/{any}";
const KEY: &str = "arn:{partition}:kms:{any}:{account}:key/{any}";
const KEY_BY_ID: &str = "arn:{partition}:kms:{any}:{account}:key/{key_id}";
const PRODUCT: &str = "arn:{partition}:aws-marketplace:{any}:{account}:{any}";
const REMOTE_CLIENT: &str = "arn:{partition}:signin:{region}:{account}:oauth2/public-client/remote";

/// A watched action, with a form of the resources on which it acts.
struct Watched {
    action: WatchedAction,
    resource: &'static str,
    /// Whether the resources include those of other accounts.
    in_any_account: bool,
    /// The condition keys that are left open.
    unnamed: &'static [&'static str],
}

impl Watched {
    const fn new(action: WatchedAction, resource: &'static str) -> Watched {
        Watched { action, resource, in_any_account: false, unnamed: &[] }
    }

    const fn leaving_open(self, unnamed: &'static [&'static str]) -> Watched {
        Watched { unnamed, ..self }
    }
}

/// The forms of resources on which each watched action acts. Signing in needs no more than one region.
/// Of several rows for one action, one suffices.
const WATCHED: [Watched; 12] = [
    Watched { in_any_account: true, ..Watched::new(WatchedAction::AssumeRole, ROLE) },
    Watched::new(WatchedAction::StopLogging, TRAIL),
    Watched::new(WatchedAction::DeleteTrail, TRAIL),
    Watched::new(WatchedAction::UpdateTrail, TRAIL),
    Watched::new(WatchedAction::PutEventSelectors, TRAIL),
    Watched::new(WatchedAction::Decrypt, KEY),
    Watched::new(WatchedAction::Decrypt, KEY_BY_ID),
    Watched::new(WatchedAction::ReEncryptFrom, KEY),
    Watched::new(WatchedAction::ReEncryptFrom, KEY_BY_ID),
    Watched::new(WatchedAction::Subscribe, PRODUCT).leaving_open(&["aws-marketplace:productid"]),
    Watched::new(WatchedAction::CreateOAuth2Token, REMOTE_CLIENT),
    Watched::new(WatchedAction::GetWebIdentityToken, "*")
        .leaving_open(&["sts:identitytokenaudience"]),
];

/// Whether any role may be passed to any service.
const PASS_ROLE: Anywhere<'static> = Anywhere {
    action: "iam:passrole",
    resource: ROLE,
    in_any_account: false,
    unnamed: &["iam:passedtoservice"],
    at_times_unnamed: &["iam:associatedresourcearn"],
};

/// Whether data may be decrypted with any key.
const ANY_KEY: [Anywhere<'static>; 4] = [
    on_any_key("kms:decrypt", KEY),
    on_any_key("kms:decrypt", KEY_BY_ID),
    on_any_key("kms:reencryptfrom", KEY),
    on_any_key("kms:reencryptfrom", KEY_BY_ID),
];

const fn on_any_key(action: &'static str, resource: &'static str) -> Anywhere<'static> {
    Anywhere { action, resource, in_any_account: false, unnamed: &[], at_times_unnamed: &[] }
}

/// Returns the facts about one policy.
pub(super) fn policy(used: &PolicyUse<'_>, account: &Account, privileges: Privileges) -> Policy {
    let policy = account.policy(used.id);
    let document = policy.document.as_ref();
    let everything = fact(document, |document| document.decide_everything(account));
    let watched = fact(document, |document| actions_on_everything(document, account));
    let pass_any_role = fact(document, |document| document.allows_anywhere(account, &PASS_ROLE));
    let mut attached_to = used.attached_to.clone();
    attached_to.sort();
    let attached = used.counted_as_attached || !attached_to.is_empty();
    let escalations = privileges.escalations;
    let mut policy = Policy {
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
            .map(|all| all.iter().map(|(action, _)| *action).collect()),
        actions_with_exceptions: watched.as_ref().map(|all| {
            let excepting = all.iter().filter(|(_, found)| found.has_exceptions);
            excepting.map(|(action, _)| *action).collect()
        }),
        conditional_actions: watched.map(conditional),
        decrypt_any_key_statements: fact(document, |document| {
            document.statements_anywhere(account, &ANY_KEY)
        }),
        pass_any_role: pass_any_role.as_ref().map(|found| found.statements.clone()),
        pass_any_role_has_exceptions: pass_any_role.as_ref().map(|found| found.has_exceptions),
        pass_any_role_depends_on: pass_any_role.map(|found| found.depends_on),
        escalations,
        ignored_variables: fact(document, |document| document.ignored_variables(false)),
        ignored_protections: fact(document, |document| document.ignored_variables(true)),
        reduced_document: fact(document, |_| None),
    };
    if let (Some(document), Some(json)) = (document, used.json)
        && policy.kind != PolicyKind::AwsManaged
    {
        let left = excess(&policy, document, account).taken_from(document, json);
        policy.reduced_document = Fact::Known(left);
    }
    policy
}

/// What the facts about a policy say is too broad in it.
fn excess(policy: &Policy, document: &PolicyDocument, account: &Account) -> Excess {
    let mut excess = Excess::default();
    for statements in [&policy.full_statements, &policy.not_action_allows] {
        excess
            .statements
            .extend(statements.as_ref().known().into_iter().flatten().cloned());
    }
    for service in policy
        .service_wildcards
        .as_ref()
        .known()
        .into_iter()
        .flatten()
    {
        excess.add_service(service);
    }
    for statement in policy
        .decrypt_any_key_statements
        .as_ref()
        .known()
        .into_iter()
        .flatten()
    {
        for question in &ANY_KEY {
            excess
                .actions
                .push((question.action.to_owned(), Some(statement.clone())));
        }
    }
    for statement in policy.pass_any_role.as_ref().known().into_iter().flatten() {
        excess
            .actions
            .push((PASS_ROLE.action.to_owned(), Some(statement.clone())));
    }
    let everywhere = policy.actions_on_everything.as_ref().known();
    for row in &WATCHED {
        if !everywhere.is_some_and(|actions| actions.contains(&row.action)) {
            continue;
        }
        for statement in anywhere(document, account, row).statements {
            excess
                .actions
                .push((row.action.word().to_owned(), Some(statement)));
        }
    }
    for way in policy.escalations.as_ref().known().into_iter().flatten() {
        for grant in &way.grants {
            if grant.action == way.action && grant.policy == policy.resource_id {
                excess
                    .actions
                    .push((grant.action.clone(), Some(grant.statement.clone())));
            }
        }
    }
    excess
}

/// Parses an ARN such as `arn:aws:iam::111122223333:user/path/name`.
fn holder(arn: &str) -> Option<Holder> {
    let (kind, path) = Arn::parse(arn)?.resource.split_once('/')?;
    let kind = PrincipalKind::ALL
        .into_iter()
        .find(|known| known.word() == kind)?;
    let name = path.rsplit('/').next()?.to_owned();
    Some(Holder { kind, name })
}

fn fact<T>(document: Option<&PolicyDocument>, make: impl FnOnce(&PolicyDocument) -> T) -> Fact<T> {
    known_or(document, SOURCE).map(make)
}

/// The watched actions that the document allows on every resource, each with how it does.
fn actions_on_everything(
    document: &PolicyDocument,
    account: &Account,
) -> Vec<(WatchedAction, AllowedAnywhere)> {
    let mut allowed: Vec<(WatchedAction, AllowedAnywhere)> = Vec::new();
    for row in &WATCHED {
        let found = anywhere(document, account, row);
        if !found.statements.is_empty() && allowed.iter().all(|(other, _)| *other != row.action) {
            allowed.push((row.action, found));
        }
    }
    allowed
}

/// How a watched action is allowed on every resource of one form.
fn anywhere(document: &PolicyDocument, account: &Account, row: &Watched) -> AllowedAnywhere {
    let Watched { action, resource, in_any_account, unnamed } = *row;
    let action = action.word().to_ascii_lowercase();
    // A key may have no alias; most have one, so a condition that any alias meets leaves out next to nothing.
    let at_times_unnamed = &["kms:requestalias", "kms:resourcealiases"];
    let question =
        Anywhere { action: &action, resource, in_any_account, unnamed, at_times_unnamed };
    document.allows_anywhere(account, &question)
}

fn conditional(watched: Vec<(WatchedAction, AllowedAnywhere)>) -> Vec<ConditionalAction> {
    let mut conditional = Vec::new();
    for (action, AllowedAnywhere { depends_on, .. }) in watched {
        if !depends_on.is_empty() {
            conditional.push(ConditionalAction { action, depends_on });
        }
    }
    conditional
}
