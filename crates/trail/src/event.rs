//! A record of CloudTrail read as an event.
//!
//! Any field may be missing, of another type, or written by an attacker. Nothing is kept of tokens, keys
//! and the parameters of sign-in pages.

use jiff::Timestamp;
use portcullis_model::{ActorKind, Event, Mfa, Outcome, digest};
use serde_json::Value;

use crate::actor;
use crate::interest::{OutcomeField, service};

/// The text at the end of that path, such as `/userIdentity/type`.
pub(crate) fn text<'a>(record: &'a Value, path: &str) -> Option<&'a str> {
    let mut value = record;
    for key in path.split('/').skip(1) {
        value = value.get(key)?;
    }
    value.as_str().filter(|text| !text.is_empty())
}

/// The event; an error says in a phrase why it is not one.
pub(crate) fn read(record: &Value, field: OutcomeField) -> Result<Event, String> {
    let owned = |path: &str| text(record, path).map(str::to_owned);
    let name = owned("/eventName").ok_or("an event has no name")?;
    let at: Timestamp = text(record, "/eventTime")
        .and_then(|time| time.parse().ok())
        .ok_or("an event has no time")?;
    let account = owned("/recipientAccountId").or_else(|| owned("/userIdentity/accountId"));
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
        id: id.unwrap_or_else(|| format!("{:032x}", digest(&[&record.to_string()]))),
        at,
        account: account.ok_or("an event names no account")?,
        region: owned("/awsRegion").ok_or("an event names no region")?,
        service: service(text(record, "/eventSource").unwrap_or_default()).to_owned(),
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
fn outcome(record: &Value, field: OutcomeField, name: &str) -> Outcome {
    let has_error = ["/errorCode", "/errorMessage"].iter().any(|it| text(record, it).is_some());
    let said = match field {
        OutcomeField::ErrorCode if has_error => return Outcome::Failure,
        OutcomeField::ErrorCode => return Outcome::Success,
        OutcomeField::ResponseElements => record.pointer(&format!("/responseElements/{name}")),
        OutcomeField::ServiceEventDetails => {
            record.pointer(&format!("/serviceEventDetails/{name}"))
        }
        OutcomeField::AdditionalEventData => record.pointer("/additionalEventData/success"),
    };
    match said {
        Some(Value::Bool(true)) => Outcome::Success,
        Some(Value::Bool(false)) => Outcome::Failure,
        Some(Value::String(word)) => match word.to_ascii_lowercase().as_str() {
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
fn mfa(record: &Value, kind: ActorKind) -> Mfa {
    match kind {
        ActorKind::Root | ActorKind::User | ActorKind::UnknownUser => {}
        ActorKind::Directory | ActorKind::Other => return Mfa::Unknown,
        _ => return Mfa::NotVisible,
    }
    match text(record, "/additionalEventData/MFAUsed") {
        Some(word) if word.eq_ignore_ascii_case("yes") => Mfa::Used,
        Some(word) if word.eq_ignore_ascii_case("no") => Mfa::NotUsed,
        _ => Mfa::Unknown,
    }
}

/// Whether an MFA code was given for a session token: then the parameters name the device. The CSV of the
/// event history has none.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
fn token_mfa(record: &Value) -> Mfa {
    match record.get("requestParameters") {
        None => Mfa::Unknown,
        Some(parameters) if parameters["serialNumber"].is_string() => Mfa::Used,
        Some(_) => Mfa::NotUsed,
    }
}

/// `MfaType` of CheckMfa, and `CredentialType` of Identity Center, which may list several.
fn factors(record: &Value) -> Vec<String> {
    let data = |key: &str| text(record, &format!("/additionalEventData/{key}"));
    let kinds = data("CredentialType").or_else(|| data("MfaType")).unwrap_or_default();
    kinds.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The user, device or role acted on.
fn target(record: &Value, name: &str) -> Option<String> {
    let parameter = match name {
        "AssumeRole" | "AssumeRoleWithSAML" => "roleArn",
        "AssumeRoot" => "targetPrincipal",
        "CreateVirtualMFADevice" => "virtualMFADeviceName",
        "DeleteVirtualMFADevice" => "serialNumber",
        "CreateSAMLProvider" | "CreateOpenIDConnectProvider" => "name",
        "UpdateSAMLProvider" | "DeleteSAMLProvider" => "sAMLProviderArn",
        _ => "userName",
    };
    text(record, &format!("/requestParameters/{parameter}")).map(str::to_owned)
}
