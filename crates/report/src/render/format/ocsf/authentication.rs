//! Authentication, class 3002: an attempt to get in, as CloudTrail recorded it.
//!
//! <https://schema.ocsf.io/1.6.0/classes/authentication?profiles=cloud>

use std::net::IpAddr;

use portcullis_model::{
    AccountRef, ActorKind, Attempt, Mfa, Outcome, Pattern, Person, Purpose, partition_of,
};
use serde::Serialize;

use super::attributes::{Class, Classification, Enum};
use super::objects::{Account, Cloud, Metadata};
use crate::render::view::View;

const CLASS: Class = Class {
    category_uid: 3,
    category_name: "Identity & Access Management",
    uid: 3002,
    name: "Authentication",
};

/// An attempt to get in.
#[derive(Serialize)]
pub(super) struct Authentication<'a> {
    #[serde(flatten)]
    classification: Classification,
    time: i64,
    start_time: i64,
    end_time: i64,
    severity_id: u8,
    severity: &'static str,
    status_id: u8,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<&'a str>,
    /// What kept it from success, in our own word, where AWS gives no message.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<&'a str>,
    user: User<'a>,
    /// Absent where AWS cannot see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_mfa: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_protocol_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_protocol: Option<&'static str>,
    service: Service,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_endpoint: Option<Endpoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_request: Option<HttpRequest<'a>>,
    cloud: Cloud<'a>,
    metadata: Metadata<'a>,
}

/// Who tried.
#[derive(Serialize)]
struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    type_id: u8,
    r#type: &'static str,
    /// The account that the name belongs to; of a person of an identity provider, that of the event.
    account: Account<'a>,
}

/// What they wanted to get into.
#[derive(Serialize)]
struct Service {
    name: &'static str,
}

/// Where they came from: an address or, of a redacted report or a service, a name.
#[derive(Serialize)]
struct Endpoint<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

/// What the client says of itself.
#[derive(Serialize)]
struct HttpRequest<'a> {
    user_agent: &'a str,
}

impl<'a> Authentication<'a> {
    /// The event's uid is the id that CloudTrail gave to the attempt's first event. None: the attempt is
    /// for something else than to get in.
    pub(super) fn new(attempt: &'a Attempt, view: &View<'a>) -> Option<Authentication<'a>> {
        let service = match attempt.purpose {
            Purpose::SignIn => "AWS Sign-In",
            Purpose::SwitchRole | Purpose::SessionToken => "AWS STS",
            Purpose::CommandLine => "AWS CLI",
            Purpose::ExternalClient => "external client",
            Purpose::PasswordRecovery | Purpose::PasswordChange | Purpose::MfaEnrolment => {
                return None;
            }
        };
        let Enum(status_id, status) = status(attempt.outcome);
        let protocol = protocol(attempt);
        let partition = partition_of(&attempt.region);
        let account = view.account_of(AccountRef { partition, id: &attempt.account });
        let uid = attempt.events.first();
        Some(Authentication {
            classification: CLASS.with(Enum(1, "Logon")),
            time: attempt.last.as_millisecond(),
            start_time: attempt.first.as_millisecond(),
            end_time: attempt.last.as_millisecond(),
            severity_id: 1,
            severity: "Informational",
            status_id,
            status,
            status_code: attempt.code.as_deref(),
            status_detail: attempt
                .message
                .as_deref()
                .or(attempt.pattern.map(Pattern::word)),
            user: User::new(&attempt.person, &attempt.account),
            is_mfa: is_mfa(attempt.mfa),
            auth_protocol_id: protocol.as_ref().map(|Enum(id, _)| *id),
            auth_protocol: protocol.map(|Enum(_, caption)| caption),
            service: Service { name: service },
            http_request: attempt
                .agent
                .as_deref()
                .map(|user_agent| HttpRequest { user_agent }),
            src_endpoint: attempt.source.as_deref().map(Endpoint::new),
            cloud: Cloud::new(Some(&attempt.region), &attempt.account, account),
            metadata: Metadata::new(view.report, attempt.purpose.word(), uid),
        })
    }
}

impl<'a> User<'a> {
    fn new(person: &'a Person, account: &'a str) -> User<'a> {
        let Enum(type_id, r#type) = match person.kind {
            ActorKind::Root => Enum(2, "Admin"),
            ActorKind::UnknownUser | ActorKind::Other => Enum(0, "Unknown"),
            ActorKind::Instance | ActorKind::Role => Enum(4, "Service"),
            _ => Enum(1, "User"),
        };
        let is_root = person.kind == ActorKind::Root;
        let name = person.name.as_deref().or(is_root.then_some("root"));
        let account = Account::new(person.account.as_deref().unwrap_or(account), None);
        User { name, type_id, r#type, account }
    }
}

impl<'a> Endpoint<'a> {
    fn new(source: &'a str) -> Endpoint<'a> {
        match source.parse::<IpAddr>() {
            Ok(_) => Endpoint { ip: Some(source), name: None },
            Err(_) => Endpoint { ip: None, name: Some(source) },
        }
    }
}

fn status(outcome: Outcome) -> Enum {
    match outcome {
        Outcome::Unknown => Enum(0, "Unknown"),
        Outcome::Success => Enum(1, "Success"),
        Outcome::Failure => Enum(2, "Failure"),
        Outcome::Unfinished => Enum(99, "Unfinished"),
    }
}

fn is_mfa(mfa: Option<Mfa>) -> Option<bool> {
    match mfa? {
        Mfa::Used => Some(true),
        Mfa::NotUsed => Some(false),
        Mfa::NotVisible | Mfa::Unknown => None,
    }
}

fn protocol(attempt: &Attempt) -> Option<Enum> {
    match (attempt.purpose, attempt.person.kind) {
        (Purpose::CommandLine | Purpose::ExternalClient, _) => Some(Enum(6, "OAUTH 2.0")),
        (_, ActorKind::Saml) => Some(Enum(5, "SAML")),
        _ => None,
    }
}
