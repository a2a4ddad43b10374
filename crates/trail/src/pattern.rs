//! Recognises why an attempt failed, by the event at which it failed or stopped.

use portcullis_model::{ActorKind, Attempt, Event, Mfa, Outcome, Pattern};

/// The pattern of an attempt that failed or stopped at that event.
pub(crate) fn pattern(event: &Event, attempt: &Attempt) -> Pattern {
    match &*event.name {
        "CheckMfa" | "CredentialChallenge" | "CredentialVerification" | "UserAuthentication"
            if attempt.outcome == Outcome::Unfinished =>
        {
            Pattern::StoppedHalfway
        }
        "ConsoleLogin" | "CheckMfa" => console(event, attempt),
        _ if event.actor.kind == ActorKind::UnknownUser => Pattern::UnknownName,
        "CredentialChallenge" | "CredentialVerification" | "UserAuthentication" => {
            Pattern::FactorRefused
        }
        "ExternalIdPDirectoryLogin" => Pattern::DirectoryRefused,
        "AssumeRoleWithSAML" => Pattern::SamlRefused,
        "SwitchRole" | "AssumeRole" => Pattern::RoleRefused,
        "AuthorizeOAuth2Access" | "CreateOAuth2Token" => Pattern::CommandLineRefused,
        "GetSessionToken" => Pattern::CodeRefused,
        "PasswordRecoveryRequested" | "PasswordRecoveryCompleted" => Pattern::RecoveryUnfinished,
        "ChangePassword" => Pattern::PasswordChangeRefused,
        _ => Pattern::EnrolmentUnfinished,
    }
}

/// The pattern of a refused sign-in to the console.
///
/// AWS asks a user with MFA for the code whatever the password was, so it is not known which of the two was wrong.
fn console(event: &Event, attempt: &Attempt) -> Pattern {
    let code = event.code.as_deref().unwrap_or_default();
    let message = event.message.as_deref().unwrap_or("Failed authentication");
    if code.starts_with("AccessDenied") || message.starts_with("Authorization denied") {
        return Pattern::DeniedByPolicy;
    }
    let is_usual = message == "Failed authentication";
    match event.actor.kind {
        ActorKind::UnknownUser => Pattern::UnknownName,
        ActorKind::Root if is_usual => Pattern::RootCredentials,
        ActorKind::User if !is_usual => Pattern::Other,
        ActorKind::User if attempt.factors.is_empty() && event.mfa == Some(Mfa::NotUsed) => {
            Pattern::WrongPassword
        }
        ActorKind::User => Pattern::PasswordOrCode,
        _ => Pattern::Other,
    }
}

/// Whether STS refused the code instead of the person.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
pub(crate) fn is_wrong_code(message: &str) -> bool {
    message.contains("invalid MFA one time pass code")
}
