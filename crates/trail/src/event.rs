//! A record of CloudTrail read as an event.
//!
//! Any field may be missing, of another type, or written by an attacker. Nothing is kept of tokens, keys
//! and the parameters of sign-in pages.

use jiff::Timestamp;
use portcullis_model::{ActorKind, Event, Mfa, Outcome};

use crate::actor;
use crate::interest::{OutcomeField, service};
use crate::tree::Node;

/// The event, whose id may be empty; an error says in a phrase why it is not one.
pub(crate) fn read(record: &Node<'_>, field: OutcomeField) -> Result<Event, String> {
    let owned = |path: &str| record.text(path).map(str::to_owned);
    let name = owned("/eventName").ok_or("an event has no name")?;
    let at: Timestamp = record
        .text("/eventTime")
        .and_then(|time| time.parse().ok())
        .ok_or("an event has no time")?;
    let account = owned("/recipientAccountId").or_else(|| owned("/userIdentity/accountId"));
    let service = service(record.text("/eventSource").unwrap_or_default());
    if ["signin", "iam"].contains(&service) && !actor::is_named(record) {
        return Err("an event does not say who acted".to_owned());
    }
    let actor = actor::read(record);
    let outcome = outcome(record, field, &name);
    // A later copy of an event that corrects it names the first.
    let id = owned("/addendum/originalEventID").or_else(|| owned("/eventID"));
    let mfa = match name.as_str() {
        "ConsoleLogin" => Some(mfa(record, actor.kind)),
        "GetSessionToken" => Some(token_mfa(record)),
        _ => None,
    };
    Ok(Event {
        id: id.unwrap_or_default(),
        at,
        account: account.ok_or("an event names no account")?,
        region: owned("/awsRegion").ok_or("an event names no region")?,
        service: service.to_owned(),
        actor,
        outcome,
        code: owned("/errorCode"),
        message: owned("/errorMessage"),
        mfa,
        factors: factors(record),
        source: owned("/sourceIPAddress"),
        access_key: owned("/userIdentity/accessKeyId").filter(|key| key.starts_with("AKIA")),
        agent: owned("/userAgent"),
        target: target(record, &name),
        workflow: owned("/additionalEventData/AuthWorkflowID"),
        name,
    })
}

/// How the event ended, by the field that says so for it, and else by its error.
fn outcome(record: &Node<'_>, by: OutcomeField, name: &str) -> Outcome {
    let has_error = ["/errorCode", "/errorMessage"].iter().any(|it| record.text(it).is_some());
    let field = |object, name| record.get(object).and_then(|object: &Node<'_>| object.get(name));
    let said = match by {
        OutcomeField::ErrorCode if has_error => return Outcome::Failure,
        OutcomeField::ErrorCode => return Outcome::Success,
        OutcomeField::ResponseElements => field("responseElements", name),
        OutcomeField::ServiceEventDetails => field("serviceEventDetails", name),
        OutcomeField::AdditionalEventData => field("additionalEventData", "success"),
    };
    match said {
        Some(Node::Bool(true)) => Outcome::Success,
        Some(Node::Bool(false)) => Outcome::Failure,
        Some(Node::Text(word)) => match word.to_ascii_lowercase().as_str() {
            "success" | "true" => Outcome::Success,
            "failure" | "false" => Outcome::Failure,
            _ => Outcome::Unknown,
        },
        _ if has_error => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

/// Whether a console sign-in used MFA. AWS sees it of the root user and of IAM users only: for a session
/// that an identity provider or another tool opened, `MFAUsed` is always `No`.
fn mfa(record: &Node<'_>, kind: ActorKind) -> Mfa {
    match kind {
        ActorKind::Root | ActorKind::User | ActorKind::UnknownUser => {}
        ActorKind::Directory | ActorKind::Other => return Mfa::Unknown,
        _ => return Mfa::NotVisible,
    }
    match record.text("/additionalEventData/MFAUsed") {
        Some(word) if word.eq_ignore_ascii_case("yes") => Mfa::Used,
        Some(word) if word.eq_ignore_ascii_case("no") => Mfa::NotUsed,
        _ => Mfa::Unknown,
    }
}

/// Whether an MFA code was given for a session token: then the parameters name the device. The CSV of the
/// event history has none.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
fn token_mfa(record: &Node<'_>) -> Mfa {
    match record.get("requestParameters") {
        None => Mfa::Unknown,
        Some(parameters)
            if parameters.get("serialNumber").is_some_and(|it| it.as_str().is_some()) =>
        {
            Mfa::Used
        }
        Some(_) => Mfa::NotUsed,
    }
}

/// `MfaType` of CheckMfa, and `CredentialType` of Identity Center, which may list several.
fn factors(record: &Node<'_>) -> Vec<String> {
    let data = |key: &str| record.text(&format!("/additionalEventData/{key}"));
    let kinds = data("CredentialType").or_else(|| data("MfaType")).unwrap_or_default();
    kinds.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The user, device or role acted on.
fn target(record: &Node<'_>, name: &str) -> Option<String> {
    let parameter = match name {
        "AssumeRole" | "AssumeRoleWithSAML" => "roleArn",
        "AssumeRoot" => "targetPrincipal",
        "CreateVirtualMFADevice" => "virtualMFADeviceName",
        "DeleteVirtualMFADevice" => "serialNumber",
        "CreateSAMLProvider" | "CreateOpenIDConnectProvider" => "name",
        "UpdateSAMLProvider" | "DeleteSAMLProvider" => "sAMLProviderArn",
        _ => "userName",
    };
    record.text(&format!("/requestParameters/{parameter}")).map(str::to_owned)
}
