//! Reads an event from a record of CloudTrail.
//!
//! Any field may be missing, of another type, or written by an attacker. Tokens, keys and the parameters of sign-in
//! pages are not kept.

use jiff::Timestamp;
use portcullis_model::{ActorKind, Event, EventCall, Mfa, Outcome, PasswordLimits, SharedText};

use crate::actor;
use crate::interest::{OutcomeField, service};
use crate::pattern::is_wrong_code;
use crate::pool::Pool;
use crate::tree::Node;

/// Reads an event, to which the caller gives an id; the error is a phrase.
pub(crate) fn read(
    record: &Node<'_>,
    id: &str,
    field: OutcomeField,
    pool: &mut Pool,
) -> Result<Box<Event>, &'static str> {
    let name = record.text("/eventName").ok_or("an event has no name")?;
    let Origin { at, account, region } = Origin::read(record)?;
    let service = service(record.text("/eventSource").unwrap_or_default());
    let needs_actor = ["signin", "iam"].contains(&service) || name == "GetSessionToken";
    if needs_actor && !actor::is_named(record) {
        return Err("an event does not say who acted");
    }
    let actor = actor::read(record, pool);
    let mfa = match name {
        "ConsoleLogin" => Some(mfa(record, actor.kind)),
        "GetSessionToken" => Some(token_mfa(record)),
        _ => None,
    };
    let access_key = record.text("/userIdentity/accessKeyId");
    let mut shared = |text: Option<&str>| text.map(|text| pool.text(text));
    let source = shared(record.text("/sourceIPAddress"));
    let call = EventCall {
        code: shared(record.text("/errorCode")),
        message: shared(record.text("/errorMessage")),
        authenticator: shared(authenticator(record, name)),
        access_key: shared(access_key.filter(|key| key.starts_with("AKIA"))),
        agent: shared(record.text("/userAgent")),
        target: shared(target(record, name)),
        password_limits: password_limits(record, name),
        hides_target: service != "signin" && !has_parameters(record),
        at_application: actor::is_at_application(record),
        by_external_client: is_by_external_client(record),
        account: pool.text(account),
        region: pool.text(region),
        service: pool.text(service),
        name: pool.text(name),
        outcome: outcome(record, field, name),
        mfa,
        factors: factors(record, pool),
    };
    let call = pool.call(call);
    let workflow = record
        .text("/additionalEventData/AuthWorkflowID")
        .map(SharedText::from);
    Ok(Box::new(Event { id: id.into(), at, actor, source, workflow, call }))
}

/// When and where an event was recorded.
pub(crate) struct Origin<'n> {
    pub(crate) at: Timestamp,
    pub(crate) account: &'n str,
    pub(crate) region: &'n str,
}

impl<'n> Origin<'n> {
    /// The origin of a record; an error says in a phrase what it lacks.
    pub(crate) fn read(record: &'n Node<'_>) -> Result<Origin<'n>, &'static str> {
        let at = record.text("/eventTime").ok_or("an event has no time")?;
        let at = at
            .parse()
            .map_err(|_| "the time of an event is not written as CloudTrail writes it")?;
        let account = record
            .text("/recipientAccountId")
            .or_else(|| record.text("/userIdentity/accountId"))
            .ok_or("an event names no account")?;
        let region = record
            .text("/awsRegion")
            .ok_or("an event names no region")?;
        Ok(Origin { at, account, region })
    }
}

/// The id of the event: a later copy that corrects it names the first.
pub(crate) fn id<'n>(record: &'n Node<'_>) -> Option<&'n str> {
    record
        .text("/addendum/originalEventID")
        .or_else(|| record.text("/eventID"))
}

/// The outcome of the event, according to the field `by` or else its error.
fn outcome(record: &Node<'_>, by: OutcomeField, name: &str) -> Outcome {
    let has_error = ["/errorCode", "/errorMessage"]
        .iter()
        .any(|it| record.text(it).is_some());
    let (object, field) = match by {
        OutcomeField::ErrorCode if has_error => return Outcome::Failure,
        OutcomeField::ErrorCode => return Outcome::Success,
        OutcomeField::ResponseElements => ("responseElements", name),
        OutcomeField::ServiceEventDetails => ("serviceEventDetails", name),
        OutcomeField::AdditionalEventData => ("additionalEventData", "success"),
    };
    match record.get(object).and_then(|object| object.get(field)) {
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

/// Whether a console sign-in used MFA. AWS knows this only for the root user and IAM users: `MFAUsed` is always `No`
/// for a session that an identity provider or another tool opened.
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

/// Whether an MFA code was given for a session token, in which case the parameters name the device. The CSV of the
/// event history has no parameters.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
fn token_mfa(record: &Node<'_>) -> Mfa {
    match record.get("requestParameters") {
        _ if record.text("/errorMessage").is_some_and(is_wrong_code) => Mfa::Used,
        None => Mfa::Unknown,
        Some(parameters) if parameters.has_text("serialNumber") => Mfa::Used,
        Some(_) => Mfa::NotUsed,
    }
}

/// What a new password policy requires. What the call does not set has its default.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
fn password_limits(record: &Node<'_>, name: &str) -> Option<PasswordLimits> {
    let number = |name: &str| record.number(&format!("/requestParameters/{name}"));
    match name {
        "UpdateAccountPasswordPolicy" => Some(PasswordLimits {
            min_length: number("minimumPasswordLength").unwrap_or(6),
            reuse_prevention: number("passwordReusePrevention").unwrap_or(0),
        }),
        // The default of AWS applies.
        "DeleteAccountPasswordPolicy" => {
            Some(PasswordLimits { min_length: 8, reuse_prevention: 0 })
        }
        _ => None,
    }
}

/// Whether the record has the parameters of the call, of which there may be none, and a name among them if it is text.
fn has_parameters(record: &Node<'_>) -> bool {
    match record.get("requestParameters") {
        Some(Node::Null) => true,
        Some(parameters @ Node::Object(_)) => match parameters.get("userName") {
            None => true,
            Some(Node::Text(name)) => !name.is_empty(),
            Some(_) => false,
        },
        _ => false,
    }
}

/// Whether a program that registered itself signs somebody in, such as an MCP client. AWS's own have ids such as
/// `arn:aws:signin:::devtools/same-device`.
///
/// <https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html>
fn is_by_external_client(record: &Node<'_>) -> bool {
    let client = record
        .text("/requestParameters/client_id")
        .unwrap_or_default();
    client.contains(":external-client/")
}

/// What vouched for the actor: an MFA device, or a SAML provider.
fn authenticator<'n>(record: &'n Node<'_>, name: &str) -> Option<&'n str> {
    match name {
        "AssumeRoleWithSAML" => record.text("/requestParameters/principalArn"),
        "EnableMFADevice" | "DeactivateMFADevice" => record.text("/requestParameters/serialNumber"),
        _ => record
            .text("/additionalEventData/MFAIdentifier")
            .or_else(|| record.text("/additionalEventData/SamlProviderArn")),
    }
}

/// `MfaType` of CheckMfa, and `CredentialType` of Identity Center, which may list several.
fn factors(record: &Node<'_>, pool: &mut Pool) -> Vec<SharedText> {
    let kinds = record
        .text("/additionalEventData/CredentialType")
        .or_else(|| record.text("/additionalEventData/MfaType"))
        .unwrap_or_default();
    let names = kinds
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names.map(|name| pool.text(name)).collect()
}

/// The user, device, role or account that the event acts on.
fn target<'n>(record: &'n Node<'_>, name: &str) -> Option<&'n str> {
    let parameter = match name {
        "AssumeRole" | "AssumeRoleWithSAML" => "roleArn",
        "AssumeRoot" => "targetPrincipal",
        "StartPrimaryEmailUpdate" | "AcceptPrimaryEmailUpdate" => "accountId",
        "CreateVirtualMFADevice" => "virtualMFADeviceName",
        "CreateOAuth2Token" => "grant_type",
        "DeleteVirtualMFADevice" => "serialNumber",
        "CreateSAMLProvider" | "CreateOpenIDConnectProvider" => "name",
        "UpdateSAMLProvider" | "DeleteSAMLProvider" => "sAMLProviderArn",
        "AddClientIDToOpenIDConnectProvider" => "openIDConnectProviderArn",
        _ => "userName",
    };
    record.text(&format!("/requestParameters/{parameter}"))
}
