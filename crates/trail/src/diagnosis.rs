//! What a pattern means to the helper: the likely cause, how certain it is, and what to do.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html>

use std::mem;

use jiff::SignedDuration;
use portcullis_model::{
    ActorKind, Attempt, Diagnosis, Factor, FactorState, Likelihood, Message, MessagePart, Outcome,
    Pattern, Purpose, shell_word,
};

use crate::attempt::has_refused_factor;
use crate::pattern::is_wrong_code;

/// Diagnoses attempts that failed one after another, given the pattern of the last.
pub(crate) fn diagnose(attempts: &[&Attempt], last: &Attempt, pattern: Pattern) -> Diagnosis {
    let words = match pattern {
        Pattern::WrongPassword => WRONG_PASSWORD,
        Pattern::PasswordOrCode if is_rhythmic(attempts) => CLOCK,
        Pattern::PasswordOrCode => PASSWORD_OR_CODE,
        Pattern::StoppedHalfway => stopped(last),
        Pattern::UnknownName => UNKNOWN_NAME,
        Pattern::DeniedByPolicy
            if matches!(last.person.kind, ActorKind::Root | ActorKind::UnknownUser) =>
        {
            DENIED_WITHOUT_PASSWORD
        }
        Pattern::DeniedByPolicy => DENIED_BY_POLICY,
        Pattern::RootCredentials => ROOT_CREDENTIALS,
        Pattern::RecoveryUnfinished if last.outcome == Outcome::Failure => RECOVERY_REFUSED,
        Pattern::RecoveryUnfinished => RECOVERY_UNFINISHED,
        Pattern::SamlRefused => saml(last),
        Pattern::DirectoryRefused => DIRECTORY_REFUSED,
        Pattern::FactorRefused if last.person.kind == ActorKind::Directory => DIRECTORY_FACTOR,
        Pattern::FactorRefused if last.person.kind == ActorKind::Other => SOMEWHERE_FACTOR,
        Pattern::FactorRefused if is_refused_with_password(last) => CENTER_REFUSED,
        Pattern::FactorRefused if is_refused(last, "PASSWORD") => CENTER_PASSWORD,
        Pattern::FactorRefused if is_refused(last, "EMAIL_OTP") => CENTER_MAILED_CODE,
        Pattern::FactorRefused if is_refused(last, "WEBAUTHN") => CENTER_SECURITY_KEY,
        Pattern::FactorRefused if has_refused_factor(last) => CENTER_FACTOR,
        Pattern::FactorRefused => CENTER_REFUSED,
        Pattern::PasswordChangeRefused => password_change(last),
        Pattern::EnrolmentUnfinished => enrolment(attempts, last),
        Pattern::CodeRefused => WRONG_CODE,
        Pattern::RoleRefused if last.message.as_deref().is_some_and(is_wrong_code) => WRONG_CODE,
        Pattern::RoleRefused => ROLE_REFUSED,
        Pattern::CommandLineRefused if last.purpose == Purpose::ExternalClient => {
            EXTERNAL_CLIENT_REFUSED
        }
        Pattern::CommandLineRefused => COMMAND_LINE_REFUSED,
        Pattern::NothingRecorded | Pattern::Other => OTHER,
    };
    let mut diagnosis = new_diagnosis(words, last.person.name.as_deref());
    if let Some(provider) = &last.authenticator {
        fill(&mut diagnosis, PROVIDER, "provider.arn", provider);
    }
    let state = match pattern {
        Pattern::StoppedHalfway => FactorState::Asked,
        _ => FactorState::Refused,
    };
    diagnosis.cause = diagnosis
        .cause
        .replace(FACTOR, describe_factor(last, state))
        .into();
    diagnosis
}

/// Creates a diagnosis in these words, with the user's name in the commands.
pub(crate) fn new_diagnosis(words: Words, name: Option<&str>) -> Diagnosis {
    let (likelihood, cause, action) = words;
    let (cause, action) = (cause.into(), action.into());
    let mut diagnosis = Diagnosis { cause, likelihood, action, action_facts: Vec::new() };
    fill(&mut diagnosis, USER, "user.name", name.unwrap_or(USER));
    diagnosis
}

/// The placeholder for an MFA device in commands.
const DEVICE: &str = "DEVICE-ARN";
/// The placeholder for a SAML provider in commands.
const PROVIDER: &str = "PROVIDER-ARN";

/// Puts the serial number of the MFA device into the commands.
pub(crate) fn name_device(diagnosis: &mut Diagnosis, serial: &str) {
    fill(diagnosis, DEVICE, "device.serial", serial);
}

/// Replaces a placeholder in the commands with the text of a fact.
fn fill(diagnosis: &mut Diagnosis, placeholder: &str, name: &str, text: &str) {
    let Diagnosis { action, action_facts, .. } = diagnosis;
    let before = Message::new(mem::take(action), mem::take(action_facts)).unwrap_or_default();
    let mut filled = Message::default();
    for part in before.parts() {
        match part {
            MessagePart::Fact(fact, known) => filled.push_fact(fact, known),
            MessagePart::Words(words) => {
                for (number, words) in words.split(placeholder).enumerate() {
                    if number > 0 {
                        filled.push_fact(name, &shell_word(text));
                    }
                    filled.push(words);
                }
            }
        }
    }
    (*action, *action_facts) = filled.into_parts();
}

/// Whether each attempt waited for a new code, which the phone shows every 30 seconds.
fn is_rhythmic(attempts: &[&Attempt]) -> bool {
    let (least, most) = (SignedDuration::from_secs(30), SignedDuration::from_secs(90));
    let mut waits = attempts
        .windows(2)
        .map(|two| two[1].last.duration_since(two[0].last));
    attempts.len() > 2 && waits.all(|wait| least <= wait && wait <= most)
}

fn is_refused(attempt: &Attempt, name: &str) -> bool {
    let refused = Factor { name: name.into(), state: FactorState::Refused };
    attempt.factors.contains(&refused)
}

/// Whether the password and another factor had one verification, which does not say which of them was wrong.
fn is_refused_with_password(attempt: &Attempt) -> bool {
    let refused = attempt
        .factors
        .iter()
        .filter(|factor| factor.state == FactorState::Refused);
    is_refused(attempt, "PASSWORD") && refused.count() > 1
}

/// What somebody did not answer, at the page where they stopped.
fn stopped(attempt: &Attempt) -> Words {
    let [device, other] = match attempt.person.kind {
        ActorKind::IdentityCenter => [CENTER_STOPPED, CENTER_UNANSWERED],
        ActorKind::Directory => [DIRECTORY_STOPPED, DIRECTORY_UNANSWERED],
        ActorKind::Other => [SOMEWHERE_STOPPED, SOMEWHERE_UNANSWERED],
        ActorKind::Root => return ROOT_STOPPED,
        _ => return STOPPED_HALFWAY,
    };
    match last_factor(attempt, FactorState::Asked) {
        None if attempt.person.kind == ActorKind::IdentityCenter => CENTER_NOT_ASKED,
        None => NOT_ASKED,
        Some("PASSWORD" | "SMARTCARD" | "EMAIL_OTP") => other,
        Some(_) => device,
    }
}

/// The last factor in that state, by CloudTrail's name.
fn last_factor(attempt: &Attempt, state: FactorState) -> Option<&str> {
    let factor = attempt
        .factors
        .iter()
        .rev()
        .find(|factor| factor.state == state)?;
    Some(&factor.name)
}

/// The placeholder in a cause for the factor that was not given, or was wrong.
const FACTOR: &str = "FACTOR";

/// Describes the last factor in that state.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
fn describe_factor(attempt: &Attempt, state: FactorState) -> &'static str {
    match last_factor(attempt, state) {
        None => "the password or the second factor",
        Some("PASSWORD") => "the password",
        Some("SMARTCARD") => "the smart card",
        Some("EMAIL_OTP") => "the code sent by email",
        Some("WEBAUTHN") => "the security key or passkey",
        Some(_) => "the code of the MFA device",
    }
}

/// Whether the attempt failed with that error code, with or without the ending `Exception`.
fn failed_with(attempt: &Attempt, code: &str) -> bool {
    attempt
        .code
        .as_ref()
        .is_some_and(|found| found.starts_with(code))
}

/// The placeholder for the user's name in commands.
const USER: &str = "USER";

/// How certain a cause is, the cause, and what to do.
pub(crate) type Words = (Likelihood, &'static str, &'static str);

pub(crate) const WRONG_PASSWORD: Words = (
    Likelihood::Likely,
    "The password was wrong. No second factor was asked for.",
    "Check Caps Lock, the keyboard layout and the entry in the password manager. If the password is \
    lost, have an administrator set a new one:\n\
    aws iam update-login-profile --user-name USER --password-reset-required --password PASSWORD",
);

/// The placeholder for the date of the bundle in a cause.
pub(crate) const DATE: &str = "DATE";

/// A wrong password of a user who has no MFA device.
pub(crate) const ONLY_PASSWORD: Words = (
    Likelihood::Certain,
    "The password was wrong. No second factor was asked for, and the user had none as of DATE.",
    WRONG_PASSWORD.2,
);

/// The same if the user may have had a device at the time of the attempt.
pub(crate) const LIKELY_ONLY_PASSWORD: Words =
    (Likelihood::Likely, ONLY_PASSWORD.1, WRONG_PASSWORD.2);

/// A user without a password.
pub(crate) const NO_PASSWORD: Words = (
    Likelihood::Likely,
    "The user had no console password as of DATE, so no password can work.",
    "Find out how the person is meant to sign in: perhaps through IAM Identity Center, or not to the console at \
    all. If they need a password, have an administrator set one:\n\
    aws iam create-login-profile --user-name USER --password-reset-required --password PASSWORD",
);

/// A password that was set after the attempt.
pub(crate) const NEWER_PASSWORD: Words = (
    Likelihood::Likely,
    "The password was wrong. No second factor was asked for. The password has been changed since.",
    WRONG_PASSWORD.2,
);

/// A password that has expired, where users may not set a new one.
pub(crate) const EXPIRED_PASSWORD: Words = (
    Likelihood::Likely,
    "The password has expired, and as of DATE the account's password policy let only administrators set a new one.",
    "Have an administrator set a new password:\n\
    aws iam update-login-profile --user-name USER --password-reset-required --password PASSWORD",
);

const PASSWORD_OR_CODE: Words = (
    Likelihood::Certain,
    "The password or the MFA code was wrong. CloudTrail does not say which.",
    "Type the password slowly, then a fresh code. Set the phone's clock to automatic. If codes are \
    still refused, find the device and synchronise it with two consecutive codes:\n\
    aws iam list-mfa-devices --user-name USER\n\
    aws iam resync-mfa-device --user-name USER --serial-number DEVICE-ARN --authentication-code1 CODE --authentication-code2 CODE\n\
    If the device is lost, use another registered one, or have an administrator deactivate it.",
);

const CLOCK: Words = (
    Likelihood::Likely,
    "The password or the code was wrong, each time after a wait for a new code: the device's clock is \
    probably wrong.",
    PASSWORD_OR_CODE.2,
);

const STOPPED_HALFWAY: Words = (
    Likelihood::Possible,
    "The page asked for a second factor and got none: the device is lost or out of reach, or somebody \
    else typed that name. AWS asks for the code even if the password was wrong.",
    "Ask the person whether they tried. If so, have them use another registered device, or have an \
    administrator deactivate the lost one. If not, tell the security team.",
);

const CENTER_STOPPED: Words = (
    Likelihood::Possible,
    "The portal asked for FACTOR and got none: the person closed the page, the device is lost or out of \
    reach, or somebody else typed that name.",
    "Ask the person whether they tried. If so, have an administrator remove the lost device in Identity \
    Center. If not, tell the security team.",
);

const CENTER_UNANSWERED: Words = (
    Likelihood::Possible,
    "The portal asked for FACTOR and got none: the person closed the page, or somebody else typed that name.",
    "Ask the person whether they tried. If not, tell the security team.",
);

const CENTER_NOT_ASKED: Words = (
    Likelihood::Possible,
    "The sign-in stopped, and CloudTrail does not show that another factor was asked for: the person closed \
    the page, or has no MFA device and cannot sign in without one.",
    "Ask the person what the page said. In the MFA settings of Identity Center, see what happens to users without \
    a registered device. If the person did not try, tell the security team.",
);

const NOT_ASKED: Words = (
    Likelihood::Possible,
    "The sign-in stopped, and CloudTrail does not show that another factor was asked for.",
    "Ask the person what the page said. If they did not try, tell the security team.",
);

const ROOT_STOPPED: Words = (
    Likelihood::Possible,
    "The page asked for root's MFA code and got none: the device is lost or out of reach, or somebody else \
    typed the account's email address.",
    "Ask the holders of root's password whether they tried. If so, and the device is lost, sign in with \
    alternative factors, which requires access to the account's mailbox and phone. If not, tell the security team.",
);

const UNKNOWN_NAME: Words = (
    Likelihood::Certain,
    "There is no user with the name that was typed. CloudTrail hides the name.",
    "Check the account id or alias in the page's address. The user may have been renamed or deleted; \
    root signs in with its email address, and Identity Center users sign in at their own portal.",
);

const DENIED_BY_POLICY: Words = (
    Likelihood::Certain,
    "A policy on sign-ins refused the attempt, most likely because of the network. The password may be right.",
    "Connect to the company's network or VPN and try again. If nobody can sign in, an administrator with \
    access keys removes the console's authorization configuration, or root uses the recovery link of \
    AWS Support.",
);

/// The same for root, who is stopped before the password, and for a name that no user has.
///
/// <https://docs.aws.amazon.com/signin/latest/userguide/troubleshooting-sign-in-issues.html>
const DENIED_WITHOUT_PASSWORD: Words = (
    Likelihood::Certain,
    "A policy on sign-ins refused the attempt, most likely because of the network.",
    DENIED_BY_POLICY.2,
);

const ROOT_CREDENTIALS: Words = (
    Likelihood::Certain,
    "Root's password or code was wrong. CloudTrail does not say which.",
    "Choose \"Forgot password?\" and read the mail sent to the account's address. If the MFA device \
    is lost, sign in with alternative factors, which requires access to the account's mailbox and phone.",
);

const RECOVERY_UNFINISHED: Words = (
    Likelihood::Possible,
    "Somebody asked for a new root password, and none was set: the mail did not arrive or was not \
    opened. If none of you asked, somebody is trying to get in.",
    "Look in the mailbox of the account's address, including spam. In a member account whose root is \
    managed centrally, recovery is off: the management account handles it instead. If none of you \
    asked, tell the security team and secure the mailbox.",
);

const RECOVERY_REFUSED: Words = (
    Likelihood::Possible,
    "Somebody asked for a new root password and was refused. If none of you asked, somebody is trying to get in.",
    "In a member account whose root is managed centrally, recovery is off: the management account handles it \
    instead. If none of you asked, tell the security team and secure the mailbox of the account's address.",
);

const DIRECTORY_REFUSED: Words = (
    Likelihood::Likely,
    "Identity Center could not use what the identity provider sent; the message says why.",
    "In the identity provider's application, compare the ACS URL and the issuer. Check that the \
    response is signed and holds exactly one assertion, and that the provider's clock is right.",
);

const CENTER_PASSWORD: Words = (
    Likelihood::Certain,
    "The Identity Center password was wrong.",
    "Choose \"Forgot password\" in the portal, or have an administrator reset it in Identity Center.",
);

const CENTER_FACTOR: Words = (
    Likelihood::Certain,
    "The second factor was refused.",
    "Set the device's clock and try a fresh code. If the device is lost, have an administrator remove it \
    in Identity Center, and then have the person register another.",
);

const CENTER_SECURITY_KEY: Words = (
    Likelihood::Certain,
    "The security key or passkey was refused.",
    "Check that the key or passkey is the one registered for this portal, and try another browser. If it is \
    lost, have an administrator remove it in Identity Center, and then have the person register another.",
);

const CENTER_MAILED_CODE: Words = (
    Likelihood::Certain,
    "The code sent by email was wrong.",
    "Use the code of the newest mail. If none arrives, look in spam, and have an administrator check the user's \
    email address in Identity Center.",
);

const CENTER_REFUSED: Words = (
    Likelihood::Possible,
    "Identity Center refused the sign-in. CloudTrail does not say at which factor.",
    "Ask the person what the page said. In Identity Center, check that the user is enabled and which MFA \
    devices are registered.",
);

const DIRECTORY_STOPPED: Words = (
    Likelihood::Possible,
    "WorkSpaces or Transfer Family asked for FACTOR and got none: the person closed the page, the device is \
    lost or out of reach, or somebody else typed that name.",
    "Ask the person whether they tried. If so, whoever runs the directory can help with a lost \
    device. If not, tell the security team.",
);

const DIRECTORY_UNANSWERED: Words = (
    Likelihood::Possible,
    "WorkSpaces or Transfer Family asked for FACTOR and got none: the person closed the page, or somebody else \
    typed that name.",
    CENTER_UNANSWERED.2,
);

const DIRECTORY_FACTOR: Words = (
    Likelihood::Certain,
    "WorkSpaces or Transfer Family refused FACTOR, according to CloudTrail.",
    "Check Caps Lock and the user name. Whoever runs the directory can set a new password or register \
    the device again: neither IAM nor Identity Center knows this user.",
);

const SOMEWHERE_STOPPED: Words = (
    Likelihood::Possible,
    "The page asked for FACTOR and got none: the person closed it, the device is lost or out of reach, or \
    somebody else typed that name. CloudTrail does not say whether it was the page of Identity Center, \
    WorkSpaces or Transfer Family.",
    DIRECTORY_STOPPED.2,
);

const SOMEWHERE_UNANSWERED: Words = (
    Likelihood::Possible,
    "The page asked for FACTOR and got none: the person closed it, or somebody else typed that name. CloudTrail \
    does not say whether it was the page of Identity Center, WorkSpaces or Transfer Family.",
    CENTER_UNANSWERED.2,
);

const SOMEWHERE_FACTOR: Words = (
    Likelihood::Certain,
    "CloudTrail records that FACTOR was refused, but not whether by Identity Center, WorkSpaces or \
    Transfer Family.",
    "Check Caps Lock and the user name, and ask at which page the person signs in. Whoever runs its \
    directory can set a new password or register the device again.",
);

const WRONG_CODE: Words = (
    Likelihood::Likely,
    "The code of the MFA device was wrong.",
    "Set the device's clock and try a fresh code: each works only once. Check that the serial number \
    in the profile is the device's.",
);

const ROLE_REFUSED: Words = (
    Likelihood::Possible,
    "The role does not trust the person, or the person is not allowed to assume it. The caller's account \
    may have recorded more in CloudTrail than the role's account.",
    "Compare the role's trust policy (principal, external ID, MFA condition) with the caller, and check \
    that the caller is allowed sts:AssumeRole on it. Check the role's name and account for typing errors.",
);

const COMMAND_LINE_REFUSED: Words = (
    Likelihood::Likely,
    "The person is not allowed to sign in to the AWS CLI with console credentials.",
    "Attach the managed policy SignInLocalDevelopmentAccess, and look for a service control policy \
    that denies it.",
);

const EXTERNAL_CLIENT_REFUSED: Words = (
    Likelihood::Likely,
    "The person is not allowed to sign in to this program, such as an MCP client, with console credentials.",
    "Attach the managed policy AWSMCPSignInOAuthAccessPolicy if the program is to use the AWS MCP server, and look \
    for a service control policy that denies it.",
);

pub(crate) const NOTHING_RECORDED: Words = (
    Likelihood::Possible,
    "The records read do not mention this person, whose attempts may never have reached AWS.",
    "Check that the regions and days of the attempt were read. Then check the address of the page, \
    the account id or alias, and whether a proxy blocks signin.aws.amazon.com. An unknown root \
    email address and refusals by an identity provider itself leave no trace in CloudTrail.",
);

const OTHER: Words = (
    Likelihood::Possible,
    "CloudTrail gives no reason beyond the message.",
    "Look at the events by their ids, and at the identity provider's log if there is one.",
);

fn saml(attempt: &Attempt) -> Words {
    if failed_with(attempt, "ExpiredToken") {
        return (
            Likelihood::Likely,
            "The SAML response came too late: the identity provider's clock is wrong, or the person \
            took more than five minutes.",
            "Sign in again from the start. If it happens to others too, correct the identity \
            provider's clock.",
        );
    }
    if failed_with(attempt, "InvalidIdentityToken") && !says(attempt, "signature") {
        return invalid_response(attempt);
    }
    if failed_with(attempt, "InvalidIdentityToken") {
        return (
            Likelihood::Likely,
            "AWS could not verify the SAML response: the certificate in the provider's metadata is \
            probably out of date.",
            "Download the identity provider's current metadata as metadata.xml, and upload it:\n\
            aws iam update-saml-provider --saml-provider-arn PROVIDER-ARN --saml-metadata-document file://metadata.xml",
        );
    }
    if !failed_with(attempt, "AccessDenied") {
        return OTHER;
    }
    (
        Likelihood::Likely,
        "The role does not trust the SAML provider, or the Role attribute of the response does not \
        name both correctly.",
        "Compare the Role attribute (role ARN, provider ARN) with the role's trust policy.",
    )
}

/// Says what is wrong with a SAML response whose signature is valid.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html>
fn invalid_response(attempt: &Attempt) -> Words {
    if says(attempt, "RoleSessionName is required") {
        return (
            Likelihood::Certain,
            "The SAML response does not name the person: it lacks the attribute RoleSessionName.",
            "In the identity provider's application, map the user's id or email address to the attribute \
            https://aws.amazon.com/SAML/Attributes/RoleSessionName. Check that this user has one.",
        );
    }
    if says(attempt, "RoleSessionName") {
        return (
            Likelihood::Certain,
            "The attribute RoleSessionName of the SAML response is not a name that AWS accepts.",
            "In the identity provider's application, map a value of 2 to 64 letters, digits and _+=,.@- \
            to RoleSessionName, such as the user's email address.",
        );
    }
    if says(attempt, "Source Identity") || says(attempt, "SourceIdentity") {
        return (
            Likelihood::Certain,
            "The attribute SourceIdentity of the SAML response is not a name that AWS accepts.",
            "In the identity provider's application, map a value of 2 to 64 letters, digits and _+=,.@- \
            that does not begin with aws: to SourceIdentity.",
        );
    }
    (
        Likelihood::Possible,
        "AWS could not use the SAML response.",
        "Look at the response in the browser, and compare its attributes with what AWS expects. If the provider \
        has a new certificate, upload its current metadata.",
    )
}

/// Whether the message contains these words.
fn says(attempt: &Attempt, words: &str) -> bool {
    attempt
        .message
        .as_ref()
        .is_some_and(|message| message.contains(words))
}

fn password_change(attempt: &Attempt) -> Words {
    if failed_with(attempt, "PasswordPolicyViolation") {
        return (
            Likelihood::Certain,
            "The new password does not meet the account's password policy.",
            "Tell the person what the policy requires:\n\
            aws iam get-account-password-policy",
        );
    }
    if !failed_with(attempt, "AccessDenied") {
        return OTHER;
    }
    (
        Likelihood::Likely,
        "The person is not allowed to change their own password, though a sign-in may require it.",
        "Allow iam:ChangePassword and iam:GetAccountPasswordPolicy, also in a policy that denies \
        everything else without MFA.",
    )
}

fn enrolment(attempts: &[&Attempt], last: &Attempt) -> Words {
    const DELETE: &str = "As an administrator, find the unassigned device with the person's name and \
        delete it. Then have the person enrol again:\n\
        aws iam list-virtual-mfa-devices --assignment-status Unassigned\n\
        aws iam delete-virtual-mfa-device --serial-number DEVICE-ARN";
    if failed_with(last, "InvalidAuthenticationCode") {
        return (
            Likelihood::Certain,
            "The codes were wrong: they must be two consecutive ones.",
            "Set the phone's clock to automatic, wait for a fresh code, then type it and the next one.",
        );
    }
    // Whoever finds a device of that name tries to delete it next.
    if attempts
        .iter()
        .any(|attempt| failed_with(attempt, "EntityAlreadyExists"))
    {
        return (
            Likelihood::Certain,
            "A device with that name exists already, from an enrolment that was not finished.",
            DELETE,
        );
    }
    if failed_with(last, "AccessDenied") {
        return (
            Likelihood::Certain,
            "The person is not allowed to manage their own MFA device.",
            "Allow iam:CreateVirtualMFADevice on their own device, and iam:EnableMFADevice and iam:ResyncMFADevice \
            on their own user. Leave it to an administrator to delete a left-over device: somebody with a stolen \
            password must not be able to do it.",
        );
    }
    if last.outcome == Outcome::Failure {
        return OTHER;
    }
    (
        Likelihood::Likely,
        "The device was created but never enabled. It blocks the next attempt.",
        DELETE,
    )
}
