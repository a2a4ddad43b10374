//! Reads who acted from `userIdentity`.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>

use portcullis_model::{Actor, ActorKind, Arn};

use crate::pool::Pool;
use crate::tree::Node;

/// CloudTrail's placeholder for a name that no user of the account has.
pub(crate) const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The type of a user whose type is not known.
pub(crate) const NOT_NAMED: &str = "not named";

/// The role shown for root's sessions that `sts:AssumeRoot` opens.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>
const ASSUME_ROOT: &str = "AssumeRoot";

/// The actor of a record. An unknown type serves as the name.
pub(crate) fn read(record: &Node<'_>, pool: &mut Pool) -> Actor {
    let user_name = record.text("/userIdentity/userName");
    let principal_id = record.text("/userIdentity/principalId");
    let mut actor = |kind: ActorKind, name: Option<&str>| Actor {
        kind,
        name: name.map(|name| pool.text(name)),
        role: None,
        principal_id: principal_id.map(|id| pool.text(id)),
    };
    let resource = resource(record);
    match kind(record, resource) {
        // Identity Center has recorded sign-ins with an external identity provider as if root made them.
        "Root" if record.text("/eventName") == Some(EXTERNAL_IDP) => directory_user(record, pool),
        "Root" => {
            let root = actor(ActorKind::Root, None);
            Actor { role: is_assumed_root(record).then(|| pool.text(ASSUME_ROOT)), ..root }
        }
        "IAMUser" if user_name == Some(HIDDEN) => actor(ActorKind::UnknownUser, None),
        "IAMUser" => {
            let in_arn = resource.rsplit('/').next().filter(|name| !name.is_empty());
            actor(ActorKind::User, user_name.or(in_arn))
        }
        "AssumedRole" => session(record, resource, pool),
        "FederatedUser" => actor(ActorKind::FederatedUser, resource.split('/').nth(1)),
        "SAMLUser" => actor(saml_kind(record), user_name),
        "IdentityCenterUser" | "Unknown" | "" => directory_user(record, pool),
        // A CSV names only the session.
        _ if user_name.is_some_and(is_instance) => actor(ActorKind::Instance, user_name),
        NOT_NAMED => actor(ActorKind::Other, user_name),
        other => actor(ActorKind::Other, user_name.or(Some(other))),
    }
}

/// Whether root acted with its own credentials, and not in a session that the management account opened.
pub(crate) fn is_root(record: &Node<'_>) -> bool {
    kind(record, resource(record)) == "Root" && !is_assumed_root(record)
}

fn is_assumed_root(record: &Node<'_>) -> bool {
    record.flag("/userIdentity/sessionContext/assumedRoot")
}

/// The part of the ARN that names the user or session; empty: there is none.
fn resource<'n>(record: &'n Node<'_>) -> &'n str {
    let arn = record.text("/userIdentity/arn").and_then(Arn::parse);
    arn.map_or("", |arn| arn.resource)
}

/// Whether the record says who acted, or AWS acted itself. In any other record, root may have acted.
pub(crate) fn is_named(record: &Node<'_>) -> bool {
    let is_of_aws = |kind: &str| kind.eq_ignore_ascii_case("AwsServiceEvent");
    ["/userIdentity/type", "/userIdentity/arn"]
        .iter()
        .any(|path| record.text(path).is_some())
        || record.text("/eventType").is_some_and(is_of_aws)
}

/// The type as AWS writes it, or else the type that the ARN implies.
fn kind<'r>(record: &'r Node<'_>, resource: &str) -> &'r str {
    const TYPES: [(&str, &str); 7] = [
        ("Root", "root"),
        ("IAMUser", "user"),
        ("AssumedRole", "assumed-role"),
        ("FederatedUser", "federated-user"),
        ("SAMLUser", ""),
        ("IdentityCenterUser", ""),
        ("Unknown", ""),
    ];
    let written = record.text("/userIdentity/type");
    if resource == "root" {
        return "Root";
    }
    let in_arn = resource.split('/').next();
    for (name, of_arn) in TYPES {
        let is_it = match written {
            Some(written) => written.eq_ignore_ascii_case(name),
            None => !of_arn.is_empty() && in_arn == Some(of_arn),
        };
        if is_it {
            return name;
        }
    }
    written.unwrap_or_default()
}

/// The session of a role; its kind depends on who opened it.
fn session(record: &Node<'_>, resource: &str, pool: &mut Pool) -> Actor {
    let mut parts = resource.split('/').skip(1);
    let (role, name) = (parts.next().unwrap_or_default(), parts.next());
    let principal_id = record.text("/userIdentity/principalId");
    // The role's id and the session's name.
    let [role_id, session_id] = [0, 1].map(|part| principal_id?.split(':').nth(part));
    let set = role
        .strip_prefix("AWSReservedSSO_")
        .and_then(|rest| rest.rsplit_once('_'));
    let kind = if set.is_some() {
        ActorKind::IdentityCenter
    } else if session_id.or(name).is_some_and(is_instance) {
        ActorKind::Instance
    } else if record
        .text("/additionalEventData/SamlProviderArn")
        .is_some()
    {
        ActorKind::Saml
    } else {
        ActorKind::Role
    };
    Actor {
        kind,
        name: name.map(|name| pool.text(name)),
        role: Some(pool.text(set.map_or(role, |(set, _)| set))),
        principal_id: role_id.map(|id| pool.text(id)),
    }
}

/// Sessions of EC2's instance profiles are named after the instance.
fn is_instance(session: &str) -> bool {
    session.strip_prefix("i-").is_some_and(|id| {
        id.len() >= 8
            && id
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    })
}

/// Identity Center opens sessions in accounts with its own SAML provider.
fn saml_kind(record: &Node<'_>) -> ActorKind {
    let provider = record
        .text("/requestParameters/principalArn")
        .unwrap_or_default();
    if provider.contains(":saml-provider/AWSSSO_") {
        ActorKind::IdentityCenter
    } else {
        ActorKind::Saml
    }
}

/// A user of Identity Center, or of a directory: WorkSpaces and Transfer Family write the same events.
fn directory_user(record: &Node<'_>, pool: &mut Pool) -> Actor {
    let name = record
        .text("/additionalEventData/UserName")
        .or_else(|| record.text("/userIdentity/userName"));
    let is_hidden = name == Some(HIDDEN);
    let kind = if is_hidden {
        ActorKind::UnknownUser
    } else {
        directory_kind(record)
    };
    let name = name.filter(|_| !is_hidden);
    // Other ids in these events are account ids.
    let id = record.text(USER_ID);
    Actor {
        kind,
        name: name.map(|name| pool.text(name)),
        role: None,
        principal_id: id.map(|id| pool.text(id)),
    }
}

/// Identity Center's event for a sign-in with an external identity provider.
const EXTERNAL_IDP: &str = "ExternalIdPDirectoryLogin";

/// The id of a user of Identity Center.
const USER_ID: &str = "/userIdentity/onBehalfOf/userId";

/// The page that a person signs in to, without the query, which names the application to open.
fn page<'n>(record: &'n Node<'_>) -> &'n str {
    let page = record
        .text("/additionalEventData/LoginTo")
        .unwrap_or_default();
    page.split('?').next().unwrap_or_default()
}

/// Whether somebody signs in to WorkSpaces or a web app of Transfer Family instead of the portal.
pub(crate) fn is_at_application(record: &Node<'_>) -> bool {
    let page = page(record);
    ["/workspaces", ".transfer", "//skylight.local"]
        .iter()
        .any(|it| page.contains(it))
}

/// The directory of a user; `Other` if the record does not show it. Only Identity Center names the user by id. The
/// last event of a sign-in shows the page.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
/// <https://docs.aws.amazon.com/workspaces/latest/adminguide/cloudtrail_logging.html>
fn directory_kind(record: &Node<'_>) -> ActorKind {
    let written = record.text("/userIdentity/type").unwrap_or_default();
    let event_source = record.text("/eventSource").unwrap_or_default();
    if record.text(USER_ID).is_some()
        || written.eq_ignore_ascii_case("IdentityCenterUser")
        || event_source.starts_with("sso")
        || record.text("/eventName") == Some(EXTERNAL_IDP)
    {
        return ActorKind::IdentityCenter;
    }
    if is_at_application(record) {
        ActorKind::Directory
    } else if [".awsapps.com", ".app.aws", ".signin.aws"]
        .iter()
        .any(|it| page(record).contains(it))
    {
        ActorKind::IdentityCenter
    } else {
        ActorKind::Other
    }
}
