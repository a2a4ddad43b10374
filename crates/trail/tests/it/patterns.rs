//! The patterns of a help desk: what each looks like in the events, what it is not, and what ends it.

use portcullis_model::{
    ActivitySummary, Diagnosis, Likelihood, LockedOut, Mfa, Outcome, Pattern, Purpose,
};
use portcullis_trail::Filter;
use serde_json::{Value, json};

use crate::{Story, summary};

fn all(story: Story) -> ActivitySummary {
    summary(story, &Filter::default())
}

/// The only person who could not get in.
fn locked_out(story: Story) -> LockedOut {
    let [row] = all(story).locked_out.try_into().unwrap();
    row
}

fn pattern(story: Story) -> (Pattern, Likelihood) {
    let row = locked_out(story);
    (row.pattern, row.diagnosis.likelihood)
}

/// 1: a wrong password of a user who was asked for no code.
#[test]
fn wrong_password() {
    let story = Story::new()
        .refused("08:00:00", "ana.silva")
        .refused("08:01:00", "ana.silva");
    let row = locked_out(story);
    assert_eq!(row.pattern, Pattern::WrongPassword);
    assert_eq!(row.diagnosis.likelihood, Likelihood::Likely);
    assert_eq!((row.tries, row.in_since), (2, None));
    assert_eq!(row.last_try.unwrap().to_string(), "2026-11-02T08:01:00Z");
    assert_eq!(row.sources.iter().collect::<Vec<_>>(), ["192.0.2.10"]);
}

/// A name stands in the commands as one word of the shell, and the report knows where.
#[test]
fn commands_name_the_user() {
    for (name, word) in [("ana.silva", "ana.silva"), ("a b; ls", "'a b; ls'")] {
        let Diagnosis { action, action_facts, .. } =
            locked_out(Story::new().refused("08:00:00", name)).diagnosis;
        let command = format!("aws iam update-login-profile --user-name {word} --password-reset");
        assert!(action.contains(&command), "{action}");
        let named: Vec<_> = action_facts
            .iter()
            .map(|fact| &action[fact.start..fact.end])
            .collect();
        assert_eq!(named, [word]);
    }
}

/// A device has an ARN that only AWS knows: that of the last sign-in, or none.
#[test]
fn commands_name_the_device_that_the_person_signed_in_with() {
    let serial = "arn:aws:iam::111122223333:mfa/phones/ana-2";
    let signed_in = |user: &str| {
        json!({
            "userIdentity": {"type": "IAMUser", "userName": user},
            "additionalEventData": {"MFAUsed": "Yes", "MFAIdentifier": serial}
        })
    };
    let action = |user: &str| {
        let story = Story::new().event("07:00:00", signed_in(user));
        locked_out(story.refused_with_mfa("08:00:00", "ana.silva"))
            .diagnosis
            .action
    };
    let named = format!("--user-name ana.silva --serial-number {serial} --authentication-code1");
    assert!(action("ana.silva").contains(&named), "{}", action("ana.silva"));
    let unknown = action("bilal.haddad");
    let (list, resync) = unknown.split_once("aws iam list-mfa-devices").unwrap();
    assert!(!list.contains("DEVICE-ARN") && resync.contains("DEVICE-ARN"), "{unknown}");
}

/// 2: which of the two was wrong is not told; waiting for code after code hints at the clock.
#[test]
fn password_or_code() {
    let refused = |times: &[&str]| {
        let mut story = Story::new();
        for time in times {
            story = story
                .check_mfa(time, "ana.silva")
                .refused_with_mfa(time, "ana.silva");
        }
        locked_out(story).diagnosis
    };
    let once = refused(&["08:00:00"]);
    assert_eq!(once.likelihood, Likelihood::Certain);
    assert!(once.cause.contains("does not say which"));
    let at_once = refused(&["08:00:00", "08:00:10", "08:00:20"]);
    assert_eq!(at_once, once);
    let rhythmic = refused(&["08:00:00", "08:00:30", "08:02:00"]);
    assert_eq!(rhythmic.likelihood, Likelihood::Likely);
    assert!(rhythmic.cause.contains("clock"));
    assert_eq!(refused(&["08:00:00", "08:00:29", "08:01:00"]), once);
    assert_eq!(refused(&["08:00:00", "08:00:30", "08:02:01"]), once);
}

/// IAM takes `ana` for `Ana`: the prompt and the sign-in are one attempt of one person.
#[test]
fn a_name_is_one_in_any_case_of_letters() {
    let story = Story::new()
        .check_mfa("08:00:00", "Ana.Silva")
        .sign_in("08:00:10", "ana.silva");
    let summary = all(story);
    assert_eq!(summary.locked_out, []);
    let [row] = summary.signed_in.try_into().unwrap();
    assert_eq!(row.person.name.as_deref(), Some("Ana.Silva"));
}

/// The fact that MFA was used or a code was asked for: either is enough.
#[test]
fn a_code_makes_the_password_uncertain() {
    let prompted = Story::new()
        .check_mfa("08:00:00", "ana.silva")
        .refused("08:00:10", "ana.silva");
    assert_eq!(pattern(prompted).0, Pattern::PasswordOrCode);
    let used = Story::new().refused_with_mfa("08:00:00", "ana.silva");
    assert_eq!(pattern(used).0, Pattern::PasswordOrCode);
}

/// 3: the prompt proves the name and no password.
#[test]
fn stopped_at_the_code() {
    let row = locked_out(Story::new().check_mfa("08:00:00", "ana.silva"));
    assert_eq!(row.pattern, Pattern::StoppedHalfway);
    assert_eq!(row.diagnosis.likelihood, Likelihood::Possible);
    assert_eq!(row.last.unwrap().outcome, Outcome::Unfinished);
}

/// 4: a name that is nobody's; whoever then gets in from there has mistyped it.
#[test]
fn unknown_name() {
    let story = || Story::new().unknown("08:00:00");
    let row = locked_out(story());
    assert_eq!(row.pattern, Pattern::UnknownName);
    assert_eq!((row.person.name, row.person.source.as_deref()), (None, Some("192.0.2.10")));
    let soon = all(story().sign_in("08:10:00", "ana.silva"));
    assert_eq!((soon.locked_out.len(), soon.typing_errors), (0, 1));
    let late = all(story().sign_in("08:10:01", "ana.silva"));
    assert_eq!((late.locked_out.len(), late.typing_errors), (1, 0));
    let elsewhere = all(story()
        .from("198.51.100.7")
        .sign_in("08:01:00", "ana.silva"));
    assert_eq!((elsewhere.locked_out.len(), elsewhere.typing_errors), (1, 0));
    let before = all(Story::new()
        .sign_in("07:59:00", "ana.silva")
        .unknown("08:00:00"));
    assert_eq!((before.locked_out.len(), before.typing_errors), (1, 0));
}

/// Nobody guesses the name that was typed; who got in next from there is likely.
#[test]
fn whoever_gets_in_next_from_the_address_likely_mistyped_their_name() {
    let tries = || {
        Story::new()
            .unknown("08:00:00")
            .unknown("08:01:00")
            .unknown("08:02:00")
    };
    let ana = || tries().sign_in("08:12:00", "ana.silva");
    let row = locked_out(ana());
    assert_eq!((row.pattern, row.person.name, row.tries), (Pattern::UnknownName, None, 3));
    assert_eq!(row.in_as.unwrap().name.as_deref(), Some("ana.silva"));
    assert_eq!(row.in_since.unwrap().to_string(), "2026-11-02T08:12:00Z");
    assert_eq!(locked_out(tries().sign_in("08:12:01", "ana.silva")).in_as, None);
    let elsewhere = tries()
        .from("198.51.100.7")
        .sign_in("08:03:00", "ana.silva");
    assert_eq!(locked_out(elsewhere).in_as, None);
    // A person's own failures are theirs for certain.
    let own = (0..3).fold(Story::new(), |story, minute| {
        story.refused(&format!("08:0{minute}:00"), "ana.silva")
    });
    assert_eq!(locked_out(own.sign_in("08:03:00", "ana.silva")).in_as, None);
    let of = |name: &str| {
        let filter = Filter { user: Some(name.to_owned()), ..Filter::default() };
        summary(ana().sign_in("08:20:00", "bilal.haddad"), &filter)
            .locked_out
            .len()
    };
    assert_eq!((of("ana.silva"), of("bilal.haddad")), (1, 0));
}

/// An event without an address is from anywhere.
#[test]
fn a_wrong_name_from_no_address_is_tied_to_nobody() {
    let nowhere = |event: &mut Value| event["sourceIPAddress"] = Value::Null;
    let mut story = Story::new()
        .unknown("08:00:00")
        .sign_in("08:01:00", "ana.silva");
    story.records.iter_mut().for_each(nowhere);
    let summary = all(story);
    assert_eq!((summary.locked_out.len(), summary.typing_errors), (1, 0));
    assert_eq!(summary.locked_out[0].in_as, None);
}

/// 5: a policy of AWS Sign-In or of the organization.
/// <https://docs.aws.amazon.com/signin/latest/userguide/>
#[test]
fn denied_by_policy() {
    for policy in ["resource-based policy", "resource control policy"] {
        let denied = |identity: Value| {
            Story::new().event(
                "08:00:00",
                json!({
                    "userIdentity": identity,
                    "responseElements": {"ConsoleLogin": "Failure"},
                    "errorCode": "AccessDenied",
                    "errorMessage": format!("Authorization denied because of a {policy}")
                }),
            )
        };
        let hidden = "HIDDEN_DUE_TO_SECURITY_REASONS";
        // Root is stopped before the password, and nobody has the password of a name that is nobody's.
        for (identity, has_password) in [
            (json!({"type": "IAMUser", "userName": "ana.silva"}), true),
            (json!({"type": "Root"}), false),
            (json!({"type": "IAMUser", "userName": hidden}), false),
        ] {
            let row = locked_out(denied(identity));
            assert_eq!(row.pattern, Pattern::DeniedByPolicy);
            assert_eq!(row.diagnosis.likelihood, Likelihood::Certain);
            assert_eq!(row.diagnosis.cause.contains("password"), has_password);
        }
        let message = json!(format!("Authorization denied because of a {policy}"));
        let without_code = Story::new().console("08:00:00", "ana.silva", "Failure", "No", message);
        assert_eq!(pattern(without_code), (Pattern::DeniedByPolicy, Likelihood::Certain));
    }
}

fn root(story: Story, time: &str, outcome: &str) -> Story {
    let message = if outcome == "Failure" {
        json!("Failed authentication")
    } else {
        Value::Null
    };
    story.event(
        time,
        json!({
            "userIdentity": {"type": "Root", "arn": "arn:aws:iam::111122223333:root"},
            "responseElements": {"ConsoleLogin": outcome},
            "errorMessage": message
        }),
    )
}

/// 6: root, whose two factors cannot be told apart either.
#[test]
fn root_credentials() {
    let story = root(Story::new(), "08:00:00", "Failure");
    assert_eq!(pattern(story), (Pattern::RootCredentials, Likelihood::Certain));
}

/// As in the SANS data: refused, and in 43 seconds later from the same address.
#[test]
fn a_typing_error_is_not_listed() {
    let story = root(Story::new(), "12:53:34", "Failure");
    let summary = all(root(story, "12:54:17", "Success"));
    assert_eq!((summary.locked_out.len(), summary.typing_errors), (0, 1));
    let after = |time: &str| {
        let story = Story::new()
            .refused("08:00:00", "ana.silva")
            .sign_in(time, "ana.silva");
        all(story).locked_out.len()
    };
    assert_eq!((after("08:15:00"), after("08:15:01")), (0, 1));
    let often = |times: &[&str]| {
        let mut story = Story::new();
        for time in times {
            story = story.refused(time, "ana.silva");
        }
        all(story.sign_in("08:09:00", "ana.silva")).locked_out.len()
    };
    assert_eq!(often(&["08:00:00", "08:01:00"]), 0);
    assert_eq!(often(&["08:00:00", "08:01:00", "08:02:00"]), 1);
    let elsewhere = Story::new()
        .refused("08:00:00", "ana.silva")
        .from("198.51.100.7");
    let row = locked_out(elsewhere.sign_in("08:01:00", "ana.silva"));
    assert_eq!(row.in_since.unwrap().to_string(), "2026-11-02T08:01:00Z");
}

fn recovery(story: Story, time: &str, step: &str) -> Story {
    let name = format!("PasswordRecovery{step}");
    story.event(
        time,
        json!({
            "eventName": name,
            "userIdentity": {"type": "Root"},
            "responseElements": {name.clone(): "Success"}
        }),
    )
}

/// 7: a recovery that was not completed; signing in ends it too.
#[test]
fn recovery_unfinished() {
    // Whoever gets no mail asks again.
    let twice = recovery(Story::new(), "08:00:00", "Requested");
    let twice = recovery(recovery(twice, "08:30:00", "Requested"), "08:31:00", "Completed");
    assert_eq!(all(twice).attempts.len(), 1);
    let requested = || recovery(Story::new(), "08:00:00", "Requested");
    assert_eq!(pattern(requested()), (Pattern::RecoveryUnfinished, Likelihood::Possible));
    assert_eq!(all(recovery(requested(), "09:00:00", "Completed")).locked_out, []);
    let mut refused = requested();
    refused.records[0]["responseElements"] = json!({"PasswordRecoveryRequested": "Failure"});
    let cause = locked_out(refused).diagnosis.cause;
    assert!(cause.contains("was refused") && !cause.contains("mail did"), "{cause}");
    let row = locked_out(root(requested(), "09:00:00", "Success"));
    assert_eq!(row.in_since.unwrap().to_string(), "2026-11-02T09:00:00Z");
}

/// 8: the code and the message say what STS did not like.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html>
#[test]
fn saml_refused() {
    const PROVIDER: &str = "arn:aws:iam::111122223333:saml-provider/acme";
    let refused = |code: &str, message: &str| {
        locked_out(Story::new().event(
            "08:00:00",
            json!({
                "eventSource": "sts.amazonaws.com",
                "eventName": "AssumeRoleWithSAML",
                "errorCode": code,
                "requestParameters": {"principalArn": PROVIDER},
                "errorMessage": message,
                "userIdentity": {"type": "SAMLUser", "userName": "ana@example.com"}
            }),
        ))
    };
    let invalid = "InvalidIdentityTokenException";
    for (code, message, likelihood, says) in [
        ("ExpiredTokenException", "", Likelihood::Likely, "too late"),
        ("AccessDenied", "", Likelihood::Likely, "does not trust"),
        (invalid, "Response signature invalid", Likelihood::Likely, "certificate"),
        (invalid, "RoleSessionName is required in AuthnResponse", Likelihood::Certain, "lacks"),
        (
            invalid,
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
            Likelihood::Certain,
            "RoleSessionName of the SAML response is not",
        ),
        (
            invalid,
            "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"",
            Likelihood::Certain,
            "SourceIdentity",
        ),
        (invalid, "Something else", Likelihood::Possible, "could not use"),
    ] {
        let Diagnosis { cause, likelihood: found, .. } = refused(code, message).diagnosis;
        assert_eq!(found, likelihood, "{message}");
        assert!(cause.contains(says), "{code}, {message}: {cause}");
        assert_eq!(cause.contains("certificate"), message.contains("signature"), "{cause}");
    }
    let action = refused(invalid, "Response signature invalid")
        .diagnosis
        .action;
    assert!(action.contains(&format!("--saml-provider-arn {PROVIDER} ")), "{action}");
    assert_eq!(refused("AccessDenied", "").pattern, Pattern::SamlRefused);
}

/// 9: the response of the identity provider.
#[test]
fn directory_refused() {
    let row = locked_out(Story::new().event(
        "08:00:00",
        json!({
            "eventName": "ExternalIdPDirectoryLogin",
            "userIdentity": {"type": "Unknown"},
            "responseElements": {"ExternalIdPDirectoryLogin": "Failure"},
            "errorMessage": "Responses must contain exactly one Assertion"
        }),
    ));
    assert_eq!(row.pattern, Pattern::DirectoryRefused);
    let message = row.last.unwrap().message;
    assert_eq!(message.as_deref(), Some("Responses must contain exactly one Assertion"));
}

/// 10: only Identity Center says which factor was wrong.
#[test]
fn factor_refused() {
    let step = |name: &str, outcome: &str, kind: &str| {
        locked_out(Story::new().event(
            "08:00:00",
            json!({
                "eventName": name,
                "userIdentity": {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}},
                "serviceEventDetails": {name: outcome},
                "additionalEventData": {"AuthWorkflowID": "w-1", "CredentialType": kind}
            }),
        ))
    };
    let refused = |kind: &str| step("CredentialVerification", "Failure", kind);
    let password = refused("PASSWORD");
    assert_eq!(password.pattern, Pattern::FactorRefused);
    assert!(
        password
            .diagnosis
            .cause
            .contains("Identity Center password was wrong")
    );
    let both = refused("PASSWORD,TOTP").diagnosis;
    assert_eq!(both.likelihood, Likelihood::Possible);
    assert!(both.cause.ends_with("does not say at which factor."), "{}", both.cause);
    let code = refused("TOTP");
    assert_eq!(code.diagnosis.likelihood, Likelihood::Certain);
    assert!(code.diagnosis.cause.starts_with("The second factor"));
    let key = refused("WEBAUTHN").diagnosis;
    assert!(key.cause.starts_with("The security key") && !key.action.contains("code"), "{key:?}");
    // Only the verification says which factor it was.
    let whole = step("UserAuthentication", "Failure", "PASSWORD").diagnosis;
    assert!(whole.cause.ends_with("does not say at which factor."), "{}", whole.cause);
    let asked = step("CredentialChallenge", "Success", "PASSWORD");
    assert_eq!(asked.pattern, Pattern::StoppedHalfway);
    assert!(
        asked
            .diagnosis
            .cause
            .starts_with("The portal asked for the password")
    );
}

/// WorkSpaces writes the same events about users whom Identity Center does not know.
/// <https://docs.aws.amazon.com/workspaces/latest/adminguide/cloudtrail_logging.html>
#[test]
fn a_factor_refused_by_workspaces() {
    let page = "https://clients.amazonaws.com/workspaces";
    let event = |name: &str, outcome: &str| {
        locked_out(Story::new().event(
            "08:00:00",
            json!({
                "eventName": name,
                "userIdentity": {"type": "Unknown"},
                "serviceEventDetails": {name: outcome},
                "additionalEventData": {"CredentialType": "PASSWORD", "LoginTo": page}
            }),
        ))
    };
    let refused = event("CredentialVerification", "Failure");
    assert_eq!(refused.pattern, Pattern::FactorRefused);
    let stopped = event("CredentialChallenge", "Success");
    assert_eq!(stopped.pattern, Pattern::StoppedHalfway);
    for diagnosis in [refused.diagnosis, stopped.diagnosis] {
        assert!(diagnosis.cause.contains("WorkSpaces"), "{}", diagnosis.cause);
        assert!(!diagnosis.cause.contains("Identity Center"), "{}", diagnosis.cause);
    }
}

/// The events of a refused password name no page.
#[test]
fn a_factor_refused_by_nobody_knows_whom() {
    let event = json!({
        "eventName": "CredentialVerification",
        "userIdentity": {"type": "Unknown", "userName": "ana"},
        "serviceEventDetails": {"CredentialVerification": "Failure"},
        "additionalEventData": {"CredentialType": "PASSWORD"}
    });
    let cause = locked_out(Story::new().event("08:00:00", event))
        .diagnosis
        .cause;
    assert!(cause.contains("was refused, but not whether by Identity Center"), "{cause}");
}

/// 11: a password that must be changed and cannot be.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html>
#[test]
fn password_change_refused() {
    let change = |code: Value| Story::new().call("08:00:00", "ChangePassword", code);
    let denied = locked_out(change(json!("AccessDenied")));
    assert_eq!(denied.pattern, Pattern::PasswordChangeRefused);
    assert!(denied.diagnosis.action.contains("iam:ChangePassword"));
    let weak = locked_out(change(json!("PasswordPolicyViolationException")));
    assert_eq!(weak.diagnosis.likelihood, Likelihood::Certain);
    assert!(weak.diagnosis.cause.contains("password policy"));
    let busy = locked_out(change(json!("EntityTemporarilyUnmodifiable")));
    assert!(busy.diagnosis.cause.contains("no reason"), "{}", busy.diagnosis.cause);
    assert_eq!(all(change(Value::Null)).locked_out, []);
}

/// 12: an MFA device that is half enrolled.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html>
#[test]
fn enrolment_unfinished() {
    let made = || Story::new().call("08:00:00", "CreateVirtualMFADevice", Value::Null);
    assert_eq!(pattern(made()), (Pattern::EnrolmentUnfinished, Likelihood::Likely));
    assert_eq!(all(made().call("08:01:00", "EnableMFADevice", Value::Null)).locked_out, []);
    for (call, code, says) in [
        ("EnableMFADevice", "InvalidAuthenticationCode", "two consecutive ones"),
        ("CreateVirtualMFADevice", "EntityAlreadyExists", "exists already"),
        ("DeleteVirtualMFADevice", "AccessDenied", "is not allowed to manage"),
    ] {
        let row = locked_out(Story::new().call("08:00:00", call, json!(code)));
        assert_eq!(row.pattern, Pattern::EnrolmentUnfinished);
        assert!(row.diagnosis.cause.contains(says), "{}", row.diagnosis.cause);
    }
    let stuck =
        Story::new().call("08:00:00", "CreateVirtualMFADevice", json!("EntityAlreadyExists"));
    let row = locked_out(stuck.call("08:01:00", "DeleteVirtualMFADevice", json!("AccessDenied")));
    assert!(row.diagnosis.cause.contains("exists already"), "{}", row.diagnosis.cause);
    // What IAM refuses for another reason is not a device that is half enrolled.
    for (call, code) in
        [("CreateVirtualMFADevice", "LimitExceeded"), ("EnableMFADevice", "NoSuchEntity")]
    {
        let row = locked_out(Story::new().call("08:00:00", call, json!(code)));
        assert!(row.diagnosis.cause.contains("no reason"), "{}", row.diagnosis.cause);
    }
    // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
    let denied = Story::new().call("08:00:00", "EnableMFADevice", json!("AccessDenied"));
    let action = locked_out(denied).diagnosis.action;
    assert!(action.contains("iam:ResyncMFADevice on their own user"), "{action}");
    let deleted = Story::new().call("08:00:00", "DeleteVirtualMFADevice", Value::Null);
    assert_eq!(all(deleted).attempts, []);
}

/// 13: a role that may not be assumed.
#[test]
fn role_refused() {
    let switch = Story::new().event(
        "08:00:00",
        json!({
            "eventName": "SwitchRole",
            "responseElements": {"SwitchRole": "Failure"}
        }),
    );
    assert_eq!(pattern(switch), (Pattern::RoleRefused, Likelihood::Possible));
    let arn = "arn:aws:iam::444455556666:role/ops";
    let refused = |message: &str| {
        locked_out(Story::new().event(
            "08:00:00",
            json!({
                "eventSource": "sts.amazonaws.com",
                "eventName": "AssumeRole",
                "errorCode": "AccessDenied",
                "errorMessage": message,
                "requestParameters": {"roleArn": arn}
            }),
        ))
    };
    let row = refused("User is not authorized to perform: sts:AssumeRole");
    assert_eq!(row.pattern, Pattern::RoleRefused);
    assert!(row.diagnosis.cause.contains("does not trust"), "{}", row.diagnosis.cause);
    assert_eq!(row.last.unwrap().role.as_deref(), Some(arn));
    let code = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let row = refused(code);
    assert_eq!(row.pattern, Pattern::RoleRefused);
    assert!(row.diagnosis.cause.contains("code of the MFA device"), "{}", row.diagnosis.cause);
}

/// 2, on a command line: only STS says that it was the code. Programs, which have none, are no people.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
#[test]
fn a_wrong_code_for_a_session_token() {
    let device = "arn:aws:iam::111122223333:mfa/ana.silva";
    let token = |story: Story, time: &str, device: Value, error: Value| {
        let parameters = if device.is_null() {
            device
        } else {
            json!({ "serialNumber": device })
        };
        story.event(
            time,
            json!({
                "eventSource": "sts.amazonaws.com",
                "eventName": "GetSessionToken",
                "requestParameters": parameters,
                "responseElements": null,
                "errorCode": if error.is_null() { Value::Null } else { json!("AccessDenied") },
                "errorMessage": error,
            }),
        )
    };
    let code = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let refused = |story: Story, time: &str| token(story, time, Value::Null, json!(code));
    let row = locked_out(refused(refused(Story::new(), "08:00:00"), "08:01:00"));
    assert_eq!((row.pattern, row.purpose), (Pattern::CodeRefused, Purpose::SessionToken));
    assert_eq!((row.diagnosis.likelihood, row.tries, row.in_since), (Likelihood::Likely, 2, None));
    assert!(row.diagnosis.cause.contains("code of the MFA device"), "{}", row.diagnosis.cause);
    assert_eq!(row.last.unwrap().mfa, Some(Mfa::Used));
    let program = token(refused(Story::new(), "08:00:00"), "08:01:00", Value::Null, Value::Null);
    assert_eq!(locked_out(program).in_since, None);
    let later = token(refused(Story::new(), "08:00:00"), "08:01:00", json!(device), Value::Null);
    let since = locked_out(later).in_since.unwrap();
    assert_eq!(since.to_string(), "2026-11-02T08:01:00Z");
    let denied = json!("User is not authorized to perform: sts:GetSessionToken");
    assert!(
        all(token(Story::new(), "08:00:00", json!(device), denied))
            .locked_out
            .is_empty()
    );
}

/// Whoever may take one role may still be refused another.
#[test]
fn one_role_is_not_another() {
    let switch = |story: Story, time: &str, role: &str, outcome: &str| {
        let arn = format!("arn:aws:sts::111122223333:assumed-role/{role}/ana");
        story.event(
            time,
            json!({
                "eventName": "SwitchRole",
                "userIdentity": {"type": "AssumedRole", "arn": arn},
                "responseElements": {"SwitchRole": outcome}
            }),
        )
    };
    let refused = || switch(Story::new(), "08:00:00", "admin", "Failure");
    let other = locked_out(switch(refused(), "08:01:00", "read-only", "Success"));
    assert_eq!(other.in_since, None);
    let same = locked_out(switch(refused(), "08:01:00", "admin", "Success"));
    assert!(same.in_since.is_some());
}

/// 14: `aws login` without the permission for it.
#[test]
fn command_line_refused() {
    let refused = |client: &str| {
        locked_out(Story::new().event(
            "08:00:00",
            json!({
                "eventName": "AuthorizeOAuth2Access",
                "responseElements": null,
                "errorMessage": "Failed authorizeOAuth2Access",
                "requestParameters": {"client_id": client},
                "additionalEventData": {"success": "false"}
            }),
        ))
    };
    for (client, policy) in [
        ("arn:aws:signin:::devtools/same-device", "SignInLocalDevelopmentAccess"),
        ("arn:aws:signin:us-east-1::external-client/dcr/0a1b2c3d", "AWSMCPSignInOAuthAccessPolicy"),
    ] {
        let LockedOut { pattern, diagnosis, .. } = refused(client);
        assert_eq!(pattern, Pattern::CommandLineRefused);
        assert_eq!(diagnosis.likelihood, Likelihood::Likely);
        assert!(diagnosis.action.contains(policy), "{client}: {}", diagnosis.action);
    }
}

/// 15: nothing at all, of somebody who was asked about.
#[test]
fn nothing_recorded() {
    let about = |name: &str| {
        let filter = Filter { user: Some(name.to_owned()), ..Filter::default() };
        summary(Story::new().sign_in("08:00:00", "ana.silva"), &filter)
    };
    let [row] = about("bilal.haddad").locked_out.try_into().unwrap();
    assert_eq!((row.pattern, row.tries), (Pattern::NothingRecorded, 0));
    assert_eq!(row.person.name.as_deref(), Some("bilal.haddad"));
    let known = about("Ana.Silva");
    assert_eq!((known.locked_out.len(), known.signed_in.len(), known.timeline.len()), (0, 1, 1));
}

/// A role's failed sign-in exists; AWS says nothing of its cause.
#[test]
fn what_is_not_known_is_not_guessed() {
    let role = Story::new().event(
        "08:00:00",
        json!({
            "userIdentity": {
                "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/ops/ana"
            },
            "responseElements": {"ConsoleLogin": "Failure"}
        }),
    );
    assert_eq!(pattern(role), (Pattern::Other, Likelihood::Possible));
    let text = Story::new().event(
        "08:00:00",
        json!({
            "responseElements": {"ConsoleLogin": "Failure"},
            "errorMessage": "Too many tries"
        }),
    );
    assert_eq!(pattern(text), (Pattern::Other, Likelihood::Possible));
    let unknown = all(Story::new().event("08:00:00", json!({"responseElements": null})));
    assert_eq!(unknown.locked_out, []);
    assert_eq!((unknown.signed_in[0].sign_ins, unknown.signed_in[0].unknown), (0, 1));
}

#[test]
fn one_row_per_person_and_those_still_out_first() {
    let story = Story::new()
        .refused("08:00:00", "ana.silva")
        .refused("08:05:00", "bilal.haddad")
        .sign_in("09:00:00", "ana.silva")
        .call("09:01:00", "CreateVirtualMFADevice", json!("EntityAlreadyExists"))
        .refused("10:00:00", "chen.wei")
        .sign_in("11:00:00", "chen.wei");
    let rows = all(story).locked_out;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.person.name.as_deref().unwrap(), row.pattern, row.in_since.is_none()))
        .collect();
    assert_eq!(
        rows,
        [
            ("ana.silva", Pattern::EnrolmentUnfinished, true),
            ("bilal.haddad", Pattern::WrongPassword, true),
            ("chen.wei", Pattern::WrongPassword, false),
        ]
    );
}

/// A program that has somebody's key is refused a role every hour, which says nothing about their password.
#[test]
fn a_role_that_was_refused_does_not_hide_a_sign_in() {
    let role = |story: Story, time: &str| {
        story.event(
            time,
            json!({
                "eventSource": "sts.amazonaws.com",
                "eventName": "AssumeRole",
                "errorCode": "AccessDenied",
                "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/ops"}
            }),
        )
    };
    let story = role(role(Story::new().refused("08:00:00", "ana.silva"), "09:00:00"), "10:00:00");
    let rows = all(story).locked_out;
    let rows: Vec<_> = rows.iter().map(|row| (row.purpose, row.tries)).collect();
    assert_eq!(rows, [(Purpose::SignIn, 1), (Purpose::SwitchRole, 2)]);
}

/// What the portal says of each step, and the diagnosis.
fn portal(steps: &[(&str, &str, &str)]) -> Diagnosis {
    let identity = json!({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}});
    workflow(identity, steps)
}

fn workflow(identity: Value, steps: &[(&str, &str, &str)]) -> Diagnosis {
    let mut story = Story::new();
    for (second, (name, kind, outcome)) in steps.iter().enumerate() {
        story = story.event(
            &format!("08:00:{second:02}"),
            json!({
                "eventName": name, "userIdentity": identity, "serviceEventDetails": {*name: outcome},
                "additionalEventData": {"AuthWorkflowID": "w-1", "CredentialType": kind}
            }),
        );
    }
    locked_out(story).diagnosis
}

/// Only what CloudTrail shows to have been asked for counts as not given.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
#[test]
fn a_factor_that_was_not_asked_for_is_not_claimed() {
    let password = ("CredentialVerification", "PASSWORD", "Success");
    let code = portal(&[password, ("CredentialChallenge", "TOTP", "Success")]);
    assert!(
        code.cause
            .contains("asked for the code of the MFA device and got none")
    );
    let nothing = portal(&[password]);
    assert!(
        nothing
            .cause
            .contains("does not show that another factor was asked for")
    );
    assert!(!nothing.action.contains("lost device"), "{}", nothing.action);
    let unknown = json!({"type": "Unknown"});
    for (kind, says) in [("PASSWORD", "the password"), ("SMARTCARD", "the smart card")] {
        let asked = workflow(unknown.clone(), &[("CredentialChallenge", kind, "Success")]);
        assert!(
            asked
                .cause
                .contains(&format!("asked for {says} and got none")),
            "{}",
            asked.cause
        );
        assert!(!asked.cause.contains("device"), "{}", asked.cause);
        let wrong = workflow(unknown.clone(), &[("CredentialVerification", kind, "Failure")]);
        assert!(
            wrong
                .cause
                .contains(&format!("records that {says} was refused")),
            "{}",
            wrong.cause
        );
    }
}

/// A code by email takes no device.
#[test]
fn a_mailed_code_that_was_refused() {
    let refused = portal(&[("CredentialVerification", "EMAIL_OTP", "Failure")]);
    assert!(refused.cause.contains("code sent by email"), "{}", refused.cause);
    assert!(!refused.action.contains("device"), "{}", refused.action);
}

/// No administrator can help root, and AWS documents the order of password and code for nobody.
#[test]
fn root_stopped_at_the_code() {
    let row = locked_out(Story::new().event(
        "08:00:00",
        json!({
            "eventName": "CheckMfa",
            "userIdentity": {"type": "Root"},
            "responseElements": {"CheckMfa": "Success"}
        }),
    ));
    assert!(row.diagnosis.action.contains("alternative factors"), "{}", row.diagnosis.action);
    assert!(!row.diagnosis.action.contains("administrator"), "{}", row.diagnosis.action);
    assert!(!row.diagnosis.cause.contains("even if"), "{}", row.diagnosis.cause);
}

/// Until July 2025, events named the user by name alone, and only the last of a success named the portal.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
#[test]
fn a_typing_error_at_the_portal_before_users_had_ids() {
    let step = |story: Story, time: &str, workflow: &str, name: &str, outcome: &str| {
        story.event(
            time,
            json!({
                "eventName": name,
                "userIdentity": {"type": "Unknown", "userName": "ana"},
                "serviceEventDetails": {name: outcome},
                "additionalEventData": {
                    "AuthWorkflowID": workflow, "CredentialType": "PASSWORD",
                    "LoginTo": if name == "UserAuthentication" { json!("https://d-1234567890.awsapps.com/start") } else { Value::Null }
                }
            }),
        )
    };
    let wrong = step(Story::new(), "08:00:00", "w-1", "CredentialVerification", "Failure");
    let right = step(wrong, "08:00:20", "w-2", "CredentialVerification", "Success");
    let summary = all(step(right, "08:00:21", "w-2", "UserAuthentication", "Success"));
    assert_eq!((summary.locked_out.len(), summary.typing_errors), (0, 1));
}
